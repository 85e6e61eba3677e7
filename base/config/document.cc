#include "base/config/document.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/config/parsers.h"

namespace serin::config {
namespace {

Position position_at(std::string_view text, std::size_t offset) {
  std::string_view before = text.substr(0, offset);
  auto line = std::ranges::count(before, '\n') + 1;
  std::size_t start = before.rfind('\n');
  std::size_t column = start == std::string_view::npos ? offset + 1 : offset - start;
  return {static_cast<int>(line), static_cast<int>(column)};
}

// JSON by its name, or by its first character where it reads as such: YAML's flow form begins
// alike.
Parsed parse(std::string_view file, std::string_view text, Repeated repeated) {
  if (file.ends_with(".json")) return parse_json(text, repeated);
  std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
    Parsed parsed = parse_json(text, repeated);
    if (!parsed.fault) return parsed;
  }
  return parse_yaml(text, repeated);
}

bool is_argo(const Node& root) {
  const Node* version = root.find("apiVersion");
  return version != nullptr && version->is_string() && version->text().starts_with("argoproj.io/");
}

// Of keys that stand twice Argo's documents have the last value.
std::vector<bool> take_last_values(std::string_view file, std::string_view text, Parsed& parsed) {
  std::vector<bool> last(parsed.roots.size(), false);
  if (parsed.duplicates.empty()) return last;
  Parsed again = parse(file, text, Repeated::last);
  for (std::size_t i = 0; i < std::min(parsed.roots.size(), again.roots.size()); ++i) {
    last[i] = is_argo(again.roots[i]);
    if (last[i]) parsed.roots[i] = std::move(again.roots[i]);
  }
  return last;
}

}  // namespace

std::optional<std::size_t> invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    auto byte = static_cast<unsigned char>(text[i]);
    std::size_t length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (byte == 0 || (byte >= 0x80 && byte < 0xc2) || byte > 0xf4) return i;
    if (i + length > text.size()) return i;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80U) return i;
    }
    if (length >= 3) {
      auto second = static_cast<unsigned char>(text[i + 1]);
      bool wrong = (byte == 0xe0 && second < 0xa0) || (byte == 0xed && second > 0x9f) ||
                   (byte == 0xf0 && second < 0x90) || (byte == 0xf4 && second > 0x8f);
      if (wrong) return i;
    }
    i += length;
  }
  return std::nullopt;
}

std::vector<Document> read_documents(std::string_view file, std::string_view text,
                                     Diagnostics& problems) {
  auto report = [&](const Rule& rule, Position where, std::string message) {
    problems.add(rule, {std::string(file), where, "", std::move(message)});
  };
  if (text.size() > kTextBytesMax) {
    report(kTooLarge, {}, fmt::format("larger than {} bytes", kTextBytesMax));
    return {};
  }
  if (auto offset = invalid_utf8(text)) {
    const bool utf16 = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
    report(kSyntax, position_at(text, *offset),
           utf16 ? "the file is UTF-16: save it as UTF-8" : "a byte that is not UTF-8 text");
    return {};
  }
  Parsed parsed = parse(file, text, Repeated::first);
  const std::vector<bool> last = take_last_values(file, text, parsed);
  for (const Parsed::Duplicate& duplicate : parsed.duplicates) {
    const bool counts = duplicate.root < last.size() && last[duplicate.root];
    report(counts ? kRepeatedKey : kDuplicateKey, duplicate.second,
           fmt::format("the key '{}' stands already at line {}{}", duplicate.key,
                       duplicate.first.line, counts ? "; Argo takes this one" : ""));
  }
  if (parsed.fault) report(parsed.fault->rule, parsed.fault->position, parsed.fault->message);
  std::vector<Document> documents;
  for (Node& root : parsed.roots) documents.push_back({std::string(file), std::move(root)});
  return documents;
}

void Reporter::add(const Rule& rule, const Path& path, std::string message,
                   std::string hint) const {
  if (full()) return problems_->add(rule, {});  // to find the place costs time
  problems_->add(rule, {document_->file, document_->root.locate(path), path.to_string(),
                        std::move(message), std::move(hint)});
}

}  // namespace serin::config
