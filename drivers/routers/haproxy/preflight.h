// What HAProxy's set-up must not be for shares to mean anything.
//
// Some of it the socket tells (algorithm, weights in the file, level), some only the configuration
// file (`option persist`, random's draws, what marking down does to sessions).
#pragma once

#include <string>
#include <vector>

#include "drivers/routers/haproxy/config_file.h"
#include "drivers/routers/haproxy/options.h"
#include "drivers/routers/haproxy/readback.h"

namespace serin::drivers {

// What was asked of one proxy before a release.
struct PreflightFacts {
  Result<HaproxyReadback> now;  // an error of names is a refusal
  std::string level{};          // `show cli level`
  std::string maps{};           // `show map`
};

// The questions of a preflight beside those of `ask_all`, which come behind them, and what their
// answers say.
struct PreflightAnswers {
  PreflightFacts facts;
  std::vector<std::string> config_files;  // as HAProxy names them, made absolute
};
inline constexpr std::size_t kPreflightQuestions = 4;
void ask_preflight(const HaproxyOptions& options, Conversation& talk);
PreflightAnswers read_preflight(const HaproxyOptions& options,
                                const std::vector<std::string>& answers);

// Reads the files into one configuration; notes those that can't be read. At most
// kConfigBytesMax of each.
inline constexpr std::size_t kConfigBytesMax = std::size_t{16} << 20U;
struct ReadConfig {
  HaproxyConfig config;
  std::vector<std::string> unreadable;  // "PATH: why"
};
ReadConfig read_config(const std::vector<std::string>& files);

// Pure.
rollout::Preflight preflight_of(const HaproxyOptions& options, const PreflightFacts& facts,
                                const ReadConfig& config);

}  // namespace serin::drivers
