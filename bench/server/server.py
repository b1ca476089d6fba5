#!/usr/bin/env python3
"""What a server costs: to start it, to keep it, to start it again after a kill with 100,000 open tasks.

    server.py HONK BENCH_STATE [--starts N] [--restarts N] [--streams N] [--plans N] [--parts N]

Times are from before fork to the first answer that says so, asked again every half millisecond; a process that does
nothing (true) and SQLite reading the same rows (the sqlite3 shell) stand beside them.
"""
import argparse
import http.client
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time

CONFIG = """state: state
listen: 127.0.0.1:7420
socket: {folder}/s
workers: 2
stores: {{ bench: {{ driver: sqlite, path: bench.db }} }}
"""
IDLE_S = 5
WRITES = 200


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)

    def ask(self, method, path, value=None):
        headers = {"Content-Type": "application/json"} if value is not None else {}
        self.request(method, path, body=None if value is None else json.dumps(value), headers=headers)
        answer = self.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if body else None


class Server:
    def __init__(self, honk, folder, *options):
        self.socket = str(folder / "s")
        self.begun = time.monotonic()
        self.process = subprocess.Popen([honk, "serve", "--port", "0", *options], cwd=folder, start_new_session=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def until(self, path):
        """Milliseconds from the start until this is answered with 200."""
        while True:
            try:
                if Unix(self.socket).ask("GET", path)[0] == 200:
                    return (time.monotonic() - self.begun) * 1000
            except (OSError, http.client.HTTPException):
                pass
            if self.process.poll() is not None:
                raise SystemExit("the server ended with %d" % self.process.returncode)
            time.sleep(0.0005)

    def processes(self):
        children = pathlib.Path("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid))
        own = children.read_text().split() if children.exists() else []
        return [self.process.pid, *map(int, own)]

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()


def memory_mib(pid):
    lines = pathlib.Path("/proc/%d/smaps_rollup" % pid).read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    return found["Rss"] / 1024, found["Pss"] / 1024


def cpu_and_switches(pid):
    """Nanoseconds on a processor and times that a thread was put on one."""
    total = [0, 0]
    for thread in pathlib.Path("/proc/%d/task" % pid).iterdir():
        on, _, times = (thread / "schedstat").read_text().split()
        total = [total[0] + int(on), total[1] + int(times)]
    return total


def row(what, *cells):
    print("%-58s %s" % (what, "  ".join(cells)), flush=True)


def milliseconds(values):
    return "median %.1f ms, worst of %d %.1f ms" % (statistics.median(values), len(values), max(values))


# ---- an idle server ----

def nothing_ms():
    begun = time.monotonic()
    subprocess.run(["true"], start_new_session=True, check=True)
    return (time.monotonic() - begun) * 1000


def idle(honk, folder, starts):
    nothing, health, ready, cpu = [], [], [], []
    for _ in range(starts):
        nothing.append(nothing_ms())
        server = Server(honk, folder, "--no-workers")
        health.append(server.until("/healthz"))
        ready.append(server.until("/readyz"))
        cpu.append(cpu_and_switches(server.process.pid)[0] / 1e6)
        server.stop()
    row("a process that does nothing", milliseconds(nothing))
    row("honk serve, until /healthz answers", milliseconds(health))
    row("honk serve, until /readyz answers", milliseconds(ready), "of a processor: %.1f ms" % statistics.median(cpu))
    for what, options in (("no workers", ["--no-workers"]), ("two workers", [])):
        server = Server(honk, folder, *options)
        server.until("/readyz")
        time.sleep(1.5)  # workers have started and wait
        sizes = [memory_mib(pid) for pid in server.processes()]
        row("memory of the server, %s" % what, "resident %.1f MiB, its share %.1f MiB" % sizes[0])
        if len(sizes) > 1:
            row("memory of it and its workers", "its share %.1f MiB" % sum(pss for _, pss in sizes))
        before = [cpu_and_switches(pid) for pid in server.processes()]
        time.sleep(IDLE_S)
        after = [cpu_and_switches(pid) for pid in server.processes()]
        used = [(a[0] - b[0], a[1] - b[1]) for a, b in zip(after, before)]
        row("idle for %d s, %s" % (IDLE_S, what),
            "%.2f ms of a processor, %d wake-ups" % (sum(u[0] for u in used) / 1e6, sum(u[1] for u in used)))
        server.stop()


# ---- many open tasks ----

def lease(connection, name):
    return connection.ask("POST", "/tasks/lease", {"worker": name, "labels": ["store:bench"], "wait_ms": 0})


def first_lease_ms(server, name):
    while True:
        try:
            status, task = lease(Unix(server.socket), name)
            if status == 200:
                return (time.monotonic() - server.begun) * 1000, task
        except (OSError, http.client.HTTPException):
            pass
        if server.process.poll() is not None:
            raise SystemExit("the server ended with %d" % server.process.returncode)
        time.sleep(0.0005)


def read_alone_ms(folder):
    begun = time.monotonic()
    subprocess.run(["sqlite3", "-readonly", str(folder / "state" / "state.db"), "SELECT * FROM task"],
                   stdout=subprocess.DEVNULL, check=True)
    return (time.monotonic() - begun) * 1000


def restart(honk, folder, restarts):
    alone, times, cpu = [], [], []
    server = Server(honk, folder, "--no-workers")
    first_lease_ms(server, "w-first")
    for i in range(restarts):
        server.stop(signal.SIGKILL)
        if shutil.which("sqlite3"):
            alone.append(read_alone_ms(folder))
        server = Server(honk, folder, "--no-workers")
        times.append(first_lease_ms(server, "w-%d" % i)[0])
        cpu.append(cpu_and_switches(server.process.pid)[0] / 1e6)
    if alone:
        row("the sqlite3 shell prints the same rows", milliseconds(alone))
    row("after kill -9, until a task is leased", milliseconds(times),
        "of a processor: %.0f ms" % statistics.median(cpu))
    row("memory of the server then", "resident %.1f MiB, its share %.1f MiB" % memory_mib(server.process.pid))
    server.stop()


# ---- at work ----

def work(path, name, until, counts):
    connection = Unix(path)
    while time.monotonic() < until:
        status, task = lease(connection, name)
        if status != 200:
            break
        outcome = {"token": task["token"], "outcome": {"kind": "done", "evidence": {"rows_written": 1}}}
        connection.ask("POST", "/tasks/%s/report" % task["id"], outcome)
        counts.append(2)


def read(path, what, until, times):
    connection = Unix(path)
    while time.monotonic() < until:
        begun = time.monotonic()
        connection.ask("GET", what)
        times.append((time.monotonic() - begun) * 1000)
        time.sleep(0.02)


# ---- many streams ----

def events_until(path, first, last, late):
    """Reads a stream to this event, and notes how long after its beat each was here; both clocks are this machine's."""
    connection = Unix(path)
    connection.request("GET", "/events", headers={"Accept": "text/event-stream", "Last-Event-ID": str(first)})
    answer = connection.getresponse()
    seen = first
    while seen < last:
        line = answer.readline()
        if line.startswith(b"data: "):
            seen += 1
            late.append(max(0.0, time.time() * 1000 - json.loads(line[6:])["at_ms"]))
    connection.close()


def streams(honk, folder, count):
    server = Server(honk, folder, "--no-workers")
    server.until("/readyz")
    connection = Unix(server.socket)
    alone = [write_one(connection, i) for i in range(WRITES)]
    empty = memory_mib(server.process.pid)[0]
    first = connection.ask("GET", "/readyz")[1]["seq"]
    open_sockets = []
    for _ in range(count):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(server.socket)
        sock.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                     b"Last-Event-ID: %d\r\n\r\n" % first)
        open_sockets.append(sock)
    late = []
    listener = threading.Thread(target=events_until, args=(server.socket, first, first + WRITES, late))
    listener.start()
    time.sleep(0.5)
    before = cpu_and_switches(server.process.pid)[0]
    beside = [write_one(connection, WRITES + i) for i in range(WRITES)]
    listener.join()
    used = (cpu_and_switches(server.process.pid)[0] - before) / 1e3
    row("%d open streams: memory" % count, "resident %.1f MiB more" % (memory_mib(server.process.pid)[0] - empty))
    row("  a write, with none", milliseconds(alone))
    row("  a write, with all of them open", milliseconds(beside))
    row("  a write's event is here", milliseconds(late))
    row("  the server's time for one event to all of them", "%.0f µs" % (used / WRITES))
    for sock in open_sockets:
        sock.close()
    server.stop()


def write_one(connection, number):
    begun = time.monotonic()
    status, answer = connection.ask("PUT", "/limits", {"resource": "bench", "count": number % 1000})
    if status != 200:
        raise SystemExit("a limit was refused: %s" % answer)
    return (time.monotonic() - begun) * 1000


def at_work(honk, folder, seconds, workers):
    server = Server(honk, folder, "--no-workers")
    server.until("/readyz")
    until = time.monotonic() + seconds
    counts, threads = [], []
    times = {"/healthz": [], "/migrations?limit=100": [], "/events?limit=200": []}
    before = cpu_and_switches(server.process.pid)[0]
    for i in range(workers):
        threads.append(threading.Thread(target=work, args=(server.socket, "w-%d" % i, until, counts)))
    for what, found in times.items():
        threads.append(threading.Thread(target=read, args=(server.socket, what, until, found)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = (cpu_and_switches(server.process.pid)[0] - before) / 1e3
    row("%d clients lease and report for %d s (this client is Python)" % (workers, seconds),
        "%.0f transitions/s, %.0f µs of the server's time each" % (sum(counts) / seconds, used / max(1, sum(counts))))
    for what, found in times.items():
        row("  meanwhile GET %s" % what, milliseconds(found))
    server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("honk")
    parser.add_argument("state")
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--plans", type=int, default=100)
    parser.add_argument("--parts", type=int, default=1000)
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-bench-"))
    honk, maker = os.path.abspath(options.honk), os.path.abspath(options.state)
    try:
        (folder / "honk.yaml").write_text(CONFIG.format(folder=folder))
        print("server: an idle one\n")
        idle(honk, folder, options.starts)
        print()
        streams(honk, folder, options.streams)
        shutil.rmtree(folder / "state")
        print("\nserver: %d open tasks of %d plans\n" % (options.plans * options.parts, options.plans))
        subprocess.run([maker, str(folder / "state"), str(options.plans), str(options.parts)], check=True)
        restart(honk, folder, options.restarts)
        at_work(honk, folder, 5, 8)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
