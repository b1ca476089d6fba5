"""A PostgreSQL server of a test's own, and a small shop in it with everything that hangs on a table."""
import functools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import small_world

SERVER = pathlib.Path(__file__).resolve().parents[1] / "support" / "postgres-server"
WAIT_S = 60

CONFIG = """
stores:
  listening: {{ driver: sqlite, path: data/listening.db }}
  shop: {{ driver: postgres, url: "host=${{SERVER_FOLDER}} user=postgres dbname=${{DATABASE}}", lock_timeout_ms: 2000, concurrency: 2 }}
""" + small_world.PEOPLE

# what becomes the target of every move: a table that other things hang on
SCHEMA = """
DO 'BEGIN CREATE ROLE reader; CREATE ROLE keeper; EXCEPTION WHEN duplicate_object THEN END';
CREATE TABLE countries (code text PRIMARY KEY);
INSERT INTO countries VALUES ('GB'), ('SE'), ('DE');
CREATE TABLE users_v2 (
    user_id bigserial PRIMARY KEY,
    full_name varchar(40) NOT NULL,
    country text REFERENCES countries,
    tier text NOT NULL DEFAULT 'none' CHECK (tier <> ''),
    referred_by bigint REFERENCES users_v2,
    shout text GENERATED ALWAYS AS (upper(full_name)) STORED
);
INSERT INTO users_v2 (user_id, full_name, country) SELECT i, 'Old ' || i, 'SE' FROM generate_series(1, 20) i;
CREATE INDEX users_by_name ON users_v2 (lower(full_name)) WHERE tier <> 'gone';
CREATE UNIQUE INDEX users_by_place ON users_v2 (country, user_id);
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, by_user bigint REFERENCES users_v2 ON DELETE CASCADE);
INSERT INTO orders (by_user) SELECT i FROM generate_series(1, 20) i;
CREATE VIEW swedes WITH (security_barrier = true) AS SELECT user_id, full_name FROM users_v2 WHERE country = 'SE';
CREATE VIEW loud AS SELECT upper(full_name) AS name FROM swedes;
CREATE MATERIALIZED VIEW how_many AS SELECT count(*) AS rows FROM loud; CREATE UNIQUE INDEX just_one ON how_many (rows);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.tier := coalesce(NEW.tier, ''new''); RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE ON users_v2 FOR EACH ROW EXECUTE FUNCTION touch();
COMMENT ON TABLE users_v2 IS 'people''s accounts'; COMMENT ON COLUMN users_v2.tier IS 'what they pay';
COMMENT ON CONSTRAINT users_v2_country_fkey ON users_v2 IS 'where ''they'' live'; COMMENT ON CONSTRAINT orders_by_user_fkey ON orders IS 'whose';
COMMENT ON INDEX users_by_name IS 'for the search'; COMMENT ON TRIGGER touched ON users_v2 IS 'never without';
ALTER TABLE users_v2 ALTER country SET STATISTICS 700; ALTER TABLE users_v2 ALTER tier SET (n_distinct = 3);
GRANT SELECT ON users_v2 TO reader; GRANT UPDATE (tier) ON users_v2 TO keeper; GRANT SELECT ON swedes TO reader;
ALTER TABLE users_v2 ENABLE ROW LEVEL SECURITY; CREATE POLICY all_of_them ON users_v2 FOR SELECT TO reader USING (true);
CREATE TABLE users_v1 (id bigint PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, country_code text NOT NULL,
    legacy_flag jsonb);
INSERT INTO users_v1 SELECT i, 'First' || i, 'Last' || i, (ARRAY['UK', 'SE', 'DE'])[i % 3 + 1], '{"a": 1}'
    FROM generate_series(1, 3000) i;
"""

# the same with parts, of source and target
PARTED = SCHEMA.replace("""STORED
);
""", """STORED
) PARTITION BY RANGE (user_id);
CREATE TABLE users_first PARTITION OF users_v2 FOR VALUES FROM (0) TO (1000);
CREATE TABLE users_rest PARTITION OF users_v2 DEFAULT;
""").replace("""legacy_flag jsonb);
""", """legacy_flag jsonb) PARTITION BY HASH (id);
CREATE TABLE users_even PARTITION OF users_v1 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE users_odd PARTITION OF users_v1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
""")


@functools.cache
def program(name):
    """Past Debian's wrapper, which is Perl and costs ten times what the program does."""
    found = list(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(max(found, key=lambda path: int(path.parts[4]))) if found else name


class Postgres:
    main = "postgres"

    def __init__(self, words=()):
        self.folder, self.words = tempfile.mkdtemp(prefix="honk-pg-"), words
        self.process = None
        self.prepare()
        self.start()

    def prepare(self):
        """Its data, where that is not a new cluster."""

    def start(self):
        self.process = subprocess.Popen([SERVER, self.folder, *self.words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT_S
        while subprocess.run([program("pg_isready"), "-q", "-h", self.folder]).returncode != 0:
            assert self.process.poll() is None and time.monotonic() < deadline, "the PostgreSQL server did not start"
            time.sleep(0.05)

    def crash(self):
        """As a power cut would end it; the data stays."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()
        pathlib.Path(self.folder, "data", "postmaster.pid").unlink(missing_ok=True)

    def close(self):
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, text, database="shop", check=True):
        done = subprocess.run([program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "postgres", "-d",
                               database, "-f", "-"], input=text, capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip() if check else done.stderr

    def dump(self, database="shop"):
        text = subprocess.run([program("pg_dump"), "-h", self.folder, "-U", "postgres", database], check=True, capture_output=True,
                              text=True).stdout
        return [line for line in text.splitlines() if line and not line.startswith(("--", "\\restrict", "\\unrestrict"))]

    def copy(self, database, name):
        self.sql(f"CREATE DATABASE {name} TEMPLATE {database}", self.main)

    def drop(self, database):
        self.sql(f"DROP DATABASE {database} WITH (FORCE)", self.main)


class Standby(Postgres):
    """A copy of a server's that follows it; `STANDBYS` are the words that the other one is started with."""
    STANDBYS = ("-c", "max_wal_senders=4", "-c", "hot_standby=on")

    def __init__(self, primary):
        self.primary = primary
        super().__init__(words=(*self.STANDBYS, "-c", "wal_receiver_status_interval=1"))

    def prepare(self):
        data = pathlib.Path(self.folder, "data")
        subprocess.run([program("pg_basebackup"), "-h", self.primary.folder, "-U", "postgres", "-D", data, "-R", "-X", "stream", "-c", "fast"],
                       check=True, capture_output=True)
        data.chmod(0o700)
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "65534:65534", data], check=True)


class World(small_world.World):
    """The source is in SQLite (`source` "listening") or in the same database ("shop"); the target is in PostgreSQL."""

    def __init__(self, postgres, source, rows=small_world.ROWS, database="shop", folder=None, schema=SCHEMA):
        super().__init__(config=CONFIG, env={"SERVER_FOLDER": folder or postgres.folder, "DATABASE": database}, rows=rows)
        self.postgres = postgres
        postgres.sql(f"CREATE DATABASE {database}", "postgres")
        postgres.sql(schema, database)
        catalog = self.folder / "catalog" / "datasets.yaml"
        catalog.write_text(catalog.read_text().replace("listening:users_v1", f"{source}:users_v1")
                           .replace("listening:users_v2", "shop:public.users_v2"))

    def moved(self):
        text = self.postgres.sql("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1")
        return [(int(i), *rest) for i, *rest in (line.split("|") for line in text.splitlines())]
