// A command line for HAProxy's socket, several commands joined, and its answer taken apart again.
//
//   Conversation talk;
//   talk.change("set server be/c1 weight 0");
//   talk.ask("show info");
//   talk.lines();                       // "set server be/c1 weight 0;show info"
//   auto heard = talk.hear({answer});   // heard->refused: words about changes; heard->answers
//
// The socket has no status codes and ends no answer but with a blank line; a change that worked is
// answered with nothing else. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace serin::drivers {

struct Heard {
  std::vector<std::string> refused{};  // "COMMAND: HAProxy's words", of changes that did not work
  Status status{};                     // of the first of them
  std::vector<std::string> answers{};  // one a question, without the blank line behind it
};

class Conversation {
 public:
  // Changes come before questions.
  void change(std::string command);
  void ask(std::string command);
  bool changes() const { return !changes_.empty(); }

  // As few lines as the socket's bound allows, in their order; the last holds the questions.
  std::vector<std::string> lines() const;
  // `answers` to the lines. Errors: data_loss (not as many answers as commands).
  Result<Heard> hear(const std::vector<std::string>& answers) const;

 private:
  // How many changes each line holds, and whether questions follow in the last one.
  std::vector<std::size_t> layout() const;
  std::vector<std::string> changes_;
  std::vector<std::string> questions_;
};

}  // namespace serin::drivers
