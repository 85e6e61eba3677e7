// The commands that ask a server.
#include <fmt/format.h>

#include <cstdio>

#include "app/live/event_lines.h"
#include "app/serving/client.h"
#include "app/serving/commands.h"
#include "app/view/release_view.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kAskEvery = 500ms;
constexpr const char* kReleases = "/api/v1/releases";

void print(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(":#{}[]&*!|>'\"%@`,\n") != std::string_view::npos ||
         text.front() == '-' || text.front() == ' ' || text.back() == ' ' || text == "true" ||
         text == "false" || text == "null" || text == "~" || text == "yes" || text == "no" ||
         (text.find_first_not_of("0123456789.+-eE_xobXOB") == std::string_view::npos);
}

// Block style; what could be read as something else is in double quotes.
void add_yaml(std::string& out, const Json& json, int level) {
  const std::string indent(static_cast<std::size_t>(level) * 2, ' ');
  auto scalar = [](const Json& value) {
    bool plain = value.is_string() && !needs_quotes(value.string());
    return plain ? std::string(value.string()) : value.dump();
  };
  auto is_block = [](const Json& value) {
    return (value.is_object() || value.is_array()) && value.size() > 0;
  };
  for (const auto& [name, value] : json.members()) {
    out += indent + (needs_quotes(name) ? Json(name).dump() : name) + ":";
    if (!is_block(value)) {
      out += " " + scalar(value) + "\n";
      continue;
    }
    out += "\n";
    add_yaml(out, value, level + 1);
  }
  for (const Json& value : json.items()) {
    if (!is_block(value)) {
      out += indent + "- " + scalar(value) + "\n";
      continue;
    }
    std::string inner;
    add_yaml(inner, value, level + 1);
    // The first line of the element stands beside its dash.
    out += indent + "- " + inner.substr(indent.size() + 2);
  }
}

void print_document(const Json& document, RemoteFormat format) {
  if (format == RemoteFormat::yaml) {
    std::string text;
    add_yaml(text, document, 0);
    std::fputs(text.c_str(), stdout);
    return;
  }
  print(document.dump());
}

// The path of the release of that id, or of the newest one of the rollout of that name.
Result<std::string> path_of(ApiClient& client, const std::string& name) {
  auto release = client.get(fmt::format("{}/{}", kReleases, name));
  if (release) return fmt::format("{}/{}", kReleases, name);
  if (release.error().code != Code::not_found) return std::unexpected(release.error());
  SERIN_TRY(page, client.get(fmt::format("/api/v1/rollouts/{}/releases?limit=1", name)));
  if (page["items"].items().empty())
    return fail(Code::not_found, fmt::format("'{}' has no release yet", name));
  return fmt::format("{}/{}", kReleases, page["items"].at(0)["id"].string());
}

std::optional<Awaited> end_of(const Json& release) {
  std::string_view status = release["status"].string();
  std::string_view cause = release["cause"].string();
  if (status == "Succeeded") return Awaited::promoted;
  if (status == "Terminated") return Awaited::aborted;
  if (status != "Failed") return std::nullopt;
  if (cause == "refused") return Awaited::refused;
  return cause == "inconclusive" ? Awaited::inconclusive : Awaited::rolled_back;
}

// Prints what changes until `stop` says so of a release's document.
template <class Stop>
Status follow(ApiClient& client, const std::string& path, RemoteFormat format,
              const Terminal& terminal, Stop stop) {
  EventLines lines;
  std::string tag;
  for (;;) {
    SERIN_TRY(changed, client.get_changed(path, tag));
    if (changed) {
      std::string time =
          format_rfc3339(std::chrono::floor<std::chrono::seconds>(client.now().wall));
      for (const EventLines::Event& event : lines.next(*changed)) {
        if (format == RemoteFormat::table || format == RemoteFormat::wide) {
          print(event_line(event, time.substr(11), terminal));
        } else if (format == RemoteFormat::jsonl) {
          print(Json::object()
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

}  // namespace

Status show_list(const ListOptions& options, const Terminal& terminal) {
  SERIN_TRY(client, ApiClient::open(options.remote));
  std::string filter;
  if (!options.query.empty()) filter += "&q=" + options.query;
  if (!options.status.empty()) filter += "&status=" + options.status;
  Json all = Json::array();
  std::string cursor;
  do {
    SERIN_TRY(page, client->get(fmt::format("{}?limit=500{}{}", kReleases, filter, cursor)));
    for (const Json& one : page["items"].items()) all.push(one);
    cursor = page["next"].is_string() ? fmt::format("&cursor={}", page["next"].string()) : "";
  } while (!cursor.empty());
  switch (options.format) {
    case RemoteFormat::json:
    case RemoteFormat::yaml:
      print_document(Json::object().set("items", std::move(all)), options.format);
      return {};
    case RemoteFormat::jsonl:
      for (const Json& one : all.items()) print(one.dump());
      return {};
    case RemoteFormat::name:
      for (const Json& one : all.items()) print(std::string(one["id"].string()));
      return {};
    case RemoteFormat::table:
    case RemoteFormat::wide:
      break;
  }
  if (all.items().empty()) {
    std::fputs("serin: no releases\n", stderr);
    return {};
  }
  using Align = Table::Align;
  bool wide = options.format == RemoteFormat::wide;
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
  for (const std::string& line : table.lines()) print(line);
  return {};
}

Result<bool> watch_release(const WatchOptions& options, const Terminal& terminal) {
  SERIN_TRY(client, ApiClient::open(options.remote));
  SERIN_TRY(path, path_of(*client, options.name));
  Status ended =
      follow(*client, path, options.format, terminal,
             [](const std::optional<Json>& release) { return release && end_of(*release); });
  if (!ended && ended.error().code == Code::cancelled) return true;
  if (!ended) return std::unexpected(ended.error());
  return false;
}

Result<Awaited> await_release(const StatusOptions& options, const Terminal& terminal) {
  SERIN_TRY(client, ApiClient::open(options.remote));
  SERIN_TRY(path, path_of(*client, options.name));
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
  if (options.format == RemoteFormat::json || options.format == RemoteFormat::yaml)
    print_document(last, options.format);
  if (options.format == RemoteFormat::name) print(std::string(last["status"].string()));
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
      bool lines = options.format == RemoteFormat::table || options.format == RemoteFormat::wide;
      if (lines || options.format == RemoteFormat::name) {
        print(lines ? id + " has started" : id);
      } else {
        print_document(release, options.format);
      }
      return Awaited::promoted;
    }
  }
  return await_release(
      {.remote = options.remote, .name = id, .timeout = options.timeout, .format = options.format},
      terminal);
}

}  // namespace serin::app
