#!/usr/bin/env python3
"""score.py TRUTH.json DECISIONS.jsonl

One decision a line: {"id":..,"verdict":"promote|rollback|inconclusive","t_s":seconds since the
rollout's start,"metric":..}"""

import json, math, sys

tr = {s["id"]: s for s in json.load(open(sys.argv[1]))["scenarios"]}
de = {}
for l in open(sys.argv[2]):
    if l.strip():
        d = json.loads(l)
        de[d["id"]] = d


def wilson(k, n, z=1.96):
    if n == 0:
        return (0.0, 1.0)
    p = k / n
    a = p + z * z / (2 * n)
    b = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (max(0.0, (a - b) / (1 + z * z / n)), min(1.0, (a + b) / (1 + z * z / n)))


aa = [s for s in tr.values() if s["label"] == "A/A"]
ab = [s for s in tr.values() if s["label"] != "A/A"]
can = [s for s in ab if s["oracle_detect_s"] is not None]
v = lambda s: de.get(s["id"], {}).get("verdict", "missing")
early = lambda s: v(s) == "rollback" and de[s["id"]]["t_s"] <= s["onset_s"]
fr = sum(v(s) == "rollback" for s in aa) + sum(early(s) for s in ab)
n0 = len(aa) + sum(s["onset_s"] > 0 for s in ab)
det = [s for s in can if v(s) == "rollback" and not early(s)]
rat = sorted(
    (max(de[s["id"]]["t_s"] - s["onset_s"], 30)) / max(s["oracle_detect_s"] - s["onset_s"], 30)
    for s in det
)
right = [s for s in det if de[s["id"]].get("metric") == s["metric"]]
out = dict(
    scenarios=len(tr),
    missing=sum(v(s) == "missing" for s in tr.values()),
    false_rollback=fr,
    false_rollback_rate=fr / max(n0, 1),
    false_rollback_ci95=wilson(fr, n0),
    aa_promoted=sum(v(s) == "promote" for s in aa) / max(len(aa), 1),
    harmless_promoted=sum(v(s) == "promote" for s in aa if s.get("should_promote"))
    / max(sum(bool(s.get("should_promote")) for s in aa), 1),
    aa_inconclusive=sum(v(s) == "inconclusive" for s in aa) / max(len(aa), 1),
    detectable=len(can),
    detection_rate=len(det) / max(len(can), 1),
    detection_ci95=wilson(len(det), len(can)),
    median_time_ratio_to_oracle=rat[len(rat) // 2] if rat else None,
    p90_time_ratio=rat[int(0.9 * len(rat))] if rat else None,
    blame_correct=len(right) / max(len(det), 1),
    false_promote=sum(v(s) == "promote" for s in can) / max(len(can), 1),
    honest_inconclusive_on_undetectable=sum(
        v(s) != "promote" for s in ab if s["oracle_detect_s"] is None
    ),
    undetectable=len(ab) - len(can),
)
print(json.dumps(out, indent=1))
