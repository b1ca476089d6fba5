"""Writers that never stop, and know what must be there: a write counts when its transaction did."""
import itertools
import random
import sqlite3
import subprocess
import threading

from postgres_world import program

COUNTRIES = {"UK": "GB", "SE": "SE", "DE": "DE"}


def said_by(client):
    """What a program that people type into says, up to the line that it was told to end with."""
    return [line.rstrip() for line in itertools.takewhile(lambda line: line != "-- that was it\n", client.stdout)]


class Writer(threading.Thread):
    """Writes to users_v1 until it is refused. `rows` are id: (first name, last name, country code)."""

    def __init__(self, rows):
        super().__init__(daemon=True)
        self.rows, self.refusal, self.writes = rows, None, 0
        self.random, self.enough, self.rest = random.Random(5), threading.Event(), threading.Event()

    def statements(self):
        """Of one transaction, and the rows as they are after it; the first hundred are left alone, others refer to them."""
        ids, key = self.random.sample(sorted(id for id in self.rows if id > 100), 3), self.random.randrange(100_000, 10_000_000)
        row = (self.random.choice(("Ada", "Bo")), f"Nr {self.writes}", self.random.choice(list(COUNTRIES)))
        after = dict(self.rows)
        after[key] = row
        after[ids[0]] = (after[ids[0]][0], row[1], after[ids[0]][2])
        del after[ids[1]]
        after[key + 20_000_000] = after.pop(ids[2])
        return [f"{self.REPLACE} VALUES ({key}, '{row[0]}', '{row[1]}', '{row[2]}', NULL){self.OVER}",
                f"UPDATE users_v1 SET last_name = '{row[1]}' WHERE id = {ids[0]}",
                f"DELETE FROM users_v1 WHERE id = {ids[1]}",
                f"UPDATE users_v1 SET id = {key + 20_000_000} WHERE id = {ids[2]}"], after

    def once(self):
        statements, after = self.statements()
        self.refusal = self.write(statements)
        if self.refusal is None:
            self.rows, self.writes = after, self.writes + 1
            if self.writes >= 20:
                self.enough.set()

    def run(self):
        self.open()
        try:
            while self.refusal is None and not self.rest.wait(0.003):  # others want to write, too
                self.once()
        finally:
            self.close()

    def expected(self):
        return sorted((key, f"{first} {last}", COUNTRIES[code], "free") for key, (first, last, code) in self.rows.items())


class SqliteWriter(Writer):
    REPLACE, OVER = "INSERT OR REPLACE INTO users_v1", ""

    def __init__(self, path, rows):
        super().__init__(rows)
        self.path = path

    def open(self):
        self.db = sqlite3.connect(self.path, timeout=60)

    def close(self):
        self.db.close()

    def write(self, statements):
        try:
            with self.db:
                for statement in statements:
                    self.db.execute(statement)
        except sqlite3.IntegrityError as refused:
            return str(refused)


class PostgresWriter(Writer):
    """Through psql, of which one session is kept."""
    REPLACE = "INSERT INTO users_v1"
    OVER = (" ON CONFLICT (id) DO UPDATE SET first_name = excluded.first_name, last_name = excluded.last_name, country_code = "
            "excluded.country_code")

    def __init__(self, postgres, database="shop"):
        self.postgres, self.database = postgres, database
        text = postgres.sql("SELECT id, first_name, last_name, country_code FROM users_v1", database)
        super().__init__({int(key): tuple(rest) for key, *rest in (line.split("|") for line in text.splitlines())})

    def open(self):
        self.psql = subprocess.Popen([program("psql"), "-X", "-q", "-A", "-t", "-h", self.postgres.folder, "-U", "postgres", "-d", self.database],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def close(self):
        self.psql.stdin.close()
        self.psql.wait()
        self.psql.stdout.close()

    def write(self, statements):
        self.psql.stdin.write(f"BEGIN; {'; '.join(statements)}; COMMIT;\n\\echo -- that was it\n")
        self.psql.stdin.flush()
        return "\n".join(said_by(self.psql)) or None


class MariadbWriter(Writer):
    """Through one session of the client; a transaction that is refused somewhere is undone as a whole."""
    REPLACE, OVER = "REPLACE INTO users_v1", ""
    WHOLE = "BEGIN NOT ATOMIC DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END; START TRANSACTION; {}; COMMIT; END//\n"

    def __init__(self, mariadb, database="shop"):
        self.mariadb, self.database = mariadb, database
        text = mariadb.sql("SELECT id, first_name, last_name, country_code FROM users_v1", database)
        super().__init__({int(key): tuple(rest) for key, *rest in (line.split("|") for line in text.splitlines())})

    def open(self):
        words = self.mariadb.client("mariadb", "-N", "-B", "-r", "-n", "--force", self.database)
        self.client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.client.stdin.write("DELIMITER //\n")

    def close(self):
        self.client.stdin.close()
        self.client.wait()
        self.client.stdout.close()

    def write(self, statements):
        self.client.stdin.write(self.WHOLE.format("; ".join(statements)) + "SELECT '-- that was it'//\n")
        self.client.stdin.flush()
        said = said_by(self.client)
        return "\n".join(line for line in said if line.strip("- ") and "ERROR" in line) or None
