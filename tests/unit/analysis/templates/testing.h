// Helpers of the tests of templates.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "analysis/templates/read.h"
#include "analysis/templates/validation.h"
#include "base/config/metadata.h"

namespace serin::analysis {

struct ReadTemplate {
  AnalysisTemplate value;
  std::string problems;
};

// Reads and validates the first document.
inline ReadTemplate read_and_validate(std::string_view text) {
  config::Diagnostics problems;
  auto documents = config::read_documents("t.yaml", text, problems);
  ReadTemplate result;
  if (!documents.empty()) {
    if (auto header = config::header_of(documents[0], problems)) {
      result.value = read_template(documents[0], *header, problems);
      validate(result.value, config::Reporter(documents[0], problems));
    }
  }
  result.problems = config::to_text(problems);
  return result;
}

// What reading and validating the first document finds.
inline config::Diagnostics problems_of(std::string_view text) {
  config::Diagnostics problems;
  auto documents = config::read_documents("t.yaml", text, problems);
  if (documents.empty()) return problems;
  auto header = config::header_of(documents[0], problems);
  if (!header) return problems;
  AnalysisTemplate value = read_template(documents[0], *header, problems);
  validate(value, config::Reporter(documents[0], problems));
  return problems;
}

inline Json parse_json(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json) << text;
  return json ? *json : Json();
}

}  // namespace serin::analysis
