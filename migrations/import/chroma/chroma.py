"""
Reads a Chroma folder by Chroma's own library, on a copy: the folder itself may belong to a running app.

usage: chroma.py COPY, in the legacy app's environment. A request is a line of JSON, its answer is another:

{"copy": folder}                                     makes COPY a consistent copy of the folder -> {}
{"collections": true}                                -> [{"name", "dimension" (null: nothing was ever added), "count"}]
{"get": name, "offset": n, "limit": n}               -> {"ids", "documents", "metadatas", "embeddings": base64 of 32-bit floats}
{"neighbours": name, "seed": n, "vectors": n, "limit": n}
    -> [{"vector": base64, "found": [[document, metadata, distance], ...]}]: stored vectors, and points between two of them

A request that fails is answered by {"error": text}.
"""

import base64
import json
import os
import random
import shutil
import sqlite3
import sys

import numpy as np

DATABASE = "chroma.sqlite3"
copy = sys.argv[1]
client = None


def segment_files(folder):
    """The HNSW segments' files. Legacy writes them whole, every 1,000 vectors; in between there is SQLite's queue."""
    found = {}
    for directory in sorted(os.listdir(folder)):
        path = os.path.join(folder, directory)
        if os.path.isdir(path):
            for name in sorted(os.listdir(path)):
                stat = os.stat(os.path.join(path, name))
                found[(directory, name)] = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
    return found


def copy_segments(folder, files):
    for directory, name in files:
        os.makedirs(os.path.join(copy, directory), exist_ok=True)
        shutil.copyfile(os.path.join(folder, directory, name), os.path.join(copy, directory, name))


def copy_database(folder):
    """SQLite's own backup: what is committed, and in steps, so that no writer waits for longer than one takes."""
    source = sqlite3.connect(f"file:{os.path.join(folder, DATABASE).replace('?', '%3f').replace('#', '%23')}?mode=ro", uri=True, timeout=30)
    target = sqlite3.connect(os.path.join(copy, DATABASE))
    try:
        source.backup(target, pages=1000, sleep=0.001)
    finally:
        target.close()
        source.close()


def take_copy(folder):
    for _ in range(50):
        shutil.rmtree(copy, ignore_errors=True)
        os.makedirs(copy)
        try:
            before = segment_files(folder)
            copy_segments(folder, before)
            copy_database(folder)
            if segment_files(folder) == before:
                return {}
        except FileNotFoundError:
            pass  # a collection was deleted meanwhile
    raise RuntimeError("the folder changes faster than it can be copied")


def open_copy():
    global client
    if client is None:
        import chromadb
        from chromadb.config import Settings

        client = chromadb.PersistentClient(path=copy, settings=Settings(anonymized_telemetry=False))
    return client


def collection(name):
    return open_copy().get_collection(name=name, embedding_function=None)


def collections():
    open_copy()
    database = sqlite3.connect(os.path.join(copy, DATABASE))
    rows = database.execute(
        "select c.name, c.dimension, (select count(*) from embeddings e join segments s on s.id = e.segment_id where s.collection = c.id)"
        " from collections c order by c.name"
    ).fetchall()
    database.close()
    return [{"name": name, "dimension": dimension, "count": count} for name, dimension, count in rows]


def encode(vectors):
    return base64.b64encode(np.asarray(vectors, dtype="<f4").tobytes()).decode("ascii")


def get(name, offset, limit):
    found = collection(name).get(offset=offset, limit=limit, include=["embeddings", "documents", "metadatas"])
    return {
        "ids": found["ids"],
        "documents": found["documents"],
        "metadatas": found["metadatas"],
        "embeddings": encode(found["embeddings"]),
    }


def neighbours(name, seed, vectors, limit):
    held = collection(name)
    chance = random.Random(f"{seed} {name}")
    count = held.count()
    asked = []
    for n in range(vectors):
        pair = [
            held.get(offset=chance.randrange(count), limit=1, include=["embeddings"])["embeddings"][0]
            for _ in range(1 + n % 2)
        ]
        asked.append(np.mean(np.asarray(pair, dtype=np.float32), axis=0, dtype=np.float32))
    found = held.query(
        query_embeddings=[vector.tolist() for vector in asked],
        n_results=limit,
        include=["documents", "metadatas", "distances"],
    )
    return [
        {"vector": encode(vector), "found": [list(each) for each in zip(*lists)]}
        for vector, *lists in zip(asked, found["documents"], found["metadatas"], found["distances"])
    ]


def answer(request):
    if "copy" in request:
        return take_copy(request["copy"])
    if "collections" in request:
        return collections()
    if "get" in request:
        return get(request["get"], request["offset"], request["limit"])
    return neighbours(request["neighbours"], request["seed"], request["vectors"], request["limit"])


# Whatever a library prints must not pass for an answer.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except BaseException as error:  # Chroma's panics are no Exceptions
        result = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(result) + "\n")
    answers.flush()
