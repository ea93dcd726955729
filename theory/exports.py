"""Exports: the best ReLU rational of type (3, 2) as it runs in what is installed, against exact arithmetic.

The bound is that which the export states: proved for the rounding of each step, in the number format it computes in.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

import ratapprox
from ratapprox.claims import Evidence, claim, measured
from ratapprox.claims.value import Effort
from ratapprox.exporting import rounding_bound, source_of
from ratapprox.formats.exporters.source import Source

SOURCE = "Oxford page on rational neural networks (2021)"
EASY = "Moreover, they are easy to implement in existing deep learning architectures such as TensorFlow or PyTorch [2]."
ON = (Fraction(-1), Fraction(1))


class Ran(NamedTuple):
    """An export that was run: its number format, and the largest |computed − r| as a fraction of the proved bound."""

    dtype: str
    error: float
    bound: float

    @property
    def within(self) -> bool:
        return self.error <= self.bound


@cache
def fitted() -> Any:
    return ratapprox.fit("relu", type=(3, 2), on=(-1, 1))


def points(dtype: str, effort: Effort) -> np.ndarray:
    """Equispaced points of [−1, 1] and powers of 2 down to where numbers end to be normal."""
    least = -1020.0 if dtype == "float64" else -126.0
    small = 2.0 ** np.arange(least, 0, 3 if effort == "full" else 17)
    return np.concatenate([np.linspace(-1, 1, 20_001 if effort == "full" else 2001), small, -small, [0.0]]).astype(
        dtype
    )


def held(to: str, computed: np.ndarray, x: np.ndarray) -> Ran:
    """What was computed in the type of x, against exact arithmetic."""
    exact, dtype = fitted().rational.exact(), x.dtype.name
    errors = (
        abs(Fraction(float(y)) - exact(Fraction(float(v)))) for v, y in zip(x, computed.astype(float), strict=True)
    )
    program = source_of(fitted(), to, dtype=dtype)
    assert isinstance(program, Source)  # one rational function, no pieces
    bound = rounding_bound(program, dtype, ON)
    return Ran(dtype, float(max(errors)), float(bound))


def text(to: str, **options: Any) -> Any:
    return ratapprox.export(fitted(), to, **options)


def loaded(to: str, **options: Any) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": f"exported_{to}"}
    exec(compile(text(to, **options), f"<{to}>", "exec"), names)
    return names


# -- how each of them runs: points -> values ---------------------------------------------------------------------------


def in_numpy(x: np.ndarray) -> np.ndarray:
    return np.asarray(loaded("numpy", dtype=x.dtype.name)["relu_3_2"](x))


def in_c(x: np.ndarray) -> np.ndarray:
    """gcc -O2, C99: products and sums are not contracted."""
    kind, end = ("float", "f") if x.dtype == np.float32 else ("double", "")
    loop = f"void go(const {kind} *x, {kind} *y, long n) {{ for (long k = 0; k < n; ++k) y[k] = relu_3_2{end}(x[k]); }}"
    with TemporaryDirectory() as folder:
        Path(folder, "relu.h").write_text(text("c"))
        Path(folder, "go.c").write_text(f'#include "relu.h"\n{loop}\n')
        words = ["gcc", "-std=c99", "-O2", "-ffp-contract=off", "-shared", "-fPIC", "go.c", "-o", "go.so", "-lm"]
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
        library = ctypes.CDLL(str(Path(folder, "go.so")))
        y, pointer = np.empty_like(x), ctypes.c_void_p
        library.go(x.ctypes.data_as(pointer), y.ctypes.data_as(pointer), ctypes.c_long(x.size))
    return y


def in_torch(x: np.ndarray) -> np.ndarray:
    import torch

    layer = loaded("torch")["RationalRelu32"](dtype=getattr(torch, x.dtype.name))
    with torch.no_grad():
        return np.asarray(layer(torch.from_numpy(x)).numpy())


def in_jax(x: np.ndarray) -> np.ndarray:
    """Compiled."""
    import jax

    with jax.enable_x64(x.dtype == np.float64):
        return np.asarray(jax.jit(loaded("jax")["relu_3_2"])(jax.numpy.asarray(x)))


def in_onnx(x: np.ndarray) -> np.ndarray:
    import onnxruntime

    model = text("onnx", rank=1, dtype=x.dtype.name)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x})[0])


def in_keras(x: np.ndarray) -> np.ndarray:
    """In a process of its own, since Keras chooses its backend when it is imported."""
    backend = next(name for name in ("tensorflow", "jax", "torch") if find_spec(name))
    run = (
        "import sys, numpy as np; sys.path.insert(0, '.'); import exported, keras; "
        "layer = exported.RationalRelu32(dtype='float32'); "
        "np.save('y.npy', keras.ops.convert_to_numpy(layer(keras.ops.convert_to_tensor(np.load('x.npy')))))"
    )
    with TemporaryDirectory() as folder:
        Path(folder, "exported.py").write_text(text("keras"))
        np.save(Path(folder, "x.npy"), x)
        environment = {**os.environ, "KERAS_BACKEND": backend}
        subprocess.run([sys.executable, "-c", run], cwd=folder, env=environment, check=True, capture_output=True)
        return np.asarray(np.load(Path(folder, "y.npy")))


RUNS: Mapping[str, tuple[Callable[[np.ndarray], np.ndarray], tuple[str, ...], tuple[str, ...]]] = {
    "numpy": (in_numpy, ("numpy",), ("float32", "float64")),
    "c": (in_c, ("gcc",), ("float32", "float64")),
    "torch": (in_torch, ("torch",), ("float32", "float64")),
    "jax": (in_jax, ("jax",), ("float32", "float64")),
    "onnx": (in_onnx, ("onnx", "onnxruntime"), ("float32", "float64")),
    "keras": (in_keras, ("keras",), ("float32",)),
}
"""How a format is run, what it needs, and the number formats that are tried."""


def missing(needs: tuple[str, ...]) -> list[str]:
    return [n for n in needs if not (shutil.which(n) if n == "gcc" else find_spec(n))]


def versions(needs: tuple[str, ...]) -> str:
    return ", ".join(n if n == "gcc" else f"{n} {version(n)}" for n in needs)


@claim(
    "exports.within_the_bound",
    "The exported (3, 2) ReLU runs in NumPy, C, PyTorch, JAX, Keras and ONNX Runtime and differs from the exact "
    "rational function on [−1, 1] by no more than the proved bound of its rounding",
    source=SOURCE,
    kind="measured",
    rows=["A8"],
    quotes=[EASY],
    assumptions=[
        "of those that are installed; an export that is not run is named, and decides nothing",
        "refuted by one value that is farther off than the bound",
    ],
)
def within_the_bound(effort: Effort = "quick") -> Evidence:
    """Every export that can be run here, point by point against fractions."""
    found: dict[str, list[Ran]] = {}
    absent: dict[str, list[str]] = {}
    for to, (run, needs, dtypes) in RUNS.items():
        if lacking := missing(needs):
            absent[to] = lacking
            continue
        found[to] = [held(to, run(x), x) for x in (points(dtype, effort) for dtype in dtypes)]
    outside = [to for to, of in found.items() if not all(ran.within for ran in of)]
    frameworks = [n for n in ("tensorflow", "torch") if find_spec(n)]
    return measured(
        bool(found) and not outside,
        f"within the bound: {', '.join(to for to in found if to not in outside) or 'none'}"
        + (f"; beyond it: {', '.join(outside)}" if outside else "")
        + (f"; not run, since not installed: {', '.join(absent)}" if absent else "; all of them were run")
        + ("" if "tensorflow" in frameworks else "; Keras ran without TensorFlow, which is not installed"),
        *(
            f"{to} ({versions(RUNS[to][1])}): "
            + ", ".join(f"{r.dtype} at most {r.error:.3g} off, proved {r.bound:.3g}" for r in of)
            for to, of in found.items()
        ),
        f"{len(points('float32', effort))} points in float32, {len(points('float64', effort))} in float64: equispaced, "
        "and powers of 2 down to the least normal one",
        runs={to: [dict(r._asdict()) for r in of] for to, of in found.items()},
        versions={to: versions(RUNS[to][1]) for to in found},
        missing=absent,
    )
