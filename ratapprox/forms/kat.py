"""The rational functions of Kolmogorov–Arnold transformers: one set of numbers that three programs read differently.

Source: X. Yang and X. Wang, Kolmogorov–Arnold Transformer (2024), and its implementations: the initial numbers are
fitted with the denominator of `KatFitted`, the GPU kernels (FlashKAT's too) compute `KatGpu`, the CPU path `KatCpu`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from numpy.typing import NDArray

from ratapprox.coefficients import Coefficients, Number, one_kind, read_numbers
from ratapprox.forms.pau import PauA, PauB
from ratapprox.forms.quotients import Quotient, ones, powers, sizes
from ratapprox.rational import Rational

__all__ = ["Kat", "KatCpu", "KatFitted", "KatGpu"]


@dataclass(frozen=True, init=False, repr=False)
class KatFitted(PauB):
    """p(x)/(1 + |b_1 x + … + b_n x^n|): what the initial numbers were fitted with, the formula of `PauB`.

    >>> KatFitted([0, 1], [1])(Fraction(-2))
    Fraction(-2, 3)
    """

    name: ClassVar[str] = "kat-fitted"
    formula: ClassVar[str] = "p(x)/(1 + |b1 x + b2 x^2 + ... + bn x^n|)"
    sentence: ClassVar[str] = "Kolmogorov–Arnold transformer, as its initial numbers are fitted: version B."


@dataclass(frozen=True, init=False, repr=False)
class KatGpu(PauA):
    """p(x)/(1 + |b_1||x| + … + |b_n||x|^n): what the GPU kernels compute, the formula of `PauA`.

    >>> KatGpu([0, 1], [1, -1])(Fraction(-2))
    Fraction(-2, 7)
    """

    name: ClassVar[str] = "kat-gpu"
    formula: ClassVar[str] = "p(x)/(1 + |b1||x| + |b2||x|^2 + ... + |bn||x|^n)"
    sentence: ClassVar[str] = "Kolmogorov–Arnold transformer, as its GPU kernels compute it: version A."


@dataclass(frozen=True, init=False, repr=False)
class KatCpu(Quotient):
    """p(x)/(1 + |b_1| x + |b_2| x² + … + |b_n| x^n): what the CPU path computes, a plain rational that may have poles.

    >>> f = KatCpu([0, 1], [-1])
    >>> f.function(), f.function().poles()
    (Rational type (1, 1): x/(1 + x), (Root: -1.0 ± 0, real,))
    """

    name: ClassVar[str] = "kat-cpu"
    formula: ClassVar[str] = "p(x)/(1 + |b1| x + |b2| x^2 + ... + |bn| x^n)"
    sentence: ClassVar[str] = (
        "Kolmogorov–Arnold transformer, as its CPU path computes it: x without | |, so it may have poles."
    )

    def function(self) -> Rational:
        """p/(1 + |b_1| x + …)."""
        return Rational([Fraction(c) for c in self.p], [1, *(Fraction(c) for c in sizes(self.b))])

    def _formula(self, x: Any) -> Any:
        one = ones(x)
        return sum(powers(self.p, x, one, 0)) / sum(powers(sizes(self.b), x, one, 1), one)


@dataclass(frozen=True, init=False, repr=False)
class Kat:
    """The parameters of a layer: one numerator p for all groups of channels, and one b for each group.

    >>> kat = Kat([0, 1], [[1, -1], [2, 0]])
    >>> kat
    Kat of 2 groups of type (1, 2)
    >>> [variant[0](Fraction(-2)) for variant in (kat.fitted, kat.gpu, kat.cpu)]
    [Fraction(-2, 7), Fraction(-2, 7), Fraction(-2, 3)]
    """

    p: Coefficients
    b: tuple[Coefficients, ...]

    def __init__(self, p: Sequence[Number] | NDArray[Any], b: Sequence[Sequence[Number]] | NDArray[Any]) -> None:
        if isinstance(b, str) or not hasattr(b, "__len__") or len(b) == 0:
            raise ValueError(f"b is {b!r}: a list of denominators is needed, b[group] = [b_1, …, b_n].")
        groups = [read_numbers(below, f"b[{group}]") for group, below in enumerate(b)]
        if len({len(below) for below in groups}) > 1:
            raise ValueError(f"b has denominators of lengths {[len(below) for below in groups]}: they must be equal.")
        above, *kept = one_kind(read_numbers(p, "p"), *groups)
        object.__setattr__(self, "p", above)
        object.__setattr__(self, "b", tuple(kept))

    def __repr__(self) -> str:
        count = len(self.b)
        return f"Kat of {count} group{'s' if count > 1 else ''} of type ({len(self.p) - 1}, {len(self.b[0])})"

    @property
    def fitted(self) -> tuple[KatFitted, ...]:
        """The function of each group as it was fitted."""
        return tuple(KatFitted(self.p, below) for below in self.b)

    @property
    def gpu(self) -> tuple[KatGpu, ...]:
        """The function of each group as the GPU kernels compute it."""
        return tuple(KatGpu(self.p, below) for below in self.b)

    @property
    def cpu(self) -> tuple[KatCpu, ...]:
        """The function of each group as the CPU path computes it."""
        return tuple(KatCpu(self.p, below) for below in self.b)
