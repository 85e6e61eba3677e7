// What a condition says of the answers that surprise people, found by trying them.
//
//   ConditionHints hints = condition_hints("result[0] < 0.05");
//   hints.on_empty == Said::error;      // an empty vector can't be judged
//   hints.on_nan == Said::no;           // NaN is not below 0.05, nor above
//   hints.never == false;
//
// Answers are those of Prometheus: a vector, or one number where the condition does not compile for
// a vector. `never` and `always` are claimed only of conditions that compare the answer with
// numbers and join such comparisons; of others nothing is claimed. It is no proof system and knows
// nothing of what a query can yield.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace serin::analysis {

enum class Said : std::uint8_t { yes, no, error };

struct ConditionHints {
  bool compiles = false;   // for one of the two; nothing below is said where not
  bool on_scalar = false;  // it takes one number, not a vector
  Said on_empty = Said::no;
  Said on_nan = Said::no;
  Said on_nil = Said::no;
  bool never = false;   // no number makes it true
  bool always = false;  // every number makes it true
};

// Evaluations at most, whatever the condition is, and the size of conditions that `never` and
// `always` are claimed of.
inline constexpr int kHintEvaluationsMax = 4'000;
inline constexpr std::size_t kHintNodesMax = 500;

ConditionHints condition_hints(std::string_view text);

}  // namespace serin::analysis
