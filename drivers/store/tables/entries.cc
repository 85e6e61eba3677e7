#include "drivers/store/tables/entries.h"

#include <charconv>

namespace serin::store {
namespace {

constexpr std::size_t kRowOverhead = 128;  // keys, times, checksum, SQLite's cell and index
constexpr std::size_t kAuditOverhead = kRowOverhead + 2 * 64;  // and two hashes

// At every write of all that is written: most of it numbers.
std::size_t json_bytes(const Json& json) {
  std::size_t bytes = 24;  // a number at its longest, or brackets and commas
  switch (json.kind()) {
    case Json::Kind::string:
      return bytes + json.string().size() * 2;
    case Json::Kind::array:
      for (const Json& item : json.items()) bytes += json_bytes(item);
      return bytes;
    case Json::Kind::object:
      for (const auto& [key, value] : json.members()) bytes += key.size() + 4 + json_bytes(value);
      return bytes;
    default:
      return bytes;
  }
}

}  // namespace

Result<Ticket> parse_ticket(std::string_view id) {
  auto wrong = [&] {
    return fail(Code::invalid_argument, "release '" + std::string(id) +
                                            "': expected a ticket such as checkout-42 (the "
                                            "rollout's name, '-', a number from 1)");
  };
  std::size_t dash = id.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return wrong();
  std::string_view digits = id.substr(dash + 1);
  Ticket ticket{.rollout = std::string(id.substr(0, dash)), .number = 0};
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ticket.number);
  if (error != std::errc() || end != digits.data() + digits.size()) return wrong();
  if (ticket.number == 0 || digits.front() == '0') return wrong();
  return ticket;
}

bool is_empty(const Batch& batch) {
  return batch.records.empty() && batch.releases.empty() && batch.roles.empty() &&
         batch.snapshots.empty() && batch.answers.empty() && batch.audit.empty() &&
         batch.events.empty() && batch.reports.empty() && batch.messages.empty() &&
         batch.settled.empty();
}

std::size_t size_bytes(const Batch& batch) {
  std::size_t bytes = 0;
  for (const auto& record : batch.records) {
    bytes += kRowOverhead + record.release.size() * 2 + record.boot_id.size() + record.kind.size() +
             json_bytes(record.body);
  }
  for (const auto& entry : batch.releases) {
    bytes += kRowOverhead + entry.id.size() * 2 + json_bytes(entry.summary);
  }
  for (const auto& roles : batch.roles) {
    bytes += kRowOverhead + roles.rollout.size() + roles.stable_version.size() +
             roles.canary_version.size() + roles.release.size();
  }
  for (const auto& snapshot : batch.snapshots) {
    bytes += kRowOverhead + snapshot.release.size() + json_bytes(snapshot.state);
  }
  for (const auto& answer : batch.answers) {
    bytes += kRowOverhead + answer.key.size() + answer.request.size() + answer.body.size();
  }
  for (const auto& entry : batch.audit) {
    bytes += kAuditOverhead + entry.actor.size() + entry.operation.size() +
             entry.subject.size() * 2 + entry.reason.size() + entry.result.size() +
             json_bytes(entry.before) + json_bytes(entry.after) + json_bytes(entry.details);
  }
  for (const auto& event : batch.events) {
    bytes += kRowOverhead + event.release.size() + event.component.size() + event.kind.size() +
             event.message.size();
  }
  for (const auto& report : batch.reports) {
    bytes += kRowOverhead + report.release.size() + json_bytes(report.body);
  }
  for (const auto& message : batch.messages) {
    bytes += kRowOverhead + message.id.size() + message.target.size() + message.release.size() +
             json_bytes(message.body);
  }
  return bytes;
}

}  // namespace serin::store
