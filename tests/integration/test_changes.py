"""Consumers' code: a plan shows what becomes of it, branches appear with the data's move, and all of it goes back."""
import json
import os
import subprocess
import unittest

import support
from postgres_world import Postgres

YAML = """
stores:
  data: { driver: sqlite, path: data.db }
repositories:
  code: { driver: git, path: repos }
policy: { self_approval: true }
roles:
  author: [ local, user:default/ada ]
  approver: [ local, user:default/bo ]
  operator: [ local, user:default/ada ]
  admin: [ local ]
workers: WORKERS
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
    "half": {"good.sql": "SELECT id FROM users_v1\n", "hard.sql": "SELECT id FROM users_v1;\nDROP TABLE users_v1\n"},
    "hard": {"job.py": "rows = load('users_v1')\n"},
    "quiet": {"none.sql": "SELECT 1 FROM streams\n"},
    "stranger": {"find.sql": "SELECT first_name FROM users_v1\n"},
    "nobody": {"none.sql": "SELECT 2\n"},
}
SCANNED = ("stranger", "nobody")


class World(support.Project):
    """A table, and repositories of which each has another way to name it. With `folder`, one that was made before."""

    def __init__(self, strategy="schema-transform", workers=2, folder=None):
        super().__init__(folder)
        if folder is not None:
            return
        (self.folder / "honk.yaml").write_text(YAML.replace("WORKERS", str(workers)))
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
        env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
               "GIT_OPTIONAL_LOCKS": "0"}
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
        trees = self.git(name, "worktree", "list").replace(str(self.folder), "")
        return refs, self.git(name, "status", "--porcelain", "--branch"), trees

    def begin(self):
        self.serve()
        self.honk("apply", "-f", "catalog")

    def consumers(self, query=""):
        """Of all migrations, as the portal lists them: by the name of the repository."""
        page = json.loads(self.get("/consumers?limit=100" + query)[1])
        return {line["repository"].split(":")[1]: line for line in page["items"]}

    def branch(self):
        return f"honk/users-v2-{self.digest('users-v2')}"

    def changes(self):
        """What the plan says of each repository, by name."""
        plan = self.plan_json()
        return {change["repository"].split(":")[1]: change for change in plan["changes"]}

    def plan_json(self):
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

    def test_queries_are_run_where_the_data_is_in_postgres_too(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        postgres.sql("CREATE DATABASE shop", "postgres")
        postgres.sql(SQL)
        world = self.world()
        config = world.folder / "honk.yaml"
        url = f"host={postgres.folder} user=postgres dbname=shop"
        config.write_text(config.read_text().replace("{ driver: sqlite, path: data.db }", f'{{ driver: postgres, url: "{url}" }}'))
        self.assertIn("3 with the same rows, 0 that cannot be run", self.plan(world))

    def plan(self, world):
        world.begin()
        return " ".join(world.honk("plan", "users-v2").stdout.split())

    def start(self, world):
        world.honk("approve", "users-v2", world.digest("users-v2"))
        return world.honk("start", "users-v2", "--wait", check=False)

    def seen(self, world):
        return {name: world.seen(name) for name in CODE}

    def told_of_consumers(self, world):
        """The list over all migrations knows of each what is left, whose it is and why, and counts the same."""
        lines = world.consumers()
        self.assertEqual({name: line["stand"] for name, line in lines.items()},
                         {"reports": "done", "half": "person", "hard": "person", "quiet": "done", "stranger": "done"})
        self.assertEqual((lines["quiet"]["why"], lines["reports"]["why"]), ("nothing to change", "changed on its branch"))
        self.assertEqual((lines["hard"]["why"], lines["hard"]["reasons"][0]["path"]), ("1 place is left to people", "job.py"))
        self.assertEqual((lines["reports"]["branch"], lines["reports"]["access"]), (world.branch(), ["reads"]))
        self.assertEqual(sorted(world.consumers("&stand=person")), ["half", "hard"])
        self.assertEqual(sorted(world.consumers("&q=STRANG")), ["stranger"])
        first = json.loads(world.get("/consumers?limit=2")[1])
        rest = json.loads(world.get(f"/consumers?limit=100&after={first['next']}")[1])
        self.assertEqual([line["repository"] for line in first["items"] + rest["items"]], [line["repository"] for line in lines.values()])
        summary = json.loads(world.get("/consumers/summary")[1])
        self.assertEqual([summary[stand] for stand in ("done", "person", "open", "over")], [3, 2, 0, 0])
        self.assertEqual(sum(owner["done"] + owner["person"] for owner in summary["owners"]), 5)
        self.assertEqual([point["left"] for point in summary["burndown"]], [4, 3], "two were changed, one had nothing to change")

    def test_the_whole_way_there_and_back(self):
        world = self.world()
        (world.repository("reports") / "active.sql").write_text("-- a person is at it\n")
        before = self.seen(world)
        text = self.plan(world)
        branch = world.branch()
        for part in ("component:default/reports code:reports 3 rewritten",
                     "component:default/stranger code:stranger 2 rewritten found by a scan",
                     "component:default/quiet code:quiet names it nowhere",
                     "3 repositories, 7 places changed; 2 with places left to people; 1 with nothing to change",
                     "! code:half hard.sql:2: ",
                     "! code:hard job.py:1:", f"the branch '{branch}'", "take the branches away"):
            self.assertIn(part, text)
        changes = world.changes()
        self.assertEqual(sorted(changes), ["half", "hard", "quiet", "reports", "stranger"])
        self.assertEqual(changes["half"]["counts"]["rewritten"], 2)
        self.assertEqual(changes["half"]["blobs"]["good.sql"], world.git("half", "rev-parse", "main:good.sql").strip())
        self.assertEqual(changes["stranger"]["found_by"], "scan")
        self.assertEqual(self.seen(world), before, "planning touches nothing")
        shown = world.honk("change", "show", "users-v2", "reports", "--diff").stdout
        self.assertIn("as the plan means it", shown)
        self.assertIn("+SELECT u.user_id AS id, u.name AS first_name FROM users_v2 u -- all", shown)

        self.start(world)
        self.assertEqual(world.state("users-v2"), "succeeded")
        self.assertEqual(world.git("reports", "show", f"{branch}:active.sql"),
                         "SELECT u.user_id AS id, u.name AS first_name FROM users_v2 u -- all\n")
        self.assertEqual(world.git("half", "diff", "--name-only", "main", branch), "good.sql\n")
        self.assertEqual(world.git("hard", "for-each-ref", "--format=%(refname)"), "refs/heads/main\n")
        message = world.git("reports", "log", "-1", "--format=%B", branch)
        self.assertIn("Approved by local.", message)
        self.assertIn(f"Honk-Plan: {world.json('status', 'users-v2')['digest']}", message)
        for name in CODE:
            world.git(name, "fsck", "--strict")
        states = {item["repository"]: item["state"] for item in world.json("change", "list", "users-v2")}
        self.assertEqual(states, {"code:reports": "done", "code:half": "done", "code:stranger": "done",
                                  "code:hard": "left to people", "code:quiet": "nothing to change"})
        self.assertIn("as the branch has it", world.honk("change", "show", "users-v2", "reports", "--diff").stdout)
        self.told_of_consumers(world)

        world.honk("rollback", "users-v2", "--wait")
        self.assertEqual(world.state("users-v2"), "rolled_back")
        self.assertEqual(world.consumers(), {}, "nothing is left of a migration that is over")
        self.assertEqual({line["stand"] for line in world.consumers("&migration=users-v2").values()}, {"over"})
        self.assertEqual(self.seen(world), before)

    def test_an_edit_of_a_file_that_names_it_makes_the_plan_stale_before_anything_moves(self):
        world = self.world()
        self.plan(world)
        (world.repository("reports") / "active.sql").write_text("SELECT id FROM users_v1\n")
        world.commit("reports")
        done = self.start(world)
        self.assertEqual(world.state("users-v2"), "stale", done.stdout)
        self.assertIn("consumer 'component:default/reports': 'active.sql' was edited since the plan was made",
                      done.stdout + done.stderr + world.honk("status", "users-v2", check=False).stdout)
        self.assertEqual(world.git("half", "for-each-ref", "--format=%(refname)"), "refs/heads/main\n")

    def test_a_repository_that_moved_elsewhere_makes_nothing_stale(self):
        world = self.world()
        self.plan(world)
        (world.repository("reports") / "old.sql").write_text("SELECT 7\n")
        world.commit("reports", "Elsewhere")
        self.start(world)
        self.assertEqual(world.state("users-v2"), "succeeded")
        self.assertEqual(world.git("reports", "rev-parse", f"{world.branch()}^"), world.git("reports", "rev-parse", "main"))
        self.assertEqual(world.git("reports", "show", f"{world.branch()}:old.sql"), "SELECT 7\n")

    def test_what_people_made_of_a_branch_waits_for_them_on_the_way_back(self):
        world = self.world()
        before = self.seen(world)
        self.plan(world)
        self.start(world)
        branch = world.branch()
        world.git("reports", "checkout", "-q", branch)
        world.commit("reports", "A person's")
        world.git("reports", "checkout", "-q", "main")
        done = world.honk("rollback", "users-v2", "--wait", check=False)
        self.assertEqual(world.state("users-v2"), "needs_operator")
        self.assertIn(f"somebody added commits to branch '{branch}'", " ".join(done.stdout.split()))
        self.assertEqual(world.git("reports", "log", "-1", "--format=%s", branch), "A person's\n")
        self.assertTrue(support.eventually(  # the others go on meanwhile
            lambda: world.git("half", "for-each-ref", "--format=%(refname)") == "refs/heads/main\n"))
        world.git("reports", "branch", "-q", "-D", branch)
        world.honk("retry", "users-v2")
        self.assertTrue(support.eventually(lambda: world.state("users-v2") == "rolled_back"))
        self.assertEqual(world.seen("half"), before["half"])

    def test_a_merged_branch_is_reverted_by_people_first(self):
        world = self.world()
        self.plan(world)
        self.start(world)
        world.git("reports", "merge", "-q", "--squash", world.branch())
        world.git("reports", "commit", "-q", "-m", "Follow the dataset")
        done = world.honk("rollback", "users-v2", "--wait", check=False)
        self.assertEqual(world.state("users-v2"), "needs_operator")
        self.assertIn("was merged into 'main' (active.sql names the new dataset there): revert it there, then retry",
                      " ".join(done.stdout.split()))
        world.git("reports", "revert", "--no-edit", "HEAD")
        world.honk("retry", "users-v2")
        self.assertTrue(support.eventually(lambda: world.state("users-v2") == "rolled_back"))

    def test_a_branch_that_is_in_the_way_stops_it_until_a_person_moved_it(self):
        world = self.world()
        self.plan(world)
        world.git("reports", "branch", world.branch(), "main")
        done = self.start(world)
        self.assertEqual(world.state("users-v2"), "halted", done.stdout)
        self.assertIn("is not Honk's", " ".join(world.honk("status", "users-v2", check=False).stdout.split()))
        world.git("reports", "branch", "-D", world.branch())
        world.honk("retry", "users-v2")
        world.honk("resume", "users-v2", "--reason", "moved")
        self.assertTrue(support.eventually(lambda: world.state("users-v2") == "succeeded"), world.log_tail())
        self.assertIn("users_v2", world.git("reports", "show", f"{world.branch()}:active.sql"))

    def test_a_repository_can_be_left_out_with_a_reason(self):
        world = self.world()
        self.plan(world)
        world.git("reports", "branch", world.branch(), "main")
        self.start(world)
        world.honk("skip", "users-v2", "--reason", "by hand")
        world.honk("resume", "users-v2", "--reason", "left out")
        self.assertTrue(support.eventually(lambda: world.state("users-v2") == "succeeded"), world.log_tail())
        world.honk("rollback", "users-v2", "--wait")
        self.assertEqual(world.git("reports", "for-each-ref", "--format=%(refname)").split()[0],
                         f"refs/heads/{world.branch()}", "a person's branch stays")

    def test_code_can_follow_where_no_rows_move(self):
        world = self.world(strategy="consumer-rewrite")
        world.sql("data.db", "CREATE TABLE users_v2 (user_id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        before = self.seen(world)
        self.plan(world)
        self.start(world)
        self.assertEqual(world.state("users-v2"), "succeeded")
        self.assertIn("users_v2", world.git("reports", "show", f"{world.branch()}:active.sql"))
        world.honk("rollback", "users-v2", "--wait")
        self.assertEqual(world.state("users-v2"), "rolled_back")
        self.assertEqual(self.seen(world), before)


if __name__ == "__main__":
    unittest.main()
