#include "analysis/conditions/values/format.h"

#include <cmath>

#include "analysis/conditions/dates/layout.h"
#include "analysis/conditions/text/base64.h"
#include "analysis/conditions/text/numbers.h"
#include "analysis/conditions/text/utf8.h"
#include "analysis/conditions/values/functions.h"
#include "analysis/conditions/values/map.h"

namespace serin::analysis::conditions {
namespace {

void show_to(std::string& out, const Value& value, Budget& budget) {
  if (!budget.spend() || out.size() > kBytesMax) return;
  switch (value.kind()) {
    case Kind::nil:
    case Kind::unknown:
    case Kind::any:
      out += "<nil>";
      return;
    case Kind::boolean:
      out += value.as_boolean() ? "true" : "false";
      return;
    case Kind::integer:
    case Kind::integer64:
    case Kind::byte:
      out += std::to_string(value.as_whole());
      return;
    case Kind::real:
      out += format_general(value.as_real());
      return;
    case Kind::text:
      out += value.as_text();
      return;
    case Kind::month:
      out += month_name(static_cast<int>(value.as_whole()));
      return;
    case Kind::weekday:
      out += weekday_name(static_cast<int>(value.as_whole()));
      return;
    case Kind::duration:
      out += format_go_duration(value.as_whole());
      return;
    case Kind::time:
      out += format_time(value.as_time(), kTimeText);
      return;
    case Kind::zone:
    case Kind::zone_value:
      out += value.as_zone()->name();
      return;
    case Kind::function:
      out += type_name(value);
      return;
    default:
      break;
  }
  if (is_map(value.kind())) {
    out += "map[";
    bool first = true;
    for (const auto& [key, element] : value.as_map().entries()) {
      if (!first) out += ' ';
      first = false;
      show_to(out, key, budget);
      out += ':';
      show_to(out, element, budget);
    }
    out += ']';
    return;
  }
  out += '[';
  for (std::size_t i = 0; i < value.size() && !budget.spent(); ++i) {
    if (i > 0) out += ' ';
    show_to(out, value.at(i), budget);
  }
  out += ']';
}

// As encoding/json writes texts: also `<`, `>`, `&` and the two line separators as escapes.
void write_text(std::string& out, std::string_view text) {
  std::string plain;
  append_json_string(plain, text);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::string_view tail = std::string_view(plain).substr(i);
    if (plain[i] == '<') {
      out += "\\u003c";
    } else if (plain[i] == '>') {
      out += "\\u003e";
    } else if (plain[i] == '&') {
      out += "\\u0026";
    } else if (tail.starts_with("\\u007f")) {
      out += '\x7f';
      i += 5;
    } else if (tail.starts_with("\\u0008") || tail.starts_with("\\u000c")) {
      out += tail[5] == '8' ? "\\b" : "\\f";
      i += 5;
    } else if (tail.starts_with("\\\\")) {
      out += "\\\\";
      ++i;
    } else if (tail.starts_with("\xe2\x80\xa8") || tail.starts_with("\xe2\x80\xa9")) {
      out += tail[2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += plain[i];
    }
  }
}

class JsonWriter {
 public:
  explicit JsonWriter(Budget& budget) : budget_(budget) {}
  bool write(const Value& value, std::size_t level);
  std::string out;
  std::string error;

 private:
  void line(std::size_t level) { (out += '\n').append(2 * level, ' '); }
  bool write_map(const Value& value, std::size_t level);
  bool write_array(const Value& value, std::size_t level);
  Budget& budget_;
};

bool JsonWriter::write(const Value& value, std::size_t level) {
  if (!budget_.spend() || out.size() > kBytesMax) {
    error = kMemoryExceeded;
    return false;
  }
  switch (value.kind()) {
    case Kind::boolean:
      out += value.as_boolean() ? "true" : "false";
      return true;
    case Kind::integer:
    case Kind::integer64:
    case Kind::byte:
    case Kind::month:
    case Kind::weekday:
    case Kind::duration:
      out += std::to_string(value.as_whole());
      return true;
    case Kind::real:
      if (!std::isfinite(value.as_real())) {
        error = "json: unsupported value: " + format_general(value.as_real());
        return false;
      }
      out += format_json_number(value.as_real());
      return true;
    case Kind::text:
      write_text(out, value.as_text());
      return true;
    case Kind::bytes:
      out += value.holds_nothing() ? "null" : '"' + encode_base64(value.as_text()) + '"';
      return true;
    case Kind::time:
      out += '"' + format_time(value.as_time(), kRfc3339Nano) + '"';
      return true;
    case Kind::zone:
    case Kind::zone_value:
      out += "{}";
      return true;
    case Kind::function:
    case Kind::any_map:
    case Kind::group_map:
      error = "json: unsupported type: " + type_name(value);
      return false;
    default:
      break;
  }
  if (value.holds_nothing()) {
    out += "null";
    return true;
  }
  return is_map(value.kind()) ? write_map(value, level) : write_array(value, level);
}

bool JsonWriter::write_map(const Value& value, std::size_t level) {
  out += '{';
  bool first = true;
  for (const auto& [key, element] : value.as_map().entries()) {
    if (!first) out += ',';
    first = false;
    line(level + 1);
    write_text(out, key.as_text());
    out += ": ";
    if (!write(element, level + 1)) return false;
  }
  if (!first) line(level);
  out += '}';
  return true;
}

bool JsonWriter::write_array(const Value& value, std::size_t level) {
  out += '[';
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (i > 0) out += ',';
    line(level + 1);
    if (!write(value.at(i), level + 1)) return false;
  }
  if (value.size() > 0) line(level);
  out += ']';
  return true;
}

}  // namespace

std::string type_name(const Value& value) {
  if (value.kind() != Kind::function) return std::string(go_name(value.kind()));
  const Signature* signature =
      value.as_method() == nullptr
          ? environment_function(value.as_function(), Environment::measurement)
          : method_of(value.as_method()->receiver.kind(), value.as_function());
  return Type::function(signature).name();
}

std::string show(const Value& value, Budget& budget) {
  std::string out;
  show_to(out, value, budget);
  return out;
}

Outcome<std::string> to_indented_json(const Value& value, Budget& budget) {
  JsonWriter writer(budget);
  if (!writer.write(value, 0)) return std::unexpected(std::move(writer.error));
  return std::move(writer.out);
}

}  // namespace serin::analysis::conditions
