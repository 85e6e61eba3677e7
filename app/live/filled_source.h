// A source whose requests hold placeholders of secrets: they are filled in on the way out, and
// taken out of whatever comes back.
//
//   auto source = std::make_unique<FilledSource>(std::move(inner), {{"token", "s3cr3t"}});
//   source->ask({.text = "up{tenant=\"{{args.token}}\"}"}, …)     // asks for tenant="s3cr3t"
//
// So engine and journal know a query by its placeholders only. A label whose whole value is a
// secret comes back as the placeholder; in errors and warnings a secret is masked.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/secrets.h"
#include "queries/metric_source.h"

namespace serin::app {

class FilledSource final : public queries::MetricSource {
 public:
  using Values = std::map<std::string, std::string>;  // by the argument's name
  FilledSource(std::unique_ptr<queries::MetricSource> source, Values values);
  // What can't be filled is asked as it is, for the source to refuse.
  Cancellation ask(const queries::Request& request, Instant deadline,
                   queries::AnswerCallback done) override;

 private:
  std::unique_ptr<queries::MetricSource> source_;
  std::shared_ptr<const Values> values_;
  std::shared_ptr<Secrets> secrets_;
};

}  // namespace serin::app
