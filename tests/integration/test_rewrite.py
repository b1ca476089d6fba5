"""honk rewrite and scan: the files, the exit statuses, and proofs. What rewritten queries mean: test_queries.py."""
import json
import os
import sqlite3
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import HONK

MAPPING = """apiVersion: honk/v1
kind: Mapping
source: users
target: people
columns:
  user_id: { from: id }
  name:    { from: name }
  country: { from: country_code }
  plan_name: { from: plan }
  score:   { from: points }
"""
SCHEMA = """tables:
  users: { id: int, name: text, country_code: text, plan: text, points: int }
  streams: { id: int, user_id: int, track: text, plan_name: text, ms: int }
"""


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="honk-rewrite-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.write("mapping.yaml", MAPPING)
        self.write("schema.yaml", SCHEMA)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def honk(self, *words):
        return subprocess.run([HONK, *words], cwd=self.folder, capture_output=True, text=True, timeout=120)

    def rewrite(self, *words):
        return self.honk("rewrite", "--mapping", "mapping.yaml", *words)


class Files(Folder):
    def test_nothing_is_written_unless_asked(self):
        path = self.write("code/a.sql", "SELECT id FROM users\n")
        done = self.rewrite("code")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 would change", done.stdout)
        self.assertEqual(path.read_text(), "SELECT id FROM users\n")

    def test_git_takes_the_diff_of_the_folder_in_which_one_is(self):
        self.write("code/a.sql", "SELECT id FROM users\n")
        for folder in (".", "./", "./code//", str(self.folder)):
            diff = self.rewrite("--diff", folder).stdout
            self.assertIn("+SELECT user_id AS id", diff, folder)
            taker = ["git", "apply", "--check"] if folder != str(self.folder) else ["patch", "-d", "/", "-p1", "--dry-run"]
            subprocess.run(taker, cwd=self.folder, input=diff, text=True, check=True, capture_output=True)

    def test_a_file_that_two_paths_lead_to_is_one_file(self):
        self.write("code/a.sql", "CREATE VIEW seen AS SELECT id FROM users;\n")
        self.write("code/b.sql", "SELECT id FROM seen;\n")
        done = self.rewrite("--output-names", "propagate", "code", "code/a.sql", "./code/../code/b.sql", str(self.folder / "code"))
        self.assertIn("2 files read, 2 name the dataset: 2 would change", done.stdout)

    def test_what_a_partial_run_leaves_is_told_again(self):
        self.write("mapping.yaml", MAPPING + "dropped: { nick: { why: 'nobody asked for it' } }\n")
        path = self.write("a.sql", "SELECT id FROM users WHERE nick IS NULL\n")
        first, second = self.rewrite("--partial", "--write", "a.sql"), self.rewrite("--partial", "--write", "a.sql")
        self.assertEqual(path.read_text(), "SELECT user_id AS id FROM people WHERE nick IS NULL\n")
        self.assertIn("[dropped]", first.stdout)
        self.assertIn("a.sql:1:40: the new dataset is read here, under a column's old name: 'nick' is dropped: nobody asked for it [left-behind]",
                      second.stdout)
        self.assertEqual((first.returncode, second.returncode), (3, 3))

    def test_a_partial_run_leaves_columns_with_their_table(self):
        path = self.write("a.sql", "ALTER TABLE users ADD COLUMN plan text;\nSELECT id FROM users;\nALTER TABLE users DROP COLUMN plan;\n")
        done = self.rewrite("--partial", "--write", "a.sql")
        self.assertEqual(path.read_text(), "ALTER TABLE users ADD COLUMN plan text;\nSELECT user_id AS id FROM people;\nALTER TABLE users DROP COLUMN plan;\n")
        self.assertIn("a.sql:1:30: the table that this is a column of is a person's here, and so is the column [together]", done.stdout)
        self.assertEqual(done.returncode, 3)

    def test_the_schema_file_is_no_consumer(self):
        self.write("a.sql", "SELECT id FROM users\n")
        done = self.rewrite("--schema", "schema.yaml", ".")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("1 names the dataset", done.stdout)

    def test_a_statement_in_a_text_goes_with_the_definition_in_another_file(self):
        self.write("code/a.sql", "CREATE TABLE users (id int, plan text);\n")
        path = self.write("code/b.sql", "DO $$ BEGIN\n  EXECUTE format('ALTER TABLE users ALTER COLUMN id SET DEFAULT %s', 7);\nEND $$;\n"
                          "ALTER TABLE users ALTER COLUMN plan SET DEFAULT 'x';\n")
        done = self.rewrite("--write", "code")
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertNotIn("users ", path.read_text())

    def test_a_new_name_is_qualified_beside_a_table_that_another_file_gives_such_a_column(self):
        path = self.write("code/a.sql", "SELECT id, track FROM users JOIN streams ON track = name;\n")
        self.write("code/db/tables.sql", "CREATE TABLE streams (track text, user_id int);\n")
        done = self.rewrite("--write", "code")
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertEqual(path.read_text(), "SELECT people.user_id AS id, track FROM people JOIN streams ON track = name;\n")

    def test_a_file_that_only_imports_the_name_is_rewritten_with_the_one_that_sets_it(self):
        config = self.write("code/config.py", 'USERS_TABLE = "users"\n')
        report = self.write("code/jobs/report.py", 'from code.config import USERS_TABLE\nq = f"SELECT plan FROM {USERS_TABLE}"\n')
        before = report.read_text()
        star = self.write("code/jobs/star.py", 'from code.config import USERS_TABLE\nq = f"SELECT * FROM {USERS_TABLE}"\n')
        held = self.rewrite("--write", ".", "--dialect", "bigquery")
        self.assertEqual(held.returncode, 3, held.stdout)
        self.assertIn("report.py:1:25: this name is set in code/config.py:1", held.stdout)
        self.assertEqual(report.read_text(), before)
        self.assertIn('"users"', config.read_text())
        star.unlink()
        done = self.rewrite("--write", "code")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("SELECT plan_name AS plan FROM", report.read_text())
        self.assertIn('"people"', config.read_text())
        listed = json.loads(self.honk("scan", "--dataset", "people", "--json", "code").stdout)
        self.assertEqual([(item["path"], item["use"]) for item in listed],
                         [("code/config.py", "table"), ("code/jobs/report.py", "table")])

    def test_a_diff_is_what_git_applies(self):
        path = self.write("a.sql", "-- first\n" * 9 + "SELECT id\nFROM users\n" + "-- last\n" * 9 + "SELECT 1; SELECT plan AS p FROM users")
        diff = self.rewrite("--diff", "--no-color", "a.sql").stdout.split("\n1 file read")[0] + "\n"
        self.assertEqual(self.rewrite("--write", "a.sql").returncode, 0)
        after = path.read_text()
        subprocess.run(["git", "apply", "-R", "-"], cwd=self.folder, input=diff, text=True, check=True)
        self.assertTrue(path.read_text().endswith("SELECT plan AS p FROM users"))
        subprocess.run(["git", "apply", "-"], cwd=self.folder, input=diff, text=True, check=True)
        self.assertEqual(path.read_text(), after)

    def test_what_diff_prints_into_a_file_puts_any_file_back(self):
        texts = {"tabs.sql": b"\tSELECT\n\t\tid,\n\tplan AS p\nFROM\tusers", "ends of lines.sql": b"SELECT id\r\n\tFROM users\r\n",
                 "latin.sql": b"-- caf\xe9 \xff\nSELECT id FROM users -- \xe9\n", 'a "b" \\ c.sql': b"SELECT id FROM users\n",
                 "letters.sql": "-- → é\nSELECT id AS \"x→\" FROM users\n".encode(), "left.sql": b"SELECT * FROM users\n"}
        for name, text in texts.items():
            (self.folder / name).write_bytes(text)
        command = [HONK, "rewrite", "--mapping", "mapping.yaml", "--diff", *texts]
        diff = subprocess.run(command, cwd=self.folder, capture_output=True, timeout=120, env={**os.environ, "LC_ALL": "C"}).stdout
        self.assertEqual(self.rewrite("--write", *texts).returncode, 3)
        self.assertEqual([name for name, text in texts.items() if (self.folder / name).read_bytes() == text], ["left.sql"])
        subprocess.run(["git", "apply", "-R", "-"], cwd=self.folder, input=diff, check=True)
        self.assertEqual({name: (self.folder / name).read_bytes() for name in texts}, texts)

    def test_line_ends_and_the_mode_of_a_file_stay(self):
        path = self.write("a.sql", "SELECT id\r\nFROM users")
        path.chmod(0o755)
        self.assertEqual(self.rewrite("--write", "a.sql").returncode, 0)
        self.assertEqual(path.read_bytes(), b"SELECT user_id AS id\r\nFROM people")
        self.assertEqual(path.stat().st_mode & 0o777, 0o755)

    def test_a_file_with_one_doubt_stays_and_names_the_place(self):
        path = self.write("a.sql", "SELECT id FROM users;\nSELECT * FROM users;\n")
        done = self.rewrite("--write", "a.sql")
        self.assertEqual(done.returncode, 3)
        self.assertIn("a.sql:2:8: ", done.stdout)
        self.assertIn("[star]", done.stdout)
        self.assertEqual(path.read_text(), "SELECT id FROM users;\nSELECT * FROM users;\n")
        self.assertEqual(self.rewrite("--write", "--partial", "a.sql").returncode, 3)
        self.assertEqual(path.read_text(), "SELECT user_id AS id FROM people;\nSELECT * FROM people;\n")

    def test_json_has_every_site(self):
        self.write("a.sql", "SELECT id FROM users -- id\n")
        answer = json.loads(self.rewrite("--json", "a.sql").stdout)
        sites = answer["files"][0]["sites"]
        self.assertEqual([(s["before"], s["after"], s["line"], s["column"]) for s in sites],
                         [("id", "user_id", 1, 8), ("users", "people", 1, 16)])

    def test_readers_of_a_view_follow_its_new_names_and_where_one_cannot_the_view_keeps_them(self):
        view = self.write("view.sql", "CREATE VIEW active AS SELECT id FROM users;\n")
        reader = self.write("reader.sql", "SELECT a.id FROM active a;\n")
        self.assertEqual(self.rewrite("--output-names", "propagate", "--write", "view.sql", "reader.sql").returncode, 0)
        self.assertEqual(view.read_text(), "CREATE VIEW active AS SELECT user_id FROM people;\n")
        self.assertEqual(reader.read_text(), "SELECT a.user_id FROM active a;\n")
        view.write_text("CREATE VIEW active AS SELECT id FROM users;\n")
        reader.write_text("SELECT a.id FROM active a; SELECT to_json(a) FROM active a; SELECT plan FROM users\n")
        done = self.rewrite("--output-names", "propagate", "--write", "view.sql", "reader.sql")
        self.assertEqual(done.returncode, 3)
        self.assertIn("view.sql: it keeps the names of its columns: reader.sql:1 reads it, and needs a person", done.stdout)
        self.assertEqual(view.read_text(), "CREATE VIEW active AS SELECT user_id AS id FROM people;\n")
        self.assertIn("reader.sql:1:43:", done.stdout)
        written = "SELECT a.id FROM active a; SELECT to_json(a) FROM active a; SELECT plan_name FROM people\n"
        self.assertEqual(reader.read_text(), written)
        self.assertEqual(self.rewrite("--output-names", "propagate", "--write", "view.sql", "reader.sql").returncode, 0)
        self.assertEqual(reader.read_text(), written)

    def write_sources(self):
        self.write("mapping.yaml", MAPPING.replace("users", "acme.crm.users_v1").replace("people", "acme.crm.users_v2"))
        self.write("shop/dbt_project.yml", "name: shop\n")
        self.write("shop/models/sources.yml", "sources:\n- name: crm\n  tables:\n  - name: users_v1\n"
                   "  - { name: folk, identifier: users_v1 }\n- { name: lab, tables: [ { name: users_v1 } ] }\n")
        self.write("shop/models/a.sql", "select id from {{ source('crm', 'users_v1') }}\n")
        self.write("shop/models/b.sql", "select id from {{ source('crm', 'folk') }}\n")
        self.write("shop/models/c.sql", "select id from {{ source('lab', 'users_v1') }}\n")
        self.write("shop/models/d.py", "def model(dbt, session):\n    return dbt.source('crm', 'folk')\n")

    def test_a_source_of_dbt_is_the_dataset_when_the_default_says_its_database(self):
        self.write_sources()
        done = self.rewrite("shop")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(done.stdout.count("--default acme"), 4, done.stdout)
        (self.folder / "shop/models/d.py").unlink()
        done = self.rewrite("--default", "acme", "--write", "shop")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        read = {name: (self.folder / "shop/models" / name).read_text() for name in ["a.sql", "b.sql", "c.sql"]}
        self.assertEqual(read["a.sql"], "select user_id as id from {{ source('crm', 'users_v2') }}\n")
        self.assertEqual(read["b.sql"], "select user_id as id from {{ source('crm', 'folk') }}\n")
        self.assertEqual(read["c.sql"], "select id from {{ source('lab', 'users_v1') }}\n")
        self.assertIn("identifier: users_v2", (self.folder / "shop/models/sources.yml").read_text())

    def test_a_model_in_python_that_reads_such_a_source_is_a_persons(self):
        self.write_sources()
        for name in ("a b..c", "", ".", "acme.", "[dbo]", " "):
            done = self.rewrite("--default", name, "shop")
            self.assertEqual(done.returncode, 2, name)
            self.assertIn(f"--default '{name}' is no name", done.stderr)
        done = self.rewrite("--default", "acme", "shop")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("d.py:2:31:", done.stdout)

    def test_a_model_without_the_yaml_of_its_source_needs_a_person(self):
        self.write_sources()
        done = self.rewrite("shop/models/a.sql")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("[source-undeclared]", done.stdout)
        self.assertIn("models/a.sql:1:", self.rewrite("shop/models/a.sql", "shop/models/b.sql").stdout)

    def test_a_star_has_the_columns_of_the_repositorys_own_definition_unless_a_schema_is_given(self):
        self.write("code/db/0001_users.sql", "-- first\nCREATE TABLE users (plan text, id int, name text, country_code text);\n")
        self.write("code/db/0002_more.sql", "ALTER TABLE users ADD COLUMN points int;\n")
        self.write("code/v.sql", "CREATE VIEW v AS SELECT * FROM users;\n")
        done = self.rewrite("--diff", "code/v.sql")
        self.assertIn("[star]", done.stdout)
        own = "SELECT plan_name AS plan, user_id AS id, name, country AS country_code, score AS points FROM people"
        self.assertIn(own, self.rewrite("--diff", "code").stdout)
        self.assertIn(own, self.rewrite("--diff", "--output-names", "keep", "code").stdout)
        found = json.loads(self.rewrite("--json", "code").stdout)["files"]
        reasons = [site["reason"] for file in found for site in file["sites"] if site["kind"] == "star"]
        self.assertEqual(reasons, ["its columns are those of the definition in code/db/0001_users.sql:2"])
        self.assertIn("SELECT user_id AS id, name, country AS country_code, plan_name AS plan, score AS points FROM people",
                      self.rewrite("--schema", "schema.yaml", "--diff", "code").stdout)
        self.write("code/later.py", 'run("ALTER TABLE users ADD COLUMN nick text")\n')
        self.assertIn("code/v.sql:1:25: `*` lets all columns through, and 'id' is called 'user_id' in the new dataset; name the columns that are meant "
                      "(no definition of it is used: code/later.py:1 does something else with it, or may do so)",
                      self.rewrite("code").stdout)

    def test_a_list_of_columns_that_only_its_path_names_is_a_persons(self):
        self.write("mapping.yaml", MAPPING.replace("source: users", "source: acme.crm.users"))
        listed = self.write("code/sql/acme/crm/users/schema.yaml", "fields:\n- name: id\n  type: INTEGER\n")
        self.write("code/sql/acme/web/users/schema.yaml", "fields:\n- name: id\n  type: INTEGER\n")
        done = self.rewrite("--write", "code")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("crm/users/schema.yaml:1:1: this lists the columns of the dataset, which the file's path names", done.stdout)
        self.assertNotIn("web/users", done.stdout)
        self.assertIn("name: id", listed.read_text())
        found = json.loads(self.honk("scan", "--dataset", "acme.crm.users", "--json", "code").stdout)
        self.assertEqual([item["path"] for item in found], ["code/sql/acme/crm/users/schema.yaml"])

    def test_scan_shows_what_is_around_a_place_in_a_line_that_nobody_reads(self):
        self.write("code/a.sql", "SELECT 1; " + "é" * 700 + "\n")
        self.write("code/b.sql", "SELECT '" + "é" * 5000 + "', id FROM users WHERE x = '" + "é" * 5000 + "'\nSELECT 2 FROM users\n")
        found = json.loads(self.honk("scan", "--dataset", "users", "--json", "code").stdout)
        self.assertEqual([len(item["text"].encode()) < 520 for item in found], [True] * len(found))
        self.assertEqual([item["text"] for item in found if item["line"] == 2], ["SELECT 2 FROM users"])
        first = found[0]["text"]
        self.assertTrue(first.startswith("…é") and first.endswith("é…") and "FROM users WHERE" in first, first)

    def test_scan_lists_the_sources_of_dbt(self):
        self.write_sources()
        done = self.honk("scan", "--dataset", "acme.crm.users_v1", "--default", "acme", "--json", "shop")
        found = {(Path(one["path"]).name, one["line"], one["use"]) for one in json.loads(done.stdout)}
        self.assertEqual(found, {("a.sql", 1, "table"), ("b.sql", 1, "table"), ("c.sql", 1, "another"),
                                 ("d.py", 2, "table"), ("sources.yml", 4, "table"), ("sources.yml", 5, "table"),
                                 ("sources.yml", 6, "another")})

    def test_a_mention_elsewhere_needs_a_person(self):
        self.write("job.py", "df = read('users')\n")
        self.write("other.py", "df = read('superusers')\n")
        done = self.rewrite(".")
        self.assertEqual(done.returncode, 3)
        self.assertIn("job.py:1:12", done.stdout)
        self.assertNotIn("other.py", done.stdout)

    def test_links_and_hidden_folders_are_passed_over(self):
        self.write("code/.git/a.sql", "SELECT id FROM users")
        (self.folder / "code/link.sql").symlink_to(self.folder / "code/.git/a.sql")
        done = self.rewrite("code")
        self.assertEqual(done.returncode, 0)
        self.assertIn("none names the dataset", done.stdout)

    def test_hidden_files_and_folders_of_what_builds_the_code_are_looked_into(self):
        self.write("code/.github/workflows/nightly.yml", 'jobs: { a: { run: psql -c "SELECT id FROM users" } }\n')
        self.write("code/.gitlab-ci.yml", 'nightly: { script: [ "psql -c \'SELECT id FROM users\'" ] }\n')
        self.write("code/.cache/a.sql", "SELECT id FROM users")
        done = self.rewrite("code")
        self.assertIn("2 name the dataset", done.stdout)

    def test_what_dbt_wrote_down_says_who_reads_a_model(self):
        node = {"resource_type": "model", "name": "stg", "package_name": "shop", "database": "acme", "schema": "shop", "alias": "stg"}
        text = json.dumps({"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
                           "nodes": {"model.shop.stg": node}, "sources": {}})
        self.write("mapping.yaml", MAPPING + "dbt: { ref: users, target: people }\n")
        self.write("code/dbt_project.yml", "name: shop\n")
        self.write("code/models/stg.sql", "select id from {{ ref('users') }}\n")
        self.write("code/report.sql", "select id from acme.shop.stg\n")
        words = ("--output-names", "propagate", "code")
        self.assertEqual(self.rewrite(*words).returncode, 3)
        self.write("elsewhere.json", text)
        done = self.rewrite("--manifest", "elsewhere.json", *words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.write("code/target/manifest.json", text[:-2])
        done = self.rewrite(*words)
        self.assertEqual(done.returncode, 3)
        self.assertIn("the manifest of dbt is not used: code/target/manifest.json:1:", done.stdout + done.stderr)
        done = self.rewrite("--manifest", "code/target/manifest.json", *words)
        self.assertEqual(done.returncode, 2)
        self.assertIn("code/target/manifest.json:1:", done.stderr)
        self.write("code/target/manifest.json", text)
        self.write("code/target/catalog.json", "{}")
        done = self.rewrite("--write", *words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("the catalog of dbt is not used: code/target/catalog.json", done.stdout + done.stderr)
        self.assertEqual((self.folder / "code/report.sql").read_text(), "select user_id from acme.shop.stg\n")
        self.assertEqual((self.folder / "code/target/manifest.json").read_text(), text)

    def test_bad_input_is_said(self):
        for words, text in ((["--dialect", "cobol", "."], "there is no dialect 'cobol'"),
                            (["--output-names", "drop", "."], "expected keep or propagate"),
                            (["nowhere"], "cannot read 'nowhere'"),
                            (["--schema", "mapping.yaml", "."], "expected 'tables:")):
            done = self.rewrite(*words)
            self.assertIn(text, done.stderr)
            self.assertIn(done.returncode, (2, 4))
        self.assertIn("--mapping is missing", self.honk("rewrite", ".").stderr)

    def test_a_link_that_is_named_stays_one_and_what_never_ends_is_not_read(self):
        self.write("a.sql", "SELECT id FROM users\n")
        (self.folder / "link.sql").symlink_to("a.sql")
        done = self.rewrite("--write", "link.sql")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.folder / "link.sql").is_symlink())
        self.assertEqual((self.folder / "a.sql").read_text(), "SELECT user_id AS id FROM people\n")
        os.mkfifo(self.folder / "pipe.sql")
        done = self.rewrite("pipe.sql")
        self.assertIn("'pipe.sql' is neither a file nor a folder", done.stderr)
        self.assertEqual(done.returncode, 2)

    def test_what_is_passed_over_is_not_decided(self):
        (self.folder / "code").mkdir(exist_ok=True)
        (self.folder / "code/wide.sql").write_bytes("SELECT id FROM users\n".encode("utf-16"))
        for path in ("code", "code/wide.sql"):
            done = self.rewrite(path)
            self.assertIn("passed over: 'code/wide.sql' names the dataset, and is in UTF-16: expected UTF-8", done.stdout + done.stderr)
            self.assertEqual(done.returncode, 3)
        self.assertEqual(json.loads(self.rewrite("--json", "code").stdout)["passed_over"], 1)
        (self.folder / "code/wide.sql").write_bytes("SELECT id FROM others\n".encode("utf-16"))
        self.assertEqual(self.rewrite("code").returncode, 0)

    def test_a_program_with_zero_bytes_in_it_is_passed_over_where_it_names_the_dataset(self):
        (self.folder / "code").mkdir(exist_ok=True)
        for name in ("zero.sql", "zero.py", "zero.bin"):
            (self.folder / "code" / name).write_bytes(b"SELECT id FROM users -- \0\n")
        done = self.rewrite("code")
        for name in ("zero.sql", "zero.py"):
            self.assertIn(f"passed over: 'code/{name}' names the dataset, and has zero bytes in it: expected text", done.stdout + done.stderr)
        self.assertNotIn("zero.bin", done.stdout + done.stderr)
        self.assertEqual(done.returncode, 3)
        (self.folder / "code/zero.py").unlink()
        (self.folder / "code/zero.sql").write_bytes(b"SELECT id FROM others -- \0\n")
        self.assertEqual(self.rewrite("code").returncode, 0)

    def test_what_a_second_run_could_not_tell_is_said_by_the_first(self):
        one, two = MAPPING.replace("source: users", "source: old").replace("target: people", "target: users"), MAPPING
        self.write("mapping.yaml", one + "---\n" + two)
        self.write("a.sql", "SELECT name FROM old\n")
        done = self.rewrite("a.sql")
        self.assertIn("'users' is a name of before and a new one: apply this mapping once", done.stdout + done.stderr)
        self.assertEqual(done.returncode, 0)
        self.write("mapping.yaml", two)
        self.write("a.sql", "SELECT name FROM users\n")
        done = self.rewrite("a.sql")
        self.assertNotIn("apply this mapping once", done.stdout + done.stderr)

    def test_a_large_file_is_passed_over_only_where_it_names_the_dataset(self):
        (self.folder / "code").mkdir(exist_ok=True)
        large, filler = self.folder / "code/large.sql", "SELECT a, b FROM others;\n" * 700000
        large.write_text(filler + "SELECT id FROM users\n")
        for words in (["rewrite", "--mapping", "mapping.yaml"], ["scan", "--dataset", "users"]):
            done = self.honk(*words, "code")
            self.assertIn("passed over: 'code/large.sql' names the dataset, and is larger than 16 MiB", done.stdout + done.stderr)
            self.assertEqual(done.returncode, 3)
        large.write_text(filler)
        (self.folder / "code/large.bin").write_bytes(b"\0" * 17000000 + b"users")
        for words in (["rewrite", "--mapping", "mapping.yaml"], ["scan", "--dataset", "users"]):
            done = self.honk(*words, "code")
            self.assertNotIn("passed over", done.stdout + done.stderr)
            self.assertEqual(done.returncode, 0)

    def test_a_schema_that_the_mapping_does_not_fit_is_refused(self):
        self.write("a.sql", "SELECT country_code FROM users\n")
        for text, expected in (("users: { user_id: int }", "schema.yaml:2: table 'users' has no column 'id', which the mapping of 'users' speaks of"),
                               ("acme.users: { id: int }", "table 'acme.users' has no column"),
                               ("users: { id: [ int ] }", "schema.yaml:2: the type of 'id' in table 'users' is not a word")):
            self.write("schema.yaml", f"tables:\n  {text}\n")
            done = self.rewrite("--write", "--schema", "schema.yaml", "a.sql")
            self.assertIn(expected, done.stderr)
            self.assertEqual(done.returncode, 2)
        self.assertEqual((self.folder / "a.sql").read_text(), "SELECT country_code FROM users\n")

    def test_a_schema_file_says_tables_with_columns_and_nothing_else(self):
        self.write("a.sql", "SELECT country_code FROM users\n")
        for text, expected in (("tables:\n  x: [ a ]\n", "schema.yaml:2: table 'x' is a list, expected its columns, as in { id: int, name: text }"),
                               ("tables:\n  x: int\n", "schema.yaml:2: table 'x' is 'int', expected its columns"),
                               ("tables: { x: { a: int } }\ncolums: {}\n", "schema.yaml:2: unknown key 'colums', expected 'tables: { name: { column: type } }' and nothing else"),
                               ("tables: { x: { a: int } }\n---\ntables: { y: { b: int } }\n", "schema.yaml:3: a second document begins here"),
                               ("\ntable: { x: { a: int } }\n", "schema.yaml:2: there are no tables, expected 'tables:"),
                               ("tables: [ x ]\n", "schema.yaml:1: 'tables' is not a map"),
                               ("", "schema.yaml:1: there are no tables")):
            self.write("schema.yaml", text)
            done = self.rewrite("--schema", "schema.yaml", "a.sql")
            self.assertIn(expected, done.stderr)
            self.assertEqual(done.returncode, 2, text)
        self.write("schema.yaml", "tables: { x: { a: , b: text } }\n")
        self.assertEqual(self.rewrite("--schema", "schema.yaml", "a.sql").returncode, 0, "a type may be left out")

    def test_scan_tells_the_dataset_from_what_is_called_like_it(self):
        self.write("a.sql", "WITH users AS (SELECT 1 AS x) SELECT x FROM users;\nSELECT id FROM users -- users\n")
        answer = json.loads(self.honk("scan", "--dataset", "users", "--json", ".").stdout)
        self.assertEqual([(s["line"], s["use"]) for s in answer if s["path"].endswith("a.sql")], [(1, "another"), (2, "table")])



class Macros(Folder):
    def test_a_parameter_beside_a_variable_in_a_string_is_still_passed_on(self):
        self.write("macros/since.sql", "{% macro since(col, unit) %}{{ col }} >= now() - interval '{{ var(\"days\") }} {{ unit }}'{% endmacro %}")
        path = self.write("models/a.sql", "SELECT u.name AS n FROM users u WHERE {{ since('u.id', 'day') }}\n")
        done = self.rewrite("--write", "macros", "models")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(path.read_text(), "SELECT u.name AS n FROM people u WHERE {{ since('u.user_id', 'day') }}\n")
        path = self.write("models/a.sql", "SELECT u.name AS n FROM users u WHERE {{ since('now', 'u.plan') }}\n")
        self.assertEqual(self.rewrite("macros", "models").returncode, 3, "the unit is a text, and no column")


class Lineage(Folder):
    def test_a_query_is_followed_to_its_tables(self):
        self.write("q/a.sql", "SELECT u.*, max(s.ms) AS longest FROM users u JOIN streams s ON s.user_id = u.id GROUP BY u.id")
        self.write("q/readme.txt", "SELECT id FROM users")
        done = self.honk("lineage", "--sql", "--schema", "schema.yaml", "--json", "q")
        self.assertEqual(done.returncode, 0, done.stderr)
        (file,) = json.loads(done.stdout)["files"]
        (statement,) = file["statements"]
        self.assertEqual(statement["reads"], ["users", "streams"])
        self.assertEqual([c["name"] for c in statement["columns"]],
                         ["id", "name", "country_code", "plan", "points", "longest"])
        self.assertEqual(statement["columns"][5]["from"], [{"table": "streams", "column": "ms", "how": "aggregation"}])
        self.assertEqual(statement["unknown"], [])

    def test_many_files_are_one_document_written_as_one_would_write_it(self):
        (self.folder / "q").mkdir()
        done = self.honk("lineage", "--sql", "--json", "q")
        self.assertEqual(done.stdout, json.dumps({"files": [], "passed_over": 0}, indent=2) + "\n")
        for i in range(150):  # more than are held at once
            self.write(f"q/{i:03}.sql", f"SELECT 'a\\nb' AS one, x{i} FROM t{i}")
        done = self.honk("lineage", "--sql", "--json", "q")
        files = json.loads(done.stdout)["files"]
        self.assertEqual([f["statements"][0]["reads"] for f in files], [[f"t{i}"] for i in range(150)])
        self.assertEqual(done.stdout, json.dumps({"files": files, "passed_over": 0}, indent=2) + "\n")

    def test_a_star_over_a_model_has_the_columns_of_the_catalog(self):
        self.write("shop/dbt_project.yml", "name: shop\n")
        self.write("shop/models/a.sql", "select * from {{ ref('people') }}\n")
        kind = "https://schemas.getdbt.com/dbt/{}.json".format
        model = {"resource_type": "model", "name": "people", "package_name": "shop", "database": "acme", "schema": "crm",
                 "alias": "people", "relation_name": "acme.crm.people", "columns": {}}
        known = {"metadata": {"schema": "crm", "name": "people"},
                 "columns": {"id": {"name": "id", "index": 1}, "plan": {"name": "plan", "index": 2}}}
        self.write("shop/target/manifest.json", json.dumps({"metadata": {"dbt_schema_version": kind("manifest/v12")},
                                                            "nodes": {"model.shop.people": model}, "sources": {}}))
        self.write("shop/target/catalog.json", json.dumps({"metadata": {"dbt_schema_version": kind("catalog/v1")},
                                                           "nodes": {"model.shop.people": known}, "sources": {}}))
        for words in (["shop"], ["--manifest", "shop/target/manifest.json", "shop/models/a.sql"]):
            done = self.honk("lineage", "--sql", "--json", *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            (file,) = json.loads(done.stdout)["files"]
            (statement,) = file["statements"]
            self.assertEqual([c["name"] for c in statement["columns"]], ["id", "plan"])
            self.assertEqual(statement["unknown"], [])
        self.assertEqual(self.honk("lineage", "--sql", "--manifest", "none.json", "shop").returncode, 4)

    def test_what_is_not_known_is_said_with_its_place(self):
        self.write("a.sql", "SELECT 1;\nSELECT\n  * FROM nobody\n")
        done = self.honk("lineage", "--sql", "a.sql")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("a.sql:3:3: not known: `*` of 'nobody'", done.stdout)
        self.assertIn("1 thing is not known", done.stdout)

    def test_events_are_those_of_openlineage(self):
        self.write("a.sql", "INSERT INTO t (k) SELECT id FROM users WHERE plan = 'x'; SELECT name FROM users")
        done = self.honk("lineage", "--sql", "--format", "openlineage", "--namespace", "shop", "a.sql")
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([e["job"]["name"] for e in events], ["a.sql#1", "a.sql#2"])
        self.assertEqual([o["name"] for e in events for o in e["outputs"]], ["t", "a.sql#2"])
        self.assertEqual(events[0]["inputs"], [{"namespace": "shop", "name": "users"}])
        facet = events[0]["outputs"][0]["facets"]["columnLineage"]
        self.assertEqual(facet["fields"]["k"]["inputFields"],
                         [{"namespace": "shop", "name": "users", "field": "id",
                           "transformations": [{"type": "DIRECT", "subtype": "IDENTITY", "masking": False}]}])
        self.assertEqual(facet["dataset"][0]["transformations"][0]["subtype"], "FILTER")
        for event in events:
            self.assertRegex(event["run"]["runId"], r"^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$")
        again = self.honk("lineage", "--sql", "--format", "openlineage", "--namespace", "shop", "a.sql")
        self.assertEqual([json.loads(line)["run"] for line in again.stdout.splitlines()], [e["run"] for e in events])

    def test_bad_input_is_said(self):
        self.write("a.sql", "SELECT 'x FROM users")
        done = self.honk("lineage", "--sql", "a.sql")
        self.assertEqual(done.returncode, 3)
        self.assertIn("a.sql:1:8: begins here and does not end", done.stdout)
        for words, text in ((["--sql", "--format", "xml", "."], "expected json or openlineage"),
                            (["--sql", "nowhere"], "cannot read 'nowhere'"),
                            (["--sql", "--upstream", "."], "--upstream is for the catalog"),
                            (["--schema", "schema.yaml", "users"], "say --sql, too")):
            done = self.honk("lineage", *words)
            self.assertIn(text, done.stderr)
            self.assertIn(done.returncode, (2, 4))

    def test_a_file_that_is_no_text_is_passed_over_and_not_done(self):
        self.write("a.sql", "SELECT 1")
        (self.folder / "b.sql").write_bytes(b"SELECT\0 1")
        done = self.honk("lineage", "--sql", ".")
        self.assertEqual(done.returncode, 3)
        self.assertIn("passed over: 'b.sql' is no text", done.stdout)
        done = self.honk("lineage", "--sql", "--json", "a.sql", "b.sql")
        self.assertEqual((done.returncode, json.loads(done.stdout)["passed_over"]), (3, 1))


class Proof(Folder):
    """--prove: old and new queries are run over the same rows, before anything is changed."""

    def setUp(self):
        super().setUp()
        with sqlite3.connect(self.folder / "shop.db") as db:
            db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, country_code TEXT, plan TEXT, points INTEGER)")
            db.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?)",
                           [(i, f"n{i % 7}", "SE" if i % 2 else "NO", "free", i % 5) for i in range(400)])
        db.close()
        self.before = (self.folder / "shop.db").read_bytes()

    def prove(self, *words):
        done = self.rewrite("--prove", "shop.db:users", *words)
        self.assertEqual((self.folder / "shop.db").read_bytes(), self.before, "a query has changed the data")
        return done

    def test_the_same_rows_are_said_and_the_file_is_written(self):
        path = self.write("a.sql", "SELECT name, sum(points) AS p FROM users GROUP BY name ORDER BY p, name")
        done = self.prove("--write", "a.sql")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 give the same rows, 0 other rows, 0 cannot be run", done.stdout)
        self.assertIn("FROM people", path.read_text())

    def test_a_file_whose_query_gives_other_rows_stays(self):
        # An expression that a person wrote, and that is wrong for some rows.
        self.write("mapping.yaml", MAPPING + "consumers:\n  points: { expr: \"min(score, 3)\" }\n")
        path = self.write("a.sql", "SELECT id, points FROM users")
        done = self.prove("--write", "a.sql")
        self.assertEqual(done.returncode, 7)
        self.assertIn("a.sql:1: other rows: the old query gives 400 rows, the new one 400; only the old one gives "
                      "(4, 4), (9, 4), (14, 4); only the new one gives (4, 3), (9, 3), (14, 3)", " ".join(done.stdout.split()))
        self.assertEqual(path.read_text(), "SELECT id, points FROM users")

    def test_what_reads_a_view_of_a_file_that_stays_stays_too(self):
        self.write("mapping.yaml", MAPPING + "consumers:\n  points: { expr: \"min(score, 3)\" }\n")
        view = self.write("a.sql", "CREATE VIEW known AS SELECT id FROM users; SELECT points FROM users")
        reader = self.write("b.sql", "SELECT id FROM known")
        done = self.prove("--output-names", "propagate", "--write", "a.sql", "b.sql")
        self.assertEqual(done.returncode, 7)
        self.assertEqual(view.read_text(), "CREATE VIEW known AS SELECT id FROM users; SELECT points FROM users")
        self.assertEqual(reader.read_text(), "SELECT id FROM known")

    def test_what_is_not_run_is_counted_and_proves_nothing(self):
        self.write("a.sql", "SELECT name FROM users WHERE id = :id; SELECT name, random() AS r FROM users")
        answer = json.loads(self.prove("--json", "a.sql").stdout)
        self.assertEqual([(q["verdict"], q["text"]) for q in answer["files"][0]["queries"]],
                         [("not_run", "it has parameters"), ("not_run", "random() gives something else each time")])
        self.assertIn("a.sql:1: cannot be run: it has parameters", self.prove("a.sql").stdout)

    def test_a_store_that_runs_no_queries_is_refused(self):
        self.write("users.csv", "id,name\n1,a\n")
        self.write("a.sql", "SELECT name FROM users")
        done = self.rewrite("--prove", "users.csv", "a.sql")
        self.assertEqual(done.returncode, 2)
        self.assertIn("runs no queries", done.stderr)

    def test_without_data_rows_are_made_up_and_a_wrong_expression_shows(self):
        right, wrong = "SELECT id, name FROM users WHERE points > 2", "SELECT id, points FROM users WHERE points > 2"
        self.write("mapping.yaml", MAPPING + "consumers:\n  points: { expr: \"min(score, 3)\" }\n")
        self.write("right.sql", right.replace("points > 2", "name > 'a'"))
        self.write("wrong.sql", wrong)
        done = self.rewrite("--prove", "generated", "--write", "right.sql", "wrong.sql")
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertIn("wrong.sql:1: other rows", done.stdout)
        self.assertIn("on 160 rows that were made up: 1 give the same rows, 1 other rows, 0 cannot be run",
                      " ".join(done.stdout.split()))
        self.assertEqual((self.folder / "wrong.sql").read_text(), wrong)
        self.assertIn("FROM people", (self.folder / "right.sql").read_text())


if __name__ == "__main__":
    unittest.main()
