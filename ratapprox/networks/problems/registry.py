"""The problems by their names."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ratapprox.networks.problems.audio import audio
from ratapprox.networks.problems.deep_signal import deep_signal
from ratapprox.networks.problems.digits import digits
from ratapprox.networks.problems.eigenvalue import eigenvalue
from ratapprox.networks.problems.greens_function import greens_function
from ratapprox.networks.problems.harmonic import harmonic
from ratapprox.networks.problems.image import image, image_inpainting
from ratapprox.networks.problems.kdv import kdv
from ratapprox.networks.problems.kinked import absolute, ramp, zigzag
from ratapprox.networks.problems.layer import layer
from ratapprox.networks.problems.noisy import noisy
from ratapprox.networks.problems.oscillating import oscillating
from ratapprox.networks.problems.poisson import poisson
from ratapprox.networks.problems.polynomial import polynomial
from ratapprox.networks.problems.singular import singular
from ratapprox.networks.problems.smooth import entire, runge
from ratapprox.networks.problems.steps import front, staircase
from ratapprox.networks.problems.two_soliton import two_soliton
from ratapprox.networks.problems.value import Problem
from ratapprox.networks.problems.video import video

_FACTORIES: tuple[Callable[..., Problem], ...] = (
    *(kdv, two_soliton),
    *(entire, runge, absolute, ramp, zigzag, noisy, staircase, front),
    *(greens_function, image, image_inpainting, audio, video, digits),
    *(poisson, polynomial, oscillating, singular, layer),
    *(eigenvalue, harmonic, deep_signal),
)

PROBLEMS: Mapping[str, Callable[..., Problem]] = MappingProxyType({make.__name__: make for make in _FACTORIES})
"""The function that makes each problem, by name, in the order in which they are described."""

_CALL = re.compile(r"([a-z_]{1,40})(?:\(([^()]{0,200})\))?", re.ASCII)
_PAIR = re.compile(
    r"\s*([a-z_]{1,40})\s*=\s*([+-]?(?:\d{1,12}(?:\.\d{0,18})?|\.\d{1,18})(?:e[+-]?\d{1,3})?)\s*", re.ASCII
)


def problems() -> tuple[Problem, ...]:
    """Every problem with its usual parameters; no data are computed or read.

    >>> [p.name for p in problems()][:3]
    ['kdv', 'two_soliton', 'entire']
    """
    return tuple(make() for make in PROBLEMS.values())


def problem(name: str, **parameters: float) -> Problem:
    """The problem of a name such as `kdv`, with parameters given by keyword or in the name: `image(size=128)`.

    Raises ValueError for an unknown name, with the nearest ones, an unknown parameter, or one out of range.

    >>> problem("oscillating", k=5).name
    'oscillating(k=5)'
    >>> problem("noisy(sd=0.5)")
    Problem noisy(sd=0.5): y = sin 3πx + x/2 on [-1, 1], seen with Gaussian noise of standard deviation 0.5
    """
    read = _CALL.fullmatch(name.strip()) if isinstance(name, str) else None
    if read is None or read[1] not in PROBLEMS:
        word = read[1] if read else str(name)[:40]
        near = difflib.get_close_matches(word, PROBLEMS, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"the problems are {', '.join(PROBLEMS)}"
        raise ValueError(f"there is no problem {word!r}: {hint}")
    make = PROBLEMS[read[1]]
    given = {**_pairs(read[2] or "", name), **parameters}
    known = inspect.signature(make).parameters
    for key in given:
        if key not in known:
            has = f"its parameters are {', '.join(known)}" if known else "it has none"
            raise ValueError(f"{read[1]} has no parameter {key!r}: {has}")
    return make(**given)


def _pairs(text: str, name: str) -> dict[str, float]:
    given: dict[str, float] = {}
    for part in text.split(",") if text.strip() else []:
        pair = _PAIR.fullmatch(part)
        if pair is None or pair[1] in given:
            raise ValueError(f"{name!r} is not understood: parameters are written once each, as in image(size=128)")
        given[pair[1]] = int(pair[2]) if re.fullmatch(r"[+-]?\d+", pair[2]) else float(pair[2])
    return given
