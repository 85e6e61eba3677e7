// The configuration's files on the disk: all of a change, or none.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "app/fleet/configuration.h"
#include "support/temp_dir.h"

namespace serin::app {
namespace {

namespace fs = std::filesystem;

class ConfigDirectoryTest : public testing::Test {
 protected:
  // Everything that lies there, with what it says.
  std::map<std::string, std::string> all() {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::directory_iterator(dir_.path())) {
      found[entry.path().filename().string()] =
          entry.is_directory() ? "(directory)" : dir_.read(entry.path().filename().string());
    }
    return found;
  }
  using Found = std::map<std::string, std::string>;
  test::TempDir dir_;
};

TEST_F(ConfigDirectoryTest, IsReplacedByWhatIsGiven) {
  dir_.write("a.yaml", "one");
  dir_.write("b.yaml", "two");
  dir_.write("notes.txt", "stays");
  ASSERT_EQ(::chmod(dir_.file("a.yaml").c_str(), 0640), 0);
  ASSERT_TRUE(write_directory(dir_.path(), {{"a.yaml", "new"}, {"c.json", "{}"}}));
  EXPECT_EQ(all(), (Found{{"a.yaml", "new"}, {"c.json", "{}"}, {"notes.txt", "stays"}}));
  struct stat status {};
  ASSERT_EQ(::stat(dir_.file("a.yaml").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
}

TEST_F(ConfigDirectoryTest, AFileThatStaysAsItIsIsNotTouched) {
  dir_.write("a.yaml", "one");
  const std::string mark = directory_mark(dir_.path());
  ASSERT_TRUE(write_directory(dir_.path(), {{"a.yaml", "one"}}));
  EXPECT_EQ(directory_mark(dir_.path()), mark);
}

TEST_F(ConfigDirectoryTest, NothingIsChangedWhereOneFileCantBeWritten) {
  dir_.write("a.yaml", "one");
  dir_.write("b.yaml", "two");
  fs::create_directories(dir_.file("c.yaml.serin-new/taken"));
  const Found before = all();
  EXPECT_FALSE(write_directory(dir_.path(), {{"a.yaml", "new"}, {"c.yaml", "three"}}));
  EXPECT_EQ(all(), before);
  // Nor where something else has the name.
  fs::create_directories(dir_.file("d.yaml/taken"));
  const Found then = all();
  Status written = write_directory(dir_.path(), {{"a.yaml", "new"}, {"d.yaml", "four"}});
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("d.yaml is there"), std::string::npos);
  EXPECT_EQ(all(), then);
}

}  // namespace
}  // namespace serin::app
