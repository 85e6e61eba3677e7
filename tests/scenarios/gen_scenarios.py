#!/usr/bin/env python3
"""Deterministic canary recordings for scoring a canary-analysis engine from outside. numpy only
(2.4.6 was used).

   gen_scenarios.py --out DIR [--shapes FILE.py] [--seed N] [--reps K] [--openmetrics]
                    [--only SUBSTR]

Writes DIR/<id>/{rollout.yaml, scenario.json, metrics.json.gz} and DIR/truth.json (the engine never
reads truth.json). --shapes names a Python file with SHAPES (a list of S(...) as below) and STEPS
([(weight, seconds), ...]) of your own."""

import argparse, gzip, hashlib, json, math, os
import numpy as np

WARMUP = {
    "error": 0,
    "latency": 180,
    "memory": 0,
    "cpu": 60,
}  # seconds of a fresh canary that are not judged, nor by the oracle
T0 = 1_750_000_000  # start of history (unix seconds)
LE = {
    "prom": [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    "fine": [0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5],
    "coarse": [0.1, 0.5, 1, 5],
}


def S(**k):
    return k


# effect: metric error|latency|memory|cpu|none ; r multiplies, add is absolute ; onset_s after
# rollout start ; shape step|ramp|onoff|at_weight
PUBLIC = [
    S(n="aa_plain"),
    S(n="aa_lowtraffic", rps=2),
    S(n="aa_diurnal", diurnal=0.6),
    S(n="aa_incident", incident=8),
    S(n="aa_betabin", cv=0.5),
    S(n="aa_burst", burst=4),
    S(n="aa_reset", resets=3),
    S(n="aa_missing", missing=0.15),
    S(n="aa_podhet", podsd=0.1),
    S(n="aa_warmup", warmup=2.0),
    S(n="aa_ar9", ar=0.9),
    S(n="aa_zero_errors", p=0.0),
    S(n="aa_late_series", late=True, p=0.003),
    S(n="ab_err_x1.5", e="error", r=1.5),
    S(n="ab_err_x2", e="error", r=2),
    S(n="ab_err_x5_low", e="error", r=5, rps=10),
    S(n="ab_err_1pp", e="error", add=0.01),
    S(n="ab_err_x2_incident", e="error", r=2, incident=8),
    S(n="ab_err_x2_betabin", e="error", r=2, cv=0.5),
    S(n="ab_err_x3_late", e="error", r=3, onset=1200),
    S(n="ab_err_x3_reset_missing", e="error", r=3, resets=3, missing=0.15),
    S(n="ab_err_from_zero", e="error", p=0.0, add=0.005),
    S(n="ab_err_late_series", e="error", late=True, p=0.0005, r=6),
    S(n="ab_lat_5", e="latency", r=1.05, rps=300),
    S(n="ab_lat_10", e="latency", r=1.1),
    S(n="ab_lat_30", e="latency", r=1.3),
    S(n="ab_lat_100", e="latency", r=2, rps=20),
    S(n="ab_lat_tail", e="latency", tail=0.02),
    S(n="ab_mem_20", e="memory", r=1.2),
    S(n="ab_mem_leak", e="memory", r=1.6, shape="ramp"),
    S(n="ab_cpu_30", e="cpu", r=1.3, ar=0.5),
    S(n="ab_low_undetectable", e="error", r=1.2, rps=1),
]
STEPS = [(5, 900), (10, 900), (25, 900), (50, 900)]
YAML = """apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: service-health}
spec:
  versions: {label: version, canary: canary, stable: stable, instance: pod}
  metrics:
  - name: error-rate
    interval: 30s
    compare: {errors: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}}
  - name: latency
    interval: 30s
    compare: {histogram: {buckets: http_request_duration_seconds_bucket}, warmup: 180s}
  - name: memory
    interval: 30s
    compare: {gauge: {query: container_memory_working_set_bytes}, warmup: 0s}
  - name: cpu
    interval: 30s
    compare: {gauge: {query: container_cpu_usage_seconds}, warmup: 60s}
---
apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: service}
spec:
  strategy:
    canary:
      analysis: {templates: [{templateName: service-health}], falseRollbackRate: 0.01}
      steps:
"""


def lat_sample(kind, rng, size, scale, tail):
    if kind == "lognormal":
        x = 0.1 * np.exp(0.8 * rng.normal(size=size))
    elif kind == "gamma":
        x = rng.gamma(2.0, 0.06, size)
    elif kind == "weibull":
        x = 0.12 * rng.weibull(0.8, size)
    else:
        x = np.where(
            rng.random(size) < 0.85,
            0.05 * np.exp(0.4 * rng.normal(size=size)),
            0.8 * np.exp(0.5 * rng.normal(size=size)),
        )
    x = x * scale
    return np.where(rng.random(size) < tail, x * 5, x) if tail else x


def probs(kind, le, scale, tail, cache={}):
    k = (kind, tuple(le), round(scale, 4), tail)
    if k not in cache:
        x = lat_sample(kind, np.random.default_rng(12345), 400000, scale, tail)
        c = np.searchsorted(np.sort(x), le, side="right") / len(x)
        cache[k] = (np.diff(np.r_[0, c, 1.0]), x.mean())
    return cache[k]


def build(sp, steps, seed, rep, openmetrics, outdir):
    sid = f"{sp['n']}-{rep:03d}"
    h = int.from_bytes(hashlib.sha256(f"{seed}|{sid}".encode()).digest()[:8], "big")
    rng = np.random.default_rng(h)
    rps = sp.get("rps", 100.0)
    p = sp.get("p", 0.01)
    dt = 15
    hist = 3600 * 2
    dur = sum(d for _, d in steps)
    n = (hist + dur) // dt
    nh = hist // dt
    t = T0 + dt * np.arange(1, n + 1)
    trel = (np.arange(1, n + 1) * dt - hist).astype(float)
    w = np.zeros(n)
    e = 0.0
    for wt, d in steps:
        m = (trel > e) & (trel <= e + d)
        w[m] = wt / 100.0
        e += d
    ph = rng.random()
    load = np.ones(n)
    if sp.get("diurnal"):
        x = np.sin(2 * np.pi * (np.arange(n) / n * 1.3 + ph))
        load = 1 + sp["diurnal"] * (np.sign(x) if sp.get("load") == "square" else x)
    P = np.full(n, p)
    if sp.get("incident"):
        k = 0
        while k < n:
            k += int(rng.exponential(120))
            L = int(sp.get("inc_len", 12))
            P[k : k + L] *= sp["incident"]
            k += L
    onset = sp.get("onset", 0.0)
    shape = sp.get("shape", "step")
    eff = sp.get("e", "none")
    g = np.where(trel > onset, 1.0, 0.0)
    if shape == "ramp":
        g = np.clip((trel - onset) / max(dur - onset, 1), 0, 1)
    if shape == "onoff":
        g = g * ((trel // 120) % 2 == 0)
    if shape == "at_weight":
        g = np.where(w >= 0.25, 1.0, 0.0)
        onset = float(trel[np.argmax(w >= 0.25)] - dt)
    r = sp.get("r", 1.0)
    Pc = P.copy()
    ls = np.ones(n)
    if eff == "error" or sp.get("better") == "error":
        Pc = P * (1 + (r - 1) * g) + sp.get("add", 0.0) * g
    if eff == "latency":
        ls = 1 + (r - 1) * g
    if sp.get("also_lat"):
        ls = 1 + (sp["also_lat"] - 1) * g
    if sp.get("warmup"):
        ls = ls * np.where((trel > 0) & (trel <= sp.get("warm_s", 90)), sp["warmup"], 1.0)
    npc, nps = sp.get("pods", (1, 4))
    le = LE[sp.get("le", "prom")]
    kind = sp.get("lat", "lognormal")
    podsd = sp.get("podsd", 0.0)
    series = []
    agg = {}

    def arproc(phi, heavy=False):
        ee = rng.standard_t(3, n) / math.sqrt(3) if heavy else rng.normal(size=n)
        x = np.zeros(n)
        x[0] = ee[0]
        for k in range(1, n):
            x[k] = phi * x[k - 1] + math.sqrt(1 - phi * phi) * ee[k]
        return x

    for ver, np_ in (("stable", nps), ("canary", npc)):
        for j in range(np_):
            pod = f"{ver}-{j}"
            can = ver == "canary"
            share = (w if can else 1 - w) / np_
            N = rng.poisson(rps * dt * load * share)
            live = np.ones(n, bool) if not can else trel > 0
            pp = (
                (Pc if can else P) * np.exp(podsd * rng.normal() - podsd**2 / 2)
                if podsd
                else (Pc if can else P)
            )
            if sp.get("cv"):
                kk = 1 / sp["cv"] ** 2
                pp = pp * rng.gamma(kk, 1 / kk, n)
            pp = np.clip(pp, 0, 1)
            if sp.get("burst"):
                b = sp["burst"]
                cl = rng.poisson(N * pp / b)
                E = np.minimum(
                    N, cl + np.where(cl > 0, rng.negative_binomial(np.maximum(cl, 1), 1 / b), 0)
                )
            else:
                E = rng.binomial(N, pp)
            B = np.zeros((n, len(le) + 1), int)
            sm = np.zeros(n)
            tail = sp.get("tail", 0.0)
            for k in range(n):
                pr, mean = probs(
                    kind,
                    le,
                    float(ls[k]) if can else 1.0,
                    tail if (can and g[k] > 0 and eff == "latency") else 0.0,
                )
                B[k] = rng.multinomial(N[k], pr)
                sm[k] = mean * N[k] * (1 + 0.5 * rng.normal() / math.sqrt(max(N[k], 1)))
            agg.setdefault(ver, []).append((N, E, B))
            rs = sorted(rng.integers(1, n, sp.get("resets", 0)))

            def ctr(inc):
                c = np.cumsum(inc).astype(float)
                for s in rs:
                    c[s:] -= c[s - 1] - 0.0 if s > 0 else 0
                return c

            miss = rng.random(n) < sp.get("missing", 0.0)
            if sp.get("stale") and can:
                miss = miss | ((trel > 1200) & (trel < 1800))

            def add(name, lab, vals):
                m = live & ~miss
                if not m.any():
                    return
                series.append(
                    dict(
                        metric=dict(__name__=name, version=ver, pod=pod, **lab),
                        values=[[int(a), repr(float(round(b, 6)))] for a, b in zip(t[m], vals[m])],
                    )
                )

            add("http_requests_total", dict(code="200"), ctr(N - E))
            if sp.get(
                "late"
            ):  # an error's label set exists only from its first error on, as clients do it
                Q = rng.multinomial(E, [0.1] * 10)
                for i in range(10):
                    keep = live
                    live = live & (np.cumsum(Q[:, i]) > 0)
                    add("http_requests_total", dict(code="500", path=f"/p{i}"), ctr(Q[:, i]))
                    live = keep
            else:
                add("http_requests_total", dict(code="500"), ctr(E))
            cb = np.stack([ctr(B[:, i]) for i in range(len(le) + 1)], 1).cumsum(1)
            for i, b in enumerate(le + [math.inf]):
                add(
                    "http_request_duration_seconds_bucket",
                    dict(le="+Inf" if math.isinf(b) else f"{b:g}"),
                    cb[:, i],
                )
            add("http_request_duration_seconds_count", {}, ctr(N))
            add("http_request_duration_seconds_sum", {}, ctr(np.maximum(sm, 0)))
            phi = sp.get("ar", 0.5)
            hv = sp.get("heavy", False)
            mem = 3e8 * np.exp(0.03 * arproc(phi, hv) + 0.05 * np.log(np.maximum(load, 0.05)))
            cpu = 0.4 * (0.2 + 0.8 * load) * np.exp(0.08 * arproc(phi, hv))
            if can and eff == "memory":
                mem = mem * (1 + (r - 1) * g)
            if can and eff == "cpu":
                cpu = cpu * (1 + (r - 1) * g)
            add("container_memory_working_set_bytes", {}, mem)
            add("container_cpu_usage_seconds", {}, cpu)
    d = os.path.join(outdir, sid)
    os.makedirs(d, exist_ok=True)
    open(d + "/rollout.yaml", "w").write(
        YAML
        + "".join(f"      - setWeight: {a}\n      - pause: {{duration: {b}s}}\n" for a, b in steps)
    )
    mets = [
        dict(
            name="error-rate",
            kind="binomial",
            errors='http_requests_total{code=~"5.."}',
            total="http_requests_total",
            direction="increase",
        ),
        dict(
            name="latency",
            kind="histogram",
            bucket="http_request_duration_seconds_bucket",
            direction="increase",
            quantiles=[0.5, 0.99],
        ),
        dict(
            name="memory",
            kind="gauge",
            query="container_memory_working_set_bytes",
            direction="increase",
        ),
        dict(name="cpu", kind="gauge", query="container_cpu_usage_seconds", direction="increase"),
    ]
    json.dump(
        dict(
            id=sid,
            alpha=0.01,
            beta=0.05,
            scrape_interval_s=dt,
            poll_interval_s=30,
            history_start=T0,
            rollout_start=T0 + hist,
            rollout_end=T0 + hist + dur,
            warmup_s=WARMUP,
            steps=[dict(weight=a, duration_s=b) for a, b in steps],
            version_label="version",
            canary="canary",
            stable="stable",
            metrics=mets,
        ),
        open(d + "/scenario.json", "w"),
        indent=1,
    )
    with gzip.GzipFile(d + "/metrics.json.gz", "wb", mtime=0) as f:
        f.write(
            json.dumps(
                dict(status="success", data=dict(resultType="matrix", result=series)),
                separators=(",", ":"),
            ).encode()
        )
    if openmetrics:
        with gzip.GzipFile(d + "/metrics.om.gz", "wb", mtime=0) as f:
            by = {}
            for s in series:
                by.setdefault(s["metric"]["__name__"], []).append(s)
            for nm in sorted(by):
                f.write(f"# TYPE {nm} unknown\n".encode())
                for s in by[nm]:
                    lab = ",".join(f'{k}="{v}"' for k, v in s["metric"].items() if k != "__name__")
                    for a, b in s["values"]:
                        f.write(f"{nm}{{{lab}}} {b} {a}\n".encode())
            f.write(b"# EOF\n")
    # oracle: SPRT that knows shape and size of the true effect, on the true increments (alpha .01),
    # polled every 30 s
    tt = None
    thr = math.log(100)
    sel = trel > 0

    def sumv(ver, i):
        return sum(x[i] for x in agg[ver])

    if eff == "error":
        Nc, Ec, Nb, Eb = (
            sumv("canary", 0)[sel],
            sumv("canary", 1)[sel],
            sumv("stable", 0)[sel],
            sumv("stable", 1)[sel],
        )
        rr = np.where(P[sel] > 0, Pc[sel] / np.maximum(P[sel], 1e-12), 1e6)
        rr = np.minimum(rr, 1e6)
        phi = 1.0
        if sp.get("burst"):
            phi = 2 * sp["burst"] - 1
        if sp.get("cv"):
            phi = 1 + float(np.mean(Nc * P[sel])) / npc * sp["cv"] ** 2
        q1 = rr * Nc / np.maximum(rr * Nc + Nb, 1e-12)
        q0 = Nc / np.maximum(Nc + Nb, 1e-12)
        ok = (Nc > 0) & (Nb > 0)
        l = (
            np.where(
                ok,
                Ec * np.log(np.maximum(q1, 1e-12) / np.maximum(q0, 1e-12))
                + Eb * np.log(np.maximum(1 - q1, 1e-12) / np.maximum(1 - q0, 1e-12)),
                0,
            )
            / phi
        )
    elif eff == "latency":
        Bc, Bb = sumv("canary", 2)[sel], sumv("stable", 2)[sel]
        l = np.zeros(len(Bc))
        pb, _ = probs(kind, le, 1.0, 0.0)
        for k in range(len(l)):
            p1, _ = probs(
                kind, le, float(ls[sel][k]), sp.get("tail", 0.0) if g[sel][k] > 0 else 0.0
            )
            q = w[sel][k]
            p0 = q * p1 + (1 - q) * pb
            ok = p0 > 0
            l[k] = (
                np.where(
                    ok,
                    Bc[k] * np.log(np.maximum(p1, 1e-12) / np.maximum(p0, 1e-12))
                    + Bb[k] * np.log(np.maximum(pb, 1e-12) / np.maximum(p0, 1e-12)),
                    0,
                )
            ).sum()
    elif eff in ("memory", "cpu"):
        phi = sp.get("ar", 0.5)
        sd = (0.03 if eff == "memory" else 0.08) * math.sqrt(1 / npc + 1 / nps)
        gg = np.log(1 + (r - 1) * g[sel])
        mu = np.r_[gg[0], gg[1:] - phi * gg[:-1]]
        v = sd * sd * np.r_[1, np.full(len(gg) - 1, 1 - phi * phi)]
        l = rng.normal(mu * mu / (2 * v), np.abs(mu) / np.sqrt(v))
    else:
        l = None
    if l is not None:
        l = np.where(trel[sel] > WARMUP[eff], l, 0.0)
        c = np.cumsum(l)[1::2]
        hit = np.nonzero(c >= thr)[0]
        tt = float((hit[0] + 1) * 30) if len(hit) else None
    return dict(
        id=sid,
        group=sp["n"],
        label="A/A" if eff == "none" else "regression",
        should_promote=eff == "none" and rps >= 20 and not sp.get("stale"),
        metric=None if eff == "none" else {"error": "error-rate"}.get(eff, eff),
        effect=dict(ratio=r, add=sp.get("add", 0.0), tail=sp.get("tail", 0.0)),
        shape=shape,
        onset_s=onset,
        oracle_detect_s=tt,
        expected=(
            "promote_or_inconclusive"
            if eff == "none"
            else ("rollback" if tt else "rollback_or_inconclusive")
        ),
        params={k: v for k, v in sp.items() if k != "n"},
    )


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", required=True)
    ap.add_argument("--shapes")
    ap.add_argument("--seed", default="public-1")
    ap.add_argument("--reps", type=int, default=5)
    ap.add_argument("--openmetrics", action="store_true")
    ap.add_argument("--only", default="")
    a = ap.parse_args()
    shapes, steps = PUBLIC, STEPS
    if a.shapes:
        ns = {}
        exec(open(a.shapes).read(), ns)
        shapes, steps = ns["SHAPES"], ns["STEPS"]
    tr = [
        build(sp, steps, a.seed, k, a.openmetrics, a.out)
        for sp in shapes
        if a.only in sp["n"]
        for k in range(a.reps)
    ]
    os.makedirs(a.out, exist_ok=True)
    tf = os.path.join(a.out, "truth.json")
    old = (
        {x["id"]: x for x in json.load(open(tf))["scenarios"]}
        if a.only and os.path.exists(tf)
        else {}
    )
    old.update({x["id"]: x for x in tr})
    json.dump(dict(scenarios=[old[k] for k in sorted(old)]), open(tf, "w"), indent=1)
    print(len(tr), "scenarios")
