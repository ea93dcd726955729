"""What the functions of one variable have in common."""

from __future__ import annotations

from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.metrics import RELATIVE_L2
from ratapprox.networks.problems.sampling import Sampled
from ratapprox.networks.problems.value import Function


def on_interval(name: str, description: str, source: str, target: Function, noise: float = 0.0) -> Sampled:
    """A function on [-1, 1], learned from 256 points and judged at 2048 by its relative L2 error."""
    return Sampled(
        name=name,
        description=description,
        source=source,
        kind="regression",
        domain=Box((-1.0,), (1.0,)),
        outputs=1,
        metric=RELATIVE_L2,
        samples=256,
        validation=2048,
        target=target,
        noise=noise,
    )
