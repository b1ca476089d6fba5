"""Services behind consumers follow the data: real processes, asked over HTTP, that outlive everything of ours."""
import json
import os
import pathlib
import signal
import time
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
SERVICE = "{ target: here, command: [ python3, service.py ], instances: 2, drain: 0s, datasets: { USERS: users-v1 }, " \
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
SERVICES = ("player", "profile", "sign-up")
OLD, NEW = "listening:users_v1", "listening:users_v2"


class Fleet(unittest.TestCase):
    def begin(self, group=QUICK, more=""):
        world = World(more=FLEET.format(service=SERVICE % more, group=group))
        self.addCleanup(self.clear, world)
        world.write("service.py", PROGRAM)
        world.write("catalog/consumers.yaml", CONSUMERS)
        world.serve()
        world.honk("apply", "-f", world.folder / "catalog", user="user:default/ada")
        for service in SERVICES:
            world.honk("rollout", "start", service, "--reason", "first start", user="user:default/ada")
        for service in SERVICES:
            self.assertTrue(support.eventually(lambda: len(self.endpoints(world, service)) == 2 and not self.claim(world, service)),
                            world.log_tail())
        return world

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

    # ---- the tests ----

    def test_services_follow_the_data_wave_by_wave_and_go_back_with_it(self):
        world = self.begin()
        self.all_serve(world, OLD)
        name = self.migration(world)
        text = " ".join(world.plan(name).stdout.split())
        self.assertIn("3 services in 2 waves", text)
        self.assertIn("USERS: listening:users_v1 → listening:users_v2", text)
        self.assertIn("writer 'sign-up' is refused from the freeze until its instances are rolled out, in wave 2", text)
        ended = world.run(name)
        self.assertEqual(ended["state"], "succeeded", world.log_tail())
        self.all_serve(world, NEW)
        self.assertEqual([step["action"] for step in ended["steps"]][-4:], ["swap", "rollout", "settle", "retire"])
        world.honk("rollback", name, "--wait", "--reason", "it was only a test", user="user:default/ada", check=False)
        self.assertEqual(world.state(name), "rolled_back", world.log_tail())
        self.all_serve(world, OLD)

    def test_a_service_that_was_rolled_out_meanwhile_makes_the_plan_stale(self):
        world = self.begin()
        name = self.migration(world)
        world.plan(name)
        world.change("CREATE TABLE other (id INTEGER)")
        world.honk("rollout", "start", "player", "--dataset", "USERS=listening:other", "--reason", "by hand", user="user:default/ada")
        self.assertTrue(support.eventually(lambda: self.ask(world, "player") == ["listening:other"] * 2 and not self.claim(world, "player")))
        world.honk("approve", name, world.digest(name), user="user:default/bo")
        said = world.honk("start", name, "--wait", user="user:default/ada", check=False)
        self.assertIn("service 'player' named 'listening:users_v1' as USERS, names 'listening:other'",
                      " ".join((said.stdout + said.stderr).split()))
        self.assertEqual(world.state(name), "stale")

    def test_a_canary_that_fails_after_some_seconds_of_health_is_taken_back_and_the_rest_never_changed(self):
        seconds = 3.0
        group = "{ interval: 500ms, bake: 30s, max_instances: 2, steps: [ 1, \"100%\" ], waves: [ 1 ] }"
        world = self.begin(group=group, more=f", BAD: '{NEW}', AFTER: '{seconds}'")
        before = {service: self.endpoints(world, service) for service in SERVICES}
        name = self.migration(world)
        world.plan(name)
        ended = world.run(name)
        self.assertEqual(ended["state"], "halted", world.log_tail())
        self.assertEqual({service: self.endpoints(world, service) for service in SERVICES}, before)
        self.assertEqual(len(self.processes(world)), 2 * len(SERVICES))
        print(f"\na canary that fails after {seconds:g} s of health: {self.safe_after(world, name)}", flush=True)
        world.honk("rollback", name, "--wait", "--reason", "as the canary says", user="user:default/ada", check=False)
        self.assertEqual(world.state(name), "rolled_back", world.log_tail())
        self.all_serve(world, OLD)

    def safe_after(self, world, name):
        tasks = json.loads(world.get(f"/migrations/{name}/tasks")[1])
        for task in tasks.get("items", []):
            evidence = task.get("evidence") or {}
            if "safe_after_ms" in evidence:
                self.assertLessEqual(evidence["safe_after_ms"], 1500)  # two intervals are 1000; machines under test are busy
                return f"safe {evidence['safe_after_ms']} ms after the first failed check (checked every 500 ms)"
        return self.fail(f"no task tells when it was safe: {tasks}")

    def test_everything_of_ours_may_be_killed_in_the_middle(self):
        group = "{ interval: 100ms, bake: 400ms, max_instances: 1, steps: [ 1, \"100%\" ] }"
        world = self.begin(group=group)
        name = self.migration(world)
        world.plan(name)
        world.honk("approve", name, world.digest(name), user="user:default/bo")
        world.honk("start", name, user="user:default/ada")
        self.assertTrue(support.eventually(lambda: self.claim(world, "player")))
        for _ in range(3):
            workers = support.children_of(world.server.pid)
            world.kill()
            for pid in workers:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            alive = self.processes(world)
            self.assertGreaterEqual(len(alive), 2 * len(SERVICES))
            world.serve()
            time.sleep(0.7)  # somewhere in the middle: what is looked at does not depend on where
        self.assertTrue(support.eventually(lambda: world.state(name) in ("succeeded", "halted"), 120), world.log_tail())
        self.assertEqual(world.state(name), "succeeded", world.log_tail())
        self.all_serve(world, NEW)


if __name__ == "__main__":
    unittest.main()
