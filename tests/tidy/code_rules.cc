#include <re2/re2.h>

#include <functional>
#include <string>

#include "tidy/rules.h"

namespace serin::tidy {
namespace {

// A finding for each line of `file` on which `pattern` stands, outside comments and literals.
void find_in(const SourceFile& file, const RE2& pattern, const std::string& what,
             std::vector<Finding>& findings) {
  int number = 0;
  for (const std::string_view line : lines_of(file.code)) {
    ++number;
    std::string name;
    if (RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), pattern, &name)) {
      findings.push_back({file.path, number, "'" + name + "' " + what});
    }
  }
}

bool is_pure(const SourceFile& file) {
  const std::string_view top = top_of(file.path);
  return is_cxx(file) && (top == "analysis" || top == "queries" || top == "rollout");
}

}  // namespace

std::vector<Finding> only_base_reads_the_world(const Tree& tree) {
  static const RE2 kWorld(
      R"(\b(steady_clock|high_resolution_clock|system_clock\s*::\s*now|[Cc]lock\s*::\s*now\s*\(|)"
      R"((?:rand|srand|drand48|arc4random|getrandom|getenv|secure_getenv|setenv|gettimeofday|)"
      R"(clock_gettime|clock_nanosleep|nanosleep|usleep)\s*\(|random_device|)"
      R"(time\s*\(\s*(?:nullptr|NULL|0|&\w+)\s*\)|std\s*::\s*(?:time|clock)\s*\(|)"
      R"(this_thread\s*::\s*sleep\w*))");
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) {
    if (!is_cxx(file) || !is_product(file) || top_of(file.path) == "base") continue;
    find_in(file, kWorld, "reads clock, entropy or environment outside base", findings);
  }
  return findings;
}

std::vector<Finding> the_core_is_pure(const Tree& tree) {
  static const RE2 kHeader(
      R"(^\s*#\s*include\s*<(thread|mutex|shared_mutex|condition_variable|atomic|future|semaphore|)"
      R"(latch|barrier|stop_token|fstream|filesystem|iostream|unistd\.h|fcntl\.h|pthread\.h|)"
      R"(sys/\w+\.h|netinet/\w+\.h|arpa/\w+\.h|netdb\.h|poll\.h)>)");
  static const RE2 kName(
      R"((\bstd\s*::\s*(?:thread|jthread|mutex|shared_mutex|recursive_mutex|timed_mutex|)"
      R"(condition_variable\w*|atomic\w*|async|future|promise|call_once|ifstream|ofstream|fstream|)"
      R"(filesystem|cout|cerr|clog|cin)|\bthread_local\b|)"
      R"(\b(?:f?printf|puts|fputs|fopen|fread|fwrite|fclose|popen|system|socket)\s*\(|)"
      R"((?:^|[^\w>])::\s*(?:open|read|write|close|connect|bind|send|recv)\s*\())");
  // A variable of the program's whole life that is not constant. Lines with '(' declare functions.
  static const RE2 kState(R"(^\s*((?:static|inline)\s[^(]*(?:;|=|\{\})))");
  static const RE2 kConstant(R"(\b(const|constexpr|using|namespace|friend)\b)");
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) {
    if (!is_pure(file)) continue;
    find_in(file, kHeader, "brings threads, files or sockets into the pure core", findings);
    find_in(file, kName, "has no place in the pure core", findings);
    int number = 0;
    for (const std::string_view line : lines_of(file.code)) {
      ++number;
      const re2::StringPiece piece(line.data(), line.size());
      if (RE2::PartialMatch(piece, kState) && !RE2::PartialMatch(piece, kConstant)) {
        findings.push_back({file.path, number, "a variable that outlives its call"});
      }
    }
  }
  return findings;
}

std::vector<Finding> no_coroutines(const Tree& tree) {
  static const RE2 kCoroutine(R"((\bco_(?:await|yield|return)\b|<coroutine>|<generator>))");
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) {
    if (is_cxx(file))
      find_in(file, kCoroutine, "is a coroutine: gcc 12 miscompiles them", findings);
  }
  return findings;
}

std::vector<Finding> headers_are_well_behaved(const Tree& tree) {
  static const RE2 kUsing(R"(\b(using\s+namespace)\b)");
  static const RE2 kOnce(R"((?m)^#pragma once$)");
  std::vector<Finding> findings;
  for (const SourceFile& file : tree) {
    if (!is_header(file)) continue;
    find_in(file, kUsing, "in a header reaches everyone who includes it", findings);
    if (!RE2::PartialMatch(file.code, kOnce)) findings.push_back({file.path, 0, "no #pragma once"});
  }
  return findings;
}

}  // namespace serin::tidy
