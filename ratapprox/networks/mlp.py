"""A fully connected network as a frozen value, and how one flat vector holds all its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import Any, Literal, NamedTuple

from ratapprox.networks.units import Unit

__all__ = ["Layer", "Mlp", "Slot"]


class Layer(NamedTuple):
    """Views of a layer's parameters: weights (..., d_in, d_out), biases (..., d_out), coefficients (..., s, k).

    The last layer has no activation: its coefficients are None.
    """

    weights: Any
    biases: Any
    coefficients: Any


class Slot(NamedTuple):
    """Where a parameter array lies in the flat vector."""

    layer: int
    kind: Literal["weights", "biases", "coefficients"]
    start: int
    shape: tuple[int, ...]

    @property
    def stop(self) -> int:
        return self.start + prod(self.shape)


@dataclass(frozen=True)
class Mlp:
    """h_0 = x, z_l = h_{l-1} W_l + b_l, h_l = σ(z_l; c_l), y = h_L W_{L+1} + b_{L+1}.

    widths: (d_in, hidden..., d_out). unit: σ. sharing: one activation for each "layer", for each "neuron", or for each
    of so many groups of neighbouring neurons. residual: h_l = h_{l-1} + σ(z_l; c_l) where the widths agree.

    >>> from ratapprox.networks.units import unit
    >>> Mlp((2, 50, 50, 50, 50, 1), unit("rational")).size
    7875
    """

    widths: tuple[int, ...]
    unit: Unit
    sharing: Literal["layer", "neuron"] | int = "layer"
    residual: bool = False

    def groups(self, width: int) -> int:
        """The number of activations with coefficients of their own in a layer."""
        if self.sharing == "layer":
            return 1
        return width if self.sharing == "neuron" else self.sharing

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The arrays in the flat vector: W_1, b_1, c_1, W_2, ... in row-major order."""
        found, start = [], 0
        for layer, (inner, outer) in enumerate(pairwise(self.widths)):
            shapes: list[tuple[Any, tuple[int, ...]]] = [("weights", (inner, outer)), ("biases", (outer,))]
            if layer < len(self.widths) - 2 and self.unit.symbols:
                shapes.append(("coefficients", (self.groups(outer), len(self.unit.symbols))))
            for kind, shape in shapes:
                found.append(Slot(layer, kind, start, shape))
                start = found[-1].stop
        return tuple(found)

    @property
    def size(self) -> int:
        """The number of parameters."""
        return self.slots[-1].stop

    def layers(self, parameters: Any) -> tuple[Layer, ...]:
        """Views into flat parameters (..., P), leading axes kept."""
        found: list[dict[str, Any]] = [{} for _ in self.widths[1:]]
        for slot in self.slots:
            part = parameters[..., slot.start : slot.stop]
            found[slot.layer][slot.kind] = part.reshape(*parameters.shape[:-1], *slot.shape)
        for views, width in zip(found[:-1], self.widths[1:], strict=False):
            if "coefficients" not in views:
                views["coefficients"] = parameters[..., :0].reshape(*parameters.shape[:-1], self.groups(width), 0)
        return tuple(Layer(v["weights"], v["biases"], v.get("coefficients")) for v in found)
