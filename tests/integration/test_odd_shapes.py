"""Names as long as a store takes them, rows of Redis that are no hashes, columns that a table computes: legal, and seldom."""
import json
import unittest

from mariadb_world import Mariadb
from postgres_world import Postgres
from redis_world import Redis
import support

CONFIG = """
stores:
  lite: {{ driver: sqlite, path: all.db, create: true }}
  pg: {{ driver: postgres, url: "host={pg} user=postgres dbname=shop" }}
  maria: {{ driver: mariadb, url: "mariadb://root@localhost/shop?socket={maria}/mariadb.sock" }}
  cache: {{ driver: redis, url: "unix:{redis}/redis.sock?db=0" }}
"""
LONGEST = {"pg": "é" * 31, "maria": "n" * 64}  # 63 bytes, 64 letters
COMPUTED = "CREATE TABLE {} (id int PRIMARY KEY, a varchar(9), g varchar(9) GENERATED ALWAYS AS ({}(a)) STORED); INSERT INTO {} (id, a) VALUES (1, 'x'), (2, 'Y');"


class OddShapes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres, cls.mariadb, cls.redis = Postgres(), Mariadb(), Redis()
        for server in (cls.postgres, cls.mariadb, cls.redis):
            cls.addClassCleanup(server.close)

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.postgres.sql("DROP DATABASE IF EXISTS shop", "postgres")
        self.postgres.sql("CREATE DATABASE shop", "postgres")
        self.mariadb.sql("DROP DATABASE IF EXISTS shop; CREATE DATABASE shop CHARACTER SET utf8mb4", "mysql")
        self.redis.tell(0, "FLUSHALL")
        self.project.folder.joinpath("honk.yaml").write_text(CONFIG.format(
            pg=self.postgres.folder, maria=self.mariadb.folder, redis=self.redis.folder))

    def said(self, *words, status=0):
        done = self.project.honk(*words, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def server(self, store):
        return self.postgres if store == "pg" else self.mariadb

    # ---- names ----

    def test_a_table_with_the_longest_name_is_made_replaced_and_nothing_is_left_beside_it(self):
        self.project.sql("all.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y')")
        for store, name in LONGEST.items():
            with self.subTest(store):
                self.said("copy", "lite:t", f"{store}:{name}")
                self.said("copy", "lite:t", f"{store}:{name}", "--replace")
                self.assertIn("equal: 2 rows", self.said("compare", "lite:t", f"{store}:{name}"))
                schema = "public" if store == "pg" else "shop"
                self.assertEqual(self.server(store).sql(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'"), name)

    def test_two_targets_whose_long_names_begin_alike_do_not_share_a_stage(self):
        self.project.sql("all.db", "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE u (id INTEGER PRIMARY KEY); INSERT INTO u VALUES (2)")
        for source, ending in (("t", "1"), ("u", "2")):
            self.said("copy", f"lite:{source}", f"pg:{'n' * 62}{ending}")
        self.assertEqual([self.postgres.sql(f"SELECT id FROM {'n' * 62}{ending}") for ending in "12"], ["1", "2"])

    def test_a_name_that_is_too_long_by_itself_is_told(self):
        self.project.sql("all.db", "CREATE TABLE t (id INTEGER PRIMARY KEY)")
        self.assertIn("is too long: PostgreSQL keeps 63 bytes of a name", self.said("copy", "lite:t", f"pg:{'n' * 64}", status=2))

    # ---- encodings ----

    def database(self, name, encoding):
        self.postgres.sql(f"DROP DATABASE IF EXISTS {name}", "postgres")
        self.postgres.sql(f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0", "postgres")
        with self.project.folder.joinpath("honk.yaml").open("a") as config:
            config.write(f'  {name}: {{ driver: postgres, url: "host={self.postgres.folder} user=postgres dbname={name}" }}\n')

    def test_letters_that_a_database_of_latin_1_has_not_put_their_rows_aside(self):
        self.database("western", "LATIN1")
        self.project.sql("all.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'é'), (2, '日本 \"x\"'), (3, 'a')")
        said = self.said("copy", "lite:t", "western:t", "--budget", "1")
        self.assertRegex(said, r'row 2: character with byte sequence .* in encoding "UTF8" has no equivalent in encoding "LATIN1"')
        self.assertEqual(json.loads(self.project.folder.joinpath("t.rejected.ndjson").read_text())["record"], {"id": 2, "a": '日本 "x"'})
        self.assertIn("equal: 2 rows", self.said("compare", "lite:t", "western:t", "--rejected", "t.rejected.ndjson"))

    def test_bytes_of_no_encoding_that_are_no_text_put_their_rows_aside(self):
        self.database("bare", "SQL_ASCII")
        self.postgres.sql("CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'é'), (2, E'\\xff'), (3, 'a')", "bare")
        for target in ("lite:t", "pg:t", "maria:t"):
            self.assertIn("row 2, a: the text is not UTF-8", self.said("copy", "bare:t", target, "--budget", "1"))
            self.assertIn("equal: 2 rows", self.said("compare", "bare:t", target))

    # ---- rows of Redis ----

    def test_strings_and_json_of_redis_stay_what_they_are_in_another_place(self):
        for i in range(3):
            self.redis.tell(0, "SET", f"word:{i}", f"w{i}")
            self.redis.tell(0, "SET", f"point:{i}", json.dumps({"x": i, "name": "é", "at": None}))
            self.redis.tell(0, "HSET", f"field:{i}", "value", f"f{i}")
        self.redis.tell(0, "PEXPIREAT", "word:1", "99999999999999")
        for name, kind in (("word", "string"), ("point", "string"), ("field", "hash")):
            self.said("copy", f"cache:{name}:{{id}}", f"cache:{name}_2:{{id}}")
            self.assertEqual(self.redis.tell(0, "TYPE", f"{name}_2:1"), kind)
            self.assertIn("equal: 3 rows", self.said("compare", f"cache:{name}:{{id}}", f"cache:{name}_2:{{id}}"))
        self.assertEqual((self.redis.tell(0, "GET", "word_2:1"), self.redis.tell(0, "PEXPIRETIME", "word_2:1")), ("w1", "99999999999999"))
        self.assertEqual(json.loads(self.redis.tell(0, "GET", "point_2:1")), {"x": 1, "name": "é", "at": None})

    def test_a_string_of_redis_that_gets_a_second_column_becomes_a_hash(self):
        self.redis.tell(0, "SET", "word:1", "w")
        self.mapping("columns: { id: id, value: value, more: { const: x } }")
        self.said("copy", "cache:word:{id}", "cache:more:{id}", "--mapping", "m.yaml")
        self.assertEqual(self.redis.tell(0, "HGET", "more:1", "more"), "x")

    def mapping(self, text):
        self.project.folder.joinpath("m.yaml").write_text(f"{{apiVersion: honk/v1, kind: Mapping, source: s, target: t, key: [ id ], {text}}}\n")

    def test_a_column_that_is_null_in_every_row_is_compared_and_repaired_in_redis(self):
        self.project.sql("all.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); INSERT INTO t VALUES (1, 'x', NULL), (2, 'y', NULL)")
        self.mapping("columns: { id: id, a: a, b: b, c: { const: null, type: int } }")
        words = ("lite:t", "cache:t:{id}", "--mapping", "m.yaml")
        self.said("copy", *words)
        self.assertIn("equal: 2 rows", self.said("compare", *words))
        self.project.sql("all.db", "UPDATE t SET b = 'now' WHERE id = 2")
        self.assertRegex(self.said("compare", *words, status=7), r"b +'now' +NULL")
        self.assertIn("1 row changed", self.said("compare", *words, "--repair"))
        self.assertEqual(self.redis.tell(0, "HGET", "t:2", "b"), "now")

    # ---- what a table computes, and conditions ----

    def test_columns_that_both_sides_compute_are_compared_and_left_alone_by_a_repair(self):
        for table, function in (("loud", "upper"), ("soft", "lower")):
            for run in (self.postgres.sql, self.mariadb.sql, lambda text: self.project.sql("all.db", text)):
                run(COMPUTED.format(table, function, table))
        for one, other in (("lite", "pg"), ("pg", "maria"), ("maria", "lite"), ("pg", "pg")):
            with self.subTest(f"{one} and {other}"):
                self.assertRegex(self.said("compare", f"{one}:loud", f"{other}:soft", status=7), r"g +'X' +'x'")
        self.assertIn("equal: 2 rows", self.said("compare", "lite:loud", "pg:loud"))
        self.postgres.sql("UPDATE soft SET a = 'z' WHERE id = 1")
        said = self.said("compare", "pg:loud", "pg:soft", "--repair")
        self.assertIn("computed in pg:soft itself, and not compared with --repair: g", said)
        self.assertIn("equal in 2 columns", said)
        self.assertEqual(self.postgres.sql("SELECT * FROM soft ORDER BY 1").split(), ["1|x|x", "2|Y|y"])

    def test_texts_of_a_file_are_what_the_other_side_has_whichever_side_they_stand_on(self):
        make = ("CREATE TABLE t (id int PRIMARY KEY, n decimal(10,2), f double precision, d date, t timestamp, b boolean);"
                "INSERT INTO t VALUES (1, 1.1, 100, '2024-01-01', '2024-01-01 00:00:00', {})")
        for run, true in ((self.postgres.sql, "true"), (self.mariadb.sql, 1), (lambda text: self.project.sql("all.db", text), 1)):
            run(make.format(true))
        files = {"t.csv": "id,n,f,d,t,b\n01,1.10,1e2,2024-01-01,2024-01-01T00:00:00Z,yes\n",
                 "t.ndjson": '{"id":1,"n":1.10,"f":100,"d":"2024-01-01","t":"2024-01-01T02:00:00+02:00","b":true}\n',
                 "t.json": '[{"id":"1","n":"1.10","f":1e2,"d":"2024-01-01","t":"2024-01-01 00:00:00.000","b":true}]'}
        for file, text in files.items():
            self.project.folder.joinpath(file).write_text(text)
            self.project.folder.joinpath("bad_" + file).write_text(text.replace("1.10", '1.11'))
            for store in ("pg:t", "maria:t", "lite:t"):
                with self.subTest(f"{file} and {store}"):
                    self.said("compare", file, store)
                    self.said("compare", store, file)
                    self.said("compare", "bad_" + file, store, status=7)
                    self.said("compare", store, "bad_" + file, status=7)
        self.project.folder.joinpath("t.csv").write_text("id,n,f,d,t,b\n1,abc,1e2,2024-01-01,2024-01-01T00:00:00Z,yes\n")
        self.assertIn("1 row of t.csv cannot be read, and is compared with none", self.said("compare", "pg:t", "t.csv", status=7))

    def test_a_condition_cannot_reach_out_of_its_brackets(self):
        make = "CREATE TABLE t (id int PRIMARY KEY, a varchar(9)); INSERT INTO t VALUES (1, 'x)'), (2, 'y')"
        for run in (self.postgres.sql, self.mariadb.sql, lambda text: self.project.sql("all.db", text)):
            run(make)
        self.project.folder.joinpath("t.csv").write_text("id,a\n1,x)\n2,y\n")
        for source in ("lite:t", "pg:t", "maria:t", "t.csv"):
            with self.subTest(source):
                self.mapping("columns: { id: id, a: a }, where: \"a = 'y') OR (a = 'z'\"")
                said = self.said("copy", source, "new.db:t", "--mapping", "m.yaml", "--replace", status=2)
                self.assertIn("`where` closes a bracket that it does not open", said)
                self.mapping("columns: { id: id, a: a }, where: \"a = 'x)' -- )\"")
                self.assertIn("1 row copied", self.said("copy", source, "new.db:t", "--mapping", "m.yaml", "--replace"))


if __name__ == "__main__":
    unittest.main()
