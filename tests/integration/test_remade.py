"""A change whose base moved in its way is made anew in its place: only Honk's own commit, only inside of what was approved."""
import unittest

import support
import test_merging
import test_proposals

PATH = "active.sql"
BEFORE = test_proposals.CODE["reports"][PATH]
MOVED = BEFORE.replace("-- all", "-- all of them")
AFTER = "SELECT u.user_id AS id, u.name AS first_name FROM users_v2 u -- all of them"
REPOSITORY = "acme/reports"


class Opened:
    kind = "github"

    def setUp(self):
        self.world = test_proposals.ForgeWorld(self.kind, {"reports": {PATH: BEFORE}})
        self.addCleanup(self.world.close)
        self.host = self.world.host
        self.world.start()
        self.pull = self.world.waits_for(1)[0]
        self.before = self.pull["head"]
        self.reason("its checks passed")

    def move(self, text, branch="main", path=PATH):
        with self.host.lock:
            return self.host.change(REPOSITORY, {path: text}, "Write", branch=branch)

    def tip(self):
        return self.host.tip(REPOSITORY, self.pull["branch"])

    def reason(self, words):
        found = support.eventually(lambda: next((task["reason"] for task in self.world.tasks().values()
                                                 if task["status"] == "waiting" and words in (task["reason"] or "")), None))
        self.assertTrue(found, (words, self.world.tasks()))
        return found


class OnGitea(Opened, unittest.TestCase):
    kind = "gitea"

    def test_it_is_made_anew_on_the_new_base_and_its_pull_request_says_so_beside_what_people_wrote(self):
        with self.host.lock:
            self.pull["body"] = "Look at it on Monday.\n\n" + self.pull["body"] + "\nSeen by Cy."
        self.move("SELECT 3\n", path="later.sql")
        calls = len(self.host.calls)
        self.assertTrue(support.eventually(lambda: len(self.host.calls) > calls + 6))
        self.assertEqual(self.tip(), self.before, "what moves elsewhere leaves it as it is")
        base = self.move(MOVED)
        self.reason("it was made anew, as 'main' had moved in its way")
        self.assertEqual(self.host.show(REPOSITORY, PATH, self.tip()), AFTER)
        self.assertEqual(self.host.git(REPOSITORY, "rev-list", f"{base}..{self.tip()}").split(), [self.tip()], "one commit, on the base of now")
        body = self.pull["body"]
        self.assertTrue(body.startswith("Look at it on Monday.\n\n<!-- honk " + self.tip()) and body.endswith("Seen by Cy."), body)
        self.assertIn(f"It was made anew from commit {base[:12]}", " ".join(body.split()))
        self.assertNotIn(f"<!-- honk {self.before}", body)
        self.assertIn("Approved by", body)
        self.world.merge_all_open(1)
        self.world.until("succeeded")
        self.assertEqual(self.host.show(REPOSITORY, PATH), AFTER)
        self.assertEqual((len(self.host.pulls), self.world.json("change", "numbers", "users-v2")["pulls"]["merged_untouched"]), (1, 1))
        self.world.honk("rollback", "users-v2", "--reason", "not now")
        self.world.merge_all_open(1)
        self.world.until("rolled_back")
        self.assertEqual(self.host.show(REPOSITORY, PATH) + "\n", MOVED)
        self.assertEqual(self.host.branches(REPOSITORY), ["main"])


class OnGitHub(Opened, unittest.TestCase):
    def test_what_would_go_beyond_the_plan_is_left_to_people_who_resolve_it_on_the_branch(self):
        base = self.move(BEFORE.replace("-- all", "WHERE u.id > 1"))
        self.world.until("halted")
        self.assertRegex(str(self.world.tasks()), r"pull request #1 .* conflicts with 'main', and is not made anew: .* places would be rewritten, the plan has")
        self.assertEqual((self.tip(), self.pull["state"]), (self.before, "open"), "nothing of it is touched")
        text = "SELECT u.user_id AS id, u.name AS first_name FROM users_v2 u WHERE u.user_id > 1\n"
        written = self.move(text, branch=self.pull["branch"])
        merged = self.host.git(REPOSITORY, "commit-tree", written + "^{tree}", "-p", written, "-p", base, "-m", "Resolve")
        self.host.git(REPOSITORY, "update-ref", "refs/heads/" + self.pull["branch"], merged)
        self.world.honk("retry", "users-v2")
        self.world.honk("resume", "users-v2", "--reason", "it is resolved")
        self.reason("people added commits: what conflicts they resolve")
        self.assertEqual(self.tip(), merged)
        self.world.merge_all_open(1)
        self.world.until("succeeded")
        self.assertEqual(self.host.show(REPOSITORY, PATH) + "\n", text)

    def test_where_nothing_is_left_to_change_its_pull_request_is_closed_and_the_plan_goes_on(self):
        self.move("SELECT 1\n")
        self.world.until("succeeded")
        self.assertEqual(self.pull["state"], "closed")
        self.assertIn("nothing is left there that this has to change", self.host.comments[0][2])
        self.assertEqual([line["why"] for line in self.world.consumers().values()],
                         ["its default branch moved on, and nothing was left to change"])


class RefusedByItsHost(unittest.TestCase):
    """The host calls it a conflict, and git here does not."""
    begin, reason = test_merging.OnEveryHost.begin, test_merging.OnEveryHost.reason

    def test_what_the_host_calls_a_conflict_is_made_anew_and_merged(self):
        for self.kind in ("github", "gitlab"):
            with self.subTest(self.kind):
                self.begin({"reports": {PATH: BEFORE, ".honk.yaml": test_merging.ALWAYS}})
                pull = self.world.waits_for(1)[0]
                before = pull["head"]
                with self.host.lock:
                    self.host.is_strict = True
                    base = self.host.change(REPOSITORY, {"later.sql": "SELECT 3\n"})
                    self.host.checks = "success"
                self.world.until("succeeded")
                self.assertEqual((pull["by"], len(self.host.pulls)), ("honk", 1))
                self.assertEqual(self.host.git(REPOSITORY, "rev-parse", pull["head"] + "^"), base)
                self.assertNotEqual(pull["head"], before)


if __name__ == "__main__":
    unittest.main()
