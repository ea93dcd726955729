"""Coefficients in the parameters of a network, safetensors or torch, found by their names.

"numerator" and "denominator"                  a Padé activation unit; its version has to be said. A layer that
                                               ratapprox exported: the state says so itself, where torch saved it
"weight_numerator" and "weight_denominator"    KAT: one row of the denominator for each group
"w_numerator" and "w_denominator"              ERA
"p" and "q"                                    a plain rational; its order has to be said
"coeffs" with two columns                      RationalNets' module for PyTorch, descending

A part without its counterpart, and two pairs at one place, are refused. A p and q that cannot be coefficients by shape
or type, and a p or q alone beside whole pairs, are passed by with a warning: nothing is left out silently.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from ratapprox.formats.importers.entry import CoefficientsError, Entry, Refused
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
from ratapprox.formats.importers.safetensors_file import tensors
from ratapprox.formats.importers.tensors import PAIRS, Layer, Tensor, layers
from ratapprox.formats.importers.torch_file import torch_tensors
from ratapprox.forms import FORMS

__all__ = ["read_safetensors", "read_torch"]

OURS = "ratapprox/safetensors/1"
MOST_IN_ALL = 4_000_000
"""Numbers of all tensors that are called as coefficients are."""
_FORMS = {"weight_": ("kat-fitted", "kat-gpu", "kat-cpu"), "w_": ("era",)}
"""The forms that numbers under such names can have."""


def read_safetensors(
    path: str | os.PathLike[str], source: str, form: str | None = None, order: str | None = None
) -> tuple[Entry | Refused, ...]:
    """The entries of all layers whose parameters have such names; a layer that is wrong is refused alone.

    A file of ours says itself that its denominator starts with a 1 that is left out.
    """
    with tensors(path) as (found, metadata):
        if metadata.get("schema") == OURS:
            if form is not None or order is not None:
                raise CoefficientsError("this file says its form and order itself: leave them out")
            return (_ours(found, metadata, source),)
        return _entries(found, source, form, order)


def _ours(found: Mapping[str, Tensor], metadata: Mapping[str, str], source: str) -> Entry:
    """p and 1, b_1, …, with the question that the metadata name."""
    if set(found) != {"numerator", "denominator"}:
        raise CoefficientsError(f"a file of {OURS} holds numerator and denominator")
    p, b = (found[part].numbers(part) for part in ("numerator", "denominator"))
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
) -> tuple[Entry | Refused, ...]:
    """The same from a file of torch.save. Raises ModuleNotFoundError where torch is not installed."""
    found, ours = torch_tensors(path, source)
    return _entries(found, source, form, order, ours)


def _entries(
    found: Mapping[str, Tensor],
    source: str,
    form: str | None,
    order: str | None,
    ours: frozenset[str] = frozenset(),
) -> tuple[Entry | Refused, ...]:
    entries: list[Entry | Refused] = []
    total = 0
    for layer in layers(found, source):
        total += sum(prod(found[name].shape) for name in layer.parts.values())
        try:
            entries += _read(layer, found, source, form, order, ours)
        except CoefficientsError as error:
            entries.append(Refused(source, layer.name, str(error)))
        if len(entries) > MOST_ENTRIES or total > MOST_IN_ALL:
            raise CoefficientsError(
                f"it has more than {MOST_ENTRIES} entries or {MOST_IN_ALL} numbers, the most that are read: save some"
                " of its layers alone"
            )
    if not entries:
        raise CoefficientsError(
            f"it has {_counted(found)}, and no parameters named numerator and denominator, weight_numerator and"
            " weight_denominator, p and q"
        )
    return tuple(entries)


def _counted(found: Mapping[str, Tensor]) -> str:
    if not found:
        return "no tensors"
    names = ", ".join(repr(name[:40]) for name in list(found)[:3])
    return f"{len(found)} tensor{'s' if len(found) > 1 else ''} ({names}{', …' if len(found) > 3 else ''})"


def _read(
    layer: Layer,
    found: Mapping[str, Tensor],
    source: str,
    form: str | None,
    order: str | None,
    ours: frozenset[str],
) -> list[Entry]:
    pair = _pair(layer.parts, layer.name, layer.style)
    values = [found[layer.parts[part]].numbers(layer.parts[part]) for part in pair]
    if pair == ["numerator", "denominator"] and layer.parts["numerator"].rpartition(".")[0] in ours and not layer.style:
        _agrees(layer.name, "form", form, ("plain",))
        _agrees(layer.name, "order", order, ("ascending",))
        rows = values[1] if values[1] and isinstance(values[1][0], list) else [values[1]]
        below = [[1.0, *(numbers(row, layer.name) if row else [])] for row in rows]
        return _layer([values[0], below], pair, source, layer.name, "plain", "ascending", layer.style)
    if pair != ["coeffs"]:
        return _layer(values, pair, source, layer.name, form, order, layer.style)
    _agrees(layer.name, "form", form, ("plain",))
    _agrees(layer.name, "order", order, ("descending",))
    p, q = columns(values[0])
    return [Entry(source, layer.name, plain(p[::-1], q[::-1]), None, None, (len(p) - 1, len(q) - 1))]


def _pair(parts: Mapping[str, Any], layer: str, style: str) -> list[str]:
    """The names of the numerator and the denominator, or ["coeffs"]."""
    if {"stretch", "turn"} & parts.keys():
        raise CoefficientsError(
            f"{layer}: numerator, stretch and turn are the trained parameters of a layer that ratapprox exported with"
            " the safe denominator; its q is computed from them: save the p and q that it evaluates, or export it with"
            " denominator=plain and train that"
        )
    begun = [pair for pair in PAIRS if pair & parts.keys()]
    if len(begun) > 1:
        raise CoefficientsError(f"{layer}: it is not clear which are its numbers: {', '.join(sorted(parts))}")
    if missing := sorted(begun[0] - parts.keys()):
        (there,) = begun[0] & parts.keys()
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
