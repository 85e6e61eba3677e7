// A value of the condition language: what a provider answered, and everything an expression makes
// of it.
//
//   Value result = Value::from_answer(answer);       // a Prometheus vector: [0.97 0.99]
//   Value first = Value::real(0.97);
//   first.kind();                                     // Kind::real, float64 in messages
//
// Values are immutable and share what they hold; copying allocates nothing. They compare and
// compute in operators.h, print in format.h. A default value is nil.
//
// Thread: immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/conditions/dates/instant.h"
#include "analysis/conditions/values/kind.h"
#include "base/json.h"
#include "queries/samples.h"

namespace serin::analysis::conditions {

class Map;
struct BoundMethod;

class Value {
 public:
  Value() = default;
  static Value boolean(bool value);
  static Value integer(std::int64_t value) { return whole(Kind::integer, value); }
  // kind: integer, integer64, byte, month, weekday or duration (nanoseconds).
  static Value whole(Kind kind, std::int64_t value);
  static Value real(double value);
  static Value text(std::string value);
  static Value bytes(std::string value);
  static Value array(std::vector<Value> elements);
  static Value pair(Value first, Value second);
  static Value pairs(std::vector<Value> elements);  // each of kind pair
  static Value reals(std::vector<double> elements);
  static Value integers(std::vector<std::int64_t> elements);
  static Value texts(std::vector<std::string> elements);
  // kind: map, any_map, group_map, integer_set or text_set.
  static Value map(Kind kind, Map entries);
  static Value time(Moment moment);
  static Value zone(std::shared_ptr<const Zone> zone);
  static Value function(std::string name);
  static Value method(Value receiver, std::string name);
  // An array that is nil itself (`concat([])`): empty, and equal to nil.
  static Value nil_array(Kind kind);

  // Numbers become float64, objects maps, as in the reference.
  static Value from_json(const Json& json);
  // scalar: float64; vector and matrix: []float64, series after series; string; json.
  static Value from_answer(const queries::Answer& answer);
  // Bytes as base64, times in RFC 3339, durations as nanoseconds, functions as "func".
  Json to_json() const;

  Kind kind() const { return kind_; }
  bool is_nil() const { return kind_ == Kind::nil; }
  // Nil, or a nil pointer or array.
  bool holds_nothing() const;

  // Each asserts the kind.
  bool as_boolean() const;
  std::int64_t as_whole() const;  // integer, integer64, byte, month, weekday, duration
  double as_real() const;
  double as_number() const;          // whole numbers converted
  std::string_view as_text() const;  // text or bytes
  const Map& as_map() const;
  const Moment& as_time() const;
  const std::shared_ptr<const Zone>& as_zone() const;
  const std::string& as_function() const;   // the name; a method's too
  const BoundMethod* as_method() const;     // null for plain functions
  std::span<const Value> as_array() const;  // array, pairs or pair
  std::span<const double> as_reals() const;
  std::span<const std::int64_t> as_integers() const;
  std::span<const std::string> as_texts() const;

  // Elements of an array (bytes included), entries of a map; asserts for others.
  std::size_t size() const;
  // An element; asserts the index.
  Value at(std::size_t index) const;
  // How deep arrays and maps are nested in it: 0 for plain values.
  std::uint32_t depth() const;
  // True where both share one object: the identity of arrays and maps.
  bool same_object(const Value& other) const;

 private:
  struct Object;
  template <class T>
  struct Holder;
  template <class T>
  const T& held() const;
  template <class T>
  static Value hold(Kind kind, T content);

  Kind kind_ = Kind::nil;
  union {
    bool truth_;
    std::int64_t whole_ = 0;
    double real_;
  };
  std::shared_ptr<const Object> object_;
};

// The receiver and the name of `duration('1h').Hours` where it is not called.
struct BoundMethod {
  Value receiver;
  std::string name;
};

}  // namespace serin::analysis::conditions
