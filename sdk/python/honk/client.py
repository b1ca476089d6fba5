"""A client of Honk's HTTP API: over its Unix socket, or a URL with a token.

It waits where the server says so (429 and 503 with Retry-After), repeats a write only under the same idempotency key, and turns
every refusal into a HonkError with the server's own words.
"""
import http.client
import json
import os
import pathlib
import socket
import ssl
import time
import urllib.parse
import uuid
from typing import Any, Dict, Iterator, Optional, Tuple

from .errors import HonkError
from .live import LivePlan

TIMEOUT_S = 60.0  # one exchange; a beat of the server takes milliseconds
PATIENCE_S = 120.0  # how long to obey "come back later"
RETRY_DEFAULT_S = 1.0
POLL_S = 0.2


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def find_server() -> Tuple[str, Optional[str]]:
    """Address and token, as the command line finds them: HONK_SERVER and HONK_TOKEN, the honk.yaml of this folder or one
    above it, or what `honk login` saved."""
    if os.environ.get("HONK_SERVER"):
        return os.environ["HONK_SERVER"], os.environ.get("HONK_TOKEN")
    here = pathlib.Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "honk.yaml").is_file():
            return f"unix:{folder / '.honk' / 'honk.sock'}", None
    config = pathlib.Path(os.environ.get("XDG_CONFIG_HOME") or pathlib.Path.home() / ".config")
    try:
        saved = json.loads((config / "honk" / "login.json").read_text(encoding="utf-8"))
        return saved["server"], saved.get("token")
    except (OSError, ValueError, KeyError):
        raise HonkError("no server is known: set HONK_SERVER (a URL, or unix:PATH), or start in a folder with a honk.yaml") from None


class Client:
    """One server, as one person.

    `server` is a URL or `unix:PATH` (None: find it, as the command line does). `user` is for a local administrator who acts
    as somebody else. `ca_file` is the authority that signed the server's certificate, where the system does not know it.
    """

    def __init__(self, server: Optional[str] = None, token: Optional[str] = None, user: Optional[str] = None,
                 ca_file: Optional[str] = None, timeout: float = TIMEOUT_S, patience: float = PATIENCE_S):
        if server is None:
            server, found_token = find_server()
            token = token if token is not None else found_token
        self.server, self.token, self.user = server, token, user
        self.timeout, self.patience = timeout, patience
        self._tls = ssl.create_default_context(cafile=ca_file) if server.startswith("https:") else None

    # ---- one exchange ----

    def _connection(self) -> http.client.HTTPConnection:
        if self.server.startswith("unix:"):
            return _UnixConnection(self.server[len("unix:"):], self.timeout)
        url = urllib.parse.urlsplit(self.server)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise HonkError(f"'{self.server}' is no server: expected a URL, or unix:PATH")
        if self._tls is not None:
            return http.client.HTTPSConnection(url.hostname, url.port, timeout=self.timeout, context=self._tls)
        return http.client.HTTPConnection(url.hostname, url.port, timeout=self.timeout)

    def _headers(self, key: Optional[str], has_body: bool) -> Dict[str, str]:
        headers = {"Accept": "application/json"}
        if has_body:
            headers["Content-Type"] = "application/json"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.user:
            headers["Honk-As"] = self.user
        if key:
            headers["Idempotency-Key"] = key
        return headers

    def _exchange(self, method: str, path: str, body: Optional[bytes], key: Optional[str]) -> Tuple[int, Any, Any]:
        connection = self._connection()
        try:
            connection.request(method, path, body=body, headers=self._headers(key, body is not None))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON. What the server asks to try later is tried later, for `patience` seconds."""
        data = json.dumps(body).encode() if body is not None else None
        key = str(uuid.uuid4()) if method != "GET" else None
        deadline = time.monotonic() + self.patience
        while True:
            try:
                status, headers, content = self._exchange(method, path, data, key)
            except OSError as error:  # the server may be starting again: the same key makes a repetition harmless
                problem = HonkError(f"cannot reach '{self.server}': {error}")
                wait = RETRY_DEFAULT_S
            else:
                if status < 400:
                    return json.loads(content) if content else None
                problem = _problem(method, path, status, content)
                if status not in (429, 503):
                    raise problem
                wait = _retry_after(headers)
            if time.monotonic() + wait > deadline:
                raise problem
            time.sleep(wait)

    def get(self, path: str) -> Any:
        """GET, as `call`."""
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        """POST, as `call`."""
        return self.call("POST", path, body if body is not None else {})

    def pages(self, path: str) -> Iterator[Dict[str, Any]]:
        """Every item of a list that comes in pages."""
        mark = "&" if "?" in path else "?"
        after = ""
        while True:
            page = self.get(path + (f"{mark}after={urllib.parse.quote(after)}" if after else ""))
            yield from page["items"]
            after = page.get("next") or ""
            if not after:
                return

    # ---- migrations ----

    def migrate(self, entity_ref: str, source: Optional[str] = None, target: Optional[str] = None) -> LivePlan:
        """Ask for a plan, and wait until it is made. What keeps it from being made is the HonkError."""
        body = {"entityRef": entity_ref, "source": source, "target": target}
        made = self.post("/agents/migrate", {name: value for name, value in body.items() if value is not None})
        return self.plan(made["id"]).wait_planned()

    def plan(self, migration: str) -> LivePlan:
        """The plan of a migration as it is now, by the migration's name or the plan's id."""
        return LivePlan(self, migration)

    def wait(self, what: Any, timeout: Optional[float], every: float = POLL_S) -> Any:
        """Ask until the answer is true; the answer, or None when the time is over."""
        deadline = time.monotonic() + timeout if timeout is not None else None
        while True:
            answer = what()
            if answer:
                return answer
            if deadline is not None and time.monotonic() > deadline:
                return None
            time.sleep(every)


def _retry_after(headers: Any) -> float:
    try:
        return max(float(headers.get("Retry-After", RETRY_DEFAULT_S)), 0.05)
    except ValueError:
        return RETRY_DEFAULT_S


def _problem(method: str, path: str, status: int, content: bytes) -> HonkError:
    try:
        problem = json.loads(content)
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    text = problem.get("detail") or problem.get("title") or content.decode(errors="replace")[:400]
    return HonkError(f"{method} {path}: {text}", status, problem)
