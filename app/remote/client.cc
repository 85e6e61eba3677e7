#include "app/remote/client.h"

#include <fmt/format.h>
#include <signal.h>

#include <fstream>

namespace serin::app {
namespace {

Error error_of(const HttpResponse& response) {
  Error error = http_status_error(response);
  auto problem = Json::parse(response.body);
  if (!problem || !problem->is_object()) return error;
  std::string text((*problem)["detail"].string());
  if (text.empty()) text = (*problem)["title"].string();
  std::string allowed;
  for (const Json& one : (*problem)["allowedActions"].items())
    allowed += (allowed.empty() ? "" : ", ") + std::string(one.string());
  if (!allowed.empty() && text.find(allowed) == std::string::npos)
    text += " (allowed: " + allowed + ")";
  for (const Json& one : (*problem)["errors"].items())
    text += fmt::format("\n  {}: {}", one["pointer"].string(), one["detail"].string());
  error.message = std::move(text);
  return error;
}

}  // namespace

std::string url_encoded(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_' || c == '.' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

ApiClient::ApiClient(const Remote& remote, Duration patience)
    : remote_(remote),
      patience_(patience),
      http_(make_http_client(
          loop_, Rng(static_cast<std::uint64_t>(clock_.now().wall.time_since_epoch().count())))) {
  for (int number : {SIGINT, SIGTERM}) loop_.on_signal(number, [this] { interrupted_ = true; });
}

Result<std::unique_ptr<ApiClient>> ApiClient::open(const Remote& remote, Duration patience) {
  std::unique_ptr<ApiClient> client(new ApiClient(remote, patience));
  if (!remote.token_file.empty()) {
    std::ifstream in(remote.token_file);
    if (!(in >> client->token_))
      return fail(Code::not_found, "can't read a token from " + remote.token_file);
  }
  return client;
}

Result<HttpResponse> ApiClient::send(HttpRequest request) {
  if (remote_.server.empty()) {
    request.unix_socket = remote_.state + "/" + kApiSocket;
    request.url = "http://localhost" + request.url;
  } else {
    std::string base = remote_.server;
    while (base.ends_with('/')) base.pop_back();
    request.url = base + request.url;
    request.tls = {
        .ca_file = remote_.ca_file, .cert_file = remote_.cert_file, .key_file = remote_.key_file};
  }
  if (!token_.empty()) request.auth = {.kind = HttpAuth::Kind::bearer, .token = token_};
  std::optional<Result<HttpResponse>> answer;
  http_->send(std::move(request), clock_.now().mono + patience_,
              [&](Result<HttpResponse> response) { answer = std::move(response); });
  loop_.run_until([&] { return answer.has_value(); }, 2 * patience_);
  if (!answer) return fail(Code::deadline_exceeded, "the server does not answer");
  if (!*answer && answer->error().code == Code::unavailable && remote_.server.empty()) {
    return fail(Code::unavailable,
                fmt::format("no `serin serve` runs with the state directory {}: name it with "
                            "--state, or a server with --server",
                            remote_.state));
  }
  if (*answer && !(*answer)->ok() && (*answer)->status != 304)
    return std::unexpected(error_of(**answer));
  return std::move(*answer);
}

Result<Json> ApiClient::get(const std::string& path) {
  SERIN_TRY(response, send({.url = path}));
  return Json::parse(response.body);
}

Result<std::string> ApiClient::get_text(const std::string& path, const std::string& type) {
  SERIN_TRY(response, send({.url = path, .headers = {{"Accept", type}}}));
  return std::move(response.body);
}

Result<std::string> ApiClient::release_path(const std::string& name) {
  const std::string releases = "/api/v1/releases/";
  auto release = get(releases + url_encoded(name));
  if (release) return releases + url_encoded(name);
  if (release.error().code != Code::not_found) return std::unexpected(release.error());
  auto page = get("/api/v1/rollouts/" + url_encoded(name) + "/releases?limit=1");
  if (!page && page.error().code == Code::not_found) {
    return fail(Code::not_found,
                fmt::format("there is no rollout or release '{}' at {}", name, remote_.place()));
  }
  if (!page) return std::unexpected(page.error());
  if ((*page)["items"].items().empty())
    return fail(Code::not_found, fmt::format("'{}' has no release yet", name));
  return releases + url_encoded((*page)["items"].at(0)["id"].string());
}

Result<std::optional<Json>> ApiClient::get_changed(const std::string& path, std::string& tag) {
  HttpRequest request{.url = path};
  if (!tag.empty()) request.headers.emplace_back("If-None-Match", tag);
  SERIN_TRY(response, send(std::move(request)));
  if (response.status == 304) return std::optional<Json>();
  tag = response.header("etag");
  SERIN_TRY(json, Json::parse(response.body));
  return std::optional<Json>(std::move(json));
}

Result<Json> ApiClient::post(const std::string& path, const Json& body, const std::string& key) {
  HttpRequest request{.method = "POST", .url = path, .body = body.dump()};
  request.headers.emplace_back("Content-Type", "application/json");
  if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);
  SERIN_TRY(response, send(std::move(request)));
  return Json::parse(response.body);
}

bool ApiClient::pause(Duration duration) {
  loop_.run_until([this] { return interrupted_; }, duration);
  return !interrupted_;
}

}  // namespace serin::app
