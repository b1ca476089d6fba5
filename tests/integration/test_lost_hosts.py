"""A host that vanishes says nothing. Its sessions are asked, by the system, whether it is still there: that is seen here, and not waited for."""
import functools
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import mariadb_world
from postgres_world import Postgres
from redis_world import Redis
import support

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from proxy import Proxy  # noqa: E402

IDLE_S = 30  # the longest that a session may be silent before it is asked
ESTABLISHED, KEEPALIVE = "01", "02"


def sessions_with(port):
    """State and timer, as the system writes them, of each of our sessions with the port."""
    with open("/proc/net/tcp", encoding="ascii") as lines:
        sessions = [line.split() for line in list(lines)[1:]]
    return [(state, timer) for _, _, remote, state, _, timer, *_ in sessions if int(remote.split(":")[1], 16) == port]


def asked_within(port):
    """For each of them, in how many seconds it is asked whether its other end is still there; None: it is not."""
    for state, timer in sessions_with(port):
        kind, _, hundredths = timer.partition(":")
        if state == ESTABLISHED:
            yield int(hundredths, 16) / 100 if kind == KEEPALIVE else None


class LostHosts(unittest.TestCase):
    def assert_asked(self, port, *words):
        project = support.Project()
        self.addCleanup(project.close)
        project.sql("here.db", "CREATE TABLE rows (id INTEGER PRIMARY KEY, a INTEGER)")
        said = project.folder / "said"
        with said.open("w") as out:
            waiting = subprocess.Popen([support.HONK, "compare", "here.db:rows", *words], cwd=project.folder, stdout=out, stderr=out)
        try:
            is_asked = support.eventually(lambda: any(within is not None and within <= IDLE_S for within in asked_within(port)))
            self.assertTrue(is_asked, (sessions_with(port), waiting.poll(), said.read_text()))
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

    def test_nobody_waits_at_a_proxy_that_is_closed(self):
        with tempfile.TemporaryDirectory() as folder:
            proxy = Proxy(folder, folder)
            with socket.socket(socket.AF_UNIX) as caller:
                caller.connect(f"{folder}/.s.PGSQL.5432")
                self.assertTrue(support.eventually(lambda: proxy.begun))
            proxy.close()
        self.assertFalse(proxy.accepting.is_alive())


class Interrupted(unittest.TestCase):
    """Who presses Ctrl-C once waits for no server: as long as nothing is written, there is nothing to take back."""
    SILENT = {"postgres": 'driver: postgres, connect_timeout_ms: 600000, url: "host=127.0.0.1 port={} user=nobody sslmode=disable gssencmode=disable"',
              "mariadb": 'driver: mariadb, connect_timeout_ms: 600000, url: "mariadb://nobody@127.0.0.1:{}/shop"',
              "redis": 'driver: redis, timeout_ms: 600000, url: "redis://127.0.0.1:{}/0"',
              "kafka": 'driver: kafka, timeout_ms: 300000, url: "kafka://127.0.0.1:{}"'}

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.project.sql("here.db", "CREATE TABLE rows (id INTEGER PRIMARY KEY, a INTEGER); INSERT INTO rows VALUES (1, 1)")

    def stores(self, settings):
        self.project.folder.joinpath("honk.yaml").write_text("stores:\n  lite: { driver: sqlite, path: here.db }\n  there: { %s }\n" % settings)

    def said_after_one(self, is_hanging, *words):
        waiting = subprocess.Popen([support.HONK, *words], cwd=self.project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            is_hanging()
            waiting.send_signal(signal.SIGINT)
            out, errors = waiting.communicate(timeout=support.WAIT_S)
            self.assertEqual((waiting.returncode, errors), (130, ""), out + errors)
            return out
        finally:
            waiting.kill()
            waiting.wait()

    def test_one_interrupt_ends_a_command_that_waits_for_a_session(self):
        for settings in self.SILENT.values():
            with socket.create_server(("127.0.0.1", 0)) as silent:
                silent.settimeout(support.WAIT_S)
                self.stores(settings.format(silent.getsockname()[1]))
                for words in (("compare", "lite:rows", "there:rows"), ("copy", "lite:rows", "there:rows"), ("copy", "there:rows", "new.db:rows"),
                              ("copy", "lite:rows", "there:rows", "--dry-run")):
                    said = self.said_after_one(lambda: self.addCleanup(silent.accept()[0].close), *words)
                    self.assertEqual(said, "stopped; nothing was changed\n" if words[0] == "compare" else f"stopped; '{words[2]}' is as it was before\n")
        self.assertFalse(self.project.folder.joinpath("new.db").exists())

    def test_one_interrupt_ends_a_command_that_waits_for_an_answer_about_columns(self):
        server = Postgres()
        self.addCleanup(server.close)
        there = self.project.folder / "proxy"
        there.mkdir()
        proxy = Proxy(str(there), server.folder)
        self.addCleanup(proxy.close)
        proxy.hole_at = 1500
        self.stores(f'driver: postgres, url: "host={there} user=postgres"')
        said = self.said_after_one(lambda: self.assertTrue(support.eventually(lambda: proxy.is_hole)), "copy", "lite:rows", "there:rows")
        self.assertEqual(said, "stopped; 'there:rows' is as it was before\n")


class InterruptedAmongRows(unittest.TestCase):
    """Rows are written already, and the server hangs: one Ctrl-C ends the command within seconds, with what is known and what is not."""
    SECONDS = 45  # those that we wait ourselves are fewer than ten; a busy machine has more
    BESIDE = "stopped; 'there:t' is as it was before, but what lies beside it could not be taken away: cannot open store 'there': "

    def setUp(self):
        self.server = Postgres()
        self.addCleanup(self.server.close)
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.project.sql("here.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t SELECT value, hex(zeroblob(250)) FROM generate_series(1, 20000)")
        self.reach(self.server.folder)

    def reach(self, folder):
        self.project.folder.joinpath("honk.yaml").write_text("stores:\n  lite: { driver: sqlite, path: here.db }\n"
                                                             f'  there: {{ driver: postgres, url: "host={folder} user=postgres" }}\n')

    def through_a_proxy(self):
        there = self.project.folder / "proxy"
        there.mkdir()
        proxy = Proxy(str(there), self.server.folder)
        self.addCleanup(proxy.close)
        self.reach(there)
        return proxy

    def interrupted(self, hangs, *words):
        at_work = subprocess.Popen([support.HONK, *words], cwd=self.project.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            hangs()
            at_work.send_signal(signal.SIGINT)
            said = at_work.communicate(timeout=self.SECONDS)[0]
            return at_work.returncode, said
        finally:
            at_work.kill()
            at_work.communicate()

    def assert_copied_at_last(self, proxy):
        proxy.is_gone = True  # and with it what it holds of the server
        self.reach(self.server.folder)
        again = self.project.honk("copy", "lite:t", "there:t")
        self.assertIn("20,000 rows copied from lite:t to there:t", again.stdout)
        self.assertEqual(self.server.sql("SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')", "postgres"), "1")

    def test_a_copy_to_a_server_that_reads_no_more_ends(self):
        proxy = self.through_a_proxy()
        proxy.stuck_at = 1000000
        status, said = self.interrupted(lambda: self.assertTrue(support.eventually(lambda: proxy.is_stuck)), "copy", "lite:t", "there:t")
        self.assertEqual(status, 5, said)
        self.assertIn(self.BESIDE, said)
        self.assertIn("the next copy to 'there:t' finds out what is there, and clears up", said)
        self.assert_copied_at_last(proxy)

    def test_a_copy_to_a_server_of_which_nothing_comes_back_ends(self):
        proxy = self.through_a_proxy()
        proxy.hole_at = 1000000
        status, said = self.interrupted(lambda: self.assertTrue(support.eventually(lambda: proxy.is_hole)), "copy", "lite:t", "there:t", "--freeze")
        self.assertEqual(status, 5, said)
        self.assertIn(self.BESIDE, said)
        self.project.sql("here.db", "UPDATE t SET a = a")  # nobody is refused any more
        self.assert_copied_at_last(proxy)

    def test_a_repair_of_which_nothing_comes_back_ends(self):
        self.project.honk("copy", "lite:t", "there:t")
        self.server.sql("UPDATE t SET a = 'x' WHERE id <= 3000", "postgres")
        proxy = self.through_a_proxy()
        proxy.hole_at = 200000
        status, said = self.interrupted(lambda: self.assertTrue(support.eventually(lambda: proxy.is_hole)), "compare", "lite:t", "there:t", "--repair")
        self.assertEqual(status, 130, said)
        self.assertIn("stopped; rows that are repaired already stay so, and comparing again tells which\n", said)
        self.reach(self.server.folder)
        self.assertIn("equal: 20,000 rows in both", self.project.honk("compare", "lite:t", "there:t", "--repair").stdout)


class Session:
    """A person's session with a server, at a program that reads lines and writes some."""

    def __init__(self, words):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1)

    def ask(self, sql):
        """The first line of the answer; None: there is no session."""
        try:
            self.process.stdin.write(sql + "\n")
            return self.process.stdout.readline().strip() or None
        except BrokenPipeError:
            return None

    def close(self):
        self.process.kill()
        self.process.communicate()


class Overfull(unittest.TestCase):
    """A statement takes long, and the server has no room for a session that asks about it, or lets nobody in for a while: it is at work all the same."""
    LOOKS = 4  # more than may go unanswered
    ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, a varchar(10)); INSERT INTO orders VALUES (1, 'a'), (2, 'b')"

    def look_on(self, server, socket_name, words, asks, settings, meanwhile):
        """While a copy waits for a table that somebody has locked, `meanwhile` is done; then the table is free, and the copy must end well."""
        project = support.Project()
        self.addCleanup(project.close)
        there = project.folder / "proxy"
        there.mkdir()
        proxy = Proxy(str(there), server.folder, socket_name=socket_name)
        self.addCleanup(proxy.close)
        project.folder.joinpath("honk.yaml").write_text("stores:\n  there: { silence_ms: 1000, connect_timeout_ms: 2000, lock_timeout_ms: 600000, %s }\n"
                                                        % settings.format(there))
        holder = Session(words)
        self.addCleanup(holder.close)
        self.assertIsNotNone(holder.ask(asks["lock"]))
        copying = subprocess.Popen([support.HONK, "copy", "there:orders", "new.db:rows"], cwd=project.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        try:
            self.assertTrue(support.eventually(lambda: holder.ask(asks["waiting"]) == "1"))
            meanwhile(proxy, holder)
            holder.close()
            said = copying.communicate(timeout=support.WAIT_S)[0]
            self.assertEqual(copying.returncode, 0, said)
            self.assertIn("2 rows copied", said)
        finally:
            copying.kill()
            copying.communicate()

    def fill(self, words, count, proxy, holder):
        """Take what sessions there are, so that several looks are refused; then give them back."""
        sessions, before = [], int(holder.ask(count))

        def is_full():
            sessions.append(Session(words))
            self.addCleanup(sessions[-1].close)
            return sessions[-1].ask("SELECT 1;") is None
        self.assertTrue(support.eventually(is_full))
        full_at = proxy.begun
        self.assertTrue(support.eventually(lambda: proxy.begun > full_at + self.LOOKS))
        for session in sessions:
            session.close()
        self.assertTrue(support.eventually(lambda: int(holder.ask(count)) <= before + 1))  # it may look just now

    def hang(self, proxy, holder):
        """Nobody who comes is heard, but a later one is."""
        proxy.deaf = 2
        self.assertTrue(support.eventually(lambda: len(proxy.unheard) == 2))
        heard = proxy.begun
        self.assertTrue(support.eventually(lambda: proxy.begun > heard + 1))

    def test_a_statement_of_postgres_goes_on(self):
        asks = {"lock": "BEGIN; LOCK TABLE orders; SELECT 1;", "waiting": "SELECT count(*) FROM pg_locks WHERE NOT granted;",
                "sessions": "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend';"}
        server = Postgres(words=("-c", "max_connections=8", "-c", "superuser_reserved_connections=0"))
        self.addCleanup(server.close)
        server.sql(self.ORDERS, "postgres")
        words = ["psql", "-X", "-q", "-A", "-t", "-h", server.folder, "-U", "postgres"]
        for meanwhile in (functools.partial(self.fill, words, asks["sessions"]), self.hang):
            self.look_on(server, ".s.PGSQL.5432", words, asks, 'driver: postgres, url: "host={} user=postgres"', meanwhile)

    def test_a_statement_of_mariadb_goes_on(self):
        asks = {"lock": "LOCK TABLES orders WRITE; SELECT 1;",
                "waiting": "SELECT count(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table metadata lock';",
                "sessions": "SELECT count(*) FROM information_schema.PROCESSLIST;"}
        server = mariadb_world.Mariadb(words=("--max-connections=10",))
        self.addCleanup(server.close)
        server.sql("CREATE DATABASE shop", "mysql")
        server.sql(self.ORDERS, "shop")
        words = server.client("mariadb", "-N", "-B", "-n", "shop")
        for meanwhile in (functools.partial(self.fill, words, asks["sessions"]), self.hang):
            self.look_on(server, "mariadb.sock", words, asks, 'driver: mariadb, url: "mariadb://root@localhost/shop?socket={}/mariadb.sock"', meanwhile)

    def test_a_redis_that_is_full_is_to_be_asked_again(self):
        server = Redis("--maxclients", "1")
        self.addCleanup(server.close)
        project = support.Project()
        self.addCleanup(project.close)
        project.folder.joinpath("honk.yaml").write_text('stores:\n  there: { driver: redis, url: "unix:%s/redis.sock?db=0" }\n' % server.folder)
        with socket.socket(socket.AF_UNIX) as taken:
            taken.connect(f"{server.folder}/redis.sock")
            taken.sendall(b"PING\r\n")
            self.assertEqual(taken.recv(100), b"+PONG\r\n")
            full = project.honk("compare", "there:a:{id}", "there:b:{id}", check=False)
        self.assertEqual(full.returncode, 5, full.stderr)
        self.assertIn("max number of clients reached", full.stderr)


if __name__ == "__main__":
    unittest.main()
