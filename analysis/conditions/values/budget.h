// What one evaluation may cost. The number of elements is the language's own bound, the others keep
// an expression that doubles texts or walks shared arrays again and again from taking the process
// with it.
//
//   Budget budget;
//   if (!budget.grow(elements)) fail(kMemoryExceeded);
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace serin::analysis::conditions {

inline constexpr std::size_t kElementsMax =
    1'000'000;  // of arrays and maps made, over the whole evaluation
inline constexpr std::size_t kBytesMax = 16 * 1024 * 1024;  // of texts made
inline constexpr std::uint64_t kStepsMax = 10'000'000;      // nodes evaluated and elements compared
inline constexpr std::uint32_t kValueDepthMax = 500;        // arrays in arrays

inline constexpr std::string_view kMemoryExceeded = "memory budget exceeded";
inline constexpr std::string_view kStepsExceeded = "step budget exceeded";
inline constexpr std::string_view kTooDeep = "recursion depth exceeded";

class Budget {
 public:
  // Each is false once the bound is passed.
  bool grow(std::size_t elements) {
    elements_ += elements;
    return elements_ < kElementsMax;
  }
  bool write(std::size_t bytes) {
    bytes_ += bytes;
    return bytes_ <= kBytesMax;
  }
  bool spend(std::uint64_t steps = 1) {
    steps_ += steps;
    return steps_ <= kStepsMax;
  }
  bool spent() const { return steps_ > kStepsMax; }

 private:
  std::size_t elements_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace serin::analysis::conditions
