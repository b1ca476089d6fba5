"""What comes along with rows into a table that is made for them, and what is said not to; who stands in the way of a lock."""
import json
import pathlib
import sqlite3
import subprocess
import sys
import unittest

from mariadb_world import Mariadb
from postgres_world import Postgres, program
import support

TABLE = """
CREATE TABLE countries (code text PRIMARY KEY);
CREATE TABLE members (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket int4 NOT NULL UNIQUE,
    email varchar(80) NOT NULL,
    nick text UNIQUE,
    country text REFERENCES countries,
    tier text NOT NULL DEFAULT 'none' CHECK (tier <> ''),
    UNIQUE (email, ticket)
);
CREATE UNIQUE INDEX members_folded ON members (lower(email));
CREATE INDEX members_by_tier ON members (tier);
COMMENT ON TABLE members IS 'who it''s for';
COMMENT ON COLUMN members.email IS 'where we \\ write';
INSERT INTO members (ticket, email, nick) SELECT i * 2, 'u' || i || '@x', nullif('n' || i, 'n7') FROM generate_series(1, 700) i;
"""
MAPPING = """
apiVersion: honk/v1
kind: Mapping
source: members
target: people
columns:
  person: { from: id }
  ticket: { from: ticket }
  mail: { from: email }
  nick: { from: nick }
  tier: { expr: "upper(tier)" }
dropped:
  country: { why: nobody asks }
"""


class Along(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres, cls.mariadb = Postgres(), Mariadb()
        cls.addClassCleanup(cls.postgres.close)
        cls.addClassCleanup(cls.mariadb.close)

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.postgres.sql("DROP DATABASE IF EXISTS shop", "postgres")
        self.postgres.sql("CREATE DATABASE shop", "postgres")
        self.postgres.sql(TABLE, "shop")
        self.mariadb.sql("DROP DATABASE IF EXISTS shop; CREATE DATABASE shop CHARACTER SET utf8mb4", "mysql")
        self.project.folder.joinpath("honk.yaml").write_text(f"""
stores:
  shop: {{ driver: postgres, url: "host={self.postgres.folder} user=postgres dbname=shop", lock_timeout_ms: 2000 }}
  other: {{ driver: mariadb, url: "mariadb://root@localhost/shop?socket={self.mariadb.folder}/mariadb.sock", lock_timeout_ms: 1000 }}
  file: {{ driver: sqlite, path: file.db, create: true, timeout_ms: 300 }}
""")
        self.project.folder.joinpath("m.yaml").write_text(MAPPING)

    def copy(self, *words, check=True):
        done = self.project.honk("copy", *words, check=check)
        return " ".join((done.stdout + done.stderr).split())

    def test_a_new_table_of_postgresql_has_what_is_unique_numbered_and_commented(self):
        said = self.copy("shop:members", "shop:people", "--mapping", "m.yaml")
        self.assertIn("700 rows copied", said)
        self.assertIn("the new 'people' is without: index 'members_by_tier', foreign key 'members_country_fkey', check 'members_tier_check'", said)
        self.assertIn("CREATE UNIQUE INDEX people_folded ON public.people USING btree (lower((mail)::text))", self.indexes("people"))
        self.assertNotIn("numbering", said)
        seen = self.postgres.sql("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'people'::regclass ORDER BY 1", "shop")
        self.assertEqual(seen.splitlines(), [
            "people_mail_ticket_key|UNIQUE (mail, ticket)", "people_nick_key|UNIQUE (nick)", "people_pkey|PRIMARY KEY (person)",
            "people_ticket_key|UNIQUE (ticket)"])
        self.assertEqual(self.postgres.sql("SELECT obj_description('people'::regclass), col_description('people'::regclass, 3)", "shop"),
                         "who it's for|where we \\ write")
        self.postgres.sql("INSERT INTO people (ticket, mail) VALUES (1, 'new')", "shop")
        self.assertEqual(self.postgres.sql("SELECT max(person) FROM people; SELECT pg_get_serial_sequence('people', 'person')", "shop"),
                         "701\npublic.people_person_seq")

    def test_what_is_computed_is_not_said_to_be_unique(self):
        self.project.folder.joinpath("m.yaml").write_text(MAPPING.replace("ticket: { from: ticket }", "ticket: { expr: \"ticket / 4\" }"))
        said = self.copy("shop:members", "shop:people", "--mapping", "m.yaml")
        self.assertIn("700 rows copied", said)
        self.assertIn("unique 'members_ticket_key'", said)
        self.assertEqual(self.postgres.sql("SELECT string_agg(conname, ' ') FROM pg_constraint WHERE conrelid = 'people'::regclass AND contype = 'u'", "shop"),
                         "people_nick_key")

    def test_what_would_mean_something_else_in_the_new_table_stays_and_is_named(self):
        self.postgres.sql("CREATE TABLE n (id serial PRIMARY KEY, b int, c int UNIQUE DEFERRABLE INITIALLY DEFERRED); CREATE UNIQUE INDEX large ON n (b) WHERE b > 5;"
                          "CREATE SEQUENCE q; CREATE TABLE m (id int PRIMARY KEY, s int DEFAULT nextval('q')); INSERT INTO m VALUES (1, NULL), (2, 7);"
                          "INSERT INTO n (b, c) VALUES (1, 1), (1, 2)", "shop")
        self.assertIn("the new 'n2' is without: unique 'n_c_key'", self.copy("shop:n", "shop:n2"))
        self.assertIn("CREATE UNIQUE INDEX n2_large ON public.n2 USING btree (b) WHERE (b > 5)", self.indexes("n2"))
        self.assertEqual(self.postgres.sql("INSERT INTO n2 (b) VALUES (9) RETURNING id", "shop"), "3")
        said = self.copy("shop:m", "shop:m2")
        self.assertIn("the new 'm2' is without: the default of 's'", said)
        self.assertIn("2 rows copied", said)

    def indexes(self, table, database="shop"):
        return self.postgres.sql(f"SELECT indexdef FROM pg_indexes WHERE tablename = '{table}' ORDER BY indexname", database).splitlines()

    def constraints(self, table, kinds, database="shop"):
        return self.postgres.sql(f"SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conrelid = '{table}'::regclass "
                                 f"AND contype IN ({kinds}) ORDER BY 1", database).splitlines()

    MANY = """
CREATE EXTENSION pg_trgm;
CREATE FUNCTION sleek(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
ALTER TABLE members ADD made timestamptz DEFAULT now(), ADD tags text[], ADD code text DEFAULT sleek('A'), ADD boss bigint REFERENCES members,
  ADD CONSTRAINT even CHECK (ticket % 2 = 0), ADD CONSTRAINT sleeked CHECK (sleek(code) <> nick) NOT VALID, ADD CONSTRAINT whole CHECK (members.* IS DISTINCT FROM NULL),
  ADD kind text COLLATE "C" CHECK (kind < 'x');
CREATE INDEX idx_nick ON members (nick DESC NULLS LAST, ticket) INCLUDE (email) WITH (fillfactor = 70) WHERE email LIKE '%x%' OR nick = 'email';
CREATE INDEX members_sleek ON members (sleek(email));
CREATE INDEX members_tags ON members USING gin (tags);
CREATE INDEX members_grams ON members USING gin (nick gin_trgm_ops);
CREATE INDEX members_kind ON members (kind);
CREATE INDEX members_c ON members (nick COLLATE "C");
INSERT INTO countries VALUES ('de'); UPDATE members SET country = 'de', code = 'b';
"""
    # columns change names with each other, and one is called as another one was
    TURNED = """
apiVersion: honk/v1
kind: Mapping
source: members
target: people
columns:
  ticket: { from: id }
  id: { from: ticket }
  email: { from: nick }
  nick: { from: email }
  "the land": { from: country }
  tier: { from: code }
  made: { from: made }
  labels: { from: tags }
  kind: { from: kind }
  code: { expr: "upper(tier)" }
dropped:
  boss: { why: nobody asks }
"""

    def test_indexes_checks_defaults_and_foreign_keys_come_under_new_names(self):
        self.postgres.sql(self.MANY, "shop")
        self.project.folder.joinpath("m.yaml").write_text(self.TURNED)
        said = self.copy("shop:members", "shop:people", "--mapping", "m.yaml")
        self.assertIn("the new 'people' is without: index 'members_by_tier', foreign key 'members_boss_fkey', check 'members_kind_check', "
                      "check 'members_tier_check', check 'whole' ", said)
        self.assertEqual(self.indexes("people"), [
            'CREATE INDEX people_c ON public.people USING btree (email COLLATE "C")',
            "CREATE UNIQUE INDEX people_email_key ON public.people USING btree (email)",
            "CREATE UNIQUE INDEX people_folded ON public.people USING btree (lower((nick)::text))",
            "CREATE INDEX people_grams ON public.people USING gin (email gin_trgm_ops)",
            "CREATE UNIQUE INDEX people_id_key ON public.people USING btree (id)",
            "CREATE INDEX people_idx_nick ON public.people USING btree (email DESC NULLS LAST, id) INCLUDE (nick) WITH (fillfactor='70') "
            "WHERE (((nick)::text ~~ '%x%'::text) OR (email = 'email'::text))",
            "CREATE INDEX people_kind ON public.people USING btree (kind)",
            "CREATE UNIQUE INDEX people_nick_id_key ON public.people USING btree (nick, id)",
            "CREATE UNIQUE INDEX people_pkey ON public.people USING btree (ticket)",
            "CREATE INDEX people_sleek ON public.people USING btree (sleek((nick)::text))",
            "CREATE INDEX people_tags ON public.people USING gin (labels)"])
        self.assertEqual(self.constraints("people", "'c', 'f'"), [
            "even|CHECK (((id % 2) = 0))|t",
            'members_country_fkey|FOREIGN KEY ("the land") REFERENCES countries(code)|t',
            "sleeked|CHECK ((sleek(tier) <> email)) NOT VALID|f"])
        self.assertEqual(self.postgres.sql("SELECT column_name, column_default FROM information_schema.columns WHERE table_name = 'people' AND column_default IS NOT NULL "
                                           "ORDER BY 1", "shop").splitlines(), ["made|now()", "tier|sleek('A'::text)"])
        self.assertEqual(self.postgres.sql("SELECT count(*) FROM people WHERE \"the land\" = 'de'", "shop"), "700")

    def test_into_another_database_come_only_words_that_mean_the_same_there(self):
        self.postgres.sql(self.MANY, "shop")
        self.addCleanup(self.postgres.sql, "DROP DATABASE IF EXISTS branch", "postgres")
        self.postgres.sql("CREATE DATABASE branch", "postgres")
        with self.project.folder.joinpath("honk.yaml").open("a") as file:
            file.write(f'  branch: {{ driver: postgres, url: "host={self.postgres.folder} user=postgres dbname=branch" }}\n')
        said = self.copy("shop:members", "branch:members")
        self.assertIn("the new 'members' is without: index 'members_grams', index 'members_sleek', foreign key 'members_boss_fkey', "
                      "foreign key 'members_country_fkey', check 'members_kind_check', check 'sleeked', check 'whole', the default of 'code' ", said)
        names = [line.split(" ON ")[0].split()[-1] for line in self.indexes("members", "branch")]
        self.assertEqual(names, ["idx_nick", "members_by_tier", "members_c", "members_email_ticket_key", "members_folded", "members_kind", "members_nick_key",
                                 "members_pkey", "members_tags", "members_ticket_key"])
        self.assertEqual(self.constraints("members", "'c', 'f'", "branch"), ["even|CHECK (((ticket % 2) = 0))|t", "members_tier_check|CHECK ((tier <> ''::text))|t"])

    def test_a_foreign_key_that_does_not_hold_stops_before_anything_has_the_new_name(self):
        self.postgres.sql("ALTER TABLE members DISABLE TRIGGER ALL; UPDATE members SET country = 'nowhere' WHERE id = 5", "shop")
        said = self.copy("shop:members", "shop:people", check=False)
        self.assertIn("the foreign key 'members_country_fkey' does not hold", said)
        self.assertEqual(self.postgres.sql("SELECT count(*) FROM pg_class WHERE relname LIKE 'people%'", "shop"), "0")

    def test_texts_that_mariadb_often_takes_for_the_same_are_unique_there(self):
        self.postgres.sql("CREATE TABLE c (id int PRIMARY KEY, e varchar(10) UNIQUE NOT NULL); INSERT INTO c VALUES (1, 'a'), (2, 'A'), (3, 'a '), (4, 'ä'), (5, '')", "shop")
        self.assertIn("5 rows copied", self.copy("shop:c", "other:c"))

    def test_mariadb_and_sqlite_get_what_they_can_hold(self):
        said = self.copy("shop:members", "other:people", "--mapping", "m.yaml")
        self.assertIn("the new 'people' is without: unique 'members_folded', unique 'members_nick_key', index", said)
        made = self.mariadb.sql("SHOW CREATE TABLE people", "shop").replace("\\n", " ")
        for words in ("AUTO_INCREMENT", "UNIQUE KEY `ticket` (`ticket`)", "UNIQUE KEY `mail` (`mail`,`ticket`)", "`mail` varchar(80) NOT NULL COMMENT",
                      "who it''s for"):
            self.assertIn(words, made)
        self.mariadb.sql("INSERT INTO people (ticket, mail, tier) VALUES (1, 'new', 'x')", "shop")
        self.assertEqual(self.mariadb.sql("SELECT max(person) FROM people", "shop").strip(), "701")
        said = self.copy("shop:members", "file:people", "--mapping", "m.yaml")
        self.assertIn("the comment on 'email'", said)
        with sqlite3.connect(self.project.folder / "file.db") as db:
            with self.assertRaisesRegex(sqlite3.IntegrityError, "people.mail, people.ticket|people.ticket"):
                db.execute("INSERT INTO people VALUES (NULL, 2, 'u1@x', NULL, 'x')")
            db.rollback()
            self.assertEqual(db.execute("INSERT INTO people VALUES (NULL, 1, 'new', NULL, 'x') RETURNING person").fetchone(), (701,))
        db.close()

    def test_a_dry_run_says_what_will_be_missing(self):
        said = self.copy("shop:members", "other:people", "--mapping", "m.yaml", "--dry-run")
        self.assertIn("the new 'people' is without: unique 'members_folded', unique 'members_nick_key', index 'members_by_tier'", said)

    def test_a_table_is_made_beside_one_that_has_its_names(self):
        self.postgres.sql("ALTER TABLE members RENAME TO former; CREATE SEQUENCE members_ticket_seq", "shop")
        self.assertIn("700 rows copied", self.copy("shop:former", "shop:members"))
        self.assertEqual(self.postgres.sql("SELECT count(*) FROM pg_constraint WHERE conrelid = 'members'::regclass AND contype IN ('p', 'u')", "shop"), "4")

    def test_rows_that_refer_to_each_other_are_repaired_where_constraints_can_wait(self):
        for name in ("s", "t"):
            self.postgres.sql(f"CREATE TABLE {name} (id int PRIMARY KEY, boss int REFERENCES {name} DEFERRABLE)", "shop")
        self.postgres.sql("INSERT INTO s SELECT i, NULL FROM generate_series(1, 9) i; UPDATE s SET boss = 10 - id; INSERT INTO t SELECT i FROM generate_series(1, 4) i", "shop")
        said = " ".join(self.project.honk("compare", "shop:s", "shop:t", "--repair").stdout.split())
        self.assertIn("5 rows inserted, 4 rows changed", said)

    # --- locks ---

    def test_who_holds_a_lock_of_postgresql_is_named(self):
        holder = subprocess.Popen([program("psql"), "-X", "-q", "-h", self.postgres.folder, "-U", "postgres", "-d", "shop"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True, env={"PGAPPNAME": "nightly\x1b[31m"})
        self.addCleanup(holder.communicate)
        holder.stdin.write("BEGIN;\nLOCK TABLE members IN ROW EXCLUSIVE MODE;\nSELECT 'it', 'holds';\n")
        holder.stdin.flush()
        holder.stdout.readline(), holder.stdout.readline(), holder.stdout.readline()
        said = self.copy("shop:members", "file:people", "--freeze", check=False)
        self.assertRegex(said, r"others hold a lock for longer than we wait \(.*\): held by session \d+ of postgres \(nightly.*\), in a transaction "
                               r"since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC, now idle: SELECT 'it', 'holds';")
        self.assertNotIn("\x1b[31m", said)

    def test_who_holds_a_lock_of_mariadb_is_named(self):
        self.mariadb.sql("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)", "shop")
        holder = subprocess.Popen(["mariadb", "--no-defaults", "-u", "root", "-S", f"{self.mariadb.folder}/mariadb.sock", "--unbuffered", "-N", "shop"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.communicate)
        holder.stdin.write("BEGIN; SELECT id FROM t FOR UPDATE;\n")
        holder.stdin.flush()
        holder.stdout.readline()
        said = self.copy("other:t", "file:people", "--freeze", check=False)
        self.assertRegex(said, r"others hold a lock for longer than we wait \(.*\): it may be session \d+ of root@localhost, in a transaction since 20.* UTC, now idle")

    def test_who_holds_a_file_of_sqlite_is_named(self):
        path = self.project.folder / "file.db"
        sqlite3.connect(path).executescript("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)").connection.close()
        holder = subprocess.Popen([sys.executable, "-c", f"import sqlite3, sys\ndb = sqlite3.connect({str(path)!r})\ndb.execute('BEGIN EXCLUSIVE')\n"
                                   "print('held', flush=True)\nsys.stdin.read()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.communicate)
        holder.stdout.readline()
        said = self.copy("file:t", "shop:fresh", check=False)
        self.assertIn(f"file.db' is locked by another program: process {holder.pid} (python3", said)


class Unlike(unittest.TestCase):
    """Values that differ are shown so that one sees it."""

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)

    def differ(self, left, right):
        for name, value in (("a.db", left), ("b.db", right)):
            with sqlite3.connect(self.project.folder / name) as db:
                db.executescript("DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
                db.execute("INSERT INTO t VALUES (1, ?)", (value,))
            db.close()
        for name in ("a.db", "b.db"):
            with sqlite3.connect(self.project.folder / name) as db:
                kind = "BLOB" if isinstance(left, bytes) else "TEXT"
                db.executescript(f"CREATE TABLE u (id INTEGER PRIMARY KEY, v {kind}); INSERT INTO u SELECT * FROM t; DROP TABLE t; ALTER TABLE u RENAME TO t")
            db.close()
        told = self.project.honk("compare", "a.db:t", "b.db:t", check=False)
        as_json = json.loads(self.project.honk("compare", "a.db:t", "b.db:t", "--json", check=False).stdout)
        self.assertEqual(told.returncode, 7, told.stdout)
        self.assertEqual(as_json["rows_differing"], 1)
        column = as_json["differences"][0]["columns"][0]
        self.assertNotEqual(column["source"], column["target"])
        row = [line for line in told.stdout.splitlines() if line.split()[:1] == ["v"]][0]
        shown = row.split("v", 1)[1].split("  ")
        shown = [cell.strip() for cell in shown if cell.strip()]
        self.assertEqual(len(shown), 2, row)
        self.assertNotEqual(shown[0], shown[1])
        return column, shown

    def test_a_value_with_a_backslash_is_not_shown_like_one_without(self):
        self.assertEqual(self.differ("a\nb", "a\\nb")[1], ["'a\\nb'", "'a\\\\nb'"])
        self.assertEqual(self.differ("it's", "it\\'s")[1], ["'it\\'s'", "'it\\\\\\'s'"])
        self.differ("NULL", None)
        self.differ("\u200b", "\\u200b")

    def test_values_that_begin_alike_are_shown_where_they_differ(self):
        self.differ("x" * 200 + "a", "x" * 200 + "b")
        self.differ("x" * 5000 + "a", "x" * 5000 + "b")
        self.differ(b"x" * 5000 + b"a", b"x" * 5000 + b"b")
        column, _ = self.differ("C:\\x", "C:\\y")
        self.assertEqual(column, {"column": "v", "source": "C:\\x", "target": "C:\\y"})


if __name__ == "__main__":
    unittest.main()
