"""Text to sympy by an allow-list: nothing of the text is ever executed, and every text is answered at once.

    sum      product (("+" | "-") product)*
    product  signed (("*" | "/") signed)*
    signed   ("-" | "+") signed | power
    power    atom (("**" | "^") signed)?
    atom     number | name | function "(" sum ("," sum)* ")" | "(" sum ")"
"""

from __future__ import annotations

import difflib
import keyword
import re
from functools import lru_cache
from typing import Any

import sympy

from ratapprox.expressions.building import FUNCTIONS, MOST_ARGUMENTS, check_size, checked, integer, number, power
from ratapprox.expressions.errors import ExpressionError
from ratapprox.expressions.formulas import FORMULAS
from ratapprox.expressions.program import x

MOST_CHARACTERS = 10_000
MOST_TOKENS = 2_000
MOST_DEPTH = 50
MOST_PARAMETERS = 8
LONGEST_NAME = 24

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*|[α-ω])"
    r"|(?P<superscript>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<operator>\*\*|<=|>=|[-+*/^(),<>·×−])"
)
_SAME = {"^": "**", "·": "*", "×": "*", "−": "-"}
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψω", (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda_", "mu", "nu", "xi",
    "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
), strict=False))  # fmt: skip
_NO_NAMES = {*keyword.kwlist, "true", "false", "I", "oo", "zoo", "nan", "NaN", "inf", "Inf", "infinity"}
_CONSTANTS = {"x": x, "pi": sympy.pi, "e": sympy.E, "E": sympy.E}


def function_names() -> tuple[str, ...]:
    """The names that may be called in an expression.

    >>> from ratapprox.expressions import function_names
    >>> {"exp", "max", "silu"} <= set(function_names())
    True
    """
    return tuple(sorted({*FUNCTIONS, *FORMULAS, "Piecewise"}))


@lru_cache(maxsize=1024)
def parse(text: str) -> Any:
    """An expression in x as a sympy expression with exact numbers; other free names are real parameters.

    Numbers are exact (0.1 is 1/10), `^` and `**` are powers with rational exponents, `Piecewise((e, x < 0), (f, True))`
    takes <, <=, > and >=; the functions are those of `function_names()`, `pi` and `e` the constants.
    Raises `ExpressionError` in one sentence for anything else; no text is ever executed.

    >>> from ratapprox.expressions import parse
    >>> parse("0.1*x^2 + max(x, 0)")
    x**2/10 + Max(0, x)
    >>> parse("silu(2*x)")
    2*x/(1 + exp(-2*x))
    >>> parse("__import__('os')")
    Traceback (most recent call last):
    ...
    ratapprox.expressions.errors.ExpressionError: found "'" at character 12: an expression is made of ...
    """
    if not isinstance(text, str):
        raise TypeError(f"an expression is a text, not {type(text).__name__}")
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[tuple[str, str, int]]:
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"the expression has {len(text)} characters: at most {MOST_CHARACTERS} are read")
    tokens: list[tuple[str, str, int]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(
                f'found {text[position]!r} at character {position + 1}: '
                "an expression is made of numbers, names, + - * / ^ ( ) , < >"
            )
        kind, word = str(match.lastgroup), match.group()
        if kind != "space":
            tokens.append((kind, _GREEK.get(word, _SAME.get(word, word)), position + 1))
        position = match.end()
        if len(tokens) > MOST_TOKENS:
            raise ExpressionError(f"the expression has more than {MOST_TOKENS} numbers, names and signs: shorten it")
    return [*tokens, ("end", "", len(text) + 1)]


class _Parser:
    def __init__(self, tokens: list[tuple[str, str, int]]) -> None:
        self.tokens = tokens
        self.index = 0
        self.depth = 0
        self.parameters: set[str] = set()

    # -- reading -------------------------------------------------------------------------------------------------------

    @property
    def word(self) -> str:
        kind, word, _ = self.tokens[self.index]
        return word if kind == "operator" else ""

    def take(self) -> tuple[str, str, int]:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def expect(self, word: str, after: str) -> None:
        if self.word != word:
            raise self.unexpected(f'"{word}" is needed {after}')
        self.take()

    def unexpected(self, needed: str) -> ExpressionError:
        kind, word, position = self.tokens[self.index]
        found = "the end of the expression" if kind == "end" else f'"{word[:40]}" at character {position}'
        return ExpressionError(f"found {found}: {needed}")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise ExpressionError(f"the expression is nested more than {MOST_DEPTH} deep: make it flatter")

    # -- the grammar ---------------------------------------------------------------------------------------------------

    def whole(self) -> Any:
        e = self.sum()
        if self.tokens[self.index][0] != "end":
            raise self.unexpected("an operator + - * / ^ or the end is needed here")
        return e

    def sum(self) -> Any:
        terms = [self.product()]
        while self.word in ("+", "-"):
            _, word, _ = self.take()
            term = self.product()
            terms.append(term if word == "+" else -term)
        return checked(sympy.Add(*terms)) if len(terms) > 1 else terms[0]

    def product(self) -> Any:
        factors = [self.signed()]
        while self.word in ("*", "/"):
            _, word, _ = self.take()
            factor = self.signed()
            if word == "/" and factor == 0:
                raise ExpressionError("found a division by 0")
            factors.append(factor if word == "*" else checked(1 / factor))
        check_size(factors)
        return checked(sympy.Mul(*factors)) if len(factors) > 1 else factors[0]

    def signed(self) -> Any:
        if self.word in ("+", "-"):
            _, word, _ = self.take()
            self.deeper()
            e = self.signed()
            self.depth -= 1
            return e if word == "+" else -e
        return self.raised()

    def raised(self) -> Any:
        base = self.atom()
        kind, word, _ = self.tokens[self.index]
        if kind == "superscript":
            self.take()
            return power(base, integer(word.translate(_DIGITS)))
        if word != "**":
            return base
        self.take()
        self.deeper()
        exponent = self.signed()
        self.depth -= 1
        return power(base, exponent)

    def atom(self) -> Any:
        kind, word, position = self.tokens[self.index]
        if kind == "number":
            self.take()
            return number(word)
        if kind == "name":
            self.take()
            return self.call(word, position) if self.word == "(" else self.name(word)
        if word == "(" and kind == "operator":
            self.take()
            self.deeper()
            e = self.sum()
            self.depth -= 1
            self.expect(")", "to close the bracket")
            return e
        raise self.unexpected("a number, a name or a bracket is needed here")

    def name(self, word: str) -> Any:
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if word in FUNCTIONS or word in FORMULAS or word == "Piecewise":
            raise ExpressionError(f"{word} is a function: write {word}(x)")
        if len(word) > LONGEST_NAME or "__" in word or word in _NO_NAMES:
            raise ExpressionError(
                f'"{word[:40]}" is no name for a parameter: use at most {LONGEST_NAME} letters, digits and single _, '
                "and no word of Python or of complex or infinite numbers"
            )
        self.parameters.add(word)
        if len(self.parameters) > MOST_PARAMETERS:
            found = ", ".join(sorted(self.parameters))
            raise ExpressionError(f"found the names {found}: at most {MOST_PARAMETERS} besides x are read")
        return sympy.Symbol(word, real=True)

    def call(self, word: str, position: int) -> Any:
        if word == "Piecewise":
            return self.piecewise()
        if word not in FUNCTIONS and word not in FORMULAS:
            near = difflib.get_close_matches(word, function_names(), 3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"the functions are {', '.join(function_names())}"
            raise ExpressionError(f'found "{word[:40]}(" at character {position}, which is no known function: {hint}')
        arguments = self.arguments(word)
        if word in FORMULAS and word not in FUNCTIONS:
            return _formula(word, arguments)
        build, fewest, most = FUNCTIONS[word]
        if word == "clip" and len(arguments) == 1:
            return _formula(word, arguments)
        if not fewest <= len(arguments) <= most:
            wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}"
            raise ExpressionError(f"{word} takes {wanted} argument{'s' if most > 1 else ''}, not {len(arguments)}")
        return checked(build(*arguments))

    def arguments(self, word: str) -> list[Any]:
        self.take()
        self.deeper()
        found = [self.sum()]
        while self.word == ",":
            self.take()
            found.append(self.sum())
            if len(found) > MOST_ARGUMENTS:
                raise ExpressionError(f"{word} has more than {MOST_ARGUMENTS} arguments")
        self.depth -= 1
        self.expect(")", f"to close {word}(")
        return found

    def piecewise(self) -> Any:
        self.take()
        self.deeper()
        pairs: list[tuple[Any, Any]] = []
        while True:
            self.expect("(", "around a branch: Piecewise((expression, condition), ..., (expression, True))")
            branch = self.sum()
            self.expect(",", "between a branch and its condition")
            pairs.append((branch, self.condition()))
            self.expect(")", "to close the branch")
            if self.word != ",":
                break
            self.take()
            if len(pairs) > MOST_ARGUMENTS:
                raise ExpressionError(f"Piecewise has more than {MOST_ARGUMENTS} branches")
        self.depth -= 1
        self.expect(")", "to close Piecewise(")
        if pairs[-1][1] != sympy.true:
            raise ExpressionError("the last branch of a Piecewise needs the condition True: every x needs a branch")
        # evaluate=False: sympy would simplify the conditions, which may take any time
        pairs = [pair for pair in pairs if pair[1] != sympy.false]
        return sympy.Piecewise(*pairs, evaluate=False) if pairs[0][1] != sympy.true else pairs[0][0]

    def condition(self) -> Any:
        kind, word, _ = self.tokens[self.index]
        if kind == "name" and word in ("True", "true"):
            self.take()
            return sympy.true
        left = self.sum()
        comparisons = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge}
        if self.word not in comparisons:
            raise self.unexpected("a condition is a comparison by <, <=, > or >=, or True")
        _, word, _ = self.take()
        return comparisons[word](left, self.sum())


@lru_cache(maxsize=256)
def formula(name: str) -> Any:
    """The sympy expression in x of a named activation function, its parameters as symbols."""
    return parse(FORMULAS[name].text)


def _formula(name: str, arguments: list[Any]) -> Any:
    """A named activation function of an expression; further arguments are its parameters, in order."""
    line = FORMULAS[name]
    if len(arguments) - 1 > len(line.parameters):
        raise ExpressionError(f"{name} takes 1 to {len(line.parameters) + 1} arguments, not {len(arguments)}")
    values: dict[Any, Any] = {x: arguments[0]}
    for index, (parameter, usual) in enumerate(line.parameters):
        if index + 1 < len(arguments):
            values[sympy.Symbol(parameter, real=True)] = arguments[index + 1]
        elif usual is not None:
            values[sympy.Symbol(parameter, real=True)] = sympy.Rational(usual.numerator, usual.denominator)
    return checked(formula(name).xreplace(values))


