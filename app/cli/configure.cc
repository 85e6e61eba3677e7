// apply and delete: what a server is asked becomes an exit status.
#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/files.h"
#include "app/editing/commands.h"

namespace serin::app {
namespace {

ExitCode end_of(const Status& status) {
  if (status) return ExitCode::ok;
  std::fprintf(stderr, "serin: %s\n", status.error().to_string().c_str());
  return exit_code_of(status.error());
}

}  // namespace

ExitCode command_apply(const ApplyOptions& options) {
  auto files = read_files(options.files);
  if (!files) return end_of(std::unexpected(files.error()));
  return end_of(apply_documents(options, *files));
}

ExitCode command_delete(const DeleteOptions& options) {
  return end_of(delete_rollout(options));
}

}  // namespace serin::app
