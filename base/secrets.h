// The set of texts that no log line, error or record may show.
//
//   Secrets secrets;
//   secrets.add(token);
//   secrets.mask("Bearer " + token);          // "Bearer *****"
//
// It masks what it was told, byte for byte: not encodings of it (base64, percent-encoding), which
// must not be shown in the first place or be added as well.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace serin {

inline constexpr std::string_view kSecretMask = "*****";

// Thread: any.
class Secrets {
 public:
  // Empty texts are ignored. A longer secret is masked before a shorter one that is part of it.
  void add(std::string_view secret);
  std::string mask(std::string_view text) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> secrets_;  // longest first
};

}  // namespace serin
