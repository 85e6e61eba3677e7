// Credentials for signed requests to AWS (Amazon Managed Service for Prometheus): from the
// environment, or from the files that the AWS tools keep.
//
//   SERIN_TRY(aws, aws_access({.region = "eu-west-1", .profile = ""}, AwsPlaces::real()));
//   request.auth = aws.auth;
//
// It asks no metadata service; aws_role.h takes roles.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/net/http_client.h"

namespace serin::access {

struct AwsOptions {
  std::string region{};   // "": AWS_REGION, AWS_DEFAULT_REGION, or the profile's
  std::string profile{};  // "": AWS_PROFILE, or "default"
  std::string service = "aps";
};

struct AwsAccess {
  HttpAuth auth{};
  std::string region{};
  std::string token_service{};  // AWS_ENDPOINT_URL_STS; "": the region's
};

// Where credentials lie; a test gives its own.
struct AwsPlaces {
  std::function<std::optional<std::string>(const char* name)> variable;
  std::function<std::optional<std::string>(const std::string& path)> file;
  static AwsPlaces real();
};

// Errors: invalid_argument (no region), unauthenticated (no credentials).
Result<AwsAccess> aws_access(const AwsOptions& options, const AwsPlaces& places);

}  // namespace serin::access
