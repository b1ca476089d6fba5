#!/usr/bin/env python3
"""kill-in-stores.py [--kills N] [--seed N] [--rows N] [CASE…] - rows move into, out of and inside of servers (MariaDB, Kafka), and back, while Honk's
server and its workers are killed with signal 9 at random moments, most of them while rows move. What comes of it the stores' own clients are asked: no row is lost
or doubled, and after the rollback nothing of ours is left.

A CASE is SOURCE-TARGET, of sqlite, mariadb and kafka. Where the source can be frozen, it is.
"""
import argparse
import json
import os
import pathlib
import random
import signal
import tempfile
import time

import driving
import evidence
import kafka_world
import mariadb_world
import small_world
import support

NAME = "users-v2-migration"
CASES = ("sqlite-mariadb", "mariadb-mariadb", "sqlite-kafka", "mariadb-kafka", "kafka-mariadb")
SECONDS_MAX = 300
CONFIG = """
stores:
  listening: {{ driver: sqlite, path: data/listening.db }}
  shop: {{ driver: mariadb, url: "mariadb://root@localhost/shop?socket=${{SERVER_FOLDER}}/mariadb.sock", lock_timeout_ms: 2000, concurrency: 2 }}
  events: {{ driver: kafka, url: "kafka://${{KAFKA_SERVERS}}", timeout_ms: 8000 }}
workers: 2
""" + small_world.PEOPLE
PLACES = {"sqlite": "listening:{}", "mariadb": "shop:{}", "kafka": "events:{}"}


class Run:
    def __init__(self, case, options):
        self.source, self.target = case.split("-")
        self.options, self.random = options, random.Random(f"{options.seed} {case}")
        self.kills = []
        self.mariadb, self.kafka = mariadb_world.Mariadb(), kafka_world.Kafka()
        self.mariadb.sql("CREATE DATABASE shop CHARACTER SET utf8mb4", "mysql")
        self.world = small_world.World(config=CONFIG, rows=options.rows,
                                       env={"SERVER_FOLDER": self.mariadb.folder, "KAFKA_SERVERS": self.kafka.servers})
        self.prepare()

    def close(self):
        for one in (self.world, self.mariadb, self.kafka):
            one.close()

    def prepare(self):
        """The rows of SQLite are brought to where they come from; the target is new where it is a topic, and replaced elsewhere."""
        catalog = self.world.folder / "catalog" / "datasets.yaml"
        catalog.write_text(catalog.read_text().replace("listening:users_v1", PLACES[self.source].format("users_v1"))
                           .replace("listening:users_v2", PLACES[self.target].format("users_v2")))
        if self.source != "sqlite":
            self.world.honk("copy", "listening:users_v1", PLACES[self.source].format("users_v1"))
        if self.target == "mariadb":
            self.mariadb.sql("CREATE TABLE users_v2 (user_id bigint PRIMARY KEY, full_name varchar(80) NOT NULL, country varchar(2), "
                             "tier varchar(10) NOT NULL); INSERT INTO users_v2 VALUES (1, 'Old', 'SE', 'none')")
        self.world.write("mappings/users.yaml", small_world.MAPPING.replace("{ from: id }", "{ from: id, type: int }"))
        text = small_world.MIGRATION.format(name=NAME, annotations="", strategy="schema-transform").rstrip()
        rate = max(self.options.rows // 8, 1)
        consistency = "checked" if self.source == "kafka" else "frozen"
        self.world.write(f"migrations/{NAME}.yaml", f"{text}\n  consistency: {consistency}\n  throttle: {{ rows_per_second: {rate} }}\n")

    def kill_one(self):
        """The server, or one of its workers."""
        server = self.world.server
        if server is None or server.poll() is not None:
            return
        workers = driving.children_of(server.pid, "worker")
        if not workers:
            return
        pid = server.pid if self.random.random() < 0.3 else self.random.choice(workers)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.kills.append("server" if pid == server.pid else "worker")

    def turns(self, driver, act, ends, *more):
        """As driver.move() and roll_back() do, with a death now and then."""
        due = time.monotonic() + self.random.uniform(0.05, self.options.pause)
        while driver.turn(act, NAME, *more) not in ends:
            if time.monotonic() >= due and len(self.kills) < self.budget:
                self.kill_one()
                due = time.monotonic() + self.random.uniform(0.05, self.options.pause)

    def rows(self):
        if self.target == "mariadb":
            text = self.mariadb.sql("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1")
            return [(int(key), *rest) for key, *rest in (line.split("|") for line in text.splitlines())]
        values = [json.loads(value) for _, value in self.kafka.records("users_v2")]
        return sorted((int(row["user_id"]), row["full_name"], row["country"], row["tier"]) for row in values)

    def check_left(self):
        left = self.mariadb.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop' AND table_name LIKE '%\\_honk\\_%' "
                                "UNION ALL SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = 'shop'")
        evidence.need(left == "", f"left in MariaDB: {left}")
        topics = self.kafka.topics()
        notes = self.kafka.latest("_honk") if "_honk" in topics else {}
        evidence.need(not notes, f"notes are left: {list(notes)[:5]}")
        if self.target == "kafka":
            evidence.need("users_v2" not in topics, "the topic is left")
        else:
            evidence.need(self.rows() == [(1, "Old", "SE", "none")], f"the old table is another: {self.rows()[:5]}")

    def drive(self):
        driver = driving.Driver(self.world, deadline_s=SECONDS_MAX)
        driver.serving()
        self.budget = self.options.kills
        self.turns(driver, driver.act_forward, ("succeeded",), ("-f", f"migrations/{NAME}.yaml"))
        expected = [(i, f"First{i} Last{i}", ("GB", "SE", "DE")[i % 3], "free") for i in range(1, self.options.rows + 1)]
        rows = self.rows()
        evidence.need(rows == expected, f"{len(rows)} rows, {len(set(rows))} of them one of a kind, of {len(expected)}")
        self.budget = len(self.kills) + self.options.back
        self.turns(driver, driver.act_back, ("rolled_back", "cancelled"))
        self.check_left()
        evidence.need(self.world.stop() in (0, -9), "the server did not stop in order")
        evidence.state_sound(self.world.folder / ".honk", {"rolled_back", "cancelled"})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", default=CASES)
    parser.add_argument("--kills", type=int, default=20, help="on the way forward, at most")
    parser.add_argument("--back", type=int, default=8, help="on the way back, at most")
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two deaths, at most")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    driving.take_along("honk-")
    tap = driving.Tap()
    for case in options.cases or CASES:
        run, why = Run(case, options), ""
        try:
            run.drive()
        except (driving.Stuck, evidence.Wrong, AssertionError) as wrong:
            why = f"{wrong}\n{run.world.log_tail()}\nagain: --seed {options.seed} {case}"
        finally:
            run.close()
        tap.say(not why, f"{case}: {run.kills.count('worker')} workers and {run.kills.count('server')} servers were killed", why)
    tap.end()


main()
