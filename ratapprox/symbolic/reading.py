"""A family of rational functions read as it is written: p and q with integer coefficients in x and the parameters.

Nothing is cancelled on the way: x·(x² + a)/(x² + a) stays 0/0 where x² + a = 0. (sympy would cancel at once.)
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from keyword import iskeyword
from typing import Any

from flint import fmpz_mpoly_ctx

from ratapprox.activations import activation
from ratapprox.expressions import ExpressionError, pretty, x
from ratapprox.expressions.formulas import FORMULAS
from ratapprox.expressions.parsing import _tokens, parse
from ratapprox.rational import Rational
from ratapprox.symbolic.quotient import Arithmetic, NotRationalError, Quotient, TooLargeError

__all__ = ["read", "ring_of"]

_MOST_DEPTH = 50
_PLAIN = {"+", "-", "*", "/", "**", "(", ")", ""}
_WORKS = "analyse() decides quotients of polynomials in x and the parameters, with rational coefficients"


def read(family: Any, ring: Any = None) -> Quotient:
    """The quotient that a text, a named family, a sympy expression or an Activation stands for.

    ring: the `fmpz_mpoly_ctx` to read into; by default that of x and the names found. Raises NotRationalError for what
    is not rational, saying which part and what would work, ExpressionError for a text that is no expression, ValueError
    for a denominator that is identically zero, TooLargeError beyond degree 400.

    >>> read("1/2 + a/x")
    Quotient (x + 2*a)/(2*x)
    >>> read("exp(a*x)")
    Traceback (most recent call last):
    ratapprox.symbolic.quotient.NotRationalError: exp(a·x) is not rational in a and x: analyse() decides ...
    """
    context = ring if ring is not None else ring_of([family])
    arithmetic = Arithmetic(context)
    if isinstance(family, str) and family.strip() in context.names():
        return Quotient(*arithmetic.symbol(family.strip()))
    source = _source(family)
    p, q = _Text(source, arithmetic).whole() if isinstance(source, list) else _walk(source, arithmetic)
    if q.leading_coefficient() < 0:
        p, q = -p, -q
    return Quotient(p, q)


def ring_of(families: Iterable[Any], bounds: Iterable[str] = ()) -> Any:
    """Z[x, names], for all the names in families and in the values of a property, in alphabetical order.

    >>> ring_of(["a*x"], ["L"]).names()
    ('x', 'a', 'L')
    """
    names = {text.strip() for text in bounds if _is_name(text)}
    for given in (*families, *(text for text in bounds if not _is_name(text))):
        source = _source(given)
        if isinstance(source, list):
            names |= {word for kind, word, _ in source if kind == "name"}
        else:
            names |= {str(symbol) for symbol in source.free_symbols}
    if wrong := sorted(name for name in names if iskeyword(name) or name == "_"):
        raise ExpressionError(f"{wrong[0]} is no name for a parameter: rename it; words of Python and _ are none")
    return fmpz_mpoly_ctx.get(("x", *sorted(names - {"x"}, key=lambda name: (name.lower(), name))), "lex")


def _is_name(text: str) -> bool:
    """Whether a value of a property is the bare name of a parameter."""
    return text.strip().isidentifier() and text.strip() not in {*FORMULAS, "x", "e", "E", "pi"}


def _source(family: Any) -> Any:
    """The tokens of a text without function calls, otherwise a sympy expression."""
    if isinstance(family, str):
        text = FORMULAS[family.strip()].text if family.strip() in FORMULAS else family
        return _source_of_text(text)
    if isinstance(family, Rational):
        family = family.exact().to_sympy(x)
    return activation(family).expression


@lru_cache(maxsize=256)
def _source_of_text(text: str) -> Any:
    tokens = _tokens(text)
    for (kind, word, _), (_, after, _) in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        plain = kind in ("number", "superscript", "end") or (kind == "operator" and word in _PLAIN)
        if not plain and not (kind == "name" and after != "(" and word not in ("e", "E", "pi")):
            return activation(text).expression if text.isidentifier() or "(" in text else parse(text)
    if not any(kind == "name" and word == "x" for kind, word, _ in tokens) and text.strip().isidentifier():
        return activation(text).expression  # a slip in a name is told by its own message
    return tokens


class _Text:
    """The arithmetic of a text without function calls: sum, product, sign, power, atom."""

    def __init__(self, tokens: list[tuple[str, str, int]], arithmetic: Arithmetic) -> None:
        self.tokens, self.index, self.do, self.depth = tokens, 0, arithmetic, 0

    @property
    def word(self) -> str:
        kind, word, _ = self.tokens[self.index]
        return word if kind == "operator" else ""

    def whole(self) -> tuple[Any, Any]:
        found = self.sum()
        if self.tokens[self.index][0] != "end":
            raise self.unexpected("an operator + - * / ^ or the end")
        return found

    def sum(self) -> tuple[Any, Any]:
        total = self.product()
        while self.word in ("+", "-"):
            minus = self.word == "-"
            self.index += 1
            p, q = self.product()
            total = self.do.add(total, (-p if minus else p, q))
        return total

    def product(self) -> tuple[Any, Any]:
        total = self.signed()
        while self.word in ("*", "/"):
            divide = self.word == "/"
            self.index += 1
            factor = self.signed()
            total = self.do.multiply(total, self.do.inverse(factor) if divide else factor)
        return total

    def signed(self) -> tuple[Any, Any]:
        self.depth += 1
        if self.depth > _MOST_DEPTH:
            raise ExpressionError(f"the expression is nested more than {_MOST_DEPTH} deep: make it flatter")
        minus = False
        while self.word in ("+", "-"):
            minus ^= self.word == "-"
            self.index += 1
        p, q = self.raised()
        self.depth -= 1
        return (-p if minus else p), q

    def raised(self) -> tuple[Any, Any]:
        base = self.atom()
        kind, word, _ = self.tokens[self.index]
        if kind == "superscript":
            self.index += 1
            return self.do.power(base, int("".join(str("⁰¹²³⁴⁵⁶⁷⁸⁹".index(c)) for c in word)))
        if word != "**" or kind != "operator":
            return base
        self.index += 1
        p, q = self.signed()
        constant = p.is_constant() and q.is_constant()
        exponent = Fraction(int(p.leading_coefficient()) if p != 0 else 0, int(q.leading_coefficient()))
        if not constant or exponent.denominator != 1:
            raise NotRationalError(f"the exponent {exponent if constant else _text(p, q)} is no integer: {_WORKS}")
        return self.do.power(base, int(exponent))

    def atom(self) -> tuple[Any, Any]:
        kind, word, _ = self.tokens[self.index]
        if kind == "number":
            self.index += 1
            if len(word) > 300 or len(word.lower().partition("e")[2]) > 4:
                raise TooLargeError(f"a number of {len(word)} characters or with a huge exponent: write a smaller one")
            return self.do.number(Fraction(word))
        if kind == "name":
            self.index += 1
            return self.do.symbol(word)
        if word == "(" and kind == "operator":
            self.index += 1
            found = self.sum()
            if self.word != ")":
                raise self.unexpected('")"')
            self.index += 1
            return found
        raise self.unexpected("a number, a name or a bracket")

    def unexpected(self, needed: str) -> ExpressionError:
        kind, word, position = self.tokens[self.index]
        found = "the end of the expression" if kind == "end" else f'"{word[:40]}" at character {position}'
        return ExpressionError(f"found {found}: {needed} is needed here")


def _text(p: Any, q: Any) -> str:
    return str(p) if q == 1 else f"({p})/({q})"


def _walk(e: Any, do: Arithmetic) -> tuple[Any, Any]:
    """The quotient of a sympy expression; NotRationalError names the part that is not rational."""
    if e.is_Rational:
        return do.number(Fraction(int(e.p), int(e.q)))
    if e.is_Symbol:
        return do.symbol(str(e))
    if e.is_Add or e.is_Mul:
        total = do.number(Fraction(0 if e.is_Add else 1))
        for part in e.args:
            total = (do.add if e.is_Add else do.multiply)(total, _walk(part, do))
        return total
    if e.is_Pow and e.exp.is_Integer:
        return do.power(_walk(e.base, do), int(e.exp))
    raise NotRationalError(_refusal(e))


def _refusal(e: Any) -> str:
    names = sorted(str(symbol) for symbol in e.free_symbols)
    if not names:
        return f"{pretty(e)} is no rational number: {_WORKS}; write a fraction near it, or a name as a parameter"
    where = f"{pretty(e)} is not rational in {' and '.join(names)}: {_WORKS}"
    kind = type(e).__name__
    if kind in ("Max", "Min", "Abs", "Piecewise", "sign", "Heaviside"):
        return f"{where}; analyse each branch on its own interval with on=(lo, hi)"
    if e.is_Pow and e.exp.is_Rational and "x" not in names:
        return f"{where}; write a name for {pretty(e)}, and its power where the radicand stands"
    if "x" in names:
        return f"{where}; fit a rational function to it first"
    return f"{where}; put a parameter of its own in its place"
