#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace serin {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "serin: assertion failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace serin
