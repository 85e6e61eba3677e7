// Who may open the store, and what its files look like.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/store/check.h"
#include "unit/drivers/store_fixture.h"

namespace serin::store {
namespace {

using testing::Test;

mode_t mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777U;
}

TEST_F(StoreTest, FilesAreTheOwnersAlone) {
  mode_t before = ::umask(0);  // the most generous umask must not matter
  {
    auto store = open();
    ASSERT_TRUE(append(*store, {record("checkout-1", 1)}));
    EXPECT_EQ(mode_of(directory()), 0700U);
    for (const char* name : {"/journal.db", "/journal.db-wal", "/journal.db-shm", "/lock"}) {
      EXPECT_EQ(mode_of(directory() + name), 0600U) << name;
    }
  }
  // A file that somebody restored from a backup with a wider mode.
  ASSERT_EQ(::chmod((directory() + "/journal.db").c_str(), 0644), 0);
  auto store = open();
  EXPECT_EQ(mode_of(directory() + "/journal.db"), 0600U);
  ::umask(before);
}

TEST_F(StoreTest, ADirectoryThatOthersMayReadIsRefused) {
  ASSERT_EQ(::mkdir(directory().c_str(), 0700), 0);
  ASSERT_EQ(::chmod(directory().c_str(), 0750), 0);
  Error error = open_error();
  EXPECT_EQ(error.code, Code::failed_precondition);
  EXPECT_EQ(error.message, directory() +
                               " has mode 0750, so that others could read or replace the journal: "
                               "chmod 0700 " +
                               directory());
  EXPECT_EQ(mode_of(directory()), 0750U);
}

TEST_F(StoreTest, TheSecondOpenerIsToldWhoHasIt) {
  auto store = open();
  Error error = open_error();
  EXPECT_EQ(error.code, Code::failed_precondition);
  EXPECT_NE(error.message.find("held by process " + std::to_string(::getpid()) + ":"),
            std::string::npos)
      << error.message;
  // Readers come in beside.
  ASSERT_TRUE(append(*store, {record("checkout-1", 1)}));
  EXPECT_EQ(read("checkout-1").size(), 1U);
  auto repair = repair_journal(directory(), kNoon);
  ASSERT_FALSE(repair);
  EXPECT_EQ(repair.error().code, Code::failed_precondition);
  store.reset();
  EXPECT_TRUE(open());
}

TEST_F(StoreTest, ANewerSchemaIsLeftAlone) {
  open().reset();
  {
    auto database = Database::open({.path = directory() + "/journal.db"});
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("PRAGMA user_version=3"));
  }
  Error error = open_error();
  EXPECT_EQ(error.code, Code::failed_precondition);
  EXPECT_EQ(error.message, directory() +
                               "/journal.db has schema version 3, this serin reads version 2: use "
                               "the serin that wrote it, or a newer one");
}

TEST_F(StoreTest, AnotherProgramsDatabaseIsLeftAlone) {
  ASSERT_EQ(::mkdir(directory().c_str(), 0700), 0);
  {
    auto database = Database::open({.path = directory() + "/journal.db", .create = true});
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("CREATE TABLE songs(name TEXT)"));
  }
  std::string before = dir_.read("state/journal.db");
  EXPECT_EQ(open_error().code, Code::failed_precondition);
  EXPECT_EQ(dir_.read("state/journal.db"), before);
}

TEST_F(StoreTest, WhatIsNoDatabaseIsLeftAlone) {
  ASSERT_EQ(::mkdir(directory().c_str(), 0700), 0);
  for (std::string text : {std::string("hello"), std::string(100'000, '\0'),
                           std::string("SQLite format 2 but not quite").substr(0, 16)}) {
    dir_.write("state/journal.db", text);
    Error error = open_error();
    EXPECT_EQ(error.code, Code::data_loss) << error.message;
    EXPECT_NE(error.message.find("serin journal check"), std::string::npos) << error.message;
    EXPECT_EQ(dir_.read("state/journal.db"), text);
  }
}

TEST_F(StoreTest, ATruncatedFileIsToldAtOnce) {
  {
    auto store = open();
    for (std::uint64_t i = 1; i <= 50; ++i) {
      ASSERT_TRUE(append(*store, {record("checkout-1", i, std::string(2000, 'x'))}));
    }
  }
  std::string whole = dir_.read("state/journal.db");
  for (std::size_t size :
       {whole.size() - 1, whole.size() - 4096, whole.size() / 2, std::size_t{5000},
        std::size_t{4096}, std::size_t{100}, std::size_t{17}}) {
    dir_.write("state/journal.db", whole.substr(0, size));
    Error error = open_error();
    EXPECT_EQ(error.code, Code::data_loss) << size << ": " << error.message;
    EXPECT_EQ(dir_.read("state/journal.db").size(), size);
    EXPECT_FALSE(check_journal(directory())->ok()) << size;
  }
}

TEST_F(StoreTest, AReaderNeedsAJournal) {
  auto none = Reader::open(dir_.file("nowhere"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::not_found);
  ASSERT_EQ(::mkdir(directory().c_str(), 0700), 0);
  auto empty = Reader::open(directory());
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, Code::not_found);
}

TEST_F(StoreTest, ADirectoryThatCanNotBeMadeIsAnError) {
  StoreOptions options;
  options.directory = dir_.file("a/b/c");
  auto store = Store::open(options, loop_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::not_found);
  dir_.write("plain", "file");
  options.directory = dir_.file("plain");
  store = Store::open(options, loop_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::failed_precondition);
}

}  // namespace
}  // namespace serin::store
