#!/usr/bin/env python3
"""die-in-pairs.py [--points N] [--pairs N] [--jobs N] [CASE…] - rows move from every kind of store into every other one and into its own, with a
worker of Honk killed at its first, second, third… write, sync, rename, commit or send: before, after and half way through each.

After each death the same run goes on: to its end, and from there back; every third one goes back at once and is then done once more. What comes
of it the target's own client is asked: no row is lost or doubled. Honk's own comparison must say the same; and behind the way back nothing of
the target is left.

A CASE is SOURCE-TARGET@POINTS:THEN, for example csv-postgres@34+:back. Without cases: twelve points of each pair, evenly spread; --points N
tries N, --pairs N only so many pairs, each store as a source and a target in turn.
"""
import argparse
import csv
import itertools
import json
import os
import pathlib
import re
import shutil
import sqlite3
import tempfile

import driving
import evidence
import support
from kafka_world import Kafka
from mariadb_world import Mariadb
from postgres_world import Postgres
from redis_world import Redis

ROWS = 210  # two ranges, at that rate
STORES = ("sqlite", "postgres", "mariadb", "redis", "kafka", "csv", "lines", "json")
CONFIG = """
workers: 1
stores:
  sqlite:   {{ driver: sqlite, path: all.db, create: true }}
  postgres: {{ driver: postgres, url: "host={postgres} user=postgres dbname=shop" }}
  mariadb:  {{ driver: mariadb, url: "mariadb://root@localhost/shop?socket={mariadb}/mariadb.sock" }}
  redis:    {{ driver: redis, url: "unix:{redis}/redis.sock?db=0" }}
  kafka:    {{ driver: kafka, url: "kafka://{kafka}", timeout_ms: 4000 }}
  csv:      {{ driver: csv, path: files }}
  lines:    {{ driver: ndjson, path: files }}
  json:     {{ driver: ndjson, path: files }}
catalog: [ catalog.yaml ]
policy: {{ self_approval: false, quorum: 1, rollback_window: 24h, soak: 0s }}
roles:
  approver: [ user:default/bo ]
  operator: [ user:default/ada, user:default/bo ]
  admin: [ local ]
"""
MIGRATION = """
apiVersion: backstage.io/v1beta1
kind: Component
metadata: { name: move }
spec:
  type: dataset-migration
  lifecycle: experimental
  owner: team
  source_dataset: from
  target_dataset: to
  migration_strategy: schema-transform
  mapping_file: mappings/move.yaml
  consistency: checked
  throttle: { rows_per_second: 100 }
"""
MAPPING = """
apiVersion: honk/v1
kind: Mapping
source: from
target: to
key: [ id ]
columns:
  id:   { from: id, type: int }
  name: { concat: [ first, { text: " " }, last ] }
  note: { from: note }
"""
ENDINGS = {"csv": ".csv", "lines": ".ndjson", "json": ".json"}
ROWS_OF_REDIS = ("local all = {} for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do local row = redis.call('HMGET', key, 'name', 'note') "
                 "all[#all + 1] = cjson.encode({string.sub(key, #ARGV[1] + 2), row[1], row[2]}) end return all")


def people():
    return [(i, f"First, {i}", f'La"st{i}', None if i % 7 == 0 else f"it's {i}") for i in range(1, ROWS + 1)]


def expected():
    return [(i, f"{first} {last}", note) for i, first, last, note in people()]


class Servers:
    """One of each kind, with the rows of every source in its store; a case's target is named by its number."""

    def __init__(self):
        self.postgres, self.mariadb, self.redis, self.kafka = Postgres(), Mariadb(), Redis(), Kafka()
        self.postgres.sql("CREATE DATABASE shop", "postgres")
        self.mariadb.sql("CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "mysql")

    def close(self):
        for server in (self.postgres, self.mariadb, self.redis, self.kafka):
            server.close()

    def make_sources(self, folder):
        """Where they lie in a file, in the folder, which is copied for each case."""
        (folder / "honk.yaml").write_text(CONFIG.format(postgres=self.postgres.folder, mariadb=self.mariadb.folder, redis=self.redis.folder,
                                                        kafka=self.kafka.servers))
        (folder / "catalog.yaml").write_text("")
        for name in ("files", "mappings", "migrations"):
            (folder / name).mkdir()
        (folder / "mappings" / "move.yaml").write_text(MAPPING)
        (folder / "migrations" / "move.yaml").write_text(MIGRATION)
        with sqlite3.connect(folder / "all.db") as store:
            store.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, first TEXT, last TEXT, note TEXT)")
            store.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", people())
        store.close()
        for store in STORES[1:]:
            support.Project(folder).honk("copy", "sqlite:people", address(store, "people"))


def address(store, name):
    return f"{store}:{name}" + (":{id}" if store == "redis" else ENDINGS.get(store, ""))


class Case(driving.Case):
    numbers = itertools.count(1)

    def __init__(self, text, servers, template):
        match = re.fullmatch(r"(\w+)-(\w+)@([0-9+/,]*):(finish|back)", text)
        if match is None or match[1] not in STORES or match[2] not in STORES:
            raise SystemExit(f"'{text}' is no case: expected for example csv-postgres@34+:back")
        self.text, self.servers, self.template = text, servers, template
        self.source, self.target, self.points, self.then = match.groups()

    def run(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-die-"))
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)
        self.name = f"to_{next(self.numbers)}"
        self.urls = (address(self.source, "people"), address(self.target, self.name))
        (self.folder / "catalog.yaml").write_text("".join(driving.DATASET.format(name=name, url=url) for name, url in zip(("from", "to"), self.urls)))
        self.counter = driving.Counter(self.folder / "calls", "worker", self.points)
        self.project = support.Project(self.folder)
        return self.run_in(self.folder, self.project.kill)

    # ---- what the target's own client says; None: there is no such thing ----

    def of_sqlite(self):
        with sqlite3.connect(f"file:{self.folder / 'all.db'}?mode=ro", uri=True) as store:
            there = store.execute("SELECT count(*) FROM sqlite_schema WHERE name = ?", (self.name,)).fetchone()[0]
            rows = store.execute(f"SELECT id, name, note FROM {self.name}").fetchall() if there else None
        store.close()
        return rows

    def of_postgres(self):
        sql = self.servers.postgres.sql
        if sql(f"SELECT to_regclass('{self.name}')") == "":
            return None
        return [json.loads(line) for line in sql(f"SELECT json_build_array(id, name, note) FROM {self.name}").splitlines()]

    def of_mariadb(self):
        sql = self.servers.mariadb.sql
        if sql(f"SHOW TABLES LIKE '{self.name}'") == "":
            return None
        return [json.loads(line) for line in sql(f"SELECT json_array(id, name, note) FROM {self.name}").splitlines()]

    def of_redis(self):
        lines = self.servers.redis.tell(0, "EVAL", ROWS_OF_REDIS, "0", self.name).splitlines()
        return [(int(id), name, note or None) for id, name, note in map(json.loads, lines)] or None

    def of_kafka(self):
        if self.name not in self.servers.kafka.topics():
            return None
        rows = [json.loads(value) for _, value in self.servers.kafka.records(self.name) if value is not None]
        return [(row["id"], row["name"], row.get("note")) for row in rows] or None

    def of_csv(self):
        path = self.folder / "files" / f"{self.name}.csv"
        if not path.exists():
            return None
        with open(path, newline="") as file:
            return [(int(id), name, note or None) for id, name, note in list(csv.reader(file))[1:]]

    def of_lines(self):
        path = self.folder / "files" / f"{self.name}.ndjson"
        return [(row["id"], row["name"], row["note"]) for row in map(json.loads, path.read_text().splitlines())] if path.exists() else None

    def of_json(self):
        path = self.folder / "files" / f"{self.name}.json"
        return [(row["id"], row["name"], row["note"]) for row in json.loads(path.read_text())] if path.exists() else None

    def rows(self):
        rows = getattr(self, f"of_{self.target}")()
        return None if rows is None else sorted((tuple(row) for row in rows), key=lambda row: row[0])

    # ---- there, and back ----

    def go_there(self, driver):
        driver.move("move", ("-f", "migrations/move.yaml"))
        rows = self.rows()
        evidence.need(rows == expected(), f"{len(rows or ())} rows of {ROWS}, or others: {(rows or ())[:3]}")
        said = self.project.honk("compare", *self.urls, "--mapping", "mappings/move.yaml", check=False)
        evidence.need(said.returncode == 0, f"the comparison says: {said.stdout}{said.stderr}")

    def drive(self):
        driver = driving.Driver(self.project, self.counter.env)
        driver.serving()
        if self.then == "back":
            driver.move("move", ("-f", "migrations/move.yaml"), is_over=self.has_died)
            driver.roll_back("move")
            evidence.need(self.rows() is None, "something is left of the target")
        self.go_there(driver)
        driver.roll_back("move")
        evidence.need(self.rows() is None, "something is left of the target")
        evidence.need(self.project.stop() in (0, -9), "the server did not stop in order")

    def outcome(self):
        return self.words or "nothing died"


def nothing_is_left(servers):
    """Of our bookkeeping, in any of the servers; what makes a comparison of cases is over by now."""
    evidence.need(servers.postgres.sql("SELECT count(*) FROM pg_class WHERE relname LIKE '%honk%'") == "0", "PostgreSQL has tables of ours")
    evidence.need(servers.mariadb.sql("SHOW TABLES LIKE '%honk%'") == "", "MariaDB has tables of ours")
    evidence.need(servers.redis.tell(0, "KEYS", "_honk*") == "", "Redis has keys of ours")
    notes = servers.kafka.latest("_honk") if "_honk" in servers.kafka.topics() else {}
    evidence.need(not notes, f"Kafka has notes of ours: {list(notes)[:5]}")


def pairs_of(count):
    """All of them; or so many, in which each store is a source and a target in turn."""
    everything = [(STORES[i], STORES[(i + step) % len(STORES)]) for step in (3, 1, 4, 2, 5, 7, 6, 0) for i in range(len(STORES))]
    return everything[:count]


def cases_of(number, case, count):
    """Evenly spread, at others in each pair."""
    points = sorted({1 + int((i + number * 0.618 % 1) * len(case.kinds) / count) for i in range(count)})
    for i, point in enumerate(points, number):
        how = ("", "+", "/")[i % 3] if case.kinds[point - 1] in "ws" else ("", "+")[i % 2]
        yield f"{case.source}-{case.target}@{point}{how}:{'back' if i // 2 % 3 == 2 else 'finish'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--points", type=int, default=12, help="how many points to try for each pair")
    parser.add_argument("--pairs", type=int, help="how many pairs; all of them without it")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) * 2, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    servers = Servers()  # before what follows: their folders are somebody else's
    driving.take_along("honk-die-")
    tap = driving.Tap()
    with tempfile.TemporaryDirectory(prefix="honk-die-template-") as template:
        try:
            servers.make_sources(pathlib.Path(template))
            run = driving.Suite(Case, tap, options.jobs, servers, template).run
            run(options.cases)
            pairs = [] if options.cases else pairs_of(options.pairs)
            first = run([f"{source}-{target}@:finish" for source, target in pairs])
            run([text for number, case in enumerate(first) for text in cases_of(number, case, options.points)])
            if tap.failed == 0:
                nothing_is_left(servers)
        finally:
            servers.close()
    tap.end()


main()
