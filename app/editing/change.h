// Documents of a configuration put in, replaced and taken out, as texts: nothing is written.
//
//   SERIN_TRY(found, locate(files, "Rollout", "checkout"));       // nothing: there is none
//   SERIN_TRY(change, replace_document(files, *found, text));
//   change.files;                                                 // all of them, as they would be
//
// Everything outside the document stays byte for byte. What can't be done so for sure is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/editing/split.h"
#include "rollout/plan/load/load.h"

namespace serin::app {

struct Located {
  std::size_t file = 0;  // index
  Piece piece{};
  std::string text{};  // of the document, without its `---`
};

struct Change {
  std::vector<rollout::ConfigFile> files{};
  std::string file{};  // the name of the one that changed
};

// The document of that kind and name. Errors: invalid_argument (a file of which it is not sure).
Result<std::optional<Located>> locate(const std::vector<rollout::ConfigFile>& files,
                                      std::string_view kind, std::string_view name);

// The single document of a text, as it would stand in a file. Errors: invalid_argument.
Result<Piece> single_document(std::string_view file, std::string_view text);

// `text` holds one document; in a .json file it becomes JSON. Errors: invalid_argument.
Result<Change> replace_document(const std::vector<rollout::ConfigFile>& files,
                                const Located& located, std::string_view text);
// Behind the others of the file, which is a new one where there is none of that name.
Result<Change> add_document(const std::vector<rollout::ConfigFile>& files, const std::string& file,
                            std::string_view text);
// The others alone, on the lines where they are.
std::vector<rollout::ConfigFile> without_document(std::vector<rollout::ConfigFile> files,
                                                  const Located& located);
// A file that then holds nothing goes too.
Result<Change> remove_document(const std::vector<rollout::ConfigFile>& files,
                               const Located& located);

// NAME.yaml, or another where that is taken; "" where those are taken too.
std::string free_name(const std::vector<rollout::ConfigFile>& files, const std::string& name);

}  // namespace serin::app
