"""
Starts fresh copies of a Python application quickly: imports what it imports once, and forks for each copy.

The application's file is run as it is, as `__main__`, in a process, a folder and an environment of its own; only the
imports are shared. Lines of JSON come in on stdin and go out on stdout:

    {"start": 1, "app": "…/app.py", "folder": "…", "env": {…}}     {"stop": 1}   ("switchInterval": seconds)
    {"pid": 4711, "of": 1}   {"line": "…", "of": 1}   {"ended": "code 0", "of": 1}

When stdin ends, every copy is killed.
"""

import importlib
import json
import os
import runpy
import selectors
import signal
import sys
import time

for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError:
        pass

selector = selectors.DefaultSelector()
copies = {}  # id -> pid
rest = {}  # file descriptor -> what has come of a line


def say(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def start(of, app, folder, env, interval):
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(app, folder, env, interval, writes)
    os.close(writes)
    copies[of] = pid
    rest[reads] = b""
    selector.register(reads, selectors.EVENT_READ, of)
    say(pid=pid, of=of)


def become(app, folder, env, interval, out):
    """Never returns."""
    try:
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (out, 1), (out, 2)):
            os.dup2(source, target)
        os.closerange(3, 256)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(env)
        time.tzset()
        if interval is not None:
            sys.setswitchinterval(interval)
        sys.argv = [app]
        sys.path[0] = os.path.dirname(app)
        runpy.run_path(app, run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    os._exit(code)


def stop(of):
    if of in copies:
        os.kill(copies[of], signal.SIGKILL)


def read(descriptor, of):
    try:
        piece = os.read(descriptor, 65536)
    except OSError:
        piece = b""
    *lines, rest[descriptor] = (rest[descriptor] + piece).split(b"\n")
    for line in lines:
        say(line=line.decode("utf-8", "replace"), of=of)
    if piece:
        return
    selector.unregister(descriptor)
    os.close(descriptor)
    del rest[descriptor]
    _, status = os.waitpid(copies.pop(of), 0)
    code = os.waitstatus_to_exitcode(status)
    say(ended=f"code {code}" if code >= 0 else signal.Signals(-code).name, of=of)


def commands(pending):
    piece = os.read(0, 65536)
    *lines, left = (pending + piece).split(b"\n")
    for line in lines:
        command = json.loads(line)
        if "start" in command:
            start(*(command[name] for name in ("start", "app", "folder", "env")), command.get("switchInterval"))
        else:
            stop(command["stop"])
    return left if piece else None


selector.register(0, selectors.EVENT_READ)
pending = b""
while pending is not None:
    for key, _ in selector.select():
        if key.fd == 0:
            pending = commands(pending)
            if pending is None:
                break
        else:
            read(key.fd, key.data)
for pid in copies.values():
    os.kill(pid, signal.SIGKILL)
