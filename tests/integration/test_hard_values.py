"""Values that movers of rows trip over: from each store to each store, each arrives as it is or is put aside with a reason.

What arrives is read back by way of a CSV file, where every value has one form: so it must be the same text from every store.
"""
import binascii
import csv
import json
import sqlite3
import subprocess
import unittest

from kafka_world import Kafka
from mariadb_world import Mariadb
from postgres_world import Postgres
from redis_world import Redis
import support

CONFIG = """
stores:
  lite: {{ driver: sqlite, path: all.db, create: true }}
  pg: {{ driver: postgres, url: "host={pg} user=postgres dbname=shop" }}
  maria: {{ driver: mariadb, url: "mariadb://root@localhost/shop?socket={maria}/mariadb.sock" }}
  cache: {{ driver: redis, url: "unix:{redis}/redis.sock?db=0", objects: {{ "said:{{id}}": {{ value: json, columns: {{ id: int, f: float, n: decimal, a: text }} }} }} }}
  events: {{ driver: kafka, url: "kafka://{kafka}", topics: {{ hard: {{ key: [ id ], rows: all, columns: {{ id: int, f: float, n: decimal,
    d: date, ts: timestamp, t: text, b: bytes, a: text, i: int, o: bool }} }} }} }}
  files: {{ driver: csv, path: out }}
  lines: {{ driver: ndjson, path: out }}
"""
TARGETS = {"pg": "pg:{}", "maria": "maria:{}", "lite": "lite:{}", "csv": "files:{}.csv", "ndjson": "lines:{}.ndjson",
           "json": "lines:{}.json", "redis": "cache:{}:{{id}}", "kafka": "events:{}"}
JSON = ("ndjson", "json", "kafka")
TEXTS = ("csv", *JSON)
HUGE = "123456789012345678901234567890.123456789012345678901234567890"

POSTGRES = """
CREATE TYPE mood AS ENUM ('sad', 'it''s "fine"');
CREATE TABLE hard (id int PRIMARY KEY, f float8, n numeric, d date, ts timestamp, tz timestamptz, arr int[], js jsonb, e mood, b bytea, t text,
    u uuid, iv interval);
INSERT INTO hard (id, f) VALUES (1, 'NaN'), (2, 'Infinity'), (3, '-Infinity'), (4, 1e-310);
INSERT INTO hard (id, n) VALUES (6, 'NaN'), (7, %s), (8, ('1' || repeat('0', 60))::numeric), (9, -1e-42);
INSERT INTO hard (id, d) VALUES (10, '0044-03-15 BC'), (11, '0001-01-01'), (12, '9999-12-31'), (13, '10000-01-01'), (14, 'infinity');
INSERT INTO hard (id, ts) VALUES (16, '9999-12-31 23:59:59.999999'), (17, 'infinity'), (18, '2024-02-29 00:00:00.000001');
INSERT INTO hard (id, tz) VALUES (19, '2024-07-01 12:00:00+05:30');
INSERT INTO hard (id, arr) VALUES (21, '{1,NULL,3}'), (22, '{{1,2},{3,4}}'), (23, '{}');
INSERT INTO hard (id, js) VALUES (24, '{"b": 1.0, "a": [null, true, "\\u00e9"]}');
INSERT INTO hard (id, e) VALUES (25, 'it''s "fine"');
INSERT INTO hard (id, b) VALUES (26, '\\x00ff'), (28, '\\x616263');
INSERT INTO hard (id, t) VALUES (30, E'a\\nb\\t"\\\\'''), (31, repeat('é', 100000)), (32, E'\\U0001F600 \\x01');
INSERT INTO hard (id, u, iv) VALUES (33, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '1 mon -2 days 03:00:00.5');
""" % HUGE

MARIADB = """
SET sql_mode = '';
CREATE TABLE hard (id int PRIMARY KEY, f double, n decimal(65,30), d date, ts datetime(6), tz timestamp(6) NULL, js json,
    e enum('a', 'it''s "x"'), s set('x', 'y'), b varbinary(20), t longtext, ti time(6), bits bit(64), ub bigint unsigned, fl float, y year);
INSERT INTO hard (id, f) VALUES (1, 1.7976931348623157e308), (3, 1e-310);
INSERT INTO hard (id, n) VALUES (4, %s), (5, -1e-30);
INSERT INTO hard (id, d) VALUES (6, '0000-00-00'), (7, '2024-00-10'), (8, '9999-12-31');
INSERT INTO hard (id, ts) VALUES (11, '0000-00-00 00:00:00'), (12, '9999-12-31 23:59:59.999999');
SET time_zone = '+05:30'; INSERT INTO hard (id, tz) VALUES (14, '2024-07-01 12:00:00');
INSERT INTO hard (id, js) VALUES (15, '{"b": 1.0,  "a": [null, true]}');
INSERT INTO hard (id, e, s) VALUES (16, 'it''s "x"', 'y,x');
INSERT INTO hard (id, b) VALUES (18, x'00ff'), (20, 'abc');
INSERT INTO hard (id, t) VALUES (22, concat('a', char(0), 'b')), (23, repeat('é', 100000)), (24, '😀\\n\\t"');
INSERT INTO hard (id, ti) VALUES (25, '-838:59:59'), (26, '12:00:00.5');
INSERT INTO hard (id, bits, ub) VALUES (27, 18446744073709551615, 18446744073709551615);
INSERT INTO hard (id, fl, y) VALUES (28, 0.1, 2155);
""" % HUGE

LITE = [(1, "f", float("inf")), (2, "f", 5e-324), (5, "n", "12345678901234567890.5"), (6, "n", "abc"),
        (8, "d", "0000-01-01"), (9, "d", "9999-12-31"), (10, "d", "2024-02-30"), (11, "d", "10000-01-01"),
        (14, "ts", "2024-07-01T12:00:00+05:30"), (17, "ts", "2024-07-01 24:00:00"), (18, "ts", "2016-12-31 23:59:60"), (19, "ts", 1719835200),
        (20, "t", "a\0b"), (22, "t", "é" * 100000), (23, "t", "\n\t\"'\\"), (25, "b", b"\x00\xff"), (27, "b", b"abc"),
        (28, "i", 2 ** 63 - 1), (29, "i", "12abc"), (30, "i", 1.5), (31, "o", 2), (32, "o", "true")]

FILE_CSV = (b'id,f,n,d,t\n1,NaN,,,\n2,,1e5,,\n3,,,2024-02-30,\n4,,,,"a\x00b"\n5,,,,\xff\xfe\n6,,,,"x""y\n,z"\n7,,,,""\n')
FILE_NDJSON = (b'{"id":1,"f":0.1}\n{"id":2,"f":1e400}\n{"id":3,"n":123456789012345678901234567890}\n{"id":4,"t":"a\\u0000b"}\n{"id":5,"t":"\xff"}\n'
               b'{"id":6,"t":"\\ud800"}\n{"id":7,"a":[1,null,{"b":2}]}\n{"id":8,"f":NaN}\n{"id":9,"t":"\xc3\xa9 \\ud83d\\ude00"}\n{"id":10,"b":true}\n')
FILE_JSON = b'[' + b",\n".join(line for line in FILE_NDJSON.splitlines()) + b"]"

KAFKA = [(1, b'{"f":0.1}'), (2, b'{"f":1e400}'), (3, b'{"f":"NaN"}'), (4, b'{"f":"-Infinity"}'), (5, b'{"f":NaN}'),
         (6, b'{"n":123456789012345678901234567890.5}'), (7, b'{"n":"NaN"}'), (8, b'{"d":"0000-01-01"}'), (9, b'{"d":"10000-01-01"}'),
         (10, b'{"d":"2024-02-30"}'), (11, b'{"d":"9999-12-31"}'), (12, b'{"ts":"2024-07-01T12:00:00+05:30"}'), (13, b'{"ts":"infinity"}'),
         (14, b'{"t":"a\\u0000b"}'), (15, b'{"t":"\xff"}'), (16, b'{"t":"\\ud800"}'), (17, '{"t":"é \\ud83d\\ude00"}'.encode()),
         (18, b'{"a":[1,null,{"b":2}]}'), (19, b'{"i":9223372036854775808}'), (20, b'{"i":1.5}'), (21, b'{"o":2}'), (22, b'{"o":true}'),
         (23, b'{"b":"abc"}'), (24, b'{"t":""}'), (25, b'{"unknown":1}'), (26, None), (27, b'{"t":"x'), (28, b'[1]'),
         (29, b'{"f":9007199254740993}'), (30, b'{"f":36893488147419103000}')]

# a hash's fields are texts: what a text cannot be, is put aside
REDIS = [(1, "t", "é"), (2, "n", "1e400"), (3, "t", ""), (4, "f", "NaN"), (5, "d", "2024-02-30"), (6, "ts", "infinity"), (8, "js", '{"b": 1.0,"a":[null]}'),
         (9, "t", "a\0b"), (10, "n", HUGE), (11, "t", "😀\n\t\"'\\"), (12, "t", "é" * 100000)]

FEWER = {"json": ("pg", "json", "kafka")}  # it is read by the lexer of ndjson

# source: its object; {row: the reason for which nobody gets it}; {target: {row: its own reason}}; {row: (column, as it arrives)}
CASES = {
    "pg": ("pg:hard",
           {6: "NaN is no decimal", 10: "year is outside", 13: "year is outside", 14: "infinity is no date", 17: "infinity is no timestamp"},
           {"maria": {1: "NaN has no value", 2: "infinity has no value", 3: "infinity has no value", 8: "too large for decimal",
                      9: "more digits than decimal"},
            "lite": {1: "cannot keep NaN", 7: "more than 15 digits"}, "csv": {26: "NUL"},
            **{name: {1: "not finite", 2: "not finite", 3: "not finite", 26: "NUL"} for name in JSON}},
           {1: ("f", "NaN"), 3: ("f", "-Infinity"), 4: ("f", "1e-310"), 7: ("n", HUGE.rstrip("0")), 8: ("n", "1" + "0" * 60),
            9: ("n", "-0." + "0" * 41 + "1"), 11: ("d", "0001-01-01"), 12: ("d", "9999-12-31"), 16: ("ts", "9999-12-31 23:59:59.999999"),
            18: ("ts", "2024-02-29 00:00:00.000001"), 19: ("tz", "2024-07-01 06:30:00"), 21: ("arr", "{1,NULL,3}"),
            22: ("arr", "{{1,2},{3,4}}"), 23: ("arr", "{}"), 24: ("js", '{"a": [null, true, "é"], "b": 1.0}'), 25: ("e", 'it\'s "fine"'),
            28: ("b", "abc"), 30: ("t", 'a\nb\t"\\\''), 31: ("t", "é" * 100000), 32: ("t", "\U0001F600 \x01"),
            33: ("u", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")}),
    "maria": ("maria:hard",
              {6: "is not a date", 7: "is not a date", 11: "is not a timestamp"},
              {"pg": {22: "NUL"}, "lite": {4: "more than 15 digits", 27: "more than 15 digits"},
               **{name: {18: "NUL", 22: "NUL"} for name in TEXTS}},
              {1: ("f", "1.7976931348623157e+308"), 3: ("f", "1e-310"), 4: ("n", HUGE.rstrip("0")), 5: ("n", "-0." + "0" * 29 + "1"),
               8: ("d", "9999-12-31"), 12: ("ts", "9999-12-31 23:59:59.999999"), 14: ("tz", "2024-07-01 06:30:00"),
               15: ("js", '{"b": 1.0,  "a": [null, true]}'), 16: ("s", "x,y"), 20: ("b", "abc"), 23: ("t", "é" * 100000), 24: ("t", '😀\n\t"'),
               25: ("ti", "-838:59:59.000000"), 26: ("ti", "12:00:00.500000"), 27: ("ub", "18446744073709551615"), 28: ("y", "2155")}),
    "lite": ("lite:hard",
             {6: "not a decimal", 8: "not a date", 10: "not a date", 11: "not a date", 17: "not a timestamp", 18: "not a timestamp",
              19: "without format: unix", 29: "not a whole number", 30: "not a whole number", 31: "neither 0 nor 1"},
             {"pg": {20: "NUL"}, "maria": {1: "infinity has no value"}, "lite": {5: "more than 15 digits"}, "csv": {20: "NUL", 25: "NUL"},
              **{name: {1: "not finite", 20: "NUL", 25: "NUL"} for name in JSON}},
             {1: ("f", "Infinity"), 2: ("f", "5e-324"), 5: ("n", "12345678901234567000"), 9: ("d", "9999-12-31"),
              14: ("ts", "2024-07-01 06:30:00"), 22: ("t", "é" * 100000), 23: ("t", "\n\t\"'\\"), 27: ("b", "abc"), 28: ("i", "9223372036854775807")}),
    "csv": ("files:hard.csv", {4: "line 5: byte 8 is NUL", 5: "is not UTF-8"}, {},
            {1: ("f", "NaN"), 2: ("n", "1e5"), 3: ("d", "2024-02-30"), 6: ("t", 'x"y\n,z'), 7: ("t", "")}),
    "ndjson": ("lines:hard.ndjson", {4: "no character that a text can hold", 5: "is not UTF-8", 6: "no character", 8: "expected a value",
                                        2: "too large for a float"}, {},
               {1: ("f", "0.1"), 3: ("n", "123456789012345678901234567890"), 7: ("a", '[1,null,{"b":2}]'), 9: ("t", "é 😀")}),
    "json": ("lines:hard.json", {4: "no character that a text can hold", 5: "is not UTF-8", 6: "no character", 8: "expected a value",
                                    2: "too large for a float"}, {},
             {1: ("f", "0.1"), 3: ("n", "123456789012345678901234567890"), 7: ("a", '[1,null,{"b":2}]'), 9: ("t", "é 😀")}),
    "redis": ("cache:hard:{id}", {7: "no UTF-8"},
              {"pg": {9: "NUL"}, **{name: {9: "NUL"} for name in TEXTS}},
              {1: ("t", "é"), 2: ("n", "1e400"), 3: ("t", ""), 4: ("f", "NaN"), 5: ("d", "2024-02-30"), 6: ("ts", "infinity"),
               8: ("js", '{"b": 1.0,"a":[null]}'), 10: ("n", HUGE), 11: ("t", "😀\n\t\"'\\"), 12: ("t", "é" * 100000)}),
    "kafka": ("events:hard",
              {2: "too large for a float", 5: "expected a value", 7: "not a decimal", 8: "not a date", 9: "not a date", 10: "not a date", 13: "not a timestamp",
               14: "no character that a text can hold", 15: "is not UTF-8", 16: "no character", 19: "outside of the 64-bit whole numbers", 20: "not a whole number",
               21: "is not a truth", 29: "has no exact value as float", 25: "which is no column", 26: "it is a tombstone", 27: "never closed", 28: "object"},
              {"maria": {3: "NaN has no value", 4: "infinity has no value"}, "lite": {3: "cannot keep NaN", 6: "more than 15 digits"},
               **{name: {3: "not finite", 4: "not finite"} for name in JSON}},
              {1: ("f", "0.1"), 3: ("f", "NaN"), 4: ("f", "-Infinity"), 6: ("n", "123456789012345678901234567890.5"),
               11: ("d", "9999-12-31"), 12: ("ts", "2024-07-01 06:30:00"), 17: ("t", "é 😀"), 18: ("a", '[1,null,{"b":2}]'), 22: ("o", "true"),
               23: ("b", "abc"), 24: ("t", ""), 30: ("f", "3.6893488147419103e+19")}),
}

OWN_WORDS = {("pg", row) for row in (6, 10, 13, 14, 17)}  # what a store has a word for that no other has


class HardValues(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres, cls.mariadb, cls.redis, cls.kafka = Postgres(), Mariadb(), Redis(), Kafka()
        for server in (cls.postgres, cls.mariadb, cls.redis, cls.kafka):
            cls.addClassCleanup(server.close)
        cls.postgres.sql("CREATE DATABASE shop", "postgres")
        cls.postgres.sql(POSTGRES)
        cls.mariadb.sql("CREATE DATABASE shop CHARACTER SET utf8mb4", "mysql")
        cls.mariadb.sql(MARIADB)
        for row, field, value in REDIS:
            cls.tell(row, field, value.encode())
        cls.tell(7, "t", b"\xff\x00")
        cls.kafka.make("hard")
        cls.kafka.write("hard", [(str(row).encode(), value) for row, value in KAFKA])

    @classmethod
    def tell(cls, row, field, value):
        subprocess.run([*cls.redis.client(0), "-x", "HSET", f"hard:{row}", field], input=value, check=True, capture_output=True)

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.out = self.project.folder / "out"
        self.out.mkdir()
        self.project.folder.joinpath("honk.yaml").write_text(CONFIG.format(
            pg=self.postgres.folder, maria=self.mariadb.folder, redis=self.redis.folder, kafka=self.kafka.servers))
        self.out.joinpath("hard.csv").write_bytes(FILE_CSV)
        self.out.joinpath("hard.ndjson").write_bytes(FILE_NDJSON)
        self.out.joinpath("hard.json").write_bytes(FILE_JSON)
        with sqlite3.connect(self.project.folder / "all.db") as db:
            db.execute("CREATE TABLE hard (id INTEGER PRIMARY KEY, f REAL, n DECIMAL, d DATE, ts TIMESTAMP, t TEXT, b BLOB, i INTEGER, o BOOLEAN)")
            for row, column, value in LITE:
                db.execute(f"INSERT INTO hard (id, {column}) VALUES (?, ?)", (row, value))

    def put_aside(self, file):
        """{row: reason}: rows of files have numbers, others their key."""
        lines = file.read_text().splitlines() if file.exists() else []
        rows = [json.loads(line) for line in lines]
        return {int((row["record"] if isinstance(row["record"], dict) else {}).get("id", row["row"])): row["reason"] for row in rows}

    def read_back(self, there):
        self.project.honk("copy", there, "files:back.csv", "--replace", "--budget", "100")
        with open(self.out / "back.csv", newline="") as file:
            csv.field_size_limit(1 << 20)
            return {int(row["id"]): row for row in csv.DictReader(file)}

    def check_way(self, source, target):
        here, always, refused, arrives = CASES[source]
        always = always if source != target else {row: why for row, why in always.items() if (source, row) not in OWN_WORDS}
        there, aside = TARGETS[target].format(f"{source}_{target}"), self.project.folder / f"{source}_{target}.rejected"
        self.project.honk("copy", here, there, "--budget", "100", "--rejected", aside)
        expected, found = {**always, **refused.get(target, {})}, self.put_aside(aside)
        self.assertEqual(sorted(found), sorted(expected), found)
        for row, reason in expected.items():
            self.assertIn(reason, found[row])
        rows = self.read_back(there)
        for row, (column, text) in arrives.items():
            if row not in expected:
                self.assertEqual(rows[row][column], text, f"row {row}, {column}")

    def test_what_only_postgres_has_a_word_for_is_copied_compared_and_repaired_there(self):
        self.postgres.sql("DROP TABLE IF EXISTS there; CREATE TABLE there (LIKE hard INCLUDING ALL)")
        dates = "SELECT id, n, d, ts FROM {} WHERE id IN (6, 10, 13, 14, 17) ORDER BY 1"
        self.assertIn("rows copied", self.project.honk("copy", "pg:hard", "pg:there", "--replace").stdout)
        self.assertEqual(self.postgres.sql(dates.format("there")), self.postgres.sql(dates.format("hard")))
        self.assertEqual(self.project.honk("compare", "pg:hard", "pg:there").returncode, 0)
        for change in ("n = 1 WHERE id = 6", "d = '-infinity' WHERE id IN (10, 14)", "ts = 'infinity' WHERE id = 16", "d = '0044-03-15' WHERE id = 10"):
            self.postgres.sql("UPDATE there SET " + change)
        told = self.project.honk("compare", "pg:hard", "pg:there", check=False)
        self.assertEqual(told.returncode, 7, told.stderr)
        for text in ("NaN", "0044-03-15 BC", "infinity", "-infinity"):
            self.assertIn(text, told.stdout)
        self.project.honk("compare", "pg:hard", "pg:there", "--repair")
        self.assertEqual(self.postgres.sql("SELECT * FROM there ORDER BY 1"), self.postgres.sql("SELECT * FROM hard ORDER BY 1"))

    def test_parts_of_a_record_that_come_as_another_type_are_what_they_say_or_put_aside(self):
        now, never = {"kafka_timestamp": "2024-07-01 12:00:00.25"}, {"kafka_tombstone": "false"}
        rows = [{"id": 1, **now, **never, "kafka_headers": 7}, {"id": 2, **now, "kafka_tombstone": "maybe"},
                {"id": 3, **never, "kafka_timestamp": "2024-07-01T12:00:00Z"}, {"id": 4, **now, **never}, {"id": 5, **never}, {"id": 6, **now}]
        self.out.joinpath("meta.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
        aside = self.project.folder / "meta.rejected"
        self.project.honk("copy", "lines:meta.ndjson", "events:meta", "--budget", "9", "--rejected", aside)
        found = self.put_aside(aside)
        self.assertEqual(sorted(found), [1, 2, 3, 5, 6], found)
        self.assertIn("headers are", found[1])
        self.assertIn("'maybe'", found[2])
        self.assertIn("would not come back as it is", found[3])
        self.assertIn("kafka_timestamp: NULL", found[5])
        self.assertIn("kafka_tombstone: NULL", found[6])
        self.assertEqual({row: cells["kafka_timestamp"] for row, cells in self.read_back("events:meta").items()}[4], "2024-07-01 12:00:00.25")

    def test_words_for_what_is_no_number_are_floats_where_the_target_has_such(self):
        words = ("nan", "NaN", "inf", "-inf", "Infinity", "-Infinity", "+INF", "1e3")
        self.out.joinpath("odd.csv").write_text("id,f\n" + "".join(f"{i},{word}\n" for i, word in enumerate(words, 1)))
        for i, word in enumerate(words, 1):
            subprocess.run([*self.redis.client(0), "HSET", f"odd:{i}", "f", word], check=True, capture_output=True)
        self.project.folder.joinpath("odd.yaml").write_text(
            "{apiVersion: honk/v1, kind: Mapping, source: odd, target: odd, columns: {id: {from: id, type: int}, f: {from: f, type: float}}}\n")
        nans, all_of_them = {1: "NaN", 2: "NaN"}, {i: "N" if i in (1, 2) else "infinity" for i in range(1, len(words))}
        refused = {"pg": {}, "csv": {}, "redis": {}, "lite": nans, "maria": all_of_them, **{name: dict.fromkeys(all_of_them, "not finite") for name in JSON}}
        arrives = dict(enumerate(("NaN", "NaN", "Infinity", "-Infinity", "Infinity", "-Infinity", "Infinity", "1000"), 1))
        for source in ("files:odd.csv", "cache:odd:{id}"):
            for target, address in TARGETS.items():
                with self.subTest(f"{source} to {target}"):
                    there, aside = address.format("odd_" + source[:5]), self.project.folder / f"odd_{source[:5]}_{target}.rejected"
                    self.project.honk("copy", source, there, "--mapping", "odd.yaml", "--budget", "9", "--rejected", aside)
                    found = self.put_aside(aside)
                    self.assertEqual(sorted(found), sorted(refused[target]), found)
                    for row, reason in refused[target].items():
                        self.assertIn(reason, found[row])
                    self.assertEqual({row: cells["f"] for row, cells in self.read_back(there).items()},
                                     {row: text for row, text in arrives.items() if row not in found})

    def test_numbers_and_arrays_of_json_in_redis_are_what_is_written_there(self):
        values = ('{"f":0.5,"n":123456789012345678901234567890.5,"a":[0.1,1e2,{"b":null}]}', '{"f":9007199254740993}', '{"f":1e400}', '{"f":"-inf"}', '{"n":1,"n":2}')
        for i, value in enumerate(values, 1):
            subprocess.run([*self.redis.client(0), "SET", f"said:{i}", value], check=True, capture_output=True)
        aside = self.project.folder / "said.rejected"
        self.project.honk("copy", "cache:said:{id}", "pg:said", "--budget", "9", "--rejected", aside)
        found = {row["record"]["id"]: row["reason"] for row in map(json.loads, aside.read_text().splitlines())}
        self.assertEqual(sorted(found), ["2", "3", "5"], found)
        for row, reason in {"2": "no exact value as float", "3": "too large for a float", "5": "twice"}.items():
            self.assertIn(reason, found[row])
        self.assertEqual(self.postgres.sql("SELECT id, f, n, a FROM said ORDER BY id").splitlines(),
                         ['1|0.5|123456789012345678901234567890.5|[0.1,1e2,{"b":null}]', "4|-Infinity||"])

    def test_what_the_first_rows_of_redis_had_not_puts_a_later_row_aside(self):
        rows = sorted((str(i) for i in range(10003)), key=lambda row: (binascii.crc_hqx(f"late:{row}".encode(), 0) % 16384, row))
        script = "for i = 0, 10002 do redis.call('HSET', 'late:' .. i, 'a', i) end"
        ends, field, odd = rows[-3:]
        for words in (("EVAL", script, "0"), ("PEXPIREAT", f"late:{ends}", "4102444800000"), ("HSET", f"late:{field}", "b", "1")):
            subprocess.run([*self.redis.client(0), *words], check=True, capture_output=True)
        subprocess.run([*self.redis.client(0), "EVAL", f"redis.call('HSET', 'late:{odd}', '\\255', 1)", "0"], check=True, capture_output=True)
        aside = self.project.folder / "late.rejected"
        self.project.honk("copy", "cache:late:{id}", "pg:late", "--budget", "9", "--rejected", aside)
        found = {row["record"]["id"]: row["reason"] for row in map(json.loads, aside.read_text().splitlines())}
        self.assertEqual(sorted(found), sorted((ends, field, odd)), found)
        for row, reason in {ends: "it has an end, which the first 10000 rows had not", field: "it has a field 'b', which the first 10000 rows had not",
                            odd: "it has a field '\\xff'"}.items():
            self.assertIn(reason, found[row])
        self.assertEqual(self.postgres.sql("SELECT count(*) FROM late"), "10000")

    def test_an_end_that_no_text_has_puts_its_row_aside(self):
        for words in (("HSET", "far:1", "a", "1"), ("HSET", "far:2", "a", "2"), ("PEXPIREAT", "far:2", "2280620707200000")):
            subprocess.run([*self.redis.client(0), *words], check=True, capture_output=True)
        for target in ("csv", "ndjson", "kafka", "lite", "pg"):
            with self.subTest(target):
                aside = self.project.folder / f"far_{target}.rejected"
                self.project.honk("copy", "cache:far:{id}", TARGETS[target].format("far"), "--budget", "9", "--rejected", aside)
                self.assertIn("the year is outside of 1 to 9999", self.put_aside(aside)[2])

    def test_columns_without_a_name_are_refused_before_the_first_row(self):
        with sqlite3.connect(self.project.folder / "all.db") as db:
            db.executescript('CREATE TABLE unnamed (id INTEGER PRIMARY KEY, "" TEXT); INSERT INTO unnamed VALUES (1, 1)')
        for target in ("cache:unnamed:{id}", "events:unnamed", "lines:unnamed.ndjson"):
            refused = self.project.honk("copy", "lite:unnamed", target, check=False)
            self.assertIn("cannot make", refused.stderr)

    def test_a_comparison_shows_what_is_behind_a_nul(self):
        with sqlite3.connect(self.project.folder / "all.db") as db:
            for name, text in (("one", "a\0b"), ("two", "a\0c")):
                db.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, t TEXT)")
                db.execute(f"INSERT INTO {name} VALUES (1, ?)", (text,))
        seen = self.project.honk("compare", "lite:one", "lite:two", check=False).stdout
        self.assertIn("'a\\0b'", seen)
        self.assertIn("'a\\0c'", seen)

    def check_source(self, source):
        for target in FEWER.get(source, TARGETS):
            with self.subTest(f"{source} to {target}"):
                self.check_way(source, target)


for source in CASES:
    setattr(HardValues, f"test_from_{source}_each_arrives_as_it_is_or_is_put_aside", lambda self, source=source: self.check_source(source))


if __name__ == "__main__":
    unittest.main()
