"""Coefficients in the parameters of a network, safetensors or torch, found by their names.

"numerator" and "denominator"                  a Padé activation unit; its version has to be said. A layer that
                                               ratapprox exported: the state says so itself, where torch saved it
"weight_numerator" and "weight_denominator"    KAT: one row of the denominator for each group
"w_numerator" and "w_denominator"              ERA
"p" and "q"                                    a plain rational; its order has to be said
"coeffs" with two columns                      RationalNets' module for PyTorch, descending

A part without its counterpart, and two pairs at one place, are refused; a p or q alone beside whole pairs is passed by
with a warning: nothing is left out silently.
"""

from __future__ import annotations

import os
import re
import struct
import warnings
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from ratapprox.formats.importers.entry import CoefficientsError, Entry
from ratapprox.formats.importers.kat import PROGRAMS
from ratapprox.formats.importers.plain import declared_type, in_order
from ratapprox.formats.importers.rationalnets import columns
from ratapprox.formats.importers.reading import (
    MOST_ENTRIES,
    built,
    interval_text,
    json_document,
    numbers,
    plain,
    unclear,
)
from ratapprox.formats.importers.safetensors_file import MOST_NUMBERS, read_tensors
from ratapprox.forms import FORMS

__all__ = ["read_safetensors", "read_torch"]

OURS = "ratapprox/safetensors/1"
OUR_LAYER = "ratapprox/torch/1"
LARGEST_TORCH = 2_000_000_000
_NAME = re.compile(
    r"(?P<prefix>(?:.*[./])?)(?P<style>(?:weight_|w_)?)(?P<part>numerator|denominator|p|q|coeffs|stretch|turn)",
    re.ASCII | re.DOTALL,
)
_PAIRS = ({"numerator", "denominator"}, {"p", "q"}, {"coeffs"})
_FORMS = {"weight_": ("kat-fitted", "kat-gpu", "kat-cpu"), "w_": ("era",)}
"""The forms that numbers under such names can have."""


def read_safetensors(
    path: str | os.PathLike[str], source: str, form: str | None = None, order: str | None = None
) -> tuple[Entry, ...]:
    """The entries of all layers whose parameters have such names.

    A file of ours says itself that its denominator starts with a 1 that is left out.
    """
    found, metadata = read_tensors(path, lambda names: _wanted(names, source))
    if metadata.get("schema") == OURS:
        if form is not None or order is not None:
            raise CoefficientsError("this file says its form and order itself: leave them out")
        return (_ours(found, metadata, source),)
    return _entries(found, source, form, order)


def _wanted(names: Iterable[str], source: str) -> Set[str]:
    """The names of coefficients. Where some are whole, a p without a q, or a q without a p, is another's tensor and is
    passed by with a warning."""
    layers: dict[tuple[str, str], dict[str, str]] = {}
    for name in names:
        if match := _NAME.fullmatch(name):
            layers.setdefault((match["prefix"], match["style"]), {})[match["part"]] = name
    whole = any(pair <= parts.keys() for parts in layers.values() for pair in _PAIRS)
    found = set()
    for parts in layers.values():
        half = {"p", "q"} & parts.keys()
        if whole and len(half) == 1:
            (part,) = half
            shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in parts[part][:80])
            other = "q" if part == "p" else "p"
            warnings.warn(f"{source}: {shown!r} has no {other} beside it and is passed by", stacklevel=2)
            del parts[part]
        found |= set(parts.values())
    return found


def _ours(found: Mapping[str, Any], metadata: Mapping[str, str], source: str) -> Entry:
    """p and 1, b_1, …, with the question that the metadata name."""
    if set(found) != {"numerator", "denominator"}:
        raise CoefficientsError(f"a file of {OURS} holds numerator and denominator")
    p, b = (found[part] for part in ("numerator", "denominator"))
    p, q = numbers(p, "numerator"), [1.0, *(numbers(b, "denominator") if b else [])]
    document = {name: json_document(metadata[name]) for name in ("type", "interval") if name in metadata}
    on = document.get("interval")
    if on is not None and not (isinstance(on, list) and len(on) == 2 and all(isinstance(end, str) for end in on)):
        raise CoefficientsError("its interval is not two ends")
    degrees = declared_type(document, p, q)
    name = metadata.get("name", "activation")
    ends = None if on is None else interval_text(on[0], on[1])
    return Entry(source, name, plain(p, q), metadata.get("target"), ends, degrees)


def read_torch(
    path: str | os.PathLike[str], source: str, form: str | None = None, order: str | None = None
) -> tuple[Entry, ...]:
    """The same from a file of torch.save, read by torch with weights_only=True, which runs no code from the file.

    Raises ModuleNotFoundError where torch is not installed.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{source!r} is read by torch, which is not installed: install it, or save the parameters as safetensors"
        ) from error
    from pickle import UnpicklingError

    try:
        if Path(path).stat().st_size > LARGEST_TORCH:
            raise CoefficientsError(f"it has more than {LARGEST_TORCH / 1e9:g} GB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the file's version, which is either read or refused
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except CoefficientsError:
        raise
    except OSError as error:
        raise CoefficientsError(f"cannot read {os.fspath(path)!r}: {(error.strerror or str(error)).lower()}") from error
    except (
        UnpicklingError,
        RuntimeError,
        EOFError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        struct.error,
        AssertionError,
    ) as error:
        raise CoefficientsError(
            f"torch does not read it as plain tensors ({' '.join(str(error).split())[:120]})"
        ) from error
    if isinstance(loaded, dict) and "state_dict" in loaded:
        loaded = loaded["state_dict"]
    if not isinstance(loaded, dict):
        raise CoefficientsError(f"it holds a {type(loaded).__name__}, not the parameters of a network")
    floats = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
    found = {}
    named = {name: value for name, value in loaded.items() if isinstance(name, str)}
    tensors = {name: value for name, value in named.items() if isinstance(value, torch.Tensor)}
    chosen = _wanted(tensors, source)
    for name, value in tensors.items():
        if name in chosen:
            if value.is_nested or value.layout is not torch.strided or value.is_meta or value.dtype not in floats:
                raise CoefficientsError(
                    f"{name[:80]!r} is no dense tensor of float64, float32, float16 or bfloat16 with its numbers"
                )
            if value.numel() > MOST_NUMBERS:
                raise CoefficientsError(f"{name[:80]!r} has {value.numel()} numbers; {MOST_NUMBERS} are the most")
            if not bool(torch.isfinite(value).all()):
                raise CoefficientsError(f"{name[:80]!r} holds NaN or infinity")
            found[name] = value.to(torch.float64).tolist()
    return _entries(found, source, form, order, _our_layers(getattr(loaded, "_metadata", None)))


def _our_layers(metadata: object) -> frozenset[str]:
    """The names of the layers whose class is one of ours: torch keeps a version of each class beside the state."""
    if not isinstance(metadata, Mapping):
        return frozenset()
    return frozenset(
        name
        for name, said in metadata.items()
        if isinstance(name, str) and isinstance(said, Mapping) and said.get("version") == OUR_LAYER
    )


def _entries(
    found: Mapping[str, Any],
    source: str,
    form: str | None,
    order: str | None,
    ours: frozenset[str] = frozenset(),
) -> tuple[Entry, ...]:
    layers: dict[tuple[str, str], dict[str, Any]] = {}
    for name, value in found.items():
        match = _NAME.fullmatch(name)
        assert match is not None
        layers.setdefault((match["prefix"], match["style"]), {})[match["part"]] = value
    entries: list[Entry] = []
    for (prefix, style), parts in layers.items():
        layer = prefix.rstrip("./") or "activation"
        if not parts.keys() - {"stretch", "turn"}:  # names of other layers too, without a numerator
            continue
        pair = _pair(parts, layer, style)
        if prefix.rstrip(".") in ours and pair == ["numerator", "denominator"] and not style:
            _agrees(layer, "form", form, ("plain",))
            _agrees(layer, "order", order, ("ascending",))
            rows = parts["denominator"]
            rows = rows if rows and isinstance(rows[0], list) else [rows]
            below = [[1.0, *(numbers(row, layer) if row else [])] for row in rows]
            entries += _layer([parts["numerator"], below], pair, source, layer, "plain", "ascending", style)
        elif pair == ["coeffs"]:
            _agrees(layer, "form", form, ("plain",))
            _agrees(layer, "order", order, ("descending",))
            p, q = columns(parts["coeffs"])
            value = plain(p[::-1], q[::-1])
            entries.append(Entry(source, layer, value, None, None, (len(p) - 1, len(q) - 1)))
        else:
            entries += _layer([parts[part] for part in pair], pair, source, layer, form, order, style)
        if len(entries) > MOST_ENTRIES:
            raise CoefficientsError(f"it has more than {MOST_ENTRIES} entries, the most that are read")
    if not entries:
        raise CoefficientsError(
            "it has no parameters named numerator and denominator, weight_numerator and weight_denominator, p and q"
        )
    return tuple(entries)


def _pair(parts: Mapping[str, Any], layer: str, style: str) -> list[str]:
    """The names of the numerator and the denominator, or ["coeffs"]."""
    if {"stretch", "turn"} & parts.keys():
        raise CoefficientsError(
            f"{layer}: numerator, stretch and turn are the trained parameters of a layer that ratapprox exported with"
            " the safe denominator; its q is computed from them: save the p and q that it evaluates, or export it with"
            " denominator=plain and train that"
        )
    begun = [pair for pair in _PAIRS if pair & parts.keys()]
    if len(begun) > 1:
        raise CoefficientsError(f"{layer}: it is not clear which are its numbers: {', '.join(sorted(parts))}")
    if missing := sorted(begun[0] - parts.keys()):
        (there,) = parts
        raise CoefficientsError(f"{layer}: it has {style}{there} and no {style}{missing[0]}")
    return sorted(begun[0], key=["numerator", "denominator", "p", "q", "coeffs"].index)


def _agrees(layer: str, what: str, asked: str | None, allowed: Sequence[str]) -> None:
    """What is asked for is one of the things that the names of the parameters allow."""
    if asked is not None and asked not in allowed:
        shown = ", ".join(f"{each}, {FORMS[each].formula}" if what == "form" else each for each in allowed)
        choices = f"give one of: {shown}" if allowed else "leave it out"
        raise CoefficientsError(f"{layer}: the {what} of these parameters cannot be {asked}: {choices}")


def _layer(
    values: Sequence[Any],
    names: Sequence[str],
    source: str,
    layer: str,
    form: str | None,
    order: str | None,
    style: str,
) -> list[Entry]:
    if style in _FORMS:
        _agrees(layer, "form", form, _FORMS[style])
        _agrees(layer, "order", order, () if style == "w_" else ("ascending",))
    chosen = form or ("plain" if names == ["p", "q"] else "era" if style == "w_" else None)
    if chosen == "era":
        _agrees(layer, "order", order, ())  # its parameters are no powers
    if chosen is None and style != "weight_":
        raise unclear()
    forms = [chosen] if chosen is not None else [f"kat-{program}" for program in PROGRAMS]
    above, below = (_rows(value, layer) for value in values)
    count = max(len(above), len(below))
    if {len(above), len(below)} - {1, count}:
        raise CoefficientsError(f"{layer}: {len(above)} numerators and {len(below)} denominators do not go together")
    groups = [(above[k % len(above)], below[k % len(below)]) for k in range(count)]
    if all(group == groups[0] for group in groups):
        groups = groups[:1]
    entries = []
    for k, (p, b) in enumerate(groups):
        if chosen == "plain" or order is not None:
            p, b = in_order(p, order), in_order(b, order)
        for each in forms:
            value = built(each, p, b)
            group = f"{layer}[{k}]" if len(groups) > 1 else layer
            name = group if len(forms) == 1 else f"{group}:{each.removeprefix('kat-')}"
            constant = each in ("plain", "pau-c")
            degrees = (len(b) + 1, len(b)) if each == "era" else (len(p) - 1, len(b) - constant)
            entries.append(Entry(source, name, value, None, None, degrees))
    return entries


def _rows(value: Any, layer: str) -> list[list[Any]]:
    """A vector as one row, a matrix by its rows."""
    if isinstance(value, list) and value and all(isinstance(row, list) for row in value):
        if len(value) > MOST_ENTRIES:
            raise CoefficientsError(f"{layer} has {len(value)} groups; {MOST_ENTRIES} are the most")
        return [numbers(row, layer) for row in value]
    return [numbers(value, layer)]
