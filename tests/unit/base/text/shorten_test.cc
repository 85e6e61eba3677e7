#include "base/text/shorten.h"

#include <gtest/gtest.h>

namespace serin {
namespace {

TEST(Shortened, KeepsTheBoundAndWholeCharacters) {
  EXPECT_EQ(shortened("", 3), "");
  EXPECT_EQ(shortened("12345678", 8), "12345678");
  EXPECT_EQ(shortened("123456789", 8), "12345…");
  EXPECT_EQ(shortened("über alles", 9), "über …");
  EXPECT_EQ(shortened("1234ßß78", 8), "1234…") << "the character would end behind the bound";
  EXPECT_EQ(shortened("1234567", 3), "…");
  const std::string broken(10, '\x80');
  EXPECT_EQ(shortened(broken, 8), "…");
  for (std::size_t bound = 3; bound < 30; ++bound)
    EXPECT_LE(shortened("aé€𝄞aé€𝄞aé€𝄞aé€𝄞", bound).size(), bound);
}

}  // namespace
}  // namespace serin
