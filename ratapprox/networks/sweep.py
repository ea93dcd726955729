"""One function for many configurations, on any executor of futures, with what has been computed kept and skipped."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from hashlib import sha256
from math import isfinite
from pathlib import Path
from time import sleep
from typing import Any, Protocol

from ratapprox.networks.backend import DeviceError
from ratapprox.networks.linear_algebra import with_threads
from ratapprox.networks.sources import digest, digest_of
from ratapprox.networks.storing import StorageError, write_whole

__all__ = ["Answer", "Executor", "Fate", "key", "sweep"]

SCHEMA = "ratapprox/sweep-result/1"
LONGEST_WAIT = 0.25


class Future(Protocol):
    """What is asked of a future: no more than `done`, `result` and `cancel`."""

    def done(self) -> bool:
        """Whether `result` would answer at once."""

    def result(self) -> Any:
        """The value, or the exception raised."""

    def cancel(self) -> bool:
        """Give up what has not begun."""


class Executor(Protocol):
    """What takes a function and its arguments and gives a future: of the standard library, loky, dask, mpi4py.

    One that has `restart()` is restarted when the death of a worker has broken it.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Begin fn(*args)."""


class Fate(StrEnum):
    """What became of a configuration."""

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Answer:
    """A configuration, its key, what became of it, and the value, or what went wrong in a sentence.

    attempts: how often it was begun; more than once when a worker died in between.
    """

    config: Mapping[str, Any]
    key: str
    fate: Fate
    value: Mapping[str, Any] | None = None
    error: str = ""
    attempts: int = 1

    def __repr__(self) -> str:
        return f"Answer {self.key}: {self.fate}{f', {self.error}' if self.error else ''}"


def key(fn: Callable[..., Any], config: Mapping[str, Any]) -> str:
    """24 digits that stand for a function, a configuration and the code: the sources of `fn` and of the networks.

    Arguments that a partial function holds are no part of it: they say where, not what.
    """
    while isinstance(fn, partial):
        fn = fn.func
    name = f"{fn.__module__}.{fn.__qualname__}"
    text = json.dumps([name, digest_of(fn), digest(), config], sort_keys=True, allow_nan=False)
    return sha256(text.encode()).hexdigest()[:24]


def sweep(
    fn: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    configs: Sequence[Mapping[str, Any]],
    executor: Executor | None = None,
    store: str | os.PathLike[str] | None = None,
    watch: Callable[[Answer], None] | None = None,
    threads: int | None = 1,
) -> tuple[Answer, ...]:
    """fn(config) for each configuration: the answers, in the same order.

    fn: a function at the top level of a module, or a `functools.partial` of one, so that other processes find it; it
    takes a configuration and gives a dictionary, both of what JSON holds. executor: None computes here, one after
    another. store: a folder where each answer is kept as soon as it is there; those of the same key are not computed
    again. watch: called with each answer as it comes. threads: of linear algebra for each call, None for no limit;
    one is right when there are as many calls as cores, and gives the same numbers on every executor.

    A configuration that fails is reported, and the others go on. When a worker dies, all that its pool had not finished
    is begun again in a new one, where the executor can be restarted; when that breaks too, one by one, so that only
    those at which workers die are lost. After a GPU has failed nothing more is begun in this process. On an interrupt
    (Ctrl-C) what has not begun is given up, and reported so.

    Raises ValueError for a function that other processes could not find, and for two configurations that are equal;
    StorageError when the store cannot be written.

    >>> from math import factorial
    >>> sweep(_squared, [{"n": 3}, {"n": 4}])
    (Answer ...: done, Answer ...: done)
    """
    _check_found(fn)
    keys = [key(fn, config) for config in configs]
    for k, each in enumerate(keys):
        if each in keys[:k]:
            raise ValueError(f"configurations {keys.index(each)} and {k} are equal: {configs[k]}")
    folder = None if store is None else Path(store)
    if folder is not None:
        _stored(folder, lambda: folder.mkdir(parents=True, exist_ok=True))
    answers: dict[int, Answer] = {}

    def come(k: int, answer: Answer) -> None:
        answers[k] = answer
        if folder is not None and answer.fate is Fate.DONE:
            _keep(folder, answer)
        if watch is not None:
            watch(answer)

    wanted = []
    for k, config in enumerate(configs):
        value = None if folder is None else _kept(folder, keys[k])
        if value is None:
            wanted.append(k)
        else:
            come(k, Answer(config, keys[k], Fate.SKIPPED, value))
    work = partial(with_threads, fn, threads)
    here = _computed_here if executor is None else partial(_computed_there, executor)
    try:
        for k, answer in here(work, [(k, configs[k], keys[k]) for k in wanted]):
            come(k, answer)
    except KeyboardInterrupt:
        pass
    for k in wanted:
        if k not in answers:
            come(k, Answer(configs[k], keys[k], Fate.INTERRUPTED, None, "interrupted"))
    return tuple(answers[k] for k in range(len(configs)))


Job = tuple[int, Mapping[str, Any], str]


def _computed_here(work: Callable[[Any], Any], jobs: Sequence[Job]) -> Iterator[tuple[int, Answer]]:
    lost = ""
    for k, config, name in jobs:
        if lost:
            yield k, Answer(config, name, Fate.FAILED, None, f"not begun: {lost}")
            continue
        try:
            answer = _answer(config, name, partial(work, config))
        except DeviceError as error:
            lost = _said(error)
            answer = Answer(config, name, Fate.FAILED, None, lost)
        yield k, answer


def _computed_there(
    executor: Executor, work: Callable[[Any], Any], jobs: Sequence[Job]
) -> Iterator[tuple[int, Answer]]:
    restart = getattr(executor, "restart", None)
    lost = yield from _collected(executor, work, jobs, 1)
    if lost and restart is not None:
        restart()
        lost = yield from _collected(executor, work, [job for job, _ in lost], 2)
        for job in [job for job, _ in lost]:
            restart()
            found = yield from _collected(executor, work, [job], 3)
            for (k, config, name), error in found:
                said = f"its process has died at each of 3 attempts ({_said(error)}): is there enough memory?"
                yield k, Answer(config, name, Fate.FAILED, None, said, 3)
        if lost:
            restart()
        return
    for (k, config, name), error in lost:
        yield k, Answer(config, name, Fate.FAILED, None, _said(error))


def _collected(
    executor: Executor, work: Callable[[Any], Any], jobs: Sequence[Job], attempt: int
) -> Generator[tuple[int, Answer], None, list[tuple[Job, Exception]]]:
    """Answers as they come; at the end, what was lost with the executor, and why.

    Futures are asked whether they are done, and nothing else is expected of them.
    """
    waiting: dict[int, tuple[Job, Future]] = {}
    lost: list[tuple[Job, Exception]] = []
    try:
        for job in jobs:
            try:
                waiting[job[0]] = (job, executor.submit(work, job[1]))
            except RuntimeError as error:  # a pool that is broken or shut down
                lost.append((job, error))
        pause = 0.001
        while waiting:
            ready = [k for k, (_, future) in waiting.items() if future.done()]
            for k in ready:
                job, future = waiting.pop(k)
                try:
                    answer = _answer(job[1], job[2], future.result)
                except DeviceError as error:
                    answer = Answer(job[1], job[2], Fate.FAILED, None, _said(error))
                except BrokenExecutor as error:
                    lost.append((job, error))
                    continue
                yield k, replace(answer, attempts=attempt)
            pause = 0.001 if ready else min(2 * pause, LONGEST_WAIT)
            if waiting and not ready:
                sleep(pause)
    finally:
        for _, future in waiting.values():
            future.cancel()
    return lost


def _answer(config: Mapping[str, Any], name: str, compute: Callable[[], Any]) -> Answer:
    try:
        value = compute()
        fault = _unfit(value)
        if not fault:
            return Answer(config, name, Fate.DONE, value)
        return Answer(config, name, Fate.FAILED, None, fault)
    except (BrokenExecutor, DeviceError):  # what fails is not the configuration
        raise
    # Whatever goes wrong in one configuration, of whatever kind, is an answer about it, and no reason to lose the rest.
    except Exception as error:  # noqa: BLE001
        return Answer(config, name, Fate.FAILED, None, _said(error))


def _unfit(value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"the answer is a {type(value).__name__} and no dictionary"
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        return f"the answer cannot be kept as JSON: {error}"
    return ""


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def _keep(folder: Path, answer: Answer) -> None:
    document = {"schema": SCHEMA, "key": answer.key, "config": answer.config, "value": answer.value}
    content = json.dumps(document, indent=2, allow_nan=False).encode()
    _stored(folder, lambda: write_whole(folder / f"{answer.key}.json", content))


def _stored(folder: Path, action: Callable[[], None]) -> None:
    try:
        action()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StorageError(f"cannot keep answers in {folder}: {reason}; the others that are there stay") from error


def _kept(folder: Path, name: str) -> Mapping[str, Any] | None:
    """The value that is kept under this key; None where there is none, or none that can be read."""
    try:
        document = json.loads((folder / f"{name}.json").read_bytes())
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None
    sound = isinstance(document, dict) and document.get("schema") == SCHEMA and document.get("key") == name
    value = document.get("value") if sound else None
    return value if isinstance(value, dict) else None


def _check_found(fn: Callable[..., Any]) -> None:
    while isinstance(fn, partial):
        fn = fn.func
    if "<" in getattr(fn, "__qualname__", "<"):
        raise ValueError(
            f"{getattr(fn, '__qualname__', fn)!r} cannot be found by other processes: "
            "give a function at the top level of a module"
        )


def _squared(config: Mapping[str, Any]) -> dict[str, float]:
    """n², for the example above."""
    square = float(config["n"]) ** 2
    return {"square": square} if isfinite(square) else {}
