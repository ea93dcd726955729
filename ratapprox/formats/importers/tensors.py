"""Tensors of a network's file by their names: which can be coefficients, and their numbers once they are asked for."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ratapprox.formats.importers.entry import CoefficientsError
from ratapprox.formats.importers.reading import MOST_COEFFICIENTS

__all__ = ["MOST_NUMBERS", "PAIRS", "Layer", "Tensor", "layers"]

MOST_NUMBERS = 400_000
PAIRS = ({"numerator", "denominator"}, {"p", "q"}, {"coeffs"})

_NAME = re.compile(
    r"(?P<prefix>(?:.*[./])?)(?P<style>(?:weight_|w_)?)(?P<part>numerator|denominator|p|q|coeffs|stretch|turn)",
    re.ASCII | re.DOTALL,
)
_SHOWN = 3
"""So many of the tensors that are passed by are named."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that is not read yet: its shape; why its type holds no coefficients, or ""; what reads it as float64."""

    shape: tuple[int, ...]
    wrong: str
    load: Callable[[], np.ndarray]

    def numbers(self, name: str) -> Any:
        """Nested lists of its finite numbers, at most `MOST_NUMBERS`; `name` is said in the error."""
        shown = repr(name[:80])
        if self.wrong:
            raise CoefficientsError(f"{shown} {self.wrong}")
        if prod(self.shape) > MOST_NUMBERS:
            raise CoefficientsError(f"{shown} has {prod(self.shape)} numbers; {MOST_NUMBERS} are the most")
        found = self.load().reshape(self.shape)
        if not np.isfinite(found).all():
            raise CoefficientsError(f"{shown} holds NaN or infinity, and only finite numbers are coefficients")
        return found.tolist()


@dataclass(frozen=True, slots=True)
class Layer:
    """Names that differ in their last part alone. parts: the whole name for each last part, as "numerator"."""

    prefix: str
    style: str
    parts: Mapping[str, str]

    @property
    def name(self) -> str:
        """The layer's own name."""
        return self.prefix.rstrip("./") or "activation"


def layers(found: Mapping[str, Tensor], source: str) -> tuple[Layer, ...]:
    """The layers whose parameters are called as coefficients are.

    A p and q, or coeffs, that cannot be coefficients by shape or type, and beside whole pairs a p or q alone, are
    another's tensors: they are passed by with a warning. Raises CoefficientsError where there is nothing else.
    """
    named: dict[tuple[str, str], dict[str, str]] = {}
    for name in found:
        if match := _NAME.fullmatch(name):
            named.setdefault((match["prefix"], match["style"]), {})[match["part"]] = name
    others: list[str] = []
    for parts in named.values():
        for pair in ({"p", "q"}, {"coeffs"}):
            if pair <= parts.keys() and (why := _stranger({part: found[parts[part]] for part in pair}, parts)):
                others.append(why)
                for part in pair:
                    del parts[part]
    whole = any(pair <= parts.keys() for parts in named.values() for pair in PAIRS)
    for parts in named.values():
        half = sorted({"p", "q"} & parts.keys())
        if whole and len(half) == 1:
            others.append(f"{_printable(parts[half[0]])} has no {'q' if half[0] == 'p' else 'p'} beside it")
            del parts[half[0]]
    kept = tuple(Layer(*key, parts) for key, parts in named.items() if parts.keys() - {"stretch", "turn"})
    if others:
        more = f"; and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        says = "; ".join(others[:_SHOWN]) + more
        if not kept:
            raise CoefficientsError(f"none of its tensors can be coefficients: {says}; name a file that holds some")
        warnings.warn(f"{source}: {says}: passed by", stacklevel=2)
    return kept


def _stranger(pair: Mapping[str, Tensor], names: Mapping[str, str]) -> str:
    """Why a pair cannot be coefficients, or ""."""
    for part, tensor in pair.items():
        why = tensor.wrong or _misshapen(tensor.shape, part)
        if why:
            return f"{_printable(names[part])} {why}"
    rows = {shape[0] if len(shape) == 2 else 1 for shape in (tensor.shape for tensor in pair.values())}
    if len(rows - {1}) > 1:
        shapes = " and ".join(str(list(pair[part].shape)) for part in sorted(pair))
        return f"{_printable(names['p'])} and its q have the shapes {shapes}, which do not go together"
    return ""


def _misshapen(shape: tuple[int, ...], part: str) -> str:
    said = f"has the shape {list(shape[:8])}"
    if part == "coeffs":
        return "" if len(shape) == 2 and shape[1] == 2 else f"{said}, not two columns"
    if len(shape) not in (1, 2) or 0 in shape:
        return f"{said}, neither a list of coefficients nor a matrix with such rows"
    if shape[-1] > MOST_COEFFICIENTS:
        return f"{said}, and {MOST_COEFFICIENTS} coefficients are the most that are read"
    return ""


def _printable(name: str) -> str:
    return repr("".join(c if c.isprintable() else ascii(c)[1:-1] for c in name[:80]))
