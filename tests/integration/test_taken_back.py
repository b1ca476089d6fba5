"""What was merged is taken back where people have changed the same lines since: by the inverse of the mapping, as the plan has tried it."""
import unittest

import support
import test_proposals

PATH = "active.sql"
BEFORE = test_proposals.CODE["reports"][PATH]
REPOSITORY = "acme/reports"


class TakenBack(unittest.TestCase):
    def begin(self, written):
        """Merged, and written on by people."""
        self.world = test_proposals.ForgeWorld("github", {"reports": {PATH: BEFORE}})
        self.addCleanup(self.world.close)
        self.host = self.world.host
        self.plan = self.world.start()
        self.world.merge_all_open(1)
        self.world.until("succeeded")
        with self.host.lock:
            self.host.change(REPOSITORY, {PATH: written}, "Write on")
        self.world.honk("rollback", "users-v2", "--reason", "not now")

    def test_its_files_read_the_old_dataset_again_and_the_plan_said_how_that_went(self):
        self.begin("SELECT u.user_id AS id, u.name AS first_name FROM users_v2 u WHERE u.user_id > 3\n")
        self.assertRegex(self.plan, "by the inverse of the mapping: tried on 1 file, which comes back to the byte|"
                                    "by the inverse of the mapping: tried on 1 files, of which")
        self.assertIn("of 1 files", self.world.honk("change", "show", "users-v2", "reports").stdout)
        self.assertEqual(self.world.json("change", "show", "users-v2", "reports")["back"],
                         {"files": 1, "same": 0, "other": 1, "left": 0, "reasons": [], "reverts": True})
        back = self.world.waits_for(1)[0]
        text = self.host.show(REPOSITORY, PATH, back["branch"])
        self.assertIn("FROM users_v1 u WHERE u.id > 3", text)
        self.assertNotIn("user_id", text)
        self.assertIn("People have changed the same lines since", self.host.git(REPOSITORY, "log", "-1", "--format=%B", back["branch"]))
        self.world.merge_all_open(1)
        self.world.until("rolled_back")
        self.assertEqual(self.host.branches(REPOSITORY), ["main"])

    def test_what_the_old_dataset_has_not_is_said_and_waits_for_people(self):
        self.begin("SELECT * FROM users_v2 u -- all\n")
        self.assertTrue(support.eventually(lambda: "active.sql:1: " in str(self.world.tasks())), self.world.tasks())
        self.assertIn("people changed the same lines since (active.sql:1: ", str(self.world.tasks()))
        with self.host.lock:
            self.host.change(REPOSITORY, {PATH: BEFORE}, "By hand")
        self.world.honk("retry", "users-v2")
        self.world.until("rolled_back")

    def test_the_old_dataset_is_not_dropped_under_whoever_took_the_change_back_after_the_end(self):
        changes = test_proposals.test_changes
        before = changes.YAML
        changes.YAML = before.replace("self_approval: true", "self_approval: true, rollback_window: 1s, retention: 0s")
        self.addCleanup(setattr, changes, "YAML", before)
        self.world = test_proposals.ForgeWorld("github", {"reports": {PATH: BEFORE}})
        self.addCleanup(self.world.close)
        self.host = self.world.host
        self.world.start()
        self.world.merge_all_open(1)
        self.world.until("succeeded")
        after = self.host.show(REPOSITORY, PATH) + "\n"
        with self.host.lock:
            self.host.change(REPOSITORY, {PATH: BEFORE}, "Take it back")
        self.assertTrue(support.eventually(lambda: self.world.honk("retire", "users-v2", "--reason", "unused", check=False).returncode == 0))
        told = support.eventually(lambda: (text := self.world.get(f"/migrations/{self.world.json('status', 'users-v2')['id']}/tasks?step=retire")[1].decode())
                                  and "took the change of 'code:reports' back" in text and text)
        self.assertTrue(told)
        self.assertIn("users_v1", self.world.tables())
        with self.host.lock:
            self.host.change(REPOSITORY, {PATH: after}, "Take it back, back")
        self.world.honk("retry", "users-v2")
        self.world.until("closed")
        self.assertNotIn("users_v1", self.world.tables())


if __name__ == "__main__":
    unittest.main()
