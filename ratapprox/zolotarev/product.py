"""x·Z(x), close to |x|, and x(1 + Z(x))/2, close to ReLU, on [−1, 1]: Z is one Zolotarev function or several composed.

Why the best l is enclosed by any l, of whatever degree n > 1. Let l < l' < x_1, the first point inside (l, 1) where
Z = Z_{n,l} touches an end of 1 ± E. At x_1, …, x_n the difference D = Z_{n,l} − Z_{n,l'} has the alternating signs of
Z_{n,l} − 1, because E falls as l grows. So D has n − 1 zeros beyond x_1; its numerator is x times a polynomial of
degree n − 1 in x² and has no others, so D > 0 on (0, x_1]. In small steps: Z_{n,l}(x) falls as l grows, for x ≤ l, and
M(l) = max x(1 − Z_{n,l}(x)) over [0, l] grows. Hence max(E, M) ≥ min(E(l), M(l)) for every other l.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from math import prod
from typing import Any, Literal

from flint import arb, fmpq_poly

from ratapprox.coefficients import from_polynomial, round_to_bits, short, to_fmpq, to_fraction
from ratapprox.rational import Rational
from ratapprox.symbolic.branches import working
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.zolotarev.closed_form import ExactFactors, exact_factors, least_error
from ratapprox.zolotarev.factors import OddFactors
from ratapprox.zolotarev.near_zero import largest_in_gap
from ratapprox.zolotarev.sign import bits_for, bits_of, enclosure, read_degree, read_gap, rounded

__all__ = ["ZolotarevProduct", "zolotarev_abs", "zolotarev_relu"]

EXPANDED_DEGREE = 250
"""Above this degree the coefficients are too long to be of use: the composition itself evaluates in no time."""

EXACT_DEGREE = 2500
"""Above this degree an exact value takes longer than anybody waits."""

GAP_BITS = 64
"""Bits of the l that is chosen."""

SHOWN_BITS = 80
"""Good bits of the error in the gap."""


@dataclass(frozen=True, repr=False)
class ZolotarevProduct:
    """x·z(x) against |x|, or x(1 + z(x))/2 against ReLU, on [−1, 1], where z = r_k∘…∘r_1 is close to the sign.

    target: "abs" or "relu". gap: l, half the gap in which z climbs from −1 to 1. blocks: r_1 … r_k, exact dyadic
    coefficients. error: the largest error on [−1, 1] of this very function, enclosed. least: the least error that any
    l gives with these degrees, enclosed; tightly for the l that is chosen when none is given.

    The composition of Zolotarev functions of degrees n_1 … n_k is that of degree n_1⋯n_k. The error of x·z is the
    larger of E on [l, 1] and of max x(1 − z) on [0, l]; E falls and the other grows with l, so both are equal at the
    best l. This is not the best approximation of |x| or ReLU of its type, which `fit` finds. It is 0 at 0, and among
    all x·r(x), r of type (n, n), none has a smaller *relative* error ||x| − x·r(x)|/|x| on l ≤ |x| ≤ 1.
    """

    target: Literal["abs", "relu"]
    gap: Fraction
    blocks: tuple[OddFactors, ...]
    error: Enclosure
    least: Enclosure

    @property
    def degrees(self) -> tuple[int, ...]:
        """n_1 … n_k."""
        return tuple(block.degree for block in self.blocks)

    @property
    def degree(self) -> int:
        """n = n_1⋯n_k, the degree of z."""
        return prod(self.degrees)

    @property
    def type(self) -> tuple[int, int]:
        """The type as one rational: (n + 1, n − 1) for odd n; (n, n), and (n + 1, n) for ReLU, for even n."""
        n = self.degree
        if n % 2:
            return n + 1, n - 1
        return (n, n) if self.target == "abs" else (n + 1, n)

    @property
    def parameters(self) -> int:
        """How many numbers the composition is made of: a scale and n_i − 1 squares for each block."""
        return sum(self.degrees)

    def __call__(self, x: Any) -> Any:
        """The value: exact for int and Fraction, float64 for floats and arrays of them, a ball for a flint.arb.

        An exact value has a degree times as many digits as x and the coefficients: ValueError above degree 2500.
        """
        if isinstance(x, int | Fraction) and self.degree > EXACT_DEGREE:
            raise ValueError(
                f"an exact value of a composition of degree {self.degree} was asked, which has millions of digits:"
                " evaluate it at a flint.arb of any precision, or at a double"
            )
        z = x
        for block in self.blocks:
            z = block(z)
        return x * z if self.target == "abs" else x * (1 + z) / 2

    @cached_property
    def rational(self) -> Rational:
        """The same function by its coefficients, exact; ValueError above degree 250."""
        if self.degree > EXPANDED_DEGREE:
            raise ValueError(
                f"the coefficients of a composition of degree {self.degree} were asked, and they are written up to"
                f" degree {EXPANDED_DEGREE}: evaluate the composition itself, or export its {len(self.blocks)} blocks"
            )
        x = fmpq_poly([0, 1])
        pair = x, fmpq_poly([1])
        for block in self.blocks:
            pair = block.around(pair)
        above, below = pair
        p, q = (x * above, below) if self.target == "abs" else (x * (above + below), 2 * below)
        return Rational(from_polynomial(p), from_polynomial(q))

    def __repr__(self) -> str:
        shape = "∘".join(str(n) for n in self.degrees)
        error = float(self.error)
        shown = f"{error:.6g}" if error else str(self.error)
        return f"Zolotarev's {self.target} of degree {shape}, gap {short(self.gap)}: error {shown}"


def zolotarev_abs(degrees: int | Sequence[int], gap: int | float | str | Fraction | None = None) -> ZolotarevProduct:
    """x·Z(x), close to |x| on [−1, 1], where Z is Zolotarev's sign of degree n_1⋯n_k, composed of k functions.

        max over [−1, 1] of ||x| − x·Z(x)| ≤ 4 exp(−π √(n/2)),    n = n_1⋯n_k, for the best l

    degrees: n, or (n_1, …, n_k) with each n_i from 2 to 1000. gap: l, 0 < l < 1, taken exactly; None for the best
    one, to 64 bits. Raises ValueError or TypeError for any other degrees or l, and where the error would be below
    2^−4000.

    Source: [NF16] for the composition; [BNT20] for its use in networks. The best error of type (n, n) against |x| is
    smaller, about 8 exp(−π √n) [Sta93].

    >>> from ratapprox import zolotarev_abs
    >>> zolotarev_abs((3, 3))
    Zolotarev's abs of degree 3∘3, gap 0.01404: error 0.00154662
    """
    return _product("abs", degrees, gap)


def zolotarev_relu(degrees: int | Sequence[int], gap: int | float | str | Fraction | None = None) -> ZolotarevProduct:
    """x(1 + Z(x))/2, close to ReLU on [−1, 1]: half the error of :func:`zolotarev_abs`, of the same arguments.

    >>> from ratapprox import zolotarev_relu
    >>> r = zolotarev_relu((3, 3, 3))
    >>> float(r.error), r.parameters, r.type
    (4.649491991738056e-06, 9, (28, 26))
    """
    return _product("relu", degrees, gap)


def _product(target: Literal["abs", "relu"], degrees: object, gap: object) -> ZolotarevProduct:
    each = _read_degrees(degrees)
    n = prod(each)
    half_gap = best_gap(each) if gap is None else read_gap(gap)
    with working(64 + bits_of(half_gap)):
        rough = least_error(n, arb(to_fmpq(half_gap)))
    bits = bits_for(rough) + bits_of(half_gap)
    with working(bits):
        ball = arb(to_fmpq(half_gap))
        error, exact = least_error(n, ball), _composed(each, ball)
        inner = largest_in_gap(exact, ball, SHOWN_BITS)
        kept, changes = zip(*(rounded(block, bits) for block in exact), strict=True)
        # x·z changes by at most |x z|·(e^change − 1), and z ≤ 1 + E on [0, 1]
        slack = (1 + error) * sum(changes, arb(0)).expm1()
        half = arb(1) if target == "abs" else arb(1) / 2
        worst, better = half * error.max(inner), half * error.min(inner)
        reached = enclosure(worst - slack, worst + slack)
        return ZolotarevProduct(target, half_gap, kept, reached, enclosure(better, worst))


def _composed(degrees: Sequence[int], gap: arb) -> list[ExactFactors]:
    """The functions: all but the last are 1 at most, and the image of [l, 1] is the next one's [l, 1].

    As |x r'/r| ≤ 1 for each of them, relative changes by rounding add up at most.
    """
    found = []
    for k, n in enumerate(degrees):
        error = least_error(n, gap)
        found.append(exact_factors(n, gap, error, centred=k == len(degrees) - 1))
        gap = (1 - error) / (1 + error)
    return found


@cache
def best_gap(degrees: tuple[int, ...]) -> Fraction:
    """The l at which both halves of the error are equal, to GAP_BITS bits.

    In log l the logarithm of their ratio is nearly a straight line: the secant method needs a few steps. What it finds
    need not be exact, because `least` encloses what any other l can give.
    """
    n = prod(degrees)
    with working(64):
        start = 4 * (-arb.pi() * (arb(n) / 2).sqrt()).exp()
        bits = bits_for(start)
    with working(bits):
        a = start.mid().log().mid()
        b = (a - arb(1) / 4).mid()
        fa, fb = _excess(degrees, a), _excess(degrees, b)
        for _ in range(40):
            if not abs(float((b - a).mid())) > 2.0**-GAP_BITS or fa.overlaps(fb):
                break
            step = (b - fb * (b - a) / (fb - fa)).mid()
            a, fa, b = b, fb, step
            fb = _excess(degrees, b)
        return round_to_bits(to_fraction(b.exp().mid().fmpq()), GAP_BITS)


def _excess(degrees: Sequence[int], log_l: arb) -> arb:
    """log of (error in the gap)/(error beyond it) at l = exp(log_l): it grows with l."""
    gap = log_l.exp().mid()
    ratio = largest_in_gap(_composed(degrees, gap), gap, SHOWN_BITS) / least_error(prod(degrees), gap)
    return ratio.log().mid()


def _read_degrees(degrees: object) -> tuple[int, ...]:
    if isinstance(degrees, Sequence) and not isinstance(degrees, str | bytes):
        if not degrees:
            raise ValueError("degrees is empty: give n, or (n_1, …, n_k) such as (3, 3, 3)")
        return tuple(read_degree(n, f"degrees[{k}]", 2) for k, n in enumerate(degrees))
    return (read_degree(degrees, "degrees", 2),)
