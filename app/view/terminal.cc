#include "app/view/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/assert.h"

namespace serin::app {
namespace {

// Length in bytes of the escape sequence at the start of the text, 0 if there is none.
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2 || text[0] != '\x1b' || text[1] != '[') return 0;
  std::size_t end = 2;
  while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
  return std::min(end + 1, text.size());
}

bool continues_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

std::string_view sequence_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "\x1b[32m";
    case Tone::bad:
      return "\x1b[31m";
    case Tone::unsure:
      return "\x1b[33m";
    case Tone::running:
      return "\x1b[34m";
    case Tone::dim:
      return "\x1b[2m";
    case Tone::strong:
      return "\x1b[1m";
    case Tone::plain:
      break;
  }
  return "";
}

}  // namespace

Terminal Terminal::of(int fd, bool no_color) {
  Terminal terminal;
  terminal.live = ::isatty(fd) == 1;
  terminal.colour = terminal.live && !no_color;
  winsize size{};
  if (terminal.live && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    terminal.width = size.ws_col;
  return terminal;
}

std::string Terminal::paint(Tone tone, std::string_view text) const {
  if (!colour || tone == Tone::plain) return std::string(text);
  return std::string(sequence_of(tone)) + std::string(text) + "\x1b[0m";
}

std::string with_thousands(double count) {
  if (!std::isfinite(count)) return "?";
  std::string digits = std::to_string(std::llround(std::abs(count)));
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, " ");
  }
  return (count <= -0.5 ? "-" : "") + digits;
}

int display_width(std::string_view text) {
  int width = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (std::size_t skip = escape_length(text.substr(i)); skip > 0) {
      i += skip;
      continue;
    }
    if (!continues_code_point(text[i])) ++width;
    ++i;
  }
  return width;
}

std::string fit(std::string_view text, int width) {
  if (display_width(text) <= width) return std::string(text);
  std::string out;
  bool painted = false;
  int used = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (std::size_t skip = escape_length(text.substr(i)); skip > 0) {
      out += text.substr(i, skip);
      painted = true;
      i += skip;
      continue;
    }
    if (!continues_code_point(text[i]) && ++used >= width) break;
    out += text[i++];
  }
  if (width > 0) out += "…";
  if (painted) out += "\x1b[0m";
  return out;
}

Table::Table(std::vector<std::pair<std::string, Align>> columns) {
  std::vector<std::string> header;
  for (auto& [name, align] : columns) {
    header.push_back(std::move(name));
    align_.push_back(align);
  }
  rows_.push_back(std::move(header));
}

void Table::row(std::vector<std::string> cells) {
  SERIN_ASSERT(cells.size() == align_.size());
  rows_.push_back(std::move(cells));
}

std::vector<std::string> Table::lines() const {
  std::vector<int> widths(align_.size(), 0);
  for (const auto& cells : rows_) {
    for (std::size_t i = 0; i < cells.size(); ++i)
      widths[i] = std::max(widths[i], display_width(cells[i]));
  }
  std::vector<std::string> out;
  for (const auto& cells : rows_) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      auto padding = static_cast<std::size_t>(widths[i] - display_width(cells[i]));
      if (i > 0) line += "  ";
      if (align_[i] == Align::right) line.append(padding, ' ');
      line += cells[i];
      if (align_[i] == Align::left) line.append(padding, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace serin::app
