// Where each document of a file stands, byte for byte, so that one can be changed and all the
// others stay as they are.
//
//   SERIN_TRY(pieces, split_documents("checkout.yaml", text));
//   text.substr(pieces[0].begin, pieces[0].end - pieces[0].begin);   // with its `---` and remarks
//
// It splits at lines that begin with `---` and then makes sure: each piece, read by itself, must be
// the document that stood there. A text of which it can't be sure is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/node.h"
#include "base/result.h"

namespace serin::app {

struct Piece {
  std::size_t begin = 0;    // of the line with `---`, or of the text
  std::size_t content = 0;  // behind that line; behind the dashes where more stands on it
  std::size_t end = 0;      // of the next piece's begin, or of the text
  bool is_inline = false;   // the document begins on the line of the `---`
  std::optional<config::Node> root{};  // nothing where there are only remarks

  // "" where it is none.
  std::string kind() const;
  std::string name() const;  // of its metadata
};

// Errors: invalid_argument (no YAML or JSON; directives, `...`, other ways in which it is not
// sure).
Result<std::vector<Piece>> split_documents(std::string_view file, std::string_view text);

// The first line with a remark in a text of a single document, from 1; nothing where there is none.
// A text with very many marks that could begin one counts as having one.
std::optional<int> first_remark(std::string_view file, std::string_view text);

}  // namespace serin::app
