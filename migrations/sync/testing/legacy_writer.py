"""
Writes as a busy legacy app does, until standard input ends: a turn pair into a chat's memory, then the list, each in place.
usage: legacy_writer.py FOLDER CHATS. Prints how many messages it has stored in all.
"""

import json
import os
import sys
import threading

folder, chats = sys.argv[1], int(sys.argv[2])
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopped.set()), daemon=True).start()


def time(n):
    return f"2026-01-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.000000Z"


def save(name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        json.dump(value, f, indent=2, ensure_ascii=False)


memories = {f"chat-{n}": [] for n in range(chats)}
history = [
    {
        "id": id,
        "title": "0000",
        "created_at": time(0),
        "updated_at": time(0),
        "message_count": 0,
        "has_pdf": False,
        "pdf_count": 0,
        "pdf_list": [],
    }
    for id in memories
]
save("chat_history.json", history)
print("begun", flush=True)
written = 0
while not stopped.is_set():
    chat = history[written * 7 % chats]
    memory = memories[chat["id"]]
    for role in ("user", "model"):
        memory.append({"role": role, "parts": [f"{chat['id']} {len(memory)} " + "x" * 4000], "timestamp": time(written)})
    save(f"memory_{chat['id']}.json", memory)
    # A thread of legacy's may have to wait here until another one lets it go on.
    stopped.wait(0.03)
    chat["title"] = f"{len(memory):04}"
    chat["message_count"] = len(memory)
    chat["updated_at"] = time(written)
    save("chat_history.json", history)
    written += 1
    stopped.wait(0.01)
print(written * 2, flush=True)
