#include "rollout/plan/load/schema.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/paths.h"

namespace serin::rollout {
namespace {

TEST(Schema, TheCommittedFileIsWhatTheFieldsSay) {
  std::ifstream file(test::source_dir() + "/docs/schema.json");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(text.str() == config_schema().dump(2) + "\n")
      << "run the program serin_schema and commit its output as docs/schema.json";
}

TEST(Schema, EveryReferenceHasADefinition) {
  Json schema = config_schema();
  auto check = [&](auto&& self, const Json& value) -> void {
    if (const Json* reference = value.find("$ref"); reference != nullptr) {
      std::string name(reference->string().substr(std::string_view("#/$defs/").size()));
      EXPECT_TRUE(schema["$defs"].contains(name)) << name;
    }
    for (const auto& [key, member] : value.members()) self(self, member);
    for (const Json& item : value.items()) self(self, item);
  };
  check(check, schema);
  EXPECT_GT(schema["$defs"].size(), 50U);
}

TEST(Schema, EveryFieldIsDescribed) {
  Json definitions = config_schema()["$defs"];
  for (const auto& [name, definition] : definitions.members()) {
    EXPECT_FALSE(definition["description"].string().empty() &&
                 definition["type"].string() == "object")
        << name;
    for (const auto& [field, schema] : definition["properties"].members()) {
      EXPECT_FALSE(schema["description"].string().empty()) << name << '.' << field;
    }
  }
}

TEST(Schema, StatesDefaults) {
  Json definitions = config_schema()["$defs"];
  EXPECT_EQ(definitions["Promotion"]["properties"]["warm"]["default"].string(), "15m");
  EXPECT_EQ(definitions["RolloutSpec"]["properties"]["onInconclusive"]["default"].string(),
            "pause");
  EXPECT_EQ(definitions["Versions"]["properties"]["label"]["default"].string(), "version");
  EXPECT_FALSE(definitions["Versions"].contains("required"));
}

}  // namespace
}  // namespace serin::rollout
