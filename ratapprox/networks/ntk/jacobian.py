"""The Jacobian of a network's outputs by its parameters, written out: N times P numbers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk.signals import KINDS, checked, counted, signals

__all__ = ["jacobian"]


def jacobian(net: Mlp, parameters: Any, x: Any, *, kinds: Collection[str] = KINDS) -> Any:
    """J (N·out, P): row n·out + k is the gradient of output k at sample n, in the flat order of `net.slots`.

    parameters: flat (P,). x: (N, d_in). kinds: the parameters that count; the columns of others are left out.

    Raises `ValueError` for wrong shapes and for numbers that are not finite.

    >>> import numpy as np
    >>> from ratapprox.networks.units import unit
    >>> net = Mlp((1, 1), unit("tanh"))
    >>> jacobian(net, np.array([5.0, 7.0]), np.array([[3.0]]))
    array([[3., 1.]])
    """
    kinds = counted(net, kinds)
    checked(net, parameters, x)
    found = signals(net, parameters, x, columns="coefficients" in kinds)
    slots = [slot for slot in net.slots if slot.kind in kinds]
    many, outputs = len(x), net.widths[-1]
    whole = np.empty_like(x, shape=(many, outputs, sum(slot.stop - slot.start for slot in slots)))
    start = 0
    for slot in slots:
        layer, stop = found[slot.layer], start + slot.stop - slot.start
        if slot.kind == "weights":
            into = whole[:, :, start:stop].reshape(many, outputs, *slot.shape)  # a view: the last axis parted
            np.multiply(layer.inputs[:, None, :, None], layer.back[:, :, None, :], out=into)
        else:
            whole[:, :, start:stop] = layer.back if slot.kind == "biases" else layer.columns
        start = stop
    return whole.reshape(many * outputs, start)
