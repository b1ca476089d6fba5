"""What a copy asks its servers. Each question is a way there and back, which takes milliseconds where a server is far away, so it is counted how
often we speak when it was the server who spoke last; and for parts of a source, each of which is a range, how many more each of them costs."""
import itertools
import pathlib
import sys
import unittest

import mariadb_world
from postgres_world import Postgres
import support

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from proxy import Proxy  # noqa: E402

PARTS = (2, 6)
ROWS = 600  # of all parts


class RoundTrips(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.numbers = itertools.count(1)
        cls.server = Postgres()
        cls.addClassCleanup(cls.server.close)
        for parts in PARTS:
            cls.server.sql(f"CREATE TABLE in_{parts} (id bigint PRIMARY KEY, name text NOT NULL, paid numeric(12,2)) PARTITION BY HASH (id);" + "".join(
                f"CREATE TABLE in_{parts}_{i} PARTITION OF in_{parts} FOR VALUES WITH (MODULUS {parts}, REMAINDER {i});" for i in range(parts)) +
                f"INSERT INTO in_{parts} SELECT i, 'n' || i, i / 100.0 FROM generate_series(1, {ROWS}) i; ANALYZE in_{parts}", "postgres")

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)

    def proxy(self, folder, socket_name):
        there = self.project.folder / f"proxy{next(self.numbers)}"
        there.mkdir()
        proxy = Proxy(str(there), folder, socket_name=socket_name)
        self.addCleanup(proxy.close)
        return there, proxy

    def postgres(self):
        there, proxy = self.proxy(self.server.folder, ".s.PGSQL.5432")
        return f'driver: postgres, url: "host={there} user=postgres"', proxy

    def copy(self, source, target, *words):
        """`source` and `target`: settings and proxy of each; returns how often each was asked."""
        stores = "".join(f"  {name}: {{ {settings} }}\n" for name, (settings, _) in (("from", source), ("to", target)))
        self.project.folder.joinpath("honk.yaml").write_text(f"stores:\n{stores}")
        before = [proxy.turns if proxy else 0 for _, proxy in (source, target)]
        self.project.honk("copy", *words)
        return [(proxy.turns if proxy else 0) - asked for (_, proxy), asked in zip((source, target), before)]

    def each_part(self, target):
        """What one more range asks of its source and of its target."""
        few, many = [self.copy(self.postgres(), target, f"from:in_{parts}", f"to:copy_{parts}") for parts in PARTS]
        return [(more - less) / (PARTS[1] - PARTS[0]) for less, more in zip(few, many)]

    def test_a_range_of_a_copy_asks_postgres_no_more_than_a_dozen_things(self):
        of_source, of_target = self.each_part(self.postgres())
        # is its stage there, is it in; its columns; fences, ledger and columns again, locked; COPY; its end; ledger row and COMMIT; is it in by now
        self.assertLessEqual(of_target, 12)  # it was 38; a long answer may come in two parts, which counts twice
        # what it is; its part; types; COPY; what it is before and after; the others divide the part
        self.assertLessEqual(of_source, 14)

    def test_a_range_of_a_copy_asks_mariadb_forty_three_things(self):
        server = mariadb_world.Primary()
        self.addCleanup(server.close)
        server.sql("CREATE DATABASE there", server.main)
        there, proxy = self.proxy(server.folder, "mariadb.sock")
        settings = f'driver: mariadb, url: "mariadb://root@localhost/there?socket={there}/mariadb.sock"'
        _, of_target = self.each_part((settings, proxy))
        self.assertLessEqual(of_target, 43)  # it was 51 or 52, and most are those of three sessions that begin

    def test_a_small_copy_from_a_file_asks_postgres_less_than_half_of_what_it_did(self):
        self.project.sql("here.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t SELECT value, 'x' FROM generate_series(1, 200)")
        _, asked = self.copy(("driver: sqlite, path: here.db", None), self.postgres(), "from:t", "to:from_file")
        self.assertLessEqual(asked, 180)  # it was 401, and is 135 to 150


if __name__ == "__main__":
    unittest.main()
