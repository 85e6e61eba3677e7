// What the commands about recorded and past metrics are asked, as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/plan/figures.h"
#include "app/view/output.h"
#include "base/time.h"

namespace serin::app {

// A rollout with its templates, and what fills them.
struct PolicyInput {
  std::vector<std::string> files;
  std::string rollout;     // where the files hold several
  std::string canary;      // args.canary
  std::string stable;      // args.stable
  std::string prometheus;  // --prom: the address of all that is asked of a Prometheus
  std::vector<std::pair<std::string, std::string>> arguments;
  bool safe = false;
};

// Times as texts: RFC 3339, Unix seconds, or before now (-30m).
struct SpanInput {
  std::string from;
  std::string to;                            // "" is now
  Duration history = std::chrono::hours(6);  // taken besides, before `from`
};

struct ReplayOptions {
  PolicyInput policy;
  std::vector<std::string> recordings;
  SpanInput span;
  std::optional<std::string> start;  // not given: where the canary appears
  Duration until{};                  // since the start; 0: to the end
  double speed = 0;                  // 0: as fast as it goes
  bool at_step = false;
  std::string matrix;                // a folder
  std::string expect;                // promote, rollback, inconclusive; "": nothing
  std::vector<std::string> compare;  // two files with policies
  Output output = Output::text;
};

struct RecordOptions {
  PolicyInput policy;
  SpanInput span;
  std::string out;
  bool force = false;
  Output output = Output::text;
};

struct RecordingOptions {
  std::string action;  // info, cat, convert
  std::vector<std::string> files;
  std::string out = "-";
  std::string to;      // a format; "": by the name of `out`
  std::string series;  // a selector; "": all
  Output output = Output::text;
};

struct BacktestCommandOptions {
  PolicyInput policy;
  SpanInput span;
  std::vector<std::string> recordings;
  std::vector<std::string> except;  // FROM..TO
  int releases = 400;
  int harmed = 60;  // of each regression
  std::uint64_t seed = 1;
  std::string html;    // a file for the report
  bool write = false;  // what was learned, into the policy's file
  Output output = Output::text;
};

struct PlanOptions {
  PolicyInput policy;
  SpanInput span;
  FigureTexts figures;                 // requests a second of 0: as history says
  std::vector<double> weights;         // percent
  std::vector<std::string> durations;  // one a weight, or one for all
  Duration interval = std::chrono::seconds(10);
  double power = 0.9;
  double risk = 0.01;
  double share = 1;
  bool check = false;
  Output output = Output::text;
};

struct TestOptions {
  std::vector<std::string> paths;
  std::string run;  // only tests whose name holds this
  Output output = Output::text;
};

using PastOptions = std::variant<ReplayOptions, RecordOptions, RecordingOptions,
                                 BacktestCommandOptions, PlanOptions, TestOptions>;

}  // namespace serin::app
