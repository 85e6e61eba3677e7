#include "base/config/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>

namespace serin::config {
namespace {

std::string counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

// GitHub reads %, CR and LF of a message only when they are written in this form.
std::string github_escape(std::string_view text, bool property) {
  std::string out;
  for (char c : text) {
    bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    if (special) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string message_of(const Diagnostic& diagnostic) {
  std::string text;
  if (!diagnostic.pointer.empty()) text += diagnostic.pointer + ": ";
  text += diagnostic.message;
  if (!diagnostic.hint.empty()) text += "; " + diagnostic.hint;
  return text;
}

// What could not be read has its field's default, of which nothing is said.
bool follows(const std::vector<Diagnostic>& kept, const Rule& rule, const Place& place) {
  auto of_reading = [](std::string_view code) {
    return code == kWrongType.code || code == kInvalidValue.code;
  };
  if (place.pointer.empty() || of_reading(rule.code)) return false;
  return std::ranges::any_of(kept, [&](const Diagnostic& earlier) {
    return of_reading(earlier.code) && earlier.position == place.position &&
           earlier.pointer == place.pointer && earlier.file == place.file;
  });
}

}  // namespace

void Diagnostics::add(const Rule& rule, Place place) {
  if (follows(kept_, rule, place)) return;
  ++(rule.is_error() ? errors_ : warnings_);
  if (full()) return;
  kept_.push_back({std::move(place.file), place.position, std::string(rule.code),
                   std::move(place.pointer), std::move(place.message), std::move(place.hint)});
}

void Diagnostics::append(const Diagnostics& others) {
  errors_ += others.errors_;
  warnings_ += others.warnings_;
  auto room = static_cast<std::ptrdiff_t>(kKeptMax - std::min(kKeptMax, kept_.size()));
  auto taken = std::min(room, std::ssize(others.kept_));
  kept_.insert(kept_.end(), others.kept_.begin(), others.kept_.begin() + taken);
}

Diagnostics Diagnostics::without(std::string_view code) const {
  Diagnostics rest = *this;
  std::size_t dropped = std::erase_if(
      rest.kept_, [&](const Diagnostic& diagnostic) { return diagnostic.code == code; });
  (code.starts_with('E') ? rest.errors_ : rest.warnings_) -= dropped;
  return rest;
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> all = kept_;
  std::ranges::sort(all);
  auto rest = std::ranges::unique(all);
  all.erase(rest.begin(), rest.end());
  return all;
}

std::string to_text(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file;
  if (diagnostic.position.line > 0) {
    text += fmt::format(":{}:{}", diagnostic.position.line, diagnostic.position.column);
  }
  if (!text.empty()) text += ": ";
  text += diagnostic.is_error() ? "error " : "warning ";
  text += diagnostic.code + (diagnostic.pointer.empty() ? ": " : " ");
  return text + message_of(diagnostic);
}

std::string to_text(const Diagnostics& diagnostics) {
  if (diagnostics.empty()) return "";
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) text += to_text(diagnostic) + "\n";
  if (diagnostics.errors() > 0) text += counted(diagnostics.errors(), "error");
  if (diagnostics.warnings() > 0) {
    text += diagnostics.errors() > 0 ? ", " : "";
    text += counted(diagnostics.warnings(), "warning");
  }
  return text + "\n";
}

Json to_json(const Diagnostics& diagnostics) {
  Json list = Json::array();
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    Json item = Json::object();
    item.set("file", diagnostic.file)
        .set("line", diagnostic.position.line)
        .set("column", diagnostic.position.column)
        .set("level", diagnostic.is_error() ? "error" : "warning")
        .set("code", diagnostic.code)
        .set("pointer", diagnostic.pointer)
        .set("message", diagnostic.message)
        .set("hint", diagnostic.hint);
    list.push(std::move(item));
  }
  Json json = Json::object();
  json.set("errors", diagnostics.errors())
      .set("warnings", diagnostics.warnings())
      .set("diagnostics", std::move(list));
  return json;
}

std::string to_github(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    text += fmt::format(
        "::{} file={},line={},col={},title={}::{}\n", diagnostic.is_error() ? "error" : "warning",
        github_escape(diagnostic.file, true), diagnostic.position.line, diagnostic.position.column,
        diagnostic.code, github_escape(message_of(diagnostic), false));
  }
  return text;
}

}  // namespace serin::config
