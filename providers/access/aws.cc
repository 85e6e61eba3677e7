#include "providers/access/aws.h"

#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/process.h"

namespace serin::access {
namespace {

constexpr std::streamsize kFileMax = std::streamsize{1} << 20;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// The value of `key` in `[section]` of an INI file; "" where there is none.
std::string ini_value(std::string_view ini, std::string_view section, std::string_view key) {
  bool inside = false;
  while (!ini.empty()) {
    const std::size_t end = std::min(ini.find('\n'), ini.size());
    const std::string_view line = trimmed(ini.substr(0, end));
    ini.remove_prefix(std::min(end + 1, ini.size()));
    if (line.starts_with('[') && line.ends_with(']')) {
      inside = trimmed(line.substr(1, line.size() - 2)) == section;
    } else if (const std::size_t equals = line.find('='); inside &&
                                                          equals != std::string_view::npos &&
                                                          trimmed(line.substr(0, equals)) == key) {
      return std::string(trimmed(line.substr(equals + 1)));
    }
  }
  return {};
}

struct Files {
  std::string credentials;
  std::string config;
};

Files read_files(const AwsPlaces& places) {
  const auto read = [&](const char* variable, const char* name) {
    auto path = places.variable(variable);
    if (!path) path = places.variable("HOME").value_or("") + name;
    return places.file(*path).value_or("");
  };
  return {read("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"),
          read("AWS_CONFIG_FILE", "/.aws/config")};
}

}  // namespace

AwsPlaces AwsPlaces::real() {
  return {.variable = [](const char* name) { return environment_variable(name); },
          .file = [](const std::string& path) -> std::optional<std::string> {
            std::ifstream in(path, std::ios::binary);
            if (!in) return std::nullopt;
            std::string text(static_cast<std::size_t>(kFileMax), '\0');
            in.read(text.data(), kFileMax);
            text.resize(static_cast<std::size_t>(in.gcount()));
            return text;
          }};
}

Result<AwsAccess> aws_access(const AwsOptions& options, const AwsPlaces& places) {
  const Files files = read_files(places);
  const std::string profile = !options.profile.empty()
                                  ? options.profile
                                  : places.variable("AWS_PROFILE").value_or("default");
  const std::string section = profile == "default" ? profile : "profile " + profile;
  std::string region = options.region;
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (region.empty()) region = places.variable(name).value_or("");
  }
  if (region.empty()) region = ini_value(files.config, section, "region");
  if (region.empty()) {
    return fail(Code::invalid_argument,
                "region not configured in sigv4 or in default credentials chain");
  }
  HttpAuth auth;
  auth.kind = HttpAuth::Kind::aws_sigv4;
  auth.signing = "aws:amz:" + region + ":" + options.service;
  if (options.profile.empty()) {
    auth.user = places.variable("AWS_ACCESS_KEY_ID").value_or("");
    auth.password = places.variable("AWS_SECRET_ACCESS_KEY").value_or("");
    auth.token = places.variable("AWS_SESSION_TOKEN").value_or("");
  }
  if (auth.user.empty() || auth.password.empty()) {
    auth.user = ini_value(files.credentials, profile, "aws_access_key_id");
    auth.password = ini_value(files.credentials, profile, "aws_secret_access_key");
    auth.token = ini_value(files.credentials, profile, "aws_session_token");
  }
  if (auth.user.empty() || auth.password.empty()) {
    return fail(Code::unauthenticated,
                "could not get SigV4 credentials: neither the environment "
                "nor profile '" +
                    profile + "' has them");
  }
  return AwsAccess{.auth = std::move(auth),
                   .region = std::move(region),
                   .token_service = places.variable("AWS_ENDPOINT_URL_STS").value_or("")};
}

}  // namespace serin::access
