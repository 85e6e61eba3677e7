// A configuration text as a tree that remembers where each key and value stood.
//
//   Node root = …;                                    // read_documents (document.h)
//   const Node* name = root.find("metadata")->find("name");
//   Position where = root.locate(Path() / "spec" / "metrics" / 0 / "interval");
//
// A node keeps what was written beside its type, so that `version: 2.10` can still be read as text.
// It is immutable once read; JSON without positions is base/json.h's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/config/diagnostic.h"
#include "base/json.h"

namespace serin::config {

// Where a value stands in a document: field names and list indices.
class Path {
 public:
  using Part = std::variant<std::string, std::size_t>;
  Path() = default;
  Path operator/(std::string_view field) const;
  Path operator/(const char* field) const { return *this / std::string_view(field); }
  Path operator/(std::size_t index) const;
  Path operator/(int index) const { return *this / static_cast<std::size_t>(index); }
  Path operator/(const Path& rest) const;
  const std::vector<Part>& parts() const { return parts_; }
  // "spec.metrics[0].interval"; names with other characters as in
  // `labels["app.kubernetes.io/name"]`.
  std::string to_string() const;
  bool operator==(const Path&) const = default;

 private:
  std::vector<Part> parts_;
};

class Node {
 public:
  enum class Kind { null, boolean, integer, real, string, sequence, mapping };
  struct Member;

  Node();  // null, nowhere
  Node(const Node&);
  Node(Node&&) noexcept;
  Node& operator=(const Node&);
  Node& operator=(Node&&) noexcept;
  ~Node();

  static Node scalar(Position position, Json value, std::string text, bool quoted);
  static Node sequence(Position position, std::vector<Node> items);
  static Node mapping(Position position, std::vector<Member> members);
  // Without positions. Strings count as quoted.
  static Node from_json(const Json& json);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_string() const { return kind_ == Kind::string; }
  bool is_scalar() const { return kind_ <= Kind::string; }
  bool is_sequence() const { return kind_ == Kind::sequence; }
  bool is_mapping() const { return kind_ == Kind::mapping; }
  Position position() const { return position_; }

  // Scalars: the characters as written (quotes and escapes undone), and whether they were quoted.
  const std::string& text() const { return text_; }
  bool quoted() const { return quoted_; }
  // Scalars: the value by YAML 1.1's rules; null otherwise.
  const Json& value() const { return value_; }
  // Empty where the kind is another.
  const std::vector<Node>& items() const { return items_; }
  const std::vector<Member>& members() const { return members_; }

  // The member of that name, or nullptr. With `any_case`, one whose name differs in ASCII case only
  // serves where none is equal (as Go reads JSON).
  const Node* find(std::string_view key) const { return value_of(find_member(key, false)); }
  const Member* find_member(std::string_view key, bool any_case) const;
  // The position of the value at the path, or of its nearest ancestor that exists.
  Position locate(const Path& path) const;
  // How many nodes the tree has, itself included.
  std::size_t count() const;
  Json to_json() const;
  // "a list", "the text 'abc'", "the number 3": for messages.
  std::string describe() const;

 private:
  static const Node* value_of(const Member* member);
  Kind kind_ = Kind::null;
  bool quoted_ = false;
  Position position_;
  std::string text_;
  Json value_;
  std::vector<Node> items_;
  std::vector<Member> members_;
};

struct Node::Member {
  std::string key;
  Position position;  // of the key
  Node value;
};

}  // namespace serin::config
