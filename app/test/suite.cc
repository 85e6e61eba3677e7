#include "app/test/suite.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/config/document.h"
#include "base/config/reader.h"
#include "providers/recordings/openmetrics.h"

namespace serin::app {

namespace {

constexpr std::array<std::string_view, 3> kVerdicts = {"promote", "rollback", "inconclusive"};

}  // namespace

void fields(config::Visitor& v, WrittenSeries& series) {
  v.type("WrittenSeries", "A series, sample by sample.");
  v("series", series.series, "Name and labels.", {.required = true});
  v("values", series.values, "Its values.", {.required = true});
}

void fields(config::Visitor& v, Expected& expected) {
  v.type("Expected", "What the policy should decide.");
  v("verdict", expected.verdict, "The verdict.", {.required = true, .words = kVerdicts});
  v("metric", expected.metric, "The metric that decides.");
  v("before", expected.before, "At the latest, since the start.");
  v("after", expected.after, "Not before, since the start.");
  v("guard", expected.guard, "Whether a guard decides.");
}

void fields(config::Visitor& v, SuiteTest& test) {
  v.type("SuiteTest", "One release and its verdict.");
  v("name", test.name, "What it shows.", {.required = true});
  v("recording", test.recording, "A file.");
  v("series", test.series, "Or series that are written out.");
  v("interval", test.interval, "Between written samples.");
  v("start", test.start, "When the release begins.");
  v("until", test.until, "Stop so long after it.");
  v("args", test.args, "Arguments of the templates.");
  v("expect", test.expect, "What the policy should decide.", {.required = true});
  v.exactly_one(std::array<std::string_view, 2>{"recording", "series"});
}

void fields(config::Visitor& v, Suite& suite) {
  v.type("Suite", "Tests of a policy.");
  v("policy", suite.policy, "Its files.", {.required = true, .or_single = true});
  v("rollout", suite.rollout, "Which one, where they hold several.");
  v("args", suite.args, "Arguments of the templates.");
  v("safe", suite.safe, "Serin's rules over Argo's.");
  v("tests", suite.tests, "The tests.", {.required = true});
}

namespace {

Result<WallTime> start_of(const SuiteTest& test, const ReplaySetup& setup,
                          const providers::Recording& recording) {
  if (test.start.empty()) return found_start(setup.plan, recording);
  if (auto since = parse_duration(test.start)) {
    return from_unix_ms(recording.first_ms()) + *since;
  }
  if (auto time = parse_rfc3339(test.start)) return *time;
  return fail(Code::invalid_argument,
              "start '" + test.start + "': expected a duration such as 10m, or a time");
}

std::string expectation(const Expected& expected) {
  std::string text = expected.verdict;
  if (!expected.metric.empty()) text += " by " + expected.metric;
  if (expected.guard) text += *expected.guard ? " (guard)" : " (no guard)";
  if (!expected.after.empty()) text += " after " + expected.after.text();
  if (!expected.before.empty()) text += " before " + expected.before.text();
  return text;
}

}  // namespace

std::optional<Suite> read_suite(const std::string& file, const std::string& text,
                                config::Diagnostics& problems) {
  const auto documents = config::read_documents(file, text, problems);
  if (problems.has_errors() || documents.empty()) {
    if (documents.empty() && !problems.has_errors()) {
      config::Document empty{file, {}};
      config::Reporter(empty, problems).add(config::kMissingField, {}, "the file holds no tests");
    }
    return std::nullopt;
  }
  Suite suite;
  const config::Document& document = documents.front();
  const config::Reporter reporter(document, problems);
  const bool whole =
      config::read(document.root, {}, reporter, {.dialect = config::Dialect::serin}, suite);
  suite.file = file;
  for (std::size_t i = 0; i < suite.tests.size(); ++i) {
    suite.tests[i].line = document.root.locate(config::Path() / "tests" / i).line;
  }
  return whole ? std::optional(std::move(suite)) : std::nullopt;
}

Result<std::vector<std::optional<double>>> parse_values(const std::string& text) {
  std::vector<std::optional<double>> values;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(" \t\n", at)) != std::string::npos) {
    const std::size_t end = std::min(text.find_first_of(" \t\n", at), text.size());
    const std::string part = text.substr(at, end - at);
    at = end;
    auto wrong = [&] {
      return fail(Code::invalid_argument,
                  "'" + part + "': expected a number, a+bxn, axn, _ or _xn");
    };
    std::string_view rest = part;
    std::size_t times = 0;
    if (const std::size_t x = rest.rfind('x'); x != std::string_view::npos) {
      const std::string_view count = rest.substr(x + 1);
      auto [last, error] = std::from_chars(count.data(), count.data() + count.size(), times);
      if (error != std::errc() || last != count.data() + count.size()) return wrong();
      rest = rest.substr(0, x);
    }
    const bool repeated = rest.size() < part.size();
    if (values.size() + times + 1 > kSeriesSamplesMax) {
      return fail(Code::invalid_argument,
                  "more than " + std::to_string(kSeriesSamplesMax) + " samples");
    }
    if (rest == "_") {
      values.insert(values.end(), repeated ? times : 1, std::nullopt);
      continue;
    }
    double step = 0;
    // A sign that is not the number's own, nor its exponent's.
    std::size_t sign = rest.find_first_of("+-", 1);
    while (sign != std::string_view::npos && (rest[sign - 1] == 'e' || rest[sign - 1] == 'E')) {
      sign = rest.find_first_of("+-", sign + 1);
    }
    if (sign != std::string_view::npos) {
      if (!repeated) return wrong();
      auto number = queries::parse_sample_value(rest.substr(sign));
      if (!number) return wrong();
      step = *number;
      rest = rest.substr(0, sign);
    }
    auto first = queries::parse_sample_value(rest);
    if (!first) return wrong();
    for (std::size_t i = 0; i <= times; ++i) {
      values.emplace_back(*first + static_cast<double>(i) * step);
    }
  }
  return values;
}

Result<providers::Recording> written_recording(const SuiteTest& test) {
  const Duration interval = test.interval.value_or(kSuiteInterval);
  const auto step = std::chrono::duration_cast<std::chrono::milliseconds>(interval).count();
  std::vector<queries::Series> all;
  for (const WrittenSeries& written : test.series) {
    auto labels = providers::parse_series_name(written.series);
    if (!labels) {
      return fail(Code::invalid_argument, written.series + ": " + labels.error().message);
    }
    auto values = parse_values(written.values);
    if (!values) return std::unexpected(std::move(values).error().with(written.series));
    queries::Series series{std::move(*labels), {}};
    for (std::size_t i = 0; i < values->size(); ++i) {
      if (!(*values)[i]) continue;
      series.samples.push_back(
          {kSuiteEpochMs + static_cast<std::int64_t>(i) * step, *(*values)[i]});
    }
    all.push_back(std::move(series));
  }
  return providers::Recording(std::move(all));
}

CaseResult run_case(const SuiteTest& test, const ReplaySetup& setup,
                    const providers::Recording& recording) {
  CaseResult result;
  result.expected = expectation(test.expect);
  auto start = start_of(test, setup, recording);
  if (!start) {
    result.problem = start.error().to_string();
    return result;
  }
  if (Status answered = check_answers(setup, recording); !answered) {
    result.problem = answered.error().to_string();
    return result;
  }
  ReplayPlan plan = setup.replayed(recording, *start);
  plan.until = test.until.value();
  auto outcome = replay(recording, plan, *start);
  if (!outcome) {
    result.problem = outcome.error().to_string();
    return result;
  }
  result.got = fmt::format("{}{}{} at {:.0f}s: {}", to_string(outcome->verdict),
                           outcome->metric.empty() ? "" : " by " + outcome->metric,
                           outcome->guard ? " (guard)" : "", outcome->t_s, outcome->sentence);
  const Expected& expect = test.expect;
  const auto before = expect.before.value();
  const auto after = expect.after.value();
  result.passed = to_string(outcome->verdict) == expect.verdict &&
                  (expect.metric.empty() || outcome->metric == expect.metric) &&
                  (!expect.guard || outcome->guard == *expect.guard) &&
                  (!before || outcome->t_s <= to_seconds(*before)) &&
                  (!after || outcome->t_s >= to_seconds(*after));
  return result;
}

}  // namespace serin::app
