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
import os
import pathlib
import re
import shutil
import tempfile

import driving
import evidence
import pairs_world
from pairs_world import STORES, address
import support


class Case(pairs_world.Case):
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
        self.enter(address(self.source, "people"), address(self.target, self.name))
        self.counter = driving.Counter(self.folder / "calls", "worker", self.points)
        self.project = support.Project(self.folder)
        return self.run_in(self.folder, self.project.kill)

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
    servers = pairs_world.Servers()  # before what follows: their folders are somebody else's
    driving.take_along("honk-die-")
    tap = driving.Tap()
    with tempfile.TemporaryDirectory(prefix="honk-die-template-") as template:
        try:
            servers.make_sources(pathlib.Path(template))
            run = driving.Suite(Case, tap, options.jobs, servers, template).run
            run(options.cases)
            pairs = [] if options.cases else pairs_world.pairs_of(options.pairs)
            first = run([f"{source}-{target}@:finish" for source, target in pairs])
            run([text for number, case in enumerate(first) for text in cases_of(number, case, options.points)])
            if tap.failed == 0:
                pairs_world.nothing_is_left(servers)
        finally:
            servers.close()
    tap.end()


main()
