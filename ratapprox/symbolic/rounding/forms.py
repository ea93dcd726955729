"""Evaluation forms: the different orders of operations in which machines evaluate one rational function p/q.

Zero coefficients cost nothing in any of them. Each form is a program, or two of them parted at |x| = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ratapprox.coefficients import from_polynomial
from ratapprox.rational import Rational
from ratapprox.symbolic.rounding.programs import Program, Tape

__all__ = ["FORMS", "Form", "form_of", "forms_of"]

Register = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Form:
    """A program for |x| <= 1 and, where `outside` is not None, another for |x| > 1."""

    name: str
    inside: Program
    outside: Program | None = None

    @property
    def programs(self) -> tuple[Program, ...]:
        """The one or two programs."""
        return (self.inside,) if self.outside is None else (self.inside, self.outside)

    @property
    def operations(self) -> int:
        """How many operations one evaluation needs, at most."""
        return max(len(program.steps) for program in self.programs)


def form_of(rational: Rational, name: object) -> Form:
    """The form of that name; ValueError where there is none such or the function does not have it.

    >>> form_of(Rational([0, 9, 0, 1], [1, 0, 1]), "split").operations
    5
    """
    if not isinstance(name, str) or name not in FORMS:
        raise ValueError(f"form={name!r}: known forms are {', '.join(FORMS)}; None chooses the best of them.")
    needs, build = FORMS[name]
    form = build(rational.exact())
    if form is None:
        raise ValueError(f"form={name!r}: that form needs {needs}, and r has type {rational.type}. Take form=None.")
    return form


def forms_of(rational: Rational) -> tuple[Form, ...]:
    """Every form that the function has, and no two with the same operations.

    >>> [form.name for form in forms_of(Rational([0, 9, 0, 1], [1, 0, 1]))]
    ['horner', 'factored', 'reciprocal', 'estrin', 'split']
    >>> [form.name for form in forms_of(Rational([1, 2]))]
    ['horner']
    """
    found: list[Form] = []
    for _, build in FORMS.values():
        form = build(rational.exact())
        if form is not None and all(form.programs != other.programs for other in found):
            found.append(form)
    return tuple(found)


def _horner(r: Rational) -> Form:
    """p(x)/q(x), both by Horner's rule."""
    tape = Tape()
    return Form("horner", tape.program(_quotient(tape, _nested, r.p, r.q, tape.x)))


def _factored(r: Rational) -> Form | None:
    """x^k · ((p/x^k)/q) for the power x^k that p contains: divided first, multiplied after."""
    power = next((k for k, c in enumerate(r.p) if c), 0)
    if power == 0 or r.type[1] == 0:
        return None
    tape = Tape()
    value = _quotient(tape, _nested, r.p[power:], r.q, tape.x)
    for _ in range(power):
        value = tape.multiply(tape.x, value)
    return Form("factored", tape.program(value))


def _reciprocal(r: Rational) -> Form | None:
    """Horner for |x| <= 1; for |x| > 1, with t = 1/x, x^(m-n) · (t^m p(1/t))/(t^n q(1/t)), where no power grows."""
    m, n = r.type
    if n == 0:
        return None
    tape = Tape()
    t = tape.divide(tape.constant(Fraction(1)), tape.x)
    value = _quotient(tape, _nested, r.p[::-1], r.q[::-1], t)
    for _ in range(abs(m - n)):
        value = tape.multiply(value, tape.x if m > n else t)
    return Form("reciprocal", _horner(r).inside, tape.program(value))


def _estrin(r: Rational) -> Form:
    """p(x)/q(x), both by Estrin's scheme: neighbours are paired, and pairs of pairs, with x², x⁴, … shared."""
    tape = Tape()
    powers = [tape.x]

    def polynomial(tape: Tape, coefficients: Sequence[Fraction | float], x: Register) -> Register:
        terms = [tape.constant(Fraction(c)) if c else None for c in coefficients]
        level = 0
        while len(terms) > 1:
            if level == len(powers):
                powers.append(tape.multiply(powers[-1], powers[-1]))
            terms = [_pair(tape, terms[k], terms[k + 1 : k + 2], powers[level]) for k in range(0, len(terms), 2)]
            level += 1
        return terms[0] or tape.constant(Fraction(0))

    return Form("estrin", tape.program(_quotient(tape, polynomial, r.p, r.q, tape.x)))


def _pair(tape: Tape, low: Register | None, high: list[Register | None], power: Register) -> Register | None:
    if not high or high[0] is None:
        return low
    above = tape.multiply(high[0], power)
    return above if low is None else tape.add(low, above)


def _split(r: Rational) -> Form | None:
    """s(x) + c·(x^k/q(x)) or s(x) + u(x)/q(x), with p = s q + u by long division."""
    m, n = r.type
    if n == 0 or m < n:
        return None
    p, q = r.polynomials()
    s, u = (from_polynomial(part) for part in divmod(p, q))
    if not any(u):
        return None
    tape = Tape()
    terms = [k for k, c in enumerate(u) if c]
    if len(terms) == 1:  # c·x^k overflows sooner than x^k/q
        monomial = [Fraction(int(k == terms[0])) for k in range(terms[0] + 1)]
        part = _quotient(tape, _nested, monomial, r.q, tape.x)
        part = tape.multiply(tape.constant(Fraction(u[terms[0]])), part)
    else:
        part = _quotient(tape, _nested, u, r.q, tape.x)
    return Form("split", tape.program(tape.add(_nested(tape, s, tape.x), part)))


def _quotient(
    tape: Tape,
    polynomial: Callable[[Tape, Sequence[Fraction | float], Register], Register],
    p: Sequence[Fraction | float],
    q: Sequence[Fraction | float],
    x: Register,
) -> Register:
    above = polynomial(tape, p, x)
    if len(q) == 1 and q[0] == 1:
        return above
    return tape.divide(above, polynomial(tape, q, x))


def _nested(tape: Tape, coefficients: Sequence[Fraction | float], x: Register) -> Register:
    """Horner's rule: (… (c_n x + c_{n-1}) x + …) x + c_0."""
    value = tape.constant(Fraction(coefficients[-1]))
    for c in coefficients[-2::-1]:
        value = tape.multiply(value, x)
        if c:
            value = tape.add(value, tape.constant(Fraction(c)))
    return value


FORMS: dict[str, tuple[str, Callable[[Rational], Form | None]]] = {
    "horner": ("nothing", _horner),
    "factored": ("p(0) = 0 and a denominator", _factored),
    "reciprocal": ("a denominator", _reciprocal),
    "estrin": ("nothing", _estrin),
    "split": ("m >= n >= 1 and a remainder of p by q", _split),
}
