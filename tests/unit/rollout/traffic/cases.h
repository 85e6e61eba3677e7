// Requests and where they go: one table for the reference, the rendered rules and real proxies.
#pragma once

#include <string>
#include <vector>

#include "rollout/traffic/evaluate.h"

namespace serin::rollout::cases {

struct RuleSet {
  std::string name;
  std::vector<MatchRule> rules;
};

struct Case {
  std::string rules;  // a set's name
  RequestHead request;
  bool canary = false;
  // Istio compares parameters as they are sent: what it says where that differs.
  bool istio_differs = false;
};

inline std::vector<RuleSet> rule_sets() {
  return {
      {"cookie", {{.cookie = {{.name = "User", .value = "Internal", .regex = {}}}}}},
      {"cookie-dots", {{.cookie = {{.name = "v.1", .value = "a+b", .regex = {}}}}}},
      {"cookie-regex",
       {{.cookie = {{.name = {}, .value = {}, .regex = "(.*; )?group=(beta|alpha)[0-9]*(;.*)?"}}}}},
      {"header", {{.header = {{.key = "User", .exact = "Internal", .regex = {}}}}}},
      {"header-odd",
       {{.header = {{.key = "X-Odd", .exact = "a \"b\"; {c} $d #e\\", .regex = {}}}}}},
      {"header-regex", {{.header = {{.key = "X-Team", .exact = {}, .regex = "^(?i)qa-[^a]*$"}}}}},
      {"header-class",
       {{.header = {{.key = "X-Id", .exact = {}, .regex = R"(\d{2,3}\.[[:alpha:]\-]+\s?\x2f?)"}}}}},
      {"query", {{.query = {{.key = "User", .exact = "Internal", .regex = {}}}}}},
      {"query-odd", {{.query = {{.key = "q", .exact = "a b&c%/é", .regex = {}}}}}},
      {"query-regex", {{.query = {{.key = "user", .exact = {}, .regex = "[a-c]+ ?@(?:x|y).*"}}}}},
      {"ios", {{.os = {"ios"}}}},
      {"desktop", {{.os = {"windows", "macos"}}}},
      {"android", {{.os = {"android"}}}},
      {"chrome", {{.browser = {"chrome"}}}},
      {"ie", {{.browser = {"ie"}}}},
      {"firefox-safari", {{.browser = {"firefox", "safari"}}}},
      {"edge", {{.browser = {"edge"}}}},
      {"windows-ie", {{.os = {"windows"}, .browser = {"ie"}}}},
      {"both",
       {{.cookie = {{.name = "User", .value = "Internal", .regex = {}}},
         .query = {{.key = "beta", .exact = "1", .regex = {}}}}}},
      {"either",
       {{.header = {{.key = "X-A", .exact = "1", .regex = {}}}},
        {.header = {{.key = "X-B", .exact = "2", .regex = {}}}}}},
  };
}

inline constexpr const char* kIphone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
inline constexpr const char* kIphoneChrome =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) CriOS/123.0.6312.52 Mobile/15E148 Safari/604.1";
inline constexpr const char* kIpad =
    "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/12.1.2 Mobile/15E148 Safari/604.1";
inline constexpr const char* kAndroidChrome =
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/123.0.0.0 Mobile Safari/537.36";
inline constexpr const char* kSamsung =
    "Mozilla/5.0 (Linux; Android 13; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) "
    "SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36";
inline constexpr const char* kWindowsChrome =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/123.0.0.0 Safari/537.36";
inline constexpr const char* kEdge =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/123.0.0.0 Safari/537.36 Edg/123.0.2420.65";
inline constexpr const char* kOpera =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/122.0.0.0 Safari/537.36 OPR/108.0.0.0";
inline constexpr const char* kMacSafari =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Safari/605.1.15";
inline constexpr const char* kFirefox =
    "Mozilla/5.0 (X11; Linux x86_64; rv:124.0) Gecko/20100101 Firefox/124.0";
inline constexpr const char* kIe11 =
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko";
inline constexpr const char* kIe7 = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)";

inline std::vector<Case> cases() {
  auto get = [](std::string target) { return RequestHead{.target = std::move(target)}; };
  auto with = [](std::string name, std::string value) {
    return RequestHead{.headers = {{std::move(name), std::move(value)}}};
  };
  auto agent = [&](const char* value) { return with("User-Agent", value); };
  return {
      {"cookie", with("Cookie", "User=Internal"), true},
      {"cookie", with("Cookie", "a=1; User=Internal; b=2"), true},
      {"cookie", with("cookie", "a=1;User=Internal"), true},
      {"cookie", with("Cookie", "User=Internals"), false},
      {"cookie", with("Cookie", "XUser=Internal"), false},
      {"cookie", with("Cookie", "a=1; XUser=Internal"), false},
      {"cookie", with("Cookie", "user=Internal"), false},
      {"cookie", with("Cookie", "a=User=Internal"), false},
      {"cookie", with("X-Cookie", "User=Internal"), false},
      {"cookie", get("/?Cookie=User=Internal"), false},
      {"cookie", get("/"), false},
      {"cookie-dots", with("Cookie", "v.1=a+b"), true},
      {"cookie-dots", with("Cookie", "vx1=a+b"), false},
      {"cookie-dots", with("Cookie", "v.1=aab"), false},
      {"cookie-regex", with("Cookie", "group=beta"), true},
      {"cookie-regex", with("Cookie", "x=y; group=alpha12; z=1"), true},
      {"cookie-regex", with("Cookie", "group=gamma"), false},
      {"cookie-regex", with("Cookie", "xgroup=beta"), false},
      {"header", with("User", "Internal"), true},
      {"header", with("user", "Internal"), true},
      {"header", with("USER", "Internal"), true},
      {"header", with("User", "internal"), false},
      {"header", with("User", "Internal2"), false},
      {"header", with("User", "anInternal"), false},
      {"header", with("X-User", "Internal"), false},
      {"header", with("X-Other", "user: Internal"), false},
      {"header", {.headers = {{"User", "x"}, {"X-Last", "Internal"}}}, false},
      {"header-odd", with("X-Odd", "a \"b\"; {c} $d #e\\"), true},
      {"header-odd", with("X-Odd", "a \"b\"; {c} $d #e"), false},
      {"header-regex", with("X-Team", "QA-berlin"), true},
      {"header-regex", with("X-Team", "qa-"), true},
      {"header-regex", with("X-Team", "qa-madrid"), false},
      {"header-regex", with("X-Team", "my qa-x"), false},
      {"header-regex", {.headers = {{"X-Team", "qa-x"}, {"X-Zone", "a"}}}, true},
      {"header-regex", {.headers = {{"X-Team", "dev"}, {"X-Zone", "qa-x"}}}, false},
      {"header-class", with("X-Id", "12.ab-c /"), true},
      {"header-class", with("X-Id", "123.z"), true},
      {"header-class", with("X-Id", "1.z"), false},
      {"header-class", with("X-Id", "12xz"), false},
      {"query", get("/?User=Internal"), true},
      {"query", get("/?x=1&User=Internal"), true},
      {"query", get("/a/b?User=Internal&y=2"), true},
      {"query", get("/?user=Internal"), false},
      {"query", get("/?User=Internal2"), false},
      {"query", get("/?XUser=Internal"), false},
      {"query", get("/User=Internal"), false},
      {"query", get("/?x=1;User=Internal"), false},
      {"query", get("/?User=Intern%61l"), true, true},
      {"query", get("/?User=%49%6e%74%65%72%6E%61%6C"), true, true},
      {"query", get("/?User=other&User=Internal"), false},
      {"query", get("/?User=Internal&User=other"), true},
      {"query", get("/?User&User=Internal"), true, true},
      {"query", get("/?User="), false},
      {"query", with("User", "Internal"), false},
      {"query-odd", get("/?q=a%20b%26c%25%2F%C3%A9"), true, true},
      {"query-odd", get("/?q=a%20b%26c%/%c3%a9"), true, true},
      {"query-odd", get("/?q=a+b%26c%25%2F%C3%A9"), false},
      {"query-odd", get("/?q=a%20b&c%25%2F%C3%A9"), false},
      {"query-regex", get("/?user=abc@x"), true},
      {"query-regex", get("/?user=abc%20%40x.org"), true, true},
      {"query-regex", get("/?user=ab%63%40y"), true, true},
      {"query-regex", get("/?user=abd@x"), false},
      {"query-regex", get("/?user=abc@z&user=a@x"), false},
      {"query-regex", get("/?user=abc@x%26y"), true},
      {"ios", agent(kIphone), true},
      {"ios", agent(kIpad), true},
      {"ios", agent(kIphoneChrome), true},
      {"ios", agent(kMacSafari), false},
      {"ios", agent(kAndroidChrome), false},
      {"desktop", agent(kWindowsChrome), true},
      {"desktop", agent(kMacSafari), true},
      {"desktop", agent(kIphone), false},
      {"desktop", agent(kFirefox), false},
      {"android", agent(kAndroidChrome), true},
      {"android", agent(kSamsung), true},
      {"android", agent(kWindowsChrome), false},
      {"chrome", agent(kWindowsChrome), true},
      {"chrome", agent(kAndroidChrome), true},
      {"chrome", agent(kIphoneChrome), true},
      {"chrome", agent(kEdge), false},
      {"chrome", agent(kOpera), false},
      {"chrome", agent(kSamsung), false},
      {"chrome", agent(kMacSafari), false},
      {"ie", agent(kIe11), true},
      {"ie", agent(kIe7), true},
      {"ie", agent(kEdge), false},
      {"firefox-safari", agent(kFirefox), true},
      {"firefox-safari", agent(kMacSafari), true},
      {"firefox-safari", agent(kIphone), true},
      {"firefox-safari", agent(kWindowsChrome), false},
      {"firefox-safari", agent(kIphoneChrome), false},
      {"edge", agent(kEdge), true},
      {"edge", agent(kWindowsChrome), false},
      {"windows-ie", agent(kIe11), true},
      {"windows-ie", agent(kIe7), true},
      {"windows-ie", agent(kEdge), false},
      {"both", {.target = "/?beta=1", .headers = {{"Cookie", "User=Internal"}}}, true},
      {"both", {.target = "/?beta=2", .headers = {{"Cookie", "User=Internal"}}}, false},
      {"both", {.target = "/?beta=1", .headers = {{"Cookie", "User=X"}}}, false},
      {"either", with("X-A", "1"), true},
      {"either", with("X-B", "2"), true},
      {"either", {.headers = {{"X-A", "2"}, {"X-B", "1"}}}, false},
  };
}

}  // namespace serin::rollout::cases
