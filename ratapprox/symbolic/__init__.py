"""Exact questions about rationals: certify() proves what is true of one rational against one target."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ratapprox.symbolic.certificate import Certificate
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.gaussian_moments import Gain, Moments, gain, moments
from ratapprox.symbolic.proof import prove
from ratapprox.symbolic.question import read

if TYPE_CHECKING:
    from ratapprox.activations import Activation
    from ratapprox.barycentric import Barycentric
    from ratapprox.rational import Rational

__all__ = ["Certificate", "Enclosure", "Gain", "Moments", "certify", "gain", "moments"]


def certify(
    rational: Rational | Barycentric,
    target: Activation | str,
    on: Sequence[float | int | str | Fraction],
    *,
    type: Sequence[int] | None = None,
    weight: Activation | str | None = None,
    tolerance: float = 1e-9,
) -> Certificate:
    """Prove what is true of a rational against a target on an interval, whoever made the rational.

        optimal_lower <= E*(m, n) <= max over [a, b] of w |f - r| <= error_upper

    The coefficients are taken exactly (a float is a dyadic rational). That q has no zero on [a, b] is proved first, by
    exact root counting; then the error is enclosed to the relative width `tolerance`, by exact algebra for piecewise
    rational f, by Taylor models in ball arithmetic otherwise; then alternating errors give the lower bound for every
    rational of type (m, n). A zero of q on [a, b] refutes: the certificate says so and its error_upper is infinite.
    r counts as it is written: where p and q vanish together it is 0/0, which is a zero of q; certify(r.reduced(), ...)
    judges the cancelled function.

    rational: p/q or its barycentric form. target: a name, an expression in x, or an Activation. on: (a, b), finite.
    type: (m, n) in which r is compared with the best; default: the degrees of r after cancellation. weight: w > 0 on
    [a, b], given like a target.

    Raises TypeError for a target that is no expression, ValueError for an empty or infinite interval, a type that does
    not hold r, a target that is undefined on [a, b], a weight with a zero or a pole there.

    Source: exact root counting [BPR06, section 2.2]; Taylor models [MB03]; de la Vallée Poussin [Ach56, section 34].

    Example:
        >>> from ratapprox import Rational, certify
        >>> from fractions import Fraction
        >>> r = Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383])
        >>> c = certify(r, "relu", (-1, 1))
        >>> c
        Certificate: 0.02179999 ≤ E* ≤ ‖f − r‖ ≤ 0.02188698; no pole in [-1, 1]
        >>> c.optimal, c.tails[1]
        (False, ErrorTail: r − f grows like −0.5·x)
    """
    return prove(read(rational, target, on, type, weight, tolerance))
