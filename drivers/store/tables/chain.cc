#include "drivers/store/tables/chain.h"

namespace serin::store {

Result<ChainEnd> walk_chain(Statement& rows, std::uint64_t next, std::uint64_t last,
                            std::uint64_t check, const std::function<Status(RecordRow&)>& take) {
  ChainEnd end{.last = next - 1, .check = check};
  for (; next <= last; ++next) {
    Result<bool> more = rows.step();
    if (!more) {
      if (more.error().code != Code::data_loss) return std::unexpected(std::move(more).error());
      end.broken = "can't be read: " + more.error().message;
      return end;
    }
    if (!*more) {
      end.broken = "is missing";
      return end;
    }
    RecordRow row = RecordRow::read(rows);
    if (row.record.sequence != next) {
      end.broken = "is missing";
      return end;
    }
    std::uint64_t own = record_check(end.check, row.record, row.body);
    if (own != row.check) {
      end.broken = "is damaged: its checksum does not fit";
      return end;
    }
    end.last = next;
    end.check = own;
    SERIN_CHECK(take(row));
  }
  return end;
}

}  // namespace serin::store
