#!/usr/bin/env python3
"""stop-and-wake.py [--points N] [--jobs N] [CASE…] - a worker is stopped (SIGSTOP), its lease runs out, others do its work,
and then it wakes up: it must change nothing.

A CASE is WHO@POINT:THEN. WHO is `ours` (started by the server, which must end it before anybody looks what became of its
task) or `theirs` (`honk worker` by hand, which nobody may kill). POINT is the worker's call before which it stops:
commit3 is its third COMMIT, with the transaction open and the store locked; send12, write70; send12+ is after it. THEN is finish, back (the
migration is rolled back while it sleeps) or stay (it sleeps for ever: a person has to end it). Without cases: every commit, and --points sends and writes.

Whoever sleeps with the store's lock cannot be got round: then the migration has to wait, and say for what.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import tempfile
import time
import traceback

import driving
import evidence
import support

USERS = 60
NAME = "users-v2"
AFTER = {"commit": ("",), "send": ("", "+"), "write": ("",)}  # what follows a send is up to others
STAYS = (4, 7)  # commits of a filled range and of the swap; each takes minutes
STAYS_S = 400  # for all the tries to look, each rarer than the one before
WAITS_S = 120  # for a lease to run out, and the probes after it


class Case(driving.Case):
    def __init__(self, text, template, before):
        match = re.fullmatch(r"(ours|theirs)@(commit|send|write)(\d+)(\+?):(finish|back|stay)", text)
        if match is None:
            raise SystemExit(f"'{text}' is no case: expected for example theirs@commit3:back")
        self.text, self.before, self.template = text, before, template
        self.who, self.kind, self.call, self.after, self.then = match.groups()
        self.why, self.told, self.first, self.second = "", "", None, None

    def run(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-stop-"))
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)
        self.store = self.folder / "listening.db"
        point = "" if self.call == "0" else f"{self.call}{'^' if self.after else '~'}"
        self.counter = driving.Counter(self.folder / "calls", "worker", point, self.kind)
        self.project = support.Project(self.folder)
        began = time.monotonic()
        try:
            self.drive()
        except (driving.Stuck, evidence.Wrong, AssertionError) as stuck:
            self.why = f"{stuck}\nkept: {self.folder}"
        except Exception:
            self.why = f"{traceback.format_exc()}\nkept: {self.folder}"
        for worker in (self.first, self.second):
            if worker is not None:
                worker.kill()
                worker.wait()
        self.project.kill()
        if not driving.nothing_runs(self.folder):
            self.why += f"\nsomething keeps running: {driving.processes_of(self.folder)}"
        self.calls, self.took_s = self.counter.calls, time.monotonic() - began
        self.words = self.counter.words
        if not self.why:
            shutil.rmtree(self.folder, ignore_errors=True)
        return self

    # ---- the run ----

    def drive(self):
        if self.who == "theirs":
            self.project.serve("--no-workers")
            self.first = driving.start_worker(self.project, self.counter.env)
            driver = driving.Driver(self.project)
        else:
            driver = driving.Driver(self.project, self.counter.env)
        driver.move(NAME, driving.USERS_V2, is_over=self.is_asleep)
        if not self.is_asleep():
            evidence.users_moved(self.store, USERS)
            driver.roll_back(NAME, is_over=self.is_asleep)  # the point is on the way back, or beyond it
        if self.is_asleep() and self.who == "theirs":
            self.go_round(driver)
        if self.then != "back" and self.state(driver) not in ("rolling_back", "rolled_back"):
            driver.move(NAME, driving.USERS_V2)
            evidence.users_moved(self.store, USERS)
        driver.roll_back(NAME)
        support.eventually(lambda: self.look() is not None, WAITS_S)  # one of ours may sleep on until its lease is over
        evidence.same(self.before, self.store)
        evidence.need(self.who == "theirs" or self.kind != "commit" or not self.is_asleep(), "it was not ended")
        self.end(self.first)
        self.end(self.second)
        evidence.need(self.project.stop() == 0, "the server did not stop in order")
        evidence.state_sound(self.folder / ".honk", {"rolled_back", "cancelled"})

    @staticmethod
    def state(driver):
        migration = driver.state(NAME)
        return migration["state"] if migration else "none"

    def end(self, worker):
        if worker is not None:
            evidence.need(driving.end_worker(worker), "a worker did not end in order")

    def is_asleep(self):
        return any(b"T" == pathlib.Path(f"/proc/{pid}/stat").read_bytes().rsplit(b")", 1)[1].split()[0]
                   for pid in support.processes_with(str(self.folder)) if self.counter.met)

    # ---- while it sleeps ----

    def go_round(self, driver):
        """Others do its work; when it wakes up, it changes nothing."""
        self.second = driving.start_worker(self.project)
        goes_back = self.then == "back" or self.state(driver) == "rolling_back"
        if self.holds_lock():
            self.waits_for_lock(driver, goes_back)
            return
        if goes_back:
            driver.roll_back(NAME)
        else:
            driver.move(NAME, driving.USERS_V2)
        seen = evidence.dump(self.store)
        self.first.send_signal(signal.SIGCONT)
        self.end(self.first)
        self.first = None
        evidence.same(seen, self.store)
        self.told = "others went round it"

    def holds_lock(self):
        """Does the sleeper hold it, and not another one just now?"""
        connection = sqlite3.connect(self.store, timeout=0, isolation_level=None)
        deadline = time.monotonic() + 2
        try:
            while time.monotonic() < deadline:
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute("ROLLBACK")
                    return False
                except sqlite3.OperationalError:
                    time.sleep(0.05)
            return True
        finally:
            connection.close()

    def look(self):
        """What there is; None when the lock keeps readers out, too."""
        try:
            return evidence.dump(self.store)
        except sqlite3.OperationalError:
            return None

    def waits_for_lock(self, driver, goes_back):
        seen = self.look()
        if goes_back:
            driver.act_back(NAME, self.state(driver), None)
        told = support.eventually(lambda: self.lock_is_told(driver) or self.state(driver) == "cancelled", WAITS_S, 0.2)
        evidence.need(told, f"nobody says that the store is locked: {self.tasks(driver)}")
        if seen is not None:
            evidence.same(seen, self.store)
        waiting = self.state(driver)
        evidence.need(waiting in ("draft", "preflight", "paused", "running", "rolling_back", "cancelled"),
                      f"it is {waiting}, not waiting")
        if self.then == "stay":
            self.stays(driver)
            return
        self.first.send_signal(signal.SIGCONT)
        if waiting == "paused":  # nobody could look for drift: that takes a person's word
            driver.honk("resume", NAME, user=driving.AUTHOR)
        self.told = "it held the lock: the others waited"

    def stays(self, driver):
        """Nobody can tell what became of its task, however often it is tried: then a person must, and is told."""
        rests = support.eventually(lambda: self.state(driver) in ("halted", "needs_operator"), STAYS_S, 0.5)
        evidence.need(rests, f"it does not halt: {self.tasks(driver)}")
        reason = driver.state(NAME)["reason"]
        evidence.need("nobody can tell what became of task" in reason, f"it does not say why it halted: {reason}")
        self.first.kill()
        self.first.wait()
        self.first = None
        act = "resume" if self.state(driver) == "halted" else "retry"  # forward, or on the way back
        evidence.need(driver.honk(act, NAME, "--reason", "ended it", user=driving.APPROVER), f"it refuses to {act}")
        driver.deadline = time.monotonic() + driving.DEADLINE_S
        self.told = "it held the lock for ever: a person ended it"

    def tasks(self, driver):
        status, body = self.project.get(f"/migrations/{NAME}/tasks")
        return json.loads(body)["items"] if status == 200 else []

    def lock_is_told(self, driver):
        return any("locked by another program" in json.dumps(task) for task in self.tasks(driver))

    def outcome(self):
        return f"{self.words}; {self.told}" if self.words else f"never stops, among {self.calls} such calls"


def spread(most, count):
    return sorted({1 + (most - 1) * i // max(count - 1, 1) for i in range(min(count, most))})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--commits", type=int, default=1000, help="how many commits to stop before, evenly spread")
    parser.add_argument("--points", type=int, default=40, help="how many sends, and how many writes")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) * 10, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    driving.take_along("honk-stop-")
    tap = driving.Tap()
    with tempfile.TemporaryDirectory(prefix="honk-stop-template-") as template:
        driving.company(template, USERS, workers=2)
        suite = driving.Suite(Case, tap, options.jobs, template, evidence.dump(pathlib.Path(template) / "listening.db"))
        if options.cases:
            suite.run(options.cases)
            tap.end()
        texts = []
        for plain in suite.run([f"theirs@{kind}0:finish" for kind in ("commit", "send", "write")]):
            tap.say(plain.calls > 5, f"a worker makes {plain.calls} calls of the kind {plain.kind} when nothing stops it")
            count = options.commits if plain.kind == "commit" else options.points
            points = [f"{plain.kind}{n}{after}" for n in spread(plain.calls, count) for after in AFTER[plain.kind]]
            texts += [f"theirs@{point}:{then}" for point in points for then in ("finish", "back")]
            texts += [f"theirs@{plain.kind}{n}:stay" for n in STAYS if plain.kind == "commit" and count >= plain.calls]
            texts += [f"ours@{point}:{('finish', 'back')[i % 2]}" for i, point in enumerate(points)]
        suite.run(texts)
    tap.end()


main()
