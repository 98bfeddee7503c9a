"""
What Python, Werkzeug and Flask do, for tests that compare with them. One request a line on standard input, one answer a
line on standard output, both JSON; bytes travel in base64.

    {"op": "http", "raw": "..."}              raw request bytes -> raw answer bytes of Flask's own development server
    {"op": "loads", "doc": "..."}             json.loads of bytes -> ["value", typed] or ["error", class, text]
    {"op": "options", "value": "..."}         werkzeug.http.parse_options_header
    {"op": "string", "text": "..."}           strip, lower, repr, unquote of a text
    {"op": "multipart", "type": "...", "body": "..."}   the files that Flask sees in a body
    {"op": "attributes"}                      AttributeError texts of the types JSON has

The application has the routes of legacy/app.py, read from its decorators. What reads bodies runs its very lines: the
two handlers of JSON, and the first lines of the upload, are taken from the file's syntax tree.
"""
import ast
import base64
import json
import logging
import os
import socket
import sys
import threading
import traceback
from io import BytesIO

APP = os.path.join(os.path.dirname(__file__), "..", "..", "..", "legacy", "app.py")

import werkzeug.debug  # noqa: E402
from flask import Flask, jsonify, request  # noqa: E402
from flask_cors import CORS  # noqa: E402
from werkzeug.http import parse_options_header  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402
from urllib.parse import unquote  # noqa: E402

logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
app = Flask("legacy")
CORS(app)
app.debug = True


def echo(endpoint):
    def view(**params):
        return jsonify({"endpoint": endpoint, "params": params})
    return view


def legacy_routes():
    with open(APP, encoding="utf-8") as f:
        tree = ast.parse(f.read())
    wanted = {"rename_chat", "send_message", "upload_pdf"}
    seen = {}
    scope = {
        "app": app, "request": request, "jsonify": jsonify, "threading": threading,
        "find_chat": lambda chat_id: None, "save_chat_history": lambda: None, "save_memory": lambda chat_id: None,
        "get_memory": lambda chat_id: [], "retrieve": lambda chat_id, message: [], "HISTORY_TURNS": 10,
        "ask_gemini": lambda history, prompt: "", "build_prompt": lambda message, found: seen.update(text=message),
        "get_timestamp": lambda: "", "build_sources": lambda found: [],
    }
    kept = []
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or not node.decorator_list:
            continue
        if node.name in wanted:
            kept.append(node)
        else:
            call = node.decorator_list[0]
            methods = ast.literal_eval(call.keywords[0].value)
            app.add_url_rule(call.args[0].value, node.name, echo(node.name), methods=methods)
    exec(compile(ast.Module(kept, []), APP, "exec"), scope)
    missing = wanted - scope.keys()
    if missing:
        raise SystemExit(f"legacy/app.py no longer has {', '.join(sorted(missing))}")

    # Shows what a body was read as.
    @app.after_request
    def show(response):
        if "text" in seen:
            response.headers["X-Seen"] = json.dumps(seen.pop("text"))
        return response


def serve():
    """A real development server; its handler threads get sockets from here, so stacks are as deep as they are in use."""
    server = make_server("127.0.0.1", 0, werkzeug.debug.DebuggedApplication(app, evalex=True), threaded=True)

    def exchange(raw):
        ours, theirs = socket.socketpair()
        server.process_request(theirs, ("127.0.0.1", 1))

        def send():
            try:
                ours.sendall(raw)
                ours.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        sender = threading.Thread(target=send)
        sender.start()
        answer = b""
        try:
            while data := ours.recv(1 << 16):
                answer += data
        except OSError:
            pass
        sender.join()
        ours.close()
        return answer

    return exchange


def typed(value):
    """JSON that keeps apart what JSON does not: ints and floats, duplicate keys gone, halves of pairs."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"int": hex(value)}
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [typed(item) for item in value]
    return {"dict": [[key, typed(item)] for key, item in value.items()]}


def loads(doc):
    try:
        return ["value", typed(json.loads(doc))]
    except (ValueError, RecursionError) as e:
        return ["error", type(e).__name__, str(e)]


def files(content_type, body):
    builder = {"CONTENT_TYPE": content_type} if content_type is not None else {}
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/", "SERVER_NAME": "a", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), "HTTP_HOST": "a", **builder,
    }
    with app.request_context(environ):
        try:
            found = [
                [name, file.filename, base64.b64encode(file.read()).decode()]
                for name, file in request.files.items(multi=True)
            ]
            return {"files": found}
        except Exception as e:
            return {"error": str(e)}


def attributes():
    texts = {}
    for value in [None, True, 1, 1.0, "", [], {}]:
        for name in ["get", "strip"]:
            try:
                getattr(value, name)
            except AttributeError as e:
                texts[f"{type(value).__name__}.{name}"] = str(e)
    return texts


def main():
    legacy_routes()
    # The debugger's tracebacks are part of what is asked for; only a fault of this file is to be seen.
    sys.excepthook = lambda *fault: traceback.print_exception(*fault, file=sys.__stderr__)
    sys.stderr = open(os.devnull, "w")
    exchange = serve()
    for line in sys.stdin:
        asked = json.loads(line)
        op = asked["op"]
        if op == "http":
            result = base64.b64encode(exchange(base64.b64decode(asked["raw"]))).decode()
        elif op == "loads":
            result = loads(base64.b64decode(asked["doc"]))
        elif op == "options":
            result = list(parse_options_header(asked["value"]))
        elif op == "string":
            text = asked["text"]
            result = {"strip": text.strip(), "lower": text.lower(), "repr": repr(text), "unquote": unquote(text),
                      "first": text[:asked.get("count", 0)]}
        elif op == "multipart":
            result = files(asked["type"], base64.b64decode(asked["body"]))
        elif op == "attributes":
            result = attributes()
        print(json.dumps(result), flush=True)


main()
