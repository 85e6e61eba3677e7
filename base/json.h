// A JSON value of our own, so that no public header carries a third-party one.
//
//   Json report = Json::object();
//   report.set("verdict", "promote").set("t_s", 84.0);
//   std::string line = report.dump();               // {"verdict":"promote","t_s":84}
//   Result<Json> back = Json::parse(line);
//
// Objects keep their order of insertion, numbers are int64 or double, doubles are written in the
// shortest form that reads back bit for bit. NaN and infinities, which JSON lacks, are written as
// the strings "NaN", "+Inf", "-Inf"; `number()` reads them back. It is no document with positions:
// configuration is read through base/config.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace serin {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;
  enum class Kind { null, boolean, integer, real, string, array, object };

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(unsigned value) : value_(std::int64_t{value}) {}
  Json(long value) : value_(std::int64_t{value}) {}
  Json(long long value) : value_(std::int64_t{value}) {}
  Json(unsigned long value) : value_(static_cast<std::int64_t>(value)) {}
  Json(unsigned long long value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  template <class T>
  Json(const std::optional<T>& value) {
    if (value) *this = Json(*value);
  }
  static Json array() { return Json(Array{}); }
  static Json object() { return Json(Object{}); }

  Kind kind() const { return static_cast<Kind>(value_.index()); }
  bool is_null() const { return kind() == Kind::null; }
  bool is_bool() const { return kind() == Kind::boolean; }
  bool is_integer() const { return kind() == Kind::integer; }
  bool is_number() const { return kind() == Kind::integer || kind() == Kind::real; }
  bool is_string() const { return kind() == Kind::string; }
  bool is_array() const { return kind() == Kind::array; }
  bool is_object() const { return kind() == Kind::object; }

  // The value, or the fallback where the kind is another.
  bool boolean(bool fallback = false) const;
  std::int64_t integer(std::int64_t fallback = 0) const;  // a real is truncated
  double number(double fallback = 0) const;               // reads "NaN", "+Inf", "Inf", "-Inf" too
  std::string_view string(std::string_view fallback = {}) const;
  // Empty where the kind is another.
  const Array& items() const;
  const Object& members() const;
  Array& items();     // makes null an array; asserts otherwise
  Object& members();  // makes null an object; asserts otherwise

  // The member of that name, or nullptr; also where this is no object. Linear in the number of
  // members.
  const Json* find(std::string_view key) const;
  Json* find(std::string_view key);
  // The member or element; a shared null where it does not exist.
  const Json& operator[](std::string_view key) const;
  const Json& operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  const Json& at(std::size_t index) const;
  std::size_t size() const;  // members or elements; 0 for scalars
  bool contains(std::string_view key) const { return find(key) != nullptr; }

  // Adds or replaces a member; makes null an object.
  Json& set(std::string_view key, Json value);
  // Appends an element; makes null an array.
  Json& push(Json value);

  bool operator==(const Json&) const = default;

  // indent 0: one line without spaces.
  std::string dump(int indent = 0) const;
  // RFC 8259; the error names line and column. At most `depth_max` levels. Repeated keys: the last
  // wins.
  static Result<Json> parse(std::string_view text, int depth_max = 200);

 private:
  void dump_to(std::string& out, int indent, int level) const;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

// Appends `text` as a JSON string with its quotes; bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
// The shortest decimal that reads back to the same double ("NaN", "+Inf", "-Inf" where not finite).
std::string format_double(double value);

}  // namespace serin
