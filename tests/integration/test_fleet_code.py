"""A service runs the code that a migration made of it, and after the way back its own again."""
import json
import unittest

import support
from fleet_world import NEW, OLD, PLAYER, FleetTest


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

    def test_a_second_migration_of_a_service_stands_upon_the_code_that_it_runs(self):
        world, repository = self.begin_two()
        before, head = world.everything(), self.git(repository, "rev-parse", "main")
        self.migrate(world, "users-v2-migration")
        first = self.running_code(world)
        self.assertNotEqual(first, head)
        self.plan_streams(world)
        shown = " ".join(world.plan("streams-v2-migration").stdout.split())
        self.assertIn(f"stands on commit {first[:12]}, which service 'player' runs and the default branch does not have", shown)
        plan = json.loads(world.honk("plan", "streams-v2-migration", "--json").stdout)["plan"]
        self.assertEqual(plan["changes"][0]["upon"], {"service": "player", "commit": first})
        self.assertEqual(world.run("streams-v2-migration")["state"], "succeeded", world.log_tail())
        second = self.running_code(world)
        self.assertEqual(self.git(repository, "rev-parse", f"{second}^"), first)
        self.assertEqual(self.git(repository, "show", f"{second}:count.sql"), "SELECT count(user_id) AS n FROM users_v2")
        self.assertEqual(self.git(repository, "show", f"{second}:plays.sql"), "SELECT count(stream_id) AS n FROM streams_v2")
        self.assertIn(f"stands on commit {first[:12]}", " ".join(self.git(repository, "log", "-1", "--format=%B", second).split()))
        evidence = next(change for change in world.json("change", "list", "streams-v2-migration"))["evidence"]
        self.assertEqual((evidence["base"], evidence["upon"]), (first, "player"))

        refused = self.back(world, "users-v2-migration")
        self.assertIn("migration 'streams-v2-migration' was made upon what this one gave service 'player', and stands: roll that "
                      "back first (honk rollback streams-v2-migration)", " ".join(refused.stderr.split()))
        self.assertEqual((world.state("users-v2-migration"), self.running_code(world)), ("succeeded", second))
        self.back(world, "streams-v2-migration")
        self.assertEqual(world.state("streams-v2-migration"), "rolled_back", world.log_tail())
        self.assertEqual((self.running_code(world), self.ask(world, "player")), (first, [NEW, NEW]))
        self.back(world, "users-v2-migration")
        self.assertEqual(world.state("users-v2-migration"), "rolled_back", world.log_tail())
        self.assertEqual((self.running_code(world), self.ask(world, "player")), (head, [OLD, OLD]))
        self.assertEqual(self.git(repository, "for-each-ref", "--format=%(refname)"), "refs/heads/main")
        self.assertEqual(world.everything(), before)

    def test_where_the_default_branch_has_moved_on_beside_what_runs_people_merge_first(self):
        world, repository = self.begin_two()
        self.migrate(world, "users-v2-migration")
        first = self.running_code(world)
        (repository / "README.md").write_text("Elsewhere.\n")
        self.git(repository, "add", ".")
        self.git(repository, "commit", "-q", "-m", "Go on")
        self.plan_streams(world)
        shown = " ".join(world.plan("streams-v2-migration").stdout.split())
        self.assertIn(f"merge {first[:12]} into 'main'", shown)
        services = json.loads(world.honk("plan", "streams-v2-migration", "--json").stdout)["plan"]["services"]
        self.assertIn(f"merge {first[:12]} into 'main'", services[0]["problem"])
        self.git(repository, "merge", "-q", "--no-ff", "-m", "Merge", first)
        world.honk("plan", "streams-v2-migration", "--again", user="user:default/ada")
        self.assertEqual(world.run("streams-v2-migration")["state"], "succeeded", world.log_tail())
        self.assertEqual(self.git(repository, "rev-parse", f"{self.running_code(world)}^"), self.git(repository, "rev-parse", "main"))

    def migrate(self, world, name):
        self.migration(world, name)
        world.plan(name)
        self.assertEqual(world.run(name)["state"], "succeeded", world.log_tail())

    def back(self, world, name):
        return world.honk("rollback", name, "--wait", "--reason", "it was only a test", user="user:default/ada", check=False)

    def running_code(self, world):
        return self.service_file(world, "player", "service.json")["template"]["revision"]["code"]

    def test_code_that_people_merge_is_waited_for_also_when_they_squash_it(self):
        world, repository = self.begin_code("merge")
        name = self.migration(world)
        world.plan(name)
        world.honk("approve", name, world.digest(name), user="user:default/bo")
        world.honk("start", name, user="user:default/ada")
        waits = "is merged into 'main'"
        self.assertTrue(support.eventually(lambda: waits in world.honk("rollout", "list").stdout
                                           or waits in json.dumps(json.loads(world.get("/rollouts?limit=10")[1]))), world.log_tail())
        branch = self.git(repository, "branch", "--list", "honk/*", "--format", "%(refname:short)")
        self.git(repository, "merge", "-q", "--squash", branch)
        self.git(repository, "commit", "-q", "-m", "Read the new users (#7)")
        self.assertTrue(support.eventually(lambda: world.state(name) == "succeeded"), world.log_tail())
        self.assertEqual(self.ask(world, "player"), [NEW, NEW])
        self.assertEqual(self.service_file(world, "player", "service.json")["template"]["revision"]["code"],
                         self.git(repository, "rev-parse", "main"))

    def test_code_that_people_merge_here_is_made_anew_where_the_default_branch_has_moved_in_its_way(self):
        world, repository = self.begin_code("merge")
        name = self.migration(world)
        world.plan(name)
        world.honk("approve", name, world.digest(name), user="user:default/bo")
        world.honk("start", name, user="user:default/ada")

        def waits(words):
            return support.eventually(lambda: words in json.loads(world.get("/rollouts?limit=10")[1])["items"][0].get("why", "")) or \
                self.fail(world.get("/rollouts?limit=10")[1])
        waits("is merged into 'main'")
        branch = self.git(repository, "branch", "--list", "honk/*", "--format", "%(refname:short)")
        before = self.git(repository, "rev-parse", branch)
        self.commit(repository, "SELECT count(id) AS n FROM users_v1 -- of now\n", "Say of when")
        waits("; it was made anew, as 'main' had moved in its way")
        self.assertEqual(self.git(repository, "rev-parse", f"{branch}^"), self.git(repository, "rev-parse", "main"))
        self.assertIn(f"Honk-Replaces: {before}", self.git(repository, "log", "-1", "--format=%B", branch))
        # What people added they resolve.
        self.git(repository, "switch", "-q", branch)
        self.commit(repository, "SELECT count(user_id) AS n FROM users_v2 -- of now, and ours\n", "Say whose")
        self.git(repository, "switch", "-q", "main")
        self.commit(repository, "SELECT count(id) AS n FROM users_v1 -- of today\n", "Say of when once more")
        waits("; it conflicts with 'main', and people added commits: what conflicts they resolve")
        self.git(repository, "merge", "-q", "--no-edit", "-X", "theirs", branch)
        self.assertTrue(support.eventually(lambda: world.state(name) == "succeeded"), world.log_tail())
        self.assertEqual(self.ask(world, "player"), [NEW, NEW])

    def commit(self, repository, query, message):
        (repository / "count.sql").write_text(query)
        self.git(repository, "commit", "-q", "-a", "-m", message)

    def begin_owned(self, deploy):
        """Another owner has a folder of the service's repository, and each gets a change of their own."""
        world, repository = self.make_code(deploy)
        world.write("honk.yaml", (world.folder / "honk.yaml").read_text() + "changes: { group: owner }\n")
        world.write("repos/player/reports/all.sql", "SELECT id FROM users_v1\n")
        self.git(repository, "add", ".")
        self.git(repository, "commit", "-q", "-m", "Report")
        consumers = PLAYER % deploy
        reports = consumers.replace("name: player", "name: reports").replace("owner: ", "owner: other-")
        reports = reports.replace("annotations: {", "annotations: { honk/folder: reports,", 1)
        world.write("catalog/consumers.yaml", f"{consumers}---\n{reports}")
        self.start(world, ("player",))
        return world, repository

    def branches(self, repository):
        return self.git(repository, "branch", "--list", "honk/*", "--format", "%(refname:short)").split()

    def test_a_service_waits_until_each_owner_s_part_of_its_code_is_merged(self):
        world, repository = self.begin_owned("merge")
        name = self.migration(world)
        self.assertIn("1 repository in 2 parts", " ".join(world.plan(name).stdout.split()))
        world.honk("approve", name, world.digest(name), user="user:default/bo")
        world.honk("start", name, user="user:default/ada")

        def waits_for(branch):
            return support.eventually(lambda: f"waits until branch '{branch}' of" in json.dumps(json.loads(world.get("/rollouts?limit=10")[1])))
        self.assertTrue(support.eventually(lambda: len(self.branches(repository)) == 2), world.log_tail())
        first, second = self.branches(repository)
        self.assertTrue(waits_for(first), world.log_tail())
        self.git(repository, "merge", "-q", "--no-ff", "-m", "Merge", first)
        self.assertTrue(waits_for(second), world.log_tail())
        self.git(repository, "merge", "-q", "--no-ff", "-m", "Merge", second)
        self.assertTrue(support.eventually(lambda: world.state(name) == "succeeded"), world.log_tail())
        self.assertEqual(self.ask(world, "player"), [NEW, NEW])

    def test_code_that_is_deployed_from_its_branch_stays_whole(self):
        world, repository = self.begin_owned("branch")
        name = self.migration(world)
        self.assertNotIn(" parts", " ".join(world.plan(name).stdout.split()))
        self.assertEqual(world.run(name)["state"], "succeeded", world.log_tail())
        self.assertEqual(len(self.branches(repository)), 1)
        self.assertEqual(self.ask(world, "player"), [NEW, NEW])


if __name__ == "__main__":
    unittest.main()
