"""serve.py - what the services of Listening have in common: who am I, am I well, and questions asked in SQL files.

Configuration comes from the environment: PORT, DATABASE (a SQLite file), and one variable for each dataset, which
holds its address, STORE:TABLE. A service is well when its queries run, and read just the datasets that its
configuration names: code of yesterday with the configuration of today is found out before anybody asks it.
"""
import contextlib
import http.server
import json
import os
import pathlib
import re
import signal
import sqlite3
import threading
import urllib.parse

QUERIES = pathlib.Path(__file__).resolve().parent / "queries"
BUSY_S = 5  # somebody else writes
BODY_BYTES_MAX = 10_000


class Refused(Exception):
    """An answer that is no success: status, why, and perhaps when to come again."""

    def __init__(self, status, why, retry_after_s=None):
        super().__init__(why)
        self.status, self.why, self.retry_after_s = status, why, retry_after_s


class Service:
    def __init__(self, name, variables, examples):
        """`variables` name datasets; `examples` has, for each query, parameters to try it with."""
        self.name = os.environ.get("HONK_SERVICE", name)
        self.datasets = {variable: os.environ[variable] for variable in variables}
        self.queries = {query: (QUERIES / f"{query}.sql").read_text() for query in examples}
        self.examples = examples
        self.routes = [("GET", "/", lambda _: (200, self.who())), ("GET", "/healthz", lambda _: self.health())]

    def route(self, method, path, answer):
        """`answer` gets the numbers in the path and then the body, and gives (status, what becomes JSON)."""
        self.routes.append((method, path, answer))

    def table(self, variable):
        return self.datasets[variable].split(":", 1)[1]

    @contextlib.contextmanager
    def open(self, mode="ro"):
        database = pathlib.Path(os.environ["DATABASE"]).resolve()
        connection = sqlite3.connect(f"{database.as_uri()}?mode={mode}", uri=True, timeout=BUSY_S)
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()

    def ask(self, query, **parameters):
        """The rows of a query, as dictionaries."""
        with self.open() as connection:
            return [dict(row) for row in connection.execute(self.queries[query], parameters)]

    def who(self):
        return {"service": self.name, "instance": os.environ.get("HONK_INSTANCE", ""), "pid": os.getpid(),
                "revision": os.environ.get("HONK_REVISION", ""), "datasets": self.datasets}

    def tables_read(self):
        """What SQLite says that the queries read, table by table."""
        read = set()

        def note(action, table, *_):
            if action == sqlite3.SQLITE_READ and not table.startswith("sqlite_"):
                read.add(table)
            return sqlite3.SQLITE_OK
        with self.open() as connection:
            connection.set_authorizer(note)
            for query, parameters in self.examples.items():
                connection.execute(self.queries[query], parameters).fetchone()
        return read

    def health(self):
        try:
            read, named = self.tables_read(), {self.table(variable) for variable in self.datasets}
        except sqlite3.Error as error:
            return 503, {"well": False, "why": str(error)}
        if read != named:
            return 503, {"well": False, "why": f"the queries read {sorted(read)}, the configuration names {sorted(named)}"}
        return 200, {"well": True}

    def answer(self, method, path, body):
        path = urllib.parse.urlsplit(path).path
        known = False
        for wanted, pattern, answer in self.routes:
            match = re.fullmatch(pattern.replace("{}", "([0-9]{1,18})"), path)
            known = known or match is not None
            if match and wanted == method:
                return answer(*map(int, match.groups()), body)
        raise Refused(405 if known else 404, f"there is no {method} {path}")

    def serve(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), handler_of(self))
        server.daemon_threads = False  # whoever is being answered gets the answer
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        with server:
            server.serve_forever(poll_interval=0.1)


def handler_of(service):
    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = 10  # nobody holds us who says nothing

        def handle_one(self):
            try:
                status, value = service.answer(self.command, self.path, self.body())
                self.say(status, value)
            except Refused as refused:
                self.say(refused.status, {"error": refused.why}, refused.retry_after_s)
            except sqlite3.Error as error:
                self.say(500, {"error": str(error)})

        do_GET = do_POST = handle_one

        def body(self):
            size = int(self.headers.get("Content-Length") or 0)
            if size > BODY_BYTES_MAX:
                raise Refused(413, f"at most {BODY_BYTES_MAX} bytes")
            text = self.rfile.read(size)
            try:
                return json.loads(text) if text else None
            except ValueError:
                raise Refused(400, "the body is no JSON") from None

        def say(self, status, value, retry_after_s=None):
            text = json.dumps(value, ensure_ascii=False).encode() + b"\n"
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            if retry_after_s is not None:
                self.send_header("Retry-After", str(retry_after_s))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            """Every health check a line would bury what matters."""
    return Handler
