"""A fleet for tests from outside: services as real processes, looked at without Honk."""
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import unittest
import urllib.request

import support
from small_world import MIGRATION, World

# Answers from the dataset that its configuration names; where it is told to, it fails after some seconds of health.
PROGRAM = """
import http.server, json, os, signal, sqlite3, time
born, table = time.time(), os.environ["USERS"].split(":")[1]
ill_after = float(os.environ["AFTER"]) if os.environ.get("BAD") == os.environ["USERS"] else None
class Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ill = ill_after is not None and time.time() - born > ill_after
        with sqlite3.connect("file:" + os.environ["DATABASE"] + "?mode=ro", uri=True) as db:
            rows = db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
        self.send_response(500 if ill else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"service": os.environ["HONK_SERVICE"], "users": os.environ["USERS"], "rows": rows}).encode())
    def log_message(self, *words): pass
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Service).serve_forever()
"""

FLEET = """
fleet:
  targets: {{ here: {{ driver: processes, path: .honk/fleet }} }}
  services:
    player: {service}
    profile: {service}
    sign-up: {service}
  groups:
    listening: {group}
    default: {{ interval: 100ms, bake: 0s, max_instances: 3, steps: [ "100%" ] }}
"""
SERVICE = "{ target: here, command: [ python3, service.py ], instances: 2, drain: 0s, check_deadline: 20s, datasets: { USERS: users-v1 }, " \
          "environment: { DATABASE: ./data/listening.db%s } }"
QUICK = "{ interval: 100ms, bake: 200ms, soak: 100ms, max_instances: 2, steps: [ 1, \"100%\" ], waves: [ 1 ] }"

CONSUMERS = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: player }
spec: { type: service, lifecycle: production, owner: team-identity, dependsOn: [ "component:default/users-v1" ] }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: profile }
spec: { type: service, lifecycle: production, owner: team-identity, dependsOn: [ "component:default/users-v1" ] }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: sign-up, annotations: { honk/writes: "component:default/users-v1" } }
spec: { type: service, lifecycle: production, owner: team-identity }
"""
CODE = """
repositories:
  code: { driver: git, path: repos }
fleet:
  targets: { here: { driver: processes, path: .honk/fleet } }
  services:
    player: { target: here, repository: "code:player", command: [ python3, service.py ], instances: 2, drain: 0s, check_deadline: 20s,
              datasets: { USERS: users-v1 }, environment: { DATABASE: ./data/listening.db } }
  groups:
    listening: { interval: 100ms, bake: 100ms, max_instances: 2 }
    default: { interval: 100ms, bake: 0s, max_instances: 2 }
"""
PLAYER = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: player, annotations: { honk/repository: "code:player", honk/deploy: %s } }
spec: { type: service, lifecycle: production, owner: team-identity, dependsOn: [ "component:default/users-v1" ] }
"""
STREAMS = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: streams-v1, annotations: { honk/dataset-url: "listening:streams_v1" } }
spec: { type: dataset, lifecycle: production, owner: team-identity }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: streams-v2, annotations: { honk/dataset-url: "listening:streams_v2" } }
spec: { type: dataset, lifecycle: experimental, owner: team-identity }
"""
STREAMS_MAPPING = """
apiVersion: honk/v1
kind: Mapping
source: streams-v1
target: streams-v2
key: [ stream_id ]
columns: { stream_id: { from: id }, title: { from: title } }
"""
SERVICES = ("player", "profile", "sign-up")
OLD, NEW = "listening:users_v1", "listening:users_v2"


class FleetTest(unittest.TestCase):
    def begin(self, group=QUICK, more=""):
        world = World(more=FLEET.format(service=SERVICE % more, group=group))
        self.addCleanup(self.clear, world)
        world.write("service.py", PROGRAM)
        world.write("catalog/consumers.yaml", CONSUMERS)
        self.start(world, SERVICES)
        return world

    def start(self, world, services):
        world.serve()
        world.honk("apply", "-f", world.folder / "catalog", user="user:default/ada")
        for service in services:
            world.honk("rollout", "start", service, "--reason", "first start", user="user:default/ada")
        for service in services:
            self.assertTrue(support.eventually(lambda: len(self.endpoints(world, service)) == 2 and not self.claim(world, service)),
                            world.log_tail())

    def migration(self, world, name="users-v2-migration"):
        path = world.write(f"migrations/{name}.yaml", MIGRATION.format(
            name=name, annotations="fleet-manager/target-group: listening", strategy="schema-transform"))
        world.honk("apply", "-f", path, user="user:default/ada")
        return name

    def clear(self, world):
        world.kill()
        for pid in self.processes(world):
            os.kill(pid, signal.SIGKILL)
        world.close()

    # ---- looked at without Honk ----

    def processes(self, world):
        """Ids by instance: whoever carries our database in the environment."""
        found, mark = {}, f"DATABASE={world.db}".encode()
        for folder in pathlib.Path("/proc").iterdir():
            try:
                words = (folder / "environ").read_bytes().split(b"\0") if folder.name.isdigit() else []
            except OSError:
                continue
            if mark in words:
                instance = next(word for word in words if word.startswith(b"HONK_INSTANCE="))
                found.setdefault(instance, int(folder.name))
        return sorted(found.values())

    def service_file(self, world, service, name):
        path = world.folder / ".honk" / "fleet" / service / name
        return json.loads(path.read_text()) if path.exists() else {}

    def endpoints(self, world, service):
        return self.service_file(world, service, "endpoints.json").get("endpoints", [])

    def claim(self, world, service):
        return self.service_file(world, service, "service.json").get("claim")

    def ask(self, world, service):
        """What each instance with traffic says it reads."""
        answers = []
        for endpoint in self.endpoints(world, service):
            with urllib.request.urlopen(f"http://{endpoint['host']}:{endpoint['port']}/healthz", timeout=20) as answer:
                answers.append(json.loads(answer.read())["users"])
        return answers

    def all_serve(self, world, users, services=SERVICES):
        for service in services:
            self.assertEqual(self.ask(world, service), [users, users], service)
        self.assertEqual(len(self.processes(world)), 2 * len(SERVICES))

    def begin_code(self, deploy):
        """One service whose code is in a repository; the world, and the repository."""
        world, repository = self.make_code(deploy)
        self.start(world, ("player",))
        return world, repository

    def make_code(self, deploy):
        world = World(more=CODE)
        self.addCleanup(self.clear, world)
        repository = world.folder / "repos" / "player"
        world.write("repos/player/service.py", PROGRAM.replace('f\'SELECT count(*) FROM "{table}"\'', 'open("count.sql").read()'))
        world.write("repos/player/count.sql", "SELECT count(id) AS n FROM users_v1\n")
        self.git(repository, "init", "-q", "-b", "main")
        self.git(repository, "add", ".")
        self.git(repository, "commit", "-q", "-m", "Count listeners")
        world.write("catalog/consumers.yaml", PLAYER % deploy)
        return world, repository

    def begin_two(self):
        """The same with a second dataset that the service reads, by an address and a query of its own."""
        world, repository = self.make_code("branch")
        world.write("honk.yaml", (world.folder / "honk.yaml").read_text().replace("USERS: users-v1", "USERS: users-v1, STREAMS: streams-v1"))
        with sqlite3.connect(world.db) as db:
            db.execute("CREATE TABLE streams_v1 (id INTEGER PRIMARY KEY, title TEXT NOT NULL)")
            db.executemany("INSERT INTO streams_v1 VALUES (?, ?)", [(n, f"Song {n}") for n in range(1, 50)])
        world.write("catalog/streams.yaml", STREAMS)
        world.write("mappings/streams.yaml", STREAMS_MAPPING)
        world.write("catalog/consumers.yaml", (PLAYER % "branch").replace('users-v1" ]', 'users-v1", "component:default/streams-v1" ]'))
        service = (repository / "service.py").read_text()
        asked = 'db.execute(open("count.sql").read())'
        world.write("repos/player/service.py", service.replace(asked, f'(db.execute(open("plays.sql").read()), {asked})[1]'))
        world.write("repos/player/plays.sql", "SELECT count(id) AS n FROM streams_v1\n")
        self.git(repository, "add", ".")
        self.git(repository, "commit", "-q", "-m", "Count plays, too")
        self.start(world, ("player",))
        return world, repository

    def plan_streams(self, world):
        text = MIGRATION.format(name="streams-v2-migration", annotations="fleet-manager/target-group: listening",
                                strategy="schema-transform")
        for old, new in (("users-v1", "streams-v1"), ("dataset: users-v2", "dataset: streams-v2"), ("users.yaml", "streams.yaml")):
            text = text.replace(old, new)
        world.honk("apply", "-f", world.write("migrations/streams.yaml", text), user="user:default/ada")

    def git(self, folder, *words):
        done = subprocess.run(["git", "-c", "user.name=Ada", "-c", "user.email=ada@acme.example", *words], cwd=folder,
                              capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.strip()
