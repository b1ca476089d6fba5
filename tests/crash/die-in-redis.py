#!/usr/bin/env python3
"""die-in-redis.py [--points N] [--jobs N] [CASE…] - rows move from SQLite into Redis and back out, with the server or a worker of Honk killed at
its first, second, third… write, sync, rename, commit or send: before, after and half way through each.

After each death the same run goes on: to its end and back again, or back at once. What comes of it is asked of redis-cli alone: no row is
lost or doubled, and after the rollback every key has its value and end as before, with nothing of ours beside them.

A CASE is ROLE@POINTS:THEN as in die-at-every-point.py, and :steps where the swap goes in steps of a few keys. Without cases: every point;
--points N tries N of each role, evenly spread.
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
import redis_world

NAME = "users-v2-migration"
ROWS = 120
DATABASES = 64


class Source:
    """A company to be copied for each case."""

    def __init__(self, redis, more):
        self.redis = redis
        self.world = redis_world.World(redis, rows=ROWS, more=more)
        self.world.write(f"migrations/{NAME}.yaml", redis_world.small_world.MIGRATION.format(
            name=NAME, annotations="", strategy="schema-transform"))


class Case(driving.Case):
    numbers = itertools.count()

    def __init__(self, text, sources):
        match = re.fullmatch(r"(serve|worker)@([0-9+/,]*):(finish|back)(:steps)?", text)
        if match is None:
            raise SystemExit(f"'{text}' is no case: expected for example worker@34+:back:steps")
        self.text = text
        self.role, self.points, self.then, how = match.groups()
        self.source = sources[how or ""]
        self.redis = self.source.redis
        self.why = ""

    def run(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-die-"))
        shutil.copytree(self.source.world.folder, folder, dirs_exist_ok=True)
        self.database = next(self.numbers) % DATABASES
        self.redis.make_users(self.database)
        self.before = self.redis.dump(self.database)
        self.project = support.Project(folder, env={"REDIS_FOLDER": self.redis.folder, "REDIS_DATABASE": str(self.database)})
        self.counter = driving.Counter(folder / "calls", self.role, self.points)
        return self.run_in(folder, self.project.kill)

    def drive(self):
        driver = driving.Driver(self.project, self.counter.env)
        driver.serving()
        driver.move(NAME, ("-f", f"migrations/{NAME}.yaml"), is_over=lambda: self.then == "back" and self.has_died())
        if not (self.then == "back" and self.has_died()):
            rows = self.redis.users(self.database)
            evidence.need(rows == self.source.world.expected(), f"the rows are others: {len(rows)} of {ROWS}")
        driver.roll_back(NAME)
        evidence.need(self.project.stop() in (0, -9), "the server did not stop in order")
        now = self.redis.dump(self.database)
        gone, new = set(self.before) - set(now), set(now) - set(self.before)
        evidence.need(now == self.before, f"not as before: gone {list(gone)[:5]}, new {list(new)[:5]}")
        evidence.state_sound(self.project.folder / ".honk", {"rolled_back", "cancelled"})

    def outcome(self):
        return self.words or "nothing died"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--points", type=int, help="how many points to try for each role; all without it")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) * 2, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    redis = redis_world.Redis()  # before what follows: its folder is somebody else's
    driving.take_along("honk-die-")
    tap = driving.Tap()
    sources = {"": Source(redis, ""), ":steps": Source(redis, ", swap_keys_max: 5")}
    try:
        run = driving.Suite(Case, tap, options.jobs, sources).run
        run(options.cases)
        for role, how in () if options.cases else (("worker", ""), ("worker", ":steps"), ("serve", "")):
            kinds = run([f"{role}@:finish{how}"])[0].kinds
            run([f"{role}@{text}{how}" for text in driving.endings(kinds, driving.picked(len(kinds), options.points))])
    finally:
        for source in sources.values():
            source.world.close()
        redis.close()
    tap.end()


main()
