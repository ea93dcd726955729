"""A function of several pieces as a Python module that needs NumPy alone."""

from __future__ import annotations

from ratapprox.formats.exporters.numpy_function import program_texts
from ratapprox.formats.exporters.pieces import PieceSource


def write(source: PieceSource) -> str:
    """The text of a module with two functions of x: r and its derivative, at a cut that of the piece on the right."""
    return program_texts(source.notes, source.sources) + _SELECT.replace(
        "CUTS", repr(source.cuts("float64"))
    ).replace("PIECES", ", ".join(each.name for each in source.sources)).replace(
        "SLOPES", ", ".join(f"{each.name}_derivative" for each in source.sources)
    ).replace("NAME", source.name)  # fmt: skip


_SELECT = '''

_cuts = CUTS


def _select(x, pieces):
    values = [piece(x) for piece in pieces]
    with np.errstate(all="ignore"):
        at = np.searchsorted(_cuts, x, side="right")  # NaN is right of all cuts
    return np.select([at == k for k in range(len(pieces))], values)[()]


def NAME(x):
    """r(x) for a number or an array of any shape."""
    return _select(x, (PIECES,))


def NAME_derivative(x):
    """r'(x) for a number or an array of any shape, at a cut the slope on its right."""
    return _select(x, (SLOPES,))
'''
