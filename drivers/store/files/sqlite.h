// The few things that the store needs of SQLite, as values and errors of ours.
//
//   SERIN_TRY(database, Database::open({.path = file}));
//   SERIN_TRY(insert, database.prepare("INSERT INTO t(a, b) VALUES(?1, ?2)"));
//   SERIN_CHECK(insert.run(42, "text"));
//   SERIN_TRY(select, database.prepare("SELECT a FROM t"));
//   select.bind();
//   for (;;) { SERIN_TRY(more, select.step()); if (!more) break; … select.integer(0) … }
//
// Errors: data_loss (damaged, no database, or other tables than ours), unavailable (full,
// read-only, input/output, busy), permission_denied (may not be opened), internal (a constraint).
// It is no general wrapper: text and 64-bit integers only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace serin::store {

// Thread: one owner. The Database outlives it.
class Statement {
 public:
  Statement(Statement&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), database_(other.database_) {}
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Starts the statement anew with these parameters: integers, bool, text, optional integers.
  template <class... Values>
  void bind(const Values&... values) {
    reset();
    int index = 0;
    (bind_one(++index, values), ...);
  }
  // Binds and runs to the end.
  template <class... Values>
  Status run(const Values&... values) {
    bind(values...);
    Result<bool> more = step();
    reset();
    if (!more) return std::unexpected(std::move(more).error());
    return {};
  }
  // True where there is a row to read. The last step ends the statement's hold on the database.
  Result<bool> step();
  void reset();

  std::int64_t integer(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  Statement(sqlite3_stmt* statement, sqlite3* database)
      : statement_(statement), database_(database) {}
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, std::uint64_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, int value) { bind_one(index, std::int64_t{value}); }
  void bind_one(int index, bool value) { bind_one(index, std::int64_t{value}); }
  void bind_one(int index, std::string_view value);
  void bind_one(int index, const std::string& value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, const char* value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, const std::optional<std::int64_t>& value);

  sqlite3_stmt* statement_ = nullptr;
  sqlite3* database_ = nullptr;
};

struct DatabaseOptions {
  std::string path;
  bool read_only = false;
  bool create = false;
  std::string vfs{};               // "" is the system's; tests put a failing one in between
  Duration busy_patience{};        // how long to wait for another process's lock
  bool keep_log_on_close = false;  // leave the write-ahead log for the next opener
  bool damaged = false;            // read what can be read of a file that lacks its end
};

// Thread: one owner.
class Database {
 public:
  static Result<Database> open(const DatabaseOptions& options);
  Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Database& operator=(Database&& other) noexcept;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  Result<Statement> prepare(std::string_view sql);
  // Runs statements without parameters, separated by `;`.
  Status execute(const std::string& sql);
  // The first column of the first row.
  Result<std::int64_t> query_integer(std::string_view sql);
  Result<std::string> query_text(std::string_view sql);
  // True between BEGIN and COMMIT; an input/output error may end a transaction by itself.
  bool in_transaction() const;
  std::int64_t last_rowid() const;

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_ = nullptr;
};

}  // namespace serin::store
