// What Kubernetes says of a label selector and of the pods that it selects, as far as a person is
// likely to get it wrong: labels, names, images, ports, volumes.
//
//   check_selector(spec.selector, path / "selector", report);
//   if (selects(spec.selector, labels)) …
//   check_pod_template(spec.pod_template, path / "template", report);
//
// The objects are JSON as written. The API server checks far more when they are applied.
#pragma once

#include <functional>
#include <string>

#include "base/config/node.h"
#include "base/json.h"

namespace serin::rollout::kubernetes {

using Report = std::function<void(const config::Path& path, const std::string& message)>;

// A LabelSelector. Whether it could be used at all.
bool check_selector(const Json& selector, const config::Path& path, const Report& report);
// Whether it selects pods with these labels; a selector that is unusable selects none.
bool selects(const Json& selector, const Json& labels);
// A PodTemplateSpec of something that keeps its pods running.
void check_pod_template(const Json& pod_template, const config::Path& path, const Report& report);

}  // namespace serin::rollout::kubernetes
