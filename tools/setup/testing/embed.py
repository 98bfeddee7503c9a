"""Reads {"folder", "texts"} from stdin; prints the texts' token ids and vectors: each alone, and all as one padded batch."""

import json
import sys

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

asked = json.load(sys.stdin)
tokenizer = Tokenizer.from_file(f"{asked['folder']}/tokenizer.json")
tokenizer.enable_truncation(max_length=256)
session = onnxruntime.InferenceSession(f"{asked['folder']}/onnx/model.onnx", providers=["CPUExecutionProvider"])


def encode(texts):
    encoded = tokenizer.encode_batch(texts)
    ids = np.array([one.ids for one in encoded], dtype=np.int64)
    mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    hidden = session.run(None, inputs)[0]
    pooled = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    vectors = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    return [[id for id, real in zip(*row) if real] for row in zip(ids.tolist(), mask.tolist())], vectors.tolist()


tokenizer.no_padding()
alone = [encode([text]) for text in asked["texts"]]
tokenizer.enable_padding()
ids, batch = encode(asked["texts"])
print(json.dumps({"ids": ids, "alone": [vectors[0] for _, vectors in alone], "batch": batch}))
