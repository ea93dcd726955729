"""The best rational approximations of ReLU: their errors in closed form and in a table, and the published start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import sympy

from ratapprox import Rational, certify, fit
from ratapprox.claims import Evidence, certified, claim, proved
from ratapprox.sturm import count_real_roots

SOURCE = "Boullé, Nakatsukasa, Townsend, Rational neural networks, NeurIPS 33, 2020"
PAGE = "Boullé, Nakatsukasa, Townsend, Rational neural networks, Oxford Mathematics, 2021"
THEORY = "Chebyshev's alternation for rationals: Trefethen, Approximation Theory and Approximation Practice, 2013"
OURS = "derived here"
PUBLISHED_P = ("0.0218", "0.5", "1.5957", "1.1915")
PUBLISHED_Q = ("1", "0", "2.383")
x, v = sympy.symbols("x v", real=True)
half, sqrt3, sqrt5 = sympy.Rational(1, 2), sympy.sqrt(3), sympy.sqrt(5)
MINIMAL = 2 * v**3 - 2 * v - 1
V = sympy.CRootOf(MINIMAL, 0)  # the only real root, 1.1914878839…


@claim(
    "best_relu.error_3_2",
    "the best rational of type (3, 2) on [−1, 1] has error 0.0218445063460381808, taken at exactly 7 points",
    source=PAGE,
    kind="certified",
    rows=["A1"],
    quotes=["initialized close to the ReLU function"],
    mutants=[{"error": "0.0218445063460381818"}, {"points": 6}, {"points": 8}, {"type": (2, 2)}, {"type": (5, 4)}],
)
def error_3_2(error: str = "0.0218445063460381808", points: int = 7, type: tuple[int, int] = (3, 2)) -> Evidence:
    found = fit("relu", type=type, on=(-1, 1), digits=24)
    certificate = found.certificate
    assert certificate is not None
    unit = Fraction(1, 10 ** len(error.partition(".")[2]))
    holds = Fraction(error) - unit <= Fraction(certificate.optimal_lower)
    holds &= Fraction(certificate.error_upper) <= Fraction(error) + unit
    p, q = found.rational.exact().polynomials()
    critical = 3  # −1, 0 and 1
    for side, target in ((-1, 0), (1, 1)):
        slope = p.derivative() * q - p * q.derivative() - target * q * q  # of r − f, times q²
        ends = (Fraction(-1), Fraction(0)) if side < 0 else (Fraction(0), Fraction(1))
        critical += count_real_roots(slope, *ends, closed=False)
    holds &= critical == len(certificate.alternation) == certificate.alternation_needed == points
    return certified(
        holds,
        f"{certificate.optimal_lower} ≤ E ≤ {certificate.error_upper}, at {len(certificate.alternation)} points",
        f"the error of r has {critical} candidates for an extremum: −1, 0, 1 and the zeros of its derivative, counted",
        f"it alternates at {len(certificate.alternation)} points; {certificate.alternation_needed} prove it best",
        alternation=list(certificate.alternation),
    )


@dataclass(frozen=True)
class Level:
    """r = p/q and what proves that its error against ReLU is E: four factorisations on [−1, 0] and on [0, 1].

    below: −E q ≤ f q − p, above: f q − p ≤ E q, each as (constant, {root: multiplicity}) of E q ± (f q − p) on the left
    (f = 0) and on the right (f = x).
    """

    p: sympy.Expr
    q: sympy.Expr
    below: tuple[tuple[Any, dict[Any, int]], tuple[Any, dict[Any, int]]]
    above: tuple[tuple[Any, dict[Any, int]], tuple[Any, dict[Any, int]]]


LEVELS = {
    "1_1": Level(
        (sqrt5 - 2) / 2 + (sqrt5 - 1) / 4 * x,
        1 - (sqrt5 - 1) / 2 * x,
        (((sqrt5 - 3) / 2, {0: 1}), ((1 - sqrt5) / 2, {0: 1, 1: 1})),
        ((sqrt5 - 2, {-1: 1}), ((sqrt5 - 1) / 2, {(sqrt5 - 1) / 2: 2})),
    ),
    "2_1": Level(
        sympy.Rational(1, 16) + x / 2 + x**2 / 2,
        sympy.Integer(1),
        ((-half, {-1: 1, 0: 1}), (-half, {0: 1, 1: 1})),
        ((half, {-half: 2}), (half, {half: 2})),
    ),
    "2_2": Level(
        (2 - sqrt3) ** 2 / 2 + (4 * sqrt3 - sympy.Rational(13, 2)) * x + x**2 / 2,
        1 - x + x**2,
        ((3 - 2 * sqrt3, {-1: 1, 0: 1}), (1, {0: 1, sqrt3 - 1: 2})),
        ((4 - 2 * sqrt3, {(1 - sqrt3) / 2: 2}), (-1, {2 - sqrt3: 2, 1: 1})),
    ),
    "3_2": Level(
        v * (v - 1) ** 2 / 2 + x / 2 + (v + 2) / 2 * x**2 + v * x**3,
        1 + 2 * v * x**2,
        ((-v, {0: 1, -(v**2) / (v + 1): 2}), (v, {0: 1, v**2 / (v + 1): 2})),
        ((v, {-1: 1, 1 - v: 2}), (-v, {1: 1, v - 1: 2})),
    ),
}


def _sign(number: Any) -> int:
    """The sign of an exact number of the field: 0 is decided by algebra, the sign by 30 digits with known error."""
    found = sympy.together(sympy.expand(sympy.sympify(number)))
    zero = sympy.rem(sympy.numer(found), MINIMAL, v) == 0 if found.has(v) else sympy.radsimp(found) == 0
    return 0 if zero else int(sympy.sign(found.subs(v, V).evalf(30)))


def _vanishes(expression: sympy.Expr) -> bool:
    numerator = sympy.Poly(sympy.numer(sympy.together(sympy.expand(expression))), x)
    if v in numerator.free_symbols_in_domain:
        return all(sympy.rem(c, MINIMAL, v) == 0 for c in numerator.all_coeffs())
    return all(sympy.radsimp(c).equals(0) for c in numerator.all_coeffs())


def _levelled(level: Level, E: sympy.Expr, needed: int) -> Evidence:
    """Prove max |ReLU − p/q| = E on [−1, 1], and that E is alternately reached at as many points as are needed."""
    p, q, steps = level.p, level.q, []
    touched: dict[Any, Any] = {}
    free = all(_sign(q.subs(x, end)) > 0 for end in (-1, 1))
    free &= sympy.degree(q, x) < 1 or _sign(sympy.discriminant(q, x)) < 0 or sympy.degree(q, x) == 1
    wrong = [] if free else ["q has no zero on [−1, 1]"]
    for k, (f, low, high) in enumerate(((sympy.Integer(0), -1, 0), (x, 0, 1))):
        sides = (("E q + (f q − p)", 1, level.below[k]), ("E q − (f q − p)", -1, level.above[k]))
        for name, sign, (constant, roots) in sides:
            product = constant * sympy.prod([(x - root) ** m for root, m in roots.items()])
            inside = [root for root in roots if _sign(root - low) > 0 > _sign(root - high)]
            at = sympy.Rational(low + high, 2) + sympy.Rational(1, 97)
            nonnegative = all(roots[root] % 2 == 0 for root in inside) and _sign(product.subs(x, at)) > 0
            if not (_vanishes(E * q + sign * (f * q - p) - product) and nonnegative):
                wrong.append(f"{name} = {product} ≥ 0 on [{low}, {high}]")
            steps.append(f"{name} = {product} ≥ 0 on [{low}, {high}]")
            touched |= {root: -sign for root in roots if _sign(root - low) >= 0 >= _sign(root - high)}
    points = sorted(touched, key=lambda root: float(sympy.sympify(root).subs(v, V)))
    alternating = all(touched[a] == -touched[b] for a, b in pairwise(points))
    if len(points) < needed or not alternating:
        wrong.append(f"{needed} alternating points: there are {len(points)}")
    return proved(
        not wrong,
        f"the error of ({p})/({q}) is {E}" if not wrong else f"not so: {'; '.join(wrong)}",
        *steps,
        f"the error is ±{E} with alternating signs at {', '.join(map(str, points))}: no rational of the type is better",
    )


@claim(
    "best_relu.closed_form_1_1",
    "E(ReLU; 1, 1) = (√5 − 2)/2 on [−1, 1]",
    source=OURS,
    rows=["A2"],
    mutants=[{"shift": Fraction(1, 10**9)}, {"needed": 5}],
)
def closed_form_1_1(shift: Fraction = Fraction(0), needed: int = 4) -> Evidence:
    return _levelled(LEVELS["1_1"], (sqrt5 - 2) / 2 + sympy.Rational(shift), needed)


@claim(
    "best_relu.closed_form_2_1",
    "E(ReLU; m, n) = 1/16 on [−1, 1] for (2, 0), (3, 0), (2, 1) and (3, 1): the denominator of degree 1 is idle",
    source=OURS,
    rows=["A2"],
    mutants=[{"error": Fraction(1, 17)}, {"needed": 6}],
)
def closed_form_2_1(error: Fraction = Fraction(1, 16), needed: int = 5) -> Evidence:
    # m + n + 2 − defect is 4, 5, 5, 5 for the polynomial of degree 2 in the four types
    return _levelled(LEVELS["2_1"], sympy.Rational(error), needed)


@claim(
    "best_relu.closed_form_2_2",
    "E(ReLU; 2, 2) = (2 − √3)²/2 on [−1, 1]",
    source=OURS,
    rows=["A2"],
    mutants=[{"shift": Fraction(1, 10**9)}, {"needed": 7}],
)
def closed_form_2_2(shift: Fraction = Fraction(0), needed: int = 6) -> Evidence:
    return _levelled(LEVELS["2_2"], (2 - sqrt3) ** 2 / 2 + sympy.Rational(shift), needed)


@claim(
    "best_relu.closed_form_3_2",
    "the best rational of type (3, 2) on [−1, 1] is (E + x/2 + (v/2 + 1)x² + v x³)/(1 + 2v x²) with 2v³ − 2v − 1 = 0,"
    " v = 1.19148788…, and its error is E = v(v − 1)²/2",
    source=OURS,
    rows=["A1", "A2"],
    mutants=[{"shift": Fraction(1, 10**9)}, {"needed": 8}],
)
def closed_form_3_2(shift: Fraction = Fraction(0), needed: int = 7) -> Evidence:
    return _levelled(LEVELS["3_2"], v * (v - 1) ** 2 / 2 + sympy.Rational(shift), needed)


@claim(
    "best_relu.published_is_rounded",
    "the published start (0.0218 + 0.5x + 1.5957x² + 1.1915x³)/(1 + 2.383x²) is the best one with its numbers rounded"
    " to the digits given",
    source=SOURCE,
    rows=["A1"],
    mutants=[{"cubic": "1.1914"}, {"square": "1.5958"}, {"below": "2.382"}],
)
def published_is_rounded(
    constant: str = "0.0218", square: str = "1.5957", cubic: str = "1.1915", below: str = "2.383"
) -> Evidence:
    exact = {constant: v * (v - 1) ** 2 / 2, square: (v + 2) / 2, cubic: v, below: 2 * v}
    off = []
    for text, value in exact.items():
        step = sympy.Rational(1, 2 * 10 ** len(text.partition(".")[2]))
        near = _sign(value - sympy.Rational(text) + step) > 0 > _sign(value - sympy.Rational(text) - step)
        off += [] if near else [f"{text} is not {sympy.N(value.subs(v, V), 10)} rounded"]
    return proved(not off, "; ".join(off) or "each is within half a unit of its last digit", "0.5 is exact")


@claim(
    "best_relu.published_error",
    "the published seven numbers have error 0.0218869785395… on [−1, 1], 0.194 % above the least",
    source=SOURCE,
    kind="certified",
    rows=["A1"],
    mutants=[{"error": "0.0218445063460"}, {"percent": "0.195"}, {"cubic": "1.1914"}],
)
def published_error(error: str = "0.0218869785395", percent: str = "0.194", cubic: str = PUBLISHED_P[3]) -> Evidence:
    published = Rational([*map(Fraction, PUBLISHED_P[:3]), Fraction(cubic)], [*map(Fraction, PUBLISHED_Q)])
    judged, best = certify(published, "relu", (-1, 1)), fit("relu", type=(3, 2), on=(-1, 1), digits=20).certificate
    assert best is not None
    lower, upper = Fraction(judged.error_lower), Fraction(judged.error_upper)
    excess = [100 * (lower / Fraction(best.error_upper) - 1), 100 * (upper / Fraction(best.optimal_lower) - 1)]
    holds = Fraction(error) <= lower and upper <= Fraction(error) + Fraction(1, 10**13)
    holds &= all(abs(found - Fraction(percent)) < Fraction(1, 2000) for found in excess)
    return certified(
        holds and judged.pole_free_on_reals,
        f"{judged.error_lower} ≤ ‖f − r‖ ≤ {judged.error_upper}, {float(excess[0]):.4f} % above the least",
        f"largest at x = {judged.error_at}",
        "no pole on the real line",
    )


@claim(
    "best_relu.not_increasing",
    "neither the best (3, 2) nor the published one is increasing on [−1, 1]: r'(−1/2) < 0",
    source=OURS,
    rows=["A1"],
    mutants=[{"at": Fraction(-1)}, {"at": Fraction(0)}],
)
def not_increasing(at: Fraction = Fraction(-1, 2)) -> Evidence:
    best = LEVELS["3_2"]
    slope = sympy.diff(best.p / best.q, x).subs(x, sympy.Rational(at))
    published = Rational([*map(Fraction, PUBLISHED_P)], [*map(Fraction, PUBLISHED_Q)]).derivative()(at)
    return proved(
        _sign(slope) < 0 and published < 0,
        f"at {at} the slopes are {sympy.N(slope.subs(v, V), 6)} and {float(published):.6f}",
        f"the published one is exactly {published}",
    )


@claim(
    "best_relu.half_of_abs",
    "E(ReLU; m, n) = E(|x|; m, n)/2 on [−1, 1] for m ≥ n + 1, and r is best for ReLU exactly if 2r − x is best for |x|",
    source=OURS,
    rows=["A2"],
    mutants=[{"least": 0}, {"factor": 3}],
)
def half_of_abs(least: int = 1, factor: int = 2) -> Evidence:
    side = [sympy.expand(factor * f - x - size) for f, size in ((sympy.Integer(0), -x), (x, x))]
    # 2p/q − x = (2p − x q)/q: the numerator has degree max(m, n + 1), which is m for every m ≥ n + least if least ≥ 1
    kept = least >= 1
    m, n, gained = (2, 2, 3)
    return proved(
        side == [0, 0] and kept,
        "r ↦ 2r − x maps type (m, n) onto itself, with inverse s ↦ (s + x)/2, and doubles the error"
        if kept
        else f"for (m, n) = ({m}, {n}) the numerator 2p − x q may have degree {gained}",
        f"|x| = {factor} ReLU(x) − x: the differences left and right of 0 are {side}",
        "(2p − x q)/q and (p + x q)/(2q) have numerators of degree max(m, n + 1) = m",
    )


@claim(
    "best_relu.half_of_abs_by_type",
    "E(ReLU; m, n) = E(|x|; m, n)/2 for the types (1, 0), (3, 2), (4, 2), (5, 4), (7, 6) to 12 digits",
    source=OURS,
    kind="certified",
    rows=["A2"],
    mutants=[{"types": ((2, 2),)}, {"types": ((4, 4),)}, {"types": ((1, 1),)}],
)
def half_of_abs_by_type(types: Sequence[tuple[int, int]] = ((1, 0), (3, 2), (4, 2), (5, 4), (7, 6))) -> Evidence:
    apart, steps = [], []
    for each in types:
        relu, size = _best("relu", each), _best("abs", each)
        met = 2 * relu[0] <= size[1] and size[0] <= 2 * relu[1]
        tight = relu[1] - relu[0] <= relu[0] / 10**12 and size[1] - size[0] <= size[0] / 10**12
        steps.append(f"{each}: ReLU {float(relu[0]):.13g}, |x| {float(size[0]):.13g}")
        apart += [] if met and tight else [each]
    return certified(not apart, f"not so for {apart}" if apart else "all enclosures overlap", *steps)


def _best(target: str, type: tuple[int, int]) -> tuple[Fraction, Fraction]:
    """Between which fractions the best error on [−1, 1] lies."""
    certificate = fit(target, type=type, on=(-1, 1), digits=16).certificate
    assert certificate is not None
    return Fraction(certificate.optimal_lower), Fraction(certificate.error_upper)


@claim(
    "best_relu.scaling",
    "L r(x/L) is best for ReLU on [−L, L] exactly if r is on [−1, 1], and its error is L times as large",
    source=OURS,
    rows=["A2"],
    mutants=[{"power": 0}, {"power": 2}],
)
def scaling(power: int = 1) -> Evidence:
    size = sympy.symbols("L", positive=True)
    value = sympy.Function("r")(x / size)
    # ReLU(x) = L ReLU(x/L) on either side of 0, and types are kept: x/L is of degree 1
    difference = [
        sympy.simplify(size**power * (value - f.subs(x, x / size)) - (size**power * value - f))
        for f in (sympy.Integer(0), x)
    ]
    return proved(
        difference == [0, 0],
        f"L^{power} r(x/L) − ReLU(x) = L^{power} (r(x/L) − ReLU(x/L)) up to {difference} left and right of 0",
        "p(x/L)/q(x/L) has the type of p/q, and r ↦ L r(x/L) has an inverse",
    )


@claim(
    "best_relu.unique",
    "the best rational of type (3, 2) is the only one: another r₂ with no larger error would agree with it 6 times",
    source=THEORY,
    kind="certified",
    rows=["A2"],
    assumptions=["zeros between alternation points are counted with their multiplicity"],
    mutants=[{"type": (3, 1)}],
)
def unique(type: tuple[int, int] = (3, 2)) -> Evidence:
    certificate = fit("relu", type=type, on=(-1, 1), digits=20).certificate
    assert certificate is not None
    m, n = type
    agreements, most = len(certificate.alternation) - 1, m + n
    return certified(
        certificate.defect == 0 and agreements > most,
        f"p q₂ − p₂ q has {agreements} zeros between {agreements + 1} alternation points and degree at most {most}",
        f"defect {certificate.defect}; E is enclosed to {certificate.gap:.1e}",
    )


TABLE = {
    (1, 1): "0.118033988750",
    (2, 2): "0.0358983848622",
    (3, 3): "0.0138781886600",
    (4, 4): "0.00615621439631",
    (5, 5): "0.00299142499148",
    (6, 6): "0.00155281000757",
    (7, 7): "0.000847937797929",
    (8, 8): "0.000482155579254",
    (9, 9): "0.000283446620927",
    (10, 10): "0.000171365870584",
    (3, 2): "0.0218445063460",
    (5, 4): "0.00425074235204",
    (7, 6): "0.00114105300486",
    (9, 8): "0.000368281807015",
}


@claim(
    "best_relu.table",
    "the best errors against ReLU on [−1, 1] of the types (n, n), n ≤ 10, and (n + 1, n), n even, to 12 digits",
    source=OURS,
    kind="certified",
    rows=["A2"],
    mutants=[{"type": (3, 2), "error": "0.0218445063461"}, {"type": (10, 10), "error": "0.000171365870583"}],
)
def table(type: tuple[int, int] | None = None, error: str = "") -> Evidence:
    wrong, rows = [], {}
    for (m, n), text in (TABLE | ({type: error} if type else {})).items():
        lower, upper = _best("relu", (m, n))
        unit = Fraction(1, 10 ** len(text.partition(".")[2]))
        rows[f"({m}, {n})"] = text
        if not abs(lower - Fraction(text)) <= unit / 2 >= abs(upper - Fraction(text)):
            wrong.append(f"({m}, {n}): {text} is not between {float(lower):.14g} and {float(upper):.14g}")
    steps = [f"E{degrees} = {text}" for degrees, text in rows.items()]
    says = "; ".join(wrong) or f"{len(rows)} enclosures hold the numbers stated"
    return certified(not wrong, says, *steps, errors=rows)
