// Tokens of the condition language.
//
//   Lexer lexer("result[0] >= 0.95");
//   Token token;
//   std::optional<Problem> problem = lexer.next(token);   // identifier "result"
//
// It knows words and signs, not their order; keywords such as `not` and `in` come out as operators.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace serin::analysis::conditions {

// What is wrong with a text, and where: `offset` counts runes from 0, line and column from 1.
struct Problem {
  std::string message;
  std::uint32_t offset = 0;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  bool operator==(const Problem&) const = default;
};

// Fills line and column from the offset.
Problem located(Problem problem, std::string_view text);

enum class TokenKind : std::uint8_t { identifier, number, text, bytes, op, bracket, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string value;  // without quotes, escapes resolved
  std::uint32_t offset = 0;

  bool is(TokenKind k) const { return kind == k; }
  bool is_op(std::string_view v) const { return kind == TokenKind::op && value == v; }
  bool is_bracket(std::string_view v) const { return kind == TokenKind::bracket && value == v; }
  // As messages show it: `Operator("==")`, `EOF`.
  std::string describe() const;
};

class Lexer {
 public:
  // `text` must outlive the lexer.
  explicit Lexer(std::string_view text) : text_(text) {}
  // The next token; after the last one the kind is `end`, and then `at_end()` holds.
  std::optional<Problem> next(Token& token);
  // True once `end` was given out.
  bool at_end() const { return ended_; }

 private:
  char32_t peek() const;
  char32_t advance();
  bool accept(std::string_view runes);
  void accept_run(std::string_view runes);
  std::optional<Problem> fail_here(std::string message) const;
  std::optional<Problem> emit(Token& token, TokenKind kind);
  std::optional<Problem> emit(Token& token, TokenKind kind, std::string value);
  std::optional<Problem> number(Token& token);
  std::optional<Problem> word(Token& token);
  std::optional<Problem> quoted(Token& token, bool bytes);
  std::optional<Problem> escape(char32_t quote, char32_t& next);
  std::optional<Problem> digits(int base, int count, char32_t& next);
  std::optional<Problem> raw(Token& token);
  std::optional<Problem> slash(Token& token, bool& skipped);

  std::string_view text_;
  std::size_t start_ = 0;  // bytes
  std::size_t end_ = 0;
  std::uint32_t start_rune_ = 0;
  std::uint32_t end_rune_ = 0;
  bool pointer_name_ = false;  // the word after `#` belongs to it
  bool ended_ = false;
};

// The value of a quoted literal with its quotes; nullopt and `message` where an escape is wrong.
// `bytes`: \x and octal escapes are bytes, not runes, and \u is none.
std::optional<std::string> unescape(std::string_view literal, bool bytes, std::string& message);

}  // namespace serin::analysis::conditions
