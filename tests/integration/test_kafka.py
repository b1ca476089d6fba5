"""Trouble on the way into Kafka: connections that are cut, a broker that is gone for a while or answers late; and who is let in."""
import contextlib
import ctypes
import json
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest

from kafka_world import IS_STAND_IN, Kafka, World

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from proxy import TcpProxy  # noqa: E402
import support

ROWS = 20000
TOPIC_AUTHORIZATION_FAILED, STORAGE_ERROR = 29, 56  # as brokers number them
SECRET = "s3cr3t-of-the-broker"


class IntoKafka(unittest.TestCase):
    def run_behind(self, begin):
        """All that Honk says to the broker goes through a proxy; `begin` makes it trouble, when the plan is made."""
        self.proxy = TcpProxy()
        self.addCleanup(self.proxy.close)
        self.kafka = Kafka("--advertised", str(self.proxy.port))
        self.addCleanup(self.kafka.close)
        host, port = self.kafka.servers.split(":")
        self.proxy.server = (host, int(port))
        self.world = World(f"127.0.0.1:{self.proxy.port}", rows=ROWS)
        self.addCleanup(self.world.close)
        self.world.serve()
        name = self.world.migration()
        self.world.plan(name)
        begin()
        self.assertEqual(self.world.run(name)["state"], "succeeded", self.world.seen(name))
        self.assertEqual(self.world.moved(self.kafka), self.world.expected())
        return name

    def test_connections_that_are_cut_in_the_middle_of_their_records_lose_and_double_none(self):
        self.run_behind(lambda: vars(self.proxy).update(cuts=[100000, 300000]))
        self.assertEqual(self.proxy.done, 2)

    def test_answers_that_are_cut_in_the_middle_lose_and_double_none(self):
        self.run_behind(lambda: vars(self.proxy).update(answer_cuts=[500, 3000, 100000]))
        self.assertEqual(self.proxy.done, 3)

    def test_answers_that_come_late_are_waited_for(self):
        self.run_behind(lambda: vars(self.proxy).update(delay_s=0.002))

    def test_a_broker_that_is_gone_for_a_while_is_waited_for(self):
        def begin():
            vars(self.proxy).update(is_gone=True)
            threading.Timer(2, lambda: vars(self.proxy).update(is_gone=False)).start()
        self.run_behind(begin)

    def test_a_broker_that_takes_all_and_answers_nothing_costs_attempts_and_no_rows(self):
        """For longer than `timeout_ms`, and in the middle of the records; then its sessions end, and new ones are heard."""
        def end():
            vars(self.proxy).update(is_hole=False, is_gone=True)
            threading.Timer(1, lambda: vars(self.proxy).update(is_gone=False)).start()

        def begin():
            self.proxy.hole_at = 100000
            threading.Thread(target=await_hole, daemon=True).start()

        def await_hole():
            support.eventually(lambda: self.proxy.is_hole)
            self.proxy.hole_at = None
            threading.Timer(6, end).start()
        self.run_behind(begin)


class Copying(unittest.TestCase):
    def world(self, beside="lite: { driver: sqlite, path: all.db }"):
        """A broker, and a project whose stores are the broker, `events`, and the one beside it."""
        kafka, project = Kafka(), support.Project()
        self.addCleanup(kafka.close)
        self.addCleanup(project.close)
        project.folder.joinpath("honk.yaml").write_text(f'stores:\n  {beside}\n  events: {{ driver: kafka, url: "kafka://{kafka.servers}" }}\n')
        return kafka, project

    def test_a_topic_that_cannot_be_repaired_is_to_be_copied_to_another_name(self):
        kafka, project = self.world()
        with contextlib.closing(sqlite3.connect(project.folder / "all.db")) as db:
            db.executescript("CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x'), ('y')")
        project.honk("copy", "lite:t", "events:t")
        with contextlib.closing(sqlite3.connect(project.folder / "all.db")) as db:
            db.executescript("INSERT INTO t VALUES ('z')")
        refused = project.honk("compare", "lite:t", "events:t", "--repair", check=False)
        self.assertIn("honk copy lite:t TARGET", refused.stderr)
        self.assertNotIn("--replace", refused.stderr)
        for words in ((), ("--replace",)):
            refused = project.honk("copy", "lite:t", "events:t", *words, check=False)
            self.assertIn("'events:t' has 2 rows already; its store replaces none", refused.stderr)
            self.assertEqual((refused.stdout, "warning" in refused.stderr), ("", False))
        project.honk("copy", "lite:t", "events:other")

    def test_a_topic_without_a_described_key_is_copied_by_its_records_keys_and_compared_as_told(self):
        kafka, project = self.world("lite: { driver: sqlite, path: all.db, create: true }")
        project.folder.joinpath("by_a.yaml").write_text(
            "{apiVersion: honk/v1, kind: Mapping, source: log, target: log, key: [a], columns: {a: a, b: b}}\n")
        kafka.make("log")
        kafka.make("users", ("cleanup.policy", "compact"))
        records = [(b"k%d" % (i % 2), b'{"a": %d, "b": "x"}' % i) for i in range(4)]
        for topic in ("log", "users"):
            kafka.write(topic, records)
            copied = project.honk("copy", f"events:{topic}", f"lite:{topic}")
            self.assertNotIn("warning", copied.stdout + copied.stderr)
        with contextlib.closing(sqlite3.connect(project.folder / "all.db")) as db:
            keys = [name for _, name, _, _, _, key in db.execute("PRAGMA table_info(users)") if key]
            db.executescript("UPDATE log SET b = 'y' WHERE a = 3")
        self.assertEqual(keys, ["kafka_key"])
        told = project.honk("compare", "events:log", "lite:log", check=False).stdout
        self.assertIn("there is no key", told)
        self.assertIn("`key: [ COLUMN ]` (--mapping FILE)", told)
        self.assertIn("or, of events:log: where the last record of each key counts, `rows: latest` and `key: [ COLUMN ]` for the topic", told)
        by_key = project.honk("compare", "events:log", "lite:log", "--mapping", "by_a.yaml", check=False).stdout
        self.assertIn("different: a '3'", by_key)

    def test_a_topic_that_takes_little_at_once_gets_it_in_pieces_and_what_is_larger_is_expected_and_put_aside(self):
        kafka, project = self.world()
        with contextlib.closing(sqlite3.connect(project.folder / "all.db")) as db:
            db.executescript(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);"
                "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO t SELECT i, printf('%.*c', 100, 'x') FROM n;"
                "UPDATE t SET v = printf('%.*c', 6000, 'y') WHERE id = 7")
        kafka.make("little", ("max.message.bytes", "5000"))
        words = ("copy", "lite:t", "events:little")
        dry = project.json(*words, "--dry-run")["observations"]["forecast"]
        copied = project.json(*words)
        self.assertEqual((dry["rejected"]["about"], copied["rows_rejected"], copied["rows_target"]), (1, 1, 1999))
        self.assertIn("the record has 6016 bytes, at most 4920", project.folder.joinpath(copied["rejected_file"]).read_text())

    def test_a_dry_run_into_a_topic_expects_what_the_copy_puts_aside(self):
        kafka, project = self.world()
        with contextlib.closing(sqlite3.connect(project.folder / "all.db")) as db:
            db.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, v REAL, kafka_timestamp TIMESTAMP, s TEXT);"
                             "INSERT INTO t VALUES (1, 1, '2024-01-01 00:00:00', 'x'), (2, 9e999, '2024-01-01 00:00:00', 'x'),"
                             "(3, 1, '2024-01-01 00:00:00.000001', 'x'), (4, 1, NULL, 'x'),"
                             "(5, 1, '2024-01-01 00:00:00', replace(hex(zeroblob(500001)), '0', 'y'))")
        dry = project.json("copy", "lite:t", "events:t", "--dry-run", "--budget", "4")["observations"]["forecast"]
        self.assertEqual(kafka.records("t") if "t" in kafka.topics() else [], [])
        copied = project.json("copy", "lite:t", "events:t", "--budget", "4")
        self.assertEqual((dry["rejected"]["about"], copied["rows_rejected"]), (4, 4))

    def test_columns_that_become_parts_of_a_record_are_named(self):
        kafka, project = self.world("files: { driver: csv, path: . }")
        project.folder.joinpath("rows.csv").write_text("kafka_key,a\nx,1\ny,2\n")
        copied = project.honk("copy", "files:rows.csv", "events:t1")
        self.assertIn("kafka_key becomes the key of each record, and no part of its value", copied.stdout)
        self.assertEqual([(key, json.loads(value)) for key, value in kafka.records("t1")], [("x", {"a": "1"}), ("y", {"a": "2"})])
        self.assertNotIn("becomes", project.honk("copy", "events:t1", "events:t3").stdout)
        self.assertNotIn("becomes", project.honk("copy", "events:t1", "files:t1.csv").stdout)


class BrokersThatBeginAndEnd(unittest.TestCase):
    """Of themselves, not of the network before them."""

    def begin(self, *options):
        self.kafka = Kafka(*options)
        self.addCleanup(self.kafka.close)
        self.world = World(self.kafka.servers, rows=ROWS)
        self.addCleanup(self.world.close)
        self.world.serve()
        name = self.world.migration()
        self.world.plan(name)
        return name

    def assert_moved(self, name):
        self.assertEqual(self.world.state(name), "succeeded", self.world.seen(name))
        self.assertEqual(self.world.moved(self.kafka), self.world.expected())

    @unittest.skipIf(IS_STAND_IN, "the stand-in forgets")
    def test_a_broker_that_is_killed_while_rows_move_and_started_again_loses_and_doubles_none(self):
        name = self.begin()
        self.world.run_over_a_crash(name, self.kafka)
        self.assert_moved(name)

    def test_a_broker_that_is_stopped_for_longer_than_we_wait_costs_attempts_and_no_rows(self):
        name = self.begin()

        def throttle(rows):
            self.world.honk("throttle", name, "--rows-per-second", str(rows), "--reason", "a test", user="user:default/ada")

        def is_tried_again():
            status, body = self.world.get(f"/migrations/{name}/tasks")
            return status == 200 and any(task["action"] == "transform" and task["attempt"] > 1 for task in json.loads(body)["items"])

        class Stopped:
            """Its connections stand, and nothing is answered: neither to a range, nor to who looks what became of it."""
            def crash(_):
                self.kafka.process.send_signal(signal.SIGSTOP)

            def start(_):
                self.was_tried_again = support.eventually(is_tried_again, seconds=150)  # the beginning of a producer waits for a minute
                self.kafka.process.send_signal(signal.SIGCONT)
                throttle(1000000)
        throttle(1000)  # else all rows may be there before it is stopped
        self.world.run_over_a_crash(name, Stopped())
        self.assertTrue(self.was_tried_again, self.world.seen(name))
        self.assert_moved(name)


@unittest.skipUnless(IS_STAND_IN, "a real broker refuses nothing because it is told to")
class RecordsThatAreRefused(unittest.TestCase):
    """The broker takes what it has room for, and nothing more, until it is told to."""

    def begin(self, *options):
        self.kafka = Kafka("--room", "1000000", *options)
        self.addCleanup(self.kafka.close)
        self.world = World(self.kafka.servers, rows=ROWS)
        self.addCleanup(self.world.close)
        self.world.serve()
        name = self.world.migration()
        self.world.plan(name)
        return name, self.world.run(name)

    def go_on(self, name):
        """Whoever can has mended it: nothing of what was refused is there, and nothing is there twice."""
        self.kafka.process.send_signal(signal.SIGUSR1)
        if self.world.state(name) != "running":
            self.world.honk("retry", name, "--reason", "mended")
        if self.world.state(name) != "running":
            self.world.honk("resume", name, "--reason", "mended")
        self.assertTrue(support.eventually(lambda: self.world.state(name) == "succeeded"), self.world.seen(name))
        self.assertEqual(self.world.moved(self.kafka), self.world.expected())

    def test_who_may_not_write_is_told_so_at_once_and_goes_on_when_allowed(self):
        name, seen = self.begin("--refusal", str(TOPIC_AUTHORIZATION_FAILED))
        self.assertNotEqual(seen["state"], "succeeded")
        self.assertIn("Topic authorization failed", json.dumps(seen))
        self.go_on(name)

    def copy_rows(self, kafka, rows=ROWS):
        self.addCleanup(kafka.close)
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.project.folder.joinpath("honk.yaml").write_text(
            f'stores: {{ one: {{ driver: kafka, url: "kafka://{kafka.servers}", timeout_ms: 2000 }} }}\n')
        self.project.folder.joinpath("rows.csv").write_text("id,v\n" + "".join(f"{i},{'x' * 100}\n" for i in range(rows)))
        return self.project.honk("copy", "rows.csv", "one:rows", check=False)

    def test_a_coordinator_that_loads_for_longer_than_an_answer_may_take_is_waited_for(self):
        copied = self.copy_rows(Kafka("--loading", "5"))
        self.assertEqual(copied.returncode, 0, copied.stderr)

    def test_who_may_not_write_to_a_topic_is_told_so_of_few_rows_and_of_many(self):
        kafka = Kafka("--forbidden", "rows")
        for rows in (2, ROWS):
            refused = self.copy_rows(kafka, rows)
            self.assertEqual(refused.returncode, 3, refused.stderr)
            self.assertIn("Topic authorization failed", refused.stderr)
            self.assertNotIn("rows", kafka.topics())

    def test_a_full_disk_is_asked_about_and_with_room_it_is_done(self):
        kafka = Kafka("--room", "1000000", "--refusal", str(STORAGE_ERROR))
        refused = self.copy_rows(kafka)
        self.assertEqual(refused.returncode, 5, refused.stdout)
        self.assertIn("is a disk full", refused.stderr)
        kafka.process.send_signal(signal.SIGUSR1)
        self.project.honk("copy", "rows.csv", "one:rows")
        ids = [int(json.loads(value)["id"]) for _, value in kafka.records("rows")]
        self.assertEqual((len(ids), set(ids) == set(range(ROWS))), (ROWS, True))


STORES = """
stores:
  files: {{ driver: csv, path: . }}
  one: {{ driver: kafka, url: "kafkas://{servers}", user: ada, password_file: password, ca_file: tls.pem, timeout_ms: 20000 }}
  plain: {{ driver: kafka, url: "kafkas://{servers}", user: ada, password_file: password, ca_file: tls.pem, sasl: PLAIN, timeout_ms: 20000 }}
  wrong: {{ driver: kafka, url: "kafkas://{servers}", user: ada, password_file: wrong, ca_file: tls.pem }}
  unknown: {{ driver: kafka, url: "kafkas://{servers}", user: ada, password_file: password }}
  bare: {{ driver: kafka, url: "kafka://{servers}", timeout_ms: 300 }}
  in_url: {{ driver: kafka, url: "kafka://ada:{secret}@{servers}" }}
"""


OLD_LIBRARY = "understand SCRAM of librdkafka 2.6.1 and newer alone"


def is_old_library():
    """Its SCRAM is what the stand-in and older brokers take, and newer ones do not."""
    return ctypes.CDLL("librdkafka.so.1").rd_kafka_version() < 0x020601ff


class WhoIsLetIn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="honk-tls-")
        cls.addClassCleanup(folder.cleanup)
        cls.tls = pathlib.Path(folder.name) / "tls.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", cls.tls.with_suffix(".key"), "-out", cls.tls], check=True,
                       capture_output=True)
        both = cls.tls.with_suffix(".both")
        both.write_bytes(cls.tls.read_bytes() + cls.tls.with_suffix(".key").read_bytes())
        cls.kafka = Kafka("--tls", str(both), "--user", f"ada:{SECRET}")
        cls.addClassCleanup(cls.kafka.close)

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        self.write("honk.yaml", STORES.format(servers=self.kafka.servers, secret=SECRET))
        self.write("password", SECRET + "\n")
        self.write("wrong", SECRET + "?\n")
        self.write("tls.pem", self.tls.read_text())
        self.write("rows.csv", "id,v\n1,a\n2,b\n")

    def write(self, name, text):
        self.project.folder.joinpath(name).write_text(text)

    def test_a_user_with_a_password_is_let_in_over_tls(self):
        self.project.honk("copy", "files:rows.csv", "plain:rows")
        compared = self.project.honk("compare", "one:rows", "plain:rows", check=False)
        if IS_STAND_IN or not is_old_library():
            self.assertEqual(compared.returncode, 0, compared.stderr)
        else:
            self.assertIn(OLD_LIBRARY, compared.stderr)

    def test_who_is_refused_is_told_why_at_once_and_secrets_are_in_no_message(self):
        for store, reason in (("wrong", "invalid credentials"), ("unknown", "certificate verify failed"), ("bare", "looking for the cluster"),
                              ("in_url", "has more than servers")):
            refused = self.project.honk("copy", "files:rows.csv", f"{store}:rows", check=False)
            said = refused.stdout + refused.stderr
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(reason, said)
            self.assertNotIn(SECRET, said)
            self.assertEqual(OLD_LIBRARY in said, store == "wrong" and is_old_library())


if __name__ == "__main__":
    unittest.main()
