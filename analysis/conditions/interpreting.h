// The interpreter's state; internal to this folder, split over interpreter.cc and loops.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/conditions/interpreter.h"
#include "analysis/conditions/values/budget.h"
#include "analysis/conditions/values/operators.h"

namespace serin::analysis::conditions {

class Interpreter {
 public:
  Interpreter(const Program& program, const Value& result, const Surroundings& surroundings)
      : program_(program), result_(result), surroundings_(surroundings) {}
  Ran run();

 private:
  // skipped: a `?.` met nil; everything up to the end of its chain gives up, without an error.
  enum class Status : std::uint8_t { ok, failed, skipped };

  // One round of a builtin with a predicate.
  struct Scope {
    Value collection;
    std::size_t index = 0;
    std::size_t size = 0;
    Value accumulator;
  };

  Status fail(const Step& step, std::string message);
  template <class T>
  Status take(const Step& step, Outcome<T> outcome, Value& out);
  Status evaluate(StepId id, Value& out);
  Status evaluate_step(const Step& step, Value& out);
  Status evaluate_both(const Step& step, Value& a, Value& b);
  // The right side, where the left one is known already.
  Status evaluate_second(StepId id, Value& a, Value& b);
  // Whether a value is true; anything but a boolean is an error.
  Status truth(const Step& step, const Value& value, bool& out);
  // Remembers that NaN was compared.
  void note_nan(const Value& a, const Value& b);
  Status logic(const Step& step, Value& out);
  Status equality(const Step& step, Value& out);
  Status arithmetic(const Step& step, Value& out);
  Status range(const Step& step, Value& out);
  Status text_test(const Step& step, Value& out);
  Status matches(const Step& step, Value& out);
  Status fetch_step(const Step& step, Value& out);
  Status slice_step(const Step& step, Value& out);
  Status call(const Step& step, Value& out);
  Status builtin(const Step& step, Value& out);
  Status list(const Step& step, std::vector<Value>& out);
  // Remembers a truth value that a loop running backwards leaves behind.
  Status leave(const Step& step, bool truth);
  Status array(const Step& step, Value& out);
  Status map(const Step& step, Value& out);
  Status sum(const Step& step, Value& out);
  Status bounded(const Step& step, Value& out, std::size_t elements);
  const Value& environment();

  Status loop(const Step& step, Value& out);
  Status run_loop(const Step& step, Value& out);
  Status item(const Step& step, Value& out);
  Status holds(const Step& step, bool& out);
  Status quantify(const Step& step, Value& out);
  Status select(const Step& step, Value& out);
  Status count(const Step& step, Value& out);
  Status find(const Step& step, Value& out);
  Status fold(const Step& step, Value& out);
  Status group(const Step& step, Value& out);
  Status sort_by(const Step& step, Value& out);

  const Program& program_;
  const Value& result_;
  const Surroundings& surroundings_;
  Budget budget_;
  std::vector<Value> variables_;
  Value environment_;  // made when it is first asked for
  Scope* scope_ = nullptr;
  std::vector<Value> left_behind_;  // see gathered.h
  Problem problem_;
  bool compared_nan_ = false;
};

}  // namespace serin::analysis::conditions
