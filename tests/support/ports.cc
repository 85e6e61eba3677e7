#include "support/ports.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "base/assert.h"
#include "base/random.h"
#include "base/real_clock.h"

namespace serin::test {
namespace {

constexpr int kPortMin = 10'000;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int ephemeral_min() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  int low = 0;
  return file >> low ? low : 32'768;
}

bool can_bind(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port);
  return ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

Fd try_lock(std::uint16_t port) {
  std::string directory = "/tmp/serin-ports-" + std::to_string(::geteuid());
  ::mkdir(directory.c_str(), 0700);
  std::string path = directory + "/" + std::to_string(port);
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  SERIN_ASSERT(static_cast<bool>(fd));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fd.reset();
  return fd;
}

}  // namespace

Port::Port() {
  int above = std::max(kPortMin + 1'000, ephemeral_min());
  Rng rng(real_random_seed());
  for (int attempt = 0; attempt < 10'000; ++attempt) {
    auto number = static_cast<std::uint16_t>(
        kPortMin + static_cast<int>(rng.below(static_cast<std::uint64_t>(above - kPortMin))));
    Fd lock = try_lock(number);
    if (!lock || !can_bind(number)) continue;
    number_ = number;
    lock_ = std::move(lock);
    return;
  }
  SERIN_ASSERT(false && "no free port on loopback");
}

bool listens(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(port);
  return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace serin::test
