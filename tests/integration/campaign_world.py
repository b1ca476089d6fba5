"""Many small datasets that a campaign moves: in several SQLite stores, of several owners, all with the same change."""
import json
import sqlite3

import support

MAPPING = """apiVersion: honk/v1
kind: Mapping
source: {name}-v1
target: {name}-v2
key: [ user_id ]
columns:
  user_id: {{ from: id }}
  full_name: {{ concat: [ first, {{ text: " " }}, last ] }}
  country: {{ from: country, values: {{ UK: GB }} }}
"""

DATASET = """apiVersion: backstage.io/v1beta1
kind: Resource
metadata:
  name: {name}-{version}
  annotations: {{ honk/dataset-url: "{store}:{table}_{version}" }}
spec: {{ type: dataset, owner: {owner} }}
---
"""

MIGRATION = """apiVersion: honk/v1
kind: Migration
metadata: {{ name: {name}-v2 }}
spec:
  owner: {owner}
  source_dataset: {name}-v1
  target_dataset: {name}-v2
  migration_strategy: schema-transform
  mapping_file: ../mappings/{name}.yaml
"""

COUNTRIES = ("SE", "UK", "DE", "FR", "NO")


class CampaignWorld(support.Project):
    def __init__(self, count, stores=4, owners=4, rows=20, workers=2, config="", folder=None):
        super().__init__(folder)
        self.count, self.stores, self.owners, self.rows = count, stores, owners, rows
        self.names = [f"t{n:04}" for n in range(count)]
        for sub in ("catalog", "mappings", "migrations", "data"):
            (self.folder / sub).mkdir(exist_ok=True)
        self.write_config(workers, config)
        self.write_entities()
        self.write_data()

    def store_of(self, n):
        return f"s{n % self.stores}"

    def owner_of(self, n):
        return f"team-{n // self.stores % self.owners}"

    def database(self, n):
        return f"data/{self.store_of(n)}.db"

    def write_config(self, workers, config):
        stores = "".join(f"  s{k}: {{ driver: sqlite, path: data/s{k}.db, concurrency: 1 }}\n" for k in range(self.stores))
        (self.folder / "honk.yaml").write_text(
            f"catalog: [ catalog ]\nworkers: {workers}\nstores:\n{stores}"
            "policy: { self_approval: false, quorum: 1, rollback_window: 24h, soak: 0s }\n"
            "roles:\n  author: [ user:default/ada ]\n  approver: [ user:default/bo ]\n"
            "  operator: [ user:default/ada, user:default/bo ]\n  admin: [ local ]\n" + config)

    def write_entities(self):
        people = ("apiVersion: backstage.io/v1beta1\nkind: User\nmetadata: { name: ada }\nspec: { memberOf: [] }\n---\n"
                  "apiVersion: backstage.io/v1beta1\nkind: User\nmetadata: { name: bo }\nspec: { memberOf: [] }\n---\n")
        (self.folder / "catalog" / "people.yaml").write_text(people)
        datasets = []
        for n, name in enumerate(self.names):
            words = {"name": name, "table": name, "store": self.store_of(n), "owner": self.owner_of(n)}
            datasets += [DATASET.format(version="v1", **words), DATASET.format(version="v2", **words)]
            (self.folder / "mappings" / f"{name}.yaml").write_text(MAPPING.format(name=name))
            (self.folder / "migrations" / f"{name}.yaml").write_text(MIGRATION.format(name=name, owner=words["owner"]))
        (self.folder / "catalog" / "datasets.yaml").write_text("".join(datasets))

    def row(self, n, k):
        return (k + 1, f"F{n}", f"L{k}", COUNTRIES[(n + k) % len(COUNTRIES)])

    def write_data(self):
        for store in range(self.stores):
            with sqlite3.connect(self.folder / "data" / f"s{store}.db") as db:
                db.execute("PRAGMA journal_mode = WAL")
                for n in range(store, self.count, self.stores):
                    table = f"{self.names[n]}_v1"
                    db.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, first TEXT NOT NULL, last TEXT NOT NULL,"
                               " country TEXT NOT NULL)")
                    db.execute(f"CREATE INDEX {table}_country ON {table} (country)")
                    db.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", (self.row(n, k) for k in range(self.rows)))

    # ---- looking without Honk ----

    def dump(self):
        """Everything that is in the stores, as text."""
        text = {}
        for store in range(self.stores):
            with sqlite3.connect(self.folder / "data" / f"s{store}.db") as db:
                text[store] = "\n".join(db.iterdump())
        return text

    def moved(self):
        """Names of the datasets whose second version is there, every row compared with what it should be."""
        found = []
        for store in range(self.stores):
            with sqlite3.connect(self.folder / "data" / f"s{store}.db") as db:
                tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                for n in range(store, self.count, self.stores):
                    if f"{self.names[n]}_v2" not in tables:
                        continue
                    rows = db.execute(f"SELECT user_id, full_name, country FROM {self.names[n]}_v2 ORDER BY user_id").fetchall()
                    expected = [(i, f"{first} {last}", "GB" if country == "UK" else country)
                                for i, first, last, country in (self.row(n, k) for k in range(self.rows))]
                    if rows != expected:
                        raise AssertionError(f"{self.names[n]}_v2 is not what it should be: {rows[:3]}…")
                    found.append(self.names[n])
        return sorted(found)

    # ---- driving ----

    def campaign(self, name="spring"):
        return self.json("status", name)

    def states(self, name="spring"):
        return self.campaign(name)["states"]

    def review(self, name="spring", user="ada"):
        return self.json("plan", name, user=user, timeout=1800)

    def begin(self, name="spring", *words):
        """Applied, planned, approved by the second person."""
        self.honk("apply", "-f", "migrations", "--campaign", name, *words, user="ada")
        review = self.review(name)
        self.honk("approve", name, review["digest"], user="bo")
        return review

    def review_of_what_there_is(self, name="spring"):
        """The same where some cannot be planned: what is said about those goes to people, not to programs."""
        self.honk("plan", name, user="ada", timeout=1800)
        return json.loads(self.get(f"/campaigns/{name}/review")[1])
