// Paths into JSON in the dialect of Kubernetes' templates, as Argo Rollouts' web metrics have them.
//
//   SERIN_TRY(path, JsonPath::parse("{.items[?(@.name=='checkout')].errors}"));
//   Result<std::optional<Json>> errors = path.first(document);
//
// Actions stand in braces; a text without any is its own result. Known are `.field`, `['field']`,
// `..field`, `*`, `[n]` with negative ones, `[from:to:step]`, `[a,b]`, filters `[?(@.x == 'y')]`,
// and `{range …}…{end}`. The dialect's habits are kept: a field that nothing has is an error; a
// number of the document is never equal to a whole number in a filter (write `1.0`), since it
// decodes to a floating-point one there. Members come in the order of their names, where the source
// has none. It prints no template.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace serin::queries {

inline constexpr std::size_t kJsonPathTextMax = 4'096;      // bytes
inline constexpr std::size_t kJsonPathVisitsMax = 200'000;  // values looked at by one find

// Thread: immutable. Cheap to copy.
class JsonPath {
 public:
  // Errors: invalid_argument, in the source's words ("unterminated array", …).
  static Result<JsonPath> parse(std::string_view text);

  // All results, of one action after the other. Errors: not_found ("x is not found"),
  // invalid_argument (an index out of bounds, a comparison of what can't be compared, more than
  // kJsonPathVisitsMax).
  Result<std::vector<Json>> find(const Json& document) const;
  // The first of them, nothing where there is none. Errors: those of find.
  Result<std::optional<Json>> first(const Json& document) const;

 private:
  struct Root;
  explicit JsonPath(std::shared_ptr<const Root> root) : root_(std::move(root)) {}
  std::shared_ptr<const Root> root_;
};

}  // namespace serin::queries
