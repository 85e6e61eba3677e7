#include "base/config/suggest.h"

#include <algorithm>
#include <vector>

namespace serin::config {
namespace {

// Nobody mistypes a longer name, and the cost is quadratic.
constexpr std::size_t kWordMax = 64;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

// Source: optimal string alignment distance (Damerau 1964, restricted).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::size_t width = b.size() + 1;
  std::vector<std::size_t> cells((a.size() + 1) * width);
  auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return cells[i * width + j]; };
  for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
  for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      char x = lower(a[i - 1]);
      char y = lower(b[j - 1]);
      std::size_t replaced = at(i - 1, j - 1) + (x == y ? 0 : 1);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
      bool swapped = i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y;
      if (swapped) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return at(a.size(), b.size());
}

std::string nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > kWordMax) return "";
  std::string_view best;
  std::size_t least = kWordMax;
  for (std::string_view candidate : known) {
    std::size_t distance = edit_distance(word, candidate);
    if (distance > std::max(word.size(), candidate.size()) / 3 || distance >= least) continue;
    best = candidate;
    least = distance;
  }
  return std::string(best);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  std::string best = nearest(word, known);
  return best.empty() ? "" : "did you mean '" + best + "'?";
}

}  // namespace serin::config
