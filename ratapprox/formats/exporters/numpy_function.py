"""A Python module that needs NumPy alone."""

from __future__ import annotations

from ratapprox.formats.exporters.source import Source
from ratapprox.formats.exporters.straight_line import Lines, Syntax, slope, value

SYNTAX = Syntax(number=repr)


def write(source: Source) -> str:
    """The text of a module with two functions of x, a number or an array of any shape: r and its derivative.

    The result has the dtype of x where that is a floating one, else float64; the work is done in the wider one of that
    and the source's, so that a float16 array is worked on in float32 when the source has float32.
    """
    return program_texts(source.notes, (source,))


def program_texts(notes: tuple[str, ...], sources: tuple[Source, ...]) -> str:
    """A module with the function and the derivative of each source."""
    lines = [*_docstring("", [*notes, "", *_MANNERS]), "", "import numpy as np"]
    for source in sources:
        own = source.name
        programs = {own: value(source, source.dtype, SYNTAX), f"{own}_derivative": slope(source, source.dtype, SYNTAX)}
        switches = {own: source.switch(), f"{own}_derivative": source.slope_switch()}
        for function, says in zip(programs, ("r(x)", "r'(x)"), strict=True):
            end = "np.inf" if switches[function] == float("inf") else repr(switches[function])
            text = _function(function, f"{says} for a number or an array of any shape.")
            lines += ["", "", *(line.replace(f"_{function}_switch", end) for line in text)]
        for function, program in programs.items():
            lines += _programs(function, program)
    lines += ["", "", *_EVALUATE.replace("DTYPE", sources[0].dtype).splitlines()]
    return "\n".join(lines) + "\n"


_MANNERS = (
    "The result has the dtype of x, float64 for integers. +-inf gives the limit, NaN stays NaN.",
    "No warning is given for overflow or for a division by zero.",
)

_EVALUATE = '''\
def _evaluate(x, inside, outside, switch):
    """inside(x) where |x| <= switch, else outside(x); worked out in DTYPE or the wider dtype of x."""
    given = np.asarray(x)
    if given.dtype.kind not in "fiub":
        raise TypeError(f"x has dtype {given.dtype}: real numbers are needed")
    kind = given.dtype if given.dtype.kind == "f" else np.dtype(np.float64)
    x = given.astype(np.result_type(kind, np.DTYPE)).ravel()
    y = np.empty_like(x)
    near = np.abs(x) <= switch
    with np.errstate(all="ignore"):
        y[near] = inside(x[near])
        y[~near] = outside(x[~near])
        return y.astype(kind).reshape(given.shape)[()]
'''


def _function(name: str, says: str) -> Lines:
    return [
        f"def {name}(x):",
        f'    """{says}"""',
        f"    return _evaluate(x, _{name}_inside, _{name}_outside, _{name}_switch)",
    ]


def _programs(name: str, programs: tuple[Lines, Lines]) -> Lines:
    inside, outside = programs
    if not outside:  # a polynomial: NaN alone is in no |x| <= inf
        outside = ["y = x"]
    lines: Lines = []
    for where, program in (("inside", inside), ("outside", outside)):
        lines += ["", "", f"def _{name}_{where}(x):", *(f"    {line}" for line in program), "    return y"]
    return lines


def _docstring(indent: str, notes: list[str]) -> Lines:
    escaped = [note.replace("\\", "\\\\").replace('"', '\\"') for note in notes]
    return [f'{indent}"""{escaped[0]}', *(f"{indent}{note}".rstrip() for note in escaped[1:]), f'{indent}"""']
