// What `serin convert` is asked for.
#pragma once

#include <string>
#include <vector>

#include "app/view/output.h"

namespace serin::app {

struct ConvertOptions {
  std::vector<std::string> files;
  std::string from;       // argo, flagger or kayenta
  std::string directory;  // -O: one file a document; "": all on stdout
  bool allow_lossy = false;
  Output output = Output::text;
};

}  // namespace serin::app
