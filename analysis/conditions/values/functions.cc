#include "analysis/conditions/values/functions.h"

#include <algorithm>
#include <iterator>

namespace serin::analysis::conditions {
namespace {

using enum Kind;

constexpr std::string_view kMeasurementNames[] = {"result", "asInt", "asFloat", "isNaN",
                                                  "isInf",  "isNil", "default"};
constexpr std::string_view kTimeRangeNames[] = {"isNaN", "isInf"};

constexpr Signature kEnvironment[] = {
    {"isNaN", 1, {real}, boolean}, {"isInf", 1, {real}, boolean}, {"asInt", 1, {any}, integer64},
    {"asFloat", 1, {any}, real},   {"isNil", 1, {any}, boolean},  {"default", 2, {any, any}, any},
};
constexpr std::size_t kTimeRangeFunctions = 2;  // the first ones of the list

constexpr Signature kDurationMethods[] = {
    {"Abs", 0, {}, duration},
    {"Hours", 0, {}, real},
    {"Microseconds", 0, {}, integer64},
    {"Milliseconds", 0, {}, integer64},
    {"Minutes", 0, {}, real},
    {"Nanoseconds", 0, {}, integer64},
    {"Round", 1, {duration}, duration},
    {"Seconds", 0, {}, real},
    {"String", 0, {}, text},
    {"Truncate", 1, {duration}, duration},
};

constexpr Signature kTimeMethods[] = {
    {"Add", 1, {duration}, time},      {"AddDate", 3, {integer, integer, integer}, time},
    {"After", 1, {time}, boolean},     {"Before", 1, {time}, boolean},
    {"Clock", 0, {}, integer, 3},      {"Compare", 1, {time}, integer},
    {"Date", 0, {}, integer, 3},       {"Day", 0, {}, integer},
    {"Equal", 1, {time}, boolean},     {"Format", 1, {text}, text},
    {"Hour", 0, {}, integer},          {"ISOWeek", 0, {}, integer, 2},
    {"In", 1, {zone}, time},           {"IsDST", 0, {}, boolean},
    {"IsZero", 0, {}, boolean},        {"Local", 0, {}, time},
    {"Location", 0, {}, zone},         {"Minute", 0, {}, integer},
    {"Month", 0, {}, month},           {"Nanosecond", 0, {}, integer},
    {"Round", 1, {duration}, time},    {"Second", 0, {}, integer},
    {"String", 0, {}, text},           {"Sub", 1, {time}, duration},
    {"Truncate", 1, {duration}, time}, {"UTC", 0, {}, time},
    {"Unix", 0, {}, integer64},        {"UnixMicro", 0, {}, integer64},
    {"UnixMilli", 0, {}, integer64},   {"UnixNano", 0, {}, integer64},
    {"Weekday", 0, {}, weekday},       {"Year", 0, {}, integer},
    {"YearDay", 0, {}, integer},       {"Zone", 0, {}, text, 2},
};

constexpr Signature kNamedMethods[] = {{"String", 0, {}, text}};  // month, weekday, zone

// In the order of their names; the overloads of one name in the order in which they are tried.
constexpr Signature kOverloads[] = {
    {"bitand", 2, {integer, integer}, integer},
    {"bitnand", 2, {integer, integer}, integer},
    {"bitnot", 1, {integer}, integer},
    {"bitor", 2, {integer, integer}, integer},
    {"bitshl", 2, {integer, integer}, integer},
    {"bitshr", 2, {integer, integer}, integer},
    {"bitushr", 2, {integer, integer}, integer},
    {"bitxor", 2, {integer, integer}, integer},
    {"duration", 1, {text}, duration},
    {"fromBase64", 1, {text}, text},
    {"fromJSON", 1, {text}, any},
    {"hasPrefix", 2, {text, text}, boolean},
    {"hasSuffix", 2, {text, text}, boolean},
    {"indexOf", 2, {text, text}, integer},
    {"join", 2, {texts, text}, text},
    {"join", 2, {array, text}, text},
    {"join", 1, {array}, text},
    {"join", 2, {texts, text}, text},
    {"join", 1, {texts}, text},
    {"lastIndexOf", 2, {text, text}, integer},
    {"lower", 1, {text}, text},
    {"repeat", 2, {text, integer}, text},
    {"replace", 4, {text, text, text, integer}, text},
    {"replace", 3, {text, text, text}, text},
    {"sort", 2, {array, text}, array},
    {"sort", 2, {integers, text}, array},
    {"sort", 2, {reals, text}, array},
    {"sort", 2, {texts, text}, array},
    {"sort", 1, {array}, array},
    {"sort", 1, {reals}, array},
    {"sort", 1, {texts}, array},
    {"sort", 1, {integers}, array},
    {"split", 2, {text, text}, texts},
    {"split", 3, {text, text, integer}, texts},
    {"splitAfter", 2, {text, text}, texts},
    {"splitAfter", 3, {text, text, integer}, texts},
    {"string", 1, {any}, text},
    {"timezone", 1, {text}, zone},
    {"toBase64", 1, {text}, text},
    {"toJSON", 1, {any}, text},
    {"trim", 1, {text}, text},
    {"trim", 2, {text, text}, text},
    {"trimPrefix", 2, {text, text}, text},
    {"trimPrefix", 1, {text}, text},
    {"trimSuffix", 2, {text, text}, text},
    {"trimSuffix", 1, {text}, text},
    {"type", 1, {any}, text},
    {"upper", 1, {text}, text},
};
static_assert(std::ranges::is_sorted(kOverloads, {}, &Signature::name));

const Signature* find(std::span<const Signature> list, std::string_view name) {
  auto found = std::ranges::find(list, name, &Signature::name);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

std::span<const std::string_view> environment_names(Environment environment) {
  if (environment == Environment::time_range) return kTimeRangeNames;
  return kMeasurementNames;
}

const Signature* environment_function(std::string_view name, Environment environment) {
  std::span<const Signature> list = kEnvironment;
  if (environment == Environment::time_range) list = list.first(kTimeRangeFunctions);
  return find(list, name);
}

const Signature* method_of(Kind receiver, std::string_view name) {
  switch (receiver) {
    case time:
      return find(kTimeMethods, name);
    case duration:
      return find(kDurationMethods, name);
    case month:
    case weekday:
    case zone:
      return find(kNamedMethods, name);
    default:
      return nullptr;
  }
}

std::span<const Signature> builtin_overloads(std::string_view name) {
  auto found = std::ranges::equal_range(kOverloads, name, {}, &Signature::name);
  return {found.begin(), found.end()};
}

}  // namespace serin::analysis::conditions
