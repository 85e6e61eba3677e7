// Looks a journal through, and brings back what is whole of a damaged one.
//
//   SERIN_TRY(report, check_journal("/var/lib/serin"));
//   if (!report.ok()) { SERIN_TRY(repaired, repair_journal("/var/lib/serin", now)); … }
//
// Checking reads only, beside a running serin too. Repairing needs the directory for itself: it
// writes all that is provably whole into a new file and keeps the damaged one under another name.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "drivers/store/files/schema.h"

namespace serin::store {

inline constexpr std::size_t kDamagesMax = 100;  // described in a report; more are only counted

struct Damage {
  std::string release;         // "" for what belongs to no release
  std::uint64_t sequence = 0;  // the first record that is damaged or missing; 0: not of a record
  std::string what;
  bool operator==(const Damage&) const = default;
};

struct CheckReport {
  std::uint64_t releases = 0;
  std::uint64_t records = 0;  // whose checksum is right
  std::uint64_t audit = 0;    // entries of the audit, whose hash is right
  std::vector<Damage> damages{};
  std::uint64_t damages_total = 0;
  bool ok() const { return damages_total == 0; }
};

// Errors: not_found, failed_precondition and permission_denied as on opening. Damage is no error.
Result<CheckReport> check_journal(const std::string& directory);

struct RepairReport {
  std::uint64_t releases = 0;
  std::uint64_t records = 0;         // brought over
  std::uint64_t records_lost = 0;    // found, but behind a hole or damage of their release
  std::vector<std::string> notes{};  // what could not be brought over, a line each
  std::string kept_as;  // the damaged journal; "" where only an earlier repair was ended
};

// Of each release the longest prefix of records that is whole; entries whose checksum is right. A
// release whose records were cut short is marked in its summary as {"repaired": true}. Repairing a
// journal that is whole copies it. `now` names the file that is kept. Errors: as on opening, and
// unavailable (the disk): the old journal is then still in its place.
Result<RepairReport> repair_journal(const std::string& directory, WallTime now);

}  // namespace serin::store
