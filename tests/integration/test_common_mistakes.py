"""The common mistakes that the tutorial warns of cannot be made here. Each class has the name of one."""
import contextlib
import json
import os
import pathlib
import signal
import sys
import unittest

from small_fleet import FLEET, GREETER, SERVICE, end_instances, instances
from small_world import CONFIG, World
from support import eventually, processes_with

SDK = pathlib.Path(__file__).resolve().parents[2] / "sdk" / "python"
sys.path.insert(0, str(SDK))
sys.dont_write_bytecode = True
from honk import Client, HonkError, fleet_manager  # noqa: E402

ADA, BO, EVE = "user:default/ada", "user:default/bo", "user:default/eve"
MANY = 60_000

SMALL_RANGES = """
import json, sys
entity = json.load(sys.stdin)
json.dump({"steps": [{"action": "transform", "params": {"range_ms": 50}}]}, sys.stdout)
"""
AGENT = "agents: { small-ranges: { command: [ python3, agents/small_ranges.py ] } }"


class Case(unittest.TestCase):
    def begin(self, planned=True, **how):
        self.world = World(**how)
        self.addCleanup(self.world.close)
        self.world.serve()
        self.name = self.world.migration()
        if planned:
            self.world.plan(self.name)
        return self.world

    def begin_many(self):
        """A move of many rows in small ranges, approved; so slow that somebody can come between, until at_full_speed()."""
        world = World(more=AGENT, rows=MANY)
        self.world = world
        self.addCleanup(world.close)
        world.write("agents/small_ranges.py", SMALL_RANGES)
        world.serve()
        self.name = world.migration(agent="small-ranges")
        self.before = world.everything()
        world.plan(self.name)
        world.honk("approve", self.name, world.digest(self.name), user=BO)
        world.honk("throttle", self.name, "--rows-per-second", "3000", user=ADA)
        return world

    def at_full_speed(self):
        self.world.honk("throttle", self.name, "--off", user=ADA)

    def client(self, user):
        return Client(f"unix:{self.world.socket_path}", user=user)

    def refused(self, expected, *words, user=None):
        done = self.world.honk(*words, user=user, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertRegex(" ".join((done.stdout + done.stderr).split()), expected)

    def nothing_moved(self):
        self.assertNotIn("users_v2", self.world.tables())

    def until(self, *states):
        self.assertTrue(eventually(lambda: self.world.state(self.name) in states), self.world.state(self.name))

    def until_half_way(self):
        """Some ranges are in, some are not."""
        def is_half_way():
            progress = self.world.step(self.name, "transform")["progress"]
            return 0 < progress["done"] < progress["total"]
        self.assertTrue(eventually(is_half_way, every=0.001), self.world.step(self.name, "transform"))


class NotSeparatingPlanGenerationFromExecution(Case):
    """Nothing runs that a person has not approved, by whatever door."""

    def test_a_plan_that_nobody_approved_is_not_started(self):
        self.begin()
        self.refused("'planned'|is planned", "start", self.name, user=ADA)
        with self.assertRaises(HonkError) as caught:
            self.client(ADA).plan(self.name).start()
        self.assertEqual(caught.exception.code, "wrong_state")
        for word in ("resume", "go-on", "retire"):
            with self.assertRaises(HonkError):
                self.client(BO).post(f"/migrations/{self.name}/{word}", {"reason": "please"})
        self.nothing_moved()
        self.assertEqual(self.world.state(self.name), "planned")

    def test_asking_for_a_plan_starts_nothing(self):
        self.begin(planned=False)
        plan = self.client(ADA).migrate(f"component:default/{self.name}")
        self.assertEqual(plan.state, "planned")
        self.nothing_moved()

    def test_the_author_does_not_approve_and_an_approver_approves_only_what_he_names(self):
        self.begin()
        digest = self.world.digest(self.name)
        self.refused("role approver", "approve", self.name, digest, user=ADA)
        other = "0" * 8 if digest != "0" * 8 else "1" * 8
        self.refused("the plan is '.*' now, not '.*': read it again", "approve", self.name, other, user=BO)
        self.world.honk("plan", self.name, "--again", user=BO)
        self.refused("asked for this plan, and the policy lets nobody approve their own", "approve", self.name, self.world.digest(self.name), user=BO)
        self.nothing_moved()

    def test_an_approval_is_of_one_digest_and_not_of_the_next(self):
        self.begin()
        first = self.world.digest(self.name)
        self.world.honk("approve", self.name, first, user=BO)
        mapping = self.world.folder / "mappings" / "users.yaml"
        mapping.write_text(mapping.read_text().replace("const: free", "const: gratis"))
        self.refused("stale.*mapping", "start", self.name, user=ADA)
        self.world.plan(self.name)
        self.assertNotEqual(self.world.digest(self.name), first)
        self.refused("planned", "start", self.name, user=ADA)
        self.refused("the plan is '.*' now, not '.*': read it again", "approve", self.name, first, user=BO)
        self.nothing_moved()

    def test_a_plan_that_was_edited_on_disk_does_not_run(self):
        self.begin()
        digest = self.world.json("status", self.name)["digest"].split(":")[1]
        self.world.honk("approve", self.name, digest[:8], user=BO)
        blob, = [path for path in (self.world.folder / ".honk").rglob("*") if path.is_file() and digest[2:] in path.name]
        os.chmod(blob, 0o600)
        blob.write_bytes(blob.read_bytes().replace(b"listening:users_v2", b"listening:users_v3"))
        self.world.honk("start", self.name, user=ADA)
        self.until("paused")
        self.assertIn("does not hold what its name says", self.world.json("status", self.name)["reason"])
        self.nothing_moved()
        self.assertNotIn("users_v3", self.world.tables())

    def test_a_viewer_moves_nothing(self):
        self.begin()
        self.world.honk("approve", self.name, self.world.digest(self.name), user=BO)
        self.refused("role operator", "start", self.name, user=EVE)
        self.nothing_moved()


class AssumingInstantCompletion(Case):
    """Whoever asks is told that it was asked for, and polls until it is done."""

    def test_starting_and_rolling_back_are_acknowledged_and_then_polled(self):
        world = self.begin_many()
        plan = self.client(ADA).plan(self.name).start()
        self.assertIn(plan.state, ("preflight", "running"))
        self.assertNotEqual({step.status for step in plan.steps}, {"completed"})
        self.until_half_way()
        answer = self.client(ADA).post(f"/migrations/{self.name}/rollback", {})
        self.assertEqual(answer["state"], "rolling_back", "asked for, not done")
        self.client(ADA).plan(self.name).wait("rolled_back", timeout=60)
        self.assertEqual(world.everything(), self.before)

    def test_the_end_is_waited_for_and_named(self):
        self.begin_many()
        plan = self.client(ADA).plan(self.name).start()
        with self.assertRaisesRegex(HonkError, "is (preflight|running) after 0 s, not succeeded"):
            plan.wait("succeeded", timeout=0)
        self.at_full_speed()
        plan.wait("succeeded", timeout=60)
        self.assertEqual(self.world.moved(), self.world.expected())


    def test_back_pressure_is_obeyed_and_waited_out(self):
        self.begin(planned=False)
        ada = self.client(ADA)
        ada.call("PUT", "/limits", {"resource": "queue:planning", "count": 0})
        told = []
        exchange = ada._exchange

        def seen(*call):
            answer = exchange(*call)
            if answer[0] == 429:
                told.append(answer[1].get("Retry-After"))
                self.client(ADA).call("PUT", "/limits", {"resource": "queue:planning", "count": 10})
            return answer
        ada._exchange = seen
        plan = ada.migrate(f"component:default/{self.name}")
        self.assertEqual(plan.state, "planned")
        self.assertEqual(len(told), 1)
        self.assertGreaterEqual(int(told[0]), 1)


class HardcodingEnvironmentSpecificValues(Case):
    """The same entity, mapping and agent plan the same in every environment; honk.yaml alone says what is where."""

    def in_environment(self, stage):
        config = CONFIG.replace("data/listening.db", '"${{STAGE}}/${{STAGE}}.sqlite"')
        world = World(config=config, env={"STAGE": stage})
        self.addCleanup(world.close)
        place = world.folder / stage / f"{stage}.sqlite"
        place.parent.mkdir()
        world.db.rename(place)
        world.serve()
        world.plan(world.migration())
        return world, place

    def test_one_plan_for_two_environments(self):
        plans = []
        for stage in ("testing", "production"):
            world, place = self.in_environment(stage)
            plan = world.json("plan", "users-v2-migration")
            text = json.dumps(plan.get("plan", plan))
            self.assertNotIn(str(world.folder), text)
            self.assertNotIn(stage, text)
            self.assertNotIn(place.name, text)
            plans.append(world.json("status", "users-v2-migration")["digest"])
        self.assertEqual(plans[0], plans[1], "nothing of an environment is in a plan")

    def refused_plan(self, steps, expected):
        world = World(more="agents: { fixed: { command: [ python3, agents/fixed.py ] } }")
        self.addCleanup(world.close)
        world.write("agents/fixed.py", f"print({json.dumps(json.dumps({'steps': steps}))})")
        world.serve()
        done = world.plan(world.migration(agent="fixed"), check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(expected, " ".join(done.stderr.split()))

    def test_an_agent_that_names_a_path_is_refused(self):
        self.refused_plan([{"name": "t", "action": "transform", "params": {"mapping_file": "/srv/prod/users.yaml"}}],
                          "mapping_file is '/srv/prod/users.yaml', but the migration's is 'mappings/users.yaml'")

    def test_an_agent_that_names_another_dataset_is_refused(self):
        self.refused_plan([{"name": "c", "action": "copy", "params": {"source": "prod:users_v1", "target": "users-v2"}}],
                          "source is 'prod:users_v1', but the migration's is 'component:default/users-v1'")

    def test_a_mapping_outside_of_the_project_is_refused(self):
        world = World()
        self.addCleanup(world.close)
        world.serve()
        name = world.migration()
        path = world.folder / "migrations" / f"{name}.yaml"
        path.write_text(path.read_text().replace("mappings/users.yaml", "/etc/passwd"))
        world.honk("apply", "-f", path, user=ADA)
        done = world.plan(name, check=False)
        self.assertIn("'/etc/passwd'", done.stderr)
        self.assertNotEqual(done.returncode, 0)


class IgnoringSchemaDrift(Case):
    """What is not as the plan saw it stops the next effect, and is shown column by column."""

    DRIFT = "ALTER TABLE users_v1 ADD COLUMN nickname TEXT"
    SAYS = "column 'nickname' (is new|was added|exists)"

    def stale(self):
        self.until("stale", "halted", "planned", "approved")
        seen = self.world.json("status", self.name)
        self.assertEqual(seen["state"], "stale")
        self.assertRegex("; ".join(seen["differences"]), "nickname")
        self.nothing_moved()

    def test_changed_after_the_plan(self):
        world = self.begin()
        world.change(self.DRIFT)
        world.honk("approve", self.name, world.digest(self.name), user=BO)
        world.honk("start", self.name, "--wait", user=ADA, check=False)
        self.stale()

    def test_changed_after_the_approval(self):
        world = self.begin()
        world.honk("approve", self.name, world.digest(self.name), user=BO)
        world.change(self.DRIFT)
        world.honk("start", self.name, "--wait", user=ADA, check=False)
        self.stale()
        self.refused("plan it again", "start", self.name, user=ADA)

    def test_changed_after_the_start_and_before_going_on(self):
        world = self.begin_many()
        world.honk("start", self.name, user=ADA)
        self.until_half_way()
        world.honk("pause", self.name, user=ADA)
        self.until("paused")
        eventually(lambda: not world.step(self.name, "transform")["tasks"].get("leased"))
        world.change(self.DRIFT)
        world.honk("resume", self.name, user=ADA)
        self.until("halted")
        self.assertRegex("; ".join(world.json("status", self.name)["differences"]), "nickname")
        self.assertNotIn("users_v2", world.tables(), "no effect after the drift was seen")
        world.honk("rollback", self.name, "--wait", user=ADA, check=False)
        world.change("ALTER TABLE users_v1 DROP COLUMN nickname")
        world.honk("rollback", self.name, "--wait", user=ADA, check=False)
        self.until("rolled_back")
        self.assertEqual(world.everything()[1], self.before[1])


    def test_changed_between_two_waves(self):
        second = ("    welcomer: { target: here, command: [ python3, service.py ], check_deadline: 20s, datasets: { USERS: users-v1 }, "
                  "environment: { DATABASE: ./data/listening.db } }")
        world = self.world = World(more=FLEET.format(more=second, waves=", soak: 2s, waves: [ 1, \"100%\" ]"))
        self.addCleanup(world.close)
        self.addCleanup(end_instances, world)
        world.write("service.py", SERVICE)
        world.write("catalog/services.yaml", GREETER + "---" + GREETER.replace("greeter", "welcomer"))
        world.serve()
        ada = self.client(ADA)
        for service in ("greeter", "welcomer"):
            fleet_manager.wait(fleet_manager.trigger_rollout(service, client=ada), ("healthy",), timeout=60)
        self.name = world.migration(group="listening")
        world.plan(self.name)
        plan = ada.plan(self.name)
        order = [service["service"] for service in sorted(plan.document["services"], key=lambda one: one["wave"])]
        self.assertEqual(len({service["wave"] for service in plan.document["services"]}), 2)
        world.honk("approve", self.name, world.digest(self.name), user=BO)
        world.honk("start", self.name, user=ADA)
        first = fleet_manager.trigger_rollout(order[0], self.name, client=ada)
        fleet_manager.wait(first, ("soaking",), timeout=60)
        world.change(self.DRIFT)
        self.until("halted")
        self.assertIn("nickname", json.dumps(world.seen(self.name)))
        self.assertEqual({answer["table"] for answer in instances(world, order[1])}, {"users_v1"}, "the second wave has not begun")
        self.assertEqual({answer["table"] for answer in instances(world, order[0])}, {"users_v2"})


class MissingRollbackForPartialMigrations(Case):
    """A way back from everywhere; where there is none, it is said before anybody approves, and approved apart."""

    def kill_everything(self):
        os.kill(self.world.server.pid, signal.SIGKILL)
        self.world.server.wait()
        self.world.log.close()
        folder = str(self.world.folder)
        for worker in set(processes_with(folder)) & set(processes_with(" worker ")):
            with contextlib.suppress(ProcessLookupError):  # it may have ended by itself, without its server
                os.kill(worker, signal.SIGKILL)
        self.world.server = None

    def test_killed_in_the_middle_and_rolled_back(self):
        world = self.begin_many()
        world.honk("start", self.name, user=ADA)
        self.until_half_way()
        self.kill_everything()
        world.serve()
        world.honk("rollback", self.name, "--wait", user=ADA)
        self.assertEqual(world.state(self.name), "rolled_back")
        self.assertEqual(world.everything(), self.before)

    def test_killed_in_the_middle_and_gone_on(self):
        world = self.begin_many()
        world.honk("start", self.name, user=ADA)
        self.until_half_way()
        self.kill_everything()
        world.serve()
        self.at_full_speed()
        self.until("succeeded")
        self.assertEqual(world.moved(), world.expected())

    def test_steps_without_a_way_back_are_named_before_approval_and_approved_apart(self):
        world = self.begin()
        document = world.json("plan", self.name)
        document = document.get("plan", document)
        self.assertEqual(document["irreversible"], ["settle", "retire"])
        self.assertIn("point of no return", world.honk("plan", self.name, user=BO).stdout)
        for step in document["steps"]:
            self.assertTrue(step["reverse"]["text"], f"{step['name']} says what its way back is")
        self.assertEqual(world.run(self.name)["state"], "succeeded")
        self.assertIn("users_v1", world.tables(), "retiring waits for a yes of its own")
        self.refused("role approver", "retire", self.name, "--reason", "it is old", user=ADA)
        self.assertEqual(world.step(self.name, "retire")["status"], "blocked")


if __name__ == "__main__":
    unittest.main()
