#include "app/editing/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <set>

#include "app/editing/change.h"
#include "app/fleet/configuration.h"
#include "app/remote/client.h"

namespace serin::app {
namespace {

constexpr std::string_view kOthers = "documents.yaml";  // where a name can't be a file's

struct Done {
  std::string kind;
  std::string name;
  std::string what;  // created, configured, unchanged
  std::string from;  // the file that was given, and the line where the document begins in it
  std::ptrdiff_t line = 0;
  std::string document() const { return kind + "/" + name; }
};

std::ptrdiff_t line_at(std::string_view text, std::size_t at) {
  return 1 + std::ranges::count(text.substr(0, at), '\n');
}

// Lines of the server's files that are those of a file that was given.
struct Lines {
  std::string file;
  std::ptrdiff_t begin = 0;
  std::ptrdiff_t end = 0;
  std::string from;
  std::ptrdiff_t line = 0;  // that `begin` is there
};

std::vector<Lines> lines_of(const std::vector<rollout::ConfigFile>& files,
                            const std::vector<Done>& all) {
  std::vector<Lines> lines;
  for (const Done& done : all) {
    auto place = locate(files, done.kind, done.name);
    if (!place || !*place) continue;
    const rollout::ConfigFile& file = files[(*place)->file];
    if (file.name.ends_with(".json")) continue;  // written anew there
    const Piece& piece = (*place)->piece;
    lines.push_back({file.name, line_at(file.text, piece.content), line_at(file.text, piece.end),
                     done.from, done.line});
  }
  return lines;
}

// "checkout.yaml:12:3: …" as it stands in the file that was given; nothing where it is in none.
std::optional<std::string> in_given(std::string_view place, const std::vector<Lines>& all) {
  const std::size_t colon = place.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::ptrdiff_t line = 0;
  const char* end = place.data() + place.size();
  auto [behind, error] = std::from_chars(place.data() + colon + 1, end, line);
  if (error != std::errc() || behind == end || *behind != ':') return std::nullopt;
  for (const Lines& each : all) {
    if (each.file != place.substr(0, colon) || line < each.begin || line >= each.end) continue;
    return fmt::format("{}:{}{}", each.from, each.line + line - each.begin,
                       std::string_view(behind, end));
  }
  return std::nullopt;
}

// Each place in a refusal, as people know it who wrote the files.
Error in_given(Error error, const std::vector<Lines>& all) {
  std::string text;
  for (std::size_t at = 0; at < error.message.size();) {
    const std::size_t end = std::min(error.message.find('\n', at), error.message.size());
    std::string_view line = std::string_view(error.message).substr(at, end - at);
    // Behind the pointer.
    const std::size_t place = line.starts_with("  ") ? line.find(": ") : std::string_view::npos;
    auto given =
        place == std::string_view::npos ? std::nullopt : in_given(line.substr(place + 2), all);
    text += given ? std::string(line.substr(0, place + 2)) + *given : std::string(line);
    if (end < error.message.size()) text += '\n';
    at = end + 1;
  }
  error.message = std::move(text);
  return error;
}

// The part behind the last slash, where it can be a file of a configuration.
std::string file_for(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  return is_config_name(name) ? name : std::string(kOthers);
}

// One document into `files`; what became of it.
Result<Done> put_in(std::vector<rollout::ConfigFile>& files, const rollout::ConfigFile& from,
                    const Piece& piece) {
  const std::string text = from.text.substr(piece.content, piece.end - piece.content);
  Done done{piece.kind(), piece.name(), "unchanged", from.name, line_at(from.text, piece.content)};
  SERIN_TRY(known, locate(files, piece.kind(), piece.name()));
  if (!known) {
    SERIN_TRY(change, add_document(files, file_for(from.name), text));
    files = std::move(change.files);
    done.what = "created";
  } else if (known->text != text) {
    SERIN_TRY(change, replace_document(files, *known, text));
    files = std::move(change.files);
    done.what = "configured";
  }
  return done;
}

std::string key_of(const Json& diagnostic) {
  return fmt::format("{}\n{}\n{}\n{}", diagnostic["file"].string(), diagnostic["code"].string(),
                     diagnostic["pointer"].string(), diagnostic["message"].string());
}

// Those of the documents that were given, and what was not told of the others before.
std::string problems_of(const Json& diagnostics, const Json& before,
                        const std::vector<Lines>& lines) {
  std::set<std::string> known;
  for (const Json& each : before["diagnostics"].items()) known.insert(key_of(each));
  std::string text;
  for (const Json& each : diagnostics["diagnostics"].items()) {
    const std::string place = fmt::format("{}:{}:{}", each["file"].string(), each["line"].integer(),
                                          each["column"].integer());
    const auto given = in_given(place, lines);
    if (!given && known.contains(key_of(each))) continue;
    text += fmt::format("{}: {} {} {}: {}\n", given.value_or(place), each["level"].string(),
                        each["code"].string(), each["pointer"].string(), each["message"].string());
  }
  return text;
}

}  // namespace

Status apply_documents(const ApplyOptions& options, const std::vector<rollout::ConfigFile>& given) {
  SERIN_TRY(client, ApiClient::open(options.remote));
  SERIN_TRY(page, client->send({.url = "/api/v1/configuration"}));
  SERIN_TRY(configuration, Json::parse(page.body));
  std::vector<rollout::ConfigFile> files;
  for (const Json& each : configuration["files"].items())
    files.push_back({std::string(each["name"].string()), std::string(each["text"].string())});
  std::vector<Done> all;
  for (const rollout::ConfigFile& from : given) {
    SERIN_TRY(pieces, split_documents(from.name, from.text));
    for (const Piece& piece : pieces) {
      if (!piece.root) continue;
      if (piece.kind().empty() || piece.name().empty()) {
        return fail(Code::invalid_argument,
                    from.name + ": a document without kind or metadata.name");
      }
      SERIN_TRY(done, put_in(files, from, piece));
      auto twin = std::ranges::find(all, done.document(), &Done::document);
      if (twin != all.end()) {
        return fail(Code::invalid_argument,
                    fmt::format("{}:{}: {} stands in {}:{} already", done.from, done.line,
                                done.document(), twin->from, twin->line));
      }
      all.push_back(std::move(done));
    }
  }
  Json list = Json::array();
  for (const rollout::ConfigFile& file : files)
    list.push(Json::object().set("name", file.name).set("text", file.text));
  HttpRequest request{.method = "POST",
                      .url = fmt::format("/api/v1/apply?dryRun={}", options.dry),
                      .headers = {{"Content-Type", "application/json"},
                                  {"If-Match", std::string(page.header("etag"))}},
                      .body = Json::object().set("files", std::move(list)).dump()};
  const std::vector<Lines> lines = lines_of(files, all);
  auto response = client->send(std::move(request));
  if (!response) return std::unexpected(in_given(response.error(), lines));
  SERIN_TRY(applied, Json::parse(response->body));
  if (is_document(options.format)) {
    Json documents = Json::array();
    for (const Done& done : all)
      documents.push(Json::object().set("document", done.document()).set("result", done.what));
    print_document(applied.set("documents", std::move(documents)), options.format);
    return {};
  }
  std::fputs(problems_of(applied["diagnostics"], configuration["diagnostics"], lines).c_str(),
             stderr);
  for (const Done& done : all) {
    print_line(options.format == Format::name
                   ? done.document()
                   : fmt::format("{}: {}{}", done.document(), done.what,
                                 options.dry ? " (dry run: nothing was changed)" : ""));
  }
  return {};
}

Status delete_rollout(const DeleteOptions& options) {
  SERIN_TRY(client, ApiClient::open(options.remote));
  const std::string path = "/api/v1/rollouts/" + url_encoded(options.rollout);
  SERIN_TRY(document, client->send({.url = path + "/document"}));
  SERIN_TRY(response,
            client->send({.method = "DELETE",
                          .url = fmt::format("{}?dryRun={}", path, options.dry),
                          .headers = {{"If-Match", std::string(document.header("etag"))}}}));
  SERIN_TRY(gone, Json::parse(response.body));
  if (is_document(options.format)) {
    print_document(gone, options.format);
  } else if (options.format == Format::name) {
    print_line(options.rollout);
  } else {
    print_line(fmt::format("Rollout/{}: {}", options.rollout,
                           options.dry ? "can be deleted (dry run: nothing was changed)"
                                       : "deleted; its releases stay in the history"));
  }
  return {};
}

}  // namespace serin::app
