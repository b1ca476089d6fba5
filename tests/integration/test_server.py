"""The server as a whole, under what clients and machines do to it: many streams, readers that stop, requests that never end,
a full disk, a folder that cannot be written, signals in a hurry."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import support
from support import HONK, Project, eventually

CONFIG = """state: state
listen: 127.0.0.1:7420
socket: {socket}
workers: 2
stores: {{ shop: {{ driver: sqlite, path: shop.db }} }}
roles: {{ admin: [ local ], operator: [ local ], author: [ local ] }}
"""
SANITIZED = "HONK_SANITIZED" in os.environ
STREAMS = 50 if SANITIZED else 1000
EVENTS = 10000
AT_A_TIME = 500


def entities(first, count):
    return "".join("---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: { name: c-%d }\n"
                   "spec: { type: service, lifecycle: production, owner: team }\n" % i
                   for i in range(first, first + count))


class Served(Project):
    def __init__(self, *words):
        super().__init__()
        (self.folder / "honk.yaml").write_text(CONFIG.format(socket=self.socket_path))
        self.words = words

    @property
    def socket_path(self):
        return self.folder / "s"

    def up(self):
        self.serve(*self.words)
        return self

    def ask(self, method, path, body=None, type="application/json"):
        connection = support.UnixConnection(self.socket_path)
        try:
            connection.request(method, path, body=body, headers={"Content-Type": type} if body is not None else {})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text[:1] in (b"{", b"[") else text
        finally:
            connection.close()

    def write_entities(self, first, count):
        status, answer = self.ask("POST", "/entities", entities(first, count), "application/yaml")
        assert status in (200, 201), answer

    def set_limit(self, count):
        begun = time.monotonic()
        status, answer = self.ask("PUT", "/limits", json.dumps({"resource": "x", "count": count}))
        assert status == 200, answer
        return time.monotonic() - begun

    def open_stream(self, after=0):
        """A socket on which events come; nothing of it is read yet."""
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(self.socket_path))  # waits for its turn
        sock.settimeout(support.WAIT_S)
        sock.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                     b"Last-Event-ID: %d\r\n\r\n" % after)
        return sock

    def last_seq(self):
        return self.ask("GET", "/readyz")[1]["seq"]

    def metric(self, name):
        text = self.ask("GET", "/metrics")[1].decode()
        return int(float(next(line.split()[-1] for line in text.splitlines() if line.startswith(name + " "))))

    def remove(self):
        self.kill()
        subprocess.run(["rm", "-rf", str(self.folder)], check=False)


def ids_until(file, last):
    """The numbers of the events on a stream, until this one is there or the stream ends."""
    found = []
    while not found or found[-1] < last:
        line = file.readline()
        if not line:
            break
        if line.startswith(b"id: "):
            found.append(int(line[4:]))
    return found


class TestStreams(unittest.TestCase):
    def setUp(self):
        self.server = Served("--no-workers").up()
        self.addCleanup(self.server.remove)

    def test_a_thousand_streams_all_hear_of_it_and_the_server_goes_on(self):
        first = self.server.last_seq()
        streams = []
        self.addCleanup(lambda: [sock.close() for sock in streams])
        for _ in range(STREAMS):
            streams.append(self.server.open_stream(first))
        self.assertTrue(eventually(lambda: self.server.metric("honk_event_streams") == STREAMS))
        for count in range(20):
            self.server.set_limit(count)
        last = self.server.last_seq()
        for sock in streams:
            with sock.makefile("rb") as file:
                self.assertEqual(ids_until(file, last), list(range(first + 1, last + 1)))
        begun = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - begun, 10)

    def test_a_stream_that_is_cut_again_and_again_sees_every_event_exactly_once(self):
        first = self.server.last_seq()
        last = first + EVENTS
        writer = threading.Thread(target=lambda: [self.server.write_entities(i, AT_A_TIME)
                                                  for i in range(0, EVENTS, AT_A_TIME)])
        writer.start()
        seen, cuts = [], 0
        while not seen or seen[-1] < last:
            sock = self.server.open_stream(seen[-1] if seen else first)
            with sock.makefile("rb") as file:
                seen += ids_until(file, min(last, (seen[-1] if seen else first) + 50 + 131 * (cuts % 9)))
            sock.close()
            cuts += 1
        writer.join()
        self.assertEqual(seen, list(range(first + 1, last + 1)))
        self.assertGreater(cuts, 10)

    def test_a_client_that_does_not_read_holds_nobody_up_and_misses_nothing(self):
        first = self.server.last_seq()
        slow = self.server.open_stream(first)
        for i in range(0, EVENTS, AT_A_TIME):
            self.server.write_entities(i, AT_A_TIME)
        with slow.makefile("rb") as file:
            self.assertEqual(len(ids_until(file, first + EVENTS)), EVENTS)
        slow.close()

    def test_a_client_that_was_stopped_does_not_keep_the_server_from_stopping(self):
        reader = subprocess.Popen([HONK, "logs", "-f"], cwd=self.server.folder, env=self.server.env,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (reader.kill(), reader.wait()))
        self.assertTrue(eventually(lambda: self.server.metric("honk_event_streams") == 1))
        reader.send_signal(signal.SIGSTOP)
        for i in range(0, EVENTS, AT_A_TIME):
            self.server.write_entities(i, AT_A_TIME)
        begun = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - begun, 10)

    def test_requests_that_never_end_hold_nobody_up(self):
        halves = []
        for text in (b"GET /events HTTP/1.1\r\nHost: loc", b"PUT /limits HTTP/1.1\r\nHost: localhost\r\n"
                     b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"resource\": \"x\","):
            for _ in range(100):
                sock = socket.socket(socket.AF_UNIX)
                sock.connect(str(self.server.socket_path))
                sock.sendall(text)
                halves.append(sock)
        self.server.set_limit(1)
        self.assertEqual(self.server.ask("GET", "/healthz")[0], 200)
        begun = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - begun, 5)
        for sock in halves:
            sock.close()


class TestStopping(unittest.TestCase):
    def setUp(self):
        self.server = Served().up()
        self.addCleanup(self.server.remove)

    def children(self):
        return support.children_of(self.server.server.pid)

    def test_a_second_signal_does_not_wait_for_a_worker_that_hangs(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            workers = eventually(lambda: len(self.children()) == 2 and self.children())
            stream = self.server.open_stream()
            os.kill(workers[0], signal.SIGSTOP)
            self.server.server.send_signal(how)
            self.server.server.send_signal(how)
            self.assertEqual(self.server.server.wait(support.WAIT_S), 0)
            self.assertTrue(eventually(lambda: not any(os.path.exists("/proc/%d" % pid) for pid in workers)))
            stream.close()
            self.server.kill()
            self.server.up()

    def test_workers_that_die_at_once_are_started_ever_more_slowly(self):
        begun = time.monotonic()
        killed = set()
        while len(killed) < 8:
            for pid in self.children():
                killed.add(pid)
                with contextlib.suppress(ProcessLookupError):  # dead already, and buried since we looked
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)
        # Two workers, four lives each: 200, 400 and 800 ms between them.
        self.assertGreater(time.monotonic() - begun, 1.3)
        self.assertEqual(self.server.ask("GET", "/readyz")[0], 200)


# ---- what needs a mount of its own ----

def inside_full_disk():
    server = Served("--no-workers")
    state = server.folder / "state"
    state.mkdir()
    support.mount("-t", "tmpfs", "-o", "size=3m", "none", state)
    try:
        server.up()
        kept, status = 0, 200
        while status in (200, 201) and kept < 100000:
            try:
                status, _ = server.ask("POST", "/entities", entities(kept, 200), "application/yaml")
            except (OSError, support.http.client.HTTPException):
                status = 0
            kept += 200 if status in (200, 201) else 0
        assert 0 < kept < 100000, kept
        assert server.server.wait(support.WAIT_S) != 0
        log = server.log_tail()
        assert "cannot write the state" in log and "full" in log, log
        support.resize(state, "64m")
        server.kill()
        server.up()
        found = server.ask("GET", "/entities?kind=Component&limit=1000")[1]
        names = {item["metadata"]["name"] for item in found["items"]}
        while found.get("next"):
            found = server.ask("GET", "/entities?kind=Component&limit=1000&after=%s" % found["next"])[1]
            names |= {item["metadata"]["name"] for item in found["items"]}
        missing = {"c-%d" % i for i in range(kept)} - names
        assert not missing, "lost: %s" % sorted(missing)[:5]
        assert server.stop() == 0
    finally:
        server.kill()
        subprocess.run(["umount", str(state)], check=False)
        server.remove()


def inside_read_only():
    server = Served("--no-workers")
    state = server.folder / "state"
    try:
        server.up()
        assert server.stop() == 0
        support.mount("--bind", state, state)
        support.mount("-o", "remount,bind,ro", state)
        done = server.honk("serve", "--port", "0", "--no-workers", check=False)
        assert done.returncode not in (0, -signal.SIGABRT, -signal.SIGSEGV), done
        assert str(state) in done.stderr or "state" in done.stderr, done.stderr
        assert "read-only" in done.stderr.lower() or "readonly" in done.stderr.lower(), done.stderr
    finally:
        server.kill()
        subprocess.run(["umount", str(state)], check=False)
        server.remove()


class TestDisks(unittest.TestCase):
    def test_a_full_disk_stops_the_server_and_what_it_confirmed_is_there_afterwards(self):
        support.mounted(self, __file__, "full_disk")

    def test_a_state_that_cannot_be_written_is_refused_by_name(self):
        support.mounted(self, __file__, "read_only")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        {"full_disk": inside_full_disk, "read_only": inside_read_only}[sys.argv[2]]()
    else:
        STREAMS = min(STREAMS, (support.open_many_files() - 400) // 2)  # the server has the same limit, and needs two for each
        unittest.main()
