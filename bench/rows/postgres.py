#!/usr/bin/env python3
"""Rows a second into and out of PostgreSQL, Honk against the pipes that people type, side by side.

usage: postgres.py MOVE SOURCE-ROOT [--rows N] [--rounds N]

One server of our own, synced as servers are (fsync, full pages). For each path both are run in turns, each into a fresh table, the order
turned round by round. CPU seconds are those of the server's sessions and of the clients together; what is printed is the peer's cost through
ours, so 1.00 is as fast as the peer. Ours hashes every row, and writes its ledger.
"""
import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

TABLE = ("id bigint PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, email text, country text, created timestamp, plan text, "
         "balance numeric(12,2), flags int, details text")
ROWS = ("SELECT i, 'First' || i % 977, 'Last' || i % 1013, 'user' || i || '@mail.example', (ARRAY['UK','SE','DE','FR'])[i % 4 + 1], "
        "timestamp '2020-01-01' + i * interval '1 minute', (ARRAY['free','prem','fam'])[i % 3 + 1], CASE WHEN i % 1000 > 0 THEN i % 100000 / "
        "100.0 END, i % 7, '{\"n\": ' || i || ', \"tags\": [\"a\", \"b\"]}' FROM generate_series(1, {rows}) i")
IDENTITY = "{apiVersion: honk/v1, kind: Mapping, source: users, target: moved, key: [id], columns: {%s}}" % ", ".join(
    f"{c}: {c}" for c in "id first_name last_name email country created plan balance flags details".split())
MAPPED = ("{apiVersion: honk/v1, kind: Mapping, source: users, target: moved, key: [id], columns: {id: id, first_name: {concat: [first_name, "
          "{text: ' '}, last_name]}, last_name: last_name, email: email, country: {from: country, values: {UK: GB}}, created: created, plan: "
          "{const: free}, balance: balance, flags: flags, details: details}}")
SELECTED = ("id, first_name || ' ' || last_name, last_name, email, CASE country WHEN 'UK' THEN 'GB' ELSE country END, created, 'free'::text, balance, "
            "flags, details")


class Server:
    def __init__(self, root):
        self.folder = tempfile.mkdtemp(prefix="honk-bench-pg-")
        self.process = subprocess.Popen([root / "tests/support/postgres-server", self.folder, "-c", "fsync=on", "-c", "full_page_writes=on",
                                         "-c", "max_wal_size=4GB", "-c", "shared_buffers=256MB"], stdout=subprocess.DEVNULL)
        while subprocess.run(["pg_isready", "-q", "-U", "postgres", "-h", self.folder]).returncode != 0:
            time.sleep(0.1)

    def url(self, database):
        return f"host={self.folder} user=postgres dbname={database}"

    def psql(self, database, sql):
        subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", sql], check=True)

    def cpu(self):
        """Of the sessions that ended: they are the postmaster's children."""
        words = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")


def measure(server, command):
    before, mine, began = server.cpu(), resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, shell=isinstance(command, str), stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    if done.returncode != 0:
        sys.exit(f"{command} failed")
    time.sleep(0.3)  # sessions end a moment after their clients
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    clients = now.ru_utime + now.ru_stime - mine.ru_utime - mine.ru_stime
    return server.cpu() - before + clients, took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("move", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=300000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    server, folder = Server(args.root), pathlib.Path(tempfile.mkdtemp(prefix="honk-bench-"))
    (folder / "identity.yaml").write_text(IDENTITY)
    (folder / "mapped.yaml").write_text(MAPPED)
    server.psql("postgres", "CREATE DATABASE one")
    server.psql("postgres", "CREATE DATABASE two")
    server.psql("one", f"CREATE TABLE users ({TABLE}); INSERT INTO users {ROWS.replace('{rows}', str(args.rows))}; ANALYZE users")
    one, two, lite = server.url("one"), server.url("two"), folder / "users.db"
    subprocess.run(f"sqlite3 {lite} 'CREATE TABLE users (id INTEGER PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL, email TEXT, "
                   f"country TEXT, created TIMESTAMP, plan TEXT, balance NUMERIC, flags INTEGER, details TEXT)' && psql -Xqd '{one}' -c "
                   f"'COPY users TO STDOUT CSV' | sqlite3 {lite} '.import --csv /dev/stdin users'", shell=True, check=True)
    subprocess.run(["sqlite3", lite, "UPDATE users SET balance = NULL WHERE balance = ''"], check=True)  # CSV has no NULL

    def pipe(select):
        return (f"psql -Xqd '{one}' -c \"COPY ({select}) TO STDOUT (FORMAT binary)\" | psql -Xqd '{two}' -c 'COPY moved FROM STDIN (FORMAT binary)'")
    paths = {
        "between, as they are": ("two", pipe("SELECT * FROM users"), ["by-rows", one, "users", two, "moved", folder / "identity.yaml"]),
        "between, mapped": ("two", pipe(f"SELECT {SELECTED} FROM users"), ["by-rows", one, "users", two, "moved", folder / "mapped.yaml"]),
        "inside, mapped": ("one", f"psql -Xqd '{one}' -c \"INSERT INTO moved SELECT {SELECTED} FROM users\"",
                           ["hashed", one, "users", one, "moved", folder / "mapped.yaml"]),
        "from SQLite": ("two", f"sqlite3 -csv {lite} 'SELECT * FROM users' | psql -Xqd '{two}' -c \"COPY moved FROM STDIN (FORMAT csv)\"",
                        ["by-rows", lite, "users", two, "moved", folder / "identity.yaml"]),
    }
    print(f"{args.rows:,} rows of ten columns, {args.rounds} rounds; the peer is 1.00; CPU seconds of server and clients\n")
    print(f"{'path':22}{'of CPU seconds':22}{'of elapsed time':22}{'µs a row: ours, peer'}")
    for name, (database, typed, ours) in paths.items():
        seen = {"peer": [], "ours": []}
        for number in range(args.rounds):
            for way in ("peer", "ours") if number % 2 == 0 else ("ours", "peer"):
                server.psql(database, f"SET client_min_messages = error; DROP TABLE IF EXISTS moved, honk_stage; DROP SCHEMA IF EXISTS _honk CASCADE; "
                                      f"CREATE TABLE moved ({TABLE}); CHECKPOINT")
                seen[way].append(measure(server, typed if way == "peer" else [args.move, *map(str, ours)]))
        ratios = [[p[i] / o[i] for p, o in zip(seen["peer"], seen["ours"])] for i in (0, 1)]
        shown = [f"{statistics.median(r):.2f} ({min(r):.2f}-{max(r):.2f})" for r in ratios]
        micros = [statistics.median(c for c, _ in seen[way]) / args.rows * 1e6 for way in ("ours", "peer")]
        print(f"{name:22}{shown[0]:22}{shown[1]:22}{micros[0]:.1f}, {micros[1]:.1f}", flush=True)
    server.process.send_signal(2)
    server.process.wait()
    subprocess.run(["rm", "-rf", server.folder, str(folder)])


main()
