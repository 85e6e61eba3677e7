#!/usr/bin/env python3
"""The API of a real `serin serve` against its own description: requests made from
docs/api/openapi.json, valid and invalid ones, and answers compared with it.

   run.py --serin PROGRAM --work DIR [--tools VENV] [--examples N] [--seed S] [--quick]
          [--only GROUP] [--checks A,B]

The server has a release under way, with a router and metrics played by world.py. schemathesis comes
pinned from PyPI into a virtual environment. Exit status: 0 all answers were as described; 1 one was
not; 2 usage; 77 schemathesis can't be fetched (with CI set that is 1)."""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import world

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77
PATIENCE_S = 60
# Each group asks with a token of its own, all at once, just below what the server lets one ask for:
# READ_RATE where all is read; with the systematic part unknown methods are tried too.
READ_RATE = "45/s"
GROUPS = {
    "reads": ("9/s", ["--include-method", "GET"]),
    "releases": ("9/s", ["--include-path", "/api/v1/rollouts/{name}/releases"]),
    "operations": ("9/s", ["--include-path", "/api/v1/releases/{id}/operations/{operation}"]),
    "traffic": ("9/s", ["--include-path", "/api/v1/releases/{id}/traffic"]),
    "tools": ("9/s", ["--include-path-regex",
                      "^/api/v1/(lint|convert|replays|plans|analyses|operations/.*|targets/.*|"
                      "hooks/.*)$"]),
    "rest": ("9/s", ["--include-path-regex",
                     "^/api/v1/(apply|gates|tokens.*|rollouts(/\\{name\\})?)$"]),
}
# Not whether all that the description allows is done: a release may not exist, or not permit it.
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_headers_conformance,response_schema_conformance,unsupported_method,"
          "negative_data_rejection,missing_required_header,use_after_free")
# A parameter of a query that nobody knows is no error, as everywhere on the web.
# An analysis of a long span may be refused for the time that it takes.
SETTINGS = """[generation]
allow-extra-parameters = false
[[operations]]
include-path = "/api/v1/analyses"
checks.not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""
PHASES = {"quick": "examples,fuzzing", "full": "examples,coverage,fuzzing"}


def schemathesis(venv):
    """The program, installed where it is not there yet; None where it can't be fetched."""
    requirements = os.path.join(HERE, "requirements.txt")
    with open(requirements) as f:
        wanted = f.read()
    stamp = os.path.join(venv, "installed.txt")
    program = os.path.join(venv, "bin", "schemathesis")
    if os.path.exists(stamp):
        with open(stamp) as f:
            if f.read() == wanted:
                return program
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        subprocess.run([os.path.join(venv, "bin", "pip"), "install", "--quiet",
                        "--disable-pip-version-check", "--require-hashes", "--only-binary",
                        ":all:", "-r", requirements], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"schemathesis can't be fetched: {error}", file=sys.stderr)
        return None
    with open(stamp, "w") as f:
        f.write(wanted)
    return program


class Server:
    """`serin serve` with one release under way."""

    def __init__(self, serin, directory, around):
        self.serin, self.state = serin, os.path.join(directory, "state")
        config = os.path.join(directory, "config")
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(config)
        with open(os.path.join(config, "checkout.yaml"), "w") as f:
            f.write(world.ROLLOUT.replace("WORLD", around))
        self.allow_hooks(directory)
        self.log = os.path.join(directory, "serve.log")
        command = [serin, "serve", "-c", config, "--state", self.state,
                   "--listen", "127.0.0.1:0"]
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self.url = self.admin = ""

    def begin(self):
        self.url = self.wait_for_url()
        self.admin = self.token("contract")
        self.call("start", "checkout", "--version", "v2", "--stable", "v1")
        self.wait_for_evidence()

    def allow_hooks(self, directory):
        """Messages from outside are let in, with a rule that none of the made-up ones meets."""
        key = os.path.join(directory, "hooks.key")
        with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
            f.write("0123456789abcdef0123456789abcdef")
        os.makedirs(self.state, mode=0o700, exist_ok=True)
        with open(os.open(os.path.join(self.state, "hooks.yaml"), os.O_CREAT | os.O_WRONLY, 0o600),
                  "w") as f:
            f.write(f"keyFile: {key}\nrules:\n- name: nobody\n"
                    "  match: {alertname: NobodySendsThis}\n"
                    "  rollout: checkout\n  operation: pause\n")

    def call(self, *arguments):
        done = subprocess.run([self.serin, *arguments, "--state", self.state],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"serin {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def token(self, name):
        return self.call("token", "create", name, "--role", "admin", "--override").strip()

    def wait_for_evidence(self):
        """Until a look has found samples on both sides."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            metrics = self.get("/api/v1/releases/checkout-1/metrics")["metrics"]
            if any(m["windows"] > 0 for m in metrics):
                return
            time.sleep(0.2)
        raise RuntimeError("the release saw no samples: " + json.dumps(metrics)[:2000])

    def wait_for_url(self):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with open(self.log) as f:
                found = re.search(r"serin serves (http://\S+)\n", f.read())
            if found:
                return found.group(1)
            time.sleep(0.05)
        with open(self.log) as f:
            raise RuntimeError("serin serve did not start: " + f.read())

    def get(self, path):
        request = urllib.request.Request(self.url + path,
                                         headers={"Authorization": f"Bearer {self.admin}"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return -1


def begin(program, server, schema, group, a):
    """schemathesis over one group of operations, its words going to a file."""
    rate, operations = GROUPS[group]
    if group == "reads" and a.quick:
        rate = READ_RATE
    command = [program, "--config-file", os.path.join(a.work, "schemathesis.toml"),
               "run", schema, "--url", server.url, *operations,
               "--header", f"Authorization: Bearer {server.token(group)}",
               # A stream does not end.
               "--exclude-path", "/api/v1/events",
               "--phases", PHASES["quick" if a.quick else "full"], "--checks", a.checks,
               "--max-examples", str(a.examples), "--rate-limit", rate,
               "--request-timeout", "30", "--workers", "1", "--continue-on-failure",
               # Who guesses tokens is soon told to wait: other tests try that.
               "--generation-with-security-parameters", "false",
               "--generation-database", "none", "--no-color", "--warnings", "off"]
    if a.seed is not None:
        command += ["--seed", str(a.seed)]
    with open(os.path.join(a.work, group + ".log"), "w") as log:
        return subprocess.Popen(command, cwd=a.work, stdout=log, stderr=subprocess.STDOUT)


def end(process, group, a):
    good = process.wait() == 0
    with open(os.path.join(a.work, group + ".log")) as f:
        said = f.read()
    counts = re.findall(r"\d+ generated.*", said)
    print(f"{group}: {counts[-1] if counts else 'did not run'}" if good
          else f"{group}: FAILED\n{said}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serin", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--tools", help="where schemathesis is, or is put (DIR/venv)")
    parser.add_argument("--examples", type=int, default=10)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--quick", action="store_true", help="without the systematic part")
    parser.add_argument("--only", choices=sorted(GROUPS))
    parser.add_argument("--checks", default=CHECKS)
    a = parser.parse_args()
    os.makedirs(a.work, exist_ok=True)
    program = schemathesis(os.path.abspath(a.tools or os.path.join(a.work, "venv")))
    if program is None:
        if os.environ.get("CI"):
            return 1
        print("skipped: schemathesis is not installed and can't be fetched from PyPI")
        return SKIPPED
    with world.started() as around:
        server = Server(os.path.abspath(a.serin), os.path.join(a.work, "world"), around)
        try:
            server.begin()
            schema = os.path.join(a.work, "openapi.json")
            with open(schema, "w") as f:
                json.dump(server.get("/api/v1/openapi.json"), f)
            with open(os.path.join(a.work, "schemathesis.toml"), "w") as f:
                f.write(SETTINGS)
            groups = [a.only] if a.only else list(GROUPS)
            good = []
            # Who revokes tokens and changes the configuration comes when the others are done.
            for batch in ([g for g in groups if g != "rest"], [g for g in groups if g == "rest"]):
                running = [begin(program, server, schema, group, a) for group in batch]
                good += [end(process, group, a) for process, group in zip(running, batch)]
        finally:
            status = server.stop()
    if status != 0:
        print(f"serin serve ended with {status}", file=sys.stderr)
    return 0 if all(good) and status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
