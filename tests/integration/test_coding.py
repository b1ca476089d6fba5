"""Coding agents: what rules refuse goes to a program in a box, and what it did is taken only when it is good."""
import json
import os
import signal
import unittest

import support
import test_changes

# Follows the brief, and nothing else: names from the table, files from the list. What drops tables it leaves alone.
AGENT = """
import json, os, pathlib, re, sys
prompt = sys.stdin.read()
brief = json.load(open(os.environ["HONK_BRIEF"] + "/brief.json"))
for path in brief["files"]:
    text = pathlib.Path(path).read_text()
    if "DROP" in text:
        print("left alone:", path)
        continue
    text = text.replace(brief["source"], brief["target"])
    for row in brief["table"]:
        if row["becomes"] == "renamed":
            text = re.sub(r"\\b" + row["column"] + r"\\b", row["to"], text)
    pathlib.Path(path).write_text(text)
"""
CODING = """
coding:
  when_unboxed: run
  agents:
    fixer: { command: [ /usr/bin/python3, agents/fix.py ], deadline: 60s, rounds: 2, memory_mib: 512 }
  migrations: { "*": fixer }
"""
JOB = "rows = load('users_v1')\nnames = [row.first_name for row in rows]\n\ndef total():\n    return len(rows)\n"


class World(test_changes.World):
    def __init__(self, agent=AGENT, verify=None, **more):
        super().__init__(**more)
        with open(self.folder / "honk.yaml", "a") as file:
            file.write(CODING)
        (self.folder / "agents").mkdir()
        (self.folder / "agents" / "fix.py").write_text(agent)
        (self.repository("hard") / "job.py").write_text(JOB)
        self.commit("hard", "A job")
        if verify:
            path = self.folder / "catalog" / "all.yaml"
            path.write_text(path.read_text().replace('"code:hard"', f'"code:hard", honk/verify: "{verify}"'))

    def change(self, name):
        return next(item for item in self.json("change", "list", "users-v2") if item["repository"] == f"code:{name}")


class Coding(unittest.TestCase):
    def world(self, **more):
        world = World(**more)
        self.addCleanup(world.close)
        world.begin()
        return world

    def run_all(self, world):
        text = " ".join(world.honk("plan", "users-v2").stdout.split())
        world.honk("approve", "users-v2", world.digest("users-v2"))
        world.honk("start", "users-v2", "--wait", check=False)
        return text

    def test_what_rules_refuse_is_done_by_the_agent_and_goes_back(self):
        world = self.world(verify="python3 -m py_compile job.py")
        before = {name: world.seen(name) for name in test_changes.CODE}
        text = self.run_all(world)
        self.assertIn("code:hard 1 needs_person 1 to the agent", text)
        self.assertIn("the coding agent 'fixer' (door 'exec', at most 2 rounds) is let at", text)
        self.assertEqual(world.state("users-v2"), "succeeded")
        branch = world.branch()
        self.assertEqual(world.git("hard", "show", f"{branch}:job.py"),
                         JOB.replace("users_v1", "users_v2").replace("first_name", "name"))
        message = world.git("hard", "log", "-1", "--format=%B", branch)
        for part in ("By a coding agent, where rules refused:", "- agent 'fixer', by the door 'exec', in 1 of at most 2 rounds",
                     "- it wrote job.py", "by a coding agent and not by rules: 1", "- catalog: before passed, now passed"):
            self.assertIn(part, message)
        evidence = world.change("hard")["evidence"]
        self.assertTrue(evidence["coding"]["done"])
        self.assertEqual((evidence["rewritten"], evidence["by_agent"]), (1, 1))
        report = json.loads(world.get(f"/blobs/{evidence['coding']['report']}")[1])
        self.assertIn("+rows = load('users_v2')\n", report["diff"])
        self.assertEqual(world.consumers()["hard"]["stand"], "done")
        half = world.consumers()["half"]
        self.assertEqual((half["stand"], half["coding"]["agent"], half["coding"]["done"]), ("person", "fixer", False))
        self.assertIn("the coding agent 'fixer' did not do it: ", half["why"])
        # What the agent leaves alone stays with people, and what rules did there stands.
        half = world.change("half")["evidence"]
        self.assertFalse(half["coding"]["done"])
        self.assertIn("untouched hard.sql", half["coding"]["why"])
        self.assertEqual(world.git("half", "diff", "--name-only", "main", branch), "good.sql\n")
        shown = world.honk("change", "show", "users-v2", "hard").stdout
        self.assertIn("the coding agent did it, in 1 of 2 rounds", shown)
        self.assertIn("catalog: before passed, after passed", shown)
        self.assert_numbers(world)

        world.honk("rollback", "users-v2", "--wait")
        self.assertEqual(world.state("users-v2"), "rolled_back")
        self.assertEqual({name: world.seen(name) for name in test_changes.CODE}, before)

    def assert_numbers(self, world):
        """What became of all of them, with denominators: on the terminal, in the API, and in the metrics."""
        numbers = world.json("change", "numbers", "users-v2")
        self.assertEqual(sum(numbers["ends"].values()), numbers["consumers"])
        self.assertEqual(numbers["consumers"], len(world.consumers()))
        self.assertEqual((numbers["ends"]["by_agent"], numbers["ends"]["refused"]), (1, 1))
        changes = [change["evidence"] for change in world.json("change", "list", "users-v2") if "evidence" in change]
        sites = numbers["sites"]
        self.assertEqual(sites["by_agent"], 1)
        self.assertEqual(sites["by_rules"] + sites["by_agent"], sum(evidence["rewritten"] for evidence in changes))
        self.assertEqual(sites["all"], sum(count for word, count in sites.items() if word != "all"))
        for parts in ("owners", "languages"):
            for word in sites:
                self.assertEqual(sum(part["sites"][word] for part in numbers[parts]), sites[word], (parts, word))
        python = next(part["sites"] for part in numbers["languages"] if part["language"] == "python")
        self.assertEqual((python["all"], python["by_agent"]), (1, 1))
        self.assertEqual((numbers["verified"]["checks"], numbers["agent"]["consumers"], numbers["agent"]["done"]), (1, 2, 1))
        self.assertEqual(numbers["verified"]["rules"], sum(evidence["commit"] is not None for evidence in changes))
        metrics = world.get("/metrics")[1].decode()
        self.assertIn('honk_consumers{end="by_agent"} 1\n', metrics)
        self.assertIn(f'honk_sites{{by="by_rules"}} {sites["by_rules"]}\n', metrics)
        self.assertIn("honk_coding_consumers 2\n", metrics)
        shown = " ".join(world.honk("change", "numbers", "users-v2").stdout.split())
        self.assertIn("The coding agent did 1 of 2 consumers in 3 rounds: ", shown)
        self.assertIn(f"changed by a coding agent 1 of {sites['all']} ", shown)
        nobody = world.json("change", "numbers", "--owner", "group:default/nobody")
        self.assertEqual((nobody["consumers"], nobody["owners"], nobody["sites"]["all"]), (0, [], 0))

    def test_an_agent_that_cheats_changes_nothing(self):
        world = self.world(agent=AGENT + "\nif os.path.exists('job.py'): open('job.py', 'a').write('import os\\n')\n")
        self.run_all(world)
        self.assertEqual(world.state("users-v2"), "succeeded")
        self.assertEqual(world.git("hard", "for-each-ref", "--format=%(refname)"), "refs/heads/main\n")
        coding = world.change("hard")["evidence"]["coding"]
        self.assertFalse(coding["done"])
        self.assertIn("out-of-scope job.py:6: ", coding["why"])
        shown = world.honk("change", "show", "users-v2", "hard").stdout
        self.assertIn("the coding agent did not do it, in 2 of 2 rounds", shown)

    def test_agents_are_tried_side_by_side_and_nothing_is_kept(self):
        world = World()
        self.addCleanup(world.close)
        settings = world.folder / "honk.yaml"
        settings.write_text(settings.read_text().replace(
            "  migrations:", "    idle: { command: [ 'true' ], rounds: 1, readable: [ agents, /opt ] }\n  migrations:"))
        world.begin()
        world.honk("plan", "users-v2")
        before = {name: world.seen(name) for name in test_changes.CODE}
        done = world.honk("agent", "try", "users-v2", "--agent", "fixer", "--agent", "idle").stdout
        said = " ".join(done.split())
        self.assertIn("fixer: 1 of 2 repositories, 1 of 4 places, ", said)
        self.assertIn("idle: 0 of 2 repositories, 0 of 4 places, ", said)
        self.assertIn("untouched job.py: its places are as they were", said)
        self.assertEqual({name: world.seen(name) for name in test_changes.CODE}, before)
        reports = world.json("agent", "try", "users-v2", "--targets", "1")
        self.assertEqual([(report["consumer"], report["agent"]) for report in reports],
                         [("component:default/half", "fixer")])
        for name, word in (("short.md", "Just {{source}} to {{target}}."), ("long.md", "Look at {{files}} first.")):
            (world.folder / name).write_text(word)
        said = " ".join(world.honk("agent", "try", "users-v2", "--prompt", "short.md", "--prompt", "long.md").stdout.split())
        for name in ("short.md", "long.md"):
            self.assertIn(f"fixer with {name}: 1 of 2 repositories, 1 of 4 places, ", said)
        refused = world.honk("agent", "try", "users-v2", "--prompt", "none.md", check=False)
        self.assertIn("none.md", refused.stderr)
        refused = world.honk("agent", "try", "users-v2", "--agent", "nobody", check=False)
        self.assertIn("honk.yaml has no coding agent 'nobody'", " ".join(refused.stderr.split()))

    def test_workers_that_die_while_an_agent_works_leave_nothing_and_are_replaced(self):
        waits = AGENT.replace("brief =", "import time\nwhile not os.path.exists(sys.argv[1] + '/go'): time.sleep(0.05)\nbrief =")
        world = World(agent=waits)
        self.addCleanup(world.close)
        flags = world.folder / "flags"
        flags.mkdir()
        settings = world.folder / "honk.yaml"
        settings.write_text(settings.read_text().replace("agents/fix.py ]", f"agents/fix.py, {flags} ], readable: [ flags ]"))
        world.begin()
        before = {name: world.seen(name) for name in test_changes.CODE}
        world.honk("plan", "users-v2")
        world.honk("approve", "users-v2", world.digest("users-v2"))
        world.honk("start", "users-v2")
        working = str(world.folder / "agents" / "fix.py")
        first = support.eventually(lambda: support.processes_with(working))
        self.assertTrue(first, "no agent was started")
        for worker in support.children_of(world.server.pid):
            os.kill(worker, signal.SIGKILL)
        self.assertTrue(support.eventually(lambda: not set(first) & set(support.processes_with(working))),
                        "an agent outlived its worker")
        (flags / "go").touch()
        self.assertTrue(support.eventually(lambda: world.state("users-v2") == "succeeded"), world.state("users-v2"))
        branch = world.branch()
        self.assertEqual(world.git("hard", "rev-list", "--count", f"main..{branch}"), "1\n")
        self.assertIn("load('users_v2')", world.git("hard", "show", f"{branch}:job.py"))
        self.assertEqual(list((world.folder / ".honk" / "coding").iterdir()), [])
        world.honk("rollback", "users-v2", "--wait")
        self.assertEqual({name: world.seen(name) for name in test_changes.CODE}, before)

    def test_an_edited_agent_makes_the_plan_stale(self):
        world = self.world()
        world.honk("plan", "users-v2")
        digest = world.digest("users-v2")
        (world.folder / "agents" / "fix.py").write_text(AGENT + "\n# another\n")
        done = world.honk("approve", "users-v2", digest, check=False)
        said = " ".join((done.stdout + done.stderr).split())
        self.assertIn("the coding agent was edited since the plan was made", said)

    def test_people_who_merged_what_the_agent_wrote_take_it_back_themselves(self):
        world = self.world()
        self.run_all(world)
        world.git("hard", "merge", "-q", "--no-ff", "-m", "Merge", world.branch())
        world.honk("rollback", "users-v2", "--wait", check=False)
        self.assertEqual(world.state("users-v2"), "needs_operator")
        said = " ".join(world.honk("status", "users-v2", check=False).stdout.split())
        self.assertIn("was merged into 'main'", said)

    def test_the_doctor_says_what_coding_agents_lack(self):
        world = World()
        self.addCleanup(world.close)
        said = " ".join(world.honk("doctor", check=False).stdout.split())
        self.assertIn("coding agent 'fixer' is run by /usr/bin/python3", said)
        settings = world.folder / "honk.yaml"
        settings.write_text(settings.read_text().replace("when_unboxed: run", "when_unboxed: refuse"))
        world.env["PATH"] = str(world.folder)  # where there is no bubblewrap
        done = world.honk("doctor", check=False)
        said = " ".join(done.stdout.split())
        self.assertIn("there is no bubblewrap ('bwrap'): apt-get install bubblewrap", said)
        self.assertIn("BAD coding agents are refused, without a sandbox", said)
        self.assertNotEqual(done.returncode, 0)

    def test_what_is_wrong_in_the_settings_is_said_with_its_line(self):
        project = support.Project()
        self.addCleanup(project.close)
        (project.folder / "honk.yaml").write_text(
            "coding:\n  when_unboxed: maybe\n  agents:\n    a: { door: window, command: [ x ], rounds: 99 }\n    b: {}\n"
            "  migrations: { users: nobody }\n")
        done = project.honk("doctor", check=False)
        said = " ".join((done.stdout + done.stderr).split())
        for part in ("honk.yaml:2:17: ", "'door' is 'window', expected exec", "'rounds' is '99'",
                     "coding agent 'b' has no 'command'", "there is no coding agent 'nobody' below 'agents'"):
            self.assertIn(part, said)


if __name__ == "__main__":
    unittest.main()
