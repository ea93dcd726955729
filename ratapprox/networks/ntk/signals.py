"""What each layer takes in and what flows back to it: all that a tangent kernel and a Jacobian are made of."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from ratapprox.networks.evaluate import features, jet
from ratapprox.networks.mlp import Mlp

__all__ = ["KINDS", "Kind", "Signals", "checked", "signals"]

Kind = Literal["weights", "biases", "coefficients"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Signals(NamedTuple):
    """Of one layer: inputs (N, d_in); back (N, out, d_out), ∂y/∂z; columns (N, out, s·k), ∂y/∂c, None for the last."""

    inputs: Any
    back: Any
    columns: Any


def signals(net: Mlp, parameters: Any, x: Any, *, columns: bool = True) -> list[Signals]:
    """The signals of every layer for flat parameters (P,) and x (N, d), first layer first."""
    layers, h, trail = net.layers(parameters), x, []
    for layer in layers[:-1]:
        z = h @ layer.weights + layer.biases
        value, slope = jet(net.unit, z, layer.coefficients, 1)
        trail.append((layer, h, z, slope))
        h = h + value if net.residual and h.shape == value.shape else value
    last = layers[-1].weights
    many, outputs = len(x), last.shape[-1]
    ones = np.empty_like(h, shape=(many, outputs, outputs))
    ones[...] = 0
    for k in range(outputs):
        ones[:, k, k] = 1
    found = [Signals(h, ones, None)]
    # the same for all samples until it meets the first slope
    flow = last.T[None]
    for layer, h, z, slope in reversed(trail):
        back = flow * slope[:, None, :]
        own = _columns(net, z, layer.coefficients, flow, outputs) if columns and net.unit.symbols else None
        found.append(Signals(h, back, own))
        through = back @ layer.weights.T
        flow = through + flow if net.residual and h.shape == z.shape else through
    return found[::-1]


def _columns(net: Mlp, z: Any, c: Any, flow: Any, outputs: int) -> Any:
    """Σ over a group's neurons of ∂y/∂h ∂σ/∂c: (N, out, s·k)."""
    groups, many = c.shape
    grouped = features(net.unit, z, c).reshape(len(z), groups, -1, many)
    parted = flow.reshape(len(flow), outputs, groups, 1, -1)
    # a product of vectors for each sample, output and group
    return (parted @ grouped[:, None]).reshape(len(z), outputs, groups * many)


def checked(net: Mlp, parameters: Any, x: Any, kinds: Collection[str]) -> tuple[Any, Any]:
    """The parameters and samples as they have to be.

    Raises `ValueError` for wrong shapes, numbers that are not finite, no samples, and unknown or no kinds.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        raise ValueError(f"kinds of parameters are some of {', '.join(KINDS)}, not {', '.join(unknown) or 'none'}")
    if parameters.shape != (net.size,):
        raise ValueError(
            f"a network {'-'.join(map(str, net.widths))} of {net.unit.name} has {net.size} parameters: "
            f"found an array of shape {parameters.shape}; give one member of an ensemble, flat"
        )
    if x.ndim != 2 or x.shape[1] != net.widths[0] or not len(x):
        raise ValueError(f"samples form an array (N, {net.widths[0]}) with N >= 1: found the shape {x.shape}")
    for name, values in (("parameters", parameters), ("samples", x)):
        lost = int((~np.isfinite(values)).sum())
        if lost:
            raise ValueError(f"{lost} of {values.size} {name} are not finite numbers: there is no tangent kernel")
    return parameters, x


def fans(net: Mlp) -> tuple[int, ...]:
    """The number of inputs of each layer."""
    return tuple(inner for inner, _ in pairwise(net.widths))
