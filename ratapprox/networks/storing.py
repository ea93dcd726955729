"""Files that are there whole or not at all, whatever happens in between."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["StorageError", "draft_beside", "flush_folder", "write_whole"]


class StorageError(OSError):
    """The disk did not take what was to be kept; the message says what it still holds."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that at any moment it holds its old content or all of the new. Raises OSError."""
    draft = draft_beside(path, content)
    try:
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def draft_beside(path: Path, content: bytes) -> Path:
    """The content in a new file beside the path, on the disk. Raises OSError, and then leaves nothing."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    try:
        with open(draft, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def flush_folder(folder: Path) -> None:
    """Until the folder is flushed, a move may be undone by a loss of power."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
