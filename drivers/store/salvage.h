// Copies what is whole of a damaged database into a fresh one.
#pragma once

#include "drivers/store/check.h"
#include "drivers/store/files/sqlite.h"

namespace serin::store {

// `fresh` has empty tables (create_tables). Errors: data_loss where not even the list of tables can
// be read; unavailable where `fresh` can't be written.
Status salvage(Database& damaged, Database& fresh, RepairReport& report);

}  // namespace serin::store
