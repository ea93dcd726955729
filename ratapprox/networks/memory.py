"""What a computation will take of the memory, asked before it begins."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["free_bytes", "gigabytes", "require", "require_growing"]


def free_bytes(array: Any) -> int | None:
    """Bytes free where the array lies: this machine's memory or the device's; None where the system does not say."""
    device: Any = getattr(array, "device", None)
    if hasattr(device, "mem_info"):
        return int(device.mem_info[0])
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def require(what: str, each: int, many: int, unit: str, free: int | None, fixed: int = 0) -> None:
    """Raise `MemoryError` unless fixed + each·many bytes are free, with the number of units that would fit.

    >>> require("a batch", 1000, 5_000_000, "samples", 2_000_000_000)
    Traceback (most recent call last):
    ...
    MemoryError: a batch of 5,000,000 samples needs 5.00 GB and 2.00 GB are free: at most 2,000,000 samples fit
    """
    require_growing(what, lambda n: fixed + each * n, many, unit, free)


def require_growing(what: str, needed_by: Callable[[int], int], many: int, unit: str, free: int | None) -> None:
    """The same for bytes that grow with the number of units in any way.

    >>> require_growing("a kernel", lambda n: 8 * n * n, 10_000, "samples", 8_000_000)
    Traceback (most recent call last):
    ...
    MemoryError: a kernel of 10,000 samples needs 0.80 GB and 0.01 GB are free: at most 1,000 samples fit
    """
    needed = needed_by(many)
    if free is None or needed <= free:
        return
    fitting = max(0, bisect_right(range(many), free, key=needed_by) - 1)
    sizes = f"needs {gigabytes(needed)} and {gigabytes(free)} are free"
    raise MemoryError(f"{what} of {many:,} {unit} {sizes}: at most {fitting:,} {unit} fit")


def gigabytes(number: int) -> str:
    """Bytes as gigabytes with two decimals."""
    return f"{number / 1e9:.2f} GB"
