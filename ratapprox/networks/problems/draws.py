"""Random numbers that depend on the problem and the seed alone, never on the activation function under trial."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from zlib import crc32

import numpy as np


@dataclass(frozen=True)
class Draws:
    """Three independent streams: one for training inputs, one for noise, one for validation inputs.

    Because they are apart, more training points change neither the noise of the first nor the validation points.
    """

    training: np.random.Generator
    noise: np.random.Generator
    validation: np.random.Generator


def draws(name: str, seed: int) -> Draws:
    """The streams of `SeedSequence([crc32(name), seed])`.

    The parameters in brackets after the name are left out: `noisy(sd=0.1)` and `noisy(sd=0.2)` are paired too.
    Raises ValueError for a seed that is not a non-negative integer.

    >>> draws("kdv", 3).training.random() == draws("kdv", 3).training.random() != draws("kdv", 4).training.random()
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"a seed is a non-negative integer such as 0 or 7, not {seed!r}")
    sequence = np.random.SeedSequence([crc32(name.partition("(")[0].encode()), int(seed)])
    return Draws(*(np.random.default_rng(child) for child in sequence.spawn(3)))


def counted(what: str, number: int) -> int:
    """The number of points, a positive integer. Raises ValueError for anything else."""
    if isinstance(number, bool) or not isinstance(number, Integral) or number < 1:
        raise ValueError(f"the number of {what} points is a positive integer, not {number!r}")
    return int(number)
