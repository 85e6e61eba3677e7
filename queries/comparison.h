// What a compared metric asks of a metrics server, and how its answer is told apart: kind,
// selectors, and the labels that carry version and instance.
//
//   SERIN_TRY(errors, Comparison::errors("http_requests_total{code=~\"5..\"}",
//   "http_requests_total")); Versions versions{"version", "v2", "v1", "pod"};
//   errors.asked(versions)->over(60s);    // http_requests_total{version=~"v1|v2"}[60s]
//
// It knows no margins, verdicts or times.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "queries/selector.h"

namespace serin::queries {

// How the series of the two versions and of their instances are told apart.
struct Versions {
  std::string label = "version";
  std::string canary;
  std::string stable;  // "" where no stable version is known: only the canary is asked for
  std::string instance = "pod";  // a series without this label belongs to the instance ""
  // History: whatever the version, every series counts as stable, and the series of an instance are
  // joined across versions.
  bool pooled = false;
  bool operator==(const Versions&) const = default;
};

struct Comparison {
  enum class Kind { errors, rate, mean, histogram, gauge };
  Kind kind = Kind::errors;
  // errors: bad requests; rate: the count; mean: the sum; histogram: the buckets; gauge: the value.
  Selector events;
  // errors: all requests; mean: the count. Otherwise like `events`.
  Selector exposure;
  // gauge: PromQL that is no plain selector, asked as a subquery. `events` is then unused.
  std::string expression;

  // Errors of all: invalid_argument, naming the field and the column.
  static Result<Comparison> errors(std::string_view bad, std::string_view total);
  static Result<Comparison> rate(std::string_view count);
  // Sum and count need exact names, so that they can be paired.
  static Result<Comparison> mean(std::string_view sum, std::string_view count);
  static Result<Comparison> histogram(std::string_view buckets);  // classic: label `le`
  // Any PromQL; a plain selector is asked raw, so that every scraped sample counts.
  static Result<Comparison> gauge(std::string_view query);

  // The one selector that yields all series of both versions; nothing for a gauge by expression.
  // Errors: invalid_argument where `versions` is incomplete or canary and stable are the same.
  Result<std::optional<Selector>> asked(const Versions& versions) const;

  bool operator==(const Comparison&) const = default;
};

// Checks that the labels are there and the versions differ. Errors: invalid_argument.
Status check(const Versions& versions);
// `selector` for the series of both versions (of all, where pooled). `versions` must be valid.
Selector of_versions(const Selector& selector, const Versions& versions);

}  // namespace serin::queries
