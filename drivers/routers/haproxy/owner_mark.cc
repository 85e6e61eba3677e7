#include "drivers/routers/haproxy/owner_mark.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/percent.h"

namespace serin::drivers {
namespace {

// Other bytes HAProxy's command line or its expressions read otherwise.
constexpr std::string_view kPlain = "-._@:";

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Names of variables hold letters, digits, '_' and '.'.
std::string variable(const HaproxyOptions& options) {
  std::string name = "proc.serin.";
  const std::string& backend = options.map_layout()
                                   ? std::min(options.stable_backend, options.canary_backend)
                                   : options.backend;
  for (char c : backend) {
    if (is_alphanumeric(c)) {
      name += c;
    } else {
      name += fmt::format("_{:02X}", static_cast<unsigned char>(c));
    }
  }
  return name;
}

}  // namespace

void ask_owner(const HaproxyOptions& options, Conversation& talk) {
  talk.ask("get var " + variable(options));
}

Result<std::optional<std::string>> map_value(std::string_view answer, std::string_view key) {
  using Value = std::optional<std::string>;
  if (answer.starts_with("Unknown map identifier")) {
    return fail(Code::not_found, "HAProxy: " + std::string(answer));
  }
  if (answer.find("found=no") != std::string_view::npos) return Value();
  // Other kinds of matching may find another key than the one that was asked for.
  if (answer.find(fmt::format("key=\"{}\"", key)) == std::string_view::npos) {
    if (answer.find("found=yes") != std::string_view::npos) return Value();
    return fail(Code::data_loss, fmt::format("HAProxy's answer to `get map` can't be read: \"{}\"",
                                             answer.substr(0, 200)));
  }
  constexpr std::string_view kBefore = "value=\"";
  std::size_t begin = answer.find(kBefore);
  if (begin == std::string_view::npos) return Value();
  answer.remove_prefix(begin + kBefore.size());
  return Value(answer.substr(0, answer.find('"')));
}

Result<std::string> owner_in(std::string_view answer) {
  if (answer.starts_with("Variable not found")) return std::string();
  constexpr std::string_view kBefore = "value=<";
  std::size_t begin = answer.find(kBefore);
  std::size_t end = answer.rfind('>');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return fail(Code::data_loss, fmt::format("HAProxy's answer to `get var` can't be read: \"{}\"",
                                             answer.substr(0, 200)));
  }
  begin += kBefore.size();
  return percent_decoded(answer.substr(begin, end - begin));
}

void set_owner(const HaproxyOptions& options, const std::string& found, const std::string& owner,
               Conversation& talk) {
  if (found == owner) return;
  talk.change("experimental-mode on");
  talk.change(fmt::format("set var {} str({})", variable(options), percent_encoded(owner, kPlain)));
}

}  // namespace serin::drivers
