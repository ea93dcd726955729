"""The init.json of Kolmogorov–Arnold transformers (KAT, FlashKAT): {"gelu": {init_w_numerator, init_w_denominator, …}}.

The same numbers are fitted as version B of the Padé activation unit, evaluated on the GPU as version A, and on the CPU
as a rational without absolute values: `KatFitted`, `KatGpu`, `KatCpu`. What is audited is what is evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ratapprox.formats.importers.entry import CoefficientsError, Entry, Refused
from ratapprox.formats.importers.rational_activations import FIELDS, bounds
from ratapprox.formats.importers.rational_activations import target as shared_target
from ratapprox.formats.importers.reading import built, check_fields, numbers
from ratapprox.forms import KatFitted, PauA

__all__ = ["PROGRAMS", "entries", "read", "recognised"]

PROGRAMS = ("gpu", "cpu")
"""What evaluates the numbers: the GPU kernels, and the path for the CPU."""

_TARGETS = {
    "gelu_old": "gelu",
    "geglu": "x*gelu(x)",
    "swishglu": "x*silu(x)",
    "erfc_Softplus_2": "(1 - erf(softplus(x)))^2",
}

_GAINS = {"gelu": 2.3567850379928976, "swish": 2.8178205270359653}
"""Hard-coded in katransformer.py, for the modes it knows."""

_FITTED_AS_A = frozenset({"identity", "leaky_relu", "leaky_relu_0.1", "tanh", "sigmoid", "relu", "gelu_old", "swish"})
"""Modes whose published numbers are those of rational_activations' version A."""


def recognised(document: Any) -> bool:
    """Whether every value of a JSON document has the two lists."""
    return (
        isinstance(document, dict)
        and bool(document)
        and all(isinstance(value, dict) and FIELDS[0] in value for value in document.values())
    )


def read(document: Mapping[str, Any], source: str, form: str | None = None) -> tuple[Entry | Refused, ...]:
    """Two entries for each mode, as the GPU and as the CPU evaluate it; with a form one, evaluated so. A mode that is
    wrong is refused alone.

    >>> mode = {"init_w_numerator": [0, 1], "init_w_denominator": [-1], "ub": 3, "lb": -3}
    >>> [entry.form_name for entry in read({"gelu": mode}, "init.json")]
    ['kat-gpu', 'kat-cpu']
    """
    found: list[Entry | Refused] = []
    for mode, value in document.items():
        try:
            found += _mode(value, source, mode, form)
        except CoefficientsError as error:
            found.append(Refused(source, mode, str(error)))
    return tuple(found)


def _mode(value: Mapping[str, Any], source: str, mode: str, form: str | None) -> list[Entry]:
    check_fields(value, FIELDS, ("ub", "lb"), mode)
    p, b = (numbers(value[field], f"{mode}: {field}") for field in FIELDS)
    on, remarks = bounds(value, mode)
    target = _TARGETS.get(mode) or shared_target(mode)
    if form is None:
        return entries(source, mode, p, b, target, on, remarks)
    return [Entry(source, mode, built(form, p, b), target, on, (len(p) - 1, len(b)), remarks=remarks)]


def entries(
    source: str, mode: str, p: Any, b: Any, target: str | None, on: Any, remarks: tuple[str, ...] = ()
) -> list[Entry]:
    """The entries of one mode: what each program evaluates, beside what was fitted."""
    if len(p) < 2 or not b:
        raise CoefficientsError(f"{mode}: two numbers of the numerator and one of the denominator are the fewest")
    fitted = PauA(p, b) if mode in _FITTED_AS_A else KatFitted(p, b)
    return [
        Entry(
            source, f"{mode}:{program}", built(f"kat-{program}", p, b), target, on, (len(p) - 1, len(b)),
            gain=_GAINS.get(mode), fitted=fitted, remarks=remarks,
        )
        for program in PROGRAMS
    ]  # fmt: skip
