// The `metadata` block that every document has.
#pragma once

#include <map>
#include <string>

namespace serin::config {

// By apiVersion: argoproj.io documents mean what they mean in Argo Rollouts (unknown fields are
// ignored, its defaults and validation apply); serin.dev documents are strict and have safe
// defaults.
enum class Dialect { argo, serin };

struct Metadata {
  std::string name;
  std::string generate_name;
  std::string name_space;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  bool operator==(const Metadata&) const = default;
};

}  // namespace serin::config
