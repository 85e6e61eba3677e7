// Alerts that fire as a measurement: what people are woken by may hold a release too.
//
//   SERIN_TRY(source, AlertmanagerSource::create(*http, {.address = "http://alerts:9093",
//                                                              .filters =
//                                                              {"service=\"checkout\""}}));
//   source->ask(request, deadline, …);    //
//   {"firing":1,"alerts":[{"name":"HighErrors","labels":…}]}
//
// It asks Alertmanager's API, version 2, for alerts that are active, neither silenced nor
// inhibited, and match every filter. It silences and resolves nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/net/http_client.h"
#include "queries/metric_source.h"

namespace serin::alertmanager {

inline constexpr std::size_t kAlertsBodyMax = std::size_t{16} << 20U;  // bytes
inline constexpr std::size_t kAlertsShownMax = 20;  // in an answer; `firing` counts all

struct AlertmanagerOptions {
  std::string address{};               // with a path where the API lies below one
  std::vector<std::string> filters{};  // matchers: name="value", severity=~"page|ticket"
  std::string receiver{};              // a regular expression; "" for all
  HttpHeaders headers{};
  HttpAuth auth{};
  HttpTls tls{};
};

// Thread: loop.
class AlertmanagerSource final : public queries::MetricSource {
 public:
  // Errors: invalid_argument, for an address that is no URL. `http` outlives it.
  static Result<std::unique_ptr<AlertmanagerSource>> create(HttpClient& http,
                                                            AlertmanagerOptions options);
  ~AlertmanagerSource() override;
  // Errors beside the client's: the status' own, data_loss (no answer of this API).
  Cancellation ask(const queries::Request& request, Instant deadline,
                   queries::AnswerCallback done) override;

 private:
  struct Shared;
  explicit AlertmanagerSource(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::shared_ptr<Shared> shared_;
};

// The list of alerts that the API gives, as the value of a measurement. Errors: data_loss.
Result<queries::Answer> answer_from_alerts(const std::string& body);

}  // namespace serin::alertmanager
