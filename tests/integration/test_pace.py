"""Pull requests come at a pace that people and builds can take: so many of one owner and of one host at once, changed while it runs."""
import re
import unittest

import support
import test_proposals

CODE = {f"reports-{n}": {"a.sql": "SELECT id FROM users_v1\n"} for n in range(4)}


class Paced(unittest.TestCase):
    def world(self, limits, owner="group:default/one"):
        world = test_proposals.ForgeWorld("github", CODE, limits=limits, owner=owner)
        self.addCleanup(world.close)
        return world

    def pass_first(self, world):
        """The first is alone by itself; then all others may be proposed."""
        first = world.waits_for(1)[0]
        with world.host.lock:
            world.host.merge(first)

    def lines(self, world):
        return {line["repository"].split(":")[1]: line for line in world.consumers().values()}

    def still(self, world, count):
        """Three looks later as many are open, and no more were ever opened."""
        seen = len(world.host.calls)
        self.assertTrue(support.eventually(lambda: len(world.host.calls) > seen + 12))
        self.assertEqual(len(world.host.open_pulls()), count, world.host.pulls)

    def test_one_owner_has_no_more_open_than_it_may_and_the_limit_is_changed_while_it_runs(self):
        world = self.world('limits: { "pulls:*": 1 }\n')
        world.start()
        self.pass_first(world)
        world.waits_for(1)
        self.still(world, 1)
        waiting = [line for line in self.lines(world).values() if "what its owner may have open" in line["why"]]
        self.assertEqual(len(waiting), 2, self.lines(world))
        self.assertRegex(world.honk("limits").stdout, r"pulls:\* +1 +1")
        self.assertIn("its turn comes", world.honk("change", "list", "users-v2").stdout)
        world.honk("limits", "pulls:*", "2")
        world.waits_for(2)
        self.still(world, 2)
        world.honk("limits", "pulls:group:default/one", "3", "--reason", "they asked for more")
        world.waits_for(3)
        self.assertRegex(world.honk("limits").stdout, r"pulls:group:default/one +3 +3")
        world.merge_all_open(3)
        world.until("succeeded")
        self.assertEqual(len(world.host.pulls), 4, "no second one of anything")

    def test_limits_outlive_the_server_and_no_place_is_lost(self):
        world = self.world('limits: { "pulls:*": 1 }\n')
        world.start()
        self.pass_first(world)
        world.waits_for(1)
        world.server.kill()
        world.server.wait()
        world.log.close()
        world.serve()
        self.still(world, 1)
        for _ in range(3):
            world.merge_all_open(1)
        world.until("succeeded")
        self.assertEqual(len(world.host.pulls), 4)
        self.assertRegex(world.honk("limits").stdout, r"pulls:\* +1 +0")

    def test_the_next_is_proposed_when_the_builds_of_the_one_before_are_over(self):
        world = self.world('limits: { "builds:code": 1 }\n')
        world.host.checks = "pending"
        world.start()
        self.pass_first(world)
        world.waits_for(1)
        self.still(world, 1)
        with world.host.lock:
            world.host.checks = "success"
        world.waits_for(3)
        world.merge_all_open(3)
        world.until("succeeded")

    def test_more_builds_at_once_are_let_begin_while_others_run(self):
        world = self.world('limits: { "builds:code": 1 }\n')
        world.host.checks = "pending"
        world.start()
        self.pass_first(world)
        world.waits_for(1)
        self.still(world, 1)
        self.assertTrue(any("what its host may build" in line["why"] for line in self.lines(world).values()), self.lines(world))
        world.honk("limits", "builds:code", "2")
        world.waits_for(2)
        self.still(world, 2)
        world.honk("limits", "builds:code", "0", "--reason", "the builds are ill")
        world.merge_all_open(2)
        self.assertTrue(support.eventually(lambda: re.search(r"builds:code +0 +0", world.honk("limits").stdout)))
        self.assertEqual(len(world.host.pulls), 3, "nothing begins")
        world.honk("limits", "builds:code", "1")
        world.merge_all_open(1)
        world.until("succeeded")

    def test_what_is_written_to_a_host_is_stopped_and_let_go_on_while_it_runs(self):
        world = self.world("")
        world.start()
        first = world.waits_for(1)[0]
        self.assertTrue(support.eventually(lambda: first["labels"]))
        world.honk("limits", "writes:code", "0", "--reason", "the host is ill")
        with world.host.lock:
            world.host.merge(first)
        self.assertTrue(support.eventually(lambda: any("turn to write" in line["why"] for line in self.lines(world).values())), self.lines(world))
        self.assertEqual(len(world.host.pulls), 1)
        world.honk("limits", "writes:code", "60000")
        world.waits_for(3)
        world.merge_all_open(3)
        world.until("succeeded")


if __name__ == "__main__":
    unittest.main()
