"""Products, roots, logarithms and exponentials by rational units of low degree: how fast each converges, proved.

A unit is a fixed rational function of one number; between units there are affine maps. Roots are Newton's with the
best scaling, logarithms come from the arithmetic-geometric mean, exponentials from Newton's method for the logarithm:
all double their digits with each step. How many units an activation function needs is in the chapter on overhead.
"""

from __future__ import annotations

from fractions import Fraction

import sympy
from flint import fmpq_poly, fmpz_poly

from ratapprox import Rational
from ratapprox.claims import Evidence, certified, claim, proved
from ratapprox.expressions import pretty
from ratapprox.sturm import count_real_roots

from .ralu import equal
from .simulation import SOURCE, best

OURS = f"derived here, by means that are classical; the claim that it serves is in {SOURCE}"
g, s, d = sympy.symbols("g s d", positive=True)
LANDEN = 2 * s / (1 + s**2)
"""Into what the gap l = s² goes: 2√l/(1 + l)."""


# -- arithmetic --------------------------------------------------------------------------------------------------------


@claim(
    "building_blocks.arithmetic",
    "x y is exactly two units of type (2, 0), x/y three units: these and 1/y; a unit of type (3, 2) is exactly each of "
    "them by its coefficients",
    source=OURS,
    rows=["D"],
    assumptions=["1/y has a pole at 0: where it is used below, y stays above a positive bound"],
    mutants=[{"scale": 2}, {"power": 3}],
)
def arithmetic(scale: int = 4, power: int = 2) -> Evidence:
    u, v = sympy.symbols("u v")
    product = sympy.expand(((u + v) ** power - (u - v) ** power) / scale)
    square, inverse = Rational([0, 0, 1, 0], [1, 0, 0]), Rational([1, 0, 0, 0], [0, 1, 0])
    point = Fraction(3, 7)
    units = square(point) == point**2 and inverse(point) == 1 / point
    return proved(
        equal(product, u * v) and units and square.reduced().type == (2, 0) and inverse.reduced().type == (0, 1),
        f"((u + v)^{power} − (u − v)^{power})/{scale} = {pretty(product)}",
        "p = (0, 0, 1, 0), q = (1, 0, 0) is x²; p = (1, 0, 0, 0), q = (0, 1, 0) is 1/x",
    )


# -- roots -------------------------------------------------------------------------------------------------------------


@claim(
    "building_blocks.root_step",
    "If y = g√X with l ≤ g ≤ 1, then (y + l X/y)/(1 + l) = g'√X with 2√l/(1 + l) ≤ g' ≤ 1: a step of three units",
    source=OURS,
    rows=["D"],
    mutants=[{"weight": "s"}, {"divisor": "2"}],
)
def root_step(weight: str = "s**2", divisor: str = "1 + s**2") -> Evidence:
    names = {"s": s}
    after = (g + sympy.sympify(weight, locals=names) / g) / sympy.sympify(divisor, locals=names)
    above, below = sympy.factor(1 - after), sympy.factor(after - LANDEN)
    good = equal(above, (1 - g) * (g - s**2) / (g * (1 + s**2))) and equal(below, (g - s) ** 2 / (g * (1 + s**2)))
    return proved(
        good,
        "both differences are products without a negative factor for l ≤ g ≤ 1" if good else "it leaves the interval",
        f"l = s²: 1 − g' = {pretty(above)}",
        f"g' − 2√l/(1 + l) = {pretty(below)}",
        "X/y is 1/y and a product, in which y ≥ l√X > 0",
    )


@claim(
    "building_blocks.root",
    "For δ² ≤ X ≤ 1, beginning with y = l = δ ≤ 1/2, ⌈log₂ log₂(1/δ)⌉ + ⌈log₂ log₈(4/η)⌉ such steps give g√X with "
    "1 − η ≤ g ≤ 1, for every δ and every 0 < η ≤ 1/2",
    source=OURS,
    rows=["D"],
    assumptions=["the claim on a step"],
    mutants=[{"divisor": 5}, {"half": "1/16"}],
)
def root(divisor: int = 4, half: str = "1/2") -> Evidence:
    """The map of l alone: l' ≥ √l far from 1; near 1 the distance c = 1 − l is squared and divided by 4."""
    far = sympy.factor(LANDEN - s)
    near = sympy.factor((1 - LANDEN) / (1 - s**2) ** 2)
    falls = sympy.factor(sympy.diff(1 / near, s))
    at = sympy.sqrt(sympy.Rational(half))
    least = sympy.expand(1 / near.subs(s, at))
    good = (
        equal(far, s * (1 - s) * (1 + s) / (1 + s**2))
        and all(c >= 0 for c in sympy.Poly(falls, s).all_coeffs())
        and bool(least >= divisor)
    )
    return proved(
        good,
        "l reaches 1/2 in ⌈log₂ log₂(1/δ)⌉ steps and 1 − η in ⌈log₂ log₈(4/η)⌉ more"
        if good
        else f"1 − l' ≤ (1 − l)²/{divisor} is not so from l = {half} on: there the divisor is {sympy.N(least, 5)}",
        f"l = s²: l' − √l = {pretty(far)} ≥ 0, so after a steps l ≥ δ^(1/2ᵃ), at least 1/2 once 2ᵃ ≥ log₂(1/δ)",
        f"(1 − l')/(1 − l)² = {pretty(near)}, which falls in l; it is 1/{sympy.N(least, 5)} at l = {half}",
        f"c = 1 − l: c'/{divisor} ≤ (c/{divisor})², and c/4 ≤ 1/8 at l = 1/2: after b more steps c ≤ 4·8^(−2ᵇ)",
        "y = δ is g√X with δ ≤ g ≤ 1",
    )


# -- logarithms --------------------------------------------------------------------------------------------------------


@claim(
    "building_blocks.mean",
    "n steps of the arithmetic-geometric mean M of 1 and β ≤ b ≤ 1, each root too small by a factor of 1 − η at most, "
    "give a number from (1 − nη)M to M/(1 − κ), for n = ⌈log₂ log₂(1/β)⌉ + ⌈log₂ log₈(4/κ)⌉ and nη ≤ 1/2",
    source=OURS,
    rows=["D"],
    assumptions=["the claim on roots, with δ = β/2", "β ≤ 1/2, 0 < κ ≤ 1/2"],
    mutants=[{"exponent": "1/3"}, {"weight": "1/3"}],
)
def mean(exponent: str = "1/2", weight: str = "1/2") -> Evidence:
    a, r, c = sympy.symbols("a r c", positive=True)
    share = sympy.Rational(weight)
    arithmetic_mean = share * a + (1 - share) * a * r
    geometric = (a * a * r) ** sympy.Rational(exponent)
    ratio = sympy.simplify((geometric / arithmetic_mean).subs(r, s**2))
    same = equal(ratio, LANDEN)
    # means are homogeneous: numbers too small by c at most give means too small by c at most
    degree = sympy.simplify(geometric.subs(a, c * a) / geometric)
    return proved(
        same and equal(degree, c),
        "the ratio of the two numbers takes the same way as l, and errors of roots are multiplied at most",
        f"the ratio s² of b to a becomes {pretty(ratio)}: as l in the claim on roots, so that bₙ ≥ (1 − κ)aₙ",
        "both means grow with their arguments and are homogeneous: with factors in [(1 − η)ⁱ, 1] after i steps come "
        "factors in [(1 − η)ⁱ⁺¹, 1]",
        "bₙ ≤ M ≤ aₙ ≤ bₙ/(1 − κ), and (1 − η)ⁿ ≥ 1 − nη (Bernoulli)",
        "√(ab) is at least (1 − η)ⁿβ ≥ β/2 and at most 1: in the interval of the claim on roots",
    )


@claim(
    "building_blocks.logarithm",
    "log S ≤ π/(2M(1, 4/S)) ≤ (1 + 5/S²) log S for every S ≥ 6, M the arithmetic-geometric mean",
    source="the mean of theta functions is Gauss's, its use for logarithms Salamin's and Brent's; bound derived here",
    rows=["D"],
    assumptions=["θ₃(e^(−πt)) = θ₃(e^(−π/t))/√t and θ₂(e^(−πt)) = θ₄(e^(−π/t))/√t for t > 0 (Jacobi, cited)"],
    mutants=[{"constant": 4}, {"front": 3}],
)
def logarithm(constant: int = 5, front: int = 4, order: int = 200) -> Evidence:
    u, v = sympy.symbols("u v")
    # lattice points with m + n even are m = u + v, n = u − v
    lattice = equal((u + v) ** 2 + (u - v) ** 2, 2 * (u**2 + v**2))
    three, four = (_theta(order, sign) for sign in (1, -1))
    twice = [(_at_square(series, order) ** 2).truncate(order) for series in (three, four)]
    sums = ((three**2 + four**2).truncate(order) == 2 * twice[0]) and ((three * four).truncate(order) == twice[1])
    # with p = S^(−2): θ₂(p)² = (4/S)(1 + p² + p⁶ + …)², θ₃(p)² = (1 + 2p + 2p⁴ + …)²; sums below 1 + 2p + 2p⁴/(1 − p)
    p = fmpq_poly([0, 1])
    rest = (1 + constant * p) * (1 - p) ** 2 - ((1 - p) * (1 + 2 * p) + 2 * p**4) ** 2
    end = Fraction(1, 36)
    rest = rest / p  # 0 at p = 0
    bounded = rest(0) > 0 and count_real_roots(rest, Fraction(0), end) == 0
    good = lattice and sums and bounded and front == 4
    return proved(
        good,
        "2 log S = π/M(θ₂², θ₃²) at p = S^(−2), and both numbers are at most 1 + 5p times 4/S and 1"
        if good
        else "the numbers 4/S and 1 are not within that of the theta functions",
        "(θ₃(q)² + θ₄(q)²)/2 = θ₃(q²)² and θ₃(q)θ₄(q) = θ₄(q²)²: terms (m, n) with odd m + n cancel, the others are "
        f"(u + v, u − v), (u + v)² + (u − v)² = 2(u² + v²); seen up to q^{order - 1}",
        "so M(θ₃(q)², θ₄(q)²) stays as it is from q to q², and is 1, its limit",
        "log p·log q = π² turns θ₃(q)², θ₄(q)² into θ₃(p)², θ₂(p)² divided by π/log(1/p): M(θ₂(p)², θ₃(p)²) = "
        "π/log(1/p), p = S^(−2)",
        f"θ₂(p)² ≥ {front}/S = {front}√p, θ₃(p)² ≥ 1; (1 + 2p + 2p⁴/(1 − p))² ≤ 1 + {constant}p for 0 < p ≤ {end}, "
        "by the roots of the difference",
        "M grows with both numbers and is homogeneous",
    )


def _theta(order: int, sign: int) -> fmpz_poly:
    """1 + 2 Σ sign^n q^(n²) below q^order."""
    found = [0] * order
    found[0] = 1
    n = 1
    while n * n < order:
        found[n * n] = 2 * sign**n
        n += 1
    return fmpz_poly(found)


def _at_square(series: fmpz_poly, order: int) -> fmpz_poly:
    return series(fmpz_poly([0, 0, 1])).truncate(order)


# -- exponentials ------------------------------------------------------------------------------------------------------


@claim(
    "building_blocks.exponential",
    "If y = eˣ(1 + d) with |d| ≤ 1/2 and L is within η of log y, then y(1 + x − L) = eˣ(1 + d') with |d'| ≤ d² + 3η/2",
    source=OURS,
    rows=["D"],
    mutants=[{"factor": "1/2"}, {"order": 0}],
)
def exponential(factor: str = "1", order: int = 1) -> Evidence:
    """(1 + d)(1 − log(1 + d)) − 1 = f(d) has f(0) = f'(0) = 0 and f'' = −1/(1 + d)."""
    t = sympy.Symbol("t", real=True)
    f = (1 + t) * (order - sympy.log(1 + t)) - 1
    slope, bend = sympy.simplify(sympy.diff(f, t)), sympy.simplify(sympy.diff(f, t, 2))
    largest = sympy.Abs(bend.subs(t, sympy.Rational(-1, 2))) / 2
    good = f.subs(t, 0) == 0 and slope.subs(t, 0) == 0 and equal(bend, -1 / (1 + t))
    return proved(
        bool(good and largest <= sympy.Rational(factor)),
        f"d' = f(d) + (1 + d)·(an error of L), |f(d)| ≤ {largest}·d² by Taylor, and 1 + d ≤ 3/2",
        f"f(d) = (1 + d)(1 − log(1 + d)) − 1: f(0) = {f.subs(t, 0)}, f'(0) = {slope.subs(t, 0)}, "
        f"f'' = {pretty(bend.subs(t, d))}",
    )


@claim(
    "building_blocks.exponential_steps",
    "On [−4, 4], from the best rational of type (5, 5), J such steps with logarithms within η ≤ 1/16 give eˣ(1 + d), "
    "|d| ≤ 2^(−21·2ᴶ) + 2η",
    source=OURS,
    kind="certified",
    rows=["D"],
    assumptions=["the claim on a step"],
    mutants=[{"bits": 22}, {"degree": 4}, {"multiple": "3/2"}],
)
def exponential_steps(bits: int = 21, degree: int = 5, multiple: str = "2") -> Evidence:
    """(A + mη)² + 3η/2 ≤ A² + mη, A the quadratic part."""
    block = best("exp", degree, weight="relative")[1]
    m, largest, eta = sympy.Rational(multiple), sympy.Rational(1, 2**bits), sympy.Rational(1, 16)
    room = m - sympy.Rational(3, 2) - 2 * m * largest - m**2 * eta
    return certified(
        block <= Fraction(1, 2**bits) and bool(room >= 0),
        f"the relative error at first is at most {float(block):.4e}, beside 2^(−{bits}) = {2.0**-bits:.4e}",
        f"(A + {m}η)² + 3η/2 ≤ A² + {m}η for A ≤ 2^(−{bits}), η ≤ 1/16: {m} − 3/2 − {2 * m}·A − {m**2}·η ≥ "
        f"{sympy.N(room, 4)}",
        f"so |d| ≤ A + {m}η is kept, A squared by each step; it stays below 1/2, as a step needs",
    )
