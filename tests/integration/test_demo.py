"""The demo: it ends verified, goes on where it was cut short, and leaves nothing behind."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import support

USERS = 400


class Demo(unittest.TestCase):
    def setUp(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="honk-demo-test-"))
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)
        self.folder = self.base / "demo"
        self.project = support.Project(self.base)

    def demo(self, *words, rows=USERS, check=True):
        done = self.project.honk("demo", "--dir", self.folder, "--rows", rows, *words, check=False)
        if check and done.returncode != 0:
            log = self.folder / "server.log"
            self.fail(done.stdout + done.stderr + (log.read_text()[-3000:] if log.exists() else ""))
        return done

    def running(self):
        return support.processes_with(str(self.folder)) + list(support.instances_of(self.folder))

    def assert_nothing_runs(self):
        self.assertTrue(support.eventually(lambda: not self.running(), 10), self.running())

    def test_it_ends_verified_and_back_tells_programs_in_json_and_a_busy_port_is_no_failure(self):
        with socket.socket() as busy:
            try:
                busy.bind(("127.0.0.1", 7420))
                busy.listen()
            except OSError:
                pass  # somebody else has it: just as busy
            done = self.demo("--rollback", "--json")
        self.assert_nothing_runs()
        self.assertEqual(done.stderr.count("witness: verified"), 3)
        parts = re.findall(r"^\[(\d+)/(\d+)\]", done.stderr, re.M)
        self.assertEqual(parts, [(str(at), "7") for at in range(1, 8)])
        self.assertIn("refused, as it should be", done.stderr)
        self.assertIn("+WHERE  s.user_id IN (SELECT user_id FROM users_v2 WHERE country = 'GB')", done.stderr)
        self.assertRegex(done.stderr, r"profile +3 .* listening:users_v2\n")
        summary = json.loads(done.stdout)["summary"]
        self.assertEqual(sum("the witness: verified" in line for line in summary), 2, summary)
        self.assertIn("this one starts afresh", self.demo("--prepare").stdout)
        if "coding agent is refused" not in done.stderr:
            self.assertIn("the coding agent did it, in 1 of 1 rounds\n    unittest: before passed, after passed\n", done.stderr)
            self.assertIn("+    FROM users_v2\n", done.stderr)

    def test_where_no_sandbox_can_be_made_the_coding_agent_is_refused_and_all_else_goes_on(self):
        programs = self.base / "programs"  # all that there are, but for bubblewrap
        programs.mkdir()
        for folder in os.environ["PATH"].split(os.pathsep):
            for program in pathlib.Path(folder).glob("*"):
                if program.name != "bwrap" and not (programs / program.name).is_symlink():
                    (programs / program.name).symlink_to(program)
        self.project = support.Project(self.base, env={"PATH": str(programs)})
        done = self.demo()
        self.assertIn("The company's coding agent is refused, as it should be: no sandbox can be made here: there is no bubblewrap",
                      done.stdout)
        self.assertIn("witness: verified", done.stdout)
        self.assertNotIn("the coding agent did it", done.stdout)
        self.assertNotIn("honk/", self.git(self.folder / "repositories" / "welcome-mail", "for-each-ref"))
        self.assert_nothing_runs()

    def test_interrupted_in_the_middle_of_a_rollout_it_leaves_nothing_and_goes_on(self):
        process = subprocess.Popen([support.HONK, "demo", "--dir", str(self.folder), "--rows", str(USERS)], env=self.project.env,
                                   cwd=self.base, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in process.stdout:
            if re.match(r"  rollout +running", line):
                break
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(support.WAIT_S), 130, rest)
        self.assertIn("nothing is left running", rest)
        self.assert_nothing_runs()
        done = self.demo()
        self.assertIn("this one goes on with it", done.stdout)
        self.assertIn("witness: verified", done.stdout)
        self.assertIn("Try next", done.stdout)
        self.assert_nothing_runs()

    def test_killed_it_takes_its_server_along_and_the_next_one_ends_the_services(self):
        process = subprocess.Popen([support.HONK, "demo", "--dir", str(self.folder), "--rows", "20000"], env=self.project.env,
                                   cwd=self.base, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in process.stdout:
            if "listening:streams_v1" in line:  # the services are up
                self.assertEqual(len(support.instances_of(self.folder)), 8)
                break
        process.kill()
        process.wait()
        process.stdout.close()
        self.assertTrue(support.eventually(lambda: not support.processes_with(str(self.folder)), 10))
        self.demo("--fresh", "--prepare")
        self.assert_nothing_runs()

    def test_a_folder_of_somebody_else_is_left_alone(self):
        self.folder.mkdir()
        (self.folder / "honk.yaml").write_text("mine")
        done = self.demo(check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual((self.folder / "honk.yaml").read_text(), "mine")

    def test_the_same_rows_every_time(self):
        sums = []
        for folder in ("a", "b"):
            self.project.honk("demo", "--prepare", "--rows", USERS, "--dir", self.base / folder)
            sums.append(self.project.sql(f"{folder}/listening.db", ".sha3sum"))
        self.assertEqual(sums[0], sums[1])

    def test_the_same_commits_every_time(self):
        heads = []
        for folder, more in (("a", {}), ("b", {"TZ": "Asia/Tokyo", "GIT_DIR": "/nowhere", "GIT_AUTHOR_NAME": "Somebody"})):
            project = support.Project(self.base, env=more)
            project.honk("demo", "--prepare", "--rows", USERS, "--dir", self.base / folder)
            repositories = sorted((self.base / folder / "repositories").iterdir())
            heads.append([(path.name, self.git(path, "for-each-ref", "--format=%(refname) %(objectname)"),
                           self.git(path, "status", "--porcelain")) for path in repositories])
        self.assertEqual(len(heads[0]), 13)
        self.assertEqual(heads[0], heads[1])
        self.assertEqual([name for name, _, dirty in heads[0] if dirty], ["family-plans"])

    def git(self, repository, *words):
        return subprocess.run(["git", "-C", str(repository), *words], check=True, capture_output=True, text=True,
                              timeout=support.WAIT_S).stdout


if __name__ == "__main__":
    unittest.main()
