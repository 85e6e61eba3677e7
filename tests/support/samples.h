// Documents that tests of several folders start from.
#pragma once

#include <string>

namespace serin::test {

// A rollout of checkout by HAProxy, whose socket is nowhere.
inline constexpr const char* kCheckoutRollout = R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  environment: prod
  strategy:
    canary:
      trafficRouting:
        haproxy:
          socket: [/nowhere/serin-test.sock]
          backend: shop
          stable: [s1]
          canary: [c1]
      steps:
      - setWeight: 10
      - pause: {duration: 1m}
)";

// A rollout of shop, twice ten minutes, and its template, by the error rate of requests_total;
// `more` are further metrics, indented as those of the template.
inline std::string shop_policy(const std::string& more = "") {
  return R"(apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: health}
spec:
  versions: {label: version, canary: v2, stable: v1, instance: pod}
  metrics:
  - name: error-rate
    interval: 30s
    compare: {errors: {bad: 'requests_total{code="500"}', total: requests_total}}
    provider: {prometheus: {address: "{{args.prometheus}}"}}
)" + more +
         R"(---
apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    canary:
      steps:
      - setWeight: 10
      - pause: {duration: 10m}
      - setWeight: 50
      - pause: {duration: 10m}
      analysis: {templates: [{templateName: health}]}
)";
}

}  // namespace serin::test
