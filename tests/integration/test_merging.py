"""Honk merges a change only where host, plan and repository let it: in its team's hours, with green checks, and never a person's commit."""
import os
import signal
import unittest

import support
import test_proposals

ALWAYS = "merge: auto\nhours: Mon-Sun 00:00-24:00\n"
SQL = {"a.sql": "SELECT id FROM users_v1\n"}


class OnEveryHost:
    kind = ""

    def begin(self, code, after=0, by_hand=0):
        forge, yaml = test_proposals.FORGE, test_proposals.test_changes.YAML
        test_proposals.FORGE = forge.replace("poll: 200ms", f"poll: 200ms, auto_merge: true, auto_merge_after: {after}")
        test_proposals.test_changes.YAML = yaml.replace("self_approval: true", f"self_approval: true, by_hand: {by_hand}")
        try:
            self.world = test_proposals.ForgeWorld(self.kind, code)
        finally:
            test_proposals.FORGE, test_proposals.test_changes.YAML = forge, yaml
        self.addCleanup(self.world.close)
        self.host = self.world.host
        self.host.checks = "pending"
        self.plan = self.world.start()

    def reason(self, words):
        """Of the one that waits, as soon as it says that."""
        found = support.eventually(lambda: next((task["reason"] for task in self.world.tasks().values()
                                                 if task["status"] == "waiting" and words in task["reason"]), None))
        self.assertTrue(found, (words, self.world.tasks()))
        return found

    def test_it_is_merged_when_its_checks_have_passed_and_not_before(self):
        self.begin({"reports": {**SQL, ".honk.yaml": ALWAYS}})
        pull = self.world.waits_for(1)[0]
        self.reason("Honk merges it when its checks have passed")
        with self.host.lock:
            self.host.checks = "success"
        self.world.until("succeeded")
        self.assertEqual((pull["by"], len(self.host.pulls)), ("honk", 1))


class OnGitHub(OnEveryHost, unittest.TestCase):
    kind = "github"

    def test_whoever_says_yes_reads_that_and_the_first_is_merged_by_a_person(self):
        self.begin({"one": {**SQL, ".honk.yaml": ALWAYS}, "two": {**SQL, ".honk.yaml": ALWAYS}}, after=1)
        self.assertIn("2 repositories let Honk merge the change itself", self.plan)
        first = self.world.waits_for(1)[0]
        self.assertNotIn("Honk merges", self.reason("is merged"))
        with self.host.lock:
            self.host.checks = "success"
            self.host.merge(first)
        self.world.until("succeeded")
        self.assertEqual([pull.get("by") for pull in self.host.pulls], [None, "honk"])

    def test_people_merge_as_many_at_first_as_the_pace_says_now_whatever_the_host_lets_honk_merge(self):
        self.begin({name: {**SQL, ".honk.yaml": ALWAYS} for name in ("one", "two", "three")}, by_hand=1)
        self.assertIn("people merge the first 1", self.plan)
        self.assertIn("people merge the first 2", self.world.honk("pace", "users-v2", "--by-hand", "2").stdout)
        with self.host.lock:
            self.host.checks = "success"
        first = self.world.waits_for(1)[0]
        self.assertNotIn("Honk", self.reason("; its checks passed"))
        self.assertEqual(first["state"], "open")
        with self.host.lock:
            self.host.merge(first)
        self.assertTrue(support.eventually(lambda: [pull.get("by") for pull in self.host.pulls if pull is not first and pull["state"] == "merged"] == ["honk"]),
                        self.host.pulls)
        second = self.world.waits_for(1)[0]
        self.assertNotIn("Honk", self.reason(f"/{second['name']}/pull/{second['number']}) is merged; its checks passed"))
        order = [change["repository"].split(":")[1] for change in self.world.json("plan", "users-v2")["plan"]["changes"]]
        self.assertEqual([pull["name"].split("/")[1] for pull in (first, second)], order[:2], "the first of the plan, not the last")
        self.world.honk("pace", "users-v2", "--by-hand", "0")
        self.world.until("succeeded")
        self.assertEqual(second["by"], "honk")

    def test_a_commit_of_a_person_leaves_it_to_people(self):
        self.begin({"reports": {**SQL, ".honk.yaml": ALWAYS}})
        pull = self.world.waits_for(1)[0]
        with self.host.lock:
            self.host.change(pull["name"], {"more.sql": "SELECT 4\n"}, "Add to it", branch=pull["branch"])
            self.host.checks = "success"
        self.reason("people added to it, so people merge it")
        self.assertEqual(pull["state"], "open")

    def test_a_team_that_changes_its_mind_or_is_at_home_is_left_alone(self):
        self.begin({"reports": {**SQL, ".honk.yaml": "merge: auto\nhours: Mon-Sun 00:00-00:01\ntimezone: Pacific/Kiritimati\n"}})
        pull = self.world.waits_for(1)[0]
        with self.host.lock:
            self.host.checks = "success"
        self.reason("Honk merges it in its team's hours")
        with self.host.lock:
            self.host.change(pull["name"], {".honk.yaml": "merge: people\n"}, "Change our mind")
        self.assertTrue(support.eventually(lambda: all("Honk merges" not in (task["reason"] or "") for task in self.world.tasks().values())))
        self.assertEqual(pull["state"], "open")

    def test_whoever_dies_after_the_host_has_done_it_and_before_hearing_of_it_opens_no_second_one(self):
        deadly, died = [("POST", "pulls"), ("POST", "labels"), ("PUT", "merge")], []

        def die(method, path):
            """Server and workers, at the first call of each kind."""
            if deadly and (method, path.rsplit("/", 1)[-1]) == deadly[0]:
                died.append(deadly.pop(0))
                os.killpg(self.world.server.pid, signal.SIGKILL)
        test_proposals.forge_host.ForgeHost.done, before = (lambda _, *call: die(*call)), test_proposals.forge_host.ForgeHost.done
        self.addCleanup(setattr, test_proposals.forge_host.ForgeHost, "done", before)
        self.begin({"reports": {**SQL, ".honk.yaml": ALWAYS}})
        self.host.checks = "success"
        for count in range(1, 4):
            self.assertTrue(support.eventually(lambda: len(died) == count), (died, self.host.calls[-3:]))
            self.world.server.wait()
            self.world.log.close()
            self.world.serve()
        self.world.until("succeeded")
        self.assertEqual([(pull["state"], pull["by"], pull["labels"]) for pull in self.host.pulls], [("merged", "honk", ["honk"])])

    def test_what_the_host_wants_first_is_said_and_not_got_round(self):
        self.begin({"reports": {**SQL, ".honk.yaml": ALWAYS}})
        pull = self.world.waits_for(1)[0]
        with self.host.lock:
            self.host.wants_review = True
            self.host.checks = "success"
        self.assertIn("At least 1 approving review", self.reason("its host does not let Honk merge it"))
        with self.host.lock:
            self.host.wants_review = False
        self.world.until("succeeded")
        self.assertEqual(pull["by"], "honk")


class OnGitLab(OnEveryHost, unittest.TestCase):
    kind = "gitlab"


class OnGitea(OnEveryHost, unittest.TestCase):
    kind = "gitea"


if __name__ == "__main__":
    unittest.main()
