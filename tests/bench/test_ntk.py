"""How long a tangent kernel takes, beside torch.func, in the same run, and an entry of infinite width.

    OMP_NUM_THREADS=1 pytest tests/bench/test_ntk.py --benchmark-enable --benchmark-only

The peer is the contraction of Jacobians by `vmap(jacrev)`, as PyTorch's tutorial on tangent kernels has it, one thread.
"""

import time

import numpy as np
import pytest

from ratapprox.networks.initialisation import Gains, initialise
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk import certified, infinite_kernel, kernel
from ratapprox.networks.ntk.fixed import Fixed
from ratapprox.networks.ntk.gaussian_pairs import expectations
from ratapprox.networks.ntk.infinite import _begun
from ratapprox.networks.units import unit

CASES = {
    "2-50-50-50-50-1, N = 512": ((2, 50, 50, 50, 50, 1), 512, 3),
    "2-50-50-50-50-1, N = 1024": ((2, 50, 50, 50, 50, 1), 1024, 3),
    "2-256-256-256-1, N = 512": ((2, 256, 256, 256, 1), 512, 20),
}


def setting(case):
    widths, samples, _ = CASES[case]
    net = Mlp(widths, unit("rational"))
    (parameters,) = initialise(net, Gains(0.5, (1.0,) * 9), [0])
    return net, parameters, np.random.default_rng(1).uniform(-1, 1, (samples, 2))


def by_torch(net, parameters, x):
    """A function that computes K by torch.func; all parameters, coefficients of the rational included."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    layers = [tuple(None if a is None else torch.tensor(a) for a in layer) for layer in net.layers(parameters)]
    flat = [[a for a in layer if a is not None] for layer in layers]
    inputs = torch.tensor(x)

    def output(given, at):
        h = at
        for weights, biases, c in given[:-1]:
            z = h @ weights + biases
            p0, p1, p2, p3, q1, q2 = c[0]
            h = (p0 + z * (p1 + z * (p2 + z * p3))) / (1 + z * (q1 + z * q2))
        return h @ given[-1][0] + given[-1][1]

    def run():
        jacobians = torch.func.vmap(torch.func.jacrev(output), (None, 0))(flat, inputs)
        flattened = [j.reshape(len(inputs), -1) for layer in jacobians for j in layer]
        return sum(j @ j.T for j in flattened)

    return run


@pytest.mark.parametrize("case", CASES)
def test_structured(benchmark, case):
    net, parameters, x = setting(case)
    benchmark.group = case
    assert benchmark.pedantic(kernel, (net, parameters, x), rounds=9, warmup_rounds=2).shape == (len(x), len(x))


@pytest.mark.parametrize("case", CASES)
def test_torch_func(benchmark, case):
    benchmark.group = case
    run = by_torch(*setting(case))
    assert benchmark.pedantic(run, rounds=3, warmup_rounds=1).isfinite().all()


@pytest.mark.parametrize("case", CASES)
def test_ratio_to_torch_func(benchmark, case):
    """Interleaved, medians of 5, one thread for torch; the two agree to 1e-14."""
    if not benchmark.enabled:
        pytest.skip("a comparison of times is made with --benchmark-enable")
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    net, parameters, x = setting(case)
    theirs = by_torch(net, parameters, x)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times = {"ours": [], "theirs": []}
        for _ in range(6):
            for name, run in (("ours", lambda: kernel(net, parameters, x)), ("theirs", theirs)):
                start = time.perf_counter()
                found = run()
                times[name].append(time.perf_counter() - start)
                if name == "ours":
                    ours = found
    finally:
        torch.set_num_threads(threads)
    assert np.abs(ours - found.numpy()).max() < 1e-14 * np.abs(ours).max()
    ratio = float(np.median(times["theirs"][1:]) / np.median(times["ours"][1:]))
    benchmark.group = "ratio to torch.func"
    benchmark.extra_info["ratio"] = ratio
    benchmark.extra_info["ours_ms"] = 1e3 * float(np.median(times["ours"][1:]))
    benchmark.pedantic(lambda: kernel(net, parameters, x), rounds=2)
    assert ratio > CASES[case][2]


def hermite_loop(q11, q12, q22, nodes=80):
    """E[σ(u)σ(v)] of the rational unit by Gauss-Hermite in two variables, node by node."""
    p0, p1, p2, p3, q1, q2 = _begun(unit("rational"))
    z, w = np.polynomial.hermite_e.hermegauss(nodes)
    z, w = z.tolist(), (w / np.sqrt(2 * np.pi)).tolist()

    def sigma(t):
        return (p0 + t * (p1 + t * (p2 + t * p3))) / (1 + t * (q1 + t * q2))

    a = q11**0.5
    b = q12 / a
    s = (q22 - b * b) ** 0.5
    return sum(
        wi * sigma(a * zi) * sum(wj * sigma(b * zi + s * zj) for zj, wj in zip(z, w, strict=True))
        for zi, wi in zip(z, w, strict=True)
    )


def test_an_entry_of_infinite_width_beside_a_loop_over_80_by_80_nodes(benchmark):
    """All pairs of 32 samples at once, against one pair by the loop; the loop is off by 4e-6."""
    sigma = Fixed(unit("rational"), _begun(unit("rational")))
    random = np.random.default_rng(0)
    q11, q22 = random.uniform(0.5, 1.2, (2, 32 * 33 // 2))
    q12 = random.uniform(-0.9, 0.9, len(q11)) * np.sqrt(q11 * q22)
    benchmark.group = "infinite width"
    found = benchmark.pedantic(expectations, (sigma, q11, q12, q22), rounds=5, warmup_rounds=1)
    assert (found.value_error < 1e-13 * np.sqrt(q11 * q22)).all()
    loops = []
    for k in range(3):
        start = time.perf_counter()
        by_loop = hermite_loop(q11[k], q12[k], q22[k])
        loops.append(time.perf_counter() - start)
        assert 0 < abs(by_loop - found.value[k]) < 1e-5
    if benchmark.enabled:
        ratio = float(np.median(loops)) / (benchmark.stats.stats.median / len(q11))
        benchmark.extra_info["ratio"] = ratio
        assert ratio > 50


def test_an_infinite_kernel(benchmark):
    x = np.linspace(-1, 1, 32)[:, None]
    benchmark.group = "infinite width"
    assert benchmark.pedantic(infinite_kernel, (unit("rational"), x), rounds=3, warmup_rounds=1).ntk.shape == (32, 32)


@pytest.mark.parametrize("name", ["rational", "tanh", "sine"])
def test_a_certificate(benchmark, name):
    """1-256-256-1 at 64 points where it is measured, at 8 where it is only run."""
    net = Mlp((1, 256, 256, 1), unit(name))
    (parameters,) = initialise(net, Gains(0.5, (1.0,) * 9), [0])
    x = np.linspace(-1, 1, 64 if benchmark.enabled else 8)[:, None]
    benchmark.group = "certified condition number"
    found = benchmark.pedantic(certified, (net, parameters, x), rounds=1)
    benchmark.extra_info["log10"] = found.value
    assert found.status == "certified"
