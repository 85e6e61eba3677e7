// Which names and label values Kubernetes takes, in its own words where it does not.
//
//   qualified_name_faults("team.example.com/app");   // none
//   dns_label_faults("My_App");                      // "a lowercase RFC 1123 label must consist …"
//
// It knows no objects: rollout/plan/kubernetes/pods.h checks those.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace serin::rollout::kubernetes {

inline constexpr std::size_t kNamePartMax = 63;     // characters
inline constexpr std::size_t kNamePrefixMax = 253;  // characters

// [prefix/]name: a label's or an annotation's key.
std::vector<std::string> qualified_name_faults(std::string_view name);
std::vector<std::string> label_value_faults(std::string_view value);
// A container's name.
std::vector<std::string> dns_label_faults(std::string_view name);

// Whether the downward API can give this field of an object's metadata: metadata.name,
// metadata.labels['app'] and the like.
bool is_metadata_path(std::string_view path);

}  // namespace serin::rollout::kubernetes
