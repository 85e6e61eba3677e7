#include "analysis/conditions/dates/layout_parts.h"

namespace serin::analysis::conditions {
namespace {

struct Spelling {
  std::string_view text;
  Part part;
};

// Of spellings that begin alike the longer one comes first.
constexpr Spelling kSpellings[] = {
    {"January", Part::long_month},
    {"Jan", Part::month},
    {"Monday", Part::long_weekday},
    {"Mon", Part::weekday},
    {"MST", Part::zone_name},
    {"002", Part::zero_year_day},
    {"01", Part::zero_month},
    {"02", Part::zero_day},
    {"03", Part::zero_hour12},
    {"04", Part::zero_minute},
    {"05", Part::zero_second},
    {"06", Part::year},
    {"15", Part::hour},
    {"1", Part::number_month},
    {"2006", Part::long_year},
    {"2", Part::day},
    {"__2", Part::under_year_day},
    {"_2", Part::under_day},
    {"3", Part::hour12},
    {"4", Part::minute},
    {"5", Part::second},
    {"PM", Part::upper_half},
    {"pm", Part::lower_half},
    {"-07:00:00", Part::number_colon_seconds_zone},
    {"-07:00", Part::number_colon_zone},
    {"-070000", Part::number_seconds_zone},
    {"-0700", Part::number_zone},
    {"-07", Part::number_short_zone},
    {"Z07:00:00", Part::iso_colon_seconds_zone},
    {"Z07:00", Part::iso_colon_zone},
    {"Z070000", Part::iso_seconds_zone},
    {"Z0700", Part::iso_zone},
    {"Z07", Part::iso_short_zone},
};

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_figure(char c) {
  return c >= '0' && c <= '9';
}

// ".000" or ",999" not followed by a digit; its length, or 0.
std::size_t fraction_length(std::string_view text) {
  if (text.size() < 2 || (text[0] != '.' && text[0] != ',')) return 0;
  if (text[1] != '0' && text[1] != '9') return 0;
  std::size_t end = 1;
  while (end < text.size() && text[end] == text[1]) ++end;
  return end < text.size() && is_figure(text[end]) ? 0 : end;
}

}  // namespace

LayoutPart next_part(std::string_view layout) {
  for (std::size_t i = 0; i < layout.size(); ++i) {
    std::string_view tail = layout.substr(i);
    if (std::size_t length = fraction_length(tail); length > 0) {
      Part part = tail[1] == '0' ? Part::fraction0 : Part::fraction9;
      return {layout.substr(0, i), part, tail.substr(0, length), tail.substr(length)};
    }
    // In "_2006" the underscore stands for itself.
    if (tail.starts_with("_2006")) {
      return {layout.substr(0, i + 1), Part::long_year, tail.substr(1, 4), tail.substr(5)};
    }
    for (const Spelling& known : kSpellings) {
      if (!tail.starts_with(known.text)) continue;
      std::string_view rest = tail.substr(known.text.size());
      // "Janet" and "Month" are words.
      bool word = (known.part == Part::month || known.part == Part::weekday) && !rest.empty() &&
                  is_lower(rest[0]);
      if (word) continue;
      return {layout.substr(0, i), known.part, known.text, rest};
    }
  }
  return {layout, Part::none, {}, {}};
}

}  // namespace serin::analysis::conditions
