// What is wrong with a configuration: where, by which rule, and what would be right. All of them at
// once.
//
//   Diagnostics problems;
//   problems.add(kWrongType, {"release.yaml", {14, 11}, "spec.steps[2]", "expected a number"});
//   fputs(to_text(problems).c_str(), stderr);
//   // release.yaml:14:11: error E005 spec.steps[2]: expected a number
//   // 1 error
//
// It prints nothing itself and knows no rule but its own; layers above declare theirs the same way.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace serin::config {

// Counted from 1; columns in bytes of the line. 0: unknown.
struct Position {
  int line = 0;
  int column = 0;
  auto operator<=>(const Position&) const = default;
};

// A rule that a document can break. Codes are stable and unique over the program: E… stops, W… does
// not.
struct Rule {
  std::string_view code;
  std::string_view title;
  constexpr bool is_error() const { return code.starts_with('E'); }
};

inline constexpr Rule kSyntax{"E001", "The text is neither YAML nor JSON"};
inline constexpr Rule kTooLarge{"E002", "The text is larger or deeper than the bound"};
inline constexpr Rule kDuplicateKey{"E003", "A key stands twice in one mapping"};
inline constexpr Rule kUnknownField{"E004", "A field that does not exist"};
inline constexpr Rule kWrongType{"E005", "A value of the wrong type"};
inline constexpr Rule kInvalidValue{"E006", "A value that can't be"};
inline constexpr Rule kMissingField{"E007", "A field that must be given is missing"};
inline constexpr Rule kNotOneOf{"E008", "Not exactly one of several fields"};
inline constexpr Rule kUnknownKind{"E009", "An apiVersion or kind that serin does not read"};
inline constexpr Rule kIgnoredField{"W001", "A field that is ignored, as Argo does"};
inline constexpr Rule kAmbiguousText{"W002", "An unquoted word that YAML reads as something else"};

struct Place {
  std::string file;
  Position position;
  std::string pointer;  // "spec.metrics[0].interval"; "" for the document itself
  std::string message;
  std::string hint{};  // what would be right; may be empty
};

struct Diagnostic {
  std::string file;
  Position position;
  std::string code;
  std::string pointer;
  std::string message;
  std::string hint;
  bool is_error() const { return code.starts_with('E'); }
  auto operator<=>(const Diagnostic&) const = default;
};

class Diagnostics {
 public:
  // More are counted but not kept.
  static constexpr std::size_t kKeptMax = 1000;

  void add(const Rule& rule, Place place);  // nothing more of a value that E005 or E006 is about
  void append(const Diagnostics& others);
  // By file, position, code; equal ones once.
  std::vector<Diagnostic> sorted() const;
  // The others than those of this code.
  Diagnostics without(std::string_view code) const;
  // Nothing more is kept: what is added is only counted.
  bool full() const { return kept_.size() >= kKeptMax; }
  bool empty() const { return errors_ + warnings_ == 0; }
  bool has_errors() const { return errors_ > 0; }
  std::size_t errors() const { return errors_; }      // with those not kept
  std::size_t warnings() const { return warnings_; }  // with those not kept

 private:
  std::vector<Diagnostic> kept_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

// "file:line:col: error E012 pointer: message; hint". Parts that are unknown are left out.
std::string to_text(const Diagnostic& diagnostic);
// One line each, then "1 error, 2 warnings"; "" where there are none.
std::string to_text(const Diagnostics& diagnostics);
// {"errors":1,"warnings":0,"diagnostics":[{"file","line","column","level","code","pointer",
// "message","hint"}]}
Json to_json(const Diagnostics& diagnostics);
// GitHub's workflow commands, one line each: "::error file=…,line=…,col=…,title=E012::…".
std::string to_github(const Diagnostics& diagnostics);

}  // namespace serin::config
