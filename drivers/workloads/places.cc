#include "drivers/workloads/places.h"

#include <algorithm>

namespace serin::drivers {

std::string fill(const std::string& text, const Placeholders& values) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t close = text[at] == '{' ? text.find('}', at) : std::string::npos;
    if (close != std::string::npos) {
      std::string name = text.substr(at + 1, close - at - 1);
      auto found = std::ranges::find(values, name, &Placeholders::value_type::first);
      if (found != values.end()) {
        out += found->second;
        at = close + 1;
        continue;
      }
    }
    out += text[at++];
  }
  return out;
}

std::vector<std::string> fill(const std::vector<std::string>& texts, const Placeholders& values) {
  std::vector<std::string> out;
  for (const std::string& text : texts) out.push_back(fill(text, values));
  return out;
}

}  // namespace serin::drivers
