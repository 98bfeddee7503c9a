"""
The retrieval of the legacy app, without its server: the definitions are taken from the file's syntax tree, so that what runs
is what stands there. Chroma keeps its folder in the working directory.

One request a line on standard input, one answer a line on standard output, both JSON, `{"call": NAME, "args": [...]}`:
any of the functions, and

    tokens      texts: the token ids that the model gets of each
    encode      texts: their vectors, 32-bit floats in base64
    add         chat_id, [{text, metadata}]: as process_pdf does it at its end
    collection  chat_id, [{text, metadata}], vectors: the same with vectors that are given
    distances   chat_id, texts, k: what Chroma itself says of the nearest of each: [index of the chunk, distance]
    ask         base_url, history, prompt: ask_gemini against an endpoint
"""
import ast
import base64
import json
import logging
import os
import sys
import time
from types import SimpleNamespace

import chromadb
import numpy as np
import onnxruntime
from chromadb.config import Settings
from google import genai
from google.genai import types
from tokenizers import Tokenizer

APP = os.path.join(os.path.dirname(__file__), "..", "..", "..", "legacy", "app.py")
NAMES = {
    "EmbeddingModel", "collection_name", "retrieve", "get_location", "build_prompt", "build_sources", "ask_gemini",
    "GEMINI_MODEL", "MAX_TOKENS", "TOP_K",
}


def load(model_folder):
    with open(APP, encoding="utf-8") as f:
        tree = ast.parse(f.read())
    wanted = [
        node for node in tree.body
        if getattr(node, "name", None) in NAMES
        or (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) in NAMES)
    ]
    scope = {
        "os": os, "np": np, "onnxruntime": onnxruntime, "Tokenizer": Tokenizer, "types": types,
        "app": SimpleNamespace(logger=logging.getLogger("legacy")), "documents": {},
    }
    exec(compile(ast.Module(wanted, []), APP, "exec"), scope)
    missing = NAMES - scope.keys()
    if missing:
        raise SystemExit(f"legacy/app.py no longer has {', '.join(sorted(missing))}")
    scope["embedding_model"] = scope["EmbeddingModel"](model_folder)
    scope["chroma_client"] = chromadb.PersistentClient(
        path="chroma_db", settings=Settings(anonymized_telemetry=False)
    )
    return scope


def packed(vectors):
    return base64.b64encode(np.array(vectors, dtype=np.float32).tobytes()).decode()


def unpacked(vectors):
    return np.frombuffer(base64.b64decode(vectors), dtype=np.float32).reshape(-1, 384).tolist()


def collection(scope, chat_id, chunks, vectors):
    made = scope["chroma_client"].get_or_create_collection(
        name=scope["collection_name"](chat_id), metadata={"hnsw:space": "l2"}, embedding_function=None
    )
    first = made.count()
    at_once = 5000
    for at in range(0, len(chunks), at_once):
        some = chunks[at:at + at_once]
        made.add(
            ids=[f"doc_{first + at + i}" for i in range(len(some))],
            embeddings=vectors[at:at + at_once],
            documents=[chunk["text"] for chunk in some],
            metadatas=[chunk["metadata"] for chunk in some],
        )
    scope["documents"].setdefault(chat_id, []).append({"doc_id": "doc"})


def distances(scope, chat_id, vectors, k):
    """With the milliseconds of each query."""
    found = scope["chroma_client"].get_collection(name=scope["collection_name"](chat_id), embedding_function=None)
    answers = []
    for vector in unpacked(vectors):
        begun = time.perf_counter()
        results = found.query(
            query_embeddings=[vector], n_results=k, include=["documents", "metadatas", "distances"]
        )
        took = (time.perf_counter() - begun) * 1000
        near = [[int(i.split("_")[1]), d] for i, d in zip(results["ids"][0], results["distances"][0])]
        answers.append({"near": near, "milliseconds": took})
    return answers


def ask(scope, base_url, history, prompt):
    os.environ["GOOGLE_GEMINI_BASE_URL"] = base_url
    scope["gemini_client"] = genai.Client(api_key="a-key")
    return scope["ask_gemini"](history, prompt)


def main():
    logging.basicConfig(level=logging.CRITICAL)
    scope = load(sys.argv[1])
    model = scope["embedding_model"]
    calls = {
        "tokens": lambda texts: [model.tokenizer.encode(text).ids for text in texts],
        "encode": lambda texts: packed([model.encode(text) for text in texts]),
        "add": lambda chat_id, chunks: collection(
            scope, chat_id, chunks, [model.encode(chunk["text"]) for chunk in chunks]
        ),
        "collection": lambda chat_id, chunks, vectors: collection(scope, chat_id, chunks, unpacked(vectors)),
        "distances": lambda *args: distances(scope, *args),
        "ask": lambda *args: ask(scope, *args),
        "resident": lambda: int(open("/proc/self/statm").read().split()[1]) * 4096,
    }
    for line in sys.stdin:
        request = json.loads(line)
        call = calls.get(request["call"]) or scope[request["call"]]
        try:
            result = {"result": call(*request["args"])}
        except Exception as e:
            result = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(result), flush=True)


main()
