"""Seconds of training steps of one network in this package and in the frameworks, one after the other in one process.

Run as `python tests/bench/steps.py float64 8 1`: dtype, members, threads. Prints a JSON object of lists of seconds, the
first call in a list of its own. All do the same: the loss and gradient of 2-50-50-50-50-1 with a rational activation of
type (3, 2) at 1,024 samples, then Adam on all parameters.
"""

from __future__ import annotations

import json
import os
import sys
import time

DTYPE, MEMBERS, THREADS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # of this package's products; torch and XLA are told below
if THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import numpy as np  # noqa: E402

from ratapprox.networks.initialisation import Xavier, initialise  # noqa: E402
from ratapprox.networks.mlp import Mlp  # noqa: E402
from ratapprox.networks.objective import regression  # noqa: E402
from ratapprox.networks.step import Step  # noqa: E402
from ratapprox.networks.units import unit  # noqa: E402

SAMPLES, RATE, BETA1, BETA2, EPSILON = 1024, 1e-3, 0.9, 0.999, 1e-8
NET = Mlp((2, 50, 50, 50, 50, 1), unit("rational"))
RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(-1, 1, (SAMPLES, 2)).astype(DTYPE)
Y = np.sin(3 * X[:, :1] + X[:, 1:] ** 2)
START = initialise(NET, Xavier(), range(MEMBERS), dtype=DTYPE)


def ours():
    step, theta = Step(regression(NET, X, Y), THREADS), START.copy()
    m, v, work = np.zeros_like(theta), np.zeros_like(theta), np.empty_like(theta)
    count = 0

    def train():
        nonlocal count
        losses, g = step.value_and_gradient(theta)
        count += 1
        np.multiply(g, 1 - BETA1, out=work)
        np.multiply(m, BETA1, out=m)
        np.add(m, work, out=m)
        np.multiply(g, g, out=g)
        np.multiply(g, 1 - BETA2, out=g)
        np.multiply(v, BETA2, out=v)
        np.add(v, g, out=v)
        second = (1 - BETA2**count) ** 0.5
        np.sqrt(v, out=work)
        np.add(work, EPSILON * second, out=work)
        np.divide(m, work, out=work)
        np.multiply(work, RATE * second / (1 - BETA1**count), out=work)
        np.subtract(theta, work, out=theta)
        return float(losses.sum())

    return train


def _rational(h, c, stacked):
    p0, p1, p2, p3, q1, q2 = (c[..., i][..., None, None] if stacked else c[..., i] for i in range(6))
    return (p0 + h * (p1 + h * (p2 + h * p3))) / (1 + h * (q1 + h * q2))


def _network(layers, x, product):
    h = x
    for w, b, c in layers[:-1]:
        h = _rational(product(h, w, b), c[:, 0], True)
    w, b, _ = layers[-1]
    return product(h, w, b)


def _layers(parameters):
    return [(layer.weights, layer.biases[:, None, :], layer.coefficients) for layer in NET.layers(parameters)]


def torch_step(compiled):
    import torch

    torch.set_num_threads(THREADS)
    leaves = [
        tuple(None if a is None else torch.tensor(a, requires_grad=True) for a in arrays) for arrays in _layers(START)
    ]
    x, y = (torch.tensor(a).expand(MEMBERS, *a.shape).contiguous() for a in (X, Y))
    optimiser = torch.optim.Adam([a for arrays in leaves for a in arrays if a is not None], lr=RATE, fused=True)

    def loss():
        found = _network(leaves, x, lambda h, w, b: torch.baddbmm(b, h, w))
        return ((found - y) ** 2).mean(dim=(1, 2)).sum()

    measured = torch.compile(loss) if compiled else loss

    def train():
        optimiser.zero_grad()
        value = measured()
        value.backward()
        optimiser.step()
        return value.item()

    return train


def jax_step():
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    leaves = [tuple(None if a is None else jnp.asarray(a) for a in arrays) for arrays in _layers(START)]
    x, y = (jnp.broadcast_to(jnp.asarray(a), (MEMBERS, *a.shape)) for a in (X, Y))

    def loss(leaves):
        return ((_network(leaves, x, lambda h, w, b: h @ w + b) - y) ** 2).mean(axis=(1, 2)).sum()

    @jax.jit
    def step(leaves, m, v, count):
        value, g = jax.value_and_grad(loss)(leaves)
        m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
        v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
        second = jnp.sqrt(1 - BETA2**count)
        rate = (RATE * second / (1 - BETA1**count)).astype(x.dtype)
        floor = (EPSILON * second).astype(x.dtype)
        leaves = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + floor), leaves, m, v)
        return value, leaves, m, v

    zero = jax.tree.map(jnp.zeros_like, leaves)
    state = (leaves, zero, zero)
    count = 0

    def train():
        nonlocal state, count
        count += 1
        value, *state = step(*state, float(count))
        return float(value)

    return train


def main():
    makers = {
        "ours": ours,
        "torch.compile": lambda: torch_step(True),
        "torch eager": lambda: torch_step(False),
        "jax jit": jax_step,
    }
    steps, seconds, first, losses = {}, {}, {}, {}
    for name, make in makers.items():
        start = time.perf_counter()
        steps[name] = make()
        losses[name] = [steps[name]()]
        first[name], seconds[name] = time.perf_counter() - start, []
    finish = time.perf_counter() + float(os.environ.get("BENCH_SECONDS", "12"))
    while time.perf_counter() < finish:
        for name, step in steps.items():
            start = time.perf_counter()
            losses[name].append(step())
            seconds[name].append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "first": first, "losses": {n: v[:20] for n, v in losses.items()}}))  # noqa: T201


if __name__ == "__main__":
    main()
