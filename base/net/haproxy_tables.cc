#include "base/net/haproxy_tables.h"

#include <algorithm>
#include <charconv>

#include "base/assert.h"

namespace serin {
namespace {

// Takes the next line off `text`, without its break.
std::string_view take_line(std::string_view& text) {
  std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::unexpected<Error> unreadable(std::string_view what, std::string_view line) {
  return fail(Code::data_loss,
              std::string(what) + " can't be read: \"" + std::string(line.substr(0, 80)) + "\"");
}

// Fields between commas; quoted where they hold commas, quotes doubled inside. A comma ends the
// last field too.
Result<std::vector<std::string>> split_csv(std::string_view line) {
  std::vector<std::string> fields;
  while (!line.empty()) {
    std::string field;
    if (line.front() == '"') {
      line.remove_prefix(1);
      while (true) {
        std::size_t quote = line.find('"');
        if (quote == std::string_view::npos) return unreadable("show stat", line);
        field += line.substr(0, quote);
        line.remove_prefix(quote + 1);
        if (!line.starts_with('"')) break;
        field += '"';
        line.remove_prefix(1);
      }
      if (!line.empty() && line.front() != ',') return unreadable("show stat", line);
    } else {
      field = line.substr(0, line.find(','));
      line.remove_prefix(field.size());
    }
    fields.push_back(std::move(field));
    if (!line.empty()) line.remove_prefix(1);
  }
  return fields;
}

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    words.emplace_back(line.substr(0, line.find(' ')));
    line.remove_prefix(words.back().size());
  }
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<HaproxyTable> HaproxyTable::parse_stat(std::string_view answer) {
  HaproxyTable table;
  std::string_view header = take_line(answer);
  if (!header.starts_with("# ")) return unreadable("show stat", header);
  SERIN_TRY(columns, split_csv(header.substr(2)));
  table.columns_ = std::move(columns);
  while (!answer.empty()) {
    std::string_view line = take_line(answer);
    if (line.empty()) continue;
    SERIN_TRY(fields, split_csv(line));
    if (fields.size() > table.columns_.size()) return unreadable("show stat", line);
    table.rows_.push_back(std::move(fields));
  }
  return table;
}

Result<HaproxyTable> HaproxyTable::parse_servers_state(std::string_view answer) {
  HaproxyTable table;
  std::string_view version = take_line(answer);
  if (version.starts_with("Can't find backend"))
    return fail(Code::not_found, "HAProxy: " + std::string(version));
  std::string_view header = take_line(answer);
  if (version != "1" || !header.starts_with("# ")) return unreadable("show servers state", version);
  table.columns_ = split_words(header.substr(2));
  while (!answer.empty()) {
    std::string_view line = take_line(answer);
    if (line.empty()) continue;
    std::vector<std::string> words = split_words(line);
    if (words.size() != table.columns_.size()) return unreadable("show servers state", line);
    table.rows_.push_back(std::move(words));
  }
  return table;
}

std::string_view HaproxyTable::get(std::size_t row, std::string_view column) const {
  SERIN_ASSERT(row < rows_.size());
  auto found = std::find(columns_.begin(), columns_.end(), column);
  auto index = static_cast<std::size_t>(found - columns_.begin());
  return index < rows_[row].size() ? std::string_view(rows_[row][index]) : std::string_view();
}

std::optional<std::int64_t> HaproxyTable::number(std::size_t row, std::string_view column) const {
  return whole_number(get(row, column));
}

std::optional<std::size_t> HaproxyTable::find(std::string_view column, std::string_view value,
                                              std::string_view other_column,
                                              std::string_view other_value) const {
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (get(row, column) == value && get(row, other_column) == other_value) return row;
  }
  return std::nullopt;
}

Result<HaproxyInfo> HaproxyInfo::parse(std::string_view answer) {
  HaproxyInfo info;
  while (!answer.empty()) {
    std::string_view line = take_line(answer);
    if (line.empty()) continue;
    std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return unreadable("show info", line);
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    info.values_.emplace_back(line.substr(0, colon), value);
  }
  if (info.values_.empty()) return unreadable("show info", "");
  return info;
}

std::string_view HaproxyInfo::get(std::string_view name) const {
  auto found = std::find_if(values_.begin(), values_.end(),
                            [&](const auto& pair) { return pair.first == name; });
  return found != values_.end() ? std::string_view(found->second) : std::string_view();
}

std::optional<std::int64_t> HaproxyInfo::number(std::string_view name) const {
  return whole_number(get(name));
}

}  // namespace serin
