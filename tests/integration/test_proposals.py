"""Changes that are proposed on a host: pull requests are opened once, waited for, and taken back, on GitHub, GitLab and Gitea."""
import json
import pathlib
import sys
import unittest

import support
import test_changes

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import forge_host  # noqa: E402

CODE = {
    "reports": {"active.sql": "SELECT u.id, u.first_name FROM users_v1 u -- all\n", "old.sql": "SELECT 1\n"},
    "exports": {"all.sql": "SELECT id FROM users_v1\n"},
    "mails": {"to.sql": "SELECT first_name FROM users_v1 ORDER BY id\n"},
}
FORGE = """  code:
    driver: git
    path: mirrors
    forge: {{ kind: {kind}, api: "{url}/{kind}", remote: "{url}/git", owner: acme, token_file: token, labels: [ honk ], poll: 200ms }}
"""
PLAIN = """  code: {{ driver: git, path: mirrors, forge: {{ kind: git, remote: "{folder}", owner: acme, poll: 200ms }} }}
"""


class ForgeWorld(support.Project):
    """The dataset of test_changes, whose consumers' repositories are on a host."""

    def __init__(self, kind="github", code=None, files=None, limits="", owner=None):
        super().__init__()
        self.kind, self.code = kind, CODE if code is None else code
        self.host = forge_host.ForgeHost(self.folder / "host")
        for path, content in {"token": forge_host.TOKEN + "\n", **(files or {})}.items():
            (self.folder / path).write_text(content)
        self.forge = (PLAIN.format(folder=self.host.folder) if kind == "git" else FORGE.format(kind=kind, url=self.host.url))
        writes = 'limits: { "writes:*": 60000'  # a host of a test bears more than one of the world
        limits = limits.replace("limits: {", writes + ",") if limits else writes + " }\n"
        text = test_changes.YAML.replace("WORKERS", "2")
        (self.folder / "honk.yaml").write_text(limits + text.replace("  code: { driver: git, path: repos }\n", self.forge))
        (self.folder / "map.yaml").write_text(test_changes.MAPPING)
        (self.folder / "catalog").mkdir()
        catalog = test_changes.DATASETS.replace("STRATEGY", "schema-transform")
        for name, files in self.code.items():
            consumer = test_changes.CONSUMER.format(name=name, reads=', honk/reads: "users-v1"')
            catalog += consumer.replace(f"owner: team-{name}", f"owner: {owner or 'team-' + name}")
            self.host.make(f"acme/{name}", files)
        (self.folder / "catalog" / "all.yaml").write_text(catalog)
        self.sql("data.db", test_changes.SQL)
        self.serve()

    def close(self):
        super().close()
        self.host.close()

    def sql(self, path, text):
        import sqlite3
        with sqlite3.connect(self.folder / path) as db:
            db.executescript(text)

    def tables(self):
        import sqlite3
        with sqlite3.connect(self.folder / "data.db") as db:
            return [name for name, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]

    def start(self):
        """The plan as people read it."""
        shown = self.honk("plan", "users-v2").stdout
        self.honk("approve", "users-v2", self.digest("users-v2"))
        self.honk("start", "users-v2")
        return " ".join(shown.split())

    consumers = test_changes.World.consumers

    def tasks(self):
        items = self.json("status", "users-v2")["id"]
        import json
        page = json.loads(self.get(f"/migrations/{items}/tasks?step=propose&limit=100")[1])["items"]
        return {task["key"]: task for task in page if task["key"]}

    def waits_for(self, count):
        found = support.eventually(lambda: len(self.host.open_pulls()) == count and self.host.open_pulls())
        assert found, (self.host.pulls, self.tasks(), self.log_tail())
        return found

    def until(self, state):
        assert support.eventually(lambda: self.state("users-v2") == state), (self.state("users-v2"), self.tasks(), self.log_tail())

    def merge_all(self, how="merge"):
        """As people would, until all are proposed and merged."""
        merged = 0
        while merged < len(self.code):
            for pull in support.eventually(self.host.open_pulls) or self.fail():
                with self.host.lock:
                    self.host.merge(pull, how)
                merged += 1

    def merge_all_open(self, count):
        """Those that are open by now: `count` of them."""
        for pull in self.waits_for(count):
            with self.host.lock:
                self.host.merge(pull)

    def fail(self):
        raise AssertionError((self.host.pulls, self.tasks(), self.log_tail()))


class OnEveryHost:
    kind = ""
    code = {name: CODE[name] for name in ("reports", "exports")}

    def setUp(self):
        self.world = ForgeWorld(self.kind, self.code)
        self.addCleanup(self.world.close)
        self.host = self.world.host

    def test_one_is_proposed_alone_then_the_others_and_the_end_waits_for_all_merges(self):
        self.world.start()
        first = self.world.waits_for(1)[0]
        self.assertEqual(first["branch"], f"honk/users-v2-{self.world.digest('users-v2')}")
        self.assertIn("Read users_v2 instead of users_v1", first["title"])
        self.assertIn("queries run over the data", first["body"])
        self.assertIn("Honk never overwrites a commit of yours", first["body"])
        labels = [7] if self.kind == "gitea" else ["honk"]
        self.assertTrue(support.eventually(lambda: first["labels"] == labels), first)
        task = support.eventually(lambda: next((one for one in self.world.tasks().values() if one["status"] == "waiting"), None))
        self.assertRegex(task["reason"], r"waits until (pull|merge) request #1 .* is merged; its checks passed")
        self.assertEqual(len(self.host.open_pulls()), 1, "the first is merged before the next is proposed")
        lines = support.eventually(lambda: next((lines for lines in [self.world.consumers()] for line in lines.values()
                                                 if line["why"] == task["reason"]), None))
        waiting = next(line for line in lines.values() if line["stand"] == "person")
        self.assertEqual((waiting["why"], waiting["pull"]["state"]), (task["reason"], "open"))
        self.assertIn("/", waiting["pull"]["url"])
        self.assertEqual([line["stand"] for line in lines.values() if line is not waiting], ["open"] * (len(lines) - 1))
        self.world.merge_all()
        self.world.until("succeeded")
        self.assertEqual({(line["stand"], line["why"]) for line in self.world.consumers().values()}, {("done", "merged")})
        self.assertEqual(self.host.show("acme/reports", "active.sql"), "SELECT u.user_id AS id, u.name AS first_name FROM users_v2 u -- all")
        self.assertEqual(len(self.host.pulls), len(self.code), "no second one of anything")
        pulls = self.world.json("change", "numbers", "users-v2")["pulls"]
        self.assertEqual((pulls["opened"], pulls["merged_untouched"], pulls["merged_repaired"], pulls["open"]),
                         (len(self.code), len(self.code), 0, 0))

    def test_what_the_host_has_done_and_calls_a_failure_is_not_done_a_second_time(self):
        failed = set()

        def done(method, path):
            if method == "GET" or (method, path) in failed:
                return None
            failed.add((method, path))
            return 502, {"message": "Bad Gateway"}
        self.host.done = done
        self.world.start()
        self.world.merge_all()
        self.world.until("succeeded")
        self.assertGreaterEqual(len(failed), len(self.code), "each was opened, and told to have failed")
        self.assertEqual([pull["state"] for pull in self.host.pulls], ["merged"] * len(self.code))

    def test_a_pull_request_of_a_fork_whose_branch_has_the_same_name_is_somebody_else_s(self):
        self.world.honk("plan", "users-v2")
        branch = f"honk/users-v2-{self.world.digest('users-v2')}"
        theirs = [self.host.add_of_fork(f"acme/{name}", branch, "main", "Mine") for name in self.code]
        self.world.start()
        for _ in self.code:
            ours = support.eventually(lambda: [pull for pull in self.host.open_pulls() if pull not in theirs])
            self.assertTrue(ours, (self.world.tasks(), self.world.log_tail()))
            with self.host.lock:
                self.host.merge(ours[0])
        self.world.until("succeeded")
        self.assertEqual([pull["state"] for pull in theirs], ["open"] * len(theirs))
        self.assertEqual(len(self.host.pulls), 2 * len(theirs))

    def test_owners_of_the_changed_files_and_the_catalog_s_are_asked_for_a_review(self):
        owners = {"github": "*.md @nobody\n*.sql @ada @acme/data @stranger who@acme.example\n",
                  "gitlab": "[Data] @ada @acme/data\n*.sql\n[Texts] @nobody\n*.md\n",
                  "gitea": ".*\\\\.sql @ada @acme/data @stranger\n.*\\\\.md @nobody\n"}[self.kind]
        folder = {"github": ".github/", "gitlab": ".gitlab/", "gitea": "docs/"}[self.kind]
        for name in self.code:
            self.host.change(f"acme/{name}", {folder + "CODEOWNERS": owners}, "Say whose it is")
        text = (self.world.folder / "catalog" / "all.yaml").read_text()
        text = text.replace("honk/repository:", 'honk/reviewers: "@bo", honk/repository:')
        (self.world.folder / "catalog" / "all.yaml").write_text(text)
        self.world.honk("apply", "-f", "catalog")
        self.world.start()
        pull = self.world.waits_for(1)[0]
        asked = (["ada", "bo"], [] if self.kind == "gitlab" else ["data"])
        self.assertTrue(support.eventually(lambda: (pull["reviewers"], pull["teams"]) == asked), pull)
        self.assertIn("**Owners of what changes:** @bo, @acme/data, @ada", pull["body"])
        self.assertNotIn("nobody", pull["body"])
        task = support.eventually(lambda: next((one for one in self.world.tasks().values() if one["status"] == "waiting"), None))
        self.assertRegex(task["reason"], "is merged")

    def test_the_way_back_closes_what_is_open_and_proposes_to_take_back_what_was_merged(self):
        self.world.start()
        first = self.world.waits_for(1)[0]
        with self.host.lock:
            self.host.merge(first, "squash")
        second = support.eventually(lambda: len(self.host.open_pulls()) == len(self.code) - 1 and self.host.open_pulls()) or self.world.fail()
        name = first["name"]
        path = next(iter(CODE[name.split("/")[1]]))
        with self.host.lock:
            self.host.change(name, {"later.sql": "SELECT 3\n"}, "Write more")
        self.world.honk("rollback", "users-v2", "--reason", "not now")
        back = support.eventually(lambda: next((one for one in self.host.open_pulls() if one["branch"].endswith("-back")), None)) or self.world.fail()
        self.assertEqual((back["name"], back["branch"]), (name, first["branch"] + "-back"))
        self.assertTrue(support.eventually(lambda: {pull["state"] for pull in second} == {"closed"}))
        self.assertEqual({where for where, _, _ in self.host.comments}, {pull["name"] for pull in second})
        self.assertIn("was rolled back: nothing has to follow it any more.\n\n> not now", self.host.comments[0][2])
        with self.host.lock:
            self.host.merge(back)
        self.world.until("rolled_back")
        self.assertEqual(self.host.show(name, path) + "\n", CODE[name.split("/")[1]][path])
        self.assertEqual(self.host.show(name, "later.sql"), "SELECT 3")
        for repository in self.code:
            self.assertEqual(self.host.branches(f"acme/{repository}"), ["main"])


class OnGitHub(OnEveryHost, unittest.TestCase):
    kind = "github"
    code = CODE

    def test_a_host_that_has_enough_is_asked_again_when_it_says(self):
        self.host.refuse = [(429, {"Retry-After": "1"}), (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}),
                            (403, {"Retry-After": "1"}), (502, {}), (503, {})]
        self.world.start()
        self.world.waits_for(1)
        self.assertEqual(self.host.refuse, [])
        self.world.merge_all()
        self.world.until("succeeded")

    def test_what_people_push_to_the_branch_stays_and_is_merged_with_it(self):
        self.world.start()
        first = self.world.waits_for(1)[0]
        with self.host.lock:
            added = self.host.change(first["name"], {"more.sql": "SELECT 4\n"}, "Add to it", branch=first["branch"])
        self.world.merge_all()
        self.world.until("succeeded")
        self.assertEqual(self.host.show(first["name"], "more.sql"), "SELECT 4")
        self.assertEqual(first["head"], added)
        pulls = self.world.json("change", "numbers", "users-v2")["pulls"]
        self.assertEqual((pulls["merged_untouched"], pulls["merged_repaired"]), (len(self.world.code) - 1, 1))

    def test_one_that_was_closed_waits_for_a_person_and_can_be_left_out(self):
        self.world.start()
        first = self.world.waits_for(1)[0]
        with self.host.lock:
            first["state"] = "closed"
        self.world.until("halted")
        self.assertIn("somebody closed pull request #1", str(self.world.tasks()))
        self.assertEqual(len(self.host.pulls), 1, "it is not opened again")
        self.assertIn('honk_pulls{state="closed"} 1\n', self.world.get("/metrics")[1].decode())
        self.world.honk("skip", "users-v2", "--reason", "they drop it next week")
        self.world.honk("resume", "users-v2", "--reason", "it is left out")
        self.world.merge_all_open(2)
        self.world.until("succeeded")
        self.assertEqual(self.world.json("change", "numbers", "users-v2")["ends"]["left_out"], 1)
        self.assertEqual([pull["state"] for pull in self.host.pulls], ["closed", "merged", "merged"])

    def test_one_that_was_closed_is_left_to_people_while_the_others_go_on_as_long_as_so_many_may_fail(self):
        self.assertIn("stops at the first consumer that fails; `honk pace` changes that", self.world.start())
        answer = self.world.honk("pace", "users-v2", "--max-failures", "34%").stdout
        self.assertIn("goes on while at most 1 of 3 consumers (34%) fail", answer)
        first = self.world.waits_for(1)[0]
        with self.host.lock:
            first["state"] = "closed"
        others = self.world.waits_for(2)
        status = " ".join(self.world.honk("status", "users-v2").stdout.split())
        self.assertIn("1 of 3 consumers failed and is left to people (at most 1 may be): component:default/", status)
        left = next(line for line in self.world.consumers().values() if line["stand"] == "person" and line["pull"]["state"] == "closed")
        self.assertIn("somebody closed pull request #1", left["why"])
        with self.host.lock:
            others[0]["state"] = "closed"
        self.world.until("halted")
        self.assertIn("2 of 3 consumers failed, and at most 1 may", self.world.honk("status", "users-v2").stdout)
        self.world.honk("pace", "users-v2", "--max-failures", "2", "--reason", "they write their own")
        self.world.honk("resume", "users-v2", "--reason", "they write their own")
        self.world.merge_all_open(1)
        self.world.until("succeeded")
        self.assertEqual(len(self.host.pulls), 3, "closed ones are not opened again")

    def test_the_next_wave_waits_until_the_one_before_is_well_and_what_people_took_back_is_counted(self):
        self.world.start()
        first = self.world.waits_for(1)[0]
        self.assertIn("each wave is merged and green for 1 h", self.world.honk("pace", "users-v2", "--soak", "1h").stdout)
        with self.host.lock:
            self.host.merge(first)

        def step(text):
            root = next(one for one in self.world.json("status", "users-v2")["steps"] if one["name"] == "propose")
            return text in json.dumps(root) and root
        self.assertTrue(support.eventually(lambda: step("the wave before soaks until")), self.world.json("status", "users-v2"))
        self.assertEqual(len(self.host.pulls), 1)
        with self.host.lock:
            repository = first["name"].split("/")[1]
            self.host.change(first["name"], CODE[repository], "Take it back")
        self.world.until("halted")
        self.assertTrue(step(f"1 taken back by people: code:{repository}"), self.world.json("status", "users-v2"))
        self.assertEqual(self.world.json("change", "numbers", "users-v2")["pulls"]["reverted"], 1)
        self.world.honk("pace", "users-v2", "--max-failures", "1", "--soak", "0s")
        self.world.honk("retry", "users-v2")
        self.world.honk("resume", "users-v2", "--reason", "they know why")
        self.world.waits_for(2)

    def test_a_team_that_asks_for_time_is_left_in_peace_until_that_day(self):
        self.host.make("acme/later", {"a.sql": "SELECT id FROM users_v1\n", ".honk.yaml": "not_before: 2999-01-01\n"})
        with open(self.world.folder / "catalog" / "all.yaml", "a", encoding="utf-8") as file:
            file.write(test_changes.CONSUMER.format(name="later", reads=', honk/reads: "users-v1"'))
        self.world.honk("apply", "-f", "catalog")
        self.assertIn("is not proposed before 2999-01-01", " ".join(self.world.honk("plan", "users-v2").stdout.split()))
        self.world.start()

        def waiting():
            for pull in self.host.open_pulls():
                with self.host.lock:
                    self.host.merge(pull, "merge")
            later = self.world.tasks().get("code:later", {})
            return later if later.get("status") == "waiting" else None
        self.assertIn("waits until 2999-01-01: its team wants no proposal before (.honk.yaml)", support.eventually(waiting)["reason"])
        self.assertFalse(self.host.open_pulls("later"))
        self.assertEqual(self.host.branches("acme/later"), ["main"])

    def test_a_token_that_is_refused_is_said_and_nothing_is_pushed(self):
        (self.world.folder / "token").write_text("wrong\n")
        plan = " ".join(self.world.honk("plan", "users-v2").stdout.split())
        self.assertIn("git/acme/reports.git' does not take the token that honk.yaml names", plan)
        self.assertNotIn("propose", plan)
        self.assertEqual(self.host.pulls, [])


class BuiltFirst(unittest.TestCase):
    """A preflight: branches are built before anything is opened, and before rows move."""

    def begin(self, kind="gitlab"):
        global FORGE
        forge = FORGE
        FORGE = forge.replace("poll: 200ms", "poll: 200ms, preflight: true")
        try:
            self.world = ForgeWorld(kind)
        finally:
            FORGE = forge
        self.addCleanup(self.world.close)
        self.host = self.world.host

    def pushed(self, name):
        branch = f"honk/users-v2-{self.world.digest('users-v2')}"
        return support.eventually(lambda: self.host.tip(f"acme/{name}", branch)) or self.world.fail()

    def test_nothing_is_opened_for_a_branch_that_does_not_build_and_what_was_red_before_is_not_blamed(self):
        self.begin()
        with self.host.lock:
            self.host.checks = "pending"
        self.world.start()
        steps = [step["name"] for step in self.world.json("status", "users-v2")["steps"]]
        self.assertEqual(steps[steps.index("rewrite"):][:3], ["rewrite", "builds", "freeze"], "before anything is opened, and before rows move")
        self.world.honk("pace", "users-v2", "--max-failures", "1")
        first = support.eventually(lambda: next((name for name in CODE if len(self.host.branches(f"acme/{name}")) == 2), None))
        self.assertTrue(support.eventually(lambda: "builds its branch is being built; nothing is opened yet"
                                           in self.world.honk("status", "users-v2").stdout))
        with self.host.lock:
            self.host.checks_of = {self.pushed(first): "success"}
        red, ill = (name for name in CODE if name != first)
        commits = {name: self.pushed(name) for name in CODE}
        with self.host.lock:
            self.host.checks_of = {commits[red]: "failure", commits[ill]: "failure", commits[first]: "success",
                                   self.host.tip(f"acme/{red}", "main"): "success", self.host.tip(f"acme/{ill}", "main"): "failure"}
            self.host.checks = "success"
        self.world.merge_all_open(1)
        self.world.merge_all_open(1)
        self.world.until("succeeded")
        self.assertEqual({pull["name"] for pull in self.host.pulls}, {f"acme/{first}", f"acme/{ill}"})
        line = self.world.consumers()[red] if red in self.world.consumers() else next(
            one for one in self.world.consumers().values() if one["repository"] == f"code:{red}")
        self.assertEqual(line["stand"], "person")
        self.assertRegex(line["why"], "does not build .*nothing was opened")
        self.assertEqual(self.world.json("change", "numbers", "users-v2")["verified"]["builds"], 1)


    def test_a_team_that_asks_for_time_has_it_from_builds_too(self):
        self.begin("github")
        self.host.make("acme/later", {"a.sql": "SELECT id FROM users_v1\n", ".honk.yaml": "not_before: 2999-01-01\n"})
        with open(self.world.folder / "catalog" / "all.yaml", "a", encoding="utf-8") as file:
            file.write(test_changes.CONSUMER.format(name="later", reads=', honk/reads: "users-v1"'))
        self.world.honk("apply", "-f", "catalog")
        self.world.start()
        self.assertTrue(support.eventually(self.host.open_pulls), self.world.log_tail())
        self.assertEqual(self.host.branches("acme/later"), ["main"])

    def test_a_host_that_has_enough_says_when_it_is_asked_again(self):
        self.begin("github")
        self.host.refuse = [(403, {"X-RateLimit-Remaining": "4000", "X-RateLimit-Reset": "9999999999"}, "You have exceeded a secondary rate limit")]
        self.world.start()
        said = support.eventually(lambda: next((line["why"] for line in self.world.consumers().values() if "asks to wait" in line.get("why", "")), None))
        self.assertRegex(said, r"asks to wait \(status 403\): You have exceeded a secondary rate limit; it is asked again at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")

    def test_the_one_check_that_failed_may_be_the_last_of_many(self):
        self.begin("github")
        with self.host.lock:
            self.host.checks, self.host.other_checks = "pending", 100
        self.world.start()
        first = support.eventually(lambda: next((name for name in CODE if len(self.host.branches(f"acme/{name}")) == 2), None))
        commit = self.pushed(first)
        with self.host.lock:
            self.host.checks_of = {commit: "failure", self.host.tip(f"acme/{first}", "main"): "success"}
        self.world.until("halted")
        line = next(one for one in self.world.consumers().values() if one["repository"] == f"code:{first}")
        self.assertRegex(line["why"], "does not build .*nothing was opened")
        self.assertEqual(self.host.pulls, [])


class OnGitLab(OnEveryHost, unittest.TestCase):
    kind = "gitlab"


class OnGitea(OnEveryHost, unittest.TestCase):
    kind = "gitea"


class WithoutPullRequests(unittest.TestCase):
    """Plain git in a folder: branches are pushed, and people merge them as they like."""

    def setUp(self):
        self.world = ForgeWorld("git", {"reports": CODE["reports"]})
        self.addCleanup(self.world.close)
        self.host = self.world.host

    def merge(self, branch):
        self.host.merge({"name": "acme/reports", "branch": branch, "base": "main", "title": branch, "number": 1})

    def pushed(self, end):
        return support.eventually(lambda: next((name for name in self.host.branches("acme/reports") if name.endswith(end)), None)) or self.world.fail()

    def test_a_branch_is_pushed_merged_by_people_and_taken_back_by_another_branch(self):
        self.world.start()
        branch = self.pushed(self.world.digest("users-v2"))
        self.merge(branch)
        self.world.until("succeeded")
        self.world.honk("rollback", "users-v2", "--reason", "not now")
        self.merge(self.pushed("-back"))
        self.world.until("rolled_back")
        self.assertEqual(self.host.show("acme/reports", "active.sql") + "\n", CODE["reports"]["active.sql"])
        self.assertEqual(self.host.branches("acme/reports"), ["main"])


if __name__ == "__main__":
    unittest.main()
