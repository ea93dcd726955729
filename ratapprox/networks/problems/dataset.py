"""What one seed gives to every activation function: points to train on and points to be judged by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and validation points, in the coordinates of the problem.

    x_train [N, d], y_train [N, outputs]; x_validation [M, d], y_validation [M, outputs]; the labels of a
    classification are integers [N]. The arrays are read-only: every network of a comparison gets the same ones.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray

    def __post_init__(self) -> None:
        for x, y in ((self.x_train, self.y_train), (self.x_validation, self.y_validation)):
            if x.ndim != 2 or len(x) != len(y):
                raise ValueError(f"points {x.shape} and values {y.shape} do not belong together")
        for name in ("x_train", "y_train", "x_validation", "y_validation"):
            view = getattr(self, name).view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)

    def __repr__(self) -> str:
        return (
            f"Dataset of {len(self.x_train)} training and {len(self.x_validation)} validation points "
            f"in {self.x_train.shape[1]} dimension{'s' * (self.x_train.shape[1] > 1)}"
        )
