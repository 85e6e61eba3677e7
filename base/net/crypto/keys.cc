#include "base/net/crypto/keys.h"

#include <openssl/rand.h>

#include <array>
#include <string_view>

#include "base/assert.h"

namespace serin {
namespace {

constexpr std::size_t kKeyBytes = 32;

}  // namespace

std::string random_key() {
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, kKeyBytes> bytes{};
  SERIN_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  std::string out;
  unsigned waiting = 0;
  int bits = 0;
  for (unsigned char byte : bytes) {
    waiting = (waiting << 8U | byte) & 0xffffU;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out.push_back(kLetters[waiting >> static_cast<unsigned>(bits) & 63U]);
    }
  }
  out.push_back(kLetters[waiting << static_cast<unsigned>(6 - bits) & 63U]);
  return out;
}

}  // namespace serin
