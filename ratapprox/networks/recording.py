"""A computation on arrays that stay where they are: recorded once, then replayed.

On a GPU a small network's step is some sixty kernels that take less time than their launches; recorded as a graph they
are launched as one. In NumPy there is nothing to record: the replay is the call itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["record"]


def record(cuda: Any, compute: Callable[[], None]) -> Callable[[], None]:
    """The replay of `compute`, which reads and writes arrays that exist already and never waits for the device.

    cuda: `cupy.cuda`, or None for NumPy. What `compute` allocates comes from a pool of its own that lives as long as
    the replay: memory of the common pool would be handed out again while the graph still writes to it.
    """
    if cuda is None:
        return compute
    pool, stream = cuda.MemoryPool(), cuda.Stream(non_blocking=True)
    with cuda.using_allocator(pool.malloc), stream:
        compute()  # compiles kernels and fills the pool: neither is allowed while recording
        stream.synchronize()
        stream.begin_capture()
        try:
            compute()
        finally:
            graph = stream.end_capture()

    def replay(kept: Any = pool) -> None:
        graph.launch(stream)
        stream.synchronize()

    return replay
