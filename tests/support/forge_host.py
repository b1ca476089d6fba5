"""A host of repositories for tests: git over HTTP by git's own http-backend, and pull requests as GitHub, GitLab and Gitea tell
of them, each below a path of its own ("/github", "/gitlab", "/gitea"). What is asked in a way that the real ones refuse is refused
here: unknown members, missing tokens, a second pull request for one branch."""
import base64
import http.server
import json
import os
import pathlib
import re
import subprocess
import threading
import urllib.parse

TOKEN = "t0ken-of-the-host"
WHO = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "Cy"), ("EMAIL", "cy@acme.example"))}


class ForgeHost:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.pulls, self.comments, self.calls = [], [], []
        self.refuse = []  # [(status, headers)]: what the next calls of the REST interface are answered with
        self.checks = "success"
        self.other_checks = 0  # of GitHub: so many that are green stand before it
        self.checks_of = {}  # commit -> what its own checks say instead
        self.people = {"ada": 11, "bo": 12}  # who may be asked for a review, and GitLab's numbers of them
        self.teams = {"data"}
        self.wants_review = False  # before anything is merged over the interface
        self.is_strict = False  # what does not stand on the tip of its base is called a conflict
        self.lock = threading.RLock()
        host = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with host.lock:
                    host.handle(self, body)

            do_GET = do_POST = do_PATCH = do_PUT = answer

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    # ---- repositories ----

    def path(self, name):
        return self.folder / (name + ".git")

    def git(self, name, *words, check=True, cwd=None, text=None):
        env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", **WHO}
        done = subprocess.run(["git", *words], cwd=cwd or self.path(name), env=env, capture_output=True, text=True,
                              check=False, input=text)
        if check and done.returncode != 0:
            raise AssertionError(f"git {words}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def make(self, name, files):
        self.path(name).mkdir(parents=True)
        self.git(name, "init", "-q", "--bare", "-b", "main", ".")
        self.git(name, "config", "http.receivepack", "true")
        self.change(name, files, "Begin")

    def change(self, name, files, subject="Write", branch="main"):
        """A person's commit on a branch: {path: text}."""
        index = {"GIT_INDEX_FILE": str(self.path(name) / "index-of-a-person")}
        env = {"PATH": os.environ["PATH"], **WHO, **index}
        tip = self.tip(name, branch)

        def run(*words, text=None):
            return subprocess.run(["git", *words], cwd=self.path(name), env=env, capture_output=True, text=True, check=True,
                                  input=text).stdout.strip()
        run("read-tree", tip) if tip else run("read-tree", "--empty")
        for path, text in files.items():
            blob = run("hash-object", "-w", "--stdin", text=text)
            run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        commit = run("commit-tree", run("write-tree"), *(["-p", tip] if tip else []), "-m", subject)
        run("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def tip(self, name, branch):
        return self.git(name, "rev-parse", "-q", "--verify", f"refs/heads/{branch}", check=False) or None

    def show(self, name, path, branch="main"):
        return self.git(name, "show", f"{branch}:{path}")

    def branches(self, name):
        return self.git(name, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    # ---- what people do ----

    def open_pulls(self, name=None):
        return [pull for pull in self.pulls if pull["state"] == "open" and name in (None, pull["name"])]

    def merge(self, pull, how="merge"):
        name, base, head = pull["name"], pull["base"], self.tip(pull["name"], pull["branch"])
        tip = self.tip(name, base)
        tree = self.git(name, "merge-tree", "--write-tree", tip, head).split("\n")[0]
        parents = ["-p", tip] + (["-p", head] if how == "merge" else [])
        commit = self.git(name, "commit-tree", tree, *parents, "-m", f"{pull['title']} (#{pull['number']})")
        self.git(name, "update-ref", f"refs/heads/{base}", commit)
        if how == "squash":
            self.git(name, "update-ref", "-d", f"refs/heads/{pull['branch']}")
        pull.update(state="merged", head=head)

    # ---- HTTP ----

    def handle(self, request, body):
        url = urllib.parse.urlsplit(request.path)
        kind, _, rest = url.path.lstrip("/").partition("/")
        if kind == "git":
            return self.serve_git(request, rest, url.query, body)
        self.calls.append((request.command, request.path, json.loads(body) if body else None))
        if request.headers.get("Authorization") not in (f"Bearer {TOKEN}", f"token {TOKEN}"):
            return self.send(request, 401, {"message": "Bad credentials"})
        if self.refuse:
            status, headers, *words = self.refuse.pop(0)
            return self.send(request, status, {"message": words[0] if words else "not now"}, headers)
        query = {key: values[0] for key, values in urllib.parse.parse_qs(url.query).items()}
        for method, kinds, pattern, handler in ROUTES:
            found = re.fullmatch(pattern, rest)
            if found and method == request.command and kind in kinds:
                words = [urllib.parse.unquote(word) for word in found.groups()]
                answer = handler(self, kind, query, json.loads(body) if body else {}, *words)
                return self.send(request, *(self.done(request.command, rest) or answer))
        return self.send(request, 404, {"message": "Not Found"})

    def done(self, method, path):
        """It has happened, and nobody has heard of it yet. Tests put something in its place; what that gives back is answered instead."""

    def send(self, request, status, value, headers=None):
        data = json.dumps(value).encode()
        request.send_response(status)
        for key, text in {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}.items():
            request.send_header(key, text)
        request.end_headers()
        request.wfile.write(data)

    def serve_git(self, request, path, query, body):
        given = request.headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(given).decode().partition(":")[2] != TOKEN:
            request.send_response(401)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        env = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": "/" + path,
               "QUERY_STRING": query, "REQUEST_METHOD": request.command, "REMOTE_USER": "honk",
               "CONTENT_TYPE": request.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
               "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
               "GIT_PROTOCOL": request.headers.get("Git-Protocol", "")}
        out = subprocess.run(["git", "http-backend"], env=env, input=body, capture_output=True, check=True).stdout
        head, _, data = out.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        request.send_response(int(headers.pop("Status", "200").split()[0]))
        for key, text in {**headers, "Content-Length": str(len(data))}.items():
            request.send_header(key, text)
        request.end_headers()
        request.wfile.write(data)

    # ---- pull requests ----

    def see(self, pull):
        if pull["state"] == "open" and not pull["fork"]:
            pull["head"] = self.tip(pull["name"], pull["branch"]) or pull["head"]
        return pull

    def of(self, name, number):
        return next(self.see(pull) for pull in self.pulls if pull["name"] == name and pull["number"] == int(number))

    def newest(self, name):
        return [self.see(pull) for pull in reversed(self.pulls) if pull["name"] == name]

    def conflicts(self, pull):
        tip = self.tip(pull["name"], pull["base"])
        return self.is_strict and self.git(pull["name"], "merge-base", tip, pull["head"]) != tip

    def add(self, name, branch, base, title, text, draft):
        if any(pull["branch"] == branch and not pull["fork"] for pull in self.open_pulls(name)):
            return None
        assert self.tip(name, branch) and self.tip(name, base), (branch, base)
        return self.put(name, branch, base, title, text, draft, self.tip(name, branch))

    def put(self, name, branch, base, title, text, draft, head, is_fork=False):
        pull = {"name": name, "number": 1 + sum(one["name"] == name for one in self.pulls), "branch": branch, "base": base,
                "title": title, "body": text, "draft": draft, "state": "open", "head": head, "labels": [], "reviewers": [], "teams": [],
                "fork": is_fork}
        self.pulls.append(pull)
        return pull

    def add_of_fork(self, name, branch, base, title):
        """Somebody proposes a branch of that name of a repository of their own."""
        return self.put(name, branch, base, title, "", False, self.tip(name, base), is_fork=True)


def known(body, *members):
    assert set(body) <= set(members), f"unknown members: {set(body) - set(members)}"
    return body


def github_pull(host, pull):
    owner, _, name = pull["name"].rpartition("/")
    return {"number": pull["number"], "html_url": f"{host.url}/{pull['name']}/pull/{pull['number']}", "title": pull["title"],
            "body": pull["body"], "draft": pull["draft"], "state": "open" if pull["state"] == "open" else "closed",
            "merged_at": "2026-01-01T00:00:00Z" if pull["state"] == "merged" else None, "merged": pull["state"] == "merged",
            "head": {"ref": pull["branch"], "sha": pull["head"], "label": f"{'stranger' if pull['fork'] else owner}:{pull['branch']}",
                     "repo_id": 2 if pull["fork"] else 1},
            "base": {"ref": pull["base"], "repo_id": 1}}


def gitlab_pull(host, pull):
    state = {"open": "opened"}.get(pull["state"], pull["state"])
    return {"iid": pull["number"], "id": 1000 + pull["number"], "web_url": f"{host.url}/{pull['name']}/-/merge_requests/{pull['number']}",
            "title": pull["title"], "description": pull["body"], "draft": pull["title"].startswith("Draft: "), "state": state,
            "sha": pull["head"], "source_branch": pull["branch"], "target_branch": pull["base"], "source_project_id": 2 if pull["fork"] else 1,
            "target_project_id": 1, "has_conflicts": host.conflicts(pull), "reviewers": [{"username": name} for name in pull["reviewers"]]}


def told(host, kind, pull):
    return gitlab_pull(host, pull) if kind == "gitlab" else github_pull(host, pull)


def list_github(host, kind, query, _, owner, name):
    branch = query["head"].partition(":")[2]
    return 200, [github_pull(host, pull) for pull in host.newest(f"{owner}/{name}")
                 if pull["branch"] == branch and not pull["fork"]]


def list_gitea(host, kind, query, _, owner, name):
    if "head" in query:
        return list_github(host, kind, query, _, owner, name)
    first = (int(query["page"]) - 1) * int(query["limit"])
    return 200, [github_pull(host, pull) for pull in host.newest(f"{owner}/{name}")[first:first + int(query["limit"])]]


def list_gitlab(host, kind, query, _, project):
    return 200, [gitlab_pull(host, pull) for pull in host.newest(project) if pull["branch"] == query["source_branch"]]


def create(host, kind, _, body, owner, name):
    known(body, "title", "head", "base", "body", "draft", "maintainer_can_modify", "labels")
    pull = host.add(f"{owner}/{name}", body["head"], body["base"], body["title"], body["body"], body.get("draft", False))
    if pull is None:
        return 422, {"message": "Validation Failed", "errors": [{"message": "A pull request already exists"}]}
    pull["labels"] += body.get("labels", [])
    return 201, github_pull(host, pull)


def create_gitlab(host, kind, _, body, project):
    known(body, "source_branch", "target_branch", "title", "description", "labels")
    pull = host.add(project, body["source_branch"], body["target_branch"], body["title"], body["description"], False)
    if pull is None:
        return 409, {"message": ["Another open merge request already exists for this source branch: !1"]}
    pull["labels"] += [label for label in body.get("labels", "").split(",") if label]
    return 201, gitlab_pull(host, pull)


def update(host, kind, _, body, *where):
    pull = host.of("/".join(where[:-1]), where[-1])
    known(body, "title", "body", "description", "state", "state_event", "reviewer_ids")
    pull["reviewers"] = [name for name, number in host.people.items() if number in body.get("reviewer_ids", [])] or pull["reviewers"]
    pull["title"] = body.get("title", pull["title"])
    pull["body"] = body.get("body", body.get("description", pull["body"]))
    if "closed" in (body.get("state"), {"close": "closed"}.get(body.get("state_event"))):
        pull["state"] = "closed"
    return 200, told(host, kind, pull)


def comment(host, kind, _, body, *where):
    known(body, "body")
    host.comments.append(("/".join(where[:-1]), int(where[-1]), body["body"]))
    return 201, {"id": len(host.comments)}


def label(host, kind, _, body, owner, name, number):
    labels = host.of(f"{owner}/{name}", number)["labels"]
    labels += [one for one in known(body, "labels")["labels"] if one not in labels]
    return 200, []


def ask(host, kind, _, body, owner, name, number):
    known(body, "reviewers", "team_reviewers")
    pull = host.of(f"{owner}/{name}", number)
    if not set(body["reviewers"]) <= set(host.people) or not set(body["team_reviewers"]) <= host.teams:
        return 422, {"message": "Reviews may only be requested from collaborators."}
    pull["reviewers"] = sorted({*pull["reviewers"], *body["reviewers"]})
    pull["teams"] = sorted({*pull["teams"], *body["team_reviewers"]})
    return 201, github_pull(host, pull)


def merge_it(host, kind, _, body, *where):
    """Only as it was seen, and only where checks and reviews are as the repository wants them."""
    known(body, "sha", "Do", "head_commit_id")
    assert kind != "gitea" or body["Do"] == "merge"
    pull = host.of("/".join(where[:-1]), where[-1])
    if pull["state"] != "open" or body.get("sha", body.get("head_commit_id")) != pull["head"]:
        return 409, {"message": "Head branch was modified. Review and try the merge again."}
    if host.wants_review:
        return 405, {"message": "At least 1 approving review is required by reviewers with write access."}
    if host.conflicts(pull):
        return 405, {"message": "Pull Request is not mergeable"}
    assert host.checks == "success", "merged before its checks passed"
    host.merge(pull)
    pull["by"] = "honk"
    return 200, {"merged": True}


def people_gitlab(host, kind, query, _):
    number = host.people.get(query["username"])
    return 200, [{"id": number, "username": query["username"]}] if number else []


def get_github(host, kind, query, _, owner, name, number):
    pull = host.of(f"{owner}/{name}", number)
    is_dirty = host.conflicts(pull)
    return 200, {**github_pull(host, pull), "mergeable": not is_dirty, "mergeable_state": "dirty" if is_dirty else "clean"}


def get_gitlab(host, kind, query, _, project, number):
    return 200, gitlab_pull(host, host.of(project, number))


def runs(host, kind, query, _, owner, name, commit):
    checks = host.checks_of.get(commit, host.checks)
    done = checks != "pending"
    run = {"status": "completed" if done else "in_progress", "conclusion": checks if done else None}
    all_of_them = [{"status": "completed", "conclusion": "success"}] * host.other_checks + [run]
    size, page = int(query["per_page"]), int(query["page"])
    return 200, {"total_count": len(all_of_them), "check_runs": all_of_them[size * (page - 1):size * page]}


def status(host, kind, query, _, owner, name, commit):
    return 200, {"state": "pending", "total_count": 0} if kind == "github" else {"state": host.checks_of.get(commit, host.checks), "total_count": 1}


def pipelines(host, kind, query, _, project, number):
    return 200, [{"id": 1, "status": {"failure": "failed", "pending": "running"}.get(host.checks, host.checks)}]


def pipelines_of_commit(host, kind, query, _, project):
    checks = host.checks_of.get(query["sha"], host.checks)
    return 200, [{"id": 1, "status": {"failure": "failed", "pending": "running"}.get(checks, checks)}]


def labels_gitea(host, kind, query, _, owner, name):
    return 200, [{"id": 7, "name": "honk"}, {"id": 8, "name": "other"}]


REPOSITORY = r"repos/([^/]+)/([^/]+)"
PROJECT = r"projects/([^/]+)"
BOTH = ("github", "gitea")
ROUTES = [
    ("GET", ("github",), REPOSITORY + "/pulls", list_github),
    ("GET", ("gitea",), REPOSITORY + "/pulls", list_gitea),
    ("GET", ("gitlab",), PROJECT + "/merge_requests", list_gitlab),
    ("POST", BOTH, REPOSITORY + "/pulls", create),
    ("POST", ("gitlab",), PROJECT + "/merge_requests", create_gitlab),
    ("PATCH", BOTH, REPOSITORY + r"/pulls/(\d+)", update),
    ("PUT", ("gitlab",), PROJECT + r"/merge_requests/(\d+)", update),
    ("POST", BOTH, REPOSITORY + r"/issues/(\d+)/comments", comment),
    ("POST", ("gitlab",), PROJECT + r"/merge_requests/(\d+)/notes", comment),
    ("POST", ("github",), REPOSITORY + r"/issues/(\d+)/labels", label),
    ("POST", BOTH, REPOSITORY + r"/pulls/(\d+)/requested_reviewers", ask),
    ("GET", ("github",), REPOSITORY + r"/pulls/(\d+)", get_github),
    ("GET", ("gitlab",), PROJECT + r"/merge_requests/(\d+)", get_gitlab),
    ("PUT", ("github",), REPOSITORY + r"/pulls/(\d+)/merge", merge_it),
    ("POST", ("gitea",), REPOSITORY + r"/pulls/(\d+)/merge", merge_it),
    ("PUT", ("gitlab",), PROJECT + r"/merge_requests/(\d+)/merge", merge_it),
    ("GET", ("gitlab",), "users", people_gitlab),
    ("GET", ("github",), REPOSITORY + r"/commits/([0-9a-f]+)/check-runs", runs),
    ("GET", BOTH, REPOSITORY + r"/commits/([0-9a-f]+)/status", status),
    ("GET", ("gitlab",), PROJECT + r"/merge_requests/(\d+)/pipelines", pipelines),
    ("GET", ("gitlab",), PROJECT + r"/pipelines", pipelines_of_commit),
    ("GET", ("gitea",), REPOSITORY + "/labels", labels_gitea),
]
