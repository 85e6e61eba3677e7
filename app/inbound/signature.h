// Whether a message comes from who has the key, is new, and was not seen before.
//
//   SignatureCheck check(key, 5min);
//   Status taken = check.take(stamp, signature, body, now);
//
// X-Serin-Timestamp: Unix seconds; X-Serin-Signature: "sha256=" and the HMAC of "STAMP.BODY", as
// serin's own messages carry them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace serin::app {

// Thread: loop-only.
class SignatureCheck {
 public:
  // Messages within the tolerance; more are refused until some are old.
  static constexpr std::size_t kSeenMax = 10'000;

  SignatureCheck(std::string key, Duration tolerance)
      : key_(std::move(key)), tolerance_(tolerance) {}

  // Errors: unauthenticated (not signed with the key, too old or from the future),
  // failed_precondition (it came before), rate_limited (kSeenMax).
  Status take(std::string_view stamp, std::string_view signature, std::string_view body,
              WallTime now);

 private:
  void forget(WallTime now);

  std::string key_;
  Duration tolerance_;
  std::map<std::string, WallTime, std::less<>> seen_;  // until when each would be taken
};

}  // namespace serin::app
