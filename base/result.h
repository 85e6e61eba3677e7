// Errors as values: Result<T> is a T or an Error that says what went wrong and what would be right.
//
//   Result<int> port = parse_port(text);
//   SERIN_TRY(value, parse_port(text));   // declares `value`, or returns the error
//   SERIN_CHECK(write(file));             // for Status
//
// "Not enough data" is a verdict, never an Error. Exceptions of libraries are caught where the
// library is called.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serin {

// What a caller could do about it; a code of its own exists only where a caller reacts differently.
enum class Code {
  invalid_argument,     // the input is wrong; asking again does not help
  not_found,            // what was named does not exist
  failed_precondition,  // not allowed in this state
  unavailable,          // the other side can't be reached now; retry with backoff
  deadline_exceeded,    // no answer in time; nothing is known to have happened on reads
  rate_limited,         // the other side asks to slow down
  unauthenticated,
  permission_denied,
  data_loss,        // stored data are damaged
  maybe_delivered,  // the command may have taken effect: read back before doing anything else
  cancelled,        // the caller gave up
  internal,
};

std::string_view to_string(Code code);

struct Error {
  Code code = Code::internal;
  std::string message;
  std::vector<std::string> context{};  // outermost last

  // True where the same call may succeed later without a change of input.
  bool retryable() const;
  // "context: … : message".
  std::string to_string() const;
  Error with(std::string where) &&;
  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace serin

#define SERIN_CONCAT_INNER(a, b) a##b
#define SERIN_CONCAT(a, b) SERIN_CONCAT_INNER(a, b)
// Declares `var` from a Result expression, or returns its error from the enclosing function.
#define SERIN_TRY(var, ...)                                                \
  auto SERIN_CONCAT(var, _result) = (__VA_ARGS__);                         \
  if (!SERIN_CONCAT(var, _result)) {                                       \
    return std::unexpected(std::move(SERIN_CONCAT(var, _result)).error()); \
  }                                                                        \
  auto&& var = *SERIN_CONCAT(var, _result)
// Returns the error of a Status expression, if it has one.
#define SERIN_CHECK(...)                                       \
  do {                                                         \
    if (auto serin_status = (__VA_ARGS__); !serin_status) {    \
      return std::unexpected(std::move(serin_status).error()); \
    }                                                          \
  } while (false)
