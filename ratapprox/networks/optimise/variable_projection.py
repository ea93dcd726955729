"""Variable projection (Golub and Pereyra, 1973), with the Jacobian of Kaufman (1975)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ratapprox.networks.optimise.linear import least_squares, orthonormal, positive_solve
from ratapprox.networks.optimise.protocol import RUNNING, STATIONARY, LeastSquares, namespace, only, status_of

__all__ = ["VariableProjection"]

TRIES = 40
CUTOFF = 1e-12


class VariableProjectionState(NamedTuple):
    """damping λ and the factor ν by which the next failure raises it: ()."""

    parameters: Any
    loss: Any
    status: Any
    damping: Any
    growth: Any


@dataclass(frozen=True)
class VariableProjection:
    """Parameters θ = (α, c): the residuals are affine in the last `linear` ones, c, which are always solved exactly.

    With Φ = ∂r/∂c, c(α) minimises |r(α, c)|² + ridge·M·|c|², and the rest is Levenberg–Marquardt on α alone, with
    Nielsen's damping. Its Jacobian is (I - QQᵀ) ∂r/∂α, Q an orthonormal basis of the columns of Φ (with the rows
    √(ridge·M) I below): Kaufman's, which leaves out a term of the size of the residual. For a network c is the last
    layer, `net.widths[-2] + 1` times the outputs.

    ridge: 0 takes the shortest c where Φ is singular (singular values below 10⁻¹² of the largest are 0), and the loss
    never counts the ridge: with one, it is the loss of a c that is not quite the best.

    One network at a time. Its status becomes STATIONARY when 40 values of λ in a row do not lower |r|² + ridge·M·|c|².
    """

    linear: int
    ridge: float = 0.0
    start_damping: float = 1e-2

    name: ClassVar[str] = "variable-projection"
    together: ClassVar[bool] = False
    State: ClassVar[type[VariableProjectionState]] = VariableProjectionState

    def __post_init__(self) -> None:
        if self.linear < 1:
            raise ValueError(f"there must be at least one linear parameter, not {self.linear!r}")
        if not 0 <= self.ridge < float("inf"):
            raise ValueError(f"the ridge is a number that is not negative, and is {self.ridge!r}")
        if not 0 < self.start_damping < float("inf"):
            raise ValueError(f"the first damping is a positive number, not {self.start_damping!r}")

    def start(self, objective: LeastSquares, parameters: Any) -> VariableProjectionState:
        """At parameters (1, P), the linear ones replaced by the best. Raises ValueError when all would be linear."""
        theta = only(parameters)
        if self.linear >= theta.size:
            raise ValueError(f"{self.linear} of {theta.size} parameters are linear: solve a linear problem at once")
        theta, r, _ = self._projected(objective, theta)
        loss = ((r * r).sum() / r.size)[None]
        return VariableProjectionState(theta[None], loss, status_of(loss), np.asarray(np.nan), np.asarray(2.0))

    def step(self, objective: LeastSquares, state: VariableProjectionState) -> VariableProjectionState:
        """One linearisation in α, and as many values of λ as it takes to lower the loss."""
        if int(state.status[0]) != RUNNING:
            return state
        theta = state.parameters[0]
        r, jacobian = objective.residuals(theta), objective.jacobian(theta)
        m, linear = r.size, self.linear
        now = self._objective(theta, r)
        r, phi = self._ridged(theta, r, jacobian)
        basis = orthonormal(phi, CUTOFF)
        rest = jacobian[:, :-linear]
        inside = basis @ (basis[:m].T @ rest)
        inside[:m] -= rest
        gram, gradient = inside.T @ inside, -inside.T @ r
        diagonal, growth = gram.diagonal(), float(state.growth)
        least = float(np.finfo(theta.dtype).eps) * float(diagonal.sum()) / m
        damping = float(state.damping)
        if not isfinite(damping):
            damping = self.start_damping * float(diagonal.max()) / m
        for _ in range(TRIES):
            damping = max(damping, least)
            damped = gram.copy()
            damped.reshape(-1)[:: len(gram) + 1] += damping * m
            move = positive_solve(damped, -gradient)
            if move is not None:
                moved = theta.copy()
                moved[:-linear] += move
                moved, after, then = self._projected(objective, moved)
                decrease = float(move @ (2 * damping * m * move + gram @ move))
                if isfinite(then) and then < now and decrease > 0:
                    damping *= max(1 / 3, 1 - (2 * (now - then) / decrease - 1) ** 3)
                    loss = ((after * after).sum() / m)[None]
                    return VariableProjectionState(
                        moved[None], loss, state.status, np.asarray(damping), np.asarray(2.0)
                    )
            damping, growth = damping * growth, 2 * growth
            if not isfinite(damping):
                break
        return state._replace(status=namespace(theta).full(1, STATIONARY, dtype=np.int8))

    def _projected(self, objective: LeastSquares, theta: Any) -> tuple[Any, Any, float]:
        """The same α with its best c; the residuals there; |r|² + ridge·M·|c|². NaN where Φ is not finite."""
        r, phi = objective.residuals(theta), self._columns(objective, theta)
        xp = namespace(theta)
        if not (bool(xp.isfinite(phi).all()) and bool(xp.isfinite(r).all())):
            return theta, r * xp.nan, float("nan")
        # r is affine in c: r(α, c) = r(α, 0) + Φc
        best = theta.copy()
        best[-self.linear :] = 0
        rows, below = self._ridged(best, r - phi @ theta[-self.linear :], phi)
        best[-self.linear :] = least_squares(below, -rows, CUTOFF)
        r = objective.residuals(best)
        return best, r, self._objective(best, r)

    def _columns(self, objective: Any, theta: Any) -> Any:
        """Φ (M, linear); an objective that has `linear_columns(parameters)` need not form all of J."""
        if hasattr(objective, "linear_columns"):
            return objective.linear_columns(theta)
        return objective.jacobian(theta)[:, -self.linear :]

    def _ridged(self, theta: Any, r: Any, jacobian: Any) -> tuple[Any, Any]:
        """r and Φ with the rows √(ridge·M) c and √(ridge·M) I below."""
        phi = jacobian[:, -self.linear :]
        if not self.ridge:
            return r, phi
        xp, root = namespace(theta), (self.ridge * r.size) ** 0.5
        below = root * xp.eye(self.linear, dtype=theta.dtype)
        return xp.concatenate([r, root * theta[-self.linear :]]), xp.concatenate([phi, below])

    def _objective(self, theta: Any, r: Any) -> float:
        c = theta[-self.linear :]
        return float(r @ r + self.ridge * r.size * (c @ c))
