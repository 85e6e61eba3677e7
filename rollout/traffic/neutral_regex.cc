#include "rollout/traffic/neutral_regex.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <vector>

#include "base/assert.h"

namespace serin::rollout {
namespace {

using Bytes = std::bitset<256>;

bool is_plain(int byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_';
}

std::string byte_text(int byte) {
  return is_plain(byte) ? std::string(1, static_cast<char>(byte)) : fmt::format("\\x{:02x}", byte);
}

// "[a-f\x2d]"; a byte alone without brackets.
std::string list_text(const Bytes& bytes) {
  if (bytes.none()) return "(?!)";
  std::string out;
  for (int begin = 0; begin < 256; ++begin) {
    if (!bytes.test(static_cast<std::size_t>(begin))) continue;
    int end = begin;
    while (end + 1 < 256 && bytes.test(static_cast<std::size_t>(end + 1))) ++end;
    if (begin == end && bytes.count() == 1) return byte_text(begin);
    out += byte_text(begin);
    if (end > begin + 1) out += '-';
    if (end > begin) out += byte_text(end);
    begin = end;
  }
  return "[" + out + "]";
}

// Hexadecimal digits of a mask of 16, both cases.
std::string digits_text(std::uint32_t mask) {
  if (mask == 0xffffU) return "[0-9A-Fa-f]";
  std::string out;
  for (int digit = 0; digit < 16; ++digit) {
    if ((mask >> static_cast<unsigned>(digit) & 1U) == 0) continue;
    out += fmt::format("{:X}", digit);
    if (digit >= 10) out += fmt::format("{:x}", digit);
  }
  return out.size() == 1 ? out : "[" + out + "]";
}

// "%(?:4[1-9]|…)": the escapes of the bytes, those with the same second digits together.
std::string escapes_text(const Bytes& bytes) {
  std::map<std::uint32_t, std::uint32_t> by_low;  // low digits → high digits
  for (std::size_t high = 0; high < 16; ++high) {
    std::uint32_t lows = 0;
    for (std::size_t low = 0; low < 16; ++low) {
      if (bytes.test(high * 16 + low)) lows |= 1U << low;
    }
    if (lows != 0) by_low[lows] |= 1U << high;
  }
  std::string out;
  for (const auto& [lows, highs] : by_low) {
    out += (out.empty() ? "" : "|") + digits_text(highs) + digits_text(lows);
  }
  return by_low.size() == 1 ? "\\x25" + out : "\\x25(?:" + out + ")";
}

std::string bytes_text(Bytes bytes, RegexOn on) {
  if (on == RegexOn::header) {
    for (char end : {'\0', '\r', '\n'}) bytes.reset(static_cast<unsigned char>(end));
    return list_text(bytes);
  }
  if (bytes.none()) return "(?!)";
  Bytes raw = bytes;
  for (char other : {'\0', '\r', '\n', '&', '%'}) raw.reset(static_cast<unsigned char>(other));
  std::string out = "(?:";
  if (raw.any()) out += list_text(raw) + "|";
  // A '%' without two digits behind it stands for itself.
  if (bytes.test('%')) out += "\\x25(?![0-9A-Fa-f]{2})|";
  return out + escapes_text(bytes) + ")";
}

// How long the escape is that begins at `at` with its backslash. Of a pattern that RE2 compiles.
std::size_t escape_size(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at + 1);
  auto digits = [&](std::size_t from, std::size_t most, std::string_view of) {
    std::size_t size = 0;
    while (size < most && from + size < rest.size() && of.find(rest[from + size]) != of.npos) {
      ++size;
    }
    return size;
  };
  if (rest.starts_with("x{") || rest.starts_with("p{") || rest.starts_with("P{")) {
    return rest.find('}') + 2;
  }
  if (rest[0] == 'x') return 2 + digits(1, 2, "0123456789abcdefABCDEF");
  if (rest[0] == 'p' || rest[0] == 'P') return 3;
  if (rest[0] >= '0' && rest[0] <= '7') return 1 + digits(0, 3, "01234567");
  return 2;
}

// Where what begins at `at` with "\Q" ends: behind its "\E", or with the pattern.
std::size_t quote_end(std::string_view text, std::size_t at) {
  const std::size_t end = text.find("\\E", at + 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

// Where the class ends that begins at `at` with '['. As RE2 reads it: ']' in front is plain, "[:"
// is plain without a ":]" behind it, and so is a '[' that ends a range.
std::size_t class_end(std::string_view text, std::size_t at) {
  auto one_end = [&](std::size_t i) { return i + (text[i] == '\\' ? escape_size(text, i) : 1); };
  std::size_t i = at + 1;
  if (i < text.size() && text[i] == '^') ++i;
  for (bool first = true; i < text.size() && (first || text[i] != ']'); first = false) {
    if (text.substr(i, 2) == "[:") {
      const std::size_t end = text.find(":]", i + 2);
      if (end != std::string_view::npos) {
        i = end + 2;
        continue;
      }
    }
    const bool many = text[i] == '\\' && i + 1 < text.size() &&
                      std::string_view("dDsSwWpP").find(text[i + 1]) != std::string_view::npos;
    i = one_end(i);
    if (many || i + 1 >= text.size() || text[i] != '-' || text[i + 1] == ']') continue;
    i = one_end(i + 1);
  }
  return std::min(i + 1, text.size());
}

class Rewriter {
 public:
  Rewriter(std::string_view pattern, RegexOn on) : text_(pattern), on_(on) {}

  Result<std::string> rewrite() {
    strip_ends();
    flags_.push_back({});
    while (at_ < text_.size()) SERIN_CHECK(next());
    return std::move(out_);
  }

 private:
  struct Flags {
    bool fold = false;
    bool dot_all = false;
    std::string text() const {
      return fold || dot_all ? fmt::format("(?{}{})", fold ? "i" : "", dot_all ? "s" : "") : "";
    }
  };

  // The whole value is matched: '^' before all and '$' behind all change nothing.
  void strip_ends() {
    int depth = 0;
    bool alternatives = false;
    std::size_t last = 0;  // where the last part begins
    for (std::size_t i = 0; i < text_.size();) {
      const char c = text_[i];
      last = i;
      if (c == '(') ++depth;
      if (c == ')') --depth;
      alternatives = alternatives || (c == '|' && depth == 0);
      if (text_.substr(i, 2) == "\\Q") {
        i = quote_end(text_, i);
      } else if (c == '\\') {
        i += escape_size(text_, i);
      } else {
        i = c == '[' ? class_end(text_, i) : i + 1;
      }
    }
    if (alternatives) return;
    if (text_.substr(last) == "$" || text_.substr(last) == "\\z") text_ = text_.substr(0, last);
    if (text_.starts_with('^')) text_.remove_prefix(1);
    if (text_.starts_with("\\A")) text_.remove_prefix(2);
  }

  std::unexpected<Error> anchor() const {
    return fail(Code::invalid_argument,
                "'^' and '$' stand at the two ends only: the whole value is matched anyway");
  }

  Status next() {
    char c = text_[at_];
    switch (c) {
      case '\\':
        return escape();
      case '[':
        take_atom(class_end(text_, at_));
        return {};
      case '(':
        return open();
      case ')':
        flags_.pop_back();
        SERIN_ASSERT(!flags_.empty());
        out_ += c;
        ++at_;
        return {};
      case '|':
      case '*':
      case '+':
      case '?':
        out_ += c;
        ++at_;
        return {};
      case '{':
        if (std::size_t size = repetition(); size > 0) {
          out_ += text_.substr(at_, size);
          at_ += size;
        } else {
          take_atom(at_ + 1);
        }
        return {};
      case '^':
      case '$':
        return anchor();
      default:
        take_atom(at_ + 1);
        return {};
    }
  }

  // "{2}", "{2,}", "{2,3}"; others stand for themselves.
  std::size_t repetition() const {
    static const re2::RE2 kRepetition(R"((\{[0-9]+(?:,[0-9]*)?\}))");
    re2::StringPiece rest(text_.data() + at_, text_.size() - at_);
    re2::StringPiece found;
    bool is = re2::RE2::Consume(&rest, kRepetition, &found);
    return is ? found.size() : 0;
  }

  Status open() {
    flags_.push_back(flags_.back());
    out_ += "(?:";
    if (text_.substr(at_, 2) != "(?") {
      ++at_;
      return {};
    }
    if (text_.substr(at_, 3) == "(?P" || text_.substr(at_, 3) == "(?<") {
      at_ = text_.find('>', at_) + 1;
      return {};
    }
    bool on = true;
    for (at_ += 2; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '-') on = false;
      if (c == 'i') flags_.back().fold = on;
      if (c == 's') flags_.back().dot_all = on;
      if (c == ':') {
        ++at_;
        return {};
      }
      if (c == ')') {  // for the rest of the group around it
        ++at_;
        Flags rest = flags_.back();
        flags_.pop_back();
        flags_.back() = rest;
        out_.erase(out_.size() - 3);
        if (at_ < text_.size() && std::string_view("*+?{").find(text_[at_]) != text_.npos) {
          return fail(Code::invalid_argument, "a repetition stands behind flags: write them first");
        }
        return {};
      }
    }
    return {};
  }

  Status escape() {
    char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    switch (c) {
      case 'A':
      case 'z':
        return anchor();
      case 'b':
      case 'B':
        if (on_ == RegexOn::query) {
          return fail(Code::invalid_argument,
                      "\\b and \\B can't be told in a query, which is percent-encoded");
        }
        out_ += text_.substr(at_, 2);
        at_ += 2;
        return {};
      case 'C':
        return fail(Code::invalid_argument, "write (?s:.) for \\C");
      case 'Q': {
        const std::size_t end = quote_end(text_, at_);
        std::string_view literal = text_.substr(at_ + 2, end - at_ - 2);
        if (literal.ends_with("\\E")) literal.remove_suffix(2);
        for (const char& one : literal) {
          add_atom(re2::RE2::QuoteMeta(re2::StringPiece(&one, 1)));
        }
        at_ = end;
        return {};
      }
      default:
        take_atom(at_ + escape_size(text_, at_));
        return {};
    }
  }

  // Up to `end` there is what takes one character.
  void take_atom(std::size_t end) {
    std::string atom(text_.substr(at_, end - at_));
    at_ = end;
    add_atom(atom);
  }

  void add_atom(const std::string& plain) {
    std::string atom = flags_.back().text() + plain;
    auto found = known_.find(atom);
    if (found == known_.end()) {
      re2::RE2::Options options(re2::RE2::Quiet);
      options.set_encoding(re2::RE2::Options::EncodingLatin1);
      re2::RE2 compiled(atom, options);
      SERIN_ASSERT(compiled.ok());
      Bytes bytes;
      for (std::size_t byte = 0; byte < 256; ++byte) {
        char c = static_cast<char>(byte);
        if (re2::RE2::FullMatch(re2::StringPiece(&c, 1), compiled)) bytes.set(byte);
      }
      found = known_.emplace(std::move(atom), bytes_text(bytes, on_)).first;
    }
    out_ += found->second;
  }

  std::string_view text_;
  RegexOn on_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<Flags> flags_;
  std::map<std::string, std::string> known_;
};

}  // namespace

Result<std::string> neutral_regex(std::string_view pattern, RegexOn on) {
  return Rewriter(pattern, on).rewrite();
}

std::string neutral_literal(std::string_view text, RegexOn on) {
  std::string out;
  for (char c : text) {
    Bytes bytes;
    bytes.set(static_cast<unsigned char>(c));
    out += bytes_text(bytes, on);
  }
  return out;
}

}  // namespace serin::rollout
