#include <algorithm>
#include <charconv>

#include "analysis/conditions/dates/instant.h"

namespace serin::analysis::conditions {
namespace {

// Bounds of a TZif file: far above any that exist.
constexpr std::size_t kTransitionsMax = 10'000;
constexpr std::size_t kTypesMax = 256;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool has(std::size_t count) const { return bytes_.size() >= count; }
  std::string_view take(std::size_t count) {
    std::string_view head = bytes_.substr(0, count);
    bytes_.remove_prefix(std::min(count, bytes_.size()));
    return head;
  }
  std::uint64_t big_endian(std::size_t size) {
    std::uint64_t value = 0;
    for (char c : take(size)) value = (value << 8U) | static_cast<unsigned char>(c);
    return value;
  }
  std::int64_t signed_number(std::size_t size) {
    std::uint64_t value = big_endian(size);
    return size == 4 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(value))
                     : static_cast<std::int64_t>(value);
  }
  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

struct Header {
  char version = 0;
  std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, transitions = 0, types = 0, letters = 0;
  std::size_t body(std::size_t time_size) const {
    return transitions * (time_size + 1) + types * 6 + letters + leaps * (time_size + 4) +
           standard_flags + utc_flags;
  }
};

std::optional<Header> read_header(Reader& reader) {
  if (!reader.has(44) || reader.take(4) != "TZif") return std::nullopt;
  Header header;
  header.version = reader.take(1)[0];
  reader.take(15);
  for (std::size_t* field : {&header.utc_flags, &header.standard_flags, &header.leaps,
                             &header.transitions, &header.types, &header.letters}) {
    *field = static_cast<std::size_t>(reader.big_endian(4));
    if (*field > kTransitionsMax) return std::nullopt;
  }
  if (header.types == 0 || header.types > kTypesMax) return std::nullopt;
  return header;
}

// The POSIX TZ rule behind a TZif file: "CET-1CEST,M3.5.0,M10.5.0/3".
class Rule {
 public:
  explicit Rule(std::string_view text) : text_(text) {}

  std::optional<Offset> at(std::int64_t unix_seconds) {
    Offset standard;
    if (!name(standard.abbreviation) || !clock(standard.seconds)) return std::nullopt;
    standard.seconds = -standard.seconds;
    if (text_.empty()) return standard;
    Offset summer;
    summer.daylight = true;
    summer.seconds = standard.seconds + 3600;
    if (!name(summer.abbreviation)) return std::nullopt;
    if (!text_.empty() && text_[0] != ',') {
      if (!clock(summer.seconds)) return std::nullopt;
      summer.seconds = -summer.seconds;
    }
    std::int64_t year = civil_of(unix_seconds + standard.seconds).year;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    if (!date(year, begin) || !date(year, end)) return std::nullopt;
    begin -= standard.seconds;
    end -= summer.seconds;
    bool within = begin < end ? unix_seconds >= begin && unix_seconds < end
                              : unix_seconds >= begin || unix_seconds < end;
    return within ? summer : standard;
  }

 private:
  bool accept(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name(std::string& out) {
    bool quoted = accept('<');
    std::size_t length = 0;
    auto fits = [&](char c) {
      bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      return quoted ? c != '>' : letter;
    };
    while (length < text_.size() && fits(text_[length])) ++length;
    out = text_.substr(0, length);
    text_.remove_prefix(length);
    return length > 0 && (!quoted || accept('>'));
  }
  bool number(int& out) {
    auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), out);
    if (error != std::errc() || out < 0 || out > 1000) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }
  bool clock(std::int32_t& out) {
    bool negative = accept('-');
    if (!negative) accept('+');
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!number(hours)) return false;
    if (accept(':') && !number(minutes)) return false;
    if (accept(':') && !number(seconds)) return false;
    out = hours * 3600 + minutes * 60 + seconds;
    if (negative) out = -out;
    return true;
  }
  // Local seconds at which the rule of that year begins.
  bool date(std::int64_t year, std::int64_t& out) {
    if (!accept(',')) return false;
    Civil civil{year, 1, 1};
    if (accept('M')) {
      int month = 0;
      int week = 0;
      int weekday = 0;
      if (!number(month) || !accept('.') || !number(week) || !accept('.') || !number(weekday)) {
        return false;
      }
      if (month < 1 || month > 12) return false;
      civil.month = month;
      int first = weekday_of(seconds_of(civil));
      civil.day = 1 + (weekday - first + 7) % 7 + (week - 1) * 7;
      while (civil.day > days_in(year, month)) civil.day -= 7;
    } else {
      bool julian = accept('J');
      int day = 0;
      if (!number(day)) return false;
      civil.day = julian ? day + (is_leap(year) && day > 59 ? 1 : 0) : day + 1;
    }
    std::int32_t time = 7200;
    if (accept('/') && !clock(time)) return false;
    out = seconds_of(civil) + time;
    return true;
  }

  std::string_view text_;
};

}  // namespace

const std::shared_ptr<const Zone>& utc_zone() {
  static const std::shared_ptr<const Zone> kUtc =
      std::make_shared<const Zone>("UTC", Offset{0, "UTC", false});
  return kUtc;
}

std::shared_ptr<const Zone> Zone::parse(std::string name, std::string_view tzif) {
  Reader reader(tzif);
  auto header = read_header(reader);
  if (!header) return nullptr;
  std::size_t time_size = 4;
  if (header->version >= '2') {
    if (!reader.has(header->body(4))) return nullptr;
    reader.take(header->body(4));
    header = read_header(reader);
    time_size = 8;
    if (!header) return nullptr;
  }
  if (!reader.has(header->body(time_size))) return nullptr;

  auto zone = std::make_shared<Zone>(std::move(name), Offset{});
  for (std::size_t i = 0; i < header->transitions; ++i) {
    zone->transitions_.push_back({reader.signed_number(time_size), 0});
  }
  for (Transition& transition : zone->transitions_) {
    transition.offset = static_cast<std::size_t>(reader.big_endian(1));
    if (transition.offset >= header->types) return nullptr;
  }
  std::vector<std::size_t> letters;
  for (std::size_t i = 0; i < header->types; ++i) {
    Offset offset;
    offset.seconds = static_cast<std::int32_t>(reader.signed_number(4));
    offset.daylight = reader.big_endian(1) != 0;
    letters.push_back(static_cast<std::size_t>(reader.big_endian(1)));
    zone->offsets_.push_back(std::move(offset));
  }
  std::string_view names = reader.take(header->letters);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (letters[i] >= names.size()) return nullptr;
    std::string_view tail = names.substr(letters[i]);
    zone->offsets_[i].abbreviation = tail.substr(0, tail.find('\0'));
  }
  if (time_size == 8) {
    reader.take(header->body(8) - header->transitions * 9 - header->types * 6 - header->letters);
    std::string_view footer = reader.rest();
    if (footer.starts_with('\n')) {
      footer.remove_prefix(1);
      zone->rule_ = footer.substr(0, footer.find('\n'));
    }
  }
  return zone;
}

Offset Zone::at(std::int64_t unix_seconds) const {
  if (offsets_.empty()) return fixed_;
  auto after = std::ranges::upper_bound(transitions_, unix_seconds, {}, &Transition::at);
  if (after == transitions_.end() && !rule_.empty()) {
    if (auto offset = Rule(rule_).at(unix_seconds)) return *offset;
  }
  if (after != transitions_.begin()) return offsets_[std::prev(after)->offset];
  // Before the first transition: the first standard time.
  auto standard = std::ranges::find(offsets_, false, &Offset::daylight);
  return standard != offsets_.end() ? *standard : offsets_.front();
}

std::optional<std::int32_t> Zone::offset_of(std::string_view abbreviation) const {
  if (offsets_.empty()) {
    if (fixed_.abbreviation == abbreviation) return fixed_.seconds;
    return std::nullopt;
  }
  auto found = std::ranges::find(offsets_, abbreviation, &Offset::abbreviation);
  if (found == offsets_.end()) return std::nullopt;
  return found->seconds;
}

}  // namespace serin::analysis::conditions
