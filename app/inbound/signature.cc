#include "app/inbound/signature.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>

#include "base/net/crypto/digest.h"

namespace serin::app {
namespace {

constexpr std::size_t kStampDigitsMax = 12;

}  // namespace

Status SignatureCheck::take(std::string_view stamp, std::string_view signature,
                            std::string_view body, WallTime now) {
  std::int64_t seconds = 0;
  auto [end, error] = std::from_chars(stamp.data(), stamp.data() + stamp.size(), seconds);
  bool is_number = error == std::errc() && end == stamp.data() + stamp.size() && seconds >= 0 &&
                   stamp.size() <= kStampDigitsMax;
  if (!is_number) {
    return fail(Code::unauthenticated,
                "X-Serin-Timestamp is missing, or no number of Unix seconds");
  }
  std::string wanted = "sha256=" + hmac_sha256_hex(key_, fmt::format("{}.{}", stamp, body));
  if (!equal_in_constant_time(wanted, signature))
    return fail(Code::unauthenticated, "X-Serin-Signature is not of this body and key");
  const WallTime made = from_unix_ms(seconds * 1000);
  if (made + tolerance_ < now || made - tolerance_ > now) {
    return fail(Code::unauthenticated,
                fmt::format("the message was signed more than {} from now: is a clock wrong?",
                            format_duration(tolerance_)));
  }
  if (seen_.contains(signature))
    return fail(Code::failed_precondition, "this message was taken before");
  if (seen_.size() >= kSeenMax) forget(now);
  if (seen_.size() >= kSeenMax)
    return fail(Code::rate_limited,
                fmt::format("{} messages are remembered, which is the limit", seen_.size()));
  seen_.emplace(signature, made + tolerance_);
  return {};
}

void SignatureCheck::forget(WallTime now) {
  std::erase_if(seen_, [&](const auto& each) { return each.second < now; });
}

}  // namespace serin::app
