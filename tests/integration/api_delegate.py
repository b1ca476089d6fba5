"""A portal that speaks for the people it knows. `test_api` runs it, and counts what it saw."""
import unittest

from api_world import Server, Worker

PORTAL, ADA, BO = "service:default/backstage", "user:default/ada", "user:default/bo"


class Delegate(unittest.TestCase):
    contract = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.contract)
        cls.worker = Worker(cls.server)
        cls.portal = cls.server.post("/tokens", {"identity": PORTAL}).json["token"]

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.server.remove()
        assert status == 0, status

    def call(self, method, target, body=None, who=None):
        return self.server.call(method, target, body=body, who=who, token=self.portal)

    def test_by_itself_it_only_reads(self):
        who = self.call("GET", "/whoami").json
        self.assertEqual((who["identity"], sorted(who["roles"])), (PORTAL, ["delegate", "viewer"]))
        self.assertEqual(self.call("POST", "/agents/migrate", {"entityRef": "migration:default/orders"}).status, 403)

    def test_what_it_asks_for_somebody_is_recorded_with_both_names(self):
        answer = self.call("POST", "/agents/migrate", {"entityRef": "migration:default/orders"}, who=ADA)
        self.assertEqual(answer.status, 201, answer)
        acted = self.server.get("/events?type=access.acted").json["items"][-1]
        self.assertEqual((acted["actor"], acted["data"]["via"]), (ADA, PORTAL))
        self.assertIn("POST /agents/migrate", acted["reason"])

    def test_somebody_may_no_more_through_it_than_without_it(self):
        self.assertEqual(self.call("POST", "/migrations/orders/approve", {"digest": "0123456789abcdef"}, who=ADA).status, 403)
        self.assertEqual(self.call("POST", "/migrations/no-such/approve", {"digest": "0123456789abcdef"}, who=BO).status, 404)
        self.assertEqual(self.call("GET", "/tokens", who=BO).status, 403)

    def test_it_speaks_for_people_alone(self):
        for name in ("worker:w-1", PORTAL, "group:default/sellers", "not a name!"):
            with self.subTest(name=name):
                self.assertEqual(self.call("GET", "/whoami", who=name).status, 400)

    def test_whoever_has_not_the_role_speaks_for_nobody(self):
        other = self.server.post("/tokens", {"identity": "service:default/another"}).json["token"]
        for token in (other, self.server.post("/tokens", {"identity": BO}).json["token"]):
            answer = self.server.get("/whoami", who=ADA, token=token)
            self.assertEqual(answer.status, 403, answer)
            self.assertIn("role delegate", answer.json["detail"])
