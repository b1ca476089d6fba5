#!/usr/bin/env python3
"""How the time and the memory of rewriting grow with its input, construct by construct (shapes.py).

usage: growth.py HONK [--only WORD] [--dialects NAME,…] [--seconds S] [--limit EXPONENT]

Each input is made n, 2n and 4n times as long, with n such that the first takes --seconds of a processor. The exponents are
what the time, and the highest memory, grow by: 1.0 is linear, 2.0 quadratic. What is above --limit is listed again at the end,
and makes the exit status 1.
"""
import argparse
import math
import multiprocessing
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
STOP_BYTES = 6 << 30
MIB_OF_INTEREST = 64
DIALECTS = ("bigquery", "postgresql", "mysql", "sqlite", "snowflake", "spark", "trino", "duckdb", "redshift", "tsql")


class Cost:
    """What a command took: seconds of a processor, and the highest MiB of memory; infinite where it was stopped."""

    def __init__(self, seconds, mib):
        self.seconds, self.mib = seconds, mib


STOPPED = Cost(math.inf, math.inf)


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (STOP_SECONDS, STOP_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (STOP_BYTES, STOP_BYTES))


def cost_of(command):
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, preexec_fn=limit)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        message = said.read().decode()
    if child.returncode == 2:
        print(f"{' '.join(command)}: {message.strip()[:300]}", file=sys.stderr)
    elif child.returncode < 0:
        print(f"{' '.join(command)}: stopped by signal {-child.returncode}", file=sys.stderr)
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024) if child.returncode in (0, 3) else STOPPED


def apart(work):
    """What work() gives, done in a process of its own: a command counts as its memory what the process has that starts it."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=lambda: there.send(work()))
    process.start()
    given = here.recv()
    process.join()
    return given


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

    def cost(self, honk, folder, n):
        longest, has_schema = apart(lambda: self.write(folder, n))
        return cost_of(self.command(honk, folder, has_schema)), longest


def exponent_of(figures, idle, least):
    """By what power three figures grow of which each is of twice the input."""
    net = [max(f - idle, least) for f in figures if math.isfinite(f)]
    return math.log2(net[-1] / net[0]) / (len(net) - 1) if len(net) > 1 else math.inf


def measure(case, honk, folder, seconds, idle):
    """n, and the costs of n, 2n and 4n."""
    n = START_N
    n_max = FILES_MAX if isinstance(case.make(1), (dict, tuple)) else N_MAX
    took, longest = case.cost(honk, folder, n)
    while took.seconds - idle.seconds < seconds and n * 16 <= n_max and longest * 16 < BYTES_MAX:
        n *= 4
        took, longest = case.cost(honk, folder, n)
    costs = [took]
    for times in (2, 4):
        costs.append(case.cost(honk, folder, n * times)[0] if costs[-1].seconds < STOP_SECONDS / 2 else STOPPED)
    return n, costs


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
    for ending, group in shapes.MIXED.items():
        for name, make in group.items():
            yield Case(f"mixed {ending}: {name}", make, ending)
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
        idle = min((Case("", lambda n: "SELECT 1", ".sql").cost(asked.honk, folder + "/0", 1)[0] for _ in range(5)),
                   key=lambda cost: cost.seconds)
        for case in cases(asked.dialects.split(",")):
            if asked.only not in case.name:
                continue
            n, costs = measure(case, asked.honk, folder + "/1", asked.seconds, idle)
            time = exponent_of([c.seconds for c in costs], idle.seconds, 0.001)
            memory = exponent_of([c.mib for c in costs], idle.mib, 1)
            line = f"{case.name:<60} {n:>8,} " + " ".join(f"{c.seconds:>7.3f}" for c in costs) + f" {time:>6.2f}   " + " ".join(
                f"{c.mib:>6.0f}" for c in costs) + f" MiB {memory:>6.2f}"
            print(line, flush=True)
            if time > asked.limit and costs[-1].seconds > 2 * idle.seconds or memory > asked.limit and costs[-1].mib > MIB_OF_INTEREST:
                above.append(line)
    print(f"\nabove {asked.limit}: {len(above)}")
    print("\n".join(above))
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
