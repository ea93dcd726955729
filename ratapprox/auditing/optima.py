"""The best error of each question, computed once."""

from __future__ import annotations

from fractions import Fraction

from ratapprox.activations import Activation
from ratapprox.auditing.value import Optimum
from ratapprox.certified import fit

__all__ = ["Optima"]

TRUSTED = {"certified", "optimal", "degenerate", "precision-limited"}
TIME_LIMIT = 20.0

LARGE = 120
"""Of a type with a larger m + n one step of the search alone may take longer than the usual time limit."""

FOR_LARGE = 120.0
"""Seconds that have to be granted for such a type."""


class Optima:
    """Remembers the optimum of every (target, type, interval) that was asked for.

    time_limit: seconds for each, after which it is unknown; between steps of the search only, so that for m + n > 120
    it is not begun below 120 s.

    >>> from ratapprox.activations import activation
    >>> asked = activation("relu"), (2, 2), (Fraction(-1), Fraction(1))
    >>> optima = Optima()
    >>> optima.of(*asked) is optima.of(*asked), float(optima.of(*asked).upper)
    (True, 0.0358983848...)
    """

    def __init__(self, time_limit: float = TIME_LIMIT) -> None:
        self.time_limit = time_limit
        self._known: dict[tuple[str, tuple[int, int], tuple[Fraction, Fraction]], Optimum] = {}

    def of(self, target: Activation, type: tuple[int, int], on: tuple[Fraction, Fraction]) -> Optimum:
        """The optimum of a question."""
        key = str(target.expression), type, on
        if key not in self._known:
            self._known[key] = _optimum(target, type, on, self.time_limit)
        return self._known[key]


def _optimum(target: Activation, type: tuple[int, int], on: tuple[Fraction, Fraction], time_limit: float) -> Optimum:
    if sum(type) > LARGE and time_limit < FOR_LARGE:
        asked = f"a time limit of {FOR_LARGE:g} s or more (--time-limit), not {time_limit:g}"
        return Optimum(None, None, None, f"it is searched only within {asked}")
    try:
        found = fit(target, type=type, on=on, time_limit=time_limit)
    except ValueError as error:
        return Optimum(None, None, None, " ".join(str(error).split()))
    if found.certificate is None or found.outcome.value not in TRUSTED:
        limit = f", within {time_limit:g} s (--time-limit)" if found.seconds >= time_limit else ""
        return Optimum(None, None, None, f"the fit ended {found.outcome.value}{limit}: {found.reason}")
    return Optimum(found.certificate.optimal_lower, found.certificate.error_upper, found)
