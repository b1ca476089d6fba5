"""Trouble on the way out of a server: connections whose answers are cut or late, and columns that come or go while rows move."""
import pathlib
import shutil
import sys
import tempfile
import unittest

from kafka_world import IS_STAND_IN, Kafka
from mariadb_world import Mariadb
from postgres_world import Postgres
from redis_world import Redis
import small_world
import support

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from proxy import Proxy, TcpProxy  # noqa: E402

ROWS = 6000
NAME = "users-v2-migration"
CONFIG = """
stores:
  listening: {{{{ driver: sqlite, path: data/listening.db }}}}
  there: {{{{ driver: {driver}, url: "{url}"{more} }}}}
  here: {{{{ driver: {driver}, url: "{direct}"{more} }}}}
policy: {{{{ self_approval: false, quorum: 1, rollback_window: 24h, soak: 0s }}}}
roles:
  approver: [ user:default/bo ]
  operator: [ user:default/ada, user:default/bo ]
  admin: [ local ]
{{more}}
"""


class OutOfServers(unittest.TestCase):
    def behind(self, server, socket_name):
        self.addCleanup(server.close)
        folder = tempfile.mkdtemp(prefix="honk-proxy-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.proxy = Proxy(folder, server.folder, socket_name=socket_name)
        self.addCleanup(self.proxy.close)
        return folder

    def postgres(self):
        self.server = Postgres()
        self.server.sql("CREATE DATABASE shop", "postgres")
        return "postgres", *(f"host={folder} user=postgres dbname=shop" for folder in (
            self.behind(self.server, ".s.PGSQL.5432"), self.server.folder))

    def mariadb(self):
        self.server = Mariadb()
        self.server.sql("CREATE DATABASE shop CHARACTER SET utf8mb4", "mysql")
        return "mariadb", *(f"mariadb://root@localhost/shop?socket={folder}/mariadb.sock" for folder in (
            self.behind(self.server, "mariadb.sock"), self.server.folder))

    def redis(self, *settings):
        self.server = Redis(*settings)
        return "redis", *(f"unix:{folder}/redis.sock?db=0" for folder in (self.behind(self.server, "redis.sock"), self.server.folder))

    def kafka(self):
        self.proxy = TcpProxy()
        self.addCleanup(self.proxy.close)
        self.server = Kafka("--advertised", str(self.proxy.port))
        self.addCleanup(self.server.close)
        host, port = self.server.servers.split(":")
        self.proxy.server = (host, int(port))
        return "kafka", f"kafka://127.0.0.1:{self.proxy.port}", f"kafka://127.0.0.1:{self.proxy.port}"

    def begin(self, driver, url, direct, extra="", rows=ROWS):
        """The rows of SQLite are brought there, and go back into another table of it."""
        config = CONFIG.format(driver=driver, url=url, direct=direct, more=", timeout_ms: 4000" if driver == "kafka" else "")
        self.world = small_world.World(config=config, rows=rows)
        self.addCleanup(self.world.close)
        name = "users_v1:{id}" if driver == "redis" else "users_v1"
        self.world.honk("copy", "listening:users_v1", f"here:{name}")
        catalog = self.world.folder / "catalog" / "datasets.yaml"
        catalog.write_text(catalog.read_text().replace("listening:users_v1", f"there:{name}"))
        text = small_world.MAPPING.replace("{ from: id }", "{ from: id, type: int }")
        if driver == "redis":  # NULL is no field there
            text = text[:text.index("dropped:")]
        self.world.write("mappings/users.yaml", text)
        text = small_world.MIGRATION.format(name=NAME, annotations="", strategy="schema-transform").rstrip()
        path = self.world.write(f"migrations/{NAME}.yaml", f"{text}\n  consistency: checked\n{extra}")
        self.world.serve()
        self.world.honk("apply", "-f", path, user="user:default/ada")
        self.world.plan(NAME)

    def run_behind(self, store, **trouble):
        self.begin(*store())
        vars(self.proxy).update(trouble)
        self.assertEqual(self.world.run(NAME)["state"], "succeeded", self.world.seen(NAME))
        self.assertTrue(self.world.moved() == self.world.expected())
        return self.proxy

    def test_answers_of_postgres_that_are_cut_lose_and_double_none(self):
        self.assertEqual(self.run_behind(self.postgres, answer_cuts=[3000, 50000, 100000]).done, 3)

    def test_answers_of_mariadb_that_are_cut_lose_and_double_none(self):
        self.assertEqual(self.run_behind(self.mariadb, answer_cuts=[3000, 50000, 100000]).done, 3)

    def test_answers_of_redis_that_are_cut_lose_and_double_none(self):
        self.assertEqual(self.run_behind(self.redis, answer_cuts=[3000, 50000, 100000]).done, 3)

    def test_answers_of_kafka_that_are_cut_lose_and_double_none(self):
        self.assertEqual(self.run_behind(self.kafka, answer_cuts=[500, 50000, 100000]).done, 3)

    def run_over_a_crash(self, store):
        """The server that rows come from dies while they do, and comes back; what it has is on disk."""
        self.begin(*store(), "  throttle: { rows_per_second: 100 }\n", rows=400)
        self.world.honk("approve", NAME, self.world.digest(NAME), user="user:default/bo")
        self.world.honk("start", NAME, user="user:default/ada")
        self.assertTrue(support.eventually(lambda: "slowed" in (self.world.step(NAME, "transform").get("progress") or {})))
        self.server.crash()
        self.server.start()
        self.world.honk("throttle", NAME, "--rows-per-second", "100000", "--reason", "on", user="user:default/ada")
        self.assertTrue(support.eventually(lambda: self.world.state(NAME) in ("succeeded", "halted")), self.world.seen(NAME))
        self.assertEqual(self.world.state(NAME), "succeeded", self.world.seen(NAME))
        self.assertEqual(self.world.moved(), self.world.expected())

    def test_a_postgres_that_is_restarted_while_its_rows_are_read_loses_and_doubles_none(self):
        self.run_over_a_crash(self.postgres)

    def test_a_mariadb_that_is_restarted_while_its_rows_are_read_loses_and_doubles_none(self):
        self.run_over_a_crash(self.mariadb)

    def test_a_redis_that_is_restarted_while_its_rows_are_read_loses_and_doubles_none(self):
        self.run_over_a_crash(lambda: self.redis("--appendonly", "yes", "--appendfsync", "always"))

    @unittest.skipIf(IS_STAND_IN, "the stand-in forgets")
    def test_a_kafka_that_is_restarted_while_its_rows_are_read_loses_and_doubles_none(self):
        self.run_over_a_crash(self.kafka)

    def look_at_drift(self, store, change, back):
        """The first ranges are in when somebody changes the table; when that is taken back, it goes on."""
        self.begin(*store(), "  throttle: { rows_per_second: 1 }\n", rows=400)
        self.world.honk("approve", NAME, self.world.digest(NAME), user="user:default/bo")
        self.world.honk("start", NAME, user="user:default/ada")
        self.assertTrue(support.eventually(lambda: "slowed" in (self.world.step(NAME, "transform").get("progress") or {})))
        self.server.sql(change, "shop")
        self.world.honk("throttle", NAME, "--rows-per-second", "100000", "--reason", "on", user="user:default/ada")
        self.assertTrue(support.eventually(lambda: self.world.state(NAME) == "halted"), self.world.seen(NAME))
        said = self.world.honk("status", NAME, check=False).stdout
        self.assertRegex(" ".join(said.split()), "source 'users_v1' changed while it was read.* take that back, retry and resume, or roll back and plan again")
        self.assertNotIn("users_v2", self.world.tables())
        self.server.sql(back, "shop")
        self.world.honk("retry", NAME, user="user:default/ada")
        self.world.honk("resume", NAME, "--reason", "it was a mistake", user="user:default/ada")
        self.assertTrue(support.eventually(lambda: self.world.state(NAME) in ("succeeded", "halted")))
        self.assertEqual(self.world.state(NAME), "succeeded", self.world.seen(NAME))
        self.assertEqual(self.world.moved(), self.world.expected())

    def test_a_column_that_comes_into_postgres_while_rows_move_stops_them(self):
        self.look_at_drift(self.postgres, "ALTER TABLE users_v1 ADD COLUMN late text", "ALTER TABLE users_v1 DROP COLUMN late")

    def test_a_column_that_goes_from_mariadb_while_rows_move_stops_them(self):
        self.look_at_drift(self.mariadb, "ALTER TABLE users_v1 RENAME COLUMN last_name TO surname",
                           "ALTER TABLE users_v1 RENAME COLUMN surname TO last_name")


if __name__ == "__main__":
    unittest.main()
