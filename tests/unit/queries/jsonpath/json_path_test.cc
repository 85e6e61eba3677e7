#include "queries/jsonpath/json_path.h"

#include <gtest/gtest.h>

#include <string>

namespace serin::queries {
namespace {

constexpr std::string_view kDocument = R"({
  "a": 1, "s": "str", "ok": true, "n": null, "f": 2.5, "empty": [], "dotted.key": 7,
  "obj": {"x": [1, 2, 3], "deep": {"x": "inner"}},
  "items": [
    {"name": "one", "v": 1.5, "on": true, "tags": ["t"]},
    {"name": "two", "v": 2, "on": false},
    {"name": "three", "v": 3.5, "on": true, "extra": {"k": 9}}
  ]})";

Json document() {
  return *Json::parse(kDocument);
}

// The results as one JSON array, or the error's words.
std::string find(std::string_view text, const Json& in) {
  const auto path = JsonPath::parse(text);
  if (!path) return "parse: " + path.error().message;
  const auto values = path->find(in);
  if (!values) return values.error().message;
  Json array = Json::array();
  for (const Json& value : *values) array.push(value);
  return array.dump();
}

std::string find(std::string_view text) {
  return find(text, document());
}

TEST(JsonPath, FollowsFields) {
  EXPECT_EQ(find("{$.a}"), "[1]");
  EXPECT_EQ(find("{.a}"), "[1]");
  EXPECT_EQ(find("{@.obj.deep.x}"), R"(["inner"])");
  EXPECT_EQ(find("{$}", *Json::parse("42")), "[42]");
  EXPECT_EQ(find("{$['a']}"), "[1]");
  EXPECT_EQ(find("{['obj']['deep'].x}"), R"(["inner"])");
  EXPECT_EQ(find("{.n}"), "[null]");
}

TEST(JsonPath, APointInAFieldNeedsABackslash) {
  EXPECT_EQ(find(R"({.dotted\.key})"), "[7]");
  EXPECT_EQ(find(R"({['dotted\.key']})"), "[7]");
  EXPECT_EQ(find("{['dotted.key']}"), "dotted is not found");
}

TEST(JsonPath, WhatNobodyHasIsAnError) {
  EXPECT_EQ(find("{.zzz}"), "zzz is not found");
  EXPECT_EQ(find("{.a.b}"), "b is not found");
  EXPECT_EQ(find("{.n.b}"), "b is not found");
  EXPECT_EQ(JsonPath::parse("{.zzz}")->find(document()).error().code, Code::not_found);
  // It is enough that one has it.
  EXPECT_EQ(find("{.items[*].extra.k}"), "[9]");
}

TEST(JsonPath, TakesElements) {
  EXPECT_EQ(find("{.obj.x[0]}"), "[1]");
  EXPECT_EQ(find("{.obj.x[-1]}"), "[3]");
  EXPECT_EQ(find("{.obj.x[*]}"), "[1,2,3]");
  EXPECT_EQ(find("{.obj.x[1:]}"), "[2,3]");
  EXPECT_EQ(find("{.obj.x[:-1]}"), "[1,2]");
  EXPECT_EQ(find("{.obj.x[0:3:2]}"), "[1,3]");
  EXPECT_EQ(find("{.obj.x[0,2]}"), "[1,3]");
  EXPECT_EQ(find("{.obj.x[0, -1]}"), "[1,3]");
  EXPECT_EQ(find("{.obj.x[]}"), "[1]");
  EXPECT_EQ(find("{['a','s']}"), R"([1,"str"])");
  EXPECT_EQ(find("{.obj.x[1:1]}"), "[]");
  EXPECT_EQ(find("{.empty[*]}"), "[]");
}

TEST(JsonPath, NamesWhatIsOutOfBounds) {
  EXPECT_EQ(find("{.obj.x[3]}"), "array index out of bounds: index 3, length 3");
  EXPECT_EQ(find("{.obj.x[-4]}"), "array index out of bounds: index -1, length 3");
  EXPECT_EQ(find("{.obj.x[0:9]}"), "array index out of bounds: index 8, length 3");
  EXPECT_EQ(find("{.obj.x[2:1]}"), "starting index 2 is greater than ending index 1");
  EXPECT_EQ(find("{.obj.x[::0]}"), "step must be > 0");
  EXPECT_EQ(find("{.obj.x[0:2:9223372036854775807]}"), "[1]");
  EXPECT_EQ(find("{.a[0]}"), "float64 is not array or slice");
  EXPECT_EQ(find("{.obj[0]}"), "map[string]interface {} is not array or slice");
}

TEST(JsonPath, DescendsAndTakesAll) {
  EXPECT_EQ(find("{..x}"), R"([[1,2,3],"inner"])");
  EXPECT_EQ(find("{.obj.*}"), R"([{"x":"inner"},[1,2,3]])");
  EXPECT_EQ(find("{..k}"), "[9]");
  EXPECT_EQ(find("{.s.*}"), "[115,116,114]");
}

TEST(JsonPath, Filters) {
  EXPECT_EQ(find("{.items[?(@.name=='two')].v}"), "[2]");
  EXPECT_EQ(find(R"({.items[?(@.name == "three")].v})"), "[3.5]");
  EXPECT_EQ(find("{.items[?(@.name!='two')].name}"), R"(["one","three"])");
  EXPECT_EQ(find("{.items[?(@.v > 1.75)].name}"), R"(["two","three"])");
  EXPECT_EQ(find("{.items[?(@.v<=2.0)].name}"), R"(["one","two"])");
  EXPECT_EQ(find("{.items[?(@.v>=3.5)].name}"), R"(["three"])");
  EXPECT_EQ(find("{.items[?(@.on==true)].name}"), R"(["one","three"])");
  EXPECT_EQ(find("{.items[?(@.extra)].name}"), R"(["three"])");
  EXPECT_EQ(find("{.items[?(@.name > 'p')].name}"), R"(["two","three"])");
  EXPECT_EQ(find("{.items[?(@.name=='none')]}"), "[]");
}

TEST(JsonPath, FiltersCompareLikeWithLikeOnly) {
  EXPECT_EQ(find("{.items[?(@.v==2)]}"), "incompatible types for comparison");
  EXPECT_EQ(find("{.items[?(@.name==2.0)]}"), "incompatible types for comparison");
  EXPECT_EQ(find("{.items[?(@.on<true)]}"), "invalid type for comparison");
  EXPECT_EQ(find("{.items[?(@.extra.k==9.0)]}"), "extra is not found");
  // An index out of bounds leaves what it was asked of: as in the source, that exists.
  EXPECT_EQ(find("{.items[?(@.tags[5])].name}"), R"(["one"])");
  EXPECT_EQ(find("{.items[?(@.v=!1.0)]}"), "unrecognized filter operator =!");
  EXPECT_EQ(find("{.obj[?(@.x)]}"),
            "map[string]interface {} is not array or slice and cannot be filtered");
  EXPECT_EQ(find("{.items[?(@.name==@.tags[*])]}").find("error"), std::string::npos);
}

TEST(JsonPath, TextsAndRanges) {
  EXPECT_EQ(find("$.a"), R"(["$.a"])");
  EXPECT_EQ(find("a is {.a}!"), R"(["a is ",1,"!"])");
  EXPECT_EQ(find(R"({"x\ty"})"), R"(["x\ty"])");
  EXPECT_EQ(find("{range .items[*]}{.name}{end}"), R"(["one","two","three"])");
  EXPECT_EQ(find("{range .items[*]}{.name}{end}{.a}"), R"(["one","two","three",1])");
  EXPECT_EQ(find("{range .empty[*]}{end}{.a}"), "[1]");
  EXPECT_EQ(find("{end}"), "not in range, nothing to end");
  EXPECT_EQ(find("{.a b}"), "unrecognized identifier b");
  EXPECT_EQ(find("{3}"), "[3]");
  EXPECT_EQ(find(""), "[]");
}

TEST(JsonPath, SaysWhereAPathIsWrong) {
  EXPECT_EQ(find("{.a"), "parse: unclosed action");
  EXPECT_EQ(find("{.a[0"), "parse: unterminated array");
  EXPECT_EQ(find("{.a[x]}"), "parse: invalid array index x");
  EXPECT_EQ(find("{.a[1:2:3:4]}"), "parse: invalid array index 1:2:3:4");
  EXPECT_EQ(find("{.a[-]}"), "parse: array index - is not a number");
  EXPECT_EQ(find("{.items[?(@.a}"), "parse: unterminated filter");
  EXPECT_EQ(find("{.items[?(@.a)}"), "parse: unclosed array expect ]");
  EXPECT_EQ(find("{'a"), "parse: unterminated quoted string");
  EXPECT_EQ(find(R"({'\q'})"), R"(parse: unquote string '\q' error invalid syntax)");
  EXPECT_EQ(find("{....a}"), "parse: invalid multiple recursive descent");
  EXPECT_EQ(find("{%}"), "parse: unrecognized character in action: U+0025 '%'");
  EXPECT_EQ(find("{1.2.3}"), "parse: cannot parse number 1.2.3");
}

TEST(JsonPath, FirstTakesOne) {
  EXPECT_EQ(JsonPath::parse("{.obj.x[*]}")->first(document()).value()->dump(), "1");
  EXPECT_EQ(JsonPath::parse("{.empty[*]}")->first(document()).value(), std::nullopt);
  EXPECT_FALSE(JsonPath::parse("{.nowhere}")->first(document()));
}

TEST(JsonPath, IsBounded) {
  EXPECT_TRUE(JsonPath::parse(std::string(kJsonPathTextMax, 'x')));
  const auto longer = JsonPath::parse(std::string(kJsonPathTextMax + 1, 'x'));
  ASSERT_FALSE(longer);
  EXPECT_NE(longer.error().message.find("at most 4096"), std::string::npos);

  Json wide = Json::array();
  for (std::size_t i = 0; i < kJsonPathVisitsMax / 2; ++i) wide.push(Json(1));
  EXPECT_TRUE(JsonPath::parse("{[*]}")->first(wide));
  // Each step looks at every value again.
  EXPECT_NE(find("{[*,*,*].*}", wide).find("more than 200000 values"), std::string::npos);
  const Json text = Json::object().set("t", std::string(1'000'000, 'x'));
  EXPECT_NE(find("{.t.*}", text).find("more than 200000 values"), std::string::npos);
  EXPECT_EQ(find("{..t}", text).size(), 1'000'004U);
}

TEST(JsonPath, UnquotesAsGoDoes) {
  EXPECT_EQ(find(R"({"A\u00e9\n\101"})"), "[\"A\u00e9\\nA\"]");
  EXPECT_EQ(find(R"({'it\'s'})"), R"(["it's"])");
  EXPECT_EQ(find(R"({"\ud800"})").substr(0, 6), "parse:");
  EXPECT_EQ(find(R"({"\x4"})").substr(0, 6), "parse:");
  EXPECT_EQ(find(R"({"\777"})").substr(0, 6), "parse:");
}

}  // namespace
}  // namespace serin::queries
