#!/usr/bin/env python3
"""die-in-git.py [--points N] [CASE…] - consumers' repositories change and change back, with the server or a worker killed at
its first, second, third… write, sync, rename, commit or send: between any two of the calls of git that a worker makes.

After each death the same run goes on: to its end and back again, or back at once. What comes of it is asked of git
alone: at the end each repository has one branch more, with one commit that edits just what it should; after the rollback
it has the refs, the index and the working tree that it had, to the byte.

A CASE is ROLE@POINTS:THEN, as in die-at-every-point.py; `agent-` before it: with a coding agent, in its box, for what rules refuse.
Then no box outlives its worker, and nothing of its work is left. Without cases: every point; --points N tries N of each role, evenly
spread, and half of that with the agent.
"""
import argparse
import os
import pathlib
import re
import shutil
import tempfile

import driving
import evidence
import support
import test_changes
import test_coding

NAME = "users-v2"
ASKED = ("-f", "catalog")
EDITED = {"reports": {"active.sql": "SELECT u.user_id AS id, u.name AS first_name FROM users_v2 u -- all\n"},
          "half": {"good.sql": "SELECT user_id AS id FROM users_v2\n"},
          "stranger": {"find.sql": "SELECT name AS first_name FROM users_v2\n"}}


BY_AGENT = {"hard": {"job.py": test_coding.JOB.replace("users_v1", "users_v2").replace("first_name", "name")}}


def seen(world):
    return {name: world.seen(name) for name in test_changes.CODE}


def git_is_sound(world):
    for name in test_changes.CODE:
        world.git(name, "fsck", "--strict", "--no-dangling")
        left = [str(path) for path in (world.repository(name) / ".git").rglob("*.lock")]
        evidence.need(not left, f"locks are left: {left}")


def nothing_half_made(world):
    """What a worker that was killed left of its commit, the next one took away when it began."""
    left = sorted(str(path.relative_to(world.folder)) for part in ("changes", "coding")
                  for path in (world.folder / ".honk" / part).rglob("*"))
    evidence.need(not left, f"commits that nobody makes any more, or trees of agents: {left}")
    at_work = support.processes_with(str(world.folder / "agents" / "fix.py"))
    evidence.need(not at_work, f"agents that nobody waits for: {at_work}")


def code_followed(world, edited):
    branch = world.branch()
    for name in test_changes.CODE:
        branches = world.git(name, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        evidence.need(branches == ([branch, "main"] if name in edited else ["main"]), f"{name} has {branches}")
    for name, files in edited.items():
        evidence.need(world.git(name, "rev-list", "--count", f"main..{branch}") == "1\n", f"{name}: more than one commit")
        evidence.need(world.git(name, "diff", "--name-only", "main", branch).split() == list(files), f"{name}: other files")
        for path, text in files.items():
            evidence.need(world.git(name, "show", f"{branch}:{path}") == text, f"{name}: {path} is not as it should be")


class Case(driving.Case):
    def __init__(self, text, templates):
        match = re.fullmatch(r"(agent-)?(serve|worker)@([0-9+/,]*):(finish|back)", text)
        if match is None:
            raise SystemExit(f"'{text}' is no case: expected for example worker@34+:back")
        self.text = text
        self.agent, self.role, self.points, self.then = match.groups()
        self.template, self.before = templates[self.agent is not None]
        self.why = ""

    def run(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-die-"))
        shutil.copytree(self.template, folder, dirs_exist_ok=True, symlinks=True)
        self.world = test_changes.World(folder=folder)
        self.counter = driving.Counter(folder / "calls", self.role, self.points)
        return self.run_in(folder, self.world.kill)

    def drive(self):
        driver = driving.Driver(self.world, self.counter.env)
        driver.serving()
        driver.move(NAME, ASKED, is_over=lambda: self.then == "back" and self.has_died())
        if not (self.then == "back" and self.has_died()):
            code_followed(self.world, {**EDITED, **BY_AGENT} if self.agent else EDITED)
        git_is_sound(self.world)
        driver.roll_back(NAME)
        evidence.need(self.world.stop() in (0, -9), "the server did not stop in order")
        git_is_sound(self.world)
        nothing_half_made(self.world)
        now = seen(self.world)
        wrong = [name for name in test_changes.CODE if now[name] != self.before[name]]
        evidence.need(not wrong, f"not what they were: {wrong}; for one {str(now[wrong[0]])[:600] if wrong else ''}")
        evidence.state_sound(self.world.folder / ".honk", {"rolled_back", "cancelled"})

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
    worlds = test_changes.World(workers=1), test_coding.World(workers=1)
    try:
        run = driving.Suite(Case, tap, options.jobs, [(world.folder, seen(world)) for world in worlds]).run
        if options.cases:
            run(options.cases)
            tap.end()
        for role, points in (("worker", options.points), ("serve", options.points),
                             ("agent-worker", options.points and options.points // 2)):
            calls = len(run([f"{role}@:finish"])[0].kinds)
            run([f"{role}@{point}{('', '+')[i % 2]}:{('finish', 'back')[i // 2 % 2]}"
                 for i, point in enumerate(driving.picked(calls, points))])
    finally:
        for world in worlds:
            world.close()
    tap.end()


main()
