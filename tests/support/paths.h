// Where the tree and the build stand. A function, not a macro on every command line: a compiler
// cache that checkouts share would miss on each file of each of them.
//
//   std::ifstream golden(source_dir() + "/tests/golden/plan.json");
#pragma once

#include <string>

namespace serin::test {

std::string source_dir();
std::string binary_dir();

}  // namespace serin::test
