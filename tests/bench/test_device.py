"""What kernels move and training steps take on a CUDA device, beside copying. Skipped without a device.

    pytest tests/bench/test_device.py -m gpu --benchmark-enable --benchmark-only -s

Times are of the device's own events, medians; `extra_info` holds milliseconds and shares of the speed of a copy,
counted in bytes read and written.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest

from ratapprox.networks.backend import backend
from ratapprox.networks.experiment import Experiment, prepared
from ratapprox.networks.kernels import arithmetic, device
from ratapprox.networks.units import unit

pytestmark = pytest.mark.gpu


@pytest.fixture
def place():
    found = backend()
    if found.name != "cupy":
        pytest.skip(f"{found.reason}: this needs a CUDA device")
    return found


def milliseconds(place, call, rounds=20):
    cuda, times = place.xp.cuda, []
    for _ in range(3):
        call()
    for _ in range(rounds):
        before, after = cuda.Event(), cuda.Event()
        before.record()
        call()
        after.record()
        after.synchronize()
        times.append(cuda.get_elapsed_time(before, after))
    return float(np.median(times))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("groups", [1, 64])
def test_a_kernel_beside_a_copy_of_memory(benchmark, place, dtype, groups):
    xp, rational = place.xp, unit("rational")
    shape = (1, (1 << 28 if benchmark.enabled else 1 << 12) // 64, 64)
    x, g = (xp.random.standard_normal(shape, dtype=dtype) for _ in range(2))
    out, u = xp.empty_like(x), xp.empty((1, 6, groups), dtype)
    u[...] = xp.asarray([d.draw(np.random.default_rng(0), ()) for d in rational.initial], dtype)[:, None]
    there, back = arithmetic.jet(rational, 0), arithmetic.back(rational, 0)
    copy = milliseconds(place, lambda: xp.copyto(out, x)) / 2
    forward = milliseconds(place, lambda: device.run(there, x, u, [], [out]))
    backward = milliseconds(place, lambda: device.run(back, x, u, [g], [out]))
    found = {"copy": 2 * copy, "forward": forward, "backward": backward, "GB/s": x.nbytes / copy / 1e6}
    found |= {"forward/copy": 2 * copy / forward, "backward/copy": 3 * copy / backward}
    benchmark.extra_info |= found
    print(place, dtype, groups, {k: round(v, 3) for k, v in found.items()})  # noqa: T201
    benchmark.pedantic(lambda: None, rounds=1)
    assert bool(xp.isfinite(out).all())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_of_an_ensemble_on_the_korteweg_de_vries_equation(benchmark, place, dtype):
    """32 networks 2-50-50-50-50-1 at 10,000 samples each: loss and gradient alone, and with Adam and its checks."""
    hidden, samples, members = ((50,) * 4, 10_000, 32) if benchmark.enabled else ((8, 8), 50, 2)
    ready = prepared(
        Experiment("kdv", "rational", tuple(range(members)), hidden, "adam", steps=1, samples=samples, dtype=dtype,
                   backend="cupy")
    )  # fmt: skip
    state = ready.optimiser.start(ready.objective, ready.parameters)
    times = []
    for _ in range(60 if benchmark.enabled else 2):
        start = perf_counter()
        state = ready.optimiser.step(ready.objective, state)
        float(state.loss[0])
        times.append(1e3 * (perf_counter() - start))
    gradient = milliseconds(place, lambda: ready.objective.value_and_gradient(ready.parameters))
    benchmark.extra_info |= {"loss and gradient": gradient, "step": float(np.median(times))}
    print(place, dtype, {k: round(v, 3) for k, v in benchmark.extra_info.items()})  # noqa: T201
    benchmark.pedantic(lambda: None, rounds=1)
    assert not state.status.any()
