"""The best rational approximation of the sign on [−1, −l] ∪ [l, 1]."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from numbers import Integral
from typing import Any

from flint import arb

from ratapprox.coefficients import read_number, round_to_bits, short, to_fmpq, to_fraction
from ratapprox.rational import Rational
from ratapprox.symbolic.branches import working
from ratapprox.symbolic.decimal_enclosure import Enclosure
from ratapprox.zolotarev.closed_form import ExactFactors, exact_factors, least_error, points
from ratapprox.zolotarev.factors import OddFactors

__all__ = ["ZolotarevSign", "zolotarev_sign"]

MOST_FACTORS = 1000
"""The largest degree of one function: every square costs a few theta functions."""

MOST_BITS = 4_000
"""An error below 2^−MOST_BITS is refused: its digits take long."""

SPARE_BITS = 128
"""Bits of the coefficients beyond those of the error, so that rounding them changes no digit of it that is shown."""


@dataclass(frozen=True, repr=False)
class ZolotarevSign:
    """Zolotarev's function Z of degree n: no r of type (n, n) has a smaller max |sign − r| on [−1, −l] ∪ [l, 1].

    degree: n. gap: l, half the gap around 0. factors: Z with exact dyadic coefficients. best: the least error,
    enclosed. error: that of Z as it stands with its rounded coefficients, enclosed.

    Z is odd, of type (n, n − 1) for odd n and (n − 1, n) for even n. Its error alternates at 2n + 2 points. Type
    (n, n) has a second function of the same error, (1 − best²)/Z(x), which has a pole in the gap; Z is the only best
    one without poles on the real line.
    """

    degree: int
    gap: Fraction
    factors: OddFactors
    best: Enclosure
    error: Enclosure

    @property
    def type(self) -> tuple[int, int]:
        """(n, n − 1) for odd n, (n − 1, n) for even n."""
        return self.factors.type

    @property
    def rational(self) -> Rational:
        """The same function by its coefficients, exact."""
        return self.factors.rational

    def points(self) -> tuple[float, ...]:
        """The 2n + 2 points at which the error of the best function alternates, ascending."""
        with working(64 + bits_of(self.gap)):
            positive = [float(x.mid()) for x in points(self.degree, arb(to_fmpq(self.gap)))]
        return (*(-x for x in reversed(positive)), *positive)

    def __call__(self, x: Any) -> Any:
        """Z(x): exact for int and Fraction, float64 for floats and arrays of them, a ball for a flint.arb."""
        return self.factors(x)

    def __repr__(self) -> str:
        error = float(self.error) or str(self.error)
        shown = f"{error:.6g}" if isinstance(error, float) else error
        return f"Zolotarev's sign of type {self.type}, gap {short(self.gap)}: error {shown}"


def zolotarev_sign(degree: int, gap: int | float | str | Fraction) -> ZolotarevSign:
    """The best approximation of sign(x) on [−1, −l] ∪ [l, 1] by rationals of type (n, n), in closed form.

        Z(x) = C x Π_{j even} (x² + c_j)/Π_{j odd} (x² + c_j),    c_j = l² sn²(jK'/n; l')/cn²(jK'/n; l'),  0 < j < n

    degree: n, from 1 to 1000. gap: l, half the gap around 0, 0 < l < 1, taken exactly ("1/1000", 1e-3, a Fraction).
    Raises ValueError or TypeError for any other degree or l, and where the error would be below 2^−4000.

    Source: [Ach56].

    >>> from ratapprox import zolotarev_sign
    >>> z = zolotarev_sign(5, "1/10")
    >>> z
    Zolotarev's sign of type (5, 4), gap 1/10: error 0.00495667
    >>> z.best
    Enclosure: 0.0049566682464074559632…
    >>> len(z.points())
    12
    """
    n = read_degree(degree, "the degree", 1)
    half_gap = read_gap(gap)
    with working(64 + bits_of(half_gap)):
        rough = least_error(n, arb(to_fmpq(half_gap)))
    bits = bits_for(rough) + bits_of(half_gap)
    with working(bits):
        error = least_error(n, arb(to_fmpq(half_gap)))
        factors, change = rounded(exact_factors(n, arb(to_fmpq(half_gap)), error, centred=True), bits)
        slack = (1 + error) * change.expm1()
        return ZolotarevSign(n, half_gap, factors, Enclosure.of(error), enclosure(error - slack, error + slack))


def rounded(exact: ExactFactors, bits: int) -> tuple[OddFactors, arb]:
    """The function with dyadic coefficients, and a bound of |log(rounded/exact)| for all its values.

    Every factor x² + c changes by less than c itself does, relatively.
    """
    change = arb(0)

    def dyadic(ball: arb) -> Fraction:
        nonlocal change
        found = round_to_bits(to_fraction(ball.mid().fmpq()), bits)
        change = (change + 2 * (arb(to_fmpq(found)) / ball - 1).abs_upper()).upper()  # |log(1 + d)| ≤ 2|d|, |d| < 1/2
        return found

    zeros, poles = (tuple(map(dyadic, some)) for some in (exact.zeros, exact.poles))
    return OddFactors(dyadic(exact.scale), zeros, poles), change


def enclosure(lower: arb, upper: arb) -> Enclosure:
    """The decimals outside two balls."""
    return Enclosure(Enclosure.of(lower).lower, Enclosure.of(upper).upper)


def bits_for(error: arb) -> int:
    """The working precision for an error of this size."""
    below = error.abs_lower()
    size = ceil(-float(below.log().mid()) * 1.4427) if below > 0 else MOST_BITS + 1
    if size > MOST_BITS:
        raise ValueError(
            f"the error would be below 2^-{MOST_BITS}, whose digits take long: choose a smaller degree or gap"
        )
    return SPARE_BITS + 2 * max(size, 0)


def bits_of(gap: Fraction) -> int:
    """The bits that are lost as l approaches 0 or 1."""
    near = min(gap, 1 - gap)
    return 2 * (near.denominator.bit_length() - near.numerator.bit_length() + 1)


def read_gap(gap: object) -> Fraction:
    """l as the fraction that it is; ValueError where it is not in (0, 1)."""
    if isinstance(gap, str):
        try:
            found = Fraction(gap)
        except (ValueError, ZeroDivisionError) as error:
            raise ValueError(f"the gap is {gap!r}: a number such as '1/1000' or '1e-3' is needed") from error
    else:
        found = Fraction(read_number(gap, "the gap"))
    if not 0 < found < 1:
        raise ValueError(
            f"the gap is {short(found)}: 0 < l < 1 is needed, for the sign is approximated on [-1, -l] and [l, 1]"
        )
    return found


def read_degree(degree: object, of: str, least: int) -> int:
    """A whole number from `least` to MOST_FACTORS."""
    if not isinstance(degree, Integral) or isinstance(degree, bool):
        kind = type(degree).__name__
        raise TypeError(f"{of} is {degree!r}, a {kind}: a whole number from {least} to {MOST_FACTORS} is needed")
    n = int(degree)
    if not least <= n <= MOST_FACTORS:
        more = "; compose several for more, as in zolotarev_abs((3, 3, 3))" if n > MOST_FACTORS else ""
        raise ValueError(f"{of} is {short(n)}: a whole number from {least} to {MOST_FACTORS} is needed{more}")
    return n
