// The maps of the condition language: keys of any hashable kind, in a fixed order.
//
//   Map map;
//   map.set(Value::text("score"), Value::real(0.9));
//   const Value* score = map.find(Value::text("score"));
//
// Keys are equal where kind and value are: 1 and 1.0 are two keys. NaN is never found and never
// replaced.
#pragma once

#include <map>

#include "analysis/conditions/values/value.h"

namespace serin::analysis::conditions {

// Orders keys by kind, then value.
struct KeyLess {
  using is_transparent = void;
  bool operator()(const Value& a, const Value& b) const;
  bool operator()(const Value& a, std::string_view b) const;
  bool operator()(std::string_view a, const Value& b) const;
};

class Map {
 public:
  using Entries = std::multimap<Value, Value, KeyLess>;
  void set(Value key, Value value);
  // Null where it is not there.
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  const Entries& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }

 private:
  Entries entries_;
};

// False for arrays, maps and functions: they can't be keys.
bool is_hashable(const Value& value);

}  // namespace serin::analysis::conditions
