"""Rows of MariaDB, PostgreSQL and Redis, named on the command line: copied, compared, and put right one by one."""
import pathlib
import signal
import socketserver
import struct
import subprocess
import sys
import threading
import unittest

from mariadb_world import Mariadb
from postgres_world import Postgres
from redis_world import Redis
import support

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from proxy import Proxy  # noqa: E402

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email varchar(80) UNIQUE, born date, balance decimal(12,2), note text)"
FIRST = ("INSERT INTO users SELECT seq, concat('u', seq, '@mail.example'), '2000-01-01' + INTERVAL seq DAY, seq * 1.25, "
         "if(seq % 7 = 0, NULL, concat('it''s \"', seq, '\"\\n')) FROM seq_1_to_500")


# what is unique beside the key, of several types; children go with their parent, so no row may be removed to be made anew
UNIQUE = ("CREATE TABLE users (id bigint PRIMARY KEY, email varchar(12) NOT NULL UNIQUE, rank int UNIQUE, born date NOT NULL UNIQUE, "
          "seen timestamp NOT NULL UNIQUE, price decimal(8,2) NOT NULL, UNIQUE (price));")
CHILDREN = ("CREATE TABLE posts (id bigint PRIMARY KEY, by_user bigint NOT NULL, FOREIGN KEY (by_user) REFERENCES users (id) ON DELETE CASCADE);"
            "INSERT INTO posts VALUES (1, 1), (2, 2), (3, 3);")


def users_of(rows):
    return "INSERT INTO users VALUES " + ", ".join(
        f"({i}, 'u{of}@x', {of * 10 or 'NULL'}, '2000-01-0{of + 1}', '2020-01-01 00:00:0{of}', {of}.50)" for i, of in rows) + ";"


class OfServers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.mariadb, cls.redis = Mariadb(), Redis()
        cls.addClassCleanup(cls.mariadb.close)
        cls.addClassCleanup(cls.redis.close)

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        for name in ("shop", "elsewhere"):
            self.mariadb.sql(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} CHARACTER SET utf8mb4", "mysql")
        self.mariadb.sql(f"{USERS}; {FIRST}", "shop")
        self.redis.tell(0, "FLUSHALL")
        self.project.folder.joinpath("honk.yaml").write_text(
            f'stores: {{ cache: {{ driver: redis, url: "unix:{self.redis.folder}/redis.sock?db=0" }} }}\n')

    def maria(self, name, table="users"):
        return f"mariadb://root@localhost/{name}/{table}?socket={self.mariadb.folder}/mariadb.sock"

    def hashes(self):
        """Each key with its fields, whose order says nothing."""
        script = ("local all = {} for _, key in ipairs(redis.call('KEYS', '*')) do local row, flat = {}, redis.call('HGETALL', key) "
                  "for i = 1, #flat, 2 do row[#row + 1] = flat[i] .. '=' .. flat[i + 1] end table.sort(row) "
                  "all[#all + 1] = key .. ' ' .. table.concat(row, ' ') .. ' ' .. redis.call('PEXPIRETIME', key) end "
                  "table.sort(all) return all")
        return self.redis.tell(0, "EVAL", script, "0")

    def said(self, *words, check=True):
        done = self.project.honk(*words, check=check)
        return done.stdout + done.stderr

    def test_a_table_is_copied_compared_and_repaired(self):
        here, there = self.maria("shop"), self.maria("elsewhere")
        self.assertIn("500 rows copied", self.said("copy", here, there))
        self.mariadb.sql("DELETE FROM users WHERE id IN (3, 4, 10); UPDATE users SET note = 'x', email = 'u10@mail.example' WHERE id = 9;"
                         "INSERT INTO users VALUES (1000, 'new', NULL, 0, NULL)", "elsewhere")
        said = self.said("compare", here, there, "--repair")
        self.assertIn("3 rows inserted, 1 row changed, 1 row removed", said)
        self.assertIn("equal: 500 rows", said)
        dump = "SELECT * FROM users ORDER BY id"
        self.assertTrue(self.mariadb.sql(dump, "elsewhere") == self.mariadb.sql(dump, "shop"))

    def test_a_decimal_has_as_many_digits_in_the_new_table_as_it_had(self):
        self.project.folder.joinpath("m.yaml").write_text(
            "{apiVersion: honk/v1, kind: Mapping, source: users, target: sums, key: [k], columns: {k: id, sum: balance, "
            "noted: {from: note, type: decimal}}}")
        self.mariadb.sql("UPDATE users SET note = 17", "shop")
        self.assertIn("500 rows copied", self.said("copy", self.maria("shop"), self.maria("elsewhere", "sums"), "--mapping", "m.yaml"))
        types = "SELECT column_name, column_type FROM information_schema.columns WHERE table_name = 'sums' AND data_type = 'decimal' ORDER BY 1"
        self.assertEqual(self.mariadb.sql(types, "elsewhere").split(), ["noted|decimal(65,30)", "sum|decimal(12,2)"])

    def test_stores_of_one_database_that_look_into_different_schemas_are_not_mixed_up(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        postgres.sql("CREATE SCHEMA one; CREATE SCHEMA two; CREATE TABLE one.rows (id int PRIMARY KEY, a text); CREATE TABLE one.more (id int PRIMARY KEY);"
                     "CREATE TABLE two.rows (LIKE one.rows INCLUDING ALL); INSERT INTO one.rows VALUES (1, 'right'), (2, 'right');"
                     "INSERT INTO two.rows VALUES (1, 'wrong'), (9, 'wrong'); INSERT INTO one.more VALUES (7)", "postgres")
        self.project.folder.joinpath("honk.yaml").write_text("stores:\n" + "".join(
            f'  {name}: {{ driver: postgres, schema: {name}, url: "host={postgres.folder} user=postgres" }}\n' for name in ("one", "two")))
        self.assertIn("1 row copied", self.said("copy", "one:more", "two:more"))
        self.assertIn("2 rows copied", self.said("copy", "one:rows", "two:rows", "--replace"))
        self.assertEqual(postgres.sql("SELECT * FROM two.rows ORDER BY 1", "postgres").splitlines(), ["1|right", "2|right"])
        self.assertIn("equal: 2 rows", self.said("compare", "one:rows", "two:rows"))

    def test_types_with_lengths_in_their_middle_have_a_name_in_every_new_table(self):
        self.mariadb.sql("CREATE TABLE counted (id int(10) unsigned PRIMARY KEY, price decimal(10,2) unsigned, share double(8,2) unsigned);"
                         "INSERT INTO counted VALUES (4294967295, 1.25, 0.5)", "shop")
        self.assertIn("1 row copied", self.said("copy", self.maria("shop", "counted"), "new.db:counted"))
        self.assertEqual(self.project.sql("new.db", "SELECT id, price, share, typeof(share) FROM counted"), "4294967295|1.25|0.5|real")
        postgres = Postgres()
        self.addCleanup(postgres.close)
        postgres.sql("CREATE DATABASE shop", "postgres")
        postgres.sql("CREATE TABLE times (id int PRIMARY KEY, at timestamp(3), seen timestamptz(0), opens time(0), closes time(3) with time zone,"
                     "lasts interval(3), prices numeric(10,2)[]); INSERT INTO times VALUES (1, '2020-01-02 03:04:05.678', '2020-01-02 03:04:05Z',"
                     "'08:00', '22:00:00.5+01', '90 minutes', '{1.50,NULL}')")
        there = f"postgres:host={postgres.folder} user=postgres dbname=shop:"
        self.assertIn("1 row copied", self.said("copy", there + "times", there + "again"))
        self.assertIn("1 row copied", self.said("copy", there + "times", "new.db:times"))
        self.assertIn("equal: 1 row", self.said("compare", "new.db:times", there + "again"))
        types = "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 1 AND attrelid = '{}'::regclass ORDER BY attnum"
        self.assertEqual(postgres.sql(types.format("again")), postgres.sql(types.format("times")))
        self.assertEqual(postgres.sql("SELECT * FROM again"), postgres.sql("SELECT * FROM times"))

    def test_rows_of_keys_without_a_sign_have_their_own_numbers(self):
        self.mariadb.sql("CREATE TABLE large (id bigint unsigned PRIMARY KEY, a varchar(9)); INSERT INTO large VALUES "
                         "(7, '1'), (9223372036854775808, '2'), (18446744073709551614, 'x')", "shop")
        self.project.sql("new.db", "CREATE TABLE large (id TEXT, a INTEGER) STRICT")
        said = self.said("copy", self.maria("shop", "large"), "new.db:large", "--budget", "1")
        self.assertIn("row 18446744073709551614, a: 'x' is not a whole number", said)
        self.assertIn('"row":"18446744073709551614"', self.project.folder.joinpath("large.rejected.ndjson").read_text())
        self.assertIn("row 18446744073709551614, a: 'x'", self.said("compare", self.maria("shop", "large"), "new.db:large"))

    def test_what_a_table_refuses_changes_nothing(self):
        self.said("copy", self.maria("shop"), self.maria("elsewhere"))
        self.mariadb.sql("DELETE FROM users WHERE id < 5; ALTER TABLE users ADD CONSTRAINT small CHECK (balance <> 2.5)", "elsewhere")
        before = self.mariadb.sql("SELECT count(*) FROM users", "elsewhere")
        self.assertIn("small", self.said("compare", self.maria("shop"), self.maria("elsewhere"), "--repair", check=False))
        self.assertEqual(self.mariadb.sql("SELECT count(*) FROM users", "elsewhere"), before)

    def look_at_exchanged(self, there, sql):
        """Three have exchanged all that they have, one is missing, and one has what that one should have."""
        self.project.sql("right.db", UNIQUE + users_of([(1, 0), (2, 1), (3, 2), (4, 3)]))
        sql(UNIQUE + users_of([(1, 1), (2, 2), (3, 0), (5, 3)]) + CHILDREN)
        said = self.said("compare", "right.db:users", there, "--repair")
        self.assertIn("1 row inserted, 3 rows changed, 1 row removed", said)
        self.assertIn("equal: 4 rows", said)
        self.assertEqual(sql("SELECT count(*) FROM posts"), "3")
        self.assertEqual(sql("SELECT email, price FROM users WHERE id = 1"), "u0@x|0.50")
        # where no other value will do, all stays as it was, with the reason that counts
        self.project.sql("right.db", "UPDATE users SET email = 'tmp' WHERE id = 1; UPDATE users SET email = 'u0@x' WHERE id = 2;"
                                     "UPDATE users SET email = 'u1@x' WHERE id = 1")
        sql("ALTER TABLE users ADD CONSTRAINT at_x CHECK (email LIKE '%@x')")
        refused = self.said("compare", "right.db:users", there, "--repair", check=False)
        self.assertRegex(refused, "(?i)duplicate|unique")
        self.assertEqual(sql("SELECT email FROM users ORDER BY id").split(), ["u0@x", "u1@x", "u2@x", "u3@x"])

    def test_rows_that_have_exchanged_what_is_unique_are_put_right_in_mariadb(self):
        self.mariadb.sql("DROP TABLE users", "elsewhere", check=False)
        self.look_at_exchanged(self.maria("elsewhere"), lambda text: self.mariadb.sql(text, "elsewhere"))

    def test_rows_that_have_exchanged_what_is_unique_are_put_right_in_postgres(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        postgres.sql("CREATE DATABASE shop", "postgres")
        self.look_at_exchanged(f"postgres:host={postgres.folder} user=postgres dbname=shop:users", postgres.sql)

    def test_rows_of_redis_are_copied_compared_and_repaired(self):
        here, there = self.maria("shop"), "cache:users:{id}"
        self.assertIn("500 rows copied", self.said("copy", here, there))
        before = self.hashes()
        self.redis.tell(0, "DEL", "users:3", "users:4")
        self.redis.tell(0, "HSET", "users:9", "note", "x")
        self.redis.tell(0, "HDEL", "users:10", "email")
        self.redis.tell(0, "HSET", "users:1000", "email", "new")
        said = self.said("compare", here, there, "--repair")
        self.assertIn("2 rows inserted, 2 rows changed, 1 row removed", said)
        self.assertIn("equal: 500 rows", said)
        self.assertEqual(self.hashes(), before)

    def test_bytes_that_are_mostly_texts_are_compared_as_they_were_copied(self):
        self.project.sql("new.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB); "
                                   "INSERT INTO t VALUES (1, x'6162'), (2, x'6364'), (3, x'ff00'), (4, x'65')")
        self.assertIn("4 rows copied", self.said("copy", "new.db:t", "cache:t:{id}"))
        self.assertIn("equal: 4 rows", self.said("compare", "new.db:t", "cache:t:{id}"))
        self.assertIn("equal: 4 rows", self.said("compare", "cache:t:{id}", "new.db:t"))
        self.redis.tell(0, "HSET", "t:3", "b", "x")
        self.assertIn("1 row changed", self.said("compare", "new.db:t", "cache:t:{id}", "--repair"))
        self.assertIn("4 rows copied", self.said("copy", "cache:t:{id}", "new.db:t", "--replace"))
        self.assertEqual(self.project.sql("new.db", "SELECT hex(b) FROM t WHERE id = 3"), "FF00")

    def test_rows_of_redis_keep_their_ends_in_another_place_that_nobody_has_described(self):
        self.redis.tell(0, "HSET", "carts:1", "name", "a")
        self.redis.tell(0, "HSET", "carts:2", "name", "b")
        self.redis.tell(0, "PEXPIREAT", "carts:2", "99999999999999")
        self.assertIn("2 rows copied", self.said("copy", "cache:carts:{id}", "cache:kept:{id}"))
        self.assertEqual([self.redis.tell(0, "PEXPIRETIME", key).strip() for key in ("kept:1", "kept:2")], ["-1", "99999999999999"])
        self.assertEqual(self.redis.tell(0, "HKEYS", "kept:2").split(), ["name"])
        self.assertIn("equal: 2 rows", self.said("compare", "cache:carts:{id}", "cache:kept:{id}"))
        self.mariadb.sql("CREATE TABLE coupons (id bigint PRIMARY KEY, expires_at datetime); INSERT INTO coupons VALUES (1, '2000-01-01')", "shop")
        self.assertIn("1 row copied", self.said("copy", self.maria("shop", "coupons"), "cache:coupons:{id}"))
        self.assertEqual(self.redis.tell(0, "HGET", "coupons:1", "expires_at").strip(), "2000-01-01 00:00:00")

    def test_what_a_repair_of_redis_would_lose_is_refused(self):
        here, there = self.maria("shop"), "cache:users:{id}"
        self.said("copy", here, there)
        self.redis.tell(0, "HSET", "users:9", "note", "x", "liked", "yes")
        self.project.folder.joinpath("m.yaml").write_text(
            "apiVersion: honk/v1\nkind: Mapping\nsource: a\ntarget: b\nkey: [ id ]\ncolumns:\n  id: { from: id }\n  note: { from: note }\n")
        said = self.said("compare", here, there, "--mapping", "m.yaml", "--repair", check=False)
        self.assertIn("which a row of 'users:{id}' would lose", said)
        self.assertEqual(self.redis.tell(0, "HGET", "users:9", "liked").strip(), "yes")

    def test_a_right_that_is_missing_is_named(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        postgres.sql("CREATE ROLE poor LOGIN; CREATE TABLE people (id int PRIMARY KEY, name text, \"the Secret\" text);"
                     "GRANT SELECT (id, name) ON people TO poor", "postgres")
        people = f"postgres:host={postgres.folder} user=poor dbname=postgres:people"
        said = self.said("copy", people, "people.csv", check=False)
        self.assertIn("role 'poor' may not read \"the Secret\" of it: GRANT SELECT (\"the Secret\") ON \"public\".\"people\" TO it", said)
        self.mariadb.sql("DROP USER IF EXISTS poor@localhost; CREATE USER poor@localhost; GRANT SELECT (id, note) ON shop.users TO poor@localhost", "shop")
        poor = self.maria("shop").replace("root@", "poor@")
        said = self.said("copy", poor, "users.csv", check=False)
        self.assertIn("the right to read all of 'users' is needed (GRANT SELECT ON `shop`.`users`)", said)
        self.project.folder.joinpath("new.csv").write_text("id\n1\n")
        said = self.said("copy", "new.csv", poor.replace("users", "new"), check=False)
        self.assertRegex(said, "cannot make 'new__honk_copy' in store .*CREATE command denied")

    def test_a_dry_run_into_redis_expects_what_the_copy_puts_aside(self):
        self.project.sql("s.db", "CREATE TABLE s (country TEXT, id TEXT, v TEXT NOT NULL); INSERT INTO s VALUES ('se', '1', 'a'), ('s:e', '2', 'b'), (NULL, '3', 'c'), "
                                 "('de', NULL, 'd'), ('de', '4:5', 'e')")
        words = ("copy", "s.db:s", "cache:users:{country}:{id}", "--budget", "3")
        dry = self.project.json(*words, "--dry-run")["observations"]["forecast"]
        self.assertEqual(self.redis.tell(0, "DBSIZE"), "0")
        copied = self.project.json(*words)
        self.assertEqual((dry["rejected"]["about"], copied["rows_rejected"], copied["rows_target"]), (3, 3, 2))

    def test_a_row_of_redis_that_cannot_be_read_is_named_by_its_key(self):
        self.project.sql("t.db", "CREATE TABLE t (id TEXT PRIMARY KEY, v TEXT); INSERT INTO t VALUES ('a', '1'), ('b', '2')")
        self.said("copy", "t.db:t", "cache:rows:{id}")
        self.redis.tell(0, "DEL", "rows:b")
        self.redis.tell(0, "RPUSH", "rows:b", "x")
        self.assertRegex(" ".join(self.said("compare", "t.db:t", "cache:rows:{id}", check=False).split()), r"1 row of cache:rows:\{id\} cannot be read, .*: row \d+ \(id 'b'\): ")
        self.assertRegex(" ".join(self.said("compare", "cache:rows:{id}", "t.db:t", check=False).split()), r"cannot be mapped, .*: row \d+ \(id 'b'\): ")

    def test_keys_of_redis_that_have_several_parts_are_named_so(self):
        self.mariadb.sql("CREATE TABLE parts (a int, b int, c int, PRIMARY KEY (a, b)); INSERT INTO parts VALUES (1, 2, 3)", "shop")
        self.assertIn("the rows' key has 2 columns, and so have the keys: name it 'parts:{a}:{b}'",
                      self.said("copy", self.maria("shop", "parts"), "cache:parts", check=False))
        self.assertIn("1 row copied", self.said("copy", self.maria("shop", "parts"), "cache:parts:{a}:{b}"))

    def test_a_dataset_of_redis_without_a_row_is_said_to_be_none(self):
        self.mariadb.sql("CREATE TABLE nobody (id int PRIMARY KEY, b int)", "shop")
        before = self.hashes()
        self.assertIn("there is not one row, and 'nobody' is nothing but its rows",
                      self.said("copy", self.maria("shop", "nobody"), "cache:nobody", check=False))
        self.assertEqual(self.hashes(), before)

    def test_what_an_address_lacks_is_said(self):
        for address, says in (("mariadb://root@localhost/shop", "does not say which table"),
                              ("mariadb://root:s3cr3t@localhost/shop/users", "a password does not belong into a command"),
                              ("mariadb:shop:users", "does not say which server")):
            said = self.said("compare", address, "x.csv", check=False)
            self.assertIn(says, said)
            self.assertNotIn("s3cr3t", said)


# a server that takes its time for what is removed behind a swap, and nothing else
SLOW = ("CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF to_regclass('t__honk_copy_kept') IS NOT NULL AND "
        "strpos(current_query(), '{}') > 0 THEN PERFORM pg_sleep(600); END IF; END $$;"
        "CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION slow()")
ASLEEP = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


class StoppedBehindTheSwap(unittest.TestCase):
    """One Ctrl-C is enough, also when a server hangs; the rows are in, and the next copy clears up."""

    def stopped(self, project, postgres):
        process = subprocess.Popen([support.HONK, "copy", "s.csv", f"postgres:host={postgres.folder} user=postgres dbname=shop:t", "--replace"],
                                   cwd=project.folder, env=project.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            support.eventually(lambda: postgres.sql(ASLEEP) == "1" or process.poll() is not None)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[0]
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        self.assertEqual(process.returncode, 130, said)
        return said

    def test_all_rows_are_there_whatever_was_being_removed(self):
        postgres, project = Postgres(), support.Project()
        self.addCleanup(postgres.close)
        self.addCleanup(project.close)
        ours = "SELECT string_agg(relname, ' ') FROM pg_class WHERE relname LIKE '%honk%' AND relkind = 'r'"
        project.folder.joinpath("s.csv").write_text("id,name\n1,new\n2,new\n")
        postgres.sql("CREATE DATABASE shop", "postgres")
        for what in ("_honk_fence", "t__honk_copy_kept"):
            postgres.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'old');" + SLOW.format(what))
            self.assertIn("has all rows; what is to be removed beside it is removed by the next copy", self.stopped(project, postgres))
            self.assertEqual(postgres.sql("SELECT count(*) FROM t WHERE name = 'new'"), "2")
            self.assertIn("t__honk_copy_kept", postgres.sql(ours))
            self.assertIn("is as it was before", self.stopped(project, postgres))  # while it clears up behind the first one
            postgres.sql("DROP EVENT TRIGGER slow; DROP FUNCTION slow")
            done = project.honk("copy", "s.csv", f"postgres:host={postgres.folder} user=postgres dbname=shop:t", "--replace")
            self.assertIn("clearing up behind it", done.stdout)
            self.assertEqual(postgres.sql(ours), "")


class Foreseen(unittest.TestCase):
    """A dry run tells of the rows that the target's columns refuse, by reason, as the copy finds them."""
    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.project.sql("s.db", "CREATE TABLE s (id INTEGER PRIMARY KEY, t TEXT, n NUMERIC, b BLOB); WITH RECURSIVE i (i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                                 "FROM i WHERE i < 60) INSERT INTO s SELECT i, CASE WHEN i % 20 = 0 THEN NULL ELSE printf('%.*c', CASE WHEN i % 6 = 1 "
                                 "THEN 20 + i ELSE 5 END, 'x') END, CASE WHEN i % 15 = 2 THEN i + 0.125 ELSE i END, CASE WHEN i = 3 THEN x'c3' END FROM i")

    def foreseen(self, target, *expected):
        dry = " ".join(self.project.honk("copy", "s.db:s", target, "--dry-run").stdout.split())
        for words in expected:
            self.assertIn(words, dry)
        copied = self.project.honk("copy", "s.db:s", target, "--budget", "60").stdout
        count = f"{sum(int(words.split(' row')[0].split()[-1]) for words in expected)}"
        self.assertIn(f"put aside {count} ", dry)
        self.assertIn(f"{count} row", copied)

    TYPES = "(id bigint PRIMARY KEY, t varchar(20) NOT NULL, n {}(8,2))"

    def test_in_a_table_of_postgresql(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        postgres.sql("CREATE TABLE t " + self.TYPES.format("numeric"), "postgres")
        self.foreseen(f"postgres:host={postgres.folder} user=postgres:t", "t, 3 rows: the value is NULL", "t, 10 rows: the text has 21 letters, the column takes 20",
                      "n, 4 rows: '2.125' has more digits than")

    def test_in_a_table_of_mariadb(self):
        mariadb = Mariadb()
        self.addCleanup(mariadb.close)
        mariadb.sql("CREATE DATABASE shop; CREATE TABLE shop.t " + self.TYPES.format("decimal"), "mysql")
        self.foreseen(f"mariadb://root@localhost/shop/t?socket={mariadb.folder}/mariadb.sock", "t, 3 rows: the value is NULL",
                      "t, 10 rows: the text has 21 letters, the column takes 20", "n, 4 rows: '2.125' has more digits than")

    def test_in_a_file(self):
        for file in ("t.csv", "t.ndjson"):
            self.foreseen(file, "! 1 row: column 'b': byte 1 (0xc3) is not UTF-8")

    def test_in_a_table_of_sqlite(self):
        self.project.folder.joinpath("m.yaml").write_text("{apiVersion: honk/v1, kind: Mapping, source: s, target: t, key: [id], columns: {id: id, "
                                                          "f: {from: t, values: {xxxxx: nan}, others: 'null', type: float}}}")
        self.project.sql("t.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, f REAL)")
        dry = " ".join(self.project.honk("copy", "s.db:s", "t.db:t", "--mapping", "m.yaml", "--dry-run").stdout.split())
        self.assertIn("f, 47 rows: SQLite cannot keep NaN", dry)


class CutShort(unittest.TestCase):
    """A session that ends among the rows costs a copy the range that it meets, and not what was copied before."""
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()
        cls.addClassCleanup(cls.postgres.close)
        cls.postgres.sql("CREATE TABLE s (id int PRIMARY KEY, a text); INSERT INTO s SELECT i, repeat(md5(i::text), 4) FROM generate_series(1, 60000) i", "postgres")

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        there = self.project.folder / "proxy"
        there.mkdir()
        self.proxy = Proxy(str(there), self.postgres.folder)
        self.addCleanup(self.proxy.close)
        self.postgres.sql("DROP TABLE IF EXISTS t", "postgres")
        self.here, self.there = (f"postgres:host={folder} user=postgres:" for folder in (self.postgres.folder, there))

    def copied(self, source, target):
        done = self.project.honk("copy", source, target)
        self.assertEqual(self.proxy.done, 2)
        self.assertIn("copy-dataset     retrying  ", done.stdout)
        self.assertIn("60,000 rows copied", done.stdout)
        self.assertEqual(done.stderr, "")
        self.assertEqual(self.postgres.sql("SELECT count(*), count(DISTINCT id), (SELECT count(*) FROM pg_namespace WHERE nspname = '_honk') FROM t", "postgres"),
                         "60000|60000|0")

    def test_a_target_that_is_cut_off_among_the_rows_is_gone_on_with(self):
        self.proxy.cuts = [1000000, 2000000]
        self.copied(self.here + "s", self.there + "t")

    def test_a_source_that_is_cut_off_among_the_rows_is_gone_on_with(self):
        self.proxy.answer_cuts = [1000000, 2000000]
        self.copied(self.there + "s", self.here + "t")

    def while_it_copies(self, what, *options):
        """By this thread: the server would go with the proxy's."""
        is_cut = threading.Event()
        self.proxy.cuts, self.proxy.then = [1000000], is_cut.set
        copying = subprocess.Popen([support.HONK, "copy", self.here + "s", self.there + "t", *options], cwd=self.project.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.assertTrue(is_cut.wait(support.WAIT_S))
        what()
        out, errors = copying.communicate(timeout=support.WAIT_S)
        return copying.returncode, out, errors

    def test_a_server_that_restarts_is_waited_for(self):
        status, out, errors = self.while_it_copies(lambda: (self.postgres.crash(), self.postgres.start()))
        self.assertEqual((status, errors), (0, ""), out)
        self.assertIn("60,000 rows copied", out)

    def test_whoever_writes_to_the_source_is_let_in_again_though_the_target_stays_away(self):
        self.project.sql("here.db", "CREATE TABLE s (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO s SELECT value, hex(zeroblob(60)) FROM generate_series(1, 60000)")
        self.here = "here.db:"
        status, out, errors = self.while_it_copies(self.postgres.crash, "--freeze")
        self.postgres.start()
        self.assertEqual(status, 5, out)
        self.assertNotIn("is frozen", errors)
        self.project.sql("here.db", "UPDATE s SET a = 'new' WHERE id = 1")

    def test_a_swap_whose_session_ends_is_tried_again(self):
        self.postgres.sql("CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'old'); CREATE SEQUENCE cuts", "postgres")
        self.addCleanup(self.postgres.sql, "DROP EVENT TRIGGER cut; DROP SEQUENCE cuts", "postgres")
        self.postgres.sql("CREATE OR REPLACE FUNCTION cut() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF current_query() ~ 'RENAME TO' AND nextval('cuts') "
                          "= 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; END $$; CREATE EVENT TRIGGER cut ON ddl_command_start EXECUTE "
                          "FUNCTION cut()", "postgres")
        done = self.project.honk("copy", self.here + "s", self.here + "t", "--replace")
        self.assertIn("swap             retrying", done.stdout)
        self.assertEqual(self.postgres.sql("SELECT count(*) FROM t", "postgres"), "60000")

    def test_a_swap_that_is_cut_short_is_taken_back(self):
        self.postgres.sql("CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'old')", "postgres")
        self.postgres.sql("CREATE OR REPLACE FUNCTION cut() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF current_query() ~ 'RENAME TO' THEN "
                          "PERFORM pg_terminate_backend(pg_backend_pid()); END IF; END $$; CREATE EVENT TRIGGER cut ON ddl_command_start EXECUTE FUNCTION cut()", "postgres")
        left = self.project.honk("copy", self.here + "s", self.here + "t", "--replace", check=False)
        self.postgres.sql("DROP EVENT TRIGGER cut", "postgres")
        self.assertEqual(left.returncode, 5, left.stderr)
        self.assertNotIn("could not be", left.stderr)
        self.assertEqual(self.postgres.sql("SELECT a, (SELECT count(*) FROM pg_namespace WHERE nspname = '_honk') FROM t", "postgres"), "old|0")

    def test_a_server_that_stays_away_is_given_up_and_the_target_is_as_it_was(self):
        self.postgres.sql("CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'old')", "postgres")
        status, out, errors = self.while_it_copies(self.postgres.crash, "--replace")
        self.postgres.start()
        self.assertEqual(status, 5, out)
        self.assertIn(":t' is as it was before, but what lies beside it could not be taken away: ", errors)
        self.assertEqual(self.postgres.sql("SELECT a FROM t", "postgres"), "old")
        self.assertIn("60,000 rows copied", self.project.honk("copy", self.here + "s", self.here + "t", "--replace").stdout)


class Named(unittest.TestCase):
    def test_a_table_in_double_quotes_may_have_any_letter_in_its_name(self):
        postgres, project = Postgres(), support.Project()
        self.addCleanup(postgres.close)
        self.addCleanup(project.close)
        postgres.sql('CREATE TABLE "in/out: ""all""" (id int); INSERT INTO "in/out: ""all""" VALUES (7)', "postgres")
        here = f"postgres:host={postgres.folder} user=postgres:"
        project.honk("copy", here + '"in/out: ""all"""', here + '"a:b/c"')
        self.assertEqual(postgres.sql('SELECT * FROM "a:b/c"', "postgres"), "7")
        lacks = project.honk("copy", "postgresql://localhost:5432/shop", "new.csv", check=False)
        self.assertIn("lacks its table", lacks.stderr)


class WrittenTo(unittest.TestCase):
    def test_a_source_that_has_other_rows_at_the_end_is_said_to_have_been_written_to(self):
        postgres, project = Postgres(), support.Project()
        self.addCleanup(postgres.close)
        self.addCleanup(project.close)
        postgres.sql("CREATE SEQUENCE n START 1000; CREATE VIEW s AS SELECT i AS id FROM generate_series(1, (SELECT nextval('n'))) i", "postgres")
        left = project.honk("copy", f"postgres:host={postgres.folder} user=postgres:s", "t.db:t", check=False)
        self.assertEqual(left.returncode, 7)
        self.assertRegex(left.stderr, "source 's' was written to while it was read: it has 1,0[0-9]+ rows to move now, but 1,0[0-9]+ were read")
        self.assertIn("--freeze keeps writers of the source out", left.stderr)


class Refusing(socketserver.BaseRequestHandler):
    """A server of PostgreSQL that lets nobody in, and says so in its own language: what counts is the code."""
    def handle(self):
        self.request.recv(4096)
        fields = {"S": "FATAL", "V": "FATAL", "C": self.server.code, "M": "das wird nichts"}
        body = b"".join(kind.encode() + text.encode() + b"\0" for kind, text in fields.items()) + b"\0"
        self.request.sendall(b"E" + struct.pack(">I", len(body) + 4) + body)


class InOtherLanguages(unittest.TestCase):
    def test_what_a_server_of_postgresql_refuses_is_known_by_its_code(self):
        project = support.Project()
        self.addCleanup(project.close)
        for code, status in (("28P01", 3), ("28000", 3), ("42501", 3), ("3D000", 2), ("57P03", 5)):
            with socketserver.TCPServer(("127.0.0.1", 0), Refusing) as server:
                server.code = code
                threading.Thread(target=server.serve_forever, daemon=True).start()
                where = f"host=127.0.0.1 port={server.server_address[1]} user=ada dbname=shop sslmode=disable gssencmode=disable"
                done = project.honk("copy", f"postgres:{where}:users", "users.csv", check=False)
                server.shutdown()
            self.assertEqual((code, done.returncode), (code, status), done.stderr)
            self.assertIn("das wird nichts", done.stderr)


if __name__ == "__main__":
    unittest.main()
