"""Queries of our own over the demo company's kind of tables and real files: rewritten, each gives the rows that it gave.

Half of all columns get new names, of which many are what others of these tables were called, or functions, or aliases of the
queries (oracle/*.sql). The files are those of HONK_TEST_DATA (or of a folder `shared/data` beside the repository); without them,
rows made here take their place.
"""
import csv
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import unittest

import support

HERE = pathlib.Path(__file__).resolve().parent
DATA = pathlib.Path(os.environ.get("HONK_TEST_DATA") or HERE.parents[2] / "shared" / "data")
ROWS_MAX = 3000  # of a file, so that queries take milliseconds
QUERIES_LEAST = 150

# table: its new name, the columns as they are with their types, those that get new names
TABLES = {
    "users": ("members", "id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, email TEXT, country_code TEXT, created TEXT, birth_year INT, plan TEXT",
              {"id": "member_id", "email": "mail", "country_code": "country", "created": "joined", "plan": "state"}),
    "streams": ("plays", "stream_id INTEGER PRIMARY KEY, user_id INT, track TEXT, artist TEXT, started TEXT, seconds INT, device TEXT",
                {"user_id": "id", "track": "title", "started": "at", "seconds": "length"}),
    "airports": ("fields", "iata TEXT, name TEXT, city TEXT, state TEXT, country TEXT, latitude REAL, longitude REAL",
                 {"iata": "code", "state": "region", "latitude": "lat", "longitude": "lon"}),
    "birdstrikes": ("strikes", "airport_name TEXT, make_model TEXT, damage TEXT, flight_date TEXT, operator TEXT, origin_state TEXT, phase TEXT, size TEXT, "
                    "species TEXT, time_of_day TEXT, cost_other INT, cost_repair INT, cost_total INT, speed INT",
                    {"make_model": "aircraft", "damage": "harm", "flight_date": "date", "origin_state": "state", "size": "count",
                     "cost_repair": "repair", "cost_total": "total"}),
    "zipcodes": ("postcodes", "zip_code TEXT, latitude REAL, longitude REAL, city TEXT, state TEXT, county TEXT",
                 {"zip_code": "code", "city": "town", "county": "district"}),
    "movies": ("films", "title TEXT, us_gross INT, worldwide_gross INT, budget INT, release_date TEXT, rating TEXT, minutes INT, distributor TEXT, genre TEXT, "
               "director TEXT, tomatoes INT, imdb REAL, votes INT",
               {"title": "name", "worldwide_gross": "gross", "release_date": "date", "minutes": "runtime", "distributor": "studio",
                "director": "person", "imdb": "score"}),
}
MOVIE_KEYS = ("Title", "US Gross", "Worldwide Gross", "Production Budget", "Release Date", "MPAA Rating", "Running Time min", "Distributor", "Major Genre",
              "Director", "Rotten Tomatoes Rating", "IMDB Rating", "IMDB Votes")


def columns(table):
    return [column.split()[0] for column in TABLES[table][1].split(", ")]


def users():
    names, countries, plans = ("Ada", "Bo", "Eva", "Ola", "Mia"), ("SE", "UK", "DE", "FR", "US"), ("free", "prem", "fam", None)
    return [(i, names[i % 5], f"Name{i % 37}", f"user{i}@mail.example", countries[i * 7 % 5], f"202{i % 4}-{i % 12 + 1:02}-{i % 28 + 1:02} 10:{i % 60:02}:12",
             1950 + i % 60, plans[i * 3 % 4]) for i in range(1, 401)]


def streams():
    return [(i, i * 17 % 420, f"Track {i % 90}", f"Artist {i % 23}", f"2024-{i % 12 + 1:02}-{i % 28 + 1:02} {i % 24:02}:00:00", 30 + i * 31 % 400,
             ("phone", "web", "car")[i % 3]) for i in range(1, 4001)]


def of_file(name):
    """Its first rows, every value as JSON or CSV has it; None: the file is not there."""
    path = DATA / name
    if not path.exists():
        return None
    if name.endswith(".json"):
        return [tuple(movie.get(key) for key in MOVIE_KEYS) for movie in json.loads(path.read_text())[:ROWS_MAX]]
    with open(path, newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [tuple(None if cell == "" else cell for cell in row) for row, _ in zip(rows, range(ROWS_MAX))]


def made_up(table):
    """In place of a file: texts and numbers that come again, and some that are missing."""
    types = [column.split()[1] for column in TABLES[table][1].split(", ")]

    def cell(i, j):
        if (i + j) % 11 == 0:
            return None
        return f"{columns(table)[j]} {i * (j + 3) % 29}" if types[j] == "TEXT" else i * (j + 5) % 101
    return [tuple(cell(i, j) for j in range(len(types))) for i in range(900)]


def fill(db):
    rows = {"users": users(), "streams": streams()}
    for table, name in (("airports", "airports.csv"), ("birdstrikes", "birdstrikes.csv"), ("zipcodes", "zipcodes.csv"), ("movies", "movies.json")):
        rows[table] = of_file(name) or made_up(table)
    for table, lines in rows.items():
        db.execute(f"CREATE TABLE {table} ({TABLES[table][1]})")
        db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns(table)))})", lines)


def rename(old, new):
    """The same rows under the new names."""
    old.backup(new)
    for table, (name, _, renamed) in TABLES.items():
        # by a name that nobody has, since names trade places
        for column in renamed:
            new.execute(f'ALTER TABLE {table} RENAME COLUMN "{column}" TO "new {column}"')
        for column, now in renamed.items():
            new.execute(f'ALTER TABLE {table} RENAME COLUMN "new {column}" TO "{now}"')
        new.execute(f"ALTER TABLE {table} RENAME TO {name}")


def mapping():
    documents = []
    for table, (name, _, renamed) in TABLES.items():
        rules = "".join(f"  {renamed.get(column, column)}: {column}\n" for column in columns(table))
        documents.append(f"apiVersion: honk/v1\nkind: Mapping\nsource: {table}\ntarget: {name}\ncolumns:\n{rules}")
    return "---\n".join(documents)


def schema():
    words = {"TEXT": "text", "INT": "int", "INTEGER": "int", "REAL": "float"}
    lines = []
    for table, (_, declared, _) in TABLES.items():
        typed = ", ".join(f"{column.split()[0]}: {words[column.split()[1]]}" for column in declared.split(", "))
        lines.append(f"  {table}: {{ {typed} }}\n")
    return "tables:\n" + "".join(lines)


def queries():
    """(file, sentence, reason code of a refusal or None, SQL) of each."""
    found = []
    for path in sorted((HERE / "oracle").glob("*.sql")):
        for text in re.split(r";[ \t]*\n(?:\s*\n|\s*$)", path.read_text()):
            lines = text.strip().split("\n")
            if not lines[0].startswith("-- "):
                continue
            refused = next((line.split(":", 1)[1].strip() for line in lines[1:2] if line.startswith("-- refused:")), None)
            found.append((path.name, lines[0][3:], refused, text.strip() + ";\n"))
    return found


class Rows:
    """What a query gives: names of its columns, in small letters, and its rows, in an order only where it asks for one."""

    def __init__(self, db, sql):
        cursor = db.execute(sql)
        self.names = [column[0].lower() for column in cursor.description]
        rows = cursor.fetchall()
        is_sorted = re.search(r"\bORDER\s+BY\b", without_brackets(sql), re.I) is not None
        self.rows = rows if is_sorted else sorted(rows, key=repr)


def without_brackets(sql):
    """The query without what stands in brackets, comments and texts."""
    sql = re.sub(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", " ", sql, flags=re.S)
    while (shorter := re.sub(r"\([^()]*\)", " ", sql)) != sql:
        sql = shorter
    return sql


class Oracle(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.old, cls.new = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
        cls.addClassCleanup(cls.old.close)
        cls.addClassCleanup(cls.new.close)
        fill(cls.old)
        cls.old.commit()
        rename(cls.old, cls.new)

    def rewrite(self, texts, *options):
        """Each as a file of its own: its new text, and the reason codes of what is refused in it."""
        with tempfile.TemporaryDirectory(prefix="honk-oracle-") as name:
            folder = pathlib.Path(name)
            (folder / "mapping.yaml").write_text(mapping())
            (folder / "schema.yaml").write_text(schema())
            for i, text in enumerate(texts):
                (folder / f"q{i:03}.sql").write_text(text)
            done = subprocess.run([support.HONK, "rewrite", "--mapping", "mapping.yaml", "--schema", "schema.yaml", "--dialect", "sqlite", *options, "--write",
                                   "--json", *(f"q{i:03}.sql" for i in range(len(texts)))], cwd=folder, capture_output=True, text=True, timeout=300)
            self.assertIn(done.returncode, (0, 3), done.stderr)
            files = {file["path"]: file for file in json.loads(done.stdout)["files"]}
            return [((folder / f"q{i:03}.sql").read_text(),
                     {site["code"] for site in files.get(f"q{i:03}.sql", {}).get("sites", ()) if site["disposition"] == "needs_person"})
                    for i in range(len(texts))]

    def test_every_query_gives_the_rows_that_it_gave(self):
        all_of_them, decided = queries(), 0
        rewritten = self.rewrite([sql for _, _, _, sql in all_of_them])
        for (file, sentence, refused, sql), (after, codes) in zip(all_of_them, rewritten):
            with self.subTest(f"{file}: {sentence}"):
                before = Rows(self.old, sql)
                if refused is not None:
                    self.assertIn(refused, codes)
                    self.assertEqual(after, sql)
                    continue
                self.assertEqual(codes, set())
                self.assertNotEqual(after, sql)
                found = Rows(self.new, after)
                self.assertEqual(found.names, before.names, after)
                self.assertEqual(found.rows, before.rows, after)
                decided += 1
        self.assertGreaterEqual(decided, QUERIES_LEAST)

    def test_what_is_rewritten_stays_when_it_is_rewritten_again(self):
        once = self.rewrite([sql for _, _, refused, sql in queries() if refused is None])
        twice = self.rewrite([text for text, _ in once])
        for (text, _), (again, _) in zip(once, twice):
            self.assertEqual(again, text)


if __name__ == "__main__":
    unittest.main()
