"""Problems learned from examples: drawn from a function, from a table, or recorded; and inputs without a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ratapprox.networks.problems.arrays import Array
from ratapprox.networks.problems.dataset import Dataset
from ratapprox.networks.problems.draws import draws
from ratapprox.networks.problems.value import Function, Problem


@dataclass(frozen=True, repr=False)
class Sampled(Problem):
    """A function, at points that are uniform in the box; training values with Gaussian noise, validation without.

    target: x [N, d] -> y [N, outputs]. noise: the standard deviation of what is added to training values.
    """

    target: Function = field(compare=False)
    noise: float = 0.0

    def exact(self, x: Array) -> Array:
        return self.target(x)

    def data(self, seed: int, samples: int | None = None, validation: int | None = None) -> Dataset:
        samples, validation = self._counts(samples, validation)
        stream = draws(self.name, seed)
        x, far = self.domain.uniform(stream.training, samples), self.domain.uniform(stream.validation, validation)
        y = self.target(x)
        return Dataset(x, y + self.noise * stream.noise.standard_normal(y.shape), far, self.target(far))


@dataclass(frozen=True, repr=False)
class Tabulated(Problem):
    """Rows of a finite table, drawn without replacement; no validation point is a training point.

    table: a function without arguments that gives all x [R, d] and y [R, outputs], or labels y [R].
    """

    table: Callable[[], tuple[Array, Array]] = field(compare=False)

    def data(self, seed: int, samples: int | None = None, validation: int | None = None) -> Dataset:
        samples, validation = self._counts(samples, validation)
        x, y = self.table()
        if samples + validation > len(x):
            raise ValueError(
                f"{self.name} has {len(x)} rows, fewer than {samples} to train on and {validation} others to be "
                "judged by: ask for fewer"
            )
        order = draws(self.name, seed).training.permutation(len(x))
        near, far = order[:samples], order[len(x) - validation :]
        return Dataset(x[near], y[near], x[far], y[far])


@dataclass(frozen=True, repr=False)
class Recorded(Problem):
    """A signal that is to be reproduced: all of the recording is trained on, and judged against the clean signal.

    record: a generator for the noise -> x [R, d], y [R, outputs]. clean: x [M, d], y [M, outputs] to be judged by.
    With fewer samples than the recording has, the training points are a random part of it.
    """

    record: Callable[[np.random.Generator], tuple[Array, Array]] = field(compare=False)
    clean: Callable[[], tuple[Array, Array]] = field(compare=False)

    def data(self, seed: int, samples: int | None = None, validation: int | None = None) -> Dataset:
        samples, validation = self._counts(samples, validation)
        stream = draws(self.name, seed)
        x, y = self.record(stream.noise)
        far, truth = self.clean()
        for what, asked, there in (("training", samples, len(x)), ("validation", validation, len(far))):
            if asked > there:
                raise ValueError(f"{self.name} has {there} {what} points, not {asked}: ask for at most {there}")
        near, judged = (
            np.sort(generator.permutation(total)[:count])
            for generator, total, count in (
                (stream.training, len(x), samples),
                (stream.validation, len(far), validation),
            )
        )
        return Dataset(x[near], y[near], far[judged], truth[judged])


@dataclass(frozen=True, repr=False)
class Propagation(Problem):
    """Independent Gaussian inputs and a list of depths: nothing is learned, signals are followed through the layers.

    depths: after how many layers to look. The values of the data have shape [N, 0]: there is no target.
    """

    depths: tuple[int, ...]

    def data(self, seed: int, samples: int | None = None, validation: int | None = None) -> Dataset:
        samples, validation = self._counts(samples, validation)
        stream = draws(self.name, seed)
        x = stream.training.standard_normal((samples, self.inputs))
        far = stream.validation.standard_normal((validation, self.inputs))
        return Dataset(x, np.empty((samples, 0)), far, np.empty((validation, 0)))
