"""E[σ(u) σ(v)] and E[σ'(u) σ'(v)] for jointly normal u, v with mean 0, for many pairs at once.

Without kinks by the trapezoid rule in both variables, which converges like exp(-2π d/h) for a function with poles at a
distance d from the real line [TW14]; functions a x + b |x| in closed form [CS09]; other functions with kinks by
Gauss-Legendre on panels that end at the kinks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import sympy
from numpy.typing import NDArray

from ratapprox.expressions.errors import DomainError
from ratapprox.expressions.numbers import as_quotient, enclosure
from ratapprox.expressions.program import KINKED
from ratapprox.expressions.program import x as variable
from ratapprox.expressions.switches import branches
from ratapprox.networks.evaluate import jet
from ratapprox.networks.units import Unit
from ratapprox.roots import root_balls

__all__ = ["Fixed", "Pairs", "expectations", "is_two_slopes"]

Array = NDArray[np.float64]

EPSILON = float(np.finfo(np.float64).eps)
DIGITS = 36.0
"""exp(-36) is below float64's rounding."""
COARSER = 4 / 3
"""The step of the comparison, relative to the step: the difference is the error that is stated."""
MOST = 2**21
"""Numbers evaluated at once."""


class Pairs(NamedTuple):
    """Values and stated errors, arrays of one shape: of E[σ(u)σ(v)] and of E[σ'(u)σ'(v)]."""

    value: Array
    slope: Array
    value_error: Array
    slope_error: Array


@dataclass(frozen=True)
class Fixed:
    """A unit with coefficients that are numbers: σ as a function of x alone.

    coefficients: one value for each of the unit's symbols.
    """

    unit: Unit
    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.coefficients) != len(self.unit.symbols):
            raise ValueError(f"{self.unit!r} takes {len(self.unit.symbols)} numbers, not {len(self.coefficients)}")

    @property
    def expression(self) -> Any:
        """In x alone, the coefficients as the exact values of their doubles."""
        exact = [sympy.Rational(*float(c).as_integer_ratio()) for c in self.coefficients]
        return self.unit.expression.xreplace(dict(zip(self.unit.symbols, exact, strict=True)))

    def jet(self, values: Array) -> tuple[Array, Array]:
        """σ and σ', shapes kept."""
        flat = values.reshape(1, -1) if values.ndim < 2 else values.reshape(-1, values.shape[-1])
        c = np.array(self.coefficients, dtype=np.float64).reshape(1, -1)
        value, slope = jet(self.unit, flat, c, 1)
        return value.reshape(values.shape), slope.reshape(values.shape)


def expectations(sigma: Fixed, q11: Array, q12: Array, q22: Array) -> Pairs:
    """For variances q11, q22 and covariances q12, three arrays of one shape (n,).

    Raises `ValueError` where there is a pole on the real line, and for functions that grow or oscillate so fast that
    the integrals are not resolved.
    """
    scale = np.sqrt(q11 * q22)
    rho = np.clip(np.divide(q12, scale, out=np.zeros_like(q12), where=scale > 0), -1.0, 1.0)
    closed = _two_slopes(sigma)
    if closed is not None:
        return _arc_cosine(*closed, q12, scale, rho)
    kinks = _kinks(sigma)
    largest = float(max(q11.max(), q22.max()))
    one, two = np.sqrt(q11), np.sqrt(q22)
    if kinks:
        fine, coarse = (_by_panels(sigma, kinks, one, two, rho, nodes) for nodes in (20, 14))
    else:
        step, reach = _step(sigma, largest)
        fine, coarse = (_by_trapezoid(sigma, one, two, rho, h, reach) for h in (step, COARSER * step))
    floor = 16 * EPSILON
    errors = [np.abs(f - c) + floor * np.abs(f).max(initial=0.0) for f, c in zip(fine, coarse, strict=True)]
    return Pairs(*fine, *errors)


# -- closed form -------------------------------------------------------------------------------------------------------


def _arc_cosine(a: float, b: float, q12: Array, scale: Array, rho: Array) -> Pairs:
    """Of a x + b |x|."""
    sine = np.sqrt((1 - rho) * (1 + rho))
    sizes = 2 / np.pi * scale * (sine + rho * np.arcsin(rho))
    signs = 2 / np.pi * np.arcsin(rho)
    value, slope = a * a * q12 + b * b * sizes, a * a + b * b * signs
    # ρ itself is rounded; the arcsine turns that into its square root near ±1
    lost = 4 * EPSILON / np.maximum(sine, math.sqrt(EPSILON))
    return Pairs(value, slope, 8 * EPSILON * (a * a + b * b) * scale, b * b * lost + 4 * EPSILON * np.abs(slope))


def _two_slopes(sigma: Fixed) -> tuple[float, float] | None:
    """(a, b) where σ is a x + b |x|."""
    parts = _branches(sigma.expression)
    if parts is None or [(low, high) for low, high, _ in parts] != [(-sympy.oo, 0), (0, sympy.oo)]:
        return None
    left, right = (sympy.diff(part, variable) for _, _, part in parts)
    if not (left.is_number and right.is_number) or any(part.subs(variable, 0) != 0 for _, _, part in parts):
        return None
    return float(right + left) / 2, float(right - left) / 2


@lru_cache(maxsize=64)
def _branches(expression: Any) -> Any:
    if not expression.has(*KINKED):
        return None
    try:
        return branches(expression, -sympy.oo, sympy.oo)
    except DomainError:
        return None


def is_two_slopes(unit: Unit) -> bool:
    """Whether a unit without coefficients is a x + b |x| with b other than 0.

    >>> from ratapprox.networks.units import unit
    >>> is_two_slopes(unit("leaky_relu")), is_two_slopes(unit("tanh"))
    (True, False)
    """
    return not unit.symbols and _two_slopes(Fixed(unit, ())) is not None


def _kinks(sigma: Fixed) -> list[float]:
    expression = sigma.expression
    if not expression.has(*KINKED):
        return []
    parts = _branches(expression)
    if parts is None:
        raise ValueError(f"where the smooth parts of {sigma.unit.name} end could not be found")
    return [float(enclosure(low)) for low, _, _ in parts[1:]]


# -- smooth functions --------------------------------------------------------------------------------------------------


def _step(sigma: Fixed, variance: float) -> tuple[float, float]:
    """(h, R): the step of the trapezoid rule and how far it reaches, for a standard normal variable."""
    bandwidth, reach = _spectrum(sigma, variance)
    quotient = as_quotient(sigma.expression)
    if quotient is None:
        return min(2 * math.pi / bandwidth, 0.7), reach
    balls = root_balls(quotient[1]) if quotient[1].degree() > 0 else []
    if any(root.real for root in balls):
        pole = float(next(root for root in balls if root.real).ball.real.mid())
        raise ValueError(f"{sigma.unit.name} has a pole at x = {pole:.6g}: its Gaussian expectations do not exist")
    distance = min((abs(float(root.ball.imag.mid())) for root in balls), default=math.inf)
    # a Gaussian alone: exp(-2π²/h²)
    return min(2 * math.pi * distance / DIGITS / math.sqrt(variance), math.pi * math.sqrt(2 / DIGITS)), reach


def _spectrum(sigma: Fixed, variance: float) -> tuple[float, float]:
    """The largest frequency of σ²φ and σ'²φ above rounding, φ the normal density, and where they end."""
    end, points = 16.0, 2**14
    z = np.linspace(-end, end, points, endpoint=False)
    squares = [f * f * np.exp(-z * z / 2) for f in sigma.jet(math.sqrt(variance) * z)]
    bandwidth, reach = 8.5, 8.5
    for g in squares:
        if not np.isfinite(g).all():
            raise ValueError(f"{sigma.unit.name} is not finite for |x| up to {end * math.sqrt(variance):.3g}")
        top = float(g.max())
        if top == 0:
            continue
        outside = np.abs(z[g > 1e-19 * top]).max()
        if outside > end - 0.5:
            raise ValueError(f"{sigma.unit.name} grows too fast for Gaussian expectations at variance {variance:.3g}")
        amplitude = np.abs(np.fft.rfft(g))
        kept = np.flatnonzero(amplitude > 1e-14 * amplitude[0])[-1] * math.pi / end
        if kept > 0.5 * math.pi * points / (2 * end):
            raise ValueError(f"{sigma.unit.name} is not smooth enough, or oscillates too fast, for the trapezoid rule")
        bandwidth, reach = max(bandwidth, kept * DIGITS / 32), max(reach, float(outside))
    return bandwidth, reach


def _by_trapezoid(sigma: Fixed, one: Array, two: Array, rho: Array, step: float, reach: float) -> tuple[Array, Array]:
    half = math.ceil(reach / step)
    z = step * np.arange(-half, half + 1)
    weights = step / math.sqrt(2 * math.pi) * np.exp(-z * z / 2)
    sine = np.sqrt((1 - rho) * (1 + rho))
    found = np.empty(len(one)), np.empty(len(one))
    for some in _chunks(len(one), len(z) ** 2):
        outer = sigma.jet(one[some, None] * z)
        middle = (two * rho)[some, None, None] * z[:, None]
        inner = sigma.jet(middle + (two * sine)[some, None, None] * z)
        for into, f, g in zip(found, outer, inner, strict=True):
            into[some] = ((g @ weights) * f) @ weights
    return found


# -- functions with kinks ----------------------------------------------------------------------------------------------


def _by_panels(sigma: Fixed, kinks: list[float], one: Array, two: Array, rho: Array, nodes: int) -> tuple[Array, Array]:
    """Gauss-Legendre, the outer panels ending at the kinks of σ(u), and around those that σ(v) smooths out."""
    at, weights = np.polynomial.legendre.leggauss(nodes)
    end = 9.0
    plain = np.linspace(-end, end, 9)
    found = np.empty(len(one)), np.empty(len(one))
    sine = np.sqrt((1 - rho) * (1 + rho))
    panels = (len(plain) - 1 + len(kinks) * 6) * (len(plain) - 1 + len(kinks))
    for some in _chunks(len(one), panels * nodes**2):
        a, b, r, s = (values[some, None] for values in (one, two, rho, sine))
        edges = [np.broadcast_to(plain, (len(a), len(plain)))]
        for kink in kinks:
            with np.errstate(divide="ignore", invalid="ignore"):
                centre, spread = kink / (b * r), s / np.abs(r)
                edges += [kink / a, centre + spread * np.array([-6.0, -2.0, 0.0, 2.0, 6.0])]
        z, w = _composite(np.concatenate(edges, axis=1), end, at, weights)
        outer = sigma.jet(a * z)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = [(kink / b - r * z)[..., None] / s[..., None] for kink in kinks]
        t, v = _composite(
            np.concatenate([np.broadcast_to(plain, (*z.shape, len(plain))), *inside], axis=2), end, at, weights
        )
        inner = sigma.jet(b[..., None] * (r[..., None] * z[..., None] + s[..., None] * t))
        for into, f, g in zip(found, outer, inner, strict=True):
            into[some] = (f * (g * v).sum(axis=-1) * w).sum(axis=-1)
    return found


def _composite(edges: Array, end: float, at: Array, weights: Array) -> tuple[Array, Array]:
    """Nodes and weights times the normal density, of the rule on the panels between the edges in the last axis."""
    edges = np.sort(np.clip(np.nan_to_num(edges, nan=end), -end, end), axis=-1)
    low, width = edges[..., :-1, None], np.diff(edges, axis=-1)[..., None] / 2
    z = low + width * (1 + at)
    w = width * weights * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    shape = (*edges.shape[:-1], -1)
    return z.reshape(shape), w.reshape(shape)


def _chunks(many: int, each: int) -> list[slice]:
    size = max(1, MOST // max(each, 1))
    return [slice(start, start + size) for start in range(0, many, size)]
