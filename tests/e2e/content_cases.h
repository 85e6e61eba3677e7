// Rules on content of every kind, and requests that they take and do not take.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace serin::app::content {

// With a target: rules choose the canary's users, and nothing is compared with stable.
inline constexpr const char* kErrorTarget = R"(
        - name: error-rate
          interval: 1s
          compare:
            errors: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}
            slo: {max: 0.05}
          provider: {prometheus: {address: '{{args.prometheus}}'}})";

inline const std::string kMatch = R"(      match:
      - cookie: {name: User, value: Internal}
      - header: {key: X-Team, regex: 'qa-.*'}
      - query: {key: preview, exact: 'yes'}
      - os: [ios]
      - browser: [ie]
)";

struct Request {
  bool canary = false;
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers{};
};

inline std::vector<Request> requests() {
  const std::string kMozilla = "Mozilla/5.0 ";
  return {
      {true, "/", {{"Cookie", "a=1; User=Internal; b=2"}}},
      {true, "/", {{"x-team", "qa-7"}}},
      {true, "/cart?x=1&preview=yes", {}},
      {true, "/", {{"User-Agent", kMozilla + "(iPhone; CPU iPhone OS 17_5 like Mac OS X)"}}},
      {true,
       "/",
       {{"User-Agent", kMozilla + "(Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"}}},
      {false, "/", {}},
      {false, "/", {{"Cookie", "User=Internals; XUser=Internal"}}},
      {false, "/", {{"X-Team", "prod"}}},
      {false, "/cart?preview=yess", {}},
      {false,
       "/",
       {{"User-Agent",
         kMozilla + "(Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"}}},
  };
}

}  // namespace serin::app::content
