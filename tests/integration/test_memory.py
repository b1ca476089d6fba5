"""The memory that a copy and a comparison take does not grow with the rows."""
import json
import os
import subprocess
import unittest

from test_every_store import CONFIG
from kafka_world import Kafka
from mariadb_world import Mariadb
from postgres_world import Postgres
from redis_world import Redis
import support

ROW_BYTES = 1000
FEW, MANY = 4000, 100000  # rows: 4 and 100 MB
MAY_GROW_MB = 24  # by batches and caches that the few do not fill
QUEUES_MB = 48    # and by the client's queues, each way
STORES = {"lite": "lite:users", "pg": "pg:users", "maria": "maria:users", "files": "files:users.csv", "lines": "lines:users.ndjson",
          "cache": "cache:users:{id}", "events": "events:users"}


class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres, cls.mariadb, cls.redis, cls.kafka = Postgres(), Mariadb(), Redis(), Kafka()
        for server in (cls.postgres, cls.mariadb, cls.redis, cls.kafka):
            cls.addClassCleanup(server.close)
        for rows in (FEW, MANY):
            cls.postgres.sql(f"CREATE DATABASE shop{rows}", "postgres")
            cls.mariadb.sql(f"CREATE DATABASE shop{rows} CHARACTER SET utf8mb4", "mysql")

    def project(self, rows):
        project = support.Project()
        self.addCleanup(project.close)
        project.folder.joinpath("out").mkdir()
        config = CONFIG.replace("shop", f"shop{rows}").replace("?db=0", f"?db={int(rows == MANY)}")
        project.folder.joinpath("honk.yaml").write_text(config.format(pg=self.postgres.folder, maria=self.mariadb.folder, redis=self.redis.folder,
                                                                     kafka=self.kafka.servers))
        with open(project.folder / "users.ndjson", "w", encoding="utf-8") as file:
            for i in range(rows):
                file.write(json.dumps({"id": i, "name": f"User {i}", "note": f"{i} " * ((ROW_BYTES - 60) // (len(str(i)) + 1))}) + "\n")
        project.folder.joinpath("users.yaml").write_text("apiVersion: honk/v1\nkind: Mapping\nsource: users.ndjson\ntarget: users\nkey: [id]\n"
                                                         "columns: { id: id, name: name, note: note }\n")
        return project

    def peak_mb(self, project, *words):
        """Of the program, and of nobody else."""
        with open(project.folder / "said", "w+", encoding="utf-8") as said:
            child = subprocess.Popen([support.HONK, *words], cwd=project.folder, stdout=said, stderr=said)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            self.assertEqual(child.returncode, 0, said.read())
        return usage.ru_maxrss / 1024

    def peaks(self, rows):
        project = self.project(rows)
        peaks = {}
        for name, place in STORES.items():
            place = place if name != "events" else f"{place}{rows}"
            peaks["into", name] = self.peak_mb(project, "copy", "users.ndjson", place, "--mapping", "users.yaml")
            peaks["out of", name] = self.peak_mb(project, "copy", place, f"back-{name}.db:users")
            peaks["compared", name] = self.peak_mb(project, "compare", "users.ndjson", place)
        return peaks

    def test_it_is_the_same_for_many_times_the_rows_in_every_store(self):
        few, many = self.peaks(FEW), self.peaks(MANY)
        for way, name in few:
            with self.subTest(f"{way} {name}"):
                self.assertLess(many[way, name] - few[way, name], MAY_GROW_MB + (QUEUES_MB if name == "events" else 0))


if __name__ == "__main__":
    unittest.main()
