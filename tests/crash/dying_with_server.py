"""What die-in-postgres.py and die-in-mariadb.py do: rows move into a database server and back out, from SQLite and inside of one database, with
the server or a worker of Honk killed at its first, second, third… write, sync, rename, commit or send: before, after and half way through
each statement that it sends.

After each death the same run goes on: to its end and back again, or back at once. What comes of it is asked of the server's own clients alone: no
row is lost or doubled, and after the rollback the database is dumped as before, with nothing of ours in it.

A CASE is ROLE@POINTS:THEN as in die-at-every-point.py, and :inside where the source is in the same database. Without cases: every point;
--points N tries N of each role, evenly spread. With :saying=WORDS behind it only statements with these words count, so that a point is the
same one each time.
"""
import argparse
import itertools
import os
import pathlib
import re
import shutil
import tempfile

import driving
import evidence
import support
import small_world

NAME = "users-v2-migration"
ROWS = 300
INSIDE_ROWS = 3000  # as the worlds make them


class Source:
    """A company whose users are here or there, to be copied for each case."""
    numbers = itertools.count(1)

    def __init__(self, server, world, store, database, rows):
        self.server, self.database, self.rows = server, database, rows
        self.world = world(server, store, database=database, rows=ROWS)
        self.world.write("honk.yaml", (self.world.folder / "honk.yaml").read_text() + "workers: 1\n")
        self.world.write(f"migrations/{NAME}.yaml", small_world.MIGRATION.format(
            name=NAME, annotations="", strategy="schema-transform"))
        self.before = self.dump(database)

    def dump(self, database):
        """All but how far sequences are: numbers are never given out twice."""
        return [line for line in self.server.dump(database) if "pg_catalog.setval" not in line]

    def copy(self):
        """A folder and a database of a case's own."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-die-"))
        shutil.copytree(self.world.folder, folder, dirs_exist_ok=True)
        database = f"{self.database}_{next(self.numbers)}"
        self.server.copy(self.database, database)
        return folder, database

    def expected(self):
        return "\n".join(f"{i}|First{i} Last{i}|{('GB', 'SE', 'DE')[i % 3]}|free" for i in range(1, self.rows + 1))


class Case(driving.Case):
    saying = ""  # any statement counts

    def __init__(self, text, sources):
        match = re.fullmatch(r"(serve|worker)@([0-9+/,]*):(finish|back)(:inside)?(?::saying=(.+))?", text)
        if match is None:
            raise SystemExit(f"'{text}' is no case: expected for example worker@34+:back:inside")
        self.text = text
        self.role, self.points, self.then, self.how, saying = match.groups()
        self.saying = saying or ""
        self.source = sources[self.how or ""]
        self.why = ""

    def run(self):
        folder, self.database = self.source.copy()
        self.project = support.Project(folder, env={"SERVER_FOLDER": self.source.server.folder, "DATABASE": self.database})
        self.counter = driving.Counter(folder / "calls", self.role, self.points, saying=self.saying)
        self.run_in(folder, self.project.kill)
        if not self.why:
            self.source.server.drop(self.database)
        return self

    def drive(self):
        driver = driving.Driver(self.project, self.counter.env)
        driver.serving()
        driver.move(NAME, ("-f", f"migrations/{NAME}.yaml"), is_over=lambda: self.then == "back" and self.has_died())
        if not (self.then == "back" and self.has_died()):
            self.look_at_rows()
        driver.roll_back(NAME)
        evidence.need(self.project.stop() in (0, -9), "the server did not stop in order")
        now = self.source.dump(self.database)
        gone, new = set(self.source.before) - set(now), set(now) - set(self.source.before)
        evidence.need(now == self.source.before, f"not as before: gone {list(gone)[:5]}, new {list(new)[:5]}")
        evidence.state_sound(self.project.folder / ".honk", {"rolled_back", "cancelled"})

    def look_at_rows(self):
        rows = self.source.server.sql("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1", self.database)
        evidence.need(rows == self.source.expected(), f"the rows are others: {len(rows.splitlines())} of {self.source.rows}")
        loud = self.source.server.sql("SELECT count(*) FROM loud", self.database)
        evidence.need(int(loud) == self.source.rows // 3, f"the view sees {loud}")

    def outcome(self):
        return self.words or "nothing died"


def between(run, words, count):
    """Behind each statement that says so, to the end and back again: those of the way back are the last."""
    kinds = run([f"worker@:finish:saying={words}"])[0].kinds
    first = 1 if count is None else max(1, len(kinds) - count)
    run([f"worker@{point}+:finish:saying={words}" for point in range(first, len(kinds) + 1)])


def main(doc, server_class, world, saying=None):
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--points", type=int, help="how many points to try for each role; all without it")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) * 2, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    server = server_class()  # before what follows: its folder is somebody else's
    driving.take_along("honk-die-")
    tap = driving.Tap()
    sources = {"": Source(server, world, "listening", "outside", ROWS), ":inside": Source(server, world, "shop", "inside", INSIDE_ROWS)}
    try:
        run = driving.Suite(Case, tap, options.jobs, sources).run
        run(options.cases)
        for role, how in () if options.cases else (("worker", ""), ("worker", ":inside"), ("serve", "")):
            kinds = run([f"{role}@:finish{how}"])[0].kinds
            run([f"{role}@{text}{how}" for text in driving.endings(kinds, driving.picked(len(kinds), options.points))])
        if saying is not None and not options.cases:
            between(run, saying, options.points)
    finally:
        for source in sources.values():
            source.world.close()
        server.close()
    tap.end()
