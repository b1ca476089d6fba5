"""A plan says what rows, rejects and time it expects; the report holds that against what happened."""
import contextlib
import re
import sqlite3
import unittest

import small_world
import support

ADA, BO = "user:default/ada", "user:default/bo"
BUDGET = "quarantine: { rows_max: 2000 }\n"


class Forecast(unittest.TestCase):
    def setUp(self):
        self.world = small_world.World(rows=30000)
        self.addCleanup(self.world.close)
        self.world.write("mappings/users.yaml", small_world.MAPPING.replace("tier:      { const: free }",
                         "tier:      { const: free }\n  born:      { from: legacy_flag, type: int }").replace(
                         "dropped:\n  legacy_flag: { why: \"never filled\" }\n", BUDGET))
        self.world.change("UPDATE users_v1 SET legacy_flag = CASE WHEN id % 50 = 0 THEN 'x' ELSE '1970' END")
        self.world.serve()

    def planned(self, name):
        text = small_world.MIGRATION.format(name=name, annotations="", strategy="schema-transform")
        self.world.honk("apply", "-f", self.world.write(f"migrations/{name}.yaml", text), user=ADA)
        return " ".join(self.world.honk("plan", name, user=ADA).stdout.split())

    def test_what_was_expected_is_held_against_what_happened(self):
        plan = self.planned("move")
        self.assertIn("all 30,000 rows were read and mapped; nothing was written written 29,400 put aside 600", plan)
        self.assertIn("! born, 600 rows: 'x' is not a whole number", plan)
        self.assertIn("· 5 columns in the store: inside of SQLite, by the INSERT … SELECT of each range", plan)
        self.assertEqual(self.world.tables(), ["users_v1"])
        before = self.world.json("report", "move")
        self.assertRegex(self.world.honk("report", "move").stdout, r"(?m)^swap +later", "as 'honk status' calls it")
        self.assertEqual((before["outcome"], before["forecast"]["rejected"]), (None, {"about": 600, "low": 600, "high": 600}))
        self.world.run("move")

        report = self.world.json("report", "move")
        outcome, forecast = report["outcome"], report["forecast"]
        self.assertEqual((outcome["rows_out"], outcome["rejected"]), (29400, 600))
        self.assertEqual(outcome["bytes"], forecast["bytes"]["about"])
        self.assertGreater(forecast["estimate_ms"], 0)
        steps = {step["name"]: step.get("ms") for step in report["steps"]}
        self.assertEqual(outcome["ms"], sum(steps[name] for name in steps if name not in ("settle", "retire")))
        self.assertEqual([approval["actor"] for approval in report["approvals"]], [BO])
        told = " ".join(self.world.honk("report", "move").stdout.split())
        self.assertIn("rows put aside 600 600 as expected", told)
        self.assertNotIn("throttle", told)
        self.assertFalse({"throttled", "stood_ms", "tried_again"} & set(outcome))
        self.assertIn("approved by user:default/bo", told)

    def test_of_a_plan_that_was_given_up_nothing_is_still_to_come(self):
        self.planned("left")
        self.assertRegex(self.world.honk("report", "left").stdout, r"(?m)^rows written .* not yet")
        self.world.honk("cancel", "left", user=ADA)
        told = self.world.honk("report", "left").stdout
        self.assertRegex(told, r"(?m)^rows written .* never")
        self.assertRegex(told, r"(?m)^swap +not applied")
        self.assertNotIn("later", told)

    def test_what_no_forecast_of_time_can_know_is_named_where_the_time_differs(self):
        self.planned("slow")
        self.world.honk("throttle", "slow", "--rows-per-second", "1000000", "--reason", "a test", user=ADA)
        self.world.honk("throttle", "slow", "--off", "--reason", "over", user=ADA)
        self.world.run("slow")
        self.assertIs(self.world.json("report", "slow")["outcome"]["throttled"], True)
        self.assertIn("rows were throttled, which no forecast of time knows", self.world.honk("report", "slow").stdout)

    def test_how_long_it_stood_and_how_often_parts_were_tried_again_is_named(self):
        self.planned("rests")
        self.world.honk("approve", "rests", self.world.digest("rests"), user=BO)
        with contextlib.closing(sqlite3.connect(self.world.db, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            self.world.honk("start", "rests", user=ADA)
            self.assertTrue(support.eventually(lambda: "retry wait" in self.world.honk("logs", "rests").stdout), self.world.seen("rests"))
            said = r"locked by another program.*; tried \d+ times?, again (now|in .*), \d+ more at most"
            self.assertTrue(support.eventually(lambda: re.search(said, " ".join(self.world.honk("status", "rests").stdout.split()))), self.world.seen("rests"))
            self.world.honk("pause", "rests", user=ADA)
            self.assertTrue(support.eventually(lambda: self.world.state("rests") == "paused"), self.world.seen("rests"))
        self.world.honk("resume", "rests", "--reason", "a test", user=ADA)
        self.assertTrue(support.eventually(lambda: self.world.state("rests") == "succeeded"), self.world.seen("rests"))
        outcome, told = self.world.json("report", "rests")["outcome"], self.world.honk("report", "rests").stdout
        self.assertGreater(outcome["stood_ms"], 0)
        self.assertGreater(outcome["tried_again"], 0)
        self.assertIn("it was halted or paused for ", told)
        self.assertRegex(told, f"parts of it met trouble and were tried again, {outcome['tried_again']} times? in all, the last (just now|.* ago)")
        self.assertGreater(outcome["tried_again_at_ms"], 0)

    def test_a_plan_that_would_stop_says_so_before_anybody_approves_it(self):
        self.world.write("mappings/users.yaml", (self.world.folder / "mappings/users.yaml").read_text().replace("2000", "500"))
        self.assertIn("that is more than may be put aside (500): it would stop", self.planned("stops"))
        self.world.honk("approve", "stops", self.world.digest("stops"), user=BO)
        self.world.honk("start", "stops", user=ADA)
        self.assertTrue(support.eventually(lambda: self.world.state("stops") == "halted"), self.world.seen("stops"))

    def test_a_plan_says_what_the_store_does_by_itself_once_the_target_is_there(self):
        self.world.change("CREATE TABLE users_v2 (user_id INTEGER NOT NULL PRIMARY KEY, full_name TEXT, country TEXT, tier TEXT, born INTEGER)")
        plan = self.planned("into")
        self.assertIn("· 5 columns in the store: inside of SQLite, by the INSERT … SELECT of each range", plan)
        self.assertRegex(plan, r"full_name concat [^·]* store")
        self.assertNotIn("places", self.world.json("plan", "into"), "nobody approves it")

    def test_a_dry_run_of_a_copy_expects_what_the_copy_finds(self):
        copy = ("copy", "data/listening.db:users_v1", "out.db:users", "--mapping", self.copy_mapping())
        dry = " ".join(self.world.honk(*copy, "--dry-run").stdout.split())
        self.assertIn("written 29,400 put aside 600", dry)
        self.assertFalse((self.world.folder / "out.db").exists())
        seen = self.world.json(*copy, "--dry-run")["observations"]["forecast"]
        self.assertEqual(self.world.json(*copy, "--budget", "600")["rows_rejected"], seen["rejected"]["about"])

    def copy_mapping(self):
        text = (self.world.folder / "mappings/users.yaml").read_text()
        return self.world.write("copy.yaml", text.replace("source: users-v1", "source: users_v1").replace("target: users-v2", "target: users"))


if __name__ == "__main__":
    unittest.main()
