"""A synthetic sound as a function of time: a chirp and a modulated tone, recorded with noise."""

from __future__ import annotations

from functools import partial

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.draws import counted
from ratapprox.networks.problems.metrics import MSE
from ratapprox.networks.problems.naming import spelled, within
from ratapprox.networks.problems.sampling import Recorded


def audio(seconds: float = 0.5, rate: int = 8000, noise: float = 0.01) -> Recorded:
    """A chirp from 100 to 800 Hz plus a 440 Hz tone with vibrato and tremolo, in [-1, 1], sampled with noise.

    y(t) = (sin 2π(100t + 350t²/T) + (1 + 0.5 sin 12πt) sin(880πt + 3 sin 10πt))/2.5 for 0 ≤ t ≤ T. The recording has
    Gaussian noise of the given standard deviation; it is judged by the clean sound halfway between its samples.

    seconds: T, from 0.01 to 10; rate: samples a second, an integer from 2,000 (the sound has no tone above 900 Hz) to
    48,000; noise: from 0 to 1. Raises ValueError for anything else.
    """
    seconds = within("the length of the sound", seconds, 0.01, 10.0)
    rate = counted("sampled", rate)
    within("the sampling rate", rate, 2000, 48_000)
    noise = within("the standard deviation of the noise", noise, 0.0, 1.0)
    count = int(seconds * rate)
    return Recorded(
        name=spelled("audio", seconds=(seconds, 0.5), rate=(rate, 8000), noise=(noise, 0.01)),
        description=f"{seconds:g} s of a chirp and a modulated tone at {rate} samples a second, to be reproduced",
        source="a synthesised sound",
        kind="regression",
        domain=Box((0.0,), (seconds,)),
        outputs=1,
        metric=MSE,
        samples=count,
        validation=count - 1,
        record=partial(_record, count=count, rate=rate, seconds=seconds, noise=noise),
        clean=partial(_clean, count=count, rate=rate, seconds=seconds),
    )


def sound(t: Array, seconds: float) -> Array:
    """The clean sound at times t, in [-1, 1]."""
    turn = 2 * np.pi
    chirp = np.sin(turn * (100 * t + 350 * t * t / seconds))
    tone = (1 + 0.5 * np.sin(turn * 6 * t)) * np.sin(turn * 440 * t + 3 * np.sin(turn * 5 * t))
    y: Array = (chirp + tone) / 2.5
    return y


def _record(generator: np.random.Generator, count: int, rate: int, seconds: float, noise: float) -> tuple[Array, Array]:
    t = np.arange(count)[:, None] / rate
    return t, sound(t, seconds) + noise * generator.standard_normal(t.shape)


def _clean(count: int, rate: int, seconds: float) -> tuple[Array, Array]:
    t = (np.arange(count - 1)[:, None] + 0.5) / rate
    return t, sound(t, seconds)
