// A web server's answer as a measurement: one request, and a value out of its body.
//
//   SERIN_TRY(source, WebSource::create(loop, *http, {.url = "http://gate:8080/ok",
//                                                     .json_path = "{$.approved}"}));
//
// A body that is JSON yields the value at the path; any other body is a text as it is. What is
// asked stands in the options: the request of ask() carries nothing further. It asks once.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/loop.h"
#include "base/net/http_client.h"
#include "queries/jsonpath/json_path.h"
#include "queries/metric_source.h"

namespace serin::web {

inline constexpr std::size_t kWebBodyMax = std::size_t{8} << 20U;  // bytes of an answer

struct WebOptions {
  std::string method = "GET";
  std::string url{};
  HttpHeaders headers{};  // of a name given twice the last counts
  std::string body{};
  std::optional<std::string> json_body{};  // sent as application/json
  std::string json_path = "{$}";
  HttpAuth auth{};
  HttpTls tls{};
};

// Thread: loop.
class WebSource final : public queries::MetricSource {
 public:
  // Errors: invalid_argument, where the JSONPath is none.
  static Result<std::unique_ptr<WebSource>> create(Loop& loop, HttpClient& http,
                                                   WebOptions options);
  // Requests that still wait are cancelled and their callbacks forgotten.
  ~WebSource() override;
  // Errors beside the client's: invalid_argument (a body with GET, two bodies), data_loss ("Could
  // not find JSONPath in body: …"), the status' own ("received non 2xx response code: 503").
  Cancellation ask(const queries::Request& request, Instant deadline,
                   queries::AnswerCallback done) override;

 private:
  struct Shared;
  explicit WebSource(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::shared_ptr<Shared> shared_;
};

// The value in a body, as described above. Errors: data_loss.
Result<queries::Answer> answer_from_body(const std::string& body, const queries::JsonPath& path);

}  // namespace serin::web
