"""The Python SDK: agents are run as programs, and the client obeys the server."""
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

SDK = pathlib.Path(__file__).resolve().parents[2] / "sdk" / "python"
sys.path.insert(0, str(SDK))
sys.dont_write_bytecode = True
from honk import Client, HonkError, Plan, Step, fleet_manager, reverse_mapping  # noqa: E402

ENTITY = {"kind": "Component", "metadata": {"name": "users-v2"}, "spec": {"source_dataset": "users-v1"}}


class Running(unittest.TestCase):
    """python3 -m honk run FILE, as Honk starts it."""

    def run_agent(self, program, *words, entity=None):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "agent.py"
            path.write_text(program)
            return subprocess.run([sys.executable, "-m", "honk", "run", str(path), *words], text=True, capture_output=True,
                                  input=json.dumps(ENTITY) if entity is None else entity, timeout=60,
                                  env={"PYTHONPATH": str(SDK), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"})

    def test_a_class_becomes_a_program(self):
        done = self.run_agent("from honk import Agent, Plan, Step\n"
                              "class Mine(Agent):\n"
                              "    def generate_plan(self, entity):\n"
                              "        print('thinking')\n"
                              "        plan = Plan(name='x')\n"
                              "        plan.add_step(Step(name='fill', action='copy', params={'source': entity['spec']['source_dataset']}))\n"
                              "        return plan\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout),
                         {"name": "x", "steps": [{"name": "fill", "action": "copy", "params": {"source": "users-v1"}}]})
        self.assertEqual(done.stderr, "thinking\n", "what is printed does not end up in the plan")

    def refused(self, expected, program, *words, **how):
        done = self.run_agent(program, *words, **how)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        self.assertIn(expected, done.stderr)

    def test_what_is_wrong_is_told(self):
        agent = "from honk import Agent\nclass Mine(Agent):\n    def generate_plan(self, entity):\n        "
        self.refused("KeyError: 'mapping_file'", agent + "return entity['spec']['mapping_file']\n")
        self.refused("Mine.generate_plan() returned None, expected a Plan", agent + "pass\n")
        self.refused("has no class derived from honk.Agent", "x = 1\n")
        self.refused("has 2 agents (A, B): name one", "from honk import Agent\nclass A(Agent): pass\nclass B(Agent): pass\n")
        self.refused("has no class C derived from", "from honk import Agent\nclass A(Agent): pass\n", "C")
        self.refused("A has no generate_plan(self, entity)", "from honk import Agent\nclass A(Agent): pass\nclass B(Agent): pass\n", "A")
        self.refused("expected an entity as JSON on standard input", agent + "pass\n", entity="{")
        self.refused("imports 'honk_no_such_module', which is not installed", "import honk_no_such_module\n")

    def test_a_step_without_an_action_is_refused_where_it_is_written(self):
        with self.assertRaisesRegex(TypeError, "a step needs an action"):
            Step(name="x")
        with self.assertRaisesRegex(TypeError, "expected a Step"):
            Plan().add_step({"action": "copy"})


class Answers(http.server.BaseHTTPRequestHandler):
    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.seen.append((self.command, self.path, self.headers.get("Idempotency-Key"), body))
        status, headers, answer = self.server.script.pop(0)
        data = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), "Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Talking(unittest.TestCase):
    """A server that says what the test wants."""

    def begin(self, *script):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.script, self.server.seen = list(script), []
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        return Client(f"http://127.0.0.1:{self.server.server_address[1]}", token="honk_x", patience=20)

    def test_back_pressure_is_obeyed_under_one_key(self):
        client = self.begin((429, {"Retry-After": "0"}, {"detail": "later"}), (503, {"Retry-After": "0"}, {}), (200, {}, {"id": "m-1"}))
        self.assertEqual(client.post("/agents/migrate", {"entityRef": "x"}), {"id": "m-1"})
        self.assertEqual(len({key for _, _, key, _ in self.server.seen}), 1)
        self.assertEqual(len(self.server.seen), 3)

    def test_patience_ends_with_the_servers_words(self):
        client = self.begin((429, {"Retry-After": "1000"}, {"detail": "12 rollouts are waiting"}))
        with self.assertRaisesRegex(HonkError, "POST /rollouts: 12 rollouts are waiting"):
            client.post("/rollouts")

    def test_a_refusal_keeps_its_code(self):
        client = self.begin((409, {}, {"detail": "the plan is stale", "code": "drift", "then": "replan"}))
        with self.assertRaises(HonkError) as caught:
            client.post("/migrations/m/start")
        self.assertEqual((caught.exception.status, caught.exception.code, caught.exception.then), (409, "drift", "replan"))

    def test_a_rollback_of_a_rollout_is_polled_to_its_end(self):
        client = self.begin(*[(200, {}, {"state": state}) for state in ("healthy", "aborting", "aborting", "degraded", "rolled_back")])
        fleet_manager.POLL_S, before = 0.01, fleet_manager.POLL_S
        self.addCleanup(setattr, fleet_manager, "POLL_S", before)
        fleet_manager.rollback("t-1", client=client)
        self.assertEqual([method for method, _, _, _ in self.server.seen], ["GET", "POST", "GET", "GET", "GET"])

    def test_a_rollout_that_is_back_is_not_asked_again(self):
        client = self.begin((200, {}, {"state": "rolled_back"}))
        fleet_manager.rollback("t-1", client=client)
        fleet_manager.rollback(None)
        self.assertEqual(len(self.server.seen), 1)

    def test_pages_are_read_to_the_last(self):
        client = self.begin((200, {}, {"items": [1, 2], "next": "b c"}), (200, {}, {"items": [3], "next": None}))
        self.assertEqual(list(client.pages("/tasks?step=x")), [1, 2, 3])
        self.assertEqual(self.server.seen[1][1], "/tasks?step=x&after=b%20c")

    def test_reverses_are_of_live_plans_only(self):
        with self.assertRaisesRegex(TypeError, "belong to no live plan"):
            reverse_mapping["copy"]({"source": "x"})
        with self.assertRaises(KeyError):
            reverse_mapping["copi"]
        self.assertIn("rollout", reverse_mapping)


if __name__ == "__main__":
    unittest.main()
