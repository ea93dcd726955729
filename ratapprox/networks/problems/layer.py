"""Transport against diffusion: a boundary layer."""

from __future__ import annotations

from functools import partial

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.metrics import RELATIVE_L2
from ratapprox.networks.problems.naming import spelled, within
from ratapprox.networks.problems.residual import Equation, Jet, Operator, no_reaction, unit_cube_factor


def layer(width: float = 0.05) -> Equation:
    """-w u″ + u′ = 0 on [0, 1], u(0) = 0, u(1) = 1; u = (e^(x/w) - 1)/(e^(1/w) - 1).

    width: w, the thickness of the layer at 1, from 0.001 to 1. Raises ValueError for anything else.
    """
    width = within("the width of the layer", width, 0.001, 1.0)
    box = Box((0.0,), (1.0,))
    return Equation(
        name=spelled("layer", width=(width, 0.05)),
        description="-w u″ + u′ = 0 on [0, 1], u(0) = 0, u(1) = 1, whose solution is (e^(x/w) - 1)/(e^(1/w) - 1)",
        source="the textbook's singularly perturbed equation",
        kind="residual",
        domain=box,
        outputs=1,
        metric=RELATIVE_L2,
        samples=1024,
        validation=4096,
        operator=partial(_operator, width=width),
        lift=_line,
        factor=unit_cube_factor,
        solution=partial(_solution, width=width),
        draw=box.uniform,
    )


def _solution(x: Array, width: float) -> Array:
    # Both exponentials are divided by the larger one, e^(1/w), which may be beyond the range of doubles.
    x = x[:, 0]
    u: Array = np.exp((x - 1) / width) * np.expm1(-x / width) / np.expm1(-1 / width)
    return u


def _operator(x: Array, width: float) -> Operator:
    zero = np.zeros(len(x))
    return Operator(zero - width, np.ones_like(x), zero, zero, no_reaction)


def _line(x: Array) -> Jet:
    return Jet(x[:, 0], np.ones_like(x), np.zeros(len(x)))
