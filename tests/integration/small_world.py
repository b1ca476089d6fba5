"""A small company for tests from outside: users in SQLite, a mapping, Ada who asks and Bo who approves."""
import json
import sqlite3

import support

# who may do what; the end of every configuration
PEOPLE = """
policy: {{ self_approval: false, quorum: 1, rollback_window: 24h, soak: 0s }}
roles:
  approver: [ user:default/bo ]
  operator: [ user:default/ada, user:default/bo ]
  admin: [ local ]
{more}
"""
CONFIG = """
stores:
  listening: {{ driver: sqlite, path: data/listening.db }}
""" + PEOPLE

CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: users-v1, annotations: { honk/dataset-url: "listening:users_v1" } }
spec: { type: dataset, lifecycle: production, owner: team-identity }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: users-v2, annotations: { honk/dataset-url: "listening:users_v2" } }
spec: { type: dataset, lifecycle: experimental, owner: team-identity }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: team-identity }
spec: { type: team, children: [] }
"""

MAPPING = """
apiVersion: honk/v1
kind: Mapping
source: users-v1
target: users-v2
key: [ user_id ]
columns:
  user_id:   { from: id }
  full_name: { concat: [ first_name, { text: " " }, last_name ] }
  country:   { from: country_code, values: { UK: GB } }
  tier:      { const: free }
dropped:
  legacy_flag: { why: "never filled" }
"""

MIGRATION = """
apiVersion: backstage.io/v1beta1
kind: Component
metadata:
  name: {name}
  annotations: {{ {annotations} }}
spec:
  type: dataset-migration
  lifecycle: experimental
  owner: team-identity
  source_dataset: users-v1
  target_dataset: users-v2
  migration_strategy: {strategy}
  mapping_file: mappings/users.yaml
"""

ROWS = 300


class World(support.Project):
    def __init__(self, more="", env=None, folder=None, rows=ROWS, config=CONFIG):
        super().__init__(folder=folder, env=env)
        self.rows = rows
        self.write("honk.yaml", config.format(more=more))
        self.write("catalog/datasets.yaml", CATALOG)
        self.write("mappings/users.yaml", MAPPING)
        (self.folder / "data").mkdir()
        with sqlite3.connect(self.db) as db:
            db.execute("CREATE TABLE users_v1 (id INTEGER PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL, "
                       "country_code TEXT NOT NULL, legacy_flag TEXT)")
            db.executemany("INSERT INTO users_v1 VALUES (?, ?, ?, ?, NULL)",
                           [(i, f"First{i}", f"Last{i}", ("UK", "SE", "DE")[i % 3]) for i in range(1, rows + 1)])

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def migration(self, name="users-v2-migration", agent=None, strategy="schema-transform", group=None):
        said = {"honk/agent": agent, "fleet-manager/target-group": group}
        annotations = ", ".join(f"{annotation}: {value}" for annotation, value in said.items() if value)
        path = self.write(f"migrations/{name}.yaml", MIGRATION.format(name=name, annotations=annotations, strategy=strategy))
        self.honk("apply", "-f", path, user="user:default/ada")
        return name

    @property
    def db(self):
        return self.folder / "data" / "listening.db"

    def query(self, sql):
        with sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=20) as db:
            return db.execute(sql).fetchall()

    def tables(self):
        return [name for name, in self.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]

    def everything(self):
        """All that a reader of the file can see."""
        schema = self.query("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
        return schema, {name: self.query(f'SELECT * FROM "{name}" ORDER BY 1') for name in self.tables()}

    def expected(self):
        """What the mapping makes of users_v1, worked out without Honk."""
        return [(i, f"First{i} Last{i}", ("GB", "SE", "DE")[i % 3], "free") for i in range(1, self.rows + 1)]

    def change(self, sql):
        """Somebody else changes the store."""
        with sqlite3.connect(self.db, timeout=20) as db:
            db.execute(sql)

    def seen(self, name):
        """The migration as the server shows it; quicker to ask than by the command line."""
        return json.loads(self.get(f"/migrations/{name}")[1])

    def state(self, name):
        return self.seen(name)["state"]

    def step(self, name, action):
        """The step of this action as the server shows it."""
        return next(step for step in self.seen(name)["steps"] if step["action"] == action)

    def run_over_a_crash(self, name, server):
        """Approve and start; the server dies while rows move, and comes back. Until it goes on no more."""
        self.honk("approve", name, self.digest(name), user="user:default/bo")
        self.honk("start", name, user="user:default/ada")
        support.eventually(lambda: self.step(name, "transform")["status"] == "leased" or self.state(name) == "succeeded")
        server.crash()
        server.start()
        support.eventually(lambda: self.state(name) not in ("running", "approved", "queued"))

    def moved(self):
        return self.query("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1")

    def plan(self, name, check=True):
        return self.honk("plan", name, user="user:default/ada", check=check)

    def run(self, name):
        """Approve and start what is planned, to its end; the migration as it is then."""
        self.honk("approve", name, self.digest(name), user="user:default/bo")
        self.honk("start", name, "--wait", user="user:default/ada", check=False)
        return self.json("status", name)
