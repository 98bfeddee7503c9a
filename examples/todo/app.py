"""A to-do list as somebody wrote it years ago: one file, nothing but the standard library, its data in a JSON file.

usage: app.py FILE
"""
import json
import sys
import uuid
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FILE = Path(sys.argv[1])


def load():
    return json.loads(FILE.read_text()) if FILE.exists() else []


def save(todos):
    FILE.write_text(json.dumps(todos))


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/todos":
            self.reply(200, load())
        elif self.path == "/todos.txt":
            lines = ["[%s] %s\n" % ("x" if t["done"] else " ", t["title"]) for t in load()]
            self.write(200, "text/plain; charset=utf-8", "".join(lines).encode(errors="replace"))
        else:
            self.send_error(404)

    def do_POST(self):
        body = self.body()
        if self.path != "/todos":
            return self.send_error(404)
        title = body.get("title") if isinstance(body, dict) else None
        if not isinstance(title, str) or not title.strip():
            return self.reply(422, {"problem": "a to-do needs a title"})
        todo = {
            "id": str(uuid.uuid4()),
            "title": title.strip(),
            "done": False,
            "created": datetime.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        save(load() + [todo])
        self.reply(201, todo)

    def do_PATCH(self):
        body, todos = self.body(), load()
        todo = self.named(todos)
        if todo is None:
            return self.reply(404, {"problem": "no such to-do"})
        if not isinstance(body, dict) or not isinstance(body.get("done"), bool):
            return self.reply(422, {"problem": "done is true or false"})
        todo["done"] = body["done"]
        save(todos)
        self.reply(200, todo)

    def do_DELETE(self):
        self.body()
        todos = load()
        todo = self.named(todos)
        if todo is None:
            return self.reply(404, {"problem": "no such to-do"})
        todos.remove(todo)
        save(todos)
        self.send_response(204)
        self.end_headers()

    def named(self, todos):
        return next((t for t in todos if self.path == "/todos/" + t["id"]), None)

    def body(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            return json.loads(sent)
        except ValueError:
            return None

    def reply(self, status, value):
        self.write(status, "application/json", json.dumps(value).encode())

    def write(self, status, kind, content):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.command == "GET":
            self.send_header("X-List", "%d to do" % sum(not t["done"] for t in load()))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), App)
print("listening on", server.server_port, flush=True)
server.serve_forever()
