#include "app/analyze/asker.h"

#include <optional>

#include "app/live/sources.h"

namespace serin::app {

Result<queries::Answer> Asker::ask(const analysis::Provider& provider,
                                   const queries::Request& request, Duration timeout) {
  auto& source = sources_[source_identity(provider)];
  if (source == nullptr) {
    auto made = make_source({.loop = loop_, .http = http_}, provider);
    if (!made) {
      sources_.erase(source_identity(provider));
      return std::unexpected(std::move(made).error());
    }
    source = std::move(*made);
  }
  // The callback may come after this call has given up.
  auto answer = std::make_shared<std::optional<Result<queries::Answer>>>();
  Cancellation cancellation =
      source->ask(request, loop_.clock().now().mono + timeout,
                  [answer](Result<queries::Answer> given) { answer->emplace(std::move(given)); });
  bool stopped = false;
  bool ended = loop_.run_until(
      [&] {
        stopped = stop_ && stop_();
        return stopped || answer->has_value();
      },
      timeout + kGrace);
  if (!ended) {
    return fail(Code::deadline_exceeded,
                "no answer within " + format_duration(timeout) + " and its grace");
  }
  if (!answer->has_value()) {
    cancellation.cancel();
    return fail(Code::cancelled, "stopped before the answer came");
  }
  return *std::move(*answer);
}

}  // namespace serin::app
