#include "providers/access/form.h"

#include <algorithm>

namespace serin::access {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, {}, lower, lower);
}

auto find_name(auto& headers, std::string_view name) {
  return std::ranges::find_if(headers,
                              [&](const auto& header) { return same_name(header.first, name); });
}

}  // namespace

std::string form_escaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
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
  return out;
}

void append_parameter(std::string& form, std::string_view name, std::string_view value) {
  if (!form.empty()) form += '&';
  form += name;
  form += '=';
  form += form_escaped(value);
}

void set_header(HttpHeaders& headers, std::string_view name, std::string_view value) {
  if (const auto found = find_name(headers, name); found != headers.end()) {
    found->second = value;
  } else {
    headers.emplace_back(name, value);
  }
}

bool has_header(const HttpHeaders& headers, std::string_view name) {
  return find_name(headers, name) != headers.end();
}

}  // namespace serin::access
