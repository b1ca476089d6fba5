"""Random queries over random tables and mappings, in real engines: what is rewritten means what it meant.

A query that does not run over the old tables is thrown away, one that is refused is counted. QUERIES=20000 takes as many,
SEED=n begins elsewhere, ENGINES=sqlite,postgres,mariadb,duckdb,clickhouse says where they run, BACK=1 has all
of them in mappings that only rename, under `propagate`, so that the inverse mapping is tried.
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
from query_world import TABLES, world_of
from query_values import ALIASES
from query_writer import Writer
from support import HONK

A_WORLD = 40  # queries over the same tables


TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)


def is_only_longer(before, after):
    """Does it differ in nothing but qualifiers and `AS name` that came to it?"""
    old, new = TOKEN.findall(before), TOKEN.findall(after)
    i = j = 0
    while j < len(new):
        if new[j + 1:j + 2] == ["."] and old[i + 1:i + 2] != ["."]:
            j += 2
        elif i < len(old) and old[i] == new[j] and not (new[j].isspace() and new[j + 1:j + 2] == ["AS"] and old[i + 1:i + 2] != ["AS"]):
            i, j = i + 1, j + 1
        elif new[j].isspace() and new[j + 1:j + 2] == ["AS"]:
            j += 4
        else:
            return False
    return i == len(old)


def is_only_in_keys(before, after):
    """Does it differ in nothing but lines that may say an output by its place, or by its expression, instead of its alias?"""
    old, new = before.split("\n"), after.split("\n")
    return len(old) == len(new) and all(one == two or is_only_longer(one, two) or re.search(r"\b(GROUP BY|HAVING|ORDER BY|WHERE)\b", two)
                                        for one, two in zip(old, new))


def way_of(before, back):
    """The inverse mapping restores the text, but for what was needed on the way: names that were qualified, USING that became
    ON, a star that was written out. (`otherwise` may be a key of GROUP BY that is an alias and a column by then.)"""
    if back == before:
        return "as it was"
    before, back = (re.sub('["`]', "", text) for text in (before, back))  # a name that needed quotes on the way keeps them
    if back == before:
        return "with quotes"
    if is_only_longer(before, back):
        return "with qualifiers or AS"
    if back.count("USING (") < before.count("USING (") or back.count("NATURAL") < before.count("NATURAL"):
        return "joined with ON"
    if is_only_in_keys(before, back):
        return "with an alias written out"
    is_less = [len(re.findall(star, back)) < len(re.findall(star, before)) for star in (r"(?<!\.)\*", r"\*")]
    return "a star written out" if any(is_less) else "otherwise"


def bag(rows):
    return sorted([None if value is None else str(value) for value in row].__repr__() for row in rows)


class Folder:
    """Queries as files, each in one or more, and the program over all of them."""

    def __init__(self, base, words):
        self.base, self.words, self.files = base, words, {}  # files: number of the query -> paths
        (base / "q").mkdir()

    def write(self, texts):
        for i, parts in texts.items():
            self.files[i] = [self.base / f"q/{i:04}-{j}.sql" for j in range(len(parts))]
            for path, part in zip(self.files[i], parts):
                path.write_text(part + "\n")

    def read(self):
        return {i: [path.read_text().rstrip("\n") for path in paths] for i, paths in self.files.items()}

    def leave(self, numbers):
        """Only these stay."""
        for i in [i for i in self.files if i not in numbers]:
            for path in self.files.pop(i):
                path.unlink()

    def honk(self, world, *words):
        (self.base / "mapping.yaml").write_text(world.mapping())
        schema = world.schema()
        (self.base / "schema.yaml").write_text(schema or "")
        told = ["--schema", "schema.yaml"] if schema else []
        done = subprocess.run([HONK, "rewrite", "--mapping", "mapping.yaml", *told, *self.words, *words, "q"], cwd=self.base,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode in (0, 3), done.stderr
        return done.stdout

    def rewrite(self, world):
        """{number of the query: codes of what needs a person}"""
        codes = {}
        for file in json.loads(self.honk(world, "--write", "--json"))["files"]:
            codes.setdefault(int(Path(file["path"]).stem[:4]), []).extend(
                site.get("code", site["disposition"]) for site in file["sites"] if site["disposition"] in ("needs_person", "unparsable"))
        return {i: found for i, found in codes.items() if found}


class Batch:
    """The queries of one world; `plain`: names change, and nothing else does."""

    def __init__(self, engine, seed, policy, plain=False):
        self.engine, self.seed, self.policy, self.plain = engine, seed, policy, plain
        self.world = world_of(seed, plain)
        engine.load(self.world)
        self.chance = random.Random(f"queries {seed} {engine.dialect}")
        self.queries = [self.written(i) for i in range(A_WORLD)]
        self.counts, self.wrong, self.codes, self.refused = Counter(), [], Counter(), []

    def written(self, number):
        """Where views are followed from file to file, no two have one name."""
        suffix = f"_{number}" if self.policy == "propagate" else ""
        return self.engine.dress(Writer(self.chance, self.world, self.engine.traits, suffix).text())

    def parts(self):
        """Where names are followed from file to file, half of the scripts have a file for each statement."""
        return {i: query.split(";\n") if self.policy == "propagate" and i % 2 == 0 else [query] for i, query in enumerate(self.queries)}

    def rewrite(self):
        """[(what becomes of the query, codes, what becomes of it by the way back or None)]"""
        with tempfile.TemporaryDirectory(prefix="honk-queries-") as place:
            folder = Folder(Path(place), ["--dialect", self.engine.dialect, "--output-names", self.policy])
            before = self.parts()
            folder.write(before)
            diff = folder.honk(self.world, "--diff")
            codes = folder.rewrite(self.world)
            after = folder.read()
            self.check_again(folder, after, [i for i in after if i not in codes])
            self.check_undo(folder, diff, before)
            back = self.way_back(folder, after, before, codes) if self.plain else {}
            return [(";\n".join(after[i]), codes.get(i, []), back.get(i)) for i in range(len(self.queries))]

    # ---- laws that need no engine ----

    def compare(self, what, expected, found, numbers):
        for i in numbers:
            if expected[i] != found[i]:
                self.wrong.append((what, ";\n".join(expected[i]), ";\n".join(found[i])))

    def check_again(self, folder, after, decided):
        """What was written is not written again, where no new name is also an old one."""
        if not self.world.is_turned():
            folder.rewrite(self.world)
            self.compare("the second time changes", after, folder.read(), decided)
            folder.write(after)

    def check_undo(self, folder, diff, before):
        done = subprocess.run(["patch", "-R", "-p1", "-s"], cwd=folder.base, input=diff, capture_output=True, text=True)
        assert done.returncode == 0 or "@@" not in diff, done.stdout + done.stderr
        self.compare("undone is not as it was", before, folder.read(), before)

    def way_back(self, folder, after, before, codes):
        """By the inverse mapping: the same bytes, or other ones that run() compares; {number: text}"""
        folder.write(after)
        folder.leave([i for i in after if i not in codes])
        refused = folder.rewrite(self.world.inverse())
        back = {}
        for i, parts in folder.read().items():
            way = "refused" if i in refused else way_of(";\n".join(before[i]), ";\n".join(parts))
            if before[i] != after[i]:
                self.counts[f"back: {way}"] += 1
            if i not in refused and parts != before[i]:
                back[i] = ";\n".join(parts)
        return back

    # ---- and the one that does ----

    def run(self):
        for before, (after, codes, back) in zip(self.queries, self.rewrite()):
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
            self.check_rows("after", before, after, old)
            if back is not None:
                self.check_rows("before", before, back, old)

    def check_rows(self, side, before, after, old):
        try:
            said = self.differs(before, old, self.engine.run(side, after), side)
        except Failed as error:
            said = None if self.is_loud(str(error)) else str(error)
            self.counts["loud"] += said is None
        if said:
            self.wrong.append((said if side == "after" else f"back: {said}", before, after))

    def is_loud(self, error):
        """It fails, as docs/rewriting/tried.md says: a bare new name beside a table of which nothing is known; in DuckDB, `n.id`
        where a table that is called `n` by now stands beside a column `n`, and a bare name of a table that is its row."""
        about = re.search(r'Ambiguous reference to column name "(\w+)"', error)
        about = about or re.search(r'column "(\w+)" must appear in the GROUP BY clause', error)
        is_table = self.engine.dialect == "duckdb" and about is not None and about[1] in TABLES + ALIASES
        is_gone = "gone away" in error or "Lost connection" in error or "interrupted" in error.lower()  # by the limit
        is_unknown = self.world.known != "all" or self.policy == "propagate"  # what another file makes may not be known
        is_doubled = "ambiguous" in error.lower() or "appears more than once in left table" in error
        return (is_unknown and is_doubled) or "Cannot extract field" in error or is_table or is_gone

    def differs(self, before, old, new, side):
        is_sorted = "ORDER BY" in before.rsplit(")", 1)[-1]
        key = list if is_sorted else bag
        if key(old[1]) != key(new[1]):
            return f"other rows: {old[1][:4]} {new[1][:4]}"
        is_joined = re.search(r"^UPDATE [^;]*?\nFROM ", before, re.MULTILINE) is not None  # of several rows that fit, any one is taken
        expected = dict(old[2])
        for table in self.world.tables if old[2] and side == "after" else []:
            expected[table.old] = table.new_rows(old[2][table.old])
        for name, rows in expected.items() if not is_joined else ():
            if bag(rows) != bag(new[2][name]):
                return f"other rows in {name}: {rows} {new[2][name]}"
        names = set(self.world.names())
        if self.policy == "keep" and old[0] is not None:
            for a, b in zip(old[0], new[0]):
                if a != b and ":" not in a + b and (self.engine.names_expressions or {a, b} & names):
                    return f"other names: {old[0]} {new[0]}"
        return None


def told(batch, wrong):
    said, before, after = wrong
    return (f"SEED={batch.seed} {batch.engine.dialect} {batch.policy}: {said}\n{batch.world.mapping()}{batch.world.schema()}\n"
            f"{before}\n--- became\n{after}\n")


class Queries(unittest.TestCase):
    def check(self, name):
        """Some worlds of queries; every fourth changes the names of outputs, too, half of these change nothing but names."""
        count, seed = int(os.environ.get("QUERIES", "600")), int(os.environ.get("SEED", "1"))
        counts, codes, wrong, is_back = Counter(), Counter(), [], "BACK" in os.environ
        try:
            opened = engine_of(name)
        except (ImportError, OSError, AssertionError) as error:
            self.skipTest(f"{name}: {error}")
        with contextlib.closing(opened) as engine:
            for i in range(max(1, count // A_WORLD)):
                batch = Batch(engine, seed + i, "propagate" if i % 4 == 3 or is_back else "keep", i % 8 == 7 or is_back)
                batch.run()
                counts.update(batch.counts)
                codes.update(batch.codes)
                wrong += [told(batch, one) for one in batch.wrong]
                self.look(batch)
        print(f"{name}: {dict(counts)}, {len(wrong)} wrong; refused: {dict(codes.most_common())}")
        if wrong:
            self.fail(f"{len(wrong)} wrong\n" + "\n".join(wrong[:20]))
        self.assertGreater(2 * counts["decided"], counts["refused"])
        ways = sum(count for what, count in counts.items() if what.startswith("back: "))
        self.assertLessEqual(counts["back: otherwise"], 1 + ways // 25)  # of these, too, the rows are compared
        self.assertGreaterEqual(2 * counts["back: as it was"], ways)

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
