"""A host that vanishes says nothing. Its sessions are asked, by the system, whether it is still there: that is seen here, and not waited for."""
import socket
import subprocess
import unittest

import mariadb_world
import support

IDLE_S = 30  # the longest that a session may be silent before it is asked
ESTABLISHED, KEEPALIVE = "01", "02"


def asked_within(port):
    """For each of our sessions with the port, in how many seconds it is asked whether its other end is still there; None: it is not."""
    with open("/proc/net/tcp", encoding="ascii") as lines:
        sessions = [line.split() for line in list(lines)[1:]]
    for _, _, remote, state, _, timer, *_ in sessions:
        kind, _, hundredths = timer.partition(":")
        if state == ESTABLISHED and int(remote.split(":")[1], 16) == port:
            yield int(hundredths, 16) / 100 if kind == KEEPALIVE else None


class LostHosts(unittest.TestCase):
    def assert_asked(self, port, *words):
        project = support.Project()
        self.addCleanup(project.close)
        project.sql("here.db", "CREATE TABLE rows (id INTEGER PRIMARY KEY, a INTEGER)")
        waiting = subprocess.Popen([support.HONK, "compare", "here.db:rows", *words], cwd=project.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            self.assertTrue(support.eventually(lambda: any(within is not None and within <= IDLE_S for within in asked_within(port))),
                            list(asked_within(port)))
        finally:
            waiting.kill()
            waiting.wait()

    def test_sessions_with_postgres_are_asked(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            self.assert_asked(port, f"postgres:host=127.0.0.1 port={port} user=nobody sslmode=disable gssencmode=disable:rows")

    def test_sessions_with_mariadb_are_asked(self):
        server = mariadb_world.Primary()
        self.addCleanup(server.close)
        server.sql("CREATE DATABASE shop; CREATE USER reader@127.0.0.1; GRANT ALL ON shop.* TO reader@127.0.0.1", server.main)
        server.sql("CREATE VIEW slow AS SELECT seq AS id, sleep(1) AS a FROM seq_1_to_60")
        self.assert_asked(server.port, f"mariadb://reader@127.0.0.1:{server.port}/shop/slow")


if __name__ == "__main__":
    unittest.main()
