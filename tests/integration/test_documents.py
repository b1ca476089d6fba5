"""What the documents name is there: files, verbs, options, targets; and the tour shows what the program says."""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import termios
import time
import unittest

import support

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md")),
         *sorted((ROOT / "src").rglob("*.md"))]
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*\w\.(?:c|h|md|def|py|sql|yaml|json))`")
MADE_ELSEWHERE = ("mappings/", "migrations/", "catalog/", "data/", ".honk/", ".github/", "instances/",
                  "target/", "../models/")  # in the reader's own folder, Honk's, or dbt's
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def text_of(page):
    return page.read_text(encoding="utf-8")


def prose_of(page):
    """Without what is code, in which brackets are no links."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text_of(page), flags=re.M | re.S))


def anchors_of(page):
    """What headings are called in links."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text_of(page), flags=re.M | re.S), re.M)
    return [re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings]


def on_a_terminal(words, folder, seconds):
    """What a program prints on a terminal of 80 columns."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update({"TERM": "xterm", "LC_ALL": "C.UTF-8"})
        os.execv(words[0], words)
    termios.tcsetwinsize(terminal, (24, 80))
    said, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            said += os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
    os.close(terminal)
    os.waitpid(pid, 0)
    return ESCAPE.sub("", said.decode(errors="replace")).replace("\r", "")


def bare(line):
    """A line without what differs between runs: numbers, bars, folders, marks of the version."""
    line = re.sub(r"\s(/\S+)?/(honk-demo|demo)(/\S*)?", " DEMO", " " + line)
    line = re.sub(r"[█▏▎▍▌▋▊▉░]+", "BAR", line)
    line = re.sub(r"(\b|__honk_)[0-9a-f]{8,}(?![0-9a-z])", r"\1N", line)
    line = re.sub(r"\b(?:N m |\d+ m )?[\d.,]+ (?:ms|s)\b", "N s", line)
    return re.sub(r"\s+", " ", re.sub(r"\d[\d.,]*", "N", line)).strip()


class Documents(unittest.TestCase):
    def test_files_that_are_named_are_there(self):
        for page in PAGES:
            for name in PATH.findall(text_of(page)):
                places = [ROOT / name, ROOT / "src" / name, page.parent / name]
                is_there = any(place.exists() for place in places) or name.startswith(MADE_ELSEWHERE)
                self.assertTrue(is_there, f"{page.relative_to(ROOT)} names {name}")

    def test_links_lead_to_pages_and_headings_that_are_there(self):
        for page in PAGES:
            for link in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
                name, _, anchor = link.partition("#")
                if ":" in name:  # on the net
                    continue
                target = page.parent / name if name else page
                self.assertTrue(target.exists(), f"{page.relative_to(ROOT)} links to {link}")
                if anchor:
                    self.assertIn(anchor, anchors_of(target), f"{page.relative_to(ROOT)} links to {link}")

    def test_targets_that_are_named_exist(self):
        targets = re.findall(r"^([a-z0-9-]+):", text_of(ROOT / "Makefile"), re.M)
        for page in PAGES:
            for target in re.findall(r"(?:`|^)make ([a-z0-9-]+)", text_of(page), re.M):
                self.assertIn(target, targets, page)

    def test_verbs_and_options_that_are_named_exist(self):
        project = support.Project()
        self.addCleanup(project.close)
        known = {}
        for page in PAGES:
            for command in re.findall(r"(?:`|^\$ |^)honk ([a-z][^`\n#|&;]*)", text_of(page), re.M):
                words = command.split()
                verb = " ".join(words[:2]) if words[0] in ("agent", "catalog", "change", "mapping", "rollout") else words[0]
                if verb not in known:
                    done = project.honk(*verb.split(), "--help", check=False)
                    known[verb] = done.stdout if done.returncode == 0 else None
                self.assertIsNotNone(known[verb], f"{page.relative_to(ROOT)} says 'honk {command}'")
                for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", command):
                    self.assertIn(option, known[verb], f"{page.relative_to(ROOT)} says 'honk {command}'")

    def test_options_that_messages_name_exist(self):
        project = support.Project()
        self.addCleanup(project.close)
        told = json.loads(project.honk("--help", "--json").stdout)
        shared = {one["name"] for one in told["options"]}
        known = {verb["name"]: shared | {one["name"] for one in verb["options"]} for verb in told["verbs"]}
        for source in sorted((ROOT / "src").rglob("*.c")):
            text = re.sub(r'"\s*\n\s*"', "", text_of(source))
            for command in re.findall(r"""honk ((?:[a-z]+ ){1,2}[^`'"\\;,)|]*)""", text):
                words = command.split()
                verb = next((verb for verb in (" ".join(words[:2]), words[0]) if verb in known), None)
                for option in re.findall(r"(?<!\S)--([a-z][a-z-]*)", command) if verb else ():
                    self.assertIn(option, known[verb], f"{source.relative_to(ROOT)} says 'honk {command}'")

    def test_the_guide_of_rewriting_shows_what_the_program_says(self):
        guide = text_of(ROOT / "docs" / "rewriting.md")
        self.assertIn((ROOT / "examples/rewriting/mappings/members.yaml").read_text(encoding="utf-8"), guide)
        blocks = re.findall(r"^```console\n\$ honk ([^\n]*)\n(.*?)^```", guide, re.M | re.S)
        self.assertGreater(len(blocks), 8)
        for words, shown in blocks:
            done = subprocess.run([support.HONK, *words.split()], cwd=ROOT / "examples" / "rewriting", capture_output=True, text=True, timeout=60)
            self.assertEqual(done.stdout + done.stderr, shown, f"docs/rewriting.md says 'honk {words}'")

    def test_the_tour_shows_what_the_program_says(self):
        base = pathlib.Path(tempfile.mkdtemp(prefix="honk-tour-"))
        self.addCleanup(shutil.rmtree, base, ignore_errors=True)
        readme = text_of(ROOT / "README.md")
        tour = readme[readme.index("## What `make run` shows"):]
        tour = tour[:tour.index("\n## ", 5)]
        blocks = [block for kind, block in re.findall(r"^```(\w*)\n(.*?)^```", tour, re.M | re.S) if kind == ""]
        self.assertGreater(len(blocks), 2)
        said = on_a_terminal([support.HONK, "demo", "--rollback", "--no-serve", "--rows", "3000", "--dir", "honk-demo"], base, 120)
        lines = {bare(line) for line in said.splitlines()}
        shown = re.sub(r"(?m)^\[(\d)/6\]", r"[\1/7]", "".join(blocks))  # `make run` has no seventh part
        if "coding agent is refused" in said:  # no sandbox can be made here
            shown = re.sub(r"^\$ honk --as ada change show .*?(?=^SERVICE)", "", shown, flags=re.M | re.S)
        for line in shown.splitlines():
            if bare(line) not in ("", "…"):
                self.assertIn(bare(line), lines, f"README.md shows '{line}'\n{said}")


if __name__ == "__main__":
    unittest.main()
