#include "app/history/commands.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/history/lines.h"
#include "app/history/source.h"

namespace serin::app {
namespace {

constexpr Duration kFollowEvery = std::chrono::milliseconds(500);

bool is_table(Format format) {
  return format == Format::table || format == Format::wide;
}

std::unexpected<Error> nothing_named(const std::string& name, const Remote& remote) {
  return fail(Code::not_found,
              fmt::format("there is no rollout or release '{}' in {}", name, remote.place()));
}

void show_page(const Json& page, const HistoryOptions& options, const Terminal& terminal) {
  if (is_table(options.format)) return print_lines(release_page_lines(page, terminal));
  if (options.format == Format::name)
    return print_line(std::string(page["release"]["id"].string()));
  print_document(page, options.format);
}

void print_events(const Json& items, const EventsOptions& options, const Terminal& terminal,
                  std::uint64_t& last) {
  for (const Json& row : items.items()) {
    print_line(is_table(options.format) ? event_line(row, terminal) : row.dump());
    last = static_cast<std::uint64_t>(row["change"].integer());
  }
}

Status follow(HistorySource& source, const std::string& release, const EventsOptions& options,
              const Terminal& terminal, std::uint64_t last) {
  for (;;) {
    // What comes with the end is written before it: asked in this order, nothing is missed.
    bool ended = false;
    if (!release.empty()) {
      SERIN_TRY(over, source.has_ended(release));
      ended = over;
    }
    for (;;) {
      SERIN_TRY(news, source.events(release, last, options.limit));
      if (news["items"].items().empty()) break;
      print_events(news["items"], options, terminal, last);
    }
    if (ended || !source.pause(kFollowEvery)) return {};
  }
}

}  // namespace

Status show_history(const HistoryOptions& options, const Terminal& terminal) {
  SERIN_TRY(source, HistorySource::open(options.remote));
  if (!options.name.empty()) {
    SERIN_TRY(one, source->page(options.name));
    if (one) {
      show_page(*one, options, terminal);
      return {};
    }
  }
  SERIN_TRY(page, source->releases({.rollout = options.name,
                                    .environment = options.environment,
                                    .skip = options.skip,
                                    .limit = options.limit}));
  if (page["items"].items().empty() && !options.name.empty() && options.skip == 0 &&
      options.environment.empty())
    return nothing_named(options.name, options.remote);
  if (!is_table(options.format)) {
    print_page(page, options.format);
    return {};
  }
  print_lines(history_lines(page["items"], options.format == Format::wide, terminal));
  if (page["next"].is_number()) {
    std::fprintf(stderr, "more: --skip %lld\n", static_cast<long long>(page["next"].integer()));
  }
  return {};
}

Status show_audit(const AuditOptions& options, const Terminal&) {
  SERIN_TRY(source, HistorySource::open(options.remote));
  SERIN_TRY(page, source->audit(options));
  if (!is_table(options.format)) {
    print_page(page, options.format);
    return {};
  }
  print_lines(audit_lines(page["items"], options.format == Format::wide));
  if (page["next"].is_number()) {
    std::fprintf(stderr, "more: --before %lld\n", static_cast<long long>(page["next"].integer()));
  }
  return {};
}

Status show_events(const EventsOptions& options, const Terminal& terminal) {
  SERIN_TRY(source, HistorySource::open(options.remote));
  std::string release;
  if (!options.name.empty()) {
    SERIN_TRY(one, source->page(options.name));
    if (one) {
      release = options.name;
    } else {
      SERIN_TRY(newest, source->releases({.rollout = options.name, .limit = 1}));
      if (newest["items"].items().empty()) return nothing_named(options.name, options.remote);
      release = newest["items"].at(0)["id"].string();
    }
  }
  SERIN_TRY(page, source->events(release, std::nullopt, options.limit));
  if (options.follow) {
    std::uint64_t last = 0;
    print_events(page["items"], options, terminal, last);
    return follow(*source, release, options, terminal, last);
  }
  if (!is_table(options.format)) {
    print_page(page, options.format);
    return {};
  }
  print_lines(event_lines(page["items"], options.format == Format::wide, terminal));
  return {};
}

}  // namespace serin::app
