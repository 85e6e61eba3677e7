#include "drivers/store/files/sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <limits>

#include "base/assert.h"

namespace serin::store {
namespace {

constexpr int kPathErrorMask = 0xff;  // the primary code of an extended one

Code code_of(int code) {
  switch (code & kPathErrorMask) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // a statement that does not fit the tables: they are not as they were made
      return Code::data_loss;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
      return Code::unavailable;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::permission_denied;
    default:
      return Code::internal;
  }
}

std::unexpected<Error> failure(sqlite3* handle, int code) {
  std::string message = sqlite3_errstr(code);
  if (handle != nullptr) {
    int extended = sqlite3_extended_errcode(handle);
    if ((extended & kPathErrorMask) == (code & kPathErrorMask)) {
      message = sqlite3_errmsg(handle);
      code = extended;
    }
  }
  const int kind = code & kPathErrorMask;
  if (kind == SQLITE_FULL || kind == SQLITE_IOERR) message += ": is its disk full?";
  return fail(code_of(code), message + " (SQLite code " + std::to_string(code) + ")");
}

}  // namespace

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(database_, other.database_);
  return *this;
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::reset() {
  sqlite3_reset(statement_);  // repeats the error of the last step, which was reported there
}

Result<bool> Statement::step() {
  SERIN_ASSERT(statement_ != nullptr);
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  auto error = failure(database_, code);
  reset();
  return error;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void Statement::bind_one(int index, std::int64_t value) {
  int code = sqlite3_bind_int64(statement_, index, value);
  SERIN_ASSERT(code == SQLITE_OK);
}

void Statement::bind_one(int index, std::string_view value) {
  const char* bytes = value.data() == nullptr ? "" : value.data();
  int code =
      sqlite3_bind_text64(statement_, index, bytes, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  SERIN_ASSERT(code == SQLITE_OK || code == SQLITE_NOMEM);
}

void Statement::bind_one(int index, const std::optional<std::int64_t>& value) {
  if (value) {
    bind_one(index, *value);
  } else {
    sqlite3_bind_null(statement_, index);
  }
}

Result<Database> Database::open(const DatabaseOptions& options) {
  int flags = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (options.create) flags |= SQLITE_OPEN_CREATE;
  flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(options.path.c_str(), &handle, flags,
                             options.vfs.empty() ? nullptr : options.vfs.c_str());
  Database database(handle);  // closes the handle on errors too
  if (code != SQLITE_OK) {
    Error error = failure(handle, code).error();
    return std::unexpected(std::move(error).with(options.path));
  }
  auto patience =
      std::chrono::duration_cast<std::chrono::milliseconds>(options.busy_patience).count();
  sqlite3_busy_timeout(handle, static_cast<int>(std::clamp<std::int64_t>(
                                   patience, 0, std::numeric_limits<int>::max())));
  if (options.keep_log_on_close) {
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  // SQLite takes a short file only where the schema may be written, too.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, options.damaged ? 0 : 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_WRITABLE_SCHEMA, options.damaged ? 1 : 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Database::~Database() {
  int code = sqlite3_close(handle_);
  SERIN_ASSERT(code == SQLITE_OK);  // busy: a Statement outlived its Database
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(handle_, code);
  return Statement(statement, handle_);
}

Status Database::execute(const std::string& sql) {
  int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(handle_, code);
  return {};
}

Result<std::int64_t> Database::query_integer(std::string_view sql) {
  SERIN_TRY(statement, prepare(sql));
  SERIN_TRY(row, statement.step());
  return row ? statement.integer(0) : 0;
}

Result<std::string> Database::query_text(std::string_view sql) {
  SERIN_TRY(statement, prepare(sql));
  SERIN_TRY(row, statement.step());
  return row ? statement.text(0) : std::string();
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

std::int64_t Database::last_rowid() const {
  return sqlite3_last_insert_rowid(handle_);
}

}  // namespace serin::store
