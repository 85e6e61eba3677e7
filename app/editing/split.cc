#include "app/editing/split.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/config/document.h"

namespace serin::app {
namespace {

// `#` that could begin a remark, each of which costs reading the text; and what is read for them.
constexpr std::size_t kMarksTriedMax = 100;
constexpr std::size_t kTriedBytesMax = std::size_t{1} << 20U;

// Whether the line begins with the mark, and nothing belongs to the mark's word.
bool is_marked(std::string_view line, std::string_view mark) {
  if (!line.starts_with(mark)) return false;
  return line.size() == mark.size() || std::string_view(" \t\r").contains(line[mark.size()]);
}

// Nothing but a remark behind the dashes.
bool is_bare(std::string_view line) {
  std::string_view rest = line.substr(3);
  const std::size_t at = rest.find_first_not_of(" \t\r");
  return at == std::string_view::npos || rest[at] == '#';
}

std::vector<config::Node> roots_of(std::string_view file, std::string_view text,
                                   config::Diagnostics& problems) {
  std::vector<config::Node> roots;
  for (config::Document& document : config::read_documents(file, text, problems))
    roots.push_back(std::move(document.root));
  return roots;
}

bool is_same(const config::Node& a, const config::Node& b) {
  if (a.kind() != b.kind() || a.text() != b.text() || a.quoted() != b.quoted() ||
      !(a.value() == b.value()) || a.items().size() != b.items().size() ||
      a.members().size() != b.members().size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.items().size(); ++i) {
    if (!is_same(a.items()[i], b.items()[i])) return false;
  }
  for (std::size_t i = 0; i < a.members().size(); ++i) {
    const auto& one = a.members()[i];
    const auto& other = b.members()[i];
    if (one.key != other.key || !is_same(one.value, other.value)) return false;
  }
  return true;
}

std::unexpected<Error> unsure(std::string_view file, int line, std::string_view why) {
  return fail(Code::invalid_argument,
              fmt::format("{}:{}: {}, so that a single document of this file can't be changed: "
                          "edit the file, or put the documents into files of their own",
                          file, line, why));
}

Result<std::vector<Piece>> cut(std::string_view file, std::string_view text) {
  std::vector<Piece> pieces{Piece{}};
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    const std::size_t next = std::min(end + 1, text.size());
    ++number;
    if (line.starts_with('%')) return unsure(file, number, "a line begins with %");
    if (is_marked(line, "...")) return unsure(file, number, "a document ends with `...`");
    if (is_marked(line, "---")) {
      if (at > 0) {
        pieces.back().end = at;
        pieces.emplace_back().begin = at;
      }
      pieces.back().is_inline = !is_bare(line);
      pieces.back().content = pieces.back().is_inline ? at + 3 : next;
    }
    at = next;
  }
  pieces.back().end = text.size();
  return pieces;
}

}  // namespace

std::string Piece::kind() const {
  const config::Node* kind = root ? root->find("kind") : nullptr;
  return kind != nullptr ? kind->text() : "";
}

std::string Piece::name() const {
  const config::Node* metadata = root ? root->find("metadata") : nullptr;
  const config::Node* name = metadata != nullptr ? metadata->find("name") : nullptr;
  return name != nullptr ? name->text() : "";
}

Result<std::vector<Piece>> split_documents(std::string_view file, std::string_view text) {
  config::Diagnostics problems;
  std::vector<config::Node> whole = roots_of(file, text, problems);
  if (problems.has_errors())
    return fail(Code::invalid_argument, config::to_text(problems.sorted().front()));
  SERIN_TRY(pieces, cut(file, text));
  std::size_t found = 0;
  for (Piece& piece : pieces) {
    std::string_view part = text.substr(piece.begin, piece.end - piece.begin);
    config::Diagnostics ignored;
    std::vector<config::Node> roots;
    // An empty text is no JSON, but a file of remarks is.
    if (part.find_first_not_of(" \t\r\n") != std::string_view::npos)
      roots = roots_of(file, part, ignored);
    const auto line = 1 + std::ranges::count(text.substr(0, piece.begin), '\n');
    if (ignored.has_errors() || roots.size() > 1 ||
        (roots.size() == 1 && (found >= whole.size() || !is_same(roots[0], whole[found])))) {
      return unsure(file, static_cast<int>(line), "it is not clear where the document here ends");
    }
    if (roots.empty()) continue;
    piece.root = std::move(roots[0]);
    ++found;
  }
  if (found != whole.size()) return unsure(file, 1, "it is not clear where its documents begin");
  return pieces;
}

std::optional<int> first_remark(std::string_view file, std::string_view text) {
  config::Diagnostics problems;
  const std::vector<config::Node> whole = roots_of(file, text, problems);
  std::size_t tried = 0;
  for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    if (at > 0 && !std::string_view(" \t\n").contains(text[at - 1])) continue;
    const int line = 1 + static_cast<int>(std::ranges::count(text.substr(0, at), '\n'));
    if (++tried > kMarksTriedMax || tried * text.size() > kTriedBytesMax) return line;
    // It is one where the document is the same without it.
    std::string without(text.substr(0, at));
    without += text.substr(std::min(text.find('\n', at), text.size()));
    config::Diagnostics ignored;
    std::vector<config::Node> roots = roots_of(file, without, ignored);
    if (!ignored.has_errors() && std::ranges::equal(roots, whole, is_same)) return line;
  }
  return std::nullopt;
}

}  // namespace serin::app
