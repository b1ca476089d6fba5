"""Random queries over random tables and mappings, in real engines: what is rewritten means what it meant.

A query that does not run over the old tables is thrown away, one that is refused is counted. QUERIES=20000 takes as many,
SEED=n begins elsewhere, ENGINES=sqlite,postgres,mariadb,duckdb says where they run.
"""
import contextlib
import json
import os
import random
import re
import subprocess
import tempfile
import unittest
from collections import Counter
from pathlib import Path

from query_engines import Failed, engine_of
from query_world import INTS, TABLES, TEXTS, world_of
from query_values import ALIASES
from query_writer import Writer
from support import HONK

A_WORLD = 40  # queries over the same tables


def bag(rows):
    return sorted([None if value is None else str(value) for value in row].__repr__() for row in rows)


class Batch:
    """The queries of one world."""

    def __init__(self, engine, seed, policy):
        self.engine, self.seed, self.policy = engine, seed, policy
        self.world = world_of(seed)
        engine.load(self.world)
        chance = random.Random(f"queries {seed} {engine.dialect}")
        self.queries = [Writer(chance, self.world, engine.traits).text() for _ in range(A_WORLD)]
        self.counts, self.wrong, self.codes, self.refused = Counter(), [], Counter(), []

    def rewrite(self):
        with tempfile.TemporaryDirectory(prefix="honk-queries-") as folder:
            base = Path(folder)
            (base / "mapping.yaml").write_text(self.world.mapping())
            schema = self.world.schema()
            (base / "schema.yaml").write_text(schema or "")
            (base / "q").mkdir()
            for i, query in enumerate(self.queries):
                (base / f"q/{i:04}.sql").write_text(query + "\n")
            words = ["--schema", "schema.yaml"] if schema else []
            done = subprocess.run([HONK, "rewrite", "--mapping", "mapping.yaml", *words, "--dialect", self.engine.dialect, "--output-names",
                                   self.policy, "--write", "--json", "q"], cwd=base, capture_output=True, text=True, timeout=120)
            assert done.returncode in (0, 3), done.stderr
            codes = {int(Path(file["path"]).stem): [site.get("code", site["disposition"]) for site in file["sites"]
                                                    if site["disposition"] in ("needs_person", "unparsable")]
                     for file in json.loads(done.stdout)["files"]}
            return [((base / f"q/{i:04}.sql").read_text().rstrip("\n"), codes.get(i, [])) for i in range(len(self.queries))]

    def run(self):
        for before, (after, codes) in zip(self.queries, self.rewrite()):
            try:
                old = self.engine.run("before", before)
            except Failed:
                self.counts["thrown away"] += 1
                continue
            if codes:
                self.counts["refused"] += 1
                self.codes[codes[0]] += 1
                self.refused.append((codes, before))
                continue
            self.counts["decided"] += 1
            try:
                new = self.engine.run("after", after)
            except Failed as error:
                if self.is_loud(str(error)):
                    self.counts["loud"] += 1
                else:
                    self.wrong.append((str(error), before, after))
                continue
            said = self.differs(before, old, new)
            if said:
                self.wrong.append((said, before, after))

    def is_loud(self, error):
        """It fails, as docs/rewriting.md says: a bare new name beside a table of which nothing is known; in DuckDB, `n.id`
        where a table that is called `n` by now stands beside a column `n`, and a bare name of a table that is its row."""
        about = re.search(r'Ambiguous reference to column name "(\w+)"', error)
        about = about or re.search(r'column "(\w+)" must appear in the GROUP BY clause', error)
        is_table = self.engine.dialect == "duckdb" and about is not None and about[1] in TABLES + ALIASES
        is_gone = "gone away" in error or "Lost connection" in error
        return (self.world.known != "all" and "ambiguous" in error.lower()) or "Cannot extract field" in error or is_table or is_gone

    def differs(self, before, old, new):
        is_sorted = "ORDER BY" in before.rsplit(")", 1)[-1]
        key = list if is_sorted else bag
        if key(old[1]) != key(new[1]):
            return f"other rows: {old[1][:4]} {new[1][:4]}"
        is_joined = before.startswith("UPDATE") and "\nFROM " in before  # of several rows that fit, any one is taken
        for table in self.world.tables if not is_joined else []:
            if old[2] and bag(table.new_rows(old[2][table.old])) != bag(new[2][table.old]):
                return f"other rows in {table.old}: {old[2][table.old]} {new[2][table.old]}"
        if self.policy == "keep" and old[0] is not None:
            for a, b in zip(old[0], new[0]):
                if a != b and ":" not in a + b and (self.engine.names_expressions or a in INTS + TEXTS or b in INTS + TEXTS):
                    return f"other names: {old[0]} {new[0]}"
        return None


def told(batch, wrong):
    said, before, after = wrong
    return (f"SEED={batch.seed} {batch.engine.dialect} {batch.policy}: {said}\n{batch.world.mapping()}{batch.world.schema()}\n"
            f"{before}\n--- became\n{after}\n")


class Queries(unittest.TestCase):
    def check(self, name):
        """Some worlds of queries; every fourth changes the names of outputs, too."""
        count, seed = int(os.environ.get("QUERIES", "600")), int(os.environ.get("SEED", "1"))
        counts, codes, wrong = Counter(), Counter(), []
        try:
            opened = engine_of(name)
        except (ImportError, OSError, AssertionError) as error:
            self.skipTest(f"{name}: {error}")
        with contextlib.closing(opened) as engine:
            for i in range(max(1, count // A_WORLD)):
                batch = Batch(engine, seed + i, "propagate" if i % 4 == 3 else "keep")
                batch.run()
                counts.update(batch.counts)
                codes.update(batch.codes)
                wrong += [told(batch, one) for one in batch.wrong]
                self.look(batch)
        print(f"{name}: {dict(counts)}, {len(wrong)} wrong; refused: {dict(codes.most_common())}")
        if wrong:
            self.fail(f"{len(wrong)} wrong\n" + "\n".join(wrong[:20]))
        self.assertGreater(counts["decided"], counts["refused"])

    def look(self, batch):
        """What was refused, into a file, for who asks."""
        if "REFUSED" in os.environ:
            with open(os.environ["REFUSED"], "a") as file:
                for codes, before in batch.refused:
                    file.write(f"== {batch.seed} {codes}\n{batch.world.mapping()}{batch.world.schema()}\n{before}\n\n")

    def test_sqlite(self):
        self.check("sqlite")


for engine_name in os.environ.get("ENGINES", "").split(","):
    if engine_name not in ("", "sqlite"):
        setattr(Queries, f"test_{engine_name}", lambda self, name=engine_name: self.check(name))


if __name__ == "__main__":
    unittest.main()
