"""How fast rows may move: kept over two workers, changed while they move, and told."""
import json
import unittest

import mariadb_world
import postgres_world
import small_world
import support

ADA, BO = "user:default/ada", "user:default/bo"


class Throttle(unittest.TestCase):
    def setUp(self):
        self.world = small_world.World(rows=400)
        self.addCleanup(self.world.close)
        self.world.serve()

    def start(self, name, throttle):
        text = small_world.MIGRATION.format(name=name, annotations="", strategy="schema-transform").rstrip()
        self.world.honk("apply", "-f", self.world.write(f"migrations/{name}.yaml", f"{text}\n  throttle: {throttle}\n"), user=ADA)
        plan = " ".join(self.world.honk("plan", name, user=ADA).stdout.split())
        self.world.honk("approve", name, self.world.digest(name), user=BO)
        self.world.honk("start", name, user=ADA)
        return plan

    def fill(self, name):
        return next(step for step in self.world.json("status", name)["steps"] if step["name"] == "transform-data")

    def test_rows_take_their_time_and_it_is_changed_while_they_move(self):
        plan = self.start("slow", "{ rows_per_second: 1 }")
        self.assertIn("rows move throttled: at most 1 rows a second", plan)
        self.assertTrue(support.eventually(lambda: "slowed" in self.fill("slow")["progress"]), self.fill("slow"))
        status = self.world.honk("status", "slow").stdout
        self.assertIn("transform-data is slowed: at most 1 rows a second, each range", status)
        left = self.fill("slow")["progress"]  # hundreds of rows are in at once, and owed; no rate of before says how long the others take
        self.assertGreaterEqual(left["eta_ms"], (400 - left["done"]) * 1000)

        said = self.world.honk("throttle", "slow", "--rows-per-second", "400", "--reason", "the shop is closed", user=ADA).stdout
        self.assertEqual(said, "slow: at most 400 rows a second\n")
        self.assertTrue(support.eventually(lambda: self.world.state("slow") == "succeeded"), self.world.json("status", "slow"))
        fill = self.fill("slow")
        log = self.world.honk("logs", "slow", "--json").stdout
        changed = next(event for event in map(json.loads, log.splitlines()) if event["type"] == "plan.throttle")
        self.assertIn("plan throttle  at most 400 rows a second  the shop is closed", self.world.honk("logs", "slow").stdout)
        self.assertEqual((changed["reason"], changed["data"]), ("the shop is closed", {"throttle": {"rows_per_second": 400}}))
        took = fill["ended_at_ms"] - changed["at_ms"]  # two ranges of 100 rows owe all but a few, two more have not begun
        self.assertGreaterEqual(took, 800)
        self.assertLess(took, 20_000)  # by the first rate it would have been 400 s
        self.assertGreater(fill["progress"]["bytes"], 400 * 9)
        self.assertEqual(self.world.query("SELECT count(*) FROM users_v2"), [(400,)])
        ranges = self.world.honk("status", "slow", "--ranges").stdout
        self.assertEqual(sum("transform-data" in line and "done" in line for line in ranges.splitlines()), 4, ranges)
        refused = self.world.honk("throttle", "slow", "--rows-per-second", "5", user=ADA, check=False)
        self.assertIn("not from 'succeeded'", refused.stderr)


class ThrottleByStandby(unittest.TestCase):
    def begin(self, world):
        text = small_world.MIGRATION.format(name="behind", annotations="", strategy="schema-transform").rstrip()
        world.honk("apply", "-f", world.write("migrations/behind.yaml", f"{text}\n  throttle: {{ replication_lag_seconds: 1 }}\n"), user=ADA)
        world.honk("plan", "behind", user=ADA)
        world.honk("approve", "behind", world.digest("behind"), user=BO)
        world.honk("start", "behind", user=ADA)
        self.assertTrue(support.eventually(lambda: "is slowed: replication lag" in world.honk("status", "behind").stdout),
                        world.honk("status", "behind").stdout)
        self.assertNotEqual(world.state("behind"), "succeeded")

    def end(self, world):
        self.assertTrue(support.eventually(lambda: world.state("behind") == "succeeded"), world.json("status", "behind"))

    def test_rows_wait_for_a_replica_of_mariadb_that_is_behind(self):
        primary = mariadb_world.Primary()
        self.addCleanup(primary.close)
        replica = mariadb_world.Replica(primary)
        self.addCleanup(replica.close)
        world = mariadb_world.World(primary, "listening")
        self.addCleanup(world.close)
        settings = world.folder / "honk.yaml"
        settings.write_text(settings.read_text().replace("concurrency: 2 }", "concurrency: 2, replicas: [ copy ] }\n"
                            f'  copy: {{ driver: mariadb, url: "mariadb://root@localhost/shop?socket={replica.folder}/mariadb.sock" }}'))
        world.serve()
        self.assertTrue(support.eventually(lambda: replica.lag() == 0 and replica.sql("SELECT 1 FROM users_v1", check=False) == ""))
        replica.delay(3600)
        primary.sql("CREATE TABLE later (i int)")
        self.assertTrue(support.eventually(lambda: (replica.lag() or 0) >= 2))
        self.begin(world)
        replica.delay(0)
        self.end(world)
        self.assertEqual(primary.sql("SELECT count(*) FROM users_v2"), "300")

    def test_rows_wait_for_a_standby_that_is_behind(self):
        primary = postgres_world.Postgres(words=postgres_world.Standby.STANDBYS)
        self.addCleanup(primary.close)
        standby = postgres_world.Standby(primary)
        self.addCleanup(standby.close)
        world = postgres_world.World(primary, "shop")
        self.addCleanup(world.close)
        world.serve()
        self.assertTrue(support.eventually(lambda: standby.sql("SELECT count(*) FROM pg_database WHERE datname = 'shop'", "postgres") == "1"))

        def write():
            return primary.sql("UPDATE countries SET code = code; SELECT coalesce(max(replay_lag), '0') > '1.5 s' FROM pg_stat_replication")
        self.assertTrue(support.eventually(lambda: write() == "f"))
        standby.sql("SELECT pg_wal_replay_pause()", "postgres")
        self.assertTrue(support.eventually(lambda: write() == "t"), primary.sql("SELECT * FROM pg_stat_replication"))
        self.begin(world)
        standby.sql("SELECT pg_wal_replay_resume()", "postgres")
        self.end(world)
        self.assertEqual(primary.sql("SELECT count(*) FROM users_v2"), "3000")


if __name__ == "__main__":
    unittest.main()
