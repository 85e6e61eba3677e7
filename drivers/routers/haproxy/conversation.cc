#include "drivers/routers/haproxy/conversation.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/net/haproxy_socket.h"

namespace serin::drivers {
namespace {

// Takes the answer to one change off `text`: empty where it worked.
Result<std::string> take_words(std::string_view& text) {
  if (text.starts_with('\n')) {
    text.remove_prefix(1);
    return std::string();
  }
  std::size_t end = text.find("\n\n");
  if (end == std::string_view::npos) {
    return fail(Code::data_loss, fmt::format("HAProxy's answer ends early: \"{}\"", text));
  }
  std::string words(text.substr(0, end));
  text.remove_prefix(end + 2);
  // Of a list of commands only the first line says what is wrong.
  if (words.starts_with("Unknown command")) words = "Unknown command";
  return words;
}

// `get var` alone answers without the blank line; it is asked last.
Result<std::string> take_answer(std::string_view& text) {
  if (text.empty()) return fail(Code::data_loss, "HAProxy's answer ends early");
  if (text.front() == '\n') {  // nothing, as of `show map` on an empty map
    text.remove_prefix(1);
    return std::string();
  }
  std::size_t end = text.find("\n\n");
  std::string answer(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  if (answer.ends_with('\n')) answer.pop_back();
  return answer;
}

}  // namespace

void Conversation::change(std::string command) {
  SERIN_ASSERT(command.size() < kHaproxyCommandMax);
  changes_.push_back(std::move(command));
}

void Conversation::ask(std::string command) {
  questions_.push_back(std::move(command));
}

std::vector<std::size_t> Conversation::layout() const {
  std::size_t questions = 0;
  for (const std::string& question : questions_) questions += question.size() + 1;
  SERIN_ASSERT(questions < kHaproxyCommandMax);
  std::vector<std::size_t> counts = {0};
  std::size_t bytes = questions;  // every line leaves room for them: any may be the last
  for (const std::string& command : changes_) {
    if (counts.back() > 0 && bytes + command.size() + 1 > kHaproxyCommandMax) {
      counts.push_back(0);
      bytes = questions;
    }
    bytes += command.size() + 1;
    ++counts.back();
  }
  return counts;
}

std::vector<std::string> Conversation::lines() const {
  std::vector<std::string> lines;
  std::size_t next = 0;
  for (std::size_t count : layout()) {
    std::string line;
    for (; count > 0; --count) line += (line.empty() ? "" : ";") + changes_[next++];
    lines.push_back(std::move(line));
  }
  for (const std::string& question : questions_) {
    lines.back() += (lines.back().empty() ? "" : ";") + question;
  }
  return lines;
}

Result<Heard> Conversation::hear(const std::vector<std::string>& answers) const {
  std::vector<std::size_t> counts = layout();
  SERIN_ASSERT(answers.size() == counts.size());
  Heard heard;
  std::size_t next = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    std::string_view text = answers[i];
    for (std::size_t count = counts[i]; count > 0; --count, ++next) {
      SERIN_TRY(words, take_words(text));
      if (words.empty()) continue;
      heard.refused.push_back(changes_[next] + ": " + words);
      if (!heard.status) continue;
      Error error = haproxy_set_status(words).error();
      error.message = heard.refused.back();
      heard.status = std::unexpected(std::move(error));
    }
    if (i + 1 < counts.size()) continue;
    for (std::size_t k = 0; k < questions_.size(); ++k) {
      SERIN_TRY(answer, take_answer(text));
      heard.answers.push_back(std::move(answer));
    }
  }
  return heard;
}

}  // namespace serin::drivers
