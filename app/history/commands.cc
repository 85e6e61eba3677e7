#include "app/history/commands.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "app/history/json.h"
#include "app/history/lines.h"
#include "base/net/asio_loop.h"
#include "base/real_clock.h"

namespace serin::app {
namespace {

constexpr int kPageEvents = 200;  // of a release's own page
constexpr int kPageAudit = 200;
constexpr Duration kFollowEvery = std::chrono::milliseconds(500);

bool is_json(ListFormat format) {
  return format == ListFormat::json || format == ListFormat::jsonl;
}

std::unexpected<Error> nothing_named(const std::string& name, const std::string& state) {
  return fail(Code::not_found,
              fmt::format("there is no rollout or release '{}' in {}", name, state));
}

// The release of that ticket; nothing where the name is no ticket, or of none that is kept.
Result<std::optional<store::ReleaseInfo>> find_release(store::Reader& reader,
                                                       const std::string& name) {
  using Found = std::optional<store::ReleaseInfo>;
  if (name.empty() || !store::parse_ticket(name)) return Found();
  Result<store::ReleaseInfo> release = reader.release(name);
  if (release) return Found(std::move(*release));
  if (release.error().code == Code::not_found) return Found();
  return std::unexpected(std::move(release).error());
}

Status show_release(store::Reader& reader, const store::ReleaseInfo& release,
                    const HistoryOptions& options, const Terminal& terminal) {
  const std::string& id = release.entry.id;
  SERIN_TRY(report, reader.report(id));
  SERIN_TRY(audit, reader.audit({.subject = id, .limit = kPageAudit}));
  SERIN_TRY(events, reader.last_events({.release = id, .limit = kPageEvents}));
  std::ranges::reverse(audit);
  Json body = report ? report->body : Json();
  if (!is_json(options.format)) {
    print_lines(release_page(release, body, audit, events, terminal));
    return {};
  }
  Json decisions = Json::array();
  for (const store::AuditRow& row : audit) decisions.push(to_json(row));
  Json happened = Json::array();
  for (const store::EventRow& row : events) happened.push(to_json(row));
  std::puts(Json::object()
                .set("release", to_json(release))
                .set("report", std::move(body))
                .set("audit", std::move(decisions))
                .set("events", std::move(happened))
                .dump()
                .c_str());
  return {};
}

// Prints what changed after `after`, and moves it on.
Status print_news(store::Reader& reader, const std::string& release, const EventsOptions& options,
                  const Terminal& terminal, std::uint64_t& after) {
  for (;;) {
    SERIN_TRY(rows, reader.events({.release = release, .after = after}));
    if (rows.empty()) break;
    for (const store::EventRow& row : rows) {
      std::puts(is_json(options.format) ? to_json(row).dump().c_str()
                                        : event_line(row, terminal).c_str());
    }
    after = rows.back().change;
  }
  std::fflush(stdout);
  return {};
}

Status follow(store::Reader& reader, const std::string& release, const EventsOptions& options,
              const Terminal& terminal, std::uint64_t after) {
  RealClock clock;
  AsioLoop loop(clock);
  for (int number : {SIGINT, SIGTERM}) loop.on_signal(number, [&] { loop.stop(); });
  Status status;
  std::function<void()> look = [&] {
    // What comes with the end is written before it: asked in this order, nothing is missed.
    Result<store::ReleaseInfo> info = release.empty()
                                          ? Result<store::ReleaseInfo>(store::ReleaseInfo())
                                          : reader.release(release);
    status = info ? print_news(reader, release, options, terminal, after)
                  : Status(std::unexpected(info.error()));
    if (!status || info->entry.ended) return loop.stop();
    loop.call_at(clock.now().mono + kFollowEvery, look);
  };
  loop.post(look);
  loop.run();
  return status;
}

}  // namespace

Status show_history(const HistoryOptions& options, const Terminal& terminal) {
  SERIN_TRY(reader, store::Reader::open(options.state));
  SERIN_TRY(one, find_release(reader, options.name));
  if (one) return show_release(reader, *one, options, terminal);
  // One more tells whether there is a next page.
  SERIN_TRY(rows, reader.releases({.rollout = options.name,
                                   .skip = options.skip,
                                   .limit = std::min(options.limit + 1, store::kPageRowsMax)}));
  if (rows.empty() && !options.name.empty() && options.skip == 0) {
    return nothing_named(options.name, options.state);
  }
  bool more = static_cast<int>(rows.size()) > options.limit;
  if (more) rows.pop_back();
  int next = options.skip + options.limit;
  if (is_json(options.format)) {
    std::vector<Json> items;
    for (const store::ReleaseInfo& row : rows) items.push_back(to_json(row));
    print_items(items, more ? Json(next) : Json(), options.format);
    return {};
  }
  print_lines(history_lines(rows, options.format == ListFormat::wide, terminal));
  if (more) std::fprintf(stderr, "more: --skip %d\n", next);
  return {};
}

Status show_audit(const AuditOptions& options, const Terminal&) {
  SERIN_TRY(reader, store::Reader::open(options.state));
  store::AuditQuery query{.subject = options.name,
                          .actor = options.actor,
                          .before = options.before,
                          .limit = std::min(options.limit + 1, store::kPageRowsMax)};
  if (!options.since.empty()) {
    SERIN_TRY(since, parse_rfc3339(options.since));
    query.since = since;
  }
  SERIN_TRY(rows, reader.audit(query));
  bool more = static_cast<int>(rows.size()) > options.limit;
  if (more) rows.pop_back();
  if (is_json(options.format)) {
    std::vector<Json> items;
    for (const store::AuditRow& row : rows) items.push_back(to_json(row));
    print_items(items, more ? Json(rows.back().position) : Json(), options.format);
    return {};
  }
  print_lines(audit_lines(rows, options.format == ListFormat::wide));
  if (more) {
    std::fprintf(stderr, "more: --before %llu\n",
                 static_cast<unsigned long long>(rows.back().position));
  }
  return {};
}

Status show_events(const EventsOptions& options, const Terminal& terminal) {
  SERIN_TRY(reader, store::Reader::open(options.state));
  std::string release;
  if (!options.name.empty()) {
    SERIN_TRY(one, find_release(reader, options.name));
    if (!one) {
      SERIN_TRY(newest, reader.releases({.rollout = options.name, .limit = 1}));
      if (newest.empty()) return nothing_named(options.name, options.state);
      one = std::move(newest.front());
    }
    release = one->entry.id;
  }
  SERIN_TRY(rows, reader.last_events({.release = release, .limit = options.limit}));
  std::uint64_t last = rows.empty() ? 0 : rows.back().change;
  if (options.follow) {
    for (const store::EventRow& row : rows) {
      std::puts(is_json(options.format) ? to_json(row).dump().c_str()
                                        : event_line(row, terminal).c_str());
    }
    return follow(reader, release, options, terminal, last);
  }
  if (is_json(options.format)) {
    std::vector<Json> items;
    for (const store::EventRow& row : rows) items.push_back(to_json(row));
    print_items(items, Json(), options.format);
    return {};
  }
  print_lines(event_lines(rows, options.format == ListFormat::wide, terminal));
  return {};
}

}  // namespace serin::app
