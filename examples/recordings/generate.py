#!/usr/bin/env python3
"""Writes the recordings of this folder, OpenMetrics text in gzip, the same ones each time.

    generate.py DIR
"""
import gzip
import math
import pathlib
import random
import sys

SCRAPE = 30
BEGIN = 1_767_225_600 - 8400  # so that the releases begin at 2026-01-01T00:00:00Z
START = 8400                  # 2 h 20 min of history before
END = START + 1800
REQUESTS = 450                # of an instance between two scrapes
STABLE = ("shop-a", "shop-b", "shop-c")


def binomial(rng, n, p):
    return sum(rng.random() < p for _ in range(n))


class Pod:
    def __init__(self, rng, name, version, since):
        self.rng, self.name, self.version, self.since = rng, name, version, since
        self.good = self.bad = 0
        self.level = rng.gauss(0, 0.01)

    def scrape(self, requests, errors, memory):
        failed = binomial(self.rng, requests, errors)
        self.bad += failed
        self.good += requests - failed
        self.level = 0.8 * self.level + self.rng.gauss(0, 0.006)
        return self.good, self.bad, round(memory * math.exp(self.level))


def write(path, seed, canary_errors=0.01, leak=0.0, incidents=(), silent_after=None):
    rng = random.Random(seed)
    pods = [Pod(rng, name, "v1", 0) for name in STABLE]
    canary = Pod(rng, "shop-new", "v2", START)
    lines = []
    for t in range(0, END + 1, SCRAPE):
        incident = 12 if any(a <= t - START < b for a, b in incidents) else 1
        for pod in pods + [canary]:
            new = pod is canary
            since = t - START
            if new and (since < 15 or (silent_after is not None and since > silent_after)):
                continue
            errors = (canary_errors if new else 0.01) * incident
            memory = 3e8 * (1 + leak * since / 3600 if new else 1)
            good, bad, level = pod.scrape(REQUESTS, errors, memory)
            labels = f'pod="{pod.name}",version="{pod.version}"'
            lines += [f'http_requests_total{{code="200",{labels}}} {good} {BEGIN + t}',
                      f'http_requests_total{{code="500",{labels}}} {bad} {BEGIN + t}',
                      f'process_resident_memory_bytes{{{labels}}} {level} {BEGIN + t}']
    text = "\n".join(sorted(lines)) + "\n# EOF\n"
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    write(out / "good.om.gz", 1)
    write(out / "bad.om.gz", 2, canary_errors=0.06)
    write(out / "flaky.om.gz", 3, incidents=((300, 390), (840, 930), (1380, 1440)))
    write(out / "no-data.om.gz", 4, silent_after=60)
    write(out / "slow-leak.om.gz", 5, leak=0.9)


main()
