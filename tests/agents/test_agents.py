"""Other people's SDKs, tools and agents against ours: `make agents-test` installs them, and runs this.

The mock of model hosts is read by the vendors' SDKs, `honk mcp` by the inspector and the conformance suite of MCP, and door `acp`
meets an agent that is built on the official SDK and two real ones, whose model is the mock, by way of the proxy."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "integration"), str(HERE.parent / "support")]
import support  # noqa: E402
import test_coding  # noqa: E402
from model_host import KEY, ModelHost  # noqa: E402

MODULES = pathlib.Path(os.environ["AGENTS"]).resolve()
NODE = shutil.which("node")
EDIT = "test ! -f job.py || sed -i -e s/users_v1/users_v2/ -e s/row.first_name/row.name/ job.py"
OPENCODE = json.dumps({
    "model": "honk/big", "small_model": "honk/big", "autoupdate": False, "share": "disabled", "permission": "allow",
    "provider": {"honk": {"npm": "@ai-sdk/openai-compatible", "options": {"baseURL": "{{proxy}}/v1", "apiKey": "none"},
                          "models": {"big": {"name": "big", "limit": {"context": 100000, "output": 4000}}}}}})


def acp(name, *command, more="", deadline="60s"):
    words = json.dumps([NODE, *command] if command[0].endswith(".mjs") else list(command))
    return (f"    {name}: {{ door: acp, rounds: 1, deadline: {deadline}, command: {words}, "
            f"readable: [ {HERE}, {MODULES} ], memory_mib: 8192{more} }}\n")


AGENTS = acp("good", f"{MODULES}/acp-agent.mjs") + acp("silent", f"{MODULES}/acp-agent.mjs", "silent", deadline="3s") + \
    acp("dies", f"{MODULES}/acp-agent.mjs", "dies") + acp(
        "opencode", f"{MODULES}/node_modules/.bin/opencode", "acp",
        more=f", model: mock, environment: {{ OPENCODE_CONFIG_CONTENT: {json.dumps(OPENCODE)} }}") + acp(
        "qwen", f"{MODULES}/node_modules/.bin/qwen", "--acp", deadline="240s",
        more=", model: mock, login: openai, environment: { OPENAI_MODEL: big }")


class Agents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host = ModelHost()
        cls.addClassCleanup(cls.host.close)
        cls.world = test_coding.World()
        cls.addClassCleanup(cls.world.close)
        (cls.world.folder / "key").write_text(KEY)
        settings = cls.world.folder / "honk.yaml"
        settings.write_text(settings.read_text().replace(
            "  migrations:", f"{AGENTS}  models:\n    mock: {{ api: chat, name: big, url: {cls.host.url}/openai/v1, key_file: key }}\n"
            "  migrations:"))
        cls.world.begin()
        cls.world.honk("plan", "users-v2")

    def attempt(self, name):
        reports = self.world.json("agent", "try", "users-v2", "--agent", name)
        return next(report for report in reports if report["consumer"].endswith("/hard"))

    def run_node(self, *words, **more):
        done = subprocess.run([NODE, *map(str, words)], capture_output=True, text=True, timeout=120, check=False, **more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_the_vendors_sdks_read_our_mock_of_their_hosts(self):
        self.host.script, self.host.faults = [{"shell": "ls"}], [{"status": 529}]
        said = self.run_node(MODULES / "sdks.mjs", self.host.url, KEY)
        self.assertEqual(said, "ok anthropic\nok chat\nok responses\n")

    def test_the_inspector_reads_our_tools(self):
        inspect = [MODULES / "node_modules" / ".bin" / "mcp-inspector", "--cli", support.HONK, "mcp"]
        listed = json.loads(self.run_node(*inspect, "--method", "tools/list", cwd=self.world.folder))
        self.assertIn("list_migrations", [tool["name"] for tool in listed["tools"]])
        called = json.loads(self.run_node(*inspect, "--method", "tools/call", "--tool-name", "get_migration", "--tool-arg",
                                          "name=users-v2", cwd=self.world.folder))
        self.assertIn("users-v2", called["content"][0]["text"])
        self.assertFalse(called["isError"])

    def test_the_conformance_suite_passes_where_it_asks_of_every_server(self):
        # Its other scenarios ask for tools, resources and prompts of its own example.
        bridge = subprocess.Popen([NODE, MODULES / "mcp-bridge.mjs", support.HONK, "mcp"], cwd=self.world.folder, text=True,
                                  stdout=subprocess.PIPE)
        self.addCleanup(bridge.stdout.close)
        self.addCleanup(bridge.wait)
        self.addCleanup(bridge.terminate)
        address = bridge.stdout.readline().strip()
        suite = MODULES / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
        for scenario in ("server-initialize", "ping", "tools-list"):
            said = self.run_node(suite, "server", "--url", address, "--scenario", scenario, cwd=self.world.folder)
            self.assertIn("Passed: 1/1, 0 failed, 0 warnings", said)

    def test_an_agent_on_the_official_sdk_does_its_work(self):
        report = self.attempt("good")
        self.assertTrue(report["done"], report["tried"][0])
        self.assertIn("tools: honk", report["tried"][0]["transcript"])

    def test_one_that_is_silent_is_cancelled_and_one_that_dies_is_not_believed(self):
        self.assertIn("did not end its turn within 3.0 s", self.attempt("silent")["tried"][0]["end"])
        self.assertIn("ended, or closed its output", self.attempt("dies")["tried"][0]["end"])

    def test_a_real_agent_does_a_whole_turn_with_a_model_behind_the_proxy(self):
        self.host.script, self.host.faults, self.host.asked = [{"shell": EDIT}, {"say": "Done."}], [], []
        report = self.attempt("opencode")
        tried = report["tried"][0]
        self.assertTrue(report["done"], tried)
        self.assertIn("-- POST /v1/chat/completions 200", tried["transcript"])
        self.assertGreater(tried["usage"]["output_tokens"], 0)
        self.assertNotIn(KEY, json.dumps(report))

    def test_another_one_logs_in_asks_for_permission_and_does_a_whole_turn(self):
        # Its first question has an answer of the model in it already, which it wrote itself.
        self.host.script, self.host.faults, self.host.asked = [{"say": "Ready."}, {"shell": EDIT}, {"say": "Done."}], [], []
        report = self.attempt("qwen")
        tried = report["tried"][0]
        self.assertTrue(report["done"], tried)
        self.assertIn('"method":"authenticate","params":{"methodId":"openai"}', tried["transcript"])
        self.assertIn('"method":"session/request_permission"', tried["transcript"])
        self.assertGreater(report["tokens"], 0)
        self.assertNotIn(KEY, json.dumps(report))


if __name__ == "__main__":
    unittest.main()
