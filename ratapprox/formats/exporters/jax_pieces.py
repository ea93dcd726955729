"""A function of several pieces for JAX as one file."""

from __future__ import annotations

from ratapprox.formats.exporters.jax_function import DIVIDE, MANNERS, body
from ratapprox.formats.exporters.learnable import docstring, largest_inputs
from ratapprox.formats.exporters.pieces import PieceSource
from ratapprox.formats.exporters.source import Source


def write(source: PieceSource) -> str:
    """The text of a module with the function, differentiable in x; its coefficients are fixed.

    Raises ValueError for a piece with a pole at 0.
    """
    cuts = ", ".join(f'"{dtype}": {source.cuts(dtype)!r}' for dtype in ("float32", "float64"))
    text = MODULE
    for slot, filled in {
        "@DOC@": docstring(source, [*MANNERS, "At a cut value and slope are those of the piece on the right."]),
        "@DIVIDE@": DIVIDE,
        "@PIECES@": "\n\n".join(_piece(of, k) for k, of in enumerate(source.sources)),
        "@CUTS@": f"{{{cuts}}}",
        "@WITHIN@": repr(source.within()),
        "@NAMES@": ", ".join(f"_piece_{k}" for k in range(len(source.sources))),
        "FUNCTION": source.name,
    }.items():
        text = text.replace(slot, filled)
    return text


def _piece(of: Source, k: int) -> str:
    p, q = of.coefficients("float64")
    of.coefficients("float32")
    if q[0] == 0:
        raise ValueError(f"piece {k} has a pole at 0: as an activation function in jax it is not written")
    if of.type == (0, 0):
        return f"def _piece_{k}(x):\n    return jnp.where(jnp.isnan(x), x, {p[0]!r})\n"
    near, far = largest_inputs(of)
    largest = f'{{"float32": {near!r}, "float64": {far!r}}}[z.dtype.name]'
    lines = body(of).replace("LARGEST[z.dtype.name]", largest)
    return f"def _piece_{k}(x, numerator={p!r}, factors=({q!r},)):\n    z = x\n{lines}"


MODULE = '''\
"""A rational activation function of several pieces for JAX.

@DOC@

    from FUNCTION import FUNCTION
"""

import jax
import jax.numpy as jnp

CUTS = @CUTS@
WITHIN = @WITHIN@  # a point of each piece


def _horner(coefficients, x):
    value = coefficients[-1]
    for c in coefficients[-2::-1]:
        value = value * x + c
    return value


def _product(factors, x):
    return _horner(factors[0], x)

@DIVIDE@
@PIECES@

def FUNCTION(x):
    """The function for every entry of a floating-point array."""
    x = jnp.asarray(x)
    if not jnp.issubdtype(x.dtype, jnp.floating):
        raise TypeError(f"x has dtype {x.dtype}: a floating-point array is needed")
    z = x if x.dtype == jnp.float64 else x.astype(jnp.float32)
    cuts, pieces = CUTS[z.dtype.name], (@NAMES@)
    value = pieces[0](jnp.where(z < cuts[0], z, WITHIN[0]))
    for k, piece in enumerate(pieces[1:]):
        left = z < cuts[k]  # NaN is left of no cut
        there = ~left & (z < cuts[k + 1]) if k + 1 < len(cuts) else ~left
        value = jnp.where(left, value, piece(jnp.where(there, z, WITHIN[k + 1])))
    return value.astype(x.dtype)
'''
