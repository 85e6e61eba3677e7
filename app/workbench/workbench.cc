#include "app/workbench/workbench.h"

#include <fmt/format.h>

#include <utility>

namespace serin::app {

Error Workbench::Limit::error() const {
  return {Code::deadline_exceeded,
          fmt::format("this takes longer than {}, which is the limit: ask for less, or use the "
                      "command line",
                      format_duration(kWorkMax)),
          {}};
}

Workbench::~Workbench() {
  *alive_ = false;
  closing_ = true;
}

void Workbench::run_json(const std::shared_ptr<Call>& call, JsonWork work) {
  run(call, [work = std::move(work)](const Limit& limit) mutable -> Result<HttpResponse> {
    SERIN_TRY(document, work(limit));
    return json_response(200, document);
  });
}

void Workbench::run(const std::shared_ptr<Call>& call, Work work) {
  if (under_way_ >= kWaitingMax) {
    return call->refuse(
        {.kind = kUnavailable,
         .detail = fmt::format("{} pieces of work are under way, which is the limit", under_way_),
         .retry_after_s = kRetryAfterS});
  }
  ++under_way_;
  // The time counts from when it is begun: those before it are bounded too.
  pool_.run([this, &loop = loop_, alive = alive_, call, work = std::move(work)]() mutable {
    const Limit limit(loop.clock(), loop.clock().now().mono + kWorkMax, closing_);
    Result<HttpResponse> response = work(limit);
    loop.post([this, alive, call = std::move(call), response = std::move(response)]() mutable {
      if (!*alive) return;
      --under_way_;
      if (!response) return call->refuse(response.error());
      call->answer(*std::move(response));
    });
  });
}

}  // namespace serin::app
