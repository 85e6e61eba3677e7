#include "base/json.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/assert.h"

namespace serin {
namespace {

const Json kNull;

// Builds our value from nlohmann's events, so that its DOM is never made.
class Builder {
 public:
  using Sax = nlohmann::json;
  explicit Builder(int depth_max) : depth_max_(depth_max) {}

  bool null() { return put(Json()); }
  bool boolean(bool value) { return put(Json(value)); }
  bool number_integer(Sax::number_integer_t value) { return put(Json(value)); }
  bool number_unsigned(Sax::number_unsigned_t value) {
    if (value > static_cast<Sax::number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      return put(Json(static_cast<double>(value)));
    }
    return put(Json(static_cast<std::int64_t>(value)));
  }
  bool number_float(Sax::number_float_t value, const Sax::string_t&) { return put(Json(value)); }
  bool string(Sax::string_t& value) { return put(Json(std::move(value))); }
  bool binary(Sax::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool key(Sax::string_t& value) {
    keys_.back() = std::move(value);
    return true;
  }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    error_ = error.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …": the bracket says
    // nothing to a reader.
    if (auto end = error_.find("] "); end != std::string::npos) error_.erase(0, end + 2);
    return false;
  }

  Json take() { return std::move(root_); }
  const std::string& error() const { return error_; }

 private:
  bool open(Json value) {
    if (static_cast<int>(stack_.size()) >= depth_max_) {
      error_ = "nested deeper than " + std::to_string(depth_max_) + " levels";
      return false;
    }
    stack_.push_back(std::move(value));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Json done = std::move(stack_.back());
    stack_.pop_back();
    keys_.pop_back();
    return put(std::move(done));
  }
  bool put(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (stack_.back().is_array()) {
      stack_.back().items().push_back(std::move(value));
    } else {
      stack_.back().set(keys_.back(), std::move(value));
    }
    return true;
  }

  int depth_max_;
  Json root_;
  std::vector<Json> stack_;
  std::vector<std::string> keys_;
  std::string error_;
};

}  // namespace

bool Json::boolean(bool fallback) const {
  const bool* value = std::get_if<bool>(&value_);
  return value != nullptr ? *value : fallback;
}

std::int64_t Json::integer(std::int64_t fallback) const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  if (const auto* value = std::get_if<double>(&value_)) {
    if (!(std::abs(*value) < 9.2e18)) return fallback;
    return static_cast<std::int64_t>(*value);
  }
  return fallback;
}

double Json::number(double fallback) const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  if (const auto* value = std::get_if<std::string>(&value_)) {
    if (*value == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (*value == "+Inf" || *value == "Inf") return std::numeric_limits<double>::infinity();
    if (*value == "-Inf") return -std::numeric_limits<double>::infinity();
  }
  return fallback;
}

std::string_view Json::string(std::string_view fallback) const {
  const auto* value = std::get_if<std::string>(&value_);
  return value != nullptr ? std::string_view(*value) : fallback;
}

const Json::Array& Json::items() const {
  static const Array kEmpty;
  const auto* value = std::get_if<Array>(&value_);
  return value != nullptr ? *value : kEmpty;
}

const Json::Object& Json::members() const {
  static const Object kEmpty;
  const auto* value = std::get_if<Object>(&value_);
  return value != nullptr ? *value : kEmpty;
}

Json::Array& Json::items() {
  if (is_null()) value_ = Array{};
  SERIN_ASSERT(is_array());
  return std::get<Array>(value_);
}

Json::Object& Json::members() {
  if (is_null()) value_ = Object{};
  SERIN_ASSERT(is_object());
  return std::get<Object>(value_);
}

const Json* Json::find(std::string_view key) const {
  const auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  for (const Member& member : *object) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

Json* Json::find(std::string_view key) {
  return const_cast<Json*>(std::as_const(*this).find(key));
}

const Json& Json::operator[](std::string_view key) const {
  const Json* value = find(key);
  return value != nullptr ? *value : kNull;
}

const Json& Json::at(std::size_t index) const {
  const Array& array = items();
  return index < array.size() ? array[index] : kNull;
}

std::size_t Json::size() const {
  return is_object() ? members().size() : items().size();
}

Json& Json::set(std::string_view key, Json value) {
  Object& object = members();
  for (Member& member : object) {
    if (member.first == key) {
      member.second = std::move(value);
      return *this;
    }
  }
  object.emplace_back(std::string(key), std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  items().push_back(std::move(value));
  return *this;
}

std::string Json::dump(int indent) const {
  std::string out;
  dump_to(out, indent, 0);
  return out;
}

void Json::dump_to(std::string& out, int indent, int level) const {
  auto line = [&](int at) {
    if (indent > 0) {
      out += '\n';
      out.append(static_cast<std::size_t>(indent * at), ' ');
    }
  };
  switch (kind()) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += boolean() ? "true" : "false";
      return;
    case Kind::integer:
      out += std::to_string(integer());
      return;
    case Kind::real: {
      double value = number();
      if (std::isfinite(value)) {
        out += format_double(value);
      } else {
        append_json_string(out, format_double(value));
      }
      return;
    }
    case Kind::string:
      append_json_string(out, string());
      return;
    case Kind::array: {
      out += '[';
      bool first = true;
      for (const Json& item : items()) {
        if (!std::exchange(first, false)) out += ',';
        line(level + 1);
        item.dump_to(out, indent, level + 1);
      }
      if (!first) line(level);
      out += ']';
      return;
    }
    case Kind::object: {
      out += '{';
      bool first = true;
      for (const Member& member : members()) {
        if (!std::exchange(first, false)) out += ',';
        line(level + 1);
        append_json_string(out, member.first);
        out += indent > 0 ? ": " : ":";
        member.second.dump_to(out, indent, level + 1);
      }
      if (!first) line(level);
      out += '}';
      return;
    }
  }
}

Result<Json> Json::parse(std::string_view text, int depth_max) {
  Builder builder(depth_max);
  bool done = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  if (!done) return fail(Code::invalid_argument, "invalid JSON: " + builder.error());
  return builder.take();
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  for (std::size_t i = 0; i < text.size();) {
    if (is_plain(text[i])) {  // most text: copied at once
      std::size_t end = i + 1;
      while (end < text.size() && is_plain(text[end])) ++end;
      out.append(text, i, end - i);
      i = end;
      continue;
    }
    auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      switch (byte) {
        case '"':
          out += "\\\"";
          break;
        case '\\':
          out += "\\\\";
          break;
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\t':
          out += "\\t";
          break;
        default:
          out += "\\u00";
          out += kHex[byte >> 4U];
          out += kHex[byte & 0xfU];
      }
      ++i;
      continue;
    }
    std::size_t length = byte >= 0xf0 && byte < 0xf5   ? 4
                         : byte >= 0xe0 && byte < 0xf0 ? 3
                         : byte >= 0xc2 && byte < 0xe0 ? 2
                                                       : 0;
    bool valid = length != 0 && i + length <= text.size();
    for (std::size_t k = 1; valid && k < length; ++k) {
      valid = (static_cast<unsigned char>(text[i + k]) & 0xc0U) == 0x80U;
    }
    if (valid && length >= 3) {
      auto second = static_cast<unsigned char>(text[i + 1]);
      if ((byte == 0xe0 && second < 0xa0) || (byte == 0xed && second > 0x9f) ||
          (byte == 0xf0 && second < 0x90) || (byte == 0xf4 && second > 0x8f)) {
        valid = false;
      }
    }
    if (valid) {
      out.append(text.substr(i, length));
      i += length;
    } else {
      out += "\xef\xbf\xbd";
      ++i;
    }
  }
  out += '"';
}

std::string format_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == 0 && std::signbit(value)) return "-0.0";  // "-0" would read back as the integer 0
  char buffer[40];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  SERIN_ASSERT(error == std::errc());
  return {buffer, end};
}

}  // namespace serin
