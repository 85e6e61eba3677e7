// Queries as HTTP requests to Prometheus's API.
//
//   SERIN_CHECK(check_address("http://prometheus:9090/prom"));
//   HttpRequest http = build_request(endpoint, request, Method::post);
//
// It sends nothing.
#pragma once

#include <string>
#include <string_view>

#include "base/net/http_client.h"
#include "queries/metric_source.h"

namespace serin::prometheus {

struct Endpoint {
  std::string address;    // "http://host:9090", with a path where the API lies below one
  HttpHeaders headers{};  // sent with every request; of a name given twice the last counts
  HttpAuth auth{};
  HttpTls tls{};
  std::size_t body_max = kHttpBodyMax;
};

enum class Method { post, get };

// Errors: invalid_argument, in the words that Argo Rollouts has for it.
Status check_address(std::string_view address);

// `application/x-www-form-urlencoded` as body (post) or as query of the URL (get). Times are Unix
// seconds, as Go writes a float64; an instant query without a time is answered at the server's now.
// `request.kind` is instant or range.
HttpRequest build_request(const Endpoint& endpoint, const queries::Request& request, Method method);

}  // namespace serin::prometheus
