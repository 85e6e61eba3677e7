#include "analysis/judges/kayenta/config.h"

#include <fmt/format.h>

#include <limits>
#include <vector>

namespace serin::analysis::kayenta {
namespace {

// Reads keys of a map and gathers what is wrong with them.
class Reader {
 public:
  explicit Reader(std::vector<std::string>& faults) : faults_(faults) {}

  void text(const Json& map, std::string_view key, std::string& into) {
    const Json& value = map[key];
    if (value.is_null()) return;
    if (value.is_string()) {
      into = value.string();
    } else {
      wrong(key, "a text", value);
    }
  }
  void flag(const Json& map, std::string_view key, bool& into) {
    const Json& value = map[key];
    if (value.is_null()) return;
    if (value.is_bool()) {
      into = value.boolean();
    } else {
      wrong(key, "true or false without quotes", value);
    }
  }
  template <class Number>
  void number(const Json& map, std::string_view key, Number& into) {
    const Json& value = map[key];
    if (value.is_null()) return;
    if (!value.is_number()) {
      wrong(key, "a number without quotes", value);
    } else if (value.is_integer() && too_large(value.integer())) {
      wrong(key, "a number within 32 bits or with a decimal point", value);
    } else {
      into = value.number();
    }
  }

 private:
  static bool too_large(std::int64_t value) {
    return value > std::numeric_limits<std::int32_t>::max() ||
           value < std::numeric_limits<std::int32_t>::min();
  }
  void wrong(std::string_view key, std::string_view right, const Json& value) {
    faults_.push_back(fmt::format("`{}` must be {}, not {}", key, right, value.dump()));
  }

  std::vector<std::string>& faults_;
};

}  // namespace

Result<KayentaMetricOptions> read_canary_options(const Json& canary, std::string_view metric) {
  KayentaMetricOptions options;
  std::vector<std::string> faults;
  Reader read(faults);
  read.text(canary, "direction", options.direction);
  read.text(canary, "nanStrategy", options.nan_strategy);
  read.flag(canary, "critical", options.critical);
  read.flag(canary, "mustHaveData", options.must_have_data);
  read.flag(canary, "muted", options.muted);
  const Json& outliers = canary["outliers"];
  read.text(outliers, "strategy", options.outliers);
  if (options.outliers == "remove") read.number(outliers, "outlierFactor", options.outlier_factor);
  const Json& effect = canary["effectSize"];
  read.text(effect, "measure", options.effect_measure);
  read.number(effect, "allowedIncrease", options.allowed_increase);
  read.number(effect, "allowedDecrease", options.allowed_decrease);
  read.number(effect, "criticalIncrease", options.critical_increase);
  read.number(effect, "criticalDecrease", options.critical_decrease);
  if (!faults.empty()) {
    return fail(Code::invalid_argument,
                fmt::format("metric {}: {}", metric, fmt::join(faults, "; ")));
  }
  SERIN_CHECK(check_options(options, metric));
  return options;
}

Status check_options(const KayentaMetricOptions& options, std::string_view metric) {
  if (options.outliers != "remove" || options.outlier_factor > 0) return {};
  return fail(Code::invalid_argument,
              fmt::format("metric {}: `outlierFactor` must be above 0, not {}; 3 is usual", metric,
                          options.outlier_factor));
}

}  // namespace serin::analysis::kayenta
