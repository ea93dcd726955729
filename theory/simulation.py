"""Rational blocks in the place of fixed activation functions: how large for which error, and what becomes of it behind.

The best error of each type is enclosed, so that a table of types shows the rate at which errors fall, and what no
rational function of a smaller type reaches. The source bounds whole networks; here are the blocks they are made of.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import pairwise

import sympy
from flint import arb, ctx

from ratapprox import Rational, activation, certify, fit
from ratapprox.claims import Evidence, certified, claim
from ratapprox.expressions import pretty, x

from .ralu import equal

SOURCE = "Tang, Townsend, Rational neural networks have expressivity advantages, arXiv 2602.12390, 2026"
BITS = 128


@cache
def best(function: str, n: int, below: int = 0, weight: str | None = None) -> tuple[Fraction, Fraction]:
    """Two fractions between which the best error of type (n, n − below) on [−4, 4] lies."""
    certificate = fit(function, (n, n - below), (-4, 4), weight).certificate
    assert certificate is not None
    return Fraction(certificate.optimal_lower), Fraction(certificate.error_upper)


def factors(function: str, types: tuple[int, ...]) -> list[tuple[Fraction, Fraction]]:
    """By what the best error is divided from each type to the next, enclosed."""
    errors = [best(function, n) for n in types]
    return [(a[0] / b[1], a[1] / b[0]) for a, b in pairwise(errors)]


def table(function: str, types: tuple[int, ...]) -> str:
    """The errors as a line of a derivation."""
    errors = ", ".join(f"{float(best(function, n)[1]):.3e} of type ({n}, {n})" for n in types)
    return f"best errors on [−4, 4]: {errors}"


# -- rates -------------------------------------------------------------------------------------------------------------


@claim(
    "simulation.softplus",
    "On [−4, 4] two more degrees divide the best error of softplus by 258 to 300, for each type from (2, 2) to (8, 8): "
    "a geometric rate",
    source=SOURCE,
    kind="certified",
    rows=["D"],
    mutants=[{"least": 260}, {"most": 290}],
)
def softplus(least: int = 258, most: int = 300) -> Evidence:
    types = (2, 4, 6, 8)
    found = factors("softplus", types)
    return certified(
        all(least <= low and high <= most for low, high in found),
        "the error is divided by " + ", ".join(f"{float(low):.1f}" for low, _ in found),
        table("softplus", types),
    )


@claim(
    "simulation.silu",
    "On [−4, 4] two more degrees divide the best error of SiLU by more each time, from (2, 2) to (10, 10), and by more "
    "than 10⁵ at the end: faster than a geometric rate",
    source=SOURCE,
    kind="certified",
    rows=["D"],
    mutants=[{"last": 10**6}, {"function": "softplus"}],
)
def silu(last: int = 10**5, function: str = "silu") -> Evidence:
    types = (2, 4, 6, 8, 10)
    found = factors(function, types)
    growing = all(a[1] < b[0] for a, b in pairwise(found))
    return certified(
        growing and found[-1][0] > last,
        "the error is divided by " + ", ".join(f"{float(low):.0f}" for low, _ in found),
        table(function, types),
    )


@claim(
    "simulation.gelu",
    "On [−4, 4] four more degrees divide the best error of GELU by more each time: by 1090, 3869 and 7291 or more",
    source=SOURCE,
    kind="certified",
    rows=["D"],
    mutants=[{"least": (1091, 3869, 7291)}, {"least": (1090, 3869, 7292)}],
)
def gelu(least: tuple[int, ...] = (1090, 3869, 7291)) -> Evidence:
    types = (2, 4, 6, 8, 10)
    single = factors("gelu", types)
    found = [(a[0] * b[0], a[1] * b[1]) for a, b in pairwise(single)]
    growing = all(a[1] < b[0] for a, b in pairwise(found))
    return certified(
        growing and all(bound <= low for bound, (low, _) in zip(least, found, strict=True)),
        "the error is divided by " + ", ".join(f"{float(low):.1f}" for low, _ in found),
        table("gelu", types),
    )


@claim(
    "simulation.elu",
    "On [−4, 4] −log of the best error of ELU rises with √n by 4.3 to π√2, from (4, 4) to (16, 16): a root-exponential "
    "rate, slower than geometric, for the jump of its second derivative at 0",
    source=SOURCE,
    kind="certified",
    rows=["D"],
    mutants=[{"least": "4.35"}, {"square": "3/2"}, {"function": "softplus"}],
)
def elu(least: str = "4.3", square: str = "2", function: str = "elu") -> Evidence:
    types = (4, 8, 12, 16)
    jump = sympy.limit(sympy.diff(sympy.exp(x) - 1, x, 2), x, 0) - sympy.diff(x, x, 2)
    with ctx.workprec(BITS):
        logs = [[(arb(e.numerator) / e.denominator).log() for e in best(function, n)] for n in types]
        roots = [arb(n).sqrt() for n in types]
        slopes = [
            ((a[0] - b[1]) / (v - u)).union((a[1] - b[0]) / (v - u))
            for (a, b), (u, v) in zip(pairwise(logs), pairwise(roots), strict=True)
        ]
        low, bound = Fraction(least), Fraction(square)
        highest = arb.pi() * (arb(bound.numerator) / bound.denominator).sqrt()
        inside = all(s > arb(low.numerator) / low.denominator and s < highest for s in slopes)
        texts = [s.str(4, radius=False) for s in slopes]
    falling = all(a[0] > b[1] for a, b in pairwise(factors(function, types)))
    return certified(
        inside and falling and jump != 0,
        f"it rises by {', '.join(texts)} for each unit of √n",
        table(function, types),
        f"the second derivative jumps by {jump} at 0",
    )


# -- sizes -------------------------------------------------------------------------------------------------------------


@claim(
    "simulation.sizes",
    "Among the types (n, n) with even n an error below 10⁻⁶ on [−4, 4] needs n = 6 for softplus and SiLU, 8 for GELU, "
    "and 16 for ELU",
    source=SOURCE,
    kind="certified",
    rows=["D"],
    mutants=[{"degrees": (4, 6, 8, 16)}, {"degrees": (6, 6, 10, 16)}, {"digits": 5}],
)
def sizes(degrees: tuple[int, ...] = (6, 6, 8, 16), digits: int = 6) -> Evidence:
    wanted = Fraction(1, 10**digits)
    names = ("softplus", "silu", "gelu", "elu")
    enough = [best(name, n)[1] < wanted for name, n in zip(names, degrees, strict=True)]
    needed = [best(name, n - 2)[0] >= wanted for name, n in zip(names, degrees, strict=True)]
    told = (
        f"{name}: n = {n} has {float(best(name, n)[1]):.2e}, n = {n - 2} at least {float(best(name, n - 2)[0]):.2e}"
        for name, n in zip(names, degrees, strict=True)
    )
    return certified(
        all(enough) and all(needed),
        "2n + 1 coefficients: " + ", ".join(f"{2 * n + 1} for {name}" for name, n in zip(names, degrees, strict=True)),
        *told,
    )


# -- gates and layers --------------------------------------------------------------------------------------------------


@claim(
    "simulation.gate",
    "A gated unit x·sigmoid(y) with |x|, |y| ≤ 4 is simulated with an error below 10⁻⁷ by one rational block of type "
    "(5, 4) and two square units",
    source=SOURCE,
    kind="certified",
    rows=["D"],
    mutants=[{"digits": 8}, {"degree": 3}, {"scale": 2}],
)
def gate(degree: int = 5, digits: int = 7, scale: int = 4) -> Evidence:
    """The product is exact, so that the largest error is the largest |x| times that of the block."""
    u, r = sympy.symbols("u r")
    product = sympy.expand(((u + r) ** 2 - (u - r) ** 2) / scale)
    low, high = (4 * end for end in best("sigmoid", degree, below=1))
    return certified(
        product == u * r and high < Fraction(1, 10**digits),
        f"the largest error is between {float(low):.5e} and {float(high):.5e}, reached at x = ±4",
        f"((u + r)² − (u − r)²)/{scale} = {pretty(product)}",
        f"sup |x·sigmoid(y) − x·r(y)| = 4·sup |sigmoid − r| on [−4, 4], r the best of type ({degree}, {degree - 1})",
    )


@claim(
    "simulation.softmax",
    "The softmax of any number of scores from [−4, 4] is simulated with a relative error below 10⁻⁶ by one rational "
    "block of type (5, 5) in the place of the exponential function",
    source=SOURCE,
    kind="certified",
    rows=["D"],
    mutants=[{"digits": 7}, {"degree": 4}, {"factor": 1}],
)
def softmax(degree: int = 5, digits: int = 6, factor: int = 2) -> Evidence:
    """Each exp(sᵢ) is multiplied by 1 + dᵢ, |dᵢ| ≤ d: the quotient by at most (1 + d)/(1 − d), at least its inverse."""
    d = sympy.Symbol("d", positive=True)
    above, under = (1 + d) / (1 - d) - 1, 1 - (1 - d) / (1 + d)
    stated = factor * d / (1 - d)
    larger = sympy.factor(above - under)
    block = best("exp", degree, weight="relative")[1]
    whole = factor * block / (1 - block)
    return certified(
        equal(above, stated) and equal(larger, 4 * d**2 / ((1 - d) * (1 + d))) and whole < Fraction(1, 10**digits),
        f"the relative error of each share is at most {float(whole):.3e}, however many there are",
        f"relative error of the best block of type ({degree}, {degree}) for exp on [−4, 4]: d = {float(block):.3e}",
        f"(1 + d)/(1 − d) − 1 = {pretty(sympy.factor(above))}, more than 1 − (1 − d)/(1 + d) by {pretty(larger)}",
    )


@claim(
    "simulation.two_layers",
    "Two layers softplus(softplus(x) − 1) on [−4, 4], both softplus replaced by the best block of type (4, 4): the "
    "error is at most twice that of a block",
    source=SOURCE,
    kind="certified",
    rows=["D"],
    mutants=[{"times": 1}, {"shift": 5}],
)
def two_layers(times: int = 2, shift: int = 1) -> Evidence:
    """|s(s(x) − 1) − r(r(x) − 1)| ≤ |s'|·|s − r| + |s − r|, and the composed rational function is judged itself."""
    block = fit("softplus", (4, 4), (-4, 4)).rational.exact()
    whole = block.compose(block - Rational([shift]))
    certificate = certify(whole, f"log(1 + exp(log(1 + exp(x)) - {shift}))", (-4, 4), tolerance=1e-3)
    single = best("softplus", 4)[1]
    found = Fraction(certificate.error_upper)
    slope = activation("softplus").derivative().expression
    sigmoid = sympy.simplify(slope - activation("sigmoid").expression) == 0
    return certified(
        certificate.pole_free and sigmoid and found <= times * single,
        f"the error of both layers is at most {float(found):.3e}, {float(found / single):.3f} times that of one",
        f"one block: at most {float(single):.3e}; softplus' = sigmoid < 1, so the first error is not stretched",
        f"r(r(x) − {shift}) as one rational function of type {whole.type}: at most {float(found):.3e}",
    )
