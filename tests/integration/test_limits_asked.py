"""What a repository's own file may make stricter: how large a change may be, drafts, and when anything is opened."""
import json
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

    def test_what_repositories_ask_for_is_part_of_the_plan_that_people_read(self):
        self.begin({"careful": {"a.sql": SQL, ".honk.yaml": "draft: true\nlimits: { pulls: 2 }\nnot_before: 2999-01-01\npropose: hours\n"
                                                            "hours: Mon-Thu 08:30-24:00\ntimezone: Europe/Stockholm\n"},
                    "plain": {"a.sql": SQL, ".honk.yaml": "changes: accept\n"}})
        for words in ("is not proposed before 2999-01-01", "is proposed in its team's hours only, Mon-Thu 08:30-24:00 Europe/Stockholm",
                      "is proposed as a draft", "waits while 2 changes are open there, of whatever plans"):
            self.assertIn(f"code:careful {words}, as its team asks in .honk.yaml", self.plan)
        self.assertNotIn("code:plain is ", self.plan)
        self.assertIn(".honk.yaml of its default branch is read again: a no, a later day or a draft counts then, too", self.plan)
        rows = {row["repository"]: row for row in self.world.json("plan", "users-v2")["plan"]["changes"]}
        self.assertEqual({key: rows["code:careful"].get(key) for key in ("draft", "limits", "not_before", "hours")},
                         {"draft": True, "limits": {"pulls": 2}, "not_before": "2999-01-01", "hours": "Mon-Thu 08:30-24:00 Europe/Stockholm"})
        self.assertFalse({"draft", "limits", "not_before", "hours"} & set(rows["code:plain"]))

    def after_approval(self, wish):
        """Two repositories; the one whose turn comes second says that when the first is proposed."""
        self.begin({name: {"a.sql": SQL} for name in ("one", "two")})
        first = self.world.waits_for(1)[0]
        second = {"acme/one": "two", "acme/two": "one"}[first["name"]]
        with self.host.lock:
            self.host.change(f"acme/{second}", {".honk.yaml": wish}, "Think of it")
            self.host.merge(first)
        return second

    def task(self, name, says):
        """The task of that repository's proposal, when it says so."""
        def it():
            task = self.world.tasks().get(f"code:{name}", {})
            return task if says in json.dumps(task) else None
        return support.eventually(it) or self.fail((self.world.tasks(), self.world.log_tail()))

    def test_a_team_that_says_no_after_the_approval_is_left_in_peace_and_may_think_again(self):
        for wish, why in (("changes: refuse\nwhy: we drop it\n", ".honk.yaml refuses changes: we drop it"),
                          ("leave: [ 'a.sql' ]\n", ".honk.yaml leaves this file to its team")):
            with self.subTest(wish):
                second = self.after_approval(wish)
                self.world.until("halted")
                self.task(second, f"its team says no on 'main' by now: {why}")
                self.assertEqual((len(self.host.pulls), self.host.branches(f"acme/{second}")), (1, ["main"]))
                with self.host.lock:
                    self.host.change(f"acme/{second}", {".honk.yaml": "changes: accept\n"}, "Think again")
                self.world.honk("retry", "users-v2")
                self.world.honk("resume", "users-v2", "--reason", "they let it")
                self.merge_all()
                self.assertEqual(len(self.host.pulls), 2)

    def test_a_later_day_and_a_draft_that_a_team_asks_for_after_the_approval_count_too(self):
        second = self.after_approval("not_before: 2999-01-01\n")
        self.task(second, "waits until 2999-01-01: its team wants no proposal before (.honk.yaml)")
        self.assertEqual((len(self.host.pulls), self.host.branches(f"acme/{second}")), (1, ["main"]))
        second = self.after_approval("draft: true\n")
        self.merge_all()
        self.assertEqual([bool(pull["draft"]) for pull in self.host.pulls], [False, True])

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
