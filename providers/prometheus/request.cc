#include "providers/prometheus/request.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"

namespace serin::prometheus {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xfU];
    }
  }
}

void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out += '&';
  out += name;
  out += '=';
  append_escaped(out, value);
}

bool is_content_type(std::string_view name) {
  static constexpr std::string_view kName = "content-type";
  auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::equal(name.begin(), name.end(), kName.begin(), kName.end(), same);
}

std::string seconds(double value) {
  return fmt::format("{}", value);
}

std::string seconds(WallTime time) {
  auto since = time.time_since_epoch();
  auto whole = std::chrono::floor<std::chrono::seconds>(since);
  return seconds(static_cast<double>(whole.count()) +
                 static_cast<double>((since - whole).count()) / 1e9);
}

}  // namespace

Status check_address(std::string_view address) {
  if (address.empty()) {
    return fail(Code::invalid_argument, "prometheus address is not configured");
  }
  auto scheme = address.find("://");
  bool has_host = scheme != std::string_view::npos && scheme > 0 && address.size() > scheme + 3 &&
                  address[scheme + 3] != '/';
  if (!has_host || address.find_first_of(" \t\r\n") != std::string_view::npos) {
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
    SERIN_ASSERT(request.start && request.end && request.step > Duration::zero());
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
  http.headers = endpoint.headers;
  if (method == Method::post) {
    http.method = "POST";
    http.body = std::move(form);
    bool typed = std::any_of(http.headers.begin(), http.headers.end(),
                             [](const auto& header) { return is_content_type(header.first); });
    if (!typed) http.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
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
