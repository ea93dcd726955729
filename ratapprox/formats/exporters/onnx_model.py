"""An ONNX model of one activation: plain nodes, or one node that calls a function of the model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ratapprox.formats.exporters.learnable import flag
from ratapprox.formats.exporters.pieces import PieceSource
from ratapprox.formats.exporters.source import Source

OPSET = 17
IR_VERSION = 8
DOMAIN = "ratapprox"


def write(source: Source | PieceSource, function: object = False, rank: object = 2) -> bytes:
    """The serialised model: input x and output y of the source's dtype and of so many dimensions, each of any size.

    rank: how many, from 0 to 8. function: y is one node, a function of the model in the domain "ratapprox"; some
    converters do not read functions. Needs the package onnx. Raises ValueError for another rank or function.
    """
    if not re.fullmatch("[0-8]", str(rank)):
        raise ValueError(f"rank={str(rank)[:40]!r}: the number of dimensions of x is needed, from 0 to 8")
    from onnx import TensorProto, helper

    dtype = source.dtypes[0]
    kind = {"float16": TensorProto.FLOAT16, "float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}[dtype]
    nodes = _Nodes(helper, kind, dtype)
    if isinstance(source, PieceSource):
        nodes.select(source)
    else:
        nodes.write(source)
    imports = [helper.make_opsetid("", OPSET)]
    functions = []
    body = nodes.nodes
    if flag(function, "function"):
        functions = [helper.make_function(DOMAIN, source.name, ["x"], ["y"], body, imports)]
        imports = [*imports, helper.make_opsetid(DOMAIN, 1)]
        body = [helper.make_node(source.name, ["x"], ["y"], domain=DOMAIN)]
    sizes = [f"size{k}" for k in range(int(str(rank)))]
    ends = [helper.make_tensor_value_info(name, kind, sizes) for name in ("x", "y")]
    graph = helper.make_graph(body, source.name, ends[:1], ends[1:], doc_string="\n".join(source.notes))
    model = helper.make_model(
        graph, opset_imports=imports, functions=functions, ir_version=IR_VERSION, producer_name="ratapprox"
    )
    found: bytes = model.SerializeToString(deterministic=True)
    return found


class _Nodes:
    """The nodes, in order; every value has a name."""

    def __init__(self, helper: Any, kind: int, dtype: str) -> None:
        self.helper, self.kind, self.dtype = helper, kind, dtype
        self.nodes: list[Any] = []
        self.named: dict[float, str] = {}

    def select(self, source: PieceSource) -> None:
        """y from the pieces, all computed, the right one taken; NaN is left of no cut."""
        values = [f"piece{k}" for k in range(len(source.sources))]
        for name, each in zip(values, source.sources, strict=True):
            self.write(each, name)
        taken = values[-1]
        for k, cut in reversed(list(enumerate(source.cuts()))):
            left = self.node("Less", ["x", self.number(cut)])
            taken = self.node("Where", [left, values[k], taken], None if k else "y")

    def write(self, source: Source, y: str = "y") -> None:
        """y from x by the two programs of the source, both computed, the right one taken."""
        p, q = source.coefficients()
        m, n = source.type
        if m == n == 0:
            self.node("Where", [self.node("IsNaN", ["x"]), "x", self.number(p[0])], y)
            return
        if n == 0:
            self.node("Identity", [self.horner(p, "x")], y)
            return
        near = self.node("Div", [self.horner(p, "x"), self.horner(q, "x")])
        t = self.node("Div", [self.number(1.0), "x"])
        far = self.node("Div", [self.horner(p[::-1], t), self.horner(q[::-1], t)])
        for _ in range(abs(m - n)):
            far = self.node("Mul", [far, "x" if m > n else t])
        size = self.node("Abs", ["x"])
        inside = self.node("LessOrEqual", [size, self.number(source.switch())])
        self.node("Where", [inside, near, far], y)

    def node(self, operation: str, inputs: Sequence[str], output: str | None = None) -> str:
        name = output or f"v{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(operation, inputs, [name]))
        return name

    def number(self, value: float) -> str:
        """A constant of the dtype; the same value is one node."""
        if value not in self.named:
            tensor = self.helper.make_tensor("", self.kind, (), np.array([value], self.dtype))
            self.named[value] = f"v{len(self.nodes)}"
            self.nodes.append(self.helper.make_node("Constant", [], [self.named[value]], value=tensor))
        return self.named[value]

    def horner(self, coefficients: Sequence[float], x: str) -> str:
        value = self.number(coefficients[-1])
        for c in coefficients[-2::-1]:
            value = self.node("Mul", [value, x])
            if c:
                value = self.node("Add", [value, self.number(c)])
        return value
