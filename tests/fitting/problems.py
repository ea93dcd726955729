"""Problems for the parts of a fit, from the text of a question."""

from collections.abc import Sequence

from ratapprox.fitting.problem import Problem
from ratapprox.fitting.question import ask
from ratapprox.fitting.reductions import plain_problem, reduce


def plain(target: str, type: Sequence[int], on: Sequence[object], weight: str | None = None) -> Problem:
    """The problem as asked."""
    question = ask(target, type, on, weight, None)
    return plain_problem(question.target, question.type, question.on, question.weight)


def reduced(target: str, type: Sequence[int], on: Sequence[object], weight: str | None = None) -> Problem:
    """The problem after its symmetry is taken off."""
    question = ask(target, type, on, weight, None)
    problem = reduce(question.target, question.type, question.on, question.weight).problem
    assert problem is not None
    return problem
