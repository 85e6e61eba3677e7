// What the output can show, and text made fit for it. Colour never carries meaning alone: a state
// is an icon and a word. Escape codes are written to terminals only, and never under NO_COLOR.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace serin::app {

enum class Tone { plain, good, bad, unsure, running, dim, strong };

struct Terminal {
  bool live = false;  // cursor control is understood: redraw in place
  bool colour = false;
  int width = 80;
  // Of a file descriptor; `no_color` is whether the user asked for none (NO_COLOR or --no-color).
  static Terminal of(int fd, bool no_color);
  std::string paint(Tone tone, std::string_view text) const;
};

// "20 131": groups of three, as every count is shown.
std::string with_thousands(double count);
// Number of columns that the text takes: code points, escape sequences not counted.
int display_width(std::string_view text);
// Cuts at `width` columns, with "…" where something was lost; escape sequences are kept and closed.
std::string fit(std::string_view text, int width);

// A table whose columns are as wide as their widest cell.
class Table {
 public:
  enum class Align { left, right };
  explicit Table(std::vector<std::pair<std::string, Align>> columns);
  void row(std::vector<std::string> cells);
  // One line a row, the header first; trailing spaces are removed.
  std::vector<std::string> lines() const;

 private:
  std::vector<Align> align_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace serin::app
