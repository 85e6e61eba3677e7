#include "app/view/live_view.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/view/release_view.h"

namespace serin::app {

void LiveView::draw(const Json& view) {
  std::string out;
  if (height_ > 0) out += fmt::format("\x1b[{}A\x1b[J", height_);
  const std::vector<std::string> lines = release_lines(view, terminal_);
  for (const std::string& line : lines) out += fit(line, terminal_.width) + "\n";
  height_ = static_cast<int>(lines.size());
  std::fputs(out.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace serin::app
