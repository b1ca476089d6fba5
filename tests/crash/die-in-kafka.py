#!/usr/bin/env python3
"""die-in-kafka.py [--points N] [--jobs N] [CASE…] - rows move from SQLite into a topic and back out, with the server or a worker of Honk killed at
its first, second, third… write, sync, rename, commit or send: before, after and half way through each.

After each death the same run goes on: to its end and back again, or back at once. What comes of it the broker is asked by hand: a reader
of what is committed finds each row once, in one record; after the rollback there is no topic, and our notes hold nothing.

A CASE is ROLE@POINTS:THEN as in die-at-every-point.py. Without cases: every point; --points N tries N of each role, evenly spread.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import tempfile

import driving
import evidence
import support
import kafka_world

NAME = "users-v2-migration"
ROWS = 120


class Case(driving.Case):
    def __init__(self, text, source):
        match = re.fullmatch(r"(serve|worker)@([0-9+/,]*):(finish|back)", text)
        if match is None:
            raise SystemExit(f"'{text}' is no case: expected for example worker@34+:back")
        self.text, self.source, self.why = text, source, ""
        self.role, self.points, self.then = match.groups()

    def run(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-die-"))
        shutil.copytree(self.source.folder, folder, dirs_exist_ok=True)
        self.kafka = kafka_world.Kafka()
        self.project = support.Project(folder, env={"KAFKA_SERVERS": self.kafka.servers})
        self.counter = driving.Counter(folder / "calls", self.role, self.points)
        return self.run_in(folder, self.project.kill, self.kafka.close)

    def check_rows(self):
        records = self.kafka.records(kafka_world.TARGET)
        rows = [json.loads(value) for _, value in records]
        evidence.need(len(rows) == ROWS, f"there are {len(rows)} records, expected {ROWS}")
        evidence.need(all(key == str(row["user_id"]) for (key, _), row in zip(records, rows)), "a record has another key than its row")
        seen = {row["user_id"]: f"{row['full_name']}|{row['country']}|{row['tier']}" for row in rows}
        evidence.need(seen == self.source.expected(), "the rows are others")

    def drive(self):
        driver = driving.Driver(self.project, self.counter.env)
        driver.serving()
        driver.move(NAME, ("-f", f"migrations/{NAME}.yaml"), is_over=lambda: self.then == "back" and self.has_died())
        if not (self.then == "back" and self.has_died()):
            self.check_rows()
        driver.roll_back(NAME)
        evidence.need(self.project.stop() in (0, -9), "the server did not stop in order")
        topics = self.kafka.topics()
        evidence.need(kafka_world.TARGET not in topics, "the topic is left")
        notes = self.kafka.latest("_honk") if "_honk" in topics else {}
        evidence.need(not notes, f"notes are left: {list(notes)[:5]}")
        evidence.state_sound(self.project.folder / ".honk", {"rolled_back", "cancelled"})

    def outcome(self):
        return self.words or "nothing died"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--points", type=int, help="how many points to try for each role; all without it")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) * 2, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    driving.take_along("honk-die-")
    tap = driving.Tap()
    source = kafka_world.World(rows=ROWS)
    source.write(f"migrations/{NAME}.yaml", kafka_world.small_world.MIGRATION.format(name=NAME, annotations="", strategy="schema-transform"))
    try:
        run = driving.Suite(Case, tap, options.jobs, source).run
        run(options.cases)
        for role in () if options.cases else ("worker", "serve"):
            kinds = run([f"{role}@:finish"])[0].kinds
            run([f"{role}@{text}" for text in driving.endings(kinds, driving.picked(len(kinds), options.points))])
    finally:
        source.close()
    tap.end()


main()
