"""How signals and gradients grow or vanish through a deep network at its start."""

from __future__ import annotations

from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.draws import counted
from ratapprox.networks.problems.naming import spelled
from ratapprox.networks.problems.sampling import Propagation

_FARTHEST = 40.0  # no Gaussian number that is ever drawn is as large


def deep_signal(width: int = 100) -> Propagation:
    """Gaussian inputs of the width of the network, to be followed through 1, 2, 4, …, 64 layers.

    Raises ValueError for a width that is not a positive integer.
    """
    width = counted("coordinate", width)
    return Propagation(
        name=spelled("deep_signal", width=(width, 100)),
        description=f"independent N(0, 1) inputs in {width} dimensions, followed through 1 to 64 layers",
        source="signal propagation at initialisation [PLRSG16]",
        kind="propagation",
        domain=Box.cube(-_FARTHEST, _FARTHEST, width),
        outputs=width,
        metric=None,
        samples=64,
        validation=64,
        depths=(1, 2, 4, 8, 16, 32, 64),
    )
