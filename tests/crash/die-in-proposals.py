#!/usr/bin/env python3
"""die-in-proposals.py [--points N] [CASE…] - changes are built, proposed on a host and merged, with the server or a worker killed
at its first, second, third… write, sync, rename, commit or send: between any two of the calls that a worker makes of git and of
the host, also after the host has done what nobody has heard of yet.

The host is a program of its own, with git's own http-backend behind it; a person moves one default branch in the way of its change, so
that this is made anew, and merges that, and leaves the other change out. At the end the host is asked: each change has one pull
request, ever, and one branch of ours, with one commit, and what was merged is the change.

The two changes are two repositories', or with `parts/` two owners' in one repository; the host is GitHub, or with `gitlab/` and `gitea/` these.

A CASE is ROLE@POINTS with any of these before it, as in die-at-every-point.py. Without cases: every point; --points N tries N of one role in each shape, evenly spread.
"""
import argparse
import os
import pathlib
import re

import driving
import evidence
import test_owners
import test_proposals

NAME = "users-v2"
REPORTS, EXPORTS = test_proposals.CODE["reports"]["active.sql"], test_proposals.CODE["exports"]["all.sql"]
MOVED = REPORTS.replace("-- all", "-- all of them")
MERGED = "SELECT u.user_id AS id, u.name AS first_name FROM users_v2 u -- all of them"


class Apart:
    """A repository each."""
    reports, exports = ("acme/reports", "active.sql"), ("acme/exports", "all.sql")
    branches = {"acme/reports": 2, "acme/exports": 2}
    key = "code:exports"

    kind = "github"

    @classmethod
    def world(cls):
        return test_proposals.ForgeWorld(cls.kind, {name: test_proposals.CODE[name] for name in ("reports", "exports")})

    @staticmethod
    def whose(pull):
        return pull["name"].removeprefix("acme/")


class OnGitLab(Apart):
    kind = "gitlab"


class OnGitea(Apart):
    kind = "gitea"


class Parts:
    """A folder of one repository each."""
    reports, exports = ("acme/mono", "reports/active.sql"), ("acme/mono", "exports/all.sql")
    branches = {"acme/mono": 3}
    key = "code:mono#team_exports"

    @staticmethod
    def world():
        return test_owners.OwnerWorld(code={"mono": {"reports/active.sql": REPORTS, "exports/all.sql": EXPORTS}}, folders=("reports", "exports"))

    @staticmethod
    def whose(pull):
        return pull["branch"].rsplit("_", 1)[1]


SHAPES = {"": Apart, "parts/": Parts, "gitlab/": OnGitLab, "gitea/": OnGitea}


def world(shape):
    test_proposals.FORGE = test_proposals.FORGE.replace("poll: 200ms }}", "poll: 200ms, preflight: true }}")
    return shape.world()


class Case(driving.Case):
    def __init__(self, text):
        match = re.fullmatch(r"((?:parts|gitlab|gitea)/|)(serve|worker)@([0-9+/,]*)", text)
        if match is None:
            raise SystemExit(f"'{text}' is no case: expected for example worker@34+, parts/worker@34+ or gitea/serve@8")
        self.text, self.why = text, ""
        self.shape = SHAPES[match.group(1)]
        self.role, self.points = match.groups()[1:]

    def run(self):
        self.world, self.moved, self.merged = world(self.shape), None, []
        self.world.kill()  # it comes again with the counter
        self.counter = driving.Counter(self.world.folder / "calls", self.role, self.points)
        return self.run_in(self.world.folder, self.world.close)

    def people_merge(self):
        host = self.world.host
        for pull in host.open_pulls():
            if self.shape.whose(pull) == "exports":
                self.world.honk("skip", NAME, "propose", self.shape.key, "--reason", "by hand", check=False)
                continue
            with host.lock:
                name, tip = pull["name"], host.tip(pull["name"], pull["branch"])
                if self.moved is None:
                    self.moved = tip
                    host.change(name, {self.shape.reports[1]: MOVED}, "Write more")
                elif tip != self.moved:
                    host.merge(pull)
                    self.merged.append((name, pull["branch"]))
        return False

    def drive(self):
        host, shape = self.world.host, self.shape
        driver = driving.Driver(self.world, self.counter.env)
        driver.serving()
        driver.move(NAME, ("-f", "catalog"), is_over=self.people_merge)
        seen = sorted(shape.whose(pull) for pull in host.pulls)
        evidence.need(seen == ["exports", "reports"], f"pull requests of {seen}")
        for (name, path), text in {shape.reports: MERGED, shape.exports: EXPORTS.strip()}.items():
            evidence.need(host.show(name, path) == text, f"{name} has {host.show(name, path)}")
        for name, count in shape.branches.items():
            evidence.need(len(host.branches(name)) == count, f"{name} has {host.branches(name)}")
        states = {shape.whose(pull): pull["state"] for pull in host.pulls}
        evidence.need(states == {"exports": "closed", "reports": "merged"}, f"they are {states}")
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
    parser.add_argument("--points", type=int, help="how many points to try in each shape, of one role; all of both without it")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    driving.take_along("honk-die-")
    tap = driving.Tap()
    run = driving.Suite(Case, tap, options.jobs).run
    if options.cases:
        run(options.cases)
        tap.end()
    for shape, role in driving.roles_of(SHAPES, options.points):
        calls = len(run([f"{shape}{role}@"])[0].kinds)
        run([f"{shape}{role}@{point}{('', '+')[i % 2]}" for i, point in enumerate(driving.picked(calls, options.points))])
    tap.end()


if __name__ == "__main__":
    main()
