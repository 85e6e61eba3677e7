#include "app/convert/source.h"

#include <fmt/format.h>

#include <algorithm>

namespace serin::app::converting {
namespace {

constexpr std::size_t kNameMax = 63;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Only the characters that `keeps` lets stay, others as hyphens; words at both ends.
template <class Keeps>
std::string cleaned(std::string_view name, Keeps keeps) {
  std::string out;
  for (char c : name.substr(0, kNameMax)) out += keeps(c) ? c : '-';
  while (!out.empty() && !is_word(out.back())) out.pop_back();
  std::size_t first = 0;
  while (first < out.size() && !is_word(out[first])) ++first;
  return out.substr(first);
}

}  // namespace

void Source::tell(Level level, const Path& path, const std::string& message, Draft* at) const {
  out_->findings.push_back({.level = level,
                            .file = document_->file,
                            .position = document_->root.locate(path),
                            .pointer = path.to_string(),
                            .message = message});
  if (at != nullptr) at->note(message);
}

void Source::tell_of_others(const Node& node, const Path& path,
                            std::initializer_list<std::string_view> known, Draft* at) const {
  for (const Node::Member& member : node.members()) {
    if (std::ranges::find(known, member.key) != known.end()) continue;
    tell(Level::lost, path / member.key, fmt::format("'{}' is not carried over.", member.key), at);
  }
}

void Source::add(std::string kind, std::string name, Draft draft) const {
  out_->documents.push_back({std::move(kind), std::move(name), std::move(draft)});
}

std::string text_of(const Node& node, std::string_view member) {
  const Node* value = node.find(member);
  return value != nullptr && value->is_scalar() && !value->is_null() ? value->text() : "";
}

double number_of(const Node& node, std::string_view member, double fallback) {
  const Node* value = node.find(member);
  return value != nullptr ? value->value().number(fallback) : fallback;
}

bool flag_of(const Node& node, std::string_view member) {
  const Node* value = node.find(member);
  return value != nullptr && (value->value().boolean() || value->value() == Json("true"));
}

const std::vector<Node>& items_of(const Node& node, std::string_view member) {
  static const std::vector<Node> kNone;
  const Node* value = node.find(member);
  return value != nullptr ? value->items() : kNone;
}

const Node* inside(const Node& node, std::initializer_list<std::string_view> names) {
  const Node* at = &node;
  for (std::string_view name : names) {
    at = at->find(name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

void copy(const Node& from, Draft& to, std::initializer_list<std::string_view> members) {
  for (std::string_view name : members) {
    const Node* value = from.find(name);
    if (value != nullptr && !value->is_null()) to.set(name, Draft::of(*value));
  }
}

Draft head(const Source& source, std::string_view kind, const std::string& name) {
  Draft draft = Draft::map();
  draft.note(fmt::format("Converted by `serin convert` from {}, line {}.", source.file(),
                         source.root().position().line));
  draft.set("apiVersion", config::kApiVersionSerin);
  draft.set("kind", kind);
  Draft& metadata = draft.set("metadata", Draft::map());
  metadata.set("name", name);
  if (const Node* given = source.root().find("metadata"))
    copy(*given, metadata, {"namespace", "labels"});
  return draft;
}

std::string metric_name(const std::string& name) {
  std::string fit =
      cleaned(name, [](char c) { return is_word(c) || c == '-' || c == '_' || c == '.'; });
  return fit.empty() ? "metric" : fit;
}

std::string quoted_regex(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").contains(c)) out += '\\';
    out += c;
  }
  return out;
}

std::string label_of(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  std::string fit = cleaned(lower, is_word);
  return fit.empty() ? "converted" : fit;
}

}  // namespace serin::app::converting
