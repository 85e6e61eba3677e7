#include "app/convert/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/convert/source.h"

namespace serin::app {
namespace {

constexpr std::array<std::string_view, 3> kFrom{"argo", "flagger", "kayenta"};
constexpr std::array<std::string_view, 3> kLevels{"note", "changed", "lost"};

std::string_view to_string(ConvertFinding::Level level) {
  return kLevels[static_cast<std::size_t>(level)];
}

// A document by itself, or the items of a list, as `kubectl get -o yaml` writes them.
void take(config::Document document, std::vector<config::Document>& documents) {
  const config::Node* items = document.root.find("items");
  if (converting::text_of(document.root, "kind") != "List" || items == nullptr) {
    documents.push_back(std::move(document));
    return;
  }
  for (const config::Node& item : items->items()) documents.push_back({document.file, item});
}

}  // namespace

Result<ConvertFrom> parse_convert_from(std::string_view word) {
  auto found = std::ranges::find(kFrom, word);
  if (found == kFrom.end()) {
    return fail(Code::invalid_argument,
                fmt::format("'{}' is none of argo, flagger and kayenta", word));
  }
  return static_cast<ConvertFrom>(found - kFrom.begin());
}

std::string Converted::text() const {
  std::string all;
  for (const ConvertedDocument& document : documents)
    all += (all.empty() ? "" : "---\n") + document.draft.to_yaml();
  return all;
}

std::size_t Converted::lost() const {
  return static_cast<std::size_t>(
      std::ranges::count(findings, ConvertFinding::Level::lost, &ConvertFinding::level));
}

Json to_json(const Converted& converted) {
  Json documents = Json::array();
  for (const ConvertedDocument& document : converted.documents) {
    documents.push(Json::object()
                       .set("kind", document.kind)
                       .set("name", document.name)
                       .set("text", document.draft.to_yaml()));
  }
  Json findings = Json::array();
  for (const ConvertFinding& finding : converted.findings) {
    findings.push(Json::object()
                      .set("level", to_string(finding.level))
                      .set("file", finding.file)
                      .set("line", finding.position.line)
                      .set("column", finding.position.column)
                      .set("pointer", finding.pointer)
                      .set("message", finding.message));
  }
  return Json::object()
      .set("documents", std::move(documents))
      .set("findings", std::move(findings))
      .set("lint", config::to_json(converted.problems));
}

std::string to_text(const ConvertFinding& finding) {
  return fmt::format("{}:{}:{}: {}{}{}: {}", finding.file, finding.position.line,
                     finding.position.column, to_string(finding.level),
                     finding.pointer.empty() ? "" : " ", finding.pointer, finding.message);
}

Result<Converted> convert(ConvertFrom from, const std::vector<rollout::ConfigFile>& files) {
  std::vector<config::Document> documents;
  config::Diagnostics problems;
  for (const rollout::ConfigFile& file : files) {
    for (config::Document& document : config::read_documents(file.name, file.text, problems))
      take(std::move(document), documents);
  }
  // Of keys that stand twice the other tools take one without a word.
  for (const config::Diagnostic& each : problems.sorted()) {
    if (each.is_error() && each.code != config::kDuplicateKey.code)
      return fail(Code::invalid_argument, config::to_text(each));
  }
  Converted converted;
  switch (from) {
    case ConvertFrom::argo:
      converting::convert_argo(documents, converted);
      break;
    case ConvertFrom::flagger:
      converting::convert_flagger(documents, converted);
      break;
    case ConvertFrom::kayenta:
      converting::convert_kayenta(documents, converted);
      break;
  }
  if (converted.documents.empty()) {
    std::string why = converted.findings.empty() ? "" : ": " + to_text(converted.findings.front());
    return fail(Code::invalid_argument, fmt::format("there is nothing of {} to convert{}",
                                                    kFrom[static_cast<std::size_t>(from)], why));
  }
  converted.problems = rollout::lint({{"converted.yaml", converted.text()}});
  return converted;
}

}  // namespace serin::app
