"""A function of several pieces for PyTorch: a function, and a module without parameters, as one file."""

from __future__ import annotations

from ratapprox.formats.exporters.learnable import class_name, docstring, largest_inputs
from ratapprox.formats.exporters.pieces import PieceSource
from ratapprox.formats.exporters.source import Source
from ratapprox.formats.exporters.torch_module import body

MANNERS = (
    "float16 and bfloat16 are computed in float32 and rounded once; so is every input under autocast.",
    "+-inf gives the limit, NaN stays NaN. At a cut value and slope are those of the piece on the right.",
    "The coefficients are fixed.",
)


def write(source: PieceSource) -> str:
    """The text of a module: the function, differentiable in x, and a class that calls it.

    Raises ValueError for a piece with a pole at 0.
    """
    text = MODULE
    for slot, filled in {
        "@DOC@": docstring(source, MANNERS),
        "@PIECES@": "\n\n".join(_piece(of, k) for k, of in enumerate(source.sources)),
        "@CUTS@": f"{{torch.float32: {source.cuts('float32')!r}, torch.float64: {source.cuts('float64')!r}}}",
        "@WITHIN@": repr(source.within()),
        "@NAMES@": ", ".join(f"_piece_{k}" for k in range(len(source.sources))),
        "FUNCTION": source.name,
        "CLASS": class_name(source.name),
    }.items():
        text = text.replace(slot, filled)
    return text


def _piece(of: Source, k: int) -> str:
    p, q = of.coefficients("float64")
    of.coefficients("float32")
    if q[0] == 0:
        raise ValueError(f"piece {k} has a pole at 0: as an activation function in torch it is not written")
    if of.type == (0, 0):
        return f"def _piece_{k}(x):\n    return torch.where(x.isnan(), x, {p[0]!r})\n"
    lines, _ = body(of)
    near, far = largest_inputs(of)
    return f"def _piece_{k}(x, numerator={p!r}, factors=({q!r},)):\n    z = x\n" + lines.replace(
        "LARGEST[z.dtype]", f"{{torch.float32: {near!r}, torch.float64: {far!r}}}[z.dtype]"
    )


MODULE = '''\
"""A rational activation function of several pieces for PyTorch.

@DOC@

    from FUNCTION import CLASS

    layer = CLASS()
"""

import torch
from torch import nn

CUTS = @CUTS@
WITHIN = @WITHIN@  # a point of each piece


def _horner(coefficients, x):
    value = coefficients[-1]
    for c in coefficients[-2::-1]:
        value = value * x + c
    return value


def _product(factors, x):
    return _horner(factors[0], x)


def _quotient(numerator, factors, y):
    return _horner(numerator, y) / _product(factors, y)


@PIECES@

def FUNCTION(x):
    """The function for every entry of a floating-point tensor."""
    if not x.is_floating_point():
        raise TypeError(f"x has dtype {x.dtype}: a floating-point tensor is needed")
    z = x if x.dtype == torch.float64 else x.float()
    cuts, pieces = CUTS[z.dtype], (@NAMES@)
    value = pieces[0](torch.where(z < cuts[0], z, WITHIN[0]))
    for k, piece in enumerate(pieces[1:]):
        left = z < cuts[k]  # NaN is left of no cut
        there = ~left & (z < cuts[k + 1]) if k + 1 < len(cuts) else ~left
        value = torch.where(left, value, piece(torch.where(there, z, WITHIN[k + 1])))
    return value.to(x.dtype)


class CLASS(nn.Module):
    """x -> FUNCTION(x), with fixed coefficients."""

    def forward(self, x):
        return FUNCTION(x)
'''
