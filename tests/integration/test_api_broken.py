"""Broken requests and the problem that each is told; hygiene of connections; starting and stopping."""
import json
import os
import signal
import socket
import stat
import subprocess
import threading
import time
import unittest

import support
from api_world import HONK, Contract, Server, Stream, wait_for

contract = Contract()

JSON = {"Content-Type": "application/json"}

# name, method, target, headers, body, status, code, part of the detail. Over TCP, as an admin's token of nobody: {host} is ours.
BROKEN = [
    ("no such place", "GET", "/migration", {}, None, 404, "not_found", "there is nothing at '/migration'"),
    ("no such method", "PUT", "/migrations", {}, None, 405, "invalid", "'/migrations' takes GET, HEAD, POST, not PUT"),
    ("an odd method", "BREW", "/migrations", {}, None, 405, "invalid", "not BREW"),
    ("another host", "GET", "/healthz", {"Host": "evil.example:7420"}, None, 421, "invalid", "not 'http://evil.example:7420'"),
    ("our name, another port", "GET", "/healthz", {"Host": "localhost:1"}, None, 421, "invalid", "not 'http://localhost:1'"),
    ("a name that begins like ours", "GET", "/healthz", {"Host": "localhost.evil.example"}, None, 421, "invalid", "this server is"),
    ("a page of another site", "POST", "/migrations", dict(JSON, Origin="http://evil.example"), b"{}", 403, "forbidden",
     "pages from 'http://evil.example' may not write here"),
    ("a page without an origin of its own", "POST", "/migrations", dict(JSON, Origin="null"), b"{}", 403, "forbidden", "pages from 'null'"),
    ("plain text of a page", "POST", "/migrations", {"Content-Type": "text/plain", "Origin": "http://{host}"}, b"{}", 415, "invalid",
     "must send 'application/json'"),
    ("a form", "POST", "/migrations", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=b", 415, "invalid",
     "expected 'application/json' or 'text/plain'"),
    ("no JSON", "POST", "/migrations", JSON, b"{", 400, "invalid", "the body"),
    ("JSON that goes on", "POST", "/migrations", JSON, b"{} {}", 400, "invalid", "the body"),
    ("a key twice", "POST", "/migrations", JSON, b'{"entity": "a", "entity": "b"}', 400, "invalid", "entity"),
    ("too deep", "POST", "/migrations", JSON, b"[" * 3000 + b"]" * 3000, 413, "too_large", "nested deeper than 64 levels"),
    ("not UTF-8", "POST", "/migrations", JSON, b'{"entity": "\xff"}', 400, "invalid", "the body"),
    ("a list", "POST", "/migrations", JSON, b"[]", 400, "invalid", "the body is a list, expected an object"),
    ("a member too many", "POST", "/migrations", JSON, b'{"entitty": "a"}', 400, "invalid", "did you mean 'entity'?"),
    ("a member too few", "POST", "/migrations", JSON, b"{}", 400, "invalid", "'entity' is missing"),
    ("a member of another type", "POST", "/migrations", JSON, b'{"entity": 7}', 400, "invalid", "'entity' is a whole number"),
    ("a name that is too long", "POST", "/migrations", JSON, b'{"entity": "' + b"a" * 254 + b'"}', 400, "invalid", "at most 253"),
    ("control characters", "POST", "/migrations", JSON, b'{"entity": "a\\u001b[31m"}', 400, "invalid", "control characters"),
    ("an entity that is not there", "POST", "/migrations", JSON, b'{"entity": "nobody"}', 404, "not_found", "nobody"),
    ("an entity that is no migration", "POST", "/migrations", JSON, b'{"entity": "resource:default/orders-v1"}', 400, "invalid",
     "'resource:default/orders-v1' is no migration"),
    ("a broken escape", "GET", "/migrations/%zz", {}, None, 400, "invalid", "not followed by two hex digits"),
    ("a zero byte", "GET", "/migrations/a%00b", {}, None, 400, "invalid", "zero byte"),
    ("an address that is no UTF-8", "GET", "/migrations/%ff", {}, None, 400, "invalid", "not UTF-8"),
    ("an empty part", "GET", "/migrations//plan", {}, None, 400, "invalid", "empty part"),
    ("a path that is too deep", "GET", "/a/b/c/d/e/f/g/h/i", {}, None, 413, "too_large", "more than 8 parts"),
    ("an address that is too long", "GET", "/migrations?q=" + "a" * 4200, {}, None, 413, "too_large", "longer than 4096 bytes"),
    ("a parameter twice", "GET", "/migrations?q=a&q=b", {}, None, 400, "invalid", "'q' is there twice"),
    ("a parameter that is unknown", "GET", "/migrations?stat=draft", {}, None, 400, "invalid", "did you mean 'state'?"),
    ("a limit that is no number", "GET", "/migrations?limit=ten", {}, None, 400, "invalid", "parameter 'limit' is 'ten'"),
    ("a limit over the limit", "GET", "/migrations?limit=1001", {}, None, 400, "invalid", "at most 1000"),
    ("a state that is none", "GET", "/migrations?state=runing", {}, None, 400, "invalid", "'runing' is no state"),
    ("a type that is none", "GET", "/events?type=plans", {}, None, 400, "invalid", "'plans' is no type of event"),
    ("an event id that is none", "GET", "/events", {"Last-Event-ID": "seven"}, None, 400, "invalid", "must be a sequence number"),
    ("a blob's name that is none", "GET", "/blobs/sha256:XYZ", {}, None, 400, "invalid", "64 hex digits"),
    ("a way out of the blobs", "GET", "/blobs/..%2f..%2fetc%2fpasswd", {}, None, 400, "invalid", "64 hex digits"),
    ("a direction that is none", "GET", "/lineage?ref=orders-v1&direction=left", {}, None, 400, "invalid", "expected 'up', 'down' or 'both'"),
    ("a key that is too long", "PUT", "/limits", dict(JSON, **{"Idempotency-Key": "k" * 201}), b'{"resource": "a", "count": 1}', 400,
     "invalid", "1 to 200 bytes"),
    ("a body where none is taken", "DELETE", "/tokens/0123456789ab", JSON, b"{}", 400, "invalid", "no body is taken"),
    ("an unknown token", "GET", "/whoami", {"Authorization": "Bearer honk_no"}, None, 401, "unauthorized", "not known here"),
    ("another way to log in", "GET", "/whoami", {"Authorization": "Basic YTpi"}, None, 401, "unauthorized", "must read 'Bearer TOKEN'"),
    ("somebody else's name", "GET", "/whoami", {"Honk-As": "user:default/bo"}, None, 403, "forbidden", "only 'local' with the role admin, or who has the role delegate"),
    ("YAML that is broken", "POST", "/entities", {"Content-Type": "application/yaml"}, b"kind: [", 400, "invalid", "the body"),
    ("no entity at all", "POST", "/entities", {"Content-Type": "application/yaml"}, b"# nothing\n", 400, "invalid", "no entity"),
]


class TestBroken(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(contract)
        # Roles are the config's: 'local' is the admin, so these go over TCP as an author, and as operator where that is needed.
        cls.token = cls.server.post("/tokens", {"identity": "ada"}).json["token"]

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.server.remove()
        assert status == 0, status

    def test_each_broken_request_is_told_what_is_wrong(self):
        for name, method, target, headers, body, status, code, words in BROKEN:
            with self.subTest(name=name):
                host = "127.0.0.1:%d" % self.server.port
                headers = {key: value.replace("{host}", host) for key, value in headers.items()}
                admin = method == "DELETE"
                if not admin:
                    headers.setdefault("Authorization", "Bearer " + self.token)
                answer = self.server.call(method, target, raw=body, headers=headers, tcp=not admin, type=None)
                self.assertEqual((answer.status, answer.json and answer.json["code"]), (status, code), answer)
                self.assertEqual(answer.type, "application/problem+json")
                self.assertIn(words, answer.json["detail"])

    def test_a_body_that_grows_over_the_limit_is_dropped_while_it_comes(self):
        def pieces():
            for _ in range(20):
                yield b" " * (1024 * 1024)

        connection = self.server.connection()
        connection.request("POST", "/migrations", body=pieces(), headers=JSON, encode_chunked=True)
        response = connection.getresponse()
        self.assertEqual(response.status, 413)
        self.assertEqual(json.loads(response.read())["code"], "too_large")
        connection.close()

    def test_a_body_without_end_is_cut_off(self):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(self.server.socket)
        sock.sendall(b"POST /migrations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n")
        piece = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        with self.assertRaises(ConnectionError):
            for _ in range(64):
                sock.sendall(piece)
        sock.close()

    def test_what_is_no_http_is_refused(self):
        for data in (b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 70000 + b"\r\n\r\n"):
            answer = self.server.raw(data)
            self.assertTrue(answer == b"" or answer[:12].startswith(b"HTTP/1."), answer[:100])
            self.assertNotIn(b" 200 ", answer[:20])
        self.assertEqual(self.server.get("/healthz").status, 200)

    def test_a_request_without_host_is_refused_on_tcp(self):
        answer = self.server.raw(b"GET /healthz HTTP/1.0\r\n\r\n")
        self.assertIn(b" 400 ", answer[:20])

    def test_connections_are_kept_also_after_a_refusal(self):
        connection = self.server.connection()
        for target, status in (("/healthz", 200), ("/nothing", 404), ("/migrations/none", 404), ("/readyz", 200)):
            connection.request("GET", target)
            first = connection.sock
            response = connection.getresponse()
            response.read()
            self.assertEqual(response.status, status)
            self.assertIs(connection.sock, first)
        connection.close()

    def test_refusals_of_people_are_in_the_ledger(self):
        self.server.post("/migrations/x/approve", {"digest": "12345678"}, who="ada")
        events = wait_for(lambda: [event for event in self.server.get("/events?type=access.denied").json["items"]
                                   if "POST /migrations/x/approve" in event["reason"]])
        self.assertEqual(events[-1]["actor"], "user:default/ada")

    def test_acting_as_a_person_is_in_the_ledger_with_both_names(self):
        self.server.call("PUT", "/limits", {"resource": "group:shop", "count": 9}, who="ada")
        event = self.server.get("/events?type=access.acted").json["items"][-1]
        self.assertEqual((event["actor"], event["data"]["via"]), ("user:default/ada", "local"))


class TestRunning(unittest.TestCase):
    def setUp(self):
        self.server = Server()

    def tearDown(self):
        self.server.remove()

    def test_the_socket_is_ours_alone_and_goes_with_the_server(self):
        mode = os.stat(self.server.socket).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.assertEqual(self.server.stop(), 0)
        self.assertFalse(os.path.exists(self.server.socket))

    def test_a_left_over_socket_is_replaced(self):
        self.server.stop(signal.SIGKILL)
        self.assertTrue(os.path.exists(self.server.socket))
        self.server.start()
        self.assertEqual(self.server.get("/healthz").status, 200)
        self.assertEqual(self.server.stop(), 0)

    def run_second(self, *more):
        return subprocess.run([HONK, "serve", "--config", os.path.join(self.server.folder, "honk.yaml"), "--no-workers", *more],
                              capture_output=True, timeout=20)

    def test_a_second_server_of_the_same_folder_is_refused(self):
        second = self.run_second("--port", "0")
        self.assertNotEqual(second.returncode, 0)
        self.assertIn(str(self.server.process.pid), second.stderr.decode())
        self.assertEqual(self.server.get("/healthz").status, 200)

    def test_a_busy_port_is_an_error_only_if_it_was_asked_for(self):
        other = Server(port=None)
        another = Server(port=None)
        try:
            self.assertNotEqual(other.port, another.port)
            self.server.stop()
            asked = self.run_second("--port", str(other.port))
            self.assertNotEqual(asked.returncode, 0)
            self.assertIn("port %d is taken by process %d" % (other.port, other.process.pid), asked.stderr.decode())
        finally:
            for server in (other, another):
                server.stop()
                server.remove()

    def test_listening_beyond_loopback_is_refused(self):
        self.server.stop()
        path = os.path.join(self.server.folder, "honk.yaml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("127.0.0.1:7420", "0.0.0.0:7420"))
        second = self.run_second()
        self.assertNotEqual(second.returncode, 0)
        self.assertIn("expected 127.0.0.1", second.stderr.decode())

    def test_stopping_says_bye_to_streams_and_204_to_who_waits(self):
        streams = [Stream(self.server, "/events") for _ in range(20)]
        answers = []
        waiting = [threading.Thread(target=lambda: answers.append(
            self.server.post("/tasks/lease", {"worker": "w-1", "wait_ms": 30000}).status)) for _ in range(5)]
        for thread in waiting:
            thread.start()
        wait_for(lambda: b"honk_event_streams 20" in self.server.get("/metrics").body)
        time.sleep(0.2)  # the leases have no event to wait for
        begun = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - begun, 2)
        for thread in waiting:
            thread.join(5)
        self.assertEqual(answers, [204] * 5)
        for stream in streams:
            last = None
            while True:
                event = stream.next()
                if event is None:
                    break
                last = event["event"]
            self.assertEqual(last, "bye")
            stream.close()

    def test_what_was_stored_is_there_after_a_kill(self):
        key = {"Idempotency-Key": "before the kill"}
        self.assertEqual(self.server.call("PUT", "/limits", {"resource": "x", "count": 3}, headers=key).status, 200)
        token = self.server.post("/tokens", {"identity": "ada"}).json["token"]
        self.server.stop(signal.SIGKILL)
        self.server.start()
        self.assertEqual(self.server.call("PUT", "/limits", {"resource": "x", "count": 3}, headers=key).status, 200)
        self.assertEqual(self.server.call("PUT", "/limits", {"resource": "x", "count": 4}, headers=key).status, 422)
        self.assertEqual(self.server.get("/whoami", token=token).status, 200)
        self.assertEqual(self.server.stop(), 0)

    def test_every_event_is_logged_once_with_its_number(self):
        for count in range(20):
            self.server.call("PUT", "/limits", {"resource": "x", "count": count})
        events = self.server.get("/events?limit=1000").json["items"]
        self.assertEqual(self.server.stop(), 0)
        lines = [json.loads(line) for line in self.server.log_text().splitlines()]
        logged = [line["seq"] for line in lines if "seq" in line]
        self.assertEqual(len(logged), len(set(logged)))
        self.assertTrue({event["seq"] for event in events if event["type"].startswith(("limit", "entity"))} <= set(logged))
        self.assertTrue(all("timestamp" in line and "severity_text" in line and "body" in line for line in lines))

    def test_an_idle_server_is_small(self):
        with open("/proc/%d/status" % self.server.process.pid, encoding="utf-8") as file:
            kib = int(next(line for line in file if line.startswith("VmRSS")).split()[1])
        if "HONK_SANITIZED" not in os.environ:
            self.assertLess(kib, 30 * 1024)


class TestWorkers(unittest.TestCase):
    def setUp(self):
        self.server = Server(workers=2)

    def tearDown(self):
        self.server.remove()

    def children(self):
        return support.children_of(self.server.process.pid)

    def test_workers_that_die_are_started_again(self):
        before = wait_for(lambda: self.children() if len(self.children()) == 2 else None)
        os.kill(before[0], signal.SIGKILL)
        after = wait_for(lambda: self.children() if len(self.children()) == 2 and before[0] not in self.children() else None)
        self.assertIn(before[1], after)
        wait_for(lambda: b"honk_worker_restarts_total 1" in self.server.get("/metrics").body)

    def test_stopping_ends_workers_and_streams_in_order(self):
        stream = Stream(self.server, "/events")
        before = wait_for(lambda: self.children() if len(self.children()) == 2 else None)
        begun = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - begun, 2)
        for pid in before:
            self.assertFalse(os.path.exists("/proc/%d" % pid))
        stream.close()

    def test_killing_the_server_ends_its_workers(self):
        before = wait_for(lambda: self.children() if len(self.children()) == 2 else None)
        self.server.stop(signal.SIGKILL)
        wait_for(lambda: not any(os.path.exists("/proc/%d" % pid) for pid in before))


if __name__ == "__main__":
    unittest.main()
