"""People leave a repository out however far its proposal came: its pull request is closed in their words, and the others go on."""
import unittest

import support
import test_proposals


class LeftOut(unittest.TestCase):
    def begin(self, names):
        self.world = test_proposals.ForgeWorld("github", {name: test_proposals.CODE[name] for name in names})
        self.addCleanup(self.world.close)
        self.host = self.world.host
        self.world.start()
        self.first = self.world.waits_for(1)[0]
        self.name = self.first["name"].split("/")[1]

    def skip(self, *words, check=True):
        return self.world.honk("skip", "users-v2", *words, check=check)

    def test_one_that_waits_is_closed_with_the_reason_and_the_others_go_on(self):
        self.begin(("reports", "exports"))
        refused = self.world.honk("cancel", "users-v2", "--reason", "no more", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("roll it back instead", refused.stderr)
        self.assertEqual(self.first["state"], "open", "who cancels a plan with open pull requests is told of the way back")
        self.assertNotEqual(self.skip("propose", f"code:{self.name}", check=False).returncode, 0, "who leaves one out says why")
        self.assertIn("as soon as its host has heard of it",
                      self.skip("propose", f"code:{self.name}", "--reason", "they drop it next week").stdout)
        self.assertTrue(support.eventually(lambda: self.first["state"] == "closed"), self.world.tasks())
        self.assertIn("> they drop it next week", self.host.comments[0][2])
        self.world.merge_all_open(1)
        self.world.until("succeeded")
        line = next(line for line in self.world.consumers().values() if line["repository"] == f"code:{self.name}")
        self.assertRegex(line["why"], "left it out: they drop it next week")
        numbers = self.world.json("change", "numbers", "users-v2")
        self.assertEqual((numbers["ends"]["left_out"], numbers["pulls"]["closed"], numbers["pulls"]["merged_untouched"]), (1, 1, 1))
        self.assertEqual(len(self.host.branches(self.first["name"])), 2, "its branch stays, for whoever takes it up")
        self.assertEqual(len(self.host.comments), 1)
        self.world.honk("rollback", "users-v2", "--reason", "not now")
        self.world.merge_all_open(1)
        self.world.until("rolled_back")
        self.assertEqual(self.host.branches(self.first["name"]), ["main"])

    def test_one_whose_change_failed_is_closed_while_its_plan_stands_still_and_a_host_that_does_not_hear_is_left_as_it_is(self):
        self.begin(("reports",))
        with self.host.lock:
            self.host.change(self.first["name"], {"active.sql": "SELECT u.id, u.first_name FROM users_v1 u WHERE u.id > 1\n"})
        self.world.until("halted")
        self.assertEqual(self.first["state"], "open")
        (self.world.folder / "token").write_text("wrong\n")
        self.skip("--reason", "by hand")
        self.assertTrue(support.eventually(lambda: self.world.tasks()["code:reports"]["status"] == "failed"))
        (self.world.folder / "token").write_text(test_proposals.forge_host.TOKEN + "\n")
        self.world.honk("retry", "users-v2")
        self.assertTrue(support.eventually(lambda: self.first["state"] == "closed"), self.world.tasks())
        self.assertEqual(self.world.state("users-v2"), "halted")
        self.world.honk("resume", "users-v2", "--reason", "by hand")
        self.world.until("succeeded")


if __name__ == "__main__":
    unittest.main()
