#include <gtest/gtest.h>

#include "base/config/document.h"
#include "base/config/scalar.h"

namespace serin::config {
namespace {

std::vector<Document> read_clean(std::string_view text, std::string_view file = "f.yaml") {
  Diagnostics problems;
  auto documents = read_documents(file, text, problems);
  EXPECT_EQ(to_text(problems), "");
  return documents;
}

std::string problems_of(std::string_view text, std::string_view file = "f.yaml") {
  Diagnostics problems;
  read_documents(file, text, problems);
  return to_text(problems);
}

Json json_of(std::string_view text) {
  auto documents = read_clean(text);
  return documents.size() == 1 ? documents.front().root.to_json() : Json();
}

TEST(ConfigDocument, KnowsWhereEveryKeyAndValueStood) {
  auto documents =
      read_clean("kind: Rollout\nspec:\n  steps:\n  - setWeight: 5\n  - {pause: {}}\n");
  ASSERT_EQ(documents.size(), 1U);
  const Node& root = documents[0].root;
  const Node::Member* spec = root.find_member("spec", false);
  ASSERT_NE(spec, nullptr);
  EXPECT_EQ(spec->position, (Position{2, 1}));
  EXPECT_EQ(spec->value.position(), (Position{3, 3}));
  EXPECT_EQ(root.find("kind")->position(), (Position{1, 7}));
  Path weight = Path() / "spec" / "steps" / 0 / "setWeight";
  EXPECT_EQ(root.locate(weight), (Position{4, 16}));
  EXPECT_EQ(weight.to_string(), "spec.steps[0].setWeight");
  // A mapping is shown by its key, what does not exist by what is nearest.
  EXPECT_EQ(root.locate(Path() / "spec" / "steps" / 1 / "pause"), (Position{5, 6}));
  EXPECT_EQ(root.locate(Path() / "spec" / "steps" / 7), (Position{3, 3}));
  EXPECT_EQ(root.locate(Path() / "spec" / "strategy" / "canary"), (Position{2, 1}));
}

TEST(ConfigDocument, PathsQuoteNamesThatNeedIt) {
  EXPECT_EQ((Path() / "metadata" / "labels" / "app.kubernetes.io/name").to_string(),
            R"(metadata.labels["app.kubernetes.io/name"])");
}

TEST(ConfigDocument, StreamsHoldSeveralDocumentsAndEmptyOnesAreLeftOut) {
  auto documents = read_clean("---\na: 1\n---\n---\nb: 2\n...\n---\n# nothing\n");
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[1].root.locate(Path() / "b"), (Position{5, 4}));
  EXPECT_EQ(documents[1].file, "f.yaml");
  EXPECT_TRUE(read_clean("").empty());
}

TEST(ConfigDocument, PlainWordsFollowYaml11) {
  EXPECT_EQ(json_of("[y, Yes, on, TRUE, n, No, off, false]").dump(),
            "[true,true,true,true,false,false,false,false]");
  EXPECT_EQ(json_of("['y', \"no\", \"\", yES, oN, ok]").dump(), R"(["y","no","","yES","oN","ok"])");
  EXPECT_EQ(json_of("[~, null, Null, nUll, '~']").dump(), R"([null,null,null,"nUll","~"])");
  EXPECT_EQ(json_of("[12, +1, -7, 1_000, 010, 0o17, 0x1F, 0b101, -0x10, 08]").dump(),
            "[12,1,-7,1000,8,15,31,5,-16,8]");
  EXPECT_EQ(json_of("[1.5, .5, 5., 1e3, 1E-2, +2.5, -0.5, 1_0.5]").dump(),
            "[1.5,0.5,5,1000,0.01,2.5,-0.5,10.5]");
  EXPECT_EQ(json_of("[1.2.3, 2001-12-14, 10s, -, +, '-', 1e, 0xZ, --1, 1e999, 12:30]").dump(),
            R"(["1.2.3","2001-12-14","10s","-","+","-","1e","0xZ","--1","1e999","12:30"])");
  EXPECT_EQ(json_of("[.inf, -.INF, .NaN, inf]").dump(), R"(["+Inf","-Inf","NaN","inf"])");
  EXPECT_EQ(json_of("[9223372036854775807, -9223372036854775808, 9223372036854775808]").dump(),
            "[9223372036854775807,-9223372036854775808,9223372036854775808]");
  EXPECT_EQ(json_of("[!!str 5, !!int 5]").dump(), R"(["5",5])");
}

TEST(ConfigDocument, ScalarsRememberHowTheyWereWritten) {
  auto documents = read_clean("[2.10, 'on', on, 010]");
  const auto& items = documents.at(0).root.items();
  EXPECT_EQ(items[0].text(), "2.10");
  EXPECT_FALSE(items[0].quoted());
  EXPECT_TRUE(items[1].quoted());
  EXPECT_EQ(items[2].text(), "on");
}

TEST(ConfigDocument, KubernetesTextIsWhatATextFieldGets) {
  auto documents = read_clean(
      "[2.10, on, 010, 1e3, 1234567.5, 0.00001, 100000.0, off, ~, 'x', 1e6, 9223372036854775808]");
  std::vector<std::string> texts;
  for (const Node& item : documents.at(0).root.items()) texts.push_back(kubernetes_text(item));
  EXPECT_EQ(texts,
            (std::vector<std::string>{"2.1", "true", "8", "1000", "1.2345675e+06", "1e-05",
                                      "100000", "false", "", "x", "1e+06", "9223372036854775808"}));
}

TEST(ConfigDocument, KeysAreTypedAsValuesAre) {
  EXPECT_EQ(json_of("{on: 1, 1: 2, 'y': 3, 1.50: 4, ~: 5}").dump(),
            R"({"true":1,"1":2,"y":3,"1.5":4,"null":5})");
}

TEST(ConfigDocument, DuplicateKeysAreErrorsAndReadingGoesOn) {
  Diagnostics problems;
  auto documents = read_documents("f.yaml", "a: 1\nb: {c: 1, c: 2}\na: 3\n", problems);
  EXPECT_EQ(to_text(problems),
            "f.yaml:2:11: error E003: the key 'c' stands already at line 2\n"
            "f.yaml:3:1: error E003: the key 'a' stands already at line 1\n"
            "2 errors\n");
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(documents[0].root.to_json().dump(), R"({"a":1,"b":{"c":1}})");
  EXPECT_EQ(problems_of(R"({"a":1,"a":2})", "f.json"),
            "f.json:1:8: error E003: the key 'a' stands already at line 1\n1 error\n");
}

TEST(ConfigDocument, OfRepeatedKeysArgosDocumentsHaveTheLastValue) {
  const std::string argo = "apiVersion: argoproj.io/v1alpha1\n";
  Diagnostics problems;
  auto documents = read_documents(
      "f.yaml", "a: 1\na: 2\n---\n" + argo + "a: 1\nm: {x: p, z: q}\na: {b: 3, b: 4}\nm: {w: 5}\n",
      problems);
  EXPECT_EQ(to_text(problems),
            "f.yaml:2:1: error E003: the key 'a' stands already at line 1\n"
            "f.yaml:7:1: warning W004: the key 'a' stands already at line 5; Argo takes this one\n"
            "f.yaml:7:11: warning W004: the key 'b' stands already at line 7; Argo takes this one\n"
            "f.yaml:8:1: warning W004: the key 'm' stands already at line 6; Argo takes this one\n"
            "1 error, 3 warnings\n");
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[0].root.to_json().dump(), R"({"a":1})");
  EXPECT_EQ(documents[1].root.to_json().dump(),
            R"({"apiVersion":"argoproj.io/v1alpha1","a":{"b":4},"m":{"w":5}})");
  Diagnostics of_json;
  documents = read_documents(
      "f.json", R"({"apiVersion":"argoproj.io/v1alpha1","a":1,"b":2,"a":{"c":1,"c":3}})", of_json);
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(documents[0].root.to_json().dump(),
            R"({"apiVersion":"argoproj.io/v1alpha1","a":{"c":3},"b":2})");
  EXPECT_FALSE(of_json.has_errors());
}

TEST(ConfigDocument, AnchorsAndMergeKeys) {
  EXPECT_EQ(json_of("base: &b {x: 1, y2: 2}\nuse: *b\nmore: {<<: *b, x: 9}\n").dump(),
            R"({"base":{"x":1,"y2":2},"use":{"x":1,"y2":2},"more":{"x":9,"y2":2}})");
  EXPECT_EQ(json_of("{a: &a {x: 1}, b: &b {x: 2, z: 3}, c: {<<: [*a, *b], q: 0}}")["c"].dump(),
            R"({"q":0,"x":1,"z":3})");
  EXPECT_EQ(json_of("{'<<': 1}").dump(), R"({"<<":1})");
  EXPECT_NE(problems_of("{<<: 1}").find("'<<' takes a mapping"), std::string::npos);
  EXPECT_NE(problems_of("a: &a [*a]").find("inside the value"), std::string::npos);
  EXPECT_NE(problems_of("a: *nobody").find("error E001"), std::string::npos);
}

TEST(ConfigDocument, SyntaxErrorsNameThePlaceAndKeepWhatCameBefore) {
  Diagnostics problems;
  auto documents = read_documents("f.yaml", "a: 1\n---\nb: [1, 2\n", problems);
  EXPECT_EQ(documents.size(), 1U);
  EXPECT_TRUE(to_text(problems).starts_with("f.yaml:4:1: error E001: ")) << to_text(problems);
  EXPECT_TRUE(problems_of("{[1]: 2}").find("a key must be a single word") != std::string::npos);
  EXPECT_TRUE(problems_of("!custom x").find("the tag") != std::string::npos);
}

TEST(ConfigDocument, SyntaxErrorsSayWhatToLookFor) {
  EXPECT_EQ(problems_of("a:\n\tb: 1\n"),
            "f.yaml:2:3: error E001: a tab in the indentation: YAML indents with spaces only\n"
            "1 error\n");
  auto says = [](std::string_view text, std::string_view words) {
    const std::string found = problems_of(text);
    EXPECT_NE(found.find(words), std::string::npos) << text << "\n" << found;
  };
  says("a: {b: 1", "a '{' before is not closed");
  says("a: [b, c", "a '[' before is not closed");
  says("a: [b}", "a bracket that closes nothing");
  says("a: @b", "put the text in quotes");
  says("a: b: c", "look at the indentation");
  says("a: \"b", "a quoted text without its end");
  says(std::string_view("\xff\xfe"
                        "a\0",
                        4),
       "save it as UTF-8");
  // Tabs elsewhere are no fault of their own.
  EXPECT_EQ(problems_of("a: b\t# c\n"), "");
}

TEST(ConfigDocument, ReadsJsonWithPositions) {
  auto documents = read_clean(
      "{\n\t\"a\": [1, 2.5e1, \"\\u00e9\\ud83d\\ude00\\/\"],\n\t\"b\": null\n}", "f.json");
  ASSERT_EQ(documents.size(), 1U);
  const Node& root = documents[0].root;
  EXPECT_EQ(root.to_json().dump(), "{\"a\":[1,25,\"\xc3\xa9\xf0\x9f\x98\x80/\"],\"b\":null}");
  EXPECT_EQ(root.locate(Path() / "a" / 1), (Position{2, 11}));
  EXPECT_TRUE(root.find("a")->items()[2].quoted());
  // JSON is known by its looks too, with tabs that YAML refuses.
  EXPECT_EQ(read_clean("\n{\t\"a\": true}", "-").size(), 1U);
  EXPECT_EQ(json_of("{a: yes}").dump(), R"({"a":true})");
}

TEST(ConfigDocument, JsonFaultsNameThePlace) {
  auto fault = [](std::string_view text) { return problems_of(text, "f.json"); };
  EXPECT_EQ(fault("{\"a\": 1,\n \"b\" 2}"),
            "f.json:2:6: error E001: ':' is wanted here\n1 error\n");
  EXPECT_EQ(fault("[1, 2"), "f.json:1:6: error E001: ',' or ']' is wanted here\n1 error\n");
  EXPECT_EQ(fault("[1,]"), "f.json:1:4: error E001: '' is no JSON value\n1 error\n");
  EXPECT_EQ(fault("{a: 1}"), "f.json:1:2: error E001: a key in double quotes is wanted\n1 error\n");
  EXPECT_EQ(fault("[yes]"), "f.json:1:2: error E001: 'yes' is no JSON value\n1 error\n");
  EXPECT_EQ(fault("1 2"), "f.json:1:3: error E001: text after the end of the value\n1 error\n");
  EXPECT_NE(fault("[\"a\nb\"]").find("control character"), std::string::npos);
  EXPECT_NE(fault("[\"a").find("without its end"), std::string::npos);
  EXPECT_NE(fault("[\"\\x\"]").find("escape"), std::string::npos);
  EXPECT_NE(fault("").find("error E001"), std::string::npos);
}

TEST(ConfigDocument, OnlyUtf8IsRead) {
  EXPECT_EQ(problems_of("a: 1\nb: \xff\n"),
            "f.yaml:2:4: error E001: a byte that is not UTF-8 text\n1 error\n");
  EXPECT_NE(problems_of(std::string_view("a: \0", 4)).find("not UTF-8"), std::string::npos);
  EXPECT_NE(problems_of("a: \xed\xa0\x80").find("not UTF-8"), std::string::npos);
  EXPECT_NE(problems_of("a: \xc3").find("not UTF-8"), std::string::npos);
  EXPECT_EQ(problems_of("\xef\xbb\xbf"
                        "a: \xf0\x9f\x98\x80"),
            "");
}

// Each bound: at it all is well, one more is an error that names it.

TEST(ConfigBounds, Bytes) {
  std::string text = "# " + std::string(kTextBytesMax - 2, 'x');
  EXPECT_EQ(problems_of(text), "");
  EXPECT_EQ(problems_of(text + "x"), "f.yaml: error E002: larger than 4194304 bytes\n1 error\n");
}

TEST(ConfigBounds, Depth) {
  auto nested = [](int levels) {
    auto count = static_cast<std::size_t>(levels);
    return std::string(count, '[') + "1" + std::string(count, ']');
  };
  for (std::string_view file : {"f.yaml", "f.json"}) {
    EXPECT_EQ(problems_of(nested(kDepthMax), file), "");
    std::string beyond = problems_of(nested(kDepthMax + 1), file);
    EXPECT_NE(beyond.find("error E002: nested deeper than 64 levels"), std::string::npos) << beyond;
  }
}

TEST(ConfigBounds, Nodes) {
  auto list = [](std::size_t items) {
    std::string text = "[1";
    for (std::size_t i = 1; i < items; ++i) text += ",1";
    return text + "]";
  };
  for (std::string_view file : {"f.yaml", "f.json"}) {
    EXPECT_EQ(problems_of(list(kNodesMax - 1), file), "") << file;
    EXPECT_NE(problems_of(list(kNodesMax), file).find("error E002: more than 50000 values"),
              std::string::npos)
        << file;
  }
}

TEST(ConfigBounds, AliasesCountForWhatTheyRepeat) {
  // Nine levels of nine aliases each would be 9^9 values.
  std::string text = "a0: &a0 [1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 9; ++i) {
    std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 1; k < 9; ++k) text += "," + before;
    text += "]\n";
  }
  EXPECT_NE(problems_of(text).find("error E002: more than 50000 values"), std::string::npos);
}

TEST(ConfigBounds, Aliases) {
  auto aliases = [](std::size_t count) {
    std::string text = "a: &a 1\nb:\n";
    for (std::size_t i = 0; i < count; ++i) text += "- *a\n";
    return text;
  };
  EXPECT_EQ(problems_of(aliases(kAliasesMax)), "");
  EXPECT_NE(problems_of(aliases(kAliasesMax + 1)).find("more than 1000 aliases"),
            std::string::npos);
}

TEST(ConfigBounds, Documents) {
  auto documents = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "---\na: 1\n";
    return text;
  };
  EXPECT_EQ(problems_of(documents(kDocumentsMax)), "");
  EXPECT_NE(problems_of(documents(kDocumentsMax + 1)).find("more than 1000 documents"),
            std::string::npos);
}

}  // namespace
}  // namespace serin::config
