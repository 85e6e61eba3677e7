#include "base/config/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/assert.h"
#include "base/config/scalar.h"
#include "base/config/suggest.h"

namespace serin::config {
namespace {

std::string listed(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace

Error as_error(const Diagnostics& problems) {
  std::string message;
  for (const Diagnostic& problem : problems.sorted()) {
    if (!problem.is_error()) continue;
    if (!message.empty()) message += "; ";
    message += (problem.pointer.empty() ? "" : problem.pointer + ": ") + problem.message;
  }
  return {Code::invalid_argument, std::move(message)};
}

Reader::Reader(const Node& node, Path path, const Reporter& reporter, ReadOptions options)
    : reporter_(&reporter), options_(options) {
  places_.push_back({&node, std::move(path), {}});
}

void Reader::add(const Rule& rule, const Path& path, std::string message, std::string hint) {
  if (rule.is_error()) ok_ = false;
  reporter_->add(rule, path, std::move(message), std::move(hint));
}

void Reader::problem(const Rule& rule, std::string_view field, std::string message,
                     std::string hint) {
  add(rule, field.empty() ? place().path : place().path / field, std::move(message),
      std::move(hint));
}

void Reader::exactly_one(std::span<const std::string_view> names) {
  scopes_.back().exclusive.emplace_back(names.begin(), names.end());
}

void Reader::open_ended() {
  scopes_.back().open = true;
}

Json Reader::written() const {
  return node().to_json();
}

const Node::Member* Reader::member(std::string_view name) const {
  return node().find_member(name, argo());
}

bool Reader::enter(std::string_view name, std::string_view, const FieldOptions& options) {
  Scope& scope = scopes_.back();
  scope.known.push_back(name);
  const Node::Member* found = member(name);
  if (found != nullptr) scope.used.push_back(found);
  if (found == nullptr || found->value.is_null()) {
    if (options.required && !argo()) {
      add(kMissingField, place().path / name, "this field must be given");
    }
    return false;
  }
  Path path = place().path / found->key;
  if (options.serin_only && argo()) {
    add(kIgnoredField, path,
        fmt::format("'{}' is ignored: argoproj.io documents have no such field", name),
        "write apiVersion: serin.dev/v1alpha1 to use it");
    return false;
  }
  places_.push_back({&found->value, std::move(path), options});
  return true;
}

void Reader::leave() {
  places_.pop_back();
}

void Reader::wrong_type(std::string_view expected) {
  add(kWrongType, place().path, fmt::format("expected {}, found {}", expected, node().describe()));
}

bool Reader::deferred() const {
  return options_.placeholders && !argo() && node().is_string() && has_placeholder(node().text());
}

// The number that stands here, if it is one.
std::optional<double> Reader::number() const {
  if (node().kind() == Node::Kind::integer || node().kind() == Node::Kind::real) {
    return node().value().number();
  }
  if (!options_.text_numbers || !node().is_string() || node().text().empty()) return std::nullopt;
  Json value = resolve_plain(node().text());
  if (!value.is_number()) return std::nullopt;
  return value.number();
}

void Reader::check_range(double value) {
  if (argo()) return;
  const FieldOptions& options = place().options;
  if (options.minimum && !(value >= *options.minimum)) {
    add(kInvalidValue, place().path,
        fmt::format("{} is less than {}", format_double(value), format_double(*options.minimum)));
  } else if (options.above && !(value > *options.above)) {
    add(kInvalidValue, place().path,
        fmt::format("{} is not above {}", format_double(value), format_double(*options.above)));
  } else if (options.maximum && !(value <= *options.maximum)) {
    add(kInvalidValue, place().path,
        fmt::format("{} is more than {}", format_double(value), format_double(*options.maximum)));
  } else if (!std::isfinite(value)) {
    add(kInvalidValue, place().path, "expected a finite number");
  }
}

// Adds the problem itself. A real without fraction counts: YAML's 1.0 becomes JSON's 1.
std::optional<std::int64_t> Reader::integer(std::int64_t least, std::int64_t most) {
  if (deferred()) return std::nullopt;
  auto value = number();
  if (!value || *value != std::trunc(*value)) {
    wrong_type("a whole number");
    return std::nullopt;
  }
  std::int64_t whole = node().kind() == Node::Kind::integer ? node().value().integer() : 0;
  if (node().kind() != Node::Kind::integer) {
    constexpr double kExactMax = 9e18;
    if (std::abs(*value) > kExactMax) {
      add(kInvalidValue, place().path, fmt::format("{} is too large", node().text()));
      return std::nullopt;
    }
    whole = static_cast<std::int64_t>(*value);
  }
  if (whole < least || whole > most) {
    add(kInvalidValue, place().path,
        fmt::format("{} is outside {} to {}", node().text(), least, most));
    return std::nullopt;
  }
  check_range(*value);
  return whole;
}

// Adds the problem itself.
std::optional<std::string> Reader::text() {
  if (!node().is_scalar() || (node().is_null() && !argo())) {
    wrong_type("a text");
    return std::nullopt;
  }
  if (!argo()) return node().text();
  std::string text = kubernetes_text(node());
  if (text != node().text()) {
    add(kAmbiguousText, place().path,
        fmt::format("unquoted {} is read as a {} and becomes the text '{}'", node().text(),
                    node().value().is_bool() ? "boolean" : "number", text),
        fmt::format("write \"{}\" if you mean the characters", node().text()));
  }
  return text;
}

void Reader::leaf(bool& value) {
  if (deferred()) return;
  if (node().kind() == Node::Kind::boolean) {
    value = node().value().boolean();
    return;
  }
  Json resolved = options_.text_numbers && node().is_string() && !node().text().empty()
                      ? resolve_plain(node().text())
                      : Json();
  if (!resolved.is_bool()) return wrong_type("true or false");
  value = resolved.boolean();
}

void Reader::leaf(std::int32_t& value) {
  using Limits = std::numeric_limits<std::int32_t>;
  if (auto whole = integer(Limits::min(), Limits::max())) value = static_cast<std::int32_t>(*whole);
}

void Reader::leaf(std::int64_t& value) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (auto whole = integer(Limits::min(), Limits::max())) value = *whole;
}

void Reader::leaf(double& value) {
  if (deferred()) return;
  auto given = number();
  if (!given) return wrong_type("a number");
  value = *given;
  check_range(value);
}

void Reader::leaf(std::string& value) {
  auto given = text();
  if (!given) return;
  value = std::move(*given);
  const auto& words = place().options.words;
  if (words.empty() || argo() || std::ranges::find(words, value) != words.end()) return;
  if (options_.placeholders && has_placeholder(value)) return;
  add(kInvalidValue, place().path, fmt::format("'{}' is not one of {}", value, listed(words)),
      did_you_mean(value, words));
}

void Reader::leaf(Duration& value) {
  if (!deferred()) duration(value);
}

// Adds the problem itself.
bool Reader::duration(Duration& value) {
  if (!node().is_scalar() || node().is_null()) {
    wrong_type("a duration such as 30s or 1h30m");
    return false;
  }
  auto parsed = parse_duration(node().text());
  if (!parsed) {
    add(kInvalidValue, place().path, parsed.error().message);
    return false;
  }
  if (*parsed < Duration::zero()) {
    add(kInvalidValue, place().path, fmt::format("the duration {} is negative", node().text()));
    return false;
  }
  value = *parsed;
  return true;
}

void Reader::leaf(DurationText& value) {
  auto given = text();
  if (!given) return;
  bool checked = !argo() && !given->empty() && !has_placeholder(*given);
  Duration parsed{};
  if (checked && !duration(parsed)) return;
  value = DurationText(std::move(*given));
}

void Reader::leaf(IntOrString& value) {
  if (node().is_string()) {
    value = IntOrString(node().text());
    return;
  }
  using Limits = std::numeric_limits<std::int32_t>;
  if (auto whole = integer(Limits::min(), Limits::max())) {
    value = IntOrString(static_cast<std::int32_t>(*whole));
  }
}

void Reader::leaf(Json& value) {
  value = node().to_json();
}

void Reader::leaf(const TextForm& form) {
  if (deferred()) return;
  if (!node().is_scalar() || node().is_null()) return wrong_type("a single value");
  if (Status status = form.parse(node().text(), number().has_value()); !status) {
    add(kInvalidValue, place().path, status.error().message);
  }
}

void Reader::leaf_enum(int& index, std::span<const std::string_view> names) {
  if (deferred()) return;
  if (!node().is_scalar() || node().is_null()) return wrong_type(listed(names));
  auto found = std::ranges::find(names, node().text());
  if (found == names.end()) {
    return add(kInvalidValue, place().path,
               fmt::format("'{}' is not one of {}", node().text(), listed(names)),
               did_you_mean(node().text(), names));
  }
  index = static_cast<int>(found - names.begin());
}

std::size_t Reader::begin_list(std::size_t) {
  if (node().is_sequence()) return node().items().size();
  if (place().options.or_single && !node().is_null()) return 1;
  wrong_type("a list");
  return 0;
}

void Reader::begin_item(std::size_t index) {
  // A single element stands for a list of one.
  if (!node().is_sequence()) {
    places_.push_back(place());
    return;
  }
  Place item{&node().items()[index], place().path / index, place().options};
  places_.push_back(std::move(item));
}

void Reader::end_item() {
  places_.pop_back();
}

std::vector<std::string> Reader::begin_map(std::vector<std::string>) {
  std::vector<std::string> keys;
  if (!node().is_mapping()) {
    wrong_type("a mapping");
    return keys;
  }
  for (const Node::Member& entry : node().members()) keys.push_back(entry.key);
  return keys;
}

void Reader::begin_entry(const std::string& key) {
  // Entries are visited in the order that begin_map gave.
  const Node::Member& member = node().members().at(places_.back().entry++);
  SERIN_ASSERT(member.key == key);
  Place entry{&member.value, place().path / key, place().options};
  places_.push_back(std::move(entry));
}

void Reader::end_entry() {
  places_.pop_back();
}

bool Reader::begin_struct() {
  if (node().is_mapping()) {
    scopes_.emplace_back();
    return true;
  }
  // A null element of a list is an empty struct to Argo.
  if (!(argo() && node().is_null())) wrong_type("a mapping");
  return false;
}

void Reader::end_struct() {
  Scope scope = std::move(scopes_.back());
  scopes_.pop_back();
  if (!scope.open) check_unknown(scope);
  if (!argo()) check_exclusive(scope);
}

void Reader::check_unknown(const Scope& scope) {
  for (const Node::Member& given : node().members()) {
    if (std::ranges::find(scope.used, &given) != scope.used.end()) continue;
    std::string hint = reporter_->full() ? "" : did_you_mean(given.key, scope.known);
    Path path = place().path / given.key;
    if (argo()) {
      add(kIgnoredField, path, fmt::format("the unknown field '{}' is ignored", given.key),
          std::move(hint));
    } else {
      if (hint.empty()) hint = "known are " + listed(scope.known);
      add(kUnknownField, path, fmt::format("there is no field '{}'", given.key), std::move(hint));
    }
  }
}

void Reader::check_exclusive(const Scope& scope) {
  for (const auto& names : scope.exclusive) {
    std::vector<std::string_view> given;
    for (std::string_view name : names) {
      const Node::Member* found = member(name);
      if (found != nullptr && !found->value.is_null()) given.push_back(name);
    }
    if (given.size() == 1) continue;
    std::string message = fmt::format("exactly one of {} must be given", listed(names));
    if (!given.empty()) message += fmt::format(", not {}", fmt::join(given, " and "));
    // A word without a value (`pause:`) is no field; say so rather than leave it a riddle.
    std::string hint;
    for (const Node::Member& written : node().members()) {
      bool bare = written.value.is_null() && std::ranges::find(names, written.key) != names.end();
      if (given.empty() && bare)
        hint = fmt::format("'{0}' has no value; write '{0}: {{}}' if it needs none", written.key);
    }
    add(kNotOneOf, place().path, std::move(message), std::move(hint));
  }
}

}  // namespace serin::config
