"""A function file for MATLAB and Octave."""

from __future__ import annotations

from ratapprox.formats.exporters.source import Source
from ratapprox.formats.exporters.straight_line import Lines, Syntax, slope, value

TYPES = {"float32": "single", "float64": "double"}

SYNTAX = Syntax(
    number=repr,
    declare=lambda name, text: f"{name} = {text};",
    assign=lambda name, text: f"{name} = {text};",
    multiply=lambda a, b: f"{a} .* {b}",
    divide=lambda a, b: f"{a} ./ {b}",
)


def write(source: Source) -> str:
    """The text of the file NAME.m: `[y, slope] = NAME(x)` for an array x of any size.

    Where both dtypes are written a single array is worked on in single, with coefficients rounded to single, all else
    in double; where one is, x is converted to it.
    """
    name = source.name
    lines = [f"function [y, slope] = {name}(x)", f"% {name.upper()}  rational function and its derivative"]
    lines += [f"%   {note}".rstrip() for note in (*source.notes, "+-Inf gives the limit, NaN stays NaN.")]
    if len(source.dtypes) == 1:
        kind = TYPES[source.dtype]
        lines += [f"    x = {kind}(x);", *_calls(source, source.dtype, "    ")]
    else:
        lines += ["    if isa(x, 'single')", *_calls(source, "float32", "        "), "    else"]
        lines += ["        x = double(x);", *_calls(source, "float64", "        "), "    end"]
    lines += ["end", *_PARTED]
    for dtype in source.dtypes:
        for what, programs in (("value", value(source, dtype, SYNTAX)), ("slope", slope(source, dtype, SYNTAX))):
            lines += _programs(f"{what}_{TYPES[dtype]}", programs)
    return "\n".join([*lines, ""])


_PARTED = """\

function y = parted(x, inside, outside, border)
    near = abs(x) <= border;
    y = x;
    y(near) = inside(x(near));
    y(~near) = outside(x(~near));
end
""".splitlines()


def _calls(source: Source, dtype: str, indent: str) -> Lines:
    kind = TYPES[dtype]
    borders = [repr(border).replace("inf", "Inf") for border in (source.switch(dtype), source.slope_switch())]
    return [
        f"{indent}y = parted(x, @value_{kind}_inside, @value_{kind}_outside, {borders[0]});",
        f"{indent}if nargout > 1",
        f"{indent}    slope = parted(x, @slope_{kind}_inside, @slope_{kind}_outside, {borders[1]});",
        f"{indent}end",
    ]


def _programs(name: str, programs: tuple[Lines, Lines]) -> Lines:
    inside, outside = programs
    if not outside:  # a polynomial: NaN alone is in no |x| <= Inf
        outside = ["y = x;"]
    lines: Lines = []
    for where, program in (("inside", inside), ("outside", outside)):
        lines += ["", f"function y = {name}_{where}(x)", *(f"    {line}" for line in program), "end"]
    return lines
