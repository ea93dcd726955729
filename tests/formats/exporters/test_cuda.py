"""The CUDA header compiles with nvcc, and its instructions are contracted or not as asked."""

import re

import pytest

from ratapprox.formats.exporters import export
from ratapprox.formats.exporters.source import source
from tests.formats.exporters.compilers import functions, library, needs, succeeds
from tests.formats.exporters.reference import RELU, sources
from tests.formats.exporters.test_c import assert_bits

BOTH = ("float32", "float64")
KERNEL = """
__global__ void apply_{name}(const {kind} *x, {kind} *y, long n)
{{ long k = blockIdx.x * (long)blockDim.x + threadIdx.x; if (k < n) y[k] = {name}(x[k]); }}
"""


def kernels(written):
    kinds = {"float32": "float", "float64": "double"}
    return "".join(
        KERNEL.format(name=name, kind=kinds[dtype]) for of in written for name, dtype in functions(of)
    )


def ptx(folder, written, *flags, **options):
    for of in written:
        (folder / f"{of.name}.cuh").write_text(export(of, "cuda", **options))
    text = "".join(f'#include "{of.name}.cuh"\n' for of in written) + kernels(written)
    (folder / "all.cu").write_text(text)
    succeeds(["nvcc", *flags, "-Werror", "all-warnings", "-ptx", "all.cu", "-o", "all.ptx"], folder)
    return (folder / "all.ptx").read_text()


@needs("nvcc")
@pytest.mark.parametrize("flags", [(), ("-std=c++14",), ("-std=c++20",)])
def test_nvcc_compiles_every_function(tmp_path, flags):
    text = ptx(tmp_path, sources(*BOTH), *flags)
    assert text.count(".entry") == 4 * len(sources())


@needs("nvcc")
def test_rounded_operations_are_never_contracted(tmp_path):
    written = [source(RELU, name="relu_r", dtypes=BOTH)]
    contracted = ptx(tmp_path, written)
    rounded = ptx(tmp_path, written, rounded=True)
    assert re.search(r"fma\.rn\.f32", contracted)
    assert re.search(r"fma\.rn\.f64", contracted)
    assert not re.search(r"\bfma\.", rounded)
    for operation in ("mul", "add", "sub", "div"):
        for kind in ("f32", "f64"):
            assert f"{operation}.rn.{kind}" in rounded


@needs("gcc")
def test_rounded_operations_mean_what_they_say(tmp_path):
    # without a GPU: the intrinsics defined as what they stand for, and the text compiled as C
    written = sources(*BOTH)
    names = {"mul": "*", "add": "+", "sub": "-", "div": "/"}
    stand_in = "#include <math.h>\n#define __device__\n#define __forceinline__ inline\n"
    for name, operator in names.items():
        for letter, kind in (("f", "float"), ("d", "double")):
            stand_in += f"static inline {kind} __{letter}{name}_rn({kind} a, {kind} b) {{ return a {operator} b; }}\n"
    headers = {"stand_in": "#pragma once\n" + stand_in}
    headers |= {of.name: '#include "stand_in.h"\n' + export(of, "cuda", rounded=True) for of in written}
    every = [name for of in written for name in functions(of)]
    assert_bits(library(tmp_path, headers, every, "-std=c99", "-O2", "-ffp-contract=off"), written)


@pytest.mark.parametrize("value", ["yes", 2, None, "True; x"])
def test_rounded_is_true_or_false(value):
    with pytest.raises(ValueError, match="it is true or false"):
        export(RELU, "cuda", rounded=value)


def test_the_command_line_says_true_in_words():
    assert export(RELU, "cuda", rounded="true") == export(RELU, "cuda", rounded=True) != export(RELU, "cuda")
