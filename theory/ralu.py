"""RaLU, x(x² + α)/(x² + 1): what its description says, derived."""

from __future__ import annotations

import sympy

from ratapprox import analyse
from ratapprox.claims import Evidence, claim, proved

SOURCE = "RaLU, README, 2025"
x, alpha = sympy.symbols("x alpha", real=True)
RALU = x * (x**2 + alpha) / (x**2 + 1)
FAMILY = "x*(x**2 + alpha)/(x**2 + 1)"


@claim(
    "ralu.derivative",
    "RaLU'(x) = (x⁴ + (3 − α)x² + α)/(x² + 1)²",
    source=SOURCE,
    rows=["C1"],
    mutants=[{"middle": 4}],
)
def derivative(middle: int = 3) -> Evidence:
    stated = (x**4 + (middle - alpha) * x**2 + alpha) / (x**2 + 1) ** 2
    difference = sympy.cancel(sympy.diff(RALU, x) - stated)
    return proved(
        difference == 0,
        "the derivative minus the stated quotient cancels to 0" if difference == 0 else f"they differ by {difference}",
        f"d/dx {RALU} = {sympy.factor(sympy.diff(RALU, x))}",
    )


@claim(
    "ralu.increasing",
    "RaLU is increasing on the real line exactly for 0 ≤ α ≤ 9",
    source=SOURCE,
    rows=["C3"],
    mutants=[{"lower": -1}, {"upper": 8}, {"upper": 10}],
)
def increasing(lower: int = 0, upper: int = 9) -> Evidence:
    found = analyse(FAMILY, "increasing")
    return proved(
        str(found.region) == f"{lower} <= alpha <= {upper}",
        f"exactly for {found.region}",
        *(witness.says for witness in found.witnesses),
        certificate=found.certificate,
    )
