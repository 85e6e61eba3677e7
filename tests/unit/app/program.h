// The serin program, run to its end, and what it wrote.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace serin::app {

struct Ran {
  int status = -1;
  std::string out;
  std::string err;
};

inline std::string in_quotes(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// `environment`: "NAME=value" each. `input` is its standard input.
inline Ran run_serin(const std::vector<std::string>& arguments, const std::string& input = "",
                     const std::vector<std::string>& environment = {}) {
  test::TempDir directory;
  std::ofstream(directory.path() + "/in") << input;
  std::string command = "env";
  for (const std::string& each : environment) command += " " + in_quotes(each);
  command += " " + in_quotes(SERIN_PROGRAM);
  for (const std::string& each : arguments) command += " " + in_quotes(each);
  command +=
      " <" + in_quotes(directory.path() + "/in") + " 2>" + in_quotes(directory.path() + "/err");
  Ran ran;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return ran;
  char buffer[4096];
  std::size_t got = 0;
  while ((got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0) ran.out.append(buffer, got);
  int status = ::pclose(pipe);
  if (WIFEXITED(status)) ran.status = WEXITSTATUS(status);
  std::ifstream err(directory.path() + "/err");
  ran.err = {std::istreambuf_iterator<char>(err), {}};
  return ran;
}

}  // namespace serin::app
