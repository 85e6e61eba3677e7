// What an unquoted word of YAML means, by the rules of Kubernetes' tools (YAML 1.1), and what such
// a word becomes where a text is wanted.
//
//   resolve_plain("on");    // true
//   resolve_plain("010");   // 8
//   resolve_plain("1.50");  // 1.5; a text field of an argoproj.io document gets "1.5"
#pragma once

#include <string>
#include <string_view>

#include "base/config/node.h"

namespace serin::config {

// null, boolean, integer, real or the text itself. Integers beyond 64 bits become reals; timestamps
// stay text.
Json resolve_plain(std::string_view text);

// The text that Kubernetes' decoding (YAML to JSON to a string field) makes of a scalar: numbers in
// their shortest decimal form, booleans as true and false, strings as they are, null as "".
std::string kubernetes_text(const Node& node);

}  // namespace serin::config
