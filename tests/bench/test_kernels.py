"""What a unit costs on arrays, forward and backward with coefficient gradients, beside ReLU and plain NumPy.

    OMP_NUM_THREADS=1 pytest tests/bench/test_kernels.py --benchmark-enable --benchmark-only -s

Two habits, each beside ReLU with the same one: new arrays for the answers, or `out`, arrays that exist. The plain
formula has its temporaries in both. What those cost is the allocator's habit: by default glibc may give their memory
back, and each is fresh pages again; with

    MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_MMAP_THRESHOLD_=1000000000

before the command the process keeps it, and what is left is the arithmetic. The contenders take turns, so that what
else runs on the machine slows all of them; `extra_info` holds nanoseconds an element, the least of all rounds, and
ratios.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from ratapprox.networks import evaluate
from ratapprox.networks.evaluate import backward, forward
from ratapprox.networks.kernels import arithmetic, loops
from ratapprox.networks.units import unit

SHAPE = (1024, 50)


def plain(x, c, g):
    """The rational (3, 2) as its formula is written down, each way by itself; powers are products, not x**3."""
    p, q = c[0, :4], c[0, 4:]
    value = (p[0] + x * (p[1] + x * (p[2] + x * p[3]))) / (1 + x * (q[0] + x * q[1]))
    above, below = p[0] + x * (p[1] + x * (p[2] + x * p[3])), 1 + x * (q[0] + x * q[1])
    ratio = above / below
    dx = g * (p[1] + x * (2 * p[2] + x * (3 * p[3])) - ratio * (q[0] + 2 * q[1] * x)) / below
    a, square = g / below, x * x
    b, cube = -a * ratio, square * x
    dc = [a.sum(), (a * x).sum(), (a * square).sum(), (a * cube).sum(), (b * x).sum(), (b * square).sum()]
    return value, dx, np.array(dc)


def relu(x, g):
    return np.maximum(x, 0), g * (x > 0)


def relu_into(x, g, value, slope, mask):
    np.maximum(x, 0, out=value)
    np.greater(x, 0, out=mask)
    np.multiply(g, mask, out=slope)


def least(contenders, rounds):
    """Nanoseconds an element, the contenders taking turns, each after one call that is not counted."""
    times = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            call()
            start = time.perf_counter_ns()
            call()
            times[name].append(time.perf_counter_ns() - start)
    return {name: min(t) / float(np.prod(SHAPE)) for name, t in times.items()}


def arrays(dtype, name):
    random, found = np.random.default_rng(0), unit(name)
    x, g = (random.normal(size=SHAPE).astype(dtype) for _ in range(2))
    return found, x, np.array([[d.draw(random, ()) for d in found.initial]], dtype).reshape(1, -1), g


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rational(benchmark, dtype, monkeypatch):
    found, x, c, g = arrays(dtype, "rational")

    value, slope, mask = np.empty_like(x), np.empty_like(x), np.empty(x.shape, bool)

    def new():
        return forward(found, x, c), backward(found, x, c, g)

    def into():
        return forward(found, x, c, out=value), backward(found, x, c, g, out=slope)

    def without(call):
        with monkeypatch.context() as patch:
            patch.setattr(loops, "available", lambda: False)
            return call()

    contenders = {
        "plain": lambda: plain(x, c, g),
        "relu": lambda: relu(x, g),
        "relu, out": lambda: relu_into(x, g, value, slope, mask),
        "numpy": lambda: without(new),
        "numpy, out": lambda: without(into),
    }
    if loops.available():
        contenders |= {"numba": new, "numba, out": into}
        loop_x, loop_u = x[None], c.reshape(1, -1, 1)
        there, back = arithmetic.jet(found, 0), arithmetic.back(found, 0)

        def alone():
            loops.run(there, loop_x, loop_u, [], [value[None]])
            loops.run(back, loop_x, loop_u, [g[None]], [slope[None]])

        contenders["numba, loops alone, out"] = alone
    found_value, (dx, dc) = without(new)
    for a, b in zip((found_value, dx, dc[0]), plain(x, c, g), strict=True):
        assert np.abs(a - b).max() <= 1e4 * np.finfo(dtype).eps * (1 + np.abs(b).max())
    times = least(contenders, 200 if benchmark.enabled else 1)
    ours = [name for name in contenders if name.startswith("num")]
    benchmark.extra_info |= times
    benchmark.extra_info |= {f"plain/{name}": times["plain"] / times[name] for name in ours}
    for name in ours:
        habit = "relu, out" if name.endswith("out") else "relu"
        benchmark.extra_info[f"{name}/{habit}"] = times[name] / times[habit]
    print({k: round(v, 2) for k, v in benchmark.extra_info.items()})  # noqa: T201
    benchmark.pedantic(new, rounds=20, warmup_rounds=2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_unit(benchmark, dtype, monkeypatch):
    """NumPy in blocks and Numba on every kind of unit: the measurement behind `loops.suits`."""
    names = ["rational", "relu", "softsign", "tanh", "silu", "gelu", "raf"]
    rounds = 40 if benchmark.enabled else 1
    for name in names if benchmark.enabled else names[:1]:
        found, x, c, g = arrays(dtype, name)
        for engine in ("numpy", "numba") if benchmark.enabled and loops.available() else ("numpy",):
            with monkeypatch.context() as patch:
                patch.setattr(loops, "available", lambda engine=engine: engine == "numba")
                patch.setattr(loops, "suits", lambda _: True)
                patch.setattr(evaluate, "WORTH_COMPILING", 0)

                def both(found=found, x=x, c=c, g=g):
                    return forward(found, x, c), backward(found, x, c, g)

                benchmark.extra_info[f"{name} {engine}"] = least({"both": both}, rounds)["both"]
    print({k: round(v, 2) for k, v in benchmark.extra_info.items()})  # noqa: T201
    benchmark.pedantic(lambda: None, rounds=1)
    assert all(v > 0 for v in benchmark.extra_info.values())
