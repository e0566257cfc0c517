"""The reader as an ONNX graph: the encoder's layers and the heads, from embedded tokens to logits.

Inputs: `embedded` (n, length, hidden), the sum of a token's word, position and type embedding
before its normalisation; `mask` (n, length), 1 for a token and 0 for padding. Outputs: `span`
(n, length, 2), logits of an answer's first and last token; `relevance` (n, 1); `inference`
(n, 3). Matrices stay in 8 bits and are multiplied by ONNX Runtime's `MatMulNBits`, which
quantises activations by row and block as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from bot.reader.weights import BLOCK, Blocks, Floats, Tensor

CONTRIB = "com.microsoft"
INT8, FP32 = "int8", "fp32"
_COMPUTE_INT8 = 4  # MatMulNBits' accuracy_level: activations in 8 bits


class Graph:
    """Collects nodes and their constants; each method returns the name of what it computes."""

    def __init__(self, precision: str) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._precision = precision

    def constant(self, value: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def node(self, kind: str, inputs: list[str], outputs: int = 1, domain: str = "", **attributes: Any) -> list[str]:
        names = [f"{kind.lower()}{len(self.nodes)}_{n}" for n in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names

    def linear(self, x: str, weight: Tensor, bias: Floats) -> str:
        """x @ weight.T + bias."""
        if isinstance(weight, Blocks) and self._precision == INT8:
            rows, blocks, _ = weight.codes.shape
            inputs = [x, self.constant(weight.codes), self.constant(weight.scales.astype(np.float32)), "", ""]
            return self.node(
                "MatMulNBits", [*inputs, self.constant(bias)], domain=CONTRIB,
                K=blocks * BLOCK, N=rows, bits=8, block_size=BLOCK, accuracy_level=_COMPUTE_INT8,
            )[0]  # fmt: skip
        matrix = weight.matrix() if isinstance(weight, Blocks) else weight
        (product,) = self.node("MatMul", [x, self.constant(matrix.T)])
        return self.node("Add", [product, self.constant(bias)])[0]

    def normalised(self, x: str, added: str, weight: Floats, bias: Floats, epsilon: float) -> str:
        """The layer normalisation of x + added."""
        inputs = [x, added, self.constant(weight), self.constant(bias)]
        return self.node("SkipLayerNormalization", inputs, domain=CONTRIB, epsilon=epsilon)[0]


def build(tensors: Mapping[str, Tensor], layers: int, heads: int, epsilon: float, precision: str = INT8) -> bytes:
    """The serialised graph of the tensors, which go by BertModel's names; heads are `span`, `relevance`, `nli`."""
    graph = Graph(precision)

    def floats(name: str) -> Floats:
        value = tensors[name]
        return value.matrix() if isinstance(value, Blocks) else np.asarray(value, np.float32)

    def linear(x: str, name: str) -> str:
        return graph.linear(x, tensors[f"{name}.weight"], floats(f"{name}.bias"))

    hidden = floats("embeddings.LayerNorm.weight").shape[0]
    norm = [graph.constant(floats(f"embeddings.LayerNorm.{part}")) for part in ("weight", "bias")]
    (x,) = graph.node("LayerNormalization", ["embedded", *norm], axis=-1, epsilon=epsilon)
    for layer in range(layers):
        at = f"encoder.layer.{layer}"
        parts = [linear(x, f"{at}.attention.self.{part}") for part in ("query", "key", "value")]
        (context,) = graph.node(
            "MultiHeadAttention", [*parts, "", "mask"], domain=CONTRIB, num_heads=heads
        )  # fmt: skip
        attended = linear(context, f"{at}.attention.output.dense")
        name = f"{at}.attention.output.LayerNorm"
        x = graph.normalised(attended, x, floats(f"{name}.weight"), floats(f"{name}.bias"), epsilon)
        (active,) = graph.node("Gelu", [linear(x, f"{at}.intermediate.dense")], domain=CONTRIB)
        name = f"{at}.output.LayerNorm"
        x = graph.normalised(
            linear(active, f"{at}.output.dense"), x, floats(f"{name}.weight"), floats(f"{name}.bias"), epsilon
        )
    first = graph.node("Gather", [x, graph.constant(np.array(0, np.int64))], axis=1)[0]
    outputs = {"span": linear(x, "span"), "relevance": linear(first, "relevance"), "inference": linear(first, "nli")}
    for name, computed in outputs.items():
        graph.nodes.append(helper.make_node("Identity", [computed], [name]))
    return _serialised(graph, hidden)


def _serialised(graph: Graph, hidden: int) -> bytes:
    float32, int32 = TensorProto.FLOAT, TensorProto.INT32
    inputs = [
        helper.make_tensor_value_info("embedded", float32, ["n", "length", hidden]),
        helper.make_tensor_value_info("mask", int32, ["n", "length"]),
    ]
    outputs = [
        helper.make_tensor_value_info("span", float32, ["n", "length", 2]),
        helper.make_tensor_value_info("relevance", float32, ["n", 1]),
        helper.make_tensor_value_info("inference", float32, ["n", 3]),
    ]
    body = helper.make_graph(graph.nodes, "reader", inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1)]
    # IR version 9 is what ONNX Runtime since 1.16 reads.
    serialised: bytes = helper.make_model(body, opset_imports=opsets, ir_version=9).SerializeToString()
    return serialised
