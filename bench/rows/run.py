#!/usr/bin/env python3
"""Rows a second, Honk against the sqlite3 shell, side by side.

usage: run.py MOVE SOURCE-ROOT [--rows N] [--rounds N] [--only SHAPE,…] [--ways WAY,…]

For every shape the same file is filled several times over: by `INSERT … SELECT` as a person would type it into the
sqlite3 shell, and by Honk in several ways, one after the other, each on a fresh copy of the file, the order turned
round by round. What is printed is the peer's cost through ours, so 1.00 is as fast as the peer: of CPU seconds (user
and system, of the child and all that it did) and of elapsed time; the median of the rounds, least and most.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
DEMO_MAPPINGS = {"users": "users.yaml", "streams": "streams.yaml"}
DURABLE = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;\n"
WAYS = {"pushed": 0.9, "hashed": 0.6, "read-back": 0.45}  # and what we aim at


class Shape:
    """One table and its mapping: a file to copy, what a person types, and what Honk is told."""

    def __init__(self, name, args, folder):
        self.name, self.args = name, args
        self.demo = name in DEMO_MAPPINGS
        self.source, self.target = (f"{name}_v1", f"{name}_v2") if self.demo else ("source", "target")
        self.mapping = (args.root / "examples/listening/mappings" / DEMO_MAPPINGS[name]
                        if self.demo else HERE / "shapes" / name / "mapping.yaml")
        self.typed = (HERE / "shapes" / name / "typed.sql").read_text()
        self.ready = folder / f"{name}.db"
        self.prepare()
        self.rows = int(shell(self.ready, f"SELECT count(*) FROM {self.source};"))

    def prepare(self):
        setup = (HERE / "shapes" / self.name / "setup.sql").read_text().replace(":rows", str(self.args.rows))
        if self.demo:
            users = self.args.rows if self.name == "users" else self.args.rows // 10
            streams = self.args.rows if self.name == "streams" else 0
            subprocess.run([self.args.move, "demo", self.ready, self.args.root / "examples/listening/schema.sql",
                            str(users), str(streams)], check=True)
            shell(self.ready, setup)
        else:
            shell(self.ready, "PRAGMA journal_mode = WAL;\nBEGIN;\n" + setup + "COMMIT;")
        shell(self.ready, "PRAGMA wal_checkpoint(TRUNCATE);")

    def typed_command(self, target):
        return ["sqlite3", "-batch", "-bail", target], DURABLE + "BEGIN;\n" + self.typed + "COMMIT;\n"

    def our_command(self, way, target):
        return [self.args.move, way, target, self.source, target, self.target, self.mapping], ""

    def rows_differ(self, typed, ours):
        """How many rows one of the two files has and the other has not."""
        return int(shell(typed, f"""ATTACH '{ours}' AS ours;
            SELECT (SELECT count(*) FROM (SELECT * FROM main.{self.target} EXCEPT SELECT * FROM ours.honk_stage))
                 + (SELECT count(*) FROM (SELECT * FROM ours.honk_stage EXCEPT SELECT * FROM main.{self.target}))
                 + abs((SELECT count(*) FROM main.{self.target}) - (SELECT count(*) FROM ours.honk_stage));"""))


class CsvShape(Shape):
    """The demo's users as a CSV file, into a typed table: the shell imports it and selects from that."""

    def __init__(self, args, folder):
        super().__init__("users", args, folder)
        self.name = "csv"
        self.csv = folder / "users.csv"
        with open(self.csv, "wb") as out:
            subprocess.run(["sqlite3", "-csv", "-header", self.ready, "SELECT * FROM users_v1"], stdout=out, check=True)
        self.mapping = HERE / "shapes" / "csv" / "mapping.yaml"
        self.typed = (HERE / "shapes" / "csv" / "typed.sql").read_text()
        shell(self.ready, "DROP TABLE users_v1; VACUUM;")

    def typed_command(self, target):
        return (["sqlite3", "-batch", "-bail", target],
                DURABLE + f".import --csv {self.csv} imported\nBEGIN;\n{self.typed}COMMIT;\nDROP TABLE imported;\n")

    def our_command(self, way, target):
        return [self.args.move, "by-rows", self.csv.parent, self.csv.name, target, self.target, self.mapping], ""


def shell(path, sql):
    done = subprocess.run(["sqlite3", "-batch", "-bail", path], input=sql, text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"sqlite3 {path}: {done.stderr}")
    return done.stdout


def fresh_copy(path, target):
    """On disk before anything is measured: else the first sync pays for the copy."""
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(str(target) + suffix).unlink(missing_ok=True)
    shutil.copyfile(path, target)
    with open(target, "rb+") as file:
        os.fsync(file.fileno())


def measure(command, text):
    """CPU seconds and elapsed seconds of one child, and what it printed."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(text.encode())
        given.seek(0)
        began = time.monotonic()
        child = subprocess.Popen(command, stdin=given, stdout=said)
        _, status, usage = os.wait4(child.pid, 0)
        took = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"{command[0]} failed with {child.returncode}")
        said.seek(0)
        return usage.ru_utime + usage.ru_stime, took, said.read().decode()


def run_shape(shape, ways, rounds, folder):
    """{way: [(cpu ratio, wall ratio)]}, the peer's rate, and our ranges."""
    ratios, peer_cpu, ranges = {way: [] for way in ways}, [], 0
    for number in range(rounds):
        order = ["typed"] + ways
        order = order[number % len(order):] + order[:number % len(order)]
        costs = {}
        for way in order if number % 2 == 0 else reversed(order):
            target = folder / ("typed.db" if way == "typed" else "ours.db")
            fresh_copy(shape.ready, target)
            command, text = shape.typed_command(target) if way == "typed" else shape.our_command(way, target)
            costs[way] = measure([str(word) for word in command], text)
            if way != "typed":
                ranges = int(costs[way][2].split()[1])
            both = (folder / "typed.db").exists() and (folder / "ours.db").exists()
            if number == 0 and both and shape.rows_differ(folder / "typed.db", folder / "ours.db") != 0:
                sys.exit(f"{shape.name}, {way}: the rows are not those of the peer")
        for way in ways:
            ratios[way].append((costs["typed"][0] / costs[way][0], costs["typed"][1] / costs[way][1]))
        peer_cpu.append(costs["typed"][0])
    for left in folder.glob("*.db*"):
        if left != shape.ready:
            left.unlink()
    return ratios, statistics.median(peer_cpu), ranges


def show(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("move", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=300000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="users,streams,wide,narrow,dates,csv")
    parser.add_argument("--ways", default=",".join(WAYS))
    args = parser.parse_args()
    print(f"rows: how fast we are, the peer being 1.00; median (least-most) of {args.rounds} rounds, interleaved\n")
    print(f"{'shape':9}{'rows':>9}{'ranges':>7}  {'way':11}{'aim':>5}  {'of CPU seconds':20}{'of elapsed time':20}")
    for name in args.only.split(","):
        with tempfile.TemporaryDirectory(prefix="honk-bench-") as folder:
            folder = pathlib.Path(folder)
            shape = CsvShape(args, folder) if name == "csv" else Shape(name, args, folder)
            ways = ["by-rows"] if name == "csv" else args.ways.split(",")
            ratios, _, ranges = run_shape(shape, ways, args.rounds, folder)
            for way in ways:
                aim = f"{WAYS[way]:.2f}" if way in WAYS else "-"
                print(f"{name:9}{shape.rows:9}{ranges:7}  {way:11}{aim:>5}  {show([r[0] for r in ratios[way]]):20}"
                      f"{show([r[1] for r in ratios[way]]):20}", flush=True)


if __name__ == "__main__":
    main()
