"""Commands that ask a server through something that swallows what is said."""
from concurrent import futures
import pathlib
import sys
import unittest

from kafka_world import Kafka
import mariadb_world
from postgres_world import Postgres
from redis_world import Redis
import support

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from proxy import Proxy, TcpProxy  # noqa: E402


class Holes(unittest.TestCase):
    """A proxy takes all that it is told, and from some byte on hands nothing on, either way."""
    PLACES = (0, 1200, 60000)  # when it is opened, at a question, among the rows

    def end_of(self, url, socket_name, server_folder, at):
        project = support.Project()
        self.addCleanup(project.close)
        there = project.folder / "proxy"
        there.mkdir()
        proxy = Proxy(str(there), server_folder, socket_name=socket_name)
        self.addCleanup(proxy.close)
        proxy.hole_at = at
        project.folder.joinpath("honk.yaml").write_text("stores:\n  lite: { driver: sqlite, path: here.db }\n  there: { %s }\n" % url.format(there))
        project.sql("here.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t SELECT value, hex(zeroblob(500)) FROM generate_series(1, 400)")
        ended = project.honk("copy", "lite:t", f"there:hole_{at}" + (":{id}" if "redis" in url else ""), check=False, timeout=120)
        self.assertNotEqual(ended.returncode, 0)
        self.assertTrue(proxy.is_hole)
        return ended.stderr

    def ends_of(self, *words):
        """Of copies at once: each waits most of its time. What they say, for each of the places."""
        with futures.ThreadPoolExecutor() as pool:
            return list(zip(self.PLACES, pool.map(lambda at: self.end_of(*words, at), self.PLACES)))

    def test_who_hangs_is_not_waited_for_in_postgres(self):
        server = Postgres()
        self.addCleanup(server.close)
        for at, said in self.ends_of('driver: postgres, connect_timeout_ms: 2000, silence_ms: 1000, url: "host={} user=postgres"', ".s.PGSQL.5432", server.folder):
            self.assertRegex(said, "timeout expired" if at == 0 else "is lost: it said nothing for [0-9]+ s, and the server lets nobody in")

    def test_who_hangs_is_not_waited_for_in_mariadb(self):
        server = mariadb_world.Mariadb()
        self.addCleanup(server.close)
        server.sql("CREATE DATABASE shop", "mysql")
        for at, said in self.ends_of('driver: mariadb, connect_timeout_ms: 2000, silence_ms: 1000, url: "mariadb://root@localhost/shop?socket={}/mariadb.sock"',
                                     "mariadb.sock", server.folder):
            self.assertRegex(said, "is lost: it said nothing for [0-9]+ s, and the server lets nobody in" if 0 < at < self.PLACES[-1] else "Lost connection")

    def test_who_hangs_is_not_waited_for_in_redis(self):
        server = Redis()
        self.addCleanup(server.close)
        for _, said in self.ends_of('driver: redis, timeout_ms: 1000, url: "unix:{}/redis.sock?db=0"', "redis.sock", server.folder):
            self.assertIn("does not answer within 1000 ms (timeout_ms)", said)

    def end_in_kafka(self, at):
        proxy = TcpProxy()
        self.addCleanup(proxy.close)
        broker = Kafka("--advertised", str(proxy.port))
        self.addCleanup(broker.close)
        proxy.server = (broker.servers.split(":")[0], int(broker.servers.split(":")[1]))
        proxy.hole_at = at
        project = support.Project()
        self.addCleanup(project.close)
        project.folder.joinpath("honk.yaml").write_text("stores:\n  lite: { driver: sqlite, path: here.db }\n"
                                                        "  there: { driver: kafka, timeout_ms: 1000, url: \"kafka://127.0.0.1:%s\" }\n" % proxy.port)
        project.sql("here.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t SELECT value, hex(randomblob(500)) FROM generate_series(1, 400)")
        ended = project.honk("copy", "lite:t", "there:hole", check=False, timeout=120)
        self.assertTrue(proxy.is_hole)
        return ended

    def test_who_hangs_is_not_waited_for_in_kafka(self):
        reasons = {0: "looking for the cluster: ", 400: "Timed out|timed out", 60000: "Timed out|timed out|taken no record"}
        with futures.ThreadPoolExecutor() as pool:
            for reason, ended in zip(reasons.values(), pool.map(self.end_in_kafka, reasons)):
                self.assertEqual(ended.returncode, 5, ended.stderr)
                self.assertRegex(ended.stderr, reason)


if __name__ == "__main__":
    unittest.main()
