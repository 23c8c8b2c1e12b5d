"""The network of all-MiniLM-L6-v2 as an ONNX graph for onnxruntime, from its published weights; no torch.

BERT with 6 layers (https://arxiv.org/abs/1810.04805, distilled as in https://arxiv.org/abs/2002.10957), mean
pooling and division by the length. One text a run: nothing is padded, so nothing needs a mask, attention
takes its fast path, and a text's vector never depends on its neighbours. `int8` quantises the weights of
matrix products by column and their inputs as they come; attention, norms and embeddings stay in fp32.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Variant = Literal["fp32", "int8"]
GRAPH_REVISION = 1
_LAYERS, _HEADS, _HIDDEN, _EPSILON = 6, 12, 384, 1e-12
_FUSED = "com.microsoft"

Weights = Mapping[str, NDArray[Any]]


def build_graph(weights: Weights, *, variant: Variant) -> bytes:
    """A serialised model: `input_ids` int32 (1, tokens) to `vector` float32 (1, 384) of length one."""
    graph = _Graph(weights, variant)
    states = graph.embeddings()
    for number in range(_LAYERS):
        states = graph.layer(states, f"encoder.layer.{number}.")
    graph.pool(states)
    return graph.serialised()


class _Graph:
    def __init__(self, weights: Weights, variant: Variant) -> None:
        self._weights, self._variant = weights, variant
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def embeddings(self) -> str:
        at = "embeddings."
        # One segment: its type embedding is the same for every token and can be added to the positions.
        positions = (
            self._weight(at + "position_embeddings.weight")
            + self._weight(at + "token_type_embeddings.weight")[0]
        )  # (512, 384)
        inputs = [
            *("input_ids", "", self._constant("words", self._weight(at + "word_embeddings.weight"))),
            *(self._constant("positions", positions), ""),
            *self._norm_weights(at),
        ]
        return self._node("EmbedLayerNormalization", inputs, ["embedded", "embedded_mask"], epsilon=_EPSILON)

    def layer(self, states: str, at: str) -> str:
        """Self-attention and feed-forward, each added to its input and normalised: (1, tokens, 384) both ways."""
        attended = self._linear(self._attention(states, at), at + "attention.output.dense.")
        states = self._add_and_norm(attended, states, at + "attention.output.")
        inner = self._linear(states, at + "intermediate.dense.")  # (1, tokens, 1536)
        active = self._node("Gelu", [inner], [at + "gelu"])  # with erf, as the model was trained
        return self._add_and_norm(self._linear(active, at + "output.dense."), states, at + "output.")

    def pool(self, states: str) -> None:
        axes = self._constant("token_axis", np.array([1], np.int64))
        self._node("ReduceMean", [states, axes], ["mean"], domain="", keepdims=0)  # (1, 384)
        self._node("LpNormalization", ["mean"], ["vector"], domain="", axis=-1, p=2)

    def serialised(self) -> bytes:
        from onnx import TensorProto, helper

        graph = helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT32, [1, "tokens"])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, _HIDDEN])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid(_FUSED, 1)]
        return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())

    def _attention(self, states: str, at: str) -> str:
        names = [f"{at}attention.self.{part}." for part in ("query", "key", "value")]
        matrix = np.concatenate([self._weight(name + "weight") for name in names])  # (3 * 384, 384)
        bias = np.concatenate([self._weight(name + "bias") for name in names])
        if self._variant == "fp32":
            inputs = [states, self._constant(at + "qkv.w", matrix.T), self._constant(at + "qkv.b", bias)]
            return self._node("Attention", inputs, [at + "attended"], num_heads=_HEADS)
        parts = [at + "q", at + "k", at + "v"]
        joined = self._product(states, matrix, bias, at + "qkv.")
        self._node("Split", [joined], parts, domain="", axis=-1, num_outputs=3)
        return self._node("MultiHeadAttention", parts, [at + "attended"], num_heads=_HEADS)

    def _linear(self, states: str, at: str) -> str:
        return self._product(states, self._weight(at + "weight"), self._weight(at + "bias"), at)

    def _product(self, states: str, matrix: NDArray[Any], bias: NDArray[Any], at: str) -> str:
        """`states @ matrix.T + bias`; matrix as torch stores it, (outputs, inputs)."""
        if self._variant == "fp32":
            product = self._node(
                "MatMul", [states, self._constant(at + "w", matrix.T)], [at + "mm"], domain=""
            )
            return self._node("Add", [product, self._constant(at + "b", bias)], [at + "out"], domain="")
        scales = np.abs(matrix).max(axis=1).astype(np.float32) / 127
        whole = np.clip(np.rint(matrix / scales[:, None]), -127, 127).astype(np.int8)
        inputs = [
            *(states, self._constant(at + "w", whole.T), self._constant(at + "s", scales)),
            *("", self._constant(at + "b", bias)),
        ]
        return self._node("DynamicQuantizeMatMul", inputs, [at + "out"])

    def _add_and_norm(self, change: str, states: str, at: str) -> str:
        inputs = [change, states, *self._norm_weights(at)]
        return self._node("SkipLayerNormalization", inputs, [at + "normed"], epsilon=_EPSILON)

    def _norm_weights(self, at: str) -> tuple[str, str]:
        names = (at + "LayerNorm.weight", at + "LayerNorm.bias")
        return self._constant(names[0], self._weight(names[0])), self._constant(
            names[1], self._weight(names[1])
        )

    def _weight(self, name: str) -> NDArray[Any]:
        return self._weights[name]

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(
        self, op: str, inputs: list[str], outputs: list[str], *, domain: str = _FUSED, **attributes: Any
    ) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(op, inputs, outputs, domain=domain, **attributes))
        return outputs[0]
