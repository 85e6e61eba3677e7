#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "analysis/conditions/builtins/helpers.h"
#include "analysis/conditions/builtins/list.h"
#include "analysis/conditions/text/base64.h"
#include "analysis/conditions/text/utf8.h"
#include "analysis/conditions/values/format.h"
#include "base/json.h"

namespace serin::analysis::conditions::builtins {
namespace {

constexpr std::int64_t kAll = -1;

std::unexpected<std::string> too_large() {
  return wrong(std::string(kMemoryExceeded));
}

bool holds_rune(std::string_view set, char32_t rune) {
  while (!set.empty()) {
    Rune next = decode_rune(set);
    if (next.value == rune) return true;
    set.remove_prefix(next.size);
  }
  return false;
}

// At most `count` pieces, all with kAll; `keep`: pieces end with the separator.
Outcome<Value> pieces(std::string_view text, std::string_view separator, std::int64_t count,
                      bool keep, Calling& calling) {
  if (count == 0) return Value::nil_array(Kind::texts);
  std::vector<std::string> out;
  auto full = [&] { return count > 0 && static_cast<std::int64_t>(out.size()) + 1 >= count; };
  if (!calling.budget.write(text.size()) || !calling.budget.spend(text.size())) return too_large();
  if (separator.empty()) {
    while (!text.empty() && !full()) {
      std::size_t size = decode_rune(text).size;
      out.emplace_back(text.substr(0, size));
      text.remove_prefix(size);
    }
    if (!text.empty()) out.emplace_back(text);
    return Value::texts(std::move(out));
  }
  while (!full()) {
    std::size_t at = text.find(separator);
    if (at == std::string_view::npos) break;
    out.emplace_back(text.substr(0, at + (keep ? separator.size() : 0)));
    text.remove_prefix(at + separator.size());
  }
  out.emplace_back(text);
  return Value::texts(std::move(out));
}

Outcome<Value> split_by(Arguments arguments, Calling& calling, bool keep) {
  SERIN_TEXT(text, arguments[0]);
  SERIN_TEXT(separator, arguments[1]);
  std::int64_t count = kAll;
  if (arguments.size() == 3) {
    auto given = to_int(arguments[2]);
    if (!given) return wrong(std::move(given).error());
    count = *given;
  }
  return pieces(text, separator, count, keep, calling);
}

Outcome<Value> affix(Arguments arguments, bool prefix) {
  std::string_view affix = " ";
  if (arguments.size() == 2) {
    SERIN_TEXT(given, arguments[1]);
    affix = given;
  }
  SERIN_TEXT(text, arguments[0]);
  if (prefix && text.starts_with(affix)) text.remove_prefix(affix.size());
  if (!prefix && text.ends_with(affix)) text.remove_suffix(affix.size());
  return Value::text(std::string(text));
}

template <class F>
Outcome<Value> with_two(Arguments arguments, F function) {
  SERIN_TEXT(text, arguments[0]);
  SERIN_TEXT(part, arguments[1]);
  return function(text, part);
}

Value position(std::size_t at) {
  return Value::integer(at == std::string_view::npos ? -1 : static_cast<std::int64_t>(at));
}

}  // namespace

Outcome<Value> trim(Arguments arguments, Calling&) {
  SERIN_TEXT(text, arguments[0]);
  if (arguments.size() == 1) {
    return Value::text(std::string(trimmed(text, is_space)));
  }
  SERIN_TEXT(set, arguments[1]);
  return Value::text(
      std::string(trimmed(text, [&](char32_t rune) { return holds_rune(set, rune); })));
}

Outcome<Value> trim_prefix(Arguments arguments, Calling&) {
  return affix(arguments, true);
}
Outcome<Value> trim_suffix(Arguments arguments, Calling&) {
  return affix(arguments, false);
}

Outcome<Value> upper(Arguments arguments, Calling&) {
  SERIN_TEXT(text, arguments[0]);
  return Value::text(to_upper(text));
}

Outcome<Value> lower(Arguments arguments, Calling&) {
  SERIN_TEXT(text, arguments[0]);
  return Value::text(to_lower(text));
}

Outcome<Value> split(Arguments arguments, Calling& calling) {
  return split_by(arguments, calling, false);
}

Outcome<Value> split_after(Arguments arguments, Calling& calling) {
  return split_by(arguments, calling, true);
}

Outcome<Value> replace(Arguments arguments, Calling&) {
  SERIN_TEXT(text, arguments[0]);
  SERIN_TEXT(old, arguments[1]);
  SERIN_TEXT(fresh, arguments[2]);
  std::int64_t count = std::numeric_limits<std::int64_t>::max();
  if (arguments.size() == 4) {
    auto given = to_int(arguments[3]);
    if (!given) return wrong(std::move(given).error());
    if (*given >= 0) count = *given;
  }
  std::string out;
  if (old.empty()) {  // before every rune and at the end
    for (; count > 0; --count) {
      out += fresh;
      if (text.empty() || out.size() > kBytesMax) break;
      std::size_t size = decode_rune(text).size;
      out += text.substr(0, size);
      text.remove_prefix(size);
    }
  } else {
    for (; count > 0 && out.size() <= kBytesMax; --count) {
      std::size_t at = text.find(old);
      if (at == std::string_view::npos) break;
      out += text.substr(0, at);
      out += fresh;
      text.remove_prefix(at + old.size());
    }
  }
  if (out.size() > kBytesMax) return too_large();
  out += text;
  return Value::text(std::move(out));
}

Outcome<Value> repeat(Arguments arguments, Calling& calling) {
  SERIN_TEXT(text, arguments[0]);
  auto count = to_int(arguments[1]);
  if (!count) return wrong(std::move(count).error());
  if (*count < 0) {
    return wrong(
        fmt::format("invalid argument for repeat (expected positive integer, got {})", *count));
  }
  constexpr std::int64_t kCountMax = 1'000'000;
  if (*count > kCountMax) return too_large();
  auto times = static_cast<std::size_t>(*count);
  if (!calling.budget.grow(text.size() * times)) return too_large();
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return Value::text(std::move(out));
}

Outcome<Value> join(Arguments arguments, Calling&) {
  std::string_view glue;
  if (arguments.size() == 2) {
    SERIN_TEXT(given, arguments[1]);
    glue = given;
  }
  const Value& list = arguments[0];
  if (list.kind() != Kind::texts && list.kind() != Kind::array) {
    return invalid_argument("join", list);
  }
  std::string out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    Value element = list.at(i);
    SERIN_TEXT(text, element);
    if (i > 0) out += glue;
    out += text;
    if (out.size() > kBytesMax) return too_large();
  }
  return Value::text(std::move(out));
}

Outcome<Value> index_of(Arguments arguments, Calling&) {
  return with_two(arguments, [](auto text, auto part) { return position(text.find(part)); });
}

Outcome<Value> last_index_of(Arguments arguments, Calling&) {
  return with_two(arguments, [](auto text, auto part) { return position(text.rfind(part)); });
}

Outcome<Value> has_prefix(Arguments arguments, Calling&) {
  return with_two(arguments,
                  [](auto text, auto part) { return Value::boolean(text.starts_with(part)); });
}

Outcome<Value> has_suffix(Arguments arguments, Calling&) {
  return with_two(arguments,
                  [](auto text, auto part) { return Value::boolean(text.ends_with(part)); });
}

Outcome<Value> string(Arguments arguments, Calling& calling) {
  return Value::text(show(arguments[0], calling.budget));
}

Outcome<Value> to_json(Arguments arguments, Calling& calling) {
  auto text = to_indented_json(arguments[0], calling.budget);
  if (!text) return wrong(std::move(text).error());
  return Value::text(*std::move(text));
}

Outcome<Value> from_json(Arguments arguments, Calling&) {
  SERIN_TEXT(text, arguments[0]);
  Result<Json> json = Json::parse(text);
  if (!json) return wrong(std::move(json).error().message);
  return Value::from_json(*json);
}

Outcome<Value> to_base64(Arguments arguments, Calling&) {
  SERIN_TEXT(text, arguments[0]);
  return Value::text(encode_base64(text));
}

Outcome<Value> from_base64(Arguments arguments, Calling&) {
  SERIN_TEXT(text, arguments[0]);
  auto bytes = decode_base64(text);
  if (!bytes) return wrong(std::move(bytes).error());
  return Value::text(*std::move(bytes));
}

}  // namespace serin::analysis::conditions::builtins
