#include "tidy/source.h"

#include <gtest/gtest.h>

namespace serin::tidy {
namespace {

TEST(Blanking, KeepsLinesAndLength) {
  const std::string text = "int a; // rand()\n/* x\n y */ int b;\n";
  const std::string code = blank_comments_and_literals(text);
  EXPECT_EQ(code, "int a;          \n    \n      int b;\n");
  EXPECT_EQ(code.size(), text.size());
}

TEST(Blanking, LiteralsAreNoCode) {
  EXPECT_EQ(blank_comments_and_literals(R"(f("rand() \" //", 'x', '"', g);)"),
            "f(              ,    ,    , g);");
  EXPECT_EQ(blank_comments_and_literals("a = R\"x(\" rand() )\" )x\"; b"),
            "a =                    ; b");
}

TEST(Blanking, SeparatorsOfDigitsOpenNoLiteral) {
  EXPECT_EQ(blank_comments_and_literals("int n = 10'000; rand();"), "int n = 10'000; rand();");
}

TEST(Blanking, AnUnterminatedLiteralEndsWithItsLine) {
  EXPECT_EQ(blank_comments_and_literals("a = \"x\nrand();"), "a =   \nrand();");
}

TEST(Lines, ALastLineWithoutABreakCounts) {
  EXPECT_EQ(lines_of("a\n\nb").size(), 3U);
  EXPECT_EQ(lines_of("a\n").size(), 1U);
  EXPECT_TRUE(lines_of("").empty());
}

TEST(Paths, FolderAndTop) {
  EXPECT_EQ(folder_of("base/net/a.h"), "base/net");
  EXPECT_EQ(top_of("base/net/a.h"), "base");
  EXPECT_EQ(folder_of("check"), "");
  EXPECT_EQ(top_of("check"), "");
}

}  // namespace
}  // namespace serin::tidy
