#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "base/config/parsers.h"

namespace serin::config {
namespace {

// RFC 8259 with positions. Stops at the first fault: every function returns false after fail().
class Parser {
 public:
  Parser(std::string_view text, Parsed& parsed, Repeated repeated)
      : text_(text), parsed_(&parsed), repeated_(repeated) {}

  void run() {
    Node root;
    if (!value(root, 0)) return;
    skip_space();
    if (!done()) {
      fail("text after the end of the value");
      return;
    }
    parsed_->roots.push_back(std::move(root));
  }

 private:
  bool done() const { return at_ >= text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  Position position() const { return {line_, static_cast<int>(at_ - line_start_) + 1}; }
  bool fail(std::string message) { return fail(kSyntax, std::move(message)); }
  bool fail(const Rule& rule, std::string message) {
    if (!parsed_->fault) parsed_->fault = ParseFault{rule, position(), std::move(message)};
    return false;
  }

  void skip_space() {
    for (; !done(); ++at_) {
      char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
    }
  }

  bool expect(char wanted) {
    skip_space();
    if (done()) return fail(fmt::format("the text ends where '{}' is wanted", wanted));
    if (peek() != wanted) return fail(fmt::format("'{}' is wanted here", wanted));
    ++at_;
    return true;
  }

  bool value(Node& out, int depth) {
    skip_space();
    if (++nodes_ > kNodesMax) return fail(kTooLarge, fmt::format("more than {} values", kNodesMax));
    if (done()) return fail("the text ends where a value is wanted");
    char c = peek();
    if ((c == '{' || c == '[') && depth >= kDepthMax) {
      return fail(kTooLarge, fmt::format("nested deeper than {} levels", kDepthMax));
    }
    if (c == '{') return object(out, depth);
    if (c == '[') return array(out, depth);
    Position where = position();
    if (c == '"') {
      std::string text;
      if (!string(text)) return false;
      out = Node::scalar(where, Json(text), text, true);
      return true;
    }
    return word(out, where);
  }

  // true, false, null and numbers: everything up to a delimiter, read as JSON.
  bool word(Node& out, Position where) {
    std::size_t end = text_.find_first_of(" \t\r\n,]}:\"", at_);
    std::string_view word = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    auto parsed = Json::parse(word);
    if (!parsed || parsed->is_string()) {
      return fail(fmt::format("'{}' is no JSON value", word.substr(0, 20)));
    }
    at_ += word.size();
    out = Node::scalar(where, std::move(*parsed), std::string(word), false);
    return true;
  }

  bool string(std::string& out) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"') {
      if (static_cast<unsigned char>(text_[end]) < 0x20) {
        return fail("a line end or control character inside a string");
      }
      end += text_[end] == '\\' ? 2U : 1U;
    }
    if (end >= text_.size()) return fail("a string without its end");
    auto parsed = Json::parse(text_.substr(at_, end + 1 - at_));
    if (!parsed) return fail("a string with an escape that JSON does not have");
    out = std::string(parsed->string());
    at_ = end + 1;
    return true;
  }

  bool array(Node& out, int depth) {
    Position where = position();
    ++at_;
    std::vector<Node> items;
    skip_space();
    if (peek() == ']') {
      ++at_;
    } else {
      for (bool more = true; more;) {
        if (!value(items.emplace_back(), depth + 1) || !next(']', more)) return false;
      }
    }
    out = Node::sequence(where, std::move(items));
    return true;
  }

  bool object(Node& out, int depth) {
    Position where = position();
    ++at_;
    std::vector<Node::Member> members;
    std::unordered_map<std::string, Position> keys;
    skip_space();
    if (peek() == '}') {
      ++at_;
    } else {
      for (bool more = true; more;) {
        if (!member(members, keys, depth) || !next('}', more)) return false;
      }
    }
    out = Node::mapping(where, std::move(members));
    return true;
  }

  bool member(std::vector<Node::Member>& members, std::unordered_map<std::string, Position>& keys,
              int depth) {
    skip_space();
    Node::Member member;
    member.position = position();
    if (peek() != '"') return fail("a key in double quotes is wanted");
    if (!string(member.key) || !expect(':') || !value(member.value, depth + 1)) return false;
    auto [known, fresh] = keys.emplace(member.key, member.position);
    if (fresh) {
      members.push_back(std::move(member));
      return true;
    }
    parsed_->duplicates.push_back({member.key, known->second, member.position});
    if (repeated_ == Repeated::last) {
      *std::ranges::find(members, member.key, &Node::Member::key) = std::move(member);
    }
    return true;
  }

  // After an element: a comma (more follows) or the end.
  bool next(char end, bool& more) {
    skip_space();
    more = peek() == ',';
    if (!more && peek() != end) return fail(fmt::format("',' or '{}' is wanted here", end));
    ++at_;
    return true;
  }

  std::string_view text_;
  Parsed* parsed_;
  Repeated repeated_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
  std::size_t nodes_ = 0;
};

}  // namespace

Parsed parse_json(std::string_view text, Repeated repeated) {
  Parsed parsed;
  Parser(text, parsed, repeated).run();
  return parsed;
}

}  // namespace serin::config
