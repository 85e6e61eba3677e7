// Entries as the journal keeps them.
#include <fmt/format.h>

#include "queries/packed.h"
#include "rollout/engine/release.h"
#include "rollout/machine/model/codec.h"

namespace serin::rollout::engine {
namespace {

constexpr std::string_view kAsked = "asked";
constexpr std::string_view kAnswered = "answered";
constexpr std::string_view kLearned = "learned";

Json answered_body(const entry::Answered& answered) {
  Json asks = Json::array();
  for (analysis::AskId ask : answered.asks) asks.push(static_cast<std::uint64_t>(ask));
  Json body = Json::object();
  body.set("asks", std::move(asks));
  const Result<queries::Answer>& answer = *answered.answer;
  if (answer) {
    body.set("answer", queries::to_packed_json(*answer));
  } else {
    const Error& error = answer.error();
    body.set(
        "error",
        Json::object().set("code", static_cast<int>(error.code)).set("message", error.to_string()));
  }
  return body;
}

Result<Entry> answered_from(const Json& body) {
  entry::Answered answered;
  for (const Json& ask : body["asks"].items()) {
    answered.asks.push_back(analysis::AskId{static_cast<std::uint64_t>(ask.integer())});
  }
  Result<queries::Answer> kept;
  if (const Json* answer = body.find("answer")) {
    SERIN_TRY(value, queries::answer_from_json(*answer));
    kept = std::move(value);
  } else if (const Json* error = body.find("error")) {
    auto code = (*error)["code"].integer(-1);
    if (code < 0 || code > static_cast<int>(Code::internal)) {
      return fail(Code::data_loss, "an answer with an unknown error code");
    }
    kept = fail(static_cast<Code>(code), std::string((*error)["message"].string()));
  } else {
    return fail(Code::data_loss, "an answer that is neither answer nor error");
  }
  answered.answer = std::make_shared<const Result<queries::Answer>>(std::move(kept));
  return Entry(std::move(answered));
}

}  // namespace

std::string_view entry_kind(const Entry& entry) {
  if (const auto* event = std::get_if<machine::Event>(&entry)) return machine::name(*event);
  if (std::holds_alternative<entry::Learned>(entry)) return kLearned;
  return std::holds_alternative<entry::Asked>(entry) ? kAsked : kAnswered;
}

Json entry_body(const Entry& entry) {
  if (const auto* answered = std::get_if<entry::Answered>(&entry)) return answered_body(*answered);
  if (const auto* learned = std::get_if<entry::Learned>(&entry)) {
    return Json::object()
        .set("ask", static_cast<std::uint64_t>(learned->ask))
        .set("what", learned->what);
  }
  if (const auto* event = std::get_if<machine::Event>(&entry)) {
    Json body = machine::to_json(*event);
    body.members().erase(body.members().begin());  // the name is the record's kind
    return body;
  }
  return Json::object();
}

Result<Entry> entry_from(std::string_view kind, const Json& body) {
  if (kind == kAsked) return Entry(entry::Asked{});
  if (kind == kAnswered) return answered_from(body);
  if (kind == kLearned) {
    return Entry(entry::Learned{analysis::AskId{static_cast<std::uint64_t>(body["ask"].integer())},
                                body["what"]});
  }
  Json json = Json::object();
  json.set("event", kind);
  for (const Json::Member& member : body.members()) json.members().push_back(member);
  SERIN_TRY(event, machine::event_from_json(json));
  return Entry(std::move(event));
}

}  // namespace serin::rollout::engine

namespace serin::rollout::engine {

using machine::codec::Field;

constexpr auto fields(std::type_identity<Source>) {
  return std::tuple{Field{"key", &Source::key}, Field{"identity", &Source::identity}};
}

constexpr auto fields(std::type_identity<Ticket>) {
  return std::tuple{Field{"service", &Ticket::service}, Field{"route", &Ticket::route},
                    Field{"type", &Ticket::type},       Field{"of", &Ticket::of},
                    Field{"key", &Ticket::key},         Field{"spec", &Ticket::spec},
                    Field{"sources", &Ticket::sources}, Field{"pinned", &Ticket::pinned},
                    Field{"info", &Ticket::info}};
}

Json to_json(const Ticket& ticket) {
  return machine::codec::encode(ticket);
}

Result<Ticket> ticket_from_json(const Json& json) {
  return machine::codec::decode<Ticket>(json);
}

}  // namespace serin::rollout::engine
