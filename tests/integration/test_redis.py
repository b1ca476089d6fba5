"""Trouble on the way into Redis: a server that is restarted, connections that are cut on either way, answers that come late."""
import pathlib
import shutil
import sys
import tempfile
import types
import unittest

from redis_world import Redis, World

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from proxy import Proxy  # noqa: E402
import support  # noqa: E402

ROWS = 20000


class IntoRedis(unittest.TestCase):
    def begin(self, *settings):
        """All that Honk says to the server goes through a proxy."""
        folder = tempfile.mkdtemp(prefix="honk-proxy-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.redis = Redis(*settings)
        self.addCleanup(self.redis.close)
        self.proxy = Proxy(folder, self.redis.folder, socket_name="redis.sock")
        self.addCleanup(self.proxy.close)
        self.world = World(types.SimpleNamespace(folder=folder), rows=ROWS)
        self.addCleanup(self.world.close)
        self.world.serve()
        name = self.world.migration()
        self.world.plan(name)
        return name

    def assert_moved(self, name):
        self.assertEqual(self.world.state(name), "succeeded", self.world.seen(name))
        self.assertTrue(self.redis.users(0) == self.world.expected())

    def run_behind(self, **trouble):
        name = self.begin()
        vars(self.proxy).update(trouble)
        self.world.run(name)
        self.assert_moved(name)

    def test_what_a_server_had_synced_before_it_was_restarted_is_enough(self):
        name = self.begin("--appendonly", "yes", "--appendfsync", "always")
        self.world.run_over_a_crash(name, self.redis)
        self.assert_moved(name)

    def test_connections_that_are_cut_in_the_middle_of_their_rows_lose_and_double_none(self):
        self.run_behind(cuts=[100000, 400000])
        self.assertEqual(self.proxy.done, 2)

    def test_answers_that_are_cut_in_the_middle_lose_and_double_none(self):
        self.run_behind(answer_cuts=[20000, 50000, 100000])
        self.assertEqual(self.proxy.done, 3)

    def test_answers_that_come_late_are_waited_for(self):
        self.run_behind(delay_s=0.002)


class Looking(unittest.TestCase):
    """Nobody declares columns; they are found in the first rows."""
    MAKE = "for i = 1, tonumber(ARGV[1]) do redis.call('HSET', 'user:' .. i, 'name', 'n' .. i) end"

    def test_how_many_rows_were_looked_at_is_said_where_there_are_more(self):
        server = Redis()
        self.addCleanup(server.close)
        project = support.Project()
        self.addCleanup(project.close)
        project.folder.joinpath("honk.yaml").write_text(f'stores:\n  there: {{ driver: redis, url: "unix:{server.folder}/redis.sock?db=0" }}\n')
        project.folder.joinpath("m.yaml").write_text("{apiVersion: honk/v1, kind: Mapping, source: users, target: users, columns: {key: key, name: name}}")
        project.sql("new.db", "CREATE TABLE users (key TEXT PRIMARY KEY, name TEXT)")
        for rows, is_said in ((10000, False), (10001, True)):
            server.tell(0, "EVAL", self.MAKE, "0", str(rows))
            for words in (("copy", "there:user", "new.db:users", "--dry-run"), ("mapping", "explain", "m.yaml", "there:user", "new.db:users"),
                          ("mapping", "explain", "m.yaml", "there:user", "none.db:users")):
                said = " ".join(project.honk(*words).stdout.split())
                self.assertEqual("were found by looking at 10000 of its rows" in said, is_said, said)


if __name__ == "__main__":
    unittest.main()
