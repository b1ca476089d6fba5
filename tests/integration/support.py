"""A folder with a honk.yaml, the program in it, and its server: what every test from outside needs."""
import http.client
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HONK = os.environ.get("HONK", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "honk"))
WAIT_S = 60  # for anything that takes milliseconds when all is well


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=WAIT_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(WAIT_S)
        self.sock.connect(str(self.path))


def eventually(what, seconds=WAIT_S, every=0.03):
    """Ask until the answer is true; the answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = what()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(every)


def open_many_files(at_most=4096):
    """Raise this process's limit of open files as far as it may be; how many it has then."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, at_most), hard))
    return min(hard, at_most)


def processes_with(text):
    """Ids of processes other than this one whose command line has `text` in it."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if text in line and state != "Z":
            found.append(int(folder.name))
    return found


def children_of(parent):
    """Ids of the living children of a process; from /proc, because a small machine may have no ps."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        try:
            state, ppid = (folder / "stat").read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue
        if folder.name.isdigit() and int(ppid) == parent and state != "Z":
            found.append(int(folder.name))
    return found


def instances_of(folder):
    """{process id: its environment} of the services that work on the demo company's file, whoever started them."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            values = dict(line.split("=", 1) for line in path.read_text(errors="replace").split("\0") if "=" in line)
        except OSError:
            continue
        if values.get("DATABASE") == str(pathlib.Path(folder) / "listening.db") and "HONK_INSTANCE" in values:
            found[int(path.parent.name)] = values
    return found


class Project:
    def __init__(self, folder=None, env=None):
        self.made = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="honk-test-"))
        self.server = None
        # Whatever the person who runs the tests has set must not lead us to their server.
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("HONK_") and k != "NO_COLOR"}
        self.env.update({"XDG_CONFIG_HOME": str(self.folder / ".config"), "LC_ALL": "C.UTF-8", **(env or {})})

    # ---- the program ----

    def honk(self, *words, check=True, user=None, stdin="", env=None, timeout=WAIT_S * 3):
        command = [HONK, *(["--as", user] if user else []), *map(str, words)]
        done = subprocess.run(command, cwd=self.folder, env={**self.env, **(env or {})}, input=stdin,
                              capture_output=True, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
                                 f"{self.log_tail()}")
        return done

    def json(self, *words, **more):
        return json.loads(self.honk(*words, "--json", **more).stdout)

    def digest(self, name):
        return self.json("status", name)["digest"].split(":")[1][:8]

    def state(self, name):
        return self.json("status", name)["state"]

    def move(self, name, author=None, approver=None):
        """Plan, approve, start, and wait for the end; the migration as it is then."""
        self.honk("plan", name, user=author)
        self.honk("approve", name, self.digest(name), user=approver)
        self.honk("start", name, "--wait", user=author, check=False)
        return self.json("status", name)

    # ---- its server ----

    @property
    def socket_path(self):
        return self.folder / ".honk" / "honk.sock"

    def get(self, path):
        connection = UnixConnection(self.socket_path)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def is_ready(self):
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def serve(self, *words, env=None):
        self.log = open(self.folder / "test-server.log", "ab")
        self.server = subprocess.Popen([HONK, "serve", "--port", "0", "--log", "json", *words], cwd=self.folder,
                                       env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL,
                                       stdout=self.log, stderr=self.log, start_new_session=True)
        if not eventually(lambda: self.is_ready() or self.server.poll() is not None) or not self.is_ready():
            status = self.server.poll()
            raise AssertionError(f"the server did not come up (status {status})\n{self.log_tail()}")

    def stop(self):
        """In order; the exit status."""
        if self.server is None:
            return None
        self.server.send_signal(signal.SIGTERM)
        try:
            return self.server.wait(WAIT_S)
        finally:
            self.kill()

    def kill(self):
        if self.server is not None:
            self.server.kill()
            self.server.wait()
            self.log.close()
            self.server = None

    def log_tail(self):
        path = self.folder / "test-server.log"
        return "\nserver: " + path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def close(self):
        self.kill()
        if self.made:
            shutil.rmtree(self.folder, ignore_errors=True)

    # ---- its data, looked at without Honk ----

    def sql(self, database, text, *options):
        done = subprocess.run(["sqlite3", "-batch", *options, "-cmd", ".timeout 20000", str(self.folder / database), text],
                              capture_output=True, text=True, timeout=WAIT_S)
        if done.returncode != 0:
            raise AssertionError(f"sqlite3 says: {done.stderr}")
        return done.stdout.strip()


# ---- what needs a mount of its own: a file of tests runs itself again where it may mount ----

def mounted(test, path, how):
    """Run the file of tests as `PATH --inside HOW` in a mount namespace; its words on standard error are shown when it fails."""
    maps = [] if os.geteuid() == 0 else ["--map-root-user"]
    probe = subprocess.run(["unshare", "--mount", *maps, "mount", "-t", "tmpfs", "none", "/mnt"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if probe.returncode != 0:
        test.skipTest("this machine lets nobody mount")
    # A folder on which something is mounted can't be removed from inside: what it makes lies in one that is removed after it.
    with tempfile.TemporaryDirectory(prefix="honk-") as folder:
        os.chmod(folder, 0o755)
        done = subprocess.run(["unshare", "--mount", *maps, sys.executable, os.path.abspath(path), "--inside", how],
                              capture_output=True, text=True, timeout=WAIT_S * 3, check=False, env={**os.environ, "TMPDIR": folder})
    test.assertEqual(done.returncode, 0, done.stderr)


def resize(folder, size):
    """The mounted folder holds so much from now on. Its device is named, else mount would repeat options that it may not set."""
    mount("-t", "tmpfs", "-o", f"remount,size={size}", "none", folder)


def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)
