"""A network's value, gradient and Laplacian with respect to its inputs, forward, and what flows back through them.

A jet is one array (K, ..., N, d) of K parts: the value, then, for order 1 and 2, the derivatives by each of the D
inputs, then, for order 2, the Laplacian: K = 1, 1 + D, 2 + D. A linear map acts on each part alone (a bias on the value
only); an activation makes of z, ∂_i z, Δz

    σ(z),   σ'(z) ∂_i z,   σ''(z) Σ_i (∂_i z)² + σ'(z) Δz.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ratapprox.networks.evaluate import features
from ratapprox.networks.evaluate import jet as unit_jet
from ratapprox.networks.evaluate import jet_backward as unit_jet_backward
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.units import Unit

__all__ = ["JetTrace", "Signal", "forward", "gradient", "laplacian", "rows", "seeded", "signals"]


@dataclass(frozen=True)
class JetTrace:
    """inputs[l]: the jet that layer l multiplies. before[l]: that of z_l. output: that of y."""

    inputs: tuple[Any, ...]
    before: tuple[Any, ...]
    output: Any
    order: int


class Signal(NamedTuple):
    """What flows back to a layer: jet, ∂L/∂ of all parts of z_l; slopes, ∂L/∂σ^(k)(z_l) for k = 0, ..., order.

    moved: ∂L/∂c_l. The last layer has no activation: no slopes, and None.
    """

    jet: Any
    slopes: tuple[Any, ...]
    moved: Any


def seeded(x: Any, order: int) -> Any:
    """The jet of the inputs x (..., N, D) themselves: x, the unit vectors, 0.

    Raises `ValueError` for an order other than 0, 1, 2.

    >>> seeded(np.array([[3.0, 4.0]]), 2)[:, 0]
    array([[3., 4.], [1., 0.], [0., 1.], [0., 0.]])
    """
    if order not in (0, 1, 2):
        raise ValueError(f"derivatives by the inputs are propagated to order 0, 1 or 2, not {order!r}")
    many = x.shape[-1]
    found = np.zeros_like(x, shape=(1 + many * (order > 0) + (order == 2), *x.shape))
    found[0] = x
    if order:
        for i in range(many):
            found[1 + i, ..., i] = 1
    return found


def forward(net: Mlp, parameters: Any, x: Any, order: int = 2) -> JetTrace:
    """The jet of y at x (N, D) or (E, N, D) for parameters (P,) or (E, P), with all that is met on the way."""
    layers = net.layers(parameters)
    # without an axis of members, x would meet the members of the weights with its parts
    x = x.reshape((1,) * (parameters.ndim + 1 - x.ndim) + x.shape)
    h, inputs, before = seeded(x, order), [], []
    for k, (layer, unit) in enumerate(zip(layers, net.units, strict=False)):
        z = _affine(h, layer)
        inputs.append(h)
        before.append(z)
        out = _activated(unit, layer.coefficients, z, order)
        h = h + out if net.skips(k) else out
    return JetTrace((*inputs, h), tuple(before), _affine(h, layers[-1]), order)


def laplacian(net: Mlp, parameters: Any, x: Any) -> tuple[Any, Any, Any]:
    """y (..., N, out), its gradient (..., N, out, D) and its Laplacian (..., N, out).

    >>> from ratapprox.networks.units import unit
    >>> net = Mlp((2, 1), unit("tanh"))
    >>> value, gradient, second = laplacian(net, np.array([2.0, 3.0, 1.0]), np.array([[1.0, 1.0]]))
    >>> value, gradient, second
    (array([[6.]]), array([[[2., 3.]]]), array([[0.]]))
    """
    jet = forward(net, parameters, x, 2).output
    return jet[0], np.moveaxis(jet[1:-1], 0, -1), jet[-1]


def signals(net: Mlp, parameters: Any, trace: JetTrace, cotangent: Any) -> Iterator[tuple[int, Signal]]:
    """From the last layer to the first, (l, what flows back to z_l), for cotangent = ∂L/∂ of all parts of y's jet."""
    layers = net.layers(parameters)
    g = above = cotangent
    yield len(net.units), Signal(g, (), None)
    for k in reversed(range(len(net.units))):
        g = g @ np.swapaxes(layers[k + 1].weights, -1, -2)
        if k + 1 < len(net.units) and net.skips(k + 1):
            g = g + above
        above = g  # what a layer that is skipped hands down besides
        signal = _deactivated(net, k, layers[k].coefficients, trace, g)
        g = signal.jet
        yield k, signal


def gradient(net: Mlp, parameters: Any, trace: JetTrace, cotangent: Any) -> Any:
    """∂L/∂parameters, flat, for cotangent = ∂L/∂ of all parts of y's jet."""
    found = np.zeros_like(parameters)
    into = net.layers(found)
    for k, signal in signals(net, parameters, trace, cotangent):
        products = np.swapaxes(trace.inputs[k], -1, -2) @ signal.jet
        into[k].weights[...] = products.sum(axis=0) if len(products) > 1 else products[0]
        into[k].biases[...] = signal.jet[0].sum(axis=-2)
        if k < len(net.units) and net.units[k].symbols and net.trainable:
            into[k].coefficients[...] = signal.moved
    return found


def rows(net: Mlp, parameters: Any, trace: JetTrace, cotangent: Any) -> Any:
    """The gradient of each sample by itself, (N, P), for parameters (P,): row n is what sample n adds.

    The gradient is their sum.
    """
    many = trace.output.shape[-2]
    found = np.zeros_like(parameters, shape=(many, net.size))
    into, layers = net.layers(found), net.layers(parameters)
    for k, signal in signals(net, parameters, trace, cotangent):
        for h, g in zip(trace.inputs[k], signal.jet, strict=True):
            into[k].weights[...] += h[:, :, None] * g[:, None, :]
        into[k].biases[...] = signal.jet[0]
        if k < len(net.units) and net.units[k].symbols and net.trainable:
            z, c = trace.before[k][0], layers[k].coefficients
            for order, g in enumerate(signal.slopes):
                moved = features(_derived(net.units[k], order), z, c) * g[..., None]
                into[k].coefficients[...] += moved.reshape(many, c.shape[-2], -1, c.shape[-1]).sum(axis=-2)
    return found


@lru_cache(maxsize=64)
def _derived(unit: Unit, order: int) -> Unit:
    """σ^(order), with the same coefficients."""
    import sympy

    from ratapprox.expressions import x as variable

    slope = sympy.diff(unit.expression, variable, order).replace(sympy.DiracDelta, lambda *_: sympy.Integer(0))
    return replace(unit, name=f"{unit.name}{chr(39) * order}", expression=slope)


def _affine(h: Any, layer: Any) -> Any:
    z = h @ layer.weights
    z[0] += layer.biases[..., None, :]
    return z


def _activated(unit: Unit, c: Any, z: Any, order: int) -> Any:
    sigma = unit_jet(unit, z[0], c, order)
    if not order:
        return sigma[0][None]
    found = np.empty_like(z)
    found[0] = sigma[0]
    firsts = z[1:-1] if order == 2 else z[1:]
    found[1 : 1 + len(firsts)] = sigma[1] * firsts
    if order == 2:
        found[-1] = sigma[2] * (firsts * firsts).sum(axis=0) + sigma[1] * z[-1]
    return found


def _deactivated(net: Mlp, k: int, c: Any, trace: JetTrace, g: Any) -> Signal:
    """∂L/∂z from g = ∂L/∂h; with q = Σ (∂_i z)², σ^(0), σ^(1), σ^(2) are met with g_0, Σ g_i ∂_i z + g_Δ Δz, g_Δ q."""
    z, order = trace.before[k], trace.order
    slopes = [g[0]]
    if order:
        firsts = z[1:-1] if order == 2 else z[1:]
        slopes.append((g[1 : 1 + len(firsts)] * firsts).sum(axis=0))
    if order == 2:
        slopes[1] = slopes[1] + g[-1] * z[-1]
        slopes.append(g[-1] * (firsts * firsts).sum(axis=0))
    back, moved = unit_jet_backward(net.units[k], z[0], c, slopes)
    if not order:
        return Signal(back[None], tuple(slopes), moved)
    found = np.empty_like(z)
    found[0] = back
    sigma = unit_jet(net.units[k], z[0], c, order)
    found[1 : 1 + len(firsts)] = sigma[1] * g[1 : 1 + len(firsts)]
    if order == 2:
        found[1:-1] += 2 * (g[-1] * sigma[2]) * firsts
        found[-1] = sigma[1] * g[-1]
    return Signal(found, tuple(slopes), moved)
