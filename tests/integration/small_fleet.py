"""Services for tests from outside: real processes that say which dataset they read."""
import http.client
import json
import os
import pathlib
import signal

from support import processes_with

# A service that says how many rows its dataset has; what a revision names is in USERS.
SERVICE = """
import http.server, json, os, sqlite3
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        table = os.environ["USERS"].split(":")[1]
        with sqlite3.connect(f"file:{os.environ['DATABASE']}?mode=ro", uri=True, timeout=20) as db:
            rows, = db.execute(f'SELECT count(*) FROM "{table}"').fetchone()
        data = json.dumps({"table": table, "rows": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answers).serve_forever()
"""

FLEET = """
fleet:
  targets: {{ here: {{ driver: processes, path: .honk/fleet }} }}
  services:
    greeter: {{ target: here, command: [ python3, service.py ], instances: 2, check_deadline: 20s,
               datasets: {{ USERS: users-v1 }}, environment: {{ DATABASE: ./data/listening.db }} }}
{more}
  groups:
    listening: {{ strategy: canary, max_instances: 5, steps: [ 1, "100%" ], bake: 100ms, interval: 100ms {waves} }}
    default: {{ bake: 0s, interval: 100ms, max_instances: 5, steps: [ "100%" ] }}  # of first starts: nobody needs to wait for them
"""

GREETER = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: greeter, annotations: { honk/reads: "component:default/users-v1" } }
spec: { type: service, lifecycle: production, owner: team-identity, dependsOn: [ "component:default/users-v1" ] }
"""


def ports(world, service=None):
    """Of the instances that run now, as the kernel knows them."""
    found = []
    for process in processes_with("service.py"):
        try:
            environment = pathlib.Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        values = dict(item.split(b"=", 1) for item in environment if b"=" in item)
        if str(world.folder).encode() in values.get(b"DATABASE", b"") and service in (None, values[b"HONK_SERVICE"].decode()):
            found.append((process, int(values[b"PORT"])))
    return found


def instances(world, service=None):
    """What each instance answers."""
    answers = []
    for _process, port in ports(world, service):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/")
        answers.append(json.loads(connection.getresponse().read()))
        connection.close()
    return answers


def end_instances(world):
    """They belong to nobody, and outlive the server."""
    world.kill()
    for process, _port in ports(world):
        os.kill(process, signal.SIGKILL)
