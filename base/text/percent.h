// Bytes written as %XX, as in URLs and wherever a format has no room for them.
//
//   percent_encoded("a b", "-._");     // "a%20b"
//   percent_decoded("a%20b%zz");       // "a b%zz"
//
// What an HTTP server takes from its peers is decoded strictly: base/net/http_server.h.
#pragma once

#include <string>
#include <string_view>

namespace serin {

// The value of a hexadecimal digit of either case; -1 for any other character.
int hex_value(char digit);

// Letters and digits of ASCII and the characters of `plain` stand for themselves; every other byte
// becomes %XX, in capitals. '%' must not be plain.
std::string percent_encoded(std::string_view text, std::string_view plain);

// Every %XX, in digits of either case, becomes its byte; what is no such triple stays as it is.
std::string percent_decoded(std::string_view text);

}  // namespace serin
