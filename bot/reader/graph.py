"""The reader as an ONNX graph: the encoder's layers and the heads, from embedded tokens to logits.

Input: `embedded` (n, length, hidden), the sum of a token's word, position and type embedding
before its normalisation; all n texts are equally long, for there is no padding. Outputs: `span`
(n, length, 2), logits of an answer's first and last token; `relevance` (n, 1); `inference`
(n, 3).

The encoder's matrices are multiplied as integers: a column of weights and a token's activations
(Yao et al. 2022, "ZeroQuant") have a scale each. Weights get 7 bits, because CPUs with AVX2 and
without VNNI add two products in 16 bits: 2 * 255 * 63 fits, 2 * 255 * 127 would saturate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bot.reader.weights import Floats

CONTRIB = "com.microsoft"
INT8, FP32 = "int8", "fp32"
LARGEST_WEIGHT = 63  # of 7 bits
_LARGEST_ACTIVATION, _ZERO = 127, 128  # of 8 bits, unsigned around a code for zero


class Graph:
    """Collects nodes and their constants; each method returns the name of what it computes."""

    def __init__(self, precision: str) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._precision = precision

    def constant(self, value: np.ndarray | np.generic) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def node(
        self, kind: str, inputs: Sequence[str], outputs: int = 1, domain: str = "", **attributes: Any
    ) -> list[str]:
        names = [f"{kind.lower()}{len(self.nodes)}_{n}" for n in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names

    def product(self, x: str, weight: Floats) -> str:
        """x @ weight.T in the graph's precision."""
        if self._precision == FP32:
            return self.node("MatMul", [x, self.constant(weight.T)])[0]
        (sizes,) = self.node("Abs", [x])
        (largest,) = self.node("ReduceMax", [sizes], axes=[-1], keepdims=1)
        (steps,) = self.node("Mul", [largest, self.constant(np.float32(1 / _LARGEST_ACTIVATION))])
        (ratios,) = self.node("Div", [x, steps])
        one, zero = self.constant(np.float32(1)), self.constant(np.uint8(_ZERO))
        (activations,) = self.node("QuantizeLinear", [ratios, one, zero])
        codes, scales = quantised(weight)
        (product,) = self.node(
            "MatMulIntegerToFloat",
            [activations, self.constant(codes.T), one, self.constant(scales), zero],
            domain=CONTRIB,
        )
        return self.node("Mul", [product, steps])[0]

    def linear(self, x: str, weight: Floats, bias: Floats) -> str:
        """x @ weight.T + bias in 32 bits."""
        (product,) = self.node("MatMul", [x, self.constant(weight.T)])
        return self.node("Add", [product, self.constant(bias)])[0]

    def normalised(self, x: str, weight: Floats, bias: Floats, epsilon: float) -> str:
        inputs = [x, self.constant(weight), self.constant(bias)]
        return self.node("LayerNormalization", inputs, axis=-1, epsilon=epsilon)[0]


def quantised(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Codes of shape (n, k) and scales of shape (n,) for a matrix of shape (n, k): a row is codes * scale."""
    scales = np.maximum(np.abs(weight).max(axis=1) / LARGEST_WEIGHT, np.finfo(np.float32).tiny)
    return np.rint(weight / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def build(tensors: Mapping[str, Floats], layers: int, heads: int, epsilon: float, precision: str = INT8) -> bytes:
    """The serialised graph of the tensors, which go by BertModel's names; heads are `span`, `relevance`, `nli`."""
    graph = Graph(precision)

    def normalised(x: str, name: str) -> str:
        return graph.normalised(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"], epsilon)

    def added(x: str, residual: str, name: str) -> str:
        """The layer normalisation of a dense layer's output and what went around it."""
        dense = graph.product(x, tensors[f"{name}.dense.weight"])
        (biased,) = graph.node("Add", [dense, graph.constant(tensors[f"{name}.dense.bias"])])
        (total,) = graph.node("Add", [biased, residual])
        return normalised(total, f"{name}.LayerNorm")

    x = normalised("embedded", "embeddings.LayerNorm")
    for layer in range(layers):
        at = f"encoder.layer.{layer}"
        weight, bias = (
            np.concatenate([tensors[f"{at}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")])
            for kind in ("weight", "bias")
        )
        parts = graph.node("Split", [graph.product(x, weight)], outputs=3, axis=-1)
        (context,) = graph.node(
            "MultiHeadAttention", [*parts, graph.constant(bias)], domain=CONTRIB, num_heads=heads
        )  # fmt: skip
        x = added(context, x, f"{at}.attention.output")
        inner = graph.product(x, tensors[f"{at}.intermediate.dense.weight"])
        bias = tensors[f"{at}.intermediate.dense.bias"]
        (active,) = graph.node("BiasGelu", [inner, graph.constant(bias)], domain=CONTRIB)
        x = added(active, x, f"{at}.output")
    (first,) = graph.node("Gather", [x, graph.constant(np.int64(0))], axis=1)
    for output, name, of in (("span", "span", x), ("relevance", "relevance", first), ("inference", "nli", first)):
        computed = graph.linear(of, tensors[f"{name}.weight"], tensors[f"{name}.bias"])
        graph.nodes.append(helper.make_node("Identity", [computed], [output]))
    return _serialised(graph, tensors["embeddings.LayerNorm.weight"].shape[0])


def _serialised(graph: Graph, hidden: int) -> bytes:
    float32 = TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info("embedded", float32, ["n", "length", hidden])]
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
