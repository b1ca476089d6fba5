"""A migration driven to its end whatever dies on the way."""
import atexit
import concurrent.futures
import http.client
import inspect
import json
import mmap
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import evidence  # noqa: E402
import support  # noqa: E402

AUTHOR, APPROVER = "user:default/ada", "user:default/bo"
USERS_V2 = ("-f", "migrations/template.yaml", *(word for value in (
    "name=users-v2", "owner=identity", "source_dataset=users-v1", "target_dataset=users-v2",
    "mapping_file=mappings/users.yaml", "fleet_group=listening") for word in ("--set", value)))  # as the demo asks for it
DATASET = """---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{ name: {name}, annotations: {{ honk/dataset-url: "{url}" }} }}
spec: {{ type: dataset, lifecycle: production, owner: team }}
"""
DEADLINE_S = 180  # one run with one death takes a few seconds
PATIENCE_S = 5
LIBRARY = os.environ.get("COUNT_CALLS", str(pathlib.Path(support.HONK).parent / "tests/crash/libcount_calls.so"))


class Stuck(Exception):
    pass


class Counter:
    """The file that count_calls.c counts in; see Shared there."""
    POINTS, WORDS, KINDS = 8, 256, 60000

    def __init__(self, path, role, points="", kind="", saying=""):
        if not pathlib.Path(LIBRARY).exists():  # the loader would only grumble, and nothing would be counted
            sys.exit(f"there is no {LIBRARY}: build it, or say where it is in COUNT_CALLS")
        self.path = pathlib.Path(path)
        self.path.write_bytes(bytes(16 + self.POINTS * self.WORDS + self.KINDS))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 0)
        self.wanted = len([point for point in points.split(",") if point])
        self.env = {"LD_PRELOAD": LIBRARY, "HONK_DIE_ROLE": role, "HONK_DIE_AT": points, "HONK_DIE_KIND": kind,
                    "HONK_DIE_SAYING": saying, "HONK_DIE_FILE": str(self.path)}

    @property
    def calls(self):
        return struct.unpack_from("q", self.map, 0)[0]

    @property
    def met(self):
        return struct.unpack_from("q", self.map, 8)[0]

    @property
    def words(self):
        begins = [16 + i * self.WORDS for i in range(self.met)]
        return "; ".join(self.map[at:at + self.WORDS].split(b"\0")[0].decode() for at in begins)

    @property
    def kinds(self):
        """One letter for each call."""
        begin = 16 + self.POINTS * self.WORDS
        return self.map[begin:begin + min(self.calls, self.KINDS)].decode()


class Driver:
    """Does the next thing from whatever state things are in, as a stubborn person would; starts the server again
    whenever it is gone. Only what a person would do anyhow: nothing here helps a migration that is stuck."""

    def __init__(self, project, env=None, deadline_s=DEADLINE_S, words=()):
        self.project, self.env, self.words = project, env or {}, words
        self.deadline = time.monotonic() + deadline_s
        self.starts = 0

    def check_time(self, what):
        if time.monotonic() > self.deadline:
            raise Stuck(f"{what}\n{self.project.log_tail()}")

    def serving(self):
        server = self.project.server
        if server is not None and server.poll() is None:
            return
        self.project.kill()
        while True:
            self.check_time("the server does not come up")
            self.starts += 1
            try:
                self.project.serve(*self.words, env=self.env)
                return
            except AssertionError as died:
                status = self.project.server.poll()
                self.project.kill()
                if status != -signal.SIGKILL:  # not by us: it must come up
                    raise Stuck(f"the server did not start: {died}") from died

    def state(self, name):
        """The migration; None when there is none yet. Raises OSError when nobody answers."""
        status, body = self.project.get(f"/migrations/{name}")
        if status not in (200, 404):
            raise Stuck(f"{name} is answered with {status}: {body}")
        return json.loads(body) if status == 200 else None

    def honk(self, *words, user=None):
        """True when it did what it was told. One that waits for what cannot come is not waited for."""
        try:
            return self.project.honk(*words, user=user, check=False, timeout=PATIENCE_S).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def turn(self, act, name, *rest):
        """One look, one act; the state before it, '' when nobody answered."""
        self.serving()
        try:
            migration = self.state(name)
        except (OSError, ValueError, http.client.HTTPException):  # it died while it answered
            return ""
        state = migration["state"] if migration else "none"
        if state in ("halted", "needs_operator", "stale", "closed_mixed", "paused"):
            raise Stuck(f"{name} is {state}: {json.dumps(migration, indent=1)}\n{self.project.log_tail()}")
        if not act(name, state, migration, *rest):
            time.sleep(0.02)
        self.check_time(f"{name} does not end: {json.dumps(migration, indent=1)}")
        return state

    def act_forward(self, name, state, migration, asked):
        if state == "none":
            self.honk("apply", *asked, user=AUTHOR)
        if state in ("none", "draft"):
            self.honk("plan", name, user=AUTHOR)
        elif state == "planned":
            self.honk("approve", name, migration["digest"], user=APPROVER)
        elif state == "approved":
            self.honk("start", name, user=AUTHOR)
        elif state in ("rolled_back", "cancelled"):
            self.honk("plan", name, "--again", user=AUTHOR)
        else:
            return False
        return True

    def act_back(self, name, state, _migration):
        if state in ("none", "rolled_back", "cancelled", "rolling_back"):
            return False
        if not self.honk("rollback", name, user=AUTHOR):
            self.honk("cancel", name, user=AUTHOR)  # nothing has moved yet
        return True

    def move(self, name, asked, is_over=lambda: False):
        """To its end, or until `is_over`; `asked` is what `honk apply` is told."""
        while not is_over() and self.turn(self.act_forward, name, asked) != "succeeded":
            pass

    def roll_back(self, name, is_over=lambda: False):
        while not is_over() and self.turn(self.act_back, name) not in ("none", "rolled_back", "cancelled"):
            pass


def company(folder, users, workers=2):
    """The demo company with so many users, and the witness's notes of how it was."""
    subprocess.run([support.HONK, "demo", "--prepare", "--fresh", "--rows", str(users), "--dir", str(folder)], check=True,
                   stdout=subprocess.DEVNULL, cwd="/")
    settings = pathlib.Path(folder) / "honk.yaml"
    text = re.sub(r"(?ms)^(repositories|fleet):.*?(?=^\w)", "", settings.read_text())  # the data alone
    settings.write_text(text.replace("workers: 2", f"workers: {workers}"))
    witness(folder, "before")


def witness(folder, mode, what="rows"):
    done = subprocess.run(["sh", str(pathlib.Path(folder) / "witness"), mode, str(folder), what], capture_output=True, text=True)
    if done.returncode != 0:
        raise Stuck(f"the witness ({mode}) does not agree:\n{done.stdout}{done.stderr}")
    return done.stdout.strip().splitlines()[-1]


def start_worker(project, env=None):
    """One by hand; nobody starts it again."""
    return subprocess.Popen([support.HONK, "worker", "--config", str(project.folder / "honk.yaml")], cwd=project.folder,
                            env={**project.env, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=open(project.folder / "worker.log", "ab"))


def end_worker(worker):
    """In order: it finishes what it is at. True when it did; one that has just been started has nothing to finish."""
    worker.send_signal(signal.SIGTERM)
    return worker.wait(support.WAIT_S) in (0, -signal.SIGTERM)


def children_of(pid, role):
    """Process ids of the children with this word on their command line."""
    found = []
    for child in support.processes_with(f" {role} "):
        try:
            parent = int(pathlib.Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if parent == pid:
            found.append(child)
    return found


def workers_of(project):
    """Process ids of the workers that the project's server started."""
    return children_of(project.server.pid, "worker") if project.server is not None else []


def processes_of(folder):
    """Those that speak of the folder on their command line, or work in it."""
    found = set(support.processes_with(str(folder)))
    for process in pathlib.Path("/proc").iterdir():
        try:
            if process.name.isdigit() and os.readlink(process / "cwd").startswith(str(folder)):
                found.add(int(process.name))
        except OSError:
            pass
    return found


def nothing_runs(folder):
    """Whoever has to do with the folder must be gone, or go at once."""
    return support.eventually(lambda: not processes_of(folder), 10)


def take_along(prefix):
    """When we are ended from outside, nothing that we started may go on: all of it works in folders of this name. They
    belong to this process alone."""
    tempfile.tempdir = tempfile.mkdtemp(prefix=prefix)

    def end(_number, _frame):
        subprocess.Popen = None  # the other threads start nothing any more
        while left := processes_of(tempfile.tempdir) - {os.getpid()}:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.2)
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)
        os._exit(1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    atexit.register(lambda: os.path.isdir(tempfile.tempdir) and not os.listdir(tempfile.tempdir) and os.rmdir(tempfile.tempdir))


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


class Case:
    """A run in which somebody dies, named by its `text`. What inherits it has a `counter`, and its run() leaves `why` (it went wrong,
    or ""), `words` (what was met), `calls` (how many there were) and `took_s`."""
    why = ""

    def run_in(self, folder, *ends):
        """drive(), which raises what goes wrong, then each of `ends`. The folder goes unless it is of use to somebody."""
        began = time.monotonic()
        try:
            self.drive()
        except (Stuck, evidence.Wrong, AssertionError) as stuck:
            self.why = f"{stuck}\nkept: {folder}"
        except Exception:  # whatever else goes wrong is this case's, too
            self.why = f"{traceback.format_exc()}\nkept: {folder}"
        for end in ends:
            end()
        self.took_s = time.monotonic() - began
        if not nothing_runs(folder):
            self.why += f"\nsomething keeps running: {processes_of(folder)}"
        self.calls, self.kinds, self.words, self.met = self.counter.calls, self.counter.kinds, self.counter.words, self.counter.met
        if not self.why:
            shutil.rmtree(folder, ignore_errors=True)
        return self

    def has_died(self):
        return self.counter.wanted > 0 and self.counter.met == self.counter.wanted

    def outcome(self):
        return self.words or f"survives: it makes no such call among {self.calls}"

    def tell(self, tap):
        again = f"\nagain: HONK={support.HONK} COUNT_CALLS={LIBRARY} {inspect.getfile(type(self))} {self.text}" if self.why else ""
        tap.say(not self.why, f"{self.text}: {self.outcome()} ({self.took_s:.1f} s)", self.why + again)


class Suite:
    """Cases (`kind(text, …)` with run() and tell(tap)), several at a time."""

    def __init__(self, kind, tap, jobs, *more):
        self.kind, self.tap, self.more = kind, tap, more
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)

    def run(self, texts):
        cases = [self.kind(text, *self.more) for text in texts]
        for done in concurrent.futures.as_completed([self.pool.submit(case.run) for case in cases]):
            done.result().tell(self.tap)
        return cases


def picked(calls, count):
    """Numbers of calls, evenly spread; one alone is in the middle. All of them when `count` is None."""
    if count is None:
        return range(1, calls + 1)
    return [(calls + 1) // 2] if count == 1 else sorted({1 + (calls - 1) * i // (count - 1) for i in range(count)})


def roles_of(ways, count):
    """(way, role): who dies in each of the ways; where only some points are tried one of the two, in turn."""
    roles = ("worker", "serve")
    return [(way, role) for i, way in enumerate(ways) for role in (roles if count is None else roles[i % 2:][:1])]


def endings(kinds, points):
    """POINT:THEN of each, in turn before, after and half way through."""
    for i, point in enumerate(points):
        how = ("", "+", "/")[i % 3] if kinds[point - 1] in "ws" else ("", "+")[i % 2]
        yield f"{point}{how}:{('finish', 'back')[i // 3 % 2]}"
