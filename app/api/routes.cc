#include "app/api/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/net/crypto/digest.h"
#include "base/net/crypto/keys.h"

namespace serin::app {
namespace {

constexpr std::size_t kEpochDigits = 8;

bool changes_something(std::string_view method) {
  return method != "GET" && method != "HEAD";
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    if (path.front() == '/') path.remove_prefix(1);
    std::size_t end = path.find('/');
    parts.push_back(path.substr(0, end));
    if (end == std::string_view::npos) break;
    path.remove_prefix(end);
  }
  return parts;
}

bool fits(std::string_view pattern, std::string_view path,
          std::map<std::string, std::string, std::less<>>& values) {
  auto wanted = parts_of(pattern);
  auto given = parts_of(path);
  const bool takes_rest = pattern.ends_with("...}");
  if (takes_rest ? given.size() < wanted.size() : wanted.size() != given.size()) return false;
  values.clear();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].ends_with("...}")) {
      if (given[i].empty()) return false;
      const std::string_view rest =
          path.substr(static_cast<std::size_t>(given[i].data() - path.data()));
      values.emplace(wanted[i].substr(1, wanted[i].size() - 5), rest);
      return true;
    }
    if (wanted[i].starts_with('{')) {
      if (given[i].empty()) return false;
      values.emplace(wanted[i].substr(1, wanted[i].size() - 2), given[i]);
    } else if (wanted[i] != given[i]) {
      return false;
    }
  }
  return true;
}

// What the request asks for, so that another request under the same key is found out.
std::string fingerprint(const HttpServerRequest& request) {
  return sha256_hex(fmt::format("{} {}\n{}", request.method, request.target, request.body));
}

// The address without its port.
std::string address_of(const std::string& peer) {
  return peer.substr(0, peer.rfind(':'));
}

bool is_plain_id(std::string_view text) {
  return !text.empty() && text.size() <= kRequestIdMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

void add_security_headers(HttpResponse& response, bool over_tls) {
  auto add = [&](const char* name, const char* value) {
    response.headers.emplace_back(name, value);
  };
  add("X-Content-Type-Options", "nosniff");
  add("X-Frame-Options", "DENY");
  add("Referrer-Policy", "no-referrer");
  add("Cross-Origin-Resource-Policy", "same-origin");
  bool has_policy = std::any_of(response.headers.begin(), response.headers.end(),
                                [](const auto& h) { return h.first == "Content-Security-Policy"; });
  if (!has_policy) add("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  if (over_tls) add("Strict-Transport-Security", "max-age=31536000");
}

Call::~Call() {
  if (finish_) refuse({.kind = kInternal, .detail = "no answer was given"});
}

const std::string& Call::operator[](std::string_view name) const {
  static const std::string kNone;
  auto found = path.find(name);
  return found == path.end() ? kNone : found->second;
}

void Call::answer(HttpResponse response) {
  if (finish_) std::exchange(finish_, {})(response);
  responder_.send(std::move(response));
}

void Call::refuse(const Problem& what) {
  answer(problem(what, request.path, id));
}

HttpStream Call::stream(HttpResponse response) {
  if (finish_) std::exchange(finish_, {})(response);
  return responder_.stream(std::move(response));
}

std::optional<Json> Call::json() {
  std::string_view type = request.header("content-type");
  type = type.substr(0, type.find(';'));
  if (request.body.empty()) return Json::object();
  if (type != "application/json") {
    refuse({.kind = kWrongType, .detail = "the body must be application/json"});
    return std::nullopt;
  }
  auto body = Json::parse(request.body);
  if (!body) {
    refuse({.kind = kBadRequest, .detail = "the body is no JSON: " + body.error().message});
    return std::nullopt;
  }
  if (!body->is_object()) {
    refuse({.kind = kInvalid, .detail = "the body must be an object"});
    return std::nullopt;
  }
  return *std::move(body);
}

RouteTable::RouteTable(Parts parts)
    : parts_(std::move(parts)), epoch_(random_key().substr(0, kEpochDigits)) {}

void RouteTable::add(std::string method, std::string pattern, Role role, Handler handler) {
  routes_.push_back({std::move(method), std::move(pattern), role, std::move(handler)});
}

void RouteTable::serve_below(std::string_view prefix, Handler handler) {
  files_ = {"GET", std::string(prefix), Role::none, std::move(handler)};
}

const RouteTable::Route* RouteTable::match(const HttpServerRequest& request, Call& call,
                                           std::vector<std::string>& methods) const {
  const std::string_view method =
      request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  for (const Route& route : routes_) {
    if (!fits(route.pattern, request.path, call.path)) continue;
    if (route.method == method) return &route;
    methods.push_back(route.method);
  }
  bool is_file = !files_.pattern.empty() && request.path.starts_with(files_.pattern);
  if (is_file && method == "GET") return &files_;
  return nullptr;
}

std::string RouteTable::request_id() {
  return fmt::format("{}-{}", epoch_, ++requests_);
}

// Who asks, how often, and whether they may. Refuses and says false where not.
bool RouteTable::admit(const Route* route, Call& call) {
  if (route != nullptr && route->role == Role::none) return true;
  const Now now = parts_.loop.clock().now();
  auto slow_down = [&](Duration wait) {
    int seconds = static_cast<int>(to_seconds(wait)) + 1;
    call.refuse({.kind = kTooMany,
                 .detail = fmt::format("ask again in {} s", seconds),
                 .retry_after_s = seconds});
    return false;
  };
  auto who = parts_.access.identify(call.request, now);
  if (!who) {
    if (auto wait = failures_.take(address_of(call.request.peer), now.mono))
      return slow_down(*wait);
    call.refuse(who.error());
    return false;
  }
  call.who = *std::move(who);
  RateLimiter& limiter = changes_something(call.request.method) ? writes_ : reads_;
  if (auto wait = limiter.take(call.who.actor + address_of(call.request.peer), now.mono))
    return slow_down(*wait);
  if (route != nullptr && call.who.role < route->role) {
    call.refuse({.kind = kForbidden,
                 .detail = fmt::format("{} {} needs the role {}; {} is {}", call.request.method,
                                       call.request.path, to_string(route->role), call.who.actor,
                                       to_string(call.who.role))});
    return false;
  }
  return true;
}

// Answers a request whose key was used before. True: it is answered.
bool RouteTable::replay(const std::shared_ptr<Call>& call) {
  std::string key(call->request.header("idempotency-key"));
  if (key.empty()) return false;
  if (key.size() > kIdempotencyKeyMax) {
    call->refuse({.kind = kBadRequest,
                  .detail = fmt::format("an Idempotency-Key has at most {} characters",
                                        kIdempotencyKeyMax)});
    return true;
  }
  call->key = call->who.actor + " " + key;
  auto unsaved = unsaved_answers_.find(call->key);
  auto kept = unsaved != unsaved_answers_.end()
                  ? std::optional(unsaved->second)
                  : parts_.store.answer(call->key, parts_.loop.clock().now().wall);
  if (kept) {
    if (kept->request != fingerprint(call->request)) {
      call->key.clear();
      call->refuse(
          {.kind = kInvalid, .detail = "this Idempotency-Key was used for another request"});
      return true;
    }
    HttpResponse response = json_response(kept->status, Json());
    auto json = Json::parse(kept->body);
    if (json) {
      response.body = (*json)["body"].string();
      response.headers.front().second = (*json)["type"].string();
      for (const auto& [name, header] :
           {std::pair("location", "Location"), std::pair("etag", "ETag")}) {
        if (std::string value((*json)[name].string()); !value.empty())
          response.headers.emplace_back(header, std::move(value));
      }
    }
    response.headers.emplace_back("Idempotency-Replayed", "true");
    call->key.clear();
    call->answer(std::move(response));
    return true;
  }
  if (!keys_under_way_.insert(call->key).second) {
    call->key.clear();
    call->refuse({.kind = kBusyKey, .detail = "a request with this key is under way"});
    return true;
  }
  return false;
}

void RouteTable::audit(const Call& call, std::string_view operation, const std::string& subject,
                       Json details) {
  details.set("requestId", call.id).set("peer", call.request.peer);
  store::Batch batch;
  batch.audit.push_back({.when = parts_.loop.clock().now().wall,
                         .actor = call.who.actor,
                         .operation = std::string(operation),
                         .subject = subject,
                         .result = "done",
                         .details = std::move(details)});
  parts_.store.commit(std::move(batch), [](const Status&) {});
}

HttpResponse RouteTable::refused(int status, std::string_view why, bool over_tls) {
  auto kind = std::ranges::find(kProblemKinds, status, &ProblemKind::status);
  const std::string id = request_id();
  HttpResponse response = problem(
      {.kind = kind == std::end(kProblemKinds) ? kBadRequest : *kind, .detail = std::string(why)},
      "", id);
  response.headers.emplace_back("X-Request-Id", id);
  add_security_headers(response, over_tls);
  if (parts_.answered) parts_.answered("", response.status);
  return response;
}

void RouteTable::handle(HttpServerRequest request, HttpResponder responder) {
  auto call = std::make_shared<Call>(std::move(responder));
  std::string_view given = request.header("x-request-id");
  call->id = is_plain_id(given) ? std::string(given) : request_id();
  call->request = std::move(request);
  std::vector<std::string> methods;
  const Route* route = match(call->request, *call, methods);
  std::string pattern = route != nullptr ? route->pattern : "";
  bool over_tls = call->request.secure;
  call->finish_ = [this, pattern, over_tls, self = call.get(),
                   alive = alive_](HttpResponse& response) {
    if (!*alive) return;
    response.headers.emplace_back("X-Request-Id", self->id);
    add_security_headers(response, over_tls);
    if (parts_.answered) parts_.answered(pattern, response.status);
    if (self->key.empty()) return;
    keys_under_way_.erase(self->key);
    // What was refused changed nothing and may be tried again with the same key.
    if (response.status >= 300 || !self->keeps_answer_) return;
    Json kept = Json::object()
                    .set("type", find_header(response.headers, "Content-Type"))
                    .set("location", find_header(response.headers, "Location"))
                    .set("etag", find_header(response.headers, "ETag"))
                    .set("body", response.body);
    store::Batch batch;
    store::StoredAnswer answer{.key = self->key,
                               .request = fingerprint(self->request),
                               .status = response.status,
                               .body = kept.dump(),
                               .stored = parts_.loop.clock().now().wall};
    batch.answers.push_back(answer);
    unsaved_answers_.insert_or_assign(self->key, std::move(answer));
    parts_.store.commit(std::move(batch), [this, key = self->key, alive = alive_](const Status&) {
      if (*alive) unsaved_answers_.erase(key);
    });
  };
  if (!admit(route, *call)) return;
  if (route == nullptr) {
    bool wrong_method = !methods.empty();
    return call->refuse({.kind = wrong_method ? kWrongMethod : kUnknown,
                         .detail = wrong_method ? call->request.method + " is not for this path"
                                                : "nothing is served at " + call->request.path,
                         .methods = methods});
  }
  if (changes_something(call->request.method) && replay(call)) return;
  route->handler(call);
}

}  // namespace serin::app
