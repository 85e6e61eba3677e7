#!/usr/bin/env python3
"""What `serin render` writes for Istio and the Gateway API, checked as a cluster would: by the API
server's own code (main.go, of Go modules) against the definitions that Istio and the Gateway API
publish with their Go modules.

   run.py --serin PROGRAM --work DIR

Objects that are wrong on purpose (wrong.yaml) must be refused. Exit status: 0 all as it should be;
1 it is not; 2 usage; 77 Go or the modules can't be had (with CI set that is 1)."""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOLDEN = os.path.join(ROOT, "tests/unit/rollout/traffic/golden")
SKIPPED = 77
# Module, version, the sum of its content, its definitions; two versions of the Gateway API's
# standard channel, for the later one knows more fields.
DEFINITIONS = {
    "istio": ("istio.io/api", "v1.24.2", "h1:jYjcN6Iq0RPtQj/3KMFsybxmfqmjGN/dxhL7FGJEdIM=",
              "kubernetes/customresourcedefinitions.gen.yaml"),
    "gateway 1.2": ("sigs.k8s.io/gateway-api", "v1.2.0",
                    "h1:LrToiFwtqKTKZcZtoQPTuo3FxhrrhTgzQG0Te+YGSo8=",
                    "config/crd/standard/*_httproutes.yaml"),
    "gateway 1.4": ("sigs.k8s.io/gateway-api", "v1.4.0",
                    "h1:ZwlNM6zOHq0h3WUX2gfByPs2yAEsy/EenYJB78jpQfQ=",
                    "config/crd/standard/*_httproutes.yaml"),
}
EXISTING = ["--existing", os.path.join(HERE, "policies/existing.yaml")]
NAMED = ["--release", "checkout-7", "--version", "v2", "--stable", "v1"]
WAYS = {"": [], " idle": ["--idle"], " over existing": NAMED + EXISTING,
        " of a release": NAMED + ["--weight", "5"]}


class Unavailable(Exception):
    """Something that a registry should have given."""


def go(arguments, work):
    """Standard output of a command of Go. Raises Unavailable."""
    environment = dict(os.environ, GOFLAGS="-mod=readonly -buildvcs=false", GOWORK="off",
                       GOCACHE=os.path.join(work, "cache"))
    try:
        done = subprocess.run(["go", *arguments], cwd=HERE, env=environment, check=True,
                              stdout=subprocess.PIPE, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"go {arguments[0]}: {error}") from error
    return done.stdout


def fetched(work):
    """The checker, and the files of definitions by name."""
    if shutil.which("go") is None:
        raise Unavailable("Go is not installed")
    checker = os.path.join(work, "kubernetes-schema")
    go(["build", "-o", checker, "."], work)
    files = {}
    for name, (module, version, wanted, pattern) in DEFINITIONS.items():
        told = json.loads(go(["mod", "download", "-json", f"{module}@{version}"], work))
        if told["Sum"] != wanted:
            sys.exit(f"{module} {version}: the content's sum is {told['Sum']}, not {wanted}")
        files[name] = sorted(glob.glob(os.path.join(told["Dir"], pattern)))
        if not files[name]:
            sys.exit(f"{module} {version}: no {pattern}")
    return checker, files


def check(checker, definitions, objects):
    """Exit status and lines of the checker."""
    done = subprocess.run([checker, *definitions], input=objects, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


def rendered(serin):
    """Title and text of everything that is rendered, by the definitions that it must fit."""
    for policy in ("ratio", "content", "copies"):
        for kind in ("istio", "gateway"):
            for way, options in WAYS.items():
                if policy == "copies":
                    options = [*options, "--step", "2"] if way != " idle" else options
                command = [serin, "render", kind, "-f",
                           os.path.join(HERE, f"policies/{policy}.yaml"), *options]
                done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      text=True, check=False)
                if done.returncode != 0:
                    sys.exit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
                yield kind, f"{policy}{way}", done.stdout
    # A mirror's percentage came with version 1.3 of the Gateway API.
    for kind, name in (("istio", "istio"), ("istio", "istio-mirror"), ("gateway", "gateway"),
                       ("gateway 1.4", "gateway-mirror")):
        with open(os.path.join(GOLDEN, name + ".yaml")) as f:
            yield kind, f"the text that {name} is compared with", f.read()


def expected_problems():
    """The name of each wrong object and what must be said of it: its comment."""
    with open(os.path.join(HERE, "wrong.yaml")) as f:
        return re.findall(r"name: ([\w-]+)\}\s+# (.*)", f.read())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serin", required=True)
    parser.add_argument("--work", required=True)
    a = parser.parse_args()
    os.makedirs(a.work, exist_ok=True)
    try:
        checker, definitions = fetched(a.work)
    except Unavailable as error:
        if os.environ.get("CI"):
            print(error, file=sys.stderr)
            return 1
        print(f"skipped: {error}")
        return SKIPPED
    bad = 0
    for kind, title, text in rendered(os.path.abspath(a.serin)):
        for name in definitions:
            if not name.startswith(kind):
                continue
            status, lines = check(checker, definitions[name], text)
            right = status == 0 and all(line.endswith(": right") for line in lines)
            print(f"{name}: {title}: {'right' if right else 'WRONG'}")
            if not right:
                bad += 1
                print("\n".join(lines + [text]))
    wrong = expected_problems()
    with open(os.path.join(HERE, "wrong.yaml")) as f:
        status, lines = check(checker, definitions["istio"] + definitions["gateway 1.2"], f.read())
    for name, problem in wrong:
        seen = any(f" {name}: " in line and problem in line for line in lines)
        print(f"wrong on purpose, {name}: {'refused' if seen else 'NOT SEEN'}")
        bad += not seen
    if status != 1 or len(wrong) < 5:
        bad += 1
        print("\n".join(lines))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
