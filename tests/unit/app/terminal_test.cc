#include "app/view/terminal.h"

#include <gtest/gtest.h>

namespace serin::app {
namespace {

TEST(Terminal, CountsAreGrouped) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1004), "1 004");
  EXPECT_EQ(with_thousands(1234567.4), "1 234 567");
  EXPECT_EQ(with_thousands(-20131), "-20 131");
}

TEST(Terminal, ColourIsOnlyForTerminalsThatWantIt) {
  Terminal plain;
  EXPECT_EQ(plain.paint(Tone::bad, "x"), "x");
  Terminal colour{.live = true, .colour = true};
  EXPECT_EQ(colour.paint(Tone::bad, "x"), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(display_width(colour.paint(Tone::bad, "✔ ok")), 4);
}

TEST(Terminal, FitCutsByColumnsAndClosesColour) {
  EXPECT_EQ(fit("checkout", 8), "checkout");
  EXPECT_EQ(fit("checkouts", 8), "checkou…");
  EXPECT_EQ(fit("\x1b[31m✔✔✔✔\x1b[0m", 3), "\x1b[31m✔✔…\x1b[0m");
  EXPECT_EQ(fit("abc", 0), "");
}

TEST(Table, AlignsByDisplayWidth) {
  Table table({{"METRIC", Table::Align::left}, {"N", Table::Align::right}});
  table.row({"é", "5 012"});
  table.row({"error-rate", "7"});
  EXPECT_EQ(table.lines(), (std::vector<std::string>{"METRIC          N", "é           5 012",
                                                     "error-rate      7"}));
}

}  // namespace
}  // namespace serin::app
