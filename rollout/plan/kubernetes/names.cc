#include "rollout/plan/kubernetes/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace serin::rollout::kubernetes {
namespace {

// The texts are Kubernetes' own: people look for them.
constexpr std::string_view kNamePart =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kQualified =
    "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used "
    "for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain "
    "prefix and '/' (e.g. 'example.com/MyName')";
constexpr std::string_view kLabelValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr std::string_view kDnsLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_alphanumeric(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

// Not empty; `end` holds of the first and the last character, `inner` or `end` of the others.
template <class End>
bool made_of(std::string_view text, const End& end, std::string_view inner) {
  return !text.empty() && end(text.front()) && end(text.back()) &&
         std::ranges::all_of(
             text, [&](char c) { return end(c) || inner.find(c) != std::string_view::npos; });
}

bool is_dns_label(std::string_view text) {
  return made_of(text, is_lower_or_digit, "-");
}

bool is_subdomain(std::string_view text) {
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_dns_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::string too_long(std::size_t most) {
  return fmt::format("must be no more than {} characters", most);
}

void check_prefix(std::string_view prefix, std::vector<std::string>& faults) {
  if (prefix.empty()) {
    faults.emplace_back("prefix part must be non-empty");
    return;
  }
  if (prefix.size() > kNamePrefixMax) {
    faults.push_back(fmt::format("prefix part {}", too_long(kNamePrefixMax)));
  }
  if (!is_subdomain(prefix)) faults.push_back(fmt::format("prefix part {}", kSubdomain));
}

}  // namespace

std::vector<std::string> qualified_name_faults(std::string_view name) {
  std::vector<std::string> faults;
  const auto slashes = std::ranges::count(name, '/');
  if (slashes > 1) return {std::string(kQualified)};
  if (slashes == 1) {
    check_prefix(name.substr(0, name.find('/')), faults);
    name.remove_prefix(name.find('/') + 1);
  }
  if (name.empty()) {
    faults.emplace_back("name part must be non-empty");
  } else if (name.size() > kNamePartMax) {
    faults.push_back(fmt::format("name part {}", too_long(kNamePartMax)));
  }
  if (!made_of(name, is_alphanumeric, "-_."))
    faults.push_back(fmt::format("name part {}", kNamePart));
  return faults;
}

std::vector<std::string> label_value_faults(std::string_view value) {
  std::vector<std::string> faults;
  if (value.size() > kNamePartMax) faults.push_back(too_long(kNamePartMax));
  if (!value.empty() && !made_of(value, is_alphanumeric, "-_.")) faults.emplace_back(kLabelValue);
  return faults;
}

std::vector<std::string> dns_label_faults(std::string_view name) {
  std::vector<std::string> faults;
  if (name.size() > kNamePartMax) faults.push_back(too_long(kNamePartMax));
  if (!is_dns_label(name)) faults.emplace_back(kDnsLabel);
  return faults;
}

bool is_metadata_path(std::string_view path) {
  constexpr std::array<std::string_view, 5> kPlain{"metadata.name", "metadata.namespace",
                                                   "metadata.uid", "metadata.labels",
                                                   "metadata.annotations"};
  const std::size_t open = path.find("['");
  if (open == std::string_view::npos || open == 0 || !path.ends_with("']")) {
    return std::ranges::find(kPlain, path) != kPlain.end();
  }
  const std::string_view field = path.substr(0, open);
  std::string key(path.substr(open + 2));
  key.resize(key.size() - std::min<std::size_t>(key.size(), 2));
  if (field == "metadata.annotations") {
    std::ranges::transform(key, key.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
  } else if (field != "metadata.labels") {
    return false;
  }
  return qualified_name_faults(key).empty();
}

}  // namespace serin::rollout::kubernetes
