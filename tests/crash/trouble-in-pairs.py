#!/usr/bin/env python3
"""trouble-in-pairs.py [--pairs N] [--jobs N] [CASE…] - rows move from every kind of store into every other one and into its own, and a proxy
between Honk and the server of one side makes trouble: it cuts sessions in the middle of what is said or answered, answers late, is gone for a
while; or the server is killed at that moment and started again.

Honk goes on by itself. What comes of it the target's own client is asked: no row is lost or doubled. Honk's own comparison must say the same, and
behind the way back nothing of the target is left.

A CASE is SOURCE-TARGET:SIDE:TROUBLE, for example csv-postgres:target:answered@2. SIDE is the one behind the proxy, or `both` where one server is
source and target. TROUBLE is one of said, answered, gone, crash, each with how many fifths of the bytes of the longest session of a calm move it
happens at, or late. Without cases: all of them, but those of servers that forget when they die; --pairs N only so many pairs.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import sys
import tempfile
import threading
import types

import driving
import evidence
import pairs_world
from pairs_world import STORES, address
import support
from kafka_world import IS_STAND_IN, Kafka

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from proxy import Proxy, TcpProxy  # noqa: E402

SOCKETS = {"postgres": ".s.PGSQL.5432", "mariadb": "mariadb.sock", "redis": "redis.sock", "kafka": None}
GONE_S = 1
LATE_S = 0.002
FIFTHS = 5
KEEPER = concurrent.futures.ThreadPoolExecutor(1)  # a server ends with the thread that started it


class Case(pairs_world.Case):
    """`behind` is the store that is reached through the proxy, under the name `there`; by its own name it is reached past it."""

    def __init__(self, text, servers, template, calm=None):
        match = re.fullmatch(r"(\w+)-(\w+):(source|target|both):(calm|late|(said|answered|gone|crash)@([1-3]))", text)
        if match is None or match[1] not in STORES or match[2] not in STORES:
            raise SystemExit(f"'{text}' is no case: expected for example csv-postgres:target:answered@2")
        self.text, self.template, self.calm = text, template, calm
        self.source, self.target, self.side, whole, trouble, fifths = match.groups()
        self.trouble, self.fifths = trouble or whole, int(fifths or 0)
        self.behind = self.target if self.side == "target" else self.source
        self.servers = types.SimpleNamespace(**vars(servers))
        self.has_broker = "kafka" in (self.source, self.target)  # of its own: it names its address itself, which is a proxy's

    def run(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="honk-die-"))
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)
        self.name = f"to_{next(self.numbers)}"
        self.counter = driving.Counter(self.folder / "calls", "nobody")
        self.project = support.Project(self.folder)
        self.begin_proxies()
        ends = [proxy.close for proxy in self.proxies] + ([self.servers.kafka.close] if self.has_broker else [])
        return self.run_in(self.folder, self.project.kill, *ends)

    def begin_proxies(self):
        self.proxies = []
        if self.has_broker:
            self.proxies.append(TcpProxy())
            self.servers.kafka = Kafka("--advertised", str(self.proxies[0].port))
            host, port = self.servers.kafka.servers.split(":")
            self.proxies[0].server = (host, int(port))
        if self.behind != "kafka":
            (self.folder / "proxy").mkdir()
            self.proxies.append(Proxy(str(self.folder / "proxy"), getattr(self.servers, self.behind).folder, socket_name=SOCKETS[self.behind]))
        self.proxy = self.proxies[-1]

    def configure(self):
        config = self.folder / "honk.yaml"
        text = re.sub(r'kafka://[^"]*', f"kafka://{self.servers.kafka.servers}", config.read_text())
        line = re.search(rf"  {self.behind}: .*\n", text)[0]
        here, there = (self.servers.kafka.servers, f"127.0.0.1:{self.proxy.port}") if self.behind == "kafka" else (
            getattr(self.servers, self.behind).folder, str(self.folder / "proxy"))
        config.write_text(text.replace(line, line + line.replace(f"  {self.behind}:", "  there:").replace(here, there)))
        if self.source == "kafka":
            self.project.honk("copy", "sqlite:people", "kafka:people")
            self.proxy.said_most = self.proxy.answered_most = 0  # a broker names its proxy's address to the copy, too
        urls = {"source": address(self.source, "people"), "target": address(self.target, self.name)}
        self.enter(*(re.sub("^[a-z]+", "there", url) if self.side in (side, "both") else url for side, url in urls.items()))

    def make_trouble(self):
        if self.trouble == "late":
            self.proxy.delay_s = LATE_S
        if not self.fifths:
            return
        said, answered = self.calm.proxy.said_most, self.calm.proxy.answered_most
        if self.trouble == "answered":
            self.proxy.answer_cuts = [answered * self.fifths // FIFTHS]
        else:
            self.proxy.cuts = [said * self.fifths // FIFTHS]
        self.proxy.then = {"gone": self.be_gone, "crash": lambda: KEEPER.submit(self.crash).result()}.get(self.trouble)

    def be_gone(self):
        self.proxy.is_gone = True
        threading.Timer(GONE_S, lambda: setattr(self.proxy, "is_gone", False)).start()

    def crash(self):
        server = getattr(self.servers, self.behind)
        server.crash()
        server.start()

    def drive(self):
        self.configure()
        driver = driving.Driver(self.project)
        driver.serving()
        self.make_trouble()
        self.go_there(driver)
        evidence.need(self.proxy.done or not self.fifths, "there was no trouble")
        driver.roll_back("move")
        evidence.need(self.rows() is None, "something is left of the target")
        evidence.need(self.project.stop() == 0, "the server did not stop in order")

    def outcome(self):
        return f"{self.proxy.said_most} bytes said at most, {self.proxy.answered_most} answered"


def names_of(count):
    """Pairs with each side that is a server's."""
    for source, target in pairs_world.pairs_of(count):
        sides = {"both": source if source == target else None, "source": source, "target": target}
        yield from (f"{source}-{target}:{side}" for side, store in sides.items() if store in SOCKETS)


def troubles_of(case, is_all):
    """Those of one pair and side; a stand-in that forgets is not killed."""
    name, number = case.text.rsplit(":", 1)[0], sum(case.text.encode())
    for i, trouble in enumerate(("said", "answered", "gone")):
        for fifths in (1, 2, 3) if is_all else (1 + (number + i) % 3,):
            yield f"{name}:{trouble}@{fifths}"
    if case.behind != "kafka" or not IS_STAND_IN:
        yield f"{name}:crash@{1 + number % 3}"
    yield f"{name}:late"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--pairs", type=int, help="how many pairs; all of them without it")
    parser.add_argument("--all", action="store_true", help="at each of three places, not at one of them in turn")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) * 2, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    servers = pairs_world.Servers(("--appendonly", "yes", "--appendfsync", "always"))  # before what follows: their folders are somebody else's
    driving.take_along("honk-die-")
    tap = driving.Tap()
    with tempfile.TemporaryDirectory(prefix="honk-die-template-") as template:
        try:
            servers.make_sources(pathlib.Path(template))
            names = dict.fromkeys(text.rsplit(":", 1)[0] for text in options.cases) or names_of(options.pairs)
            calm = {case.text.rsplit(":", 1)[0]: case for case in driving.Suite(Case, tap, options.jobs, servers, template).run(
                [f"{name}:calm" for name in names])}
            texts = options.cases or [text for case in calm.values() for text in troubles_of(case, options.all)]
            for is_alone in (False, True):  # it is everybody's server that is killed
                driving.Suite(lambda text: Case(text, servers, template, calm[text.rsplit(":", 1)[0]]), tap, 1 if is_alone else options.jobs).run(
                    [text for text in texts if ("crash" in text) == is_alone])
            if tap.failed == 0:
                pairs_world.nothing_is_left(servers)
        finally:
            servers.close()
    tap.end()


main()
