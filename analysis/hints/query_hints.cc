#include "analysis/hints/query_hints.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace serin::analysis {
namespace {

bool is_word_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':';
}
bool is_word(char c) {
  return is_word_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.';
}

template <std::size_t N>
bool among(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

constexpr std::array<std::string_view, 10> kOperators{"and",   "or",  "unless", "bool",  "offset",
                                                      "atan2", "inf", "nan",    "start", "end"};
constexpr std::array<std::string_view, 6> kLabelLists{"by",       "without",    "on",
                                                      "ignoring", "group_left", "group_right"};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<AskedSeries> read() {
    while (at_ < text_.size()) step();
    return std::move(found_);
  }

 private:
  bool peek(char c) {
    space();
    return at_ < text_.size() && text_[at_] == c;
  }
  void space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  std::string word() {
    std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }
  // `{{args.x}}` outside of quotes stands for a name or a window.
  bool placeholder() {
    if (!text_.substr(at_).starts_with("{{")) return false;
    std::size_t end = text_.find("}}", at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 2;
    return true;
  }
  void quoted() {
    char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote) at_ += text_[at_] == '\\' ? 2U : 1U;
    at_ = std::min(at_ + 1, text_.size());
  }
  void skip_list() {
    if (!peek('(')) return;
    std::size_t end = text_.find(')', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
  }

  void step() {
    space();
    if (at_ >= text_.size()) return;
    char c = text_[at_];
    if (placeholder()) return series("");
    if (is_word_start(c)) return named();
    if (c == '"' || c == '\'' || c == '`') return quoted();
    if (c == '{') return series("");
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return;
    }
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      word();
      return;
    }
    if (c == '(') functions_.emplace_back();
    if (c == ')' && !functions_.empty()) functions_.pop_back();
    ++at_;
  }

  void named() {
    std::string name = word();
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    if (among(lower, kLabelLists)) return skip_list();
    if (among(lower, kOperators)) return;
    if (peek('(')) {
      ++at_;
      functions_.push_back(name);
      return;
    }
    // `sum by (pod) (…)`: the aggregation's own parentheses come after its labels.
    std::size_t back = at_;
    std::string next = is_word_start(at_ < text_.size() ? text_[at_] : ' ') ? word() : "";
    if (next == "by" || next == "without") {
      skip_list();
      if (peek('(')) {
        ++at_;
        functions_.push_back(name);
        return;
      }
    }
    at_ = back;
    series(std::move(name));
  }

  void series(std::string name) {
    AskedSeries asked;
    asked.metric = std::move(name);
    for (auto function = functions_.rbegin(); function != functions_.rend(); ++function) {
      if (function->empty()) continue;
      asked.function = *function;
      break;
    }
    if (peek('{') && !text_.substr(at_).starts_with("{{")) matchers(asked);
    if (peek('[')) window(asked);
    found_.push_back(std::move(asked));
  }

  void matchers(AskedSeries& asked) {
    ++at_;
    std::string label;
    while (at_ < text_.size() && text_[at_] != '}') {
      char c = text_[at_];
      if (is_word_start(c)) {
        label = word();
        if (label != "__name__") asked.labels.push_back(label);
      } else if (c == '"' || c == '\'' || c == '`') {
        std::size_t begin = at_ + 1;
        quoted();
        if (label == "__name__" && asked.metric.empty() && at_ > begin) {
          asked.metric = std::string(text_.substr(begin, at_ - 1 - begin));
        }
      } else {
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  void window(AskedSeries& asked) {
    std::size_t end = text_.find(']', at_);
    std::string_view inside =
        end == std::string_view::npos ? "" : text_.substr(at_ + 1, end - at_ - 1);
    asked.window = promql_duration(inside);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> functions_;  // open parentheses; "" for those of no call
  std::vector<AskedSeries> found_;
};

}  // namespace

std::vector<AskedSeries> series_in(std::string_view promql) {
  return Reader(promql).read();
}

std::optional<Duration> promql_duration(std::string_view text) {
  using std::chrono::milliseconds;
  struct Unit {
    std::string_view name;
    milliseconds length;
  };
  static constexpr std::array<Unit, 7> kUnits{{{"ms", milliseconds(1)},
                                               {"y", std::chrono::hours(24 * 365)},
                                               {"w", std::chrono::hours(24 * 7)},
                                               {"d", std::chrono::hours(24)},
                                               {"h", std::chrono::hours(1)},
                                               {"m", std::chrono::minutes(1)},
                                               {"s", std::chrono::seconds(1)}}};
  constexpr std::int64_t kNumberMax = 1'000'000'000;
  std::int64_t sum_ms = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t number = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
      number = number * 10 + (text[digits++] - '0');
      if (number > kNumberMax) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    auto unit = std::ranges::find_if(
        kUnits, [&](const Unit& candidate) { return text.starts_with(candidate.name); });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    std::int64_t part_ms = 0;
    bool fits = !__builtin_mul_overflow(number, unit->length.count(), &part_ms) &&
                !__builtin_add_overflow(sum_ms, part_ms, &sum_ms);
    constexpr std::int64_t kLongestMs = 9'000'000'000'000;  // 285 years, in nanoseconds an int64
    if (!fits || sum_ms > kLongestMs) return std::nullopt;
  }
  return Duration(milliseconds(sum_ms));
}

bool needs_two_scrapes(const AskedSeries& series) {
  static constexpr std::array<std::string_view, 6> kFunctions{"rate",  "increase", "irate",
                                                              "delta", "idelta",   "deriv"};
  return among(series.function, kFunctions);
}

bool is_latency(const AskedSeries& series) {
  static constexpr std::array<std::string_view, 5> kParts{"duration", "latency", "response_time",
                                                          "request_time", "processing_time"};
  return std::ranges::any_of(
      kParts, [&](std::string_view part) { return series.metric.find(part) != std::string::npos; });
}

bool tells_failures(const AskedSeries& series) {
  static constexpr std::array<std::string_view, 8> kParts{
      "code", "status", "outcome", "result", "success", "error", "failed", "exception"};
  return std::ranges::any_of(series.labels, [](const std::string& label) {
    return std::ranges::any_of(
        kParts, [&](std::string_view part) { return label.find(part) != std::string::npos; });
  });
}

}  // namespace serin::analysis
