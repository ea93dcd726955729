"""Rational functions in an ONNX graph, found by following its arithmetic exactly.

Every tensor is either a rational function of one tensor, its variable, or a new variable. Sums, products, quotients and
integer powers of functions of one variable are followed; whatever any other operation computes is a new variable. The
largest functions with a denominator are the entries. What operations of foreign domains compute is a new variable.
Integer tensors, as shapes and what a Cast to integers makes, are in no entry: their division is not that of numbers;
what comes of them is left alone until a Cast makes floats of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ratapprox.formats.importers.arithmetic import Operations, X, as_published
from ratapprox.formats.importers.entry import CoefficientsError, Entry
from ratapprox.formats.importers.opening import read_bytes
from ratapprox.formats.importers.reading import MOST_ENTRIES
from ratapprox.rational import Rational

__all__ = ["read"]

LARGEST_MODEL = 256_000_000
_SYMBOLS = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/"}
_DOMAINS = ("", "ai.onnx")
_FLOATS = (1, 10, 11, 16)
"""FLOAT, FLOAT16, DOUBLE, BFLOAT16 of TensorProto.DataType."""
_INTEGERS = {
    "And", "ArgMax", "ArgMin", "Equal", "Greater", "IsNaN", "Less", "NonZero", "Not", "Or", "Shape", "Size", "Xor",
}  # fmt: skip
"""Operations whose results are integers or truth values."""
_COPIES = {"Identity", "Cast", "CastLike"}


@dataclass(frozen=True)
class Value:
    """A rational function of the tensor `of`; a constant where that is None."""

    of: str | None
    function: Rational


def read(path: str | os.PathLike[str], source: str) -> tuple[Entry, ...]:
    """The entries. Raises ModuleNotFoundError where the onnx package is not installed, CoefficientsError for a file
    that is no model or in which no rational function is found."""
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{source!r} is read with the package onnx: pip install onnx") from error
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    model = onnx.ModelProto()
    try:
        model.ParseFromString(read_bytes(path, LARGEST_MODEL))
    except DecodeError as error:
        raise CoefficientsError(
            "it is no ONNX model: it was cut off, or is of another format; export it again"
        ) from error
    constants = _Constants(onnx.numpy_helper)
    values: dict[str, Value] = {}
    for tensor in model.graph.initializer:
        constants.keep(values, tensor.name, tensor)
    integers = {each.name for each in model.graph.input if each.type.tensor_type.elem_type not in (0, *_FLOATS)}
    integers |= {each.name for each in model.graph.initializer if each.data_type not in _FLOATS}
    entries = _entries(model.graph.node, values, constants, source, integers)
    for function in model.functions:  # a node that calls one is a new variable above; here its body is followed
        entries += _entries(function.node, {}, constants, source, set(), function.name)
    if not entries:
        raise CoefficientsError(
            "no quotient of two polynomials in one variable is found in the graph: what is read are sums, products,"
            " quotients and powers of one tensor with constants"
        )
    if len(entries) > MOST_ENTRIES:
        raise CoefficientsError(f"it has more than {MOST_ENTRIES} entries, the most that are read")
    return tuple(entries)


def _entries(
    nodes: Iterable[Any],
    values: dict[str, Value],
    constants: _Constants,
    source: str,
    integers: set[str],
    function: str | None = None,
) -> list[Entry]:
    """The largest functions with a denominator that these nodes compute."""
    inside: set[str] = set()
    order = []
    for node in nodes:
        if _of_integers(node, integers, values):
            integers |= set(node.output)
            continue
        found = _followed(node, values, constants)
        if found is None:
            continue
        for name in node.output[:1]:
            values[name] = found
            order.append(name)
        inside |= {
            name for name in node.input if name in values and values[name].of == found.of and found.of is not None
        }
    entries = []
    for name in order:
        value = values[name]
        if name not in inside and value.of is not None and value.function.reduced().type[1] > 0:
            published = as_published(value.function)
            entries.append(Entry(source, function or name or "output", published, None, None, published.type))
    return entries


def _of_integers(node: Any, integers: Set[str], values: Mapping[str, Value]) -> bool:
    """Whether a node computes integers, or truth values; a constant, as an exponent is, makes nothing an integer."""
    if node.domain in _DOMAINS and node.op_type == "Cast":
        return next((attribute.i for attribute in node.attribute if attribute.name == "to"), None) not in _FLOATS
    if node.domain in _DOMAINS and node.op_type in _INTEGERS:
        return True
    tensors = [name for name in node.input if name and (name not in values or values[name].of is not None)]
    some = any(name in integers for name in tensors)
    if node.op_type in (*_SYMBOLS, "Pow", "CastLike"):
        return some
    return some and node.op_type != "ConstantOfShape" and all(name in integers for name in tensors)


def _followed(node: Any, values: Mapping[str, Value], constants: _Constants) -> Value | None:
    """What a node computes; None where that is a new variable."""
    if node.domain not in _DOMAINS:  # a function of the model
        return None
    if node.op_type == "Constant":
        held: dict[str, Value] = {}
        for attribute in node.attribute:
            if attribute.name == "value":
                constants.keep(held, "value", attribute.t)
            elif attribute.name == "value_float":
                held["value"] = Value(None, Rational([float(attribute.f)]).exact())
        return held.get("value")
    inputs = [_input(name, values) for name in node.input]
    if not inputs:
        return None
    if node.op_type in _COPIES:
        return inputs[0]
    if node.op_type == "Neg":
        return _combined(constants.apply, "-", Value(None, Rational([0])), inputs[0])
    if node.op_type == "Reciprocal":
        return _combined(constants.apply, "/", Value(None, Rational([1])), inputs[0])
    if node.op_type == "Where" and len(inputs) == 3:
        left, right = inputs[1:]
        same = left.of == right.of and left.function.reduced() == right.function.reduced()
        return left if same else None
    if node.op_type == "Pow" and len(inputs) == 2:
        return _power(constants.apply, *inputs)
    if node.op_type in _SYMBOLS and len(inputs) == 2:
        return _combined(constants.apply, _SYMBOLS[node.op_type], *inputs)
    return None


def _input(name: str, values: Mapping[str, Value]) -> Value:
    """What is known of a tensor, or the tensor as a variable."""
    return values.get(name) or Value(name, X)


def _combined(apply: Operations, symbol: str, left: Value, right: Value) -> Value | None:
    if left.of is not None and right.of is not None and left.of != right.of:
        return None
    if symbol == "/" and not any(right.function.p):
        return None
    return Value(left.of if left.of is not None else right.of, apply(symbol, left.function, right.function))


def _power(apply: Operations, base: Value, exponent: Value) -> Value | None:
    number = exponent.function
    if exponent.of is not None or number.type != (0, 0) or Fraction(number.p[0]).denominator != 1:
        return None
    n = int(number.p[0])
    if not 0 <= n <= 64:
        return None
    found = Rational([1])
    for _ in range(n):
        found = apply("*", found, base.function)
    return Value(base.of, found)


class _Constants:
    """Reads tensors that are one number, and computes with them."""

    def __init__(self, helper: Any) -> None:
        self._helper = helper
        self.apply = Operations()

    def keep(self, values: dict[str, Value], name: str, tensor: Any) -> None:
        """Note the number of a tensor; others are variables of their own."""
        if any(size != 1 for size in tensor.dims) or tensor.external_data:
            return
        try:
            array = np.asarray(self._helper.to_array(tensor)).ravel()
        except (TypeError, ValueError, KeyError) as error:
            raise CoefficientsError(f"the constant {name[:60]!r} cannot be read ({str(error)[:80]})") from error
        if array.size != 1 or array.dtype.kind not in "fiu":
            return
        number = float(array[0])
        if not np.isfinite(number):
            return
        values[name] = Value(None, Rational([number]).exact())
