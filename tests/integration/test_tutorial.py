"""The interfaces that the tutorial prints, used as they are printed.

The tutorial is not ours, and not in this repository: HONK_TUTORIAL names its text (../shared/tutorial.txt beside the repository, unless
it says otherwise), and the code is cut out of it to the letter. Where it is not, those tests are skipped, and the same ones run with
code of our own that uses the same interfaces (tutorial/).

The few corrections that the printed code needs are beside each test, in CORRECTIONS; each must be needed, or the test fails.
"""
import json
import os
import pathlib
import re
import sys
import unittest

from small_fleet import FLEET, GREETER, SERVICE, end_instances, instances
from small_world import ROWS, World
from support import UnixConnection

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SDK = ROOT / "sdk" / "python"
TUTORIAL = pathlib.Path(os.environ.get("HONK_TUTORIAL") or ROOT.parent / "shared" / "tutorial.txt")

sys.path.insert(0, str(SDK))
sys.dont_write_bytecode = True
from honk import Client, HonkError, Plan, fleet_manager, reverse_mapping  # noqa: E402

ADA, BO = "user:default/ada", "user:default/bo"

# name: the first line of the block in the tutorial, the first line of the prose after it, our own equivalent
BLOCKS = {
    "template": ("# catalog/migration-template.yaml", "This entity links", "template.yaml"),
    "agent": ("# honk/agents/migration_agent.py", "Honk will store this plan", "agent.py"),
    "rollout": ("# fleet_manager/rollout.py", "Integrate this call", "rollout.py"),
    "action": ("# backstage-plugin/scaffolder/actions/migrateDataset.ts", "Now, when a developer", "action.ts"),
    "rollback": ("def rollback(plan: Plan):", "Include this rollback", "rollback.py"),
}

AGENT = f"""
agents:
  honk-migration-agent:
    command: [ {sys.executable}, -m, honk, run, agents/migration_agent.py ]
    environment: {{{{ PYTHONPATH: "{SDK}", PYTHONDONTWRITEBYTECODE: "1" }}}}
""".replace("{{", "{").replace("}}", "}")

TEMPLATE_VALUES = {"name": "users-move", "fleet_group": "listening", "owner": "team-identity",
                   "source_dataset": "users-v1", "target_dataset": "users-v2"}


def cut(text, first, after):
    """The lines from `first` to the prose that follows."""
    lines = text.splitlines()
    begin = lines.index(first)
    end = next(i for i in range(begin, len(lines)) if lines[i].startswith(after))
    return "\n".join(lines[begin:end]).rstrip() + "\n"


def corrected(text, corrections):
    for printed, ours, _why in corrections:
        assert printed in text, f"a correction that is not needed: {printed!r}"
        text = text.replace(printed, ours)
    return text


class Interfaces:
    """All tests, whatever the code is that they use; `self.block(name)` gives it."""

    def begin(self, more="", agent=False):
        world = World(more=more + (AGENT if agent else ""))
        self.addCleanup(world.close)
        if agent:
            world.write("agents/migration_agent.py", self.block("agent"))
        world.serve()
        return world

    def client(self, world, user):
        return Client(f"unix:{world.socket_path}", user=user)

    def apply(self, world, check=True, **values):
        path = world.write("migrations/template.yaml", self.block("template"))
        sets = [word for name, value in {**TEMPLATE_VALUES, **values}.items() if value is not None
                for word in ("--set", f"{name}={value}")]
        return world.honk("apply", "-f", path, *sets, check=check, user=ADA)

    def ready(self, agent=False, **values):
        """A world in which the template was applied."""
        world = self.begin(agent=agent)
        self.apply(world, migration_strategy="schema-transform", mapping_file="mappings/users.yaml", **values)
        return world

    # ---- 1: the template ----
    # CORRECTIONS: none. What it does not ask for (strategy, mapping) may be said by --set or by annotations, or has a default.

    def test_the_template_becomes_a_migration(self):
        world = self.ready()
        found = self.client(world, ADA).get("/entities/component/default/users-move")
        spec = found.get("entity", found)["spec"]
        self.assertEqual(spec["source_dataset"], "users-v1", "the first of dependsOn")
        self.assertEqual(spec["target_dataset"], "users-v2", "the second of dependsOn")
        self.assertEqual(spec["mapping_file"], "mappings/users.yaml")
        self.assertEqual(spec["fleet_group"], "listening", "from the annotation")
        world.plan("users-move")
        self.assertEqual(world.run("users-move")["state"], "succeeded")
        self.assertEqual(world.moved(), world.expected())

    def test_a_parameter_that_is_not_set_is_an_error_with_its_line(self):
        world = self.begin()
        done = self.apply(world, check=False, owner=None)
        line = next(i for i, text in enumerate(self.block("template").splitlines(), 1) if "owner: $" in text)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, rf"template\.yaml:{line}:\d+: error: .*'owner'")

    def test_without_a_strategy_rows_are_copied_as_they_are(self):
        world = self.begin()
        self.apply(world)
        world.plan("users-move")
        self.assertEqual(world.run("users-move")["state"], "succeeded")
        self.assertEqual(world.query("SELECT * FROM users_v2 ORDER BY 1"), world.query("SELECT * FROM users_v1 ORDER BY 1"))

    # ---- 2: the agent ----
    # CORRECTIONS: none. honk.yaml starts it by `python3 -m honk run FILE`; `import yaml` needs Debian's python3-yaml.

    def test_the_agent_plans_a_second_person_approves_and_the_rows_are_as_the_mapping_says(self):
        world = self.ready(agent=True)
        ada, bo = self.client(world, ADA), self.client(world, BO)
        plan = ada.migrate("component:default/users-move")
        self.assertEqual(plan.state, "planned")
        self.assertEqual(plan.name, "migrate-users-v1-to-users-v2")
        self.assertRegex(plan.document["guards"]["agent"], "^honk-migration-agent@sha256:")
        given = {step.name: step for step in plan.steps}
        self.assertEqual(given["validate-schema"].params["source"], "component:default/users-v1")
        self.assertEqual(given["transform-data"].params["mapping_file"], "mappings/users.yaml")
        self.assertIn("swap", [step.action for step in plan.steps], "the core adds what the agent forgot")
        self.assertTrue(all(step.status == "pending" for step in plan.steps))
        digest = plan.digest
        bo.plan(plan.id).approve("the columns are right")
        done = ada.plan("users-move").start().wait("succeeded", "halted")
        self.assertEqual(done.state, "succeeded")
        self.assertEqual(world.moved(), world.expected())
        self.assertEqual(done.digest, digest, "results lie beside the plan, never in it")
        after = {step.name: step for step in done.steps}
        self.assertEqual(after["transform-data"].status, "completed")
        self.assertEqual(after["transform-data"].result["rows_out"], ROWS)
        self.assertIsNone(after["transform-data"].params["rollout_id"])
        self.assertEqual(after["retire"].status, "pending")

    def test_the_agent_copies_where_the_strategy_says_so(self):
        world = self.begin(agent=True)
        self.apply(world, migration_strategy="bulk-copy")
        plan = self.client(world, ADA).migrate("component:default/users-move")
        self.assertIn("copy-dataset", [step.name for step in plan.steps])
        self.assertEqual(world.run("users-move")["state"], "succeeded")
        self.assertEqual(world.query("SELECT * FROM users_v2 ORDER BY 1"), world.query("SELECT * FROM users_v1 ORDER BY 1"))

    def test_a_strategy_that_the_agent_does_not_know_is_an_empty_plan_and_refused(self):
        world = self.begin(agent=True)
        if "additional strategies" not in self.block("agent"):
            self.skipTest("our own agent knows every strategy")
        self.apply(world, migration_strategy="consumer-rewrite", mapping_file="mappings/users.yaml")
        with self.assertRaisesRegex(HonkError, "agent 'honk-migration-agent': the plan has no steps"):
            self.client(world, ADA).migrate("component:default/users-move")

    # ---- 3: rollouts ----
    # CORRECTIONS: where our Fleet Management is, and who asks. In a company the name `fleet-manager.internal`, its certificate
    # (REQUESTS_CA_BUNDLE) and the token would be the environment's.

    ROLLOUT_CORRECTIONS = (
        ("'https://fleet-manager.internal/rollouts'", "FLEET_MANAGER + '/rollouts'", "the address of this test's server"),
        ("json=payload\n", "json=payload,\n        headers={'Authorization': 'Bearer ' + TOKEN}\n", "who asks"),
    )

    def with_service(self):
        """A world in which a service reads the old dataset."""
        world = World(more=FLEET.format(more="", waves="") + AGENT)
        self.addCleanup(world.close)
        self.addCleanup(end_instances, world)
        world.write("service.py", SERVICE)
        world.write("catalog/greeter.yaml", GREETER)
        world.write("agents/migration_agent.py", self.block("agent"))
        world.serve()
        client = self.client(world, ADA)
        fleet_manager.wait(fleet_manager.trigger_rollout("greeter", client=client), ("healthy",), timeout=60)
        self.assertEqual({answer["table"] for answer in instances(world)}, {"users_v1"}, "it runs before anything moves")
        self.apply(world, migration_strategy="schema-transform", mapping_file="mappings/users.yaml")
        return world

    def trigger_function(self, world):
        token = json.loads(world.honk("login", "--new", ADA, "--json").stdout)["token"]
        address = re.search(r"honk serves at (http://\S+)", world.log_tail() + (world.folder / "test-server.log").read_text()).group(1)
        scope = {"FLEET_MANAGER": address, "TOKEN": token}
        exec(compile(corrected(self.block("rollout"), self.ROLLOUT_CORRECTIONS), "the tutorial's rollout", "exec"), scope)
        return scope["trigger_rollout"]

    def test_a_triggered_rollout_is_the_one_that_was_approved(self):
        world = self.with_service()
        trigger = self.trigger_function(world)
        client = self.client(world, ADA)
        plan = client.migrate("component:default/users-move")
        self.assertIn("rollout", [step.action for step in plan.steps], "the core adds the rollouts that the agent forgot")
        import requests
        with self.assertRaises(requests.HTTPError) as caught:
            trigger("greeter", "users-move")
        self.assertEqual(caught.exception.response.status_code, 409, "nobody has approved it")
        self.client(world, BO).plan(plan.id).approve()
        client.plan(plan.id).start()
        rollout = trigger("greeter", "users-move")
        self.assertEqual(trigger("greeter", "users-move"), rollout, "asking again starts nothing anew")
        self.assertEqual(fleet_manager.wait(rollout, timeout=60, client=client)["state"], "healthy")
        done = client.plan(plan.id).wait("succeeded", "halted", timeout=60)
        self.assertEqual(done.state, "succeeded", done.why())
        step = next(step for step in done.steps if step.action == "rollout")
        self.assertEqual(step.params["rollout_id"], rollout)
        self.assertEqual(instances(world), [{"table": "users_v2", "rows": ROWS}] * 2)

    def test_the_rollback_gives_the_service_back_what_it_read(self):
        world = self.with_service()
        before = world.everything()
        world.plan("users-move")
        self.assertEqual(world.run("users-move")["state"], "succeeded")
        self.assertEqual({answer["table"] for answer in instances(world)}, {"users_v2"})
        rollback = self.rollback_function()
        plan = self.client(world, ADA).plan("users-move")
        rollback(plan)
        self.assertEqual(world.state("users-move"), "rolled_back")
        self.assertEqual(world.everything(), before)
        self.assertEqual({answer["table"] for answer in instances(world)}, {"users_v1"})
        rollback(plan)
        self.assertEqual(world.state("users-move"), "rolled_back")

    # ---- 4: the call of the scaffolder's action ----
    # CORRECTIONS: `response.json().id` wants an `await`, which changes nothing of what is sent. A real fetch also needs a token, or
    # the socket; and Backstage's discovery gives the address.

    def test_the_call_of_the_action_answers_an_id(self):
        world = self.ready()
        source = self.block("action")
        method, = re.findall(r"method: '(\w+)'", source)
        path, = re.findall(r"\$\{honkUrl\}(/[\w/]+)`", source)
        names = re.findall(r"\w+", re.search(r"JSON\.stringify\(\{(.*?)\}\)", source).group(1))
        self.assertNotIn("headers", source, "so fetch says text/plain")
        values = {"entityRef": "component:default/users-move", "source": "users-v1", "target": "users-v2"}
        body = json.dumps({name: values[name] for name in names}, separators=(",", ":"))
        answer = self.fetch(world, method, path, body)
        plan = self.client(world, ADA).plan(answer["id"]).wait_planned()
        self.assertEqual(plan.state, "planned")
        self.assertEqual(plan.migration, "component:default/users-move")
        self.assertNotIn("users_v2", world.tables(), "a plan moves nothing")

    def fetch(self, world, method, path, body):
        """What Node's fetch sends when nobody sets a header."""
        connection = UnixConnection(world.socket_path)
        try:
            connection.request(method, path, body=body.encode(),
                               headers={"Content-Type": "text/plain;charset=UTF-8", "Accept": "*/*", "User-Agent": "node",
                                        "Accept-Language": "*", "Sec-Fetch-Mode": "cors", "Honk-As": ADA})
            answer = connection.getresponse()
            text = answer.read()
            self.assertEqual(answer.status, 201, text)
            return json.loads(text)
        finally:
            connection.close()

    # ---- 5: the rollback ----
    # CORRECTIONS: none. The SDK provides `reverse_mapping` and `fleet_manager`, and plans whose steps have a status.

    def rollback_function(self):
        scope = {"Plan": Plan, "reverse_mapping": reverse_mapping, "fleet_manager": fleet_manager}
        exec(compile(self.block("rollback"), "the tutorial's rollback", "exec"), scope)
        return scope["rollback"]

    def test_the_rollback_leaves_what_honk_rollback_leaves(self):
        world = self.ready(agent=True)
        before = world.everything()
        world.plan("users-move")
        self.assertEqual(world.run("users-move")["state"], "succeeded")
        self.assertNotEqual(world.everything(), before)
        rollback = self.rollback_function()
        plan = self.client(world, ADA).plan("users-move")
        rollback(plan)
        self.assertEqual(world.state("users-move"), "rolled_back")
        self.assertEqual(world.everything(), before)
        rollback(plan)  # pressed twice, as the button shows it still
        again = self.client(world, ADA).plan("users-move")
        rollback(again)  # and as it is now
        self.assertEqual({step.status for step in again.steps} - {"reversed", "not_applied", "irreversible", "completed"}, set())
        self.assertEqual(world.everything(), before)

    def test_the_rollback_needs_the_role_for_it(self):
        world = self.ready(agent=True)
        world.plan("users-move")
        world.run("users-move")
        after = world.everything()
        with self.assertRaisesRegex(HonkError, "needs the role operator"):
            self.rollback_function()(self.client(world, "user:default/eve").plan("users-move"))
        self.assertEqual(world.everything(), after)


@unittest.skipUnless(TUTORIAL.is_file(), f"the tutorial's text is not here: HONK_TUTORIAL ({TUTORIAL}) names no file")
class Printed(Interfaces, unittest.TestCase):
    """Cut out of the tutorial, to the letter."""

    def block(self, name):
        first, after, _ours = BLOCKS[name]
        return cut(TUTORIAL.read_text(encoding="utf-8"), first, after)

    def test_every_block_is_found(self):
        for name in BLOCKS:
            self.assertGreater(len(self.block(name).splitlines()), 5, name)


@unittest.skipIf(TUTORIAL.is_file(), "the tutorial itself is here")
class OurOwn(Interfaces, unittest.TestCase):
    """The same interfaces, in our own words, for where the tutorial is not."""

    def block(self, name):
        return (HERE / "tutorial" / BLOCKS[name][2]).read_text(encoding="utf-8")


if __name__ == "__main__":
    unittest.main()
