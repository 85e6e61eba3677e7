// Writes the schema of the configuration: serin_schema > docs/schema.json
#include <iostream>

#include "rollout/plan/load/schema.h"

int main() {
  std::cout << serin::rollout::config_schema().dump(2) << '\n';
  return 0;
}
