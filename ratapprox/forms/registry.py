"""The forms by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ratapprox.forms.era import Era
from ratapprox.forms.form import Form
from ratapprox.forms.kat import KatCpu, KatFitted, KatGpu
from ratapprox.forms.pau import PauA, PauB, PauC, PauD, PauN
from ratapprox.forms.two_slope import TwoSlope
from ratapprox.rational import Rational

__all__ = ["FORMS", "Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A form: its name, its formula, what it is in one sentence, and the class of its values."""

    name: str
    formula: str
    sentence: str
    kind: type[Form] | type[Rational]


def _entry(kind: type[Form]) -> Entry:
    return Entry(kind.name, kind.formula, kind.sentence, kind)


_KINDS: tuple[type[Form], ...] = (PauA, PauB, PauC, PauD, PauN, KatFitted, KatGpu, KatCpu, Era, TwoSlope)

_PLAIN = Entry(
    "plain", "p(x)/q(x)", "One rational function by its coefficients, with poles where q vanishes.", Rational
)

FORMS: Mapping[str, Entry] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            *(_entry(kind) for kind in _KINDS),
            _PLAIN,
        )
    }
)
"""Every form by its name, in the order in which they are described."""
