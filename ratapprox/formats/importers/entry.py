"""Entry: one rational activation as somebody else published it, with what its source says of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ratapprox.formats.card import end_text
from ratapprox.forms import Form
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational

__all__ = ["CoefficientsError", "Entry", "Refused"]


class CoefficientsError(ValueError):
    """The file holds no coefficients that can be read safely and without guessing."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry, or with the name None a whole file, that cannot be read or judged, and why."""

    source: str
    name: str | None
    reason: str

    def __str__(self) -> str:
        return self.reason if self.name is None else f"{self.name} of {self.source}: {self.reason}"


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """Coefficients from anywhere. What is declared is what the source says; nothing of it has been checked.

    source: the file, or the peer with its commit; name: of the entry within it. form: the value as it is evaluated,
    a plain `Rational` or a form of the literature. target, on: what it approximates and where, None where the source
    does not say. type: (m, n), the degrees that the source declares, or those of the lists. gain: a variance gain that
    is hard-coded in the source. fitted: how the numbers were fitted, where another program evaluates them. remarks:
    what the reader met that cannot be meant, a sentence each.

    >>> Entry("four.json", "relu", Rational([0, 1]), "relu", None, (1, 0))
    Entry: relu of four.json, plain, type (1, 0)
    """

    source: str
    name: str
    form: Form | Rational
    target: str | None
    on: tuple[Fraction, Fraction] | None
    type: tuple[int, int]
    gain: float | None = None
    fitted: Form | Rational | None = None
    remarks: tuple[str, ...] = ()

    @property
    def form_name(self) -> str:
        """The key of the form in `ratapprox.forms.FORMS`."""
        return "plain" if isinstance(self.form, Rational) else self.form.name

    def function(self) -> Rational | Piecewise:
        """The exact function that is evaluated."""
        return self.form.exact() if isinstance(self.form, Rational) else self.form.function()

    def __repr__(self) -> str:
        of = "" if self.target in (None, self.name) else f" for {self.target}"
        where = "" if self.on is None else " on [{}, {}]".format(*map(end_text, self.on))
        m, n = self.type
        return f"Entry: {self.name} of {self.source}{of}, {self.form_name}, type ({m}, {n}){where}"
