"""Where the parameters of a network begin: schemes for weights and biases, drawn in pairs.

A member's weights are standard numbers from a stream that only the name and the seed decide, scaled by the scheme; its
biases and the coefficients of its activations come from streams of their own. So networks of one seed that differ only
in their activation function begin with the same weights.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite, sqrt
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from zlib import crc32

import numpy as np

from ratapprox.networks.mlp import Mlp

if TYPE_CHECKING:
    from ratapprox.networks.units import Unit

__all__ = ["Gains", "He", "Scheme", "Siren", "Xavier", "XavierUniform", "initialise", "scheme", "scheme_names"]

Distribution = Literal["normal", "truncated", "uniform"]


@dataclass(frozen=True)
class Scheme(ABC):
    """How a layer with `inner` inputs and `outer` outputs begins; layers are counted from 0.

    biases: the half width of the interval that biases are drawn from, "fan" for 1/√inner, 0 for biases that begin at 0.
    """

    biases: float | Literal["fan"] = 0.0
    distribution: ClassVar[Distribution] = "normal"

    def __post_init__(self) -> None:
        if self.biases != "fan" and not (isfinite(self.biases) and self.biases >= 0):
            raise ValueError(f"biases are drawn from [-b, b] with b ≥ 0 or b = 'fan', not b = {self.biases!r}")

    @abstractmethod
    def spread(self, layer: int, inner: int, outer: int) -> float:
        """What standard numbers are multiplied by: a deviation, or the half width of a uniform distribution."""

    def rows(self, layer: int, before: Unit, coefficients: Any) -> Any:
        """What the weights of each input are multiplied by besides, (s, 1) for s groups of inputs, or 1.

        before: the activation that the inputs come from, with its coefficients (s, k), as they were drawn.
        """
        return 1.0

    def drawn(self, generator: Any, shape: tuple[int, ...]) -> Any:
        """Standard numbers: normal, normal but within ±2, or uniform on [-1, 1)."""
        return _DRAWN[self.distribution](generator, shape)


@dataclass(frozen=True)
class Xavier(Scheme):
    """Truncated normal weights of deviation √(2/(inner + outer)), cut off at twice that [GB10].

    The deviation is that before the cut, as in the published code of rational networks.
    """

    distribution: ClassVar[Distribution] = "truncated"

    def spread(self, layer: int, inner: int, outer: int) -> float:
        return sqrt(2 / (inner + outer))


@dataclass(frozen=True)
class XavierUniform(Scheme):
    """Weights uniform on ±√(6/(inner + outer)) [GB10]."""

    distribution: ClassVar[Distribution] = "uniform"

    def spread(self, layer: int, inner: int, outer: int) -> float:
        return sqrt(6 / (inner + outer))


@dataclass(frozen=True)
class He(Scheme):
    """Weights N(0, 2/inner) [HZRS15]."""

    def spread(self, layer: int, inner: int, outer: int) -> float:
        return sqrt(2 / inner)


@dataclass(frozen=True)
class Siren(Scheme):
    """For sin(ω₀ z): weights uniform on ±1/inner in the first layer, on ±√(6/inner)/ω₀ in the others [SMB20]."""

    biases: float | Literal["fan"] = "fan"
    frequency: float = 30.0
    distribution: ClassVar[Distribution] = "uniform"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (isfinite(self.frequency) and self.frequency > 0):
            raise ValueError(f"the frequency ω₀ is a positive number, not {self.frequency!r}")

    def spread(self, layer: int, inner: int, outer: int) -> float:
        return sqrt(6 / inner) / self.frequency if layer else 1 / inner


@dataclass(frozen=True)
class Gains(Scheme):
    """Weights N(0, gain/fan), which keep the second moment of signals, or of gradients, from layer to layer.

    gains: one for each layer of weights, that of the activation that its inputs come from, 1 for the first; None where
    each input has its own, for the coefficients that were drawn for it (`own_gains`). Forward, fan = inner and
    gain = 1/E σ(Z)²; backward, fan = outer and gain = 1/E σ'(Z)², Z ~ N(0, 1).
    `ratapprox.evaluating.exact_gains(net)` finds them.
    """

    gains: tuple[float | None, ...] = ()
    direction: Literal["forward", "backward"] = "forward"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.direction not in ("forward", "backward"):
            raise ValueError(f"gains keep what goes 'forward' or 'backward', not {self.direction!r}")
        if not all(g is None or (isfinite(g) and g > 0) for g in self.gains):
            raise ValueError(f"gains are positive numbers, not {self.gains!r}")
        if self.gains[:1] == (None,):
            raise ValueError("the first layer of weights has no activation before it: its gain is a number, such as 1")

    def spread(self, layer: int, inner: int, outer: int) -> float:
        if layer >= len(self.gains):
            raise ValueError(f"{len(self.gains)} gains are given, and layer {layer + 1} has none")
        gain = self.gains[layer]
        return sqrt((1.0 if gain is None else gain) / (inner if self.direction == "forward" else outer))

    def rows(self, layer: int, before: Unit, coefficients: Any) -> Any:
        if self.gains[layer] is not None:
            return 1.0
        from ratapprox.networks.own_gains import own_gains

        return np.sqrt(own_gains(before, coefficients, self.direction))[:, None]


_NAMED: dict[str, Callable[[], Scheme]] = {
    "xavier": Xavier,
    "xavier-biases": partial(Xavier, "fan"),
    "xavier-uniform": XavierUniform,
    "he": He,
    "siren": Siren,
}


def scheme_names() -> tuple[str, ...]:
    """The names that `scheme` knows."""
    return tuple(_NAMED)


def scheme(name: str) -> Scheme:
    """The scheme of this name, as published; "xavier-biases" draws biases too, from ±1/√inner.

    Raises `ValueError` for another name.

    >>> scheme("siren")
    Siren(biases='fan', frequency=30.0)
    """
    if name not in _NAMED:
        raise ValueError(f"there is no initialisation {name!r}: take one of {', '.join(_NAMED)}")
    return _NAMED[name]()


def initialise(net: Mlp, scheme: Scheme, seeds: Sequence[int], name: str = "", dtype: Any = np.float64) -> Any:
    """Parameters (E, P), a row for each seed; seed and name decide the draws, and not the activation function.

    Numbers are drawn in float64, so that float32 has the same ones, rounded. Raises `ValueError` for a seed that is no
    non-negative integer, and for a dtype other than float32 and float64.

    >>> from ratapprox.networks.units import unit
    >>> a, b = (Mlp((2, 3, 1), unit(text)) for text in ("tanh", "rational"))
    >>> first, second = (initialise(net, He(), [0, 1]) for net in (a, b))
    >>> bool((a.layers(first)[0].weights == b.layers(second)[0].weights).all())
    True
    >>> b.layers(second)[0].coefficients[0]
    array([[0.0218, 0.5   , 1.5957, 1.1915, 0.    , 2.383 ]])
    """
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"networks compute in float32 or float64, not {np.dtype(dtype)}")
    found = np.empty((len(seeds), net.size))
    for row, seed in zip(found, seeds, strict=True):
        if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
            raise ValueError(f"a seed is a non-negative integer such as 0 or 7, not {seed!r}")
        streams = np.random.SeedSequence([crc32(name.encode()), int(seed)]).spawn(3)
        weights, biases, coefficients = (np.random.default_rng(s) for s in streams)
        layers = net.layers(row)
        for k, layer in enumerate(layers):
            inner, outer = layer.weights.shape
            layer.weights[...] = scheme.drawn(weights, (inner, outer)) * scheme.spread(k, inner, outer)
            if k:
                own = scheme.rows(k, net.units[k - 1], layers[k - 1].coefficients)
                layer.weights[...] *= np.repeat(own, inner // len(own), axis=0) if np.ndim(own) else own
            half = 1 / sqrt(inner) if scheme.biases == "fan" else scheme.biases
            layer.biases[...] = biases.uniform(-1, 1, outer) * half
            if k < len(net.units):
                for i, draw in enumerate(net.units[k].initial):
                    layer.coefficients[:, i] = draw.draw(coefficients, (len(layer.coefficients),))
    return found.astype(dtype)


def _truncated(generator: Any, shape: tuple[int, ...]) -> Any:
    """By the inverse of the distribution function: one uniform number for each, so that no draw moves the next."""
    from scipy.special import ndtr, ndtri

    low = ndtr(-2.0)
    return ndtri(low + (1 - 2 * low) * generator.random(shape))


_DRAWN: dict[Distribution, Callable[[Any, tuple[int, ...]], Any]] = {
    "normal": lambda generator, shape: generator.standard_normal(shape),
    "truncated": _truncated,
    "uniform": lambda generator, shape: generator.uniform(-1, 1, shape),
}
