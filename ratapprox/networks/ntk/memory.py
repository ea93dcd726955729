"""How much memory a tangent kernel takes, asked before it is taken."""

from __future__ import annotations

import os

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk.structured import bytes_needed

__all__ = ["check_memory", "free_bytes", "jacobian_fits"]

_JACOBIAN = 2**29
"""A Jacobian no larger than this is written out."""


def free_bytes() -> int | None:
    """Memory that is free for the asking; None where the system does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def check_memory(net: Mlp, samples: int) -> None:
    """Raise `ValueError` with the numbers when the kernel at so many samples needs more memory than is free."""
    needed, free = bytes_needed(net, samples), free_bytes()
    if free is not None and needed > free:
        raise ValueError(
            f"the tangent kernel of {samples:,} samples and {net.widths[-1]} output(s) needs about "
            f"{needed / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free: take fewer samples"
        )


def jacobian_fits(rows: int, size: int) -> bool:
    """Whether J (rows, size) in float64 is small enough to be written out."""
    return 8 * rows * size <= _JACOBIAN
