// Any text is a condition: it compiles and runs within its bounds, twice the same, or says why not.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "analysis/conditions/condition.h"
#include "base/assert.h"

namespace {

using serin::analysis::conditions::Kind;
using serin::analysis::conditions::Value;

// The first byte chooses what the provider answered.
Value result_of(std::uint8_t choice) {
  switch (choice % 7) {
    case 0:
      return Value::real(0.97);
    case 1:
      return Value::reals({0.5, 2, 3});
    case 2:
      return Value::reals({});
    case 3:
      return Value::text("1.5");
    case 4:
      return Value();
    case 5:
      return Value::boolean(true);
    default: {
      const auto json = serin::Json::parse(
          R"({"items":[{"n":"a","v":1,"t":[]},{"n":"b","v":2.5},null],"m":{"x":{"y":1}},)"
          R"("s":"12"})");
      SERIN_ASSERT(json.has_value());
      return Value::from_json(*json);
    }
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Value result = result_of(data[0]);
  const serin::analysis::conditions::Surroundings surroundings{};
  serin::analysis::conditions::Condition condition{std::string(text)};
  const auto first = condition.evaluate_value(result, surroundings);
  const auto second = condition.evaluate_value(result, surroundings);
  SERIN_ASSERT(first.has_value() == second.has_value());
  if (first) {
    SERIN_ASSERT(first->kind() == second->kind());
  } else {
    SERIN_ASSERT(first.error() == second.error());
  }
  if (const auto problem = condition.problem()) {
    // Wrong for every result: wrong for this one.
    SERIN_ASSERT(!problem->message.empty());
  }
  return 0;
}
