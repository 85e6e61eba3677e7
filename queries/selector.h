// Plain PromQL vector selectors: read, changed, and written as raw range vectors; and matched
// against labels.
//
//   SERIN_TRY(selector, Selector::parse("http_requests_total{code=~\"5..\"}"));
//   Selector both = selector.with(any_of("version", {"v1", "v2"}));
//   both.over(30s);                                  //
//   http_requests_total{code=~"5..",version=~"v1|v2"}[30s] SERIN_TRY(filter,
//   SeriesFilter::compile(both)); filter.matches(labels);
//
// It is no PromQL parser: functions, aggregations, operators, `offset` and `@` are errors that say
// so.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "queries/samples.h"

namespace serin::queries {

// Characters of a selector's text.
inline constexpr std::size_t kSelectorTextMax = 16'384;

struct Matcher {
  enum class Op { equal, not_equal, regex, not_regex };
  std::string label;
  Op op = Op::equal;
  std::string value;
  auto operator<=>(const Matcher&) const = default;
};

// `label="v"` for one value, `label=~"v|w"` for several, each quoted as a literal. `values` must
// not be empty.
Matcher any_of(std::string_view label, const std::vector<std::string>& values);

class Selector {
 public:
  // Errors: invalid_argument, with the column (from 1) and what would be right. A metric's name or
  // a matcher on
  // __name__ is required, since serin never asks for every metric at once.
  static Result<Selector> parse(std::string_view text);
  // The metric of exactly that name.
  static Selector named(std::string_view name);

  // The metric's exact name, or "" where it is chosen by a regular expression.
  std::string_view name() const;
  // As written, the name as a matcher on __name__ among them.
  const std::vector<Matcher>& matchers() const { return matchers_; }
  // With `matcher` in place of every matcher on the same label.
  Selector with(Matcher matcher) const;
  Selector without(std::string_view label) const;

  // Canonical text: the name first where it is exact, values in double quotes.
  std::string to_string() const;
  // As a raw range vector, `selector[90s]`. `window` is rounded up to milliseconds and at least
  // one.
  std::string over(Duration window) const;

  bool operator==(const Selector&) const = default;

 private:
  friend Selector unite(const Selector& a, const Selector& b);
  friend Result<struct RangeSelector> parse_range_selector(std::string_view text);
  std::vector<Matcher> matchers_;
};

// A selector that yields every series that `a` or `b` yields: one query instead of two. Where `a`
// yields all of `b` it is `a` itself; else both names and the matchers that they share (it may
// yield more than the two do).
Selector unite(const Selector& a, const Selector& b);

struct RangeSelector {
  Selector selector;
  Duration window{};
};
// `selector[5m]`, the window as PromQL writes durations ("1h30m", "90s", "1500ms", "2d"). Errors:
// invalid_argument.
Result<RangeSelector> parse_range_selector(std::string_view text);
// "90s", "1500ms": what PromQL takes within brackets. Rounded up to milliseconds, at least one.
std::string promql_duration(Duration duration);

// A selector ready to be held against labels. Regular expressions are RE2's and must match the
// whole value, a missing label counts as "", as in Prometheus. Cheap to copy. Thread: immutable.
class SeriesFilter {
 public:
  // Errors: invalid_argument, naming the label whose regular expression is wrong.
  static Result<SeriesFilter> compile(const Selector& selector);
  bool matches(const Labels& labels) const;

 private:
  struct Compiled;
  explicit SeriesFilter(std::shared_ptr<const Compiled> compiled)
      : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace serin::queries
