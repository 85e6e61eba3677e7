// The table of routes, and everything that is the same for all of them: who asks, whether they may,
// how often, how large, once or again, and problem+json for what is refused.
//
//   RouteTable routes(parts);
//   routes.add("GET", "/api/v1/releases/{id}", Role::viewer, [&](Call& call) { … });
//   routes.handle(std::move(request), std::move(responder));
//
// A handler answers its call once, now or later. The table knows nothing of releases.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/access/access.h"
#include "app/access/limits.h"
#include "app/api/problem.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/net/http_server.h"
#include "drivers/store/store.h"

namespace serin::app {

inline constexpr std::size_t kApiBodyMax = std::size_t{4} << 20U;
inline constexpr std::size_t kIdempotencyKeyMax = 200;
inline constexpr std::size_t kRequestIdMax = 64;

// What one request and its answer hang on. Moved into callbacks where the answer comes later.
class Call {
 public:
  HttpServerRequest request{};
  Principal who{};
  std::string id{};                                        // request id
  std::map<std::string, std::string, std::less<>> path{};  // what {names} of the pattern matched
  std::string key{};  // idempotency key, unlike any other client's; "": none

  explicit Call(HttpResponder responder) : responder_(std::move(responder)) {}
  // A handler that forgot to answer: the client gets status 500.
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  const std::string& operator[](std::string_view name) const;
  void answer(HttpResponse response);
  void answer(int status, const Json& body) { answer(json_response(status, body)); }
  void refuse(const Problem& what);
  void refuse(const Error& error) { refuse(problem_of(error)); }
  HttpStream stream(HttpResponse response);
  // The answer holds a secret: the same key carries the request out once more.
  void keep_no_answer() { keeps_answer_ = false; }
  // The body as JSON; where it is none, or has another type, the call is refused and null comes.
  std::optional<Json> json();

 private:
  friend class RouteTable;
  HttpResponder responder_;
  bool keeps_answer_ = true;
  std::function<void(HttpResponse&)> finish_;  // headers, counting, keeping
};

class RouteTable {
 public:
  using Handler = std::function<void(std::shared_ptr<Call> call)>;

  struct Route {
    std::string method;
    std::string pattern;
    Role role = Role::viewer;  // none: everybody
    Handler handler;
  };
  struct Parts {
    Loop& loop;
    store::Store& store;
    Access& access;
    Log log;
    // After every answer: the pattern ("" where none matched) and the status.
    std::function<void(const std::string& pattern, int status)> answered{};
  };

  static constexpr RateLimit kReads{.rate = 50, .burst = 200};
  static constexpr RateLimit kWrites{.rate = 10, .burst = 40};
  static constexpr RateLimit kFailures{.rate = 1, .burst = 20};  // of authentication, by address

  explicit RouteTable(Parts parts);
  ~RouteTable() { *alive_ = false; }
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;
  // {name} of a pattern takes what is between two slashes; {name...}, its last part, all the rest.
  void add(std::string method, std::string pattern, Role role, Handler handler);
  // Everything with GET below a path, for everybody: files of the dashboard.
  void serve_below(std::string_view prefix, Handler handler);
  void handle(HttpServerRequest request, HttpResponder responder);
  // The answer to what came to no route, as HttpServerOptions::refusal.
  HttpResponse refused(int status, std::string_view why, bool over_tls);
  const std::vector<Route>& routes() const { return routes_; }
  // Into the audit log: who did what, with the request's id and where it came from.
  void audit(const Call& call, std::string_view operation, const std::string& subject,
             Json details);

 private:
  const Route* match(const HttpServerRequest& request, Call& call,
                     std::vector<std::string>& methods) const;
  bool admit(const Route* route, Call& call);
  bool replay(const std::shared_ptr<Call>& call);
  std::string request_id();

  Parts parts_;
  std::vector<Route> routes_;
  Route files_;  // its pattern is a prefix
  RateLimiter reads_{kReads};
  RateLimiter writes_{kWrites};
  RateLimiter failures_{kFailures};
  std::set<std::string> keys_under_way_;
  std::map<std::string, store::StoredAnswer> unsaved_answers_;  // by key, until they are on disk
  std::uint64_t requests_ = 0;
  std::string epoch_;
  // Calls whose answer comes later may outlive the table.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Headers that every answer carries: it is not cached by accident, framed, or guessed at.
void add_security_headers(HttpResponse& response, bool over_tls);

}  // namespace serin::app
