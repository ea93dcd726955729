"""Zolotarev's formulas, in balls: the squares, the error and the points of the best approximation of the sign.

With l' = √(1 − l²), K and K' the complete elliptic integrals of moduli l and l', and u_j = jK'/n,

    Z_n(x) = C x Π_{j even} (x² + c_j) / Π_{j odd} (x² + c_j),     c_j = l² sn²(u_j; l')/cn²(u_j; l'),  0 < j < n

stays within 1 ± E on [l, 1] and touches the two ends in turn at the n + 1 points x_j = l/dn(u_j; l'). Its E is the
elliptic modulus of nome exp(−2nπK/K'). Jacobi's theta functions give all three, at the argument j/(2n), without
cancellation. In the code l is called gap: half the gap in which nothing is asked of Z_n.

Source: [Ach56]; the composition of such functions, [NF16].
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from flint import acb, arb

__all__ = ["ExactFactors", "exact_factors", "least_error", "points", "squares"]


@dataclass(frozen=True, slots=True)
class ExactFactors:
    """scale·x·Π (x² + zeros_i)/Π (x² + poles_i), its coefficients enclosed in balls."""

    scale: arb
    zeros: tuple[arb, ...]
    poles: tuple[arb, ...]

    def value(self, x: arb) -> arb:
        """r(x)."""
        square, value = x * x, self.scale * x
        for zero, pole in zip_longest(self.zeros, self.poles):
            value *= (1 if zero is None else square + zero) / (square + pole)
        return value

    def kappa(self, x: arb) -> arb:
        """x r'(x)/r(x) = 1 + Σ 2x²/(x² + zero) − Σ 2x²/(x² + pole), written so that x stands once in each term."""
        square, found = x * x, arb(1)
        for zero, pole in zip_longest(self.zeros, self.poles):
            found += 2 * pole / (square + pole) - (2 if zero is None else 2 * zero / (square + zero))
        return found


def exact_factors(n: int, gap: arb, error: arb, *, centred: bool) -> ExactFactors:
    """Z_n of error E = `error`; where it is not centred, divided by 1 + E, so that 1 is its largest value on [l, 1]."""
    found = squares(n, gap)
    at_one = arb(1)
    for j, c in enumerate(found, 1):
        at_one = at_one * (1 + c) if j % 2 == 0 else at_one / (1 + c)
    end = 1 + error if n % 2 else 1 - error  # Z_n(1)
    return ExactFactors((end if centred else end / (1 + error)) / at_one, found[1::2], found[0::2])


def _ratio(gap: arb) -> arb:
    """K(l)/K(l'), which the arithmetic-geometric mean of Gauss gives: K(l') = π/(2 agm(1, l))."""
    return arb(1).agm(gap) / arb(1).agm((1 - gap * gap).sqrt())


def _thetas(z: arb, height: arb) -> tuple[arb, arb, arb, arb]:
    """θ_1 … θ_4 at a real argument (in units of π) and the nome exp(−π·height): real numbers."""
    found = acb.modular_theta(acb(z), acb(0, height))
    return found[0].real, found[1].real, found[2].real, found[3].real


def least_error(n: int, gap: arb) -> arb:
    """E_n(l): the least error that type (n, n) can have against the sign on [−1, −l] ∪ [l, 1].

    >>> least_error(1, arb(0.5)).str(10, radius=False)  # (1 − l)/(1 + l)
    '0.3333333333'
    """
    _, two, three, _ = _thetas(arb(0), 2 * n * _ratio(gap))
    return (two / three) ** 2


def squares(n: int, gap: arb) -> tuple[arb, ...]:
    """c_1 < c_2 < … < c_{n−1}; c_j c_{n−j} = l²."""
    height = _ratio(gap)
    balls = (_thetas(arb(j) / (2 * n), height) for j in range(1, n))
    return tuple(gap * (one / two) ** 2 for one, two, _, _ in balls)


def points(n: int, gap: arb) -> tuple[arb, ...]:
    """x_0 = l < x_1 < … < x_n = 1, where Z_n(x_j) = 1 − (−1)^j E; x_j x_{n−j} = l."""
    height = _ratio(gap)
    inner = (_thetas(arb(j) / (2 * n), height) for j in range(1, n))
    return (gap, *(gap.sqrt() * four / three for _, _, three, four in inner), arb(1))
