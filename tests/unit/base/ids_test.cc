#include "base/ids.h"

#include <gtest/gtest.h>

namespace serin {
namespace {

using namespace std::chrono_literals;

Now at(std::int64_t unix_ms) {
  return {.mono = Instant(1s), .wall = from_unix_ms(unix_ms)};
}

TEST(Id, TextSortsAsTimeDoes) {
  IdSource ids(Rng(1));
  Id previous = ids.next(at(1'000));
  for (std::int64_t ms : std::initializer_list<std::int64_t>{1'000, 1'000, 1'001, 5'000, 4'000,
                                                             4'001, 5'000, 1'763'713'800'000}) {
    Id id = ids.next(at(ms));
    EXPECT_LT(previous, id);
    EXPECT_LT(previous.to_string(), id.to_string());
    previous = id;
  }
  EXPECT_EQ(previous.time(), from_unix_ms(1'763'713'800'000));
}

TEST(Id, TextReadsBack) {
  IdSource ids(Rng(2));
  for (int i = 0; i < 1'000; ++i) {
    Id id = ids.next(at(i * 1'000'000'007LL));
    ASSERT_EQ(id.to_string().size(), 26U);
    auto back = Id::parse(id.to_string());
    ASSERT_TRUE(back);
    ASSERT_EQ(*back, id);
  }
  Id greatest{~std::uint64_t{0}, ~std::uint64_t{0}};
  EXPECT_EQ(greatest.to_string(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(*Id::parse("7zzzzzzzzzzzzzzzzzzzzzzzzz"), greatest);
}

TEST(Id, RefusesOtherTexts) {
  for (const char* text :
       {"", "7ZZZZZZZZZZZZZZZZZZZZZZZZ", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "7ZZZZZZZZZZZZZZZZZZZZZZZZU",
        "7ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "7ZZZZZZZZZZZ-ZZZZZZZZZZZZZ"}) {
    EXPECT_FALSE(Id::parse(text)) << text;
  }
}

TEST(Id, FollowsTheGreatestOneFromBefore) {
  // Two ids of one millisecond differ by one: also where the low half is full.
  Id last{.high = 5, .low = ~std::uint64_t{0}};
  IdSource ids(Rng(4), last);
  EXPECT_EQ(ids.next(at(0)), (Id{.high = 6, .low = 0}));
}

TEST(Id, SameSeedSameIds) {
  IdSource first(Rng(3));
  IdSource second(Rng(3));
  EXPECT_EQ(first.next(at(7)), second.next(at(7)));
  EXPECT_EQ(first.next(at(7)), second.next(at(7)));
}

}  // namespace
}  // namespace serin
