#include "analysis/templates/faults.h"

#include <gtest/gtest.h>

#include "unit/analysis/templates/testing.h"

namespace serin::analysis {
namespace {

// The metric `m` with more fields, as JSON members.
std::string fault(std::string_view more, std::string_view provider = R"({"web":{"url":"u"}})") {
  auto metric =
      metric_from_json(parse_json("{\"name\":\"m\",\"provider\":" + std::string(provider) +
                                  (more.empty() ? "" : ",") + std::string(more) + "}"),
                       config::Dialect::argo);
  if (!metric) return "decode: " + metric.error().message;
  Status status = check_metrics({*metric});
  return status ? "" : status.error().message;
}

TEST(Faults, ValidMetrics) {
  EXPECT_EQ(fault(""), "");
  EXPECT_EQ(fault(R"("interval":"30s")"), "");
  EXPECT_EQ(fault(R"("count":"3","interval":"1h30m15.5s","failureLimit":3)"), "");
  EXPECT_EQ(fault(R"("failureLimit":-1,"consecutiveSuccessLimit":2)"), "");
  EXPECT_EQ(fault(R"("interval":"-5s","unknown":{})"), "");
  EXPECT_EQ(fault("", R"({"plugin":{"a/b":{"x":1}}})"), "");
  for (const char* kind : {"influxdb", "skywalking", "graphite", "wavefront", "newRelic", "datadog",
                           "kayenta", "cloudWatch", "job"}) {
    EXPECT_EQ(fault("", "{\"" + std::string(kind) + "\":{}}"), "") << kind;
  }
}

TEST(Faults, InArgosWords) {
  EXPECT_EQ(fault(R"("consecutiveSuccessLimit":-1)"),
            "metrics[0]: consecutiveSuccessLimit must be >= 0");
  EXPECT_EQ(fault(R"("failureLimit":-2)"),
            "metrics[0]: failureLimit must be >= 0, or -1 to be disabled");
  EXPECT_EQ(fault(R"("failureLimit":-1)"),
            "metrics[0]: failureLimit and consecutiveSuccessLimit cannot both be disabled");
  EXPECT_EQ(fault(R"("inconclusiveLimit":-1)"), "metrics[0]: inconclusiveLimit must be >= 0");
  EXPECT_EQ(fault(R"("consecutiveErrorLimit":-1)"),
            "metrics[0]: consecutiveErrorLimit must be >= 0");
  EXPECT_EQ(
      fault(R"("count":1,"failureLimit":2)"),
      "metrics[0]: count (1) must be >= failureLimit + consecutiveSuccessLimit (2 + 0) if both "
      ">= 0");
  EXPECT_EQ(fault(R"("count":1,"failureLimit":-1,"consecutiveSuccessLimit":2)"),
            "metrics[0]: count must be >= consecutiveSuccessLimit");
  EXPECT_EQ(fault(R"("count":1,"inconclusiveLimit":2)"),
            "metrics[0]: count must be >= inconclusiveLimit");
  EXPECT_EQ(fault(R"("count":2)"), "metrics[0]: interval must be specified when count > 1");
  EXPECT_EQ(fault(R"("interval":"60")"),
            "metrics[0]: invalid interval string: time: missing unit in duration \"60\"");
  EXPECT_EQ(fault(R"("initialDelay":"1d")"),
            "metrics[0]: invalid startDelay string: time: unknown unit \"d\" in duration \"1d\"");
  EXPECT_EQ(fault("", "{}"), "metrics[0]: no provider specified");
  EXPECT_EQ(fault("", R"({"web":{"url":"u"},"job":{}})"),
            "metrics[0]: multiple providers specified");
  EXPECT_EQ(fault("", R"({"plugin":{"a":{},"b":{}}})"), "metrics[0]: multiple providers specified");
}

TEST(Faults, ADurationWaitsForItsArgumentsOnlyWhereTheyAreToCome) {
  auto metric = metric_from_json(
      parse_json(R"({"name":"m","interval":"{{args.i}}","provider":{"web":{"url":"u"}}})"),
      config::Dialect::argo);
  EXPECT_TRUE(faults_of(*metric, Placeholders::left_alone).empty());
  EXPECT_EQ(check_metrics({*metric}).error().message,
            "metrics[0]: invalid interval string: time: invalid duration \"{{args.i}}\"");
}

TEST(Faults, TheFirstInArgosOrder) {
  EXPECT_EQ(fault(R"("interval":"x","count":1,"inconclusiveLimit":2,"failureLimit":-2)", "{}"),
            "metrics[0]: failureLimit must be >= 0, or -1 to be disabled");
  EXPECT_EQ(fault(R"("interval":"x","initialDelay":"y")", "{}"),
            "metrics[0]: invalid interval string: time: invalid duration \"x\"");
}

TEST(Faults, NamesAreCheckedBeforeTheMetricItself) {
  EXPECT_EQ(check_metrics({}).error().message, "no metrics specified");
  auto good = metric_from_json(parse_json(R"({"name":"m","provider":{"web":{"url":"u"}}})"),
                               config::Dialect::argo);
  Metric bad = *good;
  bad.provider = {};
  EXPECT_EQ(check_metrics({*good, bad}).error().message, "metrics[1]: duplicate name 'm'");
}

TEST(Faults, GoSaysWhatIsWrongWithADuration) {
  EXPECT_EQ(go_duration_fault("1h30m"), "");
  EXPECT_EQ(go_duration_fault("0"), "");
  EXPECT_EQ(go_duration_fault("60 s"), "time: unknown unit \" s\" in duration \"60 s\"");
  EXPECT_EQ(go_duration_fault("+"), "time: invalid duration \"+\"");
  EXPECT_EQ(go_duration_fault("."), "time: invalid duration \".\"");
  EXPECT_EQ(go_duration_fault("1.s"), "");
  EXPECT_EQ(go_duration_fault("5m3"), "time: missing unit in duration \"5m3\"");
  EXPECT_EQ(go_duration_fault("9223372036854775808ns"),
            "time: invalid duration \"9223372036854775808ns\"");
}

TEST(Metric, DecodingRefusesWhatGoDoes) {
  EXPECT_TRUE(fault(R"("failureLimit":true)").starts_with("decode: "));
  EXPECT_TRUE(fault(R"("count":1.5)").starts_with("decode: "));
  EXPECT_EQ(fault(R"("count":"1.5")"), "") << "a text that is no number counts as not given";
  EXPECT_TRUE(fault("", "[]").starts_with("decode: "));
}

TEST(Metric, EffectiveCount) {
  auto count = [](std::string_view members) {
    auto metric = metric_from_json(parse_json("{\"name\":\"m\"" + std::string(members) + "}"),
                                   config::Dialect::argo);
    return metric->effective_count();
  };
  EXPECT_EQ(count(""), 1);
  EXPECT_EQ(count(R"(,"interval":"5s")"), std::nullopt);
  EXPECT_EQ(count(R"(,"interval":"5s","count":0)"), std::nullopt);
  EXPECT_EQ(count(R"(,"interval":"5s","count":"x")"), std::nullopt);
  EXPECT_EQ(count(R"(,"count":"x")"), 1);
  EXPECT_EQ(count(R"(,"interval":"5s","count":"7")"), 7);
}

}  // namespace
}  // namespace serin::analysis
