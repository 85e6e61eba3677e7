// Bytes that this program holds on the heap: the benchmarks count allocations themselves.
#pragma once

#include <cstddef>

namespace serin::bench {

std::size_t heap_bytes();
// Allocations since the program began.
std::size_t allocations();

}  // namespace serin::bench
