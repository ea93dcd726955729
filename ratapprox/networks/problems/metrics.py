"""How far a network's outputs are from the truth, in the measure of the problem's literature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf, log10, sqrt
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure of an error or of a success.

    `metric(prediction, truth)` is the number that is reported; `metric.as_error(value)` is a positive number that is
    better when smaller and of which ratios mean something, so that it may be averaged by its logarithm.

    name: as it is printed; better: which direction; formula: what it is.
    """

    name: str
    formula: str
    better: Literal["smaller", "larger"]
    _measure: Callable[[Any, Any], float] = field(repr=False)
    _as_error: Callable[[float], float] = field(repr=False)

    def __call__(self, prediction: Any, truth: Any) -> float:
        """The metric of predictions; arrays of NumPy or CuPy. Raises ValueError when the shapes do not fit."""
        return self._measure(prediction, truth)

    def as_error(self, value: float) -> float:
        """The value as an error: itself, the mean squared error of a PSNR, the share of mistakes of an accuracy."""
        return self._as_error(value)

    def __repr__(self) -> str:
        return f"Metric {self.name} = {self.formula}, {self.better} is better"


def _same_shape(prediction: Any, truth: Any) -> None:
    if prediction.shape != truth.shape:
        raise ValueError(
            f"predictions have shape {tuple(prediction.shape)} and the truth has {tuple(truth.shape)}: "
            "they must be equal, for broadcasting would compare every point with every other"
        )
    if not prediction.size:
        raise ValueError("there is no point to measure an error at")


def _mse(prediction: Any, truth: Any) -> float:
    _same_shape(prediction, truth)
    difference = prediction - truth
    return float((difference * difference).mean())


def _relative_l2(prediction: Any, truth: Any) -> float:
    _same_shape(prediction, truth)
    difference = prediction - truth
    size = float((truth * truth).sum())
    if size == 0:
        raise ValueError("the truth is 0 everywhere, so that no error is relative to it: use the mean squared error")
    return sqrt(float((difference * difference).sum()) / size)


def _psnr(prediction: Any, truth: Any) -> float:
    error = _mse(prediction, truth)
    return -10 * log10(error) if error != 0 else inf


def _accuracy(scores: Any, labels: Any) -> float:
    if scores.ndim != 2 or labels.ndim != 1 or len(scores) != len(labels) or not len(labels):
        raise ValueError(
            f"an accuracy needs scores [N, classes] and labels [N], not {tuple(scores.shape)} and {tuple(labels.shape)}"
        )
    if not bool((scores == scores).all()):
        raise ValueError("a score is NaN: the network has diverged, and the largest score does not exist")
    return float((scores.argmax(axis=1) == labels).mean())


def _itself(value: float) -> float:
    return value


def _from_decibel(value: float) -> float:
    return float(10.0 ** (-value / 10))


def _mistakes(value: float) -> float:
    return 1.0 - value


MSE = Metric("mean squared error", "mean (u - y)²", "smaller", _mse, _itself)
RELATIVE_L2 = Metric("relative L2 error", "‖u - y‖/‖y‖", "smaller", _relative_l2, _itself)
PSNR = Metric("PSNR in dB, peak 1", "-10 log10 mean (u - y)²", "larger", _psnr, _from_decibel)
ACCURACY = Metric(
    "accuracy", "share of points whose largest score is that of their label", "larger", _accuracy, _mistakes
)
