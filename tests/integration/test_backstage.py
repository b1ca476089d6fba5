"""A catalog that is in Backstage. A small server answers as Backstage's catalog does: pages by cursor, entities by refs, a token."""
import base64
import hashlib
import http.server
import json
import threading
import sqlite3
import time
import unittest
import urllib.parse

from api_world import Server, wait_for

TOKEN = "a-static-token-of-backstage"
CONFIG = """
state: .honk
socket: .honk/s
catalog:
  files: [ catalog ]
  backstage: {{ url: "http://127.0.0.1:%d", token: "%s", every: %s }}
workers: {workers}
stores:
  shop: {{ driver: sqlite, path: shop.db }}
policy: {{ self_approval: false, quorum: 1, rollback_window: {window}, soak: 0s }}
roles:
  approver: [ user:default/bo ]
  operator: [ user:default/ada, user:default/bo ]
  admin: [ local ]
"""
ADA, BO, PORTAL = "user:default/ada", "user:default/bo", "service:default/backstage"


def migration(name, strategy="bulk-copy", **metadata):
    return {"apiVersion": "backstage.io/v1beta1", "kind": "Component", "metadata": {"name": name, "namespace": "default", **metadata},
            "spec": {"type": "dataset-migration", "lifecycle": "experimental", "owner": "sellers", "source_dataset": "orders-v1",
                     "target_dataset": "orders-v2", "migration_strategy": strategy}}


def component(name, **spec):
    return {"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": name, "namespace": "default"},
            "spec": {"type": "service", "lifecycle": "production", "owner": "sellers", **spec}}


def ref_of(entity):
    return "%s:default/%s" % (entity["kind"].lower(), entity["metadata"]["name"])


class Backstage(http.server.ThreadingHTTPServer):
    """What its catalog holds is `entities`; what was asked of it is `asked`."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.entities, self.asked, self.is_down = {}, [], False
        self.may_answer = threading.Event()
        self.may_answer.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def put(self, *entities):
        with self.lock:
            for entity in entities:
                self.entities[ref_of(entity)] = entity

    def drop(self, *refs):
        with self.lock:
            for ref in refs:
                del self.entities[ref]

    def full(self, entity):
        """With all that Backstage adds."""
        text = json.dumps(entity, sort_keys=True)
        whole = json.loads(text)
        annotations = whole["metadata"].setdefault("annotations", {})
        annotations.setdefault("backstage.io/managed-by-location", "url:https://git.example/catalog.yaml")
        annotations["backstage.io/view-url"] = "https://git.example/catalog.yaml"
        whole["metadata"].update(uid=hashlib.md5(ref_of(entity).encode()).hexdigest(), etag=hashlib.sha1(text.encode()).hexdigest())
        whole["relations"] = [{"type": "ownedBy", "targetRef": "group:default/sellers"}]
        return whole


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_one(self, body):
        backstage = self.server
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        with backstage.lock:
            backstage.asked.append((self.command, url.path, body or query))
        backstage.may_answer.wait()
        with backstage.lock:
            if backstage.is_down:
                return self.answer(503, {"error": {"name": "ServiceUnavailableError", "message": "starting"}})
            if self.headers.get("Authorization") != "Bearer " + TOKEN:
                return self.answer(401, {"error": {"name": "AuthenticationError", "message": "no token"}})
            whole = {ref: backstage.full(entity) for ref, entity in backstage.entities.items()}
        if url.path == "/api/catalog/entities/by-query":
            return self.page(whole, query)
        if url.path == "/api/catalog/entities/by-refs":
            return self.answer(200, {"items": [whole.get(ref) for ref in body["entityRefs"]]})
        return self.answer(404, {"error": {"name": "NotFoundError", "message": "no such route"}})

    def page(self, whole, query):
        limit = min(int(query["limit"][0]), 20)  # small pages, so that there are several
        if "cursor" in query:
            state = json.loads(base64.b64decode(query["cursor"][0]))
        else:
            state = {"filter": query["filter"][0], "after": ""}
        kinds = {part.split("=")[1] for part in state["filter"].split(",")}
        rows = sorted((one["metadata"]["uid"], one) for one in whole.values() if one["kind"].lower() in kinds)
        rows = [row for row in rows if row[0] > state["after"]]
        shown = [{"kind": one["kind"], "metadata": {key: one["metadata"][key] for key in ("name", "namespace", "etag")}} for _, one in rows[:limit]]
        info = {}
        if len(rows) > limit:
            state["after"] = rows[limit - 1][0]
            info["nextCursor"] = base64.b64encode(json.dumps(state).encode()).decode()
        self.answer(200, {"items": shown, "totalItems": len(rows), "pageInfo": info})

    def do_GET(self):
        self.handle_one(None)

    def do_POST(self):
        self.handle_one(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))


class TestImport(unittest.TestCase):
    def setUp(self):
        self.backstage = Backstage()
        self.server = None

    def tearDown(self):
        if self.server:
            status = self.server.stop()
            log = self.server.log_text()
            self.server.remove()
            self.assertEqual(status, 0, log)
        self.backstage.may_answer.set()
        self.backstage.shutdown()
        self.backstage.server_close()

    def serve(self, workers=1, token=TOKEN, every="100ms", **more):
        self.server = Server(None, workers=workers, config=CONFIG % (self.backstage.server_port, token, every), **more)
        with sqlite3.connect(self.server.folder + "/shop.db") as db:
            db.execute("CREATE TABLE IF NOT EXISTS orders_v1 (id INTEGER PRIMARY KEY, what TEXT)")
        return self.server

    def entity(self, ref):
        kind, rest = ref.split(":")
        answer = self.server.get("/entities/%s/%s" % (kind, rest))
        return answer.json if answer.status == 200 else None

    def plan(self, name):
        answer = self.server.get("/migrations/%s" % name)
        return answer.json if answer.status == 200 else None

    def rounds(self, count=2):
        """Wait until Backstage was asked so many times from the beginning."""
        def begun():
            with self.backstage.lock:
                return sum(path.endswith("by-query") and "cursor" not in what for _, path, what in self.backstage.asked)
        before = begun()
        wait_for(lambda: begun() >= before + count)

    def test_all_pages_are_read_and_what_backstage_adds_is_taken_off(self):
        self.backstage.put(*(component("service-%03d" % i) for i in range(130)))
        self.serve()
        wait_for(lambda: len(self.server.get("/entities?q=service-&limit=1000").json["items"]) == 130)
        one = self.entity("component:default/service-042")["entity"]
        self.assertEqual(one, component("service-042"))
        rows = self.server.get("/entities?q=service-&limit=1000").json["items"]
        self.assertEqual((len(rows), {row["origin"] for row in rows}), (130, {"backstage"}))

    def test_only_what_changed_is_asked_for_again_and_what_is_the_same_leaves_no_event(self):
        self.backstage.put(*(component("service-%03d" % i) for i in range(30)))
        self.serve()
        wait_for(lambda: len(self.server.get("/entities?q=service-").json["items"]) == 30)
        self.rounds()
        seq = self.server.get("/events?last=1").json["items"][-1]["seq"]
        with self.backstage.lock:
            self.backstage.asked.clear()
        self.backstage.put(component("service-007", type="website"))
        wait_for(lambda: self.entity("component:default/service-007")["entity"]["spec"]["type"] == "website")
        self.rounds()
        with self.backstage.lock:
            refs = [what["entityRefs"] for _, path, what in self.backstage.asked if path.endswith("by-refs")]
        self.assertEqual(refs, [["component:default/service-007"]])
        events = self.server.get("/events?after=%d&type=entity" % seq).json["items"]
        self.assertEqual([(event["data"]["ref"], event["data"]["change"], event["actor"]) for event in events],
                         [("component:default/service-007", "changed", PORTAL)])

    def test_a_new_migration_is_planned_and_never_started(self):
        self.serve()
        self.backstage.put(migration("orders-move"))
        plan = wait_for(lambda: (self.plan("orders-move") or {}).get("state") == "planned" and self.plan("orders-move"))
        self.assertEqual(plan["author"], PORTAL)
        self.rounds(3)
        again = self.plan("orders-move")
        self.assertEqual((again["id"], again["state"]), (plan["id"], "planned"), "one plan, however often it is looked")
        rows = self.server.get("/migrations?q=orders-move").json["items"]
        self.assertEqual(len(rows), 1)

    def test_a_changed_migration_has_a_stale_plan_also_when_it_was_approved(self):
        self.serve()
        self.backstage.put(migration("orders-move"))
        wait_for(lambda: (self.plan("orders-move") or {}).get("state") == "planned")
        digest = self.plan("orders-move")["digest"]
        self.assertEqual(self.server.post("/migrations/orders-move/approve", {"digest": digest}, who=BO).status, 200)
        self.backstage.put(migration("orders-move", strategy="schema-transform"))
        wait_for(lambda: self.plan("orders-move")["state"] == "stale")
        self.assertIn("a guard changed", self.plan("orders-move")["reason"])
        self.rounds(2)
        self.assertEqual(self.plan("orders-move")["state"], "stale", "a new plan is somebody's wish")

    def test_a_migration_that_goes_is_cancelled_when_it_had_no_effect(self):
        self.serve()
        self.backstage.put(migration("orders-move"), migration("orders-run"))
        for name in ("orders-move", "orders-run"):
            wait_for(lambda: (self.plan(name) or {}).get("state") == "planned")
        self.server.post("/migrations/orders-run/approve", {"digest": self.plan("orders-run")["digest"]}, who=BO)
        self.assertEqual(self.server.post("/migrations/orders-run/start", {}, who=ADA).status, 200)
        wait_for(lambda: self.plan("orders-run")["state"] == "succeeded")
        move = self.plan("orders-move")["id"]
        run = self.plan("orders-run")["id"]
        self.backstage.drop("component:default/orders-move", "component:default/orders-run")
        wait_for(lambda: self.entity("component:default/orders-move") is None and self.entity("component:default/orders-run") is None)
        gone = self.plan(move)
        self.assertEqual(gone["state"], "cancelled")
        self.assertIn("gone from Backstage", gone["reason"])
        self.assertEqual(self.plan(run)["state"], "succeeded", "what moved stays moved")
        self.assertIn("has had effects", self.server.log_text())

    def test_a_call_that_names_an_unknown_entity_finds_it_in_backstage(self):
        self.serve(every="1h")
        wait_for(lambda: any(path.endswith("by-query") for _, path, _ in self.backstage.asked))
        self.backstage.put(migration("orders-asked"))
        answer = self.server.post("/agents/migrate", {"entityRef": "component:default/orders-asked"}, who=ADA)
        self.assertEqual(answer.status, 201, answer)
        wait_for(lambda: self.plan(answer.json["id"])["state"] == "planned")
        self.assertEqual(self.plan(answer.json["id"])["author"], ADA)
        unknown = self.server.post("/agents/migrate", {"entityRef": "component:default/no-such"}, who=ADA)
        self.assertEqual(unknown.status, 404, unknown)
        with self.backstage.lock:
            self.backstage.is_down = True
        down = self.server.post("/agents/migrate", {"entityRef": "component:default/no-such"}, who=ADA)
        self.assertGreaterEqual(down.status, 500, down)

    def test_what_files_say_stays_and_what_came_from_honk_does_not_come_back(self):
        theirs = component("report")
        theirs["metadata"]["description"] = "as Backstage has it"
        ours = component("echo")
        ours["metadata"]["annotations"] = {"backstage.io/managed-by-location": "honk:component:default/echo"}
        self.backstage.put(theirs, ours, component("service-1"))
        self.serve()
        wait_for(lambda: self.entity("component:default/service-1"))
        self.assertNotIn("description", self.entity("component:default/report")["entity"]["metadata"])
        self.assertIsNone(self.entity("component:default/echo"))

    def test_an_entity_that_is_wrong_is_left_out_and_the_others_are_taken(self):
        wrong = migration("wrong")
        wrong["spec"]["source_dataset"] = 7
        self.backstage.put(wrong, component("service-1"))
        self.serve()
        wait_for(lambda: self.entity("component:default/service-1"))
        self.rounds(2)
        self.assertIsNone(self.entity("component:default/wrong"))
        self.assertIn("source_dataset", self.server.log_text())

    def test_a_backstage_that_is_away_or_empty_takes_nothing_away(self):
        self.backstage.put(*(component("service-%03d" % i) for i in range(30)))
        self.serve()
        wait_for(lambda: len(self.server.get("/entities?q=service-").json["items"]) == 30)
        with self.backstage.lock:
            self.backstage.is_down = True
        self.rounds(2)
        self.assertEqual(len(self.server.get("/entities?q=service-").json["items"]), 30)
        with self.backstage.lock:
            self.backstage.is_down, kept, self.backstage.entities = False, self.backstage.entities, {}
        wait_for(lambda: "30 of 30 entities are gone" in self.server.log_text())
        self.assertEqual(len(self.server.get("/entities?q=service-").json["items"]), 30)
        with self.backstage.lock:
            self.backstage.entities = kept
        wait_for(lambda: "Backstage answers again" in self.server.log_text())

    def test_a_backstage_that_hangs_does_not_hold_up_the_end(self):
        self.serve(workers=0)
        self.rounds(1)
        self.backstage.may_answer.clear()
        self.rounds(1)
        begin = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - begin, 3, "a call to Backstage may take 5 s")

    def test_a_call_that_waits_for_backstage_does_not_hold_up_a_stop_either(self):
        self.serve(workers=0, every="1h")
        wait_for(lambda: any(path.endswith("by-query") for _, path, _ in self.backstage.asked))
        self.backstage.may_answer.clear()
        answers = []
        asking = threading.Thread(target=lambda: answers.append(self.server.post("/agents/migrate", {"entityRef": "component:default/no-such"}, who=ADA)))
        asking.start()
        wait_for(lambda: any(path.endswith("by-refs") for _, path, _ in self.backstage.asked))
        begin = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - begin, 3, "a call to Backstage may take 5 s")
        asking.join(10)
        self.assertEqual((answers[0].status, answers[0].json["then"]), (503, "retry"), answers)

    def test_without_its_token_it_says_so(self):
        self.serve(workers=0, token="wrong")
        wait_for(lambda: "cannot list the entities of Backstage" in self.server.log_text())


if __name__ == "__main__":
    unittest.main()
