"""Any program is an agent: chosen by annotation, bounded, never believed, and guarded."""
import json
import os
import subprocess
import unittest

from small_world import World

GOOD = """
import json, os, sys
entity = json.load(sys.stdin)
context = json.load(open(os.environ["HONK_CONTEXT"]))
print("columns:", len(context["source"]["schema"]["columns"]), file=sys.stderr)
spec = entity["spec"]
json.dump({"name": "by-hand", "steps": [
    {"name": "look", "action": "validate", "params": {"source": spec["source_dataset"], "target": spec["target_dataset"]}},
    {"name": "fill-it", "action": "transform", "params": {"mapping_file": spec["mapping_file"], "range_ms": 500}}]}, sys.stdout)
"""

CONFIG = """
agents:
  mine: {{ command: [ python3, agents/mine.py ], deadline: {deadline}, memory_mib: {memory} }}
  absent: {{ command: [ honk-no-such-program ] }}
"""


CODE = """
repositories: { code: { driver: git, path: repos } }
"""
REPORT = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: report, annotations: { honk/repository: "code:report", honk/reads: "component:default/users-v1" } }
spec: { type: service, lifecycle: production, owner: team-identity }
"""
ONLY_CODE = """
import json, os, sys
context = json.load(open(os.environ["HONK_CONTEXT"]))
assert context["changes"][0]["repository"] == "code:report"
json.dump({"steps": [{"name": "code-first", "action": "rewrite"}]}, sys.stdout)
"""


def git(folder, *words):
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Ada"), ("EMAIL", "ada@x"))}
    done = subprocess.run(["git", *words], cwd=folder, env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", **who},
                          check=True, capture_output=True, text=True)
    return done.stdout


class CodeOnly(unittest.TestCase):
    """Plans that move no rows: the data is there already."""

    def begin(self, more=""):
        world = World(more=CODE + more)
        self.addCleanup(world.close)
        world.change("CREATE TABLE users_v2 (user_id INTEGER PRIMARY KEY, full_name TEXT, country TEXT, tier TEXT)")
        world.change("INSERT INTO users_v2 VALUES (1, 'there already', 'SE', 'free')")
        self.report = world.write("repos/report/report.sql", "SELECT id FROM users_v1\n").parent
        git(self.report, "init", "-q", "-b", "main", ".")
        git(self.report, "add", "-A")
        git(self.report, "commit", "-q", "-m", "Report")
        world.write("catalog/report.yaml", REPORT)
        return world

    def there_and_back(self, world, name):
        before, branches = world.everything(), git(self.report, "branch", "--list")
        world.plan(name)
        plan = json.loads(world.get(f"/migrations/{name}/plan")[1])["plan"]
        self.assertEqual([step["action"] for step in plan["steps"]], ["validate", "rewrite", "settle"])
        done = world.run(name)
        self.assertEqual(done["state"], "succeeded", done)
        branch = next(line.strip() for line in git(self.report, "branch", "--list").splitlines() if "honk/" in line)
        self.assertEqual(git(self.report, "show", f"{branch}:report.sql"), "SELECT user_id AS id FROM users_v2\n")
        self.assertEqual(world.everything(), before, "no rows move")
        world.honk("rollback", name, "--wait", user="user:default/ada")
        self.assertEqual(world.state(name), "rolled_back")
        self.assertEqual(git(self.report, "branch", "--list"), branches)
        self.assertEqual(world.everything(), before)

    def test_the_strategy_consumer_rewrite_changes_code_alone(self):
        world = self.begin()
        world.serve()
        self.there_and_back(world, world.migration(strategy="consumer-rewrite"))

    def test_an_agent_may_ask_for_the_code_alone(self):
        world = self.begin(more="agents: { coder: { command: [ python3, agents/coder.py ] } }")
        world.write("agents/coder.py", ONLY_CODE)
        world.serve()
        self.there_and_back(world, world.migration(agent="coder"))


class Agents(unittest.TestCase):
    def begin(self, program=GOOD, deadline="20s", memory=512):
        world = World(more=CONFIG.format(deadline=deadline, memory=memory))
        self.addCleanup(world.close)
        world.write("agents/mine.py", program)
        world.serve()
        return world

    def refused(self, program, *expected, **how):
        """What is wrong with the agent is told to whoever asks for the plan, who may mend it and ask again."""
        world = self.begin(program, **how)
        name = world.migration(agent="mine")
        done = world.plan(name, check=False)
        self.assertNotEqual(done.returncode, 0)
        said = done.stdout + done.stderr
        for text in expected:
            self.assertIn(text, " ".join(said.split()))
        self.assertEqual(world.state(name), "draft")
        world.write("agents/mine.py", GOOD)
        world.plan(name)
        self.assertEqual(world.state(name), "planned")
        return said

    def test_a_program_makes_the_plan_and_the_core_what_it_forgot(self):
        world = self.begin()
        name = world.migration(agent="mine")
        world.plan(name)
        plan = world.json("plan", name)
        plan = plan.get("plan", plan)
        self.assertEqual(plan["agent"], "mine")
        self.assertEqual(plan["name"], "by-hand")
        self.assertRegex(plan["guards"]["agent"], r"^mine@sha256:[0-9a-f]{64}$")
        self.assertEqual([step["action"] for step in plan["steps"]],
                         ["validate", "freeze", "stage", "transform", "compare", "swap", "settle", "retire"])
        fill = next(step for step in plan["steps"] if step["name"] == "fill-it")
        self.assertEqual(fill["params"]["range_ms"], 500)
        self.assertEqual(fill["params"]["source"], "component:default/users-v1")
        self.assertEqual(world.run(name)["state"], "succeeded")
        self.assertEqual(world.moved(), world.expected())

    def test_an_agent_that_nobody_knows_is_refused_with_those_there_are(self):
        world = self.begin()
        done = world.plan(world.migration(agent="mini"), check=False)
        said = " ".join((done.stdout + done.stderr).split())
        self.assertIn("there is no agent 'mini', did you mean 'mine'? (there are honk-migration-agent, mine, absent;", said)

    def test_a_program_that_is_not_there_is_named(self):
        world = self.begin()
        done = world.plan(world.migration(agent="absent"), check=False)
        self.assertIn("agent 'absent' made no plan: cannot start 'honk-no-such-program': no such program",
                      " ".join((done.stdout + done.stderr).split()))

    def test_an_edited_agent_makes_the_plan_stale_before_and_after_approval(self):
        world = self.begin()
        name = world.migration(agent="mine")
        world.plan(name)
        world.write("agents/mine.py", GOOD + "# edited\n")
        done = world.honk("approve", name, world.digest(name), user="user:default/bo", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the agent was edited since the plan was made", " ".join(done.stderr.split()))
        world.plan(name)
        world.honk("approve", name, world.digest(name), user="user:default/bo")
        world.write("agents/mine.py", GOOD + "# edited again\n")
        done = world.honk("start", name, user="user:default/ada", check=False)
        self.assertIn("the agent was edited since the plan was made", " ".join(done.stderr.split()))
        self.assertNotIn("users_v2", world.tables())

    def test_an_agent_that_does_not_end_is_ended(self):
        self.refused("import sys, time\nprint('thinking', file=sys.stderr, flush=True)\ntime.sleep(1000)\n",
                     "agent 'mine' made no plan: 'python3' did not end within 1.0 s", "agent 'mine' said: thinking", deadline="1s")

    def test_an_agent_that_writes_without_end_is_ended(self):
        self.refused("while True: print('x' * 100000)\n", "agent 'mine' made no plan: 'python3' wrote more than 4194304 bytes")

    def test_an_agent_has_only_the_memory_it_may_have(self):
        self.refused("x = bytearray(1 << 30)\n", "agent 'mine' gave up: its exit status is 1", "MemoryError", memory=128)

    def test_an_agent_that_gives_up_is_quoted_without_its_control_characters(self):
        said = self.refused("import sys\nsys.exit('\\x1b[31mno such customer')\n",
                            "agent 'mine' gave up: its exit status is 1", "agent 'mine' said: ?[31mno such customer")
        self.assertNotIn("\x1b[31mno", said)

    def test_what_is_no_json_is_told_with_its_place(self):
        self.refused("print('{\\n  \"steps\": [}')\n", "the plan of agent 'mine':2:")

    def test_nothing_at_all_is_no_plan(self):
        self.refused("pass\n", "agent 'mine' wrote no plan: its standard output is empty")

    def test_wrong_steps_are_told_all_at_once_and_name_the_agent(self):
        steps = [{"name": "a", "action": "tranform"},
                 {"name": "b", "action": "copy", "params": {"target": "/etc/passwd", "rangems": 5}}]
        self.refused(f"print({json.dumps(json.dumps({'steps': steps}))})\n",
                     "agent 'mine': step 'a': unknown action 'tranform', did you mean 'transform'?",
                     "agent 'mine': step 'b': target is '/etc/passwd', but the migration's is 'component:default/users-v2'",
                     "agent 'mine': step 'b': action 'copy' takes no 'rangems', did you mean 'range_ms'?")

    def test_an_empty_plan_is_refused(self):
        self.refused("print('{\"steps\": []}')\n", "agent 'mine': the plan has no steps")

    def test_a_plan_that_only_looks_is_refused(self):
        self.refused("print('{\"steps\": [{\"action\": \"validate\"}]}')\n",
                     "the plan of agent 'mine' changes nothing")

    def test_the_doctor_looks_for_the_programs(self):
        world = self.begin()
        said = " ".join(world.honk("doctor", check=False).stdout.split())
        self.assertRegex(said, "agent 'mine' is run by /.*/python3")
        self.assertIn("agent 'absent': there is no program 'honk-no-such-program'", said)

    def test_nothing_of_an_agent_is_left_running(self):
        from support import eventually, processes_with
        word = "honk-agent-straggler-7201"
        program = f"import subprocess\nsubprocess.Popen(['sh', '-c', 'sleep 1000; : {word}'])\n" + GOOD
        world = self.begin(program)
        world.plan(world.migration(agent="mine"))
        self.assertTrue(eventually(lambda: not processes_with(word)))


if __name__ == "__main__":
    unittest.main()
