"""A table that somebody writes to all the time while it is moved (consistency: live), and a witness that keeps count."""
import contextlib
import os
import pathlib
import signal
import sqlite3
import unittest

import postgres_world
import small_world
import support
from live_writers import PostgresWriter, SqliteWriter

LIVE = "\n  consistency: live\n"
SYNCED = "\n  consistency: live-sync\n"


def kill_workers(world):
    children = pathlib.Path(f"/proc/{world.server.pid}/task/{world.server.pid}/children").read_text().split()
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGKILL)
    return len(children)


class Live(unittest.TestCase):
    def setUp(self):
        self.world = small_world.World(rows=3000)
        self.addCleanup(self.world.close)
        with sqlite3.connect(self.world.db) as db:
            db.execute("PRAGMA journal_mode = WAL")
        self.world.serve()

    def apply(self, name):
        text = small_world.MIGRATION.format(name=name, annotations="", strategy="schema-transform").rstrip() + LIVE
        self.world.honk("apply", "-f", self.world.write(f"migrations/{name}.yaml", text), user="user:default/ada")

    def writer(self):
        rows = {key: tuple(rest) for key, *rest in
                self.world.query("SELECT id, first_name, last_name, country_code FROM users_v1")}
        return SqliteWriter(self.world.db, rows)

    def ours(self):
        return self.world.query("SELECT name FROM sqlite_schema WHERE name LIKE '\\_honk%' ESCAPE '\\'")

    def test_nothing_that_was_written_meanwhile_is_missing(self):
        self.apply("live")
        plan = " ".join(self.world.honk("plan", "live", user="user:default/ada").stdout.split())
        self.assertIn("'listening:users_v1' is live: its writers go on while its rows are copied", plan)
        self.assertIn("and copy the last changes", plan)
        self.world.honk("approve", "live", self.world.digest("live"), user="user:default/bo")
        writer = self.writer()
        writer.start()
        self.assertTrue(writer.enough.wait(60))
        self.world.honk("start", "live", "--wait", user="user:default/ada", check=False)
        status = self.world.json("status", "live")
        self.assertEqual(status["state"], "succeeded", status)
        writer.join(60)
        self.assertIn("'users_v1' moves to 'listening:users_v2'", writer.refusal)
        self.assertEqual(self.world.query("SELECT * FROM users_v2 ORDER BY 1"), writer.expected())

    def test_workers_that_are_killed_meanwhile_lose_no_write(self):
        self.apply("live")
        self.world.honk("plan", "live", user="user:default/ada")
        self.world.honk("approve", "live", self.world.digest("live"), user="user:default/bo")
        writer, killed = self.writer(), 0
        writer.start()
        self.assertTrue(writer.enough.wait(60))
        self.world.honk("start", "live", user="user:default/ada")
        while killed < 8 and self.world.state("live") != "succeeded":
            killed += kill_workers(self.world)
        self.assertGreater(killed, 0)
        self.assertTrue(support.eventually(lambda: self.world.state("live") == "succeeded"), self.world.json("status", "live"))
        writer.join(60)
        self.assertEqual(self.world.query("SELECT * FROM users_v2 ORDER BY 1"), writer.expected())

    def test_a_rollback_lets_the_writer_go_on(self):
        self.apply("live")
        before = self.world.query("SELECT name FROM sqlite_schema ORDER BY 1")
        self.assertEqual(self.world.move("live", "user:default/ada", "user:default/bo")["state"], "succeeded")
        self.assertNotEqual(self.ours(), [])
        self.world.honk("rollback", "live", "--wait", user="user:default/ada")
        self.assertEqual(self.world.query("SELECT name FROM sqlite_schema ORDER BY 1"), before)
        writer = self.writer()
        writer.open()
        writer.once()
        writer.close()
        self.assertEqual(writer.writes, 1)

    def test_where_there_is_no_log_the_plan_says_that_triggers_note_what_is_written(self):
        text = small_world.MIGRATION.format(name="synced", annotations="", strategy="schema-transform").rstrip() + SYNCED
        self.world.honk("apply", "-f", self.world.write("migrations/synced.yaml", text), user="user:default/ada")
        plan = " ".join(self.world.honk("plan", "synced", user="user:default/ada").stdout.split())
        self.assertIn("has no log that could be read; triggers note what is written instead, as with 'live'", plan)
        self.assertIn("'listening:users_v1' is live: its writers go on", plan)

    def test_a_target_with_another_key_is_refused_before_anything_moves(self):
        mapping = small_world.MAPPING.replace("{ from: id }", "{ from: id, type: text }")
        self.world.write("mappings/users.yaml", mapping)
        self.apply("live")
        done = self.world.honk("plan", "live", user="user:default/ada", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the key of the target must be the primary key of 'users_v1', as it is", " ".join(
            (done.stdout + done.stderr).split()))


class LiveFromPostgres(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = postgres_world.Postgres()
        cls.addClassCleanup(cls.postgres.close)

    def begin(self, name, target="shop:public.users_v2", consistency=LIVE, says="is live: its"):
        """Planned and approved, and somebody who writes."""
        self.database = f"shop_{name}"
        self.world = postgres_world.World(self.postgres, "shop", database=self.database)
        self.addCleanup(self.world.close)
        catalog = self.world.folder / "catalog" / "datasets.yaml"
        catalog.write_text(catalog.read_text().replace("shop:public.users_v2", target))
        self.world.serve()
        text = small_world.MIGRATION.format(name=name, annotations="", strategy="schema-transform").rstrip() + consistency
        self.world.honk("apply", "-f", self.world.write(f"migrations/{name}.yaml", text), user="user:default/ada")
        plan = " ".join(self.world.honk("plan", name, user="user:default/ada").stdout.split())
        self.assertIn(f"'shop:users_v1' {says} writers go on while its rows are copied", plan)
        self.world.honk("approve", name, self.world.digest(name), user="user:default/bo")
        writer = PostgresWriter(self.postgres, self.database)
        writer.start()
        self.assertTrue(writer.enough.wait(60))
        return writer

    def sql(self, text):
        return self.postgres.sql(text, self.database)

    def moved(self):
        text = self.sql("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1")
        return [(int(key), *rest) for key, *rest in (line.split("|") for line in text.splitlines())]

    def end(self, name, writer):
        self.assertTrue(support.eventually(lambda: self.world.state(name) == "succeeded"), self.world.json("status", name))
        writer.join(60)
        self.assertIn("frozen by honk: 'users_v1' moves to", writer.refusal)

    def killed(self, name, **more):
        writer, killed = self.begin(name, **more), 0
        self.world.honk("start", name, user="user:default/ada")
        while killed < 8 and self.world.state(name) != "succeeded":
            killed += kill_workers(self.world)
        self.assertGreater(killed, 0)
        self.end(name, writer)
        self.assertEqual(self.moved(), writer.expected())
        self.assertEqual(self.sql("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"), "0")
        self.world.honk("rollback", name, "--wait", user="user:default/ada")
        self.assertEqual(self.sql("SELECT count(*) FROM pg_publication"), "0")
        self.assertEqual(self.sql("SELECT count(*) FROM pg_namespace WHERE nspname = '_honk'"), "0")
        self.assertEqual(self.sql("SELECT count(*) FROM pg_trigger WHERE tgname LIKE '\\_honk%'"), "0")
        self.sql("UPDATE users_v1 SET last_name = 'Again' WHERE id = 1")

    def test_workers_that_are_killed_inside_of_one_database_lose_no_write(self):
        self.killed("killed")

    def test_workers_that_are_killed_while_they_read_the_log_lose_no_write(self):
        self.killed("synced", consistency=SYNCED, says="is live and synced: its")

    def test_nothing_that_was_written_on_the_way_to_another_kind_of_store_is_missing(self):
        writer = self.begin("elsewhere", target="listening:users_v2")
        self.world.honk("start", "elsewhere", "--wait", user="user:default/ada", check=False)
        self.end("elsewhere", writer)
        self.assertEqual(self.world.query("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1"), writer.expected())


if __name__ == "__main__":
    unittest.main()
