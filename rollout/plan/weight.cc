#include "rollout/plan/weight.h"

#include <charconv>

namespace serin::rollout {

Result<Weight> Weight::parse(std::string_view text) {
  std::string_view digits = text;
  if (digits.ends_with('%')) digits.remove_suffix(1);
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  auto wrong = [&] {
    return fail(Code::invalid_argument,
                "weight '" + std::string(text) +
                    "': expected a number from 0 to 100 with at most two decimals");
  };
  std::string_view whole = digits.substr(0, digits.find('.'));
  std::string_view decimals = whole.size() < digits.size() ? digits.substr(whole.size() + 1) : "";
  int units = 0;
  auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), units);
  if (whole.empty() || whole.front() == '-' || error != std::errc() ||
      end != whole.data() + whole.size())
    return wrong();
  if (units > 100) return wrong();
  if (decimals.size() > 2 || (decimals.empty() && whole.size() < digits.size())) return wrong();
  int scale = 10;
  units *= 100;
  for (char digit : decimals) {
    if (digit < '0' || digit > '9') return wrong();
    units += (digit - '0') * scale;
    scale /= 10;
  }
  if (units > kFull) return wrong();
  return from_units(units);
}

std::string Weight::to_string() const {
  std::string text = std::to_string(units_ / 100);
  if (int rest = units_ % 100; rest != 0) {
    text += '.';
    text += static_cast<char>('0' + rest / 10);
    if (rest % 10 != 0) text += static_cast<char>('0' + rest % 10);
  }
  return text + " %";
}

}  // namespace serin::rollout
