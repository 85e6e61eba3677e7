// The two parsers behind read_documents.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/config/document.h"

namespace serin::config {

// A parser's one fatal error.
struct ParseFault {
  Rule rule;
  Position position;
  std::string message;
};

struct Parsed {
  std::vector<Node> roots;  // those before the fault
  std::optional<ParseFault> fault;
  struct Duplicate {
    std::string key;
    Position first;
    Position second;
  };
  std::vector<Duplicate> duplicates;
};

Parsed parse_yaml(std::string_view text);
Parsed parse_json(std::string_view text);

// The first byte that is not part of valid UTF-8 (or is a NUL), if any.
std::optional<std::size_t> invalid_utf8(std::string_view text);

}  // namespace serin::config
