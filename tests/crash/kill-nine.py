#!/usr/bin/env python3
"""kill-nine.py [--rows N] [--kills N] [--seed N] - `honk demo --rollback`, while its server and its workers are killed with
signal 9 at random moments. It has to end as if nothing had been: verified by the witness, and once more when all is back.

A company that is moved and back before all kills are spent is moved again.
"""
import argparse
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

import driving
import evidence
import support

SECONDS_MAX = 900


class Run:
    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.random = random.Random(options.seed)
        self.project = support.Project(folder)
        self.victims, self.words = [], []
        self.deadline = time.monotonic() + SECONDS_MAX

    def demo(self, word):
        """It runs to its end; killing goes on beside it. The exit status."""
        log = open(self.folder / "demo.log", "ab")
        demo = subprocess.Popen([support.HONK, "demo", "--dir", str(self.folder / "company"), "--rows", str(self.options.rows),
                                 "--no-serve", "--rollback", word], env=self.project.env, stdin=subprocess.DEVNULL,
                                stdout=log, stderr=log)
        try:
            while demo.poll() is None:
                self.kill_one(demo)
                if time.monotonic() > self.deadline:
                    raise driving.Stuck(f"it does not end\n{self.tail()}")
            return demo.returncode
        finally:
            demo.kill()
            demo.wait()
            log.close()

    def kill_one(self, demo):
        """After a while: the server, or one of its workers."""
        try:
            demo.wait(self.random.uniform(0.05, self.options.pause))
            return
        except subprocess.TimeoutExpired:
            pass
        servers = driving.children_of(demo.pid, "serve")
        workers = [pid for server in servers for pid in driving.children_of(server, "worker")]
        kind = self.random.choice(("server", "worker"))
        pids = servers if kind == "server" else workers
        if not workers or len(self.victims) >= self.options.kills:  # it is not up yet, or may go on in peace
            return
        try:
            os.kill(self.random.choice(pids), signal.SIGKILL)
            self.victims.append(kind)
        except ProcessLookupError:
            pass

    def tail(self):
        logs = (self.folder / "demo.log", self.folder / "company" / "server.log")
        return "".join(f"\n{log}:\n{log.read_text(errors='replace')[-3000:]}" for log in logs if log.exists())

    def to_the_end(self):
        """One company, moved and back, whatever dies."""
        status = self.demo("--fresh")
        evidence.need(status == 0, f"the demo ended with {status}\n{self.tail()}")
        self.words += [driving.witness(self.folder / "company", "rolled-back", what) for what in ("rows", "code")]
        told = (self.folder / "demo.log").read_text(errors="replace")
        evidence.need("verified: all rows, definitions, repositories and services are as they should be" in told, f"it was not verified in between\n{self.tail()}")
        evidence.state_sound(self.folder / "company" / ".honk", {"rolled_back"})
        (self.folder / "demo.log").unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200000, help="users; there are five streams for each")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--pause", type=float, default=6.0, help="the longest time between two kills, in seconds")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    driving.take_along("honk-kill-")
    tap = driving.Tap()
    print(f"# again: HONK={support.HONK} {__file__} --rows {options.rows} --kills {options.kills} --pause {options.pause} "
          f"--seed {options.seed}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-kill-"))
    run, why, began = Run(folder, options), "", time.monotonic()
    try:
        run.to_the_end()
        while len(run.victims) < options.kills:
            run.to_the_end()
    except (driving.Stuck, evidence.Wrong) as stuck:
        why = f"{stuck}\nkept: {folder}"
    deaths = ", ".join(f"{run.victims.count(kind)} of {kind}s" for kind in ("server", "worker"))
    tap.say(not why, f"verified after {len(run.victims)} kills ({deaths}), moved and back "
                     f"{len(run.words) // 2} times in {time.monotonic() - began:.0f} s", why)
    tap.say(driving.nothing_runs(folder), "nothing keeps running", f"{driving.processes_of(folder)}")
    if not why:
        subprocess.run(["rm", "-rf", str(folder)], check=True)
    tap.end()


main()
