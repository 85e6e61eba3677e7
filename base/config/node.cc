#include "base/config/node.h"

#include <fmt/format.h>

#include <algorithm>

namespace serin::config {
namespace {

// Longer texts are cut in messages.
constexpr std::size_t kDescribedMax = 40;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_any_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Node::Kind kind_of(const Json& value) {
  switch (value.kind()) {
    case Json::Kind::boolean:
      return Node::Kind::boolean;
    case Json::Kind::integer:
      return Node::Kind::integer;
    case Json::Kind::real:
      return Node::Kind::real;
    case Json::Kind::string:
      return Node::Kind::string;
    default:
      return Node::Kind::null;
  }
}

}  // namespace

Path Path::operator/(std::string_view field) const {
  Path path = *this;
  path.parts_.emplace_back(std::string(field));
  return path;
}

Path Path::operator/(std::size_t index) const {
  Path path = *this;
  path.parts_.emplace_back(index);
  return path;
}

Path Path::operator/(const Path& rest) const {
  Path path = *this;
  path.parts_.insert(path.parts_.end(), rest.parts_.begin(), rest.parts_.end());
  return path;
}

std::string Path::to_string() const {
  std::string text;
  for (const Part& part : parts_) {
    if (const auto* index = std::get_if<std::size_t>(&part)) {
      text += fmt::format("[{}]", *index);
    } else if (const auto& name = std::get<std::string>(part); is_plain_name(name)) {
      text += (text.empty() ? "" : ".") + name;
    } else {
      text += '[';
      append_json_string(text, name);
      text += ']';
    }
  }
  return text;
}

Node::Node() = default;
Node::Node(const Node&) = default;
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(const Node&) = default;
Node& Node::operator=(Node&&) noexcept = default;
Node::~Node() = default;

Node Node::scalar(Position position, Json value, std::string text, bool quoted) {
  Node node;
  node.kind_ = kind_of(value);
  node.position_ = position;
  node.value_ = std::move(value);
  node.text_ = std::move(text);
  node.quoted_ = quoted;
  return node;
}

Node Node::sequence(Position position, std::vector<Node> items) {
  Node node;
  node.kind_ = Kind::sequence;
  node.position_ = position;
  node.items_ = std::move(items);
  return node;
}

Node Node::mapping(Position position, std::vector<Member> members) {
  Node node;
  node.kind_ = Kind::mapping;
  node.position_ = position;
  node.members_ = std::move(members);
  return node;
}

Node Node::from_json(const Json& json) {
  if (json.is_array()) {
    std::vector<Node> items;
    for (const Json& item : json.items()) items.push_back(from_json(item));
    return sequence({}, std::move(items));
  }
  if (json.is_object()) {
    std::vector<Member> members;
    for (const auto& [key, value] : json.members()) members.push_back({key, {}, from_json(value)});
    return mapping({}, std::move(members));
  }
  std::string text = json.is_string() ? std::string(json.string())
                     : json.is_null() ? std::string()
                                      : json.dump();
  return scalar({}, json, std::move(text), json.is_string());
}

const Node* Node::value_of(const Member* member) {
  return member == nullptr ? nullptr : &member->value;
}

const Node::Member* Node::find_member(std::string_view key, bool any_case) const {
  auto exact = std::ranges::find(members_, key, &Member::key);
  if (exact != members_.end()) return &*exact;
  if (!any_case) return nullptr;
  auto alike = std::ranges::find_if(
      members_, [&](const Member& member) { return equal_any_case(member.key, key); });
  return alike == members_.end() ? nullptr : &*alike;
}

Position Node::locate(const Path& path) const {
  const Node* node = this;
  Position position = position_;
  for (const Path::Part& part : path.parts()) {
    if (const auto* index = std::get_if<std::size_t>(&part)) {
      if (*index >= node->items_.size()) break;
      node = &node->items_[*index];
    } else {
      const Member* member = node->find_member(std::get<std::string>(part), true);
      if (member == nullptr) break;
      node = &member->value;
      // A mapping or list is best shown by its key.
      if (!node->is_scalar() || node->is_null()) {
        position = member->position;
        continue;
      }
    }
    position = node->position_;
  }
  return position;
}

std::size_t Node::count() const {
  std::size_t count = 1;
  for (const Node& item : items_) count += item.count();
  for (const Member& member : members_) count += member.value.count();
  return count;
}

Json Node::to_json() const {
  if (is_sequence()) {
    Json json = Json::array();
    for (const Node& item : items_) json.push(item.to_json());
    return json;
  }
  if (is_mapping()) {
    Json::Object members;
    for (const Member& member : members_) members.emplace_back(member.key, member.value.to_json());
    return Json(std::move(members));
  }
  return value_;
}

std::string Node::describe() const {
  switch (kind_) {
    case Kind::null:
      return "nothing";
    case Kind::sequence:
      return "a list";
    case Kind::mapping:
      return "a mapping";
    case Kind::boolean:
      return "the boolean " + text_;
    case Kind::integer:
    case Kind::real:
      return "the number " + text_;
    case Kind::string:
      break;
  }
  std::size_t shown_size = std::min(text_.size(), kDescribedMax);
  if (shown_size < text_.size()) {
    // Cut between characters, not within one.
    while (shown_size > 0 && (static_cast<unsigned char>(text_[shown_size]) & 0xc0U) == 0x80U) {
      --shown_size;
    }
  }
  std::string shown = text_.substr(0, shown_size);
  if (shown.size() < text_.size()) shown += "…";
  return "the text '" + shown + "'";
}

}  // namespace serin::config
