"""A migration into PostgreSQL, from SQLite and inside of one database, and everything back: seen by psql and pg_dump."""
import pathlib
import shutil
import sys
import tempfile
import unittest

from postgres_world import PARTED, SCHEMA, Postgres, World

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from proxy import Proxy  # noqa: E402


class IntoPostgres(unittest.TestCase):
    def begin(self, source, **more):
        self.postgres = Postgres()
        self.addCleanup(self.postgres.close)
        self.world = World(self.postgres, source, **more)
        self.addCleanup(self.world.close)
        self.before = self.postgres.dump()
        self.world.serve()
        name = self.world.migration()
        self.world.plan(name)
        return name

    def expected(self, rows):
        return [(i, f"First{i} Last{i}", ("GB", "SE", "DE")[i % 3], "free") for i in range(1, rows + 1)]

    def look_at_what_hangs_on_it(self):
        sql = self.postgres.sql
        self.assertEqual(sql("SELECT count(*) FROM loud"), sql("SELECT count(*) FROM users_v2 WHERE country = 'SE'"))
        self.assertEqual(sql("SELECT rows FROM how_many"), sql("SELECT count(*) FROM loud"))
        self.assertIn("violates foreign key", sql("INSERT INTO orders (by_user) VALUES (999999)", check=False))
        self.assertIn("violates foreign key", sql("UPDATE users_v2 SET country = 'XX' WHERE user_id = 1", check=False))
        self.assertIn("violates foreign key", sql("UPDATE users_v2 SET referred_by = 999999 WHERE user_id = 1", check=False))
        self.assertEqual(sql("SELECT shout FROM users_v2 WHERE user_id = 1"), "FIRST1 LAST1")
        self.assertEqual(sql("SELECT has_table_privilege('reader', 'users_v2', 'SELECT'), "
                             "has_column_privilege('keeper', 'users_v2', 'tier', 'UPDATE'), obj_description('users_v2'::regclass)"),
                         "t|t|people's accounts")
        self.assertEqual(sql("SELECT obj_description(k.oid) FROM pg_constraint k WHERE conname IN ('users_v2_country_fkey', 'orders_by_user_fkey') "
                             "AND conparentid = 0 ORDER BY 1").splitlines(), ["where 'they' live", "whose"])
        self.assertEqual(sql("SELECT obj_description('users_by_name'::regclass), (SELECT obj_description(oid) FROM pg_trigger "
                             "WHERE tgrelid = 'users_v2'::regclass AND tgname = 'touched')"), "for the search|never without")
        self.assertEqual(sql("SELECT attname, greatest(attstattarget, 0), options FROM pg_attribute, LATERAL (SELECT string_agg(said, ', ') AS options "
                             "FROM unnest(attoptions) said WHERE said NOT LIKE 'pg|_%' ESCAPE '|') of_people "
                             "WHERE attrelid = 'users_v2'::regclass AND (attstattarget > 0 OR options IS NOT NULL) ORDER BY 1").splitlines(),
                         ["country|700|", "tier|0|n_distinct=3"])
        self.assertEqual(sql("SELECT indrelid::regclass FROM pg_index WHERE indexrelid IN ('users_by_name'::regclass, "
                             "'users_by_place'::regclass, 'users_v2_pkey'::regclass)").split(), ["users_v2"] * 3)
        self.assertEqual(sql("SELECT pg_get_serial_sequence('users_v2', 'user_id'), "
                             "(SELECT polname FROM pg_policy WHERE polrelid = 'users_v2'::regclass)"),
                         "public.users_v2_user_id_seq|all_of_them")

    def roll_back(self, name, *words):
        self.world.honk("rollback", name, "--wait", *words, user="user:default/ada")
        self.assertEqual(self.world.state(name), "rolled_back")

    def assert_as_before(self):
        """All but how far sequences are: numbers are never given out twice, not even refused ones."""
        self.maxDiff = 4000
        now, before = ([line for line in dump if "pg_catalog.setval" not in line] for dump in (self.postgres.dump(), self.before))
        self.assertEqual(now, before)

    def test_sqlite_to_postgres_and_back(self):
        name = self.begin("listening")
        self.assertEqual(self.world.run(name)["state"], "succeeded")
        self.assertEqual(self.world.moved(), self.expected(300))
        self.look_at_what_hangs_on_it()
        self.roll_back(name)
        self.assert_as_before()

    def test_columns_change_where_they_are_and_back(self):
        self.postgres = Postgres()
        self.addCleanup(self.postgres.close)
        self.world = World(self.postgres, "shop", schema=SCHEMA + "CREATE INDEX users_v1_late ON users_v1 (id DESC) WHERE id > 7; "
                                                                  "ALTER TABLE users_v1 ADD CHECK (id > 0), ADD CHECK (country_code <> 'ZZ');")
        self.addCleanup(self.world.close)
        catalog = self.world.folder / "catalog" / "datasets.yaml"
        catalog.write_text(catalog.read_text().replace("shop:public.users_v2", "shop:users_v1"))
        self.before = self.postgres.dump()
        self.world.serve()
        name = self.world.migration()
        self.world.plan(name)
        told = " ".join(self.world.honk("plan", name).stdout.split())
        self.assertIn("the new 'users_v1' is without: check 'users_v1_country_code_check'", told)
        self.assertNotIn("users_v1_id_check", told)
        self.assertEqual(self.world.run(name)["state"], "succeeded")
        self.assertEqual(self.postgres.sql("SELECT count(*), max(full_name) FROM users_v1"), "3000|First999 Last999")
        self.assertEqual(self.postgres.sql("SELECT indexdef FROM pg_indexes WHERE tablename = 'users_v1' ORDER BY 1").splitlines(), [
            "CREATE INDEX users_v1_late ON public.users_v1 USING btree (user_id DESC) WHERE (user_id > 7)",
            "CREATE UNIQUE INDEX users_v1_pkey ON public.users_v1 USING btree (user_id)"])
        self.assertIn("users_v1_id_check", self.postgres.sql("INSERT INTO users_v1 VALUES (-1, 'x', 'SE', 'free')", check=False))
        self.roll_back(name)
        self.assert_as_before()

    def test_inside_one_database_part_by_part_and_back_although_rows_were_written(self):
        name = self.begin("shop", schema=PARTED)
        self.assertIn("filled in the swap, while readers wait", self.world.honk("plan", name, "--json", user="user:default/ada").stdout)
        self.assertEqual(self.world.run(name)["state"], "succeeded")
        self.assertEqual(self.world.moved(), self.expected(3000))
        self.look_at_what_hangs_on_it()
        self.assertIn("frozen by honk", self.postgres.sql("DELETE FROM users_v1", check=False))
        self.postgres.sql("UPDATE users_v2 SET tier = 'gold' WHERE user_id IN (1, 2)")
        refused = self.world.honk("rollback", name, "--wait", user="user:default/ada", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("2 rows were written", refused.stdout + refused.stderr + str(self.world.seen(name)))
        self.assertEqual(self.postgres.sql("SELECT count(*) FROM users_v2 WHERE tier = 'gold'"), "2")
        self.roll_back(name, "--give-up-rows")
        lost = self.postgres.sql("SELECT relname FROM pg_class WHERE relname LIKE 'users_v2__honk_lost%' AND relkind = 'p'")
        self.assertEqual(self.postgres.sql(f'SELECT count(*) FROM "{lost}" WHERE tier = \'gold\''), "2")
        self.assertEqual(self.postgres.sql("SELECT count(*), max(full_name) FROM users_v2"), "20|Old 9")

    def test_a_server_that_is_restarted_meanwhile_costs_a_range(self):
        name = self.begin("listening", rows=20000)
        self.world.run_over_a_crash(name, self.postgres)
        self.assertEqual(self.world.state(name), "succeeded", self.world.seen(name))
        self.assertEqual(self.world.moved(), self.expected(20000))

    def test_tables_are_named_copied_compared_and_repaired_without_a_server(self):
        self.begin("listening")
        place = f"postgres:host={self.postgres.folder} user=postgres dbname=shop:"
        copied = self.world.honk("copy", "data/listening.db:users_v1", place + "copied")
        self.assertIn("read back and found equal", copied.stdout + copied.stderr)
        self.postgres.sql("CREATE DATABASE elsewhere", "postgres")
        self.world.honk("copy", place + "copied", place.replace("shop", "elsewhere") + "copied")
        self.assertEqual(self.postgres.sql("SELECT count(*) FROM copied", "elsewhere"), "300")
        self.postgres.sql("UPDATE copied SET first_name = 'x' WHERE id = 3; DELETE FROM copied WHERE id IN (4, 5); INSERT INTO copied "
                          "SELECT id + 1000, first_name, last_name, country_code, legacy_flag FROM copied WHERE id = 6", "elsewhere")
        repaired = self.world.honk("compare", place + "copied", place.replace("shop", "elsewhere") + "copied", "--repair")
        self.assertIn("2 rows inserted, 1 row changed, 1 row removed", repaired.stdout + repaired.stderr)
        refused = self.world.honk("copy", "postgres:postgresql://me:s3cr3t@/shop:copied", "x.csv", check=False)
        self.assertIn("does not belong in a command line", refused.stderr)

    def run_behind(self, **trouble):
        """All that Honk says to the server goes through a proxy that makes trouble."""
        folder = tempfile.mkdtemp(prefix="honk-proxy-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.postgres = Postgres()
        self.addCleanup(self.postgres.close)
        proxy = Proxy(folder, self.postgres.folder)
        self.addCleanup(proxy.close)
        self.world = World(self.postgres, "listening", rows=20000, folder=folder)
        self.addCleanup(self.world.close)
        self.world.serve()
        name = self.world.migration()
        self.world.plan(name)
        vars(proxy).update(trouble)
        self.assertEqual(self.world.run(name)["state"], "succeeded", self.world.seen(name))
        self.assertEqual(self.world.moved(), self.expected(20000))
        return proxy

    def test_sessions_that_are_cut_in_the_middle_of_their_rows_lose_and_double_none(self):
        proxy = self.run_behind(cuts=[100000, 400000])
        self.assertEqual(proxy.done, 2)

    def test_answers_that_are_cut_in_the_middle_lose_and_double_none(self):
        proxy = self.run_behind(answer_cuts=[3000, 20000, 200000])
        self.assertEqual(proxy.done, 3)

    def test_answers_that_come_late_are_waited_for(self):
        self.run_behind(delay_s=0.002)

    def test_secrets_are_in_no_message(self):
        self.begin("listening")
        for url in ("postgresql://postgres:s3cr3t@[broken/shop", "postgresql://postgres:s3cr3t@/shop?host=/nowhere"):
            settings = self.world.folder / "honk.yaml"
            lines = [line for line in settings.read_text().splitlines() if "shop:" not in line]
            lines.insert(lines.index("stores:") + 1, f'  shop: {{ driver: postgres, url: "{url}" }}')
            settings.write_text("\n".join(lines) + "\n")
            said = self.world.honk("doctor", check=False)
            self.assertIn("'shop'", said.stdout + said.stderr)
            self.assertNotIn("s3cr3t", said.stdout + said.stderr)


if __name__ == "__main__":
    unittest.main()
