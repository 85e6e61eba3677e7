#include "app/record/record.h"

#include <algorithm>

#include "providers/recordings/recording.h"

namespace serin::app {
namespace {

using providers::SrnPage;

// The server can't answer so much at once; less may do.
bool too_large(const Error& error) {
  if (error.code == Code::data_loss || error.code == Code::deadline_exceeded) return true;
  return error.message.find("too many samples") != std::string::npos ||
         error.message.find("exceeded maximum resolution") != std::string::npos ||
         error.message.find("bytes") != std::string::npos;
}

class Recorder {
 public:
  Recorder(const RecordPorts& ports, const RecordSink& sink, std::size_t queries,
           const RecordSpan& span)
      : ports_(ports),
        sink_(sink),
        total_s_(static_cast<double>(queries) * to_seconds(span.until - span.from)) {}

  Status run(const RecordQuery& query, WallTime from, WallTime until) {
    Duration length = kPageMax;
    if (!query.raw) SERIN_CHECK(learn_type(query, until));
    while (from < until) {
      if (ports_.stop && ports_.stop()) return fail(Code::cancelled, "stopped");
      const WallTime end = std::min(from + length, until);
      auto answer = ask(query, from, end);
      if (!answer) {
        if (too_large(answer.error()) && length / 2 >= kPageMin) {
          length /= 2;
          continue;
        }
        if (query.optional) {
          moved(query, until - from);
          return {};
        }
        return std::unexpected(
            std::move(answer).error().with(query.text + " until " + format_rfc3339(end)));
      }
      for (const queries::Series& series : answer->series) samples_ += series.samples.size();
      SERIN_CHECK(sink_.add(answer->series));
      SERIN_CHECK(sink_.page({query.text, to_unix_ms(from), to_unix_ms(end)}));
      moved(query, end - from);
      from = end;
    }
    return {};
  }

  void moved(const RecordQuery& query, Duration by) {
    done_s_ += to_seconds(by);
    if (ports_.progress) ports_.progress({done_s_ / total_s_, samples_, query.text});
  }

 private:
  // Series of answers don't say whether the query yields a scalar.
  Status learn_type(const RecordQuery& query, WallTime until) {
    queries::Request request;
    request.text = query.text;
    request.time = until;
    SERIN_TRY(answer, asked(query, request));
    scalar_ = answer.type == queries::AnswerType::scalar;
    return {};
  }

  Result<queries::Answer> ask(const RecordQuery& query, WallTime from, WallTime end) {
    queries::Request request;
    if (query.raw) {
      SERIN_TRY(selector, queries::Selector::parse(query.text));
      request.text = selector.over(end - from);
      request.time = end;
      return asked(query, request);
    }
    request.kind = queries::Request::Kind::range;
    request.text = query.text;
    request.start = from + query.step;
    request.end = end;
    request.step = query.step;
    SERIN_TRY(answer, asked(query, request));
    for (queries::Series& series : answer.series) {
      series.labels.set(providers::kQueryLabel, query.text);
      if (scalar_) series.labels.set(providers::kScalarLabel, "1");
    }
    return std::move(answer);
  }

  Result<queries::Answer> asked(const RecordQuery& query, const queries::Request& request) {
    for (int tries = 1;; ++tries) {
      auto answer = ports_.ask(query.provider, request, kPageTimeout);
      if (answer || !answer.error().retryable() || tries == kPageTries) return answer;
      ports_.wait(tries * kPageWait);
    }
  }

  const RecordPorts& ports_;
  const RecordSink& sink_;
  double total_s_;
  double done_s_ = 0;
  std::uint64_t samples_ = 0;
  bool scalar_ = false;
};

// Until where the pages lie without a gap.
WallTime covered_until(const std::vector<SrnPage>& have, const std::string& query, WallTime from) {
  std::int64_t until = to_unix_ms(from);
  for (bool moved = true; moved;) {
    moved = false;
    for (const SrnPage& page : have) {
      if (page.query != query || page.from_ms > until || page.until_ms <= until) continue;
      until = page.until_ms;
      moved = true;
    }
  }
  return std::max(from, from_unix_ms(until));
}

}  // namespace

Status record(const std::vector<RecordQuery>& queries, const RecordSpan& span,
              const std::vector<SrnPage>& have, const RecordPorts& ports, const RecordSink& sink) {
  if (span.until <= span.from)
    return fail(Code::invalid_argument, "the span ends before it begins");
  Recorder recorder(ports, sink, queries.size(), span);
  for (const RecordQuery& query : queries) {
    const WallTime from = std::min(covered_until(have, query.text, span.from), span.until);
    recorder.moved(query, from - span.from);
    SERIN_CHECK(recorder.run(query, from, span.until));
  }
  return {};
}

RecordSink SeriesCollector::sink() {
  return {.add = [this](std::span<const queries::Series> all) -> Status {
            for (const queries::Series& series : all) {
              auto& samples = series_[series.labels];
              samples.insert(samples.end(), series.samples.begin(), series.samples.end());
            }
            return {};
          },
          .page = [](const SrnPage&) -> Status { return {}; }};
}

std::vector<queries::Series> SeriesCollector::take() {
  std::vector<queries::Series> all;
  for (auto& [labels, samples] : series_) all.push_back({labels, std::move(samples)});
  series_.clear();
  return all;
}

}  // namespace serin::app
