#include "app/editing/change.h"

#include <fmt/format.h>

#include <algorithm>

namespace serin::app {
namespace {

using rollout::ConfigFile;

std::size_t documents_in(const std::vector<Piece>& pieces) {
  return static_cast<std::size_t>(
      std::ranges::count_if(pieces, [](const Piece& each) { return each.root.has_value(); }));
}

// What the text says, without lines of `---`.
Result<std::string> body_of(std::string_view file, std::string_view text) {
  SERIN_TRY(pieces, split_documents(file, text));
  if (documents_in(pieces) != 1) {
    return fail(Code::invalid_argument,
                fmt::format("one document is wanted, not {}", documents_in(pieces)));
  }
  std::string body;
  for (const Piece& piece : pieces) body += text.substr(piece.content, piece.end - piece.content);
  if (!body.ends_with('\n')) body += '\n';
  return body;
}

// What is left says nothing: blank lines and `---`.
bool is_blank(std::string_view text) {
  return text.find_first_not_of("- \t\r\n") == std::string_view::npos;
}

// Whether the file has the documents that are wanted, one after the other.
Status check(const ConfigFile& file, const std::vector<std::string>& wanted) {
  auto pieces = split_documents(file.name, file.text);
  if (!pieces) return std::unexpected(pieces.error());
  std::vector<std::string> names;
  for (const Piece& piece : *pieces) {
    if (piece.root) names.push_back(piece.kind() + "/" + piece.name());
  }
  if (names == wanted) return {};
  return fail(Code::invalid_argument,
              file.name + " would not hold its documents any more: edit the file by hand");
}

std::vector<std::string> names_in(const std::vector<Piece>& pieces) {
  std::vector<std::string> names;
  for (const Piece& piece : pieces) {
    if (piece.root) names.push_back(piece.kind() + "/" + piece.name());
  }
  return names;
}

// The position of the located document among those of its file.
std::size_t place_of(const std::vector<Piece>& pieces, const Located& located) {
  std::size_t place = 0;
  for (const Piece& piece : pieces) {
    if (piece.begin >= located.piece.begin) break;
    place += piece.root ? 1U : 0U;
  }
  return place;
}

}  // namespace

Result<std::optional<Located>> locate(const std::vector<ConfigFile>& files, std::string_view kind,
                                      std::string_view name) {
  std::optional<Error> unsure;
  for (std::size_t i = 0; i < files.size(); ++i) {
    // A file that does not name it need not be understood.
    if (files[i].text.find(name) == std::string::npos) continue;
    auto pieces = split_documents(files[i].name, files[i].text);
    if (!pieces) {
      unsure = pieces.error();
      continue;
    }
    for (Piece& piece : *pieces) {
      if (piece.kind() != kind || piece.name() != name) continue;
      std::string text = files[i].text.substr(piece.content, piece.end - piece.content);
      return std::optional(Located{i, std::move(piece), std::move(text)});
    }
  }
  if (unsure) return std::unexpected(*unsure);
  return std::optional<Located>();
}

Result<Piece> single_document(std::string_view file, std::string_view text) {
  SERIN_TRY(pieces, split_documents(file, text));
  if (documents_in(pieces) != 1) {
    return fail(Code::invalid_argument,
                fmt::format("one document is wanted, not {}", documents_in(pieces)));
  }
  for (Piece& piece : pieces) {
    if (piece.root) return std::move(piece);
  }
  return fail(Code::internal, "no document");
}

Result<Change> replace_document(const std::vector<ConfigFile>& files, const Located& located,
                                std::string_view text) {
  SERIN_TRY(pieces, split_documents(files[located.file].name, files[located.file].text));
  SERIN_TRY(document, single_document("body.yaml", text));
  std::vector<std::string> wanted = names_in(pieces);
  wanted[place_of(pieces, located)] = document.kind() + "/" + document.name();
  Change change{files, files[located.file].name};
  std::string& target = change.files[located.file].text;
  const Piece& place = located.piece;
  if (change.file.ends_with(".json")) {
    target = document.root->to_json().dump(2) + "\n";
  } else {
    SERIN_TRY(body, body_of("body.yaml", text));
    if (place.is_inline) body.insert(0, "\n");
    target.replace(place.content, place.end - place.content, body);
  }
  SERIN_CHECK(check(change.files[located.file], wanted));
  return change;
}

Result<Change> add_document(const std::vector<ConfigFile>& files, const std::string& file,
                            std::string_view text) {
  SERIN_TRY(body, body_of("body.yaml", text));
  SERIN_TRY(document, single_document("body.yaml", text));
  Change change{files, file};
  auto found = std::ranges::find(change.files, file, &ConfigFile::name);
  if (found == change.files.end()) {
    if (file.ends_with(".json")) body = document.root->to_json().dump(2) + "\n";
    change.files.push_back({file, std::move(body)});
    std::ranges::sort(change.files, {}, &ConfigFile::name);
    return change;
  }
  if (file.ends_with(".json"))
    return fail(Code::invalid_argument, file + " is JSON, which holds one document");
  SERIN_TRY(pieces, split_documents(file, found->text));
  std::vector<std::string> wanted = names_in(pieces);
  wanted.push_back(document.kind() + "/" + document.name());
  if (!found->text.empty() && !found->text.ends_with('\n')) found->text += '\n';
  if (!is_blank(found->text)) found->text += "---\n";
  found->text += body;
  SERIN_CHECK(check(*found, wanted));
  return change;
}

std::vector<ConfigFile> without_document(std::vector<ConfigFile> files, const Located& located) {
  ConfigFile& file = files[located.file];
  if (file.name.ends_with(".json")) {
    files.erase(files.begin() + static_cast<std::ptrdiff_t>(located.file));
    return files;
  }
  const Piece& place = located.piece;
  const auto lines = static_cast<std::size_t>(std::ranges::count(located.text, '\n'));
  file.text.replace(place.content, place.end - place.content, std::string(lines, '\n'));
  return files;
}

Result<Change> remove_document(const std::vector<ConfigFile>& files, const Located& located) {
  SERIN_TRY(pieces, split_documents(files[located.file].name, files[located.file].text));
  std::vector<std::string> wanted = names_in(pieces);
  wanted.erase(wanted.begin() + static_cast<std::ptrdiff_t>(place_of(pieces, located)));
  Change change{files, files[located.file].name};
  ConfigFile& target = change.files[located.file];
  target.text.erase(located.piece.begin, located.piece.end - located.piece.begin);
  if (is_blank(target.text)) {
    change.files.erase(change.files.begin() + static_cast<std::ptrdiff_t>(located.file));
    return change;
  }
  SERIN_CHECK(check(target, wanted));
  return change;
}

std::string free_name(const std::vector<ConfigFile>& files, const std::string& name) {
  for (const char* ending : {".yaml", ".rollout.yaml", ".rollout-2.yaml"}) {
    std::string file = name + ending;
    if (std::ranges::find(files, file, &ConfigFile::name) == files.end()) return file;
  }
  return "";
}

}  // namespace serin::app
