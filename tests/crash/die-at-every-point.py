#!/usr/bin/env python3
"""die-at-every-point.py [--points N] [--role serve|worker] [--jobs N] - a small migration and its way back, with the
server or a worker killed just before its first, second, third… write, sync, rename, unlink or send.

The calls are counted from outside, by a preloaded library (count_calls.c), so the points are not ours to choose. After
each death the same run is driven to its end: no row may be lost or doubled, and after the rollback everything must be
as it was. Without --points all are tried, until a run survives twice; with it, that many, evenly spread.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import tempfile

import driving
import support

USERS = 60  # and five times as many streams: some hundred rows, one range
NAME, FILE = "users-v2", "migrations/users.yaml"
LIBRARY = os.environ.get("COUNT_CALLS", str(pathlib.Path(support.HONK).parent / "tests/crash/libcount_calls.so"))

EXPECTED = """
    SELECT id, first_name || ' ' || last_name, email, replace(replace(country_code, 'UK', 'GB'), 'EL', 'GR'),
           printf('%s-%02d-%s 00:00:00', substr(created, 8, 4),
                  (instr('JanFebMarAprMayJunJulAugSepOctNovDec', substr(created, 1, 3)) + 2) / 3, substr(created, 5, 2)),
           birth_year, replace(replace(replace(plan, 'prem', 'premium'), 'fam', 'family'), 'stud', 'student'),
           'listening-v1' FROM users_v1"""


def check_moved(project):
    """Every row once, and none beside; looked at with the sqlite3 shell alone."""
    seen = project.sql("listening.db", f"""
        SELECT (SELECT count(*) FROM ({EXPECTED} EXCEPT SELECT * FROM users_v2)),
               (SELECT count(*) FROM (SELECT * FROM users_v2 EXCEPT {EXPECTED})),
               (SELECT count(*) FROM users_v2), (SELECT count(*) FROM pragma_foreign_key_check);
        PRAGMA integrity_check""")
    if seen != f"0|0|{USERS}|0\nok":
        raise driving.Stuck(f"missing|foreign|rows|broken keys, integrity: {seen}")


class Attempt:
    """One run with one death; whether it met its death, and why it failed if it did."""

    def __init__(self, template, role, point):
        self.role, self.point = role, point
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-die-"))
        shutil.copytree(template, self.folder, dirs_exist_ok=True)
        self.mark, self.counts = self.folder / "died", self.folder / "counts"
        self.project = support.Project(self.folder)
        self.env = {"LD_PRELOAD": LIBRARY, "HONK_DIE_ROLE": role, "HONK_DIE_AT": str(point),
                    "HONK_DIE_MARK": str(self.mark), "HONK_DIE_COUNT": str(self.counts)}

    def run(self):
        """(died, why it failed, calls counted)"""
        why = ""
        try:
            driver = driving.Driver(self.project, self.env)
            driver.move(NAME, FILE)
            check_moved(self.project)
            driver.roll_back(NAME)
            driving.witness(self.folder, "rolled-back")
            self.project.stop()
        except (driving.Stuck, AssertionError, OSError) as stuck:
            why = str(stuck) or repr(stuck)
        self.project.kill()
        counts = [int(line) for line in self.counts.read_text().split()] if self.counts.exists() else [0]
        died = self.mark.exists()
        if why:
            why += f"\nkept: {self.folder}"
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        return died, why, max(counts, default=0)


def try_points(tap, template, role, points, pool):
    """Whether any of them survived."""
    survived = 0
    results = pool.map(lambda point: Attempt(template, role, point).run(), points)
    for point, (died, why, _) in zip(points, results):
        end = f"dies before call {point}" if died else f"survives: it makes no call {point}"
        tap.say(not why, f"{role} {end}, and all is well", why)
        survived += not died
    return survived


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, help="how many points to try for each role; all without it")
    parser.add_argument("--role", choices=["serve", "worker"], action="append")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args()
    tap = driving.Tap()
    with tempfile.TemporaryDirectory(prefix="honk-die-template-") as template, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        settings = driving.company(template, USERS)
        settings.write_text(settings.read_text().replace("workers: 2", "workers: 1"))
        for role in options.role or ["serve", "worker"]:
            died, why, calls = Attempt(template, role, 0).run()
            tap.say(not why and not died and calls > 0, f"{role} makes {calls} calls when nothing dies", why)
            if options.points:
                wanted = [1 + calls * i // options.points for i in range(options.points)]
                try_points(tap, template, role, wanted, pool)
                continue
            first, survived = 1, 0
            while survived < 2:
                batch = list(range(first, first + 8 * options.jobs))
                survived += try_points(tap, template, role, batch, pool)
                first = batch[-1] + 1
    tap.end()


main()
