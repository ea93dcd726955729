"""The CUDA kernels that take a tile through a whole network, compiled by nvcc, and played by threads against NumPy."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from ratapprox.networks import whole
from ratapprox.networks.initialisation import Xavier, initialise
from ratapprox.networks.kernels import passes
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import regression
from ratapprox.networks.units import unit
from tests.networks.test_compiled_kernels import needs, succeeds

# Blocks one after the other, the threads of a block as threads: what __syncthreads() is to wait for, they wait for.
PLAYED = """
#include <cmath>
#include <thread>
#include <vector>
#include <pthread.h>
struct Index { int x, y, z; };
static thread_local Index threadIdx, blockIdx;
static Index gridDim, blockDim;
static pthread_barrier_t barrier;
#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(n)
#define __align__(n) alignas(n)
#define __shared__
#define __restrict__ __restrict
#define __syncthreads() pthread_barrier_wait(&barrier)
%(source)s
Four memory[%(shared)d];
template <class Kernel> static void play(Index grid, int threads, Kernel kernel)
{
    gridDim = grid;
    blockDim = {threads, 1, 1};
    pthread_barrier_init(&barrier, nullptr, threads);
    std::vector<std::thread> started;
    for (int x = 0; x < threads; ++x)
        started.emplace_back([=] {
            threadIdx = {x, 0, 0};
            for (int j = 0; j < grid.y; ++j)
                for (int i = 0; i < grid.x; ++i) {
                    blockIdx = {i, j, 0};
                    if (x == 0) for (Four &four : memory) four = {{NAN, NAN, NAN, NAN}};
                    pthread_barrier_wait(&barrier);
                    kernel();
                    pthread_barrier_wait(&barrier);
                }
        });
    for (auto &thread : started) thread.join();
    pthread_barrier_destroy(&barrier);
}
extern "C" void played(int members, int blocks, int samples, int own, const number *x, const number *theta, number *y,
                       const number *dy, number *partial, number *gradient, const number *target, number scale,
                       number *fitted, double *squares, number *loss)
{
    play({blocks, members, 1}, T, [=] { forward(samples, own, x, theta, y); });
    play({blocks, members, 1}, T, [=] { backward(samples, own, x, theta, dy, partial); });
    play({(P + 127) / 128, members, 1}, 128, [=] { total(blocks, partial, gradient); });
    play({blocks, members, 1}, T, [=] { regression(samples, own, x, theta, target, scale, partial, squares); });
    play({(P + 127) / 128, members, 1}, 128, [=] { total(blocks, partial, fitted); });
    play({1, 1, 1}, 128, [=] { losses(members, blocks, scale, squares, loss); });
}
"""

NETS = {
    "narrow": Mlp((2, 50, 50, 1), unit("rational")),
    "odd": Mlp((3, 5, 8, 9, 2), (unit("ralu"), unit("tanh"), unit("rational"))),
    "wide outputs": Mlp((7, 12, 6), unit("gelu")),
    "one": Mlp((1, 1, 1), unit("rational")),
    "a pole at 0": Mlp((2, 5, 6, 1), (unit("c/x"), unit("tanh"))),
    "frozen": Mlp((4, 10, 10, 4), unit("rational"), trainable=False),
}


def example(net, dtype, members, samples, own):
    random = np.random.default_rng(5)
    lead = (members,) if own else ()
    x = random.uniform(-1, 1, (*lead, samples, net.widths[0])).astype(dtype)
    target = random.normal(size=(*lead, samples, net.widths[-1])).astype(dtype)
    theta = initialise(net, Xavier(), range(members), dtype=dtype)
    theta += random.normal(size=theta.shape).astype(dtype) / 20  # biases too
    if net == NETS["a pole at 0"]:
        for layer in net.layers(theta):  # of no sample, but a tile that is filled up with zeros would be there
            layer.biases[...] = 0
    return regression(net, x, target), theta


@needs("g++")
@pytest.mark.parametrize(
    ("name", "dtype", "samples", "own"),
    [
        ("narrow", "float32", 70, True), ("narrow", "float64", 33, False), ("odd", "float64", 96, True),
        ("odd", "float32", 1, False), ("wide outputs", "float64", 40, True), ("one", "float32", 31, False),
        ("a pole at 0", "float64", 35, True),
        ("frozen", "float64", 65, True),
    ],
)  # fmt: skip
def test_the_passes_of_a_device_give_what_numpy_gives(name, dtype, samples, own, tmp_path):
    net, members, many = NETS[name], 2, 2
    objective, theta = example(net, dtype, members, samples, own)
    room = passes.room(net, dtype)
    text = PLAYED % {"source": passes.cuda(net, dtype), "shared": room.backward // 4}
    (tmp_path / "played.cc").write_text(text)
    succeeds(
        ["g++", "-std=c++17", "-O1", "-Wno-unknown-pragmas", "-pthread", "-shared", "-fPIC", "played.cc", "-o",
         "played.so"], tmp_path
    )  # fmt: skip
    library = ctypes.CDLL(str(tmp_path / "played.so"))
    y = np.full((members, samples, net.widths[-1]), np.nan, dtype)
    partial, gradient = np.full((members, many, net.size), np.nan, dtype), np.full_like(theta, np.nan)
    jet = objective.propagated(theta).output
    dy = np.ascontiguousarray(objective.cotangent(jet, objective.sums(jet))[0])
    fitted, squares = np.full_like(theta, np.nan), np.full((members, many), np.nan)
    loss = np.full(members, np.nan, dtype)
    number = {"float32": ctypes.c_float, "float64": ctypes.c_double}[dtype]
    sizes = [ctypes.c_int(size) for size in (members, many, samples, int(own))]
    before = [ctypes.c_void_p(a.ctypes.data) for a in (objective.x, theta, y, dy, partial, gradient, objective.target)]
    after = [ctypes.c_void_p(a.ctypes.data) for a in (fitted, squares, loss)]
    library.played(*sizes, *before, number(1 / objective.count), *after)
    losses, expected = objective.value_and_gradient(theta)
    tolerance = 200 * np.finfo(dtype).eps
    for found, known in ((y, jet[0]), (gradient, expected), (fitted, expected), (loss, losses)):
        assert np.abs(found - known).max() <= tolerance * (1 + np.abs(known).max())


@needs("nvcc")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETS)
def test_the_passes_compile_for_a_device(name, dtype, tmp_path):
    (tmp_path / "passes.cu").write_text(passes.cuda(NETS[name], dtype))
    succeeds(["nvcc", "--ptx", "-std=c++11", "-Werror", "all-warnings", "passes.cu", "-o", "passes.ptx"], tmp_path)
    text = (tmp_path / "passes.ptx").read_text()
    entries = ("forward", "backward", "regression", "total", "losses")
    assert all(f".visible .entry {kernel}(" in text for kernel in entries)


@pytest.mark.parametrize(
    ("net", "fits"),
    [
        (Mlp((2, 50, 50, 50, 50, 1), unit("rational")), True),
        (Mlp((2, 50, 50, 50, 50, 1), unit("rational"), residual=True), False),
        (Mlp((2, 50, 50, 1), unit("rational"), "neuron"), False),
        (Mlp((2, 50, 50, 1), unit("tanh"), "neuron"), False),
        (Mlp((2, 256, 256, 1), unit("rational")), False),
        (Mlp((2, 1), ()), False),
        (Mlp((1, 500, 1), unit("rational")), True),
        (Mlp((1, 600, 1), unit("rational")), False),  # it would fit, but not into the threads of a block
    ],
)
def test_whole_passes_are_for_small_networks_that_share_coefficients(net, fits):
    assert whole.suits(net, "float32", 232_448) is fits
