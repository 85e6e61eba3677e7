#include "bench/analysis/memory.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace serin::bench {
namespace {

std::atomic<std::size_t> held{0};
std::atomic<std::size_t> count{0};

}  // namespace

std::size_t heap_bytes() {
  return held;
}

std::size_t allocations() {
  return count;
}

static void* take(std::size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  held += malloc_usable_size(block);
  ++count;
  return block;
}

static void give(void* block) {
  held -= malloc_usable_size(block);
  std::free(block);
}

}  // namespace serin::bench

void* operator new(std::size_t size) {
  return serin::bench::take(size);
}
void operator delete(void* block) noexcept {
  serin::bench::give(block);
}
void operator delete(void* block, std::size_t) noexcept {
  serin::bench::give(block);
}
