"""A host of language models for tests, without one: Anthropic Messages, OpenAI chat completions and OpenAI responses, as their
own SDKs read them (`make agents-test` has them read it). It answers by a script, one step for each turn:

    {"say": text}                      ends the turn
    {"shell": command}                 calls the tool that takes a command, whatever it is called
    {"call": name, "input": {…}}       calls a tool; a list of such: several at once
    {"stop": word}                     stops for another reason

and before that it fails as `faults` says, one for each request: {"status", "headers", "type"}, {"cut": bytes}, {"event": type},
{"silent": True}, {"drop": True}, {"junk": text}. What the real ones refuse is refused: no key, no version, calls without results."""
import http.server
import itertools
import json
import threading

KEY = "sk-key-of-the-model-4711"
PATHS = {"/anthropic/v1/messages": "anthropic", "/openai/v1/chat/completions": "chat", "/openai/v1/responses": "responses"}


class Refused(Exception):
    pass


def need(holds, what):
    if not holds:
        raise Refused(what)


# ---- what is asked: (turns that were answered, names of tools with their properties) ----

def read_anthropic(headers, body):
    need(headers.get("x-api-key") == KEY or headers.get("authorization") == f"Bearer {KEY}", "authentication_error")
    need(headers.get("anthropic-version"), "anthropic-version: header is required")
    need(isinstance(body.get("max_tokens"), int), "max_tokens: Field required")
    open_calls, answered = set(), 0
    for message in body["messages"]:
        blocks = message["content"] if isinstance(message["content"], list) else [{"type": "text", "text": message["content"]}]
        need(blocks, "messages: content must not be empty")
        if message["role"] == "assistant":
            answered += 1
            open_calls = {block["id"] for block in blocks if block["type"] == "tool_use"}
        else:
            results = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
            need(results == open_calls, f"tool_use ids without tool_result blocks: {open_calls ^ results}")
            open_calls = set()
    return answered, {tool["name"]: tool.get("input_schema", {}) for tool in body.get("tools", [])}


def read_chat(headers, body):
    need(headers.get("authorization") == f"Bearer {KEY}", "authentication_error")
    open_calls, answered = set(), 0
    for message in body["messages"]:
        if message["role"] == "tool":
            need(message["tool_call_id"] in open_calls, "a tool message must follow its tool_calls")
            open_calls.discard(message["tool_call_id"])
            continue
        need(not open_calls, f"tool_calls without an answer: {open_calls}")
        if message["role"] == "assistant":
            answered += 1
            open_calls = {call["id"] for call in message.get("tool_calls") or []}
            need(all(isinstance(call["function"]["arguments"], str) for call in message.get("tool_calls") or []), "arguments")
    need(not open_calls, f"tool_calls without an answer: {open_calls}")
    return answered, {tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in body.get("tools") or []}


def read_responses(headers, body):
    need(headers.get("authorization") == f"Bearer {KEY}", "authentication_error")
    items = body["input"] if isinstance(body["input"], list) else [{"role": "user", "content": body["input"]}]
    calls = [item["call_id"] for item in items if item.get("type") == "function_call"]
    results = [item["call_id"] for item in items if item.get("type") == "function_call_output"]
    need(sorted(calls) == sorted(results), "No tool output found for function call")
    need(all(not item.get("id") or body.get("store") is not False for item in items if item.get("type") == "function_call"),
         "Item with id not found: nothing is stored")
    turns = 0
    for before, item in zip([{}] + items, items):
        own = item.get("type") == "function_call" or item.get("role") == "assistant"
        turns += own and not (before.get("type") == "function_call" or before.get("role") == "assistant")
    return turns, {tool["name"]: tool.get("parameters", {}) for tool in body.get("tools") or [] if tool.get("name")}


# ---- what is answered: events of a stream, or one document ----

def pieces(text, size=7):
    return [text[at:at + size] for at in range(0, len(text), size)] or [""]


def events_anthropic(model, text, calls, stop, number):
    usage = {"input_tokens": 100, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 10, "output_tokens": 1}
    stop = stop or ("tool_use" if calls else "end_turn")
    yield {"type": "message_start", "message": {
        "id": f"msg_{number}", "type": "message", "role": "assistant", "model": model, "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": usage}}
    yield {"type": "ping"}
    blocks = ([{"type": "text", "text": text}] if text else []) + [
        {"type": "tool_use", "id": f"toolu_{number}_{i}", "name": name, "input": value} for i, (name, value) in enumerate(calls)]
    for index, block in enumerate(blocks):
        is_text = block["type"] == "text"
        yield {"type": "content_block_start", "index": index, "content_block": {**block, **({"text": ""} if is_text else {"input": {}})}}
        for piece in pieces(block["text"] if is_text else json.dumps(block["input"])):
            delta = {"type": "text_delta", "text": piece} if is_text else {"type": "input_json_delta", "partial_json": piece}
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": 20}}
    yield {"type": "message_stop"}
    yield {**{"document": True}, "id": f"msg_{number}", "type": "message", "role": "assistant", "model": model, "content": blocks,
           "stop_reason": stop, "stop_sequence": None, "usage": {**usage, "output_tokens": 20}}


def events_chat(model, text, calls, stop, number):
    usage = {"prompt_tokens": 150, "completion_tokens": 20, "total_tokens": 170, "prompt_tokens_details": {"cached_tokens": 40}}
    stop = stop or ("tool_calls" if calls else "stop")
    head = {"id": f"chatcmpl-{number}", "created": 1, "model": model}

    def chunk(delta, reason=None, **more):
        return {**head, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}
    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces(text) if text else []:
        yield chunk({"content": piece})
    for i, (name, value) in enumerate(calls):
        yield chunk({"tool_calls": [{"index": i, "id": f"call_{number}_{i}", "type": "function", "function": {"name": name, "arguments": ""}}]})
        for piece in pieces(json.dumps(value)):
            yield chunk({"tool_calls": [{"index": i, "function": {"arguments": piece}}]})
    yield chunk({}, stop)
    yield {**head, "object": "chat.completion.chunk", "choices": [], "usage": usage}
    message = {"role": "assistant", "content": text or None, "refusal": None}
    if calls:
        message["tool_calls"] = [{"id": f"call_{number}_{i}", "type": "function", "function": {"name": name, "arguments": json.dumps(value)}}
                                 for i, (name, value) in enumerate(calls)]
    yield {**{"document": True}, **head, "object": "chat.completion", "usage": usage,
           "choices": [{"index": 0, "message": message, "finish_reason": stop, "logprobs": None}]}


def events_responses(model, text, calls, stop, number):
    usage = {"input_tokens": 150, "input_tokens_details": {"cached_tokens": 40}, "output_tokens": 20,
             "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 170}
    sequence = itertools.count()
    status = "incomplete" if stop else "completed"
    whole = {"id": f"resp_{number}", "object": "response", "created_at": 1, "model": model, "status": "in_progress", "output": [],
             "error": None, "incomplete_details": None, "instructions": None, "metadata": {}, "parallel_tool_calls": True,
             "temperature": 1, "tool_choice": "auto", "tools": [], "top_p": 1, "usage": None}

    def event(kind, **more):
        return {"type": kind, "sequence_number": next(sequence), **more}
    yield event("response.created", response=whole)
    items = [{"type": "reasoning", "id": f"rs_{number}", "summary": []}]
    if text:
        items.append({"type": "message", "id": f"msg_{number}", "status": "completed", "role": "assistant",
                      "content": [{"type": "output_text", "text": text, "annotations": []}]})
    items += [{"type": "function_call", "id": f"fc_{number}_{i}", "call_id": f"call_{number}_{i}", "name": name,
               "arguments": json.dumps(value), "status": "completed"} for i, (name, value) in enumerate(calls)]
    for index, item in enumerate(items):
        begun = {**item, "status": "in_progress"}
        begun.update({"content": []} if item["type"] == "message" else {"arguments": ""} if item["type"] == "function_call" else {})
        yield event("response.output_item.added", output_index=index, item=begun)
        where = {"item_id": item["id"], "output_index": index}
        if item["type"] == "message":
            part = {"type": "output_text", "text": "", "annotations": []}
            yield event("response.content_part.added", **where, content_index=0, part=part)
            for piece in pieces(text):
                yield event("response.output_text.delta", **where, content_index=0, delta=piece, logprobs=[])
            yield event("response.output_text.done", **where, content_index=0, text=text, logprobs=[])
            yield event("response.content_part.done", **where, content_index=0, part={**part, "text": text})
        elif item["type"] == "function_call":
            for piece in pieces(item["arguments"]):
                yield event("response.function_call_arguments.delta", **where, delta=piece)
            yield event("response.function_call_arguments.done", **where, name=item["name"], arguments=item["arguments"])
        yield event("response.output_item.done", output_index=index, item=item)
    whole = {**whole, "status": status, "output": items, "usage": usage,
             "incomplete_details": {"reason": stop} if stop else None}
    yield event(f"response.{status}", response=whole)
    yield {**{"document": True}, **whole}


APIS = {"anthropic": (read_anthropic, events_anthropic), "chat": (read_chat, events_chat),
        "responses": (read_responses, events_responses)}


class ModelHost:
    def __init__(self, script=(), faults=(), port=0):
        self.script, self.faults, self.asked, self.headers = list(script), list(faults), [], []
        self.lock, self.numbers, self.closing = threading.Lock(), itertools.count(1), threading.Event()
        host = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    host.answer(self, body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def do_GET(self):
                host.send(self, 200, {"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "us"}]})

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def send(self, handler, status, value, headers=None):
        data = json.dumps(value).encode()
        handler.send_response(status)
        for name, text in {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}.items():
            handler.send_header(name, text)
        handler.end_headers()
        handler.wfile.write(data)

    def answer(self, handler, data):
        path = handler.path.split("?")[0]
        if path.endswith("/count_tokens"):
            return self.send(handler, 200, {"input_tokens": 100})
        api = PATHS.get(path)
        if api is None:
            return self.send(handler, 404, {"error": {"type": "not_found_error", "message": f"no {handler.path}"}})
        body = json.loads(data)
        headers = {name.lower(): text for name, text in handler.headers.items()}
        with self.lock:
            self.asked.append(body)
            self.headers.append(headers)
            fault = self.faults.pop(0) if self.faults else {}
            number = next(self.numbers)
        if "status" in fault:
            told = {"type": "error", "error": {"type": fault.get("type", "overloaded_error"), "message": "Not now"}}
            return self.send(handler, fault["status"], told, fault.get("headers"))
        if "silent" in fault:
            return self.closing.wait(60)
        if "drop" in fault:
            handler.close_connection = True
            return handler.connection.close()
        try:
            turn, tools = APIS[api][0](headers, body)
        except Refused as refused:
            status = 401 if str(refused) == "authentication_error" else 400
            kind = "authentication_error" if status == 401 else "invalid_request_error"
            return self.send(handler, status, {"type": "error", "error": {"type": kind, "message": str(refused)}})
        events = list(APIS[api][1](body.get("model"), *self.step(turn, tools), number))
        whole = {key: value for key, value in events.pop().items() if key != "document"}
        if not body.get("stream"):
            return self.send(handler, 200, whole)
        return self.stream(handler, api, events, fault)

    def step(self, turn, tools):
        """(text, [(name, input)], stop) of the script's step."""
        step = self.script[turn] if turn < len(self.script) else {"say": "Done."}
        calls = []
        for one in step if isinstance(step, list) else [step]:
            if "shell" in one:
                calls.append(shell_call(tools, one["shell"]))
            elif "call" in one:
                calls.append((one["call"], one["input"]))
        step = step if isinstance(step, dict) else {}
        return step.get("say", "" if calls else "Done."), [call for call in calls if call], step.get("stop")

    def stream(self, handler, api, events, fault):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        if "event" in fault:
            told = {"type": fault["event"], "code": fault["event"], "message": "Overloaded"}
            events = events[:2] + [{"type": "error", "error": told} if api != "responses" else {"type": "error", **told}]
        text = "".join((f"event: {event['type']}\n" if "type" in event else "") + f"data: {json.dumps(event)}\n\n" for event in events)
        if api == "chat" and "event" not in fault:
            text += "data: [DONE]\n\n"
        if "junk" in fault:
            text = text[:200] + fault["junk"] + text[200:]
        handler.wfile.write(text.encode()[:fault.get("cut")])


def shell_call(tools, command):
    """The tool that takes a command, as agents call it, with its input; None when there is none."""
    for name, schema in tools.items():
        field = (schema.get("properties") or {}).get("command") or (schema.get("properties") or {}).get("cmd")
        if field is None or not any(word in name.lower() for word in ("shell", "bash", "exec", "command", "terminal")):
            continue
        key = "command" if "command" in schema["properties"] else "cmd"
        value = ["bash", "-lc", command] if field.get("type") == "array" else command
        more = {other: "Run it" for other in schema.get("required", []) if other != key and schema["properties"][other].get("type") == "string"}
        more.update({other: False for other in schema.get("required", []) if schema["properties"][other].get("type") == "boolean"})
        return name, {key: value, **more}
    return None


if __name__ == "__main__":
    import sys
    served = ModelHost(script=json.loads(sys.argv[1]) if len(sys.argv) > 1 else [])
    print(served.url, flush=True)
    sys.stdin.read()
