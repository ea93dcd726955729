"""Levenberg–Marquardt, primal and dual, damped as by Nielsen (1999), accelerated as by Transtrum and Sethna (2012)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from ratapprox.networks.optimise.linear import positive_solver
from ratapprox.networks.optimise.protocol import (
    RUNNING,
    STATIONARY,
    LeastSquares,
    namespace,
    only,
    status_of,
)

__all__ = ["LevenbergMarquardt"]

TRIES = 40
ALONG = 0.1
"""How far along the step the second derivative is taken, by a difference."""


class LevenbergMarquardtState(NamedTuple):
    """residuals r (M,), damping λ and the factor ν by which the next failure raises it: ()."""

    parameters: Any
    loss: Any
    status: Any
    residuals: Any
    damping: Any
    growth: Any


@dataclass(frozen=True)
class LevenbergMarquardt:
    """θ ← θ + h, (JᵀJ + λMI) h = -Jᵀr, for a loss L = Σ r²/M of M residuals.

    dual: for P > M the same h is -Jᵀa with (JJᵀ + λMI) a = r: an M × M system and one way back through the network,
    no P × P one. An objective that has `kernel(parameters) -> JJᵀ` need never form J. "auto" takes the smaller system.

    λ is scaled by M, so that it means the same for every number of samples. With ρ = (actual decrease)/(decrease of
    the linear model), λ ← λ max(1/3, 1 - (2ρ - 1)³) after a success; after a failure λ ← νλ, ν ← 2ν, and the same J is
    tried again. A step with numbers that are not finite is a failure. λ is never below the rounding of JᵀJ: there,
    null directions of J would be walked along at random. The first λ is `start_damping` times the largest entry of the
    diagonal of JᵀJ/M (of JJᵀ/M in the dual form).

    acceleration: the step is bent along with the residuals: a/2 is added to h, where (JᵀJ + λMI) a = -Jᵀr″ and r″ is
    the second derivative of r in the direction h, by one more evaluation of r. Where 2|a| exceeds `acceleration` times
    |h| the step counts as a failure: it is too far for the linear model. 0 leaves all this out.

    One network at a time. Its status becomes STATIONARY when 40 values of λ in a row do not lower the loss.

    >>> class Line:
    ...     def residuals(self, parameters):
    ...         return np.array([1.0, 2.0]) * parameters[0] - np.array([2.0, 4.0])
    ...     def jacobian(self, parameters):
    ...         return np.array([[1.0], [2.0]])
    ...     def pullback(self, parameters, cotangent):
    ...         return self.jacobian(parameters).T @ cotangent
    >>> method = LevenbergMarquardt()
    >>> state = method.start(Line(), np.zeros((1, 1)))
    >>> for _ in range(5):
    ...     state = method.step(Line(), state)
    >>> bool(abs(state.parameters[0, 0] - 2) < 1e-6)
    True
    """

    start_damping: float = 1e-2
    dual: bool | Literal["auto"] = "auto"
    acceleration: float = 0.75

    name: ClassVar[str] = "lm"
    together: ClassVar[bool] = False
    State: ClassVar[type[LevenbergMarquardtState]] = LevenbergMarquardtState

    def __post_init__(self) -> None:
        if not 0 < self.start_damping < float("inf"):
            raise ValueError(f"the first damping is a positive number, not {self.start_damping!r}")
        if not 0 <= self.acceleration < float("inf"):
            raise ValueError(f"the acceleration is a number that is not negative, and is {self.acceleration!r}")

    def start(self, objective: LeastSquares, parameters: Any) -> LevenbergMarquardtState:
        """At parameters (1, P); the damping is chosen in the first step, and NaN until then."""
        r = objective.residuals(only(parameters))
        loss = ((r * r).sum() / r.size)[None]
        return LevenbergMarquardtState(parameters, loss, status_of(loss), r, np.asarray(np.nan), np.asarray(2.0))

    def step(self, objective: LeastSquares, state: LevenbergMarquardtState) -> LevenbergMarquardtState:
        """One linearisation, and as many values of λ as it takes to lower the loss."""
        if int(state.status[0]) != RUNNING:
            return state
        theta, r = state.parameters[0], state.residuals
        dual = theta.size > r.size if self.dual == "auto" else self.dual
        linearised = _dual(objective, theta, r) if dual else _primal(objective, theta, r)
        if not isfinite(linearised.largest):
            return _stationary(state)
        m, now, growth = r.size, float(r @ r), float(state.growth)
        least = float(np.finfo(theta.dtype).eps) * linearised.trace / m
        damping = float(state.damping)
        if not isfinite(damping):
            damping = self.start_damping * linearised.largest / m
        for _ in range(TRIES):
            damping = max(damping, least)
            tried = linearised.solve(damping * m)
            move = None if tried is None else self._bent(objective, theta, r, tried)
            if tried is not None and move is not None:
                moved = theta + move
                after = objective.residuals(moved)
                then = float(after @ after)
                if isfinite(then) and then < now and tried.decrease > 0:
                    ratio = (now - then) / tried.decrease
                    damping *= max(1 / 3, 1 - (2 * ratio - 1) ** 3)
                    return LevenbergMarquardtState(
                        moved[None],
                        ((after * after).sum() / m)[None],
                        state.status,
                        after,
                        np.asarray(damping),
                        np.asarray(2.0),
                    )
            damping, growth = damping * growth, 2 * growth
            if not isfinite(damping):
                break
        return _stationary(state)

    def _bent(self, objective: LeastSquares, theta: Any, r: Any, tried: _Tried) -> Any:
        """The move with its acceleration; None where that is too large."""
        if not self.acceleration:
            return tried.move
        slope = (objective.residuals(theta + ALONG * tried.move) - r) / ALONG
        a = tried.solve(2 / ALONG * (slope - tried.image))
        if a is None or not 2 * float(a @ a) ** 0.5 <= self.acceleration * float(tried.move @ tried.move) ** 0.5:
            return None
        return tried.move + a / 2


class _Tried(NamedTuple):
    """A move h; |r|² - |r + Jh|², what the linear model loses by it; Jh; and v -> -(JᵀJ + μI)⁻¹Jᵀv, or None."""

    move: Any
    decrease: float
    image: Any
    solve: Callable[[Any], Any]


class _Linearised(NamedTuple):
    """solve(μ) -> the move for damping μ = λM, or None. largest, trace: of the matrix that is damped."""

    solve: Callable[[float], _Tried | None]
    largest: float
    trace: float


def _primal(objective: LeastSquares, theta: Any, r: Any) -> _Linearised:
    jacobian = objective.jacobian(theta)
    gram, gradient = jacobian.T @ jacobian, jacobian.T @ r

    def solve(damping: float) -> _Tried | None:
        solver = positive_solver(_damped(gram, damping))
        move = None if solver is None else solver(-gradient)
        if solver is None or move is None:
            return None
        # |r|² - |r + Jh|² = -2 hᵀJᵀr - hᵀJᵀJh = hᵀ(2μh + JᵀJh) because (JᵀJ + μI)h = -Jᵀr: a sum of squares
        decrease = float(move @ (2 * damping * move + gram @ move))
        return _Tried(move, decrease, jacobian @ move, lambda v: solver(-(jacobian.T @ v)))

    diagonal = gram.diagonal()
    return _Linearised(solve, float(diagonal.max()), float(diagonal.sum()))


def _dual(objective: LeastSquares, theta: Any, r: Any) -> _Linearised:
    kernel = _kernel(objective, theta)

    def solve(damping: float) -> _Tried | None:
        solver = positive_solver(_damped(kernel, damping))
        a = None if solver is None else solver(r)
        if solver is None or a is None:
            return None

        def again(v: Any) -> Any:
            b = solver(v)
            return None if b is None else -objective.pullback(theta, b)

        # r + Jh = r - Ka = μa, so that |r|² - |r + Jh|² = (Ka)ᵀ(Ka + 2μa)
        image = kernel @ a
        move = -objective.pullback(theta, a)
        return _Tried(move, float(image @ (image + 2 * damping * a)), -image, again)

    diagonal = kernel.diagonal()
    return _Linearised(solve, float(diagonal.max()), float(diagonal.sum()))


def _kernel(objective: Any, theta: Any) -> Any:
    if hasattr(objective, "kernel"):
        return objective.kernel(theta)
    jacobian = objective.jacobian(theta)
    return jacobian @ jacobian.T


def _damped(matrix: Any, damping: float) -> Any:
    damped = matrix.copy()
    damped.reshape(-1)[:: len(matrix) + 1] += damping
    return damped


def _stationary(state: LevenbergMarquardtState) -> LevenbergMarquardtState:
    return state._replace(status=namespace(state.parameters).full(1, STATIONARY, dtype=np.int8))
