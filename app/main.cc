#include <cstdio>
#include <exception>

#include "app/cli/commands.h"
#include "app/cli/parse.h"

namespace {

using namespace serin::app;

template <class... Fs>
struct Cases : Fs... {
  using Fs::operator()...;
};

ExitCode perform(const Invocation& invocation) {
  return std::visit(Cases{[](const VersionOptions& options) { return command_version(options); },
                          [](const auto&) {
                            std::fputs("serin: this command is not part of this build\n", stderr);
                            return ExitCode::error;
                          }},
                    invocation.command);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto invocation = parse_command_line(argc, argv);
    if (!invocation) {
      std::fputs(invocation.error().text.c_str(), invocation.error().status == 0 ? stdout : stderr);
      return invocation.error().status;
    }
    return static_cast<int>(perform(*invocation));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "serin: %s\n", error.what());
    return static_cast<int>(ExitCode::error);
  }
}
