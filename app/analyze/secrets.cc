#include "app/analyze/secrets.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "analysis/templates/substitute.h"
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

Result<analysis::Metric> with_secrets(
    const analysis::Metric& metric, const std::map<std::string, analysis::SecretKeyRef>& secrets) {
  auto named = analysis::arguments_of(metric.written);
  std::vector<analysis::Argument> values;
  std::set<std::string> others;
  for (const std::string& name : named) {
    auto secret = secrets.find(name);
    if (secret == secrets.end()) {
      others.insert(name);
      continue;
    }
    SERIN_TRY(value, secret_value(secret->second));
    values.push_back({name, std::move(value), std::nullopt});
  }
  if (values.empty()) return metric;
  return analysis::resolve_metric(metric, values, others);
}

}  // namespace serin::app
