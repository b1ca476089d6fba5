"""Engines that random queries run in: each holds the tables as they were, and as they will be, and neither has the other's.

Who runs queries gets rows and names back; whatever they changed is undone.
"""
import ctypes
import ctypes.util
import json
import re
import sqlite3
import threading

from query_world import is_int

MADE = re.compile(r"^CREATE (?:TEMP |TEMPORARY )?TABLE (\w+)", re.MULTILINE)
CHANGES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE|REPLACE)\b")
ROWS_MAX = 20000
STEPS = 100000  # of SQLite's machine between two looks at the clock, which is no clock: the same queries always end
TICKS_MAX = 30
LIMIT_S = 3  # where nothing but time can be limited
ANSWER_S = 20  # a server that gives no answer for so long, although it has a limit of its own, is taken for dead
MYSQL_OPT_READ_TIMEOUT = 11


class Failed(Exception):
    pass


def literal(value):
    return "NULL" if value is None else str(value) if isinstance(value, int) else f"'{value}'"


def definition(name, columns, rows, text="text"):
    yield f"CREATE TABLE {name} ({', '.join(f'{c} ' + ('int' if is_int(kind) else text) for c, kind in columns)})"
    for row in rows:
        yield f"INSERT INTO {name} VALUES ({', '.join(map(literal, row))})"


class Engine:
    """`traits` say what the queries may have."""

    text = "text"
    commits_definitions = False  # what is made is not undone
    is_dead = False

    def load(self, world):
        self.world = world
        for side in ("before", "after"):
            self.load_side(side)

    def load_side(self, side):
        self.begin(side)
        is_new = side == "after"
        for table in self.world.tables:
            columns = [(c.new if is_new else c.old, c.old) for c in (table.after() if is_new else table.columns)]
            rows = table.new_rows() if is_new else table.rows
            for statement in definition(table.new if is_new else table.old, columns, rows, self.text):
                self.execute(side, self.dress(statement))

    def dress(self, sql):
        return self.world.dress(sql, self.traits["quotes"])

    def run(self, side, script):
        """(names, rows, {table: rows}): names are None where nothing was selected; after a script the tables are those of the
        world, by their old names, and those that it made."""
        statements = [one for one in script.split(";\n") if one.strip()]
        self.start(side)
        try:
            for one in statements[:-1]:
                self.execute(side, one)
            names, rows = self.execute(side, statements[-1])
            is_script = len(statements) > 1 or CHANGES.search(script) is not None
            return names, rows, self.tables(side, script) if is_script else {}
        finally:
            self.undo(side)
            if self.commits_definitions and "CREATE " in script:
                self.remake(side, script)

    def remake(self, side, script):
        if not self.is_dead:
            for name in MADE.findall(script):
                self.execute(side, f"DROP TEMPORARY TABLE IF EXISTS {name}")
            self.load_side(side)

    def tables(self, side, script):
        tables = {f"{name}, which the script makes": self.execute(side, f"SELECT * FROM {name}")[1] for name in MADE.findall(script)}
        for table in self.world.tables:
            columns = [c.new for c in table.after()] if side == "after" else table.old_columns()
            name = table.new if side == "after" else table.old
            tables[table.old] = self.execute(side, self.dress(f"SELECT {', '.join(columns)} FROM {name}"))[1]
        return tables


class Sqlite(Engine):
    dialect = "sqlite"
    names_expressions = False
    left = TICKS_MAX
    traits = {"views": 1, "with recursive": 1, "full join": 1, "natural": 1, "update from": 1, "delete alias": 1, "concat": 1,
              "alias reuse": 1, "returning": 1, "filter": 1, "upsert": 1, "triggers": 1, "no own shadow": 1, "made tables": "TEMP", "materialized": 1,
              "left out of frames": 1, "distinct from": "IS NOT", "quotes": '"', "json": "json_extract(json_object('FIELD', VALUE), '$.FIELD')",
              "rows of functions": 1, "row values": 1, "with before changes": 1, "sets of rows": 1, "values commons": 1}

    def begin(self, side):
        base = sqlite3.connect(":memory:", isolation_level=None)
        base.set_progress_handler(self.tick, STEPS)
        self.bases = dict(getattr(self, "bases", {}), **{side: base})

    def tick(self):
        self.left -= 1
        return self.left < 0

    def start(self, side):
        self.left = TICKS_MAX
        self.bases[side].execute("SAVEPOINT s")

    def undo(self, side):
        self.left = TICKS_MAX
        if self.bases[side].in_transaction:  # else a change was interrupted, and SQLite has undone all of it
            self.bases[side].execute("ROLLBACK TO s")
            self.bases[side].execute("RELEASE s")

    def execute(self, side, sql):
        try:
            done = self.bases[side].execute(sql)
            rows = done.fetchmany(ROWS_MAX)
        except sqlite3.Error as error:
            raise Failed(str(error)) from None
        return [c[0] for c in done.description] if done.description else None, rows

    def close(self):
        pass


class Duckdb(Engine):
    dialect = "duckdb"
    names_expressions = False
    traits = {"views": 1, "with recursive": 1, "full join": 1, "natural": 1, "update from": 1, "delete alias": 1, "concat": 1,
              "lateral": 1, "qualify": 1, "star except": "EXCLUDE", "star replace": 1, "alias columns": 1, "alias reuse": 1,
              "returning": 1, "rollup": 1, "casts": 1, "from first": 1, "merge": 1, "filter": 1, "brackets": 1, "star rename": 1,
              "joined texts": "string_agg({}, '-' ORDER BY {})", "distinct on": 1, "upsert": 1, "delete using": 1, "made tables": "TEMP",
              "macros": 1, "pivot": 1, "by name": 1, "columns": 1, "group by all": 1, "positional": 1, "semi joins": 1, "lists": 1,
              "alias first": 1, "materialized": 1, "left out of frames": 1, "distinct from": "IS DISTINCT FROM", "quotes": '"',
              "row values": 1, "any": 1, "with before changes": 1, "values commons": 1, "all of both": 1}

    def __init__(self):
        import duckdb
        self.duckdb = duckdb

    def begin(self, side):
        base = self.duckdb.connect(":memory:", config={"threads": 1})
        self.bases = dict(getattr(self, "bases", {}), **{side: base})

    def start(self, side):
        self.bases[side].execute("BEGIN")

    def undo(self, side):
        self.bases[side].execute("ROLLBACK")

    def execute(self, side, sql):
        limit = threading.Timer(LIMIT_S, self.bases[side].interrupt)
        limit.start()
        try:
            done = self.bases[side].execute(sql)
            rows = done.fetchmany(ROWS_MAX) if done.description else []
        except self.duckdb.Error as error:
            raise Failed(str(error)) from None
        finally:
            limit.cancel()
        return [c[0] for c in done.description] if done.description else None, rows

    def close(self):
        pass


class Postgres(Engine):
    dialect = "postgres"
    names_expressions = True
    traits = {"views": 1, "with recursive": 1, "full join": 1, "natural": 1, "update from": 1, "delete alias": 1, "concat": 1,
              "lateral": 1, "alias columns": 1, "returning": 1, "rollup": 1, "casts": 1, "merge": 1, "filter": 1, "brackets": 1,
              "joined texts": "string_agg({}, '-' ORDER BY {})", "distinct on": 1, "upsert": 1, "delete using": 1, "made tables": "TEMP",
              "functions": 1, "row functions": 1, "blocks": 1, "materialized": 1, "left out of frames": 1, "distinct from": "IS DISTINCT FROM", "quotes": '"',
              "json": "(jsonb_build_object('FIELD', VALUE) ->> 'FIELD')::int", "arrays": 1, "rows of functions": 1, "whole rows": 1,
              "row values": 1, "any": 1, "changes in with": 1, "with before changes": 1, "sets of rows": 1, "values commons": 1,
              "all of both": 1, "joined aliases": 1, "searched": 1}

    def __init__(self):
        import postgres_world
        self.server = postgres_world.Postgres()
        self.pq = pq = ctypes.CDLL(ctypes.util.find_library("pq"))
        for name, result, words in (("PQconnectdb", ctypes.c_void_p, [ctypes.c_char_p]),
                                    ("PQexec", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]),
                                    ("PQresultStatus", ctypes.c_int, [ctypes.c_void_p]), ("PQntuples", ctypes.c_int, [ctypes.c_void_p]),
                                    ("PQnfields", ctypes.c_int, [ctypes.c_void_p]), ("PQclear", None, [ctypes.c_void_p]),
                                    ("PQfname", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int]),
                                    ("PQgetvalue", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
                                    ("PQgetisnull", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
                                    ("PQresultErrorMessage", ctypes.c_char_p, [ctypes.c_void_p])):
            getattr(pq, name).restype, getattr(pq, name).argtypes = result, words
        self.base = pq.PQconnectdb(f"host={self.server.folder} user=postgres dbname=postgres".encode())
        self.query("SET client_min_messages = error; SET statement_timeout = '5s'; SET jit = off; SET max_parallel_workers_per_gather = 0")

    def query(self, sql):
        pq, result = self.pq, self.pq.PQexec(self.base, sql.encode())
        try:
            status = pq.PQresultStatus(result)
            if status not in (0, 1, 2):
                raise Failed(pq.PQresultErrorMessage(result).decode().split("\n")[0])
            if status != 2:
                return None, []
            width = pq.PQnfields(result)
            rows = [tuple(None if pq.PQgetisnull(result, i, j) else pq.PQgetvalue(result, i, j).decode() for j in range(width))
                    for i in range(min(pq.PQntuples(result), ROWS_MAX))]
            return [pq.PQfname(result, j).decode() for j in range(width)], rows
        finally:
            pq.PQclear(result)

    def begin(self, side):
        self.query(f"DROP SCHEMA IF EXISTS {side} CASCADE; CREATE SCHEMA {side}; SET search_path = {side}")

    def start(self, side):
        self.query(f"SET search_path = {side}; BEGIN")

    def undo(self, side):
        self.query("ROLLBACK")

    def execute(self, side, sql):
        return self.query(sql)

    def close(self):
        self.server.close()


class Mariadb(Engine):
    dialect = "mysql"
    text = "varchar(20)"
    commits_definitions = True
    names_expressions = False
    traits = {"with recursive": 1, "natural": 1, "brackets": 1, "joined texts": "group_concat({} ORDER BY {})", "joined changes": 1,
              "views": 1, "made tables": "TEMPORARY", "plain triggers": 1, "distinct from": "<=>", "quotes": "`",
              "json": "json_extract(json_object('FIELD', VALUE), '$.FIELD')", "row values": 1, "any": 1, "duplicate keys": 1,
              "values commons": 1, "all of both": 1, "returning": 1}

    class Field(ctypes.Structure):  # the beginning of MYSQL_FIELD, and how long one is
        _fields_ = [("name", ctypes.c_char_p), ("rest", ctypes.c_char * 120)]

    def __init__(self):
        self.open()

    def open(self):
        import mariadb_world
        self.server = mariadb_world.Mariadb()
        self.my = my = ctypes.CDLL(ctypes.util.find_library("mariadb"))
        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        for name, result, words in (("mysql_init", pointer, [pointer]), ("mysql_error", text, [pointer]), ("mysql_store_result", pointer, [pointer]),
                                    ("mysql_options", ctypes.c_int, [pointer, ctypes.c_int, ctypes.POINTER(ctypes.c_uint)]),
                                    ("mysql_real_connect", pointer, [pointer, text, text, text, text, ctypes.c_uint, text, ctypes.c_ulong]),
                                    ("mysql_query", ctypes.c_int, [pointer, text]), ("mysql_num_fields", ctypes.c_uint, [pointer]),
                                    ("mysql_fetch_row", ctypes.POINTER(text), [pointer]), ("mysql_free_result", None, [pointer]),
                                    ("mysql_fetch_fields", ctypes.POINTER(self.Field), [pointer])):
            getattr(my, name).restype, getattr(my, name).argtypes = result, words
        self.base = my.mysql_init(None)
        my.mysql_options(self.base, MYSQL_OPT_READ_TIMEOUT, ctypes.byref(ctypes.c_uint(ANSWER_S)))
        if not my.mysql_real_connect(self.base, None, b"root", None, b"mysql", 0, f"{self.server.folder}/mariadb.sock".encode(), 0):
            raise Failed(my.mysql_error(self.base).decode())
        self.query("SET max_statement_time = 5")

    def query(self, sql):
        my = self.my
        if my.mysql_query(self.base, sql.encode()) != 0:
            error = my.mysql_error(self.base).decode()
            self.is_dead = self.is_dead or "gone away" in error or "Lost connection" in error
            raise Failed(error)
        result = my.mysql_store_result(self.base)
        if not result:
            return None, []
        width, rows = my.mysql_num_fields(result), []
        names = [my.mysql_fetch_fields(result)[j].name.decode() for j in range(width)]
        while len(rows) < ROWS_MAX:
            row = my.mysql_fetch_row(result)
            if not row:
                break
            rows.append(tuple(None if row[j] is None else row[j].decode() for j in range(width)))
        my.mysql_free_result(result)
        return names, rows

    def load(self, world):
        if self.is_dead:  # a query ended the server: it is not ours to mend
            self.server.close()
            self.is_dead = False
            self.open()
        super().load(world)

    def begin(self, side):
        self.query(f"DROP DATABASE IF EXISTS {side}_q")
        self.query(f"CREATE DATABASE {side}_q")
        self.query(f"USE {side}_q")

    def start(self, side):
        self.query(f"USE {side}_q")
        self.query("START TRANSACTION")

    def undo(self, side):
        if not self.is_dead:
            self.query("ROLLBACK")

    def execute(self, side, sql):
        return self.query(sql)

    def close(self):
        self.server.close()


class Clickhouse(Engine):
    """Inside of this process (chdb). It undoes nothing: after a script all tables are made anew."""
    dialect = "clickhouse"
    names_expressions = False
    traits = {"full join": 1, "concat": 1, "qualify": 1, "star except": "EXCEPT", "star replace": 1, "alias reuse": 1, "rollup": 1, "casts": 1,
              "filter": 1, "distinct on": 1, "views": 1, "distinct from": "<=>", "quotes": '"', "row values": 1, "any": 1, "with recursive": 1}
    settings = ("join_use_nulls = 1, data_type_default_nullable = 1, default_table_engine = 'Memory', max_execution_time = 3, "
                "union_default_mode = 'DISTINCT', except_default_mode = 'DISTINCT', intersect_default_mode = 'DISTINCT'")

    def __init__(self):
        from chdb import session
        self.session = session.Session()
        self.query(f"SET {self.settings}")

    def query(self, sql):
        try:
            said = self.session.query(sql, "JSONCompactEachRowWithNames").bytes().decode()
        except Exception as error:
            raise Failed(str(error)[:400]) from None
        lines = [json.loads(line) for line in said.splitlines()]
        if not lines:
            return None, []
        return [name.split(".")[-1] for name in lines[0]], [tuple(row) for row in lines[1:ROWS_MAX]]  # `t.a` where another table has `a`

    def dress(self, statement):
        return re.sub(r'(?<![\w"])(?=\w*[^\x00-\x7f])\w+(?!\w|")', r'"\g<0>"', super().dress(statement))  # other letters need quotes

    def begin(self, side):
        self.query(f"DROP DATABASE IF EXISTS {side}_q")
        self.query(f"CREATE DATABASE {side}_q ENGINE = Memory")
        self.query(f"USE {side}_q")

    def start(self, side):
        self.query(f"USE {side}_q")

    def undo(self, side):
        pass

    def run(self, side, script):
        try:
            return super().run(side, script)
        finally:
            if CHANGES.search(script) or "CREATE " in script:
                self.load_side(side)

    def execute(self, side, sql):
        return self.query(sql)

    def close(self):
        self.session.close()


ENGINES = {"clickhouse": Clickhouse, "sqlite": Sqlite, "postgres": Postgres, "mariadb": Mariadb, "duckdb": Duckdb}


def engine_of(name):
    if name not in ENGINES:
        raise ValueError(f"no engine is called '{name}'; known are {', '.join(ENGINES)}")
    return ENGINES[name]()
