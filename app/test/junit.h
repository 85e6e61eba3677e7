// Results of checks as a JUnit report, which CI servers read.
//
//   JUnit report("serin replay");
//   report.add({.name = "bad.srn", .seconds = 0.1, .failure = "expected rollback, got promote"});
//   std::string xml = report.to_string();
#pragma once

#include <string>
#include <vector>

namespace serin::app {

struct JUnitCase {
  std::string suite;
  std::string name;
  double seconds = 0;
  std::string failure{};  // "": it passed
  bool error = false;     // it could not be carried out
  std::string output{};
};

class JUnit {
 public:
  explicit JUnit(std::string name) : name_(std::move(name)) {}
  void add(JUnitCase result) { cases_.push_back(std::move(result)); }
  // XML; what XML can't hold of a text is left out.
  std::string to_string() const;

 private:
  std::string name_;
  std::vector<JUnitCase> cases_;
};

}  // namespace serin::app
