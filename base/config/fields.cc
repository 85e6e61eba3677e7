#include "base/config/fields.h"

namespace serin::config {

void Visitor::problem(const Rule&, std::string_view, std::string, std::string) {}

}  // namespace serin::config
