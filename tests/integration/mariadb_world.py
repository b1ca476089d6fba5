"""A MariaDB server of a test's own, and a small shop in it with everything that hangs on a table."""
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import small_world

SERVER = pathlib.Path(__file__).resolve().parents[1] / "support" / "mariadb-server"
WAIT_S = 60

CONFIG = """
stores:
  listening: {{ driver: sqlite, path: data/listening.db }}
  shop: {{ driver: mariadb, url: "mariadb://root@localhost/${{DATABASE}}?socket=${{SERVER_FOLDER}}/mariadb.sock", lock_timeout_ms: 2000, concurrency: 2 }}
""" + small_world.PEOPLE

# what becomes the target of every move: a table that other things hang on
SCHEMA = """
CREATE TABLE countries (code varchar(2) PRIMARY KEY);
INSERT INTO countries VALUES ('GB'), ('SE'), ('DE');
CREATE TABLE users_v2 (
    user_id bigint AUTO_INCREMENT PRIMARY KEY COMMENT 'given once',
    full_name varchar(40) NOT NULL,
    country varchar(2),
    tier varchar(10) NOT NULL DEFAULT 'none' CHECK (tier <> ''),
    referred_by bigint,
    shout varchar(40) GENERATED ALWAYS AS (upper(full_name)) STORED,
    KEY users_by_name (full_name(10)),
    UNIQUE KEY users_by_place (country, user_id),
    KEY referred (referred_by),
    CONSTRAINT of_country FOREIGN KEY (country) REFERENCES countries (code),
    CONSTRAINT of_referrer FOREIGN KEY (referred_by) REFERENCES users_v2 (user_id)
) COMMENT 'accounts';
INSERT INTO users_v2 (full_name, country) SELECT concat('Old ', seq), 'SE' FROM seq_1_to_20;
CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, by_user bigint, FOREIGN KEY (by_user) REFERENCES users_v2 (user_id) ON DELETE CASCADE);
INSERT INTO orders (by_user) SELECT seq FROM seq_1_to_20;
CREATE VIEW swedes AS SELECT user_id, full_name FROM users_v2 WHERE country = 'SE';
CREATE VIEW loud AS SELECT upper(full_name) AS name FROM swedes;
CREATE TRIGGER touched BEFORE UPDATE ON users_v2 FOR EACH ROW SET NEW.tier = coalesce(NEW.tier, 'new');
CREATE TABLE users_v1 (id bigint PRIMARY KEY, first_name varchar(40) NOT NULL, last_name varchar(40) NOT NULL, country_code varchar(2) NOT NULL,
    legacy_flag json);
INSERT INTO users_v1 SELECT seq, concat('First', seq), concat('Last', seq), elt(seq % 3 + 1, 'UK', 'SE', 'DE'), '{"a": 1}' FROM seq_1_to_3000;
"""


class Mariadb:
    main = "mysql"

    def __init__(self, words=()):
        self.folder, self.words = tempfile.mkdtemp(prefix="honk-my-"), words
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen([SERVER, self.folder, *self.words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT_S
        while self.run("SELECT 1", self.main).returncode != 0:
            assert self.process.poll() is None and time.monotonic() < deadline, "the MariaDB server did not start"
            time.sleep(0.05)

    def crash(self):
        """As a power cut would end it; the data stays."""
        self.process.kill()
        self.process.wait()

    def close(self):
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, program, *words):
        return [program, "--no-defaults", "-u", "root", "-S", f"{self.folder}/mariadb.sock", "--default-character-set=utf8mb4", *words]

    def run(self, text, database):
        return subprocess.run(self.client("mariadb", "-N", "-B", "-r", database), input=text, capture_output=True, text=True)

    def sql(self, text, database="shop", check=True):
        done = self.run(text, database)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip().replace("\t", "|") if check else done.stderr

    def dump(self, database="shop"):
        text = subprocess.run(self.client("mariadb-dump", "--triggers", "--skip-comments", "--skip-dump-date", "--order-by-primary",
                                          database), check=True, capture_output=True, text=True).stdout
        return text.splitlines()

    def copy(self, database, name):
        self.sql(f"CREATE DATABASE `{name}`", self.main)
        self.sql("\n".join(self.dump(database)), name)

    def drop(self, database):
        self.sql(f"DROP DATABASE `{database}`", self.main)


class Primary(Mariadb):
    """One that replicas may follow from its beginning."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        super().__init__(("--skip-networking=0", "--bind-address=127.0.0.1", f"--port={self.port}", "--log-bin=binlog",
                          "--server-id=1"))
        self.sql("CREATE USER copier@127.0.0.1; GRANT REPLICATION SLAVE ON *.* TO copier@127.0.0.1", self.main)


class Replica(Mariadb):
    def __init__(self, primary):
        super().__init__(("--server-id=2",))
        self.sql(f"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {primary.port}, MASTER_USER = 'copier', MASTER_SSL = 0, "
                 "MASTER_USE_GTID = slave_pos; START SLAVE", self.main)

    def lag(self):
        """Seconds, by its own account; None while it does not know."""
        told = subprocess.run(self.client("mariadb", "--vertical", self.main), input="SHOW ALL SLAVES STATUS", capture_output=True, text=True)
        for line in told.stdout.splitlines():
            name, _, value = line.strip().partition(": ")
            if name == "Seconds_Behind_Master":
                return int(value) if value.isdigit() else None

    def delay(self, seconds):
        """What the primary does from now on is done here so much later."""
        self.sql(f"STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = {seconds}; START SLAVE", self.main)


class World(small_world.World):
    """The source is in SQLite (`source` "listening") or in the same database ("shop"); the target is in MariaDB."""

    def __init__(self, mariadb, source, rows=small_world.ROWS, database="shop", folder=None):
        super().__init__(config=CONFIG, env={"SERVER_FOLDER": folder or mariadb.folder, "DATABASE": database}, rows=rows)
        self.mariadb = mariadb
        mariadb.sql(f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", mariadb.main)
        mariadb.sql(SCHEMA, database)
        catalog = self.folder / "catalog" / "datasets.yaml"
        catalog.write_text(catalog.read_text().replace("listening:users_v1", f"{source}:users_v1")
                           .replace("listening:users_v2", "shop:users_v2"))

    def moved(self):
        text = self.mariadb.sql("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1")
        return [(int(i), *rest) for i, *rest in (line.split("|") for line in text.splitlines())]
