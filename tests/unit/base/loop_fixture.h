// A real loop for tests, and waiting for answers that come by callback.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "base/net/asio_loop.h"
#include "base/real_clock.h"
#include "tests/support/wait.h"

namespace serin {

class LoopTest : public testing::Test {
 protected:
  // An answer that may come later, and how often it came.
  template <class T>
  struct Pending {
    std::optional<Result<T>> result{};
    int calls = 0;
    Cancellation cancellation{};

    auto callback() {
      return [this](Result<T> value) {
        result = std::move(value);
        ++calls;
      };
    }
    Code code() const { return result && !*result ? result->error().code : Code::internal; }
  };

  Instant now() const { return clock_.now().mono; }
  Instant soon() const { return now() + test::kPatience; }

  template <class T>
  bool wait_for(const Pending<T>& pending) {
    return loop_.run_until([&] { return pending.calls > 0; }, 2 * test::kPatience);
  }
  // Looks every millisecond, for what other threads and processes do wakes no loop.
  bool run_until(const std::function<bool()>& done) {
    TimerId timer = TimerId::none;
    std::function<void()> look = [&] {
      timer = loop_.call_at(now() + std::chrono::milliseconds(1), [&] { look(); });
    };
    look();
    bool held = loop_.run_until(done, test::kPatience);
    loop_.cancel(timer);
    return held;
  }
  // Lets what is due happen, to see that nothing does.
  void run_briefly() {
    loop_.run_until([] { return false; }, std::chrono::milliseconds(20));
  }

  RealClock clock_;
  AsioLoop loop_{clock_};
};

}  // namespace serin
