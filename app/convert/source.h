// What the conversions share: a document as it is read, and what is told of it. Private to this
// folder.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "app/convert/convert.h"

namespace serin::app::converting {

using config::Node;
using config::Path;
using Level = ConvertFinding::Level;

// A document, or a part of one, that tells where it stands.
class Source {
 public:
  Source(const config::Document& document, Converted& out) : document_(&document), out_(&out) {}
  const Node& root() const { return document_->root; }
  const std::string& file() const { return document_->file; }
  // Into the list, and as a remark above `at`.
  void tell(Level level, const Path& path, const std::string& message, Draft* at = nullptr) const;
  // Tells of every member of the node that is not among the known ones.
  void tell_of_others(const Node& node, const Path& path,
                      std::initializer_list<std::string_view> known, Draft* at = nullptr) const;
  void add(std::string kind, std::string name, Draft draft) const;

 private:
  const config::Document* document_;
  Converted* out_;
};

// The member's text, or ""; its number, or the fallback.
std::string text_of(const Node& node, std::string_view member);
double number_of(const Node& node, std::string_view member, double fallback);
bool flag_of(const Node& node, std::string_view member);
// A shared empty list, or the member's items.
const std::vector<Node>& items_of(const Node& node, std::string_view member);
// The node at the names, one in the other; nullptr where there is none.
const Node* inside(const Node& node, std::initializer_list<std::string_view> names);
void copy(const Node& from, Draft& to, std::initializer_list<std::string_view> members);
// apiVersion, kind and metadata of a document of serin's, with a remark on where it comes from.
Draft head(const Source& source, std::string_view kind, const std::string& name);
// A metric's name as serin takes it.
std::string metric_name(const std::string& name);
// The text as a regular expression that matches it alone.
std::string quoted_regex(std::string_view text);
// A DNS label made of it.
std::string label_of(std::string_view name);

void convert_argo(const std::vector<config::Document>& documents, Converted& out);
void convert_flagger(const std::vector<config::Document>& documents, Converted& out);
void convert_kayenta(const std::vector<config::Document>& documents, Converted& out);

}  // namespace serin::app::converting
