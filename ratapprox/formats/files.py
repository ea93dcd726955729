"""Writing files whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise `ValueError`, saying why, unless `write_whole` could write this file now.

    Meant to be asked before long work starts.
    """
    target = Path(os.path.realpath(path))
    shown = os.fspath(path)
    try:
        if target.is_dir():
            raise ValueError(f"cannot write {shown!r}: it is a folder")
        if target.exists() and not target.is_file():
            raise ValueError(f"cannot write {shown!r}: it is not an ordinary file")
        if target.exists() and not os.access(target, os.W_OK):
            raise ValueError(f"cannot write {shown!r}: the file is read-only")
        if len(os.fsencode(target.name)) > 255:
            raise ValueError(f"cannot write {shown[:60]!r}…: the name is too long")
        _create_beside(target)[1].unlink()
    except OSError as error:
        raise ValueError(f"cannot write {shown!r}: {(error.strerror or str(error)).lower()}") from error


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write the file so that at any moment it holds either its old content or all of the new one.

    A symbolic link stays one: the file that it points to is written. Raises `ValueError` when the file cannot be
    written.
    """
    check_writable(path)
    target = Path(os.path.realpath(path))
    try:
        descriptor, draft = _create_beside(target)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                draft.chmod(target.stat().st_mode & 0o7777)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ValueError(f"cannot write {os.fspath(path)!r}: {(error.strerror or str(error)).lower()}") from error


def _create_beside(target: Path) -> tuple[int, Path]:
    draft = target.parent / f".ratapprox-{secrets.token_hex(8)}"
    return os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666), draft
