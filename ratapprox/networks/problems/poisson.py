"""Poisson's equation on the unit cube with the smoothest solution there is."""

from __future__ import annotations

from math import pi

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.draws import counted
from ratapprox.networks.problems.metrics import RELATIVE_L2
from ratapprox.networks.problems.naming import spelled
from ratapprox.networks.problems.residual import Equation, Operator, no_reaction, nothing, unit_cube_factor


def poisson(dimension: int = 1) -> Equation:
    """-Δu = d π² Π sin πxᵢ on [0, 1]^d, u = 0 on the boundary; u = Π sin πxᵢ.

    Raises ValueError for a dimension that is not a positive integer.

    >>> poisson(dimension=2).exact(np.array([[0.5, 0.5]]))
    array([[1.]])
    """
    dimension = counted("coordinate", dimension)
    box = Box.cube(0.0, 1.0, dimension)
    return Equation(
        name=spelled("poisson", dimension=(dimension, 1)),
        description="-Δu = d π² Π sin πxᵢ on [0, 1]^d, u = 0 on the boundary, whose solution is Π sin πxᵢ",
        source="an eigenfunction of the Laplacian",
        kind="residual",
        domain=box,
        outputs=1,
        metric=RELATIVE_L2,
        samples=1024,
        validation=4096,
        operator=_operator,
        lift=nothing,
        factor=unit_cube_factor,
        solution=_solution,
        draw=box.uniform,
    )


def _solution(x: Array) -> Array:
    u: Array = np.prod(np.sin(pi * x), axis=1)
    return u


def _operator(x: Array) -> Operator:
    zero = np.zeros(len(x))
    return Operator(zero - 1, np.zeros_like(x), zero, x.shape[1] * pi**2 * _solution(x), no_reaction)
