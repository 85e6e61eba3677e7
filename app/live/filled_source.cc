#include "app/live/filled_source.h"

#include <utility>
#include <vector>

#include "analysis/templates/substitute.h"

namespace serin::app {
namespace {

using queries::Answer;
using queries::Request;

Result<Json> filled(const Json& value, const FilledSource::Values& values) {
  std::vector<analysis::Argument> arguments;
  std::set<std::string> others;
  for (const std::string& name : analysis::arguments_of(value)) {
    auto known = values.find(name);
    if (known == values.end()) {
      others.insert(name);
    } else {
      arguments.push_back({name, known->second, std::nullopt});
    }
  }
  return arguments.empty() ? value : analysis::substitute(value, arguments, others);
}

// A request that is no query is JSON, whose texts are filled one by one.
Result<std::string> filled_text(const Request& request, const FilledSource::Values& values) {
  bool is_json = request.kind == Request::Kind::other;
  Json value(request.text);
  if (is_json) {
    SERIN_TRY(parsed, Json::parse(request.text));
    value = std::move(parsed);
  }
  SERIN_TRY(text, filled(value, values));
  return is_json ? text.dump() : std::string(text.string());
}

Answer emptied(Answer answer, const FilledSource::Values& values, const Secrets& secrets) {
  for (queries::Series& series : answer.series) {
    for (const auto& [name, secret] : values) {
      if (secret.empty()) continue;
      const std::vector<queries::Labels::Pair> pairs = series.labels.pairs();
      for (const auto& [label, value] : pairs) {
        if (value == secret) series.labels.set(label, "{{args." + name + "}}");
      }
    }
  }
  for (std::string& warning : answer.warnings) warning = secrets.mask(warning);
  return answer;
}

}  // namespace

FilledSource::FilledSource(std::unique_ptr<queries::MetricSource> source, Values values)
    : source_(std::move(source)),
      values_(std::make_shared<const Values>(std::move(values))),
      secrets_(std::make_shared<Secrets>()) {
  for (const auto& [name, value] : *values_) secrets_->add(value);
}

Cancellation FilledSource::ask(const Request& request, Instant deadline,
                               queries::AnswerCallback done) {
  Request whole = request;
  // What can't be filled is asked as it is: the source refuses it, and not from within this call.
  if (auto text = filled_text(request, *values_)) whole.text = *std::move(text);
  return source_->ask(whole, deadline,
                      [done = std::move(done), values = values_,
                       secrets = secrets_](Result<Answer> answer) mutable {
                        if (answer) {
                          done(emptied(*std::move(answer), *values, *secrets));
                          return;
                        }
                        Error error = std::move(answer).error();
                        error.message = secrets->mask(error.message);
                        done(std::unexpected(std::move(error)));
                      });
}

}  // namespace serin::app
