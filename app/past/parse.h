// The part of the command line that is about recorded and past metrics.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/past/options.h"

namespace CLI {
class App;
}

namespace serin::app {

class PastParser {
 public:
  PastParser();
  ~PastParser();
  // Adds the commands; the parser outlives the application.
  void add(CLI::App& app);
  // Of the command that was given; nothing where it is none of these. Throws CLI::ValidationError.
  std::optional<PastOptions> chosen(const std::string& name);

 private:
  void add_planning(CLI::App& app);
  struct Slots;
  std::unique_ptr<Slots> slots_;
};

}  // namespace serin::app
