"""What stands around the server in the test of its contract: a router that does what it is told,
and a metrics server on which the canary fares a little worse than stable."""

import contextlib
import http.server
import json
import threading
import time
import urllib.parse

# WORLD: where `started` listens.
ROLLOUT = """apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  environment: prod
  strategy:
    canary:
      trafficRouting:
        webhook: {url: 'WORLD/route', timeout: 5s}
      analysis:
        versions: {label: version, canary: v2, stable: v1, instance: pod}
        metrics:
        - name: error-rate
          interval: 1s
          compare: {errors: {bad: 'http_requests_total{code="500"}', total: http_requests_total}}
          provider: {prometheus: {address: 'WORLD'}}
      steps:
      - setWeight: 10
      - pause: {duration: 1m}
      - setWeight: 50
      - pause: {}
"""
HISTORY_S = 120
# Counted each second: version, code, how many.
SERIES = [("v1", "200", 40), ("v1", "500", 1), ("v2", "200", 20), ("v2", "500", 1)]


def samples(query, now):
    """The counters that a query over a range asks for, one sample a second."""
    result = []
    for version, code, rate in SERIES:
        if "http_requests_total" not in query or ('"500"' in query and code != "500"):
            continue
        labels = {"__name__": "http_requests_total", "version": version, "code": code,
                  "pod": f"checkout-{version}"}
        values = [[t, str(rate * (t % 1_000_000))] for t in range(now - HISTORY_S, now + 1)]
        result.append({"metric": labels, "values": values})
    return result


class World(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    route = {"weight": 0, "inService": False, "owner": ""}

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()

    def answer(self, document):
        text = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_PUT(self):
        wanted = json.loads(self.body())
        with self.lock:
            World.route = {name: wanted[name] for name in
                           ("weight", "inService", "owner", "place", "content") if name in wanted}
        self.answer({})

    def do_GET(self):
        with self.lock:
            self.answer(World.route)

    def do_POST(self):
        query = urllib.parse.parse_qs(self.body()).get("query", [""])[0]
        found = samples(query, int(time.time()))
        self.answer({"status": "success",
                     "data": {"resultType": "matrix" if found else "vector", "result": found}})


@contextlib.contextmanager
def started():
    """The address, while it is served."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), World)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
