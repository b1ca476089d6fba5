"""A table that somebody writes to all the time while it is moved (consistency: live), and a witness that keeps count."""
import contextlib
import os
import pathlib
import signal
import sqlite3
import unittest

import mariadb_world
import postgres_world
import small_world
import support
from live_writers import MariadbWriter, PostgresWriter, SqliteWriter

LIVE = "\n  consistency: live\n"
SYNCED = "\n  consistency: live-sync\n"
DUAL = "\n  consistency: dual-write\n"
# two ranges, and time to write between them
HELD = "\n  consistency: snapshot\n  left_behind_max: 1000000\n  throttle: { rows_per_second: 1000 }\n"


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

    def apply(self, name, more=""):
        text = small_world.MIGRATION.format(name=name, annotations="", strategy="schema-transform").rstrip() + LIVE + more
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
        self.apply("live", "  throttle: { rows_per_second: 3000 }\n")  # it is not over before somebody can kill it
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
        followed, told = self.world.json("report", "live")["outcome"]["followed"], self.world.honk("report", "live").stdout
        outcome, rows = self.world.json("report", "live")["outcome"], len(writer.expected())
        self.assertEqual((outcome["rows_out"], outcome["hash"].split(":")[-3]), (rows, str(rows)))
        self.assertRegex(told, f"writers went on: {followed:,} rows? (was|were) copied again, and the last of them waited for")
        self.assertIn("rows were throttled", told)

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


class FromPostgres(unittest.TestCase):
    writer_class = PostgresWriter

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
        self.assertIn(f"'shop:users_v1' {says} writers go on", plan)
        self.world.honk("approve", name, self.world.digest(name), user="user:default/bo")
        writer = self.writer_class(self.postgres, self.database)
        writer.start()
        self.assertTrue(writer.enough.wait(60))
        return writer

    def sql(self, text):
        return self.postgres.sql(text, self.database)

    def moved(self):
        text = self.sql("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1")
        return [(int(key), *rest) for key, *rest in (line.split("|") for line in text.splitlines())]


class EndsWell(FromPostgres):
    def end(self, name, writer):
        self.assertTrue(support.eventually(lambda: self.world.state(name) == "succeeded"), self.world.json("status", name))
        writer.join(60)
        self.assertIn("frozen by honk: 'users_v1' moves to", writer.refusal)


class LiveFromPostgres(EndsWell):
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

    def test_writers_that_write_to_both_sides_are_compared_while_they_go_on(self):
        writer = self.begin("both", consistency=DUAL, says="is live and dual-written: its")
        self.world.honk("start", "both", "--wait", user="user:default/ada", check=False)
        self.end("both", writer)
        self.assertEqual(self.moved(), writer.expected())
        steps = [step["name"] for step in self.world.json("status", "both")["steps"]]
        self.assertEqual(steps.index("compare") + 1, steps.index("freeze"))

    def test_workers_that_are_killed_while_writers_write_to_both_sides_lose_no_write(self):
        self.killed("dual", consistency=DUAL, says="is live and dual-written: its")

    def test_nothing_that_was_written_on_the_way_to_another_kind_of_store_is_missing(self):
        writer = self.begin("elsewhere", target="listening:users_v2")
        self.world.honk("start", "elsewhere", "--wait", user="user:default/ada", check=False)
        self.end("elsewhere", writer)
        self.assertEqual(self.world.query("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1"), writer.expected())


class LiveFromMariadb(unittest.TestCase):
    LEFT = ("SELECT (SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE '%\\_honk\\_%'), "
            "(SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = database() AND trigger_name LIKE '\\_honk%')")

    @classmethod
    def setUpClass(cls):
        cls.mariadb = mariadb_world.Mariadb()
        cls.addClassCleanup(cls.mariadb.close)

    def begin(self, name, target="shop:users_v2", more=""):
        self.database = f"shop_{name}"
        self.world = mariadb_world.World(self.mariadb, "shop", database=self.database)
        self.addCleanup(self.world.close)
        catalog = self.world.folder / "catalog" / "datasets.yaml"
        catalog.write_text(catalog.read_text().replace("shop:users_v2", target))
        if more:
            self.mariadb.sql(more, self.database)
        self.world.serve()
        text = small_world.MIGRATION.format(name=name, annotations="", strategy="schema-transform").rstrip() + LIVE
        self.world.honk("apply", "-f", self.world.write(f"migrations/{name}.yaml", text), user="user:default/ada")
        return self.world.honk("plan", name, user="user:default/ada", check=False)

    def refused(self, name, more):
        """What the plan says of a table whose writes cannot all be noted."""
        done = self.begin(name, more=more)
        said = " ".join((done.stdout + done.stderr).split())
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("spec.consistency is 'live', but what is written to 'shop:users_v1' cannot be noted: ", said)
        return said

    def test_a_table_of_an_engine_without_transactions_is_refused_in_the_plan(self):
        self.assertIn("MyISAM", self.refused("unnoted", "ALTER TABLE users_v1 ENGINE = MyISAM"))

    def writing(self, name, **more):
        plan = " ".join(self.begin(name, **more).stdout.split())
        self.assertIn("'shop:users_v1' is live: its writers go on", plan)
        self.world.honk("approve", name, self.world.digest(name), user="user:default/bo")
        writer = MariadbWriter(self.mariadb, self.database)
        writer.start()
        self.assertTrue(writer.enough.wait(60))
        self.world.honk("start", name, user="user:default/ada")
        return writer

    def end(self, name, writer):
        self.assertTrue(support.eventually(lambda: self.world.state(name) in ("succeeded", "halted", "paused")))
        writer.join(60)
        self.assertEqual(self.world.state(name), "succeeded", self.world.json("status", name))
        self.assertIn("frozen by honk: 'users_v1' moves to", writer.refusal)

    def test_workers_that_are_killed_inside_of_one_database_lose_no_write(self):
        writer, killed = self.writing("killed"), 0
        while killed < 8 and self.world.state("killed") != "succeeded":
            killed += kill_workers(self.world)
        self.assertGreater(killed, 0)
        self.end("killed", writer)
        moved = self.mariadb.sql("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1", self.database)
        self.assertEqual([(int(key), *rest) for key, *rest in (line.split("|") for line in moved.splitlines())], writer.expected())
        self.world.honk("rollback", "killed", "--wait", user="user:default/ada")
        self.assertEqual(self.mariadb.sql(self.LEFT, self.database), "0|0")
        self.mariadb.sql("UPDATE users_v1 SET last_name = 'Again' WHERE id = 1", self.database)

    def test_nothing_that_was_written_on_the_way_to_another_kind_of_store_is_missing(self):
        writer = self.writing("elsewhere", target="listening:users_v2")
        self.end("elsewhere", writer)
        self.assertEqual(self.world.query("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1"), writer.expected())

    def test_a_table_whose_rows_a_foreign_key_changes_is_refused_in_the_plan_with_the_reason(self):
        said = self.refused("cascade", "CREATE TABLE owners (id bigint PRIMARY KEY); INSERT INTO owners SELECT id FROM users_v1; "
                            "ALTER TABLE users_v1 ADD CONSTRAINT owned FOREIGN KEY (id) REFERENCES owners (id) ON DELETE CASCADE")
        self.assertIn("are changed by the foreign key 'owned' without any trigger", said)


class MisfitWriter(PostgresWriter):
    """Now and then a row gets a name that the new table has no room for."""

    def statements(self):
        statements, after = super().statements()
        key = 1000 + self.writes
        if self.writes % 30 == 5 and key in after:
            statements.append(f"UPDATE users_v1 SET first_name = '{'x' * 50}' WHERE id = {key}")
            after[key] = ("x" * 50, *after[key][1:])
        return statements, after

    def expected(self):
        return [row for row in super().expected() if len(row[1]) <= 40]


class MisfitsFromPostgres(EndsWell):
    writer_class = MisfitWriter

    def move(self, name, **more):
        writer = self.begin(name, **more)
        self.world.honk("start", name, "--wait", user="user:default/ada", check=False)
        self.end(name, writer)
        self.assertEqual(self.moved(), writer.expected())
        self.assertGreater(int(self.sql("SELECT count(*) FROM _honk._honk_quarantine")), 0)

    def test_rows_that_the_new_table_refuses_wait_and_are_put_aside_when_writers_are_stopped(self):
        self.move("misfits")

    def test_rows_that_the_new_table_refuses_do_no_harm_to_those_who_write_to_both_sides(self):
        self.move("both_misfit", consistency=DUAL, says="is live and dual-written: its")


class RememberingWriter(PostgresWriter):
    """Keeps every state that there was between two transactions."""

    def once(self):
        super().once()
        self.states.add(hash(tuple(self.expected())))

    def open(self):
        super().open()
        self.states = {hash(tuple(self.expected()))}


class SnapshotOfPostgres(FromPostgres):
    """What is copied is one of the states that there were, whoever holds it dies, and nobody is stopped."""
    writer_class = RememberingWriter

    def ranges(self):
        """How many are in the ledger, which need not be there."""
        return int(self.sql("\\set ON_ERROR_STOP 0\nSELECT count(*) FROM _honk._honk_ledger") or 0)

    def when_some_are_in(self, name):
        self.assertTrue(support.eventually(lambda: self.ranges() > 0 or self.world.state(name) == "succeeded"),
                        self.world.json("status", name))
        return self.world.state(name) != "succeeded"

    def holder(self):
        """The transaction that exported the snapshot, after which its file is named."""
        session, number, _ = self.sql("SELECT pg_ls_dir('pg_snapshots')").split("-")
        return f"{int(session, 16)}/{int(number, 16)}"

    def test_one_state_is_copied_though_workers_and_the_session_that_holds_it_are_killed(self):
        writer = self.begin("held", consistency=HELD, says="is copied as it is at one moment, from a snapshot: its")
        self.world.honk("start", "held", user="user:default/ada")
        self.assertTrue(self.when_some_are_in("held"))
        self.assertGreater(kill_workers(self.world), 0)
        self.assertTrue(support.eventually(lambda: self.ranges() == 0))
        self.assertTrue(self.when_some_are_in("held"))
        ended = self.sql(f"SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE virtualxid = '{self.holder()}' AND mode = "
                         "'ExclusiveLock'")
        self.assertEqual(ended, "1")
        self.assertTrue(support.eventually(lambda: self.world.state("held") == "succeeded"), self.world.json("status", "held"))
        writer.rest.set()
        writer.join(60)
        self.assertIsNone(writer.refusal)
        self.assertIn(hash(tuple(self.moved())), writer.states)
        self.world.honk("rollback", "held", "--wait", user="user:default/ada")
        self.assertEqual(self.sql("SELECT count(*) FROM pg_namespace WHERE nspname = '_honk'"), "0")
        self.assertEqual(self.sql("SELECT count(*) FROM pg_trigger WHERE tgname LIKE '\\_honk%'"), "0")


RENAMING = """
apiVersion: honk/v1
kind: Mapping
source: users-v1
target: users-v2
key: [ user_id ]
columns: { user_id: id, first: first_name, surname: last_name, country: country_code }
dropped:
  legacy_flag: { why: "never filled" }
"""
REVERSED = "\n  reverse_sync: true\n"
# a row changes, one goes, one comes, one gets another key
AFTERWARDS = ("UPDATE {0} SET surname = 'Later' WHERE user_id = 5", "DELETE FROM {0} WHERE user_id = 6",
              "INSERT INTO {0} VALUES (9001, 'New', 'Comer', 'SE')", "UPDATE {0} SET user_id = 9002 WHERE user_id = 7")
BACK = [(5, "First5", "Later", "DE"), (8, "First8", "Last8", "DE"), (9001, "New", "Comer", "SE"), (9002, "First7", "Last7", "SE")]
ROWS_BACK = "SELECT id, first_name, last_name, country_code FROM users_v1 WHERE id IN (5, 6, 7, 8, 9001, 9002) ORDER BY 1"


class ReverseSync(unittest.TestCase):
    def moved(self, world, says="come back: a rollback carries them into", consistency="", mapping=RENAMING):
        self.world = world
        self.addCleanup(world.close)
        world.write("mappings/users.yaml", mapping)
        world.serve()
        text = small_world.MIGRATION.format(name="there", annotations="", strategy="schema-transform").rstrip() + REVERSED + consistency
        world.honk("apply", "-f", world.write("migrations/there.yaml", text), user="user:default/ada")
        self.assertIn(says, " ".join(world.honk("plan", "there", user="user:default/ada").stdout.split()))
        self.assertEqual(world.run("there")["state"], "succeeded")

    def roll_back(self):
        self.world.honk("rollback", "there", "--wait", user="user:default/ada", check=False)
        self.assertEqual(self.world.state("there"), "rolled_back", self.world.json("status", "there"))

    def test_in_sqlite_rows_written_after_the_cut_over_come_back(self):
        self.moved(small_world.World())
        for statement in AFTERWARDS:
            self.world.change(statement.format("users_v2"))
        self.roll_back()
        self.assertEqual(self.world.query(ROWS_BACK), BACK)
        self.assertEqual(self.world.query("SELECT count(*) FROM users_v1"), [(small_world.ROWS,)])
        self.assertEqual(self.world.query("SELECT name FROM sqlite_schema"), [("users_v1",)])
        self.world.change("UPDATE users_v1 SET last_name = 'Again' WHERE id = 1")

    def test_in_postgres_rows_written_after_the_cut_over_come_back(self):
        postgres = postgres_world.Postgres()
        self.addCleanup(postgres.close)
        world = postgres_world.World(postgres, "shop")
        catalog = world.folder / "catalog" / "datasets.yaml"
        catalog.write_text(catalog.read_text().replace("public.users_v2", "public.people"))
        before = postgres.sql("SELECT md5(string_agg(u::text, ',' ORDER BY id)) FROM users_v1 u WHERE id NOT IN (5, 6, 7)")
        self.moved(world, consistency="  consistency: live-sync\n")
        for statement in AFTERWARDS:
            postgres.sql(statement.format("people"))
        self.assertIn("frozen by honk", postgres.sql("UPDATE users_v1 SET last_name = 'No'", check=False))
        self.roll_back()
        back = [tuple(line.split("|")) for line in postgres.sql(ROWS_BACK).splitlines()]
        self.assertEqual([(int(row[0]), *row[1:]) for row in back], BACK)
        self.assertEqual(postgres.sql("SELECT legacy_flag FROM users_v1 WHERE id = 5"), '{"a": 1}')
        self.assertEqual(postgres.sql("SELECT md5(string_agg(u::text, ',' ORDER BY id)) FROM users_v1 u WHERE id NOT IN "
                                      "(5, 6, 7, 9001, 9002)"), before)
        self.assertEqual(postgres.sql("SELECT count(*) FROM pg_namespace WHERE nspname = '_honk'"), "0")
        self.assertEqual(postgres.sql("SELECT count(*) FROM pg_class WHERE relname LIKE 'people%'"), "0")
        postgres.sql("UPDATE users_v1 SET last_name = 'Again' WHERE id = 1")

    def test_into_and_inside_of_mariadb_rows_written_after_the_cut_over_come_back(self):
        mariadb = mariadb_world.Mariadb()
        self.addCleanup(mariadb.close)
        for source in ("listening", "shop"):
            world = mariadb_world.World(mariadb, source, database=f"shop_{source}")
            catalog = world.folder / "catalog" / "datasets.yaml"
            catalog.write_text(catalog.read_text().replace("shop:users_v2", "shop:people"))

            def sql(text, check=True):
                return mariadb.sql(text, f"shop_{source}", check)

            def tables():
                return [line for line in mariadb.dump(f"shop_{source}") if not line.startswith(("(", "INSERT"))]
            before = tables()
            self.moved(world)
            for statement in AFTERWARDS:
                sql(statement.format("people"))
            if source == "shop":
                self.assertIn("frozen by honk", sql("UPDATE users_v1 SET last_name = 'No'", check=False))
                self.assertIn("frozen by honk", sql("SET @honk_repairs = 'x'; DELETE FROM users_v1", check=False))
            self.roll_back()
            if source == "shop":
                back = [tuple(line.split("|")) for line in sql(ROWS_BACK).splitlines()]
                self.assertEqual([(int(row[0]), *row[1:]) for row in back], BACK)
                self.assertEqual(sql("SELECT legacy_flag FROM users_v1 WHERE id = 5"), '{"a": 1}')
                sql("UPDATE users_v1 SET last_name = 'Again' WHERE id = 1")
            else:
                self.assertEqual(world.query(ROWS_BACK), BACK)
            self.assertEqual(tables(), before)

    def test_a_mapping_that_computes_leaves_it_to_a_person(self):
        self.moved(small_world.World(), mapping=small_world.MAPPING, says="'full_name' is computed, so what is written there has no "
                   "place in 'users_v1'; a rollback counts them, and a person decides")
        self.world.change("DELETE FROM users_v2 WHERE user_id = 1")
        refused = self.world.honk("rollback", "there", "--wait", user="user:default/ada", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("1 row was written", refused.stdout + refused.stderr + str(self.world.seen("there")))


if __name__ == "__main__":
    unittest.main()
