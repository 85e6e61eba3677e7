#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "queries/selector.h"

namespace serin::queries {
namespace {

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}
bool is_name(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9');
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool chooses_name(const Matcher& m) {
  return m.label == kNameLabel && !m.value.empty() &&
         (m.op == Matcher::Op::equal || m.op == Matcher::Op::regex);
}

std::size_t symbol_size(Matcher::Op op) {
  return op == Matcher::Op::equal ? 1 : 2;
}

void append_utf8(std::string& out, std::uint32_t point) {
  auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0U | point >> 6U);
    put(0x80U | (point & 0x3fU));
  } else if (point < 0x10000) {
    put(0xe0U | point >> 12U);
    put(0x80U | (point >> 6U & 0x3fU));
    put(0x80U | (point & 0x3fU));
  } else {
    put(0xf0U | point >> 18U);
    put(0x80U | (point >> 12U & 0x3fU));
    put(0x80U | (point >> 6U & 0x3fU));
    put(0x80U | (point & 0x3fU));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<Matcher>> selector() {
    std::vector<Matcher> matchers;
    skip_space();
    if (at_end())
      return error("a selector is missing, for example http_requests_total{code=~\"5..\"}");
    if (is_name_start(peek())) {
      std::size_t begin = at_;
      while (!at_end() && is_name(peek())) ++at_;
      std::string name(text_.substr(begin, at_ - begin));
      skip_space();
      if (!at_end() && peek() == '(') {
        at_ = begin;
        return error(fmt::format(
            "{}(…) is no plain selector: counters are asked raw, write the metric alone", name));
      }
      matchers.push_back({std::string(kNameLabel), Matcher::Op::equal, std::move(name)});
    } else if (peek() != '{') {
      return error("a selector starts with a metric's name or '{'");
    }
    skip_space();
    if (!at_end() && peek() == '{') SERIN_CHECK(braces(matchers));
    if (std::none_of(matchers.begin(), matchers.end(), chooses_name)) {
      at_ = 0;
      return error("the metric's name is missing: write it before '{', or __name__=\"…\" within");
    }
    return matchers;
  }

  void skip_space() {
    while (!at_end() && is_space(peek())) ++at_;
  }
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return text_[at_]; }
  std::size_t position() const { return at_; }
  void advance() { ++at_; }
  std::unexpected<Error> error(std::string what) const {
    return fail(Code::invalid_argument, fmt::format("column {}: {}", at_ + 1, what));
  }

 private:
  Status braces(std::vector<Matcher>& matchers) {
    ++at_;
    while (true) {
      skip_space();
      if (at_end()) return error("'}' is missing");
      if (peek() == '}') {
        ++at_;
        return {};
      }
      SERIN_CHECK(matcher(matchers));
      skip_space();
      if (at_end()) return error("'}' is missing");
      if (peek() == ',') {
        ++at_;
      } else if (peek() != '}') {
        return error("',' or '}' is expected after a matcher");
      }
    }
  }

  Status matcher(std::vector<Matcher>& matchers) {
    std::size_t begin = at_;
    if (!is_name_start(peek()) || peek() == ':') return error("a label's name is expected");
    while (!at_end() && is_name(peek()) && peek() != ':') ++at_;
    Matcher result;
    result.label = text_.substr(begin, at_ - begin);
    skip_space();
    std::string_view rest = text_.substr(at_);
    if (rest.starts_with("=~")) {
      result.op = Matcher::Op::regex;
    } else if (rest.starts_with("!~")) {
      result.op = Matcher::Op::not_regex;
    } else if (rest.starts_with("!=")) {
      result.op = Matcher::Op::not_equal;
    } else if (!rest.starts_with("=")) {
      return error(fmt::format("after label {} one of = != =~ !~ is expected", result.label));
    }
    at_ += symbol_size(result.op);
    skip_space();
    std::size_t value_at = at_;
    SERIN_CHECK(quoted(result.value));
    if (auto status = SeriesFilter::compile(Selector::named("x").with(result)); !status) {
      at_ = value_at;
      return error(std::move(status).error().message);
    }
    if (result.label == kNameLabel) {
      bool twice = std::any_of(matchers.begin(), matchers.end(),
                               [](const Matcher& m) { return m.label == kNameLabel; });
      if (twice) {
        at_ = begin;
        return error("the metric's name is set twice");
      }
    }
    matchers.push_back(std::move(result));
    return {};
  }

  // A string as PromQL has it: "…" and '…' with Go's escapes, `…` without any.
  Status quoted(std::string& out) {
    if (at_end() || (peek() != '"' && peek() != '\'' && peek() != '`'))
      return error("a quoted value is expected");
    std::size_t begin = at_;
    char quote = text_[at_++];
    while (!at_end() && peek() != quote) {
      if (quote != '`' && peek() == '\n') return error("a quoted value ends before the line does");
      if (quote != '`' && peek() == '\\') {
        SERIN_CHECK(escape(out));
      } else {
        out += text_[at_++];
      }
    }
    if (at_end()) {
      at_ = begin;
      return error("the quoted value has no end");
    }
    ++at_;
    return {};
  }

  Status escape(std::string& out) {
    static constexpr std::string_view kFrom = "abfnrtv\\\"'";
    static constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\\"'";
    if (at_ + 1 >= text_.size()) return error("the quoted value has no end");
    char c = text_[at_ + 1];
    if (auto index = kFrom.find(c); index != std::string_view::npos) {
      out += kTo[index];
      at_ += 2;
      return {};
    }
    if (c == 'x') return number(out, 2, 2, 16);
    if (c == 'u') return number(out, 2, 4, 16);
    if (c == 'U') return number(out, 2, 8, 16);
    if (c >= '0' && c <= '7') return number(out, 1, 3, 8);
    return error(fmt::format("unknown escape \\{} (for a backslash write \\\\)", c));
  }

  Status number(std::string& out, std::size_t skip, std::size_t digits, std::uint32_t base) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      std::size_t at = at_ + skip + i;
      char c = at < text_.size() ? text_[at] : '\0';
      std::uint32_t digit = c >= '0' && c <= '9'   ? static_cast<std::uint32_t>(c - '0')
                            : c >= 'a' && c <= 'f' ? static_cast<std::uint32_t>(c - 'a') + 10
                            : c >= 'A' && c <= 'F' ? static_cast<std::uint32_t>(c - 'A') + 10
                                                   : 99;
      if (digit >= base) return error(fmt::format("an escape of {} digits is expected", digits));
      value = value * base + digit;
    }
    bool byte = digits <= 3;
    bool surrogate = value >= 0xd800 && value < 0xe000;
    if (byte ? value > 255 : value > 0x10ffff || surrogate)
      return error("the escape stands for no character");
    if (byte) {
      out += static_cast<char>(value);
    } else {
      append_utf8(out, static_cast<std::uint32_t>(value));
    }
    at_ += skip + digits;
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Status check_length(std::string_view text) {
  if (text.size() <= kSelectorTextMax) return {};
  return fail(Code::invalid_argument, fmt::format("a selector of {} characters is longer than {}",
                                                  text.size(), kSelectorTextMax));
}

}  // namespace

Result<Selector> Selector::parse(std::string_view text) {
  SERIN_CHECK(check_length(text));
  Parser parser(text);
  SERIN_TRY(matchers, parser.selector());
  parser.skip_space();
  if (!parser.at_end()) {
    if (parser.peek() == '[') {
      return parser.error("a selector is written without a window: serin chooses it");
    }
    return parser.error("nothing may follow a plain selector (no operators, no offset, no @)");
  }
  Selector selector;
  selector.matchers_ = std::move(matchers);
  return selector;
}

std::string promql_duration(Duration duration) {
  auto ms =
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(duration).count());
  return ms % 1000 == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

Result<RangeSelector> parse_range_selector(std::string_view text) {
  SERIN_CHECK(check_length(text));
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> kUnits{
      {{"ms", 1},
       {"s", 1'000},
       {"m", 60'000},
       {"h", 3'600'000},
       {"d", 86'400'000},
       {"w", 604'800'000},
       {"y", 31'536'000'000}}};
  static constexpr std::int64_t kWindowMsMax = 1'000 * kUnits.back().second;
  Parser parser(text);
  SERIN_TRY(matchers, parser.selector());
  parser.skip_space();
  if (parser.at_end() || parser.peek() != '[')
    return parser.error("a window in brackets is expected, for example [5m]");
  parser.advance();
  std::int64_t total_ms = 0;
  while (true) {
    parser.skip_space();
    if (!parser.at_end() && parser.peek() == ']' && total_ms > 0) break;
    std::int64_t count = 0;
    bool digits = false;
    while (!parser.at_end() && parser.peek() >= '0' && parser.peek() <= '9' &&
           count < kWindowMsMax) {
      count = count * 10 + (parser.peek() - '0');
      digits = true;
      parser.advance();
    }
    std::string_view rest = text.substr(parser.position());
    auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                             [&](const auto& u) { return rest.starts_with(u.first); });
    if (!digits || unit == kUnits.end() || count > kWindowMsMax / unit->second) {
      return parser.error("a window is written like 90s, 1h30m or 1500ms");
    }
    for (std::size_t i = 0; i < unit->first.size(); ++i) parser.advance();
    total_ms = std::min(kWindowMsMax, total_ms + count * unit->second);
  }
  parser.advance();
  parser.skip_space();
  if (!parser.at_end()) return parser.error("nothing may follow the window");
  RangeSelector result;
  result.selector.matchers_ = std::move(matchers);
  result.window = std::chrono::milliseconds(total_ms);
  return result;
}

}  // namespace serin::queries
