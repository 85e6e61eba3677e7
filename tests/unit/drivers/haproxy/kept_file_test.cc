#include "drivers/routers/kept_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/net/asio_loop.h"
#include "base/real_clock.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace serin::drivers {
namespace {

TEST(HaproxyKeptFile, OneValueOfAMapIsChanged) {
  std::string text = "# shares, in 0.01 %\nshop 0\n\n  cart\t7\nshop.base 5\nshop 3\n";
  EXPECT_EQ(with_map_value(text, "shop", "10000"),
            "# shares, in 0.01 %\nshop 10000\n\n  cart\t7\nshop.base 5\nshop 3\n");
  EXPECT_EQ(with_map_value(text, "cart", "8"),
            "# shares, in 0.01 %\nshop 0\n\ncart 8\nshop.base 5\nshop 3\n");
  EXPECT_EQ(with_map_value("", "shop", "0"), "shop 0\n");
  EXPECT_EQ(with_map_value("a 1", "shop", "0"), "a 1\nshop 0\n");
  EXPECT_EQ(with_map_value("shopping 1\n", "shop", "0"), "shopping 1\nshop 0\n");
}

class HaproxyKeptFileTest : public testing::Test {
 protected:
  Status keep(KeptFile& file, KeptFile::Edit edit) {
    std::optional<Status> got;
    file.keep(std::move(edit), [&](Status status) { got = std::move(status); });
    EXPECT_FALSE(got);
    EXPECT_TRUE(loop_.run_until([&] { return got.has_value(); }, test::kPatience));
    return got.value_or(fail(Code::internal, "no answer"));
  }
  test::TempDir dir_;
  RealClock clock_;
  AsioLoop loop_{clock_};
};

TEST_F(HaproxyKeptFileTest, AFileIsReplacedWithItsMode) {
  std::string path = dir_.write("share.map", "shop 0\n");
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  KeptFile file(loop_, path);
  ASSERT_TRUE(keep(file, [](const std::string& text) { return text + "cart 1\n"; }));
  EXPECT_EQ(dir_.read("share.map"), "shop 0\ncart 1\n");
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0640U);
  // What stays the same is not written: the file is the same one.
  ino_t inode = info.st_ino;
  ASSERT_TRUE(keep(file, [](std::string text) { return text; }));
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_ino, inode);
}

TEST_F(HaproxyKeptFileTest, WhatCanNotBeWrittenIsSaid) {
  KeptFile none(loop_, dir_.file("none.map"));
  auto status = keep(none, [](std::string text) { return text; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::not_found);
  EXPECT_NE(status.error().message.find("none.map"), std::string::npos);
  // A directory stands where the new file would be written.
  std::string path = dir_.write("a.map", "shop 0\n");
  ASSERT_EQ(::mkdir((path + ".new").c_str(), 0700), 0);
  KeptFile blocked(loop_, path);
  status = keep(blocked, [](const std::string&) { return "shop 1\n"; });
  ASSERT_FALSE(status);
  EXPECT_EQ(dir_.read("a.map"), "shop 0\n");
}

TEST_F(HaproxyKeptFileTest, FilesAreBounded) {
  std::string path = dir_.write("large.map", std::string(KeptFile::kBytesMax, 'x'));
  EXPECT_TRUE(read_file(path, KeptFile::kBytesMax));
  auto over = read_file(path, KeptFile::kBytesMax - 1);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Code::data_loss);
}

TEST_F(HaproxyKeptFileTest, TheLastEditWins) {
  std::string path = dir_.write("share.map", "");
  KeptFile file(loop_, path);
  int done = 0;
  int cancelled = 0;
  for (int i = 1; i <= 50; ++i) {
    file.keep([i](const std::string&) { return std::to_string(i); },
              [&](Status status) {
                ++done;
                if (!status) cancelled += status.error().code == Code::cancelled ? 1 : 1000;
              });
  }
  ASSERT_TRUE(loop_.run_until([&] { return done == 50; }, test::kPatience));
  EXPECT_LT(cancelled, 50);
  EXPECT_EQ(dir_.read("share.map"), "50");
}

}  // namespace
}  // namespace serin::drivers
