"""dbt builds each project here before its dataset gets other names and after, twice each, in DuckDB: tables, tests and unit tests must
give the same. Where a source moves, the old table is gone by then, and rows came in between: what was overlooked shows."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import duckdb
import yaml

HERE = pathlib.Path(__file__).resolve().parent
HONK = os.environ["HONK"]
DBT = os.environ["DBT"]
BUILD_SECONDS = 300
DATABASE = "brew.duckdb"


class Project:
    """A copy of one project with a database of its own."""

    def __init__(self, name, folder):
        self.folder = pathlib.Path(folder)
        shutil.copytree(HERE / name, self.folder, dirs_exist_ok=True)
        self.mapping = yaml.safe_load((HERE / name / "mapping.yaml").read_text(encoding="utf-8"))
        self.scripts = {path.name: path.read_text(encoding="utf-8") for path in (HERE / name).glob("*.sql")}
        for aside in ("mapping.yaml", *self.scripts):
            (self.folder / aside).unlink()
        self.new_names = {column["from"]: new for new, column in self.mapping["columns"].items()}

    def rewrite(self, name, policy):
        """The files that need a person, relative to the project."""
        run = subprocess.run([HONK, "rewrite", "--mapping", HERE / name / "mapping.yaml", "--dialect", "duckdb", "--default", "main",
                              "--output-names", policy, "--write", "--json", self.folder], capture_output=True, text=True)
        assert run.returncode in (0, 3), run.stderr
        return {str(pathlib.Path(file["path"]).relative_to(self.folder)) for file in json.loads(run.stdout)["files"]
                if any(site["disposition"] in ("needs_person", "unparsable") for site in file.get("sites", []))}

    def load(self, scripts, moved):
        """Fills the tables that dbt reads, in the dataset's new shape where it has moved."""
        source, target = self.mapping["source"], self.mapping["target"]
        with duckdb.connect(str(self.folder / DATABASE)) as database:
            for script in scripts:
                database.execute(self.scripts.get(script, "SELECT 1"))
            if moved and source != target:
                columns = ", ".join(f"{old} AS {new}" for old, new in self.new_names.items())
                database.execute(f"CREATE OR REPLACE TABLE {target} AS SELECT {columns} FROM {source}; DROP TABLE {source}")

    def leave_out(self, files):
        """Without those that need a person: dbt reads no project in which one model asks for a source that is gone."""
        for file in files:
            (self.folder / file).unlink()

    def build(self):
        """How each test and model ended, without names, which may change."""
        run = subprocess.run([DBT, "--no-use-colors", "build", "--profiles-dir", self.folder, "--project-dir", self.folder],
                             capture_output=True, text=True, cwd=self.folder, timeout=BUILD_SECONDS,
                             env=os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "HOME": str(self.folder)})
        assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
        results = json.loads((self.folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
        return sorted((one["unique_id"].split(".")[0], one["status"], str(one["failures"])) for one in results)

    def tables(self):
        """What dbt made: the columns of each table, and its rows in one order. Times of the run itself are left out."""
        made = {}
        with duckdb.connect(str(self.folder / DATABASE), read_only=True) as database:
            for (table,) in database.execute("SELECT table_name FROM information_schema.tables").fetchall():
                columns = [column for column, *_ in database.execute(f'DESCRIBE "{table}"').fetchall() if not column.startswith("dbt_")]
                chosen = ", ".join(f'"{column}"' for column in columns)
                made[table] = columns, sorted(map(repr, database.execute(f'SELECT {chosen} FROM "{table}"').fetchall()))
        for raw in {self.mapping["source"], self.mapping["target"]} if self.mapping["source"] != self.mapping["target"] else ():
            made.pop(raw.rsplit(".", 1)[-1], None)
        return made


def run_twice(project, moved):
    """A first build, and one after rows came and changed."""
    seen = []
    for scripts in (["raw.sql"], ["raw.sql", "later.sql"]):
        project.load(scripts, moved)
        seen.append((project.build(), project.tables()))
    return seen


class DbtBuildsTheSame(unittest.TestCase):
    maxDiff = None

    def same(self, name, policy, refused):
        with tempfile.TemporaryDirectory() as old_folder, tempfile.TemporaryDirectory() as new_folder:
            old, new = Project(name, old_folder), Project(name, new_folder)
            self.assertEqual(new.rewrite(name, policy), set(refused))
            for project in (old, new):
                project.leave_out(refused)
            for before, after in zip(run_twice(old, False), run_twice(new, True)):
                self.assertEqual(before[0], after[0])
                self.compare(old, before[1], after[1], policy)

    def compare(self, project, before, after, policy):
        self.assertEqual(before.keys(), after.keys())
        for table, (columns, rows) in before.items():
            now, now_rows = after[table]
            self.assertEqual(rows, now_rows, table)
            for old, new in zip(columns, now, strict=True):
                may = {old, project.new_names.get(old)} if policy == "propagate" or project.mapping["target"].endswith("." + table) else {old}
                self.assertIn(new, may, table)

    # Macros that get the table or name its columns, blocks that do, or what makes a text or the name of an output of a column's name.
    REFUSED = [f"models/marts/{name}.sql" for name in ("all_columns", "best_plan", "filtered", "how_many", "looped", "newest_of", "picked_columns")]

    def test_a_source_moves_and_each_model_keeps_its_names(self):
        self.same("source", "keep", self.REFUSED)

    def test_a_source_moves_and_its_new_names_go_downstream(self):
        self.same("source", "propagate", self.REFUSED)

    def test_a_seed_gets_new_names_and_each_model_keeps_its_names(self):
        self.same("seed", "keep", [])

    def test_a_seed_gets_new_names_that_go_downstream(self):
        self.same("seed", "propagate", [])

    def test_a_model_gets_new_names_and_those_downstream_keep_theirs(self):
        self.same("model", "keep", [])

    def test_a_model_gets_new_names_that_go_downstream(self):
        self.same("model", "propagate", [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
