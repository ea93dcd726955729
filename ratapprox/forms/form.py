"""What all parametrisations have in common: a formula to evaluate, and the exact function that it means."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import fields
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ratapprox.coefficients import nearest_float64
from ratapprox.evaluation import Evaluable
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.tails import Tail

__all__ = ["Form"]


def _nearest(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_nearest, value))
    return nearest_float64(value) if isinstance(value, Fraction) else value


class Form(Evaluable):
    """A parametrisation of the literature: floats go through its formula as its authors' code writes it, everything
    else through the exact function that it means.

    float, array    the formula in float64, its terms in the order of the source; NaN where those overflow
    Fraction        the formula in exact arithmetic
    mpf, arb        `function()`

    `name` is its key in `ratapprox.forms.FORMS`, `formula` how it is written.
    """

    name: ClassVar[str]
    formula: ClassVar[str]
    sentence: ClassVar[str]

    @abstractmethod
    def function(self) -> Rational | Piecewise:
        """The exact function, with fractions: a `Rational` where one is enough, else a `Piecewise`.

        A float is the dyadic fraction that it is, so nothing is rounded.
        """

    @abstractmethod
    def _formula(self, x: Any) -> Any:
        """The formula in the arithmetic of x, a Fraction or a float64 array, term by term as the source has it."""

    @property
    @abstractmethod
    def is_exact(self) -> bool:
        """Whether all parameters are fractions."""

    @cached_property
    def _function(self) -> Rational | Piecewise:
        return self.function()

    def limits(self) -> tuple[Tail, Tail]:
        """The tails of the exact function at -inf and +inf."""
        return self._function.limits()

    def _on_float64(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            return np.asarray(self._rounded._formula(x), dtype=np.float64)

    @cached_property
    def _rounded(self) -> Self:
        """The same with every fraction as the nearest float64: with fractions NumPy would compute in Python's floats,
        in which dividing by 0 is an error."""
        found = object.__new__(type(self))
        for each in fields(self):  # type: ignore[arg-type]  # each form is a dataclass
            object.__setattr__(found, each.name, _nearest(getattr(self, each.name)))
        return found

    def _at_fraction(self, x: Fraction) -> Fraction:
        try:
            return Fraction(self._formula(x))
        except ZeroDivisionError:  # a pole, which the function names, or 0/0
            return self._function._at_fraction(x)

    def _at_mpf(self, x: Any) -> Any:
        return self._function._at_mpf(x)

    def _on_ball(self, x: Any) -> Any:
        return self._function._on_ball(x)
