"""A table that somebody writes to all the time while it is moved (consistency: live), and a witness that keeps count."""
import contextlib
import os
import pathlib
import random
import signal
import sqlite3
import threading
import unittest

import small_world
import support

LIVE = "\n  consistency: live\n"
COUNTRIES = {"UK": "GB", "SE": "SE", "DE": "DE"}


class Writer(threading.Thread):
    """Writes until it is refused, and knows what is there: a write counts when its transaction did."""

    def __init__(self, db, rows):
        super().__init__(daemon=True)
        self.db, self.rows, self.refusal, self.writes = db, rows, None, 0
        self.random, self.enough, self.rest = random.Random(5), threading.Event(), threading.Event()

    def once(self, db):
        ids, key = self.random.sample(sorted(self.rows), 3), self.random.randrange(100_000, 10_000_000)
        row = (self.random.choice(("Ada", "Bo")), f"Nr {self.writes}", self.random.choice(list(COUNTRIES)))
        after = dict(self.rows)
        with db:
            db.execute("INSERT OR REPLACE INTO users_v1 VALUES (?, ?, ?, ?, NULL)", (key, *row))
            db.execute("UPDATE users_v1 SET last_name = ? WHERE id = ?", (row[1], ids[0]))
            db.execute("DELETE FROM users_v1 WHERE id = ?", (ids[1],))
            db.execute("UPDATE users_v1 SET id = ? WHERE id = ?", (key + 20_000_000, ids[2]))
        after[key] = row
        after[ids[0]] = (after[ids[0]][0], row[1], after[ids[0]][2])
        del after[ids[1]]
        after[key + 20_000_000] = after.pop(ids[2])
        self.rows, self.writes = after, self.writes + 1
        if self.writes >= 20:
            self.enough.set()

    def run(self):
        db = sqlite3.connect(self.db, timeout=60)
        try:
            while not self.rest.wait(0.003):  # others want to write, too
                self.once(db)
        except sqlite3.IntegrityError as refused:
            self.refusal = str(refused)
        finally:
            db.close()

    def expected(self):
        return sorted((key, f"{first} {last}", COUNTRIES[code], "free") for key, (first, last, code) in self.rows.items())


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
        return Writer(self.world.db, rows)

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

    def kill_workers(self):
        children = pathlib.Path(f"/proc/{self.world.server.pid}/task/{self.world.server.pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        return len(children)

    def test_workers_that_are_killed_meanwhile_lose_no_write(self):
        self.apply("live")
        self.world.honk("plan", "live", user="user:default/ada")
        self.world.honk("approve", "live", self.world.digest("live"), user="user:default/bo")
        writer, killed = self.writer(), 0
        writer.start()
        self.assertTrue(writer.enough.wait(60))
        self.world.honk("start", "live", user="user:default/ada")
        while killed < 8 and self.world.state("live") != "succeeded":
            killed += self.kill_workers()
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
        db = sqlite3.connect(self.world.db, timeout=60)
        writer.once(db)
        db.close()
        self.assertEqual(writer.writes, 1)

    def test_a_target_with_another_key_is_refused_before_anything_moves(self):
        mapping = small_world.MAPPING.replace("{ from: id }", "{ from: id, type: text }")
        self.world.write("mappings/users.yaml", mapping)
        self.apply("live")
        done = self.world.honk("plan", "live", user="user:default/ada", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the key of the target must be the primary key of 'users_v1', as it is", " ".join(
            (done.stdout + done.stderr).split()))


if __name__ == "__main__":
    unittest.main()
