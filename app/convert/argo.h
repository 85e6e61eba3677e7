// The parts of the conversion of Argo's documents. Private to this folder.
#pragma once

#include <set>
#include <string>

#include "app/convert/source.h"

namespace serin::app::converting {

// "AnalysisTemplate/name", as far as something of it is carried over.
using Kept = std::set<std::string>;

// Arguments are texts in Argo, whatever they look like.
Draft argo_arguments(const Source& source, const Node& list, const Path& path);
// Those references whose templates are carried over; the others are told of.
Draft argo_references(const Source& source, const Node& list, const Path& path, const Kept& kept,
                      Draft& at);
// False where nothing of the template is carried over.
bool convert_argo_template(const Source& source, const Kept& kept);

}  // namespace serin::app::converting
