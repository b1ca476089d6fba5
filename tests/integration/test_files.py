"""Real files through every pair of stores that can hold them, and equal at the end.

From one kind into the next, each kind after each other one once, so that every pair is gone through; then the last is held
against the first, by Honk and, without it, by Python. The files are those of test_real_data.py, or small likenesses.
"""
import csv
import gzip
import io
import json
import os
import re
import shutil
import tempfile
import unittest

import support
import test_real_data as real

KINDS = ("x.csv", "x.json", "x.ndjson", "x.tsv.gz", "d.db:x")
MEMORY = "/dev/shm"  # a disk is waited for some thousand times else, and nothing dies here


def walk(kinds):
    """Every ordered pair once: a walk that begins and ends with the first (edges in, edges out: there always is one)."""
    left = {kind: [other for other in kinds if other != kind] for kind in kinds}
    stack, path = [kinds[0]], []
    while stack:
        if left[stack[-1]]:
            stack.append(left[stack[-1]].pop())
        else:
            path.append(stack.pop())
    return path[::-1]


class Walks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp(dir=MEMORY if os.access(MEMORY, os.W_OK) else None)
        self.addCleanup(shutil.rmtree, folder)
        self.project = support.Project(folder)
        self.addCleanup(self.project.close)

    def records(self, name):
        data = (self.project.folder / name).read_bytes()
        data = gzip.decompress(data) if name.endswith(".gz") else data
        if name.endswith(".ndjson"):
            return [json.loads(line) for line in data.decode().splitlines()]
        if name.endswith(".json"):
            return json.loads(data)
        return list(csv.DictReader(io.StringIO(data.decode(), newline=""), delimiter="\t" if ".tsv" in name else ","))

    def there_and_back(self, file, text, kinds):
        """Every pair, and the same records at the end, as Python reads them."""
        (self.project.folder / file).write_text(text)
        kinds = [kind.replace("x", f"x{at}", 1) if ":" not in kind else kind for at, kind in enumerate(kinds)]
        self.project.honk("copy", file, kinds[0])
        for source, target in zip(walk(kinds), walk(kinds)[1:]):
            self.project.honk("copy", source, target, "--replace")
        done = self.project.honk("compare", file, kinds[0], check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        before, after = self.records(file), self.records(kinds[0])
        self.assertEqual(len(before), len(after))
        for have, want in zip(sorted(map(self.plain, after)), sorted(map(self.plain, before))):
            self.assertEqual(have, want)
        self.assertFalse((self.project.folder / ".honk_notes").exists())

    @staticmethod
    def plain(record):
        """As texts, without what CSV does not know; 7 and 7.0 are one number."""
        texts = {name: "" if value is None else re.sub(r"\.0$", "", repr(value)) if isinstance(value, float) else str(value)
                 for name, value in record.items()}
        return sorted((name, text) for name, text in texts.items() if text != "")


def add_tests(case):
    path = real.DATA / case.file

    own = "x.json" if case.file.endswith(".json") else "x.csv"  # what has its types, to be held against it
    others = [kind for kind in KINDS if kind != own]

    def likeness(self):
        self.there_and_back(case.file, case.likeness, kinds=(own, *others))

    def whole(self):
        self.there_and_back(case.file, path.read_text(), kinds=(own, others[0], "d.db:x"))
    if case in (real.AIRPORTS, real.MOVIES):
        setattr(Walks, f"test_{case.name}_likeness_through_every_pair", likeness)
    setattr(Walks, f"test_{case.name}_real_file_there_and_back",
            unittest.skipUnless(path.exists(), f"{path} is not there; HONK_TEST_DATA names a folder with it")(whole))


for _case in (case for case in real.CASES):
    add_tests(_case)

del real.RealData  # its tests are run there
if __name__ == "__main__":
    unittest.main()
