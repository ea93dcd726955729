"""Activation functions: one symbolic expression each, evaluated by NumPy, by balls and by Taylor series.

`activation(text)` finds a named one or reads an expression; the named ones are also attributes of this module.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import sympy

from ratapprox.activations.values import Activation as Activation
from ratapprox.activations.values import CallableTarget as CallableTarget
from ratapprox.activations.values import Family as Family
from ratapprox.expressions import ExpressionError, function_names, parse
from ratapprox.expressions.formulas import FORMULAS, Formula
from ratapprox.expressions.parsing import formula

_LONGEST_CALL = 500  # characters of a name with parameters; anything longer is an expression


@lru_cache(maxsize=256)
def _named(name: str) -> Activation | Family:
    line = FORMULAS[name]
    if line.parameters and all(usual is not None for _, usual in line.parameters):
        return Family(line)
    return Activation(name, formula(name))


class _Zoo(Mapping[str, Activation | Family]):
    """The named activation functions, made when they are asked for."""

    def __getitem__(self, name: str) -> Activation | Family:
        if name not in FORMULAS:
            raise KeyError(name)
        return _named(name)

    def __iter__(self) -> Iterator[str]:
        return iter(FORMULAS)

    def __len__(self) -> int:
        return len(FORMULAS)


ZOO: Mapping[str, Activation | Family] = _Zoo()


def __getattr__(name: str) -> Any:
    if name in FORMULAS:
        return _named(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def names() -> tuple[tuple[str, str, str], ...]:
    """(name, formula, what it is) of every named activation function; the last says the usual values of parameters.

    >>> from ratapprox.activations import names
    >>> names()[0]
    ('relu', 'max(x, 0)', 'rectified linear unit')
    """
    return tuple((line.name, line.text, line.note + _usual(line)) for line in FORMULAS.values())


def _usual(line: Formula) -> str:
    values = [name if usual is None else f"{name}={usual}" for name, usual in line.parameters]
    return f"; {', '.join(values)}" if values else ""


def activation(target: Any) -> Activation:
    """The activation function that a name, a name with parameters, an expression or a sympy expression stands for.

    Raises `ExpressionError` for a text that is none of these, and TypeError for a Python function, which can be
    approximated as `CallableTarget(function, name)` but not certified.

    >>> from ratapprox.activations import activation
    >>> activation("swish(beta=1.7)")
    Activation x/(1 + exp(-17·x/10))
    >>> activation("x*sigmoid(1.7*x)").expression == activation("swish(1.7)").expression
    True
    >>> activation("gleu")
    Traceback (most recent call last):
    ...
    ratapprox.expressions.errors.ExpressionError: there is no activation function gleu: did you mean gelu or ...?
    """
    if isinstance(target, Activation):
        return target
    if isinstance(target, Family):
        return target()
    if isinstance(target, str):
        return _from_text(target.strip())
    if isinstance(target, sympy.Expr):
        return Activation(str(target), _own_symbols(target))
    if callable(target):
        raise TypeError(
            f"{getattr(target, '__name__', target)!s} is a Python function, of which nothing can be proved: "
            'give a name or an expression such as "x*tanh(x)", or approximate CallableTarget(function, name) on a grid'
        )
    raise TypeError(f"an activation function is a name, an expression or an Activation, not {type(target).__name__}")


def _own_symbols(expression: Any) -> Any:
    return expression.xreplace({s: sympy.Symbol(s.name, real=True) for s in expression.free_symbols})


@lru_cache(maxsize=512)
def _from_text(text: str) -> Activation:
    if text in FORMULAS:
        return activation(_named(text))
    if text.isidentifier() and text not in ("x", "e", "E", "pi"):
        if text in function_names() and text not in ("Max", "Min", "max", "min", "Piecewise"):
            return Activation(text, parse(f"{text}(x)"))
        near = difflib.get_close_matches(text[:40], function_names(), 3, 0.5)
        listed = "`ratapprox list activations` names them; or write an expression in x"
        hint = f"did you mean {' or '.join(near)}?" if near else listed
        raise ExpressionError(f"there is no activation function {text[:40]}: {hint}")
    name, bracket, rest = text.partition("(")
    # "swish(1.7)" gives a parameter, "swish(x)" is an expression, "swish(1) + swish(2)" a strange one
    short = len(text) < _LONGEST_CALL and name.strip() in FORMULAS
    if bracket and short and not re.search(r"\bx\b", rest) and _closes_at_end(rest):
        return _with_parameters(name.strip(), rest[:-1])
    return Activation(text, parse(text))


def _closes_at_end(rest: str) -> bool:
    """Whether the bracket opened before a text is closed by its last character."""
    return rest.endswith(")") and all(rest[:k].count("(") >= rest[:k].count(")") for k in range(len(rest)))


def _with_parameters(name: str, arguments: str) -> Activation:
    found = _named(name)
    parameters = [k for k, _ in FORMULAS[name].parameters]
    if not parameters:
        raise ExpressionError(f"{name} has no parameters: write {name}, or {name}(...) of an expression in x")
    values: list[str] = []
    named: dict[str, str] = {}
    for argument in re.split(r",(?![^(]*\))", arguments):  # at commas outside brackets
        left, equals, right = argument.partition("=")
        if equals:
            if left.strip() in named:
                raise ExpressionError(f"{name} has each parameter at most once: found {arguments}")
            named[left.strip()] = right.strip()
        else:
            values.append(argument.strip())
    if isinstance(found, Family):
        return found(*values, **named)
    if len(values) > len(parameters) or named.keys() & set(parameters[: len(values)]):
        known = f"{name} has the parameters {', '.join(parameters)}, each at most once"
        raise ExpressionError(f"{known}: found {arguments}")
    return found.at(**named, **dict(zip(parameters, values, strict=False)))
