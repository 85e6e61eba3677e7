#include "drivers/workloads/systemd_workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/net/command.h"

namespace serin::drivers {
namespace {

using rollout::DesiredWorkload;
using rollout::ObservedWorkload;
using rollout::Slot;

bool is_unit_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(":-_.\\@{}").find(c) != std::string_view::npos;
}

// A version as part of a unit's name: other characters as systemd escapes them, "\x2b".
std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    bool plain = is_unit_character(c) && c != '\\' && c != '{' && c != '}' && c != '@';
    out += plain ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

Status status_of(const std::string& what, const CommandResult& result) {
  if (result.exit_code == 0) return {};
  std::string why = result.errors.substr(0, result.errors.find('\n'));
  return fail(Code::unavailable,
              fmt::format("{} ended with status {}: {}", what, result.exit_code, why));
}

}  // namespace

Result<std::unique_ptr<SystemdWorkload>> SystemdWorkload::create(AsioLoop& loop,
                                                                 SystemdWorkloadOptions options,
                                                                 bool swapped) {
  if (options.unit.empty() || options.unit.starts_with('-') ||
      !std::ranges::all_of(options.unit, is_unit_character)) {
    return fail(Code::invalid_argument,
                fmt::format("workload.systemd.unit '{}' can't be a unit's name", options.unit));
  }
  if (options.unit.find("{slot}") == std::string::npos) {
    return fail(
        Code::invalid_argument,
        fmt::format("workload.systemd.unit '{}' does not tell the slots apart: put {{slot}} "
                    "into it, as in shop-{{slot}}@{{instance}}.service",
                    options.unit));
  }
  return std::unique_ptr<SystemdWorkload>(new SystemdWorkload(loop, std::move(options), swapped));
}

std::string SystemdWorkload::name_of(Place place, const std::string& version,
                                     const std::string& instance) const {
  return fill(options_.unit,
              {{"slot", to_string(place)}, {"version", version}, {"instance", instance}});
}

// UNIT LOAD ACTIVE SUB …, a line each.
void SystemdWorkload::list(Place place, Instant deadline,
                           std::move_only_function<void(Result<Units>)> done) {
  std::vector<std::string> argv = {options_.program, "list-units",  "--all",
                                   "--plain",        "--no-legend", "--no-pager",
                                   "--full",         "--",          name_of(place, "*", "*")};
  run_command(
      loop_, {.argv = argv}, deadline,
      [program = options_.program, done = std::move(done)](Result<CommandResult> result) mutable {
        if (!result) return done(std::unexpected(std::move(result).error()));
        if (Status status = status_of(program + " list-units", *result); !status) {
          return done(std::unexpected(std::move(status).error()));
        }
        Units units;
        for (std::string_view rest = result->output; !rest.empty();) {
          std::string_view line = rest.substr(0, rest.find('\n'));
          rest.remove_prefix(std::min(line.size() + 1, rest.size()));
          std::vector<std::string_view> words;
          while (words.size() < 4 && !line.empty()) {
            line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
            std::string_view word = line.substr(0, line.find_first_of(" \t"));
            line.remove_prefix(word.size());
            if (!word.empty()) words.push_back(word);
          }
          if (words.empty()) continue;
          if (words.size() < 4) {
            return done(fail(
                Code::data_loss,
                fmt::format("{} list-units printed a line of {} words", program, words.size())));
          }
          bool active = words[2] == "active" || words[2] == "reloading";
          units.push_back({std::string(words[0]), active, active || words[2] == "activating"});
        }
        done(std::move(units));
      });
}

void SystemdWorkload::control(const char* verb, const std::vector<std::string>& units,
                              Instant deadline, std::move_only_function<void(Status)> done) {
  if (units.empty()) {
    loop_.post([done = std::move(done)]() mutable { done({}); });
    return;
  }
  std::vector<std::string> argv = {options_.program, verb, "--no-block", "--"};
  argv.insert(argv.end(), units.begin(), units.end());
  run_command(loop_, {.argv = argv}, deadline,
              [what = fmt::format("{} {}", options_.program, verb),
               done = std::move(done)](Result<CommandResult> result) mutable {
                if (!result) {
                  done(std::unexpected(std::move(result).error()));
                } else {
                  done(status_of(what, *result));
                }
              });
}

void SystemdWorkload::apply(const DesiredWorkload& desired, Instant deadline, Done done) {
  Place place = place_of(desired.slot);
  bool counts = options_.unit.find("{instance}") != std::string::npos;
  int most = counts ? kInstancesMax : 1;
  if (desired.instances > most) {
    loop_.post([done = std::move(done), unit = options_.unit, most]() mutable {
      done(fail(Code::invalid_argument,
                fmt::format("workload.systemd.unit '{}' gives at most {} instances{}", unit, most,
                            most == 1 ? ": put {instance} into it" : "")));
    });
    return;
  }
  versions_[index_of(place)] = desired.version;
  std::vector<std::string> wanted;
  for (int i = 1; i <= desired.instances; ++i) {
    wanted.push_back(name_of(place, escaped(desired.version), std::to_string(i)));
  }
  list(place, deadline,
       [this, place, version = desired.version, wanted, deadline, done = std::move(done),
        alive = alive_](Result<Units> units) mutable {
         if (!*alive) return;
         if (!units) return done(std::unexpected(std::move(units).error()));
         std::vector<std::string> start = wanted;
         std::vector<std::string> stop;
         for (const Unit& unit : *units) {
           bool keep = std::ranges::count(wanted, unit.name) > 0;
           if (keep && unit.wanted) std::erase(start, unit.name);
           if (!keep && unit.wanted) stop.push_back(unit.name);
         }
         control("start", start, deadline,
                 [this, place, version, stop, deadline, done = std::move(done),
                  alive](Status started) mutable {
                   if (!*alive) return;
                   if (!started) return done(std::unexpected(std::move(started).error()));
                   control("stop", stop, deadline,
                           [this, place, version, deadline, done = std::move(done),
                            alive](Status stopped) mutable {
                             if (!*alive) return;
                             if (!stopped) return done(std::unexpected(std::move(stopped).error()));
                             report(place, version, deadline, std::move(done));
                           });
                 });
       });
}

void SystemdWorkload::report(Place place, const std::string& version, Instant deadline, Done done) {
  list(place, deadline,
       [this, place, version, done = std::move(done), alive = alive_](Result<Units> units) mutable {
         if (!*alive) return;
         if (!units) return done(std::unexpected(std::move(units).error()));
         ObservedWorkload observed;
         std::set<bool> of_version;
         for (const Unit& unit : *units) {
           if (!unit.wanted) continue;
           ++observed.instances;
           if (unit.active) ++observed.ready;
           if (version.empty() || !names_version()) continue;
           bool is_of = false;
           for (int i = 1; i <= kInstancesMax && !is_of; ++i) {
             is_of = unit.name == name_of(place, escaped(version), std::to_string(i));
           }
           of_version.insert(is_of);
         }
         observed.mixed = of_version.size() > 1;
         if (of_version == std::set<bool>{true}) observed.version = version;
         done(std::move(observed));
       });
}

void SystemdWorkload::observe(Slot slot, Instant deadline, Done done) {
  Place place = place_of(slot);
  report(place, versions_[index_of(place)], deadline, std::move(done));
}

}  // namespace serin::drivers
