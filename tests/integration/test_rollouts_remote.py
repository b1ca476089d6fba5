"""Target `remote`: one Honk lets another one roll a service out, obeys it, and follows it to its end and back, whoever dies."""
import json
import os
import pathlib
import signal
import socket
import sys
import unittest
import urllib.request

from support import Project, UnixConnection, eventually, processes_with

SERVICE = '''
import http.server, os, pathlib, threading, time
here = pathlib.Path(__file__).parent

def watch():
    while (here / "alive").exists():
        time.sleep(0.1)
    os._exit(0)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        broken = (here / ("broken-" + os.environ["ORDERS"].replace(":", "-"))).exists()
        self.send_response(500 if broken else 200)
        self.end_headers()
        self.wfile.write(os.environ["ORDERS"].encode())

    def log_message(self, *what):
        pass

threading.Thread(target=watch, daemon=True).start()
with open(here / "starts", "a") as file:
    file.write(os.environ["HONK_INSTANCE"] + " " + os.environ["ORDERS"] + "\\n")
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
'''

THERE = """
state: .honk
listen: 127.0.0.1:{port}
socket: .honk/honk.sock
workers: 2
policy: {{ self_approval: true, rollback_window: 1h }}
roles: {{ operator: [ user:default/other-honk ] }}
fleet:
  targets: {{ here: {{ driver: processes, path: fleet }} }}
  services:
    player: {{ target: here, command: [ "{python}", "{folder}/service.py" ], instances: 2, health: /healthz, check_deadline: 20s,
               datasets: {{ ORDERS: "shop:orders_v1" }}, drain: 200ms }}
  groups:
    default: {{ strategy: rolling, max_instances: 1, steps: [ "100%" ], bake: 300ms, interval: 200ms, min_ready: 100ms, soak: 200ms, start_deadline: 6s }}
"""

HERE = """
state: .honk
listen: 127.0.0.1:7420
socket: .honk/honk.sock
workers: 2
policy: {{ self_approval: true, rollback_window: 1h }}
fleet:
  targets: {{ there: {{ driver: remote, url: "http://127.0.0.1:{port}", token: "{token}" }} }}
  services: {{ player: {{ target: there, instances: 2 }} }}
  groups: {{ default: {{ strategy: rolling, max_instances: 1, interval: 200ms }} }}
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Side(Project):
    def call(self, method, path, body=None):
        connection = UnixConnection(self.socket_path)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def must(self, method, path, body=None):
        status, answer = self.call(method, path, body)
        assert status < 300, (status, answer, self.log_tail())
        return answer

    def rollouts(self):
        return self.must("GET", "/rollouts")["items"]

    def rollout(self, id):
        return self.must("GET", "/rollouts/" + id)


def write(side, name, text):
    (pathlib.Path(side.folder) / name).write_text(text, encoding="utf-8")


class TestRemote(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.there, cls.here = Side(), Side()
        write(cls.there, "service.py", SERVICE)
        write(cls.there, "alive", "")
        write(cls.there, "honk.yaml", THERE.format(port=cls.port, python=sys.executable, folder=cls.there.folder))
        cls.there.serve("--port", str(cls.port))
        token = cls.there.must("POST", "/tokens", {"identity": "other-honk"})["token"]
        write(cls.here, "honk.yaml", HERE.format(port=cls.port, token=token))
        cls.here.serve()

    @classmethod
    def tearDownClass(cls):
        os.unlink(cls.there.folder / "alive")
        for side in (cls.here, cls.there):
            side.stop()
        program = str(cls.there.folder / "service.py")
        ended = eventually(lambda: not processes_with(program), 10)
        for pid in processes_with(program):
            os.kill(pid, signal.SIGKILL)
        for side in (cls.here, cls.there):
            side.close()
        assert ended, "instances are left behind"

    def setUp(self):
        """Two instances with the old dataset."""
        self.until(self.start("shop:orders_v1"), "healthy", "skipped")
        self.before = self.there.rollouts()
        (self.there.folder / "starts").write_text("")

    def made_there(self):
        """The rollouts there since the test began, newest first."""
        return self.there.rollouts()[:len(self.there.rollouts()) - len(self.before)]

    def start(self, dataset):
        body = {"service": "player", "revision": {"datasets": {"ORDERS": dataset}}, "reason": "a test"}
        return self.here.must("POST", "/rollouts", body)["rollout_id"]

    def until(self, id, *states, side=None):
        seen = []

        def look():
            view = (side or self.here).rollout(id)
            if not seen or seen[-1] != view["state"]:
                seen.append(view["state"])
            return view if view["state"] in states else None

        view = eventually(look)
        self.assertIsNotNone(view, "it was %s, never %s\n%s\n%s" % (seen, states, self.here.log_tail(), self.there.log_tail()))
        return view

    def answers(self):
        """What the instances that get traffic answer."""
        endpoints = json.loads((self.there.folder / "fleet" / "player" / "endpoints.json").read_text())
        found = []
        for one in endpoints["endpoints"]:
            with urllib.request.urlopen("http://127.0.0.1:%d/" % one["port"], timeout=10) as answer:
                found.append(answer.read().decode())
        return sorted(found)

    def starts(self):
        lines = (self.there.folder / "starts").read_text().split("\n")[:-1]
        self.assertEqual(len(lines), len({line.split()[0] for line in lines}), "an instance was started twice")
        return [line.split()[1] for line in lines]

    def test_a_rollout_is_followed_to_its_end_and_back(self):
        self.assertEqual(self.answers(), ["shop:orders_v1"] * 2)
        second = self.start("shop:orders_v2")
        view = self.until(second, "healthy")
        self.assertEqual(view["revision"]["to"]["datasets"], {"ORDERS": "shop:orders_v2"})
        self.assertEqual(self.answers(), ["shop:orders_v2"] * 2)
        self.assertEqual([row["state"] for row in self.made_there()], ["healthy"])

        answer = self.here.must("POST", "/rollouts/%s/rollback" % second, {"reason": "a test"})
        self.assertEqual(answer["state"], "aborting")
        self.until(second, "rolled_back")
        self.assertEqual(self.answers(), ["shop:orders_v1"] * 2)
        self.assertEqual(self.starts(), ["shop:orders_v2"] * 2 + ["shop:orders_v1"] * 2)
        self.assertEqual([row["state"] for row in self.made_there()], ["rolled_back"])

    def test_people_see_it_and_speak_to_it_on_the_command_line(self):
        told = self.here.json("rollout", "start", "player", "--dataset", "ORDERS=shop:orders_v2", "--reason", "a test")
        id = told["rollout_id"]
        watched = self.here.honk("rollout", "watch", id, "--wait")
        self.assertIn("healthy", watched.stdout.splitlines()[-1])
        shown = self.here.honk("rollout", "show", id).stdout
        for words in ("player  healthy", "ORDERS=shop:orders_v1", "ORDERS=shop:orders_v2", "rolling on 'there'", "you may: rollback"):
            self.assertIn(words, shown)
        late = self.here.honk("rollout", "pause", id, check=False)
        self.assertEqual((late.returncode, "cannot pause the rollout" in late.stderr), (4, True), late.stderr)
        self.assertNotIn(id, self.here.honk("rollout", "list").stdout)
        listed = self.here.json("rollout", "list", "--service", "player", "--state", "healthy")
        self.assertEqual(listed["items"][0]["rollout_id"], id)
        back = self.here.honk("rollout", "rollback", id, "--reason", "a test", "--wait")
        self.assertIn("rolled back", back.stdout.splitlines()[-1])
        self.assertEqual(self.here.honk("rollout", "watch", id, "--wait", check=False).returncode, 7)
        self.assertEqual(self.here.honk("rollout", "show", "m-none.player", check=False).returncode, 4)

    def test_the_other_side_may_die_in_the_middle(self):
        second = self.start("shop:orders_v2")
        self.until(second, "stepping", "analysing", "promoting", "soaking")
        self.there.kill()
        view = eventually(lambda: "does not answer" in self.here.rollout(second)["why"] and self.here.rollout(second))
        self.assertNotIn(view["state"], ("rolled_back", "skipped"))
        self.there.serve("--port", str(self.port))
        self.until(second, "healthy")
        self.assertEqual(len(self.made_there()), 1)
        self.assertEqual(self.answers(), ["shop:orders_v2"] * 2)
        self.here.must("POST", "/rollouts/%s/rollback" % second, {"reason": "a test"})
        self.until(self.made_there()[0]["rollout_id"], "aborting", "rolled_back", side=self.there)
        self.there.kill()
        self.there.serve("--port", str(self.port))
        self.until(second, "rolled_back")
        self.assertEqual(self.answers(), ["shop:orders_v1"] * 2)
        self.starts()

    def test_who_is_told_to_come_again_does_so_and_has_lost_no_try(self):
        self.there.must("PUT", "/limits", {"resource": "queue:target:here", "count": 0})
        first = self.start("shop:orders_v2")
        view = eventually(lambda: "come again in" in self.here.rollout(first)["why"] and self.here.rollout(first))
        self.assertEqual((view["state"], view["next"]["at_ms"] > 0), ("pending", True))
        self.assertEqual(self.made_there(), [])
        task = self.here.must("GET", "/tasks/" + view["task"])
        self.assertEqual(task["tries"] - task["attempt"], 8)
        self.there.must("PUT", "/limits", {"resource": "queue:target:here", "count": 10})
        self.until(first, "healthy")
        self.assertEqual(len(self.made_there()), 1)

    def test_while_its_plan_stands_still_here_it_stands_still_there(self):
        second = self.start("shop:orders_v2")
        self.until(second, "stepping", "analysing", "promoting")
        plan = second.split(".")[0]
        self.here.must("POST", "/migrations/%s/pause" % plan, {"reason": "a test"})
        view = self.until(second, "paused")
        self.assertIn("its plan stands still", view["why"])
        there = self.made_there()[0]["rollout_id"]
        self.assertEqual(self.there.rollout(there)["state"], "paused")
        self.assertEqual(self.here.call("POST", "/rollouts/%s/resume" % second, {"reason": "a test"})[0], 409)
        self.here.must("POST", "/migrations/%s/resume" % plan, {"reason": "a test"})
        self.until(second, "healthy")
        self.assertEqual(self.answers(), ["shop:orders_v2"] * 2)

    def test_what_fails_its_checks_there_goes_back_here(self):
        write(self.there, "broken-shop-orders_v2", "")
        self.addCleanup(os.unlink, self.there.folder / "broken-shop-orders_v2")
        second = self.start("shop:orders_v2")
        view = self.until(second, "rolled_back")
        self.assertEqual(self.answers(), ["shop:orders_v1"] * 2)
        self.assertEqual(self.until(self.made_there()[0]["rollout_id"], "rolled_back", side=self.there)["state"], "rolled_back")
        self.assertEqual(view["rollout_id"], second)


if __name__ == "__main__":
    unittest.main()
