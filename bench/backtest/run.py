#!/usr/bin/env python3
"""Back-test a policy of four metrics on the past of ten instances in a real Prometheus.

   run.py BUILD_DIRECTORY [DAYS] [--keep DIRECTORY]

Makes the past (bench-past-data), turns it into blocks (promtool), starts a Prometheus on a free
port, and runs `serin backtest` over all of it: 200 harmless releases of an hour, 20 of each
regression. Prints one JSON object: the processor time and the peak memory of serin alone, the time
that went by, and the processor time of Prometheus. --keep uses the blocks of an earlier run, or
leaves them for a later one. Needs prometheus and promtool."""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

POLICY = """apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: health}
spec:
  versions: {label: version, canary: v2, stable: v1, instance: pod}
  metrics:
  - name: error-rate
    interval: 30s
    compare: {errors: {bad: 'requests_total{code="500"}', total: requests_total}}
    provider: &here {prometheus: {address: "{{args.prometheus}}"}}
  - name: latency
    interval: 30s
    compare: {histogram: {buckets: latency_bucket}}
    provider: *here
  - name: memory
    interval: 30s
    compare: {gauge: {query: memory_bytes}}
    provider: *here
  - name: cpu
    interval: 30s
    compare: {gauge: {query: cpu_seconds}}
    provider: *here
---
apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    canary:
      steps:
      - setWeight: 5
      - pause: {duration: 15m}
      - setWeight: 10
      - pause: {duration: 15m}
      - setWeight: 25
      - pause: {duration: 15m}
      - setWeight: 50
      - pause: {duration: 15m}
      analysis: {templates: [{templateName: health}]}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_blocks(build, folder, days, end):
    """In parts of two hours, a block each: promtool reads a file once for each block in it."""
    data = folder / "data"
    text = folder / "text"
    text.mkdir()
    program = build / "bench/backtest/bench-past-data"
    subprocess.run([program, text, str(days), str(end)], check=True)
    for part in sorted(text.iterdir()):
        command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q"]
        command += [part, data]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        part.unlink()
    (folder / "end").write_text(str(end))


def start_prometheus(folder):
    port = free_port()
    config = folder / "prometheus.yml"
    config.write_text("scrape_configs: []\n")
    with open(folder / "prometheus.log", "w") as log:
        server = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=10y",
             # No compaction beside the measurement.
             "--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h"],
            stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(url + "/-/ready", timeout=5).close()
            return server, url
        except OSError:
            time.sleep(0.2)
    server.kill()
    sys.exit("prometheus did not start: " + (folder / "prometheus.log").read_text())


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def backtest(build, folder, url, begin, end):
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    began = time.monotonic()
    serin = subprocess.Popen(
        [build / "app/serin", "backtest", "-f", policy, "--prom", url, "--from", str(begin), "--to",
         str(end), "--releases", "200", "--harmed", "20", "-o", "json", "-q"],
        stdout=subprocess.PIPE)
    report = json.loads(serin.stdout.read() or "{}")
    _, status, used = os.wait4(serin.pid, 0)
    return report, {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": round(time.monotonic() - began, 1),
        "serin_cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "serin_peak_mb": round(used.ru_maxrss / 1024),
    }


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("build", type=pathlib.Path)
    arguments.add_argument("days", type=int, nargs="?", default=30)
    arguments.add_argument("--keep", type=pathlib.Path)
    given = arguments.parse_args()
    folder = given.keep or pathlib.Path(tempfile.mkdtemp(prefix="serin-bench-"))
    folder.mkdir(exist_ok=True)
    try:
        if not (folder / "end").exists():
            make_blocks(given.build, folder, given.days, int(time.time()) // 7200 * 7200 - 7200)
        end = int((folder / "end").read_text())
        server, url = start_prometheus(folder)
        try:
            before = processor_seconds(server.pid)
            report, figures = backtest(given.build, folder, url, end - given.days * 86400, end)
            figures["prometheus_cpu_s"] = round(processor_seconds(server.pid) - before, 1)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
        print(json.dumps({"what": f"backtest of {given.days} days", **figures,
                          "releases": report.get("releases"),
                          "rolled_back": report.get("falseRollbacks")}))
    finally:
        if not given.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if report.get("releases") else 1)


if __name__ == "__main__":
    main()
