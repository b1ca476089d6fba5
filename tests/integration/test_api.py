"""The contract: routes and document list the same, every success and every declared error is provoked and checked."""
import json
import os
import subprocess
import unittest

import api_delegate
import api_portal
import api_rollouts
import support
from api_world import ANOTHER, HONK, Contract, Server, Stream, Worker, wait_for

contract = Contract()

# (method, path) of calls that need a certain state are driven in Lifecycle; the rest is provoked by rule.
MISSING = {"/campaigns/{id}": "no-such", "/migrations/{id}": "no-such", "/rollouts/{id}": "m-no.such", "/tasks/{id}": "t-no-such",
           "/tokens/{id}": "0123456789ab", "/webhooks/{name}": "nothing",
           "/blobs/{digest}": "sha256:" + "0" * 64, "/entities/{kind}/{namespace}/{name}": "component/default/no-such"}

# The least that passes the route's table.
BODIES = {
    ("POST", "/agents/migrate"): {"entityRef": "migration:default/no-such"},
    ("POST", "/migrations"): {"entity": "no-such"},
    ("POST", "/migrations/{id}/approve"): {"digest": "0123456789abcdef"},
    ("POST", "/migrations/{id}/retire"): {"reason": "a test"},
    ("POST", "/migrations/{id}/accept-mixed"): {"reason": "a test"},
    ("POST", "/rollouts"): {"service": "player"},
    ("POST", "/campaigns"): {"entity": "no-such"},
    ("POST", "/campaigns/{id}/approve"): {"digest": "0123456789abcdef"},
    ("POST", "/tasks/lease"): {"worker": "w-1"},
    ("POST", "/tasks/{id}/heartbeat"): {"token": 1},
    ("POST", "/tasks/{id}/intent"): {"token": 1, "pre_state": {}},
    ("POST", "/tasks/{id}/report"): {"token": 1, "outcome": {"kind": "released"}},
    ("POST", "/tasks/{id}/skip"): {"reason": "a test"},
    ("POST", "/tasks/{id}/done"): {"reason": "a test"},
    ("PUT", "/limits"): {"resource": "store:shop", "count": 1},
    ("POST", "/tokens"): {"identity": "ada"},
    ("POST", "/webhooks/{name}"): {"object_kind": "push"},
}


def target_of(path):
    """The path with names that do not exist."""
    for pattern, name in MISSING.items():
        if path.startswith(pattern):
            stem = pattern[:pattern.index("{")]
            return stem + name + path[len(pattern):]
    return path + ("?ref=no-such" if path == "/lineage" else "")


class TestDocument(unittest.TestCase):
    def setUp(self):
        dump = subprocess.run([HONK, "serve", "--routes"], capture_output=True, check=True)
        self.routes = {(route["method"], route["path"]): route for route in json.loads(dump.stdout)}
        self.operations = {(method, path): (operation, parameters) for method, path, _, operation, parameters in contract.operations}

    def test_routes_and_document_list_the_same(self):
        self.assertEqual(sorted(self.routes), sorted(self.operations))

    def test_each_operation_says_role_summary_and_success_of_its_route(self):
        for key, route in self.routes.items():
            with self.subTest(route=key):
                operation, _ = self.operations[key]
                self.assertEqual(operation["x-role"], route["role"])
                self.assertEqual(operation["summary"], route["summary"])
                self.assertIn(str(route["status"]), operation["responses"])
                self.assertIn("default", operation["responses"])

    def test_each_operation_has_the_parameters_of_its_route(self):
        for key, route in self.routes.items():
            with self.subTest(route=key):
                operation, shared = self.operations[key]
                parameters = [contract.resolve(parameter) for parameter in operation.get("parameters", []) + shared]
                query = {p["name"]: p.get("required", False) for p in parameters if p["in"] == "query"}
                self.assertEqual(query, {p["name"]: p["required"] for p in route["parameters"]})
                in_path = [p["name"] for p in parameters if p["in"] == "path"]
                self.assertEqual(sorted(in_path), sorted(part[1:-1] for part in key[1].split("/") if part.startswith("{")))

    def test_each_operation_has_the_body_of_its_route(self):
        for key, route in self.routes.items():
            with self.subTest(route=key):
                operation, _ = self.operations[key]
                if route["body"] == "none":
                    self.assertNotIn("requestBody", operation)
                elif route["body"] == "json":
                    body = contract.resolve(operation["requestBody"])
                    schema = contract.resolve(body["content"]["application/json"]["schema"])
                    members = {member["name"]: member["required"] for member in route["members"]}
                    self.assertEqual(sorted(schema["properties"]), sorted(members))
                    self.assertEqual(sorted(schema.get("required", [])), sorted(name for name in members if members[name]))
                    self.assertIs(schema["additionalProperties"], False)
                    self.assertEqual(body.get("required", False), any(members.values()))


class TestErrors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(contract)
        # A worker's token may read and work; one of nobody in particular may read.
        cls.worker = cls.server.post("/tokens", {"identity": "worker:w-1", "note": "a test"}).json["token"]
        cls.plain = cls.server.post("/tokens", {"identity": "uma"}).json["token"]

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.server.remove()
        assert status == 0, status

    def each(self, status):
        for method, path, _, operation, _ in contract.operations:
            if str(status) in operation["responses"]:
                yield method, path, operation

    def provoke(self, status, method, path, **how):
        how.setdefault("body", BODIES.get((method, path)))
        with self.subTest(operation=method + " " + path):
            answer = self.server.call(method, how.pop("target", target_of(path)), **how)
            self.assertEqual(answer.status, status, answer)
            self.assertEqual(answer.json["status"], status)
            self.assertGreater(len(answer.json["detail"]), 10)

    def test_400_an_unknown_parameter(self):
        for method, path, operation in self.each(400):
            target = target_of(path)
            self.provoke(400, method, path, target=target + ("&" if "?" in target else "?") + "nonsense=1")

    def test_401_without_a_token_over_tcp(self):
        for method, path, operation in self.each(401):
            if path == "/webhooks/{name}":
                continue  # its host is known by what it signs
            self.provoke(401, method, path, tcp=True)
            answer = self.server.call(method, target_of(path), tcp=True, body=BODIES.get((method, path)))
            self.assertEqual(answer.headers["WWW-Authenticate"], 'Bearer realm="honk"')
            self.assertIn("honk login", answer.json["hint"])

    def test_a_webhook_needs_no_token_but_what_its_host_signs_it_with(self):
        event = {"object_kind": "push", "ref": "refs/heads/main", "project": {"path_with_namespace": "acme/player", "default_branch": "main"}}
        for token in ({}, {"X-Gitlab-Token": "the host's secrets"}):
            self.provoke(401, "POST", "/webhooks/{name}", target="/webhooks/hosted", tcp=True, body=event, headers=token)
        answer = self.server.call("POST", "/webhooks/hosted", event, tcp=True, headers={"X-Gitlab-Token": "the host's secret"})
        self.assertEqual((answer.status, answer.json), (200, {"looks": 0}))

    def test_403_without_the_role(self):
        for method, path, operation in self.each(403):
            token = self.worker if operation["x-role"] not in ("worker", "viewer") else self.plain
            self.provoke(403, method, path, token=token)

    def test_404_for_what_is_not_there(self):
        for method, path, operation in self.each(404):
            who = "bo" if operation["x-role"] == "approver" else None
            self.provoke(404, method, path, who=who)

    def test_405_says_what_is_allowed(self):
        answer = self.server.call("PATCH", "/migrations")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD, POST"))

    def test_411_without_a_body_that_is_needed(self):
        for method, path, operation in self.each(411):
            with self.subTest(operation=method + " " + path):
                line = "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % (method, target_of(path))
                answer = self.server.raw(line.encode(), tcp=False)
                self.assertTrue(answer.startswith(b"HTTP/1.1 411 "), answer)
                contract.seen.add((method, path, "411"))

    def test_413_before_the_body_is_read(self):
        for method, path, operation in self.each(413):
            with self.subTest(operation=method + " " + path):
                line = "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n" % (method, target_of(path))
                answer = self.server.raw(line.encode(), tcp=False)
                self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)
                contract.seen.add((method, path, "413"))

    def test_415_for_another_type(self):
        for method, path, operation in self.each(415):
            self.provoke(415, method, path, type="text/csv", body=None, raw=b"a,b")

    def test_422_for_a_key_that_was_used(self):
        key = {"Idempotency-Key": "the same for all"}
        first = self.server.call("PUT", "/limits", {"resource": "group:shop", "count": 7}, headers=key)
        self.assertEqual(first.status, 200)
        again = self.server.call("PUT", "/limits", {"resource": "group:shop", "count": 7}, headers=key)
        self.assertEqual((again.status, again.json), (200, first.json))
        for method, path, operation in self.each(422):
            body = {"resource": "group:shop", "count": 8} if path == "/limits" else BODIES.get((method, path))
            if path == "/entities":
                self.provoke(422, method, path, headers=key, raw=(ANOTHER % "x").encode(), type="application/yaml")
            else:
                self.provoke(422, method, path, headers=key, body=body)

    def test_503_when_all_streams_are_taken(self):
        streams = []
        while not streams or streams[-1].status == 200:
            self.assertLess(len(streams), 5000, "there is no limit")
            streams.append(Stream(self.server, "/events"))
        answer = self.server.get("/events", headers={"Accept": "text/event-stream"})
        self.assertEqual((answer.status, answer.json["code"]), (503, "limit"))
        self.assertGreater(int(answer.headers["Retry-After"]), 0)
        self.assertEqual(self.server.get("/events").status, 200)
        for stream in streams:
            stream.close()


class TestLifecycle(unittest.TestCase):
    """Each route's success, with a worker that only says that it did its work."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(contract, window="0s")
        cls.worker = Worker(cls.server)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.server.remove()
        assert status == 0, status

    def tearDown(self):
        """Nothing stays open: a dataset is moved by one migration at a time."""
        for row in self.server.get("/migrations?limit=1000").json["items"]:
            if row["state"] in ("draft", "planned", "approved", "preflight", "running", "paused", "halted", "soaking", "rolling_back"):
                self.server.post("/migrations/%s/%s" % (row["id"], "rollback" if row["has_effects"] else "cancel"), who="ada")
        self.worker.work()

    def ok(self, answer, status=200):
        self.assertEqual(answer.status, status, answer)
        return answer.json

    def planned(self, steps=("stage", "swap"), **more):
        made = self.ok(self.server.post("/migrations", {"entity": "orders", "reason": "a test"}, who="ada"), 201)
        digest = self.worker.plan(steps, **more)
        return made["id"], digest

    def act(self, id, what, body=None, who="ada"):
        return self.server.post("/migrations/%s/%s" % (id, what), body, who=who)

    def may(self, id, what, who):
        return self.ok(self.server.get("/migrations/" + id, who=who))["allowed_actions"][what]

    def running(self, steps=("stage", "swap"), **more):
        id, digest = self.planned(steps, **more)
        self.ok(self.act(id, "approve", {"digest": digest[7:15]}, who="bo"))
        self.ok(self.act(id, "start"))
        return id

    def state(self, id):
        return self.ok(self.server.get("/migrations/" + id))["state"]

    def test_what_everybody_may_read(self):
        for target in ("/", "/healthz", "/readyz", "/metrics"):
            self.ok(self.server.get(target, tcp=True))
            self.assertEqual(self.server.call("HEAD", target).status, 200)
        self.assertIn(b"honk_plans{state=\"running\"}", self.server.get("/metrics").body)
        self.assertEqual(self.ok(self.server.get("/whoami"))["identity"], "local")
        self.assertEqual(self.ok(self.server.get("/whoami", who="ada"))["via"], "local")

    def test_tokens_are_made_used_and_revoked(self):
        made = self.ok(self.server.post("/tokens", {"identity": "cy", "note": "a test", "ttl_s": 60}), 201)
        self.assertEqual(self.ok(self.server.get("/whoami", token=made["token"]))["identity"], "user:default/cy")
        self.assertIn(made["id"], [token["id"] for token in self.ok(self.server.get("/tokens?limit=1000"))["items"]])
        self.assertNotIn(made["token"].encode(), self.server.get("/tokens").body)
        self.ok(self.server.call("DELETE", "/tokens/" + made["id"]))
        self.assertEqual(self.server.get("/whoami", token=made["token"]).status, 401)

    def test_entities_are_applied_listed_read_and_walked(self):
        text = (ANOTHER % "another").encode()
        tried = self.ok(self.server.post("/entities?dry_run=1&file=x.yaml", raw=text, type="application/yaml"))
        self.assertEqual((tried["added"], tried["dry_run"]), (1, True))
        self.assertEqual(self.server.get("/entities/migration/default/another").status, 404)
        done = self.ok(self.server.post("/entities", raw=text, type="application/yaml", who="ada"))
        self.assertEqual((done["added"], done["refs"]), (1, ["migration:default/another"]))
        again = self.ok(self.server.post("/entities", raw=text, type="application/yaml", who="ada"))
        self.assertEqual((again["added"], again["unchanged"]), (0, 1))
        self.assertEqual(self.ok(self.server.get("/entities/migration/default/another"))["owner"], "group:default/sellers")
        names = [entity["ref"] for entity in self.ok(self.server.get("/entities?kind=resource&limit=1"))["items"]]
        self.assertEqual(names, ["resource:default/orders-v1"])
        walked = self.ok(self.server.get("/lineage?ref=resource:default/orders-v1&direction=down&depth=3"))
        self.assertIn("component:default/report", [entity["ref"] for entity in walked["downstream"]["entities"]])
        broken = self.server.post("/entities", raw=b"kind: [", type="application/yaml")
        self.assertEqual(broken.status, 400)
        self.assertTrue(broken.json["diagnostics"][0]["line"] >= 1)

    def test_consumers_are_listed_and_counted(self):
        self.assertEqual(self.ok(self.server.get("/consumers?limit=1&stand=person&owner=group:default/sellers"))["items"], [])
        self.assertEqual(self.ok(self.server.get("/consumers/summary?q=no-such"))["owners"], [])
        self.assertEqual(self.ok(self.server.get("/consumers/numbers?q=no-such"))["consumers"], 0)

    def test_limits_are_listed_and_changed(self):
        self.ok(self.server.call("PUT", "/limits", {"resource": "group:shop", "count": 2, "reason": "a test"}, who="ada"))
        self.assertIn({"resource": "group:shop", "count": 2, "in_use": 0}, self.ok(self.server.get("/limits"))["items"])

    def test_the_main_road_and_the_way_back(self):
        made = self.ok(self.server.post("/agents/migrate", {"entityRef": "migration:default/orders"}, who="ada"), 201)
        id = made["id"]
        draft = self.ok(self.server.get("/migrations/" + id))
        self.assertEqual((draft["state"], draft["author"]), ("draft", "user:default/ada"))
        self.assertEqual(self.server.get("/migrations/%s/plan" % id).status, 404)
        digest = self.worker.plan(("stage", "swap"))
        read = self.ok(self.server.get("/migrations/%s/plan" % id))
        self.assertEqual((read["digest"], read["observations"]), (digest, {"source_rows": 3}))
        report = self.ok(self.server.get("/migrations/%s/report" % id))
        self.assertEqual((report["forecast"], report["outcome"], len(report["steps"])), (None, None, len(read["plan"]["steps"])))
        view = self.ok(self.server.get("/migrations/orders", who="ada"))
        self.assertEqual((view["id"], view["state"], view["digest"]), (id, "planned", digest))
        self.assertFalse(view["allowed_actions"]["approve"]["allowed"])
        self.assertEqual(view["allowed_actions"]["plan"], {"allowed": True})

        self.assertEqual(self.may(id, "withdraw", "bo"), {"allowed": False, "why": "you have not said yes to it"})
        self.assertEqual(self.may(id, "approve", "bo"), {"allowed": True})
        own = self.act(id, "approve", {"digest": digest[7:15]}, who="ada")
        self.assertEqual(own.status, 403)
        self.assertIn("user:default/bo", own.json["detail"])
        other = self.act(id, "approve", {"digest": "0" * 8}, who="bo")
        self.assertEqual((other.status, other.json["code"]), (409, "mismatch"))
        self.assertEqual(self.act(id, "start").status, 409)
        self.assertEqual(self.ok(self.act(id, "approve", {"digest": digest, "reason": "read it"}, who="bo"))["state"], "approved")
        self.assertEqual(self.may(id, "withdraw", "bo"), {"allowed": True})
        self.ok(self.act(id, "withdraw", who="bo"))
        self.assertEqual(self.state(id), "planned")
        self.assertFalse(self.may(id, "withdraw", "bo")["allowed"])
        self.ok(self.act(id, "approve", {"digest": digest[7:15]}, who="bo"))
        self.ok(self.act(id, "start"))
        task = self.worker.lease(wait_ms=2000)
        self.assertEqual(task["action"], "preflight")
        beat = self.ok(self.worker.say(task, "heartbeat", {"progress": {"done": 1, "total": 2, "unit": "schemas"}}))
        self.assertFalse(beat["stop"])
        self.assertEqual(self.ok(self.server.get("/migrations/" + id))["look"], {"done": 1, "total": 2, "unit": "schemas"})
        self.ok(self.server.get("/tasks/" + task["id"]))
        self.ok(self.worker.report(task, evidence={}))
        late = dict(task, token=task["token"] + 7)
        self.assertEqual(self.worker.report(late, evidence={}).json["code"], "fenced")
        self.assertEqual(self.worker.say(late, "heartbeat", {}).status, 409)
        self.assertEqual(self.worker.say(late, "intent", {"pre_state": {}}).status, 409)
        self.assertEqual(self.server.get("/blobs/" + digest).status, 200)
        self.ok(self.act(id, "pause", {"reason": "lunch"}))
        self.assertEqual(self.state(id), "paused")
        self.ok(self.act(id, "resume"))
        stage = None

        def first(task):
            nonlocal stage
            stage = stage or (task if task["action"] == "stage" else None)
            return False

        self.worker.work(first)
        view = self.ok(self.server.get("/migrations/" + id))
        self.assertIn(view["state"], ("soaking", "succeeded", "closed"))
        self.assertEqual([step["status"] for step in view["steps"]], ["done", "done"])
        page = self.ok(self.server.get("/migrations/%s/tasks?limit=1" % id))
        self.assertEqual(len(page["items"]), 1)
        more = self.ok(self.server.get("/migrations/%s/tasks?limit=1000&after=%s" % (id, page["next"])))
        self.assertNotIn(page["items"][0]["id"], [task["id"] for task in more["items"]])
        for count in range(3, 7):  # what happens meanwhile elsewhere is not of it
            self.server.call("PUT", "/limits", {"resource": "elsewhere", "count": count})
        own = self.ok(self.server.get("/migrations/%s/events?limit=1000" % id))["items"]
        self.assertEqual(self.ok(self.server.get("/migrations/%s/events?last=2" % id))["items"], own[-2:])
        self.assertEqual(self.ok(self.server.get("/migrations/%s/events?last=1000&limit=1000" % id))["items"], own)
        events = self.ok(self.server.get("/migrations/%s/events?type=plan.state" % id))["items"]
        self.assertEqual([event["to"] for event in events][:3], ["draft", "planned", "approved"])
        self.assertIn(id, [row["id"] for row in self.ok(self.server.get("/migrations?q=orders"))["items"]])

    def test_only_the_steps_of_a_scope_go_back(self):
        id = self.running()
        wrong = self.act(id, "rollback", {"scope": ["stge"]})
        self.assertEqual((wrong.status, wrong.json["code"]), (400, "invalid"))
        for _ in range(3):
            task = self.worker.lease(wait_ms=2000)
            if task["action"] == "stage":
                self.worker.say(task, "intent", {"pre_state": {"start": {}}})
                self.worker.report(task, evidence={"made": True})
                break
            self.worker.report(task, evidence={})
        self.assertEqual(self.ok(self.act(id, "rollback", {"scope": ["stage"]}))["state"], "paused")
        back = self.worker.lease(wait_ms=2000)
        self.assertEqual((back["action"], back["phase"]), ("stage", "reverse"))
        self.worker.report(back, evidence={})
        statuses = {step["name"]: step["status"] for step in self.ok(self.server.get("/migrations/" + id))["steps"]}
        self.assertEqual(statuses["stage"], "reversed")
        self.assertEqual(self.state(id), "paused")

    def say(self, name, what, body=None, who="ada"):
        return self.server.post("/campaigns/%s/%s" % (name, what), body, who=who)

    def campaign(self, name, planned=True):
        """One with a single migration, as far as its plan."""
        text = "apiVersion: honk/v1\nkind: Campaign\nmetadata: { name: %s }\nspec: { owner: sellers, migrations: [ orders ] }\n"
        self.ok(self.server.post("/entities", raw=(text % name).encode(), type="application/yaml", who="ada"))
        id = self.ok(self.server.post("/campaigns", {"entity": name}, who="ada"), 201)["id"]
        if planned:
            self.assertEqual(self.ok(self.say(id, "plan")), {"planned": 1, "left": 0, "problems": []})
            self.worker.plan(("stage", "swap"))
        return id

    def test_a_campaign_is_reviewed_approved_moved_and_taken_back(self):
        id = self.campaign("spring")
        self.assertEqual(self.server.post("/campaigns", {"entity": "spring"}, who="ada").status, 409)
        self.assertIn(id, [row["id"] for row in self.ok(self.server.get("/campaigns"))["items"]])
        review = self.ok(self.server.get("/campaigns/spring/review"))
        self.assertEqual([(c["count"], c["members"]) for c in review["classes"]], [(1, ["orders"])])
        own = self.say(id, "approve", {"digest": review["digest"]}, who="ada")
        self.assertEqual(own.status, 403)
        other = self.say(id, "approve", {"digest": "0" * 8}, who="bo")
        self.assertEqual((other.status, other.json["code"]), (409, "mismatch"))
        self.assertEqual(self.say(id, "start").status, 409)
        self.assertEqual(self.say(id, "rollback").status, 409)
        yes = self.ok(self.say(id, "approve", {"digest": review["digest"][7:15]}, who="bo"))
        self.assertEqual((yes["counted"], yes["approved"], yes["not_covered"]), (1, 1, []))
        self.assertEqual(self.ok(self.say(id, "start"))["state"], "running")
        self.ok(self.say(id, "pause"))
        self.assertEqual(self.say(id, "pause").status, 409)
        self.ok(self.say(id, "resume"))
        self.assertEqual(self.say(id, "resume").status, 409)
        self.ok(self.say(id, "halt"))
        self.assertEqual(self.say(id, "halt").status, 409)
        self.assertEqual(self.say(id, "resume").status, 400)
        self.ok(self.say(id, "resume", {"reason": "looked at it"}))
        self.assertEqual(self.ok(self.say(id, "throttle", {"rows_per_second": 5}))["throttle"], {"rows_per_second": 5})
        seen = self.ok(self.server.get("/campaigns/" + id))
        self.assertEqual((seen["throttle"], seen["allowed_actions"]["throttle"]), ({"rows_per_second": 5}, {"allowed": True}))
        self.assertIsNone(self.ok(self.say(id, "throttle", {"rows_per_second": 0}))["throttle"])
        self.worker.work()
        view = self.ok(self.server.get("/campaigns/spring", who="ada"))
        self.assertEqual((view["state"], view["progress"]["done"]), ("succeeded", 1), view)
        self.assertEqual(view["allowed_actions"]["throttle"], {"allowed": False, "why": "it is 'succeeded', and moves no rows"})
        self.assertEqual(self.say(id, "throttle", {"rows_per_second": 5}).status, 409)
        page = self.ok(self.server.get("/campaigns/spring/members?limit=10"))
        self.assertEqual([item["migration"] for item in page["items"]], ["migration:default/orders"])

    def test_a_campaign_goes_back_from_the_middle(self):
        id = self.campaign("autumn")
        review = self.ok(self.server.get("/campaigns/%s/review" % id))
        self.ok(self.say(id, "approve", {"digest": review["digest"]}, who="bo"))
        self.ok(self.say(id, "start"))
        for _ in range(5):
            task = self.worker.lease(wait_ms=2000)
            self.ok(self.worker.say(task, "intent", {"pre_state": {}})) if task["action"] == "stage" else None
            self.worker.report(task, evidence={})
            if task["action"] == "stage":
                break
        for what, who in (("cancel", "ada"), ("reject", "bo")):
            self.assertEqual(self.say(id, what, who=who).status, 409)
        self.assertEqual(self.ok(self.say(id, "rollback", {"reason": "a test", "give_up_rows": True}))["state"], "rolling_back")
        self.ok(self.say(id, "rollback"))
        self.assertEqual(self.say(id, "plan").status, 409)
        self.assertEqual(self.say(id, "throttle", {"rows_per_second": 5}).status, 409)
        self.worker.work()
        self.assertEqual(self.ok(self.server.get("/campaigns/" + id))["states"], {"rolled_back": 1})

    def test_a_campaign_is_cancelled_or_rejected_before_anything_moved(self):
        for what, who in (("cancel", "ada"), ("reject", "bo")):
            id = self.campaign("winter")
            self.assertEqual(self.ok(self.say(id, what, {"reason": "a test"}, who=who))["state"], "cancelled")
            states = self.ok(self.server.get("/campaigns/" + id))["states"]
            self.assertEqual(states, {"cancelled" if what == "cancel" else "rejected": 1})

    def test_a_rollback_is_held_and_goes_on(self):
        id = self.running()
        stage = None
        for _ in range(5):
            task = self.worker.lease(wait_ms=2000)
            if task["action"] == "stage":
                stage = task
                break
            self.worker.report(task, evidence={})
        self.worker.say(stage, "intent", {"pre_state": {"start": {}}})
        self.worker.report(stage, evidence={"made": True})
        self.ok(self.act(id, "rollback", {"reason": "a test", "give_up_rows": False}))
        self.ok(self.act(id, "rollback"))
        self.ok(self.act(id, "hold"))
        self.assertTrue(self.ok(self.server.get("/migrations/" + id))["held"])
        self.ok(self.act(id, "go-on"))
        self.worker.work()
        self.assertEqual(self.state(id), "rolled_back")

    def test_cancel_reject_and_plan_again(self):
        id, digest = self.planned()
        early = self.act(id, "start")
        self.assertIn("'start' is not possible while 'migration:default/", early.json["detail"])
        self.assertIn("' is planned", early.json["detail"])
        self.ok(self.act(id, "cancel"))
        self.assertEqual(self.state(id), "cancelled")
        steps = self.ok(self.server.get("/migrations/" + id))["steps"]
        self.assertEqual({step["status"] for step in steps}, {"not_applied"}, "nothing comes later")
        again = self.ok(self.act(id, "plan", {"reason": "once more"}), 201)
        self.worker.plan()
        self.ok(self.act(again["id"], "reject", {"reason": "no"}, who="bo"))
        self.assertEqual(self.state(again["id"]), "rejected")
        late = self.act(again["id"], "approve", {"digest": digest[7:15]}, who="bo")
        self.assertEqual(late.status, 409)
        self.assertIn("allowed_actions", late.json)

    def test_a_throttle_is_set_and_taken_away(self):
        id, _ = self.planned()
        limits = {"rows_per_second": 100, "command": "quiet"}
        self.assertEqual(self.ok(self.act(id, "throttle", dict(limits, reason="a test")))["throttle"], limits)
        self.assertEqual(self.ok(self.server.get("/migrations/" + id))["throttle"], limits)
        self.assertEqual(self.ok(self.act(id, "throttle", {"rows_per_second": 0, "command": ""}))["throttle"], None)
        self.assertNotIn("throttle", self.ok(self.server.get("/migrations/" + id)))

    def test_how_many_consumers_may_fail_is_changed_where_code_is_changed(self):
        id, _ = self.planned(pace={"of": 40})
        self.assertEqual(self.ok(self.act(id, "pace", {"max_failures": "5%", "soak_ms": 1000, "reason": "a test"}))["pace"],
                         {"of": 40, "max_failures": "5%", "soak_ms": 1000})
        self.assertEqual(self.ok(self.server.get("/migrations/" + id))["pace"]["max_failures"], "5%")
        wrong = self.act(id, "pace", {"max_failures": "many"})
        self.assertEqual((wrong.status, wrong.json["code"]), (400, "invalid"))
        self.assertIn("'many', expected a count of consumers such as 3, or a share such as 5%", wrong.json["detail"])
        id, _ = self.planned()
        refused = self.act(id, "pace", {"max_failures": "1"})
        self.assertEqual((refused.status, refused.json["code"]), (409, "wrong_state"))
        self.assertIn("changes no code", refused.json["detail"])

    def test_nothing_is_done_to_what_has_ended(self):
        id, digest = self.planned()
        self.ok(self.act(id, "reject", who="bo"))
        for what in ("approve", "withdraw", "reject", "start", "pause", "resume", "cancel", "halt", "rollback", "hold", "go-on",
                     "retire", "accept-mixed", "throttle", "pace"):
            body = {"digest": digest} if what == "approve" else {"reason": "a test"}
            answer = self.act(id, what, body, who="bo")
            self.assertEqual((answer.status, answer.json["code"]), (409, "wrong_state"), what)
            self.assertIn("is rejected, which is an end", answer.json["detail"])

    def failing(self):
        """A migration whose first step failed for good."""
        id = self.running()

        def refuse(task):
            if task["action"] != "stage" or task["phase"] != "forward":
                return False
            self.worker.report(task, "error", error={"code": "invalid", "message": "it cannot be done"}, before_effect=True)
            return True

        self.worker.work(refuse)
        failed = self.ok(self.server.get("/migrations/%s/tasks?status=failed" % id))["items"]
        self.assertEqual(len(failed), 1)
        return id, failed[0]["id"]

    def test_failed_tasks_are_retried_skipped_or_said_to_be_done(self):
        for what, body in (("retry", {"reason": "mended"}), ("skip", {"reason": "not needed"}),
                           ("done", {"reason": "by hand", "evidence": {"seen": True}})):
            with self.subTest(what=what):
                id, task = self.failing()
                self.assertEqual(self.state(id), "halted")
                self.ok(self.server.post("/tasks/%s/%s" % (task, what), body, who="ada"))
                again = self.server.post("/tasks/%s/%s" % (task, what), body, who="ada")
                self.assertEqual(again.status, 409, again)
                self.tearDown()

    def test_the_kill_switch_halts(self):
        id = self.running()
        for _ in range(3):
            task = self.worker.lease(wait_ms=2000)
            self.worker.report(task, evidence={})
            if self.state(id) == "running":
                break
        self.ok(self.act(id, "halt", {"reason": "smoke"}))
        self.assertEqual(self.state(id), "halted")
        self.assertEqual(self.act(id, "resume").status, 400)

    def test_retiring_needs_its_own_yes(self):
        id = self.running(("stage", "swap", "retire"), rollback_window_ms=0)
        self.worker.work()
        self.assertEqual(self.act(id, "retire", {"reason": "a test"}, who="ada").status, 403)
        wait_for(lambda: self.server.get("/migrations/" + id, who="bo").json["allowed_actions"]["retire"]["allowed"])
        self.ok(self.act(id, "retire", {"reason": "nobody reads it"}, who="bo"))
        self.worker.work()
        self.assertEqual(self.state(id), "closed")

    def test_a_mixed_state_takes_two_people(self):
        id = self.running()

        def stuck(task):
            if task["phase"] == "reverse":
                self.worker.report(task, "error", error={"code": "invalid", "message": "it cannot be undone"})
                return True
            if task["action"] == "swap":
                self.worker.report(task, "error", error={"code": "invalid", "message": "no"}, before_effect=True)
                return True
            return False

        self.worker.work(stuck)
        self.ok(self.act(id, "rollback", {"reason": "a test"}))
        self.worker.work(stuck)
        self.assertEqual(self.state(id), "needs_operator")
        self.ok(self.act(id, "accept-mixed", {"reason": "looked at it"}, who="ada"))
        self.assertEqual(self.state(id), "needs_operator")
        self.ok(self.act(id, "accept-mixed", {"reason": "looked at it, too"}, who="bo"))
        self.assertEqual(self.state(id), "closed_mixed")

    def test_a_changed_policy_makes_a_plan_stale(self):
        id, digest = self.planned()
        path = os.path.join(self.server.folder, "catalog", "more.yaml")
        extra = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: dashboard }
spec: { type: service, lifecycle: production, owner: sellers, dependsOn: [ "resource:default/orders-v1" ] }
"""
        self.ok(self.server.post("/entities", raw=extra.encode(), type="application/yaml"))
        answer = self.act(id, "approve", {"digest": digest[7:15]}, who="bo")
        self.assertEqual((answer.status, answer.json["code"]), (409, "drift"), answer)
        self.assertIn("component:default/dashboard", answer.json["differences"][0])
        self.assertEqual(self.state(id), "stale")
        self.assertIn("dashboard", self.ok(self.server.get("/migrations/" + id))["differences"][0])

    def test_events_are_followed_and_resumed(self):
        stream = Stream(self.server, "/events?type=limit")
        self.server.call("PUT", "/limits", {"resource": "group:shop", "count": 5})
        first = stream.until(lambda event: event["type"] == "limit.changed")
        stream.close()
        self.server.call("PUT", "/limits", {"resource": "group:shop", "count": 6})
        resumed = Stream(self.server, "/events?type=limit.changed", last_id=first["id"])
        second = resumed.next()
        self.assertGreater(int(second["id"]), int(first["id"]))
        resumed.close()
        self.assertEqual(self.server.get("/events?last=1").json["items"][0]["type"], "limit.changed")


class TestRollouts(api_rollouts.Rollouts):
    contract = contract


class TestDelegate(api_delegate.Delegate):
    contract = contract


class TestPortal(api_portal.Portal):
    contract = contract


class TestZCoverage(unittest.TestCase):
    """Runs last (unittest sorts classes by file order, methods by name)."""

    def test_every_declared_answer_was_seen(self):
        missing = sorted(" ".join(item) for item in set(contract.declared()) - contract.seen)
        self.assertEqual(missing, [], "\n".join(missing))


if __name__ == "__main__":
    support.open_many_files()
    unittest.main()
