#!/usr/bin/env python3
"""kill-nine.py [--users N] [--kills N] [--seed N] - the demo's two migrations, while the server and its workers are killed
with signal 9 again and again; in the end the witness has to verify every row.
"""
import argparse
import os
import pathlib
import random
import signal
import tempfile
import threading
import time

import driving
import support


class Killer(threading.Thread):
    """Kills in turn the server and a worker, a random while apart, as long as something is left to disturb."""

    def __init__(self, driver, kills, seed):
        super().__init__(daemon=True)
        self.driver, self.kills, self.random = driver, kills, random.Random(seed)
        self.done, self.victims = threading.Event(), []

    def victim(self):
        project = self.driver.project
        if len(self.victims) % 2 == 0:
            return "server", project.server.pid if project.server else None
        workers = driving.workers_of(project)
        return "worker", self.random.choice(workers) if workers else None

    def run(self):
        while len(self.victims) < self.kills and not self.done.wait(self.random.uniform(0.2, 1.2)):
            kind, pid = self.victim()
            if pid is None:
                continue
            try:
                os.kill(pid, signal.SIGKILL)
                self.victims.append(kind)
            except ProcessLookupError:
                pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=200000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    tap = driving.Tap()
    print(f"# seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="honk-kill-") as folder:
        driving.company(folder, options.users)
        project = support.Project(folder)
        driver = driving.Driver(project)
        driver.deadline = time.monotonic() + 900
        why, began = "", time.monotonic()
        killer = Killer(driver, options.kills, options.seed)
        try:
            driver.serving()
            killer.start()
            driver.move("users-v2", "migrations/users.yaml")
            driver.move("streams-v2", "migrations/streams.yaml")
            while len(killer.victims) < options.kills and options.users < 200000:
                # A small company is done before the killer is: the way back and forth again is to be disturbed, too.
                driver.roll_back("streams-v2")
                driver.honk("plan", "streams-v2", user=driving.AUTHOR)
                driver.move("streams-v2", "migrations/streams.yaml")
            killer.done.set()
            killer.join()
            driver.serving()
            print("#", driving.witness(folder, "after"), flush=True)
        except (driving.Stuck, AssertionError, OSError) as stuck:
            why = str(stuck) or repr(stuck)
        killer.done.set()
        deaths = ", ".join(f"{killer.victims.count(kind)} of {kind}s" for kind in ("server", "worker"))
        tap.say(not why, f"verified after {len(killer.victims)} kills ({deaths}), {driver.starts} starts", why)
        tap.say(len(killer.victims) >= options.kills, f"there was time for {options.kills} kills "
                                                      f"in {time.monotonic() - began:.0f} s")
        project.stop()
        left = support.processes_with(str(pathlib.Path(folder)))
        tap.say(not left, "nothing keeps running", f"{left}")
        project.kill()
    tap.end()


main()
