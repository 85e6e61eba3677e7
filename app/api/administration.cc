// Routes about who may do what, and who did: tokens.
#include <fmt/format.h>

#include "app/api/api.h"
#include "app/api/fields.h"

namespace serin::app {

void Api::add_administration() {
  routes_.add("GET", "/api/v1/whoami", Role::viewer, [](const CallPtr& call) {
    call->answer(200, Json::object()
                          .set("actor", call->who.actor)
                          .set("role", to_string(call->who.role))
                          .set("override", call->who.may_override));
  });
  routes_.add("GET", "/api/v1/tokens", Role::admin, [this](const CallPtr& call) {
    Json items = Json::array();
    for (const Token& token : parts_.access.tokens().tokens()) items.push(to_json(token));
    call->answer(200, Json::object().set("items", std::move(items)));
  });
  routes_.add("POST", "/api/v1/tokens", Role::admin, [this](const CallPtr& call) {
    auto body = call->json();
    if (!body) return;
    Fields fields(*body);
    NewToken wanted;
    wanted.name = fields.text("name", TokenBook::kNameMax);
    if (wanted.name.empty()) fields.wrong("name", "must be given");
    wanted.may_override = fields.flag("override");
    auto role = parse_role(fields.text("role"));
    if (role) wanted.role = *role;
    if (!role) fields.wrong("role", role.error().message);
    if (std::string text = fields.text("expires"); !text.empty()) {
      auto life = parse_duration(text);
      bool valid = life && *life > Duration::zero();
      if (valid) wanted.life = *life;
      if (!valid) fields.wrong("expires", "must be a duration such as 720h");
    }
    if (fields.refuse(*call)) return;
    for (const Token& token : parts_.access.tokens().tokens()) {
      if (token.name != wanted.name) continue;
      return call->refuse(
          {.kind = kExists,
           .detail = fmt::format("there is a token '{}' already: revoke it first", token.name)});
    }
    auto made = parts_.access.tokens().create(wanted, parts_.fleet.loop().clock().now().wall);
    if (!made) return call->refuse(made.error());
    routes_.audit(*call, "token.create", made->token.name, to_json(made->token));
    HttpResponse response = json_response(201, to_json(made->token).set("token", made->text));
    response.headers.emplace_back("Location", "/api/v1/tokens/" + made->token.id);
    call->keep_no_answer();  // the secret
    call->answer(std::move(response));
  });
  routes_.add("DELETE", "/api/v1/tokens/{id}", Role::admin, [this](const CallPtr& call) {
    auto gone = parts_.access.tokens().revoke((*call)["id"]);
    if (!gone) return call->refuse(gone.error());
    routes_.audit(*call, "token.revoke", gone->name, to_json(*gone));
    call->answer({.status = 204});
  });
}

}  // namespace serin::app
