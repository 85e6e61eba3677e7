#!/usr/bin/env python3
"""A rollout controller with serin beside it as the judge.

It moves the traffic itself, by a command of yours, and asks serin after every interval:

  serin serve --sidecar -c rollouts --listen 127.0.0.1:8443
  serin token create controller --role operator > token
  examples/sidecar/controller.py --rollout checkout --canary 2.4.0 --stable 2.3.0 \\
      --token-file token --weights 5,25,50 --set-weight ./set-weight

`set-weight PERCENT` is called with each weight, 0 to return. Exit status: 0 promoted, 10 returned.
"""
import argparse
import json
import subprocess
import sys
import time
import urllib.request


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", default="http://127.0.0.1:8443")
    parser.add_argument("--rollout", required=True)
    parser.add_argument("--canary", required=True)
    parser.add_argument("--stable", required=True)
    parser.add_argument("--token-file", required=True)
    parser.add_argument("--weights", default="5,25,50")
    parser.add_argument("--interval", type=float, default=30)
    parser.add_argument("--looks", type=int, default=10, help="intervals at each weight")
    parser.add_argument("--set-weight", required=True)
    options = parser.parse_args()
    with open(options.token_file, encoding="utf-8") as file:
        token = file.read().strip()

    def set_weight(percent):
        subprocess.run([options.set_weight, str(percent)], check=True)

    def ask(weight):
        body = {"key": f"{options.rollout}/{options.canary}", "rollout": options.rollout,
                "canary": options.canary, "stable": options.stable, "weight": weight,
                "interval": f"{options.interval}s"}
        request = urllib.request.Request(
            options.server + "/sidecar/v1/analyses", json.dumps(body).encode(),
            {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    answer = {"verdict": "noData"}
    for weight in [float(text) for text in options.weights.split(",")]:
        set_weight(weight)
        for _ in range(options.looks):
            try:
                answer = ask(weight)
            except OSError as error:  # no judge: hold, and what it said before is not its word now
                answer = {"verdict": "noData"}
                print(f"serin does not answer: {error}", file=sys.stderr)
            print(f"{weight:g} % {answer['verdict']}: {answer.get('sentence', '')}", flush=True)
            if answer["verdict"] == "fail":
                set_weight(0)
                return 10
            time.sleep(options.interval)
    # Nothing is promoted for want of data.
    set_weight(100 if answer["verdict"] == "pass" else 0)
    return 0 if answer["verdict"] == "pass" else 10


if __name__ == "__main__":
    sys.exit(main())
