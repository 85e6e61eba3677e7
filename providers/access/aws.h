// Credentials for signed requests to AWS (Amazon Managed Service for Prometheus): from the
// environment, or from the files that the AWS tools keep.
//
//   SERIN_TRY(auth, aws_signature({.region = "eu-west-1", .profile = ""}, AwsPlaces::real()));
//
// It takes no roles (sigv4.roleArn) and asks no metadata service.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/net/http_client.h"

namespace serin::access {

struct AwsOptions {
  std::string region{};    // "": AWS_REGION, AWS_DEFAULT_REGION, or the profile's
  std::string profile{};   // "": AWS_PROFILE, or "default"
  std::string role_arn{};  // refused where given
  std::string service = "aps";
};

// Where credentials lie; a test gives its own.
struct AwsPlaces {
  std::function<std::optional<std::string>(const char* name)> variable;
  std::function<std::optional<std::string>(const std::string& path)> file;
  static AwsPlaces real();
};

// Errors: invalid_argument (no region, a role), unauthenticated (no credentials).
Result<HttpAuth> aws_signature(const AwsOptions& options, const AwsPlaces& places);

}  // namespace serin::access
