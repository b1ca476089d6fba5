#!/usr/bin/env python3
"""How the time of rewriting grows with its input, construct by construct (shapes.py).

usage: growth.py HONK [--only WORD] [--dialects NAME,…] [--seconds S] [--limit EXPONENT]

Each input is made n, 2n and 4n times as long, with n such that the first takes --seconds of a processor. The exponent is what
the time grows by: 1.0 is linear, 2.0 quadratic. What is above --limit is listed again at the end, and makes the exit status 1.
"""
import argparse
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile

import shapes

START_N = 50
N_MAX = 400_000
FILES_MAX = 3200 * 4
BYTES_MAX = 12_000_000  # a file of more than 16 MiB is passed over
STOP_SECONDS = 60
DIALECTS = ("bigquery", "postgresql", "mysql", "sqlite", "snowflake", "spark", "trino", "duckdb", "redshift", "tsql")


def cpu_of(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    asked = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (STOP_SECONDS, STOP_SECONDS)))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if asked.returncode == 2:
        sys.exit(f"{' '.join(command)}: {asked.stderr.decode()}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu if asked.returncode >= 0 else float(STOP_SECONDS), asked.returncode


class Case:
    """One construct, and how it is asked."""

    def __init__(self, name, make, ending=None, options=(), verb="rewrite"):
        self.name, self.make, self.ending, self.options, self.verb = name, make, ending, options, verb

    def write(self, folder, n):
        """Write the input of size n, and give its bytes."""
        made = self.make(n)
        files, mapping, schema = made if isinstance(made, tuple) else (made, None, None)
        if isinstance(files, str):
            files = {"f" + self.ending: files}
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder + "/in")
        for path, text in files.items():
            place = os.path.join(folder, "in", path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "w") as file:
                file.write(text)
        with open(folder + "/mapping.yaml", "w") as file:
            file.write(mapping or shapes.MAPPING.format(table=shapes.TABLE))
        if schema is not None:
            with open(folder + "/schema.yaml", "w") as file:
                file.write(schema)
        return max(len(text) for text in files.values()), schema is not None

    def command(self, honk, folder, has_schema):
        if self.verb == "scan":
            return [honk, "scan", "--dataset", shapes.TABLE, folder + "/in"]
        if self.verb == "lineage":
            return [honk, "lineage", "--sql", "--json", folder + "/in"]
        return [honk, "rewrite", "--mapping", folder + "/mapping.yaml", *(
            ["--schema", folder + "/schema.yaml"] if has_schema else []), *self.options, folder + "/in"]

    def seconds(self, honk, folder, n):
        longest, has_schema = self.write(folder, n)
        return cpu_of(self.command(honk, folder, has_schema))[0], longest


def measure(case, honk, folder, seconds, idle):
    """n, the seconds for n, 2n and 4n, and the exponent."""
    n = START_N
    n_max = FILES_MAX if isinstance(case.make(1), dict) else N_MAX
    took, longest = case.seconds(honk, folder, n)
    while took - idle < seconds and n * 16 <= n_max and longest * 16 < BYTES_MAX:
        n *= 4
        took, longest = case.seconds(honk, folder, n)
    figures = [took]
    for times in (2, 4):
        figures.append(case.seconds(honk, folder, n * times)[0] if figures[-1] < STOP_SECONDS / 2 else float("inf"))
    net = [max(f - idle, 0.001) for f in figures]
    exponent = math.log2(net[2] / net[0]) / 2 if math.isfinite(net[2]) else math.log2(net[1] / net[0])
    return n, figures, exponent


def cases(dialects):
    for dialect in dialects:
        for name, make in shapes.SQL.items():
            yield Case(f"{dialect}: {name}", make, ".sql", ("--dialect", dialect))
    for name, make in {**shapes.SQL, **shapes.TEMPLATES}.items():
        yield Case(f"guessed: {name}", make, ".sql")
    for name, make in shapes.SQL.items():
        yield Case(f"propagated: {name}", make, ".sql", ("--output-names", "propagate", "--dialect", "bigquery"))
    for name, make in shapes.TEMPLATES.items():
        yield Case(f"propagated: template: {name}", make, ".sql", ("--output-names", "propagate"))
    for name, make in {**shapes.SQL, **shapes.TEMPLATES}.items():
        yield Case(f"lineage: {name}", make, ".sql", verb="lineage")
    for ending, group in {**shapes.LANGUAGES, **shapes.FORMATS}.items():
        for name, make in group.items():
            yield Case(f"{ending}: {name}", make, ending)
    for name, make in {**shapes.PROJECTS, **shapes.SETTINGS}.items():
        yield Case(f"project: {name}", make)
        yield Case(f"project, propagated: {name}", make, options=("--output-names", "propagate"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("honk", type=os.path.abspath)
    parser.add_argument("--only", default="")
    parser.add_argument("--dialects", default="bigquery")
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--limit", type=float, default=1.3)
    asked = parser.parse_args()
    above = []
    with tempfile.TemporaryDirectory() as folder:
        idle = min(Case("", lambda n: "SELECT 1", ".sql").seconds(asked.honk, folder + "/0", 1)[0] for _ in range(5))
        for case in cases(asked.dialects.split(",")):
            if asked.only not in case.name:
                continue
            n, figures, exponent = measure(case, asked.honk, folder + "/1", asked.seconds, idle)
            line = f"{case.name:<60} {n:>8,} " + " ".join(f"{f:>7.3f}" for f in figures) + f" {exponent:>6.2f}"
            print(line, flush=True)
            if exponent > asked.limit and figures[-1] > 2 * idle:
                above.append(line)
    print(f"\nabove {asked.limit}: {len(above)}")
    print("\n".join(above))
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
