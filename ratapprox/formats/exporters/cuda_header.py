"""A CUDA header with device functions."""

from __future__ import annotations

from collections.abc import Callable

from ratapprox.formats.exporters.c_header import CType, c_syntax, header
from ratapprox.formats.exporters.pieces import PieceSource
from ratapprox.formats.exporters.source import Source
from ratapprox.formats.exporters.straight_line import Syntax


def write(source: Source | PieceSource, *, rounded: bool | str = False) -> str:
    """The text of the header: for each dtype a `__device__` function and its derivative.

    rounded: write __fmul_rn, __fadd_rn, __fdiv_rn and the like, which are never contracted, so that the bits are those
    of the CPU; else nvcc contracts products and sums to fma, which is faster and no less accurate.
    """
    if rounded not in (True, False, "true", "false"):
        raise ValueError(f"rounded={str(rounded)[:40]!r}: it is true or false")
    intrinsics = rounded in (True, "true")
    manners = (
        "+-inf gives the limit, NaN stays NaN. --use_fast_math replaces the division and makes subnormal numbers 0.",
        "Rounded like on the CPU, without contraction to fma."
        if intrinsics
        else "nvcc contracts to fma; --fmad=false prevents it and gives the bits of the CPU.",
    )
    syntax = _intrinsics if intrinsics else c_syntax
    return header(source, manners, [], "static __device__ __forceinline__", syntax)


def _intrinsics(kind: CType, number: Callable[[float], str]) -> Syntax:
    """C with every operation an intrinsic that rounds to nearest."""
    letter = "f" if kind.name == "float" else "d"
    names = ((name, f"__{letter}{short}_rn") for name, short in (
        ("multiply", "mul"), ("add", "add"), ("subtract", "sub"), ("divide", "div"),
    ))  # fmt: skip
    plain = c_syntax(kind, number)
    calls = {name: _call(function) for name, function in names}
    return Syntax(number, plain.declare, plain.assign, **calls)


def _call(function: str) -> Callable[[str, str], str]:
    return lambda a, b: f"{function}({a}, {b})"
