#include "analysis/conditions/text/pattern.h"

#include <re2/re2.h>

namespace serin::analysis::conditions {
namespace {

std::string_view reason(re2::RE2::ErrorCode code) {
  using re2::RE2;
  switch (code) {
    case RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
      return "invalid character class";
    case RE2::ErrorBadCharRange:
      return "invalid character class range";
    case RE2::ErrorMissingBracket:
      return "missing closing ]";
    case RE2::ErrorMissingParen:
      return "missing closing )";
    case RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "invalid syntax";
  }
}

// `(?<name>` means `(?P<name>`; this RE2 knows only the longer form. Looking behind is left for it
// to refuse.
std::string with_long_names(std::string_view text) {
  std::string out;
  bool in_class = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      out += text[i++];
    } else if (in_class) {
      in_class = text[i] != ']';
    } else if (text[i] == '[') {
      in_class = true;
    } else if (text.substr(i).starts_with("(?<") && i + 3 < text.size() && text[i + 3] != '=' &&
               text[i + 3] != '!') {
      out += "(?P";
      i += 2;
    }
    out += text[i];
  }
  return out;
}

}  // namespace

Pattern compile_pattern(std::string_view text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const re2::RE2>(with_long_names(text), options);
  if (compiled->ok()) return {std::move(compiled), {}};
  std::string error = "error parsing regexp: " + std::string(reason(compiled->error_code()));
  if (compiled->error_code() != re2::RE2::ErrorTrailingBackslash) {
    error += ": `" + compiled->error_arg() + "`";
  }
  return {nullptr, std::move(error)};
}

bool search(const re2::RE2& pattern, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

}  // namespace serin::analysis::conditions
