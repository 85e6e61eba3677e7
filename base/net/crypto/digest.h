// SHA-256 and HMAC-SHA-256 as lower-case hexadecimal.
//
//   std::string hash = sha256_hex(text);                     // 64 characters
//   std::string mac = hmac_sha256_hex(key, body);
//   if (!equal_in_constant_time(mac, claimed)) …
//
// Texts of any bytes. It is no password hash.
#pragma once

#include <string>
#include <string_view>

namespace serin {

std::string sha256_hex(std::string_view text);
// RFC 2104. The key may have any length, also none.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);
// For comparing secrets: the time taken depends on the lengths alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace serin
