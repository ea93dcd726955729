"""Objectives with other samples at every step: parts of the data in turn, or points drawn afresh.

The step, the seed and the problem decide what is drawn, and nothing else: a training that goes on after an interrupt
meets the same samples, and so does a network with another activation function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np

from ratapprox.networks.losses import Objective, stack
from ratapprox.networks.step import Step

__all__ = ["Drawn", "fresh", "minibatches"]

ORDER, POINTS = 1, 2
"""Streams of their own."""


class Drawn:
    """What `train` asks for the objective of each step: one `Step`, whose samples are exchanged.

    draw: step -> an objective in memory, of the same shapes for every step. to_device: moves an array to where it is
    computed with.
    """

    def __init__(self, draw: Callable[[int], Objective], to_device: Callable[[Any], Any] = np.array) -> None:
        self._draw, self._to_device = draw, to_device
        first = draw(0)
        self.step = Step(replace(first, **{name: to_device(np.array(array)) for name, array in first.arrays().items()}))

    @property
    def x(self) -> Any:
        """The samples of the step that was asked for last."""
        return self.step.objective.x

    def drawn(self, step: int) -> Step:
        """The objective of a step; it is another at the next call."""
        held = self.step.objective.arrays()
        for name, array in self._draw(step).arrays().items():
            held[name][...] = self._to_device(array)
        return self.step

    def __repr__(self) -> str:
        return f"Drawn anew at each step: {self.step!r}"


def minibatches(whole: Objective, name: str, seeds: Sequence[int], size: int) -> Callable[[int], Objective]:
    """Draws `size` of the samples for a step, each sample once before any comes again, but for a remainder.

    whole: in memory; of one network, or stacked with the seeds in order. name: of the problem. Raises ValueError
    unless size is from 1 to the number of samples.
    """
    samples = whole.samples
    if not 1 <= size <= samples:
        raise ValueError(f"a batch of {size} samples cannot be drawn from {samples}")
    parts = samples // size

    def draw(step: int) -> Objective:
        turn, k = divmod(step, parts)
        chosen = np.stack([_order(name, seed, turn, samples)[k * size : (k + 1) * size] for seed in seeds])
        if whole.x.ndim == 2:
            return whole.batch(chosen[0])
        members = np.arange(len(seeds))[:, None]
        arrays: dict[str, Any] = {field: array[members, chosen] for field, array in whole.arrays().items()}
        return replace(whole, count=whole.count * size // samples, **arrays)

    return draw


def fresh(
    make: Callable[[Any], Objective], points: Callable[[Any, int], Any], name: str, seeds: Sequence[int], size: int
) -> Callable[[int], Objective]:
    """Draws `size` new points for a step. points: a generator and a number -> x; make: x -> the objective there."""

    def draw(step: int) -> Objective:
        found = [make(points(_generator(name, seed, POINTS, step), size)) for seed in seeds]
        return found[0] if len(found) == 1 else stack(found)

    return draw


@lru_cache(maxsize=256)
def _order(name: str, seed: int, turn: int, samples: int) -> Any:
    return _generator(name, seed, ORDER, turn).permutation(samples)


def _generator(name: str, seed: int, stream: int, number: int) -> np.random.Generator:
    """Parameters in brackets are left out of the name, as they are when the data are drawn."""
    entropy = [crc32(name.partition("(")[0].encode()), seed, stream, number]
    return np.random.default_rng(np.random.SeedSequence(entropy))
