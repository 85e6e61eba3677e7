#include "app/live/secrets.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "analysis/templates/fields.h"
#include "analysis/templates/substitute.h"
#include "base/config/reader.h"
#include "base/config/writer.h"
#include "base/process.h"

namespace serin::app {
namespace {

std::string variable_of(const analysis::SecretKeyRef& reference) {
  std::string name = "SERIN_SECRET_" + reference.name + "_" + reference.key;
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    bool word = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word) c = '_';
  }
  return name;
}

bool is_one_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

Result<std::string> read_secret(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                       &std::fclose);
  if (file == nullptr) return fail(Code::not_found, "can't read " + path);
  std::string text(kSecretBytesMax + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (text.size() > kSecretBytesMax) {
    return fail(Code::invalid_argument,
                fmt::format("{} is larger than {} bytes", path, kSecretBytesMax));
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

Result<std::string> secret_value(const analysis::SecretKeyRef& reference) {
  std::string variable = variable_of(reference);
  if (auto value = environment_variable(variable.c_str())) return *value;
  auto folder = environment_variable("SERIN_SECRETS");
  if (!folder) {
    return fail(Code::not_found,
                fmt::format("secrets \"{}\" not found: neither ${} nor $SERIN_SECRETS is set",
                            reference.name, variable));
  }
  if (!is_one_name(reference.name) || !is_one_name(reference.key)) {
    return fail(Code::invalid_argument,
                fmt::format("'{}/{}' can't be a secret's file", reference.name, reference.key));
  }
  auto value = read_secret(fmt::format("{}/{}/{}", *folder, reference.name, reference.key));
  if (value || value.error().code == Code::invalid_argument) return value;
  return fail(Code::not_found, fmt::format("secrets \"{}\" not found: ${} is not set, and {}",
                                           reference.name, variable, value.error().message));
}

SecretReferences secrets_of(const rollout::PinnedPlan& plan) {
  SecretReferences all;
  auto add = [&](const rollout::PinnedAnalysis& analysis) {
    all.insert(analysis.secrets.begin(), analysis.secrets.end());
  };
  if (plan.background) add(*plan.background);
  for (const auto& [index, step] : plan.steps) add(step);
  if (plan.pre_promotion) add(*plan.pre_promotion);
  if (plan.post_promotion) add(*plan.post_promotion);
  return all;
}

namespace {

// What the placeholders of a text get, and which of them stay.
struct Filling {
  std::vector<analysis::Argument> values;
  std::set<std::string> others;
};

Result<Filling> filling_of(const Json& written, const SecretReferences& secrets) {
  Filling filling;
  for (const std::string& name : analysis::arguments_of(written)) {
    auto secret = secrets.find(name);
    if (secret == secrets.end()) {
      filling.others.insert(name);
      continue;
    }
    SERIN_TRY(value, secret_value(secret->second));
    filling.values.push_back({name, std::move(value), std::nullopt});
  }
  return filling;
}

}  // namespace

Result<std::map<std::string, std::string>> secrets_asked(const analysis::ReleasePolicy& policy,
                                                         const std::string& source,
                                                         const SecretReferences& secrets) {
  std::map<std::string, std::string> values;
  auto add = [&](const std::vector<analysis::PolicyMetric>& metrics) -> Status {
    for (const analysis::PolicyMetric& metric : metrics) {
      if (metric.source != source) continue;
      SERIN_TRY(filling, filling_of(metric.metric.written, secrets));
      for (analysis::Argument& argument : filling.values)
        values.emplace(std::move(argument.name), argument.value.value_or(""));
    }
    return {};
  };
  SERIN_CHECK(add(policy.metrics));
  SERIN_CHECK(add(policy.rules.metrics));
  for (const auto& [step, rules] : policy.step_rules) SERIN_CHECK(add(rules.metrics));
  return values;
}

Result<analysis::Metric> with_secrets(const analysis::Metric& metric,
                                      const SecretReferences& secrets) {
  SERIN_TRY(filling, filling_of(metric.written, secrets));
  if (filling.values.empty()) return metric;
  return analysis::resolve_metric(metric, filling.values, filling.others);
}

Result<analysis::Provider> with_secrets(const analysis::Provider& provider,
                                        const SecretReferences& secrets) {
  Json written = config::write(provider);
  SERIN_TRY(filling, filling_of(written, secrets));
  if (filling.values.empty()) return provider;
  SERIN_TRY(filled, analysis::substitute(written, filling.values, filling.others));
  return config::read_json<analysis::Provider>(filled, config::Dialect::serin);
}

}  // namespace serin::app
