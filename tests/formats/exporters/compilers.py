"""Compiling and running exports: C through a shared library, others through their interpreters."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ratapprox.formats.exporters.source import Source

C_TYPES = {"float32": ("float", "f", ctypes.c_float), "float64": ("double", "", ctypes.c_double)}


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where a compiler or interpreter is not on the machine."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not on this machine")


def succeeds(words: list[str | Path], folder: Path) -> str:
    """Run in the folder; a failure shows what was printed."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    assert "warning" not in done.stderr, done.stderr
    return done.stdout


def wrapped(names: Iterable[tuple[str, str]]) -> str:
    """C functions that apply `name` to an array; names are given with their dtype."""
    return "".join(
        f"void apply_{name}(const {C_TYPES[dtype][0]} *x, {C_TYPES[dtype][0]} *y, long n)\n"
        f"{{ for (long k = 0; k < n; ++k) y[k] = {name}(x[k]); }}\n"
        for name, dtype in names
    )


def functions(of: Source) -> list[tuple[str, str]]:
    """The functions of a C export with their dtypes: value and derivative of each."""
    return [(of.name + part + C_TYPES[dtype][1], dtype) for dtype in of.dtypes for part in ("", "_derivative")]


def library(folder: Path, headers: dict[str, str], names: list[tuple[str, str]], *flags: str) -> ctypes.CDLL:
    """A shared library of array functions, compiled with every warning an error."""
    for name, text in headers.items():
        (folder / f"{name}.h").write_text(text)
    includes = "".join(f'#include "{name}.h"\n' for name in headers)
    (folder / "all.c").write_text(includes + wrapped(names))
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    succeeds(["gcc", *flags, *warnings, "-shared", "-fPIC", "all.c", "-o", "all.so", "-lm"], folder)
    return ctypes.CDLL(str(folder / "all.so"))


def applied(found: ctypes.CDLL, name: str, x: NDArray[Any]) -> NDArray[Any]:
    """The function of the library at x."""
    x = np.ascontiguousarray(x)
    y = np.empty_like(x)
    kind = ctypes.POINTER(C_TYPES[x.dtype.name][2])
    getattr(found, f"apply_{name}")(x.ctypes.data_as(kind), y.ctypes.data_as(kind), ctypes.c_long(x.size))
    return y
