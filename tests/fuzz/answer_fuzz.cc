// What metrics servers and their helpers answer: Prometheus' API, web servers, HAProxy's tables,
// AWS' token service; and the PromQL and numbers that people write for them. The first byte chooses
// which.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/text/real_text.h"
#include "providers/access/aws_role.h"
#include "providers/haproxy/counters.h"
#include "providers/prometheus/decode.h"
#include "providers/web/source.h"
#include "queries/selector.h"

namespace {

using serin::queries::Answer;

// The second byte is the status and whether raw samples are wanted.
void try_prometheus(std::string_view text) {
  if (text.empty()) return;
  constexpr int kStatuses[] = {200, 400, 422, 503};
  const auto chosen = static_cast<unsigned char>(text[0]);
  const serin::prometheus::DecodeLimits limits{.series_max = 64, .raw = (chosen & 4U) != 0};
  text.remove_prefix(1);
  const auto answer = serin::prometheus::Decoder().read(
      {.status = kStatuses[chosen & 3U], .body = std::string(text)}, limits);
  if (!answer) return;
  for (const serin::queries::Series& series : answer->series) {
    if (!limits.raw) continue;
    SERIN_ASSERT(std::ranges::is_sorted(series.samples, {}, &serin::queries::Sample::time_ms));
  }
  const std::string kept = serin::queries::to_json(*answer).dump();
  const auto again = serin::queries::answer_from_json(*serin::Json::parse(kept));
  SERIN_ASSERT(again && serin::queries::to_json(*again).dump() == kept);
}

void try_web(std::string_view text) {
  const std::size_t split = std::min(text.find('\n'), text.size());
  const auto path = serin::queries::JsonPath::parse(text.substr(0, split));
  if (!path) return;
  static_cast<void>(serin::web::answer_from_body(std::string(text.substr(split)), *path));
}

void try_role(std::string_view text) {
  for (int status : {200, 403}) {
    const auto read =
        serin::access::read_assumed_role({.status = status, .body = std::string(text)});
    SERIN_ASSERT(status == 200 || !read);
    SERIN_ASSERT(!read || (!read->key.empty() && !read->secret.empty() && !read->token.empty()));
  }
}

void try_haproxy(std::string_view text) {
  const serin::haproxy::CounterOptions options{
      .backends = {"be"}, .instance = "", .latency_table = "lat", .bounds = {0.1, 1}};
  std::vector<serin::haproxy::Reading> readings;
  static_cast<void>(serin::haproxy::append_latency_series(text, options, readings));
  if (const auto stat = serin::HaproxyTable::parse_stat(text)) {
    serin::haproxy::append_server_series(*stat, options, readings);
    static_cast<void>(serin::haproxy::servers_json(*stat, options));
  }
}

void try_selector(std::string_view text) {
  if (const auto selector = serin::queries::Selector::parse(text)) {
    const auto again = serin::queries::Selector::parse(selector->to_string());
    SERIN_ASSERT(again && again->to_string() == selector->to_string());
    static_cast<void>(serin::queries::SeriesFilter::compile(*selector));
  }
  static_cast<void>(serin::queries::parse_range_selector(text));
}

void try_real(std::string_view text) {
  const auto value = serin::read_real(text);
  if (!value || text.front() == '-') return;
  const auto negative = serin::read_real("-" + std::string(text.substr(text.front() == '+')));
  SERIN_ASSERT(std::isnan(*value) || (negative && *negative == -*value));
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  static constexpr void (*kTries[])(std::string_view) = {try_prometheus, try_web,      try_role,
                                                         try_haproxy,    try_selector, try_real};
  kTries[data[0] % std::size(kTries)](text);
  return 0;
}
