#include "app/inquiry/bench_asker.h"

namespace serin::app {
namespace {

std::uint64_t seed_now(const Clock& clock) {
  return static_cast<std::uint64_t>(clock.now().wall.time_since_epoch().count());
}

}  // namespace

BenchAsker::BenchAsker(const Workbench::Limit& limit)
    : limit_(limit),
      loop_(limit.clock()),
      http_(make_http_client(loop_, Rng(seed_now(limit.clock())))),
      asker_(loop_, *http_, [&limit] { return limit.is_over(); }) {
  glance();
}

void BenchAsker::glance() {
  loop_.call_at(loop_.clock().now().mono + kGlance, [this] { glance(); });
}

Result<queries::Answer> BenchAsker::ask(const analysis::Provider& provider,
                                        const queries::Request& request, Duration timeout) {
  if (limit_.is_over()) return std::unexpected(limit_.error());
  return asker_.ask(provider, request, std::min(timeout, limit_.left()));
}

}  // namespace serin::app
