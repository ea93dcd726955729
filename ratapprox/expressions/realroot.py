"""A real number known as the only zero of an expression in an interval, for which there is no closed form."""

from __future__ import annotations

from typing import Any

import flint
import sympy
from flint import arb, fmpq

from ratapprox.expressions.compiled import compiled

_MOST_STEPS = 400


class RealRoot(sympy.AtomicExpr):  # type: ignore[misc]
    """The zero of `function` between the rationals `low` and `high`, where its derivative is proved to have one sign.

    >>> from ratapprox.expressions import parse, pieces
    >>> pieces(parse("max(x, cos(x))"), 0, 1)
    (Piece cos(x) on [0, root of -x + cos(x) near 0.739085], Piece x on [root of -x + cos(x) near 0.739085, 1])
    >>> pieces(parse("max(x, cos(x))"), 0, 1)[0].upper.evalf(30)
    0.739085133215160641655312087674
    """

    __slots__ = ("_balls", "function", "high", "low")
    is_number = True
    is_real = True
    is_finite = True
    is_commutative = True
    is_Atom = True  # noqa: N815

    function: Any
    low: Any
    high: Any
    _balls: dict[int, Any]

    def __new__(cls, function: Any, low: Any, high: Any) -> RealRoot:
        if not low < high:
            raise ValueError(f"RealRoot({function}, {low}, {high}): the left end must be smaller than the right end")
        self: RealRoot = super().__new__(cls)
        self.function, self.low, self.high, self._balls = function, low, high, {}
        return self

    def __getnewargs__(self) -> tuple[Any, Any, Any]:
        return self.function, self.low, self.high

    def _hashable_content(self) -> tuple[Any, ...]:
        return self.function, self.low, self.high

    def ball(self) -> Any:
        """A ball around the number, as small as `flint.ctx.prec` allows: by interval Newton steps."""
        bits = flint.ctx.prec
        if bits not in self._balls:
            self._balls[bits] = _refined(self.function, self.low, self.high, bits)
        return self._balls[bits]

    def _eval_evalf(self, prec: int) -> Any:
        with flint.ctx.workprec(prec + 8):
            man, exp = self.ball().mid().man_exp()
        return sympy.Float((0 if man >= 0 else 1, abs(int(man)), int(exp), int(abs(man)).bit_length()), precision=prec)

    def _sympystr(self, printer: Any) -> str:
        return f"root of {printer.doprint(self.function)} near {float(self):.6g}"


def _refined(function: Any, low: Any, high: Any, bits: int) -> Any:
    f = compiled(function)
    with flint.ctx.workprec(bits + 16):
        box = _exact(low).union(_exact(high))
        for _ in range(_MOST_STEPS):
            radius = box.rad()
            if radius <= box.abs_upper() * arb(2) ** -bits or radius <= arb(2) ** (-2 * bits):
                break
            middle = box.mid()
            newton = middle - f.arb(middle) / f.series(box, 2)[1]
            if not newton.is_finite():
                break
            smaller = newton.intersection(box)
            if not smaller.rad() < radius * 0.75:
                break
            box = smaller
        return box


def _exact(number: Any) -> Any:
    return arb(fmpq(int(number.p), int(number.q)))

