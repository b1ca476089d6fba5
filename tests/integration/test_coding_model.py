"""Coding agents that are a language model and Honk's own loop, by each of three APIs, against a host that answers by a script."""
import json
import sys
import pathlib
import unittest

import support
import test_changes
import test_coding

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from model_host import KEY, ModelHost  # noqa: E402

APIS = {"anthropic": "/anthropic/v1", "chat": "/openai/v1", "responses": "/openai/v1"}
DONE = test_coding.JOB.replace("users_v1", "users_v2").replace("first_name", "name")
# Looks, edits once by shell and once by an edit that has to be unique, asks the gate, and leaves the other repository alone.
SCRIPT = [
    [{"call": "view", "input": {"path": "job.py"}}, {"shell": "ls -a; env"}],
    {"shell": "test -f job.py && sed -i s/users_v1/users_v2/ job.py"},
    [{"call": "replace", "input": {"path": "job.py", "old": "row.first_name", "new": "row.name"}},
     {"call": "replace", "input": {"path": "job.py", "old": "row", "new": "x"}}, {"call": "verify", "input": {}}],
    {"say": "The job reads users_v2 now."},
]


def agent(name, more="", model="chat", deadline="60s"):
    return f"    {name}: {{ door: model, model: {model}, rounds: 1, deadline: {deadline}, memory_mib: 512{more} }}\n"


# Asks whom it may and whom it may not, and tells what came of it.
ASKER = """
import json, os, socket, sys, urllib.error, urllib.request
proxy, told = os.environ["HONK_PROXY"], {}
def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(proxy + path, data, {"Content-Type": "application/json", "anthropic-version": "x", "X-Own": "1"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
path = {"ANTHROPIC_BASE_URL": "/v1/messages", "OPENAI_BASE_URL": sys.argv[2]}
name = next(name for name in path if name in os.environ)
question = {"model": "dear", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "?"}], "input": "?"}
told["answer"] = "Done" in "".join(ask(path[name], question)[1].split('"')) 
told["statuses"] = [ask(path[name], {**question, "stream": False})[0] for _ in range(int(sys.argv[3]))]
told["refused"] = [ask(*what)[0] for what in (["/v1/files"], ["/v1/messages"], ["/packages/npm/%2e%2e/x"], ["/packages/pypi/x"],
                                              ["/packages/npm/x", {}], ["/http://far.example/"])]
told["package"] = ask("/packages/npm/left-pad")[0]
told["same"] = sys.argv[1] == proxy and os.environ["npm_config_registry"] == proxy + "/packages/npm/"
told["key"] = os.environ[name.replace("BASE_URL", "API_KEY")]
try:
    told["direct"] = bool(socket.create_connection(("127.0.0.1", int(sys.argv[4])), 5))
except OSError:
    told["direct"] = False
print(json.dumps(told))
"""
PATHS = {"anthropic": "/v1/messages", "chat": "/v1/chat/completions", "responses": "/v1/responses"}


def asker(name, host, model, more="", times=1):
    port = host.url.rsplit(":", 1)[1]
    return (f"    {name}: {{ command: [ /usr/bin/python3, agents/ask.py, '{{{{proxy}}}}', {PATHS[model]}, '{times}', '{port}' ], "
            f"model: {model}, rounds: 1, deadline: 60s, memory_mib: 512{more} }}\n")


AGENTS = "".join(agent(api, model=api) for api in APIS) + "".join((
    agent("again", ", replay: talk", model="anthropic"), agent("short", ", replay: short", model="anthropic"),
    agent("turns", ", turns: 3"), agent("tokens", ", tokens: 1000"), agent("cost", ", cost: 0.002"), agent("late", deadline="1s")))


class World(test_coding.World):
    def __init__(self, host):
        super().__init__()
        for name, text in {"key": KEY, "talk": "", "short": ""}.items():
            (self.folder / name).write_text(text + "\n")
        models = "".join(f"    {api}: {{ api: {api}, name: big, url: {host.url}{path}, key_file: key, "
                         "prices: { input: 3, cached: 0.30, cache_write: 3.75, output: 15 } }\n" for api, path in APIS.items())
        settings = self.folder / "honk.yaml"
        askers = "".join(asker(f"ask-{api}", host, api) for api in APIS) + asker("greedy", host, "chat", ", tokens: 1000", 9)
        (self.folder / "agents" / "ask.py").write_text(ASKER)
        settings.write_text(settings.read_text().replace(
            "  migrations:", f"{AGENTS}{askers}  models:\n{models}  packages: {{ npm: {host.url}/mirror }}\n  migrations:"))
        self.begin()
        self.honk("plan", "users-v2")


class Judge(unittest.TestCase):
    """A model that gives its opinion of what an agent without one wrote."""
    GOOD = [{"call": "verdict", "input": {"verdict": "accept", "why": "The names are those of the table."}}]
    BAD = [{"call": "verdict", "input": {"verdict": "refuse", "why": "\x1b[2JIt guesses."}}]

    @classmethod
    def setUpClass(cls):
        cls.host = ModelHost()
        cls.addClassCleanup(cls.host.close)
        cls.world = test_coding.World()
        cls.addClassCleanup(cls.world.close)
        (cls.world.folder / "key").write_text(KEY)
        (cls.world.folder / "agents" / "cheat.py").write_text(
            test_coding.AGENT + "\nif os.path.exists('job.py'): open('job.py', 'a').write('import os\\n')\n")
        settings = cls.world.folder / "honk.yaml"
        settings.write_text(settings.read_text().replace(
            "  migrations:", f"    cheat: {{ command: [ /usr/bin/python3, agents/cheat.py ], deadline: 60s, rounds: 1 }}\n  judge: wise\n"
            f"  models:\n    wise: {{ api: anthropic, name: big, url: {cls.host.url}/anthropic/v1, key_file: key, "
            "prices: { input: 3, output: 15 } }\n  migrations:"))
        cls.world.begin()
        cls.world.honk("plan", "users-v2")

    def attempt(self, script, *words, faults=()):
        self.host.script, self.host.faults, self.host.asked = list(script), list(faults), []
        reports = self.world.json("agent", "try", "users-v2", *words)
        return next(report for report in reports if report["consumer"].endswith("/hard"))

    def test_its_opinion_is_kept_beside_that_of_the_gate_and_decides_nothing(self):
        for script, agent, done, sums in ((self.GOOD, "fixer", True, (1, 1, 0, 0)), (self.BAD, "fixer", True, (1, 0, 0, 1)),
                                          (self.GOOD, "cheat", False, (1, 0, 1, 0)), (self.BAD, "cheat", False, (1, 1, 0, 0)),
                                          ([{"say": "Fine by me."}], "fixer", True, (0, 0, 0, 0))):
            report = self.attempt(script, "--agent", agent)
            self.assertEqual(report["done"], done)
            self.assertEqual(tuple(report["judge"][word] for word in ("asked", "agreed", "lenient", "strict")), sums)
            opinion = report["tried"][0]["judge"]
            self.assertNotIn("\x1b", opinion["why"])
            self.assertEqual(report["tokens"], opinion["usage"]["input_tokens"] + opinion["usage"]["cached_tokens"] +
                             opinion["usage"]["cache_write_tokens"] + opinion["usage"]["output_tokens"])
        asked = json.dumps(self.host.asked)
        self.assertIn("+rows = load('users_v2')", asked)
        self.assertNotIn(KEY, asked)
        self.host.script = self.GOOD
        said = " ".join(self.world.honk("agent", "try", "users-v2", "--agent", "cheat", "--agent", "fixer").stdout.split())
        for part in ("/hard cheat 1 refused 1 ", " 170 $0.0008 out-of-scope job.py:6: ", "/hard fixer 1 done 1 ",
                     ", 170 tokens, $0.0008, the judge agreed in 0 of 1 rounds", "the judge agreed in 1 of 1 rounds"):
            self.assertIn(part, said)
        self.assertLess(said.index("/half fixer"), said.index("/hard cheat"))

    def test_one_that_cannot_be_asked_has_no_opinion_and_stops_nothing(self):
        report = self.attempt(self.GOOD, faults=[{"status": 400, "type": "invalid_request_error"}] * 4)
        self.assertTrue(report["done"])
        self.assertEqual(report["tried"][0]["judge"]["verdict"], "none")
        self.assertIn("answered with status 400", report["tried"][0]["judge"]["why"])
        self.assertEqual(report["judge"]["asked"], 0)

    def test_how_often_it_agrees_is_counted_wherever_changes_are(self):
        self.host.script, self.host.faults = self.GOOD, []
        world = self.world
        world.honk("approve", "users-v2", world.digest("users-v2"))
        world.honk("start", "users-v2", "--wait")
        judge = world.change("hard")["evidence"]["coding"]["judge"]
        self.assertEqual((judge["model"], judge["asked"], judge["agreed"]), ("wise", 1, 1))
        numbers = world.json("change", "numbers", "users-v2")["judge"]
        self.assertEqual(numbers["asked"], sum(change["evidence"]["coding"]["judge"]["asked"] for change in
                                               world.json("change", "list", "users-v2") if "coding" in change.get("evidence", {})))
        self.assertIn("the judge 'wise' agreed with that in 1 of 1 rounds", world.honk("change", "show", "users-v2", "hard").stdout)
        for verb in (["change", "numbers"], ["report"]):
            said = " ".join(world.honk(*verb, "users-v2").stdout.split())
            self.assertIn(f"The judge agreed with the gate and the checks in {numbers['agreed']} of {numbers['asked']} rounds", said)
        self.assertIn(f"honk_coding_judge_asked {numbers['asked']}\n", world.get("/metrics")[1].decode())


class CodingModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host = ModelHost()
        cls.addClassCleanup(cls.host.close)
        cls.world = World(cls.host)
        cls.addClassCleanup(cls.world.close)

    def attempt(self, *agents, script=SCRIPT, faults=(), targets=2):
        """Reports of the repository `hard`; what is said of `half`, which goes first, is in `self.others`. With one target: of that."""
        self.host.script, self.host.faults, self.host.asked = list(script), list(faults), []
        words = [word for name in agents for word in ("--agent", name)]
        reports = self.world.json("agent", "try", "users-v2", "--targets", str(targets), *words)
        self.others = [report for report in reports if not report["consumer"].endswith("/hard")]
        return [report for report in reports if report not in self.others] or self.others

    def test_a_model_does_what_rules_refuse_by_each_api(self):
        reports = self.attempt(*APIS)
        self.assertEqual([report["agent"] for report in reports], list(APIS))
        for report in reports:
            tried = report["tried"][0]
            self.assertTrue(report["done"], tried)
            self.assertIn("+names = [row.name for row in rows]", report["diff"])
            self.assertEqual(tried["said"], "The job reads users_v2 now.")
            # Of four answers, as the host told: fresh, read from a cache, written to one, output.
            written = 10 if report["agent"] == "anthropic" else 0
            fresh = 100 if report["agent"] == "anthropic" else 110
            cost = 4 * (fresh * 3 + 40 * 0.3 + written * 3.75 + 20 * 15)
            self.assertEqual(tried["usage"], {"input_tokens": 4 * fresh, "cached_tokens": 160, "cache_write_tokens": 4 * written,
                                              "output_tokens": 80, "cost_micro_usd": cost})
        for body in self.host.asked:
            self.assertNotIn(KEY, json.dumps(body))
        told = json.dumps(self.host.asked[-1])
        for part in ("'old' is in 'job.py' more than once", "1\\trows = load('users_v1')", "HONK_ROUND=1"):
            self.assertIn(part, told)
        self.assertNotIn("key", told.split("HONK_ROUND")[1].split("(it ended")[0])

    def test_its_transcript_gives_the_same_without_it(self):
        first = self.attempt("anthropic")[0]
        self.assertTrue(first["done"])
        transcript = first["tried"][0]["transcript"]
        self.assertNotIn(KEY, transcript)
        (self.world.folder / "talk").write_text(transcript)
        (self.world.folder / "short").write_text(transcript.split("<- ")[0])
        again, short = self.attempt("again", "short")
        self.assertEqual((again["diff"], again["tried"][0]["usage"]), (first["diff"], first["tried"][0]["usage"]))
        self.assertEqual(self.host.asked, [])
        self.assertIn("the transcript has no more than 0 answers", short["tried"][0]["end"])

    def test_a_program_in_the_box_reaches_its_model_and_mirrors_and_nothing_else(self):
        for report in self.attempt(*(f"ask-{api}" for api in APIS), script=[{"say": "Done"}], targets=1):
            tried = report["tried"][0]
            told = json.loads(tried["said"])
            self.assertEqual(told, {"answer": True, "statuses": [200], "refused": [403] * 6, "package": 200, "same": True,
                                    "key": "added-outside-of-the-box", "direct": not report["boxed"]})
            for line in ("-- GET /v1/files refused: nothing but the model and the mirrors", "-- GET /packages/npm/left-pad 200",
                         f"-- POST {PATHS[report['agent'][4:]]} 200"):
                self.assertIn(line, tried["transcript"])
            self.assertEqual(tried["usage"]["output_tokens"], 40)
            self.assertNotIn(KEY, json.dumps(report))
        self.assertEqual({body["model"] for body in self.host.asked}, {"big"})
        self.assertFalse(any("x-own" in headers for headers in self.host.headers))

    def test_what_a_program_in_the_box_may_ask_for_is_limited(self):
        report = self.attempt("greedy", script=[{"say": "Done"}], targets=1)[0]
        self.assertEqual(json.loads(report["tried"][0]["said"])["statuses"], [200] * 5 + [403] * 4)
        self.assertIn("refused: the tokens, or the money, of this round are used up", report["tried"][0]["transcript"])

    def test_a_host_that_is_busy_or_breaks_off_is_asked_again(self):
        for api, faults in (("anthropic", [{"status": 529}, {"cut": 900}]), ("anthropic", [{"event": "overloaded_error"}]),
                            ("chat", [{"status": 429, "headers": {"Retry-After": "1"}, "type": "rate_limit_error"}]),
                            ("chat", [{"cut": 700}, {"junk": "\x00{"}]), ("responses", [{"event": "server_error"}, {"drop": True}]),
                            ("responses", [{"status": 409}, {"status": 503, "headers": {"Retry-After": "0"}}])):
            report = self.attempt(api, faults=faults)[0]
            self.assertTrue(report["done"], report["tried"][0])
            self.assertEqual(self.host.faults, [])
            self.assertEqual(self.others[0]["tried"][0]["transcript"].count("\n-- "), len(faults))

    def test_what_it_may_use_is_limited(self):
        reports = self.attempt("turns", "tokens", "cost", script=[{"shell": "true"}] * 90)
        reports += self.attempt("late", script=[{"shell": "sleep 20"}], targets=1)
        self.assertEqual([report["tried"][0]["end"] for report in reports],
                         ["was not done after 3 answers", "used more than 1000 tokens", "cost more than 0.00 US dollars",
                          "did not end within 1.0 s"])
        self.assertFalse(any(report["done"] for report in reports))

    def test_what_it_says_is_not_believed(self):
        for script, end in (([{"say": "Done!"}], "stopped with 'stop'"), ([{"say": "I mus", "stop": "length"}], "stopped with 'length'"),
                            ([[{"call": "nothing_of_ours", "input": {}}, {"call": "view", "input": {"path": "/etc/shadow"}},
                               {"shell": "yes"}]], "stopped with 'stop'")):
            report = self.attempt("chat", script=script)[0]
            self.assertFalse(report["done"])
            self.assertEqual(report["tried"][0]["end"], end)

    def test_a_host_that_refuses_is_no_fault_of_the_consumer(self):
        key = self.world.folder / "key"
        self.addCleanup(key.write_text, KEY)
        key.write_text("another key\n")
        self.assertIn("the key of model 'chat' holds something that no key holds", self.said())
        key.write_text("another\n")
        self.assertIn("model 'chat' answered with status 401: authentication_error", self.said())
        key.unlink()
        self.assertIn("the key of model 'chat': ", self.said())

    def test_nobody_asks_again_where_the_host_says_that_it_is_for_nothing(self):
        for fault in ({"status": 429, "type": "insufficient_quota"}, {"status": 402, "type": "billing_error"},
                      {"status": 529, "headers": {"X-Should-Retry": "false"}}):
            self.host.script, self.host.faults = [], [fault] * 3
            self.assertIn(f"answered with status {fault['status']}", self.said())
            self.assertEqual(len(self.host.faults), 2)

    def said(self):
        done = self.world.honk("agent", "try", "users-v2", "--agent", "chat", check=False)
        self.assertNotEqual(done.returncode, 0)
        return " ".join(done.stderr.split())

    def test_what_is_wrong_in_the_settings_is_said(self):
        project = support.Project()
        self.addCleanup(project.close)
        (project.folder / "honk.yaml").write_text(
            "coding:\n  models:\n    m: { api: telepathy, url: 'http://far.example/v1', prices: { input: 1.2345678 } }\n"
            "  agents:\n    a: { door: model }\n    b: { door: model, model: n }\n    c: { door: model, model: m, cost: 1 }\n  judge: n\n")
        done = project.honk("doctor", check=False)
        said = " ".join((done.stdout + done.stderr).split())
        for part in ("'api' is 'telepathy', expected anthropic or chat or responses", "model 'm' has no 'name'",
                     "'url' is 'http://far.example/v1', expected an address such as", "'input' is '1.2345678', expected US dollars",
                     "'prices' need 'input' and 'output'", "coding agent 'a' has no 'model'", "there is no model 'n' below 'models'",
                     "the 'cost' of coding agent 'c' has a limit, but model 'm' has no 'prices'"):
            self.assertIn(part, said)


if __name__ == "__main__":
    unittest.main()
