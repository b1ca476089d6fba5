"""Trouble on the way into MariaDB: a server that is restarted, sessions that are cut, answers that come late."""
import pathlib
import shutil
import sys
import tempfile
import unittest

from mariadb_world import Mariadb, World

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from proxy import Proxy  # noqa: E402

ROWS = 20000


class IntoMariadb(unittest.TestCase):
    def begin(self, folder=None):
        self.mariadb = Mariadb()
        self.addCleanup(self.mariadb.close)
        self.proxy = Proxy(folder, self.mariadb.folder, socket_name="mariadb.sock") if folder else None
        if self.proxy:
            self.addCleanup(self.proxy.close)
        self.world = World(self.mariadb, "listening", rows=ROWS, folder=folder)
        self.addCleanup(self.world.close)
        self.world.serve()
        name = self.world.migration()
        self.world.plan(name)
        return name

    def assert_moved(self, name):
        self.assertEqual(self.world.state(name), "succeeded", self.world.seen(name))
        self.assertTrue(self.world.moved() == self.world.expected())
        self.assertEqual(self.mariadb.sql("CHECK TABLE users_v2").split("|")[-1], "OK")
        self.mariadb.sql("UPDATE users_v2 SET tier = 'gold' WHERE user_id = 1; DELETE FROM orders")  # nobody is kept from writing

    def run_behind(self, **trouble):
        folder = tempfile.mkdtemp(prefix="honk-proxy-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        name = self.begin(folder)
        vars(self.proxy).update(trouble)
        self.world.run(name)
        self.assert_moved(name)

    def test_a_server_that_is_restarted_meanwhile_costs_a_range(self):
        name = self.begin()
        self.world.run_over_a_crash(name, self.mariadb)
        self.assert_moved(name)

    def test_sessions_that_are_cut_in_the_middle_of_their_rows_lose_and_double_none(self):
        self.run_behind(cuts=[100000, 400000])
        self.assertEqual(self.proxy.done, 2)

    def test_answers_that_are_cut_in_the_middle_lose_and_double_none(self):
        self.run_behind(answer_cuts=[3000, 20000, 200000])
        self.assertEqual(self.proxy.done, 3)

    def test_answers_that_come_late_are_waited_for(self):
        self.run_behind(delay_s=0.002)


if __name__ == "__main__":
    unittest.main()
