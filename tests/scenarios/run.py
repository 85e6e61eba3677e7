#!/usr/bin/env python3
"""Replay recorded releases with serin, score its decisions and compare with the goals.

   run.py --serin PROGRAM --work DIR [--suite public|other|own] [--reps N] [--only SUBSTR]
          [--seed S] [--boundary exact|calibrated] [--report]

Recordings are made once a work directory and kept there. numpy, which the generators need, comes
pinned from PyPI into DIR/venv. --report prints the score without comparing it. Exit status: 0 all
goals met; 1 not, or a replay failed; 2 usage."""

import argparse
import hashlib
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GENERATORS = {"public": "gen_scenarios.py", "other": "gen_scenarios.py", "own": "own_shapes.py"}
SHAPES = {"other": "other_shapes.py"}
SEEDS = {"public": "public-1", "other": "x1", "own": "own-1"}
EXIT_CODES = {"promote": 0, "rollback": 10, "inconclusive": 12}


def python_with_numpy(work):
    """An interpreter that has what requirements.txt pins."""
    requirements = os.path.join(HERE, "requirements.txt")
    with open(requirements) as f:
        wanted = f.read()
    venv = os.path.join(work, "venv")
    stamp = os.path.join(venv, "installed.txt")
    python = os.path.join(venv, "bin", "python")
    if os.path.exists(stamp) and open(stamp).read() == wanted:
        return python
    quiet = dict(check=True, stdout=subprocess.DEVNULL)
    subprocess.run([sys.executable, "-m", "venv", "--clear", venv], **quiet)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(pip + ["-r", requirements], **quiet)
    with open(stamp, "w") as f:
        f.write(wanted)
    return python


def recordings(a):
    """The folder of the recordings asked for, made where it does not exist yet."""
    generator = os.path.join(HERE, GENERATORS[a.suite])
    seed = a.seed or SEEDS[a.suite]
    shapes = os.path.join(HERE, SHAPES[a.suite]) if a.suite in SHAPES else None
    content = b""
    for path in [generator] + ([shapes] if shapes else []):
        with open(path, "rb") as f:
            content += f.read()
    key = hashlib.sha256(content + repr((seed, a.reps, a.only)).encode()).hexdigest()[:12]
    folder = os.path.join(a.work, f"{a.suite}-{key}")
    if not os.path.exists(os.path.join(folder, "truth.json")):
        command = [python_with_numpy(a.work), generator, "--out", folder, "--seed", seed]
        command += ["--reps", str(a.reps)] + (["--only", a.only] if a.only else [])
        command += ["--shapes", shapes] if shapes else []
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def policy_of(folder, boundary, work):
    """The recording's configuration, with the boundary asked for."""
    path = os.path.join(folder, "rollout.yaml")
    if boundary == "exact":  # the default
        return path
    with open(path) as f:
        text = f.read()
    rate = "falseRollbackRate: 0.01"
    assert rate in text, path
    changed = os.path.join(work, f"rollout-{os.getpid()}.yaml")
    with open(changed, "w") as f:
        f.write(text.replace(rate, f"{rate}, boundary: {boundary}"))
    return changed


def decide(serin, folder, boundary, work):
    """One line of decision, or an error text."""
    with open(os.path.join(folder, "scenario.json")) as f:
        scenario = json.load(f)
    command = [serin, "replay", "-f", policy_of(folder, boundary, work)]
    command += [os.path.join(folder, "metrics.json.gz"), "--start", str(scenario["rollout_start"])]
    done = subprocess.run(command + ["-o", "json"], capture_output=True, text=True)
    try:
        out = json.loads(done.stdout.splitlines()[-1])
        if done.returncode != EXIT_CODES[out["verdict"]]:
            return None, f"exit status {done.returncode} of verdict {out['verdict']}"
    except (IndexError, KeyError, ValueError):
        return None, f"exit status {done.returncode}: {done.stderr.strip()[-500:]}"
    decision = {k: out[k] for k in ("verdict", "t_s", "metric", "sentence")}
    return dict(decision, id=scenario["id"]), None


def broken_goals(score, truth, decisions):
    goals = {
        "missing": score["missing"] == 0,
        # The upper bound of the interval is a goal from 1,000 harmless releases on.
        "false_rollback_rate": score["false_rollback_rate"] <= 0.01,
        "false_promote": score["false_promote"] == 0,
    }
    if any(s.get("should_promote") for s in truth):
        goals["harmless_promoted"] = score["harmless_promoted"] >= 0.8
    if sum(s["label"] == "A/A" for s in truth) >= 1000:
        goals["false_rollback_ci95"] = score["false_rollback_ci95"][1] <= 0.015
    if score["detectable"]:
        goals["detection_rate"] = score["detection_rate"] >= 0.99
        goals["median_time_ratio_to_oracle"] = score["median_time_ratio_to_oracle"] <= 2.0
        goals["p90_time_ratio"] = score["p90_time_ratio"] <= 5
        goals["blame_correct"] = score["blame_correct"] >= 0.95
    broken = [f"{name}: {score[name]}" for name, met in goals.items() if not met]
    verdicts = {d["id"]: d["verdict"] for d in decisions}
    for s in truth:
        if s["expected"] == "inconclusive" and verdicts.get(s["id"]) != "inconclusive":
            broken.append(f"{s['id']}: {verdicts.get(s['id'])} instead of inconclusive")
    return broken


def print_wrong(truth, decisions):
    by_id = {s["id"]: s for s in truth}
    for d in decisions:
        s = by_id[d["id"]]
        harmless = s["label"] == "A/A"
        wrong = d["verdict"] == "rollback" if harmless else d["verdict"] != "rollback"
        if wrong:
            print(f"  {d['id']}: {d['verdict']} at {d['t_s']:.0f} s: {d['sentence']}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--serin", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--suite", choices=sorted(GENERATORS), default="public")
    parser.add_argument("--reps", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed")
    parser.add_argument("--boundary", choices=["exact", "calibrated"], default="exact")
    parser.add_argument("--report", action="store_true")
    a = parser.parse_args()
    os.makedirs(a.work, exist_ok=True)
    folder = recordings(a)
    with open(os.path.join(folder, "truth.json")) as f:
        truth = json.load(f)["scenarios"]
    decisions = []
    for scenario in truth:
        decision, error = decide(a.serin, os.path.join(folder, scenario["id"]), a.boundary, a.work)
        if error:
            print(f"{scenario['id']}: {error}")
        else:
            decisions.append(decision)
    lines = os.path.join(folder, f"decisions-{a.boundary}.jsonl")
    with open(lines, "w") as f:
        f.writelines(json.dumps(d) + "\n" for d in decisions)
    scored = subprocess.run(
        [sys.executable, os.path.join(HERE, "score.py"), os.path.join(folder, "truth.json"), lines],
        check=True,
        capture_output=True,
        text=True,
    )
    print(scored.stdout)
    print_wrong(truth, decisions)
    broken = broken_goals(json.loads(scored.stdout), truth, decisions)
    for goal in broken:
        print("goal missed:", goal)
    sys.exit(1 if broken and not a.report else 0)


if __name__ == "__main__":
    main()
