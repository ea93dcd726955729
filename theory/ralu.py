"""RaLU, x(x² + α)/(x² + 1): what its description says of the function, derived.

All of it follows from RaLU(x) = x + (α − 1)x/(x² + 1), whose slope is 1 + (α − 1)s(2s − 1) with s = 1/(x² + 1).
"""

from __future__ import annotations

import sympy

from ratapprox import activation, analyse
from ratapprox.claims import Evidence, claim, proved
from ratapprox.expressions import pretty, x

SOURCE = "RaLU, README, 2025"
alpha = sympy.Symbol("alpha", real=True)
s = sympy.Symbol("s", positive=True)
FAMILY = "x*(x**2 + alpha)/(x**2 + 1)"
RALU = activation(FAMILY).expression
NUMERATOR = x**4 + (3 - alpha) * x**2 + alpha


def equal(left: sympy.Expr, right: sympy.Expr) -> bool:
    """Whether two rational expressions are the same: the numerator of the difference, multiplied out, is 0."""
    above, _ = sympy.fraction(sympy.together(left - right))
    return bool(sympy.expand(above) == 0)


# -- the derivative ----------------------------------------------------------------------------------------------------


@claim(
    "ralu.derivative",
    "RaLU'(x) = (x⁴ + (3 − α)x² + α)/(x² + 1)²",
    source=SOURCE,
    rows=["C1"],
    quotes=[
        r"\text{RaLU}_{\alpha}(x) &= x \frac{x^{2} + \alpha}{x^{2} + 1} \\",
        r"\frac{d}{dx}\text{RaLU}_{\alpha}(x) &= \frac{x^{4} + (3-\alpha)x^{2} + \alpha}{(x^{2} + 1)^{2}}",
    ],
    mutants=[{"middle": 4}, {"power": 1}],
)
def derivative(middle: int = 3, power: int = 2) -> Evidence:
    stated = (x**4 + (middle - alpha) * x**2 + alpha) / (x**2 + 1) ** power
    slope = sympy.diff(RALU, x)
    found = equal(slope, stated)
    return proved(
        found,
        f"the derivative {'is' if found else 'is not'} the stated quotient",
        f"RaLU(x) = {pretty(RALU)}",
        f"RaLU'(x) = {pretty(sympy.factor(slope))}",
        f"RaLU'(x) − stated = {pretty(sympy.factor(slope - stated))}",
    )


@claim(
    "ralu.slope_at_zero",
    "RaLU'(0) = α",
    source=SOURCE,
    rows=["C2"],
    quotes=[r"Gradient is $\alpha$ at $`x=0`$."],
    mutants=[{"at": 1}, {"slope": "2*alpha"}],
)
def slope_at_zero(at: int = 0, slope: str = "alpha") -> Evidence:
    value = sympy.cancel(sympy.diff(RALU, x).subs(x, at))
    return proved(
        equal(value, sympy.sympify(slope, locals={"alpha": alpha})),
        f"the slope at {at} is {pretty(value)}",
        f"RaLU'(x) = {pretty(sympy.factor(sympy.diff(RALU, x)))}",
        f"RaLU'({at}) = {pretty(value)}",
    )


@claim(
    "ralu.identity",
    "RaLU is the identity for α = 1 and for no other α",
    source=SOURCE,
    rows=["C2"],
    quotes=[r"$`\alpha=1`$ gives an indentity function."],
    mutants=[{"value": 0}],
)
def identity(value: int = 1) -> Evidence:
    difference = sympy.factor(RALU - x)
    above, _ = sympy.fraction(difference)
    coefficients = sympy.Poly(above, x).all_coeffs()
    found = sorted(set(sympy.roots(sympy.gcd_list(coefficients), alpha)))
    return proved(
        found == [value],
        f"RaLU(x) − x vanishes for every x exactly for α = {', '.join(map(str, found))}",
        f"RaLU(x) − x = {pretty(difference)}",
        f"its numerator is 0 for every x where {pretty(sympy.gcd_list(coefficients))} = 0",
    )


@claim(
    "ralu.asymptotic",
    "RaLU(x) − x → 0 and RaLU'(x) → 1 as x → ±∞, for every α; |RaLU(x) − x| ≤ |α − 1|/2, with equality at x = ±1",
    source=SOURCE,
    rows=["C2", "C6"],
    quotes=[
        r"It asymptotes to the identity function at $`x \to \pm \infty`$, regardless of $`\alpha`$.",
        r"It asymptotes to the identity function at $`x \to \pm \infty`$ and the gradient is $1$.",
    ],
    mutants=[{"line": "2*x"}, {"bound": "1/3"}],
)
def asymptotic(line: str = "x", bound: str = "1/2") -> Evidence:
    answer = analyse(FAMILY, f"asymptotic:{line}")
    slope = sympy.limit(sympy.diff(RALU, x), x, sympy.oo)
    c = sympy.Rational(bound)
    shape = sympy.factor((RALU - x) / (alpha - 1))
    gap = sympy.factor(c**2 - shape**2)
    largest = equal(shape.subs(x, 1) ** 2, c**2) and equal(gap, (x**2 - 1) ** 2 / (4 * (x**2 + 1) ** 2))
    return proved(
        str(answer.region) == "every alpha" and slope == 1 and largest,
        f"RaLU(x) − ({line}) tends to 0 for {answer.region}, the slope tends to {slope}",
        f"RaLU(x) − x = (α − 1)·({pretty(shape)})",
        f"({pretty(c)})² − ({pretty(shape)})² = {pretty(gap)} ≥ 0, and 0 at x = ±1" if largest else f"{pretty(gap)}",
        f"lim RaLU'(x) = {slope} as x → ∞, and RaLU' is even",
    )


# -- where it increases ------------------------------------------------------------------------------------------------


@claim(
    "ralu.slope_range",
    "For α ≠ 1 the slopes of RaLU fill the interval from α, the slope at 0 alone, to (9 − α)/8, the slope at ±√3 alone",
    source="derived here; it settles what the description says of monotonicity",
    rows=["C3", "C4", "C8"],
    mutants=[{"end": 8}, {"square": 2}],
)
def slope_range(end: int = 9, square: int = 3) -> Evidence:
    slope = sympy.diff(RALU, x)
    shape = 2 * s**2 - s
    same = equal(slope, (1 + (alpha - 1) * shape).subs(s, 1 / (x**2 + 1)))
    (turn,) = sympy.solve(sympy.diff(shape, s), s)
    at = 1 / turn - 1  # x² at that s
    other = sympy.factor(1 + (alpha - 1) * shape.subs(s, turn))
    ends = equal(1 + (alpha - 1) * shape.subs(s, 1), alpha) and equal(other, (end - alpha) / 8)
    deepest = equal(shape - shape.subs(s, turn), 2 * (s - turn) ** 2) and equal(1 - shape, (1 - s) * (1 + 2 * s))
    return proved(
        same and ends and deepest and at == square,
        f"the slopes fill the interval between α and {pretty(other)}, which is the slope where x² = {at}",
        "RaLU'(x) = 1 + (α − 1)·(2s² − s) with s = 1/(x² + 1), which runs over 0 < s ≤ 1",
        f"2s² − s − ({shape.subs(s, turn)}) = 2(s − {turn})² ≥ 0, and 0 at s = {turn} alone, where x² = {at}",
        "1 − (2s² − s) = (1 − s)(1 + 2s) ≥ 0, and 0 at s = 1 alone, where x = 0",
        f"so 2s² − s runs from {shape.subs(s, turn)} to 1, and the slope between α and {pretty(other)}",
    )


@claim(
    "ralu.increasing",
    "RaLU is increasing on the real line exactly for 0 ≤ α ≤ 9",
    source=SOURCE,
    rows=["C3"],
    quotes=[r"$`0 \le \alpha \le 9`$ gives a monotonic increasing function."],
    mutants=[{"lower": -1}, {"upper": 8}, {"upper": 10}],
)
def increasing(lower: int = 0, upper: int = 9) -> Evidence:
    found = analyse(FAMILY, "increasing")
    strict, positive = (analyse(FAMILY, word).region for word in ("strictly-increasing", "positive-slope"))
    stated = f"{lower} <= alpha <= {upper}"
    return proved(
        str(found.region) == stated and str(strict) == stated,
        f"increasing exactly for {found.region}, and strictly for these; the slope is positive exactly for {positive}",
        f"discriminant of t² + (3 − α)t + α in t = x²: {pretty(discriminant_in_square())}",
        *(witness.says for witness in found.witnesses),
        certificate=found.certificate,
    )


def discriminant_in_square() -> sympy.Expr:
    t = sympy.Symbol("t")
    return sympy.factor(sympy.discriminant(t**2 + (3 - alpha) * t + alpha, t))


@claim(
    "ralu.decreasing_somewhere",
    "For every α < 0 RaLU has the slope α < 0 at 0, for every α > 9 the slope −(α − 9)/(α − 1) < 0 at x² = (α − 3)/2",
    source=SOURCE,
    rows=["C3"],
    quotes=[r"It loses its monotonically increasing property when $`\alpha<0`$ or $`\alpha>9`$."],
    mutants=[{"last": 8}, {"sign": 1}],
)
def decreasing_somewhere(last: int = 9, sign: int = -1) -> Evidence:
    slope = sympy.diff(RALU, x)
    beyond = sympy.Symbol("d", positive=True)  # α = 9 + d
    at_zero = sympy.cancel(slope.subs(x, 0))
    low = sympy.factor(slope.subs(x, sympy.sqrt((alpha - 3) / 2)))
    stated = sign * (alpha - last) / (alpha - 1)
    negative = sympy.factor(low.subs(alpha, 9 + beyond)).is_negative
    return proved(
        at_zero == alpha and equal(low, stated) and bool(negative),
        f"the slope is {pretty(at_zero)} at 0, and {pretty(low)} where x² = (α − 3)/2",
        f"RaLU'(0) = {pretty(at_zero)}",
        f"RaLU'(±√((α − 3)/2)) = {pretty(low)}",
        f"for α = 9 + d, d > 0: {pretty(sympy.factor(low.subs(alpha, 9 + beyond)))} < 0",
    )


# -- where the slope is 0 ----------------------------------------------------------------------------------------------


def zeros_of_slope(value: sympy.Expr | int) -> list[sympy.Expr]:
    """The real x with RaLU'(x) = 0, each once: the numerator's real roots, the denominator being at least 1."""
    return sorted(set(sympy.real_roots(sympy.Poly(NUMERATOR.subs(alpha, value), x))))


@claim(
    "ralu.flat_at_zero",
    "For α = 0 the slope is 0 at x = 0 and nowhere else",
    source=SOURCE,
    rows=["C4"],
    quotes=[r"Gradient is $0$ at $`x=0`$ when $`\alpha=0`$."],
    mutants=[{"value": 1}, {"at": 1}],
)
def flat_at_zero(value: int = 0, at: int = 0) -> Evidence:
    roots = zeros_of_slope(value)
    return proved(
        roots == [at],
        f"for α = {value} the slope is 0 exactly at {_listed(roots)}",
        f"numerator: {pretty(sympy.factor(NUMERATOR.subs(alpha, value)))}",
    )


@claim(
    "ralu.flat_at_root_three",
    "For α = 9 the slope is 0 at x = ±√3 and nowhere else",
    source=SOURCE,
    rows=["C4"],
    quotes=[r"Gradient is $0$ at $`x= \pm \sqrt{3}`$ when $`\alpha=9`$."],
    mutants=[{"value": 8}, {"square": 2}],
)
def flat_at_root_three(value: int = 9, square: int = 3) -> Evidence:
    roots = zeros_of_slope(value)
    return proved(
        roots == [-sympy.sqrt(square), sympy.sqrt(square)],
        f"for α = {value} the slope is 0 exactly at {_listed(roots)}",
        f"numerator: {pretty(sympy.factor(NUMERATOR.subs(alpha, value)))}",
    )


def _listed(roots: list[sympy.Expr]) -> str:
    return ", ".join(f"x = {pretty(root)}" for root in roots) or "no x"


# -- smooth, odd, unbounded --------------------------------------------------------------------------------------------


@claim(
    "ralu.smooth",
    "For every α all derivatives of RaLU exist on the whole real line",
    source=SOURCE,
    rows=["C5"],
    quotes=[
        r"It is infinitely differentiable (smooth) for all $x$, for any parameter $\alpha$.",
        "This property means that it can avoid gradient discontinuities",
    ],
    mutants=[{"below": "x**2 - 1"}, {"below": "x**2"}],
)
def smooth(below: str = "x**2 + 1") -> Evidence:
    q, k = sympy.sympify(below, locals={"x": x}), sympy.Symbol("k", positive=True)
    found = analyse(f"x*(x**2 + alpha)/({below})", "pole-free")
    P, Q = sympy.Function("P")(x), sympy.Function("q")(x)
    step = sympy.simplify(sympy.diff(P / Q**k, x) * Q ** (k + 1) - (sympy.diff(P, x) * Q - k * P * sympy.diff(Q, x)))
    return proved(
        str(found.region) == "every alpha" and step == 0,
        f"the denominator has no real zero for {found.region}" + ("" if found.region.ends else ", whatever is derived"),
        f"q = {pretty(q)}",
        "(P/qᵏ)' = (P'·q − k·P·q')/qᵏ⁺¹: each derivative is a polynomial over a power of the same q",
        *(witness.says for witness in found.witnesses),
    )


@claim(
    "ralu.odd",
    "RaLU(−x) = −RaLU(x) for every α, and RaLU(0) = 0",
    source=SOURCE,
    rows=["C5", "C7"],
    quotes=["zero-centred odd function"],
    mutants=[{"below": "x**2 + x + 1"}],
)
def odd(below: str = "x**2 + 1") -> Evidence:
    family = f"x*(x**2 + alpha)/({below})"
    found = analyse(family, "odd")
    return proved(
        str(found.region) == "every alpha",
        f"odd for {found.region}",
        f"RaLU(x) + RaLU(−x) = {pretty(even_part(activation(family).expression))}",
    )


def even_part(expression: sympy.Expr) -> sympy.Expr:
    return sympy.factor(expression + expression.subs(x, -x))


@claim(
    "ralu.onto",
    "For every α RaLU takes every real value",
    source=SOURCE,
    rows=["C5", "C8"],
    quotes=["The output range of RaLU is unlimited (unsaturated)."],
    mutants=[{"leading": 0}],
)
def onto(leading: int = 1) -> Evidence:
    family = f"x*({leading}*x**2 + alpha)/(x**2 + 1)"
    f = activation(family).expression
    limits = [sympy.limit(f, x, end) for end in (-sympy.oo, sympy.oo)]
    bounded, free = analyse(family, "bounded").region, analyse(family, "pole-free").region
    return proved(
        limits == [-sympy.oo, sympy.oo] and str(bounded) == "no alpha" and str(free) == "every alpha",
        f"bounded for {bounded}; its limits are {limits[0]} and {limits[1]}",
        f"lim f(x) = {limits[0]} as x → −∞, lim f(x) = {limits[1]} as x → ∞",
        f"without a pole for {free}: a continuous function takes every value between its limits",
    )
