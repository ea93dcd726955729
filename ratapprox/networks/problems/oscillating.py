"""A nonlinear equation in the unit square whose solution oscillates as fast as is asked for."""

from __future__ import annotations

from functools import partial
from math import pi
from typing import Any

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.draws import counted
from ratapprox.networks.problems.metrics import RELATIVE_L2
from ratapprox.networks.problems.naming import spelled
from ratapprox.networks.problems.residual import Equation, Operator, nothing, unit_cube_factor


def oscillating(k: int = 3) -> Equation:
    """-Δu - (u - 1)³ + (u + 2)² = f on [0, 1]², u = 0 on the boundary; u = sin 2kπx sin 2kπy.

    k: periods of the solution along a side, a positive integer. Raises ValueError for anything else.
    """
    k = counted("period", k)
    box = Box.cube(0.0, 1.0, 2)
    return Equation(
        name=spelled("oscillating", k=(k, 3)),
        description="-Δu - (u - 1)³ + (u + 2)² = f on [0, 1]², u = 0 on the boundary, solved by sin 2kπx sin 2kπy",
        source="the oscillating example in the code of [LLWY21]",
        kind="residual",
        domain=box,
        outputs=1,
        metric=RELATIVE_L2,
        samples=10_000,
        validation=10_000,
        operator=partial(_operator, k=k),
        lift=nothing,
        factor=unit_cube_factor,
        solution=partial(_solution, k=k),
        draw=box.uniform,
    )


def _solution(x: Array, k: int) -> Array:
    u: Array = np.prod(np.sin(2 * k * pi * x), axis=1)
    return u


def _reaction(u: Any) -> tuple[Any, Any]:
    return (u + 2) ** 2 - (u - 1) ** 3, 2 * (u + 2) - 3 * (u - 1) ** 2


def _operator(x: Array, k: int) -> Operator:
    u, zero = _solution(x, k), np.zeros(len(x))
    source = 2 * (2 * k * pi) ** 2 * u + _reaction(u)[0]
    return Operator(zero - 1, np.zeros_like(x), zero, source, _reaction)
