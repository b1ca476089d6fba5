#!/usr/bin/env python3
"""Rows a second into and out of PostgreSQL, Honk against the pipes that people type, side by side.

usage: postgres.py MOVE SOURCE-ROOT [--rows N] [--rounds N] [--only WORD,…]

One server of our own, synced as servers are (fsync, full pages). For each path both are run in turns, each into a fresh table, the order
turned round by round. CPU seconds are those of the server's sessions and of the clients together; what is printed is the peer's cost through
ours, so 1.00 is as fast as the peer. Ours hashes every row, writes its ledger, and does two ranges at once. pgcopydb clones the database of
this one table, with its key; pgloader makes the table itself.
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

SOURCE = ("id bigint PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, email text NOT NULL, country text NOT NULL, created text NOT NULL, "
          "plan text NOT NULL, balance text, flags int NOT NULL, details text NOT NULL")
ROWS = ("SELECT i, 'First' || i % 977, 'Last' || i % 1013, 'User' || i || '@Mail.example', (ARRAY['uk','se','de','fr'])[i % 4 + 1], "
        "to_char(timestamp '2020-01-01' + i * interval '1 minute', 'YYYY-MM-DD HH24:MI:SS'), (ARRAY['free','prem','fam'])[i % 3 + 1], CASE WHEN "
        "i % 1000 > 0 THEN (i % 100000 / 100.0)::numeric(12,2)::text END, i % 7, '{\"n\": ' || i || ', \"tags\": [\"a\", \"b\"]}' "
        "FROM generate_series(1, {rows}) i")
IDENTITY = "{apiVersion: honk/v1, kind: Mapping, source: users, target: moved, key: [id], columns: {%s}}" % ", ".join(
    f"{c}: {c}" for c in "id first_name last_name email country created plan balance flags details".split())
TARGET = ("user_id bigint PRIMARY KEY, full_name text NOT NULL, email text NOT NULL, country text NOT NULL, created timestamp NOT NULL, tier smallint "
          "NOT NULL, balance numeric(12,2), is_student boolean NOT NULL, is_family boolean NOT NULL, details jsonb NOT NULL")
MAPPED = ("{apiVersion: honk/v1, kind: Mapping, source: users, target: moved, key: [user_id], columns: {user_id: id, full_name: {concat: [first_name, "
          "{text: ' '}, last_name]}, email: {expr: 'lower(email)', type: text}, country: {expr: 'upper(country)', type: text}, created: {from: "
          "created, type: timestamp}, tier: {from: plan, values: {free: 0, prem: 1, fam: 2}, others: refuse}, balance: {from: balance, type: "
          "decimal}, is_student: {expr: '(flags & 1) <> 0', type: bool}, is_family: {expr: '(flags & 2) <> 0', type: bool}, details: details}}")
SELECTED = ("id, first_name || ' ' || last_name, lower(email), upper(country), created::timestamp, (CASE plan WHEN 'free' THEN 0 WHEN 'prem' THEN 1 "
            "ELSE 2 END)::smallint, balance::numeric(12,2), (flags & 1) <> 0, (flags & 2) <> 0, details::jsonb")
CASTS_LEFT = ("id, first_name || ' ' || last_name, lower(email), upper(country), created, CASE plan WHEN 'free' THEN 0 WHEN 'prem' "
              "THEN 1 ELSE 2 END, balance, (flags & 1) <> 0, (flags & 2) <> 0, details")
MD5 = ("SELECT count(*), sum(('x' || substr(md5(concat_ws('|', id, first_name, last_name, email, country, created, plan, balance, flags, details)), "
       "18))::bit(60)::bigint) FROM {table}")


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


def fresh(server, database, columns, filled):
    """An empty target, on disk before anything is measured; columns None: none, whoever fills it makes it."""
    if isinstance(database, pathlib.Path):
        for suffix in ("", "-journal", "-wal", "-shm"):
            pathlib.Path(str(database) + suffix).unlink(missing_ok=True)
        if columns is None:
            return
        subprocess.run(["sqlite3", database, f"PRAGMA journal_mode = WAL; CREATE TABLE moved ({columns})"], check=True, stdout=subprocess.DEVNULL)
        return
    server.psql(database, "SET client_min_messages = error; DROP TABLE IF EXISTS moved, honk_stage; DROP SCHEMA IF EXISTS _honk CASCADE; "
                          f"CREATE TABLE moved ({columns})")
    if filled:
        subprocess.run(f"psql -Xqd '{server.url('one')}' -c 'COPY users TO STDOUT' | psql -Xqd '{server.url('two')}' -c 'COPY moved FROM STDIN'",
                       shell=True, check=True)
    subprocess.run(["dropdb", "--if-exists", "-h", server.folder, "-U", "postgres", "three"], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["createdb", "-h", server.folder, "-U", "postgres", "three"], check=True)
    server.psql(database, "CHECKPOINT")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("move", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=300000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="words of the paths' names, with commas between")
    args = parser.parse_args()
    server, folder = Server(args.root), pathlib.Path(tempfile.mkdtemp(prefix="honk-bench-"))
    (folder / "identity.yaml").write_text(IDENTITY)
    (folder / "mapped.yaml").write_text(MAPPED)
    server.psql("postgres", "CREATE DATABASE one")
    server.psql("postgres", "CREATE DATABASE two")
    server.psql("one", f"CREATE TABLE users ({SOURCE}); INSERT INTO users {ROWS.replace('{rows}', str(args.rows))}; ANALYZE users")
    one, two, lite, into = server.url("one"), server.url("two"), folder / "users.db", folder / "into.db"
    columns = "id INTEGER PRIMARY KEY, " + SOURCE.split(", ", 1)[1]
    subprocess.run(f"sqlite3 {lite} 'CREATE TABLE users ({columns})' && psql -Xqd '{one}' -c 'COPY users TO STDOUT CSV' | sqlite3 {lite} "
                   "'.import --csv /dev/stdin users'", shell=True, check=True)
    subprocess.run(["sqlite3", lite, "UPDATE users SET balance = NULL WHERE balance = ''"], check=True)  # CSV has no NULL

    def pipe(select):
        return (f"psql -Xqd '{one}' -c \"COPY ({select}) TO STDOUT (FORMAT binary)\" | psql -Xqd '{two}' -c 'COPY moved FROM STDIN (FORMAT binary)'")
    same, mapped = folder / "identity.yaml", folder / "mapped.yaml"
    from_lite = ["by-rows", lite, "users", two, "moved", same]
    cloned = f"rm -rf {folder}/clone && pgcopydb clone --source '{one}' --target 'host={server.folder} user=postgres dbname=three' --dir {folder}/clone --table-jobs 2 --not-consistent"
    exported = f"psql -Xqd '{one}' -c 'COPY users TO STDOUT CSV' > {folder}/out.csv"
    into_lite = ["by-rows", one, "users", into, "moved", same]
    paths = {  # name: the database and the columns of the target, what others do, what we do
        "between, as they are": ("two", SOURCE, pipe("SELECT * FROM users"), ["hashed", one, "users", two, "moved", same]),
        "the same, pgcopydb": ("two", SOURCE, cloned, ["hashed", one, "users", two, "moved", same]),
        "between, mapped": ("two", TARGET, pipe(f"SELECT {SELECTED} FROM users"), ["hashed", one, "users", two, "moved", mapped]),
        "inside, mapped": ("one", TARGET, f"psql -Xqd '{one}' -c \"INSERT INTO moved SELECT {SELECTED} FROM users\"",
                           ["hashed", one, "users", one, "moved", mapped]),
        "from SQLite": ("two", SOURCE, f"sqlite3 -csv {lite} 'SELECT * FROM users' | psql -Xqd '{two}' -c \"COPY moved FROM STDIN (FORMAT csv)\"",
                        from_lite),
        "the same, pgloader": ("two", SOURCE, f"pgloader --quiet --with 'include drop' --with 'create tables' --with 'reset no sequences' {lite} "
                               f"postgresql://postgres@unix:{server.folder}:5432/two", from_lite),
        "from SQLite, mapped": ("two", TARGET, f"sqlite3 -csv {lite} \"SELECT {CASTS_LEFT} FROM users\" | psql -Xqd '{two}' -c \"COPY moved FROM STDIN "
                                "(FORMAT csv)\"", ["by-rows", lite, "users", two, "moved", mapped]),
        "into SQLite, new": (into, None, f"{exported} && sqlite3 {into} 'CREATE TABLE moved ({columns})' '.import --csv {folder}/out.csv moved'",
                             into_lite),
        "into SQLite, a WAL": (into, columns, f"{exported} && sqlite3 {into} '.import --csv {folder}/out.csv moved'", into_lite),
        "compared": ("two", SOURCE, f"psql -Xqd '{one}' -c \"{MD5.format(table='users')}\" && psql -Xqd '{two}' -c \"{MD5.format(table='moved')}\"",
                     ["compare", one, "users", two, "moved", same]),
    }
    paths = {name: path for name, path in paths.items() if any(word in name for word in args.only.split(","))}
    print(f"{args.rows:,} rows of ten columns, {args.rounds} rounds; the peer is 1.00; CPU seconds of server and clients\n")
    print(f"{'path':22}{'of CPU seconds':22}{'of elapsed time':22}{'µs a row: ours, peer'}")
    for name, (database, columns, typed, ours) in paths.items():
        seen = {"peer": [], "ours": []}
        for number in range(args.rounds):
            for way in ("peer", "ours") if number % 2 == 0 else ("ours", "peer"):
                fresh(server, database, columns, filled="compared" in name)
                command = typed if way == "peer" else [args.move, *map(str, ours)]
                seen[way].append(measure(server, command))
        ratios = [[p[i] / o[i] for p, o in zip(seen["peer"], seen["ours"])] for i in (0, 1)]
        shown = [f"{statistics.median(r):.2f} ({min(r):.2f}-{max(r):.2f})" for r in ratios]
        micros = [statistics.median(c for c, _ in seen[way]) / args.rows * 1e6 for way in ("ours", "peer")]
        print(f"{name:22}{shown[0]:22}{shown[1]:22}{micros[0]:.1f}, {micros[1]:.1f}", flush=True)
    server.process.send_signal(2)
    server.process.wait()
    subprocess.run(["rm", "-rf", server.folder, str(folder)])


main()
