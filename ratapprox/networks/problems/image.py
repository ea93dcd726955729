"""A photograph as a function of the place: coordinates in, grey value out."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.box import Box
from ratapprox.networks.problems.extras import optional
from ratapprox.networks.problems.metrics import PSNR
from ratapprox.networks.problems.naming import spelled
from ratapprox.networks.problems.sampling import Recorded, Tabulated

_SIZES = (16, 32, 64, 128, 256, 512)
_ON = Box.cube(-1.0, 1.0, 2)


def image(size: int = 64) -> Recorded:
    """The photograph `camera`, size × size pixels, to be reproduced: validation points are the training points.

    Inputs (column, row), the centres of the pixels in [-1, 1]²; grey values in [0, 1]. size: 16, 32, 64, 128, 256
    or 512; smaller ones are means over squares of pixels. Raises ValueError for another size. Data raise
    ModuleNotFoundError without scikit-image.
    """
    size = _known(size)
    return Recorded(
        name=spelled("image", size=(size, 64)),
        description=f"the grey value of a photograph at (column, row), all {size} × {size} pixels to be reproduced",
        source="the picture `camera` of scikit-image",
        kind="regression",
        domain=_ON,
        outputs=1,
        metric=PSNR,
        samples=size * size,
        validation=size * size,
        record=partial(_recorded, size=size),
        clean=partial(pixels, size),
    )


def image_inpainting(size: int = 64) -> Tabulated:
    """The photograph of `image` with half of its pixels missing: one half is trained on, the other is judged by."""
    size = _known(size)
    return Tabulated(
        name=spelled("image_inpainting", size=(size, 64)),
        description=f"the grey value of a photograph at (column, row), half of {size} × {size} pixels to be guessed",
        source="the picture `camera` of scikit-image",
        kind="regression",
        domain=_ON,
        outputs=1,
        metric=PSNR,
        samples=size * size // 2,
        validation=size * size // 2,
        table=partial(pixels, size),
    )


def _known(size: int) -> int:
    if isinstance(size, bool) or size not in _SIZES:
        raise ValueError(f"the photograph has sizes {', '.join(map(str, _SIZES))}, not {size!r}")
    return int(size)


@lru_cache(maxsize=4)
def pixels(size: int) -> tuple[Array, Array]:
    """Centres [size², 2], row after row, and grey values [size², 1], read-only."""
    photograph = optional("skimage.data", "scikit-image", "the photograph").camera() / 255.0
    grey = photograph.reshape(size, len(photograph) // size, size, -1).mean(axis=(1, 3))
    centre = (2 * np.arange(size) + 1) / size - 1
    row, column = np.meshgrid(centre, centre, indexing="ij")
    x, y = np.stack([column, row], axis=-1).reshape(-1, 2), grey.reshape(-1, 1)
    x.setflags(write=False)
    y.setflags(write=False)
    return x, y


def _recorded(generator: np.random.Generator, size: int) -> tuple[Array, Array]:
    return pixels(size)
