"""What depth buys: composed rationals reach ReLU doubly exponentially, and ReLU networks pay for every rational."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import sympy
from flint import arb, ctx

from ratapprox import Rational, fit, zolotarev_relu
from ratapprox.claims import Evidence, certified, claim, proved
from ratapprox.sturm import count_real_roots, to_fmpq

SOURCE = "Boullé, Nakatsukasa, Townsend, Rational neural networks, NeurIPS 33, 2020"
OURS = "derived here"
BITS = 128
x = sympy.symbols("x", real=True)


@claim(
    "depth.zolotarev_errors",
    "x(1 + Z)/2, with Z composed of k = 1 … 5 Zolotarev functions of type (3, 2), has errors 1.6291e-2, 7.7331e-4,"
    " 4.6495e-6, 7.8170e-10, 2.6886e-16 against ReLU on [−1, 1], and no other gap gives less",
    source=SOURCE,
    kind="certified",
    rows=["A4"],
    quotes=["higher approximation power"],
    assumptions=["Z(x) is multiplied by x/2, which two more squares compute: x z = ((x + z)² − (x − z)²)/4"],
    mutants=[{"degree": 2}, {"errors": ("1.6291e-2", "7.7331e-4", "4.6495e-6", "7.8170e-10", "2.6885e-16")}],
)
def zolotarev_errors(
    errors: Sequence[str] = ("1.6291e-2", "7.7331e-4", "4.6495e-6", "7.8170e-10", "2.6886e-16"), degree: int = 3
) -> Evidence:
    steps, holds = [], True
    for k, text in enumerate(errors, 1):
        found = zolotarev_relu((degree,) * k)
        unit = Fraction(10) ** (int(text.partition("e")[2]) - 4)
        near = [abs(Fraction(end) - Fraction(text)) <= unit / 2 for end in (found.error.lower, found.error.upper)]
        tight = Fraction(found.error.upper) <= Fraction(found.least.lower) * (1 + Fraction(1, 10**15))
        holds &= all(near) and tight
        steps.append(f"k = {k}, type {found.type}, {found.parameters} numbers: {found.error.lower} ≤ error")
        steps.append(f"k = {k}: error ≤ {found.error.upper}, and ≥ {found.least.lower} for every other gap")
    return certified(holds, "all errors are enclosed" if holds else "not so: see the steps", *steps)


@claim(
    "depth.error_bound",
    "the error of Z of degree n = 3^k against ReLU stays below 2 exp(−π √(n/2)), here for k = 1 … 8",
    source=SOURCE,
    kind="certified",
    rows=["A4"],
    mutants=[{"constant": 1, "divisor": 1}, {"divisor": 1}, {"constant": Fraction(1, 4)}],
)
def error_bound(constant: Fraction | int = 2, divisor: int = 2, most: int = 8) -> Evidence:
    steps, holds = [], True
    with ctx.workprec(BITS):
        for k in range(1, most + 1):
            bound = arb(str(constant)) if isinstance(constant, int) else arb(constant.numerator) / constant.denominator
            bound *= (-arb.pi() * (arb(3**k) / divisor).sqrt()).exp()
            ratio = zolotarev_relu((3,) * k).error.ball() / bound
            holds &= bool(ratio < 1)
            steps.append(f"k = {k}: error/bound = {ratio.str(6, radius=False)}")
    return certified(holds, "the ratio is below 1 each time" if holds else "the ratio is not always below 1", *steps)


@claim(
    "depth.error_bound_always",
    "for every n ≥ 2 the error of Z_n against ReLU is at most 2 exp(−π √(n/2)), already with l = 4 exp(−π √(n/2))",
    source=SOURCE,
    rows=["A4"],
    assumptions=[
        "cited, Jacobi: the modulus k of nome q is θ₂(q)²/θ₃(q)², and q = exp(−πK'/K)",
        "cited, Zolotarev in Achieser's Theory of Approximation, 1956: the error E of Z_n on [l, 1] is the modulus of "
        "nome exp(−2nπK/K'), K and K' those of l",
    ],
    mutants=[{"root": 1}, {"front": 2}, {"growth": "j**2 - j"}],
)
def error_bound_always(root: int = 2, front: int = 4, growth: str = "j**2 + j") -> Evidence:
    n = sympy.symbols("n", positive=True)
    j = sympy.symbols("j", integer=True, positive=True)
    # θ₂ = 2q^(1/4) Σ_{j ≥ 0} q^(j² + j), θ₃ = 1 + 2 Σ_{j ≥ 1} q^(j²): k < 4√q, which has three uses
    factor = bool((sympy.sympify(growth, locals={"j": j}) - j**2).is_positive)
    # (1) E is the modulus of nome q^2n' … so E < 4 exp(−nπ K/K'); (2) l < 4 exp(−π K'/(2K)), so K/K' > π/(2 log(4/l))
    gap = front * sympy.exp(-sympy.pi * sympy.sqrt(n / root))
    exponent = sympy.simplify(n * sympy.pi**2 / (2 * sympy.expand_log(sympy.log(4 / gap), force=True)))
    meets = sympy.simplify(exponent - sympy.pi * sympy.sqrt(n / root)) == 0
    return proved(
        bool(factor and meets and front == 4),
        "E < 4 exp(−π √(n/2)) = l, and the error in the gap is at most l, so half of either is the bound for ReLU"
        if meets
        else f"with l = {gap} the bound of E is 4 exp(−{exponent}), which is not l",
        "θ₂(q) = 2q^(1/4)(1 + Σ q^(j² + j)), θ₃(q) = 1 + 2Σ q^(j²), j ≥ 1: term by term θ₂(q) < 2q^(1/4)θ₃(q) for "
        "0 < q < 1, hence k < 4√q",
        "E is the modulus of nome exp(−2nπ K/K'): E < 4 exp(−nπ K/K')",
        "l is the modulus of nome exp(−π K'/K): l < 4 exp(−π K'/(2K)), that is K/K' > π/(2 log(4/l))",
        f"so E < 4 exp(−n π²/(2 log(4/l))), whose exponent is {exponent} for l = {gap}",
        "on [0, l] the error of x Z(x) against x is x(1 − Z(x)), between 0 and l",
    )


@claim(
    "depth.rate",
    "−log(error)/√(3^k) falls towards π/√2 and stays above it for k = 2 … 9: root-exponential in the degree 3^k, and so"
    " doubly exponential in the number 3k of parameters",
    source=SOURCE,
    kind="certified",
    rows=["A4"],
    mutants=[{"per": 1}, {"limit": 3}],
)
def rate(limit: int = 2, per: int = 2, most: int = 9) -> Evidence:
    with ctx.workprec(BITS):
        found = [
            -zolotarev_relu((3,) * k).error.ball().log() / (arb(3**k) ** (arb(1) / per)) for k in range(2, most + 1)
        ]
        floor = arb.pi() / arb(limit).sqrt()
        falls = all(a > b for a, b in pairwise(found))
        near = bool(found[-1] < floor * (1 + arb(1) / 50)) and all(ball > floor for ball in found)
        shown = [ball.str(8, radius=False) for ball in found]
    return certified(
        falls and near,
        f"{', '.join(shown)}; π/√{limit} = {floor.str(8, radius=False)}",
        "error ≤ 2 exp(−(π/√2) 3^(k/2)) gives ε with 2 log₃ log(2/ε) + O(1) blocks: O(log log 1/ε) numbers",
    )


@claim(
    "depth.parameters",
    "to reach ReLU within ε = 1e-2, 1e-4, 1e-8, 1e-15, 1e-100 a composition needs k = 2, 3, 4, 5, 9 blocks, 3k numbers",
    source=SOURCE,
    kind="certified",
    rows=["A4"],
    mutants=[{"blocks": (1, 3, 4, 5, 9)}, {"blocks": (2, 3, 4, 5, 8)}, {"blocks": (2, 3, 5, 5, 9)}],
)
def parameters(
    within: Sequence[str] = ("1e-2", "1e-4", "1e-8", "1e-15", "1e-100"), blocks: Sequence[int] = (2, 3, 4, 5, 9)
) -> Evidence:
    wrong, steps = [], []
    for text, k in zip(within, blocks, strict=True):
        epsilon = Fraction(text)
        enough = Fraction(zolotarev_relu((3,) * k).error.upper) <= epsilon
        fewer = k == 1 or Fraction(zolotarev_relu((3,) * (k - 1)).least.lower) > epsilon
        wrong += [] if enough and fewer else [text]
        # a polynomial of degree n has error about 0.14/n, one rational of degree n about 4 exp(−π √n)
        one = (sympy.log(4 / sympy.Rational(text)) / sympy.pi) ** 2
        steps.append(
            f"ε = {text}: {k} blocks, {3 * k} numbers; one best rational, degree about {int(sympy.ceiling(one))};"
            f" a polynomial, degree about {float(sympy.Rational(14, 100) / sympy.Rational(text)):.1e}"
        )
    return certified(
        not wrong, f"not so for ε = {', '.join(wrong)}" if wrong else "each k suffices and k − 1 does not", *steps
    )


@claim(
    "depth.beside_best_rationals",
    "exp(π √n)·E(|x|; n, n) rises towards 8 on [−1, 1], here for n = 2, 4, 10, 20, and the error of x Z,"
    " of the same type, is 1.6, 1.9, 3.9 and 10.1 times as large",
    source="Stahl, Best uniform rational approximation of |x| on [−1, 1], 1993, for the limit",
    kind="certified",
    rows=["A4"],
    mutants=[{"limit": 6}, {"degrees": (20, 10)}, {"times": ("1.7", "1.9", "3.9", "10.1")}],
)
def beside_best_rationals(
    limit: int = 8, degrees: Sequence[int] = (2, 4, 10, 20), times: Sequence[str] = ("1.6", "1.9", "3.9", "10.1")
) -> Evidence:
    steps, last, holds = [], arb(0), True
    with ctx.workprec(BITS):
        for n, known in zip(degrees, times, strict=False):
            certificate = fit("abs", type=(n, n), on=(-1, 1), digits=14).certificate
            assert certificate is not None
            best = arb(str(certificate.optimal_lower)).union(arb(str(certificate.error_upper)))
            value = best * (arb.pi() * arb(n).sqrt()).exp()
            product = zolotarev_relu(n).error.ball() * 2 / best
            holds &= (
                bool(last < value < limit) and bool(product > arb(known)) and bool(product < arb(known) + arb(1) / 10)
            )
            last = value
            steps.append(f"n = {n}: {value.str(8, radius=False)}; x Z has {product.str(5, radius=False)} times E")
    return certified(holds, "all enclosed, and rising" if holds else "not so: see the steps", *steps)


@claim(
    "depth.beside_polynomials",
    "the best polynomials of degree n against ReLU have n·error between 0.125 and 0.141 for n = 2, 4, 8, 16, 32, rising"
    " towards half of Bernstein's constant 0.2801694990…",
    source="Varga, Carpenter, On the Bernstein conjecture in approximation theory, 1985, for the constant",
    kind="certified",
    rows=["A4"],
    mutants=[{"above": Fraction(139, 1000)}, {"below": Fraction(13, 100)}],
)
def beside_polynomials(below: Fraction = Fraction(1, 8), above: Fraction = Fraction(141, 1000)) -> Evidence:
    steps, last, holds = [], Fraction(0), True
    for n in (2, 4, 8, 16, 32):
        certificate = fit("relu", type=(n, 0), on=(-1, 1), digits=14).certificate
        assert certificate is not None
        lower, upper = n * Fraction(certificate.optimal_lower), n * Fraction(certificate.error_upper)
        holds &= below <= lower and upper <= above and last < lower
        last = upper
        steps.append(f"n = {n}: {float(lower):.12g} ≤ n·E ≤ {float(upper):.12g}")
    return certified(holds, "all enclosed, and rising" if holds else "not so: see the steps", *steps)


# -- the converse


@claim(
    "depth.affine_pieces",
    "if |r''| ≥ c on an interval of length h, every affine function is c h²/16 away from r somewhere on it; no"
    " constant is better, for r = c x²/2",
    source=OURS,
    rows=["A5"],
    mutants=[{"divisor": 15}, {"divisor": 17}],
)
def affine_pieces(divisor: int = 16) -> Evidence:
    a, h, c, p, q = sympy.symbols("a h c p q", positive=True)

    def line(t: sympy.Expr) -> sympy.Expr:
        return p + q * t

    def parabola(t: sympy.Expr) -> sympy.Expr:
        return c * t**2 / 2

    second = sympy.simplify(line(a) - 2 * line(a + h / 2) + line(a + h))
    # r(a) − 2r(a + h/2) + r(a + h) = r''(ξ)(h/2)², and the four weights of the error sum to 4
    bound = c * (h / 2) ** 2 / 4
    best = parabola(a) + c * (a + h / 2) * (x - a) - c * h**2 / 16
    errors = [sympy.simplify((parabola(x) - best).subs(x, at)) for at in (a, a + h / 2, a + h)]
    level = c * h**2 / divisor
    sharp = all(sympy.simplify(e - s * level) == 0 for e, s in zip(errors, (1, -1, 1), strict=True))
    return proved(
        second == 0 and sympy.simplify(bound - level) == 0 and sharp,
        f"sup|r − line| ≥ {bound}; for c x²/2 the errors of the best line at the ends and the middle are {errors}",
        "the second difference of a line is 0, and that of r is r''(ξ) h²/4 by Taylor",
        "so |e(a)| + 2|e(m)| + |e(b)| ≥ c h²/4 at the ends a, b and the middle m",
    )


@claim(
    "depth.pieces_of_a_rational",
    "a piecewise linear function within ε of r = x/(1 + x²) on [1/4, 3/4] has at least 0.12/√ε pieces there",
    source=OURS,
    rows=["A5"],
    mutants=[{"curvature": Fraction(24, 25)}, {"high": Fraction(4, 5)}, {"constant": Fraction(61, 500)}],
)
def pieces_of_a_rational(
    curvature: Fraction = Fraction(19, 20), high: Fraction = Fraction(3, 4), constant: Fraction = Fraction(12, 100)
) -> Evidence:
    low = Fraction(1, 4)
    p, q = Rational([0, 1], [1, 0, 1]).derivative().derivative().polynomials()  # p < 0 < q
    excess = -p - q * Rational([curvature]).polynomials()[0]
    curved = excess(to_fmpq(low)) > 0 and count_real_roots(excess, low, high) == 0
    # the longest of N pieces has h ≥ (high − low)/N, and ε ≥ c h²/16: N ≥ (high − low) √c/(4 √ε)
    enough = constant**2 <= (high - low) ** 2 * curvature / 16
    return proved(
        curved and enough,
        f"|r''| ≥ {curvature} on [{low}, {high}], where N ≥ {float((high - low) * curvature**0.5 / 4):.5f}/√ε"
        if curved
        else f"|r''| ≥ {curvature} does not hold on all of [{low}, {high}]",
        f"−r'' − {curvature} has the sign of {excess}, which has no zero there" if curved else "its sign changes",
        "the longest of N pieces has length at least 1/(2N), and affine functions on it miss r by c h²/16",
    )


@claim(
    "depth.pieces_of_a_network",
    "a ReLU network of one input with layers of w_1, …, w_L units is piecewise linear with at most Π (w_i + 1) ≤"
    " 2^(Σ w_i) pieces",
    source=OURS,
    rows=["A5"],
    mutants=[{"extra": 0}, {"per_piece": 0}],
)
def pieces_of_a_network(extra: int = 1, per_piece: int = 1) -> Evidence:
    w, p = sympy.symbols("w p", positive=True, integer=True)
    # on each of p pieces the input of a unit is affine and changes sign once at most: w units add w p breakpoints
    step = sympy.expand(p + per_piece * w * p - (w + extra) * p) == 0
    # 2^w ≥ w + 1: true for w = 0, and 2·(w + 1) − (w + 2) = w ≥ 0
    powers = sympy.expand(2 * (w + extra) - (w + 1 + extra) - w) == extra - 1 and extra <= 2**0
    seen = [(width, _pieces_of_layer(width)) for width in range(1, 9)]
    kept = all(pieces <= width + extra for width, pieces in seen)
    return proved(
        bool(step and powers and kept),
        "a layer of w units turns p pieces into at most p + w p" if kept else f"more pieces are seen: {seen}",
        "on each piece the input of a unit is affine and changes its sign at most once",
        f"Σ ReLU(x − i), i < w, has (w, pieces) = {seen}: one layer reaches its bound",
    )


def _pieces_of_layer(width: int) -> int:
    """The pieces of Σ ReLU(x − i), i = 0 … width − 1, counted by its slopes between the integers."""

    def value(at: Fraction) -> Fraction:
        return sum((max(at - i, Fraction(0)) for i in range(width)), Fraction(0))

    slopes = [value(Fraction(k + 1)) - value(Fraction(k)) for k in range(-2, width + 1)]
    return 1 + sum(a != b for a, b in pairwise(slopes))


@claim(
    "depth.network_size",
    "a ReLU network within 4^(−j) of x/(1 + x²) on [1/4, 3/4] has at least j − 3 units, ½ log₂(1/ε) − 3 of them; one"
    " rational unit of type (1, 2) is exact",
    source=OURS,
    rows=["A5"],
    assumptions=["units are counted, whatever their depth; the input is one number", "the two claims on pieces"],
    mutants=[{"offset": 2}, {"constant": Fraction(6, 100)}],
)
def network_size(offset: int = 3, constant: Fraction = Fraction(12, 100)) -> Evidence:
    # N ≥ 0.12/√ε = 0.12·2^j pieces; S units give at most 2^S; S = j − offset − 1 are too few if 0.12 > 2^(−offset − 1)
    few, fewer = Fraction(1, 2 ** (offset + 1)), f"j − {offset + 1}"
    return proved(
        constant > few,
        f"{fewer} units give at most {few}·2^j pieces, and {constant}·2^j are needed"
        if constant > few
        else f"{fewer} units may give {few}·2^j pieces, and no more than {constant}·2^j are known to be needed",
        "a network of fixed width w needs depth log(0.12/√ε)/log(w + 1)",
        "polylog(1/ε) units do suffice for any rational: Telgarsky, Neural networks and rational functions, 2017",
    )


@claim(
    "depth.square_by_sawteeth",
    "x − Σ_{s ≤ m} g_s(x)/4^s, g_s the tent function composed s times, is within 4^(−m−1) of x² on [0, 1], exactly;"
    " 2^m pieces cannot do more than twice as well",
    source="Yarotsky, Error bounds for approximations with deep ReLU networks, 2017, for the construction",
    rows=["A5"],
    mutants=[{"base": 5}, {"power": 2}],
)
def square_by_sawteeth(base: int = 4, power: int = 1, most: int = 8) -> Evidence:
    steps: list[str] = []
    for m in range(1, most + 1):
        size = 2**m
        values = [_sawtooth_square(Fraction(k, size), m, base) for k in range(size + 1)]
        # it is linear between those points, where x² − chord is h²/4 at most, in the middle
        met = all(value == Fraction(k, size) ** 2 for k, value in enumerate(values))
        middle = Fraction(1, 2 * size)
        error = abs(_sawtooth_square(middle, m, base) - middle**2)
        if not (met and error == Fraction(1, 4 ** (m + power))):
            return proved(False, f"m = {m}: the error in the first middle is {error}, the grid is met: {met}", *steps)
        steps.append(
            f"m = {m}: {size} pieces, error {error}, and no {size} pieces have less than {Fraction(1, 8 * size**2)}"
        )
    return proved(True, f"exact for m ≤ {most}: the square is interpolated at k/2^m, h²/4 = 4^(−m−1)", *steps)


def _sawtooth_square(at: Fraction, m: int, base: int) -> Fraction:
    tooth, value = at, at
    for s in range(1, m + 1):
        tooth = 2 * tooth if tooth <= Fraction(1, 2) else 2 - 2 * tooth
        value -= tooth / base**s
    return value
