#include "analysis/conditions/syntax/lexer.h"

#include <fmt/format.h>

#include "analysis/conditions/text/quote.h"
#include "analysis/conditions/text/utf8.h"

namespace serin::analysis::conditions {
namespace {

constexpr char32_t kEnd = 0xffffffff;

bool is_word_start(char32_t rune) {
  return rune == '_' || rune == '$' || is_letter(rune);
}

bool is_word(char32_t rune) {
  return rune != kEnd && (is_word_start(rune) || is_digit(rune));
}

bool is_operator_word(std::string_view word) {
  static constexpr std::string_view kWords[] = {"in",       "or",         "and",      "matches",
                                                "contains", "startsWith", "endsWith", "let",
                                                "if",       "else",       "not"};
  for (std::string_view known : kWords) {
    if (word == known) return true;
  }
  return false;
}

bool contains(std::string_view runes, char32_t rune) {
  return rune < 0x80 && runes.find(static_cast<char>(rune)) != std::string_view::npos;
}

int digit_value(char32_t rune) {
  if (rune >= '0' && rune <= '9') return static_cast<int>(rune - '0');
  if (rune >= 'a' && rune <= 'f') return static_cast<int>(rune - 'a') + 10;
  if (rune >= 'A' && rune <= 'F') return static_cast<int>(rune - 'A') + 10;
  return 16;
}

}  // namespace

Problem located(Problem problem, std::string_view text) {
  problem.line = 1;
  problem.column = 1;
  for (std::uint32_t i = 0; i < problem.offset && !text.empty(); ++i) {
    Rune rune = decode_rune(text);
    text.remove_prefix(rune.size);
    if (rune.value == '\n') {
      ++problem.line;
      problem.column = 1;
    } else {
      ++problem.column;
    }
  }
  return problem;
}

std::string Token::describe() const {
  static constexpr std::string_view kNames[] = {"Identifier", "Number",  "String", "Bytes",
                                                "Operator",   "Bracket", "EOF"};
  std::string_view name = kNames[static_cast<std::size_t>(kind)];
  return value.empty() ? std::string(name) : fmt::format("{}({})", name, quote_text(value));
}

char32_t Lexer::peek() const {
  return end_ >= text_.size() ? kEnd : decode_rune(text_.substr(end_)).value;
}

char32_t Lexer::advance() {
  if (end_ >= text_.size()) return kEnd;
  Rune rune = decode_rune(text_.substr(end_));
  end_ += rune.size;
  ++end_rune_;
  return rune.value;
}

bool Lexer::accept(std::string_view runes) {
  if (!contains(runes, peek())) return false;
  advance();
  return true;
}

void Lexer::accept_run(std::string_view runes) {
  while (accept(runes)) {
  }
}

std::optional<Problem> Lexer::fail_here(std::string message) const {
  std::uint32_t at = end_ >= text_.size() ? end_rune_ : end_rune_ - (end_rune_ > 0 ? 1 : 0);
  return Problem{std::move(message), at};
}

std::optional<Problem> Lexer::emit(Token& token, TokenKind kind) {
  return emit(token, kind, std::string(text_.substr(start_, end_ - start_)));
}

std::optional<Problem> Lexer::emit(Token& token, TokenKind kind, std::string value) {
  token = Token{kind, std::move(value), start_rune_};
  return std::nullopt;
}

std::optional<Problem> Lexer::next(Token& token) {
  for (;;) {
    start_ = end_;
    start_rune_ = end_rune_;
    if (pointer_name_) {
      pointer_name_ = false;
      while (is_word(peek())) advance();
      if (end_ > start_) return emit(token, TokenKind::identifier);
    }
    char32_t rune = advance();
    if (rune == kEnd) {
      ended_ = true;
      start_rune_ = end_rune_ > 0 ? end_rune_ - 1 : 0;
      return emit(token, TokenKind::end, {});
    }
    if (is_space(rune)) continue;
    if (rune == '\'' || rune == '"') return quoted(token, false);
    if (rune == '`') return raw(token);
    if ((rune == 'b' || rune == 'B') && (peek() == '\'' || peek() == '"')) {
      advance();
      return quoted(token, true);
    }
    if (rune >= '0' && rune <= '9') return number(token);
    if (rune == '/') {
      bool skipped = false;
      auto problem = slash(token, skipped);
      if (skipped && !problem) continue;
      return problem;
    }
    if (rune == '#') {
      accept("#");
      pointer_name_ = true;
      return emit(token, TokenKind::op);
    }
    if (rune == '?') {
      accept(".?");
      return emit(token, TokenKind::op);
    }
    if (rune == '|' || rune == ':') {
      accept(rune == '|' ? "|" : ":");
      return emit(token, TokenKind::op);
    }
    if (contains("([{)]}", rune)) return emit(token, TokenKind::bracket);
    if (contains(",;%+-^", rune)) return emit(token, TokenKind::op);
    if (contains("&!=*<>", rune)) {
      accept("&=*");
      return emit(token, TokenKind::op);
    }
    if (rune == '.') {
      if (peek() >= '0' && peek() <= '9') return number(token);
      accept(".");
      return emit(token, TokenKind::op);
    }
    if (is_word(rune)) return word(token);
    std::string shown;
    append_rune(shown, rune);
    return fail_here(fmt::format("unrecognized character: U+{:04X} '{}'",
                                 static_cast<std::uint32_t>(rune), shown));
  }
}

std::optional<Problem> Lexer::number(Token& token) {
  end_ = start_;
  end_rune_ = start_rune_;
  std::string_view digits = "0123456789_";
  if (accept("0")) {
    if (accept("xX")) {
      digits = "0123456789abcdefABCDEF_";
    } else if (accept("oO")) {
      digits = "01234567_";
    } else if (accept("bB")) {
      digits = "01_";
    }
  }
  accept_run(digits);
  std::size_t end = end_;
  std::uint32_t end_rune = end_rune_;
  if (accept(".")) {
    if (peek() == '.') {  // `1..2` is a range
      end_ = end;
      end_rune_ = end_rune;
      return emit(token, TokenKind::number);
    }
    accept_run(digits);
  }
  if (accept("eE")) {
    accept("+-");
    accept_run(digits);
  }
  if (is_word(peek())) {
    advance();
    return fail_here("bad number syntax: " + quote_text(text_.substr(start_, end_ - start_)));
  }
  return emit(token, TokenKind::number);
}

std::optional<Problem> Lexer::word(Token& token) {
  while (is_word(peek())) advance();
  bool keyword = is_operator_word(text_.substr(start_, end_ - start_));
  return emit(token, keyword ? TokenKind::op : TokenKind::identifier);
}

std::optional<Problem> Lexer::digits(int base, int count, char32_t& next) {
  for (; count > 0 && digit_value(next) < base; --count) next = advance();
  if (count > 0) return fail_here("invalid char escape");
  return std::nullopt;
}

std::optional<Problem> Lexer::escape(char32_t quote, char32_t& next) {
  next = advance();
  if (next == quote || contains("abfnrtv\\", next)) {
    next = advance();
    return std::nullopt;
  }
  if (next >= '0' && next <= '7') return digits(8, 3, next);
  if (next == 'u' && peek() == '{') {
    advance();
    int count = 0;
    for (; digit_value(peek()) < 16 && count < 6; ++count) advance();
    if (peek() != '}' || count == 0) return fail_here("invalid char escape");
    advance();
    next = advance();
    return std::nullopt;
  }
  int count = next == 'x' ? 2 : next == 'u' ? 4 : next == 'U' ? 8 : 0;
  if (count == 0) return fail_here("invalid char escape");
  next = advance();
  return digits(16, count, next);
}

std::optional<Problem> Lexer::quoted(Token& token, bool bytes) {
  auto quote = static_cast<char32_t>(text_[end_ - 1]);
  char32_t rune = advance();
  while (rune != quote) {
    if (rune == '\n' || rune == kEnd) return fail_here("literal not terminated");
    if (rune == '\\') {
      if (auto problem = escape(quote, rune)) return problem;
    } else {
      rune = advance();
    }
  }
  std::size_t prefix = bytes ? 1 : 0;
  std::string message;
  auto value = unescape(text_.substr(start_ + prefix, end_ - start_ - prefix), bytes, message);
  if (!value) return fail_here(message);
  return emit(token, bytes ? TokenKind::bytes : TokenKind::text, std::move(*value));
}

std::optional<Problem> Lexer::raw(Token& token) {
  std::string value;
  for (;;) {
    std::size_t before = end_;
    char32_t rune = advance();
    if (rune == kEnd) return fail_here("literal not terminated");
    if (rune == '`') {
      if (peek() != '`') break;
      advance();  // two backticks stand for one
    }
    value.append(text_.substr(before, rune == '`' ? 1 : end_ - before));
  }
  return emit(token, TokenKind::text, std::move(value));
}

std::optional<Problem> Lexer::slash(Token& token, bool& skipped) {
  if (accept("/")) {
    for (char32_t rune = advance(); rune != kEnd && rune != '\n'; rune = advance()) {
    }
    skipped = true;
    return std::nullopt;
  }
  if (!accept("*")) return emit(token, TokenKind::op);
  for (;;) {
    char32_t rune = advance();
    if (rune == kEnd) return fail_here("unclosed comment");
    if (rune == '*' && accept("/")) break;
  }
  skipped = true;
  return std::nullopt;
}

}  // namespace serin::analysis::conditions
