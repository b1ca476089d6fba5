"""One repository of several owners: its change goes out in parts, one for each, and each goes its own way to the end."""
import json
import unittest

import support
import test_changes
import test_coding
import test_proposals
import test_webhooks

CODE = {"mono": {
    "player/active.sql": "SELECT u.id, u.first_name FROM users_v1 u -- all\n",
    "mails/to.sql": "SELECT first_name FROM users_v1 ORDER BY id\n",
    "shared/all.sql": "SELECT id FROM users_v1\n",
    "rest.sql": "SELECT id FROM users_v1 WHERE id > 1\n",
    ".github/CODEOWNERS": "/player/ @nobody\n/shared/ @ada @acme/data\n",
}}
PARTS = {"code:mono#team_player": "player/active.sql", "code:mono#team_mails": "mails/to.sql", "code:mono#team_mono": "rest.sql",
         "code:mono#data_ada": "shared/all.sql"}
FOLDER = test_changes.CONSUMER.replace("code:{name}", "code:mono").replace("{reads}", '{reads}, honk/folder: {name}')


class OwnerWorld(test_proposals.ForgeWorld):
    """A monorepo: two components have a folder each, CODEOWNERS names others for a third, and the rest is the first component's."""

    def __init__(self, kind="github", code=None, changes="changes: { group: owner }\n", limits='"pulls:*": 50', files=None, folders=("player", "mails")):
        super().__init__(kind, CODE if code is None else code, files, limits=f"limits: {{ {limits} }}\n{changes}")
        with open(self.folder / "catalog" / "all.yaml", "a", encoding="utf-8") as file:
            for name in folders:
                file.write(FOLDER.format(name=name, reads=', honk/reads: "users-v1"'))
        self.honk("apply", "-f", "catalog")

    def by_part(self):
        """The open pull requests, by what their branches end with."""
        return {pull["branch"].rsplit("-", 1)[1]: pull for pull in self.host.open_pulls()}

    def merge_first(self):
        """The wave of one; the part that it is."""
        first = self.waits_for(1)[0]
        with self.host.lock:
            self.host.merge(first)
        return first

    def files_of(self, pull):
        return self.host.git(pull["name"], "diff", "--name-only", f"main...{pull['branch']}").split()


class ByOwner(unittest.TestCase):
    def begin(self, **options):
        self.world = OwnerWorld(**options)
        self.addCleanup(self.world.close)
        self.host = self.world.host

    def test_each_owner_gets_a_pull_request_with_just_their_files(self):
        self.begin()
        plan = self.world.start()
        self.assertIn("1 repository in 4 parts, 11 places", plan)
        self.assertIn("code:mono#team_mails of group:default/team-mails", self.world.honk("change", "show", "users-v2", "mails").stdout)
        shown = self.world.honk("change", "show", "users-v2", "mono", check=False)
        self.assertIn("'mono' is changed in parts: name one by its key, 'code:mono#data_ada' or 'code:mono#team_mono'", " ".join(shown.stderr.split()))
        self.assertIn("+SELECT name AS first_name", self.world.honk("change", "show", "users-v2", "code:mono#team_mails", "--diff").stdout)
        seen = {}
        for _ in PARTS:
            for pull in support.eventually(self.host.open_pulls) or self.world.fail():
                seen[pull["branch"]] = (pull, self.world.files_of(pull))
                with self.host.lock:
                    self.host.merge(pull)
        self.world.until("succeeded")
        stem = f"honk/users-v2-{self.world.digest('users-v2')}-"
        self.assertEqual({f"code:mono#{branch.removeprefix(stem)}": files for branch, (_, files) in seen.items()},
                         {key: [path] for key, path in PARTS.items()})
        self.assertEqual(len(self.host.pulls), len(PARTS), "no second one of anything")
        mails, _ = seen[stem + "team_mails"]
        body = " ".join(mails["body"].split())
        self.assertIn("This is the part of group:default/team-mails, and stands by itself.", body)
        self.assertIn(f"- group:default/team-player: branch {stem}team_player", body)
        self.assertNotIn(f"branch {stem}team_mails -", body)
        self.assertIn("Kinds of edits: - as first_name (added) - first_name -> name - id -> user_id - users_v1 -> users_v2 Evidence:", body)
        self.assertIn("`honk change show users-v2 code:mono#team_mails --diff`", body, "by what names just this part")
        self.assertIn(f"**To try it:** `git fetch origin {stem}team_mails && ", body)
        self.assertIn("**To get no more of these:** `changes: refuse` in `.honk.yaml` on `main`", body)
        shared, _ = seen[stem + "data_ada"]
        self.assertEqual((shared["reviewers"], shared["teams"]), (["ada"], ["data"]))
        self.assertNotIn("ada", mails["reviewers"])
        self.assertEqual(self.host.show("acme/mono", "rest.sql"), "SELECT user_id AS id FROM users_v2 WHERE user_id > 1")
        numbers = self.world.json("change", "numbers", "users-v2")
        self.assertEqual((numbers["pulls"]["opened"], numbers["pulls"]["merged_untouched"], numbers["sites"]["by_rules"]), (4, 4, 11))
        self.assertEqual({owner["owner"]: owner["sites"]["by_rules"] for owner in numbers["owners"]},
                         {"group:default/team-player": 3, "group:default/team-mails": 3, "group:default/team-mono": 3, "@acme/data @ada": 2})


    def test_a_repository_is_one_pull_request_where_nobody_asks_for_parts_or_the_migration_is_excepted(self):
        for changes in ("", "changes: { group: owner, migrations: { users-v2: repository } }\n"):
            with self.subTest(changes=changes):
                self.begin(changes=changes)
                self.world.start()
                first = self.world.merge_first()
                self.world.until("succeeded")
                self.assertEqual(first["branch"], f"honk/users-v2-{self.world.digest('users-v2')}")
                self.assertEqual(self.host.show("acme/mono", "mails/to.sql"), "SELECT name AS first_name FROM users_v2 ORDER BY user_id")
                self.assertEqual(len(self.host.pulls), 1)

    def test_a_change_of_the_setting_makes_a_plan_stale(self):
        self.begin()
        self.world.honk("plan", "users-v2")
        path = self.world.folder / "honk.yaml"
        path.write_text(path.read_text().replace("changes: { group: owner }", "changes: { group: repository }"))
        self.world.kill()
        self.world.serve()
        shown = self.world.honk("approve", "users-v2", self.world.digest("users-v2"), check=False)
        self.assertIn("how honk.yaml groups changes was 'owner', is 'none'", shown.stdout + shown.stderr)

    def test_each_owner_has_a_pace_of_their_own(self):
        self.begin(limits='"pulls:*": 1, "pulls:group:default/team-mails": 0')
        self.world.start()
        self.world.merge_first()
        self.world.waits_for(2)
        self.assertEqual(set(self.world.by_part()), {"team_player", "team_mono"})
        self.world.honk("limits", "pulls:group:default/team-mails", "1")
        self.world.waits_for(3)

    def test_a_repository_has_no_more_of_them_open_than_it_asks_for_whatever_its_owners_may(self):
        self.begin(code={"mono": {**CODE["mono"], ".honk.yaml": "limits: { pulls: 1 }\n"}})
        self.world.start()
        for left in (None, 2, 1, 0):
            pull = self.world.waits_for(1)[0]
            if left is not None:
                tasks = self.world.tasks().values()
                self.assertEqual([task["status"] for task in tasks].count("ready"), left, tasks)
            with self.host.lock:
                self.host.merge(pull)
        self.world.until("succeeded")
        self.assertEqual(len(self.host.pulls), len(PARTS))

    def test_one_part_is_left_out_and_another_closed_while_the_others_go_their_way(self):
        self.begin()
        self.world.start()
        self.world.honk("pace", "users-v2", "--max-failures", "1")
        self.world.merge_first()
        self.world.waits_for(3)
        parts = self.world.by_part()
        whole = self.world.honk("skip", "users-v2", "propose", "code:mono", "--reason", "all of it", check=False)
        self.assertRegex(" ".join(whole.stderr.split()), r"the change of 'code:mono' comes in parts, each of which is named by itself: .*'code:mono#team_mails'")
        self.world.honk("skip", "users-v2", "propose", "code:mono#team_mails", "--reason", "they drop it")
        self.assertTrue(support.eventually(lambda: parts["team_mails"]["state"] == "closed"), self.host.pulls)
        with self.host.lock:
            parts["team_player"]["state"] = "closed"
        self.assertTrue(support.eventually(lambda: self.world.tasks()["code:mono#team_player"]["status"] == "failed"), self.world.tasks())
        with self.host.lock:
            self.host.merge(parts["team_mono"])
        self.world.until("succeeded")
        self.assertIn("component:default/player#team_player", self.world.honk("status", "users-v2").stdout)
        self.assertEqual({key: task["status"] for key, task in self.world.tasks().items()},
                         {"code:mono#data_ada": "done", "code:mono#team_mails": "done", "code:mono#team_player": "failed", "code:mono#team_mono": "done"})
        self.assertEqual(self.host.show("acme/mono", "mails/to.sql") + "\n", CODE["mono"]["mails/to.sql"])
        self.assertEqual(self.host.show("acme/mono", "rest.sql"), "SELECT user_id AS id FROM users_v2 WHERE user_id > 1")
        ends = self.world.json("change", "numbers", "users-v2")["ends"]
        self.assertEqual(ends["left_out"], 1)

    def test_the_way_back_takes_back_each_part_that_was_merged_and_closes_the_others(self):
        self.begin()
        self.world.start()
        first = self.world.merge_first()
        self.world.waits_for(3)
        parts = self.world.by_part()
        with self.host.lock:
            self.host.merge(parts.pop("team_mono"))
        self.assertTrue(support.eventually(lambda: self.world.tasks()["code:mono#team_mono"]["status"] == "done"))
        self.world.honk("rollback", "users-v2", "--reason", "not now")

        def backs():
            found = [pull for pull in self.host.open_pulls() if pull["branch"].endswith("-back")]
            return found if len(found) == 2 else None
        found = support.eventually(backs) or self.world.fail()
        stem = first["branch"].rsplit("-", 1)[0]
        self.assertEqual({pull["branch"] for pull in found}, {f"{stem}-data_ada-back", f"{stem}-team_mono-back"})
        self.assertTrue(support.eventually(lambda: {pull["state"] for pull in parts.values()} == {"closed"}))
        for pull in found:
            with self.host.lock:
                self.host.merge(pull)
        self.world.until("rolled_back")
        for path, text in CODE["mono"].items():
            self.assertEqual(self.host.show("acme/mono", path) + "\n", text)
        self.assertEqual(self.host.branches("acme/mono"), ["main"])

    def test_one_that_has_moved_is_made_anew_and_the_others_stay_as_they_are(self):
        self.begin()
        self.world.start()
        self.world.merge_first()
        self.world.waits_for(3)
        parts = self.world.by_part()
        before = {name: pull["head"] for name, pull in parts.items()}
        with self.host.lock:
            self.host.change("acme/mono", {"mails/to.sql": "SELECT first_name FROM users_v1 ORDER BY id DESC\n"}, "Turn it round")
        self.assertTrue(support.eventually(lambda: self.host.tip("acme/mono", parts["team_mails"]["branch"]) != before["team_mails"]))
        for name in ("team_player", "team_mono"):
            self.assertEqual(self.host.tip("acme/mono", parts[name]["branch"]), before[name])
        self.assertEqual(self.world.files_of(parts["team_mails"]), ["mails/to.sql"])

    def test_what_cannot_be_apart_stays_together_and_says_why(self):
        code = {"mono": {"player/ask.sql": "SELECT id FROM known\n", "mails/view.sql": "CREATE VIEW known AS SELECT id FROM users_v1\n",
                         "rest.sql": "SELECT id FROM users_v1\n"}}
        self.begin_propagating(code)
        plan = self.world.start()
        self.assertIn("'mails/view.sql' needs what the files of group:default/team-player become", plan)
        self.assertIn("1 repository in 2 parts", plan)
        self.world.merge_first()
        self.world.waits_for(1)
        seen = {name: pull for pull in self.host.pulls for name in [pull["branch"].rsplit("-", 1)[1]]}
        body = " ".join(seen["team_mails"]["body"].split())
        self.assertIn("Files of several owners stay together here: - 'mails/view.sql' needs", body)
        self.assertIn("the part of group:default/team-mails, group:default/team-player", body)

    def test_what_passes_its_own_checks_only_together_stays_together(self):
        checked = "changes: { group: owner, checks: true }\ncoding: { when_unboxed: run }\n"
        make = ".PHONY: test\ntest:\n\t! grep -q users_v2 player/active.sql || grep -q users_v2 mails/to.sql\n"
        self.begin(code={"mono": {**CODE["mono"], "Makefile": make}}, changes=checked)
        plan = self.world.start()
        self.assertIn("alone, what changes of group:default/team-player fails make, and not with the files of group:default/team-mails", plan)
        self.assertIn("1 repository in 3 parts", plan)
        self.world.merge_first()
        self.world.waits_for(2)
        bodies = {name: " ".join(pull["body"].split()) for name, pull in self.world.by_part().items()}
        self.assertEqual(set(bodies), {"team_mails", "team_mono"})
        self.assertIn("- make, when the plan was made: before passed, with this alone passed", bodies["team_mono"])
        self.assertIn("Files of several owners stay together here: - alone, what changes of group:default/team-player", bodies["team_mails"])
        self.assertEqual(self.world.files_of(self.world.by_part()["team_mails"]), ["mails/to.sql", "player/active.sql"])

    def begin_propagating(self, code):
        text = test_changes.MAPPING
        test_changes.MAPPING = text + "output_names: propagate\n"
        try:
            self.begin(code=code)
        finally:
            test_changes.MAPPING = text

    def test_whom_codeowners_names_is_the_owner_whom_the_catalog_says_is_called_so(self):
        people = """---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: team-mails, annotations: { github.com/team-slug: acme/mails } }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: ada.l, annotations: { github.com/user-login: Ada } }
spec: { memberOf: [] }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: twice, annotations: { github.com/team-slug: acme/data } }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: once-more, annotations: { github.com/team-slug: acme/data } }
spec: { type: team, children: [] }
"""
        self.begin(code={"mono": {**CODE["mono"], "ours/a.sql": "SELECT id FROM users_v1\n", "hers/a.sql": "SELECT id FROM users_v1\n",
                                  ".github/CODEOWNERS": "/ours/ @Acme/Mails\n/hers/ @ada\n/shared/ @acme/data\n"}})
        with open(self.world.folder / "catalog" / "all.yaml", "a", encoding="utf-8") as file:
            file.write(people)
        self.world.honk("apply", "-f", "catalog")
        self.world.honk("plan", "users-v2")
        changes = {row["key"]: row for row in self.world.json("plan", "users-v2")["plan"]["changes"]}
        owners = {key: (row["owner"], row["part"]["owners"], sorted(row["blobs"])) for key, row in changes.items()}
        self.assertEqual(owners, {
            "code:mono#team_mails": ("group:default/team-mails", ["group:default/team-mails"], ["mails/to.sql", "ours/a.sql"]),
            "code:mono#team_player": ("group:default/team-player", ["group:default/team-player"], ["player/active.sql"]),
            "code:mono#team_mono": ("group:default/team-mono", ["group:default/team-mono"], ["rest.sql"]),
            "code:mono#ada_l": ("user:default/ada.l", ["user:default/ada.l"], ["hers/a.sql"]),
            "code:mono#data": ("@acme/data", ["@acme/data"], ["shared/all.sql"])})

    def test_where_nobody_asks_for_a_review_the_commit_names_the_owners(self):
        self.begin(kind="git", changes="")
        self.world.start()
        self.assertTrue(support.eventually(lambda: len(self.host.branches("acme/mono")) == 2), self.world.log_tail())
        branch = next(name for name in self.host.branches("acme/mono") if name != "main")
        message = self.host.git("acme/mono", "log", "-1", "--format=%B", branch)
        self.assertIn("\nOwners of what changes: @acme/data, @ada, @nobody\n", message)
        items = json.loads(self.world.get(f"/migrations/{self.world.json('status', 'users-v2')['id']}/tasks?step=rewrite")[1])["items"]
        self.assertEqual([task["evidence"]["owners"] for task in items if task["key"]], [["@acme/data", "@ada", "@nobody"]])

    def test_each_host_reads_its_own_file_of_owners_and_without_one_it_is_read_as_github_does(self):
        files = {"gitlab": (".gitlab/CODEOWNERS", "[Data] @ada @acme/data\n/shared/\n"), "gitea": ("docs/CODEOWNERS", "shared/.* @ada @acme/data\n"),
                 "git": ("CODEOWNERS", "/shared/ @ada @acme/data\n")}
        for kind, (path, text) in files.items():
            with self.subTest(kind=kind):
                self.begin(kind=kind, code={"mono": {**CODE["mono"], path: text}})
                plan = self.world.honk("plan", "users-v2").stdout
                self.assertEqual({word for word in plan.split() if word.startswith("code:mono")}, set(PARTS))

    def test_a_model_of_dbt_and_the_yaml_that_describes_it_stay_together_whoever_owns_them(self):
        self.begin_propagating({"mono": {
            "dbt_project.yml": "name: crm\nversion: '1'\nprofile: crm\nmodel-paths: [ models ]\n",
            "models/people.sql": "select id from users_v1\n",
            "models/people.yml": "version: 2\nmodels:\n  - name: people\n    columns:\n      - name: id\n",
            ".github/CODEOWNERS": "*.sql @ada\n*.yml @bo\n"}})
        plan = " ".join(self.world.honk("plan", "users-v2").stdout.split())
        self.assertNotIn("code:mono#", plan)
        self.assertRegex(plan, "code:mono has files of several owners, which stay together: 'models/[a-z.]+' needs what the files of @[a-z]+ become")

    def test_a_coding_agent_is_let_at_a_part_s_own_files_only(self):
        coding = test_coding.CODING.replace("agents/fix.py", "fix.py")
        self.begin(code={"mono": {**CODE["mono"], "player/job.py": test_coding.JOB, "mails/job.py": test_coding.JOB}}, files={"fix.py": test_coding.AGENT},
                   changes="changes: { group: owner }\n" + coding)
        self.world.start()
        self.world.merge_first()
        self.world.waits_for(3)
        files = {name: self.world.files_of(pull) for name, pull in self.world.by_part().items()}
        self.assertEqual(files, {"team_player": ["player/active.sql", "player/job.py"], "team_mails": ["mails/job.py", "mails/to.sql"], "team_mono": ["rest.sql"]})
        body = self.world.by_part()["team_player"]["body"]
        self.assertIn("- it wrote player/job.py", body)
        self.assertNotIn("it wrote mails/job.py", body)

    def test_a_webhook_wakes_the_part_that_waits(self):
        forge = test_proposals.FORGE
        test_proposals.FORGE = forge.replace("poll: 200ms", "poll: 1h, webhook_secret_file: hook")
        try:
            self.begin(files={"hook": test_webhooks.SECRET + "\n"})
        finally:
            test_proposals.FORGE = forge
        self.world.start()
        first = self.world.merge_first()

        def told():
            body = json.dumps(test_webhooks.github_event(first)).encode()
            connection = support.UnixConnection(self.world.socket_path)
            connection.request("POST", "/webhooks/code", body=body,
                               headers={"Content-Type": "application/json", **test_webhooks.signed("github", body)})
            connection.getresponse().read()
            connection.close()
            return len(self.host.pulls) == len(PARTS)
        self.assertTrue(support.eventually(told), (self.host.pulls, self.world.tasks()))


if __name__ == "__main__":
    unittest.main()
