#include "providers/prometheus/request.h"

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "providers/access/form.h"

namespace serin::prometheus {
namespace {

constexpr std::string_view kContentType = "Content-Type";

using access::append_parameter;

// The shortest digits, without an exponent.
std::string seconds(double value) {
  char digits[400];
  const auto [end, error] =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed);
  SERIN_ASSERT(error == std::errc());
  return {digits, end};
}

std::string seconds(WallTime time) {
  auto since = time.time_since_epoch();
  auto whole = std::chrono::floor<std::chrono::seconds>(since);
  return seconds(static_cast<double>(whole.count()) +
                 static_cast<double>((since - whole).count()) / 1e9);
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// As Go reads one: a scheme, "://", a host that is not empty, and a port of digits.
bool is_url(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0 || !is_letter(text.front())) {
    return false;
  }
  const std::string_view scheme = text.substr(0, scheme_end);
  if (!std::ranges::all_of(scheme, [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
      })) {
    return false;
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, control)) return false;
  std::string_view host = text.substr(scheme_end + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    host.remove_prefix(at + 1);
  }
  if (host.empty() || host.find_first_of(" <>\"\\^`{|}") != std::string_view::npos) return false;
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (host.starts_with('[') && bracket == std::string_view::npos) return false;
  if (colon == std::string_view::npos) return true;
  return std::ranges::all_of(host.substr(colon + 1), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Status check_address(std::string_view address) {
  if (address.empty()) {
    return fail(Code::invalid_argument, "prometheus address is not configured");
  }
  if (!is_url(address)) {
    return fail(Code::invalid_argument, "prometheus address is not is url format");
  }
  return {};
}

HttpRequest build_request(const Endpoint& endpoint, const queries::Request& request,
                          Method method) {
  SERIN_ASSERT(request.kind != queries::Request::Kind::other);
  bool range = request.kind == queries::Request::Kind::range;
  std::string form;
  append_parameter(form, "query", request.text);
  if (range) {
    SERIN_ASSERT(request.start && request.end);
    append_parameter(form, "start", seconds(*request.start));
    append_parameter(form, "end", seconds(*request.end));
    append_parameter(form, "step", seconds(to_seconds(request.step)));
  } else if (request.time) {
    append_parameter(form, "time", seconds(*request.time));
  }
  HttpRequest http;
  std::string_view address = endpoint.address;
  while (address.ends_with('/')) address.remove_suffix(1);
  http.url = std::string(address) + (range ? "/api/v1/query_range" : "/api/v1/query");
  for (const auto& [name, value] : endpoint.headers) {
    access::set_header(http.headers, name, value);
  }
  if (method == Method::post) {
    http.method = "POST";
    http.body = std::move(form);
    if (!access::has_header(http.headers, kContentType)) {
      http.headers.emplace_back(kContentType, "application/x-www-form-urlencoded");
    }
  } else {
    http.url += '?';
    http.url += form;
  }
  http.auth = endpoint.auth;
  http.tls = endpoint.tls;
  http.follow_redirects = true;
  http.body_max = endpoint.body_max;
  http.idempotent = true;  // a query changes nothing, whatever its method
  return http;
}

}  // namespace serin::prometheus
