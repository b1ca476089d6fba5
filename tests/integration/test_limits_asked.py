"""What a repository's own file may make stricter: how large a change may be, drafts, and when anything is opened."""
import unittest

import support
import test_proposals

SQL = "SELECT id FROM users_v1\n"
NEVER = "hours: Mon-Sun 00:00-00:01\ntimezone: Pacific/Kiritimati\n"


class World(unittest.TestCase):
    def begin(self, code, kind="github"):
        self.world = test_proposals.ForgeWorld(kind, code)
        self.addCleanup(self.world.close)
        self.host = self.world.host
        self.plan = self.world.start()

    def merge_all(self):
        """As people would, until the plan is through."""
        def is_over():
            for pull in self.host.open_pulls():
                with self.host.lock:
                    self.host.merge(pull)
            return self.world.state("users-v2") == "succeeded"
        self.assertTrue(support.eventually(is_over), (self.host.pulls, self.world.tasks(), self.world.log_tail()))

    def consumer(self, name):
        return next(line for line in self.world.consumers().values() if line["repository"] == f"code:{name}")

    def test_a_change_that_is_too_large_for_its_team_is_left_to_people_with_the_reason_and_the_others_go_on(self):
        many = {f"{name}.sql": SQL for name in "abc"}
        self.begin({"big": {**many, ".honk.yaml": "limits: { files: 2 }\nwhy: ask us first\n"},
                    "long": {**many, ".honk.yaml": "limits: { lines: 5 }\n"},
                    "fits": {**many, ".honk.yaml": "limits: { files: 3, lines: 6 }\n"}})
        self.assertIn(".honk.yaml says 'limits.files: 2', and this change would have 3 files: ask us first", self.plan)
        self.assertIn(".honk.yaml says 'limits.lines: 5', and this change would have 6 lines", self.plan)
        self.merge_all()
        self.assertEqual([pull["name"] for pull in self.host.pulls], ["acme/fits"])
        for name in ("big", "long"):
            self.assertEqual(self.host.branches(f"acme/{name}"), ["main"])
            self.assertEqual(self.consumer(name)["stand"], "person")

    def test_a_limit_that_cannot_be_read_leaves_the_repository_alone_and_names_file_and_line(self):
        self.begin({"odd": {"a.sql": SQL, ".honk.yaml": "changes: accept\nlimits: { files: few }\n"}, "fits": {"a.sql": SQL}})
        self.assertIn(".honk.yaml cannot be read, which is taken for a no: .honk.yaml:2:18: error", self.plan)
        self.merge_all()
        self.assertEqual([pull["name"] for pull in self.host.pulls], ["acme/fits"])
        self.assertEqual(self.host.branches("acme/odd"), ["main"])

    def test_drafts_are_opened_where_the_team_wants_them_and_nowhere_else(self):
        for kind in ("github", "gitlab", "gitea"):
            with self.subTest(kind):
                self.begin({"careful": {"a.sql": SQL, ".honk.yaml": "draft: true\n"}, "plain": {"a.sql": SQL, ".honk.yaml": "draft: false\n"}}, kind)
                self.merge_all()
                is_draft = {pull["name"]: bool(pull["draft"]) or pull["title"].startswith(("Draft: ", "WIP: ")) for pull in self.host.pulls}
                self.assertEqual(is_draft, {"acme/careful": True, "acme/plain": False})

    def test_nothing_is_opened_outside_of_the_hours_of_a_team_that_wants_it_so(self):
        self.begin({"asleep": {"a.sql": SQL, ".honk.yaml": f"propose: hours\n{NEVER}"}})
        def waits():
            task = self.world.tasks().get("code:asleep", {})
            return task.get("reason") == "waits for the hours of its team (.honk.yaml)" and task["status"] == "waiting"
        self.assertTrue(support.eventually(waits), (self.world.tasks(), self.world.log_tail()))
        self.assertEqual((self.host.pulls, self.host.branches("acme/asleep")), ([], ["main"]))
        with self.host.lock:
            self.host.change("acme/asleep", {".honk.yaml": "propose: hours\nhours: Mon-Sun 00:00-24:00\n"}, "Wake up")
        self.world.waits_for(1)
        self.merge_all()

    def test_a_change_that_is_in_the_way_is_not_closed_as_done_where_its_team_wants_none_any_more(self):
        moved = {f"{name}.sql": "SELECT id FROM users_v1 WHERE id > 1\n" for name in "ab"}
        for wish, why in (("changes: refuse\n", "refuses changes"), ("limits: { files: 1 }\n", "says 'limits.files: 1'")):
            with self.subTest(wish):
                self.begin({"moves": {name: SQL for name in moved}})
                pull = self.world.waits_for(1)[0]
                with self.host.lock:
                    self.host.change("acme/moves", {**moved, ".honk.yaml": wish}, "Think again")
                self.world.until("halted")
                self.assertRegex(str(self.world.tasks()["code:moves"]), f"not made anew: .honk.yaml {why}")
                self.assertEqual((pull["state"], len(self.host.pulls)), ("open", 1))

    def test_hours_that_nobody_wants_kept_when_proposing_are_those_of_merging_alone(self):
        self.begin({"asleep": {"a.sql": SQL, ".honk.yaml": NEVER}})
        self.world.waits_for(1)


if __name__ == "__main__":
    unittest.main()
