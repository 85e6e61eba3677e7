#include <fmt/format.h>

#include <charconv>

#include "queries/jsonpath/node.h"
#include "queries/jsonpath/unquote.h"

namespace serin::queries::jsonpath {
namespace {

std::unexpected<Error> wrong(std::string what) {
  return fail(Code::invalid_argument, std::move(what));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Letters beyond ASCII count as letters.
bool is_word(char c) {
  return c == '_' || is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool ends_field(char c) {
  return std::string_view(" \t\r\n.,[]$@{}").find(c) != std::string_view::npos;
}

bool is_operator(char c) {
  return c == '!' || c == '<' || c == '>' || c == '=';
}

std::string shown(char c) {
  return fmt::format("U+{:04X} '{}'", static_cast<unsigned>(static_cast<unsigned char>(c)), c);
}

// Whole numbers of any sign; nothing where the text is none or too large.
std::optional<std::int64_t> whole(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<List> run() {
    List root;
    while (at_ < text_.size()) {
      const std::size_t open = text_.find('{', at_);
      const std::string_view literal = text_.substr(at_, open - at_);
      if (!literal.empty()) root.nodes.push_back({Text{std::string(literal)}});
      if (open == std::string_view::npos) break;
      at_ = open + 1;
      List action;
      SERIN_CHECK(parse_action(action));
      root.nodes.push_back({std::move(action)});
    }
    return root;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool skip(std::string_view prefix) {
    if (!text_.substr(at_).starts_with(prefix)) return false;
    at_ += prefix.size();
    return true;
  }

  // Up to and including the closing brace.
  Status parse_action(List& list) {
    for (;;) {
      if (skip("}")) return {};
      if (skip("[?(")) {
        SERIN_CHECK(parse_filter(list));
      } else if (skip("..")) {
        if (!list.nodes.empty() && std::holds_alternative<Descent>(list.nodes.back().what)) {
          return wrong("invalid multiple recursive descent");
        }
        list.nodes.push_back({Descent{}});
        if (at_ < text_.size() && is_word(peek())) parse_field(list);
      } else {
        SERIN_CHECK(parse_element(list));
      }
    }
  }

  Status parse_element(List& list) {
    if (at_ >= text_.size() || peek() == '\n' || peek() == '\r') return wrong("unclosed action");
    const char c = peek();
    if (c == ' ' || c == '@' || c == '$') {
      ++at_;
      return {};
    }
    if (c == '.') {
      ++at_;
      parse_field(list);
      return {};
    }
    if (c == '[') return parse_array(list);
    if (c == '"' || c == '\'') return parse_quote(list);
    if (c == '+' || c == '-' || is_digit(c)) return parse_number(list);
    if (!is_word(c)) return wrong("unrecognized character in action: " + shown(c));
    const std::size_t begin = at_;
    while (at_ < text_.size() && !ends_field(peek())) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word == "true" || word == "false") {
      list.nodes.push_back({Boolean{word == "true"}});
    } else {
      list.nodes.push_back({Word{std::string(word)}});
    }
    return {};
  }

  void parse_field(List& list) {
    std::string name;
    for (; at_ < text_.size() && !ends_field(peek()); ++at_) {
      if (peek() != '\\') {
        name += peek();
      } else if (at_ + 1 < text_.size() && text_[++at_] != '\\') {
        name += peek();
      }
    }
    if (name == "*") {
      list.nodes.push_back({Wildcard{}});
    } else {
      list.nodes.push_back({Field{std::move(name)}});
    }
  }

  Status parse_number(List& list) {
    const std::size_t begin = at_;
    if (peek() == '+' || peek() == '-') ++at_;
    while (at_ < text_.size() && (peek() == '.' || is_digit(peek()))) ++at_;
    std::string_view digits = text_.substr(begin, at_ - begin);
    if (const auto value = whole(digits)) {
      list.nodes.push_back({Number{static_cast<double>(*value), true}});
      return {};
    }
    const std::string_view shown_digits = digits;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      return wrong(fmt::format("cannot parse number {}", shown_digits));
    }
    list.nodes.push_back({Number{value, false}});
    return {};
  }

  Status parse_quote(List& list) {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    for (;; ++at_) {
      if (at_ >= text_.size() || peek() == '\n') return wrong("unterminated quoted string");
      if (peek() == quote && text_[at_ - 1] != '\\') break;
    }
    ++at_;
    const std::string_view quoted = text_.substr(begin, at_ - begin);
    auto text = unquote(quoted);
    if (!text) return wrong(fmt::format("unquote string {} error invalid syntax", quoted));
    list.nodes.push_back({Text{std::move(*text)}});
    return {};
  }

  Status parse_array(List& list) {
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && peek() != ']' && peek() != '\n') ++at_;
    if (peek() != ']') return wrong("unterminated array");
    const std::string_view inside = text_.substr(begin, at_ - begin);
    ++at_;
    if (inside.find(',') == std::string_view::npos) return parse_index(inside, list);
    Union parts;
    for (std::size_t from = 0; from <= inside.size();) {
      const std::size_t comma = std::min(inside.find(',', from), inside.size());
      const std::string part = fmt::format("{{[{}]}}", trimmed(inside.substr(from, comma - from)));
      SERIN_TRY(action, one_action(part));
      parts.parts.push_back(std::move(action));
      from = comma + 1;
    }
    list.nodes.push_back({std::move(parts)});
    return {};
  }

  static Status parse_index(std::string_view inside, List& list) {
    if (inside.size() >= 2 && inside.starts_with('\'') &&
        inside.find('\'', 1) == inside.size() - 1) {
      // As a field: a point in it separates, unless a backslash stands before it.
      SERIN_TRY(action, one_action(fmt::format("{{.{}}}", inside.substr(1, inside.size() - 2))));
      for (Node& node : action.nodes) list.nodes.push_back(std::move(node));
      return {};
    }
    if (inside == "*") inside = ":";
    Slice slice;
    std::optional<std::int64_t>* const bounds[] = {&slice.from, &slice.to, &slice.step};
    std::size_t count = 0;
    for (std::string_view rest = inside;; ++count) {
      if (count == 3) return wrong(fmt::format("invalid array index {}", inside));
      const std::size_t colon = rest.find(':');
      const std::string_view bound = rest.substr(0, colon);
      if (bound.find_first_not_of("0123456789", bound.starts_with('-') ? 1 : 0) !=
          std::string_view::npos) {
        return wrong(fmt::format("invalid array index {}", inside));
      }
      if (!bound.empty()) {
        *bounds[count] = whole(bound);
        if (!*bounds[count]) return wrong(fmt::format("array index {} is not a number", bound));
      }
      if (colon == std::string_view::npos) break;
      rest.remove_prefix(colon + 1);
    }
    if (count == 0) {
      slice.single = true;
      slice.to = slice.from.value_or(0) + 1;
    }
    list.nodes.push_back({slice});
    return {};
  }

  Status parse_filter(List& list) {
    const std::size_t begin = at_;
    bool opened = false;
    bool closed = false;
    char quote = '\0';
    for (;; ++at_) {
      if (at_ >= text_.size() || peek() == '\n') return wrong("unterminated filter");
      const char c = peek();
      if (c == '"' || c == '\'') {
        if (!opened) {
          opened = true;
          quote = c;
        } else if (c == quote && text_[at_ - 1] != '\\') {
          closed = true;
        }
      } else if (c == ')' && opened == closed) {
        break;
      }
    }
    const std::string_view inside = text_.substr(begin, at_ - begin);
    ++at_;
    if (peek() != ']') return wrong("unclosed array expect ]");
    ++at_;
    Filter filter;
    SERIN_CHECK(split_filter(inside, filter));
    list.nodes.push_back({std::move(filter)});
    return {};
  }

  // LEFT OP RIGHT; without an operator between two sides, all of it is the left one.
  static Status split_filter(std::string_view inside, Filter& filter) {
    std::size_t begin = 0;
    while (begin < inside.size() && !is_operator(inside[begin])) ++begin;
    std::size_t end = begin;
    while (end < inside.size() && is_operator(inside[end])) ++end;
    if (end == inside.size() && end > begin + 1) --end;  // the right side needs a character
    const bool compares = begin > 0 && end > begin && end < inside.size();
    const std::string_view left = compares ? inside.substr(0, begin) : inside;
    SERIN_TRY(left_action, one_action(fmt::format("{{{}}}", left)));
    filter.left = std::move(left_action);
    if (!compares) return {};
    SERIN_TRY(right_action, one_action(fmt::format("{{{}}}", inside.substr(end))));
    filter.right = std::move(right_action);
    filter.op = std::string(inside.substr(begin, end - begin));
    return {};
  }

  static Result<List> one_action(std::string_view text) {
    SERIN_TRY(parsed, Parser(text).run());
    return std::move(std::get<List>(parsed.nodes.front().what));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<List> parse_template(std::string_view text) {
  return Parser(text).run();
}

}  // namespace serin::queries::jsonpath
