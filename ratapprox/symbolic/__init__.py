"""Exact questions about rationals.

certify() proves what is true of one rational against one target, analyse() for which values of its parameters a family
has a property.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ratapprox.forms.form import Form
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.symbolic.analysis import Analysis
from ratapprox.symbolic.asking import answer
from ratapprox.symbolic.certificate import Certificate
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.symbolic.dual_activation import dual, hermite
from ratapprox.symbolic.family_gain import GainFormula, gain_formula
from ratapprox.symbolic.gaussian_moments import Gain, Moments, gain, moments
from ratapprox.symbolic.local import CertifiedBox, certified_ball, decide_at
from ratapprox.symbolic.mean_field import EdgeOfChaos, edge_of_chaos, next_variance, slope_factor
from ratapprox.symbolic.piecewise_proof import prove_pieces, with_outer_pieces
from ratapprox.symbolic.piecewise_question import read_pieces
from ratapprox.symbolic.proof import prove
from ratapprox.symbolic.question import read

if TYPE_CHECKING:
    from ratapprox.activations import Activation
    from ratapprox.algebraic import Algebraic
    from ratapprox.barycentric import Barycentric

__all__ = [
    "Analysis",
    "Certificate",
    "CertifiedBox",
    "EdgeOfChaos",
    "Enclosure",
    "Gain",
    "GainFormula",
    "Moments",
    "analyse",
    "certified_ball",
    "certify",
    "decide_at",
    "dual",
    "edge_of_chaos",
    "gain",
    "gain_formula",
    "hermite",
    "moments",
    "next_variance",
    "slope_factor",
]


def certify(
    rational: Rational | Barycentric | Piecewise | Form,
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

    A `Piecewise`, or a form of the literature through its `function()`, counts with common factors cancelled. Where it
    has several pieces on [a, b], each is judged on its own part, an irrational breakpoint lying inside a bracket of
    rationals on which both of its pieces are enclosed. Its error then bounds no best error, since it is no rational of
    a type: optimal_lower is 0, alternation_needed 0, and `type` must be left out; certificate.type has the largest
    degrees. fit(target, type, on).certificate.optimal_lower is the yardstick, which such a function may well beat.

    rational: p/q, its barycentric form, a Piecewise, or a form. target: a name, an expression in x, or an Activation.
    on: (a, b), finite.
    type: (m, n) in which r is compared with the best; default: the degrees of r after cancellation. weight: w > 0 on
    [a, b], given like a target.

    Raises TypeError for a target that is no expression, ValueError for an empty or infinite interval, a type that does
    not hold r, a target that is undefined on [a, b], a weight with a zero or a pole there.

    Source: exact root counting [BPR06]; Taylor models [MB03]; de la Vallée Poussin [Ach56].

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
    function = rational.function() if isinstance(rational, Form) else rational
    if isinstance(function, Piecewise):
        function = function.exact().reduced().joined()
    if isinstance(function, Piecewise):
        return _judged(function, target, on, type, weight, tolerance)
    return prove(read(function, target, on, type, weight, tolerance))


def _judged(
    function: Piecewise,
    target: Activation | str,
    on: Sequence[float | int | str | Fraction],
    type: Sequence[int] | None,
    weight: Activation | str | None,
    tolerance: float,
) -> Certificate:
    """The certificate of a function with breakpoints; between two of them it is a plain rational."""
    question = read_pieces(function, target, on, None, weight, tolerance)
    if len(question.runs) > 1:
        return prove_pieces(read_pieces(function, target, on, type, weight, tolerance))
    run = question.runs[0]
    piece = Rational(run.p.coeffs() or [0], run.q.coeffs())
    return with_outer_pieces(prove(read(piece, target, on, type, weight, tolerance)), function, question.f)


def analyse(
    family: str | Activation | Rational,
    property: str,
    *,
    parameter: str | None = None,
    on: Sequence[float | int | str | Fraction | Algebraic | None] = (None, None),
    cancelled: bool = False,
    time_limit: float | None = None,
) -> Analysis:
    """For which values of its parameters a family of rational functions has a property, decided exactly.

        {a : for all x in [lo, hi], P(x, a) >= 0}, and the same with > and !=

    The property is written as such statements with polynomials P; the real line of the parameter is cut at the roots of
    leading coefficients, discriminants and resultants; in every open cell one rational value is decided by root
    counting, every cut by closedness, a rational witness or algebra over its number field.

    family: a name, an expression in x and parameters, or an Activation, rational in all of them. property: increasing,
    decreasing, strictly-increasing, strictly-decreasing, positive-slope, pole-free, convex, concave, injective, odd,
    even, bounded, positive, lipschitz:L, range:LO,HI, above:E, below:E, asymptotic:E. on: the closed interval of x,
    None for an infinite end, otherwise exact numbers, algebraic ones too: "sqrt(2)", "(1+sqrt(5))/2", or an `Algebraic`
    of `ratapprox.algebraic`. cancelled: a removable pole, 0/0 as written, is a pole unless this is True; where the two
    readings differ the reason says so. time_limit: seconds, after which the verdict is "unknown".

    The verdict is "region" with one or two parameters, "proved" or "refuted" without. Raises ExpressionError for what
    is not rational, ValueError for an unknown property or parameter, an empty interval, an end that is not algebraic or
    of a degree above 32, a denominator that is zero.

    Source: cylindrical algebraic decomposition [Col75], which with one parameter and rational samples is short.

    Example:
        >>> from ratapprox.symbolic import analyse
        >>> analyse("x*(x**2 + a)/(x**2 + 1)", "increasing")
        Analysis: x*(x**2 + a)/(x**2 + 1), increasing: exactly for 0 <= a <= 9
        >>> analyse("ralu", "lipschitz:1").witnesses[0].says
        "at alpha = 0: f' = 28/25 at x = -2, but must be at most 1"
        >>> analyse("1/(x**2 - a)", "pole-free", on=(0, "sqrt(2)"))
        Analysis: 1/(x**2 - a), pole-free on [0, √2]: exactly for a < 0 or a > 2
        >>> analyse("x**3/(x**2 + 1)", "increasing").verdict
        'proved'
    """
    return answer(family, property, parameter, on, cancelled, time_limit)
