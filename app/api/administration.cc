// Routes about who may do what, and who did: tokens, sessions, audit.
#include <fmt/format.h>

#include "app/api/api.h"
#include "app/api/documents.h"
#include "app/api/fields.h"
#include "app/history/json.h"

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
    auto made = parts_.access.tokens().create(wanted, parts_.fleet.loop().clock().now().wall);
    if (!made) return call->refuse(made.error());
    audit(*call, "token.create", made->token.name, to_json(made->token));
    HttpResponse response = json_response(201, to_json(made->token).set("token", made->text));
    response.headers.emplace_back("Location", "/api/v1/tokens/" + made->token.id);
    // The secret must not be kept with the answers of idempotency keys.
    call->key.clear();
    call->answer(std::move(response));
  });
  routes_.add("DELETE", "/api/v1/tokens/{id}", Role::admin, [this](const CallPtr& call) {
    auto gone = parts_.access.tokens().revoke((*call)["id"]);
    if (!gone) return call->refuse(gone.error());
    audit(*call, "token.revoke", gone->name, to_json(*gone));
    call->answer({.status = 204});
  });
  routes_.add("GET", "/api/v1/audit", Role::admin, [this](const CallPtr& call) {
    auto wanted = page_wanted(call->request);
    if (!wanted) return call->refuse({.kind = kBadRequest, .detail = wanted.error().message});
    auto read = [wanted = *wanted, subject = call->request.parameter("subject").value_or("")](
                    store::Reader& reader) -> Result<Json> {
      // One more than wanted tells whether there is another page; the cursor is a position.
      SERIN_TRY(rows, reader.audit({.subject = subject,
                                    .before = static_cast<std::uint64_t>(wanted.skip),
                                    .limit = wanted.limit + 1}));
      bool more = rows.size() > static_cast<std::size_t>(wanted.limit);
      if (more) rows.pop_back();
      Json items = Json::array();
      for (const store::AuditRow& row : rows) items.push(to_json(row));
      return Json::object()
          .set("items", std::move(items))
          .set("next", more ? Json(fmt::format("p{}", rows.back().position)) : Json());
    };
    read_store(std::move(read), [call](Result<Json> page) {
      if (!page) return call->refuse(page.error());
      call->answer(200, *page);
    });
  });
}

}  // namespace serin::app
