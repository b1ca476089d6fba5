"""A migration driven to its end whatever dies on the way, and the look at what came of it."""
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import support  # noqa: E402

AUTHOR, APPROVER = "user:default/ada", "user:default/bo"
DEADLINE_S = 180  # one run with one death takes a few seconds


class Stuck(Exception):
    pass


class Driver:
    """Does the next thing from whatever state things are in, as a stubborn person would; starts the server again
    whenever it is gone."""

    def __init__(self, project, env=None):
        self.project, self.env = project, env or {}
        self.deadline = time.monotonic() + DEADLINE_S
        self.starts = 0

    def check_time(self, what):
        if time.monotonic() > self.deadline:
            raise Stuck(f"{what}\n{self.project.log_tail()}")

    def serving(self):
        server = self.project.server
        if server is not None and server.poll() is None:
            return
        if server is not None:
            self.project.kill()
        self.starts += 1
        while True:
            self.check_time("the server does not come up")
            try:
                self.project.serve(env=self.env)
                return
            except AssertionError:  # it died while it came up
                self.project.kill()

    def state(self, name):
        """The migration; None when there is none yet, or nobody answers."""
        try:
            status, body = self.project.get(f"/migrations/{name}")
        except OSError:
            return None
        return json.loads(body) if status == 200 else None

    def honk(self, *words, user=None):
        return self.project.honk(*words, user=user, check=False)

    def step(self, name, file):
        """One act; the state before it."""
        self.serving()
        migration = self.state(name)
        state = migration["state"] if migration else None
        if migration is None:
            self.honk("apply", "-f", file, user=AUTHOR)
            self.honk("plan", name, user=AUTHOR)
        elif state == "draft":
            self.honk("plan", name, user=AUTHOR)
        elif state == "planned":
            self.honk("approve", name, migration["digest"], user=APPROVER)
        elif state == "approved":
            self.honk("start", name, user=AUTHOR)
        elif state == "paused":
            self.honk("resume", name, user=AUTHOR)
        elif state in ("halted", "needs_operator", "stale", "closed_mixed"):
            raise Stuck(f"{name} is {state}: {json.dumps(migration, indent=1)}\n{self.project.log_tail()}")
        else:
            time.sleep(0.03)
        return state

    def move(self, name, file):
        while self.step(name, file) != "succeeded":
            self.check_time(f"{name} does not end: {json.dumps(self.state(name), indent=1)}")

    def roll_back(self, name):
        while True:
            self.serving()
            migration = self.state(name)
            state = migration["state"] if migration else None
            if state == "rolled_back":
                return
            if state == "succeeded":
                self.honk("rollback", name, user=AUTHOR)
            elif state in ("needs_operator", "halted"):
                raise Stuck(f"{name} is {state}: {json.dumps(migration, indent=1)}\n{self.project.log_tail()}")
            self.check_time(f"{name} does not roll back: {json.dumps(migration, indent=1)}")
            time.sleep(0.03)


def company(folder, users):
    """The demo company with so many users, and the witness's notes of how it was."""
    subprocess.run([support.HONK, "demo", "--prepare", "--fresh", "--rows", str(users), "--dir", str(folder)], check=True,
                   stdout=subprocess.DEVNULL, cwd="/")
    settings = pathlib.Path(folder) / "honk.yaml"
    witness(folder, "before")
    return settings


def witness(folder, mode):
    done = subprocess.run(["sh", str(pathlib.Path(folder) / "witness"), mode], capture_output=True, text=True)
    if done.returncode != 0:
        raise Stuck(f"the witness ({mode}) does not agree:\n{done.stdout}{done.stderr}")
    return done.stdout.strip().splitlines()[-1]


def workers_of(project):
    """Process ids of the workers that the project's server started."""
    found = []
    for pid in support.processes_with("worker"):
        try:
            parent = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if project.server is not None and parent == project.server.pid:
            found.append(pid)
    return found


class Tap:
    """Test lines as they come; the plan at the end."""

    def __init__(self):
        self.count = self.failed = 0

    def say(self, is_good, name, why=""):
        self.count += 1
        self.failed += not is_good
        print(f"{'ok' if is_good else 'not ok'} {self.count} - {name}", flush=True)
        for line in why.splitlines():
            print("#", line, flush=True)

    def end(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed or self.count == 0 else 0)


if __name__ == "__main__":
    os.write(2, b"this is a module\n")
