"""Tensors of a file of torch.save, read by torch with weights_only=True, which runs no code from the file."""

from __future__ import annotations

import os
import struct
import warnings
import zipfile
from collections.abc import Mapping
from functools import partial
from pickle import UnpicklingError
from typing import Any

from ratapprox.formats.importers.entry import CoefficientsError
from ratapprox.formats.importers.opening import check_start, opened
from ratapprox.formats.importers.tensors import Tensor

__all__ = ["torch_tensors"]

OUR_LAYER = "ratapprox/torch/1"
LARGEST_TORCH = 512_000_000
"""Bytes: torch reads the whole file."""

_PICKLE = b"\x80"
_ZIP = b"PK\x03\x04"


def torch_tensors(path: str | os.PathLike[str], source: str) -> tuple[Mapping[str, Tensor], frozenset[str]]:
    """The tensors of a state dict by name, or of its field "state_dict", and the names of layers that we exported.

    Raises ModuleNotFoundError where torch is not installed, CoefficientsError for what is larger than 512 MB, packed or
    unpacked, and for what is no state dict of plain tensors.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{source!r} is read by torch, which is not installed: install it, or save the parameters as safetensors"
        ) from error

    _check(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the file's version, which is either read or refused
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise CoefficientsError(
            "it holds other Python objects than tensors, which could run code and are not read, or it is damaged:"
            " save the state dict alone, torch.save(model.state_dict(), …)"
        ) from error
    except (
        OSError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, struct.error,
        AssertionError, MemoryError,
    ) as error:  # fmt: skip
        raise CoefficientsError("torch cannot read it: it was cut off or is damaged; save it again") from error
    if isinstance(loaded, dict) and "state_dict" in loaded:
        loaded = loaded["state_dict"]
    if not isinstance(loaded, dict):
        raise CoefficientsError(
            f"it holds a {type(loaded).__name__}, not the parameters of a network by name: save the state dict,"
            " torch.save(model.state_dict(), …)"
        )
    floats = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
    found = {
        name: _tensor(value, floats, torch)
        for name, value in loaded.items()
        if isinstance(name, str) and isinstance(value, torch.Tensor)
    }
    return found, _our_layers(getattr(loaded, "_metadata", None))


def _our_layers(metadata: object) -> frozenset[str]:
    """The names of the layers whose class is one of ours: torch keeps a version of each class beside the state."""
    if not isinstance(metadata, Mapping):
        return frozenset()
    return frozenset(
        name
        for name, said in metadata.items()
        if isinstance(name, str) and isinstance(said, Mapping) and said.get("version") == OUR_LAYER
    )


def _check(path: str | os.PathLike[str]) -> None:
    """Before torch reads it: an ordinary file of a bounded size that begins as files of torch.save do."""
    with opened(path) as (file, size):
        if size > LARGEST_TORCH:
            raise CoefficientsError(_large(size))
        start = file.read(64)
        check_start(start)
        if not start.startswith((_PICKLE, _ZIP)):
            raise CoefficientsError(
                "it does not begin as a file of torch.save does: it is damaged, or of another format and misnamed;"
                " save it again"
            )
        if start.startswith(_ZIP):
            file.seek(0)
            try:
                with zipfile.ZipFile(file) as archive:
                    size = sum(each.file_size for each in archive.infolist())
            except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
                raise CoefficientsError("it was cut off or is damaged, as an archive: save it again") from error
            if size > LARGEST_TORCH:
                raise CoefficientsError(_large(size))


def _large(size: int) -> str:
    return (
        f"it has {size / 1e6:.0f} MB, and torch would read all of it; {LARGEST_TORCH / 1e6:g} are the most: save the"
        " coefficients alone, or all of it as safetensors, of which only the coefficients are read"
    )


def _tensor(value: Any, floats: tuple[Any, ...], torch: Any) -> Tensor:
    plain = not value.is_nested and value.layout is torch.strided and not value.is_meta and value.dtype in floats
    wrong = "" if plain else "is no dense tensor of float64, float32, float16 or bfloat16 with its numbers"
    return Tensor(() if value.is_nested else tuple(value.shape), wrong, partial(_numbers, value, torch))


def _numbers(value: Any, torch: Any) -> Any:
    return value.detach().to(torch.float64).resolve_neg().numpy()
