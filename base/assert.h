// SERIN_ASSERT: a programmer's error stops the process, in release builds too. Never for input or
// the outside world.
#pragma once

namespace serin {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}  // namespace serin

#define SERIN_ASSERT(...)                                          \
  do {                                                             \
    if (!(__VA_ARGS__)) [[unlikely]] {                             \
      ::serin::assertion_failed(#__VA_ARGS__, __FILE__, __LINE__); \
    }                                                              \
  } while (false)
