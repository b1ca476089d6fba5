#!/usr/bin/env python3
"""die-in-files.py [--points N] [--seed N] [--jobs N] [CASE…] - the same as die-at-every-point.py, into files: a table into a CSV
file that is there already, and that file's likeness into a new file of JSON lines; the worker dies.

After each death the run goes on: to its end and back, or back at once. Whoever opens the target meets the old file or the new
one, whole; what it holds is read by Python's csv and json, which use none of our code. At the end the files are byte for byte
what they were, the same files, and nothing of ours lies beside them.

A CASE is PAIR@POINTS:THEN, PAIR csv or lines, the rest as there.
"""
import argparse
import csv
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import tempfile

import driving
import evidence
import support

ROWS = 400
LATE = 100
CONFIG = """
stores:
  shop:  { driver: sqlite, path: listening.db }
  files: { driver: csv, path: files }
  lines: { driver: ndjson, path: files }
catalog: [ catalog.yaml ]
workers: 1
policy: { self_approval: false, quorum: 1, rollback_window: 24h, soak: 0s }
roles:
  approver: [ user:default/bo ]
  operator: [ user:default/ada, user:default/bo ]
  admin: [ local ]
"""
MIGRATION = """
apiVersion: backstage.io/v1beta1
kind: Component
metadata: {{ name: {pair} }}
spec:
  type: dataset-migration
  lifecycle: experimental
  owner: team
  source_dataset: {source}
  target_dataset: {target}
  migration_strategy: schema-transform
  mapping_file: mappings/{pair}.yaml
  consistency: checked
"""
MAPPING = """
apiVersion: honk/v1
kind: Mapping
source: {source}
target: {target}
key: [ id ]
columns:
  id:   {{ from: id, type: int }}
  name: {{ concat: [ first, {{ text: " " }}, last ] }}
  note: {{ from: note }}
"""
PAIRS = {"csv": ("people", "people-csv"), "lines": ("people-old", "people-lines")}
URLS = {"people": "shop:people", "people-csv": "files:people.csv", "people-old": "files:source.csv",
        "people-lines": "lines:people.ndjson"}
OLD = "id,name,note\n7,Old One,kept\n"


def people():
    return [(i, f"First, {i}", f'La"st{i}', None if i % 7 == 0 else "" if i % 5 == 0 else f"line\n{i}") for i in range(1, ROWS + 1)]


def make(folder):
    folder = pathlib.Path(folder)
    for name in "files", "mappings", "migrations":
        (folder / name).mkdir()
    (folder / "honk.yaml").write_text(CONFIG)
    (folder / "catalog.yaml").write_text("".join(driving.DATASET.format(name=name, url=url) for name, url in URLS.items()))
    for pair, (source, target) in PAIRS.items():
        (folder / "mappings" / f"{pair}.yaml").write_text(MAPPING.format(source=source, target=target))
        (folder / "migrations" / f"{pair}.yaml").write_text(MIGRATION.format(pair=pair, source=source, target=target))
    with sqlite3.connect(folder / "listening.db") as store:
        store.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, first TEXT, last TEXT, note TEXT)")
        store.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", people())
    store.close()
    (folder / "files" / "people.csv").write_text(OLD)
    with open(folder / "files" / "source.csv", "w", newline="") as file:
        file.write("id,first,last,note\n")
        for row in people():
            file.write(",".join("" if cell is None else '"' + str(cell).replace('"', '""') + '"' for cell in row) + "\n")


def files_of(folder):
    """Every file, hidden ones too, with its inode and bytes."""
    root = folder / "files"
    return {str(path.relative_to(root)): (path.stat().st_ino, path.read_bytes()) for path in sorted(root.rglob("*")) if path.is_file()}


class Case(driving.Case):
    def __init__(self, text, template, before):
        match = re.fullmatch(r"(csv|lines)@([0-9+/,]*):(finish|back)", text)
        if match is None:
            raise SystemExit(f"'{text}' is no case: expected for example csv@34+:back")
        self.text, self.template, self.before = text, template, before
        self.pair, self.points, self.then = match.groups()
        self.why = ""

    def run(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-die-"))
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)
        self.files = files_of(self.folder)
        self.counter = driving.Counter(self.folder / "calls", "worker", self.points)
        self.project = support.Project(self.folder)
        return self.run_in(self.folder, self.project.kill)

    def has_died(self):
        self.look()
        return super().has_died()

    def rows(self):
        """What the target holds, as Python reads it; None when it is the old one, or is not there."""
        if self.pair == "lines":
            path = self.folder / "files" / "people.ndjson"
            if not path.exists():
                return None
            return [(row["id"], row["name"], row["note"]) for row in map(json.loads, path.read_text().splitlines())]
        text = (self.folder / "files" / "people.csv").read_bytes().decode()
        if text == OLD:
            return None
        evidence.need(text.startswith("id,name,note\n"), f"no header: {text[:60]!r}")
        return [(int(row[0]), row[1], row[2]) for row in list(csv.reader(text.splitlines(keepends=True)))[1:]]

    def look(self):
        rows = self.rows()
        if rows is None:
            return False
        empty = "" if self.pair == "csv" else None  # Python's reader knows no NULL
        expected = [(i, f"{first} {last}", empty if note is None else note) for i, first, last, note in people()]
        evidence.need(sorted(rows) == expected, f"{len(rows)} rows, and not those that should be there")
        return True

    def drive(self):
        driver = driving.Driver(self.project, self.counter.env)
        driver.serving()
        driver.move(self.pair, ("-f", f"migrations/{self.pair}.yaml"), is_over=lambda: self.has_died() and self.then == "back")
        if not (self.then == "back" and self.has_died()):
            evidence.need(self.look(), "the new file is not in its place")
        driver.roll_back(self.pair, is_over=lambda: self.look() and False)
        evidence.need(self.project.stop() in (0, -9), "the server did not stop in order")
        now = files_of(self.folder)
        evidence.need(now == self.files, f"files that are not as they were: {sorted(set(now.items()) ^ set(self.files.items()))[:4]}")
        evidence.same(self.before, self.folder / "listening.db")
        evidence.state_sound(self.folder / ".honk", {"rolled_back", "cancelled"})


def endings(call, kind):
    yield f"{call}"
    if kind in "sr":
        yield f"{call}+"
    if kind in "ws":
        yield f"{call}/"


def cases_of(pair, kinds, count):
    points = [ending for call, kind in enumerate(kinds, 1) for ending in endings(call, kind)]
    if count:
        points = [points[(len(points) - 1) * i // max(count - 1, 1)] for i in range(count)]
    else:
        points.append(f"{len(kinds) * 2 + LATE}")
    return [f"{pair}@{point}:{('finish', 'back')[i % 2]}" for i, point in enumerate(points)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--points", type=int, help="how many points to try for each pair; all without it")
    parser.add_argument("--doubles", type=int, default=60, help="how many pairs of points for each pair of stores")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="of the pairs of points")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) * 2, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    driving.take_along("honk-die-")
    tap = driving.Tap()
    with tempfile.TemporaryDirectory(prefix="honk-die-template-") as template:
        make(template)
        suite = driving.Suite(Case, tap, options.jobs, template, evidence.dump(pathlib.Path(template) / "listening.db"))
        if options.cases:
            suite.run(options.cases)
            tap.end()
        print(f"# seed {options.seed}", flush=True)
        chance = random.Random(options.seed)
        for pair in PAIRS:
            case = suite.run([f"{pair}@:finish"])[0]
            tap.say(case.calls > 60 and set("wyr") <= set(case.kinds), f"{pair} makes {case.calls} calls when nothing dies")
            cases = cases_of(pair, case.kinds, options.points)
            for _ in range(0 if options.points else options.doubles):
                first = chance.randint(1, len(case.kinds))
                cases.append(f"{pair}@{first},{first + chance.randint(1, 60)}:{chance.choice(('finish', 'back'))}")
            done = suite.run(cases)
            tap.say(options.points or any(case.met == 0 for case in done), f"{pair} survives in the end")
    tap.end()


main()
