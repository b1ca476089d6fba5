"""A real server in a folder of its own, and a client that holds every answer against api/openapi.yaml.

Needs python3-yaml and python3-jsonschema (Debian packages); the contract tests are skipped without them.
"""
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SYSTEM_PYTHON = "/usr/bin/python3"
try:
    import jsonschema
    import yaml
except ImportError:
    if sys.executable != SYSTEM_PYTHON and os.path.exists(SYSTEM_PYTHON) and "HONK_REEXEC" not in os.environ:
        os.environ["HONK_REEXEC"] = "1"
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON] + sys.argv)
    print("skipped: needs python3-yaml and python3-jsonschema")
    sys.exit(77)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HONK = os.environ.get("HONK", os.path.join(ROOT, "build", "honk"))

CONFIG = """
state: .honk
listen: 127.0.0.1:7420
socket: .honk/s
catalog: [ catalog ]
workers: {workers}
stores:
  shop: {{ driver: sqlite, path: shop.db }}
repositories:
  hosted: {{ driver: git, path: mirrors, forge: {{ kind: gitlab, owner: acme, webhook_secret_file: hook }} }}
policy: {{ self_approval: false, quorum: 1, rollback_window: {window}, soak: 0s }}
roles:
  approver: [ user:default/bo ]
  operator: [ user:default/ada, user:default/bo ]
  admin: [ local ]
  delegate: [ service:default/backstage ]
limits: {{ "group:shop": 4 }}
throttle_commands:
  quiet: {{ command: [ /bin/true ] }}
"""

ENTITIES = """
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: sellers }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: orders-v1, annotations: { honk/dataset-url: "shop:orders_v1" } }
spec: { type: dataset, owner: sellers }
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: orders-v2, annotations: { honk/dataset-url: "shop:orders_v2" } }
spec: { type: dataset, owner: sellers }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: report }
spec: { type: service, lifecycle: production, owner: sellers, dependsOn: [ "resource:default/orders-v1" ] }
---
apiVersion: honk/v1
kind: Migration
metadata: { name: orders, annotations: { honk/agent: honk-migration-agent } }
spec: { owner: sellers, source_dataset: orders-v1, target_dataset: orders-v2, migration_strategy: bulk-copy }
"""

ANOTHER = """
apiVersion: honk/v1
kind: Migration
metadata: { name: %s, annotations: { honk/agent: honk-migration-agent } }
spec: { owner: sellers, source_dataset: orders-v1, target_dataset: orders-v2, migration_strategy: bulk-copy }
"""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.type = (headers.get("Content-Type") or "").split(";")[0]
        self.json = json.loads(body) if self.type.endswith("json") and body else None

    def __repr__(self):
        return "%d %s" % (self.status, self.body[:400].decode(errors="replace"))


class Contract:
    """api/openapi.yaml, and which of its promises were seen kept."""

    def __init__(self):
        with open(os.path.join(ROOT, "api", "openapi.yaml"), encoding="utf-8") as file:
            self.document = yaml.safe_load(file)
        self.seen = set()
        self.operations = []
        for path, item in self.document["paths"].items():
            pattern = re.compile("^" + re.sub(r"\\{[a-z]+\\}|\{[a-z]+\}", "[^/]+", path) + "$")
            for method in ("get", "post", "put", "delete"):
                if method in item:
                    self.operations.append((method.upper(), path, pattern, item[method], item.get("parameters", [])))
        # The most literal path first: /tasks/lease before /tasks/{id}.
        self.operations.sort(key=lambda operation: operation[1].count("{"))

    def resolve(self, thing):
        while isinstance(thing, dict) and "$ref" in thing:
            at = self.document
            for part in thing["$ref"][2:].split("/"):
                at = at[part]
            thing = at
        return thing

    def find(self, method, target):
        path = target.split("?")[0]
        for operation in self.operations:
            if operation[0] == ("GET" if method == "HEAD" else method) and operation[2].match(path):
                return operation
        return None

    def check(self, method, target, answer):
        operation = self.find(method, target)
        if operation is None:  # no such operation: an error all the same
            schema = {"$ref": "#/components/schemas/Problem"}
            assert answer.status >= 400 and answer.type == "application/problem+json", answer
        else:
            responses = operation[3]["responses"]
            status = str(answer.status) if str(answer.status) in responses else "default"
            assert status in responses and (status != "default" or answer.status >= 400), "undeclared: %s %s %r" % (method, target, answer)
            self.seen.add((operation[0], operation[1], status))
            content = self.resolve(responses[status]).get("content")
            if content is None or method == "HEAD":
                return
            assert answer.type in content, "undeclared type %r: %s %s" % (answer.type, method, target)
            schema = content[answer.type].get("schema", {})
        if answer.json is not None:
            whole = dict(schema)
            whole["components"] = self.document["components"]
            validator = jsonschema.Draft202012Validator(whole)
            errors = list(validator.iter_errors(answer.json))
            assert not errors, "%s %s\n%r\n%s" % (method, target, answer, "\n".join(error.message for error in errors[:5]))

    def declared(self):
        for method, path, _, operation, _ in self.operations:
            for status in operation["responses"]:
                if status != "default":
                    yield (method, path, status)


class Server:
    def __init__(self, contract=None, workers=0, window="24h", config=CONFIG, port="0", folder=None, more=()):
        self.contract = contract
        self.more = list(more)
        self.folder = folder or tempfile.mkdtemp(prefix="honk-")
        if folder is None:
            os.makedirs(os.path.join(self.folder, "catalog"))
            with open(os.path.join(self.folder, "honk.yaml"), "w", encoding="utf-8") as file:
                file.write(config.format(workers=workers, window=window))
            with open(os.path.join(self.folder, "hook"), "w", encoding="utf-8") as file:
                file.write("the host's secret\n")
            with open(os.path.join(self.folder, "catalog", "all.yaml"), "w", encoding="utf-8") as file:
                file.write(ENTITIES)
        self.socket = os.path.join(self.folder, ".honk", "s")
        self.start(port)

    def start(self, port="0"):
        self.log = open(os.path.join(self.folder, "log"), "ab")
        command = [HONK, "serve", "--config", os.path.join(self.folder, "honk.yaml"), "--log", "json"]
        if port is not None:
            command += ["--port", port]
        command += self.more
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline().decode()
        if "busy" in line:
            self.busy_line = line
            line = self.process.stdout.readline().decode()
        match = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not match:
            self.process.wait(10)
            raise AssertionError("the server did not start: %r %s" % (line, self.log_text()))
        self.port = int(match.group(1))

    def log_text(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            return file.read()

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        status = self.process.wait(30)
        self.process.stdout.close()
        self.log.close()
        return status

    def remove(self):
        if self.process.poll() is None:
            self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def connection(self, tcp=False):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60) if tcp else UnixConnection(self.socket)

    def call(self, method, target, body=None, who=None, token=None, tcp=False, headers=None, raw=None, type="application/json"):
        """One exchange, held against the contract."""
        connection = self.connection(tcp or token is not None)
        all_headers = dict(headers or {})
        if who:
            all_headers["Honk-As"] = who
        if token:
            all_headers["Authorization"] = "Bearer " + token
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        if data is not None and type is not None:
            all_headers.setdefault("Content-Type", type)
        try:
            connection.request(method, target, body=data, headers=all_headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        if self.contract:
            self.contract.check(method, target, answer)
        return answer

    def get(self, target, **more):
        return self.call("GET", target, **more)

    def post(self, target, body=None, **more):
        return self.call("POST", target, body=body, **more)

    def raw(self, data, tcp=True, limit=65536):
        """Bytes as they are; everything that comes back until the other side closes or two seconds are over."""
        if tcp:
            sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        else:
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(self.socket)
        sock.settimeout(10)
        answer = b""
        try:
            sock.sendall(data)
            while len(answer) < limit:
                piece = sock.recv(65536)
                if not piece:
                    break
                answer += piece
        except (ConnectionError, socket.timeout):
            pass
        finally:
            sock.close()
        return answer


class Stream:
    """Server-sent events, one at a time."""

    def __init__(self, server, target, last_id=None, token=None):
        self.connection = server.connection(tcp=token is not None)
        headers = {"Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = str(last_id)
        if token:
            headers["Authorization"] = "Bearer " + token
        self.connection.request("GET", target, headers=headers)
        self.response = self.connection.getresponse()
        self.status = self.response.status

    def next(self):
        """{"id", "event", "data"} of the next event; None at the end."""
        event = {}
        while True:
            line = self.response.readline()
            if not line:
                return None
            text = line.decode().rstrip("\n")
            if text == "":
                if "event" in event:
                    return event
                event = {}
            elif not text.startswith(":"):
                name, _, value = text.partition(": ")
                event[name] = value

    def until(self, matches):
        while True:
            event = self.next()
            if event is None:
                raise AssertionError("the stream ended")
            if matches(json.loads(event["data"])):
                return event

    def close(self):
        self.response.close()
        self.connection.close()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Worker:
    """A worker that does what the test says: nothing is really moved."""

    def __init__(self, server, name="w-test"):
        self.server, self.name = server, name

    def lease(self, wait_ms=0, name=None):
        answer = self.server.post("/tasks/lease", {"worker": name or self.name, "labels": ["store:shop", "fleet:here"], "wait_ms": wait_ms})
        assert answer.status in (200, 204), answer
        return answer.json

    def say(self, task, what, body):
        body["token"] = task["token"]
        return self.server.post("/tasks/%s/%s" % (task["id"], what), body)

    def report(self, task, kind="done", **more):
        return self.say(task, "report", {"outcome": dict(more, kind=kind)})

    def plan(self, steps=("stage", "swap"), task=None, **more):
        """Answer the task 'plan' with a plan of these actions."""
        task = task or self.lease(wait_ms=5000)
        assert task and task["action"] == "plan", task
        list_of = []
        for i, action in enumerate(steps):
            list_of.append({"name": action, "action": action, "params": {}, "after": [steps[i - 1]] if i > 0 and action != "retire" else [],
                            "needs": ["store:shop"], "uses": ["store:shop"], "text": "do " + action,
                            "reverse": {"action": None if action == "retire" else action, "text": "undo " + action}})
        plan = {"apiVersion": "honk/v1", "kind": "Plan", "name": "migrate-orders", "migration": "migration:default/orders",
                "author": "user:default/ada", "steps": list_of, "guards": {}, "source": {"url": "shop:orders_v1"},
                "target": {"url": "shop:orders_v2"}, "soak_ms": 0, "rollback_window_ms": 86400000}
        plan.update(more)
        data = canonical(plan)
        stored = self.server.post("/blobs", raw=data, type="application/octet-stream")
        assert stored.json["digest"] == digest_of(data)
        seen = self.server.post("/blobs", raw=canonical({"source_rows": 3}), type="application/octet-stream").json["digest"]
        answer = self.report(task, evidence={"digest": stored.json["digest"], "observations": seen, "diagnostics": []})
        assert answer.status == 200, answer
        return stored.json["digest"]

    def work(self, answer=None, most=50):
        """Do what there is until nothing is left; `answer` may decide: (task) -> True when it reported by itself."""
        for _ in range(most):
            task = self.lease(wait_ms=300)
            if task is None:
                return
            if answer and answer(task):
                continue
            if task["mode"] == "probe":
                self.report(task, "not_applied", evidence={})
                continue
            if task["action"] not in ("plan", "preflight", "validate", "compare") and task["phase"] == "forward":
                done = self.say(task, "intent", {"pre_state": {"start": {}}})
                assert done.status == 200, done
            evidence = {"equal": True} if task["action"] == "preflight" else {"rows": 3}
            self.report(task, "done", evidence=evidence)
        raise AssertionError("there is always more to do")


def wait_for(condition, seconds=10):
    """Poll, for what has no event."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError("it did not happen")
