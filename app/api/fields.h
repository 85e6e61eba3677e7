// The members of a request's body, checked one after the other; what is wrong is told all at once.
//
//   Fields fields(*body);
//   std::string version = fields.text("version", 253);
//   if (fields.refuse(*call)) return;              // 422 with a pointer for each fault
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/api/problem.h"
#include "app/api/routes.h"
#include "base/json.h"
#include "base/time.h"

namespace serin::app {

inline constexpr std::size_t kTextMax = 1'000;

// A member that is missing is "", false or nothing. The body outlives it.
class Fields {
 public:
  explicit Fields(const Json& body) : body_(body) {}
  std::string text(const std::string& name, std::size_t max = kTextMax);
  bool flag(const std::string& name);
  // From 0 to 100.
  std::optional<double> percent(const std::string& name);
  // A number from 1, or "failed": of a step, as Operated::from_step has it; 0 where it is missing.
  int step(const std::string& name);
  // A number above 0, at most `max`.
  std::optional<double> number(const std::string& name, double max);
  // A text such as "90s", above 0.
  std::optional<Duration> duration(const std::string& name);
  std::optional<WallTime> time(const std::string& name);
  // A list of at most `max`; its elements are the caller's to check.
  const Json::Array& list(const std::string& name, std::size_t max);
  std::map<std::string, std::string> texts(const std::string& name);
  void wrong(const std::string& name, std::string why);
  // Refuses the call where anything is wrong, or a member is there that nobody asked for.
  bool refuse(Call& call);

 private:
  const Json& body_;
  std::set<std::string, std::less<>> known_;
  std::vector<ProblemError> errors_;
};

}  // namespace serin::app
