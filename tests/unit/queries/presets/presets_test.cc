#include "queries/presets/presets.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace serin::queries {
namespace {

TEST(Presets, EverySystemHasErrorsLatencyAndTraffic) {
  std::set<std::string_view> systems;
  for (const Preset& preset : presets()) systems.insert(preset.system);
  EXPECT_EQ(systems.size(), 10U);
  for (const std::string_view system : systems) {
    EXPECT_EQ((*find_preset(system, "errors"))->kind, Comparison::Kind::errors);
    EXPECT_EQ((*find_preset(system, "latency"))->kind, Comparison::Kind::histogram);
    EXPECT_EQ((*find_preset(system, "traffic"))->kind, Comparison::Kind::rate);
  }
}

TEST(Presets, MakeComparisons) {
  for (const Preset& preset : presets()) {
    const std::string name = std::string(preset.system) + " " + std::string(preset.metric);
    const auto selectors = scoped(preset, "team=\"a\"");
    ASSERT_TRUE(selectors) << name << ": " << selectors.error().to_string();
    const auto comparison = preset.kind == Comparison::Kind::errors
                                ? Comparison::errors(selectors->events, selectors->total)
                            : preset.kind == Comparison::Kind::histogram
                                ? Comparison::histogram(selectors->events)
                                : Comparison::rate(selectors->events);
    ASSERT_TRUE(comparison) << name << ": " << comparison.error().to_string();
    const auto asked = comparison->asked(
        {std::string(preset.label), "v2", "v1", std::string(preset.instance), false});
    ASSERT_TRUE(asked && *asked) << name;
    const std::string text = (*asked)->to_string();
    EXPECT_NE(text.find("team=\"a\""), std::string::npos) << text;
    EXPECT_NE(text.find(std::string(preset.label) + "=~\""), std::string::npos) << text;
    EXPECT_EQ(preset.successful_only && preset.metric != "latency", false);
  }
}

TEST(Presets, LatencyIsOfSuccessfulRequestsWhereTheSystemTells) {
  for (const char* system :
       {"istio", "linkerd", "micrometer", "nginx-ingress", "otel-http", "prometheus", "traefik"}) {
    const Preset& preset = **find_preset(system, "latency");
    EXPECT_TRUE(preset.successful_only) << system;
    EXPECT_NE(preset.events.find("!"), std::string_view::npos) << preset.events;
  }
}

TEST(Presets, MoreMatchersTakeThePlaceOfTheirOwn) {
  const Preset& preset = **find_preset("istio", "errors");
  const auto selectors = scoped(preset, R"(reporter="source",namespace=~"a|b")");
  ASSERT_TRUE(selectors);
  EXPECT_EQ(selectors->total, R"(istio_requests_total{reporter="source",namespace=~"a|b"})");
  EXPECT_NE(selectors->events.find(R"(response_code=~"0|5..")"), std::string::npos);
  EXPECT_EQ(scoped(preset, "")->total, R"(istio_requests_total{reporter="destination"})");
  for (const char* wrong : {"prod", "a=", "} or up{", "rate(x[5m])"}) {
    EXPECT_EQ(scoped(preset, wrong).error().code, Code::invalid_argument) << wrong;
  }
}

TEST(Presets, NamesWhatThereIs) {
  EXPECT_NE(find_preset("apache", "errors").error().message.find("haproxy, istio"),
            std::string::npos);
  EXPECT_NE(find_preset("istio", "saturation").error().message.find("errors, latency and traffic"),
            std::string::npos);
}

}  // namespace
}  // namespace serin::queries
