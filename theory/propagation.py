"""Layer upon layer of RaLU: where signals and gradients vanish, explode, or stay.

Wide random layers with weights N(0, σ_w²/n) and biases N(0, σ_b²) turn a signal of variance q into one of variance
σ_w² E[σ(√q Z)²] + σ_b², Z standard normal. What algebra alone decides stands here, what
needs the values of means in the chapter on gains.
"""

from __future__ import annotations

import sympy

from ratapprox.claims import Evidence, claim, proved
from ratapprox.expressions import pretty, x

from .ralu import RALU, SOURCE, alpha, equal, s

RESISTANT = "In other words, it is unlikely to cause a vanishing/exploding gradient even when layered"
WIDE = "wide layers: the limit of infinitely many units, independent normal weights"
SLOPE = 1 + (alpha - 1) * s * (2 * s - 1)
"""RaLU'(x), s = 1/(x² + 1)."""


# -- far out, and at 0 -------------------------------------------------------------------------------------------------


@claim(
    "propagation.tails",
    "|RaLU'(x) − 1| ≤ |α − 1|/(x² + 1) for every α and x: large inputs pass gradients on as they are",
    source=SOURCE,
    rows=["C6"],
    quotes=[r"It asymptotes to the identity function at $`x \to \pm \infty`$ and the gradient is $1$."],
    mutants=[{"factor": "1/2"}],
)
def tails(factor: str = "1") -> Evidence:
    c = sympy.Rational(factor)
    same = equal(sympy.diff(RALU, x), SLOPE.subs(s, 1 / (x**2 + 1)))
    gap = sympy.factor(c**2 - (2 * s - 1) ** 2)
    least = min(gap.subs(s, 0), gap.subs(s, 1))  # it is concave in s
    return proved(
        same and bool(least >= 0) and bool(sympy.diff(gap, s, 2) < 0),
        f"the slope differs from 1 by (α − 1)·s·(2s − 1), s = 1/(x² + 1), and |2s − 1| ≤ {c} "
        + ("for 0 < s ≤ 1" if least >= 0 else "does not hold for every s from 0 to 1"),
        "RaLU'(x) = 1 + (α − 1)·s·(2s − 1), s = 1/(x² + 1)",
        f"({c})² − (2s − 1)² = {pretty(gap)}, at least {least} for 0 ≤ s ≤ 1",
    )


@claim(
    "propagation.stack_at_zero",
    "A stack of L RaLUs neither shrinks nor stretches small signals",
    source=SOURCE,
    rows=["C6"],
    quotes=[RESISTANT],
    assumptions=["L units one after the other, no weights between them"],
    expected="holds when",
    mutants=[{"shape": "1"}],
)
def stack_at_zero(shape: str = "alpha", layers: int = 3) -> Evidence:
    f = RALU.subs(alpha, sympy.sympify(shape, locals={"alpha": alpha}))
    unit, slope = sympy.cancel(f.subs(x, 0)), sympy.cancel(sympy.diff(f, x).subs(x, 0))
    stack = x
    for _ in range(layers):
        stack = f.subs(x, stack)
    found = sympy.cancel(sympy.diff(stack, x).subs(x, 0))
    if unit != 0 or not equal(found, slope**layers):
        return proved(False, f"the slope of {layers} layers at 0 is {found}, not the power of one of them")
    if slope == 1:
        return proved(True, "the slope at 0 is 1, through any number of layers")
    return proved(
        "holds when",
        "exactly when |α| = 1: at 0 the slope of L layers is αᴸ, which vanishes for |α| < 1 and explodes for |α| > 1",
        f"RaLU(0) = {unit}, RaLU'(0) = {pretty(slope)}; by the chain rule (f∘g)'(0) = f'(0)·g'(0) where g(0) = 0",
        f"{layers} layers, derived: slope {pretty(found)} at 0",
        f"20 layers at α = 9: 9²⁰ = {9**20}",
    )


# -- weights of variance 1/n -------------------------------------------------------------------------------------------


@claim(
    "propagation.plain_weights",
    "With weights of variance 1/n and no biases signals of RaLU layers neither vanish nor explode",
    source=SOURCE,
    rows=["C6"],
    quotes=[RESISTANT],
    assumptions=[WIDE, "α ≥ 0"],
    expected="holds when",
    mutants=[{"shape": "1"}],
)
def plain_weights(shape: str = "alpha") -> Evidence:
    """The variance q goes to E[RaLU(√q Z)²], which has no fixed point but 0 unless α = 1."""
    f = RALU.subs(alpha, sympy.sympify(shape, locals={"alpha": alpha}))
    change = sympy.factor(f**2 - x**2)
    if change == 0:
        return proved(True, "RaLU(x)² = x²: every variance is kept")
    more, less = sympy.Symbol("d", positive=True), sympy.Symbol("a", nonnegative=True)
    up = sympy.factor(change.subs(alpha, 1 + more) / x**2)
    down = sympy.factor(change.subs(alpha, less) / x**2)
    shrinks = equal(down, (less - 1) * (2 * x**2 + less + 1) / (x**2 + 1) ** 2)
    return proved(
        "holds when" if up.is_positive and shrinks else False,
        "exactly when α = 1: for 0 ≤ α < 1 the variance falls to 0, for α > 1 it rises beyond every bound",
        f"RaLU(x)² − x² = {pretty(change)}",
        f"α = 1 + d, d > 0: it is x²·({pretty(up)}) > 0, so the variance rises in every layer",
        f"0 ≤ α = a < 1: it is x²·({pretty(down)}) < 0, so the variance falls in every layer",
        "a limit q > 0 would be a fixed point of the continuous map q ↦ E[RaLU(√q Z)²], and there is none",
    )


@claim(
    "propagation.linear_growth",
    "For α ≥ 1, weights of variance 1/n and no biases the variance of signals grows by at most 2(α − 1) + (α − 1)²/4 a "
    "layer: linearly in depth, not exponentially",
    source="derived here; it is what remains of the description's sentence about explosion",
    rows=["C6"],
    quotes=[RESISTANT],
    assumptions=[WIDE],
    mutants=[{"square": "1/5"}, {"linear": 1}],
)
def linear_growth(square: str = "1/4", linear: int = 2) -> Evidence:
    value = x**2 + 2 * (alpha - 1) * (1 - s) + (alpha - 1) ** 2 * (s - s**2)
    same = equal(value.subs(s, 1 / (x**2 + 1)), RALU**2)
    first = sympy.factor(linear - 2 * (1 - s))  # affine in s
    rest = sympy.factor(sympy.Rational(square) - (s - s**2))
    bounded = first.subs(s, 1) >= 0 and first.subs(s, 0) >= 0 and sympy.discriminant(rest, s) <= 0
    return proved(
        same and bool(bounded),
        f"RaLU(x)² ≤ x² + {linear}(α − 1) + ({square})(α − 1)² "
        + ("for every x and α ≥ 1" if bounded else "does not hold for every x"),
        "RaLU(x)² = x² + 2(α − 1)·(1 − s) + (α − 1)²·(s − s²), s = 1/(x² + 1)",
        f"{linear} − 2(1 − s) = {pretty(first)} ≥ 0" if bounded else f"{linear} − 2(1 − s) = {pretty(first)}",
        f"{square} − (s − s²) = {pretty(rest)}" + (" ≥ 0" if bounded else ""),
    )


# -- weights with the exact gain ---------------------------------------------------------------------------------------


@claim(
    "propagation.exact_gain",
    "With weights of variance 1/(n·E[RaLU(Z)²]) and no biases the variance of signals returns to 1 for 1 < α ≤ 9, "
    "wherever it starts; for 0 ≤ α < 1 it vanishes when it starts below 1 and explodes when it starts above",
    source="derived here; it is what the exact gain does for signals",
    rows=["C6"],
    assumptions=[WIDE],
    mutants=[{"power": 1}, {"last": 10}],
)
def exact_gain(power: int = 2, last: int = 9) -> Evidence:
    """E[σ(√q Z)²]/q = E[Z² (σ/x)²] at x = √q Z: monotone in q as (σ/x)² is in |x|."""
    u = sympy.Symbol("u", positive=True)  # x²
    ratio = sympy.cancel((RALU / x) ** power).subs(x**2, u)
    change = sympy.factor(sympy.diff(ratio, u))
    falls = equal(change, 2 * (1 - alpha) * (u + alpha) / (u + 1) ** 3)
    grown = sympy.factor(sympy.diff((RALU**2).subs(x, sympy.sqrt(u)), u))
    slope = (u + alpha) * (u**2 + (3 - alpha) * u + alpha) / (u + 1) ** 3
    vertex = sympy.factor((u**2 + (3 - alpha) * u + alpha).subs(u, (alpha - 3) / 2))
    concave = sympy.diff(vertex, alpha, 2) < 0
    rises = equal(grown, slope) and concave and all(vertex.subs(alpha, v) >= 0 for v in (3, last))
    if not falls or not rises:
        return proved(
            False, f"d/du = {pretty(change)}; the least value of the factor at α = {last} is {vertex.subs(alpha, last)}"
        )
    return proved(
        True,
        "1 is the only variance that is kept: it attracts for 1 < α ≤ 9 and repels for 0 ≤ α < 1",
        "E[RaLU(√q Z)²]/q = E[Z²·g(qZ²)] with g(u) = ((u + α)/(u + 1))², u = x²",
        f"g'(u) = {pretty(change)}: for α > 1 the ratio falls with q, so smaller q grow and larger ones shrink; "
        "for 0 ≤ α < 1 it rises, the other way round",
        f"d/du RaLU(x)² = {pretty(grown)}, whose second factor is at least α for α ≤ 3 and at least {pretty(vertex)} "
        f"for 3 ≤ α ≤ {last}: E[RaLU(√q Z)²] rises with q, which never jumps over 1",
    )
