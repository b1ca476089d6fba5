"""How fast rows may move: kept over two workers, changed while they move, and told."""
import json
import subprocess
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
        watching = subprocess.Popen([support.HONK, "watch", "slow"], cwd=self.world.folder, stdout=subprocess.PIPE, text=True)
        self.addCleanup(watching.stdout.close)
        self.addCleanup(watching.kill)
        seen = next(line for line in watching.stdout if "slowed" in line)
        self.assertRegex(seen, "^  transform-data +running .*; slowed: at most 1 rows a second, each range\n$")
        left = self.fill("slow")["progress"]  # hundreds of rows are in at once, and owed; no rate of before says how long the others take
        self.assertGreaterEqual(left["eta_ms"], (400 - left["done"]) * 1000)
        self.assertLessEqual(left["rate"], 1, "what is in at once was not moved faster than allowed")

        said = self.world.honk("throttle", "slow", "--rows-per-second", "400", "--reason", "the shop is closed", user=ADA).stdout
        self.assertEqual(said, "slow: at most 400 rows a second\n")
        self.assertTrue(support.eventually(lambda: self.world.state("slow") == "succeeded"), self.world.json("status", "slow"))
        lines = [seen, *watching.stdout]
        self.assertFalse([line for line, next_one in zip(lines, lines[1:]) if line == next_one], "what is watched says nothing twice")
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


class ThrottleCommands(unittest.TestCase):
    def test_a_command_that_honk_yaml_does_not_have_is_refused_when_it_is_said(self):
        world = small_world.World(rows=400, more="throttle_commands:\n  quiet: { command: [ /bin/true ] }")
        self.addCleanup(world.close)
        world.serve()
        text = small_world.MIGRATION.format(name="slow", annotations="", strategy="schema-transform").rstrip()
        world.honk("apply", "-f", world.write("migrations/slow.yaml", f"{text}\n  throttle: {{ rows_per_second: 1 }}\n"), user=ADA)
        world.honk("plan", "slow", user=ADA)
        world.honk("approve", "slow", world.digest("slow"), user=BO)
        world.honk("start", "slow", user=ADA)
        refused = world.honk("throttle", "slow", "--command", "NOPE", user=ADA, check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("honk.yaml has no throttle command 'NOPE'; below 'throttle_commands' it has 'quiet'", refused.stderr)
        self.assertNotIn("command", world.json("status", "slow")["throttle"])
        self.assertIn("waits while 'quiet' says so", world.honk("throttle", "slow", "--command", "quiet", user=ADA).stdout)


# a role that owns what it moves, and no more
PLAIN = """
CREATE ROLE plain LOGIN; GRANT CREATE ON DATABASE shop TO plain; GRANT CREATE ON SCHEMA public TO plain; SET ROLE plain;
CREATE TABLE users_v1 (id bigint PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, country_code text NOT NULL, legacy_flag text);
CREATE TABLE users_v2 (user_id bigint PRIMARY KEY, full_name text, country text, tier text);
INSERT INTO users_v1 SELECT i, 'First', 'Last' || i, 'UK' FROM generate_series(1, 3000) i;
"""


class ThrottleByStandby(unittest.TestCase):
    def begin(self, world, slowed="replication lag", throttle="{ replication_lag_seconds: 1 }"):
        text = small_world.MIGRATION.format(name="behind", annotations="", strategy="schema-transform").rstrip()
        world.honk("apply", "-f", world.write("migrations/behind.yaml", f"{text}\n  throttle: {throttle}\n"), user=ADA)
        world.honk("plan", "behind", user=ADA)
        world.honk("approve", "behind", world.digest("behind"), user=BO)
        world.honk("start", "behind", user=ADA)
        self.assert_slowed(world, slowed)

    def assert_slowed(self, world, why):
        self.assertTrue(support.eventually(lambda: f"is slowed: {why}" in world.honk("status", "behind").stdout),
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

    def followed(self, **how):
        """A server with a standby that follows it, and a world on it that is not served yet."""
        primary = postgres_world.Postgres(words=postgres_world.Standby.STANDBYS)
        self.addCleanup(primary.close)
        standby = postgres_world.Standby(primary)
        self.addCleanup(standby.close)
        world = postgres_world.World(primary, "shop", **how)
        self.addCleanup(world.close)
        return primary, standby, world, world.folder / "honk.yaml"

    def test_rows_wait_while_our_role_may_not_see_how_far_a_standby_is(self):
        primary, _, world, settings = self.followed(schema=PLAIN)
        settings.write_text(settings.read_text().replace("user=postgres", "user=plain"))
        world.serve()
        self.begin(world, "the replication lag cannot be measured: store 'shop': role 'plain' may not see it, expected a member of pg_read_all_stats")
        world.honk("throttle", "behind", "--replication-lag", "0", "--sessions", "1000", user=ADA)
        somebody = subprocess.Popen([postgres_world.program("psql"), "-X", "-q", "-h", primary.folder, "-U", "postgres", "shop"], stdin=subprocess.PIPE)
        self.addCleanup(somebody.wait)
        self.addCleanup(somebody.kill)
        self.addCleanup(somebody.stdin.close)
        self.assert_slowed(world, "the active sessions cannot be counted: store 'shop': role 'plain' may not see it")
        primary.sql("GRANT pg_read_all_stats TO plain")
        self.end(world)

    def test_rows_wait_while_a_standby_hears_of_nothing_any_more(self):
        primary, standby, world, settings = self.followed()
        settings.write_text(settings.read_text().replace("concurrency: 2 }", "concurrency: 2, replicas: [ copy ] }\n"
                            f'  copy: {{ driver: postgres, url: "host={standby.folder} user=postgres dbname=shop" }}'))
        world.serve()
        told = primary.sql("SELECT pg_current_wal_lsn()")
        self.assertTrue(support.eventually(lambda: standby.sql(f"SELECT pg_last_wal_replay_lsn() >= '{told}'", "postgres") == "t"))
        before = standby.sql("SHOW primary_conninfo", "postgres").replace("'", "''")
        standby.sql("ALTER SYSTEM SET primary_conninfo = ''; SELECT pg_reload_conf()", "postgres")
        self.assertTrue(support.eventually(lambda: standby.sql("SELECT count(*) FROM pg_stat_wal_receiver", "postgres") == "0"))
        self.begin(world, "the replication lag cannot be measured: store 'copy': its primary does not reach it any more")
        standby.sql(f"ALTER SYSTEM SET primary_conninfo = '{before}'; SELECT pg_reload_conf()", "postgres")
        self.end(world)

    def test_rows_wait_while_our_user_may_not_see_sessions_of_others_in_mariadb(self):
        server = mariadb_world.Mariadb()
        self.addCleanup(server.close)
        world = mariadb_world.World(server, "listening")
        self.addCleanup(world.close)
        server.sql("DROP TRIGGER touched; CREATE USER plain@localhost; GRANT ALL ON shop.* TO plain@localhost")
        settings = world.folder / "honk.yaml"
        settings.write_text(settings.read_text().replace("//root@", "//plain@"))
        somebody = subprocess.Popen(server.client("mariadb", "shop"), stdin=subprocess.PIPE)
        self.addCleanup(somebody.wait)
        self.addCleanup(somebody.kill)
        self.addCleanup(somebody.stdin.close)
        self.assertTrue(support.eventually(lambda: int(server.sql("SELECT count(*) FROM information_schema.processlist WHERE command = 'Sleep'")) > 0))
        world.serve()
        self.begin(world, "the active sessions cannot be counted: store 'shop': our user may not see those of others, expected the right PROCESS", "{ active_sessions: 1000 }")
        server.sql("GRANT PROCESS ON *.* TO plain@localhost")
        self.end(world)


if __name__ == "__main__":
    unittest.main()
