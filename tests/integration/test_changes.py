"""Consumers' code: a plan shows what becomes of it, branches appear with the data's move, and all of it goes back."""
import os
import pathlib
import subprocess
import unittest

import support

YAML = """
stores:
  data: { driver: sqlite, path: data.db }
repositories:
  code: { driver: git, path: repos }
policy: { self_approval: true }
roles: { author: [ local ], approver: [ local ], operator: [ local ], admin: [ local ] }
"""
DATASETS = """
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: users-v1, annotations: { honk/dataset-url: "data:users_v1" } }
spec: { type: dataset, owner: team-identity }
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: users-v2, annotations: { honk/dataset-url: "data:users_v2" } }
spec: { type: dataset, owner: team-identity }
---
apiVersion: honk/v1
kind: Migration
metadata: { name: users-v2 }
spec: { owner: team-identity, source_dataset: users-v1, target_dataset: users-v2,
        migration_strategy: STRATEGY, mapping_file: ../map.yaml }
"""
CONSUMER = """
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{ name: {name}, annotations: {{ honk/repository: "code:{name}"{reads} }} }}
spec: {{ type: job, owner: team-{name}, lifecycle: production }}
"""
MAPPING = """
apiVersion: honk/v1
kind: Mapping
source: users-v1
target: users-v2
key: [ user_id ]
columns:
  user_id: { from: id }
  name: { from: first_name }
"""
SQL = """CREATE TABLE users_v1 (id INTEGER PRIMARY KEY, first_name TEXT NOT NULL);
INSERT INTO users_v1 VALUES (1, 'Ada'), (2, 'Bo'), (3, 'Cy');"""
CODE = {
    "reports": {"active.sql": "SELECT u.id, u.first_name FROM users_v1 u -- all\n", "old.sql": "SELECT 1\n"},
    "half": {"good.sql": "SELECT id FROM users_v1\n", "hard.sql": "SELECT id FROM users_v1;\nSELECT * FROM users_v1\n"},
    "hard": {"job.py": "rows = load('users_v1')\n"},
    "quiet": {"none.sql": "SELECT 1 FROM streams\n"},
    "stranger": {"find.sql": "SELECT first_name FROM users_v1\n"},
    "nobody": {"none.sql": "SELECT 2\n"},
}
SCANNED = ("stranger", "nobody")


class World(support.Project):
    def __init__(self, strategy="schema-transform"):
        super().__init__()
        (self.folder / "honk.yaml").write_text(YAML)
        (self.folder / "map.yaml").write_text(MAPPING)
        (self.folder / "catalog").mkdir()
        text = DATASETS.replace("STRATEGY", strategy)
        for name, files in CODE.items():
            reads = "" if name in SCANNED else ', honk/reads: "users-v1"'
            text += CONSUMER.format(name=name, reads=reads)
            self.git(name, "init", "-q", "-b", "main", ".")
            for path, content in files.items():
                (self.repository(name) / path).write_text(content)
            self.commit(name)
        (self.folder / "catalog" / "all.yaml").write_text(text)
        self.sql("data.db", SQL)

    def repository(self, name):
        return self.folder / "repos" / name

    def git(self, name, *words, check=True):
        folder = self.repository(name)
        folder.mkdir(parents=True, exist_ok=True)
        env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        for who in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{who}_NAME": "Ada", f"GIT_{who}_EMAIL": "ada@acme.example"}
        done = subprocess.run(["git", *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"git {words}: {done.stderr}")
        return done.stdout

    def commit(self, name, subject="Write"):
        self.git(name, "add", "-A")
        self.git(name, "commit", "-q", "--allow-empty", "-m", subject)

    def seen(self, name):
        """All that git shows of a repository: refs to the byte, index, working tree."""
        refs = {}
        for folder in ("refs", "logs"):
            for path in sorted((self.repository(name) / ".git" / folder).rglob("*")):
                refs[str(path.relative_to(self.repository(name)))] = path.read_text() if path.is_file() else "/"
        for path in ("HEAD", "index", "packed-refs", "config"):
            full = self.repository(name) / ".git" / path
            refs[path] = full.read_bytes() if full.exists() else b""
        return refs, self.git(name, "status", "--porcelain", "--branch"), self.git(name, "worktree", "list")

    def begin(self):
        self.serve()
        self.honk("apply", "-f", "catalog")

    def branch(self):
        return f"honk/users-v2-{self.digest('users-v2')}"

    def changes(self):
        """What the plan says of each repository, by name."""
        plan = self.plan_json()
        return {change["repository"].split(":")[1]: change for change in plan["changes"]}

    def plan_json(self):
        import json
        status = self.json("status", "users-v2")
        return json.loads(self.get(f"/migrations/{status['id']}/plan")[1])["plan"]


class Changes(unittest.TestCase):
    def world(self, **more):
        world = World(**more)
        self.addCleanup(world.close)
        return world

    def test_a_file_whose_query_would_give_other_rows_stays_and_is_said(self):
        world = self.world()
        # A person's expression that is right for most rows, and wrong for one.
        (world.folder / "map.yaml").write_text(MAPPING + "consumers:\n  first_name: { expr: \"replace(name, 'Cy', 'Si')\" }\n")
        world.begin()
        text = " ".join(world.honk("plan", "users-v2").stdout.split())
        self.assertIn("code:reports active.sql:1: the old query gives 3 rows, the new one 3; only the old one gives "
                      "(3, 'Cy'); only the new one gives (3, 'Si') [other-rows]", text)
        world.honk("approve", "users-v2", world.digest("users-v2"))
        world.honk("start", "users-v2", "--watch")
        self.assertEqual(world.git("reports", "branch", "--list", "honk/*"), "", "a branch with other rows")
        self.assertEqual(world.json("status", "users-v2")["state"], "succeeded")

    def test_the_message_says_which_queries_were_run(self):
        world = self.world()
        world.begin()
        text = " ".join(world.honk("plan", "users-v2").stdout.split())
        self.assertIn("3 with the same rows, 0 that cannot be run", text)
        world.honk("approve", "users-v2", world.digest("users-v2"))
        world.honk("start", "users-v2", "--watch")
        message = " ".join(world.git("reports", "log", "-1", "--format=%B", world.branch()).split())
        self.assertIn("queries run over the data as they were and as they are now, with the same rows: 1", message)

    def test_the_whole_way_there_and_back(self):
        world = self.world()
        (world.repository("reports") / "active.sql").write_text("-- a person is at it\n")
        before = {name: world.seen(name) for name in CODE}
        world.begin()
        text = world.honk("plan", "users-v2").stdout
        print(text)
        world.honk("approve", "users-v2", world.digest("users-v2"))
        print(world.honk("start", "users-v2", "--wait", check=False).stdout)
        self.assertEqual(world.state("users-v2"), "succeeded")
        print(world.git("reports", "log", "-1", "-p", world.branch()))
        print(world.git("half", "log", "-1", "-p", world.branch()))
        world.honk("rollback", "users-v2", "--wait")
        self.assertEqual(world.state("users-v2"), "rolled_back")
        self.assertEqual({name: world.seen(name) for name in CODE}, before)


if __name__ == "__main__":
    unittest.main()
