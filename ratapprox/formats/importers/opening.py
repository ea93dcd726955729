"""Opening strangers' files: ordinary ones, of a bounded size, and what their first bytes say that they are."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ratapprox.formats.importers.entry import CoefficientsError

__all__ = ["LARGEST_TEXT", "check_start", "clipped", "decoded", "opened", "read_bytes"]

LARGEST_TEXT = 4_000_000
"""Bytes of a text file: ten thousand sets of coefficients are smaller."""

_NEXT = {
    errno.ENOENT: "; `ratapprox list peers` shows what is known without a file",
    errno.EISDIR: ": name a file in it",
    errno.ENOTDIR: ": check the path",
    errno.ELOOP: ": the link leads back to itself; name the file",
    errno.EACCES: ": make it readable first",
    errno.ENAMETOOLONG: ": check the name",
}
"""What to do about an error of the system."""

_KINDS = {
    stat.S_ISDIR: "is a directory: name a file in it",
    stat.S_ISCHR: "it is a device, not an ordinary file: copy what it gives into a file",
    stat.S_ISBLK: "it is a device, not an ordinary file: copy what it gives into a file",
    stat.S_ISFIFO: "it is a pipe, not an ordinary file: write what it gives into a file",
    stat.S_ISSOCK: "it is a socket, not an ordinary file: write what it gives into a file",
}

_PACKED = (
    (b"\x1f\x8b", "gzip", "gunzip"),
    (b"BZh", "bzip2", "bunzip2"),
    (b"\xfd7zXZ\x00", "xz", "unxz"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unzstd"),
)
_WIDE = ((b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[tuple[BinaryIO, int]]:
    """An ordinary file, open for reading, and its size in bytes; nothing is read of a device or a folder.

    A pipe that is open already, as a shell's <(…) makes it, is allowed; its size is 0. Raises `CoefficientsError`,
    also for errors of the system while it is read.
    """
    shown = clipped(os.fspath(path))
    try:
        found = os.stat(path)
        piped = stat.S_ISFIFO(found.st_mode) and os.fspath(path).startswith(("/dev/", "/proc/"))
        if not stat.S_ISREG(found.st_mode) and not piped:
            kind = next((says for holds, says in _KINDS.items() if holds(found.st_mode)), "it is no ordinary file")
            raise CoefficientsError(f"cannot read {shown!r}: {kind}")
        with Path(path).open("rb") as file:
            yield file, found.st_size
    except OSError as error:
        what = (error.strerror or str(error)).lower()
        raise CoefficientsError(f"cannot read {shown!r}: {what}{_NEXT.get(error.errno or 0, '')}") from error
    except ValueError as error:
        if isinstance(error, CoefficientsError) or "null" not in str(error):
            raise
        raise CoefficientsError("a file's name cannot have a NUL character: check the name") from error


def read_bytes(path: str | os.PathLike[str], most: int = LARGEST_TEXT) -> bytes:
    """The whole file. Raises `CoefficientsError` where it cannot be read, is empty, packed, or larger than `most`."""
    with opened(path) as (file, size):
        raw = file.read(most + 1) if size <= most else b""
    if len(raw) > most or size > most:
        raise CoefficientsError(
            f"{clipped(os.fspath(path))!r} has more than {most / 1e6:g} MB: no list of coefficients is that long;"
            " give the coefficients alone"
        )
    check_start(raw)
    return raw


def check_start(start: bytes) -> None:
    """Raise `CoefficientsError` for the first bytes of a file that is empty, packed, or stands for another.

    >>> check_start(b"")
    Traceback (most recent call last):
    ...
    ratapprox.formats.importers.entry.CoefficientsError: it is empty: write it again, or name another file
    """
    if not start.strip():
        what = "has nothing but white space" if start else "is empty"
        raise CoefficientsError(f"it {what}: write it again, or name another file")
    for magic, name, program in _PACKED:
        if start.startswith(magic):
            raise CoefficientsError(f"it is packed with {name}: unpack it first ({program}) and name the file inside")
    if start.startswith(b"version https://git-lfs"[: max(8, len(start))]):
        raise CoefficientsError("it is a pointer of Git LFS, not the file itself: fetch that first (git lfs pull)")
    if start.lstrip().lower().startswith((b"<!doctype html"[: max(6, len(start.lstrip()))], b"<html")):
        raise CoefficientsError("it is an HTML page, not the file behind it: save the raw file")


def decoded(raw: bytes) -> str:
    """The text of a file in UTF-8, with or without a mark at its start, lines ended by newlines.

    >>> decoded("p,1".encode("utf-8-sig"))
    'p,1'
    """
    wide = next((name for mark, name in _WIDE if raw.startswith(mark)), None)
    if wide is None and len(raw) >= 4:
        wide = {"0101": "UTF-16BE", "1010": "UTF-16LE"}.get("".join(str(int(byte != 0)) for byte in raw[:4]))
    if wide is not None and _decodes(raw, wide):
        raise CoefficientsError(f"it is text in {wide}: save it as UTF-8 (iconv -f {wide} -t UTF-8)")
    if raw.startswith(b"PK\x03\x04"):
        raise CoefficientsError(
            "it is a zip archive: unpack it and name the file inside; a file of torch.save must end in .pt"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CoefficientsError(
            "it is not text in UTF-8, and its name ends in none of .safetensors .pt .onnx: rename it, or save it as"
            " UTF-8"
        ) from error
    if "\0" in text:
        raise CoefficientsError(
            "it has NUL characters, which no text has: write it again, or, where it holds tensors, end its name in"
            " .safetensors, .pt or .onnx"
        )
    if not text.strip():
        raise CoefficientsError("it has nothing but white space: write it again, or name another file")
    return text.replace("\r\n", "\n")


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        return raw.decode(encoding).replace("\n", "").replace("\r", "").replace("\t", "").isprintable()
    except UnicodeDecodeError:
        return False


def clipped(path: str) -> str:
    """A path as messages show it."""
    return path if len(path) <= 200 else f"{path[:100]}…{path[-80:]}"
