// Keys that nobody can guess.
//
//   std::string secret = random_key();             // 43 letters, digits, '-' and '_': 256 bits
//   std::string kept = sha256_hex(secret);         // what a file may hold of it (digest.h)
#pragma once

#include <string>

namespace serin {

// 256 bits of the kernel's randomness, in base64url without padding (RFC 4648, 5).
std::string random_key();

}  // namespace serin
