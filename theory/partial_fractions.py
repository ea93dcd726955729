"""Enhanced rational activations a x + b + Σ (c_i x + d_i)/((x − e_i)² + f_i²): what they can represent."""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from flint import fmpq_poly

from ratapprox import Era, fit
from ratapprox.claims import Evidence, certified, claim, proved
from ratapprox.expressions import pretty
from ratapprox.sturm import has_real_root

from .ralu import equal

SOURCE = "Trimmel, Zanfir, Hartley, Sminchisescu, ERA: Enhanced Rational Activations, 2022"
OURS = f"derived here, of the form in {SOURCE}"
x, a, b = sympy.symbols("x a b", real=True)


def terms(n: int) -> list[tuple[sympy.Symbol, ...]]:
    """(c, d, e, f) of each pair of poles, f > 0."""
    return [(*sympy.symbols(f"c{i} d{i} e{i}", real=True), sympy.Symbol(f"f{i}", positive=True)) for i in range(n)]


def era(n: int, sign: int = 1) -> sympy.Expr:
    return a * x + b + sum((c * x + d) / ((x - e) ** 2 + sign * f**2) for c, d, e, f in terms(n))


@claim(
    "partial_fractions.no_real_pole",
    "An ERA has no real pole, whatever its parameters with f_i ≠ 0, and n pairs of poles make it of type (2n + 1, 2n)",
    source=SOURCE,
    rows=["D"],
    mutants=[{"sign": -1}, {"line": 2}],
)
def no_real_pole(sign: int = 1, line: int = 1) -> Evidence:
    _, _, e, f = terms(1)[0]
    below = sympy.expand((x - e) ** 2 + sign * f**2)
    discriminant = sympy.factor(sympy.discriminant(below, x))
    steps, types = [], []
    for n in (1, 2, 3):
        numerator, denominator = (sympy.Poly(g, x) for g in sympy.fraction(sympy.together(era(n, sign))))
        leading = sympy.expand(numerator.LC() / denominator.LC())
        types.append((numerator.degree(), denominator.degree()) == (2 * n + line, 2 * n) and leading == a)
        steps.append(f"n = {n}: type ({numerator.degree()}, {denominator.degree()}), leading coefficient {leading}")
    return proved(
        bool(discriminant.is_negative) and all(types),
        f"each denominator has the discriminant {pretty(discriminant)}"
        + (" < 0, a product of such has no real zero" if discriminant.is_negative else ", which is positive"),
        *steps,
        "a = 0 makes the numerator's degree smaller",
    )


@claim(
    "partial_fractions.one_line",
    "An ERA is asymptotic to the line a x + b at both ends: never to ReLU, leaky ReLU or ELU at both",
    source=OURS,
    rows=["D"],
    mutants=[{"other": "Abs(x)"}],
)
def one_line(other: str = "0") -> Evidence:
    c, d, e, f = terms(1)[0]
    rest = (c * x + d) / ((x - e) ** 2 + f**2) + sympy.sympify(other, locals={"x": x})
    ends = [sympy.limit(rest, x, end) for end in (-sympy.oo, sympy.oo)]
    return proved(
        ends == [0, 0],
        f"the fractions tend to {ends[0]} and {ends[1]} as x → −∞ and x → ∞",
        f"r(x) − a x − b is a sum of fractions such as {pretty((c * x + d) / ((x - e) ** 2 + f**2))}",
        "a line with slope 0 at one end and 1 at the other is none: see the chapter on safe forms for every rational",
    )


@claim(
    "partial_fractions.which",
    "The ERAs with n pairs of poles are exactly the P/Q with deg P ≤ 2n + 1, Q of degree 2n with simple zeros, none "
    "real; as many parameters, 4n + 2, as such P/Q have coefficients",
    source=OURS,
    rows=["D"],
    assumptions=["the (e_i, f_i) are distinct, f_i > 0; the determinant is computed for n = 1, 2"],
    mutants=[{"per_pair": 3}, {"same": True}],
)
def which(per_pair: int = 4, same: bool = False) -> Evidence:
    """The numerator is linear in a, b, c_i, d_i: an invertible map exactly where the determinant is not 0."""
    steps, regular = [], []
    for n in (1, 2):
        unknown = [a, b, *(v for c, d, _, _ in terms(n) for v in (c, d))]
        expression = era(n)
        if same and n == 2:
            expression = expression.subs(dict(zip(terms(2)[1][2:], terms(2)[0][2:], strict=True)))
        quadratics = [((x - e) ** 2 + f**2).subs(_pole(n, i, same)) for i, (_, _, e, f) in enumerate(terms(n))]
        numerator = sympy.expand(sympy.cancel(expression * sympy.prod(quadratics)))
        rows = sympy.Poly(numerator, x).all_coeffs()
        matrix = (
            sympy.Matrix([[sympy.diff(row, v) for v in unknown] for row in rows]) if len(rows) == 2 * n + 2 else None
        )
        determinant = sympy.Integer(0) if matrix is None else sympy.factor(matrix.det())
        wanted = sympy.Integer(1) if n == 1 else sympy.resultant(*map(sympy.expand, quadratics), x)
        regular.append(determinant != 0 and equal(determinant**2, wanted**2))
        steps.append(f"n = {n}: determinant {pretty(determinant)}")
    n = sympy.Symbol("n")
    # (2n + 2) + (2n + 1) coefficients, one of them by scale
    counted = equal(2 + per_pair * n, (2 * n + 2) + (2 * n + 1) - 1)
    return proved(
        all(regular) and counted,
        "for given poles each numerator of degree ≤ 2n + 1 belongs to one choice of a, b, c_i, d_i"
        if all(regular) and counted
        else "the numbers of parameters or the determinants do not fit",
        *steps,
        "for n = 2 it is the resultant of the two denominators, a product of (e₀ − e₁)² + (f₀ ∓ f₁)²: 0 where they are "
        "the same alone",
        f"2 + {per_pair}n parameters, (2n + 2) + (2n + 1) − 1 coefficients",
        "a sum of fractions over distinct quadratics has simple poles; the converse is the decomposition "
        "into partial fractions",
    )


def _pole(n: int, i: int, same: bool) -> dict[sympy.Symbol, sympy.Symbol]:
    return dict(zip(terms(n)[i][2:], terms(n)[0][2:], strict=True)) if same else {}


@claim(
    "partial_fractions.double_poles",
    "1/(1 + x²)² is no ERA, however many its pairs of poles, but within h of one with two pairs for every h > 0",
    source=OURS,
    rows=["D"],
    mutants=[{"power": 1}, {"factor": 2}],
)
def double_poles(power: int = 2, factor: int = 1) -> Evidence:
    h = sympy.Symbol("h", positive=True)
    q = 1 + x**2
    near = (1 / q - 1 / (q + h)) * factor / h
    gap = sympy.factor(1 / q**power - near)
    multiple = sympy.degree(sympy.gcd(q**power, sympy.diff(q**power, x)), x) > 0
    bounded = equal(gap, h / (q**2 * (q + h)))
    return proved(
        multiple and bounded,
        "its poles ±i are double, those of an ERA simple; with large coefficients ±1/h two simple ones come close"
        if multiple and bounded
        else "its poles are simple, or it is not approached",
        f"1/(1 + x²)² − (1/(1 + x²) − 1/(1 + h + x²))/h = {pretty(gap)}, from 0 to h/(1 + h)",
        "the second is an ERA: c = 0, d = ±1/h, e = 0, f = 1 and f = √(1 + h)",
    )


@claim(
    "partial_fractions.best_relu",
    "The best rationals against ReLU on [−1, 1] of types (3, 2), (5, 4), (7, 6) are ERAs with 1, 2 and 3 pairs of "
    "poles: nothing is lost by the form",
    source=OURS,
    kind="certified",
    rows=["A2", "D"],
    mutants=[{"types": ((3, 1),)}, {"types": ((4, 2),)}],
)
def best_relu(types: Sequence[tuple[int, int]] = ((3, 2), (5, 4), (7, 6))) -> Evidence:
    steps, wrong = [], []
    for each in types:
        r = fit("relu", type=each, on=(-1, 1)).rational.exact().reduced()
        p, q = (fmpq_poly(g) for g in r.polynomials())
        simple = q.gcd(q.derivative()).degree() == 0 and not has_real_root(q)
        suited = simple and p.degree() <= q.degree() + 1
        wrong += [] if suited else [each]
        steps.append(f"{each}: {Era.nearest(r)!r}" if suited else f"{each}: reduced it is of type {r.type}")
    return certified(not wrong, f"no ERA: {wrong}" if wrong else "simple poles, none of them real", *steps)
