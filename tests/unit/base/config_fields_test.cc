#include <gtest/gtest.h>

#include <array>

#include "base/config/fields.h"
#include "base/config/reader.h"
#include "base/config/schema.h"
#include "base/config/writer.h"

namespace serin::config {
namespace {

enum class Colour { red, green };
std::span<const std::string_view> enum_names(Colour) {
  static constexpr std::array<std::string_view, 2> kNames{"red", "green"};
  return kNames;
}

struct Even {
  int value = 0;
};
TextForm text_form(Even& even) {
  auto parse = [&even](std::string_view text, bool number) -> Status {
    if (!number || (text.back() - '0') % 2 != 0) {
      return fail(Code::invalid_argument, "expected an even number");
    }
    even.value = text.back() - '0';
    return {};
  };
  return {parse, [&even] { return Json(even.value); }, Json::object()};
}

struct Inner {
  std::string name;
  std::optional<double> ratio;
};
void fields(Visitor& v, Inner& inner) {
  v.type("Inner", "The inner part.");
  v("name", inner.name, "Its name.", {.required = true, .always = true});
  v("ratio", inner.ratio, "A ratio.", {.above = 1.0});
}

struct Outer {
  bool flag = true;
  std::int32_t small = 3;
  std::int64_t large = 0;
  double real = 0;
  Duration wait{};
  DurationText interval;
  std::optional<IntOrString> count;
  Json free;
  Colour colour = Colour::red;
  Even even;
  std::vector<Inner> inners;
  std::vector<std::string> socket;
  std::map<std::string, std::string> labels;
  std::string method;
  std::string only_serin;
  std::optional<Inner> left;
  std::optional<Inner> right;
};
void fields(Visitor& v, Outer& outer) {
  static constexpr std::array<std::string_view, 2> kSides{"left", "right"};
  static constexpr std::array<std::string_view, 2> kMethods{"GET", "POST"};
  v.type("Outer", "All kinds of fields.");
  v("flag", outer.flag, "A switch.");
  v("small", outer.small, "A number.", {.minimum = 1, .maximum = 10});
  v("large", outer.large, "A large number.");
  v("real", outer.real, "A real number.");
  v("wait", outer.wait, "How long.");
  v("interval", outer.interval, "How often.");
  v("count", outer.count, "How many.");
  v("free", outer.free, "Anything.");
  v("colour", outer.colour, "Which.");
  v("even", outer.even, "An even number.");
  v("inners", outer.inners, "Several.");
  v("socket", outer.socket, "One or several.", {.or_single = true});
  v("labels", outer.labels, "By name.");
  v("method", outer.method, "How.", {.words = kMethods});
  v("onlySerin", outer.only_serin, "Ours.", {.serin_only = true});
  v.exactly_one(kSides);
  v("left", outer.left, "One side.");
  v("right", outer.right, "The other.");
}

struct Outcome {
  Outer value;
  std::string problems;
  bool ok = false;
};

Outcome read_outer(std::string_view text, ReadOptions options = {}) {
  Diagnostics problems;
  auto documents = read_documents("f", text, problems);
  Outcome outcome;
  EXPECT_EQ(documents.size(), 1U);
  if (documents.empty()) return outcome;
  Reporter reporter(documents[0], problems);
  outcome.ok = read(documents[0].root, Path(), reporter, options, outcome.value);
  outcome.problems = to_text(problems);
  return outcome;
}

constexpr ReadOptions kArgo{.dialect = Dialect::argo};

TEST(Fields, ReadsEveryKind) {
  auto [outer, problems, ok] = read_outer(R"(
flag: no
small: 10
large: 9223372036854775807
real: 1e-3
wait: 1m30s
interval: 30s
count: "3"
free: {a: [1, x]}
colour: green
even: 4
inners: [{name: a, ratio: 1.5}, {name: 2.10}]
socket: /run/one.sock
labels: {a: b, c: "1"}
method: POST
onlySerin: on
left: {name: l}
)");
  EXPECT_EQ(problems, "");
  EXPECT_TRUE(ok);
  EXPECT_FALSE(outer.flag);
  EXPECT_EQ(outer.small, 10);
  EXPECT_EQ(outer.large, 9223372036854775807);
  EXPECT_DOUBLE_EQ(outer.real, 1e-3);
  EXPECT_EQ(outer.wait, std::chrono::seconds(90));
  EXPECT_EQ(outer.interval.text(), "30s");
  EXPECT_EQ(outer.count, IntOrString("3"));
  EXPECT_EQ(outer.free.dump(), R"({"a":[1,"x"]})");
  EXPECT_EQ(outer.colour, Colour::green);
  EXPECT_EQ(outer.even.value, 4);
  ASSERT_EQ(outer.inners.size(), 2U);
  EXPECT_EQ(outer.inners[0].ratio, 1.5);
  EXPECT_EQ(outer.inners[1].name, "2.10") << "texts keep what was written";
  EXPECT_EQ(outer.socket, std::vector<std::string>{"/run/one.sock"});
  EXPECT_EQ(outer.labels.at("c"), "1");
  EXPECT_EQ(outer.only_serin, "on");
  EXPECT_TRUE(outer.left);
}

TEST(Fields, NothingGivenKeepsTheDefaults) {
  auto [outer, problems, ok] = read_outer("{left: {name: a}, small: null}");
  EXPECT_TRUE(ok) << problems;
  EXPECT_TRUE(outer.flag);
  EXPECT_EQ(outer.small, 3);
  EXPECT_FALSE(outer.count);
}

TEST(Fields, AllProblemsAtOnceEachWithItsPlace) {
  auto [outer, problems, ok] = read_outer(
      "flag: 1\nsmall: 11\nlarge: 1.5\nreal: x\nwait: 60\ninterval: 1d\ncount: true\n"
      "colour: gren\neven: 3\ninners: {}\nsocket: [[]]\nlabels: [a]\nmethod: PSOT\n"
      "left: {ratio: 1, nmae: x}\nsmal: 1\n");
  EXPECT_FALSE(ok);
  EXPECT_EQ(problems,
            "f:1:7: error E005 flag: expected true or false, found the number 1\n"
            "f:2:8: error E006 small: 11 is more than 10\n"
            "f:3:8: error E005 large: expected a whole number, found the number 1.5\n"
            "f:4:7: error E005 real: expected a number, found the text 'x'\n"
            "f:5:7: error E006 wait: invalid duration \"60\": the unit is missing (ns, us, ms, s, "
            "m or h), as "
            "in 60s\n"
            "f:6:11: error E006 interval: invalid duration \"1d\": unknown unit \"d\"; units are "
            "ns, us, ms, "
            "s, m and h (a day is 24h)\n"
            "f:7:8: error E005 count: expected a whole number, found the boolean true\n"
            "f:8:9: error E006 colour: 'gren' is not one of red or green; did you mean 'green'?\n"
            "f:9:7: error E006 even: expected an even number\n"
            "f:10:1: error E005 inners: expected a list, found a mapping\n"
            "f:11:10: error E005 socket[0]: expected a text, found a list\n"
            "f:12:1: error E005 labels: expected a mapping, found a list\n"
            "f:13:9: error E006 method: 'PSOT' is not one of GET or POST; did you mean 'POST'?\n"
            "f:14:1: error E007 left.name: this field must be given\n"
            "f:14:15: error E006 left.ratio: 1 is not above 1\n"
            "f:14:24: error E004 left.nmae: there is no field 'nmae'; did you mean 'name'?\n"
            "f:15:7: error E004 smal: there is no field 'smal'; did you mean 'small'?\n"
            "17 errors\n");
}

TEST(Fields, ExactlyOneOfSeveral) {
  EXPECT_NE(read_outer("small: 1")
                .problems.find("error E008: exactly one of left or right must be given\n"),
            std::string::npos);
  EXPECT_NE(read_outer("{left: {name: a}, right: {name: b}}")
                .problems.find("must be given, not left and right"),
            std::string::npos);
  EXPECT_NE(
      read_outer("left:\n").problems.find("'left' has no value; write 'left: {}' if it needs none"),
      std::string::npos);
}

TEST(Fields, ArgoIgnoresUnknownFieldsAndTakesNamesInAnyCase) {
  auto [outer, problems, ok] =
      read_outer("{Small: 11, onlySerin: x, smal: 1, method: FOO, left: {ratio: 0}}", kArgo);
  EXPECT_TRUE(ok);
  EXPECT_EQ(outer.small, 11) << "ranges are Argo's validation's business";
  EXPECT_EQ(outer.only_serin, "");
  EXPECT_EQ(
      problems,
      "f:1:24: warning W001 onlySerin: 'onlySerin' is ignored: argoproj.io documents have no "
      "such field; write apiVersion: serin.dev/v1alpha1 to use it\n"
      "f:1:33: warning W001 smal: the unknown field 'smal' is ignored; did you mean 'small'?\n"
      "2 warnings\n");
}

TEST(Fields, ArgoTextsAreWhatKubernetesMakesOfThem) {
  auto [outer, problems, ok] =
      read_outer("{method: y, socket: [1.50, 'y'], labels: {a: ~}}", kArgo);
  EXPECT_TRUE(ok);
  EXPECT_EQ(outer.method, "true");
  EXPECT_EQ(outer.socket, (std::vector<std::string>{"1.5", "y"}));
  EXPECT_EQ(outer.labels.at("a"), "");
  EXPECT_NE(
      problems.find("warning W002 method: unquoted y is read as a boolean and becomes the text "
                    "'true'; write \"y\" if you mean the characters"),
      std::string::npos)
      << problems;
}

TEST(Fields, ArgoDecodesIntegersAsGoDoes) {
  EXPECT_EQ(read_outer("{small: 1e1}", kArgo).value.small, 10);
  EXPECT_FALSE(read_outer("{small: '1'}", kArgo).ok);
  EXPECT_FALSE(read_outer("{count: 1.5}", kArgo).ok);
  EXPECT_FALSE(read_outer("{count: 3000000000}", kArgo).ok);
  EXPECT_FALSE(read_outer("{flag: 'true'}", kArgo).ok);
  EXPECT_FALSE(read_outer("{inners: x}", kArgo).ok);
  EXPECT_TRUE(read_outer("{interval: 1d, inners: [null]}", kArgo).ok);
}

TEST(Fields, PlaceholdersWaitForTheirArguments) {
  constexpr std::string_view kText =
      "{flag: '{{args.f}}', small: '{{args.n}}', wait: '{{args.w}}', interval: '{{args.w}}', "
      "method: '{{args.m}}', left: {name: '{{args.a}}', ratio: '{{args.r}}'}}";
  auto waiting = read_outer(kText, {.placeholders = true});
  EXPECT_TRUE(waiting.ok) << waiting.problems;
  EXPECT_EQ(waiting.value.small, 3);
  EXPECT_FALSE(read_outer(kText).ok);
  auto filled = read_outer("{flag: 'false', small: '7', real: '2.5', wait: '30s', left: {name: a}}",
                           {.text_numbers = true});
  EXPECT_TRUE(filled.ok) << filled.problems;
  EXPECT_EQ(filled.value.small, 7);
  EXPECT_FALSE(filled.value.flag);
  EXPECT_DOUBLE_EQ(filled.value.real, 2.5);
  EXPECT_FALSE(read_outer("{small: 'x', left: {name: a}}", {.text_numbers = true}).ok);
}

TEST(Fields, WritesWhatItRead) {
  auto outcome = read_outer(
      "{flag: true, small: 5, wait: 90s, count: 0, colour: green, even: 2, inners: [{name: ''}], "
      "socket: s, labels: {z: 1, a: 2}, left: {name: l, ratio: 1.5}}");
  ASSERT_TRUE(outcome.ok) << outcome.problems;
  Json json = write(outcome.value);
  EXPECT_EQ(json.dump(),
            R"({"flag":true,"small":5,"wait":"1m30s","count":0,"colour":"green","even":2,)"
            R"("inners":[{"name":""}],"socket":["s"],"labels":{"a":"2","z":"1"},)"
            R"("left":{"name":"l","ratio":1.5}})");
  auto again = read_outer(json.dump());
  EXPECT_TRUE(again.ok) << again.problems;
  EXPECT_EQ(write(again.value).dump(), json.dump());
}

TEST(Fields, LeavesOutWhatIsEmpty) {
  Outer outer;
  outer.flag = false;
  outer.small = 0;
  outer.left.emplace();
  EXPECT_EQ(write(outer).dump(), R"({"wait":"0s","colour":"red","left":{"name":""}})");
}

TEST(Fields, ManyProblemsAndEntriesAreReadInTime) {
  std::string text = "left: {name: a}\nlabels:\n";
  for (std::size_t i = 0; i < kNodesMax / 5; ++i) text += "  k" + std::to_string(i) + ": v\n";
  for (std::size_t i = 0; i < kNodesMax / 5; ++i) text += "u" + std::to_string(i) + ": v\n";
  auto [outer, problems, ok] = read_outer(text);
  EXPECT_FALSE(ok);
  EXPECT_EQ(outer.labels.size(), kNodesMax / 5);
  EXPECT_NE(problems.find(std::to_string(kNodesMax / 5) + " errors\n"), std::string::npos);
  EXPECT_EQ(write(outer)["labels"].size(), kNodesMax / 5);
}

TEST(Fields, YieldsASchema) {
  SchemaWriter writer;
  EXPECT_EQ(writer.reference<Outer>().dump(), R"({"$ref":"#/$defs/Outer"})");
  Json outer = writer.definitions()["Outer"];
  EXPECT_EQ(outer["additionalProperties"].dump(), "false");
  EXPECT_EQ(outer["properties"]["flag"]["default"].dump(), "true");
  EXPECT_EQ(outer["properties"]["flag"]["description"].string(), "A switch.");
  EXPECT_EQ(outer["properties"]["small"].dump(),
            R"({"description":"A number.","anyOf":[{"type":"integer","minimum":1,"maximum":10},)"
            R"({"type":"string","pattern":"\\{\\{"}],"default":3})");
  EXPECT_EQ(outer["properties"]["colour"]["enum"].dump(), R"(["red","green"])");
  EXPECT_EQ(outer["properties"]["inners"]["items"].dump(), R"({"$ref":"#/$defs/Inner"})");
  EXPECT_EQ(outer["properties"]["socket"]["anyOf"].at(0).dump(), R"({"$ref":"#/$defs/text"})");
  EXPECT_EQ(outer["oneOf"].dump(), R"([{"required":["left"]},{"required":["right"]}])");
  Json inner = writer.definitions()["Inner"];
  EXPECT_EQ(inner["required"].dump(), R"(["name"])");
  EXPECT_EQ(inner["properties"]["ratio"]["anyOf"].at(0)["exclusiveMinimum"].dump(), "1");
}

}  // namespace
}  // namespace serin::config
