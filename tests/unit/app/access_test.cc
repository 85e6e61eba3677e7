// Tokens, who is who, and how often they may ask.
#include "app/access/access.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "app/access/limits.h"
#include "support/temp_dir.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

const Now kNow{Instant(1h), WallTime(1'700'000'000s)};

class TokenTest : public testing::Test {
 protected:
  TokenBook book() {
    auto opened = TokenBook::open(dir_.path());
    EXPECT_TRUE(opened) << opened.error().to_string();
    return *std::move(opened);
  }
  std::string text() {
    std::ifstream in(dir_.path() + "/tokens.json");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  test::TempDir dir_;
};

TEST_F(TokenTest, IsKnownByItsTextAloneAndKeptAsADigest) {
  TokenBook one = book();
  auto made = one.create({.name = "ci", .role = Role::operator_}, kNow.wall);
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_TRUE(made->text.starts_with("srn_"));
  std::string secret = made->text.substr(made->text.find('_', 4) + 1);
  EXPECT_EQ(text().find(secret), std::string::npos) << "only its digest is kept";
  TokenBook other = book();  // as a server reads what the command line wrote
  const Token* found = other.find(made->text, kNow.wall);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "ci");
  EXPECT_EQ(found->role, Role::operator_);
  EXPECT_FALSE(found->may_override);
  std::string wrong = made->text;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(other.find(wrong, kNow.wall), nullptr);
  for (const char* none : {"", "srn_", "srn__", "ci", "srn_x_y"})
    EXPECT_EQ(other.find(none, kNow.wall), nullptr) << none;
}

TEST_F(TokenTest, EndsWhenItExpiresOrIsRevoked) {
  TokenBook one = book();
  TokenBook server = book();
  auto made = one.create({.name = "ci", .life = 1h}, kNow.wall);
  ASSERT_TRUE(made);
  ASSERT_TRUE(server.refresh());
  EXPECT_NE(server.find(made->text, kNow.wall + 1h - 1ns), nullptr);
  EXPECT_EQ(server.find(made->text, kNow.wall + 1h), nullptr);
  ASSERT_TRUE(one.revoke("ci"));
  ASSERT_TRUE(server.refresh());
  EXPECT_EQ(server.find(made->text, kNow.wall), nullptr);
  EXPECT_EQ(one.revoke("ci").error().code, Code::not_found);
}

TEST_F(TokenTest, NamesAreBoundedAndUsedOnce) {
  TokenBook one = book();
  EXPECT_FALSE(one.create({.name = ""}, kNow.wall));
  EXPECT_FALSE(one.create({.name = "a\nb"}, kNow.wall));
  EXPECT_FALSE(one.create({.name = std::string(TokenBook::kNameMax + 1, 'a')}, kNow.wall));
  EXPECT_TRUE(one.create({.name = std::string(TokenBook::kNameMax, 'a')}, kNow.wall));
  ASSERT_TRUE(one.create({.name = "ci"}, kNow.wall));
  EXPECT_EQ(one.create({.name = "ci"}, kNow.wall).error().code, Code::failed_precondition);
}

TEST_F(TokenTest, AFileThatOthersMayWriteOrThatIsDamagedIsRefused) {
  ASSERT_TRUE(book().create({.name = "ci"}, kNow.wall));
  std::string path = dir_.path() + "/tokens.json";
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(::chmod(path.c_str(), 0622), 0);
  EXPECT_EQ(TokenBook::open(dir_.path()).error().code, Code::failed_precondition);
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  dir_.write("tokens.json", "{\"tokens\":[{}]}");
  EXPECT_EQ(TokenBook::open(dir_.path()).error().code, Code::data_loss);
}

class AccessTest : public TokenTest {
 protected:
  Access access(AccessOptions options = {}) {
    TokenBook tokens = book();
    if (auto made = tokens.create({.name = "ci", .role = Role::operator_}, kNow.wall))
      token_ = made->text;
    options.socket_user = "ana";
    options.certificate_roles["deployer"] = Role::operator_;
    return Access(std::move(options), std::move(tokens));
  }
  static HttpServerRequest from(const std::string& peer, HttpHeaders headers = {}) {
    headers.emplace_back("host", "localhost:8443");
    return {
        .method = "GET", .target = "/", .path = "/", .headers = std::move(headers), .peer = peer};
  }
  static Role role_of(const Result<Principal>& who) { return who ? who->role : Role::none; }
  std::string token_;
};

TEST_F(AccessTest, LoopbackReadsAndNobodyElseIsLetIn) {
  Access door = access();
  EXPECT_EQ(role_of(door.identify(from("127.0.0.1:4"), kNow)), Role::viewer);
  EXPECT_EQ(role_of(door.identify(from("[::1]:4"), kNow)), Role::viewer);
  EXPECT_EQ(door.identify(from("10.0.0.1:4"), kNow).error().code, Code::unauthenticated);
  EXPECT_EQ(door.identify(from("127.0.0.1:4", {{"authorization", "Basic x"}}), kNow).error().code,
            Code::unauthenticated);
  auto wrong = door.identify(from("127.0.0.1:4", {{"authorization", "Bearer srn_a_b"}}), kNow);
  EXPECT_EQ(wrong.error().code, Code::unauthenticated) << "a wrong token is worse than none";
  auto token = door.identify(from("10.0.0.1:4", {{"authorization", "Bearer " + token_}}), kNow);
  EXPECT_EQ(role_of(token), Role::operator_);
  EXPECT_EQ(token->actor, "token:ci");
  auto socket = door.identify(from(""), kNow);
  EXPECT_EQ(role_of(socket), Role::admin);
  EXPECT_EQ(socket->actor, "user:ana");
}

TEST_F(AccessTest, AnotherSitesNameForLoopbackIsNotBelieved) {
  Access door = access();
  for (const char* host : {"evil.example", "evil.example:8443", "127.0.0.1.evil.example",
                           "127.0.0.1.evil.example:8443", ""}) {
    HttpServerRequest request = from("127.0.0.1:4");
    request.headers.back().second = host;
    auto identity = door.identify(request, kNow);
    ASSERT_FALSE(identity) << host;
    EXPECT_EQ(identity.error().code, Code::unauthenticated) << host;
  }
}

TEST_F(AccessTest, CertificatesHaveTheRoleOfTheirName) {
  Access door = access();
  HttpServerRequest request = from("10.0.0.1:4");
  request.client_name = "deployer";
  EXPECT_EQ(role_of(door.identify(request, kNow)), Role::operator_);
  request.client_name = "stranger";
  EXPECT_EQ(door.identify(request, kNow).error().code, Code::permission_denied);
}

TEST_F(AccessTest, ReadOnlyHoldsForEverybody) {
  Access door = access({.read_only = true});
  EXPECT_EQ(role_of(door.identify(from(""), kNow)), Role::viewer);
  EXPECT_EQ(
      role_of(door.identify(from("127.0.0.1:1", {{"authorization", "Bearer " + token_}}), kNow)),
      Role::viewer);
}

TEST_F(AccessTest, InsecureLoopbackOperatesButNotForOtherSites) {
  Access door = access({.insecure = true});
  HttpServerRequest request = from("127.0.0.1:4");
  request.method = "POST";
  EXPECT_EQ(role_of(door.identify(request, kNow)), Role::operator_);
  request.headers.emplace_back("origin", "https://evil.example");
  EXPECT_EQ(door.identify(request, kNow).error().code, Code::permission_denied);
  request.headers.back().second = "http://localhost:8443";
  EXPECT_EQ(role_of(door.identify(request, kNow)), Role::operator_);
  EXPECT_EQ(door.identify(from("10.0.0.1:4"), kNow).error().code, Code::unauthenticated);
}

TEST(RateLimiter, GivesABurstAndThenARate) {
  RateLimiter limiter({.rate = 2, .burst = 3});
  Instant now(1h);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limiter.take("a", now));
  auto wait = limiter.take("a", now);
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, 500ms);
  EXPECT_FALSE(limiter.take("b", now)) << "others have their own";
  EXPECT_FALSE(limiter.take("a", now + 500ms));
  EXPECT_TRUE(limiter.take("a", now + 500ms));
}

TEST(RateLimiter, KnowsABoundedNumberOfNames) {
  RateLimiter limiter({.rate = 1, .burst = 2});
  Instant now(1h);
  for (std::size_t i = 0; i < RateLimiter::kNamesMax; ++i)
    EXPECT_FALSE(limiter.take(std::to_string(i), now));
  EXPECT_TRUE(limiter.take("one more", now));
  EXPECT_FALSE(limiter.take("one more", now + 2s)) << "those that are full again are forgotten";
}

}  // namespace
}  // namespace serin::app
