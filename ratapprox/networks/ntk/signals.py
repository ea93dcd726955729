"""What each layer takes in and what flows back to it: all that a tangent kernel and a Jacobian are made of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from ratapprox.networks.evaluate import features, jet
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.units import Unit

__all__ = ["KINDS", "Kind", "Signals", "checked", "counted", "signals"]

Kind = Literal["weights", "biases", "coefficients"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Signals(NamedTuple):
    """Of one layer: inputs (N, d_in); back (N, out, d_out), ∂y/∂z; columns (N, out, s·k), ∂y/∂c, None for the last."""

    inputs: Any
    back: Any
    columns: Any


def signals(net: Mlp, parameters: Any, x: Any, *, columns: bool = True) -> list[Signals]:
    """The signals of every layer for flat parameters (P,) and x (N, d), first layer first.

    Raises `ValueError` where one is not finite.
    """
    with np.errstate(all="ignore"):
        found = _signals(net, parameters, x, columns)
    for k, layer in enumerate(found):
        for values in layer:
            lost = 0 if values is None else int((~np.isfinite(values)).sum())
            if lost:
                raise ValueError(
                    f"{lost} of {values.size} numbers in layer {k + 1} of {net!r} are not finite: "
                    "the network overflows or has a pole near a sample"
                )
    return found


def _signals(net: Mlp, parameters: Any, x: Any, columns: bool) -> list[Signals]:
    layers, h, trail = net.layers(parameters), x, []
    for k, (layer, unit) in enumerate(zip(layers, net.units, strict=False)):
        z = h @ layer.weights + layer.biases
        value, slope = jet(unit, z, layer.coefficients, 1)
        trail.append((h, z, slope))
        h = h + value if net.skips(k) else value
    last = layers[-1].weights
    outputs = last.shape[-1]
    ones = np.zeros_like(h, shape=(len(x), outputs, outputs))
    for k in range(outputs):
        ones[:, k, k] = 1
    found = [Signals(h, ones, None)]
    flow = last.T[None]  # the same for all samples until it meets the first slope
    for k in reversed(range(len(trail))):
        (h, z, slope), layer, unit = trail[k], layers[k], net.units[k]
        back = flow * slope[:, None, :]
        own = _columns(unit, z, layer.coefficients, flow) if columns and unit.symbols else None
        found.append(Signals(h, back, own))
        through = back @ layer.weights.T
        flow = through + flow if net.skips(k) else through
    return found[::-1]


def _columns(unit: Unit, z: Any, c: Any, flow: Any) -> Any:
    """Σ over a group's neurons of ∂y/∂h ∂σ/∂c: (N, out, s·k)."""
    (groups, many), outputs = c.shape, flow.shape[1]
    grouped = features(unit, z, c).reshape(len(z), 1, groups, -1, many)
    parted = flow.reshape(len(flow), outputs, groups, 1, -1)
    # a row times a matrix for each sample, output and group
    return (parted @ grouped).reshape(len(z), outputs, groups * many)


def counted(net: Mlp, kinds: Collection[str]) -> tuple[Kind, ...]:
    """Those of the kinds that the network has and trains.

    Raises `ValueError` for an unknown kind, and where none is left.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ValueError(f"kinds of parameters are {', '.join(KINDS)}, not {', '.join(map(repr, unknown))}")
    there = {slot.kind for slot in net.slots if slot.kind != "coefficients" or net.trainable}
    found = tuple(kind for kind in KINDS if kind in kinds and kind in there)
    if not found:
        raise ValueError(f"no parameter counts: {net!r} has none of the kinds {', '.join(kinds) or '(none given)'}")
    return found


def checked(net: Mlp, parameters: Any, x: Any) -> None:
    """Raise `ValueError` for wrong shapes, numbers that are not finite, and no samples."""
    if parameters.shape != (net.size,):
        raise ValueError(
            f"{net!r} takes one flat array ({net.size},), not {tuple(parameters.shape)}: give one member of an ensemble"
        )
    if x.ndim != 2 or x.shape[1] != net.widths[0] or not len(x):
        raise ValueError(f"samples form an array (N, {net.widths[0]}) with N ≥ 1, not {tuple(x.shape)}")
    for name, values in (("parameters", parameters), ("numbers of the samples", x)):
        lost = int((~np.isfinite(values)).sum())
        if lost:
            raise ValueError(f"{lost} of {values.size} {name} are not finite: there is no tangent kernel")
