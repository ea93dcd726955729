"""A C99 header, valid C++11 too, with the function and its derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ratapprox.formats.exporters.pieces import PieceSource
from ratapprox.formats.exporters.source import Source
from ratapprox.formats.exporters.straight_line import Lines, Syntax, slope, value

Parts = Callable[[Source, str, Syntax], tuple[Lines, Lines]]


@dataclass(frozen=True)
class CType:
    """A C type: its name, what its functions and literals end with, and how its modulus is taken."""

    name: str
    suffix: str
    modulus: str
    numpy: type[np.floating[Any]]

    def decimal(self, c: float) -> str:
        """The shortest decimal that is read as this number, as a literal."""
        return str(self.numpy(c)) + self.suffix

    def hexadecimal(self, c: float) -> str:
        """The number itself, without zeros at the end.

        >>> TYPES["float32"].hexadecimal(0.375), TYPES["float64"].hexadecimal(1.0)
        ('0x1.8p-2f', '0x1p+0')
        """
        mantissa, exponent = c.hex().split("p")
        mantissa = mantissa.rstrip("0").removesuffix(".") if "." in mantissa else mantissa
        return f"{mantissa}p{exponent}{self.suffix}"


TYPES = {"float32": CType("float", "f", "fabsf", np.float32), "float64": CType("double", "", "fabs", np.float64)}


def write(source: Source | PieceSource) -> str:
    """The text of the header: for each dtype of the source a function and its derivative, `static inline`.

    Numbers that no short decimal equals are hexadecimal literals, which every compiler reads exactly; C++ before 2017
    has none and reads the shortest decimal that rounds to the same number.
    """
    manners = (
        "+-inf gives the limit, NaN stays NaN. Compile with -ffp-contract=off for the same bits on every machine:",
        "contraction to fma changes the last bits, and -ffast-math may change everything.",
    )
    return header(source, manners, ["#include <math.h>", ""], "static inline", c_syntax)


def header(
    source: Source | PieceSource,
    manners: Iterable[str],
    includes: Lines,
    head: str,
    syntax: Callable[[CType, Callable[[float], str]], Syntax],
) -> str:
    """A header with a function and its derivative for each dtype, each definition starting with `head` and its type."""
    guard, macro = f"RATAPPROX_{source.name.upper()}_H", f"{source.name.upper()}_C"
    lines = [
        *block_comment([*source.notes, "", *manners]),
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        *includes,
        "#if defined(__cplusplus) && __cplusplus < 201703L",
        f"#define {macro}(hexadecimal, decimal) decimal",
        "#else",
        f"#define {macro}(hexadecimal, decimal) hexadecimal",
        "#endif",
    ]
    for dtype in source.dtypes:
        kind = TYPES[dtype]
        written = syntax(kind, _numbers(macro, kind))
        for each in source.sources if isinstance(source, PieceSource) else (source,):
            lines += functions(each, dtype, f"{head} {kind.name}", written)
        if isinstance(source, PieceSource):
            lines += _selections(source, dtype, f"{head} {kind.name}", written)
    return "\n".join([*lines, "", f"#undef {macro}", "", f"#endif /* {guard} */", ""])


def functions(source: Source, dtype: str, head: str, syntax: Syntax) -> Lines:
    """The definitions of the function and of its derivative in one type."""
    kind = TYPES[dtype]
    name = f"{source.name}{kind.suffix}"
    derivative = f"{source.name}_derivative{kind.suffix}"
    return [
        "",
        f"/* r(x), {kind.name} */",
        *_function(f"{head} {name}", source, dtype, syntax, value, source.switch(dtype)),
        "",
        f"/* r'(x), {kind.name} */",
        *_function(f"{head} {derivative}", source, dtype, syntax, slope, source.slope_switch()),
    ]


def _selections(source: PieceSource, dtype: str, head: str, syntax: Syntax) -> Lines:
    """The function and its derivative from those of the pieces; NaN is left of no cut and goes to the last."""
    kind, lines = TYPES[dtype], []
    for says, middle in (("r(x)", ""), ("r'(x), at a cut the slope on its right", "_derivative")):
        calls = [f"{each.name}{middle}{kind.suffix}(x)" for each in source.sources]
        lines += ["", f"/* {says}, {kind.name} */", f"{head} {source.name}{middle}{kind.suffix}({kind.name} x)", "{"]
        cuts = zip(source.cuts(dtype), calls, strict=False)
        lines += [f"    if (x < {syntax.number(cut)}) return {call};" for cut, call in cuts]
        lines += [f"    return {calls[-1]};", "}"]
    return lines


def block_comment(notes: Iterable[str]) -> Lines:
    """The notes as one comment, which nothing in them can end or continue."""
    lines = ["/*"]
    for note in notes:
        text = note.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")
        lines.append(f" * {text}".rstrip())
    return [*lines, " */"]


def _function(head: str, source: Source, dtype: str, syntax: Syntax, parts: Parts, switch: float) -> Lines:
    kind = TYPES[dtype]
    inside, outside = parts(source, dtype, syntax)
    lines = [f"{head}({kind.name} x)", "{"]
    if not outside and len(inside) == 1:  # a constant does not look at x, but NaN stays NaN
        lines += [f"    {inside[0]}", "    return isnan(x) ? x : y;"]
    elif not outside:
        lines += [*(f"    {line}" for line in inside), "    return y;"]
    else:
        lines += [f"    if ({kind.modulus}(x) <= {syntax.number(switch)}) {{"]
        lines += [*(f"        {line}" for line in inside), "        return y;"]
        lines += ["    } else {  /* t = 1/x: nothing overflows */"]
        lines += [*(f"        {line}" for line in outside), "        return y;", "    }"]
    return [*lines, "}"]


def _numbers(macro: str, kind: CType) -> Callable[[float], str]:
    def number(c: float) -> str:
        decimal = kind.decimal(c)
        exact = Fraction(decimal.removesuffix("f")) == Fraction(c)
        return decimal if exact else f"{macro}({kind.hexadecimal(c)}, {decimal})"

    return number


def c_syntax(kind: CType, number: Callable[[float], str]) -> Syntax:
    """Assignments of C with numbers written in the given way."""
    return Syntax(
        number=number,
        declare=lambda name, text: f"{kind.name} {name} = {text};",
        assign=lambda name, text: f"{name} = {text};",
    )
