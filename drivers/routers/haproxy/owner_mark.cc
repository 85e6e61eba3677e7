#include "drivers/routers/haproxy/owner_mark.h"

#include <fmt/format.h>

#include <algorithm>

namespace serin::drivers {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Bytes that HAProxy's command line or its expressions read otherwise are written as %XX.
std::string encoded(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (is_alphanumeric(c) || std::string_view("-._@:").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
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
  return decoded(answer.substr(begin, end - begin));
}

void set_owner(const HaproxyOptions& options, const std::string& found, const std::string& owner,
               Conversation& talk) {
  if (found == owner) return;
  talk.change("experimental-mode on");
  talk.change(fmt::format("set var {} str({})", variable(options), encoded(owner)));
}

}  // namespace serin::drivers
