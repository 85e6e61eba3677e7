#include "examples/demo/http_message.h"

#include <algorithm>
#include <charconv>

namespace serin::demo {
namespace {

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// The line up to "\r\n", taken off the front.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 2, text.size()));
  return line;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

const std::string* Head::find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(fields, [&](const auto& field) { return field.first == name; });
  return found == fields.end() ? nullptr : &found->second;
}

Result<std::size_t> Head::content_length() const {
  const std::string* text = find("content-length");
  if (text == nullptr) return 0;
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
  if (error != std::errc() || end != text->data() + text->size() || length > kBodyBytesMax) {
    return fail(Code::invalid_argument, "content-length: \"" + *text + "\" is not from 0 to " +
                                            std::to_string(kBodyBytesMax));
  }
  return length;
}

bool Head::keeps_alive(std::string_view version) const {
  if (const std::string* connection = find("connection")) {
    const std::string options = lower(*connection);
    if (options.find("close") != std::string::npos) return false;
    if (options.find("keep-alive") != std::string::npos) return true;
  }
  return version == "HTTP/1.1";
}

std::optional<std::size_t> head_end(std::string_view buffer) {
  const std::size_t blank = buffer.find("\r\n\r\n");
  if (blank == std::string_view::npos) return std::nullopt;
  return blank + 4;
}

Result<Head> parse_head(std::string_view text) {
  Head head;
  const std::string_view first = take_line(text);
  const std::size_t one = first.find(' ');
  if (one == std::string_view::npos || one == 0) {
    return fail(Code::invalid_argument, "the first line has no three words");
  }
  const std::size_t two = std::min(first.find(' ', one + 1), first.size());
  head.first = {std::string(first.substr(0, one)),
                std::string(first.substr(one + 1, two - one - 1)),
                std::string(first.substr(std::min(two + 1, first.size())))};
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      return fail(Code::invalid_argument, "a header line has no name");
    }
    head.fields.emplace_back(lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return head;
}

}  // namespace serin::demo
