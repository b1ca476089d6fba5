"""Services behind consumers follow the data: real processes, asked over HTTP, that outlive everything of ours."""
import json
import os
import signal
import time
import unittest

import support
from fleet_world import NEW, OLD, SERVICES, FleetTest


class Fleet(FleetTest):
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
        seconds = float(os.environ.get("HONK_HEALTH_S", "1.5"))
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
            time.sleep(0.5)  # somewhere in the middle: what is looked at does not depend on where
        self.assertTrue(support.eventually(lambda: world.state(name) in ("succeeded", "halted"), 120), world.log_tail())
        self.assertEqual(world.state(name), "succeeded", world.log_tail())
        self.all_serve(world, NEW)


if __name__ == "__main__":
    unittest.main()
