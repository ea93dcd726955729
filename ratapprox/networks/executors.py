"""Where a sweep computes: here, in processes of this machine, or on a cluster of dask."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ratapprox.networks.sweep import Executor

__all__ = ["Pool", "at_a_time", "check", "executor"]

KINDS = "serial, processes:N, loky:N or dask://host:port"


class Pool:
    """Processes of this machine: an executor that `make` begins, and begins anew when it was broken."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make, self._pool = make, make()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Begin fn(*args) in one of the processes."""
        return self._pool.submit(fn, *args, **kwargs)

    def restart(self) -> None:
        """New processes, after the last of the old ones has ended: two must not work at the same run."""
        self.shutdown()
        self._pool = self._make()

    def shutdown(self) -> None:
        """End the processes when they have done what they have begun."""
        self._pool.shutdown(wait=True)


def check(text: str) -> None:
    """Raise ValueError unless the text names a place."""
    if text == "serial" or re.fullmatch(r"dask://[^\s/:]+:\d{1,5}", text):
        return
    if found := re.fullmatch(r"(processes|loky):(\d{1,4})", text):
        if int(found[2]) < 1:
            raise ValueError(f"{text}: at least one process is needed")
        return
    raise ValueError(f"{text!r} is no place to compute: give {KINDS}")


def at_a_time(text: str) -> int:
    """How many calls are computed here at a time; on dask none. Raises ValueError unless the text names a place.

    >>> at_a_time("processes:4"), at_a_time("serial"), at_a_time("dask://here:8786")
    (4, 1, 0)
    """
    check(text)
    kind, _, rest = text.partition(":")
    return int(rest) if kind in ("processes", "loky") else int(kind == "serial")


@contextmanager
def executor(text: str) -> Iterator[Executor | None]:
    """The executor that a text names; None for "serial".

    Processes are spawned, not forked: what a parent's threads held, a forked child would wait for forever. On dask a
    call that dies with its worker is begun again on another. Raises ValueError for a text that names no place,
    ModuleNotFoundError that says what to install, ConnectionError when no scheduler answers.
    """
    check(text)
    kind, _, rest = text.partition(":")
    if kind == "serial":
        yield None
    elif kind == "processes":
        yield from _used(lambda: ProcessPoolExecutor(int(rest), mp_context=multiprocessing.get_context("spawn")))
    elif kind == "loky":
        loky = _optional("loky")
        yield from _used(lambda: loky.get_reusable_executor(max_workers=int(rest)))
    else:
        yield from _dask("tcp:" + rest)


def _used(make: Callable[[], Any]) -> Iterator[Executor]:
    pool = Pool(make)
    try:
        yield pool
    finally:
        pool.shutdown()


def _dask(address: str) -> Iterator[Executor]:
    distributed = _optional("distributed")
    try:
        client = distributed.Client(address, timeout="10s", set_as_default=False)
    except OSError as error:
        raise ConnectionError(f"no dask scheduler answers at {address}: {' '.join(str(error).split())}") from error
    try:
        yield client.get_executor(retries=3)
    finally:
        client.close()


def _optional(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(f"{name} is not installed: pip install 'ratapprox[cluster]'") from missing
