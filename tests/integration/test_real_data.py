"""Real files into typed SQLite tables, by hand as a user would, and back again.

The files are those of HONK_TEST_DATA (or of a folder `shared/data` beside the repository); without them, small
likenesses made here take their place, which are tried in any case. Broken copies put their broken rows aside.
"""
import csv
import io
import json
import os
import pathlib
import unittest
from datetime import datetime

import support

DATA = pathlib.Path(os.environ.get("HONK_TEST_DATA")
                    or pathlib.Path(support.__file__).resolve().parents[3] / "shared" / "data")


class Case:
    """One file: a likeness of it, its mapping, its target, and how Python reads a record."""

    def __init__(self, name, file, likeness, broken, mapping, expected, ddl=None):
        self.name, self.file, self.likeness, self.broken = name, file, likeness, broken
        self.mapping, self.expected, self.ddl = mapping, expected, ddl
        self.store = "lines" if file.endswith(".json") else "files"

    def records(self, text):
        return json.loads(text) if self.file.endswith(".json") else list(csv.DictReader(io.StringIO(text)))


def number(text, kind=int):
    return None if text in ("", None) else kind(text)


AIRPORTS = Case(
    "airports", "airports.csv",
    likeness='iata,name,city,state,country,latitude,longitude\n'
             '00M,Thigpen,Bay Springs,MS,USA,31.95376472,-89.23450472\n'
             '01G,"Perry-Warsaw, ""Old"" Field",Perry,NY,USA,42.74134667,-78.05208056\n'
             '06D,Rolla Municipal,Rolla,ND,USA,48.88434111,-99.62087694\n',
    broken=[("00X,Nowhere,Nowhere,XX,USA,north,-1.0\n", "latitude", "north")],
    ddl="CREATE TABLE airports (code TEXT PRIMARY KEY, name TEXT NOT NULL, city TEXT, state TEXT, country TEXT,"
        " latitude REAL NOT NULL, longitude REAL NOT NULL); CREATE INDEX airports_state ON airports (state)",
    mapping="""
columns:
  code:      { from: iata }
  name:      { from: name }
  city:      { from: city }
  state:     { from: state }
  country:   { from: country }
  latitude:  { from: latitude, type: float }
  longitude: { from: longitude, type: float }
key: [ code ]
""",
    expected=lambda at, r: (r["iata"], r["name"], r["city"], r["state"], r["country"], float(r["latitude"]),
                            float(r["longitude"])))

ZIPCODES = Case(
    "zipcodes", "zipcodes.csv",
    likeness="zip_code,latitude,longitude,city,state,county\n"
             "00501,40.922326,-72.637078,Holtsville,NY,Suffolk\n00544,40.922326,-72.637078,Holtsville,NY,Suffolk\n"
             "99950,55.542007,-131.432682,Ketchikan,AK,Ketchikan Gateway\n",
    broken=[("00777,,-72.0,Nowhere,NY,Nowhere\n", "latitude", "")],
    ddl="CREATE TABLE zipcodes (zip TEXT PRIMARY KEY CHECK (length(zip) = 5), latitude REAL NOT NULL,"
        " longitude REAL NOT NULL, place TEXT NOT NULL, county TEXT)",
    mapping="""
columns:
  zip:       { from: zip_code }
  latitude:  { from: latitude, type: float }
  longitude: { from: longitude, type: float }
  place:     { concat: [ city, { text: ", " }, state ] }
  county:    { from: county }
key: [ zip ]
""",
    expected=lambda at, r: (r["zip_code"], float(r["latitude"]), float(r["longitude"]), f'{r["city"]}, {r["state"]}',
                            r["county"]))

BIRDSTRIKES = Case(
    "birdstrikes", "birdstrikes.csv",
    likeness="Airport Name,Aircraft Make Model,Effect Amount of damage,Flight Date,Aircraft Airline Operator,Origin State,"
             "Phase of flight,Wildlife Size,Wildlife Species,Time of day,Cost Other,Cost Repair,Cost Total $,"
             "Speed IAS in knots\n"
             "BARKSDALE AIR FORCE BASE ARPT,T-38A,None,1990-01-08,MILITARY,Louisiana,Climb,Large,Turkey vulture,Day,0,0,"
             "0,300\n"
             "CHICAGO O'HARE,B-737,Minor,2000-02-29,SKYWEST,Illinois,Approach,Medium,Unknown bird,Night,0,1200,1200,\n",
    broken=[("X,Y,None,1990-02-30,Z,Ohio,Climb,Large,Gull,Day,0,0,0,300\n", "flight_date", "1990-02-30"),
            ("X,Y,None,1990-02-28,Z,Ohio,Climb,Large,Gull,Day,0,0,0,fast\n", "speed", "fast")],
    mapping="""
columns:
  record:      { from: _row, type: int }
  airport:     { from: "Airport Name" }
  flight_date: { from: "Flight Date", type: date, format: "%Y-%m-%d" }
  species:     { from: "Wildlife Species" }
  cost_total:  { from: "Cost Total $", type: int }
  speed:       { from: "Speed IAS in knots", type: int }
  source:      { const: faa }
dropped:
  Aircraft Make Model:       { why: "not asked for" }
  Effect Amount of damage:   { why: "not asked for" }
  Aircraft Airline Operator: { why: "not asked for" }
  Origin State:              { why: "not asked for" }
  Phase of flight:           { why: "not asked for" }
  Wildlife Size:             { why: "not asked for" }
  Time of day:               { why: "not asked for" }
  Cost Other:                { why: "part of the total" }
  Cost Repair:               { why: "part of the total" }
key: [ record ]
""",
    expected=lambda at, r: (at, r["Airport Name"], r["Flight Date"], r["Wildlife Species"], int(r["Cost Total $"]),
                            number(r["Speed IAS in knots"]), "faa"))

MOVIES = Case(
    "movies", "movies.json",
    likeness='[\n {"Title": "The Land Girls", "US Gross": 146083, "Release Date": "Jun 12 1998", "MPAA Rating": "R",'
             ' "IMDB Rating": 6.1},\n {"Title": 1776, "US Gross": null, "Release Date": "Nov 09 1972",'
             ' "MPAA Rating": null, "IMDB Rating": 7},\n {"Title": "Fünf \\u00d7 \\"zwei\\"", "US Gross": 0,'
             ' "Release Date": "Feb 29 2004", "MPAA Rating": "PG-13", "IMDB Rating": null}\n]\n',
    broken=[('{"Title": "No Such Day", "US Gross": 1, "Release Date": "Feb 30 2001", "MPAA Rating": "R", '
             '"IMDB Rating": 1}', "released", "Feb 30 2001")],
    mapping="""
columns:
  record:   { from: _row, type: int }
  title:    { from: Title, type: text }
  us_gross: { from: "US Gross", type: int }
  released: { from: "Release Date", type: date, format: "%b %d %Y" }
  rating:   { from: "MPAA Rating", values: { Not Rated: unrated }, others: keep, default: unrated }
  imdb:     { from: "IMDB Rating", type: float }
key: [ record ]
""",
    expected=lambda at, r: (at, None if r["Title"] is None else str(r["Title"]), r["US Gross"],
                            datetime.strptime(r["Release Date"], "%b %d %Y").strftime("%Y-%m-%d"),
                            {"Not Rated": "unrated", None: "unrated"}.get(r["MPAA Rating"], r["MPAA Rating"]),
                            None if r["IMDB Rating"] is None else float(r["IMDB Rating"])))

CASES = [AIRPORTS, ZIPCODES, BIRDSTRIKES, MOVIES]

SETTINGS = """
state: .honk
socket: .honk/honk.sock
catalog: [ catalog ]
workers: 2
stores:
  files: { driver: csv, path: data }
  lines: { driver: ndjson, path: data }
  typed: { driver: sqlite, path: typed.db, concurrency: 1 }
policy: { self_approval: true, quorum: 1, plan_ttl: 7d, rollback_window: 24h, soak: 0s, retention: 14d }
roles: { admin: [ local ] }
"""

CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: %(name)s-file, annotations: { honk/dataset-url: "%(store)s:%(file)s" } }
spec: { type: dataset, owner: geo }
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: %(name)s-typed, annotations: { honk/dataset-url: "typed:%(name)s" } }
spec: { type: dataset, owner: geo }
"""

MIGRATION = """
apiVersion: honk/v1
kind: Migration
metadata: { name: %(name)s }
spec:
  owner: geo
  source_dataset: %(name)s-file
  target_dataset: %(name)s-typed
  migration_strategy: schema-transform
  mapping_file: mappings/%(name)s.yaml
"""


class RealData(unittest.TestCase):
    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.write("honk.yaml", SETTINGS)
        self.write("catalog/geo.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: { name: geo }\n"
                                       "spec: { type: team, children: [] }\n")
        for case in CASES:
            values = {"name": case.name, "store": case.store, "file": case.file}
            self.write(f"catalog/{case.name}.yaml", CATALOG % values)
            self.write(f"migrations/{case.name}.yaml", MIGRATION % values)
            self.write(f"mappings/{case.name}.yaml",
                       f"apiVersion: honk/v1\nkind: Mapping\nsource: {case.name}-file\n"
                       f"target: {case.name}-typed\n{case.mapping}")
            if case.ddl:
                self.project.sql("typed.db", case.ddl)

    def write(self, name, text):
        path = self.project.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def structure(self):
        return self.project.sql("typed.db", "SELECT type, name, replace(sql, '\"', '') FROM sqlite_master"
                                            " WHERE name NOT LIKE '\\_honk%' ESCAPE '\\' ORDER BY 1, 2")

    def rows(self, case):
        text = self.project.sql("typed.db", f"SELECT * FROM {case.name} ORDER BY 1", "-json")
        return [tuple(row.values()) for row in json.loads(text or "[]")]

    def move(self, case, text, broken=0):
        self.write(f"data/{case.file}", text)
        before = self.structure()
        self.project.serve()
        self.project.honk("apply", "-f", f"migrations/{case.name}.yaml")
        migration = self.project.move(case.name)
        self.assertEqual(migration["state"], "succeeded", f"{json.dumps(migration, indent=1)}{self.project.log_tail()}")
        self.assertEqual(migration["quarantine"]["rows"], broken)
        return before

    def check_rows(self, case, records):
        found = self.rows(case)
        expected = sorted(case.expected(at, record) for at, record in records)
        self.assertEqual(len(found), len(expected))
        for have, want in zip(found, expected):
            self.assertEqual(have, want)
            self.assertEqual([type(v) for v in have], [type(v) for v in want])

    def roll_back(self, case, before):
        done = self.project.honk("rollback", case.name, "--wait", check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + self.project.log_tail())
        self.assertEqual(self.structure(), before)
        if case.ddl:
            self.assertEqual(self.rows(case), [])

    def whole_way(self, case, text):
        before = self.move(case, text)
        self.check_rows(case, list(enumerate(case.records(text), start=1)))
        self.roll_back(case, before)

    def draft(self, case, text):
        """The first mapping that Honk would write knows every column, and passes its own check."""
        self.write(f"data/{case.file}", text)
        draft = self.project.honk("mapping", "draft", f"{case.store}:{case.file}", f"typed:{case.name}").stdout
        for column in case.records(text)[0]:
            self.assertIn(column, draft)
        self.write("mappings/draft.yaml", draft)

    def broken(self, case):
        """The likeness with broken records at its end: those and no others are put aside, with the reason."""
        bad = [record for record, _, _ in case.broken]
        if case.file.endswith(".json"):
            text = case.likeness.rstrip().rstrip("]").rstrip() + ",\n" + ",\n".join(bad) + "\n]\n"
        else:
            text = case.likeness + "".join(bad)
        good = len(case.records(case.likeness))
        self.move(case, text, broken=len(bad))
        self.check_rows(case, list(enumerate(case.records(case.likeness), start=1)))
        found = json.loads(self.project.sql("typed.db", "SELECT row_id, target_column, reason FROM _honk_quarantine"
                                                        " ORDER BY row_id", "-json"))
        self.assertEqual(len(found), len(bad))
        for at, (row, (_, column, value)) in enumerate(zip(found, case.broken), start=good + 1):
            self.assertEqual((row["row_id"], row["target_column"]), (at, column))
            self.assertIn(value, row["reason"])


def add_tests(case):
    real = DATA / case.file
    setattr(RealData, f"test_{case.name}_likeness_there_and_back", lambda self: self.whole_way(case, case.likeness))
    setattr(RealData, f"test_{case.name}_broken_rows_are_put_aside", lambda self: self.broken(case))
    setattr(RealData, f"test_{case.name}_draft_knows_every_column", lambda self: self.draft(case, case.likeness))
    setattr(RealData, f"test_{case.name}_real_file_there_and_back",
            unittest.skipUnless(real.exists(), f"{real} is not there; HONK_TEST_DATA names a folder with it")(
                lambda self: self.whole_way(case, real.read_text())))


for _case in CASES:
    add_tests(_case)

if __name__ == "__main__":
    unittest.main()
