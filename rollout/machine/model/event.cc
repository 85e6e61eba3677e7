#include "rollout/machine/model/event.h"

#include "rollout/machine/model/codec.h"
#include "rollout/machine/model/scale_fields.h"

namespace serin::rollout {
constexpr auto names(std::type_identity<Slot>) {
  return std::array{std::string_view("stable"), std::string_view("canary")};
}
}  // namespace serin::rollout

namespace serin::rollout::machine {
namespace {
using codec::Field;
using codec::Later;
}  // namespace

namespace event {

constexpr auto fields(std::type_identity<Start>) {
  return std::tuple{Field{"restored", &Start::restored}, Later{"stable_own", &Start::stable_own}};
}
constexpr auto fields(std::type_identity<Preflighted>) {
  return std::tuple{Field{"error", &Preflighted::error}, Field{"refusals", &Preflighted::refusals},
                    Field{"warnings", &Preflighted::warnings},
                    Field{"drain_before_maintenance", &Preflighted::drain_before_maintenance}};
}
constexpr auto fields(std::type_identity<TrafficOutcome>) {
  return std::tuple{Field{"key", &TrafficOutcome::key}, Field{"result", &TrafficOutcome::result},
                    Field{"observed", &TrafficOutcome::observed},
                    Field{"error", &TrafficOutcome::error},
                    Field{"foreign_owner", &TrafficOutcome::foreign_owner}};
}
constexpr auto fields(std::type_identity<TrafficObserved>) {
  return std::tuple{
      Field{"turn", &TrafficObserved::turn}, Field{"observed", &TrafficObserved::observed},
      Field{"error", &TrafficObserved::error}, Field{"owner_ended", &TrafficObserved::owner_ended}};
}
constexpr auto fields(std::type_identity<WorkloadOutcome>) {
  return std::tuple{
      Field{"key", &WorkloadOutcome::key},       Field{"slot", &WorkloadOutcome::slot},
      Field{"result", &WorkloadOutcome::result}, Field{"observed", &WorkloadOutcome::observed},
      Field{"error", &WorkloadOutcome::error},   Later{"refused", &WorkloadOutcome::refused}};
}
constexpr auto fields(std::type_identity<RolesExchanged>) {
  return std::tuple{Field{"key", &RolesExchanged::key}, Field{"result", &RolesExchanged::result},
                    Field{"error", &RolesExchanged::error}};
}
constexpr auto fields(std::type_identity<HookOutcome>) {
  return std::tuple{Field{"key", &HookOutcome::key}, Field{"result", &HookOutcome::result},
                    Field{"error", &HookOutcome::error}};
}
constexpr auto fields(std::type_identity<Judged>) {
  return std::tuple{Field{"judgement", &Judged::judgement}, Field{"step", &Judged::step}};
}
constexpr auto fields(std::type_identity<Operated>) {
  return std::tuple{Field{"operation", &Operated::operation}, Field{"key", &Operated::key},
                    Field{"request", &Operated::request},     Field{"user", &Operated::user},
                    Field{"comment", &Operated::comment},     Field{"weight", &Operated::weight},
                    Field{"metric", &Operated::metric},       Field{"version", &Operated::version},
                    Field{"from_step", &Operated::from_step}, Field{"hard", &Operated::hard}};
}
constexpr auto fields(std::type_identity<Tick>) {
  return std::tuple{};
}
constexpr auto fields(std::type_identity<StoreFailed>) {
  return std::tuple{Field{"error", &StoreFailed::error}};
}
constexpr auto fields(std::type_identity<StoreRestored>) {
  return std::tuple{};
}
constexpr auto fields(std::type_identity<Recovered>) {
  return std::tuple{};
}
constexpr auto fields(std::type_identity<Superseded>) {
  return std::tuple{};
}

}  // namespace event

namespace {

template <std::size_t I = 0>
Result<Event> read_as(std::string_view kind, const Json& body) {
  if constexpr (I == std::variant_size_v<Event>) {
    return fail(Code::invalid_argument, "unknown event '" + std::string(kind) + "'");
  } else {
    using T = std::variant_alternative_t<I, Event>;
    if (kind != T::kName) return read_as<I + 1>(kind, body);
    auto value = codec::decode<T>(body);
    if (!value) return std::unexpected(std::move(value).error().with(std::string(kind)));
    return Event(std::move(*value));
  }
}

}  // namespace

std::string_view name(const Event& event) {
  return std::visit([](const auto& e) { return std::decay_t<decltype(e)>::kName; }, event);
}

Json to_json(const Event& event) {
  Json json = Json::object();
  json.set("event", name(event));
  Json body = std::visit([](const auto& e) { return codec::encode(e); }, event);
  for (Json::Member& member : body.members()) json.members().push_back(std::move(member));
  return json;
}

Result<Event> event_from_json(const Json& json) {
  if (!json.is_object()) return fail(Code::invalid_argument, "an event is an object");
  Json body = Json::object();
  for (const Json::Member& member : json.members()) {
    if (member.first != "event") body.members().push_back(member);
  }
  return read_as(json["event"].string(), body);
}

}  // namespace serin::rollout::machine
