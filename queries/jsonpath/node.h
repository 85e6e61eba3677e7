// What a JSON path is parsed to. Internal to queries/jsonpath.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace serin::queries::jsonpath {

struct Node;

// One after the other: each takes what the one before it found.
struct List {
  std::vector<Node> nodes;
};

struct Text {
  std::string text;
};
struct Field {
  std::string name;
};
struct Slice {
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> to;
  std::optional<std::int64_t> step;
  bool single = false;  // [n]: `to` is n + 1
};
struct Filter {
  List left;
  List right;
  std::string op;  // "" asks whether `left` finds anything
};
struct Number {
  double value = 0;
  bool whole = false;
};
struct Boolean {
  bool value = false;
};
struct Wildcard {};
struct Descent {};
struct Union {
  std::vector<List> parts;
};
struct Word {  // range, end; others are errors once they are evaluated
  std::string name;
};

struct Node {
  std::variant<List, Text, Field, Slice, Filter, Number, Boolean, Wildcard, Descent, Union, Word>
      what;
};

// Top level: texts and actions (lists). Errors: invalid_argument.
Result<List> parse_template(std::string_view text);

}  // namespace serin::queries::jsonpath
