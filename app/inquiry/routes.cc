#include "app/inquiry/routes.h"

#include "app/inquiry/analyses.h"

namespace serin::app {

void Inquiries::add_to(RouteTable& routes) {
  routes.add("POST", "/api/v1/analyses", Role::viewer,
             [this](const auto& call) { analysis(call); });
}

void Inquiries::analysis(const std::shared_ptr<Call>& call) {
  call->keep_no_answer();  // it may be large, and a later one may know more
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  AnalysisQuestion question = analysis_question(fields, fleet_.loop().clock().now().wall);
  if (fields.refuse(*call)) return;
  auto chosen = chosen_analysis(question, *fleet_.configuration(), arguments_, call->who);
  if (!chosen) return call->refuse(chosen.error());
  bench_.run_json(call,
                  [question = std::move(question), chosen = *std::move(chosen)](
                      const Workbench::Limit& limit) { return judged(question, chosen, limit); });
}

}  // namespace serin::app
