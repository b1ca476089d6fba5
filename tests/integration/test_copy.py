"""honk copy and honk compare: between files and tables, without a server, whatever the names and the rows."""
import gzip
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import unittest

import small_world
import support

AIRPORTS = ("iata,name,city,latitude\n"
            "00M,Thigpen,Bay Springs,31.95\n"
            '01G,"Perry ""Old"" Field",Perry,42.74\n'
            "06D,Rolla,,48.88\n")
NOBODY = 65534


class WithoutServer(unittest.TestCase):
    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.folder = self.project.folder
        self.sql = self.project.sql
        self.write("airports.csv", AIRPORTS)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def run_honk(self, *words, status=0, **more):
        done = self.project.honk(*words, check=False, **more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def copy(self, *words, **more):
        return self.run_honk("copy", *words, **more)

    def compare(self, *words, **more):
        return self.run_honk("compare", *words, **more)

    def refused(self, status, expected, *words):
        """An error that says so, on standard error."""
        done = self.run_honk(*words, status=status)
        self.assertIn(expected, done.stderr)
        return done

    def dump(self, database):
        return self.sql(database, ".dump")

    def assert_clean(self, database):
        """Nothing of ours is left beside the tables."""
        self.assertEqual(self.sql(database, "SELECT name FROM sqlite_master WHERE lower(name) LIKE '%honk%'"), "")


class Copying(WithoutServer):
    def test_a_file_becomes_a_table_of_a_new_database(self):
        done = self.copy("airports.csv", "new.db:airports")
        self.assertIn("3 rows copied from airports.csv to new.db:airports", done.stdout)
        self.assertEqual(self.sql("new.db", "SELECT iata, name, city IS NULL FROM airports ORDER BY 1 DESC LIMIT 2"),
                         '06D|Rolla|1\n01G|Perry "Old" Field|0')
        self.assert_clean("new.db")
        self.assertIn("equal: 3 rows", self.compare("airports.csv", "new.db:airports").stdout)

    def test_a_table_that_is_there_keeps_its_types_constraints_indexes_and_views(self):
        self.sql("d.db", "CREATE TABLE a (iata TEXT PRIMARY KEY, latitude REAL NOT NULL, name TEXT, city TEXT);"
                         "CREATE INDEX a_city ON a (city); CREATE VIEW names AS SELECT name FROM a")
        before = self.sql("d.db", "SELECT type, name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY 1, 2")
        self.copy("airports.csv", "d.db:a")
        self.assertEqual(self.sql("d.db", "SELECT typeof(latitude), latitude FROM a WHERE iata = '00M'"), "real|31.95")
        self.assertEqual(self.sql("d.db", "SELECT count(*) FROM names"), "3")
        after = self.sql("d.db", "SELECT type, name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY 1, 2")
        self.assertEqual(after, before)
        self.assert_clean("d.db")

    def test_rows_that_are_there_are_replaced_only_on_request(self):
        self.sql("d.db", "CREATE TABLE a (iata TEXT, name TEXT, city TEXT, latitude TEXT); INSERT INTO a VALUES (1, 2, 3, 4)")
        before = self.dump("d.db")
        self.refused(4, "'d.db:a' has 1 row already; --replace", "copy", "airports.csv", "d.db:a")
        self.assertEqual(self.dump("d.db"), before)
        answer = json.loads(self.copy("airports.csv", "d.db:a", "--replace", "--json").stdout)
        self.assertEqual((answer["rows_target"], answer["rows_rejected"], answer["replaced"]), (3, 0, True))
        self.assertEqual(self.sql("d.db", "SELECT count(*) FROM a"), "3")
        self.assert_clean("d.db")

    def test_a_mapping_makes_typed_columns(self):
        self.write("m.yaml", "apiVersion: honk/v1\nkind: Mapping\nsource: anything\ntarget: whatever\ncolumns:\n"
                             "  code: { from: iata }\n  lat: { from: latitude, type: float }\nkey: [ code ]\n"
                             "dropped:\n  name: { why: x }\n  city: { why: x }\n")
        self.copy("airports.csv", "d.db:typed", "--mapping", "m.yaml")
        self.assertEqual(self.sql("d.db", "SELECT code, typeof(lat) FROM typed LIMIT 1"), "00M|real")
        self.compare("airports.csv", "d.db:typed", "-m", "m.yaml")
        self.sql("d.db", "UPDATE typed SET lat = 1.5 WHERE code = '01G'")
        done = self.compare("airports.csv", "d.db:typed", "-m", "m.yaml", status=7)
        self.assertRegex(done.stdout, r"different: code '01G'\n.*\n +lat +'42.74' +'1.5'\n1 row differs\nnot equal")

    def test_a_mapping_is_explained_for_the_datasets_of_the_command(self):
        self.write("m.yaml", "apiVersion: honk/v1\nkind: Mapping\nsource: a\ntarget: b\ncolumns:\n  code: { from: iata }\n"
                             "  lat: { from: latitude, type: float }\nkey: [ code ]\n")
        self.refused(4, "'a' is no file", "mapping", "explain", "m.yaml")
        self.refused(2, "to what", "mapping", "explain", "m.yaml", "airports.csv")
        places = {}
        self.copy("airports.csv", "d.db:a")
        for source in ("airports.csv", "d.db:a"):
            told = json.loads(self.run_honk("mapping", "explain", "m.yaml", source, "d.db:new", "--json").stdout)[0]
            self.assertEqual((told["source"], told["target"]), (source, "d.db:new"))
            self.assertTrue(all(column["why"] for column in told["columns"]))
            places[source] = [column["place"] for column in told["columns"]]
        self.assertEqual(places, {"airports.csv": ["source", "mover"], "d.db:a": ["store", "store"]})

    def test_a_broken_mapping_is_told_with_its_place(self):
        self.write("m.yaml", "apiVersion: honk/v1\nkind: Mapping\nsource: a\ntarget: b\ncolumns:\n  x: { form: iata }\n")
        self.refused(2, "m.yaml:6:", "copy", "airports.csv", "d.db:x", "--mapping", "m.yaml")
        self.refused(4, "nowhere.yaml", "copy", "airports.csv", "d.db:x", "--mapping", "nowhere.yaml")
        self.assertFalse((self.folder / "d.db").exists(), "a database was made for nothing")

    def test_awkward_names_are_names(self):
        table = 'air "ports" $ für 100%; -- x'
        self.write("rows.csv", '"a b","$","quo""te",ümläut,\'; DROP TABLE x\n1,2,3,4,5\n')
        self.copy("rows.csv", f"d.db:{table}")
        quoted = table.replace('"', '""')
        self.assertEqual(self.sql("d.db", f'SELECT "a b", "$", "quo""te", "ümläut", "\'; DROP TABLE x" FROM "{quoted}"'),
                         "1|2|3|4|5")
        self.copy(f"d.db:{table}", "d.db:other:name")
        self.assertEqual(self.sql("d.db", 'SELECT count(*) FROM "other:name"'), "1")
        self.assert_clean("d.db")

    def test_a_file_may_be_called_anything(self):
        (self.folder / "odd name.data").write_text(AIRPORTS)
        self.copy("csv:odd name.data", "sqlite:also odd:airports")
        self.assertIn("equal: 3 rows", self.compare("csv:odd name.data", "also odd:airports").stdout)
        self.write("rows.tsv", "a\tb\n1\tx, y\n")
        self.copy("rows.tsv", "d.db:t")
        self.assertEqual(self.sql("d.db", "SELECT a, b FROM t"), "1|x, y")

    def test_stores_and_datasets_of_the_configuration_have_names(self):
        self.project.honk("init")
        self.copy("shop:customers_v1", "shop:customers_copy")
        self.assertIn("equal: 2,000 rows", self.compare("customers-v1", "shop:customers_copy").stdout)
        self.refused(4, "customers_v9", "copy", "shop:customers_v9", "shop:x")

    def test_a_file_that_is_packed_in_another_way_is_told_which_ways_there_are(self):
        self.write("a.csv.bz2", "BZh9")
        self.refused(4, "what gzip or zstd has packed is read", "copy", "a.csv.bz2", "d.db:a")

    def test_wrong_words_say_what_was_expected(self):
        self.refused(4, "there is no file 'airprots.csv', did you mean 'airports.csv'?", "copy", "airprots.csv", "d.db:x")
        self.sql("d.db", "CREATE TABLE x (a)")
        self.refused(2, "'d.db' is a database: say which table", "copy", "airports.csv", "d.db")
        self.refused(4, "there is no folder 'nowhere'", "copy", "airports.csv", "nowhere/d.db:x")
        self.refused(2, "source and target are both 'd.db:x'", "copy", "d.db:x", "d.db:x")
        self.refused(4, "no honk.yaml", "copy", "users", "d.db:x")
        self.write("honk.yaml", "stores: { there: { driver: sqlite, path: d.db } }\n")
        done = self.refused(4, "there is no dataset 'their:x'", "copy", "their:x", "d.db:x")
        self.assertIn("with a store of honk.yaml (there)", " ".join(done.stderr.split()))
        self.write("rows.txt", "a\n1\n")
        done = self.refused(4, "there is no dataset 'rows.txt'", "copy", "rows.txt", "d.db:x")
        self.assertIn("csv:rows.txt or ndjson:rows.txt", done.stderr)
        self.refused(2, "'--budget many' is not a whole number", "copy", "airports.csv", "d.db:y", "--budget", "many")
        self.refused(2, "expected sqlite:PATH:TABLE", "copy", "sqlite:d.db", "d.db:y")
        self.refused(4, "there is no database 'new.db', and no table of it is named: expected 'new.db:TABLE'", "copy", "airports.csv", "new.db")
        self.write("cases.csv", "id,Name,name\n1,x,y\n")
        self.refused(2, "columns 'Name' and 'name' would be one there", "copy", "cases.csv", "d.db:cases")
        self.copy("cases.csv", "cases.ndjson")

    def test_a_dry_run_writes_nothing(self):
        self.assertIn("nothing is written", self.copy("airports.csv", "d.db:a", "--dry-run").stdout)
        self.assertFalse((self.folder / "d.db").exists())
        self.sql("d.db", "CREATE TABLE a (iata TEXT, name TEXT)")
        before = (self.folder / "d.db").read_bytes()
        done = self.copy("airports.csv", "d.db:a", "--dry-run")
        self.assertIn("d.db:a has no column for: city, latitude", done.stdout)
        self.assertEqual((self.folder / "d.db").read_bytes(), before)


class IntoFiles(WithoutServer):
    """A file is a target like any other: whole or not at all, and nothing beside it."""

    def names(self):
        return sorted(p.name for p in self.folder.iterdir() if p.name not in ("home", "honk.yaml"))

    def test_a_file_is_made_of_a_table_and_a_table_of_it(self):
        self.copy("airports.csv", "d.db:a")
        for name in "a.csv", "a.tsv", "a.ndjson", "a.json":
            self.copy("d.db:a", name)
            self.assertIn("equal: 3 rows", self.compare("d.db:a", name).stdout)
            self.copy(name, f"back.db:{name}")
            self.assertEqual(self.sql("back.db", f'SELECT iata, name, city IS NULL FROM "{name}" ORDER BY 1'),
                             '00M|Thigpen|0\n01G|Perry "Old" Field|0\n06D|Rolla|1')
        self.assertEqual(json.loads((self.folder / "a.json").read_text())[2]["city"], None)
        self.assertIn('01G\t"Perry ""Old"" Field"\tPerry\t42.74\n', (self.folder / "a.tsv").read_text())
        self.assertEqual(self.names(), ["a.csv", "a.json", "a.ndjson", "a.tsv", "airports.csv", "back.db", "d.db"])

    def test_a_file_whose_columns_nobody_has_taken_apart_is_refused_and_a_name_like_that_is_read_back(self):
        self.write("semi.csv", "iata;name\nX;Y\n")
        self.refused(2, "the header is one column, 'iata;name'", "copy", "semi.csv", "d.db:semi")
        self.sql("d.db", "CREATE TABLE odd (\"a;b\" TEXT); INSERT INTO odd VALUES ('x;y')")
        self.copy("d.db:odd", "odd.csv")
        self.assertEqual((self.folder / "odd.csv").read_text(), '"a;b"\nx;y\n')
        self.assertIn("equal: 1 row", self.compare("d.db:odd", "odd.csv").stdout)

    def test_what_is_packed_is_read_and_written(self):
        (self.folder / "p.csv.gz").write_bytes(gzip.compress(AIRPORTS[:40].encode()) + gzip.compress(AIRPORTS[40:].encode()))
        for name in "a.csv.gz", "a.json.gz", "a.ndjson.zst", "a.tsv.zst":
            self.copy("p.csv.gz", name)
            self.assertIn("equal: 3 rows", self.compare("airports.csv", name).stdout)
        self.assertEqual(json.loads(gzip.decompress((self.folder / "a.json.gz").read_bytes()))[1]["name"], 'Perry "Old" Field')
        self.assertEqual((self.folder / "a.ndjson.zst").read_bytes()[:4], b"\x28\xb5\x2f\xfd")
        whole = (self.folder / "p.csv.gz").read_bytes()
        (self.folder / "p.csv.gz").write_bytes(whole[:-9])
        self.refused(2, "the gzip stream ends in the middle, at byte", "copy", "p.csv.gz", "b.csv")
        self.assertFalse((self.folder / "b.csv").exists())

    def test_other_encodings_are_read_and_written(self):
        (self.folder / "utf16.csv").write_bytes("a,b\r\n1,ä\r\n2,漢\r\n".encode("utf-16"))
        self.copy("utf16.csv", "d.db:t")
        self.assertEqual(self.sql("d.db", "SELECT * FROM t"), "1|ä\n2|漢")
        self.write("honk.yaml", "stores:\n  old: { driver: csv, path: ., format: { encoding: latin-1 } }\n"
                                "  wide: { driver: csv, path: ., format: { encoding: utf-16 } }\n")
        done = self.copy("d.db:t", "old:latin.csv")
        self.assertIn("1 row does not fit", done.stdout)
        self.assertIn("a character that the encoding of the file has not", done.stdout)
        self.assertEqual((self.folder / "latin.csv").read_bytes(), b"a,b\n1,\xe4\n")
        self.copy("d.db:t", "wide:wide.csv")
        self.assertEqual((self.folder / "wide.csv").read_bytes(), b"\xff\xfe" + "a,b\n1,ä\n2,漢\n".encode("utf-16le"))
        self.assertIn("equal: 2 rows", self.compare("d.db:t", "wide.csv").stdout)

    def test_records_that_are_there_are_replaced_only_on_request(self):
        self.write("out.csv", "iata,name\nX,Y\n")
        self.refused(4, "'out.csv' has 1 row already; --replace", "copy", "airports.csv", "out.csv")
        self.assertEqual((self.folder / "out.csv").read_text(), "iata,name\nX,Y\n")
        done = self.copy("airports.csv", "out.csv", "--replace")
        self.assertIn("out.csv has no column for: city, latitude", done.stdout + done.stderr)
        self.assertEqual((self.folder / "out.csv").read_text(), 'iata,name\n00M,Thigpen\n01G,"Perry ""Old"" Field"\n06D,Rolla\n')
        self.assertEqual(self.names(), ["airports.csv", "out.csv"])

    def test_a_table_that_is_empty_for_a_while_becomes_a_file_of_no_records_and_of_records_again(self):
        self.project.sql("own.db", "CREATE TABLE own (id INTEGER PRIMARY KEY, a TEXT)")
        for name, nothing in (("out.ndjson", ""), ("out.json", "[\n\n]\n")):
            for words in ((), ("--replace",)):
                self.copy("own.db:own", name, *words)
                self.assertEqual((self.folder / name).read_text(), nothing)
            self.assertIn("equal: 0 rows in both", self.project.honk("compare", "own.db:own", name).stdout)
            self.refused(2, f"'{name}' has no columns", "copy", name, "new.db:own")
            self.project.sql("own.db", "INSERT INTO own VALUES (1, 'x')")
            self.assertEqual(self.project.honk("compare", "own.db:own", name, check=False).returncode, 7)
            self.copy("own.db:own", name, "--replace")
            self.assertIn('{"id":1,"a":"x"}', (self.folder / name).read_text())
            self.project.sql("own.db", "DELETE FROM own")

    def test_a_failure_leaves_the_file_alone(self):
        self.write("out.csv", "iata\nX\n")
        self.write("m.yaml", "apiVersion: honk/v1\nkind: Mapping\nsource: a\ntarget: b\ncolumns:\n"
                             "  iata: { from: latitude, type: int }\ndropped:\n  name: x\n  city: x\n  iata: x\n")
        self.refused(7, "3 rows do not fit", "copy", "airports.csv", "out.csv", "--replace", "--budget", "1", "-m", "m.yaml")
        self.assertEqual((self.folder / "out.csv").read_text(), "iata\nX\n")
        self.assertEqual(self.names(), ["airports.csv", "m.yaml", "out.csv", "out.csv.rejected.ndjson"])

    def test_a_store_of_the_configuration_takes_files_that_are_not_there_yet(self):
        self.project.honk("init")
        (self.folder / "out").mkdir()
        text = (self.folder / "honk.yaml").read_text()
        self.write("honk.yaml", text.replace("stores:\n", "stores:\n  out: { driver: csv, path: out, format: { delimiter: \";\" } }\n"))
        self.copy("airports.csv", "out:a.csv")
        self.assertEqual((self.folder / "out" / "a.csv").read_text().splitlines()[1], "00M;Thigpen;Bay Springs;31.95")
        self.copy("out:a.csv", "csv:odd:name")
        self.assertEqual((self.folder / "odd:name").read_text().splitlines()[1], "00M,Thigpen,Bay Springs,31.95")
        self.assertIn("equal: 3 rows", self.compare("airports.csv", "csv:odd:name").stdout)

    def test_a_folder_that_is_not_there_is_told(self):
        self.refused(4, "there is no folder", "copy", "airports.csv", "nowhere/out.csv")


class Repairing(WithoutServer):
    def setUp(self):
        super().setUp()
        self.write("m.yaml", "apiVersion: honk/v1\nkind: Mapping\nsource: a\ntarget: b\ncolumns:\n  code: { from: iata }\n"
                             "  name: { from: name }\n  lat: { from: latitude, type: float }\nkey: [ code ]\ndropped:\n  city: x\n")
        self.sql("d.db", "CREATE TABLE a (code TEXT PRIMARY KEY, name TEXT UNIQUE, lat REAL CHECK (lat > 0))")

    def repair(self, **more):
        return self.compare("airports.csv", "d.db:a", "-m", "m.yaml", "--repair", **more)

    def test_rows_that_differ_are_put_right_and_no_others(self):
        self.copy("airports.csv", "d.db:a", "-m", "m.yaml")
        expected = self.dump("d.db")
        self.sql("d.db", "DELETE FROM a WHERE code = '00M'; UPDATE a SET lat = 1, name = 'Thigpen' WHERE code = '06D';"
                         "INSERT INTO a VALUES ('X', 'Rolla', 2);"
                         "CREATE TABLE seen (code); CREATE TRIGGER t AFTER UPDATE ON a BEGIN INSERT INTO seen VALUES (new.code); END")
        done = self.repair()
        self.assertIn("missing in d.db:a: code '00M'", done.stdout)
        self.assertIn("repaired d.db:a: 1 row inserted, 1 row changed, 1 row removed\nequal: 3 rows", done.stdout)
        self.assertEqual(self.sql("d.db", "SELECT * FROM seen"), "06D")
        self.sql("d.db", "DROP TRIGGER t; DROP TABLE seen")
        self.assertEqual(sorted(self.dump("d.db").splitlines()), sorted(expected.splitlines()))
        self.assertNotIn("repaired", self.repair().stdout)
        answer = json.loads(self.compare("airports.csv", "d.db:a", "-m", "m.yaml", "--repair", "--json").stdout)
        self.assertEqual(answer["repaired"], {"inserted": 0, "changed": 0, "removed": 0})

    def test_what_the_table_refuses_changes_nothing(self):
        self.write("airports.csv", AIRPORTS.replace("48.88", "-1"))
        self.sql("d.db", "INSERT INTO a VALUES ('X', 'Y', 2)")
        before = self.dump("d.db")
        done = self.run_honk("compare", "airports.csv", "d.db:a", "-m", "m.yaml", "--repair", status=2)
        self.assertIn("CHECK constraint failed", done.stderr)
        self.assertEqual(self.dump("d.db"), before)

    def test_rows_that_have_exchanged_what_is_unique_are_put_right(self):
        self.copy("airports.csv", "d.db:a", "-m", "m.yaml")
        expected = self.dump("d.db")
        self.sql("d.db", "UPDATE a SET name = 'x' WHERE code = '00M'; UPDATE a SET name = 'Thigpen' WHERE code = '06D';"
                         "UPDATE a SET name = 'Rolla' WHERE code = '00M'")
        self.assertIn("equal: 3 rows", self.repair().stdout)
        self.assertEqual(sorted(self.dump("d.db").splitlines()), sorted(expected.splitlines()))

    def test_without_a_key_or_in_a_file_it_is_refused(self):
        self.sql("d.db", "CREATE TABLE b (iata TEXT, name TEXT, city TEXT, latitude TEXT)")
        done = self.refused(2, "has no key", "compare", "airports.csv", "d.db:b", "--repair")
        self.assertIn("honk copy airports.csv d.db:b --replace", done.stderr)
        self.write("b.csv", "iata,name,city,latitude\n")
        self.refused(2, "copy it anew", "compare", "airports.csv", "b.csv", "--repair")
        self.write("twice.csv", "iata,name,latitude,city\nA,x,1,\nA,y,2,\n")
        self.refused(2, "share a key", "compare", "twice.csv", "d.db:a", "-m", "m.yaml", "--repair")


class ColumnsThatAreComputed(WithoutServer):
    def test_a_generated_column_is_written_where_nothing_computes_it(self):
        self.sql("d.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, twice INTEGER GENERATED ALWAYS AS (id * 2) STORED); "
                         "INSERT INTO a (id) VALUES (1), (2)")
        for name in ("a.ndjson", "a.csv", "a.json", "e.db:a"):
            self.copy("d.db:a", name)
            self.compare("d.db:a", name)
        self.assertEqual([json.loads(line) for line in (self.folder / "a.ndjson").read_text().splitlines()],
                         [{"id": 1, "twice": 2}, {"id": 2, "twice": 4}])


class RowsThatDoNotFit(WithoutServer):
    def rejected(self, name="a.rejected.ndjson"):
        return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]

    def test_they_are_left_out_and_written_down_with_the_reason(self):
        self.write("rows.csv", "id,day\n1,2024-02-29\n2,2023-02-29\n2,2024-01-01\n1,2024-01-01\n,2024-01-01\n7\n")
        self.sql("d.db", "CREATE TABLE a (id INTEGER NOT NULL UNIQUE, day DATE)")
        done = self.copy("rows.csv", "d.db:a")
        self.assertIn("a.rejected.ndjson", done.stdout)
        self.assertIn("2 rows copied", done.stdout)
        self.assertEqual(self.sql("d.db", "SELECT * FROM a ORDER BY 1"), "1|2024-02-29\n2|2024-01-01")
        rejected = sorted(self.rejected(), key=lambda r: r["row"])
        self.assertEqual([r["row"] for r in rejected], [2, 4, 5, 6])
        self.assertEqual(rejected[0]["record"], {"id": "2", "day": "2023-02-29"})
        for row, word in zip(rejected, ["2023-02-29", "already taken by row 1", "NULL", "1 field, expected 2"]):
            self.assertIn(word, row["reason"])
        self.assert_clean("d.db")

    def test_a_small_source_of_which_no_row_fits_is_a_failure_unless_somebody_says_how_many_may_be_left_out(self):
        self.write("rows.csv", "id,day\n1,2023-02-29\n2,2023-02-30\n")
        self.sql("d.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, day DATE)")
        before = self.dump("d.db")
        done = self.refused(7, "no row fits (2 were read), so nothing was copied", "copy", "rows.csv", "d.db:a")
        self.assertIn("--budget 2", done.stderr)
        self.assertIn("no row that was read fits", " ".join(self.copy("rows.csv", "d.db:a", "--dry-run").stdout.split()))
        self.assertEqual(self.dump("d.db"), before)
        done = self.copy("rows.csv", "d.db:a", "--budget", "2")
        self.assertIn("nothing was copied from rows.csv: d.db:a is empty, as no row fits", done.stdout)
        self.assertNotIn("found equal", done.stdout)
        self.write("m.yaml", "{apiVersion: honk/v1, kind: Mapping, source: rows, target: a, columns: {id: id, day: day}, "
                             "quarantine: {rows_max: 9}}\n")
        self.copy("rows.csv", "d.db:a", "-m", "m.yaml")

    def test_more_than_the_budget_is_a_failure_that_leaves_the_target_alone(self):
        self.sql("d.db", "CREATE TABLE a (iata TEXT, latitude INTEGER CHECK (latitude > 0)); INSERT INTO a VALUES ('x', 1)")
        before = self.dump("d.db")
        done = self.refused(7, "3 rows do not fit, more than the budget allows", "copy", "airports.csv", "d.db:a",
                            "--replace", "--budget", "2", "--rejected", "bad.ndjson")
        self.assertIn("--budget 3", done.stderr)
        self.assertEqual(len(self.rejected("bad.ndjson")), 3)
        self.assertEqual(self.dump("d.db"), before)
        self.copy("airports.csv", "d.db:a", "--replace", "--budget", "3")
        self.assertEqual(self.sql("d.db", "SELECT count(*) FROM a"), "0")

    def test_a_column_that_must_be_filled_is_told_before_the_first_row(self):
        self.sql("d.db", "CREATE TABLE a (iata TEXT, must TEXT NOT NULL)")
        done = self.refused(2, "target column 'must' does not allow NULL", "copy", "airports.csv", "d.db:a")
        self.assertNotIn("stay behind", done.stderr)
        self.sql("d.db", "CREATE TABLE b (other TEXT)")
        self.refused(2, "no column in common", "copy", "airports.csv", "d.db:b")

    def test_a_view_cannot_be_replaced(self):
        self.sql("d.db", "CREATE TABLE a (iata TEXT); CREATE VIEW v AS SELECT * FROM a")
        self.refused(2, "'v' is a view, which cannot be replaced", "copy", "airports.csv", "d.db:v")
        self.assert_clean("d.db")

    def test_missing_parents_are_put_aside(self):
        self.sql("d.db", "CREATE TABLE p (id TEXT PRIMARY KEY); INSERT INTO p VALUES ('00M'), ('01G');"
                         "CREATE TABLE a (iata TEXT REFERENCES p (id), name TEXT)")
        self.copy("airports.csv", "d.db:a")
        self.assertEqual([r["record"]["iata"] for r in self.rejected()], ["06D"])
        self.assertIn("foreign key", self.rejected()[0]["reason"])


class WhatIsPutAside(WithoutServer):
    def test_a_broken_line_is_shown_whole_with_nul_in_it(self):
        self.write("s.csv", "id,a\n1,x\0y,z\n2,ok\n")
        self.copy("s.csv", "d.db:t", "--rejected", "aside.ndjson")
        self.assertEqual(json.loads((self.folder / "aside.ndjson").read_text())["record"]["raw"], "1,x\\x00y,z\\n")

    def test_bytes_that_a_file_cannot_keep_are_not_said_to_be_in_another_encoding(self):
        self.sql("d.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB); INSERT INTO t VALUES (1, x'c328'), (2, x'41')")
        for file in ("t.csv", "t.ndjson"):
            said = self.copy("d.db:t", file).stdout
            self.assertIn("column 'b': byte 1 (0xc3) is not UTF-8, and bytes are kept only where they are a text", " ".join(said.split()))


class Trouble(WithoutServer):
    ROWS = 400000

    def make_big(self):
        self.sql("big.db", f"CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT); WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL"
                           f" SELECT i + 1 FROM c WHERE i < {self.ROWS}) INSERT INTO t SELECT i, 'text ' || i FROM c")
        self.sql("d.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT UNIQUE); INSERT INTO t VALUES (0, 'old')")

    def begin(self, *words, pair=("big.db:t", "d.db:t")):
        """A copy that has begun to write: its staging table is there."""
        process = subprocess.Popen([support.HONK, "copy", *pair, "--replace", *words], cwd=self.folder,
                                   env=self.project.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        file = pair[1].split(":")[0]
        self.assertTrue(support.eventually(lambda: (self.folder / file).exists() and "honk" in self.sql(file, ".tables")
                                           or process.poll() is not None))
        self.assertIsNone(process.poll(), "the copy was over before it could be disturbed")
        return process

    def between_its_transactions(self, process, sql):
        """Who only waited for the lock might get it when all is over."""
        def done():
            process.send_signal(signal.SIGSTOP)
            try:
                with sqlite3.connect(self.folder / "d.db", timeout=0) as db:
                    db.execute(sql)
                return True
            except sqlite3.OperationalError:
                return False
            finally:
                process.send_signal(signal.SIGCONT)
        self.assertTrue(support.eventually(done, every=0.001))

    def test_an_interrupted_copy_leaves_the_target_as_it_was(self):
        self.make_big()
        before = self.dump("d.db")
        process = self.begin()
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=support.WAIT_S)
        self.assertEqual(process.returncode, 130, out + errors)
        self.assertIn("stopped; 'd.db:t' is as it was before", out)
        self.assertEqual(self.dump("d.db"), before)

    def test_the_file_that_somebody_else_has_locked_is_named_with_what_to_do(self):
        self.make_big()
        self.write("honk.yaml", "stores: { from: { driver: sqlite, path: big.db, timeout_ms: 200 }, to: { driver: sqlite, path: d.db, timeout_ms: 200 } }\n")
        for name in ("big.db", "d.db"):
            with contextlib.closing(sqlite3.connect(self.folder / name, isolation_level=None)) as db:
                db.execute("BEGIN EXCLUSIVE")
                done = self.copy("from:t", "to:t", "--replace", status=5)
            self.assertRegex(done.stderr, f"/{name}' is locked by another program: process {os.getpid()} \\([^)]+\\), and was so for [0-9]+ ms: end the transaction")
            self.copy("from:t", "to:t", "--replace")

    def test_after_a_killed_copy_the_next_one_starts_afresh_and_says_so(self):
        self.make_big()
        process = self.begin()
        process.kill()
        process.wait()
        self.assertEqual(self.sql("d.db", "SELECT * FROM t"), "0|old")
        done = self.copy("big.db:t", "d.db:t", "--replace")
        self.assertIn("this one starts afresh", done.stdout)
        self.assertEqual(self.sql("d.db", "SELECT count(*), sum(id) FROM t"),
                         f"{self.ROWS}|{self.ROWS * (self.ROWS + 1) // 2}")
        self.assert_clean("d.db")

    def test_a_target_that_gets_a_column_meanwhile_keeps_it(self):
        self.make_big()
        process = self.begin()
        self.between_its_transactions(process, "ALTER TABLE t ADD COLUMN late")
        out, errors = process.communicate(timeout=support.WAIT_S)
        self.assertEqual(process.returncode, 8, out + errors)
        self.assertIn("column 'late'", errors)
        self.assertIn("copy again", errors)
        self.assertEqual(self.sql("d.db", "SELECT id, text, late FROM t"), "0|old|")
        self.assert_clean("d.db")

    def test_what_a_copy_that_was_killed_after_its_swap_left_is_cleared(self):
        self.copy("airports.csv", "d.db:t")
        self.sql("d.db", "CREATE TABLE t__honk_copy_kept AS SELECT * FROM t")
        done = self.copy("airports.csv", "d.db:t", "--replace")
        self.assertIn("clearing up behind it", done.stdout)
        self.assert_clean("d.db")

    def test_an_address_that_is_nearly_right_is_told_how_it_is_written(self):
        self.refused(2, "does not say which rows", "copy", "rediss://127.0.0.1:6380/0", "d.db:t")
        self.refused(2, "does not belong into a command", "copy", "rediss://me:s3cr3t@127.0.0.1:6380/0/users:{id}", "d.db:t")
        self.refused(5, "127.0.0.1:1/0", "copy", "rediss://127.0.0.1:1/0/users:{id}", "d.db:t")
        self.refused(2, "expected postgres:DATABASE:TABLE", "copy", "postgresql://localhost/shop", "d.db:t")
        for scheme in ("postgres", "postgresql"):
            self.refused(2, "a password does not belong in a command line", "copy", f"{scheme}://me:s3cr3t@localhost/shop:users", "d.db:t")
            self.refused(5, "port 1 failed", "copy", f"{scheme}://127.0.0.1:1/shop:users", "d.db:t")

    def test_a_frozen_source_is_free_again_afterwards(self):
        self.sql("s.db", "CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        before = self.dump("s.db")
        self.copy("s.db:t", "d.db:t", "--freeze")
        self.assertEqual(self.dump("s.db"), before)
        self.refused(2, "cannot stop writers", "copy", "airports.csv", "d.db:a", "--freeze")

    def test_a_source_that_a_killed_copy_left_frozen_is_let_go_by_the_next_one(self):
        self.make_big()
        before = self.dump("big.db")
        process = self.begin("--freeze")
        process.kill()
        process.wait()
        with contextlib.closing(sqlite3.connect(self.folder / "big.db")) as writer, \
                self.assertRaisesRegex(sqlite3.IntegrityError, "is copying 't' to 'd.db:t': write again once it has ended"):
            writer.execute("DELETE FROM t")
        other = self.copy("big.db:t", "other.db:t")
        self.assertIn("'big.db:t' is frozen, and stays so: writers hear", other.stdout)
        done = self.copy("big.db:t", "d.db:t", "--replace")
        self.assertIn("kept writers out of 'big.db:t'; they may write again", done.stdout)
        self.assertEqual(self.dump("big.db"), before)

    def test_a_source_that_somebody_else_froze_stays_frozen_however_often_a_killed_copy_is_repeated(self):
        self.make_big()
        for pair in (("big.db:t", "e.db:t"), ("big.db:t", "d.db:t")):
            process = self.begin("--freeze", pair=pair)
            process.kill()
            process.wait()
        frozen = self.dump("big.db")
        done = self.copy("big.db:t", "d.db:t", "--freeze", "--replace")
        self.assertIn("an earlier copy did not end", done.stdout)
        self.assertIn("'big.db:t' is frozen, and stays so: writers hear", done.stdout)
        self.assertEqual(self.dump("big.db"), frozen)
        with contextlib.closing(sqlite3.connect(self.folder / "big.db")) as writer, \
                self.assertRaisesRegex(sqlite3.IntegrityError, "is copying 't' to 'e.db:t'"):
            writer.execute("DELETE FROM t")

    def honk_as_nobody(self, *words):
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run([support.HONK, *words], cwd=self.folder, env=self.project.env, capture_output=True, text=True,
                              timeout=support.WAIT_S, **user)

    def test_files_that_may_only_be_read_are_read_and_not_written(self):
        if os.geteuid() == 0 and not os.access(support.HONK, os.X_OK):
            self.skipTest("nobody may not run the program")
        self.sql("s.db", "CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        os.chmod(self.folder, 0o755)
        os.chmod(self.folder / "s.db", 0o444)
        (self.folder / "out").mkdir()
        os.chmod(self.folder / "out", 0o777)
        try:
            done = self.honk_as_nobody("--version")
        except PermissionError: # the checkout lies in a folder of root's own
            self.skipTest("nobody may not run the program")
        if os.geteuid() != 0:
            os.chmod(self.folder, 0o555)
            self.addCleanup(os.chmod, self.folder, 0o755)
        done = self.honk_as_nobody("copy", "s.db:t", "out/d.db:t")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.honk_as_nobody("copy", "airports.csv", "s.db:airports")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("readonly", done.stderr)
        done = self.honk_as_nobody("copy", "airports.csv", "new.db:airports")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("new.db", done.stderr)


class Comparing(WithoutServer):
    def setUp(self):
        super().setUp()
        self.sql("d.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT, \"a b $\" REAL); INSERT INTO a VALUES"
                         " (1, 'x', 1.5), (2, 'y', NULL), (3, 'ü', 3), (4, 'z', 4);"
                         "CREATE TABLE b (id INTEGER PRIMARY KEY, name TEXT, \"a b $\" REAL); INSERT INTO b SELECT * FROM a")

    def test_equal_rows_are_equal_in_any_order(self):
        self.sql("d.db", "CREATE TABLE c AS SELECT * FROM a ORDER BY id DESC")
        for target in ("d.db:b", "d.db:c"):
            self.assertIn("equal: 4 rows in both", self.compare("d.db:a", target).stdout)
        self.assertTrue(json.loads(self.compare("d.db:a", "d.db:b", "--json").stdout)["equal"])

    def test_missing_extra_and_different_rows_are_shown_by_column(self):
        self.sql("d.db", "DELETE FROM b WHERE id = 1; UPDATE b SET name = NULL, \"a b $\" = 9 WHERE id = 3;"
                         "INSERT INTO b VALUES (8, 'new', 8)")
        done = self.compare("d.db:a", "d.db:b", status=7)
        self.assertRegex(done.stdout, r"different: id '3'\n.*\n +name +'ü' +NULL\n +a b \$ +'3' +'9'\n")
        self.assertRegex(done.stdout, r"missing in d.db:b: id '1'\n +column +value\n +id +'1'\n +name +'x'\n")
        self.assertRegex(done.stdout, r"only in d.db:b: id '8'\n")
        self.assertIn("1 row is missing, 1 row is only in the target, 1 row differs", done.stdout)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)
        answer = json.loads(self.compare("d.db:a", "d.db:b", "--json", status=7).stdout)
        self.assertEqual((answer["rows_missing"], answer["rows_extra"], answer["rows_differing"]), (1, 1, 1))
        self.assertEqual({d["what"]: d["key"] for d in answer["differences"]},
                         {"missing": {"id": "1"}, "extra": {"id": "8"}, "differs": {"id": "3"}})

    def test_as_many_rows_as_asked_for_are_shown_and_all_are_counted(self):
        self.sql("d.db", "UPDATE b SET name = 'changed'")
        answer = json.loads(self.compare("d.db:a", "d.db:b", "--rows", "2", "--json", status=7).stdout)
        self.assertEqual((len(answer["differences"]), answer["rows_differing"], answer["is_complete"]), (2, 4, True))

    def test_values_of_any_length_stay_within_the_line(self):
        self.sql("d.db", "UPDATE b SET name = printf('%.5000c', 'x') WHERE id = 1")
        done = self.compare("d.db:a", "d.db:b", status=7)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)

    def test_columns_of_one_side_only_are_named_and_not_compared(self):
        self.sql("d.db", "ALTER TABLE b ADD COLUMN more TEXT; ALTER TABLE a ADD COLUMN older TEXT")
        done = self.compare("d.db:a", "d.db:b")
        self.assertIn("only in d.db:a, not compared: older", done.stdout)
        self.assertIn("only in d.db:b, not compared: more", done.stdout)
        self.assertRegex(done.stdout, r"equal in \d columns: \d+ rows in both")
        answer = json.loads(self.compare("d.db:a", "d.db:b", "--json").stdout)
        self.assertTrue(answer["has_other_columns"])
        self.assertIn(f"equal in {answer['columns_compared']} columns:", done.stdout)

    def test_rows_that_a_copy_has_put_aside_are_told_from_missing_ones(self):
        self.write("u.csv", "id,email\n1,a@x\n2,a@x\n3,c@x\n3,d@x\n4,e@x\n4,e@x\n")
        self.sql("u.db", "CREATE TABLE u (id INTEGER PRIMARY KEY, email TEXT UNIQUE)")
        self.copy("u.csv", "u.db:u")
        file = "u.rejected.ndjson"
        self.assertIn(f"--rejected {file} tells those from missing ones", self.compare("u.csv", "u.db:u", status=7).stdout)
        done = self.compare("u.csv", "u.db:u", "--rejected", file)
        self.assertRegex(done.stdout, r"3 rows of u.csv were put aside.*not expected in u.db:u:\n +id '2': email \('a@x'\) is already taken by row 1\n")
        self.assertIn("equal: 3 rows in both", done.stdout)
        self.sql("u.db", "UPDATE u SET email = 'd@x' WHERE id = 3; DELETE FROM u WHERE id = 4")
        answer = json.loads(self.compare("u.csv", "u.db:u", "--rejected", file, "--json", status=7).stdout)
        self.assertEqual((answer["rows_aside"], answer["rows_missing"], answer["rows_extra"], answer["rows_differing"]), (2, 2, 0, 0))
        self.assertEqual([row["key"]["id"] for row in answer["differences"]], ["3", "4"])
        self.write("u.csv", "id,email\n1,a@x\n2,mended@x\n3,d@x\n")
        self.assertIn("missing in u.db:u: id '2'", self.compare("u.csv", "u.db:u", "--rejected", file, status=7).stdout)
        self.assertIn("equal", self.compare("u.csv", "u.db:u", "--rejected", file, "--repair").stdout)
        self.write("other.ndjson", '{"id": 1}\n')
        self.refused(2, "other.ndjson, line 1: no row that was put aside", "compare", "u.csv", "u.db:u", "--rejected", "other.ndjson")

    def test_a_text_with_nul_that_was_put_aside_is_known_again(self):
        self.sql("n.db", "CREATE TABLE n (id INTEGER PRIMARY KEY, t TEXT); INSERT INTO n VALUES (1, 'a'), (2, 'b' || char(0) || 'c')")
        self.copy("n.db:n", "n.csv")
        self.assertIn("equal: 1 row in both", self.compare("n.db:n", "n.csv", "--rejected", "n.csv.rejected.ndjson").stdout)

    def test_rows_that_a_migration_has_put_aside_are_known_by_its_plan(self):
        world = small_world.World()
        self.addCleanup(world.close)
        with sqlite3.connect(world.db) as db:
            db.execute("CREATE TABLE users_v2 (user_id INTEGER PRIMARY KEY, full_name TEXT, country TEXT, tier TEXT, CHECK (user_id % 100 <> 0))")
        world.serve()
        plan = world.move(world.migration(), "user:default/ada", "user:default/bo")["id"]
        pair = ("compare", "users-v1", "users-v2", "--mapping", "mappings/users.yaml")
        self.assertIn("3 rows are missing", world.honk(*pair, check=False).stdout)
        self.assertIn(f"--rejected {plan} tells", " ".join(world.honk("status", "users-v2-migration").stdout.split()))
        done = world.honk(*pair, "--rejected", plan)
        self.assertIn("user_id '100': it breaks the check 'user_id % 100 <> 0'", done.stdout)
        self.assertIn("equal: 297 rows in both", done.stdout)
        world.change("DELETE FROM users_v2 WHERE user_id = 7")
        self.assertIn("1 row is missing", world.honk(*pair, "--rejected", plan, check=False).stdout)
        self.assertIn("the plan 'm-none' has put no row aside in the store of 'users-v2'",
                      world.honk(*pair, "--rejected", "m-none", check=False).stderr)

    def test_a_row_that_does_not_read_as_its_type_is_a_difference(self):
        self.sql("d.db", "UPDATE b SET \"a b $\" = 'many' WHERE id = 4")
        self.assertIn("not equal", self.compare("d.db:a", "d.db:b", status=7).stdout)

    def test_rows_of_the_target_that_cannot_be_read_are_told(self):
        self.write("t.ndjson", '{"id": "1"}\n{"id": 2, "id": 3}\n')
        self.write("s.ndjson", '{"id": "1"}\n')
        done = self.compare("s.ndjson", "t.ndjson", status=7)
        self.assertIn("1 row of t.ndjson cannot be read, and is compared with none: row 2: line 2: 'id' comes twice", " ".join(done.stdout.split()))
        self.assertNotIn("\n\n", done.stdout)
        self.assertEqual(json.loads(self.compare("s.ndjson", "t.ndjson", "--json", status=7).stdout)["rows_unreadable"], 1)

    def test_comparing_writes_nothing(self):
        before = (self.folder / "d.db").read_bytes()
        self.sql("d.db", "PRAGMA user_version")
        self.compare("d.db:a", "d.db:b")
        self.assertEqual((self.folder / "d.db").read_bytes(), before)

    def test_what_is_not_there_cannot_be_compared(self):
        self.refused(4, "there is no table or view 'c'", "compare", "d.db:a", "d.db:c")
        self.refused(4, "there is no file 'e.db'", "compare", "d.db:a", "e.db:c")
        self.write("other.csv", "x,y\n1,2\n")
        self.refused(2, "no column in common", "compare", "d.db:a", "other.csv")


if __name__ == "__main__":
    unittest.main()
