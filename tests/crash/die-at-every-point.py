#!/usr/bin/env python3
"""die-at-every-point.py [--points N] [--doubles N] [--seed N] [--jobs N] [CASE…] - a small migration and its way back, with
the server or a worker killed at its first, second, third… write, sync, rename, commit or send.

The calls are counted from outside, by a preloaded library (count_calls.c), so the points are not ours to choose. After
each death the same run goes on: to its end and back again, or back at once. No row may be lost or doubled, and after
the rollback the store must be to the letter what it was.

A CASE is ROLE@POINTS:THEN, then :delete for a store in rollback-journal mode instead of WAL, or :apart for a worker that was
started by hand, so that it lives on when the server dies, and tells the next one what it has done. The role is serve or
worker; 34 dies before call 34, 34+ after it, 34/ half way through what it writes or sends, 34,60 at both; THEN is finish
or back. Without cases: every point, until a run survives, and some hundred pairs of points; --points N tries N of each
role, evenly spread, the first and the last among them.
"""
import argparse
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

USERS = 60  # and five times as many streams: some hundred rows, one range
NAME = "users-v2"
KINDS_OF_RUN = (("serve", ""), ("serve", ":apart"), ("worker", ""), ("worker", ":delete"))
LATE = 100  # so far beyond the last call of a run in which nothing dies, and another run of it, nothing dies


class Case(driving.Case):
    """One run with its deaths. `why` tells why it failed."""

    def __init__(self, text, template, before):
        match = re.fullmatch(r"(serve|worker)@([0-9+/,]*):(finish|back)(:delete|:apart)?", text)
        if match is None:
            raise SystemExit(f"'{text}' is no case: expected for example worker@34+:back")
        self.text, self.before, self.template = text, before, template
        self.role, self.points, self.then, self.how = match.groups()
        self.why, self.worker = "", None

    def run(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-die-"))
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)
        if self.how == ":delete":
            with sqlite3.connect(self.folder / "listening.db") as store:
                store.execute("PRAGMA journal_mode = DELETE")
            store.close()
        self.counter = driving.Counter(self.folder / "calls", self.role, self.points)
        self.project = support.Project(self.folder)
        return self.run_in(self.folder, self.end_worker, self.project.kill)

    def end_worker(self):
        if self.worker is not None:
            self.worker.kill()
            self.worker.wait()

    def drive(self):
        words = ["--no-workers"] if self.how == ":apart" else []
        driver = driving.Driver(self.project, self.counter.env, words=words)
        driver.serving()
        if self.how == ":apart":
            self.worker = driving.start_worker(self.project)
        driver.move(NAME, driving.USERS_V2, is_over=lambda: self.then == "back" and self.has_died())
        if not (self.then == "back" and self.has_died()):
            evidence.users_moved(self.folder / "listening.db", USERS)
        driver.roll_back(NAME)
        if self.worker is not None:
            evidence.need(driving.end_worker(self.worker), "the worker did not end in order")
        evidence.need(self.project.stop() in (0, -9), "the server did not stop in order")
        evidence.same(self.before, self.folder / "listening.db")
        evidence.state_sound(self.folder / ".honk", {"rolled_back", "cancelled"})


def plain(suite, role, how):
    """The kinds of calls when nothing dies."""
    case = suite.run([f"{role}@:finish{how}"])[0]
    suite.tap.say(case.calls > 100 and set("wysc") <= set(case.kinds),
                  f"{role}{how} makes {case.calls} calls when nothing dies")
    return case.kinds


def endings(call, kind):
    """How to die at a call of this kind: before it, after it where that is not before the next one to all who look on,
    and half way through."""
    yield f"{call}"
    if kind in "src":
        yield f"{call}+"
    if kind in "ws":
        yield f"{call}/"


def every(role, kinds):
    """All points, and some beyond the last; then forward and back in turn."""
    points = [ending for call, kind in enumerate(kinds, 1) for ending in endings(call, kind)]
    points += [f"{len(kinds) * 2 + LATE}"]
    return [f"{role}@{point}:{('finish', 'back')[i % 2]}" for i, point in enumerate(points)]


def sample(role, kinds, count):
    """Evenly spread, each way to die in turn."""
    picked = sorted({1 + (len(kinds) - 1) * i // max(count - 1, 1) for i in range(count)})
    chosen = [list(endings(call, kinds[call - 1])) for call in picked]
    return [f"{role}@{ways[i % len(ways)]}:{('finish', 'back')[i // 2 % 2]}" for i, ways in enumerate(chosen)]


def doubles(role, kinds, count, chance):
    """Two deaths: mostly the second is in what the first made necessary."""
    for _ in range(count):
        first = chance.randint(1, len(kinds))
        second = first + chance.choice((chance.randint(1, 20), chance.randint(1, 120)))
        yield f"{role}@{first},{second}:{chance.choice(('finish', 'back'))}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--points", type=int, help="how many points to try for each role; all without it")
    parser.add_argument("--doubles", type=int, default=100, help="how many pairs of points for each role")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="of the pairs")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) * 2, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    driving.take_along("honk-die-")
    tap = driving.Tap()
    with tempfile.TemporaryDirectory(prefix="honk-die-template-") as template:
        driving.company(template, USERS, workers=1)
        suite = driving.Suite(Case, tap, options.jobs, template, evidence.dump(pathlib.Path(template) / "listening.db"))
        if options.cases:
            suite.run(options.cases)
            tap.end()
        print(f"# seed {options.seed}", flush=True)
        chance = random.Random(options.seed)
        for role, how in KINDS_OF_RUN:
            kinds = plain(suite, role, how)
            singles = sample(role, kinds, options.points) if options.points else every(role, kinds)
            pairs = doubles(role, kinds, options.doubles, chance)
            cases = suite.run([text + how for text in [*singles, *pairs]])
            tap.say(options.points or any(case.met == 0 for case in cases), f"{role}{how} survives in the end")
    tap.end()


main()
