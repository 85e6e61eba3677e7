#!/usr/bin/env python3
"""Recordings beside those of gen_scenarios.py: instances that come and go, weights that fall,
routes that mix, history that lies, a canary that falls silent.

   own_shapes.py --out DIR [--seed N] [--reps K] [--only SUBSTR]

Same files, same truth.json. `expected` here may also be "inconclusive": neither answer would be
honest. Deterministic by seed; numpy only."""

import argparse
import gzip
import hashlib
import json
import math
import os

import numpy as np

T0 = 1_750_000_000
SCRAPE = 15
HISTORY = 7200
BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
PLAIN = [(5, 900), (10, 900), (25, 900), (50, 900)]
UP_AND_DOWN = [(5, 600), (25, 600), (10, 600), (50, 600), (20, 600), (50, 600)]
WARMUP = {"error": 0, "latency": 180, "memory": 0, "cpu": 60}


def shape(name, **changes):
    base = dict(
        name=name,
        steps=PLAIN,
        pods=(1, 4),
        rps=100.0,
        routes=[dict(path="/", share=1.0, canary_share=1.0, errors=0.01, factor=1.0)],
        effect="none",  # none | error | latency
        factor=1.0,  # of errors, or of latencies
        slow_share=0.0,  # of the canary's requests, in one bucket above all others
        replace=False,  # every instance is replaced once, at a time of its own
        silent_at=None,  # the canary's series end
        dirty=0.0,  # error share of one stable instance for half an hour of history
        cold=0.0,  # latency factor − 1 at the start, falling with a time constant of 40 s
        latency="lognormal",  # or "one-bucket"
        metrics=("error-rate", "latency", "memory", "cpu"),
        expected=None,
    )
    assert set(changes) <= set(base), changes
    base.update(changes)
    return base


def routes(*parts):
    keys = ("path", "share", "canary_share", "errors", "factor")
    return [dict(zip(keys, part)) for part in parts]


MIXED = routes(("/page", 0.8, 0.5, 0.001, 1), ("/search", 0.2, 0.5, 0.05, 1))
ONE_ROUTE = routes(("/page", 0.8, 0.8, 0.01, 1), ("/pay", 0.2, 0.2, 0.01, 8))

SHAPES = [
    shape("aa_many_instances", pods=(10, 40), rps=400),
    shape("aa_up_and_down", steps=UP_AND_DOWN),
    shape("aa_replaced", pods=(2, 6), replace=True),
    shape("aa_dirty_history", dirty=0.2),
    shape("aa_cold_cache", cold=3.0),
    shape("aa_one_bucket", latency="one-bucket"),
    shape("aa_route_mix", routes=MIXED, metrics=("errors-page", "errors-search", "latency")),
    shape("aa_silent", silent_at=1200, expected="inconclusive"),
    shape("ab_many_instances", pods=(10, 40), rps=400, effect="error", factor=2),
    shape("ab_up_and_down", steps=UP_AND_DOWN, effect="error", factor=2),
    shape("ab_replaced", pods=(2, 6), replace=True, effect="error", factor=3),
    shape("ab_dirty_history", dirty=0.2, effect="error", factor=4),
    shape("ab_one_route", routes=ONE_ROUTE, effect="error"),
    shape("ab_one_bucket", latency="one-bucket", effect="latency", slow_share=0.02),
    shape("ab_slow_instances", pods=(10, 40), rps=400, effect="latency", factor=1.15),
]

HEAD = """apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: service-health}
spec:
  versions: {label: version, canary: canary, stable: stable, instance: pod}
  metrics:
"""
TAIL = """---
apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: service}
spec:
  strategy:
    canary:
      analysis: {templates: [{templateName: service-health}], falseRollbackRate: 0.01}
      steps:
"""


def errors_of(labels):
    bad = "http_requests_total{%s}" % ",".join(labels + ['code=~"5.."'])
    total = "http_requests_total{%s}" % ",".join(labels) if labels else "http_requests_total"
    return f"compare: {{errors: {{bad: '{bad}', total: '{total}'}}}}"


COMPARE = {
    "error-rate": errors_of([]),
    "errors-page": errors_of(['path="/page"']),
    "errors-search": errors_of(['path="/search"']),
    "latency": "compare: {histogram: {buckets: http_request_duration_seconds_bucket}, "
    "warmup: 180s}",
    "memory": "compare: {gauge: {query: container_memory_working_set_bytes}, warmup: 0s}",
    "cpu": "compare: {gauge: {query: container_cpu_usage_seconds}, warmup: 60s}",
}


def configuration(sp):
    text = HEAD
    for name in sp["metrics"]:
        text += f"  - name: {name}\n    interval: 30s\n    {COMPARE[name]}\n"
    text += TAIL
    for weight, seconds in sp["steps"]:
        text += f"      - setWeight: {weight}\n      - pause: {{duration: {seconds}s}}\n"
    return text


def bucket_shares(sp, factor):
    """Share of each bucket, with the +Inf one, where latencies are `factor` times the usual."""
    if sp["latency"] == "one-bucket":
        shares = np.zeros(len(BOUNDS) + 1)
        shares[4] = 1
        return shares
    z = np.array([math.log(b / (0.1 * factor)) / 0.8 for b in BOUNDS])
    below = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in z])
    return np.diff(np.r_[0, below, 1])


class Recording:
    def __init__(self, sp, seed):
        self.sp = sp
        self.rng = np.random.default_rng(seed)
        length = sum(seconds for _, seconds in sp["steps"])
        self.n = (HISTORY + length) // SCRAPE
        self.times = T0 + SCRAPE * np.arange(1, self.n + 1)
        self.since = (SCRAPE * np.arange(1, self.n + 1) - HISTORY).astype(float)
        self.weight = np.zeros(self.n)
        end = 0
        for weight, seconds in sp["steps"]:
            self.weight[(self.since > end) & (self.since <= end + seconds)] = weight / 100
            end += seconds
        self.length = length
        self.series = []
        self.sums = {}  # side -> list of (requests by route, errors by route, buckets)

    def add(self, name, labels, values, live):
        if live.any():
            pairs = zip(self.times[live], values[live])
            self.series.append(
                dict(
                    metric=dict(__name__=name, **labels),
                    values=[[int(t), repr(float(round(v, 6)))] for t, v in pairs],
                )
            )

    def lifetimes(self, side, index):
        """(name, first sample, one past the last): one life, or two around a replacement."""
        name = f"{side}-{index}"
        first = int(np.argmax(self.since > 0)) if side == "canary" else 0
        last = self.n
        silent = self.sp["silent_at"]
        if side == "canary" and silent is not None:
            last = int(np.argmax(self.since > silent))
        if not self.sp["replace"]:
            return [(name, first, last)]
        start = HISTORY // SCRAPE
        cut = int(self.rng.integers(start + 20, self.n - 20))
        return [(name, first, cut), (name + "-new", cut, last)]

    def autoregression(self, phi):
        e = self.rng.normal(size=self.n)
        x = np.zeros(self.n)
        x[0] = e[0]
        for k in range(1, self.n):
            x[k] = phi * x[k - 1] + math.sqrt(1 - phi * phi) * e[k]
        return x

    def side(self, side, pods):
        sp = self.sp
        canary = side == "canary"
        traffic = self.weight if canary else 1 - self.weight
        for index in range(pods):
            requests, errors = [], []
            for route in sp["routes"]:
                share = route["canary_share" if canary else "share"]
                n = self.rng.poisson(sp["rps"] * SCRAPE * traffic * share / pods)
                p = np.full(self.n, route["errors"])
                if canary:
                    worse = route["factor"] * (sp["factor"] if sp["effect"] == "error" else 1)
                    p = np.minimum(p * worse, 1)
                elif sp["dirty"] and index == 0:
                    p[120:240] = sp["dirty"]
                requests.append(n)
                errors.append(self.rng.binomial(n, p))
            buckets = self.latencies(canary, np.sum(requests, axis=0))
            self.sums.setdefault(side, []).append((requests, errors, buckets))
            memory = 3e8 * np.exp(0.03 * self.autoregression(0.5))
            cpu = 0.4 * np.exp(0.08 * self.autoregression(0.5))
            for name, first, last in self.lifetimes(side, index):
                self.instance(dict(version=side, pod=name), first, last, requests, errors, buckets)
                live = np.zeros(self.n, bool)
                live[first:last] = True
                labels = dict(version=side, pod=name)
                self.add("container_memory_working_set_bytes", labels, memory, live)
                self.add("container_cpu_usage_seconds", labels, cpu, live)

    def latencies(self, canary, requests):
        sp = self.sp
        factor = np.ones(self.n)
        if canary and sp["effect"] == "latency":
            factor *= sp["factor"]
        if canary and sp["cold"]:
            factor *= 1 + sp["cold"] * np.exp(-np.maximum(self.since, 0) / 40)
        levels = np.round(factor, 3)
        buckets = np.zeros((self.n, len(BOUNDS) + 1), int)
        for level in np.unique(levels):
            rows = levels == level
            shares = bucket_shares(sp, level)
            if canary and sp["slow_share"]:
                shares = (1 - sp["slow_share"]) * shares
                shares[6] += sp["slow_share"]
            buckets[rows] = self.rng.multinomial(requests[rows], shares)
        return buckets

    def instance(self, labels, first, last, requests, errors, buckets):
        live = np.zeros(self.n, bool)
        live[first:last] = True

        def counter(increments):
            out = np.zeros(self.n)
            out[first:last] = np.cumsum(increments[first:last])
            return out

        for route, n, x in zip(self.sp["routes"], requests, errors):
            where = dict(labels, path=route["path"])
            self.add("http_requests_total", dict(where, code="200"), counter(n - x), live)
            self.add("http_requests_total", dict(where, code="500"), counter(x), live)
        below = np.cumsum(buckets, axis=1)
        for j, bound in enumerate(BOUNDS + [math.inf]):
            le = "+Inf" if math.isinf(bound) else f"{bound:g}"
            name = "http_request_duration_seconds_bucket"
            self.add(name, dict(labels, le=le), counter(below[:, j]), live)

    def oracle(self):
        """When a sequential test that knows the effect would have decided; None: never."""
        sp = self.sp
        run = self.since > 0
        gain = np.zeros(self.n)

        def total(side, part, which):
            rows = [pod[part][which] if part < 2 else pod[2] for pod in self.sums[side]]
            return np.sum(rows, axis=0).astype(float)

        def ratio(counts, p, q):
            return counts * np.log(np.maximum(p, 1e-12) / np.maximum(q, 1e-12))

        if sp["effect"] == "error":
            for i, route in enumerate(sp["routes"]):
                worse = route["factor"] * sp["factor"]
                nc, nb = total("canary", 0, i), total("stable", 0, i)
                q1 = worse * nc / np.maximum(worse * nc + nb, 1e-12)
                q0 = nc / np.maximum(nc + nb, 1e-12)
                xc, xb = total("canary", 1, i), total("stable", 1, i)
                gain += np.where(nc > 0, ratio(xc, q1, q0) + ratio(xb, 1 - q1, 1 - q0), 0)
        else:
            usual = bucket_shares(sp, 1)
            worse = bucket_shares(sp, sp["factor"])
            worse = (1 - sp["slow_share"]) * worse
            worse[6] += sp["slow_share"]
            cc, cb = total("canary", 2, 0), total("stable", 2, 0)
            mix = self.weight[:, None]
            p0 = mix * worse + (1 - mix) * usual
            gain = (ratio(cc, worse, p0) + ratio(cb, usual, p0)).sum(axis=1)
            run = self.since > WARMUP["latency"]
        polled = np.cumsum(np.where(run, gain, 0)[self.since > 0])[1::2]
        hit = np.nonzero(polled >= math.log(100))[0]
        return float((hit[0] + 1) * 30) if len(hit) else None


def build(sp, seed, rep, out):
    name = f"{sp['name']}-{rep:03d}"
    digest = hashlib.sha256(f"{seed}|{name}".encode()).digest()
    recording = Recording(sp, int.from_bytes(digest[:8], "big"))
    recording.side("stable", sp["pods"][1])
    recording.side("canary", sp["pods"][0])
    folder = os.path.join(out, name)
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/rollout.yaml", "w") as f:
        f.write(configuration(sp))
    with open(folder + "/scenario.json", "w") as f:
        json.dump(
            dict(
                id=name,
                history_start=T0,
                rollout_start=T0 + HISTORY,
                rollout_end=T0 + HISTORY + recording.length,
            ),
            f,
        )
    answer = dict(status="success", data=dict(resultType="matrix", result=recording.series))
    with gzip.GzipFile(folder + "/metrics.json.gz", "wb", mtime=0) as f:
        f.write(json.dumps(answer, separators=(",", ":")).encode())
    harmless = sp["effect"] == "none"
    metric = {"none": None, "error": "error-rate", "latency": "latency"}[sp["effect"]]
    return dict(
        id=name,
        group=sp["name"],
        label="A/A" if harmless else "regression",
        should_promote=harmless and sp["expected"] is None,
        metric=metric,
        onset_s=0.0,
        oracle_detect_s=None if harmless else recording.oracle(),
        expected=sp["expected"] or ("promote_or_inconclusive" if harmless else "rollback"),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", default="own-1")
    parser.add_argument("--reps", type=int, default=2)
    parser.add_argument("--only", default="")
    a = parser.parse_args()
    os.makedirs(a.out, exist_ok=True)
    chosen = [sp for sp in SHAPES if a.only in sp["name"]]
    truth = [build(sp, a.seed, rep, a.out) for sp in chosen for rep in range(a.reps)]
    with open(os.path.join(a.out, "truth.json"), "w") as f:
        json.dump(dict(scenarios=truth), f, indent=1)
    print(len(truth), "scenarios")


if __name__ == "__main__":
    main()
