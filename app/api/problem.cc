#include "app/api/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace serin::app {
namespace {

constexpr std::string_view kTypes = "https://serin.dev/problems/";

ProblemKind kind_of(Code code) {
  switch (code) {
    case Code::invalid_argument:
      return kInvalid;
    case Code::not_found:
      return kUnknown;
    case Code::failed_precondition:
      return kNotAllowed;
    case Code::rate_limited:
      return kTooMany;
    case Code::unauthenticated:
      return kUnauthenticated;
    case Code::permission_denied:
      return kForbidden;
    case Code::unavailable:
    case Code::deadline_exceeded:
    case Code::maybe_delivered:
    case Code::cancelled:
      return kUnavailable;
    case Code::data_loss:
    case Code::internal:
      break;
  }
  return kInternal;
}

}  // namespace

Problem problem_of(const Error& error) {
  Problem what{.kind = kind_of(error.code), .detail = error.to_string()};
  if (what.kind.status == 503 || what.kind.status == 429) what.retry_after_s = 1;
  return what;
}

Problem problem_of(const config::Diagnostics& diagnostics, std::string_view unplaced) {
  Problem what{.kind = kInvalid, .detail = fmt::format("{} errors", diagnostics.errors())};
  if (diagnostics.errors() == 1) what.detail = "1 error";
  for (const config::Diagnostic& each : diagnostics.sorted()) {
    if (!each.is_error()) continue;
    std::string text = each.message;
    if (unplaced.empty() || each.file != unplaced) {
      text = fmt::format("{}:{}:{}: {}", each.file, each.position.line, each.position.column,
                         each.message);
    }
    if (!each.hint.empty()) text += "; " + each.hint;
    what.errors.push_back({.pointer = each.pointer, .code = each.code, .detail = std::move(text)});
  }
  return what;
}

HttpResponse json_response(int status, const Json& body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          .body = body.dump() + "\n"};
}

HttpResponse problem(const Problem& what, std::string_view instance, std::string_view request_id) {
  Json json = Json::object();
  json.set("type", fmt::format("{}{}", kTypes, what.kind.name))
      .set("title", what.kind.title)
      .set("status", what.kind.status)
      .set("detail", what.detail);
  if (!instance.empty()) json.set("instance", instance);
  json.set("requestId", request_id);
  if (!what.allowed.empty() || what.kind.name == kNotAllowed.name) {
    Json allowed = Json::array();
    for (const std::string& operation : what.allowed) allowed.push(operation);
    json.set("allowedActions", std::move(allowed));
  }
  if (!what.errors.empty()) {
    Json errors = Json::array();
    for (const ProblemError& error : what.errors) {
      Json one = Json::object();
      one.set("pointer", error.pointer);
      if (!error.code.empty()) one.set("code", error.code);
      errors.push(one.set("detail", error.detail));
    }
    json.set("errors", std::move(errors));
  }
  HttpResponse response = json_response(what.kind.status, json);
  response.headers.front().second = "application/problem+json";
  if (what.kind.status == 401)
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"serin\"");
  if (what.retry_after_s > 0)
    response.headers.emplace_back("Retry-After", std::to_string(what.retry_after_s));
  if (!what.methods.empty()) {
    std::string allow;
    for (const std::string& method : what.methods) allow += (allow.empty() ? "" : ", ") + method;
    response.headers.emplace_back("Allow", allow);
  }
  return response;
}

}  // namespace serin::app
