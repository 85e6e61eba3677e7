#include "base/secrets.h"

#include <algorithm>

namespace serin {

void Secrets::add(std::string_view secret) {
  if (secret.empty()) return;
  std::lock_guard lock(mutex_);
  if (std::find(secrets_.begin(), secrets_.end(), secret) != secrets_.end()) return;
  auto shorter = std::find_if(secrets_.begin(), secrets_.end(), [&](const std::string& other) {
    return other.size() < secret.size();
  });
  secrets_.emplace(shorter, secret);
}

std::string Secrets::mask(std::string_view text) const {
  std::lock_guard lock(mutex_);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto found = std::find_if(secrets_.begin(), secrets_.end(),
                              [&](const std::string& secret) { return text.starts_with(secret); });
    if (found != secrets_.end()) {
      out += kSecretMask;
      text.remove_prefix(found->size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace serin
