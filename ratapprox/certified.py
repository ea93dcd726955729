"""Where a fit meets its certificate: the public `fit`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import ROUND_FLOOR, Context
from fractions import Fraction

from ratapprox.activations import Activation
from ratapprox.fitting import best_approximation
from ratapprox.fitting.question import TargetLike
from ratapprox.fitting.result import Fit, Outcome, Step
from ratapprox.symbolic import Certificate, certify

ASKED_GAP = 1e-6
"""A fit is called certified when upper bound and lower bound of the best error agree to this relative gap."""


def fit(
    target: TargetLike,
    type: Sequence[int] = (3, 2),
    on: Sequence[float | int | str | Fraction] = (-1, 1),
    weight: TargetLike | None = None,
    digits: int | None = None,
    *,
    time_limit: float | None = None,
    progress: Callable[[Step], None] | None = None,
) -> Fit:
    """Compute the best uniform rational approximation and prove it.

    Minimises max over [a, b] of w(x)·|f(x) − p(x)/q(x)| over all p of degree ≤ m and q of degree ≤ n without a zero in
    [a, b].

    target: a name (``"gelu"``, ``"leaky_relu(0.2)"``), an expression in x (``"x*sigmoid(1.7*x)"``), an Activation, or
    a Python function of a float array (fitted, never certified). type: (m, n), both ≥ 0. on: (a, b), finite, taken
    exactly. weight: positive on [a, b], given like a target, or ``"relative"`` for 1/|f|. digits: significant digits
    of the error and the coefficients, beyond double precision if wanted. time_limit: seconds, after which the best
    iterate is returned with outcome ``failed``. progress: called with each exchange.

    Returns a :class:`Fit`; its ``outcome`` says how far it may be trusted and ``certificate`` what is proved. Raises
    ValueError or TypeError for a question that has no answer (reversed interval, a pole of f in it, a weight with a
    zero, …).

    Source: existence, uniqueness and alternation [Tre13]; the exchange [FNTB18].

    >>> import ratapprox
    >>> relu = ratapprox.fit("relu", type=(3, 2), on=(-1, 1))
    >>> relu
    Fit of relu, type (3, 2) on [-1, 1]: error 0.0218445, equioscillates on 7 points
    >>> relu.outcome.value
    'certified'
    """
    found = best_approximation(target, type, on, weight, digits, time_limit, progress)
    if not isinstance(found.target, Activation) or not isinstance(found.weight, Activation | None):
        return found
    tolerance = 1e-9 if digits is None else max(10.0 ** -(digits + 1), 1e-300)
    certificate = certify(
        found.rational, found.target, found.on, type=found.type, weight=found.weight, tolerance=tolerance
    )
    return judged(found, certificate)


def judged(found: Fit, certificate: Certificate) -> Fit:
    """The fit with the outcome its certificate allows: the certificate has the last word."""
    if not certificate.pole_free:
        return found.with_certificate(certificate, Outcome.FAILED, "the rational has a pole on the interval")
    if certificate.error_upper == 0:
        return found.with_certificate(certificate, Outcome.CERTIFIED, found.reason)
    if certificate.optimal_lower > 0 and certificate.gap <= ASKED_GAP:
        below = Context(prec=10, rounding=ROUND_FLOOR).plus(certificate.optimal_lower)
        reason = f"proved: no rational of this type has an error below {below.normalize()}"
        proved = found.with_certificate(certificate, Outcome.CERTIFIED, reason)
        sharper = len(certificate.alternation) >= len(found.reference)
        return replace(proved, reference=certificate.alternation) if sharper else proved
    outcome = found.outcome
    if outcome in (Outcome.OPTIMAL, Outcome.DEGENERATE) and certificate.optimal_lower > 0:
        outcome = Outcome.PRECISION_LIMITED
    return found.with_certificate(certificate, outcome, found.reason)
