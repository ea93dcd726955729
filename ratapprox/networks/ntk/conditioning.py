"""The condition number of a tangent kernel, with how much of it is true."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk.jacobian import jacobian
from ratapprox.networks.ntk.memory import jacobian_fits
from ratapprox.networks.ntk.signals import KINDS, checked, counted
from ratapprox.networks.ntk.structured import kernel

__all__ = [
    "Condition",
    "better",
    "certified",
    "certified_eigenvalues",
    "condition",
    "eigenvalues",
    "host",
    "judged",
    "measured",
]

Status = Literal["exact", "lower bound", "certified"]

EPSILON = float(np.finfo(np.float64).eps)
GAP = 1e3 * EPSILON
"""A smallest singular value this far above rounding, relative to the largest, is one."""

WIDE = 0.01
"""Bounds of log10 κ no further apart than this agree."""

FIRST_BITS, MOST_BITS = 192, 6144


@dataclass(frozen=True, repr=False)
class Condition:
    """log10 of κ = λ_max/λ_min, between two bounds, and what they are worth.

    log10: (lower, upper); upper is ∞ where only a lower bound is known, both are where the kernel is exactly singular.
    status: "exact": the smallest eigenvalue stands clear of float64's rounding, whose estimate makes the bounds;
    "certified": ball arithmetic proves them at two precisions; "lower bound": κ is at least that large, and nothing
    else is known. method: how. bits: of the precision. reason: why there is no more.

    >>> Condition((7.19, 7.21), "exact", "singular values of the Jacobian", 53)
    Condition: log10 κ = 7.20 (exact: singular values of the Jacobian)
    >>> Condition((30.5, math.inf), "lower bound", "singular values of the Jacobian", 53, "saturated")
    Condition: log10 κ ≥ 30.5 (lower bound: saturated)
    """

    log10: tuple[float, float]
    status: Status
    method: str
    bits: int
    reason: str = ""

    @property
    def value(self) -> float:
        """The middle of the bounds; the lower one where that is all, ∞ where the kernel is singular."""
        lower, upper = self.log10
        return lower if math.isinf(upper) else (lower + upper) / 2

    @property
    def singular(self) -> bool:
        """Whether the kernel is exactly singular."""
        return math.isinf(self.log10[0])

    def text(self) -> str:
        """The number as it may be printed: = 7.20, in [7.1, 7.3], ≥ 30.5 or = ∞."""
        lower, upper = self.log10
        if self.singular:
            return "= ∞"
        if math.isinf(upper):
            return f"≥ {math.floor(lower * 10) / 10:.1f}"
        if upper - lower < 3 * WIDE:
            return f"= {self.value:.2f}"
        return f"in [{math.floor(lower * 100) / 100:.2f}, {math.ceil(upper * 100) / 100:.2f}]"

    def __repr__(self) -> str:
        return f"Condition: log10 κ {self.text()} ({self.status}: {self.reason or self.method})"


def condition(
    net: Mlp,
    parameters: Any,
    x: Any,
    *,
    kinds: Collection[str] = KINDS,
    time_limit: float | None = 60.0,
    known: tuple[Any, float, str] | None = None,
) -> Condition:
    """κ(K) of the tangent kernel at x: measured in float64, and certified where that saturates.

    parameters: flat (P,). x: (N, d_in). time_limit: seconds for the certificate, None for no limit; when they are over
    the answer is a lower bound and says so. known: what `eigenvalues` has found already.

    Raises `ValueError` for wrong shapes, numbers that are not finite, and more memory than there is.

    >>> from ratapprox.networks.units import unit
    >>> net = Mlp((1, 16, 1), unit("tanh"))
    >>> condition(net, np.sin(np.arange(net.size)), np.linspace(-1, 1, 24)[:, None])
    Condition: log10 κ = 40.43 (certified: LDLᵀ in ball arithmetic at two precisions)
    """
    found = measured(net, parameters, x, kinds=kinds, known=known)
    if found.status != "lower bound":
        return found
    return better(found, certified(net, parameters, x, kinds=kinds, time_limit=time_limit))


def measured(
    net: Mlp,
    parameters: Any,
    x: Any,
    *,
    kinds: Collection[str] = KINDS,
    known: tuple[Any, float, str] | None = None,
) -> Condition:
    """κ(K) by float64: exact where the smallest eigenvalue is clear of the rounding, else a lower bound."""
    kinds = counted(net, kinds)
    checked(net, parameters, x)
    singular = _singular(net, host(x), kinds)
    if singular is not None:
        return singular
    return judged(*(known or eigenvalues(net, parameters, x, kinds=kinds)))


def judged(values: Any, noise: float, method: str) -> Condition:
    """The condition number of singular values (descending) or of eigenvalues, known to `noise`."""
    power = 2 if method.startswith("singular values") else 1
    high, low = float(values[0]), max(float(values[-1]), 0.0)
    if len(values) == 1 and low > noise:
        return Condition((0.0, 0.0), "exact", method, 53)
    if low > max(GAP * high, 2 * noise):
        bounds = (high - noise) / (low + noise), (high + noise) / (low - noise)
        lower, upper = (max(power * math.log10(bound), 0.0) for bound in bounds)
        return Condition((lower, upper), "exact", method, 53)
    if not high > noise:
        raise ValueError("the tangent kernel is 0: no output depends on the parameters that count")
    bound = power * (math.log10(high - noise) - math.log10(low + noise))
    smallest = f"the smallest is below {10 ** (power * math.log10((low + noise) / high)):.0e} of the largest"
    return Condition((max(bound, 0.0), math.inf), "lower bound", method, 53, f"float64 saturates: {smallest}")


def eigenvalues(net: Mlp, parameters: Any, x: Any, *, kinds: Collection[str] = KINDS) -> tuple[Any, float, str]:
    """Singular values of J, or eigenvalues of K where J would not fit, descending; how far off they may be; which.

    The rounding is estimated: not below 16 ε √N of the largest, nor below what a change of all parameters by their
    last bit does.
    """
    moved = np.ones_like(parameters)
    moved[::3] = -1
    moved = parameters * (1 + EPSILON * moved)
    rows = len(x) * net.widths[-1]
    if jacobian_fits(rows, net.size) and rows <= net.size:
        method = "singular values of the Jacobian"
        first, second = (_singular_values(jacobian(net, p, x, kinds=kinds)) for p in (parameters, moved))
    else:
        method = "eigenvalues of the kernel"
        first, second = (np.linalg.eigvalsh(kernel(net, p, x, kinds=kinds))[::-1] for p in (parameters, moved))
    first, second = host(first), host(second)
    noise = max(16 * EPSILON * math.sqrt(rows) * float(first[0]), 4 * float(np.abs(first - second).max()))
    return first, noise, method


def certified(
    net: Mlp,
    parameters: Any,
    x: Any,
    *,
    kinds: Collection[str] = KINDS,
    time_limit: float | None = None,
    most_bits: int = MOST_BITS,
) -> Condition:
    """κ(K) proved for exactly these parameters and samples by ball arithmetic.

    The precision is doubled until LDLᵀ proves bounds of λ_min that agree, then all is done again with half as many bits
    more, and the two answers have to agree. Where time or bits run out before, the status is "lower bound", the bound
    proved by balls too.
    """
    kinds, parameters, x = counted(net, kinds), host(parameters), host(x)
    checked(net, parameters, x)
    singular = _singular(net, x, kinds)
    if singular is not None:
        return singular
    from flint import ctx

    from ratapprox.networks.ntk.balls import kernel_balls
    from ratapprox.networks.ntk.definite import extremes, log10_bounds

    check = _deadline(time_limit)
    bits, before, known = FIRST_BITS, None, (0.0, math.inf)
    reason = f"not separated from singular at {most_bits} bits"
    try:
        while bits <= most_bits:
            with ctx.workprec(bits):
                whole = kernel_balls(net, parameters, x, kinds=kinds, check=check)
                lower, upper = log10_bounds(*extremes(whole, check))
            known = (max(lower, known[0]), math.inf)
            good = upper - lower <= WIDE
            if good and before is not None:
                if max(lower, before[0]) > min(upper, before[1]):
                    raise ArithmeticError(f"two precisions disagree about log10 κ: {before} and {(lower, upper)}")
                return Condition((lower, upper), "certified", "LDLᵀ in ball arithmetic at two precisions", bits)
            before = (lower, upper) if good else None
            bits = bits + bits // 2 if good else 2 * bits
    except _OutOfTimeError:
        reason = f"time limit of {time_limit:g} s reached at {bits} bits"
    return Condition(known, "lower bound", "LDLᵀ in ball arithmetic", bits, reason)


def _singular_values(j: Any) -> Any:
    """Of J (M, P), M <= P, by way of the triangle R of Jᵀ = QR: three times as fast as at once."""
    return np.linalg.svd(np.linalg.qr(j.T, mode="r"), compute_uv=False)


def certified_eigenvalues(
    net: Mlp,
    parameters: Any,
    x: Any,
    *,
    kinds: Collection[str] = KINDS,
    bits: int = FIRST_BITS,
    time_limit: float | None = None,
) -> tuple[float, ...] | None:
    """All eigenvalues of K, descending, each proved to 9 digits at so many bits; None where that or the time fails.

    Raises `ValueError` for wrong shapes and numbers that are not finite.
    """
    kinds, parameters, x = counted(net, kinds), host(parameters), host(x)
    checked(net, parameters, x)
    from flint import ctx

    from ratapprox.networks.ntk.balls import kernel_balls
    from ratapprox.networks.ntk.definite import all_eigenvalues

    check = _deadline(time_limit)
    try:
        with ctx.workprec(bits):
            found = all_eigenvalues(kernel_balls(net, parameters, x, kinds=kinds, check=check), check)
            if not all(one.lower.is_finite() for one in found):
                return None
            return tuple(float(((one.lower + one.upper) / 2).mid()) for one in reversed(found))
    except _OutOfTimeError:
        return None


def _singular(net: Mlp, x: Any, kinds: Collection[str]) -> Condition | None:
    """What is singular whatever the parameters are: equal samples, more outputs than parameters."""
    rows = len(x) * net.widths[-1]
    unique, first = np.unique(x, axis=0, return_index=True)
    infinite = (math.inf, math.inf)
    if len(unique) < len(x):
        twin = min(set(range(len(x))) - set(first.tolist()))
        earlier = int(np.flatnonzero((x == x[twin]).all(axis=1))[0])
        reason = f"samples {earlier} and {twin} are equal, so that the kernel is singular"
        return Condition(infinite, "exact", "equal rows", 53, reason)
    counted = sum(slot.stop - slot.start for slot in net.slots if slot.kind in kinds)
    if rows > counted:
        reason = f"{rows} outputs and only {counted} parameters, so that the kernel is singular"
        return Condition(infinite, "exact", "count of parameters", 53, reason)
    return None


class _OutOfTimeError(Exception):
    pass


def _deadline(seconds: float | None) -> Callable[[], None]:
    end = math.inf if seconds is None else time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() > end:
            raise _OutOfTimeError

    return check


def host(values: Any) -> Any:
    """The array on the host: singular values and balls are computed there, in float64."""
    return np.asarray(values.get() if hasattr(values, "get") else values, dtype=np.float64)


def better(floats: Condition, balls: Condition) -> Condition:
    """What is known when both are: the proof, or the stronger of the two, with the reason why nothing is proved."""
    if balls.status != "lower bound" or (floats.status == "lower bound" and balls.log10[0] >= floats.log10[0]):
        return balls
    reasons = "; ".join(reason for reason in (floats.reason, f"not proved: {balls.reason}") if reason)
    return Condition(floats.log10, floats.status, floats.method, floats.bits, reasons)
