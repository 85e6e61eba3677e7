#!/usr/bin/env python3
"""Check a conformance program against reference vectors.

usage: check.py PROGRAM [--dir DIR] [--family NAME]... [--show N] [--allow FAMILY=N]...

PROGRAM reads one JSON object a line on standard input, {"family","id","input"}, and writes one a
line on standard output, {"family","id","output"}, in the same order, flushed per line.
PROVENANCE.md beside this file says what each family's input and output hold. A family that the
program does not know yet is answered {"output":{"unsupported":true}} and counts as failing.
Exit status: 0 when every case passes, 1 otherwise.
"""

import argparse, glob, http.server, json, math, os, subprocess, sys, threading, time, urllib.parse


def num(v):
    if isinstance(v, str):
        try:
            return float(
                v.replace("Infinity", "inf")
                .replace("+Inf", "inf")
                .replace("-Inf", "-inf")
                .replace("Inf", "inf")
            )
        except ValueError:
            return v
    return v


def close(a, b, rel=1e-9, abs_=1e-12):
    a, b = num(a), num(b)
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        return a == b or abs(a - b) <= max(abs_, rel * max(abs(a), abs(b)))
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(close(x, y, rel, abs_) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k], rel, abs_) for k in a)
    return a == b


def prune(v):
    """Drop empty objects, lists and nulls, so that a field left out equals an empty one."""
    if isinstance(v, dict):
        d = {k: prune(x) for k, x in v.items()}
        return {k: x for k, x in d.items() if x not in ({}, [], None)}
    if isinstance(v, list):
        return [prune(x) for x in v]
    return v


def eq_condition(c, o):
    return (
        o.get("error") is True
        if c["expect"].get("error")
        else o.get("value") is c["expect"]["value"]
    )


def eq_expression(c, o):
    e = c["expect"]
    return o.get("type") == e["type"] and close(o.get("value"), e["value"])


def eq_analysis_run(c, o):
    e = c["expect"]
    for k in ("phase", "message"):
        if (o.get(k) or "") != (e.get(k) or ""):
            return False
    if not close(o.get("completedAtSeconds"), e.get("completedAtSeconds"), abs_=2e-3):
        return False
    for k in ("runSummary", "dryRunSummary"):
        if prune(o.get(k) or {}) != prune(e.get(k) or {}):
            return False
    by = lambda l: {m["name"]: {k: v for k, v in m.items()} for m in (l or [])}
    a, b = by(o.get("metricResults")), by(e.get("metricResults"))
    if a.keys() != b.keys():
        return False
    for n in b:
        for k in b[n]:
            if b[n][k] != a[n].get(k, "" if k == "message" else None):
                return False
    tr = lambda l: sorted(
        (round(t["t"], 1), t["metric"], t["action"], t.get("phase") or "") for t in (l or [])
    )
    return len(o.get("trace") or []) == len(e.get("trace") or []) and all(
        abs(x[0] - y[0]) <= 0.11 and x[1:] == y[1:]
        for x, y in zip(tr(o.get("trace")), tr(e.get("trace")))
    )


def eq_validation(c, o):
    e = c["expect"]
    if o.get("valid") is not e["valid"]:
        return False
    return e["valid"] or e["error_contains"] in " | ".join(
        o.get("errors") or [o.get("error") or ""]
    )


def params_as_expected(want, got, asked_for_now):
    """Every parameter of the peer's; times that come from now() lie as far apart as its do."""
    moving = {k for k in asked_for_now if k in want and k in got}
    shifts = [num(got[k]) - num(want[k]) for k in moving]
    return all(got.get(k) == v for k, v in want.items() if k not in moving) and (
        not shifts or (max(shifts) - min(shifts) < 1 and num(got["end"]) <= time.time() + 1)
    )


def request_as_expected(c):
    """The request that reached the server: method, path, the peer's headers and parameters."""
    e, seen = c["expect"].get("request"), c.get("seen")
    if not e:
        return seen is None
    prometheus = c["input"]["metric"]["provider"].get("prometheus") or {}
    bounds = (prometheus.get("rangeQuery") or {}).items()
    now = {k for k, v in bounds if k in ("start", "end") and "now(" in v}
    return (
        seen is not None
        and e["method"] == seen["method"]
        and e["path"] == seen["path"]
        and all(seen["headers"].get(k.lower(), "").startswith(v) for k, v in e["headers"].items())
        and params_as_expected(e["params_without_time"], seen["params"], now)
    )


def eq_response(c, o):
    e = c["expect"]
    if not request_as_expected(c):
        return False
    if e.get("provider_error"):
        return bool(o.get("provider_error"))
    if o.get("phase") != e.get("phase"):
        return False
    if e.get("phase") == "Error":
        return True
    if (o.get("value") or "") == (e.get("value") or ""):
        return True
    try:
        return close(json.loads(o["value"]), json.loads(e["value"]))
    except (ValueError, KeyError, TypeError):
        return False


def eq_merge(c, o):
    e = c["expect"]
    if "error_contains" in e:
        return e["error_contains"] in (o.get("error") or "")
    return prune(o.get("merged")) == prune(e["merged"])


def eq_subst(c, o):
    e = c["expect"]
    if "error_contains" in e:
        return bool(o.get("error"))
    return prune(o.get("metric")) == prune(e["metric"])


def eq_kayenta(c, o):
    e = c["expect"]
    if "exception" in e:
        return bool(o.get("exception"))
    s, t = e["score"], o.get("score") or {}
    if not close(s["score"], t.get("score"), abs_=1e-9) or s["classification"] != t.get(
        "classification"
    ):
        return False
    if len(e["results"]) != len(o.get("results") or []):
        return False
    got = {r["name"]: r for r in o["results"]}
    for r in e["results"]:
        g = got.get(r["name"])
        if (
            not g
            or g["classification"] != r["classification"]
            or bool(g.get("critical")) != bool(r["critical"])
        ):
            return False
        noise = bool(
            (r.get("internals") or {}).get("noiseAdded")
        )  # Kayenta adds unseeded noise to two constants
        if (
            "ratio" in r
            and r["ratio"] is not None
            and not close(r["ratio"], g.get("ratio"), 1e-3 if noise else 1e-9, 1e-9)
        ):
            return False
        for k in ("lower", "upper", "estimate"):
            v = (r.get("internals") or {}).get(k)
            if (
                v is not None
                and not noise
                and math.isfinite(num(v))
                and not close(v, (g.get("internals") or {}).get(k), 1e-9, 1.6e-4)
            ):
                return False
    gs = lambda x: {g["name"]: g["score"] for g in x.get("groupScores") or []}
    return close(gs(e), gs(o), abs_=1e-9)


def eq_stats(c, o):
    for k, v in c["expect"].items():
        t = (c.get("tol") or {}).get(k, (c.get("tol") or {}).get("rel", c.get("tol_default", 1e-9)))
        if k not in o or not close(v, o[k], max(t, 1e-7), max(t, 1e-9)):
            return False
    return True


def comparator(f):
    if f.startswith("stats_"):
        return eq_stats
    if f.endswith("_response"):
        return eq_response
    return {
        "condition": eq_condition,
        "expression": eq_expression,
        "analysis_run": eq_analysis_run,
        "validation": eq_validation,
        "template_merge": eq_merge,
        "arg_substitution": eq_subst,
        "kayenta_judge": eq_kayenta,
    }.get(f, lambda c, o: close(c["expect"], {k: o.get(k) for k in c["expect"]}))


class Server(http.server.BaseHTTPRequestHandler):
    """Answers with the case's status and body: the path's first part is the case's number."""

    cases, seen = [], {}

    def answer(self):
        n = int(self.path.split("/")[1])
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(
            errors="replace"
        )
        path, _, query = self.path.partition("?")
        params = urllib.parse.parse_qs(query)
        if "form-urlencoded" in (self.headers.get("Content-Type") or ""):
            params.update(urllib.parse.parse_qs(body))
        Server.seen.setdefault(
            n,
            {
                "method": self.command,
                "path": path[len(str(n)) + 1 :],
                "params": {k: v[0] for k, v in params.items()},
                "headers": {k.lower(): v for k, v in self.headers.items()},
            },
        )
        i = Server.cases[n]["input"]
        body = i["http_body"].encode()
        self.send_response(i["http_status"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_FOO = answer

    def log_message(self, *a):
        pass


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("program", nargs="+")
    p.add_argument("--dir", default=os.path.dirname(os.path.abspath(__file__)))
    p.add_argument("--family", action="append")
    p.add_argument("--show", type=int, default=3)
    p.add_argument("--allow", action="append", default=[])
    a = p.parse_args()
    allow = {k: int(v) for k, v in (x.split("=") for x in a.allow)}
    cases = []
    for path in sorted(glob.glob(os.path.join(a.dir, "**", "*.jsonl"), recursive=True)):
        if a.family and os.path.basename(path)[:-6] not in a.family:
            continue
        cases += [json.loads(l) for l in open(path)]
    srv = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    Server.cases = cases
    threading.Thread(target=srv.serve_forever, daemon=True).start()
    lines = []
    for n, c in enumerate(cases):
        s = json.dumps({k: c[k] for k in ("family", "id", "input")}, separators=(",", ":"))
        lines.append(s.replace("$URL", f"http://127.0.0.1:{srv.server_port}/{n}"))
    r = subprocess.run(
        a.program, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=900
    )
    outs = [l for l in r.stdout.splitlines() if l.strip()]
    if len(outs) != len(cases):
        print(
            f"{len(outs)} answers to {len(cases)} cases; exit status {r.returncode}; "
            f"{r.stderr[-500:]}"
        )
        sys.exit(1)
    tot, bad = {}, {}
    for n, (c, l) in enumerate(zip(cases, outs)):
        c["seen"] = Server.seen.get(n)
        f = c["family"]
        tot[f] = tot.get(f, 0) + 1
        try:
            o = json.loads(l)
            ok = (
                o["id"] == c["id"]
                and not (o.get("output") or {}).get("unsupported")
                and comparator(f)(c, o.get("output") or {})
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            ok = False
        if not ok and not c.get("platform_dependent"):
            bad.setdefault(f, []).append((c, l))
    code = 0
    for f in tot:
        b = bad.get(f, [])
        fell = len(b) > allow.get(f, 0)
        code |= fell
        print(
            f"{f:38s} {tot[f]-len(b):5d} of {tot[f]:5d}"
            + ("" if not b else "  FAIL" if fell else "  allowed")
        )
        for c, l in b[: a.show]:
            print("   ", json.dumps({"id": c["id"], "expect": c["expect"]})[:300])
            print("    got", l[:300])
    print(
        f"{sum(tot.values())-sum(map(len,bad.values()))} passed, "
        f"{sum(map(len,bad.values()))} failed"
    )
    sys.exit(code)


if __name__ == "__main__":
    main()
