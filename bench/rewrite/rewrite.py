#!/usr/bin/env python3
"""Rewriting a large generated repository against sqlglot, scanning one without matches against git grep, and one growing file.

usage: rewrite.py HONK [--files N] [--rounds N]

Both rename the same table and half of its columns in the same files, in turns. sqlglot only has to parse, find the columns of
the table by its scopes, and print: it keeps no bytes. It is passed over when Python does not have it.
"""
import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

COLUMNS = [f"c{i}" for i in range(20)]
MAPPING = (
    "apiVersion: honk/v1\nkind: Mapping\nsource: acme.events.visits_v1\ntarget: acme.events.visits_v2\ncolumns:\n"
    + "".join(f"  {'n' + c if i % 2 else c}: {{ from: {c} }}\n" for i, c in enumerate(COLUMNS)))
PEER = r'''
import os, sys
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope
new = {f"c{i}": f"nc{i}" for i in range(20) if i % 2}
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name)) as file:
            tree = sqlglot.parse_one(file.read(), dialect="bigquery")
        for scope in traverse_scope(tree):
            for column in scope.columns:
                source = scope.sources.get(column.table)
                only = list(scope.sources.values())
                if source is None and len(only) == 1:
                    source = only[0]
                if isinstance(source, exp.Table) and source.name == "visits_v1" and column.name in new:
                    column.set("this", exp.to_identifier(new[column.name]))
        for table in tree.find_all(exp.Table):
            if table.name == "visits_v1":
                table.set("this", exp.to_identifier("visits_v2"))
        sys.stdout.write(tree.sql(dialect="bigquery"))
'''


def query(rng, table):
    """A report of a few dozen lines: WITH, joins, windows, conditions."""
    parts = []
    for i in range(rng.randint(2, 5)):
        columns = rng.sample(COLUMNS, 6)
        parts.append(
            f"part_{i} AS (\n  -- step {i}\n  SELECT\n    " + ",\n    ".join(f"v.{c}" for c in columns) +
            f",\n    ROW_NUMBER() OVER (PARTITION BY v.{columns[0]} ORDER BY v.{columns[1]} DESC) AS place\n  FROM\n    `{table}` AS v\n"
            f"  LEFT JOIN\n    `acme.events.others` AS o\n    ON o.id = v.{columns[2]}\n  WHERE\n    v.{columns[3]} > {rng.randint(1, 99)}\n"
            f"    AND COALESCE(v.{columns[4]}, 'none') <> 'x' /* {rng.random()} */\n)")
    names = [f"part_{i}" for i in range(len(parts))]
    return ("WITH " + ",\n".join(parts) + "\nSELECT\n  a.place,\n  COUNT(*) AS n\nFROM\n  " + names[0] + " AS a\n" +
            "".join(f"JOIN\n  {n}\n  ON {n}.place = a.place\n" for n in names[1:]) + "GROUP BY\n  a.place\nORDER BY\n  n DESC\n")


def make(folder, files, table):
    rng = random.Random(7)
    total = 0
    for i in range(files):
        place = os.path.join(folder, f"team_{i % 40}", f"job_{i}")
        os.makedirs(place)
        text = query(rng, table)
        total += len(text)
        with open(os.path.join(place, "query.sql"), "w") as file:
            file.write(text)
    return total


def run(command, cwd=None):
    """Wall and processor seconds of one command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - start, cpu


def peer_version():
    asked = subprocess.run([sys.executable, "-c", "import sqlglot; print(sqlglot.__version__)"], capture_output=True, text=True)
    return asked.stdout.strip() if asked.returncode == 0 else None


def best(results):
    return min(r[0] for r in results), min(r[1] for r in results)


def show(what, files, size, figures):
    wall, cpu = figures
    print(f"{what:<28} {files / wall:>10,.0f} files/s {size / wall / 1e6:>8.1f} MB/s {cpu:>9.3f} s of a processor")


def rewriting(honk, folder, files, rounds):
    size = make(folder, files, "acme.events.visits_v1")
    mapping = os.path.join(os.path.dirname(folder), "mapping.yaml")
    with open(mapping, "w") as file:
        file.write(MAPPING)
    version, mine, theirs = peer_version(), [], []
    for _ in range(rounds):
        mine.append(run([honk, "rewrite", "--mapping", mapping, "--dialect", "bigquery", "--diff", folder]))
        if version is not None:
            theirs.append(run([sys.executable, "-c", PEER, folder]))
    show("honk rewrite --diff", files, size, best(mine))
    if version is None:
        print("sqlglot is not there: nothing to compare with")
        return
    show(f"sqlglot {version}", files, size, best(theirs))
    print(f"{'of sqlglot':<28} {best(theirs)[0] / best(mine)[0]:.0f} times as fast, "
          f"1/{best(theirs)[1] / best(mine)[1]:.0f} of its processor time")


def scanning(honk, folder, files, rounds):
    size = make(folder, files, "acme.events.something_else")
    for command in (["git", "init", "-q"], ["git", "add", "-A"]):
        subprocess.run(command, cwd=folder, check=True)
    mine, theirs = [], []
    for _ in range(rounds * 3):
        mine.append(run([honk, "scan", "--dataset", "acme.events.visits_v1", "."], cwd=folder))
        theirs.append(run(["git", "grep", "-il", "visits_v1"], cwd=folder))
    show("honk scan, no match", files, size, best(mine))
    show("git grep -il", files, size, best(theirs))
    print(f"{'of git grep':<28} {best(mine)[0] / best(theirs)[0]:.2f} times its time, "
          f"{best(mine)[1] / best(theirs)[1]:.2f} of its processor time")


def growing(honk, folder):
    """One file of 10 KB to 5 MB: the time of a byte must not grow with it."""
    one = "SELECT v.c1, c2 AS x FROM `acme.events.visits_v1` AS v WHERE v.c3 > {i} AND v.c4 <> 'acme.events.visits_v1'"
    shapes = {"statements.sql": lambda n: ";\n".join(one.format(i=i) for i in range(n)),
              "one UNION.sql": lambda n: "\nUNION ALL\n".join(one.format(i=i) for i in range(n)),
              "one WITH.sql": lambda n: "WITH " + ",\n".join(f"p{i} AS ({one.format(i=i)})" for i in range(n)) + "\nSELECT x FROM p0",
              "strings.py": lambda n: "\n".join(f'Q{i} = "{one.format(i=i)}"' for i in range(n)),
              "strings.java": lambda n: "class A {\n" + "\n".join(f'  String q{i} = "{one.format(i=i)}";' for i in range(n)) + "\n}"}
    mapping = os.path.join(os.path.dirname(folder), "mapping.yaml")
    os.makedirs(folder)
    for shape, text in shapes.items():
        figures = []
        for size in (10_000, 100_000, 1_000_000, 5_000_000):
            path = os.path.join(folder, f"{size}{os.path.splitext(shape)[1]}")
            with open(path, "w") as file:
                file.write(text(max(1, size // len(one))))
            cpu = best([run([honk, "rewrite", "--mapping", mapping, "--dialect", "bigquery", path]) for _ in range(2)])[1]
            figures.append(f"{size:>9,} B {cpu:>6.3f} s")
        print(f"{'one file, ' + shape:<28} " + "  ".join(figures))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("honk", type=os.path.abspath)
    parser.add_argument("--files", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rewriting(asked.honk, os.path.join(folder, "reports"), asked.files, asked.rounds)
        # twice as many: else it is the start of the two programs that is compared
        scanning(asked.honk, os.path.join(folder, "others"), asked.files * 2, asked.rounds)
        growing(asked.honk, os.path.join(folder, "growing"))


if __name__ == "__main__":
    main()
