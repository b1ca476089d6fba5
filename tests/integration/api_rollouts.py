"""Rollouts over HTTP, with a worker that only says what a real one would say. `test_api` runs it, and counts what it saw."""
import json
import unittest

from api_world import CONFIG, Server, Worker

PLAYER = {"service": "player", "consumer": "component:default/player", "target": "here", "group": "shop", "wave": 1,
          "from": {"code": None, "datasets": {"ORDERS": "shop:orders_v1"}}, "to": {"code": None, "datasets": {"ORDERS": "shop:orders_v2"}},
          "rollout": {"strategy": "canary", "max_instances": 5}}
FLEET = """
fleet:
  targets: {{ here: {{ driver: processes, path: .honk/fleet }} }}
  services:
    player: {{ target: here, command: [ "true" ], datasets: {{ ORDERS: orders-v1 }} }}
    billing: {{ target: here, command: [ "true" ] }}
  groups: {{ default: {{ queue: 1 }} }}
"""
SERVICES = [PLAYER, dict(PLAYER, service="billing"), dict(PLAYER, service="broken", problem="it does not run")]


class Rollouts(unittest.TestCase):
    contract = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.contract, config=CONFIG + FLEET)
        cls.worker = Worker(cls.server)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.server.remove()
        assert status == 0, status

    def tearDown(self):
        for row in self.server.get("/migrations?limit=1000").json["items"]:
            if row["state"] in ("draft", "planned", "approved", "preflight", "running", "paused", "halted", "soaking", "succeeded", "rolling_back"):
                self.server.post("/migrations/%s/%s" % (row["id"], "rollback" if row["has_effects"] else "cancel"), who="ada")
        for row in self.server.get("/rollouts?limit=1000&state=pending,analysing,stepping,paused,healthy").json["items"]:
            if "migration" not in row:
                self.server.post("/rollouts/%s/rollback" % row["rollout_id"], who="ada")
        self.worker.work()

    def ok(self, answer, status=200):
        self.assertEqual(answer.status, status, answer)
        return answer.json

    def refused(self, answer, status, *words):
        self.assertEqual(answer.status, status, answer)
        for word in words:
            self.assertIn(word, answer.json["detail"])
        return answer.json

    # ---- what happens before ----

    def planned(self):
        made = self.ok(self.server.post("/agents/migrate", {"entityRef": "migration:default/orders"}, who="ada"), 201)
        return made["id"], self.worker.plan(("rollout",), services=SERVICES)

    def running(self):
        id, digest = self.planned()
        self.ok(self.server.post("/migrations/%s/approve" % id, {"digest": digest}, who="bo"))
        self.ok(self.server.post("/migrations/%s/start" % id, who="ada"))
        self.worker.report(self.task("preflight"), evidence={})
        return id

    def task(self, action, key=None):
        task = self.worker.lease(wait_ms=5000)
        self.assertIsNotNone(task, "nothing to do")
        self.assertEqual((task["action"], key or task["key"]), (action, task["key"]))
        return task

    def divided(self):
        """The step has become a task for each service."""
        id = self.running()
        self.ok(self.worker.report(self.task("rollout", ""), "more", children=[{"key": "player", "params": {"service": "player"}}]))
        return id

    def waits(self, task, state, **more):
        checkpoint = dict({"state": state, "since_ms": 1700000000000, "why": "it is " + state, "allowed_actions": ["pause", "rollback"],
                           "history": [{"at_ms": 1, "event": "start", "from": "pending", "to": state}]}, **more)
        self.ok(self.worker.report(task, "wait", until_ms=1 << 42, message="polled", checkpoint=checkpoint))

    def found(self, task):
        """Who looks what became of it sees it."""
        if task["mode"] == "probe":
            self.ok(self.worker.report(task, "applied"))
        return task["mode"] == "probe"

    def trigger_rollout(self, service_name, migration_id, **more):
        """As the tutorial prints it, but for the address."""
        payload = {
            'service': service_name,
            'migration_id': migration_id,
            'rollout_strategy': 'canary',  # or 'blue-green'
            'max_instances': 5
        }
        return self.server.post("/rollouts", dict(payload, **more), who="ada")

    def act(self, id, word, **more):
        return self.server.post("/rollouts/%s/%s" % (id, word), {"reason": "a test"}, who="ada", **more)

    def read(self, id):
        return self.ok(self.server.get("/rollouts/" + id, who="ada"))

    # ---- asking for one that a plan covers ----

    def test_what_an_approved_plan_covers_has_an_id_before_it_begins(self):
        id = self.running()
        told = self.ok(self.trigger_rollout("player", id), 201)
        self.assertEqual(told, {"rollout_id": id + ".player", "service": "player", "state": "pending", "migration_id": id})
        self.assertEqual(self.ok(self.trigger_rollout("player", "orders"), 201)["rollout_id"], told["rollout_id"])
        view = self.read(told["rollout_id"])
        self.assertEqual((view["state"], view["revision"]["to"]), ("pending", PLAYER["to"]))
        self.assertEqual((view["rollout_strategy"], view["max_instances"], view["wave"]), ("canary", 5, 1))
        self.assertNotIn("task", view)
        self.assertFalse(view["allowed_actions"]["pause"]["allowed"])
        self.assertIn("has not begun", view["allowed_actions"]["pause"]["why"])
        self.assertEqual(view["next"]["role"], "worker")
        self.refused(self.act(told["rollout_id"], "pause"), 409, "has not begun")

    def test_nothing_is_rolled_out_of_a_plan_that_nobody_approved_or_started(self):
        id, digest = self.planned()
        self.refused(self.trigger_rollout("player", id), 409, "before it is approved")
        self.assertEqual(self.server.get("/rollouts?migration=" + id).json["items"], [])
        self.ok(self.server.post("/migrations/%s/approve" % id, {"digest": digest}, who="bo"))
        self.refused(self.trigger_rollout("player", id), 409, "not started")

    def test_what_disagrees_with_the_approved_plan_is_refused_and_told(self):
        id = self.running()
        for more in ({"rollout_strategy": "blue-green"}, {"max_instances": 50}, {"revision": {"code": "abc"}}):
            problem = self.refused(self.trigger_rollout("player", id, **more), 409, "approved plan")
            self.assertEqual(problem["approved"], {"rollout_strategy": "canary", "max_instances": 5, "revision": PLAYER["to"]})

    def test_the_same_key_gives_the_same_answer(self):
        id = self.running()
        key = {"Idempotency-Key": "rollout-" + id}
        body = {"service": "player", "migration_id": id}
        first = self.server.post("/rollouts", body, who="ada", headers=key)
        self.assertEqual(self.ok(self.server.post("/rollouts", body, who="ada", headers=key), 201), self.ok(first, 201))
        self.refused(self.server.post("/rollouts", {"service": "billing", "migration_id": id}, who="ada", headers=key), 422, "another request")

    # ---- how it goes on ----

    def test_it_tells_why_since_when_and_what_would_move_it(self):
        id = self.divided() + ".player"
        task = self.task("rollout", "player")
        self.worker.say(task, "intent", {"pre_state": {"start": {}}})
        self.waits(task, "analysing", step=0, verdict="pass")
        view = self.read(id)
        self.assertEqual((view["state"], view["why"], view["since_ms"]), ("analysing", "it is analysing", 1700000000000))
        self.assertEqual((view["task"], view["next"]["at_ms"] > 0), (task["id"], True))
        self.assertEqual((view["progress"]["step"], view["progress"]["verdict"], len(view["events"])), (0, "pass", 1))
        self.assertEqual(self.read(task["id"]), view)
        self.assertEqual([name for name, what in view["allowed_actions"].items() if what["allowed"]], ["pause", "rollback"])
        self.assertEqual(self.server.get("/rollouts/" + id, who="bo").json["allowed_actions"]["pause"], {"allowed": True})

    def test_words_wake_it_and_are_told_to_its_next_lease(self):
        id = self.divided() + ".player"
        self.waits(self.task("rollout", "player"), "stepping")
        for word in ("promote", "resume"):
            self.refused(self.act(id, word), 409, "not from 'stepping'")
        self.assertEqual(self.ok(self.act(id, "pause"))["state"], "stepping")
        task = self.task("rollout", "player")
        self.assertEqual([(s["signal"], s["actor"], s["reason"]) for s in task["signals"]], [("pause", "user:default/ada", "a test")])
        self.waits(task, "paused", allowed_actions=["resume", "promote", "promote_full", "rollback"])
        self.assertEqual(self.read(id)["next"]["role"], "operator")
        self.refused(self.act(id, "retry"), 409, "cannot try again", "not from 'paused'")
        self.ok(self.server.post("/rollouts/%s/promote" % id, {"full": True, "reason": "a test"}, who="ada"))
        for word in ("promote", "resume"):
            self.ok(self.act(id, word))
        self.ok(self.act(id, "rollback"))
        task = self.task("rollout", "player")
        self.assertEqual([s["signal"] for s in task["signals"]], ["pause", "promote_full", "promote", "resume", "rollback"])
        self.ok(self.worker.report(task, "error", error={"code": "mismatch", "message": "rolled back by ada"},
                                   evidence={"state": "rolled_back", "why": "by ada", "since_ms": 5}))
        view = self.read(id)
        self.assertEqual((view["state"], view["why"]), ("rolled_back", "by ada"))
        self.assertEqual(self.server.get("/migrations/" + view["plan"]).json["state"], "halted")
        self.assertEqual(self.ok(self.act(id, "rollback"))["state"], "rolled_back")
        self.assertEqual(view["allowed_actions"]["retry"], {"allowed": True})
        self.ok(self.act(id, "retry"))
        self.assertEqual(self.server.get("/tasks/" + view["task"]).json["status"], "ready")

    def test_what_is_done_goes_back_with_its_migration(self):
        id = self.divided()
        task = self.task("rollout", "player")
        self.worker.say(task, "intent", {"pre_state": {"start": {}}})
        self.ok(self.worker.report(task, "done", evidence={"state": "healthy", "why": "all new", "since_ms": 7}))
        self.assertEqual(self.read(id + ".player")["state"], "healthy")
        problem = self.refused(self.act(id + ".player", "rollback"), 409, "stands on this rollout", id)
        self.assertFalse(problem["allowed_actions"]["rollback"]["allowed"])
        self.ok(self.server.post("/migrations/%s/rollback" % id, who="ada"))
        self.assertEqual(self.ok(self.act(id + ".player", "rollback"))["state"], "aborting")
        self.worker.work()
        self.assertEqual(self.read(id + ".player")["state"], "rolled_back")
        self.assertEqual(self.read(id + ".billing")["state"], "skipped")
        self.refused(self.trigger_rollout("player", id), 409, "rolls nothing out any more")

    def test_lists_come_in_pages_and_are_filtered(self):
        id = self.divided()
        page = self.ok(self.server.get("/rollouts?migration=%s&limit=1" % id))
        self.assertEqual([row["service"] for row in page["items"]], ["billing"])
        page = self.ok(self.server.get("/rollouts?migration=orders&limit=1&after=" + page["next"]))
        self.assertEqual([row["rollout_id"] for row in page["items"]], [id + ".player"])
        newest = self.ok(self.server.get("/rollouts?service=player&state=pending,paused&limit=1"))
        self.assertEqual(newest["items"], page["items"])
        self.assertEqual(self.ok(self.server.get("/rollouts?state=degraded"))["items"], [])

    # ---- without a plan ----

    def test_anything_else_needs_an_operator(self):
        answer = self.server.post("/rollouts", {"service": "player"}, who="cy")
        self.assertIn("operator", self.refused(answer, 403, "no approved plan covers")["detail"])
        self.refused(self.server.post("/rollouts", {"service": "player", "migration_id": "none"}, who="ada"), 404, "no migration 'none'")

    def own(self, service="player", **more):
        return self.server.post("/rollouts", dict({"service": service}, **more), who="ada")

    def test_a_rollout_of_its_own_is_planned_and_begun_at_once(self):
        key = {"Idempotency-Key": "one rollout"}
        body = {"service": "player", "rollout_strategy": "blue-green", "max_instances": 2, "revision": {"datasets": {"ORDERS": "shop:orders_v2"}}}
        told = self.ok(self.server.post("/rollouts", body, who="ada", headers=key), 201)
        self.assertEqual(self.ok(self.server.post("/rollouts", body, who="ada", headers=key), 201), told)
        id, plan = told["rollout_id"], told["rollout_id"].split(".")[0]
        self.assertEqual((told["state"], "migration_id" in told), ("pending", False))
        self.assertNotIn(plan, [row["id"] for row in self.server.get("/migrations?limit=1000").json["items"]])
        self.refused(self.own(), 409, "being rolled out already", id)

        task = self.task("plan")
        wish = json.loads(self.server.get("/blobs/" + task["params"]["request"]).body)
        self.assertEqual(wish["rollout"], {"service": "player", "group": "default", "revision": body["revision"], "strategy": "blue-green",
                                           "max_instances": 2})
        self.assertEqual(wish["addresses"], {"orders-v1": "shop:orders_v1"})
        self.worker.plan(("rollout",), task=task, services=[PLAYER], rollback_window_ms=60000)
        self.worker.report(self.task("preflight"), evidence={})
        self.assertEqual([yes["actor"] for yes in self.server.get("/migrations/" + plan).json["approvals"]], ["user:default/ada"])
        self.ok(self.worker.report(self.task("rollout", ""), "more", children=[{"key": "player"}]))
        task = self.task("rollout", "player")
        self.worker.say(task, "intent", {"pre_state": {"start": {}}})
        self.waits(task, "soaking")
        self.assertEqual(self.read(id)["state"], "soaking")
        self.assertEqual(self.ok(self.act(id, "rollback"))["state"], "aborting")
        self.worker.work(self.found)
        self.assertEqual(self.read(id)["state"], "rolled_back")
        self.assertEqual(self.ok(self.act(id, "rollback"))["state"], "rolled_back")

    def test_a_rollout_that_cannot_be_planned_or_is_called_off_is_skipped(self):
        id = self.ok(self.own(), 201)["rollout_id"]
        self.worker.report(self.task("plan"), evidence={"digest": None, "diagnostics": [{"level": "error", "message": "no such commit"}]})
        self.assertEqual(self.read(id)["state"], "skipped")
        id = self.ok(self.own(), 201)["rollout_id"]
        self.assertEqual(self.ok(self.act(id, "rollback"))["state"], "skipped")
        self.assertEqual(self.read(id)["state"], "skipped")

    def test_a_service_that_nobody_knows_is_named_with_its_neighbour(self):
        self.refused(self.own("playe"), 404, "no service 'playe'", "did you mean 'player'?")

    def test_who_asks_for_more_rollouts_than_may_wait_is_told_when_to_come_again(self):
        self.ok(self.own("player"), 201)
        answer = self.own("billing")
        self.refused(answer, 429, "1 rollouts wait for the group 'default'", "queue:group:default", "come again in")
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        self.ok(self.server.call("PUT", "/limits", {"resource": "queue:group:default", "count": 9}, who="ada"))
        self.ok(self.server.call("PUT", "/limits", {"resource": "queue:target:here", "count": 1}, who="ada"))
        self.refused(self.own("billing"), 429, "target 'here'")
        self.ok(self.server.call("PUT", "/limits", {"resource": "queue:target:here", "count": 9}, who="ada"))
        self.ok(self.own("billing"), 201)
        self.ok(self.server.call("PUT", "/limits", {"resource": "queue:group:default", "count": 1}, who="ada"))

    # ---- as fetch sends it ----

    def test_a_body_of_text_is_read_as_json_unless_a_page_sends_it(self):
        """`fetch(url, {method: 'POST', body: JSON.stringify({...})})` sets no header: the browser's rules make it text/plain."""
        token = self.server.post("/tokens", {"identity": "ada"}).json["token"]
        raw = json.dumps({"entityRef": "migration:default/orders", "source": "orders-v1", "target": "orders-v2"}).encode()
        how = {"raw": raw, "type": "text/plain;charset=UTF-8", "token": token}
        self.assertRegex(self.ok(self.server.post("/agents/migrate", **how), 201)["id"], "^m-")
        page = self.server.post("/agents/migrate", headers={"Origin": "http://127.0.0.1:%d" % self.server.port}, **how)
        self.refused(page, 415, "application/json")
        self.assertEqual(self.server.post("/agents/migrate", headers={"Origin": "https://elsewhere.example"}, **how).status, 403)
        self.assertEqual(self.server.post("/agents/migrate", headers={"Host": "elsewhere.example"}, **how).status, 421)
        self.assertEqual(self.server.post("/agents/migrate", **dict(how, raw=b"entityRef=x")).status, 400)

    # ---- too many ----

    def test_who_asks_for_more_plans_than_may_wait_is_told_when_to_come_again(self):
        limit = {"resource": "queue:planning", "count": 1}
        self.ok(self.server.call("PUT", "/limits", limit, who="ada"))
        try:
            self.ok(self.server.post("/agents/migrate", {"entityRef": "migration:default/orders"}, who="ada"), 201)
            answer = self.server.post("/agents/migrate", {"entityRef": "migration:default/orders"}, who="ada")
            self.refused(answer, 429, "plans wait to be made", "come again in")
            self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
            self.worker.plan(("rollout",), services=SERVICES)
            self.ok(self.server.post("/agents/migrate", {"entityRef": "migration:default/orders"}, who="ada"), 201)
        finally:
            self.server.call("PUT", "/limits", dict(limit, count=1000), who="ada")
            self.tearDown()
