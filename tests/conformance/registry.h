// What the conformance program answers: families of reference cases, by name.
//
// A group of families lives in one source file, which offers one function that lists them; main.cc
// gathers the lists. An answer is the JSON that tests/vectors/PROVENANCE.md describes; it calls the
// functions that the product runs and holds no logic of its own.
#pragma once

#include <span>
#include <string_view>

#include "base/json.h"

namespace serin::conformance {

struct Family {
  std::string_view name;
  Json (*answer)(const Json& input);
};

std::span<const Family> classical_families();  // stats_* of the classical tests
std::span<const Family> condition_families();  // condition, expression
std::span<const Family> evidence_families();   // stats_eprocess_*, stats_confseq_*
std::span<const Family> kayenta_families();    // kayenta_judge
std::span<const Family> replica_families();    // replica_counts_*
std::span<const Family> response_families();   // prometheus_response, web_response
std::span<const Family> run_families();        // metric_status, analysis_run
std::span<const Family> template_families();   // validation, template_merge, arg_substitution

}  // namespace serin::conformance
