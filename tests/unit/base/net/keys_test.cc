#include "base/net/crypto/keys.h"

#include <gtest/gtest.h>

#include <set>

namespace serin {
namespace {

TEST(Keys, AreLongAndNeverTheSame) {
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    std::string key = random_key();
    EXPECT_EQ(key.size(), 43U);
    EXPECT_EQ(
        key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos)
        << key;
    EXPECT_TRUE(keys.insert(key).second);
  }
}

}  // namespace
}  // namespace serin
