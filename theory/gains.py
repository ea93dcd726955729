"""Gains of RaLU: which random weights keep signals and gradients of unit variance.

Wide random layers: weights N(0, σ_w²/n), biases N(0, σ_b²). A signal of variance q has the variance
σ_w² E[σ(√q Z)²] + σ_b² a layer later, Z standard normal, and squared gradients grow by χ = σ_w² E[σ'(√q Z)²]. At q = 1
all these means are polynomials in β = α − 1 and in I = E[s], s = 1/(1 + Z²), by Stein's identity E[g'(Z)] = E[Z g(Z)].
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import sympy

from ratapprox import edge_of_chaos, gain_formula, moments
from ratapprox.claims import Evidence, certified, claim, proved
from ratapprox.expressions import pretty, x

from .propagation import RESISTANT, WIDE
from .ralu import SOURCE, alpha, equal, s

beta = sympy.Symbol("beta", real=True)
J = sympy.Symbol("I", real=True)  # E[s]

SQUARE = (1 / s - 1) + 2 * beta * (1 - s) + beta**2 * (s - s**2)
"""RaLU(x)²."""
SLOPE = 1 + beta * (2 * s**2 - s)
"""RaLU'(x)."""


@cache
def power_mean(k: int) -> sympy.Expr:
    """E[sᵏ] = a + b·I, by Stein's identity for g = z·sᵏ⁻¹ and the moments of Z."""
    if k < 0:
        return sum(sympy.binomial(-k, j) * sympy.factorial2(2 * j - 1) for j in range(1, -k + 1)) + sympy.Integer(1)
    if k < 2:
        return J if k else sympy.Integer(1)
    return sympy.expand((power_mean(k - 2) + (2 * k - 4) * power_mean(k - 1)) / (2 * k - 2))


def mean(expression: sympy.Expr) -> sympy.Expr:
    """E of a Laurent polynomial in s, as a polynomial in I, β."""
    terms = sympy.Add.make_args(sympy.expand(expression))
    parts = (term.as_independent(s) for term in terms)
    return sympy.expand(sum(c * power_mean(int(sympy.degree(p, s) if p.is_polynomial(s) else p.exp)) for c, p in parts))


def second() -> sympy.Expr:
    """E[RaLU(Z)²]."""
    return mean(SQUARE)


def slopes() -> sympy.Expr:
    """E[RaLU'(Z)²]."""
    return mean(SLOPE**2)


@cache
def integral() -> tuple[Fraction, Fraction]:
    """Two fractions between which I = √(π/2)·e^½·erfc(1/√2) lies."""
    value = gain_formula("ralu").integrals[0].value
    return Fraction(value.lower), Fraction(value.upper)


def enclosed(expression: sympy.Expr, at: int | str | Fraction = 1) -> tuple[Fraction, Fraction]:
    """The ends between which a quotient of affine functions of I lies at an α: it is monotone where it has no pole."""
    value = sympy.cancel(expression.subs(beta, sympy.Rational(str(at)) - 1))
    above, below = (sympy.Poly(part, J) for part in sympy.fraction(value))
    ends = [sympy.Rational(end.numerator, end.denominator) for end in integral()]
    if above.degree() > 1 or below.degree() > 1 or below.eval(ends[0]) * below.eval(ends[1]) <= 0:
        raise ValueError(f"{expression} is no quotient of affine functions of I without a pole there")
    low, high = sorted(Fraction(int(v.p), int(v.q)) for v in (above.eval(end) / below.eval(end) for end in ends))
    return low, high


def rounds_to(stated: str, low: Fraction, high: Fraction) -> bool:
    """Whether every number between the two has the decimal that is stated."""
    unit = Fraction(1, 10 ** len(stated.partition(".")[2]))
    return Fraction(stated) - unit / 2 < low <= high < Fraction(stated) + unit / 2


# -- moments and gains at unit variance --------------------------------------------------------------------------------


@claim(
    "gains.second_moments",
    "E[RaLU(Z)²] = 1 + 2(1 − I)β + (I − 1/2)β² and E[RaLU'(Z)²] = 1 + 2(1 − I)β + (1/2 − I/3)β², "
    "with β = α − 1 and I = E[1/(1 + Z²)] = √(π/2)·e^½·erfc(1/√2)",
    source="derived here, by Stein's identity",
    rows=["C6"],
    mutants=[{"value": "I - 1/3"}, {"slope": "1/2 - I/2"}],
)
def second_moments(value: str = "I - 1/2", slope: str = "1/2 - I/3") -> Evidence:
    """By the recursion for E[sᵏ] here, and by the package's own reduction: two ways."""
    k = sympy.Symbol("k", positive=True)
    of_x = 1 / (1 + x**2)
    stein = (
        sympy.diff(x * of_x**k, x) - x * x * of_x**k - (2 - 2 * k) * of_x**k - 2 * k * of_x ** (k + 1) + of_x ** (k - 1)
    )
    formula = gain_formula("ralu")
    shared = 2 * (1 - J) * beta
    stated = [1 + shared + sympy.sympify(c, locals={"I": J}) * beta**2 for c in (value, slope)]
    ours = [second(), slopes()]
    known = {alpha: beta + 1, formula.integrals[0].symbol: J}
    theirs = [sympy.expand(e.subs(known)) for e in (formula.second, formula.slope)]
    t = sympy.Symbol("t", positive=True)
    density = sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi)
    inner = sympy.integrate(sympy.exp(-t * x**2) * density, (x, -sympy.oo, sympy.oo))
    laplace = sympy.integrate(sympy.exp(-t) / sympy.sqrt(1 + 2 * t), (t, 0, sympy.oo))
    closed = sympy.expand(inner**2 * (1 + 2 * t)).equals(1) and laplace == formula.integrals[0].closed_form
    agree = all(equal(a, b) and equal(a, c) for a, b, c in zip(ours, theirs, stated, strict=True))
    return proved(
        sympy.simplify(stein) == 0 and bool(closed) and agree,
        f"E[σ²] = {pretty(sympy.collect(ours[0], beta))}, E[σ'²] = {pretty(sympy.collect(ours[1], beta))}, in two ways",
        "Stein's identity for g = z·sᵏ: E[sᵏ⁺¹] = (E[sᵏ⁻¹] + (2k − 2)·E[sᵏ])/(2k), s = 1/(1 + Z²)",
        f"E[s²] = {power_mean(2)}, E[s³] = {pretty(power_mean(3))}, E[s⁴] = {pretty(power_mean(4))}",
        f"E[s] = ∫ e^(−t) E[e^(−tZ²)] dt = ∫ e^(−t)/√(1 + 2t) dt = {pretty(laplace)}",
        f"the package's reduction: {pretty(formula.second)} and {pretty(formula.slope)}",
    )


@claim(
    "gains.gain",
    "The exact gain 1/E[RaLU(Z)²] falls from 2.14 at α = 0 through 1 at α = 1 to 0.061 at α = 9",
    source="derived here",
    kind="certified",
    rows=["C6"],
    assumptions=["the gain is the factor on a weight variance 1/n that keeps the variance 1 of a layer's inputs"],
    mutants=[{"first": "2.15"}, {"last": "0.062"}],
)
def gain(first: str = "2.14", last: str = "0.061") -> Evidence:
    ends = {value: enclosed(1 / second(), value) for value in (0, 1, 9)}
    growth = [enclosed(sympy.diff(second(), beta), value)[0] for value in (0, 9)]  # affine in β
    right = rounds_to(first, *ends[0]) and set(ends[1]) == {1} and rounds_to(last, *ends[9])
    return certified(
        right and min(growth) > 0,
        ", ".join(f"{float(low):.5f} at α = {value}" for value, (low, _) in ends.items()),
        f"E[RaLU(Z)²] = {pretty(sympy.collect(second(), beta))}, β = α − 1",
        f"its derivative in β is affine, {float(growth[0]):.4f} at α = 0 and {float(growth[1]):.4f} at α = 9: it rises",
    )


@claim(
    "gains.one_gain",
    "Without biases some weight variance keeps both the unit variance of signals and the size of gradients",
    source=SOURCE,
    kind="certified",
    rows=["C6"],
    quotes=[RESISTANT],
    assumptions=[WIDE],
    expected="holds when",
    mutants=[{"excess": "1 - 5*I/3"}, {"excess": "4*I/3 - 1"}],
)
def one_gain(excess: str = "1 - 4*I/3") -> Evidence:
    c = sympy.sympify(excess, locals={"I": J})
    difference = sympy.factor(slopes() - second())
    low, _ = enclosed(c)
    if not equal(difference, c * beta**2) or low <= 0:
        return certified(False, f"E[RaLU'(Z)²] − E[RaLU(Z)²] = {pretty(difference)}")
    factors = {value: enclosed(slopes() / second(), value) for value in ("0", "1/2", "2", "4", "9")}
    return certified(
        "holds when",
        "exactly when α = 1: where signals are kept, squared gradients grow by more than 1 a layer for every other α",
        f"signals: σ_w²·E[σ²] = 1; gradients: σ_w²·E[σ'²] = 1; so E[σ'²] − E[σ²] = {pretty(difference)} must be 0",
        f"{pretty(c)} = {float(low):.6f} > 0: it is 0 for β = α − 1 = 0 alone, and else χ = E[σ'²]/E[σ²] > 1",
        "χ where signals are kept: " + ", ".join(f"{float(v[0]):.4f} at α = {k}" for k, v in factors.items()),
        f"50 layers at α = 9: squared gradients × {float(factors['9'][0]) ** 50:.1e}",
    )


# -- both kept: the edge of chaos --------------------------------------------------------------------------------------


@claim(
    "gains.edge",
    "For every α weights of variance 1/(n·E[σ'(Z)²]) and biases of variance 1 − E[σ(Z)²]/E[σ'(Z)²] ≥ 0 keep the unit "
    "variance of signals and the size of gradients",
    source="derived here; the initialisation that makes the description's sentence true at unit variance",
    kind="certified",
    rows=["C6"],
    quotes=[RESISTANT],
    assumptions=[WIDE],
    mutants=[{"weight": "1/second"}, {"bias": "0"}],
)
def edge(weight: str = "1/slopes", bias: str = "1 - second/slopes") -> Evidence:
    names = {"second": second(), "slopes": slopes()}
    w, b = (sympy.sympify(text, locals={k: sympy.Symbol(k) for k in names}).subs(names) for text in (weight, bias))
    kept = equal(w * second() + b, sympy.Integer(1)) and equal(w * slopes(), sympy.Integer(1))
    room = enclosed(sympy.cancel((slopes() - second()) / beta**2))[0] > 0
    values, agree = [], True
    for value in ("0", "4", "9"):
        theirs = edge_of_chaos(f"x*(x**2 + {value})/(x**2 + 1)", variance=1)
        ours = [enclosed(e, value) for e in (w, b)]
        for (low, high), known in zip(ours, (theirs.weight_variance, theirs.bias_variance), strict=True):
            agree &= low <= Fraction(known.upper) and Fraction(known.lower) <= high
        values.append(f"σ_w² = {float(ours[0][0]):.5f}, σ_b² = {float(ours[1][0]):.5f} at α = {value}")
    return certified(
        kept and room and agree,
        "; ".join(values),
        "σ_w²·E[σ²] + σ_b² = 1 and σ_w²·E[σ'²] = 1",
        f"σ_b² ≥ 0 since E[σ'²] − E[σ²] = {pretty(sympy.factor(slopes() - second()))}, and I < 3/4",
        "E[σ'²] > 0 for every α, since the slope tends to 1 far out",
    )


@claim(
    "gains.edge_is_stable",
    "At that initialisation variances near 1 return to 1 for 1 < α ≤ 9, and move away from it for 0 ≤ α < 1",
    source="derived here",
    kind="certified",
    rows=["C6"],
    assumptions=[WIDE],
    mutants=[{"linear": "3 - 4*I"}, {"below": "-3/2"}],
)
def edge_is_stable(linear: str = "4*I - 3", below: str = "-1") -> Evidence:
    """d/dq E[σ(√q Z)²] = E[(Z² − 1)σ(Z)²]/2 at q = 1, to be compared with E[σ'²]."""
    excess = sympy.expand(mean((1 / s - 2) * SQUARE) / 2 - slopes())
    first = sympy.sympify(linear, locals={"I": J})
    rest = sympy.factor(excess / beta) - first
    other = sympy.cancel(-first / sympy.cancel(rest / beta))
    if not sympy.cancel(rest / beta).is_polynomial(J) or rest.subs(beta, 0) != 0:
        return certified(False, f"the rate minus 1 is not β·({first} + …)")
    root, sign = enclosed(other), enclosed(first)
    if sign[1] >= 0 or enclosed(sympy.cancel(rest / beta))[1] >= 0 or root[1] >= Fraction(below):
        return certified(
            False, f"the change of sign lies at β = {float(root[0]):.4f}, {pretty(first)} = {float(sign[0]):.4f}"
        )
    return certified(
        True,
        "the rate at which a small difference from 1 is multiplied is below 1 for 1 < α ≤ 9 and above 1 for 0 ≤ α < 1",
        f"rate − 1 = (E[(Z² − 1)σ²]/2 − E[σ'²])/E[σ'²], its numerator is {pretty(sympy.factor(excess))}, β = α − 1",
        f"{pretty(first)} = {float(sign[0]):.5f} < 0, so the numerator is negative for β > 0; it changes sign at 0 and "
        f"at β = {float(root[0]):.4f} < {below} alone, so it is positive for {below} ≤ β < 0",
    )


# -- beside other functions --------------------------------------------------------------------------------------------

OTHERS = {
    "relu": "1.0000",
    "(0.0218 + 0.5*x + 1.5957*x**2 + 1.1915*x**3)/(1 + 2.383*x**2)": "1.0508",
    "gelu": "1.0720",
    "tanh": "1.1778",
}


def _growth(function: str) -> tuple[Fraction, Fraction]:
    slope, value = (getattr(moments(function), name) for name in ("slope", "second"))
    return Fraction(slope.lower) / Fraction(value.upper), Fraction(slope.upper) / Fraction(value.lower)


@claim(
    "gains.beside_others",
    "Where weights keep unit variance, squared gradients grow by 1 a layer for ReLU, 1.0508 for the literature's "
    "rational (3, 2) ReLU, 1.0720 for GELU, 1.1778 for tanh, 1.2693 for RaLU at α = 0 and 1.4886 at α = 9",
    source="derived here",
    kind="certified",
    rows=["C6"],
    assumptions=[WIDE, "no biases"],
    mutants=[{"first": "1.2694"}, {"last": "1.4887"}],
)
def beside_others(first: str = "1.2693", last: str = "1.4886") -> Evidence:
    found = {function: _growth(function) for function in OTHERS}
    ours = [enclosed(slopes() / second(), value) for value in (0, 9)]
    right = all(rounds_to(OTHERS[name], *ends) for name, ends in found.items())
    return certified(
        right and rounds_to(first, *ours[0]) and rounds_to(last, *ours[1]),
        f"RaLU: {float(ours[0][0]):.5f} at α = 0, {float(ours[1][0]):.5f} at α = 9",
        *(f"E[σ'²]/E[σ²] = {float(ends[0]):.5f} for {name}" for name, ends in found.items()),
    )


@claim(
    "gains.against_tanh",
    "RaLU resists exploding gradients better than tanh",
    source=SOURCE,
    kind="certified",
    rows=["C6"],
    quotes=["### Resistant to vanishing/exploding gradient problems"],
    assumptions=[WIDE, "weights that keep unit variance, no biases: squared gradients grow by E[σ'²]/E[σ²] a layer"],
    expected="holds when",
    mutants=[{"low": "0.13"}, {"high": "3.12"}],
)
def against_tanh(low: str = "0.14", high: str = "3.11") -> Evidence:
    """E[σ'²] − χ·E[σ²] is quadratic in α and convex: it is negative between its two changes of sign."""
    ends = _growth("tanh")
    chi = [sympy.Rational(end.numerator, end.denominator) for end in ends]
    step = Fraction(1, 100)

    def sign(at: Fraction) -> int:
        values = [enclosed(slopes() - c * second(), at) for c in chi]
        return 1 if min(v[0] for v in values) > 0 else -1 if max(v[1] for v in values) < 0 else 0

    convex = all(enclosed((slopes() - c * second()).coeff(beta, 2))[0] > 0 for c in chi)
    signs = [sign(Fraction(end) + side) for end in (low, high) for side in (-step, step)]
    if not convex or signs != [1, -1, -1, 1]:
        return certified(False, f"the signs beside {low} and {high} are {signs}")
    return certified(
        "holds when",
        f"between α ≈ {low} and α ≈ {high}, each up to {float(step)}, and not outside",
        f"tanh: E[σ'²]/E[σ²] = {float(ends[0]):.6f} = χ",
        f"E[RaLU'²] − χ·E[RaLU²] is convex in α, positive at {Fraction(low) - step} and {Fraction(high) + step}, "
        f"negative at {Fraction(low) + step} and {Fraction(high) - step}",
    )
