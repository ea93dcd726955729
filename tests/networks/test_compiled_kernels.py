"""The same arithmetic in every language: Numba's loops, C, CUDA compiled, and CUDA's grid played by threads in C++."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import numpy as np
import pytest

from ratapprox.networks import evaluate
from ratapprox.networks.kernels import arithmetic, blocked, loops, source
from ratapprox.networks.kernels.device import grid
from ratapprox.networks.units import unit
from tests.formats.exporters.compilers import needs, succeeds

SAFE = "(a0 + a1*x + a2*x**2)/(1 + abs(b1*x) + abs(b2*x**2))"
UNITS = ["rational", "ralu", "raf", SAFE, "gelu", "silu", "mish", "elu", "hard_swish", "tanhshrink", "arctan", "relu6"]
TASKS = {
    "jet": lambda u: arithmetic.jet(u, 2),
    "back": lambda u: arithmetic.back(u, 1),
    "features": arithmetic.features,
}
HOSTILE = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-30, -1e4, 1e4, np.nan, np.inf, -np.inf, 1e30, -745.0, 90.0]


def batch(task, dtype, members=2, n=301, d=6, groups=1, seed=0):
    """x with hostile numbers, u, the flows and outputs of a task."""
    random = np.random.default_rng(seed)
    x = (2 * random.normal(size=(members, n, d))).astype(dtype)
    with np.errstate(over="ignore"):
        x.reshape(-1)[: len(HOSTILE)] = np.array(HOSTILE).astype(dtype)
    us, flows = (sum(name.startswith(kind) for name in task.inputs) for kind in "ug")
    u = (0.3 + np.abs(random.normal(size=(members, us, groups)))).astype(dtype)
    u[:, us - 2 : us - 1] /= 5  # 1 + q1 x + q2 x^2 has no real zero then
    gs = [random.normal(size=x.shape).astype(dtype) for _ in range(flows)]
    return x, u, gs, [np.empty_like(x) for _ in task.outputs]


def agree(found, expected, x, tolerance):
    """Equal to roundings where both are numbers and x is not huge; NaN and infinity in the same places but for nan."""
    usual = np.abs(x) <= 100
    for a, b in zip(found, expected, strict=True):
        assert np.array_equal(np.isnan(a), np.isnan(b))
        assert np.array_equal(np.isinf(a), np.isinf(b))
        kept = usual & np.isfinite(b)
        assert np.abs(a[kept] - b[kept]).max(initial=0) <= tolerance * (1 + np.abs(b[kept]).max(initial=0))


# -- Numba -------------------------------------------------------------------------------------------------------------

FAST = [
    ("rational", "jet", 1), ("rational", "back", 1), ("rational", "back", 6), ("rational", "features", 3),
    (SAFE, "back", 1), ("relu6", "back", 1), ("leaky_relu", "jet", 1),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "task", "groups"), FAST)
def test_compiled_loops_give_what_numpy_gives(name, task, groups, dtype):
    pytest.importorskip("numba", reason="Numba is not installed")
    task = TASKS[task](unit(name))
    assert loops.suits(task)
    x, u, gs, outs = batch(task, dtype, n=801, groups=groups)
    loops.run(task, x, u, gs, outs)
    theirs = [np.empty_like(x) for _ in outs]
    blocked.run(task, x, u, gs, theirs)
    agree(outs, theirs, x, 64 * np.finfo(dtype).eps)
    x[~(np.abs(x) < 100)] = 0.25
    ours, theirs = loops.run(task, x, u, gs, outs), blocked.run(task, x, u, gs, theirs)
    assert ours.shape == theirs.shape == (2, len(task.sums), groups)
    assert np.abs(ours - theirs).max(initial=0) <= 64 * np.finfo(dtype).eps * (1 + np.abs(theirs).max(initial=0)) * 40
    assert np.array_equal(ours, loops.run(task, x, u, gs, outs))


def test_functions_without_vector_instructions_stay_with_numpy():
    for name, suits in (("rational", True), (SAFE, True), ("ralu", True), ("tanh", False), ("raf", False)):
        assert loops.suits(arithmetic.back(unit(name), 0)) is suits


def test_small_arrays_are_not_worth_a_compilation_and_nothing_is_where_numba_is_missing(monkeypatch):
    task, big = arithmetic.jet(unit("rational"), 0), np.zeros((1, evaluate.WORTH_COMPILING, 1))
    monkeypatch.setattr(loops, "available", lambda: True)
    assert evaluate._engine(task, big) is loops
    assert evaluate._engine(task, big[:, 1:]) is blocked
    monkeypatch.setattr(loops, "available", lambda: False)
    assert evaluate._engine(task, big) is blocked


HEAVY = ("numba", "cupy", "scipy", "sympy", "mpmath", "flint", "matplotlib")


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory):
    """The environment of an interpreter that may keep what it has compiled, as an installed package has it."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("compiled"))}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    code = "import ratapprox.networks.comparison, ratapprox.networks.executors"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    return environment


@pytest.mark.parametrize(
    "module",
    ["units", "evaluate", "mlp", "propagation", "step", "objective", "ntk", "experiment", "comparison", "executors"],
)
def test_networks_are_imported_within_a_third_of_a_second_and_without_what_they_may_not_need(module, compiled_once):
    code = f"import numpy, sys, time; start = time.process_time(); import ratapprox.networks.{module}; "
    code += f"print(time.process_time() - start); print(sorted({set(HEAVY)} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=compiled_once)
    seconds, found = done.stdout.splitlines()
    assert found == "[]"
    assert float(seconds) < 0.3  # of the processor, beside NumPy's; measured 0.02 to 0.16


# -- C -----------------------------------------------------------------------------------------------------------------


def c_loop(task, dtype):
    """The element's function and a loop around it: run(n, x, u, gs..., outs..., sums)."""
    kind = source.c_type(dtype)
    us = [name for name in task.inputs if name.startswith("u")]
    read = [name for name in task.inputs if not name.startswith("u")]
    outs, sums = ([f"{k}{j}" for j in range(len(many))] for k, many in (("o", task.outputs), ("s", task.sums)))
    given = ", ".join(
        [f"const {kind} *{v.upper()}" for v in (read[0], "u", *read[1:])] + [f"{kind} *{o.upper()}" for o in outs]
    )
    values = {**{u: f"U[{j}]" for j, u in enumerate(us)}, **{v: f"{v.upper()}[i]" for v in read}}
    passed = ", ".join([values[v] for v in task.inputs] + [f"&{o.upper()}[i]" for o in outs] + [f"&{s}" for s in sums])
    declared = f"{kind} {', '.join(sums)};" if sums else ""
    added = "".join(
        f" S[{j}] += {total.scale!r} * {s};" for j, (s, total) in enumerate(zip(sums, task.sums, strict=True))
    )
    return (
        f"#include <math.h>\n{source.element(task, dtype)}\n"
        f"void run(long n, {given}, double *S) {{ (void)U; (void)S; for (long i = 0; i < n; ++i) {{ "
        f"{declared} element({passed});{added} }} }}\n"
    )


@needs("gcc")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNITS)
def test_c_gives_what_numpy_gives(name, dtype, tmp_path):
    flags = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-unused-parameter")
    for kind, make in TASKS.items():
        task = make(unit(name))
        (tmp_path / f"{kind}.c").write_text(c_loop(task, dtype))
        succeeds(["gcc", *flags, "-shared", "-fPIC", f"{kind}.c", "-o", f"{kind}.so", "-lm"], tmp_path)
        run = ctypes.CDLL(str(tmp_path / f"{kind}.so")).run
        x, u, gs, outs = batch(task, np.dtype(dtype), members=1)
        theirs = [np.empty_like(x) for _ in outs]
        tolerance = 64 * np.finfo(dtype).eps

        def called(x=x, u=u, gs=gs, outs=outs, run=run, task=task):
            sums = np.zeros(len(task.sums))
            pointers = [ctypes.c_void_p(a.ctypes.data) for a in (x, u, *gs, *outs, sums)]
            run(ctypes.c_long(x.size), *pointers)
            return sums

        called()
        blocked.run(task, x, u, gs, theirs)
        agree(outs, theirs, x, tolerance)
        x[~(np.abs(x) < 100)] = 0.25
        expected = blocked.run(task, x, u, gs, theirs)[0, :, 0]
        assert np.abs(called() - expected).max(initial=0) <= 40 * tolerance * (1 + np.abs(expected).max(initial=0))


# -- CUDA --------------------------------------------------------------------------------------------------------------


@needs("nvcc")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["rational", "raf", "gelu", "tanhshrink"])
def test_cuda_compiles_for_every_task(name, dtype, tmp_path):
    for kind, make in TASKS.items():
        (tmp_path / f"{kind}.cu").write_text(source.cuda(make(unit(name)), dtype))
        succeeds(
            ["nvcc", "--ptx", "-std=c++11", "-Werror", "all-warnings", f"{kind}.cu", "-o", f"{kind}.ptx"], tmp_path
        )
        text = (tmp_path / f"{kind}.ptx").read_text()
        assert ".visible .entry run" in text
        assert (".visible .entry total" in text) is (kind == "back" and bool(unit(name).symbols))
        if dtype == "float32":  # nothing of an element is computed in double by a slip
            body = text.split(".visible .entry total")[0]
            assert "fma.rn.f64" not in body and "div.rn.f64" not in body


# Blocks one after the other, the threads of a block as threads: what __syncthreads() is to wait for, they wait for.
PLAYED = """
#include <cmath>
#include <thread>
#include <vector>
#include <pthread.h>
struct Index { int x, y, z; };
static thread_local Index threadIdx, blockIdx;
static Index gridDim;
static pthread_barrier_t barrier;
#define __global__
#define __device__
#define __forceinline__ inline
#define __restrict__ __restrict
#define __shared__ static
#define __syncthreads() pthread_barrier_wait(&barrier)
%s
template <class Kernel> static void play(Index grid, Index block, Kernel kernel)
{
    gridDim = grid;
    pthread_barrier_init(&barrier, nullptr, block.x * block.y);
    std::vector<std::thread> threads;
    for (int y = 0; y < block.y; ++y)
        for (int x = 0; x < block.x; ++x)
            threads.emplace_back([=] {
                threadIdx = {x, y, 0};
                for (int k = 0; k < grid.z; ++k)
                    for (int j = 0; j < grid.y; ++j)
                        for (int i = 0; i < grid.x; ++i) {
                            blockIdx = {i, j, k};
                            kernel();
                            pthread_barrier_wait(&barrier);
                        }
            });
    for (auto &thread : threads) thread.join();
    pthread_barrier_destroy(&barrier);
}
extern "C" void played(const int *sizes, void **arrays, double *partial, double *sums)
{
    const int length = sizes[0], width = sizes[1], groups = sizes[2];
    const int tiles = sizes[3], blocks = sizes[4], members = sizes[5];
    play({tiles, blocks, members}, {%d, %d, 1}, [=] { run(length, width, groups, %s, partial); });
    %s
}
"""


@needs("g++")
@pytest.mark.parametrize(("members", "n", "d", "groups"), [(1, 700, 3, 1), (2, 30, 34, 34), (2, 20, 36, 6)])
@pytest.mark.parametrize(("name", "task"), [("rational", "back"), ("rational", "jet"), ("raf", "back")])
def test_the_grid_on_a_device_covers_every_element_once_and_adds_in_a_fixed_order(
    name, task, members, n, d, groups, tmp_path
):
    task = TASKS[task](unit(name))
    kind, count = "double", len(task.sums)
    given = [f"(const {kind} *)arrays[0]", f"(const {kind} *)arrays[1]"]
    given += [
        f"({kind} *)arrays[{2 + j}]" for j in range(sum(v.startswith("g") for v in task.inputs) + len(task.outputs))
    ]
    total = f"play({{groups, members * {count}, 1}}, {{{source.TOTAL_THREADS}, 1, 1}}, "
    total += "[=] { total(blocks, width, groups, partial, sums); });"
    sized = (source.cuda(task, "float64"), source.COLUMNS, source.ROWS, ", ".join(given), total if count else "")
    (tmp_path / "played.cc").write_text(PLAYED % sized)
    succeeds(["g++", "-std=c++17", "-O1", "-pthread", "-shared", "-fPIC", "played.cc", "-o", "played.so"], tmp_path)
    library = ctypes.CDLL(str(tmp_path / "played.so"))
    x, u, gs, outs = batch(task, np.float64, members, n, d, groups)
    x[~(np.abs(x) < 100)] = 0.25
    g = grid(members, n, d, groups)
    blocks = min(g.blocks, 3)  # fewer than there could be: a thread walks through several rows
    sizes = np.array([g.length, g.width, g.groups, g.tiles, blocks, members], np.int32)
    found = []
    for _ in range(2):
        partial, sums = np.full((members, count, blocks, g.width), np.nan), np.full((members, count, groups), np.nan)
        for out in outs:
            out.fill(np.nan)
        arrays = np.array([a.ctypes.data for a in (x, u, *gs, *outs)], np.uintp)
        library.played(*(ctypes.c_void_p(a.ctypes.data) for a in (sizes, arrays, partial, sums)))
        found.append(sums)
    theirs = [np.empty_like(x) for _ in outs]
    expected = blocked.run(task, x, u, gs, theirs)
    agree(outs, theirs, x, 1e-13)
    assert np.array_equal(*found)
    assert np.abs(found[0] - expected).max(initial=0) <= 1e-12 * (1 + np.abs(expected).max(initial=0))


COUNTED = """
import numpy as np
from ratapprox.networks.kernels import arithmetic, loops
from ratapprox.networks.units import unit
task = arithmetic.jet(unit("ralu"), 0)
x = np.full((1, 4, 1), 2.0, np.float32)
out = np.empty_like(x)
loops.run(task, x, np.ones((1, 1, 1), np.float32), [], [out])
stats = loops.compiled(task, x.dtype, False).stats
print(out.ravel()[0], sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def in_a_fresh_process(cache, home):
    environment = os.environ | {"XDG_CACHE_HOME": str(cache), "HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_what_is_compiled_is_kept_for_the_next_process_and_done_again_where_nothing_can_be_kept(tmp_path):
    pytest.importorskip("numba", reason="Numba is not installed")
    assert in_a_fresh_process(tmp_path / "cache", tmp_path) == ["2.0", "0", "1"]
    assert in_a_fresh_process(tmp_path / "cache", tmp_path) == ["2.0", "1", "0"]
    (tmp_path / "file").write_text("a file where the folder would be")
    assert in_a_fresh_process(tmp_path / "file", tmp_path) == ["2.0", "0", "1"]
