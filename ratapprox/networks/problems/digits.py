"""Handwritten digits, 8 × 8 pixels: a classification that a small network learns in seconds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.extras import optional
from ratapprox.networks.problems.metrics import ACCURACY
from ratapprox.networks.problems.sampling import Tabulated


def digits() -> Tabulated:
    """The digit, 0 to 9, in a picture of 64 grey values from 0 to 1; 1,797 pictures.

    Labels are integers [N]; the network gives 10 scores. Data raise ModuleNotFoundError without scikit-learn.
    """
    return Tabulated(
        name="digits",
        description="which of the digits 0 to 9 is written on 8 × 8 grey pixels",
        source="the test part of the UCI optical digits, as scikit-learn ships it",
        kind="classification",
        domain=Box.cube(0.0, 1.0, 64),
        outputs=10,
        metric=ACCURACY,
        samples=1297,
        validation=500,
        table=_table,
    )


@lru_cache(maxsize=1)
def _table() -> tuple[np.ndarray, np.ndarray]:
    pictures, labels = optional("sklearn.datasets", "scikit-learn", "the digits").load_digits(return_X_y=True)
    x, y = pictures / 16.0, labels.astype(np.int64)
    x.setflags(write=False)
    y.setflags(write=False)
    return x, y
