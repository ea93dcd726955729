"""Forward through a network, keeping what the way back needs, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ratapprox.networks.evaluate import backward as unit_backward
from ratapprox.networks.evaluate import forward as unit_forward
from ratapprox.networks.mlp import Mlp

__all__ = ["Trace", "backward", "forward", "predict"]


@dataclass(frozen=True)
class Trace:
    """inputs[l]: what layer l multiplies. before[l]: z_l, before the activation. output: y. All are (..., N, d)."""

    inputs: tuple[Any, ...]
    before: tuple[Any, ...]
    output: Any


def predict(net: Mlp, parameters: Any, x: Any) -> Any:
    """y for flat parameters (P,) or (E, P) and x (N, d) or (E, N, d): (N, out) or (E, N, out)."""
    return forward(net, parameters, x).output


def forward(net: Mlp, parameters: Any, x: Any) -> Trace:
    """The same with all that is met on the way."""
    layers = net.layers(parameters)
    h, inputs, before = x, [], []
    for k, (layer, unit) in enumerate(zip(layers, net.units, strict=False)):
        z = h @ layer.weights + layer.biases[..., None, :]
        inputs.append(h)
        before.append(z)
        out = unit_forward(unit, z, layer.coefficients)
        h = h + out if net.skips(k) else out
    inputs.append(h)
    return Trace(tuple(inputs), tuple(before), h @ layers[-1].weights + layers[-1].biases[..., None, :])


def backward(net: Mlp, parameters: Any, trace: Trace, dy: Any) -> Any:
    """∂L/∂parameters, flat, for dy = ∂L/∂y."""
    layers, gradient = net.layers(parameters), np.zeros_like(parameters)
    slots = net.layers(gradient)
    g = dy
    for k in reversed(range(len(layers))):
        layer, into, skip = layers[k], slots[k], None
        if k < len(net.units):
            skip = g if net.skips(k) else None
            g, moved = unit_backward(net.units[k], trace.before[k], layer.coefficients, g)
            if net.trainable:
                into.coefficients[...] = moved
        into.weights[...] = np.swapaxes(trace.inputs[k], -1, -2) @ g
        into.biases[...] = g.sum(axis=-2)
        g = g @ np.swapaxes(layer.weights, -1, -2)
        g = g if skip is None else g + skip
    return gradient
