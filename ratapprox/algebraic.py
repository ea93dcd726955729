"""Real algebraic numbers: a root of an irreducible integer polynomial, in an interval that holds no other."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, total_ordering
from itertools import count, pairwise
from math import ceil, floor, gcd, inf
from typing import Any

from flint import arb, arb_poly, ctx, fmpq, fmpq_poly, fmpz, fmpz_poly

from ratapprox.sturm import count_real_roots, to_fmpq

__all__ = ["Algebraic", "algebraic_roots", "polynomial_in", "simplest_between", "sort_apart"]

_LARGEST_SURD = 10**18  # discriminants above this are not factored for the sake of a printed square root
_LONG = 24  # degrees from which the sign of a polynomial is first sought with balls
_LONGEST_POLYNOMIAL = 60  # characters
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@total_ordering
@dataclass(frozen=True, eq=False, repr=False)
class Algebraic:
    """A real algebraic number: the only root of `polynomial` with lower <= root <= upper.

    polynomial: ascending integer coefficients, irreducible, primitive, leading one positive. lower, upper: equal when
    the number is rational, otherwise both different from it. Order and equality are exact, also with int and Fraction.

    >>> Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
    Algebraic √2
    >>> Algebraic((-2, 0, 1), Fraction(1), Fraction(2)) < Fraction(3, 2), Algebraic.rational(3) == 3
    (True, True)
    """

    polynomial: tuple[int, ...]
    lower: Fraction
    upper: Fraction

    @classmethod
    def rational(cls, value: int | Fraction) -> Algebraic:
        """The rational number itself.

        >>> Algebraic.rational(Fraction(1, 2)).polynomial
        (-1, 2)
        """
        value = Fraction(value)
        return cls((-value.numerator, value.denominator), value, value)

    @property
    def degree(self) -> int:
        """The degree of the number over the rationals; 1 says that it is rational."""
        return len(self.polynomial) - 1

    @property
    def is_rational(self) -> bool:
        """Whether lower == upper == the number."""
        return self.degree == 1

    def refine(self, bits: int) -> Algebraic:
        """The same number in an interval not wider than 2^-bits.

        >>> root = Algebraic((-2, 0, 1), Fraction(1), Fraction(2)).refine(2)
        >>> root.lower, root.upper
        (Fraction(5, 4), Fraction(3, 2))
        """
        low, high = to_fmpq(self.lower), to_fmpq(self.upper)
        width = fmpq(1, fmpz(1) << bits) if bits >= 0 else fmpq(fmpz(1) << -bits)
        if high - low <= width:
            return self
        f = fmpz_poly(list(self.polynomial))
        rises = f(high) > 0
        while high - low > width:
            middle = (low + high) / 2
            if _positive(f, middle) == rises:
                high = middle
            else:
                low = middle
        return Algebraic(self.polynomial, _fraction(low), _fraction(high))

    def arb(self) -> Any:
        """A ball that holds the number, about as small as `flint.ctx.prec` allows.

        >>> Algebraic((-2, 0, 1), Fraction(1), Fraction(2)).arb().str(6, radius=False)
        '1.41421'
        """
        if self.is_rational:
            return arb(to_fmpq(self.lower))
        size = max(abs(self.lower), abs(self.upper))
        extra = size.denominator.bit_length() - size.numerator.bit_length()
        narrow = self.refine(max(ctx.prec + 2 + extra, 4))
        return arb(to_fmpq(narrow.lower)).union(arb(to_fmpq(narrow.upper)))

    def __float__(self) -> float:
        """The nearest float64, infinite beyond the largest one."""
        if abs(self.lower) >= 2**1024:
            return inf if self.lower > 0 else -inf
        if self.is_rational:
            return float(self.lower)
        narrow = self.refine(60)
        while float(narrow.lower) != float(narrow.upper) and narrow.upper - narrow.lower > Fraction(1, 2**1100):
            narrow = narrow.refine((narrow.upper - narrow.lower).denominator.bit_length() + 60)
        return float(narrow.lower)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | Fraction):
            return self.is_rational and self.lower == other
        if not isinstance(other, Algebraic):
            return NotImplemented
        if self.polynomial != other.polynomial:
            return False
        if self.is_rational:
            return True
        low, high = max(self.lower, other.lower), min(self.upper, other.upper)
        if low >= high:
            return False
        f = fmpz_poly(list(self.polynomial))
        return bool((f(to_fmpq(low)) > 0) != (f(to_fmpq(high)) > 0))

    def __lt__(self, other: object) -> bool:
        if isinstance(other, int | Fraction):
            return self._sign_of_difference(Fraction(other)) < 0
        if not isinstance(other, Algebraic):
            return NotImplemented
        if self == other:
            return False
        if other.is_rational:
            return self._sign_of_difference(other.lower) < 0
        if self.is_rational:
            return other._sign_of_difference(self.lower) > 0
        a, b = self, other
        while a.upper > b.lower and b.upper > a.lower:
            bits = max((a.upper - a.lower).denominator.bit_length(), (b.upper - b.lower).denominator.bit_length()) + 8
            a, b = a.refine(bits), b.refine(bits)
        return a.upper <= b.lower

    def __rsub__(self, value: int | Fraction) -> Algebraic:
        """value - self, for a rational value.

        >>> 1 - Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
        Algebraic 1 - √2
        """
        if not isinstance(value, int | Fraction):
            return NotImplemented
        mirrored = fmpq_poly(list(self.polynomial))(fmpq_poly([to_fmpq(value), -1])).numer()
        common = mirrored.content() if mirrored.leading_coefficient() > 0 else -mirrored.content()
        polynomial = tuple(int(c) for c in (mirrored // common).coeffs())
        return Algebraic(polynomial, value - self.upper, value - self.lower)

    def __hash__(self) -> int:
        return hash(self.lower) if self.is_rational else hash(self.polynomial)

    def _sign_of_difference(self, value: Fraction) -> int:
        """The sign of self - value."""
        if self.is_rational:
            return (self.lower > value) - (self.lower < value)
        if value <= self.lower:
            return 1
        if value >= self.upper:
            return -1
        f = fmpz_poly(list(self.polynomial))
        return 1 if (f(to_fmpq(value)) > 0) == (f(to_fmpq(self.lower)) > 0) else -1

    def text(self, variable: str = "t") -> str:
        """How it is written: a fraction, a square root, or the root of its polynomial in that variable.

        >>> Algebraic((-64, 0, 27), Fraction(1), Fraction(2)).text("a")
        '8√3/9'
        >>> Algebraic((-1, -1, 0, 1), Fraction(1), Fraction(2)).text("a")
        'root ≈ 1.324718 of a³ - a - 1'
        """
        if self.is_rational:
            return str(self.lower)
        surd = self._surd()
        if surd is None:
            polynomial = polynomial_in(self.polynomial, variable)
            if len(polynomial) > _LONGEST_POLYNOMIAL:
                polynomial = f"a polynomial of degree {self.degree} in {variable}"
            return f"root ≈ {float(self):.7g} of {polynomial}"
        a, b, d, c = surd
        root = f"{'' if abs(b) == 1 else abs(b)}√{d}"
        sign = "-" if b < 0 else ""
        if a:
            body = f"{a} {'-' if b < 0 else '+'} {root}"
            return body if c == 1 else f"({body})/{c}"
        return f"{sign}{root}" if c == 1 else f"{sign}{root}/{c}"

    @property
    def exact(self) -> str:
        """The number as a text that sympy reads: 1/2, 8*sqrt(3)/9, CRootOf(t**3 - t - 1, 0).

        >>> Algebraic((-1, -1, 0, 1), Fraction(1), Fraction(2)).exact
        'CRootOf(t**3 - t - 1, 0)'
        """
        if self.is_rational:
            return str(self.lower)
        surd = self._surd()
        if surd is not None:
            a, b, d, c = surd
            root = f"{'' if b == 1 else '-' if b == -1 else f'{b}*'}sqrt({d})"
            whole = f"{a} + {root}" if a else root
            return whole if c == 1 else f"({whole})/{c}"
        index = count_real_roots(fmpq_poly(list(self.polynomial)), None, self.lower)
        return f"CRootOf({polynomial_in(self.polynomial, 't', plain=True)}, {index})"

    def _surd(self) -> tuple[int, int, int, int] | None:
        """(a, b, d, c) with self = (a + b·√d)/c, d squarefree; None when self is no quadratic number of modest size."""
        if self.degree != 2:
            return None
        c0, c1, c2 = self.polynomial
        discriminant = c1 * c1 - 4 * c0 * c2
        if discriminant > _LARGEST_SURD:
            return None
        d, b = 1, 1
        for prime, power in fmpz(discriminant).factor():
            b *= int(prime) ** (power // 2)
            d *= int(prime) ** (power % 2)
        f = fmpz_poly(list(self.polynomial))
        if f(to_fmpq(self.upper)) < 0:  # the smaller of the two roots: there the polynomial falls
            b = -b
        common = gcd(c1, b, 2 * c2)
        return -c1 // common, b // common, d, 2 * c2 // common

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"Algebraic {self.text()}"

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: exact text, nearest float64; for an irrational one the polynomial and its interval."""
        document: dict[str, Any] = {"exact": self.exact, "decimal": repr(float(self))}
        if not self.is_rational:
            document["polynomial"] = [str(c) for c in self.polynomial]
            document["interval"] = [str(self.lower), str(self.upper)]
        return document


def _positive(f: Any, x: Any) -> bool:
    """Whether f(x) > 0, decided by balls where they can, and else by exact arithmetic."""
    if f.degree() >= _LONG:
        with ctx.workprec(2 * int(x.q).bit_length() + 64):
            found = arb_poly(f)(arb(x))
        if not found.contains(0):
            return bool(found > 0)
    return bool(f(x) > 0)


def algebraic_roots(f: Any) -> list[Algebraic]:
    """The real roots, ascending, of an irreducible integer polynomial (`fmpz_poly`), in short dyadic intervals.

    >>> algebraic_roots(fmpz_poly([-2, 0, 1]))
    [Algebraic -√2, Algebraic √2]
    """
    content = f.content()
    f = f // (content if f.leading_coefficient() > 0 else -content)
    return list(_roots(tuple(int(c) for c in f.coeffs())))


@lru_cache(maxsize=64)
def _roots(polynomial: tuple[int, ...]) -> tuple[Algebraic, ...]:
    """Those of a primitive polynomial; several questions about one function ask for the same."""
    f: Any = fmpz_poly(list(polynomial))
    if f.degree() == 1:
        return (Algebraic.rational(Fraction(-polynomial[0], polynomial[1])),)
    for bits in count(1):
        with ctx.workprec(53 << (bits - 1)):
            balls = [z.real for z, _ in f.complex_roots() if z.imag.is_zero()]
            balls.sort(key=lambda ball: ball.mid().fmpq())
            exact = [(ball.mid().fmpq(), ball.rad().fmpq()) for ball in balls]
        ends = [(_fraction(middle - radius), _fraction(middle + radius)) for middle, radius in exact]
        roots = _short_intervals(f, polynomial, ends, 60 << (bits - 1))
        if roots is not None:
            return tuple(roots)
    raise AssertionError("unreachable: isolating balls of a squarefree polynomial shrink")


def _short_intervals(
    f: Any, polynomial: tuple[int, ...], ends: list[tuple[Fraction, Fraction]], most_bits: int
) -> list[Algebraic] | None:
    """Dyadic intervals with few digits around the balls, disjoint; None when the balls have to be smaller for that."""
    for bits in range(4, most_bits, 4):
        scale = 2**bits
        cells = [(Fraction(floor(low * scale), scale), Fraction(ceil(high * scale), scale)) for low, high in ends]
        apart = all(a[1] < b[0] for a, b in pairwise(cells))
        if apart and all((f(to_fmpq(low)) > 0) != (f(to_fmpq(high)) > 0) for low, high in cells):
            return [Algebraic(polynomial, low, high) for low, high in cells]
    return None


def sort_apart(roots: list[Algebraic]) -> list[Algebraic]:
    """Different numbers, ascending, refined so that no two intervals meet.

    >>> sort_apart([Algebraic.rational(2), *algebraic_roots(fmpz_poly([-3, 0, 1]))])
    [Algebraic -√3, Algebraic √3, Algebraic 2]
    """
    roots = sorted(roots, key=lambda root: root.lower)
    bits = 8
    while any(a.upper >= b.lower for a, b in pairwise(roots)):
        close = {k + j for k in range(len(roots) - 1) if roots[k].upper >= roots[k + 1].lower for j in (0, 1)}
        roots = [root.refine(bits) if k in close else root for k, root in enumerate(roots)]
        roots.sort(key=lambda root: (root.lower, root.upper))
        bits *= 2
    return roots


def simplest_between(low: Fraction | None, high: Fraction | None) -> Fraction:
    """The rational of smallest denominator, then of smallest absolute value, strictly between two ends.

    None is an infinite end. Source: the Stern–Brocot tree; Graham, Knuth, Patashnik, Concrete Mathematics.

    >>> simplest_between(Fraction(3, 10), Fraction(2, 5)), simplest_between(Fraction(-1), Fraction(7))
    (Fraction(1, 3), Fraction(0, 1))
    >>> simplest_between(Fraction(9), None), simplest_between(None, Fraction(1, 2))
    (Fraction(10, 1), Fraction(0, 1))
    """
    if (low is None or low < 0) and (high is None or high > 0):
        return Fraction(0)
    if high is not None and high <= 0:
        return -simplest_between(-high, None if low is None else -low)
    assert low is not None and low >= 0
    whole = floor(low)
    if high is None or whole + 1 < high:
        return Fraction(whole + 1)
    if low == whole:  # 1/n is below high - whole for the smallest such n
        return whole + Fraction(1, floor(1 / (high - whole)) + 1)
    return whole + 1 / simplest_between(1 / (high - whole), 1 / (low - whole))


def polynomial_in(coefficients: tuple[int, ...], variable: str, *, plain: bool = False) -> str:
    """A polynomial in descending powers: a³ - a - 1, or t**3 - t - 1 when plain.

    >>> polynomial_in((-1, -1, 0, 1), "a"), polynomial_in((1, 0, -2), "t", plain=True)
    ('a³ - a - 1', '-2*t**2 + 1')
    """
    terms: list[str] = []
    for power in range(len(coefficients) - 1, -1, -1):
        c = coefficients[power]
        if c == 0:
            continue
        exponent = f"**{power}" if plain else str(power).translate(_SUPERSCRIPTS)
        monomial = "" if power == 0 else variable if power == 1 else variable + exponent
        factor = str(abs(c)) if abs(c) != 1 or not monomial else ""
        body = f"{factor}*{monomial}" if plain and factor and monomial else factor + monomial
        terms.append((f"{'-' if c < 0 else ''}{body}") if not terms else f"{'-' if c < 0 else '+'} {body}")
    return " ".join(terms) or "0"


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.p), int(value.q))
