#include "support/getaddrinfo_stub.h"

#include <dlfcn.h>
#include <netdb.h>

#include <condition_variable>
#include <mutex>
#include <string_view>

namespace serin::test {
namespace {

struct Gate {
  std::mutex mutex;
  std::condition_variable opened;
  int waiting = 0;
  int generation = 0;
};

// Never destroyed: threads of the resolver may outlive main.
Gate& gate() {
  static Gate* one = new Gate;
  return *one;
}

}  // namespace

int lookups_waiting() {
  std::lock_guard lock(gate().mutex);
  return gate().waiting;
}

void release_lookups() {
  std::lock_guard lock(gate().mutex);
  ++gate().generation;
  gate().opened.notify_all();
}

}  // namespace serin::test

// Takes the place of the C library's for the whole program, libcurl included.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  using serin::test::gate;
  if (name != nullptr && std::string_view(name).ends_with(".hangs.test")) {
    std::unique_lock lock(gate().mutex);
    int generation = gate().generation;
    ++gate().waiting;
    gate().opened.wait(lock, [&] { return gate().generation != generation; });
    --gate().waiting;
    return EAI_AGAIN;
  }
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(name, service, hints, result);
}
