"""An ACP agent for tests, without a model: does what the words after it say, one after the other, and misbehaves as told.

    agent.py WORD…      edit, cheat, ask-unknown, ask-permission, ask-file, ask-deaf, silent, endless, chatter, huge, large, flood,
                        cut-off, junk, stderr, shout, stop-REASON, cancel-aware, refuse-login, refuse-prompt, version-2, die, mute,
                        mute-session, no-terminal, once-more, leave, twice, stranger
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time

WORDS = sys.argv[1:]
VERSION = 2 if "version-2" in WORDS else 1
LOGINS = [{"id": "browser", "name": "Browser"}, {"id": "api-key", "name": "Key"}]
REPLAY = os.environ.get("REPLAY")
asked = 1000
sessions = 0


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def read():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def update(what, **more):
    send({"method": "session/update", "params": {"sessionId": "s", "update": {"sessionUpdate": what, **more}}})


def ask(method, **params):
    """A question to the client, and its answer: one that never comes is a hang."""
    global asked
    asked += 1
    send({"id": asked, "method": method, "params": {"sessionId": "s", **params}})
    while (message := read()).get("id") != asked or "method" in message:
        pass
    return message


def edit(path="jobs/report.py"):
    text = open(path).read()
    text = text.replace("users_v1", "users_v2").replace("row.first_name", "row.name")
    open(path, "w").write(text)


def turn():
    for word in WORDS:
        if word == "edit":
            update("tool_call", toolCallId="1", title="Edit", kind="edit", status="pending")
            edit()
            update("tool_call_update", toolCallId="1", status="completed")
        elif word == "cheat":
            text = open("jobs/report.py").read()
            open("jobs/report.py", "w").write("evil()\n" + text)
        elif word == "ask-unknown":
            answer = ask("x/nobody_knows_this")
            assert answer["error"]["code"] == -32601, answer
        elif word == "ask-file":
            for method in ("fs/read_text_file", "fs/write_text_file", "terminal/create"):
                assert ask(method, path="/etc/passwd")["error"]["code"] == -32601
            assert ask("elicitation/create", message="who?")["result"] == {"action": "decline"}
        elif word == "ask-permission":
            options = [{"optionId": "n", "name": "No", "kind": "reject_once"}, {"optionId": "y", "name": "Yes", "kind": "allow_once"}]
            answer = ask("session/request_permission", toolCall={"toolCallId": "1"}, options=options)
            assert answer["result"] == {"outcome": {"outcome": "selected", "optionId": "y"}}, answer
            options = [{"optionId": "later", "name": "Ask me", "kind": "ask_always"}, {"optionId": "never", "name": "No", "kind": "reject_always"}]
            answer = ask("session/request_permission", toolCall={"toolCallId": "1"}, options=options)
            assert answer["result"] == {"outcome": {"outcome": "selected", "optionId": "never"}}, answer
            answer = ask("session/request_permission", toolCall={"toolCallId": "1"}, options=[])
            assert answer["result"] == {"outcome": {"outcome": "cancelled"}}, answer
        elif word == "silent":
            time.sleep(1000)
        elif word == "endless":
            while True:
                update("agent_message_chunk", content={"type": "text", "text": "still at it"})
                time.sleep(0.05)
        elif word == "cancel-aware":  # waits for the cancel, asks once more, and is told that all is over
            while read().get("method") != "session/cancel":
                pass
            answer = ask("session/request_permission", toolCall={"toolCallId": "1"},
                         options=[{"optionId": "y", "name": "Yes", "kind": "allow_once"}])
            print("outcome", answer["result"]["outcome"]["outcome"], file=sys.stderr)
            return "cancelled"
        elif word == "chatter":
            update("a_kind_of_the_future", x=[1, 2])
            update("plan", entries=[])
            update("usage_update", used=1200, size=200000, cost={"amount": 0.25, "currency": "USD"})
            update("agent_thought_chunk", content={"type": "text", "text": "\x1b[31mhm"})
        elif word == "huge":
            sys.stdout.write("x" * (8 << 20))
            sys.stdout.flush()
            time.sleep(1000)
        elif word == "large":  # as a whole file in a message
            update("tool_call_update", toolCallId="1", content=[{"type": "content", "content": {"type": "text", "text": "x" * (3 << 20)}}])
        elif word == "ask-deaf":  # asks and asks, and reads no answer
            while True:
                send({"id": 1, "method": "x/nobody", "params": {}})
        elif word == "shout":
            sys.stderr.write("why\n" * (8 << 20))
        elif word == "no-terminal":
            assert not any(os.isatty(one) for one in (0, 1, 2)) and os.environ["TERM"] == "dumb" and os.environ["CI"]
            try:
                os.open("/dev/tty", os.O_RDWR)
                assert False, "there is a terminal"
            except OSError:
                pass
        elif word == "once-more":  # nothing in the first round: what was found is in the prompt of the second
            if os.environ["HONK_ROUND"] == "1":
                return "end_turn"
        elif word == "leave":  # somebody goes on when the turn is over
            script = "while :; do ln -sf /etc/passwd jobs/report.py; rm jobs/report.py; cp /tmp/good jobs/report.py; done"
            shutil.copy("jobs/report.py", "/tmp/good")
            subprocess.Popen(["/bin/sh", "-c", script], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        elif word == "stranger":  # tells of a session that is not ours
            send({"method": "session/update", "params": {"sessionId": "other", "update": {
                "sessionUpdate": "state_update", "state": "idle", "stopReason": "end_turn"}}})
            send({"method": "session/update", "params": {"sessionId": "other", "update": {"sessionUpdate": "usage_update", "used": 99}}})
        elif word == "flood":
            while True:
                sys.stdout.write("no message\n")
        elif word == "cut-off":
            open("jobs/report.py", "w").write("half of")
            os._exit(1)
        elif word == "junk":
            print("Welcome!")
            print("{broken")
            print("[" * 100000)
            print("[]")
            sys.stdout.flush()
            sys.stdout.buffer.write(b"\xff\xfe\0\n")
            send({"id": 77, "result": {"of": "nobody"}})
            send({"id": "1", "result": {"stopReason": "end_turn", "of": "another type"}})
        elif word == "stderr":
            print("\x1b[2Jlog", file=sys.stderr)
        elif word.startswith("stop-"):
            return word.removeprefix("stop-")
    return "end_turn"


def replay():
    """Answers as a transcript has it: what came from the agent is said again after what it was told."""
    for line in open(REPLAY):
        if line.startswith("-> "):
            read()
        elif line.startswith("<- "):
            print(line[3:], end="", flush=True)
        if "tool_call_update" in line:
            edit()


def welcome(params):
    """What the version of the client asks for: who offers 2 says who it is, and offers no files and terminals any more."""
    if params["protocolVersion"] == 2:
        assert params["info"]["name"] == "honk" and params["capabilities"] == {}, params
    else:
        assert params["clientCapabilities"] == {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
    if VERSION == 1:
        return {"protocolVersion": 1, "agentCapabilities": {}, "authMethods": LOGINS}
    logins = [{"methodId": one["id"], "type": "agent", "name": one["name"]} for one in LOGINS]
    return {"protocolVersion": 2, "info": {"name": "agent", "version": "1"}, "capabilities": {"session": {}}, "authMethods": logins}


def prompted(id):
    """In version 2 the answer says only that it begins; that it was idle before counts for nothing."""
    if "refuse-prompt" in WORDS:
        return send({"id": id, "error": {"code": -32603, "message": "not now"}})
    if VERSION == 1:
        send({"id": id, "result": {"stopReason": turn(), "usage": {"totalTokens": 4711}}})
        if "twice" in WORDS:
            send({"id": id, "result": {"stopReason": "refusal"}})
            sys.exit(0)
        return None
    send({"id": id, "result": {}})
    update("user_message", messageId="m1", content=[])
    update("state_update", state="running")
    update("state_update", state="idle", stopReason=turn())


def main():
    if REPLAY:
        return replay()
    global sessions
    logged_in = False
    while True:
        message = read()
        method, params = message.get("method"), message.get("params", {})
        if method == "initialize" and "mute" not in WORDS:
            send({"id": message["id"], "result": welcome(params)})
        elif method == ("authenticate" if VERSION == 1 else "auth/login"):
            logged_in = params["methodId"] == "api-key"
            send({"id": message["id"], **({"result": {}} if logged_in else {"error": {"code": -32000, "message": "nobody is there"}})})
        elif method == "session/new" and "mute-session" not in WORDS:
            sessions += 1
            assert sessions == 1, "one process has one session"
            assert params["mcpServers"][0].get("type") == (None if VERSION == 1 else "stdio"), params
            if "refuse-login" in WORDS and not logged_in:
                send({"id": message["id"], "error": {"code": -32000, "message": "Authentication required"}})
                continue
            assert params["cwd"] == os.getcwd(), (params, os.getcwd())
            send({"id": message["id"], "result": {"sessionId": "s"}})
            update("state_update", state="idle", stopReason="end_turn")
        elif method == "session/prompt":
            assert re.search("users_v1", params["prompt"][0]["text"])
            if "die" in WORDS:
                sys.exit(3)
            prompted(message["id"])


main()
