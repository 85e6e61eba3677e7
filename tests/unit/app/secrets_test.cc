#include "app/live/secrets.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "support/temp_dir.h"

namespace serin::app {
namespace {

class SecretsTest : public testing::Test {
 protected:
  void TearDown() override {
    ::unsetenv("SERIN_SECRETS");
    ::unsetenv("SERIN_SECRET_PROM_KEY_TOKEN");
  }
  void use_folder() { ::setenv("SERIN_SECRETS", folder_.path().c_str(), 1); }
  test::TempDir folder_;
};

TEST_F(SecretsTest, TheEnvironmentComesBeforeFiles) {
  (void)folder_.write("prom-key/token", "from a file\n");
  EXPECT_EQ(secret_value({"prom-key", "token"}).error().code, Code::not_found);
  use_folder();
  EXPECT_EQ(secret_value({"prom-key", "token"}), "from a file");
  ::setenv("SERIN_SECRET_PROM_KEY_TOKEN", "from the environment", 1);
  EXPECT_EQ(secret_value({"prom-key", "token"}), "from the environment");
}

TEST_F(SecretsTest, FilesAreWithinTheFolderAndBounded) {
  use_folder();
  (void)folder_.write("s/full", std::string(kSecretBytesMax, 'x'));
  (void)folder_.write("s/large", std::string(kSecretBytesMax + 1, 'x'));
  EXPECT_EQ(secret_value({"s", "full"})->size(), kSecretBytesMax);
  EXPECT_EQ(secret_value({"s", "large"}).error().code, Code::invalid_argument);
  EXPECT_EQ(secret_value({"..", "passwd"}).error().code, Code::invalid_argument);
  EXPECT_EQ(secret_value({"s", "../s/full"}).error().code, Code::invalid_argument);
  Error missing = secret_value({"s", "none"}).error();
  EXPECT_EQ(missing.code, Code::not_found);
  EXPECT_NE(missing.message.find("secrets \"s\" not found"), std::string::npos);
}

TEST_F(SecretsTest, FillsWhereAMetricIsAsked) {
  ::setenv("SERIN_SECRET_PROM_KEY_TOKEN", "a \"b\"", 1);
  analysis::Provider provider;
  provider.prometheus.emplace().address = "http://{{args.host}}:9090";
  provider.prometheus->headers.push_back({"Authorization", "Bearer {{args.token}}"});
  SecretReferences secrets{{"token", {"prom-key", "token"}}, {"unused", {"none", "none"}}};
  auto filled = with_secrets(provider, secrets);
  ASSERT_TRUE(filled) << filled.error().to_string();
  EXPECT_EQ(filled->prometheus->headers.at(0).value, "Bearer a \"b\"");
  EXPECT_EQ(filled->prometheus->address, "http://{{args.host}}:9090") << "no secret of ours";
  secrets["host"] = {"none", "none"};
  EXPECT_EQ(with_secrets(provider, secrets).error().code, Code::not_found);
}

}  // namespace
}  // namespace serin::app
