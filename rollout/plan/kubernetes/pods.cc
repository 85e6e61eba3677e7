#include "rollout/plan/kubernetes/pods.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "rollout/plan/kubernetes/names.h"

namespace serin::rollout::kubernetes {
namespace {

using config::Path;

constexpr std::int64_t kPortMax = 65535;

bool has(const Json& list, std::string_view text) {
  const auto& items = list.items();
  return std::any_of(items.begin(), items.end(),
                     [&](const Json& item) { return item.string() == text; });
}

void tell(const std::vector<std::string>& faults, const Path& path, const Report& report) {
  for (const std::string& fault : faults) report(path, fault);
}

void check_labels(const Json& labels, const Path& path, const Report& report) {
  for (const auto& [name, value] : labels.members()) {
    tell(qualified_name_faults(name), path, report);
    tell(label_value_faults(value.string()), path, report);
  }
}

bool check_requirement(const Json& requirement, const Path& path, const Report& report) {
  const std::string_view op = requirement["operator"].string();
  const bool one_of = op == "In" || op == "NotIn";
  const bool any = op == "Exists" || op == "DoesNotExist";
  const bool values = requirement["values"].size() > 0;
  if (one_of && !values) {
    report(path / "values", "must be specified when `operator` is 'In' or 'NotIn'");
  } else if (any && values) {
    report(path / "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  } else if (!one_of && !any) {
    report(path / "operator", "not a valid selector operator");
  }
  const auto faults = qualified_name_faults(requirement["key"].string());
  tell(faults, path / "key", report);
  return faults.empty() && (one_of ? values : any && !values);
}

void check_ports(const Json& ports, const Path& path, const Report& report) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const Json& port = ports.at(i);
    const Path at = path / i;
    const std::int64_t number = port["containerPort"].integer();
    if (number == 0) {
      report(at / "containerPort", "Required value");
    } else if (number < 1 || number > kPortMax) {
      report(at / "containerPort", fmt::format("must be between 1 and {}, inclusive", kPortMax));
    }
    const std::string name(port["name"].string());
    if (!name.empty() && !names.insert(name).second) {
      report(at / "name", fmt::format("Duplicate value: \"{}\"", name));
    }
    const std::string_view protocol = port["protocol"].string("TCP");
    if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
      report(at / "protocol",
             fmt::format("Unsupported value: \"{}\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
                         protocol));
    }
  }
}

void check_mounts(const Json& mounts, const std::set<std::string>& volumes, const Path& path,
                  const Report& report) {
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const std::string name(mounts.at(i)["name"].string());
    if (name.empty()) {
      report(path / i / "name", "Required value");
    } else if (!volumes.contains(name)) {
      report(path / i / "name", fmt::format("Not found: \"{}\"", name));
    }
    if (mounts.at(i)["mountPath"].string().empty())
      report(path / i / "mountPath", "Required value");
  }
}

void check_container(const Json& container, const std::set<std::string>& volumes,
                     std::set<std::string>& names, const Path& path, const Report& report) {
  const std::string name(container["name"].string());
  if (name.empty()) {
    report(path / "name", "Required value");
  } else {
    tell(dns_label_faults(name), path / "name", report);
    if (!names.insert(name).second) {
      report(path / "name", fmt::format("Duplicate value: \"{}\"", name));
    }
  }
  const std::string_view image = container["image"].string();
  constexpr std::string_view kSpace = " \t\r\n";
  if (image.empty()) {
    report(path / "image", "Required value");
  } else if (kSpace.find(image.front()) != std::string_view::npos ||
             kSpace.find(image.back()) != std::string_view::npos) {
    report(path / "image", "must not have leading or trailing whitespace");
  }
  check_ports(container["ports"], path / "ports", report);
  check_mounts(container["volumeMounts"], volumes, path / "volumeMounts", report);
  const Json& environment = container["env"];
  for (std::size_t i = 0; i < environment.size(); ++i) {
    if (!environment.at(i)["name"].string().empty()) continue;
    report(path / "env" / i / "name", "Required value");
  }
}

std::set<std::string> check_volumes(const Json& volumes, const Path& path, const Report& report) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    const std::string name(volumes.at(i)["name"].string());
    if (name.empty()) {
      report(path / i / "name", "Required value");
      continue;
    }
    tell(dns_label_faults(name), path / i / "name", report);
    if (!names.insert(name).second) {
      report(path / i / "name", fmt::format("Duplicate value: \"{}\"", name));
    }
  }
  return names;
}

}  // namespace

bool check_selector(const Json& selector, const Path& path, const Report& report) {
  check_labels(selector["matchLabels"], path / "matchLabels", report);
  bool usable = true;
  for (const auto& [name, value] : selector["matchLabels"].members()) {
    usable =
        usable && qualified_name_faults(name).empty() && label_value_faults(value.string()).empty();
  }
  const Json& expressions = selector["matchExpressions"];
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    const Path at = path / "matchExpressions" / i;
    usable = check_requirement(expressions.at(i), at, report) && usable;
  }
  if (!usable) report(path, "invalid label selector");
  return usable;
}

bool selects(const Json& selector, const Json& labels) {
  for (const auto& [name, value] : selector["matchLabels"].members()) {
    if (!labels.contains(name) || labels[name].string() != value.string()) return false;
  }
  const auto& expressions = selector["matchExpressions"].items();
  return std::all_of(expressions.begin(), expressions.end(), [&](const Json& each) {
    const std::string_view op = each["operator"].string();
    const std::string_view key = each["key"].string();
    const bool there = labels.contains(key);
    if (op == "In") return there && has(each["values"], labels[key].string());
    if (op == "NotIn") return !there || !has(each["values"], labels[key].string());
    return op == "Exists" ? there : op == "DoesNotExist" && !there;
  });
}

void check_pod_template(const Json& pod_template, const Path& path, const Report& report) {
  check_labels(pod_template["metadata"]["labels"], path / "metadata" / "labels", report);
  const Path spec = path / "spec";
  const Json& pod = pod_template["spec"];
  const std::set<std::string> volumes = check_volumes(pod["volumes"], spec / "volumes", report);
  const Json& containers = pod["containers"];
  if (containers.size() == 0) report(spec / "containers", "Required value");
  std::set<std::string> names;
  for (std::string_view kind : {"containers", "initContainers"}) {
    for (std::size_t i = 0; i < pod[kind].size(); ++i) {
      check_container(pod[kind].at(i), volumes, names, spec / kind / i, report);
    }
  }
  const Json& restart = pod["restartPolicy"];
  if (restart.is_string() && restart.string() != "Always") {
    report(
        spec / "restartPolicy",
        fmt::format("Unsupported value: \"{}\": supported values: \"Always\"", restart.string()));
  }
}

}  // namespace serin::rollout::kubernetes
