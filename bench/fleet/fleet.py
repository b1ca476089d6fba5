#!/usr/bin/env python3
"""A company of 1,800 repositories: from the entity to branches with evidence, and what became of every file.

    bench/fleet/fleet.py HONK [--repositories 1800] [--owners 60] [--workers 2] [--rows 2000] [--seed 7] [--keep FOLDER]

The generator knows what each file should become (`consumers.py`); each file of each branch is compared with that, byte by
byte. One file that was written otherwise is a wrong edit, and ends this with 1. Figures are printed as tables.
"""
import argparse
import collections
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(pathlib.Path(__file__).parent)]

import company  # noqa: E402
import support  # noqa: E402
from marks import after, before, changes  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("honk")
    for name, default in (("repositories", 1800), ("owners", 60), ("workers", 2), ("rows", 2000), ("seed", 7)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--keep", help="a folder that does not exist yet: it is left there")
    return parser.parse_args()


class Memory(threading.Thread):
    """The most that the server, and any of its workers, ever had (MiB)."""

    def __init__(self, project):
        super().__init__(daemon=True)
        self.project, self.over, self.server, self.worker = project, False, 0, 0

    @staticmethod
    def peak_of(process):
        try:
            status = pathlib.Path(f"/proc/{process}/status").read_text()
        except OSError:
            return 0
        line = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
        return int(line.split()[1]) / 1024

    def run(self):
        while not self.over and self.project.server is not None:
            self.server = max(self.server, self.peak_of(self.project.server.pid))
            for child in support.children_of(self.project.server.pid):
                self.worker = max(self.worker, self.peak_of(child))
            time.sleep(0.5)


def busy_seconds():
    """Processor time of all that this machine does, to tell how loaded it is."""
    return sum(int(n) for n in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:4]) / os.sysconf("SC_CLK_TCK")


def contents(place, branch, paths):
    """path -> text of that branch, by one process."""
    asked = "".join(f"{branch}:{path}\n" for path in paths).encode()
    said = company.git(place, "cat-file", "--batch", text=asked)
    found, at = {}, 0
    for path in paths:
        end = said.index(b"\n", at)
        words = said[at:end].split()
        if words[-1] == b"missing":
            found[path], at = None, end + 1
            continue
        size = int(words[2])
        found[path], at = said[end + 1:end + 1 + size].decode(), end + 2 + size
    return found


class Verdicts:
    """What became of every file, by kind."""

    def __init__(self):
        self.files = collections.defaultdict(collections.Counter)
        self.sites = collections.defaultdict(collections.Counter)
        self.wrong, self.needless = [], []

    def look(self, repository, place, branch, reasons):
        names = [file.path for file in repository.files]
        now = contents(place, branch or "main", names)
        told = {reason["path"] for reason in reasons if reason["text"] and reason["code"]}  # what a person or an agent needs to begin
        for file in repository.files:
            self.judge(repository, file, now[file.path], file.path in told)

    def judge(self, repository, file, text, is_told):
        old, new = before(file.text), after(file.text)
        where, marks = f"{repository.name} {file.path}", changes(file.text)
        if text not in (old, new):
            self.count(file.kind, "wrong", marks)
            self.wrong.append((where, text))
        elif file.answer == "rules" and text == new:
            self.count(file.kind, "by rules", marks)
        elif file.answer == "rules":
            self.count(file.kind, "left to people" if is_told else "missed", marks)
            self.needless.append(where)
        elif file.answer == "person":
            self.count(file.kind, "left to people, rightly" if is_told else "missed", 1)
            if not is_told:
                self.needless.append(where)
        elif file.answer == "stays":
            self.count("(a place more than approved)", "left to people, rightly", 0)
        else:
            self.count(file.kind, "left alone, rightly", 0)

    def count(self, kind, verdict, sites):
        self.files[kind][verdict] += 1
        self.sites[kind][verdict] += sites


def run(project, meanwhile):
    """Start it, let teams go on with their work as soon as it runs, and leave out what nobody may decide but a person."""
    project.honk("start", "members", user="ada", timeout=600)
    if not support.eventually(lambda: project.state("members") != "preflight", 600):
        raise SystemExit("preflight never ends")
    result = meanwhile()
    over = ("halted", "succeeded", "stale", "rolled_back", "needs_operator")
    while True:
        state = support.eventually(lambda: next((s for s in [project.state("members")] if s in over), None), 3600, 0.2)
        if state != "halted":
            break
        project.honk("skip", "members", "--reason", "its team added a place that nobody approved", user="ada", check=False)
        project.honk("resume", "members", "--reason", "the rest may go on", user="ada", check=False)
    if state != "succeeded":
        raise SystemExit(f"it ended as {state}: {project.honk('status', 'members').stdout}")
    return result


def changes_of(project):
    """Repository's name -> what the program says of it."""
    listed = project.json("change", "list", "members", timeout=600)
    rows = listed["changes"] if isinstance(listed, dict) else listed
    return {row["repository"].split(":")[1]: row for row in rows}


def table(rows):
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(f"{str(cell):{width}}" for cell, width in zip(row, widths)).rstrip())
    print()


def show(verdicts, figures):
    columns = ["by rules", "left to people", "left to people, rightly", "left alone, rightly", "missed", "wrong"]
    table([("files", *columns)] + [(kind, *(counts[c] for c in columns)) for kind, counts in sorted(verdicts.files.items())])
    sites = [("places to change", "all", "by rules", "share")]
    for kind, counts in sorted(verdicts.sites.items()):
        every = sum(counts.values())
        if every:
            sites.append((kind, every, counts["by rules"], f"{100 * counts['by rules'] / every:.1f} %"))
    table(sites)
    table(figures)
    for where, text in verdicts.wrong[:5]:
        print(f"wrong: {where}\n{text}")
    for where in verdicts.needless[:20]:
        print(f"not done: {where}")


def main():
    wanted = arguments()
    support.HONK = os.path.abspath(wanted.honk)
    folder = pathlib.Path(wanted.keep or tempfile.mkdtemp(prefix="honk-fleet-"))
    folder.mkdir(exist_ok=True)
    figures = [("phase", "wall", "processors")]

    def timed(what, act):
        began, cpu = time.monotonic(), busy_seconds()
        result = act()
        gone = time.monotonic() - began
        figures.append((what, f"{gone:.1f} s", f"{busy_seconds() - cpu:.1f} s"))
        print(f"{what}: {gone:.1f} s", flush=True)
        return result

    repositories = timed("(the company is made)", lambda: company.make(
        folder, wanted.repositories, wanted.owners, wanted.workers, wanted.rows, wanted.seed))
    project = support.Project(folder)
    verdicts = Verdicts()
    try:
        project.serve()
        memory = Memory(project)
        memory.start()
        began = time.monotonic()
        timed("registered", lambda: project.honk("apply", "-f", "catalog", "-f", "migrations", user="ada", timeout=600))
        timed("planned", lambda: project.honk("plan", "members", user="ada", timeout=3600))
        timed("approved", lambda: project.honk("approve", "members", project.digest("members"), user="bo", timeout=600))
        worked = timed("started, to the end", lambda: run(project, lambda: company.work_on(folder, repositories, wanted.seed)))
        figures.append(("from the entity to the end", f"{time.monotonic() - began:.1f} s", ""))
        figures.append(("commits of teams meanwhile", ", ".join(f"{n} {what}" for what, n in sorted(worked.items())), ""))
        memory.over = True
        listed = timed("(looked at)", lambda: changes_of(project))
        for repository in repositories:
            row = listed.get(repository.name, {})
            place = folder / "repositories" / (repository.name + ".git")
            branches = company.git(place, "for-each-ref", "--format=%(refname)", "refs/heads/honk").decode().split()
            branch = branches[0] if branches else None
            repository.settle(branch and company.git(place, "rev-parse", branch + "^").decode().strip())
            verdicts.look(repository, place, branch, row.get("reasons", []))
        figures.append(("memory: server, worker", f"{memory.server:.0f} MiB", f"{memory.worker:.0f} MiB"))
    finally:
        project.kill()
        if not wanted.keep:
            subprocess.run(["rm", "-rf", str(folder)], check=False)
    print()
    show(verdicts, figures)
    sys.exit(1 if verdicts.wrong else 0)


if __name__ == "__main__":
    main()
