// Values as JSON, both ways from one list of fields, so that what is written is what is read.
//
//   struct Point { int x = 0; std::optional<Duration> age; };
//   constexpr auto fields(std::type_identity<Point>) {
//     return std::tuple{codec::Field{"x", &Point::x}, codec::Field{"age_ns", &Point::age}};
//   }
//   Json json = codec::encode(point);              // {"x":1,"age_ns":null}
//   Result<Point> back = codec::decode<Point>(json);
//
// Fields are written in the order of the list: equal values give equal bytes. A field that is
// missing (Later: but for those that came later), unknown or of another kind is an error. Times are
// integer nanoseconds, weights units of 0.01 %, enumerators their names. For implementation files;
// it reads no configuration.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "analysis/judgement.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "rollout/machine/model/names.h"
#include "rollout/machine/model/spec.h"
#include "rollout/plan/weight.h"
#include "rollout/ports/json_reader.h"
#include "rollout/ports/router.h"
#include "rollout/ports/workload.h"

namespace serin::rollout::machine::codec {

template <class C, class M>
struct Field {
  std::string_view name;
  M C::*member;
};
template <class C, class M>
Field(const char*, M C::*) -> Field<C, M>;

// A field that journals of earlier versions do not have: left out where it is as in a new value,
// and read so where it is missing.
template <class C, class M>
struct Later {
  std::string_view name;
  M C::*member;
};
template <class C, class M>
Later(const char*, M C::*) -> Later<C, M>;

template <class T>
concept Described = requires {
  fields(std::type_identity<T>{});
};

// Types that bring their own reader, under names of their own.
inline Result<MatchRule> read(std::type_identity<MatchRule>, const Json& json) {
  return match_rule_from_json(json);
}
inline Result<DesiredTraffic> read(std::type_identity<DesiredTraffic>, const Json& json) {
  return desired_traffic_from_json(json);
}
inline Result<ObservedTraffic> read(std::type_identity<ObservedTraffic>, const Json& json) {
  return observed_traffic_from_json(json);
}
inline Result<DesiredWorkload> read(std::type_identity<DesiredWorkload>, const Json& json) {
  return desired_workload_from_json(json);
}
inline Result<ObservedWorkload> read(std::type_identity<ObservedWorkload>, const Json& json) {
  return observed_workload_from_json(json);
}
inline Result<analysis::Judgement> read(std::type_identity<analysis::Judgement>, const Json& json) {
  return analysis::judgement_from_json(json);
}
inline Result<ReleaseSpec> read(std::type_identity<ReleaseSpec>, const Json& json) {
  return release_spec_from_json(json);
}
template <class T>
concept Readable = requires(const Json& json) {
  read(std::type_identity<T>{}, json);
};

template <class T>
struct Coder;

template <class T>
Json encode(const T& value) {
  return Coder<T>::encode(value);
}
// Errors: invalid_argument, naming the field.
template <class T>
Result<T> decode(const Json& json) {
  return Coder<T>::decode(json);
}

inline std::unexpected<Error> wrong_kind(std::string_view expected) {
  return fail(Code::invalid_argument, "expected " + std::string(expected));
}

// Member by member, as fields() lists them.
template <class T>
struct MemberCoder {
  static Json encode(const T& value) {
    Json json = Json::object();
    std::apply([&](const auto&... field) { (put(json, value, field), ...); },
               fields(std::type_identity<T>{}));
    return json;
  }
  static Result<T> decode(const Json& json) {
    T value{};
    JsonReader in(json, "object");
    std::apply([&](const auto&... field) { (take(in, json, value, field), ...); },
               fields(std::type_identity<T>{}));
    SERIN_CHECK(in.finish());
    return value;
  }

 private:
  template <class M>
  static void put(Json& json, const T& value, const Field<T, M>& field) {
    json.set(field.name, codec::encode(value.*field.member));
  }
  template <class M>
  static void put(Json& json, const T& value, const Later<T, M>& field) {
    if (value.*field.member == T{}.*field.member) return;
    json.set(field.name, codec::encode(value.*field.member));
  }
  template <class M>
  static void take(JsonReader& in, const Json& json, T& value, const Field<T, M>& field) {
    Result<M> result = codec::decode<M>(in.value(field.name));
    if (result) {
      value.*field.member = std::move(*result);
    } else if (json.contains(field.name)) {
      in.problem(field.name, result.error().to_string());
    }
  }
  template <class M>
  static void take(JsonReader& in, const Json& json, T& value, const Later<T, M>& field) {
    if (json.contains(field.name)) take(in, json, value, Field<T, M>{field.name, field.member});
  }
};

// A type that brings its own reader is coded by it everywhere, also where its fields are in sight.
template <class T>
requires Described<T> &&(!Readable<T>)struct Coder<T> : MemberCoder<T> {
};

template <Readable T>
struct Coder<T> {
  static Json encode(const T& value) { return to_json(value); }
  static Result<T> decode(const Json& json) { return read(std::type_identity<T>{}, json); }
};

template <Named E>
struct Coder<E> {
  static Json encode(E value) { return to_string(value); }
  static Result<E> decode(const Json& json) {
    if (auto value = from_name<E>(json.string())) return *value;
    return fail(Code::invalid_argument, "unknown name '" + std::string(json.string()) + "'");
  }
};

template <>
struct Coder<bool> {
  static Json encode(bool value) { return value; }
  static Result<bool> decode(const Json& json) {
    if (!json.is_bool()) return wrong_kind("true or false");
    return json.boolean();
  }
};

template <class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) struct Coder<T> {
  static Json encode(T value) { return static_cast<std::int64_t>(value); }
  static Result<T> decode(const Json& json) {
    if (!json.is_integer()) return wrong_kind("an integer");
    std::int64_t number = json.integer();
    if (!std::in_range<T>(number)) return wrong_kind("a smaller integer");
    return static_cast<T>(number);
  }
};

template <>
struct Coder<double> {
  static Json encode(double value) { return value; }
  static Result<double> decode(const Json& json) {
    if (json.is_string() && json.string() != "NaN" && json.string() != "+Inf" &&
        json.string() != "-Inf")
      return wrong_kind("a number");
    if (!json.is_string() && !json.is_number()) return wrong_kind("a number");
    return json.number();
  }
};

template <>
struct Coder<std::string> {
  static Json encode(const std::string& value) { return value; }
  static Result<std::string> decode(const Json& json) {
    if (!json.is_string()) return wrong_kind("a string");
    return std::string(json.string());
  }
};

template <>
struct Coder<Json> {
  static Json encode(const Json& value) { return value; }
  static Result<Json> decode(const Json& json) { return json; }
};

template <>
struct Coder<Weight> {
  static Json encode(Weight value) { return value.units(); }
  static Result<Weight> decode(const Json& json) {
    if (!json.is_integer() || json.integer() < 0 || json.integer() > Weight::kFull)
      return wrong_kind("a weight of 0 to 10000 units");
    return Weight::from_units(static_cast<int>(json.integer()));
  }
};

template <>
struct Coder<Duration> {
  static Json encode(Duration value) { return value.count(); }
  static Result<Duration> decode(const Json& json) {
    if (!json.is_integer()) return wrong_kind("nanoseconds");
    return Duration(json.integer());
  }
};

template <class C>
struct Coder<std::chrono::time_point<C, Duration>> {
  using Point = std::chrono::time_point<C, Duration>;
  static Json encode(Point value) { return value.time_since_epoch().count(); }
  static Result<Point> decode(const Json& json) {
    if (!json.is_integer()) return wrong_kind("nanoseconds");
    return Point(Duration(json.integer()));
  }
};

template <class T>
struct Coder<std::optional<T>> {
  static Json encode(const std::optional<T>& value) {
    return value ? codec::encode(*value) : Json();
  }
  static Result<std::optional<T>> decode(const Json& json) {
    if (json.is_null()) return std::optional<T>();
    SERIN_TRY(value, codec::decode<T>(json));
    return std::optional<T>(std::move(value));
  }
};

template <class T>
struct Coder<std::vector<T>> {
  static Json encode(const std::vector<T>& values) {
    Json json = Json::array();
    for (const T& value : values) json.push(codec::encode(value));
    return json;
  }
  static Result<std::vector<T>> decode(const Json& json) {
    if (!json.is_array()) return wrong_kind("an array");
    std::vector<T> values;
    values.reserve(json.size());
    for (const Json& item : json.items()) {
      auto value = codec::decode<T>(item);
      if (!value) {
        return std::unexpected(
            std::move(value).error().with("element " + std::to_string(values.size())));
      }
      values.push_back(std::move(*value));
    }
    return values;
  }
};

}  // namespace serin::rollout::machine::codec

namespace serin {
constexpr auto fields(std::type_identity<Now>) {
  using rollout::machine::codec::Field;
  return std::tuple{Field{"mono_ns", &Now::mono}, Field{"wall_ns", &Now::wall}};
}
}  // namespace serin
