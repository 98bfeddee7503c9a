"""Computes the vectors that the ONNX model is held against, a second way: numpy alone, in double precision, straight
from the weights' file, sharing nothing with build_onnx.py.

    python reference_vectors.py PATH/TO/model.safetensors PATH/TO/tokenizer.json > reference-vectors.jsonl

Needs numpy and tokenizers. Written out once and committed; run it again to add a text.
"""

import json
import math
import struct
import sys

import numpy as np
from tokenizers import Tokenizer

TEXTS = [
    "",
    "How does the strangler fig grow around its host?",
    "The invoice of 14 March 2024 lists 3 items; the total is $1,250.00 (net).",
    "Größe, naïveté, 東京都 and العربية: accents, scripts, and 🌳 an emoji.",
    "Table 2 on page 7: Name | Amount | Due\nRent | 900 | monthly\n\tPower | 61.5 | quarterly",
    " ".join(f"Paragraph {n} says that route number {n * 7} moved to the new backend without a fault." for n in range(40)),
]


def read_safetensors(path):
    """The format: the header's length (8 bytes, little-endian), a JSON header, the tensors' bytes."""
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            continue
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[start:end], dtype="<f4").reshape(entry["shape"]).astype(np.float64)
    return tensors


erf = np.vectorize(math.erf, otypes=[np.float64])


def encode(ids, w):
    """BERT for one unpadded text: no mask, no batch; then the mean over the tokens, at unit length."""

    def norm(x, name):
        centred = x - x.mean(-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return centred / deviation * w[f"{name}.weight"] + w[f"{name}.bias"]

    def dense(x, name):
        return np.einsum("ti,oi->to", x, w[f"{name}.weight"]) + w[f"{name}.bias"]

    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][: len(ids)] + w["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, "embeddings.LayerNorm")
    for layer in range(6):
        at = f"encoder.layer.{layer}"
        q, k, v = (dense(x, f"{at}.attention.self.{part}") for part in ("query", "key", "value"))
        context = np.empty_like(x)
        for head in range(12):
            columns = slice(head * 32, head * 32 + 32)
            scores = q[:, columns] @ k[:, columns].T / math.sqrt(32)
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            context[:, columns] = weights / weights.sum(-1, keepdims=True) @ v[:, columns]
        x = norm(x + dense(context, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
        wide = dense(x, f"{at}.intermediate.dense")
        wide = wide * (1 + erf(wide / math.sqrt(2))) / 2
        x = norm(x + dense(wide, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    pooled = x.sum(0) / len(ids)
    return pooled / math.sqrt((pooled**2).sum())


def main(weights_path, tokenizer_path):
    weights, tokenizer = read_safetensors(weights_path), Tokenizer.from_file(tokenizer_path)
    tokenizer.enable_truncation(max_length=256)
    tokenizer.no_padding()
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        vector = [round(float(number), 8) for number in encode(ids, weights)]
        print(json.dumps({"text": text, "ids": ids, "vector": vector}))


if __name__ == "__main__":
    main(*sys.argv[1:])
