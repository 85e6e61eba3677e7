#include "drivers/store/tables/audit_log.h"

#include <algorithm>

#include "base/net/crypto/digest.h"
#include "drivers/store/tables/checksum.h"
#include "drivers/store/tables/ledger.h"
#include "drivers/store/tables/rows.h"

namespace serin::store {
namespace {

constexpr const char* kChainColumns =
    "only, first_position, base_hash, last_position, last_hash, row_check";

std::uint64_t unsigned_at(const Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

// A field with its length, so that no two lists of fields give the same bytes.
void add(std::string& text, std::string_view field) {
  text += std::to_string(field.size());
  text += ':';
  text += field;
}

}  // namespace

std::uint64_t AuditChain::check() const {
  return Checksum().add(first_position).add(base_hash).add(last_position).add(last_hash).value();
}

std::string audit_hash(const AuditRow& row) {
  const AuditEntry& entry = row.entry;
  std::string text;
  add(text, row.previous);
  add(text, std::to_string(row.position));
  add(text, std::to_string(to_ns(entry.when)));
  add(text, entry.actor);
  add(text, entry.operation);
  add(text, entry.subject);
  add(text, entry.before.dump());
  add(text, entry.after.dump());
  add(text, entry.reason);
  add(text, entry.result);
  add(text, entry.details.dump());
  return sha256_hex(text);
}

Result<AuditRow> read_audit(const Statement& row) {
  AuditRow result;
  result.position = unsigned_at(row, 0);
  auto damaged = [&] {
    return fail(Code::data_loss, "audit entry " + std::to_string(result.position) +
                                     " is damaged: its hash does not fit");
  };
  result.entry = {.when = wall_from_ns(row.integer(1)),
                  .actor = row.text(2),
                  .operation = row.text(3),
                  .subject = row.text(4),
                  .before = {},
                  .after = {},
                  .reason = row.text(7),
                  .result = row.text(8),
                  .details = {}};
  Result<Json> before = Json::parse(row.text(5));
  Result<Json> after = Json::parse(row.text(6));
  Result<Json> details = Json::parse(row.text(9));
  if (!before || !after || !details) return damaged();
  result.entry.before = std::move(*before);
  result.entry.after = std::move(*after);
  result.entry.details = std::move(*details);
  result.previous = row.text(10);
  result.hash = row.text(11);
  if (audit_hash(result) != result.hash) return damaged();
  return result;
}

Result<AuditChain> read_audit_chain(Database& database) {
  SERIN_TRY(rows, database.prepare(std::string("SELECT ") + kChainColumns + " FROM audit_chain"));
  SERIN_TRY(found, rows.step());
  if (!found) return AuditChain();
  AuditChain chain{.first_position = unsigned_at(rows, 1),
                   .base_hash = rows.text(2),
                   .last_position = unsigned_at(rows, 3),
                   .last_hash = rows.text(4)};
  if (chain.check() != unsigned_at(rows, 5)) {
    return fail(Code::data_loss, "the ends of the audit are damaged: their checksum does not fit");
  }
  return chain;
}

Result<AuditLog> AuditLog::make(Database& database) {
  SERIN_TRY(put, database.prepare(insert_sql("INSERT", "audit", kAuditColumns)));
  SERIN_TRY(put_chain,
            database.prepare(insert_sql("INSERT OR REPLACE", "audit_chain", kChainColumns)));
  SERIN_TRY(hash_at, database.prepare("SELECT hash FROM audit WHERE position=?1"));
  SERIN_TRY(remove, database.prepare("DELETE FROM audit WHERE position<?1"));
  return AuditLog(database, {.put = std::move(put),
                             .put_chain = std::move(put_chain),
                             .hash_at = std::move(hash_at),
                             .remove = std::move(remove)});
}

Status AuditLog::put(const AuditChain& chain) {
  return sql_.put_chain.run(1, chain.first_position, chain.base_hash, chain.last_position,
                            chain.last_hash, chain.check());
}

Status AuditLog::append(const AuditEntry& entry) {
  SERIN_TRY(chain, read_audit_chain(*database_));
  AuditRow row{.position = chain.last_position + 1, .entry = entry, .previous = chain.last_hash};
  row.hash = audit_hash(row);
  SERIN_CHECK(sql_.put.run(row.position, to_ns(entry.when), entry.actor, entry.operation,
                           entry.subject, entry.before.dump(), entry.after.dump(), entry.reason,
                           entry.result, entry.details.dump(), row.previous, row.hash));
  chain.last_position = row.position;
  chain.last_hash = row.hash;
  return put(chain);
}

Result<std::int64_t> AuditLog::trim(std::uint64_t before, std::int64_t rows_max) {
  SERIN_TRY(chain, read_audit_chain(*database_));
  before = std::min(before, chain.last_position + 1);
  if (before <= chain.first_position || rows_max <= 0) return 0;
  std::uint64_t rows =
      std::min(before - chain.first_position, static_cast<std::uint64_t>(rows_max));
  before = chain.first_position + rows;
  sql_.hash_at.bind(before - 1);
  SERIN_TRY(found, sql_.hash_at.step());
  if (!found) {
    return fail(Code::data_loss, "audit entry " + std::to_string(before - 1) + " is missing");
  }
  chain.base_hash = sql_.hash_at.text(0);
  sql_.hash_at.reset();
  chain.first_position = before;
  // First the ends: entries that are still of the chain can't be deleted.
  SERIN_CHECK(put(chain));
  SERIN_CHECK(sql_.remove.run(before));
  return static_cast<std::int64_t>(rows);
}

Status AuditLog::begin_at(std::uint64_t first_position, const std::string& base_hash) {
  return put({.first_position = first_position,
              .base_hash = base_hash,
              .last_position = first_position - 1,
              .last_hash = base_hash});
}

Result<std::optional<AuditDamage>> walk_audit(Database& database,
                                              const std::function<Status(const AuditRow&)>& take) {
  using Damaged = std::optional<AuditDamage>;
  SERIN_TRY(chain, read_audit_chain(database));
  SERIN_TRY(rows, database.prepare("SELECT " + std::string(kAuditColumns) +
                                   " FROM audit WHERE position>=?1 ORDER BY position"));
  rows.bind(chain.first_position);
  std::uint64_t next = chain.first_position;
  std::string previous = chain.base_hash;
  for (;;) {
    SERIN_TRY(more, rows.step());
    if (!more) break;
    Result<AuditRow> row = read_audit(rows);
    if (!row) return Damaged({next, row.error().message});
    if (row->position != next) {
      return Damaged({next, "audit entry " + std::to_string(next) + " is missing"});
    }
    if (row->previous != previous) {
      return Damaged(
          {next, "audit entry " + std::to_string(next) + " does not follow the one before it"});
    }
    SERIN_CHECK(take(*row));
    previous = row->hash;
    ++next;
  }
  if (next != chain.last_position + 1) {
    return Damaged({next, "the audit ends at entry " + std::to_string(next - 1) + " and not at " +
                              std::to_string(chain.last_position)});
  }
  if (previous != chain.last_hash) {
    return Damaged({next - 1, "the last audit entry is not the one that was written last"});
  }
  return Damaged();
}

}  // namespace serin::store
