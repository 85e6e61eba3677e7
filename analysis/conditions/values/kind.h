// The types of the condition language, static and dynamic: one list for both.
//
//   go_name(Kind::reals);    // "[]float64": as error messages name them
//
// The list follows the types that Argo Rollouts hands to its conditions, since the rules of
// comparison follow them: an array of floats (a Prometheus vector) is another type than an array of
// anything (JSON).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace serin::analysis::conditions {

enum class Kind : std::uint8_t {
  unknown,  // static only: nothing is known, checked at run time
  any,      // static only: declared as anything
  nil,
  boolean,
  integer,      // int
  integer64,    // int64
  byte,         // uint8
  real,         // float64
  text,         // string
  bytes,        // []uint8
  array,        // []interface {}
  reals,        // []float64
  integers,     // []int
  texts,        // []string
  pairs,        // [][2]interface {}
  pair,         // [2]interface {}
  map,          // map[string]interface {}
  any_map,      // map[interface {}]interface {}
  group_map,    // map[interface {}][]interface {}
  integer_set,  // map[int]struct {}: only as the right side of `in`
  text_set,     // map[string]struct {}
  time,         // time.Time
  duration,     // time.Duration
  month,        // time.Month
  weekday,      // time.Weekday
  zone,         // *time.Location
  zone_value,   // time.Location
  function,
};

std::string_view go_name(Kind kind);

// What a Go program sees when it asks for the kind of a type: a duration is an int64, a month an
// int.
enum class Shape : std::uint8_t {
  invalid,
  interface,
  boolean,
  integer,
  integer64,
  byte,
  real,
  text,
  slice,
  fixed,
  map,
  structure,
  pointer,
  function
};
Shape shape(Kind kind);

// The builtin whole-number types; a duration is none.
constexpr bool is_whole(Kind kind) {
  return kind == Kind::integer || kind == Kind::integer64 || kind == Kind::byte;
}
constexpr bool is_number(Kind kind) {
  return is_whole(kind) || kind == Kind::real;
}
constexpr bool is_array(Kind kind) {
  return kind >= Kind::bytes && kind <= Kind::pair;
}
constexpr bool is_map(Kind kind) {
  return kind >= Kind::map && kind <= Kind::text_set;
}

// The type of the elements (arrays) or values (maps); unknown for others.
Kind element_kind(Kind kind);

struct Signature;

// A static type: a kind, and what is known beyond it.
struct Type {
  Kind kind = Kind::unknown;
  Kind receiver = Kind::unknown;         // methods: of what
  const Signature* signature = nullptr;  // functions; null: a builtin
  std::shared_ptr<const Type> element;   // arrays made by expressions; null: element_kind(kind)

  Type() = default;
  Type(Kind k) : kind(k) {}
  static Type array_of(Type element);
  static Type function(const Signature* signature, Kind receiver = Kind::unknown);

  bool is_unknown() const { return kind == Kind::unknown || kind == Kind::any; }
  bool is_nil() const { return kind == Kind::nil; }
  Type element_type() const;
  // Pointers to what they point to.
  Type dereferenced() const;
  // As messages name it; nil is "unknown" there.
  std::string name() const;
  // Go's rule for `var x to = from`, as far as these types need it.
  bool assignable_to(const Type& to) const;
};

}  // namespace serin::analysis::conditions
