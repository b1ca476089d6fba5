"""Real files as a newcomer would take them: `honk init`, two entities, a drafted mapping, a typed table, and back.

What must be in the table is computed anew from the file, with Python's csv and json alone. Copies with broken records
are made from the real file; those and no others are put aside. The files are those of HONK_TEST_DATA, or of a folder
`shared/data` beside the checkout.
"""
import csv
import io
import json
import os
import pathlib
import re
import sqlite3
import unittest
from datetime import datetime

import support

DATA = pathlib.Path(os.environ.get("HONK_TEST_DATA")
                    or pathlib.Path(support.__file__).resolve().parents[3] / "shared" / "data")

ENTITIES = """
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {{ name: {name}-file, annotations: {{ honk/dataset-url: "{store}:{file}" }} }}
spec: {{ type: dataset, owner: checkout }}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {{ name: {name}, annotations: {{ honk/dataset-url: "typed:{name}" }} }}
spec: {{ type: dataset, owner: checkout }}
---
apiVersion: honk/v1
kind: Migration
metadata: {{ name: {name}-typed }}
spec:
  owner: checkout
  source_dataset: {name}-file
  target_dataset: {name}
  mapping_file: ../mappings/{name}.yaml
"""


def text(value):
    return None if value in ("", None) else str(value)


def number(kind):
    return lambda value: None if value in ("", None) else kind(value)


def date(pattern):
    return lambda value: datetime.strptime(value, pattern).strftime("%Y-%m-%d")


def plain(name):
    """A column's name as one types it without quotes."""
    return re.sub("_+", "_", re.sub("[^a-z0-9]", "_", name.lower())).strip("_")


class Case:
    """A file: its store, the types that are not text, whether it brings a key, and what breaks it."""

    def __init__(self, file, store, types, key, broken):
        self.name, self.file, self.store = file.split(".")[0], file, store
        self.types, self.key, self.broken = types, key, broken

    def bytes(self):
        return (DATA / self.file).read_bytes()

    def records(self, data):
        return json.loads(data) if self.store == "lines" else list(csv.DictReader(io.StringIO(data.decode())))

    def expected(self, data, first=1):
        """Every row, typed, under the names that its table should have."""
        rows = []
        for at, record in enumerate(self.records(data), start=first):
            row = {} if self.key else {"id": at}
            row.update({plain(name): self.types.get(name, text)(value) for name, value in record.items()})
            rows.append(row)
        return rows

    def cut(self, count):
        """The first records, as a file of their own; each record is one line in these files."""
        lines = self.bytes().splitlines(keepends=True)
        if self.store == "files":
            return b"".join(lines[:count + 1])
        return b"".join(lines[:count + 1]).rstrip().rstrip(b",") + b"\n]\n"

    def spoil(self, data):
        """The broken records behind the good ones."""
        bad = [record for record, _, _ in self.broken]
        if self.store == "files":
            return data + b"".join(record + b"\n" for record in bad)
        return data.rstrip().rstrip(b"]").rstrip() + b",\n" + b",\n".join(bad) + b"\n]\n"


real, whole = number(float), number(int)
CASES = [
    Case("airports.csv", "files", {"latitude": real, "longitude": real}, "iata", [
        (b"ZZ1,Nowhere,Nowhere,XX,USA,north,-1.0", "latitude", "north"),  # letters in a number
        (b"ZZ2,Short,Record", "", "3"),  # missing fields
        (b"00M,Again,Again,MS,USA,31.9,-89.2", "", "already taken by row 1"),  # a key twice
        (b",Nameless,Nowhere,XX,USA,1.0,2.0", "iata", "NULL"),  # a key that is not there
        (b"ZZ3,Caf\xe9,Nowhere,XX,USA,1.0,2.0", "", "UTF-8"),  # Latin-1
    ]),
    Case("zipcodes.csv", "files", {"latitude": real, "longitude": real}, "zip_code", [
        (b"00501,40.9,-72.6,Holtsville,NY,Suffolk", "", "already taken by row 1"),
        (b"00777,4O.9,-72.6,Nowhere,NY,Nowhere", "latitude", "4O.9"),     # the letter O
        (b"00778,40.9,-72.6,Nowhere,NY,Nowhere,more", "", "7"),           # a field too many
    ]),
    Case("birdstrikes.csv", "files",
         {"Flight Date": date("%Y-%m-%d"), "Cost Other": whole, "Cost Repair": whole, "Cost Total $": whole,
          "Speed IAS in knots": whole}, None, [
             (b"X,Y,None,1990-02-30,Z,Ohio,Climb,Large,Gull,Day,0,0,0,300", "flight_date", "1990-02-30"),
             (b"X,Y,None,1990-02-28,Z,Ohio,Climb,Large,Gull,Day,0,0,12k,300", "cost_total", "12k"),
             (b"X,Y,None,yesterday,Z,Ohio,Climb,Large,Gull,Day,0,0,0,300", "flight_date", "yesterday"),
         ]),
    Case("movies.json", "lines",
         {"US Gross": whole, "Worldwide Gross": whole, "US DVD Sales": whole, "Production Budget": whole,
          "Release Date": date("%b %d %Y"), "Running Time min": whole, "Rotten Tomatoes Rating": whole,
          "IMDB Rating": real, "IMDB Votes": whole}, None, [
             (b'{"Title": "No Such Day", "Release Date": "Feb 30 2001"}', "release_date", "Feb 30 2001"),
             (b'{"Title": "Rich", "Release Date": "Feb 03 2001", "US Gross": "lots"}', "us_gross", "lots"),
         ]),
]


@unittest.skipUnless(DATA.is_dir(), f"there is no {DATA}: HONK_TEST_DATA names the folder with the real files")
class RealDrafts(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.project.honk("init")
        settings = self.project.folder / "honk.yaml"
        settings.write_text(settings.read_text().replace("  # lines:", "  lines:").replace(
            "  files: {", "  typed: { driver: sqlite, path: data/typed.db, concurrency: 1 }\n  files: {"))
        self.typed = self.project.folder / "data" / "typed.db"
        with sqlite3.connect(self.typed) as db:
            db.execute("PRAGMA user_version = 5")
            db.execute("CREATE TABLE mine (a)")

    def begin(self, case, data):
        (self.project.folder / "data" / case.file).write_bytes(data)
        entities = self.project.folder / "catalog" / f"{case.name}.yaml"
        entities.write_text(ENTITIES.format(name=case.name, store=case.store, file=case.file))
        mapping = f"mappings/{case.name}.yaml"
        self.project.honk("mapping", "draft", f"{case.name}-file", case.name, "-o", mapping)
        self.assertIn("0 errors", self.project.honk("mapping", "check", mapping).stdout)
        self.project.serve()

    def everything(self):
        with sqlite3.connect(f"file:{self.typed}?mode=ro", uri=True) as db:
            return (db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 2").fetchall(),
                    db.execute("PRAGMA user_version").fetchone())

    def rows(self, case):
        with sqlite3.connect(f"file:{self.typed}?mode=ro", uri=True) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(f"SELECT * FROM {case.name} ORDER BY rowid")]

    def move(self, case):
        migration = self.project.move(f"{case.name}-typed")
        self.assertEqual(migration["state"], "succeeded", f"{json.dumps(migration, indent=1)}{self.project.log_tail()}")
        return migration

    def check_rows(self, case, expected):
        key = case.key or "id"
        found = sorted(self.rows(case), key=lambda row: row[key])
        expected = sorted(expected, key=lambda row: row[key])
        self.assertEqual(len(found), len(expected))
        for have, want in zip(found, expected):
            self.assertEqual(have, {**dict.fromkeys(have), **want})
            self.assertEqual([type(have[name]) for name in want], [type(value) for value in want.values()], have)

    def there_and_back(self, case):
        data = case.bytes()
        self.begin(case, data)
        before = self.everything()
        self.move(case)
        self.check_rows(case, case.expected(data))
        self.project.honk("rollback", f"{case.name}-typed", "--wait")
        self.assertEqual(self.everything(), before)

    def broken_copy(self, case):
        good = case.cut(400)
        self.begin(case, good)  # drafted when all was well; then the broken delivery comes
        (self.project.folder / "data" / case.file).write_bytes(case.spoil(good))
        migration = self.move(case)
        self.assertEqual(migration["quarantine"]["rows"], len(case.broken))
        self.check_rows(case, case.expected(good))
        with sqlite3.connect(f"file:{self.typed}?mode=ro", uri=True) as db:
            aside = db.execute("SELECT row_id, coalesce(target_column, ''), reason FROM _honk_quarantine"
                               " ORDER BY row_id").fetchall()
        self.assertEqual([row_id for row_id, _, _ in aside], [401 + at for at in range(len(case.broken))], aside)
        for (_, column, reason), (_, wanted, word) in zip(aside, case.broken):
            self.assertEqual(column, wanted, reason)
            self.assertIn(word, reason)


for _case in CASES:
    setattr(RealDrafts, f"test_{_case.name}_drafted_moved_and_put_back",
            lambda self, case=_case: self.there_and_back(case))
    setattr(RealDrafts, f"test_{_case.name}_broken_records_are_put_aside_with_their_reason",
            lambda self, case=_case: self.broken_copy(case))

if __name__ == "__main__":
    unittest.main()
