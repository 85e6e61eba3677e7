#include "queries/selector.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/assert.h"

namespace serin::queries {
namespace {

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}
bool is_name(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9');
}
bool is_metric_name(std::string_view text) {
  return !text.empty() && is_name_start(text.front()) &&
         std::all_of(text.begin(), text.end(), is_name);
}

std::string_view symbol(Matcher::Op op) {
  switch (op) {
    case Matcher::Op::equal:
      return "=";
    case Matcher::Op::not_equal:
      return "!=";
    case Matcher::Op::regex:
      return "=~";
    case Matcher::Op::not_regex:
      return "!~";
  }
  return "=";
}

bool chooses_name(const Matcher& m) {
  return m.label == kNameLabel && !m.value.empty() &&
         (m.op == Matcher::Op::equal || m.op == Matcher::Op::regex);
}

RE2::Options regex_options() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

Status check_regex(const Matcher& matcher) {
  if (matcher.op != Matcher::Op::regex && matcher.op != Matcher::Op::not_regex) return {};
  RE2 regex(matcher.value, regex_options());
  if (regex.ok()) return {};
  return fail(Code::invalid_argument,
              fmt::format("the regular expression \"{}\" of label {} is wrong: {}", matcher.value,
                          matcher.label, regex.error()));
}

// A regular expression that matches `text` and nothing else, in the syntax that RE2 and Go share.
std::string literal(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string name_pattern(const Matcher& m) {
  return m.op == Matcher::Op::regex ? "(?:" + m.value + ")" : literal(m.value);
}

const Matcher& name_matcher(const std::vector<Matcher>& matchers) {
  auto found = std::find_if(matchers.begin(), matchers.end(), chooses_name);
  SERIN_ASSERT(found != matchers.end());
  return *found;
}

bool contains(const std::vector<Matcher>& matchers, const Matcher& wanted) {
  return std::find(matchers.begin(), matchers.end(), wanted) != matchers.end();
}

}  // namespace

Matcher any_of(std::string_view label, const std::vector<std::string>& values) {
  SERIN_ASSERT(!values.empty());
  if (values.size() == 1) return {std::string(label), Matcher::Op::equal, values.front()};
  Matcher matcher{std::string(label), Matcher::Op::regex, {}};
  for (const std::string& value : values) {
    if (!matcher.value.empty()) matcher.value += '|';
    matcher.value += literal(value);
  }
  return matcher;
}

Selector Selector::named(std::string_view name) {
  SERIN_ASSERT(!name.empty());
  Selector selector;
  selector.matchers_.push_back({std::string(kNameLabel), Matcher::Op::equal, std::string(name)});
  return selector;
}

std::string_view Selector::name() const {
  for (const Matcher& m : matchers_) {
    if (m.label == kNameLabel && m.op == Matcher::Op::equal) return m.value;
  }
  return {};
}

Selector Selector::with(Matcher matcher) const {
  Selector copy = *this;
  auto& all = copy.matchers_;
  auto first = std::find_if(all.begin(), all.end(),
                            [&](const Matcher& m) { return m.label == matcher.label; });
  if (first == all.end()) {
    all.push_back(std::move(matcher));
    return copy;
  }
  *first = matcher;
  all.erase(std::remove_if(first + 1, all.end(),
                           [&](const Matcher& m) { return m.label == matcher.label; }),
            all.end());
  return copy;
}

Selector Selector::without(std::string_view label) const {
  Selector copy = *this;
  std::erase_if(copy.matchers_, [&](const Matcher& m) { return m.label == label; });
  return copy;
}

std::string Selector::to_string() const {
  std::string_view prefix = name();
  if (!is_metric_name(prefix)) prefix = {};
  std::string out(prefix);
  bool first = true;
  for (const Matcher& m : matchers_) {
    if (!prefix.empty() && m.label == kNameLabel && m.op == Matcher::Op::equal) continue;
    out += std::exchange(first, false) ? '{' : ',';
    out += m.label;
    out += symbol(m.op);
    append_quoted(out, m.value);
  }
  if (!first) out += '}';
  return out;
}

std::string Selector::over(Duration window) const {
  return to_string() + "[" + promql_duration(window) + "]";
}

Selector unite(const Selector& a, const Selector& b) {
  auto all_in = [](const Selector& few, const Selector& many) {
    return std::all_of(few.matchers_.begin(), few.matchers_.end(),
                       [&](const Matcher& m) { return contains(many.matchers_, m); });
  };
  if (all_in(a, b)) return a;
  if (all_in(b, a)) return b;
  const Matcher& name_a = name_matcher(a.matchers_);
  const Matcher& name_b = name_matcher(b.matchers_);
  Selector both;
  if (name_a == name_b) {
    both.matchers_.push_back(name_a);
  } else {
    both.matchers_.push_back({std::string(kNameLabel), Matcher::Op::regex,
                              name_pattern(name_a) + "|" + name_pattern(name_b)});
  }
  for (const Matcher& m : a.matchers_) {
    if (m.label != kNameLabel && contains(b.matchers_, m)) both.matchers_.push_back(m);
  }
  return both;
}

struct SeriesFilter::Compiled {
  struct Test {
    std::string label;
    Matcher::Op op;
    std::string value;
    std::unique_ptr<RE2> regex;
  };
  std::vector<Test> tests;
};

Result<SeriesFilter> SeriesFilter::compile(const Selector& selector) {
  auto compiled = std::make_shared<Compiled>();
  for (const Matcher& m : selector.matchers()) {
    SERIN_CHECK(check_regex(m));
    Compiled::Test test{m.label, m.op, m.value, nullptr};
    if (m.op == Matcher::Op::regex || m.op == Matcher::Op::not_regex) {
      test.regex = std::make_unique<RE2>(m.value, regex_options());
    }
    compiled->tests.push_back(std::move(test));
  }
  return SeriesFilter(std::move(compiled));
}

bool SeriesFilter::matches(const Labels& labels) const {
  for (const Compiled::Test& test : compiled_->tests) {
    std::string_view value = labels.get(test.label);
    bool matched = test.regex == nullptr
                       ? value == test.value
                       : RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *test.regex);
    bool wanted = test.op == Matcher::Op::equal || test.op == Matcher::Op::regex;
    if (matched != wanted) return false;
  }
  return true;
}

}  // namespace serin::queries
