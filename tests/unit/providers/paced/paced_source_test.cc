#include <gtest/gtest.h>

#include <map>

#include "base/sim_loop.h"
#include "providers/paced/source.h"

namespace serin::paced {
namespace {

using namespace std::chrono_literals;
using queries::Answer;
using queries::Request;

// Keeps questions until the test answers them.
class HeldSource final : public queries::MetricSource {
 public:
  struct Held {
    Request request;
    Instant deadline;
    queries::AnswerCallback done;
  };
  HeldSource(Loop& loop, std::map<int, Held>& held) : loop_(loop), held_(held) {}
  Cancellation ask(const Request& request, Instant deadline,
                   queries::AnswerCallback done) override {
    const int id = next_++;
    held_[id] = {request, deadline, std::move(done)};
    return Cancellation([&loop = loop_, &held = held_, id] {
      loop.post([&held, id] {
        auto found = held.extract(id);
        if (!found.empty()) found.mapped().done(fail(Code::cancelled, "cancelled"));
      });
    });
  }

 private:
  Loop& loop_;
  std::map<int, Held>& held_;
  int next_ = 0;
};

class PacedSourceTest : public ::testing::Test {
 protected:
  void SetUp() override { make({}); }
  void make(PacedOptions options) {
    source = std::make_unique<PacedSource>(loop, std::make_unique<HeldSource>(loop, held), options);
  }
  Cancellation ask(const std::string& text, Duration patience = 30s) {
    Request request;
    request.text = text;
    if (text == "job") request.kind = Request::Kind::other;
    return source->ask(request, loop.now().mono + patience, [this](Result<Answer> answer) {
      answers.push_back(answer ? "answer" : std::string(to_string(answer.error().code)));
    });
  }
  void answer(int id, Result<Answer> value = Answer()) {
    auto found = held.extract(id);
    ASSERT_FALSE(found.empty());
    found.mapped().done(std::move(value));
  }

  SimLoop loop;
  std::map<int, HeldSource::Held> held;
  std::unique_ptr<PacedSource> source;
  std::vector<std::string> answers;
};

TEST_F(PacedSourceTest, EqualRequestsShareAQuery) {
  for (int i = 0; i < 5; ++i) ask("a");
  ask("b");
  EXPECT_EQ(held.size(), 2U);
  answer(0);
  EXPECT_EQ(answers.size(), 5U);
  EXPECT_EQ(source->counters().requests, 6U);
  EXPECT_EQ(source->counters().queries, 2U);
  EXPECT_EQ(source->counters().saved, 4U);
}

TEST_F(PacedSourceTest, AnAnswerThatSeveralAskedForServesForAMoment) {
  ask("a");
  ask("a");
  answer(0);
  loop.advance(199ms);
  ask("a");
  EXPECT_EQ(answers.size(), 2U);  // not from within
  loop.advance(0ms);
  EXPECT_EQ(answers.size(), 3U);
  EXPECT_TRUE(held.empty());
  loop.advance(1ms);
  ask("a");
  EXPECT_EQ(held.size(), 1U);
  answer(1, fail(Code::unavailable, "down"));
  ask("a");  // an error does not serve, nor what one alone asked for
  EXPECT_EQ(held.size(), 1U);
  answer(2);
  ask("a");
  EXPECT_TRUE(held.contains(3));
  ask("job");
  ask("job");
  answer(4);
  ask("job");
  EXPECT_TRUE(held.contains(5));
}

TEST_F(PacedSourceTest, AFullWindowMakesWait) {
  for (int i = 0; i < 10; ++i) ask("m" + std::to_string(i));
  EXPECT_EQ(held.size(), 8U);
  answer(3);
  EXPECT_EQ(held.size(), 8U);
  EXPECT_TRUE(held.contains(8));
  EXPECT_EQ(source->pacer().waiting(), 1U);
}

TEST_F(PacedSourceTest, WhoWaitsTooLongHearsSo) {
  make({.pacer = {.window_start = 1, .window_max = 1}});
  ask("a", 30s);
  ask("b", 2s);
  ask("b", 5s);
  loop.advance(2s);
  EXPECT_EQ(answers, (std::vector<std::string>{"deadline_exceeded"}));
  loop.advance(3s);
  EXPECT_EQ(answers.size(), 2U);
  answer(0);
  EXPECT_TRUE(held.empty());  // nobody wants b any more
}

TEST_F(PacedSourceTest, TimeoutsShrinkTheWindow) {
  for (int i = 0; i < 20; ++i) ask("m" + std::to_string(i), 2s);
  loop.advance(2s);
  EXPECT_EQ(answers.size(), 20U);
  EXPECT_LT(source->pacer().window(), 8);
  EXPECT_EQ(source->pacer().in_flight(), 0U);
}

TEST_F(PacedSourceTest, TellsWhenTheServerCannotKeepUp) {
  std::vector<bool> told;
  make({.pacer = {.window_start = 1, .window_max = 1},
        .on_degraded = [&](bool degraded) { told.push_back(degraded); }});
  const auto serve = [&](int queries, int waiting) {
    for (int i = 0; i < queries; ++i) {
      while (static_cast<int>(source->pacer().waiting()) < waiting) {
        ask("m" + std::to_string(source->counters().requests));
      }
      if (held.empty()) ask("m" + std::to_string(source->counters().requests));
      loop.advance(100ms);
      answer(held.begin()->first);
    }
  };
  serve(50, 0);
  EXPECT_TRUE(told.empty());
  serve(100, 20);
  EXPECT_EQ(told, (std::vector<bool>{true}));
  serve(150, 0);
  EXPECT_EQ(told, (std::vector<bool>{true, false}));
}

TEST_F(PacedSourceTest, TheLastToLeaveTakesTheQueryAlong) {
  Cancellation first = ask("a");
  Cancellation second = ask("a");
  first.cancel();
  EXPECT_TRUE(answers.empty());
  loop.advance(1ms);
  EXPECT_EQ(answers.size(), 1U);
  EXPECT_EQ(held.size(), 1U);
  second.cancel();
  loop.advance(1ms);
  EXPECT_EQ(answers, (std::vector<std::string>{"cancelled", "cancelled"}));
  EXPECT_TRUE(held.empty());
}

TEST_F(PacedSourceTest, ARateHoldsBackUntilItsTime) {
  make({.pacer = {.rate_per_s = 10, .burst = 1}});
  ask("a");
  ask("b");
  EXPECT_EQ(held.size(), 1U);
  loop.advance(101ms);
  EXPECT_EQ(held.size(), 2U);
}

TEST_F(PacedSourceTest, TooManyAreTurnedAway) {
  make({.pacer = {.window_start = 1, .window_max = 1, .waiting_max = 2}});
  for (const char* text : {"a", "b", "c", "d"}) ask(text);
  loop.advance(0ms);
  EXPECT_EQ(answers, (std::vector<std::string>{"unavailable"}));
}

TEST_F(PacedSourceTest, KeepsFewAnswersAndNoLargeOnes) {
  int next = 0;
  const auto twice = [&](const std::string& text, Answer value = {}) {
    ask(text);
    ask(text);
    answer(next++, std::move(value));
  };
  Answer large;
  large.series.emplace_back().samples.resize(kSamplesKeptMax + 1);
  twice("large", large);
  twice("large");  // asked again: the first answer was not kept
  for (std::size_t i = 0; i < kAnswersKeptMax; ++i) twice("m" + std::to_string(i));
  EXPECT_TRUE(held.empty());
  ask("m1");
  EXPECT_TRUE(held.empty());
  ask("large");  // the oldest went
  EXPECT_EQ(held.size(), 1U);
}

TEST_F(PacedSourceTest, IsForgottenWithItsCallbacks) {
  ask("a");
  ask("a");
  source.reset();
  loop.advance(60s);
  EXPECT_TRUE(answers.empty());
}

}  // namespace
}  // namespace serin::paced
