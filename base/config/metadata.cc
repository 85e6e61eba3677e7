#include "base/config/metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/config/document.h"
#include "base/config/fields.h"

namespace serin::config {
namespace {

constexpr std::size_t kNameMax = 63;
constexpr std::size_t kStrictNameMin = 4;

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_letter_or_digit(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}

}  // namespace

void fields(Visitor& v, Metadata& metadata) {
  v.type("Metadata", "The document's name and labels.");
  if (v.dialect() == Dialect::argo) v.open_ended();  // whatever Kubernetes keeps there
  v("name", metadata.name, "Its name, a DNS label.");
  v("generateName", metadata.generate_name, "The beginning of a name that is made up.");
  v("namespace", metadata.name_space, "Its namespace in Kubernetes.");
  v("labels", metadata.labels, "Labels, by name.");
  v("annotations", metadata.annotations, "Annotations, by name.");
}

std::optional<Header> header_of(const Document& document, Diagnostics& problems) {
  Reporter reporter(document, problems);
  const Node& root = document.root;
  if (!root.is_mapping()) {
    reporter.add(kUnknownKind, {},
                 fmt::format("expected a document with kind, found {}", root.describe()));
    return std::nullopt;
  }
  const Node* version = root.find("apiVersion");
  const Node* kind = root.find("kind");
  std::string version_text =
      version != nullptr && version->is_scalar() ? version->text() : std::string(kApiVersionSerin);
  bool argo = version_text == kApiVersionArgo;
  if (!argo && version_text != kApiVersionSerin) {
    bool ours = version_text.starts_with("serin.dev/") || version_text.starts_with("argoproj.io/");
    reporter.add(ours ? kUnknownKind : kForeignDocument, Path() / "apiVersion",
                 fmt::format("apiVersion '{}' is not read", version_text),
                 fmt::format("{} and {} are", kApiVersionSerin, kApiVersionArgo));
    return std::nullopt;
  }
  if (kind == nullptr || !kind->is_string() || kind->text().empty()) {
    reporter.add(kUnknownKind, Path() / "kind", "the document names no kind",
                 "AnalysisTemplate, ClusterAnalysisTemplate, AnalysisRun or Rollout");
    return std::nullopt;
  }
  return Header{argo ? Dialect::argo : Dialect::serin, kind->text()};
}

std::string why_no_name(std::string_view name, bool strict) {
  if (name.empty()) return "a name must be given";
  if (name.size() > kNameMax) {
    return fmt::format("the name has {} characters, at most {} are allowed", name.size(), kNameMax);
  }
  bool known = std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '-'; });
  if (!known) return "a name has lower-case letters, digits and hyphens only";
  if (!is_letter_or_digit(name.front()) || !is_letter_or_digit(name.back())) {
    return "a name starts and ends with a letter or digit";
  }
  if (strict && name.size() < kStrictNameMin) {
    return fmt::format("with `naming: strict` a name has at least {} characters", kStrictNameMin);
  }
  if (strict && !is_letter(name.front()))
    return "with `naming: strict` a name starts with a letter";
  return "";
}

}  // namespace serin::config
