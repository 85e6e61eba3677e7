#include "rollout/traffic/conditions.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "rollout/traffic/neutral_regex.h"

namespace serin::rollout {
namespace {

struct Named {
  std::string_view name;
  std::string_view pattern;
};
constexpr std::array kSystems = std::to_array<Named>({
    {"ios", "iPhone|iPad|iPod"},
    {"android", "Android"},
    {"windows", "Windows NT"},
    {"macos", "Macintosh"},
});

// Browsers that borrow another's name put it before their own (Edge, Opera: "… Safari/537 Edg/1"),
// or between (Samsung: "… SamsungBrowser/2 Chrome/1 …"); RE2 has no way to say "and not", so what
// stands around the name says it.
struct Browser {
  std::string_view name;
  std::string_view at_end{};    // User-Agent ends with it
  std::string_view anywhere{};  // or has it somewhere
};
constexpr std::array kBrowsers = std::to_array<Browser>({
    {"chrome", "like Gecko\\) Chrome/[0-9.]+( Mobile)? Safari/[0-9.]+", " CriOS/[0-9]"},
    {"ie", "", "MSIE [0-9]|Trident/[0-9]"},
    {"firefox", " Firefox/[0-9.]+", " FxiOS/[0-9]"},
    {"safari", " Version/[0-9.]+ (Mobile/[0-9A-Za-z]+ )?Safari/[0-9.]+", ""},
    {"edge", "", " (Edg|Edge|EdgA|EdgiOS)/[0-9]"},
});

void add_alternative(std::string& to, std::string_view pattern) {
  if (pattern.empty()) return;
  if (!to.empty()) to += '|';
  to += pattern;
}

// One expression over User-Agent: of several systems any, of several browsers any, and both kinds
// together. A system's name stands before a browser's where that ends the line.
std::string user_agent(const std::vector<std::string>& systems,
                       const std::vector<std::string>& browsers) {
  std::string system;
  for (const Named& one : kSystems) {
    if (std::ranges::count(systems, one.name) > 0) add_alternative(system, one.pattern);
  }
  std::string at_end;
  std::string anywhere;
  for (const Browser& one : kBrowsers) {
    if (std::ranges::count(browsers, one.name) == 0) continue;
    add_alternative(at_end, one.at_end);
    add_alternative(anywhere, one.anywhere);
  }
  if (browsers.empty()) return fmt::format(".*({}).*", system);
  std::string before = system.empty() ? ".*" : fmt::format(".*({}).*", system);
  std::string out;
  if (!at_end.empty()) add_alternative(out, fmt::format("{}({})", before, at_end));
  if (!anywhere.empty()) {
    add_alternative(out, fmt::format("{}({}).*", before, anywhere));
    if (!system.empty()) add_alternative(out, fmt::format(".*({}).*({}).*", anywhere, system));
  }
  return out;
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool is_token(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

class Examiner {
 public:
  std::vector<MatchProblem> examine(const MatchRule& rule) {
    if (!rule.has_conditions() && !rule.is_mirror())
      add("", "a rule without conditions matches everything");
    for (std::size_t i = 0; i < rule.cookie.size(); ++i) {
      cookie(rule.cookie[i], fmt::format("cookie/{}", i));
    }
    for (std::size_t i = 0; i < rule.header.size(); ++i) {
      std::string at = fmt::format("header/{}", i);
      const KeyMatch& match = rule.header[i];
      if (!is_token(match.key)) {
        add(at + "/key", fmt::format("'{}' can't be a header's name", match.key));
      }
      if (has_control(match.exact)) {
        add(at + "/exact", "a header's value has no line breaks or other control characters");
      }
      key(match, at, RegexOn::header);
    }
    for (std::size_t i = 0; i < rule.query.size(); ++i) {
      std::string at = fmt::format("query/{}", i);
      const KeyMatch& match = rule.query[i];
      if (match.key.find_first_of("&=#?\r\n") != std::string::npos) {
        add(at + "/key", fmt::format("'{}' can't be a parameter's name", match.key));
      }
      key(match, at, RegexOn::query);
    }
    known(rule.os, kSystems, "os", "ios, android, windows, macos");
    known(rule.browser, kBrowsers, "browser", "chrome, ie, firefox, safari, edge");
    return std::move(problems_);
  }

 private:
  void add(std::string path, std::string message) {
    problems_.push_back({std::move(path), std::move(message)});
  }
  void length(const std::string& text, const std::string& path) {
    if (text.size() <= kMatchTextMax) return;
    add(path, fmt::format("{} bytes, at most {}", text.size(), kMatchTextMax));
  }
  void regex(const std::string& pattern, const std::string& path, RegexOn on) {
    length(pattern, path);
    if (pattern.empty() || pattern.size() > kMatchTextMax) return;
    RE2::Options options(RE2::Quiet);
    options.set_encoding(RE2::Options::EncodingLatin1);
    RE2 compiled(pattern, options);
    if (!compiled.ok()) {
      add(path, fmt::format("'{}': {}", pattern, compiled.error()));
      return;
    }
    if (auto neutral = neutral_regex(pattern, on); !neutral) {
      add(path, fmt::format("'{}': {}", pattern, neutral.error().message));
    }
  }
  void cookie(const CookieMatch& match, const std::string& at) {
    bool named = !match.name.empty() && !match.value.empty() && match.regex.empty();
    bool free = match.name.empty() && match.value.empty() && !match.regex.empty();
    if (!named && !free) {
      add(at, "a cookie has a name and a value, or a regex");
      return;
    }
    if (free) return regex(match.regex, at + "/regex", RegexOn::header);
    if (!is_token(match.name)) add(at + "/name", fmt::format("'{}' is no name", match.name));
    if (has_control(match.value) || match.value.find(';') != std::string::npos) {
      add(at + "/value", "a cookie's value has no ';' and no control characters");
    }
    length(match.name, at + "/name");
    length(match.value, at + "/value");
  }
  void key(const KeyMatch& match, const std::string& at, RegexOn on) {
    if (match.key.empty()) add(at + "/key", "the name is empty");
    length(match.key, at + "/key");
    if (match.exact.empty() == match.regex.empty()) {
      add(at, "one of exact and regex is needed, and not empty");
      return;
    }
    length(match.exact, at + "/exact");
    regex(match.regex, at + "/regex", on);
  }
  template <class Table>
  void known(const std::vector<std::string>& names, const Table& table, const std::string& field,
             std::string_view expected) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      bool found =
          std::ranges::any_of(table, [&](const auto& one) { return one.name == names[i]; });
      if (found) continue;
      add(fmt::format("{}/{}", field, i), fmt::format("'{}' is none of {}", names[i], expected));
    }
  }

  std::vector<MatchProblem> problems_;
};

}  // namespace

std::string quoted(std::string_view literal) {
  std::string out;
  for (char c : literal) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::vector<Condition> conditions_of(const MatchRule& rule) {
  std::vector<Condition> out;
  for (const CookieMatch& match : rule.cookie) {
    std::string regex = match.regex;
    if (regex.empty()) {
      regex = fmt::format("^(.*?;\\s*)?({}={})(;.*)?$", quoted(match.name), quoted(match.value));
    }
    out.push_back({.on = Condition::On::header, .key = "cookie", .exact = {}, .regex = regex});
  }
  for (const KeyMatch& match : rule.header) {
    out.push_back({.on = Condition::On::header,
                   .key = lower_case(match.key),
                   .exact = match.exact,
                   .regex = match.regex});
  }
  for (const KeyMatch& match : rule.query) {
    out.push_back(
        {.on = Condition::On::query, .key = match.key, .exact = match.exact, .regex = match.regex});
  }
  if (!rule.os.empty() || !rule.browser.empty()) {
    out.push_back({.on = Condition::On::header,
                   .key = "user-agent",
                   .exact = {},
                   .regex = user_agent(rule.os, rule.browser)});
  }
  return out;
}

std::vector<MatchProblem> problems_of(const MatchRule& rule) {
  return Examiner().examine(rule);
}

}  // namespace serin::rollout
