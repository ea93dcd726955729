"""The Python function gives the bits of the analysed programs, and keeps dtype and shape."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings

from ratapprox import Rational
from ratapprox.formats.exporters import export
from ratapprox.formats.exporters.source import source
from tests.formats.exporters import reference
from tests.formats.exporters.reference import CASES, RELU, assert_same_bits, exportable, grid, sources


def loaded(of):
    namespace: dict[str, object] = {}
    exec(compile(export(of, "numpy"), "exported", "exec"), namespace)
    return namespace[of.name], namespace[f"{of.name}_derivative"]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_value_and_derivative_have_the_bits_of_the_analysed_programs(dtype):
    for of in sources(dtype):
        x = grid(of, dtype)
        value, derivative = loaded(of)
        assert_same_bits(value(x), reference.value(of, dtype, x), x, of.name)
        assert_same_bits(derivative(x), reference.slope(of, dtype, x), x, f"{of.name}'")


@settings(max_examples=60)
@given(exportable("float32", "float64"))
def test_any_function_has_the_bits_of_the_analysed_programs(r):
    for form in ("horner", "reciprocal"):
        for dtype in ("float32", "float64"):
            of = source(r, form=form, dtypes=(dtype,))
            x = grid(of, dtype)[::7]
            value, derivative = loaded(of)
            assert_same_bits(value(x), reference.value(of, dtype, x), x, r)
            assert_same_bits(derivative(x), reference.slope(of, dtype, x), x, r)


@pytest.mark.parametrize("name", CASES)
def test_infinity_gives_the_limit_and_nan_stays(name):
    of = source(CASES[name], dtypes=("float64",))
    value, _ = loaded(of)
    np.testing.assert_allclose(value(np.array([-np.inf, np.inf])), of.limits(), rtol=2.0**-50)
    assert np.isnan(value(np.nan))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_and_shape_of_x_are_kept(dtype):
    value, derivative = loaded(source(RELU))
    x = np.linspace(-2, 2, 24).reshape(2, 3, 4).astype(dtype)
    assert value(x).dtype == derivative(x).dtype == dtype
    assert value(x).shape == derivative(x).shape == (2, 3, 4)
    assert value(x[0, 0, 0]).dtype == dtype
    assert value(np.empty((0, 3), dtype)).shape == (0, 3)


def test_numbers_and_integers_give_float64():
    value, _ = loaded(source(RELU, dtypes=("float64",)))
    assert isinstance(value(1), np.float64)
    assert value(1) == value(True) == value(np.int8(1)) == value(1.0) == RELU(1.0)
    assert value([1, 2]).dtype == np.float64


@pytest.mark.parametrize("x", [1j, "1", None, np.array(["1"]), np.datetime64("2020")])
def test_what_is_no_real_number_is_refused(x):
    value, _ = loaded(source(RELU))
    with pytest.raises(TypeError, match="real numbers are needed"):
        value(x)


def test_half_precision_is_worked_on_in_the_wider_type_of_the_source():
    value, _ = loaded(source(RELU, dtypes=("float32",)))
    x = np.linspace(-1, 1, 1001).astype(np.float16)
    assert np.array_equal(value(x), value(x.astype(np.float32)).astype(np.float16))


def test_the_text_needs_numpy_alone(tmp_path):
    path = tmp_path / "exported.py"
    path.write_text(export(Rational([0, 1], [1, 0, 1]), "numpy", name="serpentine"))
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import exported
print(exported.serpentine(1.0), "ratapprox" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-I", "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "0.5 False\n"


def test_bfloat16_is_refused_because_numpy_has_none():
    with pytest.raises(ValueError, match="numpy is not written in bfloat16: choose one of float64, float32, float16"):
        export(RELU, "numpy", dtype="bfloat16")
