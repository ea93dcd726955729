"""Poisson's equation in the unit square with a polynomial solution."""

from __future__ import annotations

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.metrics import RELATIVE_L2
from ratapprox.networks.problems.residual import Equation, Operator, no_reaction, nothing, unit_cube_factor


def polynomial() -> Equation:
    """-Δu = f on [0, 1]², u = 0 on the boundary; u = x²(1 - x) y²(1 - y)."""
    box = Box.cube(0.0, 1.0, 2)
    return Equation(
        name="polynomial",
        description="-Δu = f on [0, 1]², u = 0 on the boundary, whose solution is x²(1 - x) y²(1 - y)",
        source="the regular example in the code of [LLWY21]",
        kind="residual",
        domain=box,
        outputs=1,
        metric=RELATIVE_L2,
        samples=10_000,
        validation=10_000,
        operator=_operator,
        lift=nothing,
        factor=unit_cube_factor,
        solution=_solution,
        draw=box.uniform,
    )


def _solution(x: Array) -> Array:
    u: Array = np.prod(x * x * (1 - x), axis=1)
    return u


def _operator(x: Array) -> Operator:
    side, bend = x * x * (1 - x), 2 - 6 * x
    source = -(bend[:, 0] * side[:, 1] + side[:, 0] * bend[:, 1])
    zero = np.zeros(len(x))
    return Operator(zero - 1, np.zeros_like(x), zero, source, no_reaction)
