"""A service runs the code that a migration made of it, and after the way back its own again."""
import json
import unittest

import support
from fleet_world import NEW, OLD, FleetTest


class FleetCode(FleetTest):
    def test_a_service_runs_the_code_that_its_change_made_and_then_its_own_again(self):
        world, repository = self.begin_code("branch")
        head = self.git(repository, "rev-parse", "HEAD")
        name = self.migration(world)
        self.assertIn("USERS: listening:users_v1 → listening:users_v2, the changed code", " ".join(world.plan(name).stdout.split()))
        self.assertEqual(world.run(name)["state"], "succeeded", world.log_tail())
        self.assertEqual(self.ask(world, "player"), [NEW, NEW])
        branch = self.git(repository, "branch", "--list", "honk/*", "--format", "%(objectname)")
        revision = self.service_file(world, "player", "service.json")["template"]["revision"]
        self.assertEqual(revision, {"code": branch, "datasets": {"USERS": NEW}})
        code = world.folder / ".honk" / "fleet" / "player" / "code"
        self.assertEqual([folder.name for folder in code.iterdir()], [branch])
        self.assertEqual((code / branch / "count.sql").read_text(), "SELECT count(user_id) AS n FROM users_v2\n")
        world.honk("rollback", name, "--wait", "--reason", "it was only a test", user="user:default/ada", check=False)
        self.assertEqual(world.state(name), "rolled_back", world.log_tail())
        self.assertEqual(self.ask(world, "player"), [OLD, OLD])
        self.assertEqual([folder.name for folder in code.iterdir()], [head])
        self.assertEqual(self.git(repository, "branch", "--list", "honk/*"), "")
        self.assertEqual(self.git(repository, "status", "--porcelain"), "")

    def test_code_that_people_merge_is_waited_for(self):
        world, repository = self.begin_code("merge")
        name = self.migration(world)
        world.plan(name)
        world.honk("approve", name, world.digest(name), user="user:default/bo")
        world.honk("start", name, user="user:default/ada")
        waits = "is merged into 'main'"
        self.assertTrue(support.eventually(lambda: waits in world.honk("rollout", "list").stdout
                                           or waits in json.dumps(json.loads(world.get("/rollouts?limit=10")[1]))), world.log_tail())
        branch = self.git(repository, "branch", "--list", "honk/*", "--format", "%(refname:short)")
        self.git(repository, "merge", "-q", "--no-ff", "-m", "Merge", branch)
        self.assertTrue(support.eventually(lambda: world.state(name) == "succeeded"), world.log_tail())
        self.assertEqual(self.ask(world, "player"), [NEW, NEW])
        self.assertEqual(self.service_file(world, "player", "service.json")["template"]["revision"]["code"],
                         self.git(repository, "rev-parse", "main"))


if __name__ == "__main__":
    unittest.main()
