"""A migration's rollouts as people and the tutorial's agent meet them: asked for, looked at, spoken to, and taken back, with real services."""
import json
import unittest

import support
from fleet_world import NEW, OLD, FleetTest

SLOW = "{ interval: 100ms, bake: 1s, soak: 200ms, max_instances: 5, steps: [ 1, \"100%\" ], waves: [ 1 ] }"
ADA, BO = "user:default/ada", "user:default/bo"


class TestRollouts(FleetTest):
    def call(self, world, method, path, body=None):
        connection = support.UnixConnection(world.socket_path)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Honk-As": ADA})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def act(self, world, id, word):
        return self.call(world, "POST", f"/rollouts/{id}/{word}", {"reason": "a test"})

    def until(self, world, id, *states):
        seen = []

        def look():
            view = self.call(world, "GET", "/rollouts/" + id)[1]
            if view["state"] not in seen[-1:]:
                seen.append(view["state"])
            return view if view["state"] in states else None

        view = support.eventually(look)
        self.assertIsNotNone(view, f"it was {seen}, never {states}{world.log_tail()}")
        return view

    def trigger_rollout(self, world, service_name, migration_id):
        """As the tutorial prints it, but for the address and who asks."""
        payload = {
            'service': service_name,
            'migration_id': migration_id,
            'rollout_strategy': 'canary',  # or 'blue-green'
            'max_instances': 5
        }
        status, answer = self.call(world, "POST", "/rollouts", payload)
        self.assertEqual(status, 201, answer)
        return answer['rollout_id']

    def test_the_agent_gets_an_id_and_people_pause_it_go_on_and_take_it_back(self):
        world = self.begin(SLOW)
        name = self.migration(world)
        world.plan(name)
        world.honk("approve", name, world.digest(name), user=BO)
        world.honk("start", name, user=ADA)
        player, last = [self.trigger_rollout(world, service, name) for service in ("player", "sign-up")]
        self.assertEqual(self.trigger_rollout(world, "player", name), player)
        self.assertEqual(self.call(world, "GET", "/rollouts/" + last)[1]["state"], "pending")

        self.until(world, player, "analysing")
        self.assertEqual(self.act(world, player, "pause")[0], 200)
        view = self.until(world, player, "paused")
        self.assertEqual((view["next"]["role"], view["allowed_actions"]["resume"]), ("operator", {"allowed": True}))
        self.assertIn("a test", view["why"])
        self.assertIn("waits for its turn, in wave 2", self.call(world, "GET", "/rollouts/" + last)[1]["why"])
        self.assertEqual(set(self.ask(world, "player")), {OLD, NEW})
        self.assertEqual(self.act(world, player, "resume")[0], 200)
        self.until(world, player, "healthy")
        status, problem = self.act(world, player, "rollback")
        self.assertEqual(status, 409)
        self.assertIn("stands on this rollout", problem["detail"])

        self.until(world, last, "stepping", "analysing")
        self.assertEqual(self.act(world, last, "rollback")[0], 200)
        self.assertIn("exactly what was before", self.until(world, last, "rolled_back")["why"])
        self.assertTrue(support.eventually(lambda: world.state(name) == "halted"))
        self.assertEqual(self.ask(world, "sign-up"), [OLD, OLD])
        world.honk("rollback", name, "--wait", "--reason", "a test", user=ADA, check=False)
        self.assertEqual(world.state(name), "rolled_back", world.log_tail())
        self.assertEqual(self.until(world, player, "rolled_back")["why"], "exactly what was before")
        self.all_serve(world, OLD)

    def begin_canary(self, world):
        """Its rollout, at the canary."""
        name = self.migration(world)
        world.plan(name)
        world.honk("approve", name, world.digest(name), user=BO)
        world.honk("start", name, user=ADA)
        player = self.trigger_rollout(world, "player", name)
        self.until(world, player, "analysing")
        return name, player

    def looks(self, world, view):
        return self.call(world, "GET", "/tasks/" + view["task"])[1]["attempt"]

    def test_a_canary_of_a_paused_plan_stands_still_with_it_and_goes_on_with_it(self):
        world = self.begin(SLOW)
        name, player = self.begin_canary(world)
        world.honk("pause", name, "--reason", "the shop is busy", user=ADA)
        view = self.until(world, player, "paused")
        self.assertIn("its plan stands still", view["why"])
        self.assertIn("goes on with its plan: resume", view["next"]["text"])
        self.assertIn("speak to", view["allowed_actions"]["promote"]["why"])
        self.assertEqual(view["allowed_actions"]["rollback"], {"allowed": True})
        self.assertEqual(self.act(world, player, "resume")[0], 409)
        looks = self.looks(world, view)
        self.assertTrue(support.eventually(lambda: self.looks(world, view) > looks + 3))
        self.assertEqual(sorted(self.ask(world, "player")), [OLD, NEW])
        world.honk("resume", name, "--reason", "it is quiet again", user=ADA)
        self.until(world, player, "healthy")
        self.assertTrue(support.eventually(lambda: world.state(name) == "succeeded", 60), world.log_tail())
        self.all_serve(world, NEW)

    def test_a_canary_that_fails_while_its_plan_is_halted_goes_back_by_itself(self):
        group = "{ interval: 100ms, bake: 60s, soak: 200ms, max_instances: 5, steps: [ 1, \"100%\" ], waves: [ 1 ] }"
        world = self.begin(group, more=f", BAD: '{NEW}', AFTER: '2'")
        name, player = self.begin_canary(world)
        self.assertEqual(self.call(world, "POST", f"/migrations/{name}/halt", {"reason": "a test"})[0], 200)
        self.until(world, player, "paused")
        self.assertEqual(sorted(self.ask(world, "player")), [OLD, NEW])
        view = self.until(world, player, "rolled_back")
        self.assertIn("check failed", " ".join(move["why"] for move in view["events"] if move["from"] == "paused"))
        self.assertEqual(self.ask(world, "player"), [OLD, OLD])
        self.assertEqual(world.state(name), "halted")

    def test_a_frozen_canary_gives_way_to_a_newer_rollout(self):
        group = "{ interval: 100ms, bake: 60s, max_instances: 5, steps: [ 1, \"100%\" ], waves: [ 1 ], on_failure: freeze }"
        world = self.begin(group, more=f", BAD: '{NEW}', AFTER: '0.5'")
        name, player = self.begin_canary(world)
        view = self.until(world, player, "frozen")
        self.assertEqual(view["allowed_actions"]["promote_full"], {"allowed": True})
        newer = world.json("rollout", "start", "player", "--dataset", f"USERS={OLD}", "--reason", "the way out", user=ADA)["rollout_id"]
        self.until(world, newer, "healthy")
        self.assertIn(newer, self.until(world, player, "superseded")["why"])
        self.assertEqual(self.ask(world, "player"), [OLD, OLD])
        self.assertTrue(support.eventually(lambda: world.state(name) == "halted"))
        world.honk("rollback", name, "--wait", "--reason", "a test", user=ADA, check=False)
        self.assertEqual(world.state(name), "rolled_back", world.log_tail())
        self.all_serve(world, OLD)


if __name__ == "__main__":
    unittest.main()
