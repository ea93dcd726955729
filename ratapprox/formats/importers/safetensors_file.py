"""Tensors of a safetensors file: 8 bytes with the length of a JSON header, the header, the numbers.

Only the tensors that are asked for are read, so that the file may be as large as a model is. The layout is checked as
its authors do: offsets without gaps or overlaps, sizes that fit shape and type, nothing behind the last tensor.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from math import prod
from typing import Any, BinaryIO

import numpy as np

from ratapprox.formats.importers.entry import CoefficientsError
from ratapprox.formats.importers.opening import check_start, opened
from ratapprox.formats.importers.reading import json_document
from ratapprox.formats.importers.tensors import Tensor

__all__ = ["tensors"]

LARGEST_HEADER = 16_000_000
_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1, "C64": 8,
}  # fmt: skip
_FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


@contextmanager
def tensors(path: str | os.PathLike[str]) -> Iterator[tuple[Mapping[str, Tensor], Mapping[str, str]]]:
    """The tensors by name, none of which is read yet, and the texts of the metadata.

    Raises CoefficientsError for a file that is truncated or contradicts itself.
    """
    with opened(path) as (file, size):
        start = file.read(8)
        check_start(start)
        length = int.from_bytes(start, "little")
        if size < 8 or not 2 <= length <= min(LARGEST_HEADER, size - 8):
            raise CoefficientsError(
                f"its header of {length} bytes does not fit a file of {size}: it was cut off, or is no safetensors"
                " file; write it again"
            )
        try:
            header = json_document(file.read(length).decode())
        except UnicodeDecodeError as error:
            raise CoefficientsError("its header is not text in UTF-8: it is no safetensors file") from error
        places = _places(header, size - 8 - length)
        yield {name: _tensor(file, 8 + length, place) for name, place in places.items()}, _metadata(header)


def _tensor(file: BinaryIO, begin: int, place: tuple[str, list[int], int, int]) -> Tensor:
    kind, shape, start, end = place
    wrong = "" if kind in _FLOATS else f"is of type {kind}: coefficients are F64, F32, F16 or BF16"
    return Tensor(tuple(shape), wrong, partial(_numbers, file, begin + start, end - start, kind))


def _places(header: Any, size: int) -> Mapping[str, tuple[str, list[int], int, int]]:
    if not isinstance(header, dict):
        raise CoefficientsError("its header is no JSON object")
    found: dict[str, tuple[str, list[int], int, int]] = {}
    for name, value in header.items():
        if name == "__metadata__":
            continue
        if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
            raise CoefficientsError(f"the entry {name[:80]!r} of its header has not just dtype, shape, data_offsets")
        kind, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
        if not isinstance(kind, str) or kind not in _BYTES:
            raise CoefficientsError(f"{name[:80]!r} has the unknown type {str(kind)[:20]!r}")
        if not _sizes(shape) or not _sizes(offsets) or len(offsets) != 2:
            raise CoefficientsError(f"shape and data_offsets of {name[:80]!r} are not lists of sizes")
        if offsets[1] - offsets[0] != prod(shape) * _BYTES[kind]:
            raise CoefficientsError(f"the offsets of {name[:80]!r} do not fit its shape {shape} and type {kind}")
        found[name] = kind, shape, offsets[0], offsets[1]
    end = 0
    for name, (_, _, start, stop) in sorted(found.items(), key=lambda item: item[1][2:]):
        if start != end:
            raise CoefficientsError(f"{name[:80]!r} starts at byte {start}, and the one before ends at {end}")
        end = stop
    if end != size:
        raise CoefficientsError(f"its tensors take {end} bytes, and the file has {size} for them: it is truncated")
    return found


def _metadata(header: Mapping[str, Any]) -> Mapping[str, str]:
    found = header.get("__metadata__", {})
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise CoefficientsError("the metadata in its header are not texts by names")
    return found


def _sizes(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 16 and all(type(n) is int and 0 <= n < 2**48 for n in value)


def _numbers(file: BinaryIO, start: int, length: int, kind: str) -> np.ndarray:
    file.seek(start)
    found = np.frombuffer(file.read(length), _FLOATS[kind])
    if kind == "BF16":
        found = (found.astype(np.uint32) << 16).view(np.float32)
    return found.astype(np.float64)
