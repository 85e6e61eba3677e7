// Tests of policies: recordings, or small series written out, and what the policy should decide.
//
//   SERIN_TRY(suite, read_suite("errors.test.yaml", text));
//   CaseResult result = run_case(suite, suite.tests[0], setup, recording);
//   result.expected, result.got;                 // differ where it failed
//
// The format is docs/how-to/test-a-policy.md. No file is opened here: the caller reads what a suite
// names.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/replay/setup.h"
#include "base/config/diagnostic.h"
#include "base/config/values.h"

namespace serin::app {

// Samples of one written series.
inline constexpr std::size_t kSeriesSamplesMax = 100'000;
// Written series begin here: 2026-01-01T00:00:00Z.
inline constexpr std::int64_t kSuiteEpochMs = 1'767'225'600'000;
inline constexpr Duration kSuiteInterval = std::chrono::seconds(15);

struct WrittenSeries {
  std::string series;  // name{label="value"}
  std::string values;  // "0+10x40 _ 5"
};

struct Expected {
  std::string verdict;            // promote, rollback, inconclusive
  std::string metric;             // that decides; "": any
  config::DurationText before{};  // since the start, at the latest
  config::DurationText after{};   // not before
  std::optional<bool> guard;
};

struct SuiteTest {
  std::string name;
  std::string recording;  // a file; or
  std::vector<WrittenSeries> series;
  config::DurationText interval{};  // between written samples; not given: kSuiteInterval
  config::DurationText until{};
  std::string start;  // a duration since the series begin, or a time; "": where the canary appears
  std::map<std::string, std::string> args;
  Expected expect;
  int line = 0;
};

struct Suite {
  std::string file;
  std::vector<std::string> policy;  // files, from the suite's own folder
  std::string rollout;
  std::map<std::string, std::string> args;
  bool safe = false;
  std::vector<SuiteTest> tests;
};

// Problems carry their places. Nothing where the file can't be used.
std::optional<Suite> read_suite(const std::string& file, const std::string& text,
                                config::Diagnostics& problems);

// "a+bxn": a and n more, each b more; "axn": a and n more of it; "_" and "_xn": none. Numbers as
// Prometheus writes them. Errors: invalid_argument, naming the part.
Result<std::vector<std::optional<double>>> parse_values(const std::string& text);
// Errors: invalid_argument, naming the series.
Result<providers::Recording> written_recording(const SuiteTest& test);

struct CaseResult {
  bool passed = false;
  std::string expected;
  std::string got;
  std::string problem;  // it could not be carried out
};

CaseResult run_case(const SuiteTest& test, const ReplaySetup& setup,
                    const providers::Recording& recording);

}  // namespace serin::app
