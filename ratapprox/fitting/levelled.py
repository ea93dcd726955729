"""The levelled rational: the r = p/q of type (m, n) whose weighted error alternates ±h on a given reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_poly

from ratapprox.fitting.pencil import one_sign_eigenpair, pencil
from ratapprox.fitting.problem import Problem


@dataclass(frozen=True, eq=False)
class Levelled:
    """A trial: levelled error h (signed, of the first point), p and q as polynomials in t, the reference in x and in
    t.
    """

    h: arb
    p: arb_poly
    q: arb_poly
    x: tuple[arb, ...]
    t: tuple[arb, ...]


def level(problem: Problem, x: Sequence[arb], previous: Levelled | None = None) -> Levelled | None:
    """The levelled rational on the reference x, at the present precision; None when no denominator keeps its sign
    there.

    `previous`, a trial on a nearby reference, makes it cheaper.
    """
    t, f, w = ([row[i].mid() for row in map(problem.data, x)] for i in range(3))
    system = pencil(t, f, w, problem.n)
    near = None if previous is None else (previous.h, [previous.q(t[j]) for j in system.nodes])
    pair = one_sign_eigenpair(system, near)
    if pair is None:
        return None
    h, q = pair.h, pair.q
    others = [k for k in range(len(t)) if k not in system.nodes]
    p = [((f[k] - (-1) ** k * h / w[k]) * q[k]).mid() for k in others]
    return Levelled(
        h,
        arb_poly.interpolate([t[k] for k in others], p),
        arb_poly.interpolate([t[j] for j in system.nodes], [q[j] for j in system.nodes]),
        tuple(x),
        tuple(t),
    )


def settles(problem: Problem, trial: Levelled, tolerance: float = 1e-6) -> bool:
    """Whether the trial's error on its reference is ±h to the given relative tolerance, ball radii included.

    It is so by construction; that it is not tells that the present precision does not resolve h.
    """
    bound = tolerance * abs(trial.h)
    for k, x in enumerate(trial.x):
        t, f, w = problem.data(x)
        if not abs(w * (f - trial.p(t) / trial.q(t)) - (-1) ** k * trial.h) <= bound:
            return False
    return True
