"""Rational units in the place of ELU, SiLU, GELU, softplus, Mish and gates: of the order of (log log 1/ε)³ of them.

Every activation function is built from the blocks of the chapter on building blocks. The bound is proved for every ε;
the next chapter carries the construction out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import sympy

from ratapprox.claims import Evidence, claim, proved
from ratapprox.expressions import pretty

from .depth import pieces_of_a_rational
from .ralu import equal
from .simulation import SOURCE

OURS = f"{SOURCE}; construction and constants derived here"
UNIFORMLY = "can be uniformly approximated on compact domains by a rational-activation network"
EXTENDS = (
    "persists at the level of full networks and extends to gated activations and transformer-style nonlinearities."
)
W = 6
"""Logarithms are taken of numbers from 2^(−W) to 2^W, which eˣ and 1 + eˣ are on [−4, 4], with their errors."""
COUNTED = (
    "a unit is a rational function of one number, of degree 5 at most; it reads affine combinations of earlier ones, "
    "which in a network of plain layers some units per layer pass on"
)
OF_BLOCKS = "the claims on building blocks"
E, d = sympy.symbols("E d", positive=True)

# -- plans: how many steps of what -------------------------------------------------------------------------------------


def doublings(number: Fraction | int) -> int:
    """⌈log₂ number⌉, 0 for numbers below 1."""
    return max(0, (-(-Fraction(number).numerator // Fraction(number).denominator) - 1).bit_length())


def near(gap: Fraction) -> int:
    """⌈log₂ log₈(4/gap)⌉: the least b with 8^(2ᵇ) ≥ 4/gap."""
    b = 0
    while 8 ** (2**b) < 4 / gap:
        b += 1
    return b


class Plan:
    """Of a logarithm within 2^(−e): m shifts by powers of 2, n means, `roots` Newton steps in each root."""

    def __init__(self, e: int) -> None:
        self.m = e + 2 * W + 4
        share = Fraction(1, 2**e * (self.m + W))  # relative to log S, which is below m + W
        self.n = doublings(self.m + W - 2) + near(share)
        self.roots = doublings(self.m + W - 1) + near(share / (2 * self.n))
        self.units = 2 + self.n * (3 * self.roots + 2)


def newton_steps(e: int) -> int:
    """J with 21·2ᴶ ≥ e + 1."""
    return doublings(Fraction(e + 1, 21))


def exponential_units(e: int) -> int:
    return 1 + newton_steps(e) * (2 + Plan(e + 2).units)


def relu_steps(e: int) -> int:
    return doublings(e + 5) + near(Fraction(1, 2 ** (e + 5)))


UNITS: Mapping[str, Callable[[int], int]] = {
    "softplus": lambda e: exponential_units(e + 2) + Plan(e + 1).units,
    "silu": lambda e: exponential_units(e + 1) + 3,
    "gate": lambda e: exponential_units(e + 1) + 3,
    "mish": lambda e: exponential_units(e + 3) + 3,
    "gelu_tanh": lambda e: exponential_units(e + 4) + 6,
    "elu": lambda e: exponential_units(e + 3) + 2 + 3 * relu_steps(e),
}
"""For an error of 2^(−e) on [−4, 4]."""

# -- what an error of the exponential does -----------------------------------------------------------------------------


@claim(
    "overhead.sensitivity",
    "With eˣ(1 + δ), |δ| ≤ d ≤ 1/16, for eˣ the errors on [−4, 4] are at most 2d for softplus, SiLU and x·sigmoid(y), "
    "8d for Mish, 10d for the tanh form of GELU, and 4d + 3r for ELU, r ≤ 1/16 that of ReLU",
    source=OURS,
    rows=["D"],
    assumptions=["products are exact", "GELU: of exp(s/4), ELU: of exp(s/2), multiplied by themselves"],
    mutants=[{"fourth": 4}, {"second": 2}, {"mish": "1/4"}, {"logistic": 5}],
)
def sensitivity(fourth: int = 5, second: int = 3, mish: str = "1", logistic: int = 4) -> Evidence:
    delta = sympy.Symbol("delta", real=True)
    changed = E * (1 + delta)
    share = sympy.factor(changed / (1 + changed) - E / (1 + E))
    logistic_good = equal(share, delta * E / ((1 + E) * (1 + changed))) and _never_negative(
        (1 + E) ** 2 - logistic * E, square=(1 - E) ** 2
    )
    log_slope = sympy.factor(1 / (1 + delta) - sympy.diff(sympy.log(1 + changed), delta))
    log_good = equal(log_slope, 1 / ((1 + delta) * (1 + changed)))
    h = E * (E + 2) / (E**2 + 2 * E + 2)
    mish_good = equal(h, ((1 + E) ** 2 - 1) / ((1 + E) ** 2 + 1)) and _never_negative(
        sympy.numer(sympy.together(sympy.Rational(mish) - E * sympy.diff(h, E)))
    )
    end = sympy.Rational(1, 16)
    powers = [(sympy.expand(((1 + d) ** k - 1) / d), most) for k, most in ((4, fourth), (2, second))]
    power_good = all(bool(p.subs(d, end) <= most) for p, most in powers)  # they grow with d
    gelu = fourth * d / (1 - fourth * d) <= 10 * d
    gelu_good = bool(gelu.subs(d, end))
    elu_good = bool((sympy.exp(end) - 1) / end <= 2) and bool(3 * sympy.exp(end) <= 4)
    return proved(
        bool(logistic_good and log_good and mish_good and power_good and gelu_good and elu_good),
        "each is a factor of the relative error of the exponential; |x| ≤ 4 is one of SiLU, gates, Mish and GELU",
        f"E/(1 + E), E = eˣ, changes by {pretty(share)}, at most d/(4(1 − d)), for (1 + E)² − 4E = (1 − E)²",
        f"1/(1 + δ) − ∂log(1 + E(1 + δ))/∂δ = {pretty(log_slope)} > 0: softplus changes by d/(1 − d) at most",
        f"tanh(log(1 + E)) = {pretty(h)} = h(E) with E·h'(E) ≤ {mish}: Mish changes by 4d/(1 − d) at most",
        f"((1 + d)⁴ − 1)/d ≤ {fourth}, ((1 + d)² − 1)/d ≤ {second}; GELU: 4·{fourth}d/(4(1 − {fourth}d)) ≤ 10d",
        "ELU = relu(x) + exp(x − relu(x)) − 1: r + (eʳ − 1) + 3d·eʳ ≤ 3r + 4d",
    )


def _never_negative(polynomial: sympy.Expr, square: sympy.Expr | None = None) -> bool:
    """Whether it is the square, or has no negative coefficient: E > 0."""
    if square is not None:
        return equal(polynomial, square)
    return all(c >= 0 for c in sympy.Poly(sympy.expand(polynomial), E).all_coeffs())


# -- sizes -------------------------------------------------------------------------------------------------------------


@claim(
    "overhead.logarithm",
    "For every ε = 2^(−e), e ≥ 1, at most 2 + (2t + 8)(6t + 29) units, t = log₂ log₂(1/ε), compute log y within ε for "
    "2^(−6) ≤ y ≤ 2⁶",
    source=OURS,
    rows=["D"],
    assumptions=[OF_BLOCKS, COUNTED],
    mutants=[{"shift": 1}, {"means": 7}, {"roots": 8}],
)
def logarithm(shift: int = 4, means: int = 8, roots: int = 9) -> Evidence:
    """With S = 2ᵐy: log y = log S − m log 2, the relative error of log S being at most ν = ε/(m + 6)."""
    e = sympy.Symbol("e", positive=True)
    m = e + 2 * W + shift
    # 5/S² ≤ ν/4 for S ≥ 2^(m − W): 2^(e + 2W + 2·shift) ≥ 20(m + W), and 2^k ≥ 1 + k
    enough = _from_one(2 ** (2 * shift) * (1 + e + 2 * W) - 20 * (m + W), e)
    nu = sympy.Symbol("ν", positive=True)
    room = sympy.factor((1 + nu) * (1 - nu / 2) - (1 + nu / 4))  # of ν ≤ 1/2
    enough &= equal(room, nu * (1 - 2 * nu) / 4)
    # log₂(m + W) ≤ e + 4: 16·2^e ≥ 16(1 + e)
    small = _from_one(16 * (1 + e) - (m + W), e)
    # arguments of the logarithms, each at most its value at e = 1 times e: twice of means, twice of roots
    first = [m + W - 2, (2 + e + (e + 4)) / 3]
    second = [m + W - 1, (3 + (2 * e + means - 3) + e + (e + 4)) / 3]
    constants = []
    for linear in (first, second):
        values = [u.subs(e, 1) for u in linear]
        assert all(_from_one(value * e - u, e) for u, value in zip(linear, values, strict=True))
        constants.append(2 + sympy.log(sympy.prod(values), 2))
    good = enough and small and bool(constants[0] <= means) and bool(constants[1] <= roots)
    return proved(
        good,
        f"n ≤ 2t + {sympy.N(constants[0], 4)} means, each root of at most 2t + {sympy.N(constants[1], 4)} steps",
        f"m = e + {2 * W + shift}, S = 2ᵐy ≥ 2^(e + {W + shift}), ν = ε/(m + {W}): κ = ν, nη = ν/2, 5/S² ≤ ν/4",
        "then π/(2M) is between (1 − ν) log S and (1 + ν/4)/(1 − ν/2) log S ≤ (1 + ν) log S, and log S < m + 6",
        f"(1 + ν)(1 − ν/2) − (1 + ν/4) = {pretty(room)} ≥ 0",
        f"n = ⌈log₂(m + {W - 2})⌉ + ⌈log₂ log₈(4/ν)⌉, log₈(4/ν) ≤ (2e + 6)/3, by log₂(m + {W}) ≤ e + 4",
        f"roots: ⌈log₂(m + {W - 1})⌉ + ⌈log₂ log₈(8n/ν)⌉, by log₂ n ≤ n − 1 ≤ 2e + {means - 3}",
        "a + b·e ≤ (a + b)·e for e ≥ 1, and ⌈u⌉ ≤ u + 1",
        "units: 1/y, then n times (a product of two, and roots of three each), then 1/M",
    )


def _from_one(expression: sympy.Expr, e: sympy.Symbol) -> bool:
    """Whether a polynomial of e is not negative for e ≥ 1, for it has no negative coefficient in e − 1."""
    shifted = sympy.Poly(sympy.expand(sympy.sympify(expression).subs(e, e + 1)), e)
    return all(c >= 0 for c in shifted.all_coeffs())


@claim(
    "overhead.cubic",
    "For every ε = 2^(−e), e ≥ 1, at most 12(6 + log₂ log₂(1/ε))³ units give softplus, SiLU, Mish, ELU, the tanh form "
    "of GELU, and gates x·sigmoid(y), within ε on [−4, 4]",
    source=OURS,
    rows=["D"],
    quotes=[UNIFORMLY],
    assumptions=[
        OF_BLOCKS,
        "the claims on sensitivity and on the logarithm",
        COUNTED,
        "e is an integer; log-sigmoid is −softplus(−x), and SELU and CELU are ELU's two parts with other factors, "
        "which change the constant",
    ],
    mutants=[{"shift": 4}, {"front": 11}, {"budgets": (2, 1, 1, 2, 4, 3)}],
)
def cubic(shift: int = 6, front: int = 12, budgets: tuple[int, ...] = (2, 1, 1, 3, 4, 3)) -> Evidence:
    """budgets: by how many bits better the exponential is: softplus, SiLU, gate, Mish, GELU, ELU."""
    t = sympy.Symbol("t", nonnegative=True)
    half = sympy.Rational(1, 2)
    spent = [c * half**b for c, b in zip((2, 2, 2, 8, 10, 4), budgets, strict=True)]
    others = (half, 0, 0, 0, 0, 3 * half**3)  # the logarithm of softplus, the ReLU of ELU
    enough = all(bool(s + o <= 1) for s, o in zip(spent, others, strict=True))

    def units(at: sympy.Expr) -> sympy.Expr:
        return 2 + (2 * at + 8) * (6 * at + 29)

    # log₂(e + c) ≤ t + log₂(1 + c): c = b + 2 ≤ 6 for the logarithms in an exponential, 1 for that of softplus
    exponential = 1 + (t + 1) * (2 + units(t + 3))
    whole = exponential + units(t + 1) + 6
    relu = exponential + 2 + 3 * (2 * t + 7)  # ⌈log₂(e + 5)⌉ + ⌈log₂((e + 7)/3)⌉ ≤ 2t + 2 + log₂(6·8/3)
    bound = front * (t + shift) ** 3
    over = [sympy.Poly(sympy.expand(bound - u), t) for u in (whole, relu)]
    below = all(c >= 0 for p in over for c in p.all_coeffs())
    seen = [e for e in range(1, 400) for count in UNITS.values() if count(e) > float(bound.subs(t, sympy.log(e, 2)))]
    return proved(
        enough and below and max(budgets) + 2 <= 7 and not seen,
        f"bits more than ε for the exponential: {', '.join(map(str, budgets))}; the errors are at most "
        f"{', '.join(f'{float(s + o):.3g}ε' for s, o in zip(spent, others, strict=True))}",
        f"an exponential: at most 1 + (t + 1)·(2 + log's at t + 3) = {pretty(sympy.expand(exponential))} units, since "
        "J ≤ log₂((e + 5)/21) + 1 ≤ t + 1 and e + 6 ≤ 8e",
        f"with the logarithm of softplus: {pretty(sympy.expand(whole))}; ELU: {pretty(sympy.expand(relu))}",
        f"{front}(t + {shift})³ less these: {', '.join(pretty(p.as_expr()) for p in over)}",
        "counted for e = 1 … 399: "
        + ", ".join(f"{name} {count(1)} to {count(399)}" for name, count in UNITS.items())
        + " units",
    )


# -- networks ----------------------------------------------------------------------------------------------------------


@claim(
    "overhead.network",
    "A network of L layers σ(Wx + b), each of which stretches distances at most 2ᵏ − 1 times, is simulated within "
    "ε = 2^(−e) by at most 12(6 + log₂(1 + Lk) + log₂ log₂(1/ε))³ units for each of its activation functions",
    source=OURS,
    rows=["D"],
    quotes=[EXTENDS],
    assumptions=[
        "the claim on the cubic; distances by the largest coordinate",
        "all numbers that come in are in [−4, 4], with the errors too: other intervals change the constants",
    ],
    mutants=[{"stretch": 0}, {"growth": "e + L + k"}],
)
def network(stretch: int = 1, growth: str = "e + L*k") -> Evidence:
    """Layers with errors ε' each: c_{l+1} ≤ (2ᵏ − 1)c_l + ε' has c_l ≤ 2^{kl}ε'."""
    q, power, L, k, e = sympy.symbols("q power L k e", positive=True)
    names = {"L": L, "k": k, "e": e}
    step = sympy.expand(q * power - ((q - stretch) * power + 1))  # in units of ε', power = qˡ ≥ 1
    kept, left = equal(step, power - 1), step.subs(power, sympy.Symbol("qˡ"))
    asked = sympy.sympify(growth, locals=names)
    meets = equal(asked - L * k, e)
    more = sympy.expand((1 + L * k) * e - (e + L * k))
    return proved(
        kept and meets and equal(more, L * k * (e - 1)),
        "each activation function within 2^(−e − Lk): the digits of depth are added to those of ε"
        if kept and meets
        else "the errors are not shown to stay below",
        f"q = 2ᵏ, errors c ≤ qˡε': qˡ⁺¹ − ((q − {stretch})qˡ + 1) = {pretty(left)} ≥ 0",
        f"(1 + Lk)e − (e + Lk) = {pretty(sympy.factor(more))} ≥ 0: log₂(e + Lk) ≤ log₂(1 + Lk) + log₂ e",
    )


@claim(
    "overhead.softmax",
    "For every ε = 2^(−e), e ≥ 1, the softmax of any number of scores from [−4, 4] has a relative error of at most ε "
    "in each share by 12(6 + log₂ log₂(1/ε))³ units for each score and one more",
    source=OURS,
    rows=["D"],
    quotes=[EXTENDS],
    assumptions=[OF_BLOCKS, "the claim on the logarithm", COUNTED, "scores are products, which squares make exactly"],
    mutants=[{"bits": 0}, {"shift": 3}],
)
def softmax(bits: int = 2, shift: int = 6) -> Evidence:
    """Shares are multiplied by (1 + d)/(1 − d) at most, and by its inverse at least."""
    t = sympy.Symbol("t", nonnegative=True)
    largest = sympy.Rational(1, 2 ** (1 + bits))  # d at ε = 1/2: 2d/(1 − d) over ε grows with d
    above = sympy.factor((1 + d) / (1 - d) - 1)
    enough = equal(above, 2 * d / (1 - d)) and bool(2 * largest / (1 - largest) <= sympy.Rational(1, 2))
    exponential = 1 + (t + 1) * (2 + 2 + (2 * (t + 3) + 8) * (6 * (t + 3) + 29))
    over = sympy.Poly(sympy.expand(12 * (t + shift) ** 3 - exponential - 2), t)
    return proved(
        enough and all(c >= 0 for c in over.all_coeffs()),
        f"exponentials within d = 2^(−e − {bits}), relatively: shares within 2d/(1 − d) ≤ ε, however many there are",
        f"(1 + d)/(1 − d) − 1 = {pretty(above)}, more than 1 − (1 − d)/(1 + d)",
        f"for each score an exponential and a product of two units: 12(t + {shift})³ less these is "
        f"{pretty(over.as_expr())}",
        "one unit for the inverse of the sum, which is positive",
    )


# -- the other way -----------------------------------------------------------------------------------------------------


@claim(
    "overhead.converse",
    "A network of piecewise linear activation functions with b bends each has at least (½ log₂(1/ε) − 4)/log₂(b + 1) "
    "units, if it is within ε of x/(1 + x²) on [1/4, 3/4]; one rational unit is exact",
    source=OURS,
    rows=["D"],
    quotes=["while the converse provably requires"],
    assumptions=[
        "ReLU, leaky ReLU, PReLU: b = 1; ReLU6: b = 2; nothing is proved here of SiLU, GELU or other smooth functions",
        "the claim on the pieces of a rational in the chapter on depth",
    ],
    mutants=[{"constant": Fraction(61, 500)}, {"offset": 3}, {"extra": 0}],
)
def converse(constant: Fraction = Fraction(12, 100), offset: int = 4, extra: int = 1) -> Evidence:
    """p pieces become at most p + b·w·p behind w units: each bends b times on each piece."""
    b, w, p = sympy.symbols("b w p", positive=True)
    layer = equal(p + b * w * p, (b * w + extra) * p)
    growth = sympy.expand((b + 1) * (b * w + 1) - (b * (w + 1) + 1))
    needed = pieces_of_a_rational(constant=constant).verdict == "holds"
    # (b + 1)^S ≥ 0.12/√ε, and 0.12 ≥ 2^(−4)
    enough = constant >= Fraction(1, 2**offset) and constant < Fraction(1, 2 ** (offset - 1))
    return proved(
        layer and equal(growth, b**2 * w) and needed and enough,
        f"S units make at most (b + 1)^S pieces, and {constant}/√ε are needed" if needed else "so many are not needed",
        "w units behind p pieces: at most (b·w + 1)·p pieces",
        f"b·w + 1 ≤ (b + 1)^w (Bernoulli): (b + 1)(b·w + 1) − (b(w + 1) + 1) = {pretty(growth)} ≥ 0",
        f"(b + 1)^S ≥ {constant}/√ε ≥ 2^(−{offset})/√ε",
    )
