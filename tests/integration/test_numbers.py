"""What became of all of them: one run in which every end comes about, counted alike on the terminal, in the API, in the metrics and in the report."""
import re
import unittest

import support
import test_changes
import test_coding
import test_proposals

CODE = {
    "a-ruled": {"a.sql": "SELECT id FROM users_v1\nUNION ALL\nSELECT id FROM users_v1\n", "new.sql": "SELECT user_id FROM users_v2\n",
                "note.sql": "-- not of users_v1\nSELECT 1\n"},
    "repaired": {"a.sql": "SELECT first_name FROM users_v1\n"},
    "hard": {"job.py": test_coding.JOB},
    "half": {"good.sql": "SELECT id FROM users_v1\n", "hard.sql": "SELECT id FROM users_v1;\nDROP TABLE users_v1\n"},
    "shut": {"a.sql": "SELECT id, first_name FROM users_v1\n"},
    "waits": {"a.sql": "SELECT id FROM users_v1 WHERE id > 1\n"},
    "done": {"a.sql": "SELECT user_id FROM users_v2\n"},
    "quiet": {"a.sql": "SELECT 1 FROM streams\n"},
}
NO_CODE = """
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: somewhere, annotations: { honk/reads: "users-v1" } }
spec: { type: job, owner: team-somewhere, lifecycle: production }
"""
# How `honk change numbers` says each, and where the API has it.
WORDS = {
    "all of it changed by rules": "ends.by_rules", "all of it changed, some by a coding agent": "ends.by_agent",
    "some or all of it left to people": "ends.refused", "nothing to change": "ends.unaffected", "not there yet": "ends.open",
    "left out by somebody": "ends.left_out", "taken back": "ends.taken_back", "whose code is not known": "ends.no_code",
    "changed by rules": "sites.by_rules", "changed by a coding agent": "sites.by_agent", "left to people": "sites.left",
    "done already": "sites.already", "not concerned": "sites.unaffected", "proposed on their host": "pulls.opened",
    "open there": "pulls.open", "merged untouched": "pulls.merged_untouched", "merged with commits of people": "pulls.merged_repaired",
    "closed": "pulls.closed", "reverted": "pulls.reverted", "looked through again by rules": "verified.rules",
    "old and new queries gave the same rows": "verified.queries", "their own checks passed": "verified.checks",
    "built green before they were proposed": "verified.builds",
}
METRICS = {"honk_consumers": ("end", "ends"), "honk_sites": ("by", "sites"), "honk_pulls": ("state", "pulls"),
           "honk_branches": ("proof", "verified")}


class World(test_proposals.ForgeWorld):
    def __init__(self):
        super().__init__("github", CODE)
        catalog = self.folder / "catalog" / "all.yaml"
        catalog.write_text(catalog.read_text() + NO_CODE)
        with open(self.folder / "honk.yaml", "a", encoding="utf-8") as file:
            file.write(test_coding.CODING)
        (self.folder / "agents").mkdir()
        (self.folder / "agents" / "fix.py").write_text(test_coding.AGENT)
        self.stop()
        self.serve()

    def pull(self, name):
        return next(pull for pull in self.host.pulls if pull["name"] == f"acme/{name}")


class Numbers(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.host = self.world.host

    def at(self, numbers, path):
        group, word = path.split(".")
        return numbers[group][word]

    def numbers(self):
        return self.world.json("change", "numbers", "users-v2")

    def agreed(self, **ends):
        """The numbers once they are so, which are the same wherever they are said."""
        self.assertTrue(support.eventually(lambda: self.numbers()["ends"] == {**dict.fromkeys(self.numbers()["ends"], 0), **ends}),
                        self.numbers()["ends"])
        for _ in range(20):
            numbers, failed = self.numbers(), None
            try:
                self.assert_same(numbers)
            except AssertionError as error:
                failed = error
            if self.numbers() == numbers:
                break  # nothing became of anything meanwhile
        if failed:
            raise failed
        return numbers

    def assert_same(self, numbers):
        self.assertEqual(sum(numbers["ends"].values()), numbers["consumers"])
        self.assertEqual(sum(count for word, count in numbers["sites"].items() if word != "all"), numbers["sites"]["all"])
        pulls = numbers["pulls"]
        self.assertEqual(pulls["open"] + pulls["merged_untouched"] + pulls["merged_repaired"] + pulls["closed"], pulls["opened"])
        for part in ("owners", "languages"):
            for word, count in numbers["sites"].items():
                self.assertEqual(sum(one["sites"][word] for one in numbers[part]), count, (part, word))
        self.assertEqual(sum(one["consumers"] for one in numbers["owners"]), numbers["consumers"])
        for one in numbers["owners"] + numbers["languages"]:
            self.assertEqual(sum(one["ends"].values()), one["consumers"], one)
        self.assertEqual(self.world.json("report", "users-v2")["numbers"], numbers)
        denominators = {"ends": numbers["consumers"], "sites": numbers["sites"]["all"], "verified": numbers["verified"]["rules"],
                        "pulls": pulls["opened"]}
        for words in (("change", "numbers"), ("report",)):
            shown = self.world.honk(*words, "users-v2").stdout
            for text, path in WORDS.items():
                count, group = self.at(numbers, path), path.split(".")[0]
                of = denominators["verified" if path == "pulls.opened" else group]
                line = re.search(rf"^\s*{re.escape(text)} +(\d+) +of (\d+) ", shown, re.MULTILINE)
                self.assertEqual(line and tuple(map(int, line.groups())), (count, of) if count and of else None, (words, text, shown))
            for one in numbers["owners"] + numbers["languages"]:
                self.assertRegex(shown, rf"(?m)^{re.escape(one.get('owner', one.get('language')))} +{one['consumers']} +\d+ +{one['ends']['refused']} +{one['sites']['all']} ")
        if self.world.state("users-v2") == "rolled_back":
            return  # it is over, and the metrics are of those that are not
        metrics = self.world.get("/metrics")[1].decode()
        for name, (label, group) in METRICS.items():
            told = {word: int(count) for word, count in re.findall(rf'^{name}{{{label}="(\w+)"}} (\d+)$', metrics, re.MULTILINE)}
            self.assertEqual(told, {word: count for word, count in numbers[group].items() if word not in ("all", "opened", "reverted")}, name)
        for part, families in (("owner", (("consumers", "end", "ends"), ("sites", "by", "sites"), ("pulls", "state", "pulls"))),
                               ("language", (("consumers", "end", "ends"), ("sites", "by", "sites")))):
            for family, label, group in families:
                found = re.findall(rf'^honk_{part}_{family}{{{part}="([^"]*)",{label}="(\w+)"}} (\d+)$', metrics, re.MULTILINE)
                told = {(name, word): int(count) for name, word, count in found}
                self.assertEqual(told, {(own[part], word): count for own in numbers[part + "s"] for word, count in own[group].items()
                                        if word not in ("all", "opened", "reverted")}, (part, family))
        for name, count in (("honk_pulls_reverted", pulls["reverted"]), ("honk_coding_consumers", numbers["agent"]["consumers"]),
                            ("honk_coding_done", numbers["agent"]["done"])):
            self.assertIn(f"\n{name} {count}\n", metrics)

    def test_every_end_is_counted_alike_wherever_it_is_said(self):
        world, host = self.world, self.host
        world.honk("apply", "-f", "catalog")
        world.honk("plan", "users-v2")
        self.agreed(unaffected=2, no_code=1, open=6)
        world.start()
        world.honk("pace", "users-v2", "--max-failures", "3")
        first = world.waits_for(1)[0]
        self.assertEqual(first["name"], "acme/a-ruled")
        self.agreed(by_rules=4, by_agent=1, refused=1, unaffected=2, no_code=1)
        with host.lock:
            host.merge(first)
        world.waits_for(5)
        with host.lock:
            host.change("acme/repaired", {"more.sql": "SELECT 4\n"}, "Add to it", branch=first["branch"])
            for name in ("repaired", "hard", "half"):
                host.merge(world.pull(name))
            world.pull("shut")["state"] = "closed"
        self.assertTrue(support.eventually(lambda: self.numbers()["pulls"]["open"] == 1))
        numbers = self.agreed(by_rules=3, by_agent=1, refused=2, unaffected=2, no_code=1)
        self.assertEqual(numbers["pulls"], {"opened": 6, "open": 1, "merged_untouched": 3, "merged_repaired": 1, "closed": 1, "reverted": 0})
        before = numbers["sites"]
        self.assertEqual((before["by_agent"], before["open"], before["taken_back"]), (1, 0, 0))
        world.honk("skip", "users-v2", "propose", "code:shut", "--reason", "they drop it")
        sites = self.agreed(by_rules=3, by_agent=1, refused=1, left_out=1, unaffected=2, no_code=1)["sites"]
        self.assertEqual(sites, {**before, "by_rules": before["by_rules"] - 3, "left": before["left"] + 3}, "the rules' work is nobody's now")
        world.honk("rollback", "users-v2", "--reason", "all wrong")
        self.assertTrue(support.eventually(lambda: len(host.open_pulls()) == 4 and all("-back" in pull["branch"] for pull in host.open_pulls())))
        for pull in host.open_pulls():
            with host.lock:
                host.merge(pull)
        world.until("rolled_back")
        numbers = self.agreed(taken_back=6, unaffected=2, no_code=1)
        self.assertEqual(numbers["pulls"], {"opened": 6, "open": 0, "merged_untouched": 3, "merged_repaired": 1, "closed": 2, "reverted": 4})
        self.assertEqual((numbers["sites"]["by_rules"], numbers["sites"]["by_agent"], numbers["sites"]["open"]), (0, 0, 0))


if __name__ == "__main__":
    unittest.main()
