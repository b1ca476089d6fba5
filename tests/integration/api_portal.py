"""The portal's files, and who is let in by its cookie. `test_api` runs it, and counts what it saw."""
import gzip
import re
import unittest

from api_world import CONFIG, Server, Worker

PORTAL = {"Honk-Portal": "1"}
PEOPLE = "user:default/ada,user:default/bo"


class Portal(unittest.TestCase):
    contract = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.contract, more=["--people", PEOPLE])
        cls.worker = Worker(cls.server)
        cls.page = cls.server.get("/", tcp=True)
        cls.has_portal = b"/assets/" in cls.page.body

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.server.remove()
        assert status == 0, status

    def token(self, name):
        return self.server.post("/tokens", {"identity": name}).json

    def log_in(self, name="ada", **more):
        """The cookie, as a browser sends it."""
        answer = self.server.post("/session", {"token": self.token(name)["token"]}, tcp=True, headers=PORTAL, **more)
        self.assertEqual(answer.status, 200, answer)
        return answer, answer.headers["Set-Cookie"].split(";")[0]

    def with_cookie(self, method, target, cookie, body=None, **headers):
        return self.server.call(method, target, body=body, tcp=True, headers={"Cookie": cookie, **headers})

    # ---- files ----

    def assets(self):
        return re.findall(r'(?:src|href)="\.?(/assets/[^"]+)"', self.page.body.decode())

    def test_the_page_loads_only_files_of_its_own_and_each_comes_as_the_browser_takes_it(self):
        if not self.has_portal:
            self.contract.seen.update(("GET", "/assets/{name}", status) for status in ("200", "304"))
            self.skipTest("this program was built without its portal")
        self.assertNotIn(b"<style", self.page.body)
        self.assertNotRegex(self.page.body.decode(), r"<script(?![^>]*\bsrc=)|\son\w+=|https?://")
        self.assertGreater(len(self.assets()), 2)
        for path in self.assets():
            with self.subTest(file=path):
                plain = self.server.get(path, tcp=True)
                packed = self.server.get(path, tcp=True, headers={"Accept-Encoding": "gzip"})
                self.assertEqual((plain.status, plain.headers["Content-Encoding"]), (200, None))
                self.assertIn("immutable", plain.headers["Cache-Control"])
                if packed.headers["Content-Encoding"] == "gzip":
                    self.assertEqual(gzip.decompress(packed.body), plain.body)
                known = self.server.get(path, tcp=True, headers={"If-None-Match": plain.headers["ETag"]})
                self.assertEqual((known.status, known.body), (304, b""))
                refused = self.server.get(path, tcp=True, headers={"Accept-Encoding": "br;q=0, gzip;q=0"})
                self.assertEqual(refused.body, plain.body)

    def test_nothing_is_framed_guessed_or_run_from_elsewhere(self):
        for path in ("/", "/healthz", "/migrations", "/no-such-thing"):
            with self.subTest(path=path):
                headers = self.server.get(path, tcp=True).headers
                self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
                self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
                self.assertNotIn("unsafe", headers["Content-Security-Policy"])
                self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(headers["X-Frame-Options"], "DENY")
                self.assertIsNone(headers["Access-Control-Allow-Origin"])

    # ---- in and out ----

    def test_a_token_becomes_a_cookie_that_scripts_cannot_read_and_that_is_no_token(self):
        token = self.token("ada")["token"]
        answer = self.server.post("/session", {"token": token}, tcp=True, headers=PORTAL)
        cookie = answer.headers["Set-Cookie"]
        self.assertIn("HttpOnly", cookie)
        self.assertIn("SameSite=Strict", cookie)
        self.assertTrue(cookie.startswith("honk_%d=" % self.server.port), cookie)
        self.assertNotIn(token, cookie)
        self.assertNotIn(token.encode(), answer.body)
        pair = cookie.split(";")[0]
        self.assertEqual(self.with_cookie("GET", "/whoami", pair).json["identity"], "user:default/ada")
        value = pair.split("=", 1)[1]
        self.assertEqual(self.server.get("/whoami", token=value).status, 401)
        self.assertEqual(self.server.get("/whoami", token=value.split("|")[0]).status, 401)

    def test_a_cookie_that_was_changed_counts_for_nothing(self):
        _, cookie = self.log_in()
        hash_, until, identity, seal = cookie.split("=", 1)[1].split("|")
        name = cookie.split("=", 1)[0]
        for fields in ([hash_, until, "user:default/bo", seal], [hash_, str(int(until) + 1), identity, seal], [hash_, until, identity, "0" * 64],
                       [hash_, until, identity], [hash_, until, identity, seal + "0"], ["sha256:" + "0" * 64, until, identity, seal]):
            with self.subTest(fields=fields):
                self.assertEqual(self.with_cookie("GET", "/whoami", "%s=%s" % (name, "|".join(fields))).status, 401)

    def test_a_session_ends_with_its_token_and_outlives_the_server(self):
        made = self.token("ada")
        answer = self.server.post("/session", {"token": made["token"]}, tcp=True, headers=PORTAL)
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        self.server.stop()
        self.server.start(str(self.server.port))
        self.assertEqual(self.with_cookie("GET", "/whoami", cookie).status, 200)
        self.server.call("DELETE", "/tokens/" + made["id"])
        self.assertEqual(self.with_cookie("GET", "/whoami", cookie).status, 401)

    def test_logging_out_takes_the_cookie_away(self):
        _, cookie = self.log_in()
        answer = self.with_cookie("DELETE", "/session", cookie, **PORTAL)
        self.assertEqual((answer.status, answer.json), (200, {}))
        self.assertIn("Max-Age=0", answer.headers["Set-Cookie"])

    def test_workers_and_whoever_is_unknown_are_not_let_in(self):
        for body, status in (({"token": self.token("worker:w-1")["token"]}, 403), ({"token": "honk_no"}, 401), ({}, 400),
                             ({"token": "honk_no", "person": "user:default/bo"}, 400), ({"person": "user:default/bo"}, 401)):
            with self.subTest(body=body):
                answer = self.server.post("/session", body, tcp=True, headers=PORTAL)
                self.assertEqual((answer.status, answer.headers["Set-Cookie"]), (status, None), answer)

    # ---- pages from elsewhere ----

    def test_a_write_by_cookie_needs_what_a_page_from_elsewhere_cannot_send(self):
        _, cookie = self.log_in("bo")
        before = self.server.get("/events?last=1").json["seq"]
        for headers in ({}, {"Origin": self.server_origin()}, {"Sec-Fetch-Site": "same-site"}):
            answer = self.with_cookie("POST", "/migrations/orders/reject", cookie, body={}, **headers)
            self.assertEqual(answer.status, 403, answer)
            self.assertIn("Honk-Portal", answer.json["detail"])
        for origin in ("http://evil.example", "http://localhost:1", "null"):
            answer = self.with_cookie("POST", "/migrations/orders/reject", cookie, body={}, Origin=origin, **PORTAL)
            self.assertEqual(answer.status, 403, answer)
            answer = self.server.post("/session", {"token": "honk_no"}, tcp=True, headers={"Origin": origin, **PORTAL})
            self.assertEqual(answer.status, 403, answer)
        types = {event["type"] for event in self.server.get("/events?after=%d" % before).json["items"]}
        self.assertLessEqual(types, {"access.denied"})
        self.assertEqual(self.with_cookie("POST", "/migrations/no-such/reject", cookie, body={}, Origin=self.server_origin(), **PORTAL).status, 404)

    def server_origin(self):
        return "http://127.0.0.1:%d" % self.server.port

    def test_a_cookie_does_not_help_a_name_that_was_made_to_point_here(self):
        _, cookie = self.log_in()
        for host in ("evil.example", "evil.example:%d" % self.server.port, "127.0.0.1.evil.example:%d" % self.server.port, "localhost:1"):
            for path in ("/", "/whoami", "/session"):
                with self.subTest(host=host, path=path):
                    answer = self.with_cookie("GET" if path != "/session" else "DELETE", path, cookie, Host=host, **PORTAL)
                    self.assertEqual(answer.status, 421, answer)

    def test_a_preflight_from_elsewhere_is_not_answered_with_a_yes(self):
        answer = self.server.call("OPTIONS", "/migrations/orders/start", tcp=True,
                                  headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "honk-portal"})
        self.assertEqual(answer.status, 405)
        self.assertIsNone(answer.headers["Access-Control-Allow-Origin"])

    # ---- behind a proxy ----

    def test_the_name_of_a_proxy_is_ours_when_honk_yaml_says_so_and_its_cookie_then_wants_tls(self):
        server = Server(self.contract, config=CONFIG + 'addresses: [ "https://honk.example", "http://portal.example:8080" ]\n')
        try:
            token = server.post("/tokens", {"identity": "bo"}).json["token"]
            for host, status in (("honk.example", 200), ("HONK.example:443", 200), ("portal.example:8080", 200), ("127.0.0.1:%d" % server.port, 200),
                                 ("honk.example:8080", 421), ("portal.example", 421), ("evil.example", 421), ("honk.example.evil.example", 421)):
                with self.subTest(host=host):
                    self.assertEqual(server.get("/whoami", token=token, headers={"Host": host}).status, status)
            for origin, status in (("https://honk.example", 200), ("http://portal.example:8080", 200), ("http://honk.example", 403), ("https://portal.example:8080", 403),
                                   ("https://honk.example:8443", 403), ("https://evil.example", 403), ("null", 403)):
                with self.subTest(origin=origin):
                    answer = server.post("/session", {"token": token}, tcp=True, headers={"Origin": origin, "Host": "honk.example", **PORTAL})
                    self.assertEqual(answer.status, status, answer)
                    if status == 200:
                        self.assertEqual("Secure" in answer.headers["Set-Cookie"], origin.startswith("https"), answer.headers["Set-Cookie"])
            stream = server.connection(tcp=True)
            stream.request("GET", "/events", headers={"Host": "honk.example", "Authorization": "Bearer " + token, "Accept": "text/event-stream"})
            self.assertEqual(stream.getresponse().headers["X-Accel-Buffering"], "no")
            stream.close()
        finally:
            server.stop()
            server.remove()

    # ---- the demo's people ----

    def test_one_of_the_people_goes_on_as_another_and_both_names_are_kept(self):
        answer, cookie = self.log_in("ada")
        self.assertEqual(answer.json["session"]["people"], PEOPLE.split(","))
        answer = self.with_cookie("POST", "/session", cookie, body={"person": "user:default/bo"}, **PORTAL)
        self.assertEqual((answer.json["identity"], answer.json["via"]), ("user:default/bo", "user:default/ada"), answer)
        self.assertIn("approver", answer.json["roles"])
        bo = answer.headers["Set-Cookie"].split(";")[0]
        self.assertEqual(self.with_cookie("GET", "/whoami", bo).json["via"], "user:default/ada")
        self.server.post("/agents/migrate", {"entityRef": "orders"}, who="ada")
        self.assertEqual(self.with_cookie("POST", "/migrations/orders/cancel", bo, body={"reason": "no"}, **PORTAL).status, 200)
        acted = [event for event in self.server.get("/events?last=20").json["items"] if event["type"] == "access.acted"][-1]
        self.assertEqual((acted["actor"], acted["data"]["via"]), ("user:default/bo", "user:default/ada"))
        back = self.with_cookie("POST", "/session", bo, body={"person": "user:default/ada"}, **PORTAL)
        self.assertNotIn("via", back.json)

    def test_nobody_else_becomes_one_of_them_nor_they_anybody_else(self):
        _, cookie = self.log_in("uma")
        self.assertEqual(self.with_cookie("GET", "/whoami", cookie).json["session"]["people"], [])
        self.assertEqual(self.with_cookie("POST", "/session", cookie, body={"person": "user:default/bo"}, **PORTAL).status, 403)
        _, cookie = self.log_in("ada")
        self.assertEqual(self.with_cookie("POST", "/session", cookie, body={"person": "user:default/uma"}, **PORTAL).status, 403)

    def test_without_the_option_nobody_changes_names(self):
        server = Server(self.contract)
        try:
            token = server.post("/tokens", {"identity": "ada"}).json["token"]
            answer = server.post("/session", {"token": token}, tcp=True, headers=PORTAL)
            self.assertEqual(answer.json["session"]["people"], [])
            cookie = answer.headers["Set-Cookie"].split(";")[0]
            answer = server.post("/session", {"person": "user:default/bo"}, tcp=True, headers={"Cookie": cookie, **PORTAL})
            self.assertEqual(answer.status, 403)
        finally:
            server.stop()
            server.remove()

    # ---- what waits for somebody ----

    def test_what_waits_for_somebody_is_told_by_their_roles(self):
        def mine(who):
            return [row["id"] for row in self.server.get("/migrations?mine=1", who=who).json["items"]]

        made = self.server.post("/migrations", {"entity": "orders"}, who="ada").json["id"]
        self.assertEqual(mine("bo") + mine("ada"), [], "a plan that is being made waits for a worker")
        digest = self.worker.plan(("stage", "swap"))
        self.assertEqual((mine("bo"), mine("ada"), mine("uma")), ([made], [], []), "bo approves, and ada is its author")
        self.server.post("/migrations/%s/approve" % made, {"digest": digest}, who="bo")
        self.assertEqual((mine("bo"), mine("ada"), mine("uma")), ([made], [made], []), "both may start it")
        self.server.post("/migrations/%s/cancel" % made, {}, who="ada")
        self.assertEqual(mine("bo") + mine("ada"), [])
