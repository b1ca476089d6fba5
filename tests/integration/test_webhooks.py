"""Hosts say that something happened: who waits for a pull request looks at once, and only for a host that signs what it says."""
import base64
import hashlib
import hmac
import json
import time
import unittest

import support
import test_proposals

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


def github_event(pull):
    """The members that matter here of GitHub's published example of a closed pull request, and some beside them."""
    owner, _, name = pull["name"].partition("/")
    return {"action": "closed", "number": pull["number"],
            "pull_request": {"url": "https://api.github.com/…", "id": 279147437, "number": pull["number"], "state": "closed", "locked": False,
                             "title": pull["title"], "user": {"login": "cy", "id": 21031067, "type": "User"}, "merged": True,
                             "merged_at": "2026-05-15T15:20:33Z", "head": {"label": f"{owner}:{pull['branch']}", "ref": pull["branch"],
                                                                           "sha": pull["head"]},
                             "base": {"label": f"{owner}:main", "ref": "main"}},
            "repository": {"id": 186853002, "name": name, "full_name": pull["name"], "private": False, "default_branch": "main",
                           "owner": {"login": owner, "type": "Organization"}},
            "sender": {"login": "cy", "type": "User"}}


def gitlab_event(pull):
    return {"object_kind": "merge_request", "event_type": "merge_request", "user": {"id": 1, "username": "cy"},
            "project": {"id": 1, "path_with_namespace": pull["name"], "default_branch": "main", "web_url": "http://gitlab.example/…"},
            "object_attributes": {"id": 99, "iid": pull["number"], "target_branch": "main", "source_branch": pull["branch"],
                                  "state": "merged", "action": "merge", "last_commit": {"id": pull["head"]}}}


def signed(kind, body, event="pull_request"):
    """The headers by which the host is known."""
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    if kind == "github":
        return {"X-GitHub-Event": event, "X-GitHub-Delivery": "72d3162e-cc78", "X-Hub-Signature-256": "sha256=" + digest}
    if kind == "gitea":
        return {"X-Gitea-Event": "pull_request", "X-Gitea-Delivery": "f6266f16", "X-Gitea-Signature": digest}
    now = str(int(time.time()))
    whole = hmac.new(base64.b64decode(SECRET[6:]), f"msg.{now}.".encode() + body, hashlib.sha256).digest()
    return {"X-Gitlab-Event": "Merge Request Hook", "webhook-id": "msg", "webhook-timestamp": now, "Idempotency-Key": "msg",
            "webhook-signature": "v1," + base64.b64encode(whole).decode()}


class OnEveryHost:
    kind = ""

    def setUp(self):
        forge = test_proposals.FORGE
        test_proposals.FORGE = forge.replace("poll: 200ms", "poll: 1h, webhook_secret_file: hook")
        try:
            self.world = test_proposals.ForgeWorld(self.kind, {"reports": test_proposals.CODE["reports"]}, {"hook": SECRET + "\n"})
        finally:
            test_proposals.FORGE = forge
        self.addCleanup(self.world.close)
        self.host = self.world.host

    def send(self, body, headers, name="code", content="application/json"):
        connection = support.UnixConnection(self.world.socket_path)
        try:
            connection.request("POST", f"/webhooks/{name}", body=body, headers={"Content-Type": content, **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def event(self, pull):
        return json.dumps(gitlab_event(pull) if self.kind == "gitlab" else github_event(pull)).encode()

    def test_a_merge_that_the_host_tells_of_is_seen_long_before_the_next_look(self):
        self.world.start()
        pull = self.world.waits_for(1)[0]
        self.assertTrue(support.eventually(lambda: any(one["status"] == "waiting" for one in self.world.tasks().values())))
        with self.host.lock:
            self.host.merge(pull)
        body = self.event(pull)
        self.assertEqual(self.send(body + b" ", signed(self.kind, body))[0], 401, "one byte more, and the host did not say it")
        self.assertEqual(self.send(body, {})[0], 401)
        self.assertEqual(self.send(body, signed(self.kind, body), name="nothing")[0], 404)
        self.assertNotEqual(self.world.state("users-v2"), "succeeded")
        self.assertEqual(self.send(body, signed(self.kind, body)), (200, {"looks": 1}))
        self.assertEqual(self.send(body, signed(self.kind, body)), (200, {"looks": 0}), "somebody sends a copy")
        self.world.until("succeeded")
        self.assertEqual(len(self.host.pulls), 1)


class OnGitHub(OnEveryHost, unittest.TestCase):
    kind = "github"

    def tell(self, event, **members):
        """Of the default branch, signed."""
        repository = {"name": "reports", "full_name": "acme/reports", "default_branch": "main", "owner": {"login": "acme"}}
        body = json.dumps({**members, "repository": repository}).encode()
        self.assertEqual(self.send(body, signed(self.kind, body, event)), (200, {"looks": 1}), event)

    def soaks(self):
        def root():
            return next(one for one in self.world.json("status", "users-v2")["steps"] if one["name"] == "propose")
        self.assertTrue(support.eventually(lambda: root()["status"] == "waiting" and "soaks until" in json.dumps(root())), root())

    def test_a_wave_that_soaks_is_looked_at_when_the_host_tells_of_the_branch_that_it_was_merged_into(self):
        self.world.start()
        pull = self.world.waits_for(1)[0]
        self.world.honk("pace", "users-v2", "--soak", "1h")
        self.assertTrue(support.eventually(lambda: any(one["status"] == "waiting" for one in self.world.tasks().values())))
        with self.host.lock:
            self.host.merge(pull)
        body = self.event(pull)
        self.send(body, signed(self.kind, body))
        self.soaks()
        with self.host.lock:
            main = self.host.tip("acme/reports", "main")
            self.host.checks_of = {main: "failure"}
        self.tell("check_suite", action="completed", check_suite={"head_branch": "main", "head_sha": main, "conclusion": "failure"})
        self.world.until("halted")
        self.assertIn("1 merged into what does not build: code:reports", json.dumps(self.world.json("status", "users-v2")))
        with self.host.lock:
            self.host.checks_of = {}
        self.world.honk("retry", "users-v2")
        self.world.honk("resume", "users-v2", "--reason", "it builds again")
        self.soaks()
        with self.host.lock:
            self.host.change("acme/reports", test_proposals.CODE["reports"], "Take it back")
        self.tell("push", ref="refs/heads/main", before=main, after=self.host.tip("acme/reports", "main"))
        self.world.until("halted")
        self.assertIn("1 taken back by people: code:reports", json.dumps(self.world.json("status", "users-v2")))

    def test_what_is_too_large_of_another_type_or_about_others_does_nothing(self):
        self.world.start()
        pull = self.world.waits_for(1)[0]
        self.assertTrue(support.eventually(lambda: any(one["status"] == "waiting" for one in self.world.tasks().values())))
        calls = len(self.host.calls)
        for changed in ({"name": "acme/other"}, {"name": "else/reports"}, {"branch": "people/idea"}):
            body = self.event({**pull, **changed})
            self.assertEqual(self.send(body, signed(self.kind, body)), (200, {"looks": 0}), changed)
        body = self.event(pull)
        self.assertEqual(self.send(body, signed(self.kind, body), content="application/x-www-form-urlencoded")[0], 415)
        large = b" " * (2 * 1024 * 1024 + 1)
        self.assertEqual(self.send(large, signed(self.kind, large))[0], 413)
        self.assertEqual(self.send(b"[]", signed(self.kind, b"[]"))[0], 400)
        self.assertEqual(len(self.host.calls), calls, "the host was not asked")

    def test_a_host_that_wants_to_be_left_alone_is_left_alone_whatever_it_tells(self):
        self.host.refuse = [(403, {}, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")]
        self.world.start()
        waits = support.eventually(lambda: next((one for one in self.world.tasks().values() if one["status"] == "waiting"), None))
        self.assertIn("secondary rate limit", waits["reason"])
        calls = len(self.host.calls)
        pull = {"name": "acme/reports", "number": 1, "branch": "honk/x", "head": "0" * 40, "title": "x"}
        body = self.event(pull)
        self.assertEqual(self.send(body, signed(self.kind, body)), (200, {"looks": 1}))
        woken = support.eventually(lambda: next((one for one in self.world.tasks().values()
                                                 if one["attempt"] > waits["attempt"] and one["status"] == "waiting"), None))
        self.assertIn("secondary rate limit", woken["reason"])
        self.assertEqual(len(self.host.calls), calls, "not before the minute is over")


class OnGitLab(OnEveryHost, unittest.TestCase):
    kind = "gitlab"


class OnGitea(OnEveryHost, unittest.TestCase):
    kind = "gitea"


if __name__ == "__main__":
    unittest.main()
