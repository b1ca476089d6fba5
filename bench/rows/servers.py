#!/usr/bin/env python3
"""Rows a second into Redis and MariaDB, Honk against their own tools, side by side.

usage: servers.py MOVE SOURCE-ROOT [--rows N] [--rounds N] [--only WORD,…]

One server of each of our own; MariaDB syncs as it does by default, Redis writes no file. For each path both are run in turns into an empty
target, the order turned round by round. CPU seconds are those of the server, until it rests, and of the clients together; what is printed is the
peer's cost through ours, so 1.00 is as fast as the peer. Ours divides the source, hashes every row and writes its ledger.
"""
import argparse
import os
import pathlib
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

NAMES = "id first_name last_name email country created plan flags details".split()
COLUMNS = ("id bigint PRIMARY KEY, first_name varchar(40) NOT NULL, last_name varchar(40) NOT NULL, email varchar(60) NOT NULL, country varchar(2) "
           "NOT NULL, created varchar(20) NOT NULL, plan varchar(10) NOT NULL, flags int NOT NULL, details varchar(80) NOT NULL")
ROWS = ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) INSERT INTO users SELECT i, 'First' || (i % 977), 'Last' || "
        "(i % 1013), 'User' || i || '@Mail.example', substr('uksedefr', i % 4 * 2 + 1, 2), datetime('2020-01-01', i || ' minutes'), substr("
        "'freepremfamy', i % 3 * 4 + 1, 4), i % 7, '{{\"n\": ' || i || ', \"tags\": [\"a\", \"b\"]}}' FROM n")
MAPPING = "{apiVersion: honk/v1, kind: Mapping, source: users, target: moved, key: [id], columns: {%s}}" % ", ".join(f"{c}: {c}" for c in NAMES)
PAUSE_S = 0.3  # what a server does behind the last answer


class Server:
    def __init__(self, root, name, *options):
        self.folder = tempfile.mkdtemp(prefix=f"honk-bench-{name}-")
        self.process = subprocess.Popen([root / f"tests/support/{name}-server", self.folder, *options], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)

    def cpu(self):
        words = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.kill()
        self.process.wait()
        subprocess.run(["rm", "-rf", self.folder])


class Redis(Server):
    def __init__(self, root):
        super().__init__(root, "redis")
        self.url = f"unix:{self.folder}/redis.sock?db=0"
        self.client = f"redis-cli -s {self.folder}/redis.sock"
        while subprocess.run(f"{self.client} PING", shell=True, capture_output=True).returncode != 0:
            time.sleep(0.1)

    def empty(self):
        subprocess.run(f"{self.client} FLUSHALL SYNC", shell=True, check=True, stdout=subprocess.DEVNULL)

    def rows(self):
        return int(subprocess.run(f"{self.client} DBSIZE", shell=True, check=True, capture_output=True).stdout)


class Mariadb(Server):
    def __init__(self, root):
        super().__init__(root, "mariadb", "--innodb-flush-log-at-trx-commit=1", "--innodb-flush-method=fsync", "--innodb-doublewrite=1",
                         "--innodb-log-file-size=256M", "--innodb-buffer-pool-size=512M", "--local-infile=1")
        self.url = f"mariadb://root@localhost/two?socket={self.folder}/mariadb.sock"
        self.words = f"--no-defaults -u root -S {self.folder}/mariadb.sock"
        self.client = f"mariadb {self.words} --local-infile=1"
        while subprocess.run(f"{self.client} -e 'SELECT 1'", shell=True, capture_output=True).returncode != 0:
            time.sleep(0.1)
        self.sql("CREATE DATABASE one; CREATE DATABASE two", "mysql")
        self.sql(f"CREATE TABLE users ({COLUMNS})", "one")

    def sql(self, text, database="two"):
        return subprocess.run([*self.client.split(), "-NB", database, "-e", text], check=True, capture_output=True, text=True).stdout

    def empty(self):
        self.sql(f"DROP DATABASE two; CREATE DATABASE two; USE two; CREATE TABLE moved ({COLUMNS}); CREATE TABLE users LIKE moved", "mysql")

    def rows(self):
        there = self.sql("SHOW TABLES LIKE 'honk_stage'").strip() or "moved"
        return max(int(self.sql(f"SELECT count(*) FROM {table}")) for table in (there, "users"))


def measure(server, command):
    before, mine, began = server.cpu(), resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, shell=isinstance(command, str), stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    if done.returncode != 0:
        sys.exit(f"{command} failed")
    time.sleep(PAUSE_S)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return server.cpu() - before + now.ru_utime + now.ru_stime - mine.ru_utime - mine.ru_stime, took


def write_protocol(lite, path):
    """HSET of each row as redis-cli --pipe takes it fastest."""
    def text(value):
        data = str(value).encode()
        return b"$%d\r\n%b\r\n" % (len(data), data)
    with sqlite3.connect(lite) as db, open(path, "wb") as file:
        for row in db.execute("SELECT * FROM users"):
            words = ["HSET", f"user:{row[0]}"] + [word for pair in zip(NAMES[1:], row[1:]) for word in pair]
            file.write(b"*%d\r\n" % len(words) + b"".join(map(text, words)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("move", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=300000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="words of the paths' names, with commas between")
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-bench-"))
    lite, protocol, mapping = folder / "users.db", folder / "users.resp", folder / "mapping.yaml"
    mapping.write_text(MAPPING)
    redis, maria = Redis(args.root), Mariadb(args.root)
    with sqlite3.connect(lite) as db:
        db.execute(f"CREATE TABLE users ({COLUMNS.replace('bigint', 'INTEGER')})")
        db.execute(ROWS.format(rows=args.rows))
    write_protocol(lite, protocol)
    load = "LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE {} FIELDS TERMINATED BY '\\t'"
    tabs = f"sqlite3 -tabs {lite} 'SELECT * FROM users'"
    subprocess.run(f'{tabs} | {maria.client} one -e "{load.format("users")}"', shell=True, check=True)
    inline = " || ' ".join(["SELECT 'HSET user:' || id"] + [f"{name} \"' || replace(replace({name}, '\\', '\\\\'), '\"', '\\\"') || '\"'" for name in NAMES[1:]])
    one = maria.url.replace("/two?", "/one?")
    paths = {  # name: the server, what others do, what we do
        "into Redis, its protocol": (redis, f"{redis.client} --pipe < {protocol}", ["by-rows", lite, "users", redis.url, "user:{id}"]),
        "into Redis, from SQLite": (redis, ["sh", "-c", 'sqlite3 "$0" "$1" | ' + redis.client + " --pipe", str(lite), inline + " FROM users"],
                                    ["by-rows", lite, "users", redis.url, "user:{id}"]),
        "into MariaDB, LOAD DATA": (maria, f'{tabs} | {maria.client} two -e "{load.format("moved")}"', ["by-rows", lite, "users", maria.url, "moved"]),
        "between databases, dump": (maria, f"mariadb-dump {maria.words} --no-create-info one users | {maria.client} two",
                                    ["by-rows", one, "users", maria.url, "moved"]),
    }
    paths = {name: path for name, path in paths.items() if any(word in name for word in args.only.split(","))}
    print(f"{args.rows:,} rows of nine columns, {args.rounds} rounds; the peer is 1.00; CPU seconds of server and clients\n")
    print(f"{'path':26}{'of CPU seconds':22}{'of elapsed time':22}{'µs a row: ours, peer'}")
    for name, (server, typed, ours) in paths.items():
        seen = {"peer": [], "ours": []}
        for number in range(args.rounds):
            for way in ("peer", "ours") if number % 2 == 0 else ("ours", "peer"):
                server.empty()
                seen[way].append(measure(server, typed if way == "peer" else [args.move, *map(str, ours), mapping]))
                if server.rows() < args.rows:
                    sys.exit(f"{name}: {way} wrote {server.rows()} rows")
        ratios = [[p[i] / o[i] for p, o in zip(seen["peer"], seen["ours"])] for i in (0, 1)]
        shown = [f"{statistics.median(r):.2f} ({min(r):.2f}-{max(r):.2f})" for r in ratios]
        micros = [statistics.median(c for c, _ in seen[way]) / args.rows * 1e6 for way in ("ours", "peer")]
        print(f"{name:26}{shown[0]:22}{shown[1]:22}{micros[0]:.1f}, {micros[1]:.1f}", flush=True)
    redis.close()
    maria.close()
    subprocess.run(["rm", "-rf", folder])


main()
