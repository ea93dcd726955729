"""A function with kinks as smooth branches: cut where Max, Min, Abs, sign, Heaviside and Piecewise switch."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import sympy
from sympy.core.relational import Relational

from ratapprox.expressions.errors import DomainError
from ratapprox.expressions.isolation import roots
from ratapprox.expressions.numbers import between, exact_value, ordered, sign
from ratapprox.expressions.program import KINKED, x


def branches(e: Any, a: Any, b: Any) -> list[tuple[Any, Any, Any]]:
    """(lower, upper, branch) from left to right over [a, b]; no branch holds a function with a kink."""
    node = _innermost(e)
    if node is None:
        return [(a, b, e)]
    cuts = ordered([c for g in _switching(node) for c in roots(g, a, b)])
    found = []
    ends = [a, *cuts, b]
    for lower, upper in pairwise(ends):
        choice = _choice(node, between(lower, upper))
        found += branches(_rebuilt(e, node, choice), lower, upper)
    return found


def _innermost(e: Any) -> Any:
    if not e.has(*KINKED):
        return None
    for node in sympy.postorder_traversal(e):
        if isinstance(node, KINKED) and node.has(x):
            return node
    return None


def _rebuilt(e: Any, node: Any, choice: Any) -> Any:
    """The expression with a node replaced; sympy is not asked which argument of a Max or Min is the larger one."""
    if e == node:
        return choice
    if not e.has(*KINKED):
        return e
    arguments = [_rebuilt(argument, node, choice) for argument in e.args]
    if isinstance(e, sympy.Max | sympy.Min):
        distinct = list(dict.fromkeys(arguments))
        if len(distinct) == 1:
            return distinct[0]
        return e.func(*distinct, evaluate=all(argument.is_number for argument in distinct))
    if isinstance(e, sympy.Abs | sympy.sign):
        return e.func(*arguments, evaluate=not arguments[0].has(*KINKED))
    return e.func(*arguments)


def _switching(node: Any) -> list[Any]:
    if isinstance(node, sympy.Max | sympy.Min):
        arguments = node.args
        return [arguments[i] - arguments[j] for i in range(len(arguments)) for j in range(i)]
    if isinstance(node, sympy.Piecewise):
        found = []
        for _, condition in node.args:
            for relation in condition.atoms(Relational):
                if isinstance(relation, sympy.Eq | sympy.Ne):
                    raise DomainError(f"the condition {relation} changes single values only: use <, <=, > or >=")
                found.append(relation.lhs - relation.rhs)
        return found
    return [node.args[0]]


def _choice(node: Any, at: Any) -> Any:
    """The branch of a node around a point that is no switching point."""

    def sign_at(g: Any) -> int:
        return sign(exact_value(g, at))

    if isinstance(node, sympy.Max | sympy.Min):
        best, *others = node.args
        for other in others:
            if sign_at(other - best) == (1 if isinstance(node, sympy.Max) else -1):
                best = other
        return best
    if isinstance(node, sympy.Piecewise):
        for branch, condition in node.args:
            truth = condition
            for relation in condition.atoms(Relational):
                s = sign_at(relation.lhs - relation.rhs)
                holds = s > 0 if isinstance(relation, sympy.StrictGreaterThan | sympy.GreaterThan) else s < 0
                truth = truth.xreplace({relation: sympy.true if holds else sympy.false})
            if truth == sympy.true:
                return branch
        raise DomainError(f"{node} has no branch at x = {at}: end it with a branch (expression, True)")
    s = sign_at(node.args[0])
    if isinstance(node, sympy.Abs):
        return node.args[0] if s >= 0 else -node.args[0]
    if isinstance(node, sympy.sign):
        return sympy.Integer(s)
    return sympy.Integer(1 if s > 0 else 0)
