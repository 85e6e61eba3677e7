// Errors as clients of the API see them: application/problem+json (RFC 9457).
//
//   return problem({.kind = kNotAllowed, .detail = "pause needs Progressing"}, request_id);
//   return problem(problem_of(error), request_id);
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/diagnostic.h"
#include "base/json.h"
#include "base/net/http_message.h"
#include "base/result.h"

namespace serin::app {

// What kinds there are; names are stable and stand in docs/reference/problems.md.
struct ProblemKind {
  std::string_view name;
  std::string_view title;
  int status;
};

inline constexpr ProblemKind kBadRequest{"bad-request", "The request can't be read", 400};
inline constexpr ProblemKind kUnauthenticated{"unauthenticated", "Who are you?", 401};
inline constexpr ProblemKind kForbidden{"forbidden", "Your role does not allow this", 403};
inline constexpr ProblemKind kUnknown{"not-found", "There is no such thing", 404};
inline constexpr ProblemKind kWrongMethod{"method-not-allowed", "Not with this method", 405};
inline constexpr ProblemKind kTimeout{"timeout", "The request came too slowly", 408};
inline constexpr ProblemKind kNotAllowed{"action-not-allowed", "Not allowed in this state", 409};
inline constexpr ProblemKind kExists{"exists", "There is one of that name already", 409};
inline constexpr ProblemKind kBusyKey{"key-in-use", "A request with this key is under way", 409};
inline constexpr ProblemKind kChanged{"changed", "The document has changed meanwhile", 412};
inline constexpr ProblemKind kTooLarge{"too-large", "The body is too large", 413};
inline constexpr ProblemKind kWrongType{"wrong-type", "The body has another type", 415};
inline constexpr ProblemKind kInvalid{"invalid", "The request is not valid", 422};
inline constexpr ProblemKind kUnguarded{"precondition-required",
                                        "Say which version you mean to change", 428};
inline constexpr ProblemKind kTooMany{"too-many-requests", "Too many requests", 429};
inline constexpr ProblemKind kHeadTooLarge{"head-too-large", "The headers are too large", 431};
inline constexpr ProblemKind kInternal{"internal", "Something is wrong in serin", 500};
inline constexpr ProblemKind kUnavailable{"unavailable", "It can't be done now", 503};
inline constexpr ProblemKind kProblemKinds[] = {
    kBadRequest, kUnauthenticated, kForbidden, kUnknown,      kWrongMethod, kTimeout,
    kNotAllowed, kExists,          kBusyKey,   kChanged,      kTooLarge,    kWrongType,
    kInvalid,    kUnguarded,       kTooMany,   kHeadTooLarge, kInternal,    kUnavailable};

struct ProblemError {
  std::string pointer{};  // "/weight"; "" for the whole
  std::string code{};     // of lint, where there is one
  std::string detail{};
};

struct Problem {
  ProblemKind kind = kInternal;
  std::string detail{};
  std::vector<std::string> allowed{};  // operations that would be
  std::vector<ProblemError> errors{};  // all at once
  int retry_after_s = 0;               // 0: not said
  std::vector<std::string> methods{};  // of 405
};

// Which kind an error's code is.
Problem problem_of(const Error& error);
// Of what is one: for code that hands on either.
inline Problem problem_of(Problem what) {
  return what;
}
// Every error among the diagnostics. `unplaced`: a file whose lines the client does not know.
Problem problem_of(const config::Diagnostics& diagnostics, std::string_view unplaced = {});

// What a request comes to: its answer, or why there is none.
using Outcome = std::expected<HttpResponse, Problem>;

HttpResponse problem(const Problem& what, std::string_view instance, std::string_view request_id);
HttpResponse json_response(int status, const Json& body);

}  // namespace serin::app
