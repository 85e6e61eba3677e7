#include "analysis/templates/substitute.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "analysis/conditions/text/utf8.h"
#include "analysis/templates/read.h"

namespace serin::analysis {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kPrefix = "args.";

// As Argo writes JSON: what means something in HTML is escaped, so that a tag with such a character
// is another tag.
std::string written_as_json(const Json& value) {
  static constexpr std::pair<std::string_view, std::string_view> kEscapes[] = {
      {"<", "\\u003c"},
      {">", "\\u003e"},
      {"&", "\\u0026"},
      {"\xe2\x80\xa8", "\\u2028"},
      {"\xe2\x80\xa9", "\\u2029"}};
  std::string text = value.dump();
  for (const auto& [character, escape] : kEscapes) {
    for (std::size_t at = 0; (at = text.find(character, at)) != std::string::npos;) {
      text.replace(at, character.size(), escape);
    }
  }
  return text;
}

// Calls `replace(tag)` for what stands in each pair of braces and puts its answer there.
Status expand(std::string_view text, std::string& out,
              const std::function<std::string(std::string_view)>& replace) {
  while (true) {
    std::size_t open = text.find(kOpen);
    if (open == std::string_view::npos) break;
    std::size_t close = text.find(kClose, open + kOpen.size());
    if (close == std::string_view::npos) {
      return fail(Code::invalid_argument,
                  fmt::format("cannot find the end of the tag '{}'", text.substr(open, 40)));
    }
    out += text.substr(0, open);
    out += replace(text.substr(open + kOpen.size(), close - open - kOpen.size()));
    text.remove_prefix(close + kClose.size());
  }
  out += text;
  return {};
}

// How many bytes the UTF-8 character at the front has; 0 where it is none.
std::size_t character_size(std::string_view text) {
  auto lead = static_cast<unsigned char>(text.front());
  std::size_t size = lead < 0x80                   ? 1
                     : lead >= 0xc2 && lead < 0xe0 ? 2
                     : lead >= 0xe0 && lead < 0xf0 ? 3
                     : lead >= 0xf0 && lead < 0xf5 ? 4
                                                   : 0;
  if (size == 0 || size > text.size()) return 0;
  bool whole = std::ranges::all_of(text.substr(1, size - 1), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
  });
  return whole ? size : 0;
}

// Characters above U+FFFF that Go does not print: tags and private use. (Unassigned ones are not
// known here and are passed on.)
bool go_escapes_wide(std::string_view character) {
  return character.starts_with("\xf3\xa0\x80") || character.starts_with("\xf3\xa0\x81") ||
         character >= std::string_view("\xf3\xb0\x80\x80");
}

// Go's strconv.Quote without the quotes, inside JSON. What Go escapes in a way that JSON does not
// have is the error that its decoder gives.
Result<std::string> quoted(std::string_view value) {
  auto no_escape = [](char letter) {
    return fail(Code::invalid_argument,
                fmt::format("invalid character '{}' in string escape code", letter));
  };
  std::string out;
  while (!value.empty()) {
    std::size_t size = character_size(value);
    auto byte = static_cast<unsigned char>(value.front());
    if (size == 0 || byte == 0x7f) return no_escape('x');
    if (byte == '\a') return no_escape('a');
    if (byte == '\v') return no_escape('v');
    bool short_form = byte == '\b' || byte == '\f' || byte == '\n' || byte == '\r' || byte == '\t';
    if (byte < 0x20 && !short_form) return no_escape('x');
    if (size == 4 && go_escapes_wide(value.substr(0, 4))) return no_escape('U');
    std::string escaped;
    append_json_string(escaped, value.substr(0, size));
    out += escaped.substr(1, escaped.size() - 2);
    value.remove_prefix(size);
  }
  return out;
}

}  // namespace

Result<Json> substitute(const Json& value, const std::vector<Argument>& args,
                        const std::set<std::string>& keep) {
  std::map<std::string, std::string, std::less<>> values;
  for (const Argument& argument : args) {
    if (keep.contains(argument.name)) continue;
    if (!argument.value) {
      return fail(Code::invalid_argument,
                  fmt::format("argument \"{}\" was not supplied", argument.name));
    }
    values.insert_or_assign(fmt::format("{}{}", kPrefix, argument.name), *argument.value);
  }
  std::string text;
  // Argo names the last tag that nothing fills; it reads what came of the others only afterwards.
  Status resolved;
  Status readable;
  Status closed = expand(written_as_json(value), text, [&](std::string_view tag) -> std::string {
    std::string_view name = conditions::trimmed(tag, conditions::is_space);
    if (auto found = values.find(name); found != values.end()) {
      Result<std::string> inserted = quoted(found->second);
      if (inserted) return *inserted;
      if (readable) readable = std::unexpected(std::move(inserted).error());
      return {};
    }
    bool kept =
        name.starts_with(kPrefix) && keep.contains(std::string(name.substr(kPrefix.size())));
    if (kept) return fmt::format("{}{}{}", kOpen, tag, kClose);
    resolved = fail(Code::invalid_argument, fmt::format("failed to resolve {{{{{}}}}}", tag));
    return {};
  });
  for (Status* status : {&closed, &resolved, &readable}) SERIN_CHECK(std::move(*status));
  return Json::parse(text);
}

Result<Metric> resolve_metric(const Metric& metric, const std::vector<Argument>& args,
                              const std::set<std::string>& keep) {
  bool argo_document = metric.written.is_null() || metric.dialect == config::Dialect::argo;
  SERIN_TRY(filled, substitute(argo_document ? to_json(metric) : metric.written, args, keep));
  SERIN_TRY(resolved, metric_from_json(filled, metric.dialect));
  return std::move(resolved);
}

std::set<std::string> arguments_of(const Json& value) {
  std::set<std::string> names;
  std::string ignored;
  // A tag that is not closed is reported when it is filled, not here.
  (void)expand(written_as_json(value), ignored, [&](std::string_view tag) -> std::string {
    std::string_view name = conditions::trimmed(tag, conditions::is_space);
    if (name.starts_with(kPrefix)) names.emplace(name.substr(kPrefix.size()));
    return std::string();
  });
  return names;
}

}  // namespace serin::analysis
