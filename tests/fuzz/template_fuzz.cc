// Templates with arguments, from documents to runs that are measured: merging, substitution, the
// rules of dry runs, the run machine and its saved state. Whatever the document says, nothing
// crashes, a run that is wrong has ended in Error, and a saved run reads back the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "analysis/run/threshold_run.h"
#include "analysis/templates/merge.h"
#include "analysis/templates/read.h"
#include "analysis/templates/substitute.h"
#include "base/assert.h"
#include "base/config/document.h"
#include "base/config/metadata.h"

namespace {

using namespace serin;

constexpr int kLooksMax = 64;

// Plays the run with answers that the input chooses.
void play(const std::shared_ptr<const analysis::AnalysisRunSpec>& spec, std::string_view choices) {
  Now now{Instant(std::chrono::hours(1)), WallTime(std::chrono::hours(480'000))};
  analysis::ThresholdRun run(spec, "run", now, analysis::Filling::needed);
  std::size_t next = 0;
  auto choice = [&] { return choices.empty() ? '\0' : choices[next++ % choices.size()]; };
  for (int look = 0; look < kLooksMax && !run.machine().completed(); ++look) {
    for (const analysis::ThresholdAsk& ask : run.due(now, {})) {
      Result<queries::Answer> answer;
      unsigned kind = static_cast<unsigned char>(choice()) % 4U;
      if (kind == 0) answer = fail(Code::unavailable, "down");
      if (kind >= 2) answer->series.push_back({{}, {{0, static_cast<double>(choice())}}});
      if (kind == 3) answer->series.push_back({{}, {{0, 0.5}}});
      run.answered(ask.metric, answer, now, {});
    }
    if (choice() == 't') run.terminate(now);
    if (choice() == 'r') run.resumed(now);
    auto wakeup = run.machine().next_wakeup();
    if (!wakeup) break;
    Duration step = std::max(*wakeup - now.mono, Duration::zero());
    now = {now.mono + step, now.wall + step};
  }
  std::string saved = run.save().dump();
  auto loaded = analysis::ThresholdRun::load(*Json::parse(saved), spec, "run", now,
                                             analysis::Filling::needed);
  SERIN_ASSERT(loaded.has_value());
  SERIN_ASSERT(loaded->save().dump() == saved);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  config::Diagnostics problems;
  std::vector<analysis::AnalysisTemplate> templates;
  for (const auto& document : config::read_documents("fuzz.yaml", text, problems)) {
    auto header = config::header_of(document, problems);
    bool is_template =
        header && (header->kind == "AnalysisTemplate" || header->kind == "ClusterAnalysisTemplate");
    if (!is_template) continue;
    templates.push_back(analysis::read_template(document, *header, problems));
  }
  analysis::Templates list;
  for (const auto& each : templates) list.push_back(&each);
  analysis::Incoming incoming;
  incoming.args.push_back({"a", "1", std::nullopt});
  incoming.args.push_back({"b", "{{args.a}} \"\n", std::nullopt});
  auto merged = analysis::merge(list, {}, incoming);
  if (!merged) return 0;
  // What was merged is written and read back.
  Json written = analysis::to_json(*merged);
  auto again = analysis::run_spec_from_json(written, config::Dialect::serin);
  if (again) SERIN_ASSERT(analysis::to_json(*again).dump() == written.dump());
  play(std::make_shared<const analysis::AnalysisRunSpec>(*std::move(merged)), text);
  return 0;
}
