"""One process at a time in a folder: a lock that the system takes back when its holder ends, however it ends."""

from __future__ import annotations

import errno
import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

__all__ = ["Lock", "LockedError", "lock"]

REFUSED = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}


class LockedError(ValueError):
    """Another process holds the lock; the message says which."""


class Lock(NamedTuple):
    """release gives the lock back. stale: who held it and ended without giving it back, in a sentence, or nothing."""

    release: Callable[[], None]
    stale: str


def lock(path: Path) -> Lock:
    """Hold the file, which says by whom it is held: process, host, since when.

    What counts is the lock of the system on the open file, not that the file is there: that of a process which was
    killed is gone with it, even where another process has its number by now.

    Raises LockedError where another process, or another run of this one, holds it; OSError where the file cannot be
    written, or its file system has no locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _seize(descriptor)
        before = _holder(os.read(descriptor, 4096))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        _write(descriptor, json.dumps({"pid": os.getpid(), "host": platform.node(), "since": now}).encode())
    except OSError as error:
        held = _holder(os.read(descriptor, 4096)) or "another process"
        os.close(descriptor)
        if error.errno in REFUSED:
            raise LockedError(f"{path.parent} is in use by {held}: wait for it, or give another folder") from error
        raise
    stale = f"{before} has ended without giving {path} back: its lock is taken over" if before else ""

    def release(holder: int = os.getpid()) -> None:
        if os.getpid() == holder:  # and not a child that was forked from it
            _write(descriptor, b"")
        os.close(descriptor)

    return Lock(release, stale)


def _write(descriptor: int, content: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, content)


def _holder(content: bytes) -> str:
    """The process that has written its name there; nothing where none has."""
    try:
        document = json.loads(content)
        return f"process {document['pid']} on {document['host']} (since {document['since']})"
    except (ValueError, KeyError, TypeError):
        return ""


if sys.platform == "win32":
    import msvcrt

    def _seize(descriptor: int) -> None:
        """A byte far behind the content is locked, so that others can read who holds it."""
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _seize(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
