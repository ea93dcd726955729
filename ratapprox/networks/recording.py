"""A computation on arrays that stay where they are: recorded once, then replayed.

On a GPU a small network's step is some sixty kernels that take less time than their launches; recorded as a graph they
are launched as one. In NumPy there is nothing to record: the replay is the call itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
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
    cuda.get_current_stream().synchronize()  # what compute reads has been written there
    with cuda.using_allocator(pool.malloc), stream:
        compute()  # compiles kernels and fills the pool: neither is allowed while recording
        stream.synchronize()
        stream.begin_capture()
        try:
            compute()
        except BaseException:
            with suppress(RuntimeError):  # that the recording is invalid now would hide why it is
                stream.end_capture()
            raise
        graph = stream.end_capture()

    def replay(kept: Any = pool) -> None:
        graph.launch()  # in the stream of the caller, in whose order its arrays are written and read

    return replay
