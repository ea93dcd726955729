"""A Julia file with methods for Float32 and Float64."""

from __future__ import annotations

import numpy as np

from ratapprox.formats.exporters.source import Source
from ratapprox.formats.exporters.straight_line import Lines, Syntax, slope, value

TYPES = {"float32": "Float32", "float64": "Float64"}


def write(source: Source) -> str:
    """The text of the file: the function and its derivative, a method for each dtype and one for other real numbers.

    Julia neither contracts nor reorders unless it is asked to (`@fastmath`, `muladd`), so the bits are those of C.
    """
    lines = [f"# {note}".rstrip() for note in (*source.notes, "", "+-Inf gives the limit, NaN stays NaN.")]
    for dtype in source.dtypes:
        syntax = Syntax(number=_single if dtype == "float32" else repr)
        kind = TYPES[dtype]
        switches = [syntax.number(switch) for switch in (source.switch(dtype), source.slope_switch())]
        lines += _function(source.name, kind, value(source, dtype, syntax), switches[0])
        lines += _function(f"{source.name}_derivative", kind, slope(source, dtype, syntax), switches[1])
    widest = TYPES["float64" if "float64" in source.dtypes else source.dtype]
    for name in (source.name, f"{source.name}_derivative"):
        lines += ["", f"{name}(x::Real) = {name}({widest}(x))"]
    return "\n".join([*lines, ""])


def _function(name: str, kind: str, programs: tuple[Lines, Lines], switch: str) -> Lines:
    inside, outside = programs
    lines = ["", f"function {name}(x::{kind})"]
    if not outside:
        lines += [f"    {line}" for line in inside]
        # a constant does not look at x, but NaN stays NaN
        return [*lines, "    return isnan(x) ? x : y" if len(inside) == 1 else "    return y", "end"]
    lines += [f"    if abs(x) <= {switch}", *(f"        {line}" for line in inside)]
    lines += ["    else", *(f"        {line}" for line in outside), "    end", "    return y", "end"]
    return lines


def _single(c: float) -> str:
    """The shortest decimal that is read as this Float32: 0.5f0, 1.5f-7."""
    text = str(np.float32(c))
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}f{int(exponent or 0)}"
