"""How many threads the libraries of linear algebra may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Any

__all__ = ["with_threads"]


def with_threads(fn: Callable[[Any], Any], threads: int | None, config: Mapping[str, Any]) -> Any:
    """fn(config) with so many threads of linear algebra: run in the worker."""
    if threads is None:
        return fn(config)
    with _limited(threads):
        return fn(config)


@contextmanager
def _limited(threads: int) -> Iterator[None]:
    """Libraries that are loaded are told, where threadpoolctl is installed; those to come read the environment."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, str(threads)))
    try:
        with _told(threads):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _told(threads: int) -> AbstractContextManager[Any]:
    try:
        threadpoolctl: Any = import_module("threadpoolctl")
    except ModuleNotFoundError:
        return nullcontext()
    limits: AbstractContextManager[Any] = threadpoolctl.threadpool_limits(threads)
    return limits
