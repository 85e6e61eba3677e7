#include "support/paths.h"

namespace serin::test {

std::string source_dir() {
  return SERIN_SOURCE_DIR;
}
std::string binary_dir() {
  return SERIN_BINARY_DIR;
}

}  // namespace serin::test
