"""honk mcp: tools for an operator's assistant, and for a coding agent in its box."""
import json
import os
import subprocess
import unittest

import support
import test_coding

# An agent of ACP that uses the tools that it is offered, and then does as the brief says.
TALKER = """
import json, os, pathlib, subprocess, sys
def send(**m): print(json.dumps({"jsonrpc": "2.0", **m}), flush=True)
def tools(server):
    child = subprocess.Popen([server["command"], *server["args"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    def call(name, **arguments):
        child.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                                      "params": {"name": name, "arguments": arguments}}) + "\\n")
        child.stdin.flush()
        return json.loads(child.stdout.readline())["result"]["content"][0]["text"]
    return call
while True:
    m = json.loads(sys.stdin.readline())
    if m["method"] == "initialize": send(id=m["id"], result={"protocolVersion": 1})
    elif m["method"] == "session/new":
        call = tools(m["params"]["mcpServers"][0])
        send(id=m["id"], result={"sessionId": "s"})
    elif m["method"] == "session/prompt":
        print("1:", call("verify"), file=sys.stderr)
        to = json.loads(call("mapping_lookup", column="first_name"))[0]["to"]
        for site in json.loads(call("sites")):
            path = pathlib.Path(site["path"])
            if path.suffix != ".py":
                call("report_blocked", path=str(path), why="it drops the table")
                continue
            path.write_text(path.read_text() + "import os\\n")
            pathlib.Path("good.py").write_text("stray")
            print("2:", call("verify"), file=sys.stderr)
            print("git:", call("git", command="status"), call("git", command="log"), call("git", command="push"), file=sys.stderr)
            call("git", command="restore", path="good.py")
            call("git", command="restore", path=str(path))
            print("back:", call("git", command="status"), path.read_text() == call("git", command="show", path=str(path)),
                  call("git", command="restore", path="../brief/brief.json"), file=sys.stderr)
            path.write_text(path.read_text().replace("users_v1", "users_v2").replace("first_name", to))
            print("3:", call("verify"), call("diff"), file=sys.stderr)
        print("4:", call("mapping_lookup", column="nobody"), file=sys.stderr)
        send(id=m["id"], result={"stopReason": "end_turn"})
"""


class Mcp(unittest.TestCase):
    def talk(self, world, *messages, words=()):
        """The answers to these messages, in their order."""
        text = "".join(message if isinstance(message, str) else json.dumps({"jsonrpc": "2.0", **message}) + "\n"
                       for message in messages)
        done = subprocess.run([os.environ["HONK"], "mcp", *words], cwd=world.folder, input=text, capture_output=True,
                              text=True, timeout=120, check=True, env=world.env)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def call(self, world, tool, words=(), **arguments):
        answer = self.talk(world, {"id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}},
                           words=words)[0]
        if "error" in answer:
            raise AssertionError(answer["error"]["message"])
        return answer["result"]["isError"], answer["result"]["content"][0]["text"]

    def world(self, **more):
        world = test_coding.World(**more)
        self.addCleanup(world.close)
        world.begin()
        return world

    def test_messages_get_the_answers_of_the_protocol(self):
        project = support.Project()
        self.addCleanup(project.close)
        answers = self.talk(
            project, {"id": 1, "method": "initialize", "params": {"protocolVersion": "2024-11-05"}},
            {"method": "notifications/initialized"}, {"id": "two", "method": "ping"}, "{broken\n", "\n",
            {"id": 3, "method": "nothing/known"}, {"id": 4, "method": "tools/call", "params": {"name": "get_plan"}},
            {"id": 5, "method": "tools/call", "params": {"name": "get_plan", "arguments": {"name": 7}}},
            {"id": 6, "method": "tools/call", "params": {"name": "get_plan", "arguments": {"name": "--again"}}},
            {"method": "notifications/cancelled", "params": {"requestId": 1}}, '"' + "x" * (5 << 20) + '"\n',
            '[{"jsonrpc":"2.0","id":8,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},7]\n',
            {"id": 9, "method": "tools/call", "params": {"name": "push"}})
        batch = answers.pop(8)
        self.assertEqual([(answer["id"], "error" in answer) for answer in batch], [(8, False), (None, True)])
        self.assertEqual([answer.get("id") for answer in answers], [1, "two", None, 3, 4, 5, 6, None, 9])
        self.assertEqual(answers[0]["result"]["protocolVersion"], "2024-11-05")
        self.assertEqual(answers[1]["result"], {})
        self.assertEqual([answer["error"]["code"] for answer in (answers[2], answers[3], answers[7], answers[8])],
                         [-32700, -32601, -32600, -32602])
        # A model reads what is wrong with its own input, and does it better.
        self.assertEqual([(answer["result"]["isError"], answer["result"]["content"][0]["text"]) for answer in answers[4:7]],
                         [(True, "'get_plan' needs 'name'"), (True, "'name' of 'get_plan' is no text"),
                          (True, "'name' is '--again', which names nothing")])

    def test_every_tool_says_what_it_does_and_takes_and_whether_it_changes_anything(self):
        project = support.Project()
        self.addCleanup(project.close)
        listed = {words: self.talk(project, {"id": 1, "method": "tools/list"}, words=words)[0]["result"]["tools"]
                  for words in ((), ("--allow-changes",), ("--brief", "x"))}
        reads, all_of, agents = ({tool["name"]: tool for tool in tools} for tools in listed.values())
        self.assertEqual(set(reads), {"list_migrations", "get_migration", "get_plan", "list_changes", "get_change", "get_log"})
        self.assertEqual(set(all_of) - set(reads), {"approve", "start", "pause", "resume", "rollback"})
        self.assertEqual(set(agents), {"mapping_lookup", "sites", "verify", "diff", "git", "report_blocked"})
        for tool in (*all_of.values(), *agents.values()):
            schema, hints = tool["inputSchema"], tool["annotations"]
            self.assertTrue(tool["description"].endswith("."), tool)
            self.assertEqual((schema["type"], schema["additionalProperties"]), ("object", False))
            self.assertLessEqual(set(schema["required"]), set(schema["properties"]))
            self.assertNotEqual(hints["readOnlyHint"], hints["destructiveHint"])
        self.assertEqual({name for name, tool in all_of.items() if tool["annotations"]["readOnlyHint"]}, set(reads))
        self.assertEqual(all_of["approve"]["inputSchema"]["required"], ["name", "digest"])

    def test_an_assistant_reads_and_changes_nothing_unless_that_is_allowed(self):
        world = self.world()
        plan = json.loads(self.call(world, "get_plan", name="users-v2")[1])
        self.assertIn("state", json.loads(self.call(world, "get_migration", name="users-v2")[1]))
        digest = world.json("status", "users-v2")["digest"]
        self.assertEqual(plan["plan"]["migration"], "migration:default/users-v2")
        self.assertEqual(len(json.loads(self.call(world, "list_changes", name="users-v2")[1])), 5)
        self.assertIn("+SELECT u.user_id", self.call(world, "get_change", name="users-v2", consumer="reports")[1])
        self.assertIn("plan", self.call(world, "get_log", name="users-v2")[1])
        self.assertTrue(self.call(world, "get_migration", name="nobody")[0])
        with self.assertRaisesRegex(AssertionError, "there is no tool 'approve' here"):
            self.call(world, "approve", name="users-v2", digest=digest)
        self.assertEqual(world.state("users-v2"), "planned")
        failed, text = self.call(world, "approve", ("--allow-changes",), name="users-v2", digest="00000000")
        self.assertTrue(failed, text)
        failed, text = self.call(world, "approve", ("--allow-changes",), name="users-v2", digest=digest, reason="read it")
        self.assertFalse(failed, text)
        self.assertFalse(self.call(world, "start", ("--allow-changes",), name="users-v2")[0])
        self.assertTrue(support.eventually(lambda: world.state("users-v2") == "succeeded"))
        self.assertFalse(self.call(world, "rollback", ("--allow-changes",), name="users-v2")[0])
        self.assertTrue(support.eventually(lambda: world.state("users-v2") == "rolled_back"))

    def test_a_coding_agent_uses_its_tools_in_its_box(self):
        world = test_coding.World(agent=TALKER)
        self.addCleanup(world.close)
        settings = world.folder / "honk.yaml"
        settings.write_text(settings.read_text().replace("fixer: { command", "fixer: { door: acp, command"))
        world.begin()
        world.honk("plan", "users-v2")
        world.honk("approve", "users-v2", world.digest("users-v2"))
        world.honk("start", "users-v2", "--wait", check=False)
        coding = world.change("hard")["evidence"]["coding"]
        report = json.loads(world.get(f"/blobs/{coding['report']}")[1])
        said = report["tried"][0]["said"]
        self.assertTrue(coding["done"], report)
        for part in ("1: nothing is changed yet", "2: file-added good.py: ", "out-of-scope job.py:6: ",
                     "git: A good.py (not one of the files that you may write: restore it)\nM job.py", " A job\n",
                     "there is no 'push' here: status, diff, log, show and restore are what there is",
                     "back: nothing is changed True '../brief/brief.json' is as it was, or there is no such file", "3: the gate has nothing against it",
                     "+rows = load('users_v2')", "4: the brief has no column 'nobody'"):
            self.assertIn(part, said)
        half = world.change("half")["evidence"]["coding"]
        report = json.loads(world.get(f"/blobs/{half['report']}")[1])
        self.assertIn("hard.sql: it drops the table", report["blocked"])


if __name__ == "__main__":
    unittest.main()
