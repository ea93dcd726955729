"""rational_activations' configuration: {"Rational_version_A5/4": {"gelu": {init_w_numerator, init_w_denominator, …}}}.

The key names the form, PAU version A, B, C, D or N, and the degrees. Both lists ascend; the one of the denominator
starts at b_1, in version C at b_0.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ratapprox.formats.importers.entry import CoefficientsError, Entry, Refused
from ratapprox.formats.importers.reading import built, check_degree, check_fields, interval, number, numbers

__all__ = ["FIELDS", "bounds", "read", "recognised", "target"]

_KEY = re.compile(r"Rational_version_([ABCDN])([1-9]?\d)/([1-9]?\d)", re.ASCII)
_PREFIX = "Rational_version_"

FIELDS = ("init_w_numerator", "init_w_denominator")

_TARGETS = {
    "identity": "identity",
    "relu": "relu",
    "leaky_relu": "leaky_relu(0.01)",
    "leaky_relu_0.1": "leaky_relu(0.1)",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "gelu": "gelu",
    "swish": "silu",
    "silu": "silu",
}


def recognised(document: Any) -> bool:
    """Whether a JSON document has a key of this kind."""
    return isinstance(document, dict) and any(name.startswith(_PREFIX) for name in document)


def read(document: Mapping[str, Any], source: str) -> tuple[Entry | Refused, ...]:
    """All entries. A key that names no version is left out with a warning. Raises CoefficientsError for an unknown
    version; an entry that is wrong, as by a list that has not the length of its degree, is refused alone.

    >>> entry = {"init_w_numerator": [0, 1], "init_w_denominator": [0], "ub": 3, "lb": -3}
    >>> read({"Rational_version_A1/1": {"identity": entry}}, "config.json")
    (Entry: A:identity:(1,1) of config.json for identity, pau-a, type (1, 1) on [-3, 3],)
    """
    strays = [key for key in document if not key.startswith(_PREFIX)]
    if strays:
        more = f" and {len(strays) - 1} more name no version and are" if len(strays) > 1 else " names no version and is"
        warnings.warn(f"{source}: the key {strays[0][:40]!r}{more} left out", stacklevel=2)
    found: list[Entry | Refused] = []
    for key, functions in document.items():
        if not key.startswith(_PREFIX):
            continue
        match = _KEY.fullmatch(key)
        if match is None:
            raise CoefficientsError(f"{key[:60]!r} is not {_PREFIX}VM/N with a version V out of A, B, C, D, N")
        if not isinstance(functions, dict):
            raise CoefficientsError(f"{key!r} is no JSON object")
        version, m, n = match[1], int(match[2]), int(match[3])
        for name, value in functions.items():
            try:
                found.append(_entry(value, source, name, version, (m, n)))
            except CoefficientsError as error:
                found.append(Refused(source, f"{version}:{name}:({m},{n})", str(error)))
    if not found:
        raise CoefficientsError(f"its keys {_PREFIX}… hold no entries: name a file that holds some")
    return tuple(found)


def _entry(value: Any, source: str, name: str, version: str, type: tuple[int, int]) -> Entry:
    of = f"{version}:{name}:({type[0]},{type[1]})"
    if not isinstance(value, dict):
        raise CoefficientsError(f"{of} is no JSON object")
    check_fields(value, FIELDS, ("ub", "lb"), of)
    p, b = (numbers(value[field], f"{of}: {field}") for field in FIELDS)
    check_degree(p, type[0], f"{of}: {FIELDS[0]}")
    check_degree(b, type[1], f"{of}: {FIELDS[1]}", constant=version == "C")
    on, remarks = bounds(value, of)
    return Entry(source, of, built(f"pau-{version.lower()}", p, b), target(name), on, type, remarks=remarks)


def bounds(value: Mapping[str, Any], of: str) -> tuple[tuple[Fraction, Fraction] | None, tuple[str, ...]]:
    """The declared interval, and a remark where its ends are exchanged."""
    if "lb" not in value and "ub" not in value:
        return None, ()
    check_fields({k: value[k] for k in ("lb", "ub") if k in value}, ("lb", "ub"), (), of)
    low, high = (number(value[end], f"{of}: {end}") for end in ("lb", "ub"))
    if low > high:
        return interval(high, low, of), (f"the bounds are exchanged: lb = {low} and ub = {high}",)
    return interval(low, high, of), ()


def target(name: str) -> str | None:
    """The function that a name of these files means; None for one that is not known."""
    return _TARGETS.get(name)
