// What HAProxy's `show` commands answer, as tables by the names in their headers.
//
//   SERIN_TRY(stat, HaproxyTable::parse_stat(csv));
//   for (std::size_t row = 0; row < stat.rows(); ++row) {
//     if (stat.get(row, "pxname") == "be" && stat.get(row, "svname") == "canary") …stat.number(row,
//     "weight")…
//   }
//
// Fields are texts as HAProxy wrote them; a column that this version of it does not have reads as
// "".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace serin {

// Thread: immutable.
class HaproxyTable {
 public:
  // `show stat`: comma-separated values under "# pxname,svname,…". Errors: data_loss.
  static Result<HaproxyTable> parse_stat(std::string_view answer);
  // `show servers state [BACKEND]`: a format number (1), then words under "# be_id be_name …".
  // Errors: data_loss, or not_found where HAProxy knows no such backend.
  static Result<HaproxyTable> parse_servers_state(std::string_view answer);

  std::size_t rows() const { return rows_.size(); }
  const std::vector<std::string>& columns() const { return columns_; }
  // "" where there is no such column, or the row ends before it. `row` is below rows().
  std::string_view get(std::size_t row, std::string_view column) const;
  // Nothing where the field is empty or no whole number.
  std::optional<std::int64_t> number(std::size_t row, std::string_view column) const;
  // The first row where both columns have these values.
  std::optional<std::size_t> find(std::string_view column, std::string_view value,
                                  std::string_view other_column,
                                  std::string_view other_value) const;

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// `show info`: "Name: value" lines, in their order. Errors: data_loss.
class HaproxyInfo {
 public:
  static Result<HaproxyInfo> parse(std::string_view answer);
  std::string_view get(std::string_view name) const;  // "" where there is none
  std::optional<std::int64_t> number(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace serin
