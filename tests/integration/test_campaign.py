"""Campaigns from outside: forty small datasets in four stores, moved, paced, halted and taken back as one."""
import contextlib
import hashlib
import json
import os
import sqlite3
import unittest

from campaign_world import CampaignWorld
from support import eventually


def limit(world, resource, count):
    connection_body = json.dumps({"resource": resource, "count": count})
    import support
    connection = support.UnixConnection(world.socket_path)
    connection.request("PUT", "/limits", connection_body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200, answer.status


@contextlib.contextmanager
def held(path):
    """Nobody else writes to the file meanwhile."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.close()


class TestCampaign(unittest.TestCase):
    count = 40
    config = ""

    def setUp(self):
        self.world = CampaignWorld(self.count, config=self.config)
        self.addCleanup(self.world.close)
        self.before = self.world.dump()

    def start(self, *words, check=False):
        return self.world.honk("start", "spring", *words, user="ada", check=check)

    def wait_for(self, state):
        found = eventually(lambda: self.world.campaign()["state"] == state)
        self.assertTrue(found, self.world.honk("status", "spring").stdout)

    def break_dataset(self, n):
        """A row that its mapping cannot take: planning does not see it, moving does."""
        with sqlite3.connect(self.world.folder / self.world.database(n)) as db:
            db.execute(f"DROP TABLE {self.world.names[n]}_v1")
            db.execute(f"CREATE TABLE {self.world.names[n]}_v1 (id INTEGER PRIMARY KEY, first TEXT NOT NULL, last TEXT NOT NULL,"
                       " country TEXT NOT NULL, more TEXT)")


class TestTheWay(TestCampaign):
    def test_forty_datasets_are_planned_reviewed_approved_moved_compared_and_taken_back(self):
        self.world.serve()
        applied = self.world.json("apply", "-f", "migrations", "--campaign", "spring", user="ada")
        self.assertEqual((applied["added"], applied["campaign"]), (41, "spring"))
        again = self.world.json("apply", "-f", "migrations", "--campaign", "spring", user="ada")
        self.assertEqual((again["added"], again["changed"], again["unchanged"]), (0, 0, 41))
        review = self.world.review()
        self.assertEqual([(c["count"], c["differences"]) for c in review["classes"]], [(40, [])])
        self.assertEqual((review["planned"], review["others"]), (40, 0))
        digests = sorted(self.world.json("status", f"{name}-v2")["digest"] for name in self.world.names)
        said = hashlib.sha256(json.dumps(digests, separators=(",", ":")).encode()).hexdigest()
        self.assertEqual(review["digest"], "sha256:" + said)
        self.assertEqual(self.world.dump(), self.before, "planning changed a store")

        own = self.world.honk("approve", "spring", review["digest"], user="ada", check=False)
        self.assertEqual(own.returncode, 3, own.stderr)
        may = {who: self.world.json("status", "spring", user=who)["allowed_actions"]["approve"] for who in ("ada", "bo")}
        self.assertIn("approver", may["ada"]["why"])
        self.assertEqual(may["bo"], {"allowed": True})
        self.world.honk("approve", "spring", said[:8], user="bo")
        self.assertEqual(self.world.states(), {"approved": 40})
        self.assertEqual(self.world.json("status", "spring", user="bo")["allowed_actions"]["approve"], {"allowed": False, "why": "none of its plans waits for a yes"})
        self.assertEqual(self.world.campaign()["next"]["text"], "waits until somebody starts it")
        done = self.start("--wait")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.world.moved(), self.world.names)

        back = self.world.honk("rollback", "spring", "--wait", "--reason", "a test", user="ada")
        self.assertEqual(self.world.states(), {"rolled_back": 40}, back.stdout)
        self.assertEqual(self.world.dump(), self.before)
        again = self.world.honk("rollback", "spring", user="ada", check=False)
        self.assertNotEqual(again.returncode, 0)

    def test_a_page_of_eighty_columns_is_enough(self):
        self.world.serve()
        self.world.honk("apply", "-f", "migrations", "--campaign", "spring", user="ada")
        text = self.world.honk("plan", "spring", user="ada").stdout
        self.assertIn("40 plans wait for a yes, in 1 class of change", text)
        self.assertLess(len(text.splitlines()), 100)
        shown = self.world.honk("status", "spring").stdout
        self.assertIn("planned", shown)
        self.assertTrue(all(len(line) <= 80 for line in shown.splitlines()), shown)
        self.assertIn("spring", self.world.honk("status").stdout)


class TestReview(TestCampaign):
    count = 8

    def test_what_is_different_is_a_class_of_its_own_and_says_how(self):
        with sqlite3.connect(self.world.folder / self.world.database(5)) as db:
            db.execute("CREATE VIEW people AS SELECT id, last FROM t0005_v1")
        self.world.serve()
        self.world.honk("apply", "-f", "migrations", "--campaign", "spring", user="ada")
        review = self.world.review()
        self.assertEqual([(c["count"], c["members"][:1]) for c in review["classes"]], [(7, ["t0000-v2"]), (1, ["t0005-v2"])])
        self.assertIn("people", json.dumps(review["classes"][1]["differences"]))

    def test_a_plan_that_was_made_again_since_is_not_covered_and_the_others_are(self):
        self.world.serve()
        self.world.honk("apply", "-f", "migrations", "--campaign", "spring", user="ada")
        review = self.world.review()
        mapping = self.world.folder / "mappings" / "t0003.yaml"
        mapping.write_text(mapping.read_text() + "# looked at again\n")
        self.world.honk("plan", "t0003-v2", "--again", user="ada")
        short = self.world.honk("approve", "spring", review["digest"][7:15], user="bo", check=False)
        self.assertNotEqual(short.returncode, 0)
        self.assertIn("read them again", short.stderr)
        yes = self.world.json("approve", "spring", review["digest"], user="bo")
        self.assertEqual((yes["counted"], [item["migration"] for item in yes["not_covered"]]), (7, ["migration:default/t0003-v2"]))
        self.assertEqual(self.world.states(), {"approved": 7, "planned": 1})
        self.start()
        self.assertTrue(eventually(lambda: self.world.states().get("succeeded") == 7), self.world.states())
        self.assertEqual(self.world.campaign()["state"], "running")
        self.world.honk("approve", "spring", self.world.review()["digest"], user="bo")
        self.wait_for("succeeded")

    def test_what_cannot_be_planned_is_an_exception_and_keeps_nobody_waiting(self):
        (self.world.folder / "mappings" / "t0002.yaml").unlink()
        mapping = self.world.folder / "mappings" / "t0004.yaml"
        mapping.write_text(mapping.read_text().replace("from: id", "from: idd"))
        self.world.serve()
        self.world.honk("apply", "-f", "migrations", "--campaign", "spring", user="ada")
        review = self.world.review_of_what_there_is()
        states = {item["migration"].split("/")[1]: item["state"] for item in review["exceptions"]}
        self.assertEqual((review["planned"], states), (6, {"t0002-v2": "unplanned", "t0004-v2": "draft"}))
        self.world.honk("approve", "spring", review["digest"], user="bo")
        self.start()
        self.assertTrue(eventually(lambda: self.world.states().get("succeeded") == 6), self.world.states())
        shown = self.world.honk("status", "spring").stdout
        self.assertIn("t0004-v2", shown)

    def test_an_entity_says_the_pace_and_a_folder_with_one_is_a_campaign(self):
        (self.world.folder / "migrations" / "campaign.yaml").write_text(
            "apiVersion: honk/v1\nkind: Campaign\nmetadata: { name: summer }\n"
            'spec: { owner: team-0, pacing: { waves: [ 2, "50%" ], at_once: 1, failures_allowed: 1 } }\n')
        self.world.serve()
        applied = self.world.json("apply", "-f", "migrations", user="ada")
        self.assertEqual(applied["campaign"], "summer")
        self.world.review("summer")
        campaign = self.world.campaign("summer")
        self.assertEqual((campaign["wave"], campaign["failures_allowed"]), ({"now": 1, "of": 3, "until": 2}, 1))
        limits = {item["resource"]: item["count"] for item in json.loads(self.world.get("/limits")[1])["items"]}
        self.assertEqual(limits["campaign:summer"], 1)
        wrong = self.world.folder / "wrong.yaml"
        wrong.write_text("apiVersion: honk/v1\nkind: Campaign\nmetadata: { name: bad }\nspec: { pacing: { at_onec: 1 } }\n")
        refused = self.world.honk("apply", "-f", "wrong.yaml", user="ada", check=False)
        self.assertIn("at_onec", refused.stderr)


class TestLooking(TestCampaign):
    count = 1

    def test_planning_makes_no_file_where_a_store_would_be_created(self):
        config, catalog = self.world.folder / "honk.yaml", self.world.folder / "catalog" / "datasets.yaml"
        config.write_text(config.read_text().replace("stores:\n", "stores:\n  fresh: { driver: sqlite, path: data/fresh.db, create: true }\n"))
        catalog.write_text(catalog.read_text().replace("s0:t0000_v2", "fresh:t0000_v2"))
        self.world.serve()
        self.world.begin()
        self.assertFalse((self.world.folder / "data" / "fresh.db").exists())
        done = self.start("--wait")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.world.sql("data/fresh.db", "SELECT count(*) FROM t0000_v2"), "20")


class TestPace(TestCampaign):
    count = 12
    config = 'limits: { "owner:group:default/team-0": 1, "campaign:spring": 3 }\n'

    def test_limits_of_owner_store_and_campaign_hold_at_every_moment(self):
        self.world.serve()
        self.world.begin()
        self.start()
        self.wait_for("succeeded")
        events = []
        after = 0
        while True:
            page = json.loads(self.world.get(f"/events?type=plan.state&limit=1000&after={after}")[1])["items"]
            if not page:
                break
            events += page
            after = page[-1]["seq"]
        plan_of = {self.world.json("status", f"{name}-v2")["id"]: n for n, name in enumerate(self.world.names)}
        moving, most = set(), {}
        starts = []
        for event in events:
            n = plan_of[event["plan"]]
            if event["to"] in ("preflight", "running"):
                starts += [n] if n not in moving else []
                moving.add(n)
            else:
                moving.discard(n)
            keys = [("campaign", "")] * len(moving) + [("owner", self.world.owner_of(m)) for m in moving] + \
                   [("store", self.world.store_of(m)) for m in moving]
            for key in set(keys):
                most[key] = max(most.get(key, 0), keys.count(key))
        self.assertEqual(len(starts), 12)
        self.assertLessEqual(most["campaign", ""], 3)
        self.assertLessEqual(most["owner", "team-0"], 1)
        self.assertTrue(all(count <= 1 for (kind, _), count in most.items() if kind == "store"), most)
        self.assertGreater(most["campaign", ""], 1)
        first = [event for event in events if event["plan"] in plan_of and plan_of[event["plan"]] == starts[0]]
        second = next(event for event in events if event["to"] == "preflight" and plan_of[event["plan"]] == starts[1])
        self.assertLess(next(e for e in first if e["to"] == "succeeded")["seq"], second["seq"], "the canary goes alone")

    def test_who_waits_says_for_what(self):
        self.world.serve()
        self.world.begin()
        limit(self.world, "campaign:spring", 0)
        self.start()
        self.assertTrue(eventually(lambda: self.world.campaign()["waits"]))
        waits = self.world.campaign()["waits"]
        self.assertEqual(sum(item["count"] for item in waits), 12)
        self.assertIn("0 of 0 of 'campaign:spring' are taken", waits[0]["why"])
        self.assertEqual(self.world.json("status", "t0000-v2")["reason"], "waits for its place in campaign 'spring'")
        limit(self.world, "campaign:spring", 4)
        self.wait_for("succeeded")


class TestTrouble(TestCampaign):
    count = 12

    def test_a_canary_that_fails_halts_the_rest_before_it_starts(self):
        self.world.serve()
        self.world.begin()
        self.break_dataset(0)
        self.start()
        self.wait_for("halted")
        campaign = self.world.campaign()
        self.assertIn("t0000-v2", campaign["reason"])
        self.assertEqual(campaign["states"], {"approved": 11, "stale": 1})
        self.assertEqual(self.world.moved(), [])
        silent = self.world.honk("resume", "spring", user="ada", check=False)
        self.assertIn("reason", silent.stderr)
        self.world.honk("resume", "spring", "--reason", "that one is known", user="ada")
        self.assertTrue(eventually(lambda: self.world.states().get("succeeded") == 11), self.world.states())
        self.assertIn("t0000-v2", self.world.honk("status", "spring").stdout)
        self.world.honk("rollback", "spring", "--wait", user="ada")
        self.assertEqual(self.world.states(), {"rolled_back": 11, "stale": 1})

    def test_paused_nothing_starts_and_one_can_be_taken_back_alone(self):
        self.world.serve()
        self.world.begin()
        limit(self.world, "campaign:spring", 1)
        with held(self.world.folder / self.world.database(3)):  # whoever is in there waits, and so do all behind it
            self.start()
            self.assertTrue(eventually(lambda: self.world.states().get("succeeded", 0) >= 2))
            self.world.honk("pause", "spring", "--reason", "lunch", user="ada")
        self.assertTrue(eventually(lambda: not self.world.campaign()["moving_count"]))
        said = self.world.honk("throttle", "spring", "--rows-per-second", "5000", "--reason", "the shop is busy", user="ada")
        self.assertIn("spring: at most 5,000 rows a second", said.stdout)
        self.assertIn("throttle, of all together: at most 5,000 rows a second", self.world.honk("status", "spring").stdout)
        self.world.honk("throttle", "spring", "--off", user="ada")
        self.assertNotIn("throttle", self.world.campaign())
        names = [f"{name}-v2" for name in self.world.names]
        moved = [name for name in names if self.world.json("report", name)["outcome"]]
        self.world.honk("throttle", "spring", "--rows-per-second", "1000000", "--reason", "it is open", user="ada")
        before = self.world.states()
        first = self.world.honk("rollback", "t0000-v2", "--wait", user="ada", check=False)
        self.assertEqual(self.world.state("t0000-v2"), "rolled_back", first.stderr)
        self.assertEqual(self.world.states().get("approved"), before.get("approved"))
        limit(self.world, "campaign:spring", 8)
        self.world.honk("resume", "spring", user="ada")
        self.wait_for("halted")
        self.world.honk("resume", "spring", "--reason", "it was taken back on purpose", user="ada")
        self.wait_for("succeeded")
        self.assertEqual(self.world.states(), {"rolled_back": 1, "succeeded": 11})
        throttled = [name for name in names if self.world.json("report", name)["outcome"].get("throttled")]
        self.assertEqual(sorted(throttled + moved), names, "those that moved before it was set were not")
        self.assertIn("rows were throttled", self.world.honk("report", throttled[0]).stdout)

    def test_killed_at_any_moment_it_goes_on_and_back(self):
        self.world.serve()
        self.world.begin()
        self.start()
        for _ in range(3):
            seen = self.world.states().get("succeeded", 0)
            self.assertTrue(eventually(lambda: self.world.states().get("succeeded", 0) > seen or
                                       self.world.campaign()["state"] == "succeeded"))
            self.world.kill()
            self.world.serve()
        self.wait_for("succeeded")
        self.assertEqual(self.world.moved(), self.world.names)
        self.world.honk("rollback", "spring", user="ada")
        self.world.kill()
        self.world.serve()
        self.wait_for("rolled_back")
        self.assertEqual(self.world.dump(), self.before)

    def test_a_rollback_in_the_middle_takes_back_what_moved_and_cancels_the_rest(self):
        self.world.serve()
        self.world.begin()
        limit(self.world, "campaign:spring", 2)
        with held(self.world.folder / self.world.database(3)):  # its datasets wait, one of them in the middle of its move
            self.start()
            self.assertTrue(eventually(lambda: self.world.states().get("succeeded", 0) >= 2))
            self.world.honk("rollback", "spring", user="ada")
        self.wait_for("rolled_back")
        states = self.world.states()
        self.assertEqual(set(states), {"rolled_back", "cancelled"})
        self.assertEqual(sum(states.values()), 12)
        self.assertEqual(self.world.dump(), self.before)


if __name__ == "__main__":
    unittest.main()
