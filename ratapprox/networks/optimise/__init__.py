"""Optimisers as frozen values: each is its settings, a start and a step from state to state."""

from __future__ import annotations

from ratapprox.networks.optimise.adam import Adam
from ratapprox.networks.optimise.gauss_newton import GaussNewton
from ratapprox.networks.optimise.lbfgs import Lbfgs
from ratapprox.networks.optimise.levenberg_marquardt import LevenbergMarquardt
from ratapprox.networks.optimise.protocol import (
    DIVERGED,
    RUNNING,
    STATIONARY,
    LeastSquares,
    Objective,
    Optimiser,
    State,
)
from ratapprox.networks.optimise.schedules import Constant, Cosine, Schedule, Stepwise, Warmup
from ratapprox.networks.optimise.variable_projection import VariableProjection

__all__ = [
    "DIVERGED",
    "RUNNING",
    "STATIONARY",
    "Adam",
    "Constant",
    "Cosine",
    "GaussNewton",
    "Lbfgs",
    "LeastSquares",
    "LevenbergMarquardt",
    "Objective",
    "Optimiser",
    "Schedule",
    "State",
    "Stepwise",
    "VariableProjection",
    "Warmup",
]
