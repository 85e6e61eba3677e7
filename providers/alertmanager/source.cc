#include "providers/alertmanager/source.h"

#include <fmt/format.h>

#include <list>
#include <utility>

#include "providers/access/form.h"
#include "providers/prometheus/request.h"

namespace serin::alertmanager {
namespace {

HttpRequest request_of(const AlertmanagerOptions& options) {
  HttpRequest request;
  std::string_view address = options.address;
  while (address.ends_with('/')) address.remove_suffix(1);
  std::string query = "active=true&silenced=false&inhibited=false&unprocessed=false";
  for (const std::string& filter : options.filters) {
    access::append_parameter(query, "filter", filter);
  }
  if (!options.receiver.empty()) access::append_parameter(query, "receiver", options.receiver);
  request.url = std::string(address) + "/api/v2/alerts?" + query;
  for (const auto& [name, value] : options.headers) {
    access::set_header(request.headers, name, value);
  }
  request.auth = options.auth;
  request.tls = options.tls;
  request.follow_redirects = true;
  request.body_max = kAlertsBodyMax;
  return request;
}

Result<queries::Answer> read(Result<HttpResponse> response) {
  if (!response) return std::unexpected(std::move(response).error());
  if (!response->ok()) {
    return fail(http_status_error(*response).code,
                fmt::format("alertmanager answered with status {}", response->status));
  }
  return answer_from_alerts(response->body);
}

}  // namespace

Result<queries::Answer> answer_from_alerts(const std::string& body) {
  const auto alerts = Json::parse(body);
  if (!alerts || !alerts->is_array()) {
    return fail(Code::data_loss, "alertmanager's answer is no list of alerts");
  }
  Json shown = Json::array();
  std::int64_t firing = 0;
  for (const Json& alert : alerts->items()) {
    if (!alert["labels"].is_object()) {
      return fail(Code::data_loss, "alertmanager's answer holds an alert without labels");
    }
    // An older server may send what it was not asked for.
    if (alert["status"]["state"].string("active") != "active") continue;
    if (++firing > static_cast<std::int64_t>(kAlertsShownMax)) continue;
    shown.push(Json::object()
                   .set("name", alert["labels"]["alertname"].string())
                   .set("labels", alert["labels"])
                   .set("startsAt", alert["startsAt"].string()));
  }
  queries::Answer answer;
  answer.type = queries::AnswerType::json;
  answer.json = Json::object().set("firing", firing).set("alerts", std::move(shown));
  return answer;
}

struct AlertmanagerSource::Shared {
  struct Pending {
    queries::AnswerCallback done;
    Cancellation http;
  };
  Shared(HttpClient& http_in, AlertmanagerOptions options_in)
      : http(http_in), options(std::move(options_in)) {}

  HttpClient& http;
  AlertmanagerOptions options;
  std::list<std::shared_ptr<Pending>> waiting;
};

Result<std::unique_ptr<AlertmanagerSource>> AlertmanagerSource::create(
    HttpClient& http, AlertmanagerOptions options) {
  if (!prometheus::check_address(options.address)) {
    return fail(Code::invalid_argument,
                "alertmanager: the address is no URL, http://HOST:PORT is wanted");
  }
  return std::unique_ptr<AlertmanagerSource>(
      new AlertmanagerSource(std::make_shared<Shared>(http, std::move(options))));
}

AlertmanagerSource::~AlertmanagerSource() {
  for (const auto& pending : std::exchange(shared_->waiting, {})) {
    pending->done = {};
    pending->http.cancel();
  }
}

Cancellation AlertmanagerSource::ask(const queries::Request&, Instant deadline,
                                     queries::AnswerCallback done) {
  auto pending = std::make_shared<Shared::Pending>();
  pending->done = std::move(done);
  shared_->waiting.push_back(pending);
  pending->http = shared_->http.send(
      request_of(shared_->options), deadline,
      [weak = std::weak_ptr<Shared>(shared_), pending](Result<HttpResponse> response) {
        auto self = weak.lock();
        auto callback = std::exchange(pending->done, {});
        if (!self || !callback) return;
        std::erase(self->waiting, pending);
        callback(read(std::move(response)));
      });
  return Cancellation([pending] {
    if (pending->done) pending->http.cancel();
  });
}

}  // namespace serin::alertmanager
