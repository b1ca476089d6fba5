#!/usr/bin/env python3
"""Two thousand small SQLite datasets as one campaign: from the start to the verified end, and all of it back.

    bench/campaign/campaign.py HONK [--count 2000] [--stores 20] [--workers 6] [--rows 20]

Every row is compared with Python's sqlite3; after the rollback the stores are what they were before, to the letter. It ends
with 1 when they are not. Figures are printed as a table.
"""
import argparse
import os
import pathlib
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("honk")
    for name, default in (("count", 2000), ("stores", 20), ("workers", 6), ("rows", 20)):
        parser.add_argument("--" + name, type=int, default=default)
    return parser.parse_args()


class Looker(threading.Thread):
    """Asks as screens do, ten times a second, and keeps count: how long it took, and the server's memory."""

    def __init__(self, world, name):
        super().__init__(daemon=True)
        self.world, self.name, self.over = world, name, False
        self.took, self.memory, self.first_progress = {}, 0, None
        self.began = time.monotonic()

    def ask(self, path):
        began = time.monotonic()
        status, body = self.world.get(path)
        self.took.setdefault(path.split("/")[1], []).append(time.monotonic() - began)
        return body

    def run(self):
        while not self.over:
            import json
            campaign = json.loads(self.ask(f"/campaigns/{self.name}"))
            self.ask("/migrations/t0000-v2")
            self.ask("/metrics")
            if self.first_progress is None and campaign["progress"]["done"] > 0:
                self.first_progress = time.monotonic() - self.began
            status = pathlib.Path(f"/proc/{self.world.server.pid}/status").read_text()
            resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
            self.memory = max(self.memory, int(resident.split()[1]) / 1024)
            time.sleep(0.1)

    def p99(self, what):
        took = sorted(self.took[what])
        return took[min(len(took) - 1, len(took) * 99 // 100)] * 1000


def main():
    wanted = arguments()
    os.environ["HONK"] = os.path.abspath(wanted.honk)
    from campaign_world import CampaignWorld
    world = CampaignWorld(wanted.count, stores=wanted.stores, rows=wanted.rows, workers=wanted.workers)
    figures = []

    def timed(what, act, per=None):
        began = time.monotonic()
        result = act()
        gone = time.monotonic() - began
        figures.append((what, f"{gone:.1f} s" + (f", {wanted.count / gone:.0f} {per}/s" if per else "")))
        print(f"{figures[-1][0]}: {figures[-1][1]}", flush=True)
        return result

    try:
        before = world.dump()
        world.serve()
        timed("registered", lambda: world.honk("apply", "-f", "migrations", "--campaign", "spring", user="ada"), "entities")
        review = timed("planned and read by class", lambda: world.review(), "plans")
        assert [item["count"] for item in review["classes"]] == [wanted.count], "not one class"
        timed("approved", lambda: world.honk("approve", "spring", review["digest"], user="bo", timeout=600), "plans")
        looker = Looker(world, "spring")
        looker.start()
        timed("moved", lambda: world.honk("start", "spring", "--wait", user="ada", timeout=7200), "migrations")
        looker.over = True
        looker.join()
        figures.append(("first one moved after", f"{looker.first_progress:.1f} s"))
        for what in ("campaigns", "migrations", "metrics"):
            figures.append((f"99 % of GET /{what}… while it moves", f"{looker.p99(what):.0f} ms"))
        figures.append(("memory of the server, at most", f"{looker.memory:.0f} MiB"))
        assert world.moved() == world.names, "not all of them moved"
        timed("rolled back", lambda: world.honk("rollback", "spring", "--wait", user="ada", timeout=7200), "migrations")
        assert world.dump() == before, "the stores are not what they were"
    finally:
        world.close()
    width = max(len(what) for what, _ in figures)
    print()
    for what, figure in figures:
        print(f"{what:{width}}  {figure}")


if __name__ == "__main__":
    main()
