#include "providers/access/aws.h"

#include <gtest/gtest.h>

#include <map>

namespace serin::access {
namespace {

using Texts = std::map<std::string, std::string>;

AwsPlaces places(Texts variables, Texts files = {}) {
  const auto lookup = [](Texts texts) {
    return [texts = std::move(texts)](const std::string& name) -> std::optional<std::string> {
      const auto found = texts.find(name);
      if (found == texts.end()) return std::nullopt;
      return found->second;
    };
  };
  return {.variable = lookup(std::move(variables)), .file = lookup(std::move(files))};
}

const Texts kFiles{{"/h/.aws/credentials",
                    "[default]\naws_access_key_id = AK1\naws_secret_access_key=S1\n"
                    "[team]\n aws_access_key_id=AK2 \r\naws_secret_access_key = S2\n"
                    "aws_session_token = T2\n"},
                   {"/h/.aws/config",
                    "[default]\nregion=eu-west-1\n[profile team]\n"
                    "region = us-east-2\n"}};

TEST(Aws, TakesTheEnvironmentFirst) {
  const auto access =
      aws_access({.region = "eu-north-1"}, places({{"AWS_ACCESS_KEY_ID", "AK"},
                                                   {"AWS_SECRET_ACCESS_KEY", "S"},
                                                   {"AWS_SESSION_TOKEN", "T"},
                                                   {"AWS_ENDPOINT_URL_STS", "http://sts"},
                                                   {"HOME", "/h"}},
                                                  kFiles));
  ASSERT_TRUE(access);
  EXPECT_EQ(access->auth.kind, HttpAuth::Kind::aws_sigv4);
  EXPECT_EQ(access->auth.signing, "aws:amz:eu-north-1:aps");
  EXPECT_EQ(access->auth.user + "/" + access->auth.password + "/" + access->auth.token, "AK/S/T");
  EXPECT_EQ(access->region, "eu-north-1");
  EXPECT_EQ(access->token_service, "http://sts");
}

TEST(Aws, TakesTheProfilesOfTheFiles) {
  const auto first = aws_access({}, places({{"HOME", "/h"}}, kFiles));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->auth.signing + first->auth.user, "aws:amz:eu-west-1:apsAK1");
  EXPECT_EQ(first->token_service, "");
  const auto named = aws_access(
      {.profile = "team"},
      places({{"HOME", "/h"}, {"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "S"}},
             kFiles));
  ASSERT_TRUE(named);
  EXPECT_EQ(named->auth.signing + named->auth.user + named->auth.token,
            "aws:amz:us-east-2:apsAK2T2");
  const auto elsewhere = aws_access(
      {.region = "r"},
      places({{"AWS_SHARED_CREDENTIALS_FILE", "/c"}}, {{"/c", kFiles.at("/h/.aws/credentials")}}));
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ(elsewhere->auth.user, "AK1");
}

TEST(Aws, SaysWhatIsMissing) {
  EXPECT_EQ(aws_access({}, places({})).error().message,
            "region not configured in sigv4 or in default credentials chain");
  const auto none = aws_access({.region = "r", .profile = "nobody"}, places({}, kFiles));
  EXPECT_EQ(none.error().code, Code::unauthenticated);
  EXPECT_NE(none.error().message.find("profile 'nobody'"), std::string::npos);
}

}  // namespace
}  // namespace serin::access
