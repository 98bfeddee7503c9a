"""
Makes the Chroma folder that standard input describes, as legacy would, in the legacy app's environment:
[{"name", "dimension", "seed", "records": [{"id", "document", "metadata"}], "pieces": records added at once}]
Prints the vectors: {name: base64 of 32-bit floats}. usage: make_chroma.py FOLDER
"""

import base64
import json
import sys

import chromadb
import numpy as np
from chromadb.config import Settings

client = chromadb.PersistentClient(path=sys.argv[1], settings=Settings(anonymized_telemetry=False))
made = {}
for wanted in json.load(sys.stdin):
    collection = client.get_or_create_collection(
        name=wanted["name"], metadata={"hnsw:space": "l2"}, embedding_function=None
    )
    records = wanted["records"]
    vectors = np.random.default_rng(wanted["seed"]).normal(size=(len(records), wanted["dimension"]))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("<f4")
    for at in range(0, len(records), wanted["pieces"]):
        some = records[at : at + wanted["pieces"]]
        collection.add(
            ids=[record["id"] for record in some],
            embeddings=vectors[at : at + len(some)].tolist(),
            documents=[record["document"] for record in some],
            metadatas=[record["metadata"] for record in some],
        )
    made[wanted["name"]] = base64.b64encode(vectors.tobytes()).decode("ascii")
json.dump(made, sys.stdout)
