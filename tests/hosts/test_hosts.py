"""What Honk asks of GitHub and Gitea is what they describe, and what GitHub sends is read as it is sent: against their own published
descriptions and examples, which $HOSTS holds (npm; Gitea's as the client that is made of it). Everything else is as in the integration tests: our host, git's own http-backend."""
import hashlib
import hmac
import json
import os
import pathlib
import re
import sys
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
import jsonschema  # noqa: E402
import support  # noqa: E402
import test_proposals  # noqa: E402
import test_webhooks  # noqa: E402

PACKAGES = pathlib.Path(os.environ["HOSTS"]) / "node_modules"
PUBLISHED = PACKAGES / "@octokit"
SQL = {"a.sql": "SELECT id FROM users_v1\n"}

# What is read of answers: the operation, and the members that must be in its description.
READ = {
    ("GET", "/repos/{owner}/{repo}/pulls"): ["0.number", "0.state", "0.merged_at", "0.html_url", "0.title", "0.body", "0.draft",
                                             "0.head.ref", "0.head.sha"],
    ("POST", "/repos/{owner}/{repo}/pulls"): ["number", "state", "merged_at", "html_url", "title", "body", "draft", "head.sha"],
    ("GET", "/repos/{owner}/{repo}/pulls/{pull_number}"): ["mergeable_state"],
    ("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs"): ["check_runs.0.status", "check_runs.0.conclusion"],
    ("GET", "/repos/{owner}/{repo}/commits/{ref}/status"): ["state", "total_count"],
}


READ_OF_GITEA = {
    ("GET", "/repos/{owner}/{repo}/pulls"): ["0.number", "0.state", "0.merged", "0.html_url", "0.title", "0.body", "0.head.ref", "0.head.sha",
                                             "0.head.repo_id", "0.base.repo_id"],
    ("POST", "/repos/{owner}/{repo}/pulls"): ["number", "state", "merged", "html_url", "title", "body", "head.sha"],
    ("GET", "/repos/{owner}/{repo}/labels"): ["0.id", "0.name"],
    ("GET", "/repos/{owner}/{repo}/commits/{ref}/status"): ["state", "total_count"],
}


class GiteaDescription:
    """By the types of a client that is made of Gitea's description: each operation with its parameters, body and answer."""
    OPERATION = re.compile(r"@request ([A-Z]+):(\S+)\n(?:\s*\*[^\n]*\n)*?\s*\*/\s*\w+: \(((?:(?!=> Promise).)*)\) => Promise<HttpResponse<(.*?), \w+>>",
                           re.DOTALL)

    def __init__(self):
        text = (PACKAGES / "gitea-js" / "dist" / "index.d.ts").read_text(encoding="utf-8")
        self.operations = {(method, path): (arguments, answer) for method, path, arguments, answer in self.OPERATION.findall(text)}
        self.shapes = {name: dict(re.findall(r"^    (\w+)\??: (.+?);$", members, re.MULTILINE))
                       for name, members in re.findall(r"^interface (\w+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)}

    def check(self, method, target, body):
        url = urllib.parse.urlsplit(target.removeprefix("/gitea"))
        template = next((path for known, path in sorted(self.operations, key=lambda one: one[1].count("{")) if known == method and
                         re.fullmatch(re.sub(r"\\?\{[a-z_]+\\?\}", "[^/]+", re.escape(path)), url.path)), None)
        assert template, f"Gitea describes no {method} {url.path}"
        arguments, _ = self.operations[method, template]
        known = dict(re.findall(r"^\s*(\w+)\??: (.+?);$", arguments, re.MULTILINE))
        for name, value in urllib.parse.parse_qsl(url.query):
            assert name in known, f"{method} {template} has no parameter {name}"
            assert "'" not in known[name] or f"'{value}'" in known[name], f"{method} {template}: {name} is never {value}"
        shape = re.search(r"\bbody: (\w+)", arguments)
        assert (shape is not None) == (body is not None), f"{method} {template}: body or none"
        for name, value in (body or {}).items():
            kind = self.shapes[shape.group(1)].get(name)
            assert kind, f"{method} {template} knows nothing of {name}"
            fits = {"string": str, "boolean": bool, "number": int}.get(kind, list if kind.endswith("[]") else str)
            assert isinstance(value, fits), f"{method} {template}: {name} is {kind}, not {value!r}"
        return method, template

    def answers_with(self, method, template, member):
        kind = self.operations[method, template][1]
        for part in member.split("."):
            kind = kind.removesuffix("[]") if part == "0" else self.shapes[kind][part]
        return True


class Description:
    def __init__(self):
        path = PUBLISHED / "openapi" / "generated" / "api.github.com.json"
        self.document = json.loads(path.read_text(encoding="utf-8"))

    def resolve(self, thing):
        while "$ref" in thing:
            at = self.document
            for part in thing["$ref"][2:].split("/"):
                at = at[part]
            thing = at
        return thing

    def find(self, method, path):
        """The operation whose path fits, the most literal one first."""
        for template in sorted(self.document["paths"], key=lambda one: one.count("{")):
            pattern = re.sub(r"\\?\{[a-z_]+\\?\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and method.lower() in self.document["paths"][template]:
                return template, self.document["paths"][template][method.lower()]
        raise AssertionError(f"GitHub describes no {method} {path}")

    def check(self, method, target, body):
        url = urllib.parse.urlsplit(target.removeprefix("/github"))
        template, operation = self.find(method, url.path)
        parameters = [self.resolve(one) for one in operation.get("parameters", [])]
        known = {one["name"]: self.resolve(one["schema"]) for one in parameters if one["in"] == "query"}
        for name, value in urllib.parse.parse_qsl(url.query):
            assert name in known, f"{method} {template} has no parameter {name}"
            assert value in known[name].get("enum", [value]), f"{method} {template}: {name} is never {value}"
        if body is None:
            assert not operation.get("requestBody", {}).get("required"), f"{method} {template} needs a body"
        else:
            self.check_body(method, template, operation, body)
        return method, template

    def check_body(self, method, template, operation, body):
        schema = self.resolve(operation["requestBody"])["content"]["application/json"]["schema"]
        jsonschema.Draft7Validator({**schema, "components": self.document["components"]}).validate(body)
        shapes = [self.resolve(one) for one in schema.get("oneOf", schema.get("anyOf", [schema]))]
        names = {name for shape in shapes for name in shape.get("properties", {})}
        assert set(body) <= names, f"{method} {template} knows nothing of {set(body) - names}"

    def answers_with(self, method, template, member):
        """Is there such a member in what a success answers with?"""
        responses = self.document["paths"][template][method.lower()]["responses"]
        answer = self.resolve(next(value for status, value in responses.items() if status.startswith("2")))
        at = self.resolve(answer["content"]["application/json"]["schema"])
        for part in member.split("."):
            at = self.resolve(at["items"] if part == "0" else at["properties"][part])
        return True


class WhatIsAsked:
    kind = ""
    folder = ""

    def live(self, more, code):
        forge = test_proposals.FORGE
        test_proposals.FORGE = forge.replace("poll: 200ms", "poll: 200ms, " + more)
        try:
            world = test_proposals.ForgeWorld(self.kind, code)
        finally:
            test_proposals.FORGE = forge
        self.addCleanup(world.close)
        world.start()
        return world

    def test_every_call_of_a_whole_life_is_as_described(self):
        description = self.description()
        code = {name: {**SQL, f"{self.folder}/CODEOWNERS": self.owners} for name in ("one", "two")}
        world = self.live("draft: true", code)
        first = world.waits_for(1)[0]
        with world.host.lock:
            world.host.merge(first)
        second = support.eventually(lambda: next((pull for pull in world.host.open_pulls() if pull["reviewers"]), None))
        world.honk("rollback", "users-v2", "--reason", "not now")
        self.assertTrue(support.eventually(lambda: second["state"] == "closed"))
        self.assertTrue(support.eventually(lambda: any(pull["branch"].endswith("-back") for pull in world.host.open_pulls())))
        auto = self.live("auto_merge: true, auto_merge_after: 0", {"one": {**SQL, ".honk.yaml": "merge: auto\nhours: Mon-Sun 00:00-24:00\n"}})
        auto.until("succeeded")
        self.assertEqual({description.check(*call) for one in (world, auto) for call in one.host.calls}, self.expected)

    def test_every_member_that_is_read_is_described(self):
        description = self.description()
        for (method, template), members in self.read.items():
            for member in members:
                with self.subTest(f"{method} {template} {member}"):
                    self.assertTrue(description.answers_with(method, template, member))
        with self.assertRaises(KeyError):
            description.answers_with("GET", PULLS, "0.colour")

    def test_a_call_that_is_not_described_is_found_out(self):
        description = self.description()
        for method, path, body in (("GET", "/repos/a/b/pullz", None), ("GET", "/repos/a/b/pulls?heads=x", None),
                                   ("GET", "/repos/a/b/pulls?state=new", None), ("POST", "/repos/a/b/pulls", {"base": 7}),
                                   ("POST", "/repos/a/b/pulls", {"head": "x", "base": "main", "labelz": []})):
            with self.subTest((method, path, body)), self.assertRaises((AssertionError, jsonschema.ValidationError)):
                description.check(method, f"/{self.kind}{path}", body)


PULLS = "/repos/{owner}/{repo}/pulls"


class OfGitHub(WhatIsAsked, unittest.TestCase):
    kind, folder, description, read = "github", ".github", Description, READ
    owners = "* @ada @acme/data @stranger\n"
    issue = "/repos/{owner}/{repo}/issues/{issue_number}"
    expected = {("GET", PULLS), ("POST", PULLS), ("PATCH", PULLS + "/{pull_number}"), ("PUT", PULLS + "/{pull_number}/merge"),
                ("POST", PULLS + "/{pull_number}/requested_reviewers"), ("POST", issue + "/labels"), ("POST", issue + "/comments"),
                ("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs"), ("GET", "/repos/{owner}/{repo}/commits/{ref}/status")}


class OfGitea(WhatIsAsked, unittest.TestCase):
    kind, folder, description, read = "gitea", ".gitea", GiteaDescription, READ_OF_GITEA
    owners = ".* @ada @acme/data @stranger\n"
    expected = {("GET", PULLS), ("POST", PULLS), ("PATCH", PULLS + "/{index}"), ("POST", PULLS + "/{index}/merge"),
                ("POST", PULLS + "/{index}/requested_reviewers"), ("GET", "/repos/{owner}/{repo}/labels"),
                ("POST", "/repos/{owner}/{repo}/issues/{index}/comments"), ("GET", "/repos/{owner}/{repo}/commits/{ref}/status")}


class WhatIsSent(test_webhooks.OnEveryHost, unittest.TestCase):
    """Each published example, of the hosted GitHub and of its versions for one's own servers, as if it were of our repository."""
    kind = "github"
    where = {"pull_request": ("pull_request", "head", "ref"), "pull_request_review": ("pull_request", "head", "ref"),
             "check_run": ("check_run", "check_suite", "head_branch"), "check_suite": ("check_suite", "head_branch"),
             "workflow_run": ("workflow_run", "head_branch"), "push": ("ref",)}

    test_a_merge_that_the_host_tells_of_is_seen_long_before_the_next_look = None

    def put(self, example, path, value):
        for part in path[:-1]:
            example = example[part]
        self.assertIn(path[-1], example)
        example[path[-1]] = value

    def sent(self, name, example):
        body = json.dumps(example).encode()
        digest = hmac.new(test_webhooks.SECRET.encode(), body, hashlib.sha256).hexdigest()
        return self.send(body, {"X-GitHub-Event": name, "X-Hub-Signature-256": "sha256=" + digest})

    def test_published_examples_are_understood(self):
        self.world.start()
        pull = self.world.waits_for(1)[0]
        self.assertTrue(support.eventually(lambda: any(one["status"] == "waiting" for one in self.world.tasks().values())))
        looked = set()
        for path in sorted((PUBLISHED / "webhooks-examples").glob("*/index.json")):
            for kind in json.loads(path.read_text(encoding="utf-8")):
                for example in kind["examples"]:
                    self.assertEqual(self.sent(kind["name"], example), (200, {"looks": 0}), f"{path} {kind['name']} is of others")
                    if kind["name"] not in (*self.where, "status"):
                        continue
                    self.put(example, ("repository", "full_name"), "acme/reports")
                    if kind["name"] in self.where:
                        branch = ("refs/heads/" if kind["name"] == "push" else "") + pull["branch"]
                        self.put(example, self.where[kind["name"]], branch)
                    answer = self.sent(kind["name"], example)
                    self.assertIn(answer, [(200, {"looks": 1}), (200, {"looks": 0})])
                    looked |= {kind["name"]} if answer[1]["looks"] else set()
        self.assertEqual(looked, {*self.where, "status"})


if __name__ == "__main__":
    unittest.main()
