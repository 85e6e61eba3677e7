// Reads configuration text, YAML or JSON, into documents that know where everything stood.
//
//   Diagnostics problems;
//   for (const Document& document : read_documents("release.yaml", text, problems)) …
//
// A YAML stream may hold several documents; empty ones are left out. JSON is taken by the file's
// ending or where the text is JSON. Every bound is named and its error says the bound. It does no
// I/O: the caller has the text.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/diagnostic.h"
#include "base/config/node.h"

namespace serin::config {

inline constexpr std::size_t kTextBytesMax = 4U << 20U;
inline constexpr int kDepthMax = 64;               // nested mappings and lists
inline constexpr std::size_t kNodesMax = 50'000;   // of one text, with what aliases repeat
inline constexpr std::size_t kAliasesMax = 1'000;  // of one text
inline constexpr std::size_t kDocumentsMax = 1'000;

struct Document {
  std::string file;
  Node root;
};

// The documents before the first syntax error; the error is added to `problems`. Duplicate keys are
// errors too (the first one counts), but reading goes on.
std::vector<Document> read_documents(std::string_view file, std::string_view text,
                                     Diagnostics& problems);

// Adds problems of one document; finds the position of each by its path.
class Reporter {
 public:
  // Both must outlive the reporter.
  Reporter(const Document& document, Diagnostics& problems)
      : document_(&document), problems_(&problems) {}
  void add(const Rule& rule, const Path& path, std::string message, std::string hint = "") const;
  const Document& document() const { return *document_; }
  // Messages are no longer kept: making them is in vain.
  bool full() const { return problems_->full(); }

 private:
  const Document* document_;
  Diagnostics* problems_;
};

}  // namespace serin::config
