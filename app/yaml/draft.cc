#include "app/yaml/draft.h"

#include <algorithm>

#include "base/config/scalar.h"

namespace serin::app {
namespace {

constexpr std::size_t kRemarkWidth = 96;

bool is_control(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool is_printable(std::string_view text) {
  return std::ranges::none_of(text, is_control);
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Whether every reader of YAML takes these characters, without quotes, for this text.
bool is_plain(std::string_view text) {
  constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`=~<. ";
  if (text.empty() || !is_printable(text) || !is_ascii(text)) return false;
  if (kIndicators.find(text.front()) != std::string_view::npos) return false;
  if (text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos)
    return false;
  const bool digit = text.front() >= '0' && text.front() <= '9';
  // Times and numbers to the base of 60, which some readers know.
  if (digit && text.find_first_not_of("0123456789.:_-+TZ ") == std::string_view::npos) return false;
  return config::resolve_plain(text) == Json(text);
}

std::string quoted(std::string_view text) {
  const bool has_marks = text.find_first_of("\"\\") != std::string_view::npos;
  std::string out;
  if (!has_marks || !is_printable(text)) {
    append_json_string(out, text);
    return out;
  }
  out = "'";
  for (char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

// Several lines that a block can hold: no more than one line end at the end, nothing that a reader
// could drop.
bool fits_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n')
    return false;
  if (text.ends_with("\n\n")) return false;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (!is_printable(line) || line.ends_with(' ')) return false;
    at = end + 1;
  }
  return true;
}

std::string scalar_text(std::string_view text) {
  return is_plain(text) ? std::string(text) : quoted(text);
}

void write_block(std::string& out, std::string_view text, std::size_t level) {
  out += text.ends_with('\n') ? " |\n" : " |-\n";
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) out.append(2 * level, ' ').append(text.substr(at, end - at));
    out += '\n';
    at = end + 1;
  }
}

// Lines at most so wide, broken between words and at line ends. What no remark can hold separates
// words too.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  std::string word;
  auto end_line = [&] {
    if (!line.empty()) lines.push_back(std::exchange(line, ""));
  };
  auto end_word = [&] {
    if (word.empty()) return;
    if (line.size() + 1 + word.size() > width) end_line();
    line += (line.empty() ? "" : " ") + std::exchange(word, "");
  };
  for (char c : text) {
    if (c != ' ' && !is_control(c)) {
      word += c;
      continue;
    }
    end_word();
    if (c == '\n') end_line();
  }
  end_word();
  end_line();
  return lines;
}

}  // namespace

Draft Draft::word(std::string characters) {
  Draft draft(Kind::scalar);
  draft.characters_ = std::move(characters);
  return draft;
}

Draft Draft::text(std::string_view characters) {
  Draft draft(Kind::scalar);
  draft.characters_ = characters;
  draft.is_text_ = true;
  return draft;
}

Draft Draft::number(double value) {
  return word(format_double(value));
}

Draft Draft::of(const Json& json) {
  if (json.is_string()) return text(json.string());
  if (json.is_object()) {
    Draft draft = map();
    for (const auto& [key, value] : json.members()) draft.set(key, of(value));
    return draft;
  }
  if (json.is_array()) {
    Draft draft = list();
    for (const Json& item : json.items()) draft.push(of(item));
    return draft;
  }
  return word(json.dump());
}

Draft Draft::of(const config::Node& node) {
  if (node.is_mapping()) {
    Draft draft = map();
    for (const config::Node::Member& member : node.members())
      draft.set(member.key, of(member.value));
    return draft;
  }
  if (node.is_sequence()) {
    Draft draft = list();
    for (const config::Node& item : node.items()) draft.push(of(item));
    return draft;
  }
  if (node.is_string()) return text(node.value().string());
  return word(node.text().empty() ? node.value().dump() : node.text());
}

Draft& Draft::set(std::string_view key, Draft value) {
  if (kind_ != Kind::map) {
    kind_ = Kind::map;
    items_.clear();
  }
  if (Draft* known = find(key)) {
    *known = std::move(value);
    return *known;
  }
  return members_.emplace_back(std::string(key), std::move(value)).second;
}

void Draft::erase(std::string_view key) {
  std::erase_if(members_, [&](const Member& member) { return member.first == key; });
}

Draft* Draft::find(std::string_view key) {
  auto found = std::ranges::find(members_, key, &Member::first);
  return found == members_.end() ? nullptr : &found->second;
}

Draft& Draft::push(Draft value) {
  return items_.emplace_back(std::move(value));
}

Draft& Draft::note(std::string_view remark) {
  notes_.emplace_back(remark);
  return *this;
}

void Draft::write_notes(std::string& out, std::size_t level) const {
  for (const std::string& note : notes_) {
    for (const std::string& line :
         wrapped(note, kRemarkWidth - std::min<std::size_t>(2 * level, 40)))
      out.append(2 * level, ' ').append("# ").append(line) += '\n';
  }
}

void Draft::write_first_notes(std::string& out, std::size_t level) const {
  write_notes(out, level);
  if (!members_.empty()) members_.front().second.write_notes(out, level);
  if (!items_.empty()) items_.front().write_first_notes(out, level);
}

// Behind "key:" or "-": on the same line, or as a block below it.
void Draft::write_value(std::string& out, std::size_t level, bool of_list) const {
  if (kind_ == Kind::scalar) {
    if (is_text_ && fits_block(characters_)) return write_block(out, characters_, level + 1);
    out += ' ' + (is_text_ ? scalar_text(characters_) : characters_) + '\n';
  } else if (empty()) {
    out += kind_ == Kind::map ? " {}\n" : " []\n";
  } else if (of_list) {
    out += ' ';
    write(out, level + 1, true);
  } else {
    out += '\n';
    write(out, kind_ == Kind::list ? level : level + 1, false);
  }
}

// `begun`: the first line's indentation and remarks are there already.
void Draft::write(std::string& out, std::size_t level, bool begun) const {
  for (const auto& [key, value] : members_) {
    if (!std::exchange(begun, false)) {
      value.write_notes(out, level);
      out.append(2 * level, ' ');
    }
    out += scalar_text(key) + ':';
    value.write_value(out, level, false);
  }
  for (const Draft& item : items_) {
    if (!std::exchange(begun, false)) {
      item.write_first_notes(out, level);
      out.append(2 * level, ' ');
    }
    out += '-';
    item.write_value(out, level, true);
  }
}

std::string Draft::to_yaml() const {
  std::string out;
  write_notes(out, 0);
  if (empty() || kind_ == Kind::scalar) {
    write_value(out, 0, true);
    return out.front() == ' ' ? out.substr(1) : out;
  }
  write(out, 0, false);
  return out;
}

void merge_patch(Draft& target, const Json& patch) {
  if (!patch.is_object()) {
    target = Draft::of(patch);
    return;
  }
  if (!target.is_map()) target = Draft::map();
  for (const auto& [key, value] : patch.members()) {
    if (value.is_null()) {
      target.erase(key);
      continue;
    }
    Draft* known = target.find(key);
    merge_patch(known != nullptr ? *known : target.set(key, Draft()), value);
  }
}

}  // namespace serin::app
