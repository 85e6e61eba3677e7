// The main program of a fuzz target in builds without libFuzzer: runs it on the empty input and on
// every file of the directories named, in order of name.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> seeds;
  for (int i = 1; i < argc; ++i) {
    std::error_code none;  // a target without seeds has no directory
    for (const auto& entry : std::filesystem::directory_iterator(argv[i], none)) {
      if (entry.is_regular_file()) seeds.push_back(entry.path());
    }
  }
  std::sort(seeds.begin(), seeds.end());
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (const auto& seed : seeds) {
    std::printf("%s\n", seed.c_str());
    std::ifstream file(seed, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    const std::vector<std::uint8_t> data(bytes.begin(),
                                         bytes.end());  // no terminating zero behind it
    LLVMFuzzerTestOneInput(data.data(), data.size());
  }
  return 0;
}
