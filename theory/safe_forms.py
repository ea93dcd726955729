"""What denominators that are safe by their form can represent, and what no rational can: two different slopes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy
from flint import fmpq, fmpq_poly, fmpz_poly

from ratapprox import PauA, PauB, Rational, TwoSlope, fit
from ratapprox.claims import Evidence, certified, claim, proved
from ratapprox.sturm import has_real_root

OURS = "derived here"
x = sympy.symbols("x", real=True)


# -- tails


@claim(
    "safe_forms.equal_slopes",
    "a rational p/q with deg p ≤ n + 1 and deg q = n has the same slope p_{n+1}/q_n at −∞ and +∞, for n = 0 … 6",
    source=OURS,
    mutants=[{"above": 2}],
)
def equal_slopes(above: int = 1, most: int = 6) -> Evidence:
    steps, apart = [], []
    for n in range(most + 1):
        p, q = (sympy.symbols(f"{name}:{count}", real=True) for name, count in (("p", n + above + 1), ("q", n + 1)))
        # p(x)/(x q(x)) in y = 1/x, whose value at y = 0 is the slope at both ends, because it is continuous there
        y = sympy.symbols("y")
        P = sum(c * y ** (n + above - k) for k, c in enumerate(p))
        Q = sum(c * y ** (n + above - (k + 1)) for k, c in enumerate(q))
        at_zero = sympy.cancel(P / Q)
        below = sympy.denom(at_zero).subs(y, 0)
        if below == 0:
            apart.append(n)
            continue
        slope = sympy.simplify(sympy.numer(at_zero).subs(y, 0) / below)
        steps.append(f"n = {n}: r(x)/x → {slope}")
        apart += [] if slope == p[n + above] / q[n] else [n]
    return proved(
        not apart,
        "r(x)/x is a rational function of 1/x that is continuous at 0: one limit from both sides"
        if not apart
        else f"r(x)/x has a pole in 1/x = 0 for n = {apart}: no slope at all",
        *steps,
    )


@claim(
    "safe_forms.no_rational_is_relu_on_both_sides",
    "no rational function, of whatever type, is asymptotic to ReLU at both −∞ and +∞",
    source=OURS,
    mutants=[{"left": 1}],
)
def no_rational_is_relu_on_both_sides(left: int = 0, right: int = 1) -> Evidence:
    c = sympy.symbols("c", nonzero=True, real=True)
    # r(x) ~ c x^d with d the difference of the degrees: the slopes of r at both ends, where they are finite
    slopes = {}
    for d in range(-3, 5):
        ends = [sympy.limit(sympy.Abs(x) ** (d - 1), x, end) for end in (-sympy.oo, sympy.oo)]
        signs = (sympy.Integer(-1) ** (d - 1), sympy.Integer(1))
        slopes[d] = [sympy.oo if size == sympy.oo else c * sign * size for size, sign in zip(ends, signs, strict=True)]
    finite = {d: pair for d, pair in slopes.items() if sympy.oo not in pair}
    same = all(low == high for low, high in finite.values())
    return proved(
        same and left != right,
        f"finite slopes are equal, and {left} and {right} are not" if left != right else "these slopes are equal",
        *(f"r ~ c x^{d}: slopes {low} and {high}" for d, (low, high) in slopes.items()),
        "d < −3 and d > 4 are as −3 and 4",
    )


@claim(
    "safe_forms.pau_slopes",
    "p/q with q = 1 + Σ |b_k||x|^k (PAU A) or 1 + |Σ b_k x^k| (PAU B), deg p = n + 1, deg q = n ≥ 1, has the slopes"
    " (−1)ⁿ p_{n+1}/|b_n| at −∞ and p_{n+1}/|b_n| at +∞: of one size, so never ReLU's 0 and 1",
    source=OURS,
    assumptions=["p_{n+1} and b_n are not 0; all other coefficients are any real numbers"],
    mutants=[{"corner": 1}, {"above": 2}],
)
def pau_slopes(corner: int = 0, above: int = 1) -> Evidence:
    """r(x)/x in y = 1/|x|, numerator and denominator divided by their powers: what is left at y = 0."""
    n, k = sympy.symbols("n k", integer=True, positive=True)
    # |x|^(n + 1) divides p/|x|: p_k y^(n + 1 − k); the same of q/|x|^n, b_k y^(n − k): exponents 0 at one k alone
    alone = sympy.solve(n + 1 - k, k) == [n + 1] and sympy.solve(n - k, k) == [n]
    steps, unequal = [], []
    for degree in range(1, 7):
        found = {form: [_slope(form, degree, above, corner, side) for side in (-1, 1)] for form in ("A", "B")}
        steps.append(
            f"n = {degree}: slopes {found['A'][0]} and {found['A'][1]}, for B {found['B'][0]}, {found['B'][1]}"
        )
        last, below = _coefficient("p", degree + 1), sympy.Abs(_coefficient("b", degree))
        wanted = [(-1) ** degree * last / below, last / below]
        unequal += [] if found["A"] == wanted and found["B"] == wanted else [degree]
    return proved(
        alone and not unequal,
        "whatever the other coefficients, p_{n+1} and b_n alone are left at y = 1/|x| = 0, and both sums are continuous"
        if not unequal
        else f"other slopes for n = {unequal}",
        "p(x)/(|x| q(x)) = Σ (±1)^k p_k y^(n+1−k)/(y^n + Σ |b_k| y^(n−k)) for PAU A, y^n + |Σ (±1)^k b_k y^(n−k)| "
        "below for PAU B: n + 1 − k is 0 at k = n + 1 alone, n − k at k = n alone, for every n",
        *steps,
    )


def _coefficient(name: str, k: int) -> sympy.Symbol:
    return sympy.Symbol(f"{name}{k}", real=True, nonzero=True)


def _slope(form: str, n: int, above: int, corner: int, side: int) -> sympy.Expr:
    """lim r(x)/x as x → side·∞, of r with symbols for coefficients. corner: of an additional |x|^(n + 1)."""
    y = sympy.Symbol("y", positive=True)
    top = n + above
    p = sum(side**k * _coefficient("p", k) * y ** (n + 1 - k) for k in range(top + 1)) + corner
    terms = [_coefficient("b", k) * side**k * y ** (n - k) for k in range(1, n + 1)]
    q = y**n + (sum(map(sympy.Abs, terms)) if form == "A" else sympy.Abs(sum(terms)))
    return sympy.simplify(side * (p / q).subs(y, 0))


@claim(
    "safe_forms.two_slopes",
    "x/2 + |x|/2 + 1/(10 + x²) is asymptotic to ReLU at both ends: a form with |x| above the line can",
    source=OURS,
    mutants=[{"corner": Fraction(1, 3)}, {"line": Fraction(1)}],
)
def two_slopes(line: Fraction = Fraction(1, 2), corner: Fraction = Fraction(1, 2)) -> Evidence:
    left, right = TwoSlope(line, corner, Rational([1], [10, 0, 1])).limits()
    found = [(tail.slope, 0 if tail.kind == "diverges" else tail.value) for tail in (left, right)]
    slopes = [
        f"slope at {end}∞: {line} {sign} {corner} = {tail[0]}"
        for end, sign, tail in zip("−+", "−+", found, strict=True)
    ]
    return proved(found == [(0, 0), (1, 0)], f"the tails are {left!r} at −∞ and {right!r} at +∞", *slopes)


# -- what PAU A is as one rational function


@claim(
    "safe_forms.pau_a_is_even",
    "P/Q without common factors is a PAU A of its own type only if Q/Q(0) is even with coefficients ≥ 0; 1/(1 + x + x²)"
    " is not, though it has no real pole",
    source=OURS,
    mutants=[{"below": (1, 0, 1)}, {"below": (1, 0, 3, 0, 2)}],
)
def pau_a_is_even(below: Sequence[int] = (1, 1, 1)) -> Evidence:
    q = fmpq_poly(list(below))
    odd = [k for k, c in enumerate(below) if k % 2 and c]
    negative = [k for k, c in enumerate(below) if c < 0]
    # p/q₊ = P/Q on x > 0 and p/q₋ = P/Q on x < 0, q_±(x) = 1 + Σ (±1)^k |b_k| x^k: p = P q₊/Q = P q₋/Q as polynomials,
    # so q₊ = q₋, every odd b_k is 0, and Q divides q₊; of the same degree and Q(0) = q₊(0) it is q₊
    return proved(
        not has_real_root(q) and bool(odd or negative),
        f"the terms {odd or negative} of Q = {q} are not allowed, and Q has no real zero"
        if odd or negative
        else f"Q = {q} is even with coefficients ≥ 0, so P/Q is a PAU A",
        "a rational equal to PAU A has p Q = P q₊ = P q₋ as polynomials, so q₊ = q₋ is even and Q divides it",
    )


@claim(
    "safe_forms.pau_a_of_higher_type",
    "1/(1 + x + x²) = (1 − x + x²)/(1 + x² + x⁴) is a PAU A of type (2, 4), and so is every rational without real poles"
    " one of some type: Q(x)Q(−x)(1 + x²)^N has no negative coefficient for large N",
    source="Pólya, Über positive Darstellung von Polynomen, 1928, for the power (1 + t)^N",
    assumptions=["every N beyond the first that does also does; shown for three denominators"],
    mutants=[{"odd": 2}, {"powers": (0, 1, 57)}, {"powers": (0, 2, 0)}],
)
def pau_a_of_higher_type(odd: int = 1, powers: Sequence[int] = (0, 2, 57)) -> Evidence:
    same = PauA([1, -1, 1], [0, 1, 0, 1]).function() == Rational([1, -1, 1], [1, 0, 1, 0, 1])
    same &= Rational([1, -1, 1], [1, 0, 1, 0, 1]).reduced() == Rational([1], [1, odd, 1])
    steps, wrong = [], []
    for below, power in zip(([1, 1, 1], [1, 0, -1, 0, 1], [10, 0, -19, 0, 10]), powers, strict=True):
        found = _power_needed(below)
        steps.append(f"Q = {fmpz_poly(below)}: Q(x)Q(−x)(1 + x²)^N has no negative coefficient from N = {found} on")
        wrong += [] if found == power else [str(fmpz_poly(below))]
    return proved(same and not wrong, f"not so for {wrong}" if wrong or not same else "the identities hold", *steps)


def _power_needed(below: Sequence[int]) -> int:
    """The least N for which Q(x)Q(−x)(1 + x²)^N, a polynomial in t = x², has no negative coefficient."""
    q = fmpz_poly(list(below))
    mirrored = fmpz_poly([c if k % 2 == 0 else -c for k, c in enumerate(below)])
    in_t = fmpz_poly([int(c) for c in (q * mirrored).coeffs()[::2]])
    for power in range(200):
        if all(c >= 0 for c in (in_t * fmpz_poly([1, 1]) ** power).coeffs()):
            return power
    raise ValueError(f"no power up to 200 makes {q} safe: has it a real zero?")


@claim(
    "safe_forms.pau_a_degree_is_unbounded",
    "a PAU A equal to 1/(1 − 2cos(φ) x² + x⁴) has a denominator of degree at least 2π/φ: 20 or more for cos φ = 19/20",
    source=OURS,
    mutants=[{"degree": 22}, {"cosine": Fraction(9, 10)}],
)
def pau_a_degree_is_unbounded(cosine: Fraction = Fraction(19, 20), degree: int = 20) -> Evidence:
    # Σ g_k r^k sin(kφ) > 0 for g_k ≥ 0 if 0 < kφ < π for all k ≤ N: no zero r e^{iφ} of a G of degree N < π/φ
    angle = sympy.acos(sympy.Rational(cosine))
    least = int(sympy.ceiling(sympy.pi / angle))  # of G in t = x²
    return proved(
        2 * least == degree,
        f"π/φ = {sympy.N(sympy.pi / angle, 8)}, so G has degree at least {least} in x², {2 * least} in x",
        "q₊(x) = G(x²) with coefficients g_k ≥ 0 vanishes at e^{iφ} in t = x²",
        "its imaginary part Σ g_k sin(kφ) is positive while 0 < kφ < π for all k: so N φ ≥ π",
    )


@claim(
    "safe_forms.best_relu_is_safe",
    "the best rationals against ReLU on [−1, 1] of types (3, 2), (5, 4), (7, 6) have even denominators, coefficients"
    " > 0: they are PAU A of their own type and lose nothing by it",
    source=OURS,
    kind="certified",
    rows=["A2"],
    mutants=[{"types": ((2, 2),)}, {"types": ((4, 4),)}],
)
def best_relu_is_safe(types: Sequence[tuple[int, int]] = ((3, 2), (5, 4), (7, 6))) -> Evidence:
    steps, wrong = [], []
    for each in types:
        found = fit("relu", type=each, on=(-1, 1))
        r, certificate = found.rational.exact(), found.certificate
        assert certificate is not None
        even = all(c > 0 if k % 2 == 0 else c == 0 for k, c in enumerate(r.q))
        safe = even and PauA(r.p, r.q[1:]).function() == r
        wrong += [] if safe and certificate.gap < 1e-9 else [each]
        steps.append(f"{each}: q = {r.q}, within {certificate.gap:.0e} of the best error")
    return certified(not wrong, f"not PAU A: {wrong}" if wrong else "each is the same function as its PAU A", *steps)


# -- what PAU B is as one rational function


@claim(
    "safe_forms.pau_b_has_its_least_denominator_at_0",
    "P/Q without common factors and real poles is a PAU B of its own type exactly if Q/Q(0) ≥ 1 on the real line; 1 +"
    " x² is such a Q, 1 + x + x² and 1 − x² + x⁴ are not",
    source=OURS,
    mutants=[{"allowed": ((1, 1, 1),)}, {"refused": ((1, 0, 1), (1, 0, -1, 0, 1))}],
)
def pau_b_has_its_least_denominator_at_0(
    allowed: Sequence[Sequence[int]] = ((1, 0, 1),), refused: Sequence[Sequence[int]] = ((1, 1, 1), (1, 0, -1, 0, 1))
) -> Evidence:
    """If s changed its sign, p/(1 + s) = p/(1 − s) would hold as rational functions, so s = 0."""
    least = {tuple(q): _never_below_one(q) for q in (*allowed, *refused)}
    same = all(PauB([1], q[1:]).function() == Rational([1], list(q)) for q in allowed)
    apart = all(PauB([1], q[1:]).function() != Rational([1], list(q)) for q in refused)
    good = all(least[tuple(q)] for q in allowed) and not any(least[tuple(q)] for q in refused)
    return proved(
        good and same and apart and all(not has_real_root(fmpq_poly(list(q))) for q in least),
        "p/(1 + |s|) = P/Q with s of one sign gives Q/Q(0) = 1 + |s|, and s = Q/Q(0) − 1 gives the PAU B back",
        *(f"Q = {fmpz_poly(list(q))}: Q ≥ Q(0) is {yes}" for q, yes in least.items()),
    )


def _never_below_one(q: Sequence[int]) -> bool:
    """Whether q/q(0) − 1 has no change of sign and is positive at a point."""
    s = sympy.Poly(sum(sympy.Rational(c, q[0]) * x**k for k, c in enumerate(q)) - 1, x)
    return bool(s.LC() > 0) and all(m % 2 == 0 for f, m in s.factor_list()[1] if f.count_roots())


@claim(
    "safe_forms.pau_b_of_two_more_degrees",
    "every rational function of type (m, n) without real poles is a PAU B of type (m + 2, n + 2), for instance those"
    " with the denominators 1 + x + x², 1 − x² + x⁴ and 10 − 19x² + 10x⁴",
    source=OURS,
    mutants=[{"curvatures": (0, 1, 4)}, {"slope": 1}],
)
def pau_b_of_two_more_degrees(curvatures: Sequence[int] = (1, 2, 11), slope: int = -1) -> Evidence:
    """Q·(1 + c x + C x²) has its minimum at 0 for c = −Q'(0)/Q(0) and large C."""
    steps, wrong = [], []
    for below, curvature in zip(([1, 1, 1], [1, 0, -1, 0, 1], [10, 0, -19, 0, 10]), curvatures, strict=True):
        q = fmpq_poly(below)
        c = slope * Fraction(below[1], below[0])
        times = fmpq_poly([1, *(fmpq(v.numerator, v.denominator) for v in (c, Fraction(curvature)))])
        rest = q * times - q[0]
        over = fmpq_poly([rest[k] for k in range(2, rest.degree() + 1)])
        good = rest[1] == 0 and over(0) > 0 and not has_real_root(over)
        wrong += [] if good else [str(fmpz_poly(below))]
        steps.append(f"Q = {fmpz_poly(below)}: Q·({times}) − Q(0) = x²·({over}){'' if good else ', which has a zero'}")
    return proved(
        not wrong,
        f"not so for {wrong}" if wrong else "what is left is x² times a polynomial without real zeros",
        "(Q(1 + cx + Cx²) − Q(0))/x² = C·Q + ((1 + cx)Q − Q(0))/x²; the last is a polynomial, for c = −Q'(0)/Q(0), of "
        "degree below that of Q, so over Q > 0 it is bounded: some C makes the sum positive",
        *steps,
    )
