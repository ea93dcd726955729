"""What to take instead of somebody's coefficients: a rational of no more numbers, best of its type, without real poles.

The best rational of a type on an interval may have real poles outside of it. In a network, whose inputs leave every
interval, such a function is worse than a larger error: one of another type is looked for that has no real pole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from ratapprox.activations import Activation
from ratapprox.auditing.optima import Optima
from ratapprox.auditing.value import BETTER, WORSE, Judgement, Replacement
from ratapprox.fitting.result import Fit
from ratapprox.symbolic.piece_shape import poles_on, runs

__all__ = ["replacement", "types_within"]

ROWS = 4
NEAR = 2
"""So many sums m + n are tried, with denominators whose degrees differ by no more than so much."""


def replacement(
    judged: Judgement, target: Activation | None, type: tuple[int, int], optima: Optima
) -> Replacement | None:
    """The best rational of the type where it has no real pole, otherwise one of another type; None for nothing better.

    The other types have no more coefficients and grow no faster at infinity; of those whose best rational has no real
    pole the one with the smallest error is taken, where that is below the audited error. A function that has real poles
    itself may be replaced at a larger error, up to ten times the best. Where there is none, the best of the type is
    returned, with its poles.
    """
    best = None if judged.optimum is None else judged.optimum.fit
    a, b = judged.on
    if best is None or target is None or a is None or b is None or judged.error_upper is None or judged.ratio is None:
        return None
    better = judged.ratio > BETTER
    poles = poles_on(runs(best.rational))
    if not poles:
        return Replacement(best, (), best, ()) if better else None
    bound = judged.error_upper / Decimal(BETTER)
    if judged.portrait.poles_on_reals:
        bound = max(bound, Decimal(best.error) * Decimal(WORSE))
    elif not better:
        return None
    found = _pole_free(target, best, (a, b), optima, bound)
    if found is not None:
        return Replacement(found, (), best, poles)
    return Replacement(best, poles, best, poles) if better else None


def _pole_free(
    target: Activation, best: Fit, on: tuple[Fraction, Fraction], optima: Optima, bound: Decimal
) -> Fit | None:
    """The smallest error up to the bound of a certified rational without a real pole, in the time of one optimum."""
    end = time.monotonic() + optima.time_limit
    found: Fit | None = None
    tried: list[Fit] = [best]
    for m, n in types_within(best.type):
        # a rational of a smaller type is one of the larger type too, and no better than its best
        larger = [fit.error for fit in tried if fit.type[0] >= m and fit.type[1] >= n]
        if time.monotonic() > end or (found is not None and max(larger, default=0.0) >= found.error):
            continue
        fit = optima.of(target, (m, n), on).fit
        if fit is None or fit.certificate is None:
            continue
        tried.append(fit)
        good = fit.certificate.pole_free_on_reals and fit.certificate.error_upper <= bound
        if good and (found is None or fit.error < found.error):
            found = fit
    return found


def types_within(type: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Other types with no more coefficients and no faster growth, the largest first, with even degrees below.

    A denominator of odd degree has a real zero, unless the best rational is one of a lower type.

    >>> list(types_within((5, 4)))
    [(3, 6), (4, 4), (2, 6), (3, 4), (1, 6), (2, 4), (0, 6)]
    """
    m, n = type
    for total in range(m + n, max(m + n - ROWS, -1), -1):
        row = [(total - below, below) for below in range(0, total + 1, 2) if total - 2 * below <= m - n]
        near = [other for other in row if other != type and abs(other[1] - n) <= NEAR]
        yield from sorted(near, key=lambda other: abs(other[1] - n))
