"""How much memory a tangent kernel takes, asked before it is taken."""

from __future__ import annotations

import os
from typing import Any

from ratapprox.networks.mlp import Mlp

__all__ = ["bytes_needed", "check_memory", "free_bytes", "jacobian_fits"]

_JACOBIAN = 2**29
"""A Jacobian no larger than this is written out."""


def free_bytes() -> int | None:
    """Memory that is free for the asking; None where the system does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def bytes_needed(net: Mlp, samples: int, itemsize: int = 8) -> int:
    """About the memory that a tangent kernel takes: the answer, and what is kept of the layers."""
    outputs, hidden = net.widths[-1], sum(net.widths[1:-1])
    many = max((len(unit.symbols) for unit in net.units), default=0)
    groups = sum(net.groups(width) for width in net.widths[1:-1])
    kept = sum(net.widths) + hidden * (3 + outputs) + many * (2 * max(net.widths) + outputs * groups)
    return itemsize * samples * (samples * outputs**2 + kept)


def check_memory(net: Mlp, x: Any) -> None:
    """Raise `ValueError` with the numbers when the kernel at these samples, on the host, needs more than is free."""
    if hasattr(x, "__array_interface__"):
        refuse_beyond(bytes_needed(net, len(x), x.itemsize), len(x), net.widths[-1])


def refuse_beyond(needed: int, samples: int, outputs: int) -> None:
    """Raise `ValueError` where more memory is needed than is free."""
    free = free_bytes()
    if free is not None and needed > free:
        many = f"{samples:,} samples" + (f" and {outputs} outputs" if outputs > 1 else "")
        raise ValueError(
            f"the tangent kernel of {many} needs about {needed / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free: "
            "take fewer samples"
        )


def jacobian_fits(rows: int, size: int) -> bool:
    """Whether J (rows, size) in float64 is small enough to be written out."""
    return 8 * rows * size <= _JACOBIAN
