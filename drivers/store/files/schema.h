// The database's tables, and opening it safely: what is there is checked before anything is
// written.
//
// The format is described in docs/formats/journal.md.
#pragma once

#include "drivers/store/files/directory.h"
#include "drivers/store/files/sqlite.h"

namespace serin::store {

inline constexpr int kSchemaVersion = 2;
inline constexpr int kSchemaOldest = 1;  // that is brought up to date on opening for writing
inline constexpr std::int64_t kPageBytes = 4096;

struct DatabaseSettings {
  std::int64_t bytes_max = 0;  // the database's size at most, without its log; 0: no bound
  Duration busy_patience = std::chrono::seconds(2);
  std::string vfs{};  // see DatabaseOptions
};

// Opens, and makes the tables where the file is empty. Errors: data_loss (damaged: nothing was
// written), failed_precondition (another program's database, a newer serin's, or an interrupted
// repair), and Database's.
Result<Database> open_for_writing(const Directory& directory, const DatabaseSettings& settings);
// Errors: also not_found where there is no journal yet.
Result<Database> open_for_reading(const Directory& directory, const DatabaseSettings& settings);

// Makes the tables in an empty database.
Status create_tables(Database& database);

// Adds to a damaged-data error what a person can do about it.
Error explain_damage(Error error, const Directory& directory);

}  // namespace serin::store
