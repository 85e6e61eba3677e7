// What every document begins with: apiVersion, kind and metadata.
//
//   std::optional<Header> header = header_of(document, problems);
//   if (header && header->kind == "Rollout") …
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/config/diagnostic.h"

namespace serin::config {

class Visitor;
struct Document;

// By apiVersion: argoproj.io documents mean what they mean in Argo Rollouts (unknown fields are
// ignored, its defaults and validation apply); serin.dev documents are strict and have safe
// defaults.
enum class Dialect { argo, serin };

inline constexpr std::string_view kApiVersionSerin = "serin.dev/v1alpha1";
inline constexpr std::string_view kApiVersionArgo = "argoproj.io/v1alpha1";

inline constexpr Rule kForeignDocument{"W003", "A document of another system, left out"};

struct Header {
  Dialect dialect = Dialect::serin;
  std::string kind;
};

// Nothing for a document that is no mapping or names no kind (an error is added), or is another
// system's, such as a Kubernetes Service beside a Rollout (a warning). Without apiVersion: serin's.
std::optional<Header> header_of(const Document& document, Diagnostics& problems);

struct Metadata {
  std::string name;
  std::string generate_name;
  std::string name_space;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  bool operator==(const Metadata&) const = default;
};
void fields(Visitor& v, Metadata& metadata);

// A DNS label (RFC 1123): 1 to 63 lower-case letters, digits and hyphens, a letter or digit at both
// ends. `strict` wants 4 to 63 characters and a letter first. The reason why not, or "".
std::string why_no_name(std::string_view name, bool strict = false);

}  // namespace serin::config
