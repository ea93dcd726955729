"""The CUDA kernels between two gradients, compiled by nvcc, and as C++ against NumPy; test_device runs them."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from ratapprox.networks.kernels import stepping
from ratapprox.networks.optimise.adam import _moved
from tests.networks.test_compiled_kernels import needs, succeeds

# Threads one after the other: `sound` waits for them only to put their answers together.
PLAYED = """
#include <cmath>
#include <initializer_list>
using std::isfinite;
struct Index { int x; };
static Index threadIdx, blockIdx;
static int all = 1;
#define __global__
#define __syncthreads_and(finite) (all &= (finite))
%s
extern "C" void played(long long size, long long members, const number *numbers, number **a, const number *loss,
                       signed char *status)
{
    for (blockIdx.x = 0; blockIdx.x * T < size; ++blockIdx.x)
        for (threadIdx.x = 0; threadIdx.x < T; ++threadIdx.x)
            adam(size, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], a[0], a[1], a[2], a[3],
                 a[4], a[5], a[6]);
    for (blockIdx.x = 0; blockIdx.x < members; ++blockIdx.x) {
        all = 1;
        for (threadIdx.x = T - 1; threadIdx.x >= 0; --threadIdx.x)  // the first thread writes: it comes last
            sound(size / members, 0, 2, loss, a[1], status);
    }
}
"""


@needs("g++")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_adam_and_its_check_on_a_device_are_those_of_numpy(dtype, tmp_path):
    (tmp_path / "played.cc").write_text(PLAYED % stepping.cuda(dtype))
    words = ["g++", "-std=c++17", "-O1", "-shared", "-fPIC", "played.cc", "-o", "played.so"]
    succeeds(words, tmp_path)
    random, shape = np.random.default_rng(0), (3, 700)
    theta, g, m = (random.normal(size=shape).astype(dtype) for _ in range(3))
    v, loss = (random.uniform(0, 2, size).astype(dtype) for size in (shape, 3))
    v[0] = 0  # as at the first step: all of v' is (1 - β₂)g²
    outs = [np.full(shape, np.nan, dtype) for _ in range(3)]
    beta1, beta2, epsilon, rate = 0.9, 0.999, 1e-8, 1e-3
    numbers = np.array([beta1, 1 - beta1, beta2, 1 - beta2, epsilon, rate], dtype)
    known = _moved(theta, g, m, v, beta1, beta2, epsilon, rate)
    g[1, 555], status = np.inf, np.full(3, 9, np.int8)
    loss[2] = np.nan
    arrays = np.array([a.ctypes.data for a in (theta, g, m, v, *outs)], np.uintp)
    given = [ctypes.c_void_p(a.ctypes.data) for a in (numbers, arrays, loss, status)]
    ctypes.CDLL(str(tmp_path / "played.so")).played(ctypes.c_longlong(theta.size), ctypes.c_longlong(3), *given)
    sound = np.isfinite(g)
    for found, expected in zip(outs, known, strict=True):
        assert np.abs(found - expected)[sound].max() <= 8 * np.finfo(dtype).eps * (1 + np.abs(expected).max())
    assert np.abs(outs[2] / known[2] - 1)[sound].max() <= 8 * np.finfo(dtype).eps
    assert status.tolist() == [0, 2, 2]


@needs("nvcc")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_kernels_between_two_gradients_compile_for_a_device(dtype, tmp_path):
    (tmp_path / "stepping.cu").write_text(stepping.cuda(dtype))
    words = ["nvcc", "--ptx", "-std=c++11", "-Werror", "all-warnings", "stepping.cu", "-o", "stepping.ptx"]
    succeeds(words, tmp_path)
    text = (tmp_path / "stepping.ptx").read_text()
    assert ".visible .entry adam(" in text and ".visible .entry sound(" in text
