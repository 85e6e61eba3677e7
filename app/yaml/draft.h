// A document that is being written as YAML: values in their order, with remarks above them, and
// scalars that stay as they were written.
//
//   Draft metric = Draft::map();
//   metric.set("name", Draft::text("error-rate"));
//   metric.set("interval", Draft::text("1m")).note("Flagger's default");
//   std::string yaml = metric.to_yaml();
//
// It reads nothing: base/config does.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/node.h"
#include "base/json.h"

namespace serin::app {

class Draft {
 public:
  enum class Kind { scalar, list, map };
  using Member = std::pair<std::string, Draft>;

  Draft() : Draft(word("null")) {}
  // Written as it is: a number, true, null.
  static Draft word(std::string characters);
  // Quoted where a reader of YAML could take it for something else; several lines as a block.
  static Draft text(std::string_view characters);
  static Draft number(double value);
  static Draft list() { return Draft(Kind::list); }
  static Draft map() { return Draft(Kind::map); }
  static Draft of(const Json& json);
  // What was written without quotes keeps its characters ("2.10").
  static Draft of(const config::Node& node);

  Kind kind() const { return kind_; }
  bool is_map() const { return kind_ == Kind::map; }
  bool empty() const { return kind_ != Kind::scalar && items_.empty() && members_.empty(); }
  // Adds or replaces a member; makes anything else a map. The member's value.
  Draft& set(std::string_view key, Draft value);
  Draft& set(std::string_view key, std::string_view characters) {
    return set(key, text(characters));
  }
  void erase(std::string_view key);
  Draft* find(std::string_view key);
  // The element.
  Draft& push(Draft value);
  // A remark above it; long ones are wrapped, line ends kept.
  Draft& note(std::string_view remark);

  // Block style, two spaces, ends with a line end.
  std::string to_yaml() const;

 private:
  explicit Draft(Kind kind) : kind_(kind) {}
  void write(std::string& out, std::size_t level, bool begun) const;
  void write_value(std::string& out, std::size_t level, bool of_list) const;
  void write_notes(std::string& out, std::size_t level) const;
  // Remarks that have to stand above the dash of a list's element.
  void write_first_notes(std::string& out, std::size_t level) const;

  Kind kind_ = Kind::scalar;
  bool is_text_ = false;
  std::string characters_{};
  std::vector<Draft> items_{};
  std::vector<Member> members_{};
  std::vector<std::string> notes_{};
};

// JSON merge patch (RFC 7386): members of `patch` replace those of the target, null takes one out.
void merge_patch(Draft& target, const Json& patch);

}  // namespace serin::app
