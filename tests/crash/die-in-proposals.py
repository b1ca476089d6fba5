#!/usr/bin/env python3
"""die-in-proposals.py [--points N] [CASE…] - changes are built, proposed on a host and merged, with the server or a worker killed
at its first, second, third… write, sync, rename, commit or send: between any two of the calls that a worker makes of git and of
the host, also after the host has done what nobody has heard of yet.

The host is a program of its own, with git's own http-backend behind it; a person moves one default branch in the way of its change, so
that this is made anew, and merges that, and leaves the other repository out. At the end the host is asked: each repository has one pull
request, ever, and one branch of ours, with one commit, and what was merged is the change.

A CASE is ROLE@POINTS, as in die-at-every-point.py. Without cases: every point; --points N tries N of each role, evenly spread.
"""
import argparse
import os
import pathlib
import re

import driving
import evidence
import test_proposals

NAME = "users-v2"
CODE = {name: test_proposals.CODE[name] for name in ("reports", "exports")}
MOVED = {"acme/reports": {"active.sql": CODE["reports"]["active.sql"].replace("-- all", "-- all of them")}}
MERGED = {"reports": ("active.sql", "SELECT u.user_id AS id, u.name AS first_name FROM users_v2 u -- all of them"),
          "exports": ("all.sql", "SELECT id FROM users_v1")}
LEFT_OUT = "acme/exports"


def world():
    test_proposals.FORGE = test_proposals.FORGE.replace("poll: 200ms }}", "poll: 200ms, preflight: true }}")
    return test_proposals.ForgeWorld("github", CODE)


class Case(driving.Case):
    def __init__(self, text):
        match = re.fullmatch(r"(serve|worker)@([0-9+/,]*)", text)
        if match is None:
            raise SystemExit(f"'{text}' is no case: expected for example worker@34+")
        self.text, self.why = text, ""
        self.role, self.points = match.groups()

    def run(self):
        self.world, self.moved, self.merged = world(), {}, []
        self.world.kill()  # it comes again with the counter
        self.counter = driving.Counter(self.world.folder / "calls", self.role, self.points)
        return self.run_in(self.world.folder, self.world.close)

    def people_merge(self):
        host = self.world.host
        for pull in host.open_pulls():
            if pull["name"] == LEFT_OUT:
                self.world.honk("skip", NAME, "propose", "code:exports", "--reason", "by hand", check=False)
                continue
            with host.lock:
                name, tip = pull["name"], host.tip(pull["name"], pull["branch"])
                if name in MOVED and name not in self.moved:
                    self.moved[name] = tip
                    host.change(name, MOVED[name], "Write more")
                elif tip != self.moved.get(name):
                    host.merge(pull)
                    self.merged.append((name, pull["branch"]))
        return False

    def drive(self):
        host = self.world.host
        driver = driving.Driver(self.world, self.counter.env)
        driver.serving()
        driver.move(NAME, ("-f", "catalog"), is_over=self.people_merge)
        seen = sorted(pull["name"] for pull in host.pulls)
        evidence.need(seen == sorted(f"acme/{name}" for name in CODE), f"pull requests of {seen}")
        for name, (path, text) in MERGED.items():
            evidence.need(host.show(f"acme/{name}", path) == text, f"{name} has {host.show(f'acme/{name}', path)}")
            evidence.need(len(host.branches(f"acme/{name}")) == 2, f"{name} has {host.branches(f'acme/{name}')}")
        states = {pull["name"]: pull["state"] for pull in host.pulls}
        evidence.need(states == {LEFT_OUT: "closed", "acme/reports": "merged"}, f"they are {states}")
        evidence.need(any("> by hand" in words for _, _, words in host.comments), f"nobody says why: {host.comments}")
        for name, branch in self.merged:
            ours = host.git(name, "log", "--format=%H", "--grep", "^Honk-Plan: ", branch).split()
            evidence.need(len(ours) == 1, f"{name} has our commits {ours}")
        evidence.need(self.world.stop() in (0, -9), "the server did not stop in order")
        evidence.state_sound(self.world.folder / ".honk", {"succeeded", "cancelled", "draft"})

    def outcome(self):
        return self.words or "nothing died"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--points", type=int, help="how many points to try for each role; all without it")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    driving.take_along("honk-die-")
    tap = driving.Tap()
    run = driving.Suite(Case, tap, options.jobs).run
    if options.cases:
        run(options.cases)
        tap.end()
    for role in ("worker", "serve"):
        calls = len(run([f"{role}@"])[0].kinds)
        run([f"{role}@{point}{('', '+')[i % 2]}" for i, point in enumerate(driving.picked(calls, options.points))])
    tap.end()


if __name__ == "__main__":
    main()
