"""An equation in a ball whose coefficient vanishes at the centre, where the solution has the kink of |x|."""

from __future__ import annotations

from functools import partial
from math import pi

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.draws import counted
from ratapprox.networks.problems.metrics import RELATIVE_L2
from ratapprox.networks.problems.naming import spelled
from ratapprox.networks.problems.residual import Equation, Jet, Operator, no_reaction, nothing

_TINY = np.finfo(float).tiny


def singular(dimension: int = 10) -> Equation:
    """-∇·(|x| ∇u) = f in the unit ball of R^d, u = 0 on the sphere; u = sin 2π(1 - |x|).

    Written out: -|x| Δu - (x/|x|)·∇u = f with f = 2π d cos 2π(1 - |x|) + 4π² |x| sin 2π(1 - |x|). The factor of the
    network is 1 - |x|², which is smooth, where the published code has 1 - |x|. Raises ValueError for a dimension that
    is not an integer ≥ 2.
    """
    dimension = counted("coordinate", dimension)
    if dimension < 2:
        raise ValueError("the equation is singular in a ball of dimension 2 or more: ask for dimension=2")
    return Equation(
        name=spelled("singular", dimension=(dimension, 10)),
        description="-∇·(|x| ∇u) = f in the unit ball of R^d, u = 0 on the sphere, whose solution is sin 2π(1 - |x|)",
        source="the singular example in the code of [LLWY21]",
        kind="residual",
        domain=Box.cube(-1.0, 1.0, dimension),
        outputs=1,
        metric=RELATIVE_L2,
        samples=10_000,
        validation=10_000,
        operator=_operator,
        lift=nothing,
        factor=_factor,
        solution=_solution,
        draw=partial(in_unit_ball, dimension=dimension),
    )


def in_unit_ball(generator: np.random.Generator, count: int, dimension: int) -> Array:
    """`count` independent points [count, d], uniform in the unit ball.

    The first d coordinates of a point that is uniform on the sphere of R^(d + 2) are uniform in the ball of R^d
    (Archimedes' hat-box theorem for d = 1). Each point takes a row of Gaussians: a longer draw starts with a shorter.
    """
    z = generator.standard_normal((count, dimension + 2))
    points: Array = z[:, :dimension] / np.linalg.norm(z, axis=1, keepdims=True)
    return points


def _radius(x: Array) -> Array:
    radius: Array = np.linalg.norm(x, axis=1)
    return radius


def _solution(x: Array) -> Array:
    return np.sin(2 * pi * (1 - _radius(x)))


def _operator(x: Array) -> Operator:
    r = _radius(x)
    angle = 2 * pi * (1 - r)
    source = 2 * pi * x.shape[1] * np.cos(angle) + 4 * pi**2 * r * np.sin(angle)
    # At the centre the direction x/|x| is taken as 0: the gradient of a smooth function is then multiplied by nothing.
    return Operator(-r, -x / np.maximum(r, _TINY)[:, None], np.zeros(len(x)), source, no_reaction)


def _factor(x: Array) -> Jet:
    return Jet(1 - (x * x).sum(axis=1), -2 * x, np.full(len(x), -2.0 * x.shape[1]))
