// apply and delete: what a server is asked becomes an exit status.
#include "app/cli/commands.h"
#include "app/cli/files.h"
#include "app/cli/tools.h"
#include "app/editing/commands.h"

namespace serin::app {

ExitCode command_apply(const ApplyOptions& options) {
  auto files = read_files(options.files);
  if (!files) return give_up(files.error());
  return end_of(apply_documents(options, *files));
}

ExitCode command_delete(const DeleteOptions& options) {
  return end_of(delete_rollout(options));
}

}  // namespace serin::app
