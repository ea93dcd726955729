"""A program bound to its three back ends: NumPy arrays, balls, Taylor series."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, cast

import flint
import numpy as np
from flint import arb, arb_series
from numpy.typing import NDArray

from ratapprox.expressions import arrays, balls, taylor
from ratapprox.expressions.errors import DomainError
from ratapprox.expressions.program import Holes, Program, Step, build

Code = list[tuple[Callable[..., Any], int, int, tuple[int, ...]]]


@lru_cache(maxsize=4096)
def compiled(expression: Any, holes: Holes = ()) -> Compiled:
    """The evaluators of an expression in x and its removable singularities, built once.

    >>> from ratapprox.expressions import compiled, parse
    >>> from flint import arb
    >>> print(compiled(parse("exp(x)/(1 + exp(x))")).arb(arb(30)))
    [0.999999999999907 +/- 8.14e-16]
    """
    return Compiled(expression, build(expression, holes))


class Compiled:
    """Evaluators of one expression; immutable but for its cache of constants by precision."""

    def __init__(self, expression: Any, program: Program) -> None:
        self.expression = expression
        self.program = program
        self._constants: dict[int, list[Any]] = {}

    # -- binding -------------------------------------------------------------------------------------------------------

    def _code(self, plain: dict[str, Any], with_data: dict[str, Any], hole: Callable[[Any], Any]) -> Code:
        code: Code = []
        for step in self.program.steps:
            function = self._function(step, plain, with_data, hole)
            arguments = step.arguments
            if len(arguments) > 2 or step.operation == "select":
                code.append((function, -2, -2, arguments))
            else:
                code.append((function, arguments[0], arguments[1] if len(arguments) == 2 else -1, ()))
        return code

    def _function(
        self, step: Step, plain: dict[str, Any], with_data: dict[str, Any], hole: Callable[[Any], Any]
    ) -> Callable[..., Any]:
        if step.operation == "hole":
            found = hole(step.data)
        elif step.operation in plain:
            found = plain[step.operation]
        elif step.operation in with_data:
            found = with_data[step.operation](step.data)
        else:
            raise DomainError(
                f"{self.expression} has a kink or a jump, and a Taylor series only piece by piece: use pieces(a, b)"
            )
        return cast("Callable[..., Any]", found)

    @cached_property
    def _arb_code(self) -> Code:
        return self._code(balls.PLAIN, balls.WITH_DATA, _ball_hole)

    @cached_property
    def _series_code(self) -> Code:
        return self._code(taylor.PLAIN, taylor.WITH_DATA, _series_hole)

    @cached_property
    def _numpy_code(self) -> Code:
        return self._code(arrays.PLAIN, arrays.WITH_DATA, _array_hole)

    def _constant_balls(self) -> list[Any]:
        precision = flint.ctx.prec
        found = self._constants.get(precision)
        if found is None:
            values: list[Any] = [None]
            for step in self.program.constants:
                plain = balls.PLAIN.get(step.operation)
                function = plain if plain is not None else balls.WITH_DATA[step.operation](step.data)
                values.append(function(*(values[i] for i in step.arguments)))
            found = self._constants[precision] = values[1:]
            if len(self._constants) > 64:
                del self._constants[next(iter(self._constants))]
        return found

    @cached_property
    def _constant_floats(self) -> list[np.float64]:
        with flint.ctx.workprec(128):
            return [np.float64(float(c)) for c in self._constant_balls()]

    @cached_property
    def is_constant(self) -> bool:
        return 0 < self.program.output <= len(self.program.constants)

    # -- evaluation ----------------------------------------------------------------------------------------------------

    def arb(self, x: Any) -> Any:
        """A ball that holds f(t) for every t in the ball x, at the precision of the caller."""
        values = [x, *self._constant_balls()]
        _run(self._arb_code, values)
        return values[self.program.output]

    def series(self, x: Any, order: int) -> Any:
        """Taylor coefficients of f(x + h), h**0 to h**(order - 1), each a ball over the whole ball x."""
        before = flint.ctx.cap
        flint.ctx.cap = order
        try:
            values = [arb_series([x, arb(1)], order), *self._constant_balls()]
            _run(self._series_code, values)
            result = values[self.program.output]
            return arb_series([result], order) if self.is_constant else result
        finally:
            flint.ctx.cap = before

    def numpy(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Float64 values, without warnings; shape kept."""
        x = np.asarray(x, dtype=np.float64)
        values: list[Any] = [x, *self._constant_floats]
        with np.errstate(all="ignore"):
            _run(self._numpy_code, values)
        result = np.asarray(values[self.program.output], dtype=np.float64)
        return np.where(np.isnan(x), np.nan, result) if self.is_constant else result


def _run(code: Code, values: list[Any]) -> None:
    append = values.append
    for function, i, j, more in code:
        if j >= 0:
            append(function(values[i], values[j]))
        elif j == -1:
            append(function(values[i]))
        else:
            append(function(*[values[k] for k in more]))


# -- removable singularities: N(x)/D(x) where both vanish to order j at c ----------------------------------------------
#
# N(x)/(x - c) is the integral of N'(c + t(x - c)) over 0 <= t <= 1, so its k-th Taylor coefficient over a ball is
# enclosed by the (k+1)-th coefficient of N over the hull of that ball and c; j times over, by the (k+j)-th.


def _shifted(data: Any, x: Any, order: int) -> Any:
    above, below, places = data
    j, hull = min(((order, _hull(x, point)) for point, order in places), key=lambda place: float(place[1].rad()))

    def divided(e: Any) -> Any:
        found = compiled(e).series(hull, order + j).coeffs()
        return arb_series((found + [arb(0)] * (order + j - len(found)))[j:], order)

    return taylor.divide(divided(above), divided(below))


def _hull(x: Any, point: Any) -> Any:
    return x.union(compiled(point).arb(arb(0)))


def _ball_hole(data: Any) -> Callable[[Any], Any]:
    above, below = compiled(data[0]), compiled(data[1])

    def over(x: Any) -> Any:
        under = below.arb(x)
        return _with_cap(data, x, 1)[0] if under.contains(0) else above.arb(x) / under

    return over


def _series_hole(data: Any) -> Callable[[Any], Any]:
    above, below = compiled(data[0]), compiled(data[1])

    def over(u: Any) -> Any:
        x, order = u[0], flint.ctx.cap
        under = below.series(x, order)
        if under[0].contains(0):
            return _with_cap(data, x, order)
        return above.series(x, order) / under

    return over


def _with_cap(data: Any, x: Any, order: int) -> Any:
    before = flint.ctx.cap
    flint.ctx.cap = order
    try:
        return _shifted(data, x, order)
    finally:
        flint.ctx.cap = before


def _array_hole(data: Any) -> Any:
    above, below, places = data
    upper, lower = compiled(above), compiled(below)

    def function(x: Any) -> Any:
        return upper.numpy(x) / lower.numpy(x)

    for point, _ in places:
        with flint.ctx.workprec(256):
            centre = compiled(point).arb(arb(0))
            found = [float(c) for c in _with_cap(data, centre, 24).coeffs()]
        # an eighth of the radius of convergence, as the last coefficients show it: 24 terms are plenty
        sizes = [abs(c) ** (1 / k) for k, c in enumerate(found) if k > 8 and c != 0]
        radius = min(1.0, 0.125 / max(sizes)) if sizes else 1.0
        function = arrays.hole(np.array(found), float(centre), radius, function)
    return function
