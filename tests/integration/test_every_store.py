"""The files of HONK_TEST_DATA, or likenesses of them, go from store to store, and are the same at the end of their way.

Each way has five to seven of the forty-two pairs of stores; with HONK_TEST_ALL=1 every file goes through every pair.
"""
import itertools
import os
import unittest

from kafka_world import Kafka
from mariadb_world import Mariadb
from postgres_world import Postgres
from redis_world import Redis
from test_real_data import AIRPORTS, DATA, ZIPCODES
import support

STORES = ("lite", "pg", "maria", "files", "lines", "cache", "events")
CONFIG = """
stores:
  lite: {{ driver: sqlite, path: all.db, create: true }}
  pg: {{ driver: postgres, url: "host={pg} user=postgres dbname=shop" }}
  maria: {{ driver: mariadb, url: "mariadb://root@localhost/shop?socket={maria}/mariadb.sock" }}
  files: {{ driver: csv, path: out }}
  lines: {{ driver: ndjson, path: out }}
  cache: {{ driver: redis, url: "unix:{redis}/redis.sock?db=0" }}
  events: {{ driver: kafka, url: "kafka://{kafka}" }}
"""
LIKENESSES = {"airports.csv": AIRPORTS.likeness, "zipcodes.csv": ZIPCODES.likeness,
              "birdstrikes.csv": '"Airport Name","Cost Total $",when\n"O\'HARE, ""INTL""",1200,1/8/90 0:00\n"É",,\n',
              "movies.json": '[{"Title": 21, "Rating": 7.1, "Release": "Jun 12 1998"}, {"Title": "É \\"x\\"", "Rating": null, "Release": null}]'}
WAYS = {"airports.csv": ("lite", "pg", "cache", "events", "maria", "cache", "files", "pg"),
        "zipcodes.csv": ("pg", "lite", "maria", "cache", "lite", "files", "events", "files", "maria"),
        "birdstrikes.csv": ("maria", "files", "events", "lite", "lines", "pg", "lines"),
        "movies.json": ("lines", "events", "lite", "lines", "maria", "events", "lines", "files", "lines")}
ENDINGS = {"files": ".csv", "lines": ".ndjson"}
KEYS = {"airports.csv": "iata", "zipcodes.csv": "zip_code"}  # the others have none, so that Redis cannot hold them


class EveryStore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres, cls.mariadb, cls.redis, cls.kafka = Postgres(), Mariadb(), Redis(), Kafka()
        for server in (cls.postgres, cls.mariadb, cls.redis, cls.kafka):
            cls.addClassCleanup(server.close)
        cls.postgres.sql("CREATE DATABASE shop", "postgres")
        cls.mariadb.sql("CREATE DATABASE shop CHARACTER SET utf8mb4", "mysql")

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.project.folder.joinpath("out").mkdir()
        self.project.folder.joinpath("honk.yaml").write_text(CONFIG.format(
            pg=self.postgres.folder, maria=self.mariadb.folder,
            redis=self.redis.folder, kafka=self.kafka.servers))

    def original(self, file):
        if (DATA / file).exists():
            return str(DATA / file)
        path = self.project.folder / file
        path.write_text(LIKENESSES[file])
        return str(path)

    def walk(self, file, way, name):
        original = here = self.original(file)
        self.redis.tell(0, "FLUSHALL")  # ranges walk over all keys that there are
        for i, store in enumerate(way):
            ending = f":{{{KEYS[file]}}}" if store == "cache" else ENDINGS.get(store, "")
            there = f"{store}:{name}_{i}{ending}"
            self.project.honk("copy", here, there)
            here = there
            self.project.honk("compare", original, here)

    def test_the_files_are_the_same_at_the_end_of_their_way(self):
        for file, way in WAYS.items():
            with self.subTest(file):
                self.walk(file, way, file.split(".")[0])

    @unittest.skipUnless(os.environ.get("HONK_TEST_ALL"), "HONK_TEST_ALL is not set")
    def test_every_file_goes_through_every_pair(self):
        for file, (one, other) in itertools.product(LIKENESSES, itertools.permutations(STORES, 2)):
            if "cache" in (one, other) and file not in KEYS:
                continue
            with self.subTest(f"{file}: {one} to {other}"):
                self.walk(file, (one, other), f"{file.split('.')[0]}_{one}_{other}")


if __name__ == "__main__":
    unittest.main()
