// The commands that ask a server.
#include <fmt/format.h>

#include <cstdio>

#include "app/live/event_lines.h"
#include "app/remote/client.h"
#include "app/serving/commands.h"
#include "app/test/junit.h"
#include "app/view/live_view.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kAskEvery = 500ms;
constexpr const char* kReleases = "/api/v1/releases";

std::optional<Awaited> end_of(const Json& release) {
  std::string_view status = release["status"].string();
  std::string_view cause = release["cause"].string();
  if (status == "Succeeded") return Awaited::promoted;
  if (status == "Terminated") return Awaited::aborted;
  if (status != "Failed") return std::nullopt;
  if (cause == "refused") return Awaited::refused;
  return cause == "inconclusive" ? Awaited::inconclusive : Awaited::rolled_back;
}

// Shows what changes (in place on a terminal, else one line an event) until `stop` says so of a
// release's document.
template <class Stop>
Status follow(ApiClient& client, const std::string& path, Format format, const Terminal& terminal,
              Stop stop) {
  EventLines lines;
  LiveView live(terminal);
  const bool table = format == Format::table || format == Format::wide;
  std::string tag;
  for (;;) {
    SERIN_TRY(changed, client.get_changed(path, tag));
    if (changed && table && terminal.live) {
      live.draw(*changed);
    } else if (changed) {
      std::string time =
          format_rfc3339(std::chrono::floor<std::chrono::seconds>(client.now().wall));
      for (const EventLines::Event& event : lines.next(*changed)) {
        if (table) {
          print_line(event_line(event, time.substr(11), terminal));
        } else if (format == Format::jsonl) {
          print_line(Json::object()
                         .set("time", time)
                         .set("event", event.kind)
                         .set("release", (*changed)["id"])
                         .set("status", (*changed)["status"])
                         .set("text", event.text)
                         .dump());
        }
      }
    }
    if (stop(changed)) return {};
    if (!client.pause(kAskEvery)) return fail(Code::cancelled, "interrupted");
  }
}

// For a CI server: the release is a case, and each of its metrics.
std::string junit_of(const Json& release, Awaited how) {
  JUnit report("serin status");
  const std::string id(release["id"].string());
  JUnitCase whole{.suite = "serin.release", .name = id};
  if (how != Awaited::promoted) {
    whole.failure = fmt::format("{}: {}", release["status"].string(), release["sentence"].string());
    whole.error = how == Awaited::timed_out || how == Awaited::refused;
  }
  report.add(std::move(whole));
  for (const Json& metric : release["report"]["metrics"].items()) {
    JUnitCase one{.suite = "serin.release." + id,
                  .name = std::string(metric["name"].string()),
                  .output = std::string(metric["sentence"].string())};
    if (metric["verdict"].string() == "fail") one.failure = metric["sentence"].string("worse");
    report.add(std::move(one));
  }
  return report.to_string();
}

// What is left to print once a release that was waited for has ended, or takes too long.
Status print_end(ApiClient& client, const std::string& path, const Json& last, Awaited how,
                 Format format) {
  if (is_document(format)) print_document(last, format);
  if (format == Format::name) print_line(std::string(last["status"].string()));
  if (format == Format::junit) std::fputs(junit_of(last, how).c_str(), stdout);
  if (format == Format::markdown) {
    SERIN_TRY(text, client.get_text(path + "/report", "text/markdown"));
    std::fputs(text.c_str(), stdout);
  }
  return {};
}

}  // namespace

Status show_list(const ListOptions& options, const Terminal& terminal) {
  SERIN_TRY(client, ApiClient::open(options.remote));
  std::string filter;
  if (!options.query.empty()) filter += "&q=" + url_encoded(options.query);
  if (!options.status.empty()) filter += "&status=" + url_encoded(options.status);
  Json all = Json::array();
  std::string cursor;
  do {
    SERIN_TRY(page, client->get(fmt::format("{}?limit=500{}{}", kReleases, filter, cursor)));
    for (const Json& one : page["items"].items()) all.push(one);
    cursor = page["next"].is_string() ? fmt::format("&cursor={}", page["next"].string()) : "";
  } while (!cursor.empty());
  if (options.format != Format::table && options.format != Format::wide) {
    print_page(Json::object().set("items", std::move(all)), options.format);
    return {};
  }
  if (all.items().empty()) {
    std::fputs("serin: no releases\n", stderr);
    return {};
  }
  using Align = Table::Align;
  bool wide = options.format == Format::wide;
  std::vector<std::pair<std::string, Align>> columns{
      {"NAME", Align::left},   {"ENV", Align::left},     {"STATUS", Align::left},
      {"STEP", Align::right},  {"WEIGHT", Align::right}, {"CANARY", Align::left},
      {"STABLE", Align::left}, {"VERDICT", Align::left}};
  if (wide) columns.insert(columns.end(), {{"STARTED", Align::left}, {"SENTENCE", Align::left}});
  Table table(std::move(columns));
  for (const Json& one : all.items()) {
    std::string reason(one["reason"].string());
    std::vector<std::string> row{
        std::string(one["id"].string()),
        std::string(one["environment"].string()),
        std::string(one["status"].string()) + (reason.empty() ? "" : " (" + reason + ")"),
        fmt::format("{}/{}", std::min(one["step"].integer() + 1, one["steps_total"].integer()),
                    one["steps_total"].integer()),
        fmt::format("{:g} %", one["weight"]["set"].number()),
        std::string(one["version"].string()),
        std::string(one["stable_version"].string()),
        std::string(one["verdict"].string())};
    if (wide) {
      row.emplace_back(one["start"].string());
      row.emplace_back(one["sentence"].string());
    }
    table.row(std::move(row));
  }
  static_cast<void>(terminal);
  for (const std::string& line : table.lines()) print_line(line);
  return {};
}

Result<bool> watch_release(const WatchOptions& options, const Terminal& terminal) {
  SERIN_TRY(client, ApiClient::open(options.remote));
  SERIN_TRY(path, client->release_path(options.name));
  Status ended =
      follow(*client, path, options.format, terminal,
             [](const std::optional<Json>& release) { return release && end_of(*release); });
  if (!ended && ended.error().code == Code::cancelled) return true;
  if (!ended) return std::unexpected(ended.error());
  return false;
}

Result<Awaited> await_release(const StatusOptions& options, const Terminal& terminal) {
  SERIN_TRY(client, ApiClient::open(options.remote));
  SERIN_TRY(path, client->release_path(options.name));
  Instant deadline = client->now().mono + options.timeout;
  Awaited how = Awaited::timed_out;
  Json last;
  SERIN_CHECK(
      follow(*client, path, options.format, terminal, [&](const std::optional<Json>& release) {
        if (release) last = *release;
        auto end = end_of(last);
        if (end) how = *end;
        return end || client->now().mono >= deadline;
      }));
  SERIN_CHECK(print_end(*client, path, last, how, options.format));
  if (how == Awaited::timed_out) {
    std::fprintf(stderr, "serin: %s is still %s after %s; it goes on\n",
                 std::string(last["id"].string()).c_str(),
                 std::string(last["status"].string()).c_str(),
                 format_duration(options.timeout).c_str());
  }
  return how;
}

Result<Awaited> start_release(const ReleaseOptions& options, const Terminal& terminal) {
  std::string id;
  {
    SERIN_TRY(client, ApiClient::open(options.remote));
    Json body = Json::object().set("version", options.version);
    if (!options.stable.empty()) body.set("stable", options.stable);
    if (!options.reason.empty()) body.set("reason", options.reason);
    if (!options.pipeline.empty()) body.set("pipeline", options.pipeline);
    if (options.supersede) body.set("supersede", true);
    Json arguments = Json::object();
    for (const auto& [name, value] : options.arguments) arguments.set(name, value);
    if (!options.arguments.empty()) body.set("args", std::move(arguments));
    SERIN_TRY(release, client->post(fmt::format("/api/v1/rollouts/{}/releases", options.rollout),
                                    body, options.key));
    id = release["id"].string();
    if (!options.wait) {
      if (is_document(options.format)) {
        print_document(release, options.format);
      } else {
        print_line(options.format == Format::name ? id : id + " has started");
      }
      return Awaited::promoted;
    }
  }
  return await_release(
      {.remote = options.remote, .name = id, .timeout = options.timeout, .format = options.format},
      terminal);
}

}  // namespace serin::app
