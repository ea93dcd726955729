"""What a training will take of the memory, estimated from its description before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ratapprox.networks.memory import require_growing
from ratapprox.networks.step import batch_bytes

if TYPE_CHECKING:
    from ratapprox.networks.mlp import Mlp

__all__ = ["check_together", "check_training", "training_bytes"]

PAIRS = 50
"""Pairs of vectors that L-BFGS keeps."""
PROCESS = 150_000_000
"""Bytes of a process that has loaded what a training needs, before it begins; measured 144 MB of its own."""


def training_bytes(
    net: Mlp, optimiser: str, samples: int, *, order: int = 0, members: int = 1, itemsize: int = 8, whole: bool = False
) -> int:
    """About the most that is alive at once: the data, the states of all members, and what one step needs besides.

    net, optimiser: by name. order: of the derivatives by the inputs that the loss is made of. whole: all samples go
    through the network at once, as on a GPU, and not in tiles.
    """
    size, residuals, inputs = net.size, samples * net.widths[-1], net.widths[0]
    numbers = inputs + net.widths[-1] + (6 + 2 * inputs if order else 0)
    data = 3 * 8 * numbers * samples * members  # as drawn, as joined, in the right dtype
    vectors = {"adam": 6, "lbfgs": 2 * PAIRS + 6}.get(optimiser, 3) * size * members
    smaller = min(residuals, size)
    matrices = {
        # the matrix, its damped copy, its factor; and J or the kernel's making
        "lm": 3 * smaller**2 + (residuals * (size + net.widths[-1]) if size <= residuals else 0),
        # J, U and the copy that LAPACK overwrites; Vᵀ
        "gauss-newton": 3 * residuals * size + smaller * size,
        # J, its projection, and Φ thrice
        "variable-projection": 3 * residuals * size + 2 * size**2,
    }.get(optimiser, 0)
    passing = batch_bytes(net, itemsize, order) * samples if matrices or whole else 0
    return data + itemsize * (vectors + matrices) + passing * (members if whole else 1)


def check_training(net: Mlp, optimiser: str, samples: int, free: int | None, **shape: Any) -> None:
    """Raise `MemoryError` where a training needs more than is free, with the number of samples that would fit.

    >>> from ratapprox.networks.mlp import Mlp
    >>> from ratapprox.networks.units import unit
    >>> check_training(Mlp((2, 50, 50, 1), unit("tanh")), "lm", 1_000_000, 8_000_000_000)
    Traceback (most recent call last):
    ...
    MemoryError: training by lm of 1,000,000 samples needs 25.15 GB and 8.00 GB are free: at most 313,132 samples fit
    """
    needed = partial(_needed, net, optimiser, shape)
    require_growing(f"training by {optimiser}", needed, samples, "samples", free)


def check_together(sizes: Sequence[int], at_a_time: int, free: int | None) -> None:
    """Raise `MemoryError` where so many trainings at a time may need more than is free: the largest, by their bytes.

    Each of several is in a process of its own, which takes what Python and its packages do.

    >>> check_together([3_000_000_000, 1_000_000_000, 2_000_000_000], 2, 4_000_000_000)
    Traceback (most recent call last):
    ...
    MemoryError: a sweep of 2 trainings at a time needs 5.30 GB and 4.00 GB are free: at most 1 trainings at a time fit
    """
    together = list(accumulate(sorted(sizes, reverse=True), initial=0))
    if at_a_time > 1:
        at_a_time = min(at_a_time, len(sizes))
        require_growing("a sweep", lambda n: together[n] + n * PROCESS, at_a_time, "trainings at a time", free)


def _needed(net: Mlp, optimiser: str, shape: dict[str, Any], samples: int) -> int:
    return training_bytes(net, optimiser, samples, **shape)
