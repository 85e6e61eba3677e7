#include "analysis/judges/threshold/request.h"

#include <fmt/format.h>

#include "analysis/conditions/condition.h"
#include "analysis/templates/fields.h"
#include "base/config/writer.h"

namespace serin::analysis {
namespace {

using queries::Request;

Result<WallTime> bound(const std::string& text, std::string_view field,
                       const conditions::Surroundings& surroundings) {
  auto time = conditions::evaluate_time(text, surroundings);
  if (time) return time;
  return fail(Code::invalid_argument, fmt::format("failed to parse rangeQuery.{} as time: {}",
                                                  field, time.error().message));
}

Result<Request> range_request(const PrometheusProvider& provider,
                              const conditions::Surroundings& surroundings) {
  const RangeQuery& range = *provider.range_query;
  SERIN_TRY(start, bound(range.start, "start", surroundings));
  SERIN_TRY(end, bound(range.end, "end", surroundings));
  // What is not above 0 the server refuses, in its own words.
  auto step = parse_duration(range.step);
  if (!step) {
    return fail(Code::invalid_argument, fmt::format("failed to parse rangeQuery.step as duration: "
                                                    "{}",
                                                    step.error().message));
  }
  return Request{.kind = Request::Kind::range,
                 .text = provider.query,
                 .time = std::nullopt,
                 .start = start,
                 .end = end,
                 .step = *step};
}

// What may be shown: the source has the rest, and its identity tells sources apart.
Provider without_secrets(Provider provider) {
  if (provider.web) {
    provider.web->headers.clear();
    provider.web->authentication = {};
    provider.web->body.clear();
    provider.web->json_body = Json();
  }
  if (provider.alertmanager) {
    provider.alertmanager->headers.clear();
    provider.alertmanager->authentication = {};
  }
  return provider;
}

}  // namespace

Result<Request> request_of(const Provider& provider, const conditions::Surroundings& surroundings) {
  if (provider.count() == 0) return fail(Code::invalid_argument, "no provider specified");
  Request request;
  if (!provider.prometheus) {
    request.kind = Request::Kind::other;
    request.text = config::write(without_secrets(provider)).dump();
    return request;
  }
  if (provider.prometheus->range_query) return range_request(*provider.prometheus, surroundings);
  request.text = provider.prometheus->query;
  return request;
}

Duration timeout_of(const Provider& provider) {
  std::int64_t seconds = PrometheusProvider::kTimeoutDefaultSeconds;
  if (provider.prometheus) {
    seconds = provider.prometheus->timeout.value_or(seconds);
  } else if (provider.web) {
    std::int64_t given = provider.web->timeout_seconds;
    seconds = given > 0 ? given : WebProvider::kTimeoutDefaultSeconds;
  } else if (provider.alertmanager) {
    seconds = AlertmanagerProvider::kTimeoutDefaultSeconds;
  } else if (provider.job) {
    constexpr std::chrono::seconds kDefault(JobProvider::kTimeoutDefaultSeconds);
    return std::max(provider.job->timeout.value().value_or(kDefault), Duration::zero());
  }
  return from_seconds(static_cast<double>(std::max<std::int64_t>(seconds, 0)));
}

}  // namespace serin::analysis
