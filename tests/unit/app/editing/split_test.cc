// Documents of a file, found and changed byte for byte.
#include "app/editing/split.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "app/editing/change.h"
#include "app/yaml/draft.h"
#include "base/config/document.h"

namespace serin::app {
namespace {

using rollout::ConfigFile;

std::vector<std::string> names_of(const std::string& text) {
  auto pieces = split_documents("a.yaml", text);
  EXPECT_TRUE(pieces) << pieces.error().to_string();
  std::vector<std::string> names;
  if (!pieces) return names;
  std::size_t at = 0;
  for (const Piece& piece : *pieces) {
    EXPECT_EQ(piece.begin, at) << "pieces join";
    EXPECT_LE(piece.content, piece.end);
    at = piece.end;
    names.push_back(piece.root ? piece.kind() + "/" + piece.name() : "");
  }
  EXPECT_EQ(at, text.size());
  return names;
}

using Names = std::vector<std::string>;

TEST(SplitDocuments, AtTheirMarksAndNowhereElse) {
  const std::string a = "kind: A\nmetadata: {name: one}\n";
  const std::string b = "kind: B\nmetadata: {name: two}\n";
  EXPECT_EQ(names_of(""), Names{""});
  EXPECT_EQ(names_of(a), Names{"A/one"});
  EXPECT_EQ(names_of("---\n" + a + "--- # here\n" + b), (Names{"A/one", "B/two"}));
  EXPECT_EQ(names_of("# first\n---\n" + a + "---\n---\r\n" + b), (Names{"", "A/one", "", "B/two"}));
  EXPECT_EQ(names_of(a + "--- {kind: C, metadata: {name: three}}\n"), (Names{"A/one", "C/three"}));
  // Marks inside texts and blocks are none.
  EXPECT_EQ(names_of(a + "script: |\n  ---\n  echo --- # x\nother: >-\n  a\n  --- b\n---\n" + b),
            (Names{"A/one", "B/two"}));
  EXPECT_EQ(names_of(a + "q: 'it\n  --- goes on'\n---\n" + b), (Names{"A/one", "B/two"}));
  EXPECT_EQ(names_of(a + "---x: 1\n"), Names{"A/one"});
  EXPECT_EQ(names_of(R"({"kind": "J", "metadata": {"name": "json"}})"), Names{"J/json"});
}

TEST(SplitDocuments, RefusesWhatItIsNotSureOf) {
  const std::string a = "kind: A\nmetadata: {name: one}\n";
  for (const std::string& text : std::vector<std::string>{
           "%YAML 1.1\n---\n" + a, a + "...\n---\n" + a, a + "...\n" + a, a + "q: 'x\n--- y'\n",
           "a: [\n", std::string("kind: A\r---\rkind: B\r")}) {
    auto pieces = split_documents("a.yaml", text);
    EXPECT_FALSE(pieces) << text;
    EXPECT_EQ(pieces ? Code::internal : pieces.error().code, Code::invalid_argument);
  }
}

TEST(FirstRemark, IsOneThatADocumentDoesNotNeed) {
  EXPECT_EQ(first_remark("a.yaml", "a: 1\nb: 2 # two\n"), 2);
  EXPECT_EQ(first_remark("a.yaml", "# top\na: 1\n"), 1);
  EXPECT_EQ(first_remark("a.yaml", "a: 'x # y'\nb: |\n  # not one\n  c # nor this\n"),
            std::nullopt);
  EXPECT_EQ(first_remark("a.yaml", "a: x#y\n"), std::nullopt);
  std::string many = "a: |\n";
  for (int i = 0; i < 101; ++i) many += "  # text\n";
  EXPECT_EQ(first_remark("a.yaml", many), 102) << "too many to try";
  const std::string large = "a: 'x # y'\nb: 'x # y'\nc: " + std::string(600'000, 'z') + "\n";
  EXPECT_EQ(first_remark("a.yaml", large), 2) << "too much to read again";
  EXPECT_EQ(first_remark("a.yaml", large.substr(0, 500'000)), std::nullopt);
}

const std::string kHead = "# head\nkind: AnalysisTemplate\nmetadata: {name: t}   # kept\n";
const std::string kOld = "# mine\nkind: Rollout\nmetadata: {name: r}\nold: 1\n";
const std::string kTail = "---\n\n# tail\nkind: Rollout\nmetadata: {name: s}\nlast: true";

TEST(ChangeDocument, LeavesAllOthersByteForByte) {
  const std::vector<ConfigFile> files{{"a.yaml", kHead + "---  # sep\n" + kOld + kTail}};
  auto found = locate(files, "Rollout", "r");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->text, kOld);
  const std::string fresh = "kind: Rollout\nmetadata: {name: r}\nfresh: 1\n";
  auto put = replace_document(files, **found, "---\n" + fresh);
  ASSERT_TRUE(put) << put.error().to_string();
  EXPECT_EQ(put->files[0].text, kHead + "---  # sep\n" + fresh + kTail);
  auto gone = remove_document(files, **found);
  ASSERT_TRUE(gone) << gone.error().to_string();
  EXPECT_EQ(gone->files[0].text, kHead + kTail);
  auto last = locate(files, "Rollout", "s");
  ASSERT_TRUE(last && *last);
  EXPECT_EQ(remove_document(files, **last)->files[0].text, kHead + "---  # sep\n" + kOld);
  auto none = locate(files, "Rollout", "t");
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  auto first = locate(files, "AnalysisTemplate", "t");
  EXPECT_EQ(remove_document(files, **first)->files[0].text, "---  # sep\n" + kOld + kTail);
}

TEST(ChangeDocument, AFileThatHoldsNothingGoes) {
  std::vector<ConfigFile> files{{"a.yaml", "---\n" + kOld + "---\n"}, {"b.yaml", kHead}};
  auto found = locate(files, "Rollout", "r");
  auto gone = remove_document(files, **found);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->files.size(), 1U);
  files[0].text = "# a word\n---\n" + kOld;
  found = locate(files, "Rollout", "r");
  EXPECT_EQ(remove_document(files, **found)->files[0].text, "# a word\n");
}

TEST(ChangeDocument, NewOnesGoToTheirFile) {
  std::vector<ConfigFile> files{{"b.yaml", kHead}};
  auto fresh = add_document(files, "a.yaml", kOld);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->files[0].text, kOld);
  auto behind = add_document(files, "b.yaml", "---\n" + kOld);
  ASSERT_TRUE(behind);
  EXPECT_EQ(behind->files[0].text, kHead + "---\n" + kOld);
  EXPECT_FALSE(add_document(files, "b.yaml", kOld + "---\n" + kOld)) << "one at a time";
  EXPECT_EQ(free_name(files, "b"), "b.rollout.yaml");
  files.push_back({"b.rollout.yaml", ""});
  files.push_back({"b.rollout-2.yaml", ""});
  EXPECT_EQ(free_name(files, "b"), "");
}

TEST(ChangeDocument, JsonStaysJson) {
  std::vector<ConfigFile> files{{"a.json", R"({"kind":"Rollout","metadata":{"name":"r"}})"}};
  auto found = locate(files, "Rollout", "r");
  ASSERT_TRUE(found && *found);
  auto put = replace_document(files, **found, kOld);
  ASSERT_TRUE(put) << put.error().to_string();
  EXPECT_EQ((*Json::parse(put->files[0].text))["old"].integer(), 1);
  EXPECT_TRUE(remove_document(files, **found)->files.empty());
}

Json read_back(const std::string& yaml) {
  config::Diagnostics problems;
  auto documents = config::read_documents("a.yaml", yaml, problems);
  RC_LOG() << yaml << config::to_text(problems);
  RC_ASSERT(!problems.has_errors());
  return documents.empty() ? Json() : documents[0].root.to_json();
}

std::string some_text() {
  return *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("ab yn01.:#-'\"{}[]|>&*!%@`,~=?/\\\n_TZe+\t")));
}

Json some_json(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 6 : 4);
  if (kind == 0) return some_text();
  if (kind == 1) return *rc::gen::arbitrary<std::int64_t>();
  if (kind == 2) return *rc::gen::arbitrary<bool>();
  if (kind == 3)
    return *rc::gen::element<std::string>("y", "off", "null", "1e3", "0x1f", "1:30", "2.10",
                                          "2020-01-01", "---", "...", "<<", "=", ".inf", "a: b", "",
                                          "first\n  second\n", "up # x", "k:");
  const int size = *rc::gen::inRange(0, 4);
  Json json = kind == 4 ? Json::array() : Json::object();
  for (int i = 0; i < size; ++i) {
    if (kind == 4) {
      json.push(some_json(depth - 1));
    } else {
      json.set(some_text(), some_json(depth - 1));
    }
  }
  return json;
}

void is_read_back() {
  Json json = Json::object().set("a", some_json(3)).set("b", some_json(2));
  RC_ASSERT(read_back(Draft::of(json).to_yaml()) == json);
  Draft noted = Draft::of(json);
  noted.find("a")->note("a remark: - { that \n is none");
  RC_ASSERT(read_back(noted.to_yaml()) == json);
}

TEST(Draft, IsReadBackAsItWas) {
  EXPECT_TRUE(rc::check(is_read_back));
}

TEST(Draft, KeepsWhatWasWrittenWithoutQuotes) {
  config::Diagnostics problems;
  auto documents =
      config::read_documents("a.yaml", "a: 2.10\nb: yes\nc: 0x1F\nd: '3'\ne: ~\nf:\n", problems);
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(Draft::of(documents[0].root).to_yaml(),
            "a: 2.10\nb: yes\nc: 0x1F\nd: \"3\"\ne: null\nf: null\n");
}

TEST(Draft, RemarksStandAboveWhatTheyAreAbout) {
  Draft metric = Draft::map();
  metric.set("name", "x").note("about the name");
  metric.set("query", "a\nb\n");
  Draft list = Draft::list();
  list.push(std::move(metric)).note("about the metric");
  Draft document = Draft::map();
  document.note("about all of it");
  document.set("metrics", std::move(list));
  EXPECT_EQ(document.to_yaml(),
            "# about all of it\nmetrics:\n# about the metric\n# about the name\n- name: x\n"
            "  query: |\n    a\n    b\n");
}

// The examples of RFC 7386.
TEST(MergePatch, IsTheStandards) {
  struct Case {
    const char* target;
    const char* patch;
    const char* result;
  };
  for (const Case& each : std::vector<Case>{
           {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
           {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
           {R"({"a":"b"})", R"({"a":null})", R"({})"},
           {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
           {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
           {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
           {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
           {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
           {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
           {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}}) {
    Draft draft = Draft::of(*Json::parse(each.target));
    merge_patch(draft, *Json::parse(each.patch));
    config::Diagnostics problems;
    auto documents = config::read_documents("a.yaml", draft.to_yaml(), problems);
    ASSERT_EQ(documents.size(), 1U) << each.patch;
    EXPECT_EQ(documents[0].root.to_json().dump(), each.result);
  }
}

}  // namespace
}  // namespace serin::app
