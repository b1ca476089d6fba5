"""Rows that move from every kind of store into every other one and into its own: the stores, and what their own clients say."""
import csv
import itertools
import json
import pathlib
import sqlite3

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

# What hangs on the rows of PostgreSQL and comes along to a table that it makes, each once.
HANGING = """
CREATE TABLE numbers (id bigint PRIMARY KEY); INSERT INTO numbers SELECT id FROM people;
ALTER TABLE people ADD FOREIGN KEY (id) REFERENCES numbers, ADD CHECK (id > 0), ALTER note SET DEFAULT 'none';
CREATE INDEX people_notes ON people (note DESC); CREATE INDEX idx_long ON people (lower(note)) WHERE id > 9;
"""
HANGS = """
SELECT indexdef FROM pg_indexes WHERE tablename = '{0}' UNION ALL SELECT conname || ' ' || convalidated FROM pg_constraint
WHERE conrelid = '{0}'::regclass AND contype IN ('c', 'f') UNION ALL SELECT column_default FROM information_schema.columns
WHERE table_name = '{0}' AND column_default IS NOT NULL ORDER BY 1
"""
HANGING_THERE = """
'none'::text
CREATE INDEX {0}_idx_long ON public.{0} USING btree (lower(note)) WHERE (id > 9)
CREATE INDEX {0}_notes ON public.{0} USING btree (note DESC)
CREATE UNIQUE INDEX {0}_pkey ON public.{0} USING btree (id)
people_id_check true
people_id_fkey true
"""


def people():
    return [(i, f"First, {i}", f'La"st{i}', None if i % 7 == 0 else f"it's {i}") for i in range(1, ROWS + 1)]


def expected():
    return [(i, f"{first} {last}", note) for i, first, last, note in people()]


class Servers:
    """One of each kind, with the rows of every source in its store; a case's target is named by its number."""

    def __init__(self, redis_words=()):
        self.postgres, self.mariadb, self.redis, self.kafka = Postgres(), Mariadb(), Redis(*redis_words), Kafka()
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
        self.postgres.sql(HANGING)


def address(store, name):
    return f"{store}:{name}" + (":{id}" if store == "redis" else ENDINGS.get(store, ""))


class Case(driving.Case):
    """It has `source` and `target`, the `name` of what comes to be there, `urls` of both, `folder`, `project` and `servers`."""
    numbers = itertools.count(1)

    def enter(self, *urls):
        """Source and target into the catalog."""
        self.urls = urls
        (self.folder / "catalog.yaml").write_text("".join(driving.DATASET.format(name=name, url=url) for name, url in zip(("from", "to"), urls)))

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

    # ---- there ----

    def go_there(self, driver):
        driver.move("move", ("-f", "migrations/move.yaml"))
        rows = self.rows()
        evidence.need(rows == expected(), f"{len(rows or ())} rows of {ROWS}, or others: {(rows or ())[:3]}")
        said = self.project.honk("compare", *self.urls, "--mapping", "mappings/move.yaml", check=False)
        evidence.need(said.returncode == 0, f"the comparison says: {said.stdout}{said.stderr}")
        if self.source == self.target == "postgres":
            hangs = sorted(self.servers.postgres.sql(HANGS.format(self.name)).splitlines())
            evidence.need(hangs == sorted(HANGING_THERE.format(self.name).split("\n")[1:-1]), f"what hangs on the table is {hangs}")


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
