"""What an optimiser does on a GPU between two gradients, as two CUDA kernels: a dozen take longer to launch."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ratapprox.networks.backend import array_namespace, compiled
from ratapprox.networks.kernels.source import c_type

__all__ = ["adam", "cuda", "sound"]

_THREADS = 256


def cuda(dtype: str) -> str:
    """The kernels `adam` and `sound`."""
    return f"typedef {c_type(dtype)} number;\nenum {{ T = {_THREADS} }};\n{_KERNELS}"


_KERNELS = """
extern "C" __global__ void adam(
    const long long size, const number beta1, const number rest1, const number beta2, const number rest2,
    const number epsilon, const number rate,
    const number *theta, const number *g, const number *m, const number *v,
    number *new_theta, number *new_m, number *new_v)
{
    const long long k = (long long)blockIdx.x * T + threadIdx.x;
    if (k >= size) return;
    const number first = beta1 * m[k] + rest1 * g[k], second = beta2 * v[k] + rest2 * (g[k] * g[k]);
    new_m[k] = first;
    new_v[k] = second;
    new_theta[k] = theta[k] - rate * (first / (sqrt(second) + epsilon));
}

// Whether a member's loss and gradient are finite, a block for each: running or diverged.
extern "C" __global__ void sound(
    const long long length, const signed char running, const signed char diverged, const number *loss,
    const number *g, signed char *status)
{
    int finite = isfinite(loss[blockIdx.x]);
    for (long long k = threadIdx.x; k < length; k += T) finite &= (int)isfinite(g[blockIdx.x * length + k]);
    finite = __syncthreads_and(finite);
    if (threadIdx.x == 0) status[blockIdx.x] = finite ? running : diverged;
}
"""


def adam(
    theta: Any, g: Any, m: Any, v: Any, beta1: float, beta2: float, epsilon: float, rate: float
) -> tuple[Any, Any, Any]:
    """θ - rate m'/(√v' + ε), m' = β₁m + (1 - β₁)g and v' = β₂v + (1 - β₂)g², for arrays (E, P) on the device."""
    xp, number = array_namespace(theta), theta.dtype.type
    inputs = [xp.ascontiguousarray(a) for a in (theta, g, m, v)]
    outputs = [xp.empty_like(inputs[0]) for _ in range(3)]
    # 1 - β is taken of doubles: in float32 a β near 1 has lost its last digits
    numbers = [np.int64(theta.size), *map(number, (beta1, 1 - beta1, beta2, 1 - beta2, epsilon, rate))]
    _kernel(theta.dtype.name, "adam")((-(-theta.size // _THREADS),), (_THREADS,), (*numbers, *inputs, *outputs))
    return outputs[0], outputs[1], outputs[2]


def sound(loss: Any, g: Any, running: int, diverged: int) -> Any:
    """The status (E,), int8, of members with losses (E,) and gradients (E, P) on the device."""
    xp = array_namespace(loss)
    status = xp.empty(len(g), np.int8)
    numbers = np.int64(g.shape[-1]), np.int8(running), np.int8(diverged)
    arrays = xp.ascontiguousarray(loss, dtype=g.dtype), xp.ascontiguousarray(g), status
    _kernel(g.dtype.name, "sound")((len(g),), (_THREADS,), (*numbers, *arrays))
    return status


@lru_cache(maxsize=8)
def _kernel(dtype: str, name: str) -> Any:
    return compiled(cuda(dtype)).get_function(name)
