#!/usr/bin/env python3
"""die-in-rollout.py [--points N] [CASE…] - a service is started, rolled out by canary and taken back, with the server or a worker
killed at its first, second, third… write, sync, rename, commit or send; also where the service is another Honk's.

After each death the same run goes on: to its end and back again, or back at once. What comes of it is asked of the kernel,
of the instances and of the files of the fleet: no instance is left behind, none was started twice, traffic goes to exactly
those that run, and they are of the revision that they should be.

A CASE is ROLE@POINTS:THEN, as in die-at-every-point.py, and :remote after it where the service is rolled out by another
Honk: then it is that one's server which dies, or the worker of the one that asks it. Without cases: every point; --points N
tries N of each role, evenly spread.
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

import driving
import evidence
import support

SERVICE, INSTANCES = "player", 2
OLD, NEW = "shop:orders_v1", "shop:orders_v2"
ENDS = {"succeeded", "rolled_back", "cancelled"}
KINDS_OF_RUN = (("worker", ""), ("serve", ""), ("worker", ":remote"), ("serve", ":remote"))

# As small as a service can be, so that hundreds of them cost little.
PROGRAM = """
import os, socket
with open(os.environ["STARTS"], "a") as starts:
    starts.write(os.environ["HONK_INSTANCE"] + "\\n")
server = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
while True:
    caller, _ = server.accept()
    caller.recv(4096)
    text = os.environ["ORDERS"]
    caller.sendall(f"HTTP/1.1 200 OK\\r\\nContent-Length: {len(text)}\\r\\nConnection: close\\r\\n\\r\\n{text}".encode())
    caller.close()
"""
COMMON = """
state: .honk
listen: 127.0.0.1:{port}
socket: .honk/honk.sock
workers: 1
policy: {{ self_approval: true, rollback_window: 1h }}
roles: {{ operator: [ user:default/ada, user:default/other-honk ] }}
"""
FLEET = """
fleet:
  targets: {{ here: {{ driver: processes, path: fleet }} }}
  services:
    player: {{ target: here, command: [ "{python}", "-S", "-E", "{folder}/service.py" ], instances: 2, drain: 0s, check_deadline: 20s, grace: 500ms,
               datasets: {{ ORDERS: "{old}" }}, environment: {{ STARTS: "{folder}/starts" }} }}
  groups: {{ default: {{ strategy: canary, max_instances: 2, steps: [ 1, "100%" ], bake: 100ms, interval: 100ms, soak: 0s }} }}
"""
ASKS_ANOTHER = """
fleet:
  targets: {{ there: {{ driver: remote, url: "http://127.0.0.1:{port}", token: "{token}" }} }}
  services: {{ player: {{ target: there, instances: 2 }} }}
  groups: {{ default: {{ strategy: canary, max_instances: 2, interval: 100ms }} }}
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


# ---- what came of it ----

def instances_of(folder):
    """{instance: its processes}, as the kernel knows them."""
    found, mark = {}, f"STARTS={folder}/starts".encode()
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in words:
            name = next(word for word in words if word.startswith(b"HONK_INSTANCE=")).split(b"=", 1)[1].decode()
            found.setdefault(name, []).append(int(path.parent.name))
    return found


def answer_of(endpoint):
    try:
        with urllib.request.urlopen(f"http://{endpoint['host']}:{endpoint['port']}/", timeout=20) as answer:
            return answer.read().decode()
    except (OSError, urllib.error.URLError) as failed:
        return str(failed)


def service_runs(folder, dataset):
    """Exactly as many instances as there should be, each once, all of that revision, all and only they with traffic."""
    place = pathlib.Path(folder) / "fleet" / SERVICE
    state = json.loads((place / "service.json").read_text())
    endpoints = json.loads((place / "endpoints.json").read_text())["endpoints"]
    template = state["template"]
    running = instances_of(folder)
    evidence.need(template["revision"]["datasets"] == {"ORDERS": dataset}, f"the template is {template}")
    evidence.need("claim" not in state, f"somebody still has the service: {state}")
    evidence.need(sorted(running) == sorted(one["instance"] for one in endpoints), f"running: {running}, traffic: {endpoints}")
    evidence.need(len(endpoints) == INSTANCES and {one["revision"] for one in endpoints} == {template["name"]}, f"traffic: {endpoints}")
    evidence.need(all(len(processes) == 1 for processes in running.values()), f"more than one process: {running}")
    answers = [answer_of(one) for one in endpoints]
    evidence.need(answers == [dataset] * INSTANCES, f"they answer {answers}")
    records = sorted(path.stem for path in (place / "instances").glob("*.json"))
    evidence.need(records == sorted(running), f"records: {records}, running: {running}")
    started = (pathlib.Path(folder) / "starts").read_text().split()
    evidence.need(len(started) == len(set(started)), f"started twice: {sorted(started)}")


# ---- a run ----

class Side(support.Project):
    """One Honk; `words` for its server."""

    def __init__(self, text, **values):
        super().__init__(folder=tempfile.mkdtemp(prefix="honk-die-"))
        self.port = free_port()
        (self.folder / "honk.yaml").write_text((COMMON + text).format(port=self.port, folder=self.folder, python=sys.executable, old=OLD)
                                               if not values else COMMON.format(port=self.port) + text.format(**values))
        (self.folder / "service.py").write_text(PROGRAM)

    def ask(self, method, path, body=None):
        connection = support.UnixConnection(self.socket_path)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()


class Case(driving.Case):
    """One run with its deaths. `why` tells why it failed."""

    def __init__(self, text):
        match = re.fullmatch(r"(serve|worker)@([0-9+/,]*):(finish|back)(:remote)?", text)
        if match is None:
            raise SystemExit(f"'{text}' is no case: expected for example worker@34+:back")
        self.text, self.why = text, ""
        self.role, self.points, self.then, self.how = match.groups()

    def run(self):
        began = time.monotonic()
        self.sides = []
        try:
            self.drive()
        except (driving.Stuck, evidence.Wrong, AssertionError) as stuck:
            self.why = f"{stuck}"
        except Exception:  # whatever else goes wrong is this case's, too
            self.why = traceback.format_exc()
        self.took_s = time.monotonic() - began
        self.clear_away()
        self.calls, self.kinds, self.words = self.counter.calls, self.counter.kinds, self.counter.words
        return self

    def clear_away(self):
        for side in self.sides:
            side.kill()
            for processes in instances_of(side.folder).values():
                for process in processes:
                    os.kill(process, signal.SIGKILL)
            if not driving.nothing_runs(side.folder):
                self.why += f"\nsomething keeps running: {driving.processes_of(side.folder)}"
        for side in self.sides:
            if self.why:
                self.why += f"\nkept: {side.folder}"
            else:
                shutil.rmtree(side.folder, ignore_errors=True)

    def side(self, *args, **values):
        side = Side(*args, **values)
        self.sides.append(side)
        return side

    def open(self):
        """`yard`: where the service runs; `front`: where people speak; `drivers`: what keeps both serving."""
        self.yard = self.front = self.side(FLEET)
        self.counter = driving.Counter(self.yard.folder / "calls", self.role, self.points)
        if self.how is None:
            self.drivers = [driving.Driver(self.yard, self.counter.env)]
            return
        self.yard.serve("--port", str(self.yard.port))
        token = self.yard.ask("POST", "/tokens", {"identity": "other-honk"})[1]["token"]
        self.yard.stop()
        self.front = self.side(ASKS_ANOTHER, port=self.yard.port, token=token)
        dies_there = self.role == "serve"
        self.drivers = [driving.Driver(self.yard, self.counter.env if dies_there else {}, words=("--port", str(self.yard.port))),
                        driving.Driver(self.front, {} if dies_there else self.counter.env)]

    def killed_an_instance(self):
        """Between fork and exec it was a worker yet, but had said already that it is the instance: to go back over that is right."""
        return re.search(r"/instances/\S*\.lock", self.counter.words) is not None

    def newest(self):
        """The newest rollout; None when there is none, or when nobody answered."""
        for driver in self.drivers:
            driver.serving()
            driver.check_time(f"'{self.text}' does not end: {self.shown}")
        try:
            status, page = self.front.ask("GET", "/rollouts")
        except (OSError, ValueError, http.client.HTTPException):  # it died while it answered
            return None
        evidence.need(status == 200, f"the rollouts are answered with {status}: {page}")
        self.shown = page["items"][:1]
        return page["items"][0] if page["items"] else {}

    def honk(self, *words):
        return self.drivers[-1].honk("rollout", *words)

    def roll_out(self, dataset, is_over=lambda: False):
        """To its end, or until `is_over`. Asking again while it goes on is refused, so nothing is asked for twice."""
        while True:
            rollout = self.newest()
            if rollout is None or (rollout and rollout["revision"]["to"] is None):  # still being planned
                time.sleep(0.02)
                continue
            is_it = rollout and rollout["revision"]["to"]["datasets"] == {"ORDERS": dataset}
            state = rollout["state"] if is_it else "none"
            if state in ("healthy", "skipped") or (is_it and is_over()):
                return
            if state in ("aborting", "rolled_back") and self.killed_an_instance():
                state = "none" if state == "rolled_back" else state
            elif state in ("aborting", "rolled_back", "degraded", "frozen", "paused", "superseded"):
                raise driving.Stuck(f"it is {rollout}\n{self.front.log_tail()}\n{self.yard.log_tail()}")
            if state == "none":
                self.honk("start", SERVICE, "--dataset", f"ORDERS={dataset}", "--reason", "a test")
            time.sleep(0.02)

    def take_back(self):
        while True:
            rollout = self.newest()
            if rollout is not None and rollout["state"] in ("rolled_back", "skipped"):
                return
            if rollout is not None and rollout["state"] not in ("aborting", "degraded"):
                self.honk("rollback", rollout["rollout_id"], "--reason", "a test")
            time.sleep(0.02)

    def drive(self):
        self.shown = None
        self.open()
        self.roll_out(OLD)
        self.settled(OLD)
        self.roll_out(NEW, is_over=lambda: self.then == "back" and self.has_died())
        if not (self.then == "back" and self.has_died()):
            self.settled(NEW)
        self.take_back()
        self.settled(OLD)
        self.plans_ended()
        for side in self.sides:
            evidence.need(side.stop() in (0, -9), "the server did not stop in order")
            evidence.state_sound(side.folder / ".honk", ENDS)
        service_runs(self.yard.folder, OLD)

    def plans_ended(self):
        """A plan has a little more to do than its rollout."""
        def look():
            for driver in self.drivers:
                driver.serving()
            try:
                return all(side.ask("GET", "/migrations/" + row["plan"])[1]["state"] in ENDS
                           for side in self.sides for row in side.ask("GET", "/rollouts")[1]["items"])
            except (OSError, ValueError, http.client.HTTPException):  # it died while it answered
                return False
        support.eventually(look)

    def settled(self, dataset):
        """The rollout says that it is over; its last instance may still be saying good-bye."""
        def look():
            try:
                service_runs(self.yard.folder, dataset)
                return True
            except (evidence.Wrong, OSError, ValueError):
                return False
        for driver in self.drivers:
            driver.serving()
        if not support.eventually(look, 10):
            service_runs(self.yard.folder, dataset)


# ---- all of them ----

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--points", type=int, help="how many points to try for each role; all without it")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) * 2, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    driving.take_along("honk-die-")
    suite = driving.Suite(Case, driving.Tap(), options.jobs)
    if options.cases:
        suite.run(options.cases)
        suite.tap.end()
    for role, how in KINDS_OF_RUN:
        calls = len(suite.run([f"{role}@:finish{how}"])[0].kinds)
        suite.run([f"{role}@{point}{('', '+')[i % 2]}:{('finish', 'back')[i // 2 % 2]}{how}"
                   for i, point in enumerate(driving.picked(calls, options.points))])
    suite.tap.end()


main()
