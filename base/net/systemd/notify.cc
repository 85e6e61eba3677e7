#include "base/net/systemd/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>

#include "base/net/fd.h"
#include "base/process.h"

namespace serin {

ServiceManager::ServiceManager() : socket_(environment_variable("NOTIFY_SOCKET").value_or("")) {
  std::string text = environment_variable("WATCHDOG_USEC").value_or("");
  std::int64_t micros = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), micros);
  bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
  if (whole && micros > 0) watchdog_ = std::chrono::microseconds(micros) / 2;
}

void ServiceManager::tell(std::string_view state) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';  // the abstract name space
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return;
  static_cast<void>(::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), size));
}

}  // namespace serin
