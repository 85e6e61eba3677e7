#!/usr/bin/env python3
"""Run a benchmark program and compare CPU times with limits.

   gate.py PROGRAM LIMIT...

A LIMIT is "A < X" (nanoseconds a turn), "A / B < X" or "A / B > X", with the names of two
benchmarks of the program; X may be written with an exponent. The least of three repetitions counts.
Exit status: 0 all met, 1 not, 2 usage."""
import json
import subprocess
import sys

UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def measure(program, names):
    pattern = "^(" + "|".join(sorted(names)) + ")$"
    command = [program, "--benchmark_format=json", f"--benchmark_filter={pattern}"]
    command += ["--benchmark_repetitions=3", "--benchmark_min_time=0.1"]
    runs = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    times = {}
    for run in runs["benchmarks"]:
        if run.get("run_type") == "aggregate":
            continue
        name = run["run_name"]
        time = run["cpu_time"] * UNITS[run["time_unit"]]
        times[name] = min(time, times.get(name, time))
    return times


def main():
    if len(sys.argv) < 3:
        print(__doc__)
        sys.exit(2)
    limits = [text.split() for text in sys.argv[2:]]
    names = {part for limit in limits for part in limit[:-1] if part not in "</>"}
    times = measure(sys.argv[1], names)
    missed = 0
    for limit in limits:
        value = times[limit[0]]
        if limit[1] == "/":
            value /= times[limit[2]]
        met = value < float(limit[-1]) if limit[-2] == "<" else value > float(limit[-1])
        print(f"{'met   ' if met else 'missed'} {' '.join(limit)}: {value:.4g}")
        missed += not met
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
