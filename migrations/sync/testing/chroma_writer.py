"""
Adds documents of 50 chunks to collections as legacy does, until standard input ends, and deletes a collection now and then.
usage: chroma_writer.py FOLDER. Prints how many documents it has added; fails if Chroma does.
"""

import sys
import threading

import chromadb
import numpy as np
from chromadb.config import Settings

stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopped.set()), daemon=True).start()
client = chromadb.PersistentClient(path=sys.argv[1], settings=Settings(anonymized_telemetry=False))
CHUNKS = 50


def add(name, n):
    vectors = np.random.default_rng(n).normal(size=(CHUNKS, 384))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    client.get_or_create_collection(name=name, metadata={"hnsw:space": "l2"}, embedding_function=None).add(
        ids=[f"{name}{n}_{i}" for i in range(CHUNKS)],
        embeddings=vectors.astype("<f4").tolist(),
        documents=[f"{name} {n} {i}" for i in range(CHUNKS)],
        metadatas=[{"doc_id": f"{name}{n}", "source": "a.pdf", "page": "1", "type": "text"} for _ in range(CHUNKS)],
    )


added = 0
while not stopped.is_set():
    add("chat_grows", added)
    add("chat_comes-and-goes", added)
    if added % 5 == 4:
        client.delete_collection(name="chat_comes-and-goes")
    added += 1
    if added == 3:
        print("begun", flush=True)
print(added, flush=True)
