// Reads a JSON object of ours field by field and says all at once what does not fit.
//
//   JsonReader in(json, "desired traffic");
//   DesiredTraffic desired;
//   desired.owner = in.text("owner");
//   desired.generation = in.count("generation");
//   SERIN_CHECK(in.finish());          // missing, wrong kind, out of range, unknown fields
//
// For records that serin wrote itself, which carry no positions; configuration is read through
// base/config. Fields that were not asked for are errors: what can't be kept would be lost on the
// next write.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace serin::rollout {

// Thread: one owner; the Json outlives it.
class JsonReader {
 public:
  // `what` names the object in errors.
  JsonReader(const Json& json, std::string what);

  // Each notes a problem and returns a zero value where the field is missing or of another kind.
  std::string text(std::string_view key);
  bool boolean(std::string_view key);
  // Integers in [min, max].
  std::int64_t integer(std::string_view key,
                       std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t max = std::numeric_limits<std::int64_t>::max());
  // An integer that is not negative.
  std::uint64_t count(std::string_view key);
  // One that fits an int.
  int small_count(std::string_view key);
  // Integers, reals, and "NaN", "+Inf", "-Inf".
  double number(std::string_view key);
  // Integer nanoseconds.
  Duration duration(std::string_view key);
  // Any value; null where the field is missing, which is an error too.
  const Json& value(std::string_view key);
  const Json& object(std::string_view key);
  const Json& array(std::string_view key);
  // Notes a problem found by the caller, e.g. an unknown name in a field.
  void problem(std::string_view key, std::string message);
  // An object read by `read`, Result<T>(const Json&), whose error becomes one of this object.
  template <class T>
  T nested(std::string_view key, Result<T> (*read)(const Json&)) {
    const Json* found = get(key, "an object", &Json::is_object);
    if (found == nullptr) return T{};
    Result<T> result = read(*found);
    if (result) return std::move(*result);
    problem(key, std::move(result).error().message);
    return T{};
  }

  // ok, or invalid_argument with every problem and every field that was not asked for.
  Status finish();

 private:
  const Json* get(std::string_view key, std::string_view expected, bool (Json::*is)() const);
  const Json* json_;
  std::string what_;
  std::vector<std::string> asked_;
  std::vector<std::string> problems_;
};

}  // namespace serin::rollout
