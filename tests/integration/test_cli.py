"""The command line: help, mistakes and their way on, and one migration by hand."""
import json
import pathlib
import re
import shlex
import subprocess
import unittest

import support


class WithoutServer(unittest.TestCase):
    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)

    def refused(self, status, *words, **more):
        done = self.project.honk(*words, check=False, **more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_every_verb_explains_itself_with_an_example(self):
        listed = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", self.project.honk("--help").stdout, re.MULTILINE)
        self.assertIn("rollback", listed)
        for verb in listed:
            text = self.project.honk(*verb.split(), "--help").stdout
            self.assertTrue(text.startswith(f"honk {verb}"), text)
            self.assertIn("\nExamples\n  honk", text, verb)

    def test_help_may_be_asked_for_in_any_way(self):
        expected = self.project.honk("plan", "--help").stdout
        for words in (["help", "plan"], ["plan", "-h"], ["--help", "plan"]):
            self.assertEqual(self.project.honk(*words).stdout, expected)

    def test_programs_learn_every_verb_and_option(self):
        told = json.loads(self.project.honk("help", "--json").stdout)
        listed = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", self.project.honk("--help").stdout, re.MULTILINE)
        self.assertEqual([verb["name"] for verb in told["verbs"]], listed)
        for verb in told["verbs"]:
            text = self.project.honk(*verb["name"].split(), "--help").stdout
            for option in verb["options"] + told["options"]:
                self.assertIn("--" + option["name"], text)

    def complete(self, *words):
        """What bash offers for the last of the words."""
        tool = pathlib.Path(__file__).resolve().parents[2] / "tools" / "manual"
        script = subprocess.run([tool, "bash", support.HONK], capture_output=True, text=True, check=True).stdout
        ask = f"COMP_WORDS=({shlex.join(['honk', *words])}); COMP_CWORD={len(words)}; _honk; echo \"${{COMPREPLY[@]}}\""
        return subprocess.run(["bash", "-c", script + ask], capture_output=True, text=True, check=True).stdout.split()

    def test_bash_completes_verbs_second_words_and_options(self):
        self.assertEqual(self.complete("rollb"), ["rollback"])
        self.assertEqual(self.complete("rollout", "pro"), ["promote"])
        self.assertEqual(self.complete("mapping", "ex"), ["explain"])
        self.assertEqual(self.complete("rollback", "--give"), ["--give-up-rows"])
        self.assertEqual(self.complete("catalog", "list", "--js"), ["--json"])

    def test_what_only_one_verb_ends_with_is_enough(self):
        self.assertEqual(self.project.honk("explain", "--help").stdout, self.project.honk("mapping", "explain", "--help").stdout)
        self.refused(2, "check", "x.yaml")  # of a catalog, or of a mapping

    def test_a_wrong_word_gets_its_neighbour(self):
        self.assertIn("did you mean 'honk approve'?", self.refused(2, "aprove", "x"))
        self.assertIn("did you mean '--reason'?", self.refused(2, "pause", "x", "--raeson", "y"))
        self.assertIn("expected 'honk plan NAME'", self.refused(2, "plan"))
        self.assertIn("'b' is one word too many", self.refused(2, "plan", "a", "b"))
        self.assertIn("'--file' needs a value", self.refused(2, "apply", "--file"))

    def test_a_folder_without_settings_says_how_to_get_some(self):
        self.assertIn("honk init", self.refused(4, "status"))

    def test_init_makes_a_folder_once(self):
        self.project.honk("init")
        self.assertEqual(self.project.sql("data/shop.db", "SELECT count(*) FROM customers_v1"), "2000")
        text = (self.project.folder / "honk.yaml").read_text()
        self.assertIn("self_approval: true", text)
        self.assertIn("nothing is overwritten", self.refused(2, "init"))
        self.assertEqual((self.project.folder / "honk.yaml").read_text(), text)

    def test_a_server_does_not_start_with_a_store_of_a_driver_that_there_is_not(self):
        (self.project.folder / "honk.yaml").write_text("stores: { shop: { driver: sqlit, path: shop.db } }\n")
        done = self.project.honk("serve", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("honk.yaml: store 'shop' has driver 'sqlit', expected one of sqlite, ", done.stderr)

    def test_no_server_is_said_with_the_way_on(self):
        self.project.honk("init")
        errors = self.refused(5, "status")
        self.assertIn("no server is running here", errors)
        self.assertIn("hint: start one with 'honk serve'", errors)

    def test_errors_are_json_when_answers_are(self):
        self.project.honk("init")
        error = json.loads(self.refused(5, "status", "--json"))
        self.assertEqual(error["code"], "unreachable")
        self.assertIn("honk serve", error["hint"])

    def test_output_that_is_lost_is_no_success(self):
        with open("/dev/full", "w") as full:
            done = support.subprocess.run([support.HONK, "--help"], stdout=full, stderr=support.subprocess.PIPE, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("No space left", done.stderr)

    def test_doctor_finds_a_store_that_is_gone(self):
        self.project.honk("init")
        self.assertEqual(self.project.honk("doctor", check=False).returncode, 0)
        (self.project.folder / "honk.yaml").write_text(
            "stores:\n  shop: { driver: sqlite, path: nowhere/shop.db }\n")
        done = self.project.honk("doctor", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stdout, r"BAD +store 'shop'")

    def test_names_from_files_cannot_speak_to_the_terminal(self):
        errors = self.refused(2, "plan\x1b[2J")
        self.assertNotIn("\x1b", errors)


class ByHand(unittest.TestCase):
    """What the tour of the README does, in the folder that `honk init` makes."""

    @classmethod
    def setUpClass(cls):
        cls.project = support.Project()
        cls.addClassCleanup(cls.project.close)
        cls.project.honk("init")
        cls.project.serve()

    def test_1_apply_registers_and_says_what_is_next(self):
        done = self.project.honk("apply", "-f", "migrations/customers.yaml")
        self.assertIn("1 new, 0 changed", done.stdout)
        self.assertIn("next: honk plan customers-v2", done.stdout)
        self.assertIn("1 as before", self.project.honk("apply", "-f", "migrations/customers.yaml").stdout)
        self.assertIn("entity applied migration:default/customers-v2 (added)", self.project.log_tail())

    def test_2_a_plan_is_shown_and_nothing_moves(self):
        text = self.project.honk("plan", "customers-v2").stdout
        digest = self.project.digest("customers-v2")
        self.assertIn(f"next: honk approve customers-v2 {digest}", text)
        self.assertEqual(self.project.sql("data/shop.db", "SELECT count(*) FROM sqlite_master WHERE name LIKE 'customers_v2%'"), "0")
        again = self.project.json("plan", "customers-v2")
        self.assertEqual(again["migration"]["digest"].split(":")[1][:8], digest)
        self.assertEqual(self.project.state("customers-v2"), "planned")

    def test_2b_a_new_plan_says_what_is_different(self):
        mapping = self.project.folder / "mappings" / "customers.yaml"
        text = mapping.read_text()
        self.assertNotIn("Since the plan before", self.project.honk("plan", "customers-v2").stdout)
        first = self.project.digest("customers-v2")
        mapping.write_text(text.replace("const: standard", "const: basic"))
        shown = self.project.honk("plan", "customers-v2", "--again").stdout
        self.assertIn(f"Since the plan before, {first}, which is ", shown)
        self.assertIn("mapping: column 'tier' was ", shown)
        self.assertNotIn("step '", shown.split("Since the plan before")[1])
        mapping.write_text(text)
        answer = self.project.json("plan", "customers-v2", "--again")
        self.assertEqual(len(answer["before"]["differences"]), 1)

    def test_2c_a_name_that_is_nearly_right_gets_its_neighbour(self):
        done = self.project.honk("plan", "custmers-v2", check=False)
        self.assertIn("there is no migration 'custmers-v2', did you mean 'customers-v2'?", done.stderr)

    def test_3_nobody_approves_unseen(self):
        for words in (["customers-v2"], ["customers-v2", "--yes"]):
            done = self.project.honk("approve", *words, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("hint: honk plan customers-v2", done.stderr)
        done = self.project.honk("approve", "customers-v2", "00000000", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.project.state("customers-v2"), "planned")

    def test_4_starting_needs_a_yes(self):
        done = self.project.honk("start", "customers-v2", check=False)
        self.assertEqual(done.returncode, 4, done.stderr)

    def test_5_approved_started_watched(self):
        self.project.honk("approve", "customers-v2", self.project.digest("customers-v2"))
        done = self.project.honk("start", "customers-v2", "--wait", check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + self.project.log_tail())
        self.assertIn("succeeded", done.stdout)
        self.assertIn("3 rows were put aside", done.stdout)

    def test_6_the_rows_are_what_the_mapping_says(self):
        sql = self.project.sql
        self.assertEqual(sql("data/shop.db", "SELECT count(*) FROM customers_v2"), "1997")
        self.assertEqual(sql("data/shop.db", "SELECT * FROM customers_v2 WHERE customer_id = 9"),
                         sql("data/shop.db", "SELECT id, first_name || ' ' || last_name, replace(country, 'UK', 'GB'),"
                             " substr(since, 7) || '-' || substr(since, 4, 2) || '-' || substr(since, 1, 2), 0, 'standard'"
                             " FROM customers_v1 WHERE id = 9"))
        reasons = sql("data/shop.db", "SELECT count(*), min(reason) FROM _honk_quarantine")
        self.assertTrue(reasons.startswith("3|"), reasons)
        self.assertIn("31.02.2020", reasons)

    def test_7_the_ledger_tells_it_all(self):
        events = [json.loads(line) for line in self.project.honk("logs", "customers-v2", "--json").stdout.splitlines()]
        states = [e["to"] for e in events if e["type"] == "plan.state"]
        self.assertEqual(states[-1], "succeeded")
        self.assertLess(states.index("planned"), states.index("approved"))
        self.assertEqual([e["seq"] for e in events], sorted(e["seq"] for e in events))
        told, all_of_it = (self.project.honk("logs", "customers-v2", *more).stdout for more in ([], ["--all"]))
        self.assertRegex(told, r"customers-v2  plan  soaking . succeeded")
        self.assertNotIn("leased", told)
        self.assertIn("leased", all_of_it)
        self.assertGreater(len(all_of_it.splitlines()), len(told.splitlines()))

    def test_7b_what_needs_a_reason_says_how_to_give_it(self):
        done = self.project.honk("retire", "customers-v2", check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("hint: honk retire customers-v2 --reason", done.stderr)

    def test_8_status_lists_it_aligned(self):
        lines = self.project.honk("status").stdout.splitlines()
        self.assertTrue(lines[0].startswith("MIGRATION"))
        self.assertEqual(lines[0].index("STATE"), lines[1].index("succeeded"))
        self.assertNotIn("\x1b", "".join(lines))

    def test_9_rollback_puts_everything_back(self):
        done = self.project.honk("rollback", "customers-v2", "--wait", "--reason", "to see it", check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + self.project.log_tail())
        self.assertEqual(self.project.state("customers-v2"), "rolled_back")
        left = self.project.sql("data/shop.db", "SELECT name FROM sqlite_master WHERE name LIKE 'customers_v2%'")
        self.assertEqual(left, "")
        again = self.project.honk("start", "customers-v2", check=False)
        self.assertEqual(again.returncode, 4)


if __name__ == "__main__":
    unittest.main()
