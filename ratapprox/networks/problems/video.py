"""A synthetic video as a function of time and place: stripes that turn, and a bright spot that goes round."""

from __future__ import annotations

from functools import partial

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.draws import counted
from ratapprox.networks.problems.metrics import PSNR
from ratapprox.networks.problems.naming import spelled, within
from ratapprox.networks.problems.sampling import Recorded

_LARGEST = 128


def video(size: int = 16, frames: int = 16, noise: float = 0.02) -> Recorded:
    """Frames of size × size pixels, recorded with noise; judged by the clean video halfway between the frames.

    Inputs (t, column, row): the times of the frames and the centres of the pixels, in [-1, 1]³. Grey values
    1/2 + (1 - w)/4 cos 2π(x cos ¼πt + y sin ¼πt) + 9w/20 with w = exp(-8 |(x, y) - ½(cos πt, sin πt)|²), in [0, 1].

    size, frames: integers from 4 to 128; noise: the standard deviation of the recording's Gaussian noise, from 0 to 1.
    Raises ValueError for anything else.
    """
    size, frames = counted("pixel", size), counted("frame", frames)
    within("the number of pixels along a side", size, 4, _LARGEST)
    within("the number of frames", frames, 4, _LARGEST)
    noise = within("the standard deviation of the noise", noise, 0.0, 1.0)
    return Recorded(
        name=spelled("video", size=(size, 16), frames=(frames, 16), noise=(noise, 0.02)),
        description=f"grey values at (t, column, row), {frames} frames of {size} × {size} pixels of a moving pattern",
        source="a synthesised video",
        kind="regression",
        domain=Box.cube(-1.0, 1.0, 3),
        outputs=1,
        metric=PSNR,
        samples=size * size * frames,
        validation=size * size * (frames - 1),
        record=partial(_record, size=size, frames=frames, noise=noise),
        clean=partial(_between, size=size, frames=frames),
    )


def grey(x: Array) -> Array:
    """The clean value [N, 1] at (t, column, row) [N, 3]."""
    t, column, row = x.T
    turn = 0.25 * np.pi * t
    stripes = np.cos(2 * np.pi * (column * np.cos(turn) + row * np.sin(turn)))
    far = (column - 0.5 * np.cos(np.pi * t)) ** 2 + (row - 0.5 * np.sin(np.pi * t)) ** 2
    spot = np.exp(-8 * far)
    y: Array = 0.5 + 0.25 * (1 - spot) * stripes + 0.45 * spot
    return y[:, None]


def _places(times: Array, size: int) -> Array:
    """All (t, column, row), frame after frame and row after row."""
    centre = (2 * np.arange(size) + 1) / size - 1
    t, row, column = np.meshgrid(times, centre, centre, indexing="ij")
    return np.stack([t, column, row], axis=-1).reshape(-1, 3)


def _times(frames: int) -> Array:
    return (2 * np.arange(frames) + 1) / frames - 1


def _record(generator: np.random.Generator, size: int, frames: int, noise: float) -> tuple[Array, Array]:
    x = _places(_times(frames), size)
    y = grey(x)
    return x, y + noise * generator.standard_normal(y.shape)


def _between(size: int, frames: int) -> tuple[Array, Array]:
    times = _times(frames)
    x = _places((times[1:] + times[:-1]) / 2, size)
    return x, grey(x)
