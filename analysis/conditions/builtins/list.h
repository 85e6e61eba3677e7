// Every builtin without a predicate, one function each; internal to this folder.
#pragma once

#include <span>

#include "analysis/conditions/builtins/builtins.h"

namespace serin::analysis::conditions::builtins {

using Arguments = std::span<const Value>;

#define SERIN_BUILTIN(name) Outcome<Value> name(Arguments arguments, Calling& calling)

// numbers.cc
SERIN_BUILTIN(abs);
SERIN_BUILTIN(ceil);
SERIN_BUILTIN(floor);
SERIN_BUILTIN(round);
SERIN_BUILTIN(int_);
SERIN_BUILTIN(float_);
SERIN_BUILTIN(max);
SERIN_BUILTIN(min);
SERIN_BUILTIN(mean);
SERIN_BUILTIN(median);
SERIN_BUILTIN(bitand_);
SERIN_BUILTIN(bitor_);
SERIN_BUILTIN(bitxor);
SERIN_BUILTIN(bitnand);
SERIN_BUILTIN(bitnot);
SERIN_BUILTIN(bitshl);
SERIN_BUILTIN(bitshr);
SERIN_BUILTIN(bitushr);

// texts.cc
SERIN_BUILTIN(trim);
SERIN_BUILTIN(trim_prefix);
SERIN_BUILTIN(trim_suffix);
SERIN_BUILTIN(upper);
SERIN_BUILTIN(lower);
SERIN_BUILTIN(split);
SERIN_BUILTIN(split_after);
SERIN_BUILTIN(replace);
SERIN_BUILTIN(repeat);
SERIN_BUILTIN(join);
SERIN_BUILTIN(index_of);
SERIN_BUILTIN(last_index_of);
SERIN_BUILTIN(has_prefix);
SERIN_BUILTIN(has_suffix);
SERIN_BUILTIN(string);
SERIN_BUILTIN(to_json);
SERIN_BUILTIN(from_json);
SERIN_BUILTIN(to_base64);
SERIN_BUILTIN(from_base64);

// collections.cc
SERIN_BUILTIN(len);
SERIN_BUILTIN(type);
SERIN_BUILTIN(first);
SERIN_BUILTIN(last);
SERIN_BUILTIN(get);
SERIN_BUILTIN(take);
SERIN_BUILTIN(keys);
SERIN_BUILTIN(values);
SERIN_BUILTIN(to_pairs);
SERIN_BUILTIN(from_pairs);
SERIN_BUILTIN(reverse);
SERIN_BUILTIN(uniq);
SERIN_BUILTIN(concat);
SERIN_BUILTIN(flatten);
SERIN_BUILTIN(sort);

// times.cc
SERIN_BUILTIN(now);
SERIN_BUILTIN(date);
SERIN_BUILTIN(duration);
SERIN_BUILTIN(timezone);

#undef SERIN_BUILTIN

}  // namespace serin::analysis::conditions::builtins
