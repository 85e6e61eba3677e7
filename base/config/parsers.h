// The two parsers behind read_documents.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/config/document.h"

namespace serin::config {

// In serin's own documents a key that stands twice is an error. Argo Rollouts' decoder takes the
// last value without a word, and documents of argoproj.io mean here what they mean there.
inline constexpr Rule kRepeatedKey{"W004", "A key that stands twice, of which the last counts"};

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
    std::size_t root = 0;  // in which of the roots
  };
  std::vector<Duplicate> duplicates;
};

// Which value of a key that stands twice counts.
enum class Repeated { first, last };

Parsed parse_yaml(std::string_view text, Repeated repeated = Repeated::first);
Parsed parse_json(std::string_view text, Repeated repeated = Repeated::first);

// The first byte that is not part of valid UTF-8 (or is a NUL), if any.
std::optional<std::size_t> invalid_utf8(std::string_view text);

}  // namespace serin::config
