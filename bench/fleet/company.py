"""A company whose consumers are generated: repositories, owners, catalog, and what is true of each file."""
import collections
import dataclasses
import os
import pathlib
import random
import subprocess

import consumers
import dataset
from marks import before

GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
PEOPLE = """apiVersion: backstage.io/v1beta1
kind: User
metadata: { name: ada }
spec: { memberOf: [] }
---
apiVersion: backstage.io/v1beta1
kind: User
metadata: { name: bo }
spec: { memberOf: [] }
---
"""
DATASETS = """apiVersion: backstage.io/v1beta1
kind: Resource
metadata: { name: members-v1, annotations: { honk/dataset-url: "warehouse:members_v1" } }
spec: { type: dataset, owner: owner-0 }
---
apiVersion: backstage.io/v1beta1
kind: Resource
metadata: { name: members-v2, annotations: { honk/dataset-url: "warehouse:members_v2" } }
spec: { type: dataset, owner: owner-0 }
---
"""
COMPONENT = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: %s, annotations: { honk/repository: "code:%s" } }
spec: { type: pipeline, lifecycle: production, owner: %s, dependsOn: [ "resource:default/members-v1" ] }
---
"""
CONFIG = """catalog: [ catalog ]
workers: %d
stores: { warehouse: { driver: sqlite, path: warehouse.db, concurrency: 1 } }
repositories: { code: { driver: git, path: repositories, concurrency: %d } }
policy: { self_approval: false, quorum: 1, rollback_window: 24h, soak: 0s }
roles:
  author: [ user:default/ada ]
  approver: [ user:default/bo ]
  operator: [ user:default/ada, user:default/bo ]
  admin: [ local ]
"""
MIGRATION = """apiVersion: honk/v1
kind: Migration
metadata: { name: members }
spec:
  owner: owner-0
  source_dataset: members-v1
  target_dataset: members-v2
  migration_strategy: schema-transform
  mapping_file: ../mappings/members.yaml
"""


@dataclasses.dataclass
class News:
    """A commit that its team makes meanwhile."""
    file: consumers.File
    text: str
    adds_place: bool
    commit: str = ""


@dataclasses.dataclass
class Repository:
    name: str
    owner: str
    framework: str
    files: list
    news: News = None

    def settle(self, base):
        """What is true now: the change stands on `base`; None: there is no change."""
        if self.news is None or (base is not None and base != self.news.commit):
            return
        self.news.file.text = self.news.text
        for file in self.files if self.news.adds_place else []:  # nobody said yes to that: all of it stays, for a person
            file.text, file.answer = before(file.text), "stays" if file.answer == "rules" else file.answer


def consumer(rng, name, owner):
    """Of those with sites 28 % are Scala, of which nine in ten with generated classes; 19 % of all have none."""
    draw = rng.random()
    if draw < 0.08:
        return Repository(name, owner, "none", consumers.no_mention(rng))
    if draw < 0.14:
        return Repository(name, owner, "none", consumers.only_comments(rng))
    if draw < 0.19:
        return Repository(name, owner, "none", consumers.migrated(rng))
    if draw < 0.42:
        return Repository(name, owner, "Scala", consumers.scala(rng, generated=rng.random() < 0.9))
    if draw < 0.60:
        return Repository(name, owner, "dbt", consumers.dbt(rng, name))
    if draw < 0.74:
        return Repository(name, owner, "Python", consumers.python(rng))
    files = [consumers.sql_file(rng, n) for n in range(rng.randint(1, 6))]
    if rng.random() < 0.03:
        files.append(consumers.BROKEN)
    return Repository(name, owner, "BigQuery SQL", files)


def filler(rng):
    """Files that have nothing to do with it."""
    for n in range(rng.randint(3, 12)):
        yield f"lib/part_{n}.py", f"def part_{n}(plan, id):\n    return [{rng.random()}, plan, id]\n" * rng.randint(1, 20)


def fast_import(files, message):
    out = [b"commit refs/heads/main\ncommitter Team <team@acme.example> 1700000000 +0000\n", b"data %d\n%s\n" % (len(message), message)]
    for path, text in files:
        data = text.encode()
        out.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))
    return b"".join(out)


def git(folder, *words, text=b""):
    return subprocess.run(["git", "-C", str(folder), *words], input=text, capture_output=True, env=GIT, check=True).stdout


def write_repository(folder, repository, rng):
    place = folder / (repository.name + ".git")
    subprocess.run(["git", "init", "-q", "--bare", "--template=", "--initial-branch=main", str(place)], env=GIT, check=True)
    files = [("README.md", f"# {repository.name}\n"), *filler(rng), *((f.path, before(f.text)) for f in repository.files)]
    git(place, "fast-import", "--quiet", text=fast_import(files, b"Begin"))


def commit(place, path, text, message):
    """One more commit of one file on main."""
    head = git(place, "rev-parse", "main").decode().strip()
    data = text.encode()
    git(place, "fast-import", "--quiet", "--force", text=(
        f"commit refs/heads/main\ncommitter Team <team@acme.example> 1700000001 +0000\ndata {len(message)}\n{message}\n"
        f"from {head}\nM 100644 inline {path}\ndata {len(data)}\n").encode() + data + b"\n")
    return git(place, "rev-parse", "main").decode().strip()


def work_on(folder, repositories, seed):
    """What teams do while it runs: in some repositories elsewhere, in some beside a place, in some they add a place."""
    rng, counts = random.Random(seed + 1), collections.Counter()
    for repository in repositories:
        draw, place = rng.random(), pathlib.Path(folder) / "repositories" / (repository.name + ".git")
        file = next((f for f in repository.files if f.answer == "rules" and f.path.endswith(".sql")), None)
        if draw < 0.02:
            commit(place, "NOTES.md", "Remember the milk\n", "Note")
            counts["elsewhere"] += 1
        elif draw < 0.06 and file:
            adds_place = draw > 0.05 and repository.framework == "BigQuery SQL"
            more = f";\nSELECT mail FROM `{dataset.SOURCE}`\n" if adds_place else "-- reviewed in spring\n"
            repository.news = News(file, file.text + more, adds_place)
            repository.news.commit = commit(place, file.path, before(repository.news.text), "Review")
            counts["with a place more" if adds_place else "in the same file"] += 1
    return counts


def make(folder, count, owners, workers, rows, seed):
    """Write all of it into `folder`; the repositories, with what is true of them."""
    rng, folder = random.Random(seed), pathlib.Path(folder)
    for sub in ("catalog", "mappings", "migrations", "repositories"):
        (folder / sub).mkdir()
    (folder / "honk.yaml").write_text(CONFIG % (workers, workers))
    (folder / "mappings" / "members.yaml").write_text(dataset.MAPPING)
    (folder / "migrations" / "members.yaml").write_text(MIGRATION)
    dataset.write(folder / "warehouse.db", rows)
    made = [consumer(rng, f"consumer-{n:04}", f"owner-{n % owners}") for n in range(count)]
    (folder / "catalog" / "all.yaml").write_text(
        PEOPLE + DATASETS + "".join(COMPONENT % (r.name, r.name, r.owner) for r in made))
    for repository in made:
        write_repository(folder / "repositories", repository, rng)
    return made
