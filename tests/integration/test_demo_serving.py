"""The demo on a terminal: it keeps serving, and services with it; the witness finds out whatever is not as it was left."""
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

import support

USERS = 400


class Terminal:
    """A program on a terminal of its own; what it says is kept."""

    def __init__(self, command, **more):
        self.fd, theirs = pty.openpty()
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, **more)
        os.close(theirs)
        self.said = ""
        self.listener = threading.Thread(target=self.listen)
        self.listener.start()

    def listen(self):
        while True:
            try:
                got = os.read(self.fd, 65536)
            except OSError:  # nobody has the other end any more
                return
            if not got:
                return
            self.said += got.decode(errors="replace")

    def says(self, words, seconds=120):
        return support.eventually(lambda: words in self.said or self.process.poll() is not None, seconds) and words in self.said

    def end(self, number):
        self.process.send_signal(number)
        try:
            return self.process.wait(support.WAIT_S)
        finally:
            self.process.kill()
            self.process.wait()
            self.listener.join()
            os.close(self.fd)


class Serving(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = pathlib.Path(tempfile.mkdtemp(prefix="honk-serving-test-"))
        cls.folder = cls.base / "demo"
        project = support.Project(cls.base)
        cls.terminal = Terminal([support.HONK, "demo", "--dir", str(cls.folder), "--rows", str(USERS)], env=project.env, cwd=cls.base)
        if not cls.terminal.says("Ctrl-C ends"):
            cls.tearDownClass()
            raise AssertionError(cls.terminal.said)

    @classmethod
    def tearDownClass(cls):
        cls.terminal.end(signal.SIGINT)
        left = not support.eventually(lambda: not support.instances_of(cls.folder) and not support.processes_with(str(cls.folder)), 10)
        shutil.rmtree(cls.base, ignore_errors=True)
        if left:
            raise AssertionError("something was left running")

    def witness(self, what):
        done = subprocess.run(["sh", self.folder / "witness", "after", self.folder, what], capture_output=True, text=True,
                              timeout=support.WAIT_S)
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        return done.returncode == 0, done.stdout

    def assert_noticed(self, what, words):
        agrees, said = self.witness(what)
        self.assertFalse(agrees, said)
        self.assertIn(words, said)

    def git(self, repository, *words):
        names = {f"GIT_{who}_{what}": "somebody" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        done = subprocess.run(["git", "-C", str(self.folder / "repositories" / repository), *words], check=True, text=True,
                              capture_output=True, env={**os.environ, **names}, timeout=support.WAIT_S)
        return done.stdout.strip()

    def branch(self, repository, migration="users-v2"):
        return self.git(repository, "for-each-ref", "--format=%(refname)", f"refs/heads/honk/{migration}-*")

    def test_its_link_lets_one_into_the_portal_as_ada_with_bo_one_click_away(self):
        link = re.search(r"(http://127\.0\.0\.1:\d+)/#enter=(honk_[0-9a-f]+)", self.terminal.said)
        page = urllib.request.urlopen(re.search(r"http://127\.0\.0\.1:\d+", self.terminal.said)[0], timeout=support.WAIT_S).read()
        if b"/assets/" not in page:
            self.assertIsNone(link, "a link to a portal that is not there")
            self.skipTest("this program was built without its portal")
        who = self.session(link[1], {"token": link[2]})
        self.assertEqual((who["identity"], who["session"]["people"]), ("user:default/ada", ["user:default/ada", "user:default/bo"]))
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.session(link[1], {"person": "user:default/bo"})
        self.assertEqual(refused.exception.code, 401, "without the link nobody is let in")

    def session(self, url, body):
        request = urllib.request.Request(url + "/session", json.dumps(body).encode(), {"Honk-Portal": "1", "Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=support.WAIT_S))

    def test_all_is_as_the_witness_saw_it(self):
        self.assertTrue(self.witness("code")[0])
        self.assertTrue(self.witness("services")[0])

    def test_it_notices_a_commit_on_the_default_branch(self):
        before = self.git("charts", "rev-parse", "main")
        self.git("charts", "update-ref", "refs/heads/main", "main~1")
        self.assert_noticed("code", "in repository charts, refs/heads/main is not what it was")
        self.git("charts", "update-ref", "refs/heads/main", before)

    def test_it_notices_a_second_commit_on_a_branch(self):
        branch = self.branch("retention")
        before = self.git("retention", "rev-parse", branch)
        more = self.git("retention", "commit-tree", "-p", before, "-m", "More", f"{before}^{{tree}}")
        self.git("retention", "update-ref", branch, more)
        self.assert_noticed("code", "is not one commit on main")
        self.git("retention", "update-ref", branch, before)

    def test_it_notices_a_branch_that_is_missing_or_too_much(self):
        branch = self.branch("profile")
        before = self.git("profile", "rev-parse", branch)
        self.git("profile", "update-ref", "-d", branch)
        self.assert_noticed("code", "< users-v2 profile")
        self.git("profile", "update-ref", branch, before)
        self.git("ad-targeting", "branch", "honk/users-v2-00000000")
        self.assert_noticed("code", "> users-v2 ad-targeting")
        self.git("ad-targeting", "branch", "-D", "honk/users-v2-00000000")

    def test_it_notices_sql_that_says_something_else(self):
        branch = self.branch("country-dashboard")
        base, before = self.git("country-dashboard", "rev-parse", "main"), self.git("country-dashboard", "rev-parse", branch)
        message = self.git("country-dashboard", "log", "-1", "--format=%B", before)
        text = self.git("country-dashboard", "show", f"{before}:reports/south.sql").replace("'GR'", "'SE'")
        wrong = self.commit_with("country-dashboard", before, base, "reports/south.sql", text, message)
        self.git("country-dashboard", "update-ref", branch, wrong)
        self.assert_noticed("code", "reports/south.sql does not give the same rows")
        self.git("country-dashboard", "update-ref", branch, before)

    def commit_with(self, repository, tree, parent, path, text, message):
        """A commit on `parent` like `tree`, with another text in one file; made beside the working tree."""
        place = self.base / "beside"
        self.git(repository, "worktree", "add", "--detach", str(place), tree)
        (place / path).write_text(text)
        self.git(repository, "-C", str(place), "add", path)
        made = self.git(repository, "-C", str(place), "write-tree")
        self.git(repository, "worktree", "remove", "--force", str(place))
        return self.git(repository, "commit-tree", "-p", parent, "-m", message, made)

    def test_it_notices_what_somebody_did_to_the_lines_that_were_not_committed(self):
        path = self.folder / "repositories" / "family-plans" / "sql" / "families.sql"
        before = path.read_text()
        path.write_text(before.replace("nneka", "honk"))
        self.assert_noticed("code", "in repository family-plans, uncommitted is not what it was")
        path.write_text(before)

    def test_it_notices_an_instance_too_many(self):
        checkout = self.base / "old-profile"
        subprocess.run(["git", "clone", "-q", str(self.folder / "repositories" / "profile"), str(checkout)], check=True)
        env = {**os.environ, "PORT": "0", "HONK_SERVICE": "profile", "HONK_INSTANCE": "profile-x", "HONK_REVISION": "old",
               "USERS": "listening:users_v1", "DATABASE": str(self.folder / "listening.db")}
        with subprocess.Popen(["python3", "service.py"], cwd=checkout, env=env) as old:
            try:
                support.eventually(lambda: old.pid in support.instances_of(self.folder))
                self.assert_noticed("services", "there run player 3 profile 4 sign-up 2 instances")
            finally:
                old.kill()

    def test_it_notices_rows_that_are_not_what_they_were(self):
        sql = "UPDATE users_v2 SET full_name = full_name || '{}' WHERE user_id = 54"
        database = support.Project(self.folder)
        database.sql("listening.db", sql.format("x"))
        self.assert_noticed("services", "a service does not say what it said")
        self.assert_noticed("rows", "rows of users_v1 are missing in users_v2")
        database.sql("listening.db", "UPDATE users_v2 SET full_name = substr(full_name, 1, length(full_name) - 1) WHERE user_id = 54")

    def test_whoever_signs_up_is_written_to_the_new_dataset(self):
        port = next(values["PORT"] for values in support.instances_of(self.folder).values() if values["HONK_SERVICE"] == "sign-up")
        body = json.dumps({"first_name": "Nils", "last_name": "Nilsson", "email": "nils@new.example", "country": "UK",
                           "plan": "prem"}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/listeners", body, timeout=support.WAIT_S) as answer:
            ident = json.load(answer)["id"]
        database = support.Project(self.folder)
        self.assertEqual(database.sql("listening.db", f"SELECT full_name, country, tier FROM users_v2 WHERE user_id = {ident}"),
                         "Nils Nilsson|GB|premium")
        database.sql("listening.db", f"DELETE FROM users_v2 WHERE user_id = {ident}; DELETE FROM erasures WHERE user_id = {ident}")

    def test_it_notices_every_harm_to_rows_and_definitions(self):
        for harm in ("SELECT 1",  # no harm
                     "UPDATE users_v2 SET tier = 'x' WHERE user_id = 7", "DELETE FROM streams_v2 WHERE stream_id = 9",
                     "UPDATE streams_v2 SET seconds_played = '12' || '' WHERE stream_id = 3; UPDATE streams_v2 SET"
                     " started_at = started_at || ' ' WHERE stream_id = 3",
                     "DROP INDEX users_v2_country", "DROP VIEW daily_streams", "DROP TRIGGER users_v2_erased"):
            harmed = self.base / "harmed"
            shutil.rmtree(harmed, ignore_errors=True)
            harmed.mkdir()
            support.Project(self.folder).sql("listening.db", f"VACUUM INTO '{harmed / 'listening.db'}'")
            shutil.copy(self.folder / "witness.notes", harmed)
            support.Project(harmed).sql("listening.db", harm)
            done = subprocess.run(["sh", self.folder / "witness", "after", harmed, "rows"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0 if harm == "SELECT 1" else 1, f"{harm}\n{done.stdout}")
            self.assertIn("verified" if harm == "SELECT 1" else "NOT verified", done.stdout)


if __name__ == "__main__":
    unittest.main()
