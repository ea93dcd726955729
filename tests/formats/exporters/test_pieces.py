"""Functions of several pieces: every format has, piece by piece, the bits or the values of the analysed programs."""

import math
import subprocess
from fractions import Fraction
from shutil import which

import numpy as np
import pytest

import ratapprox
from ratapprox import PauA, PauB, PauC, Piecewise, Rational, TwoSlope
from ratapprox.formats.exporters import FORMATS, format_of
from ratapprox.formats.exporters.pieces import piece_source
from tests.formats.exporters import reference

ALGEBRAIC = PauB([0, 1], [0, -2, 0, 1])  # cut at ±√2
CASES = {
    "pau_a": PauA([0.03, 0.6169, 2.3753, 3.066, 1.5247, 0.2528], [-1.1916, 4.4080, 0.9110, 0.3488]),
    "pau_b": ALGEBRAIC,
    "pau_c": PauC([0, 1, 0.25], [0.5, 1, -0.25]),
    "two_slope": TwoSlope(Fraction(1, 2), Fraction(1, 2), Rational([1], [10, 0, 1])),
    "relu": Piecewise([0], [Rational([0]), Rational([0, 1])]),
    "poles_elsewhere": Piecewise(
        [Fraction(1, 3), 2], [Rational([1], [-3, 1]), Rational([-1]), Rational([0, 1, 2], [1, 5])]
    ),
    "steep": Piecewise([1], [Rational([0, 0, 0, 0, 1], [1, 0, 1]), Rational([1], [0, 0, 1, 1])]),
}  # fmt: skip


def source(name, to, form="horner", dtype=None):
    function = CASES[name] if isinstance(CASES[name], Piecewise) else CASES[name].function()
    return piece_source(function, name=name, dtypes=format_of(to).chosen(dtype), form=form)


def numbers(of, dtype):
    """The hostile grid of every piece, and the neighbours of every cut; what the analysed programs give there."""
    kind = reference.TYPES[dtype]
    cuts = np.array(of.cuts(dtype), kind)
    near = [cuts, np.nextafter(cuts, kind(-np.inf)), np.nextafter(cuts, kind(np.inf))]
    x = np.concatenate([*(reference.grid(each, dtype) for each in of.sources), *near])
    places = [sum(not math.isnan(v) and t <= Fraction(float(v)) for t in of.function.breakpoints)
              if math.isfinite(v) else len(cuts) * (not v < 0) for v in x]  # fmt: skip
    values = [reference.value(each, dtype, x) for each in of.sources]
    slopes = [reference.slope(each, dtype, x) for each in of.sources]
    return x, np.choose(places, values), np.choose(places, slopes)


@pytest.mark.parametrize("form", ["horner", "reciprocal"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_numpy_has_the_bits_of_each_piece_in_its_place(name, dtype, form):
    of = source(name, "numpy", form, dtype)
    module = {}
    exec(format_of("numpy").write(of, {}), module)
    x, values, slopes = numbers(of, dtype)
    reference.assert_same_bits(module[name](x), values, x, name)
    reference.assert_same_bits(module[f"{name}_derivative"](x), slopes, x, name)
    assert isinstance(module[name](0.5), np.float64) and module[name](np.ones((2, 3))).shape == (2, 3)


@pytest.mark.skipif(which("gcc") is None, reason="there is no C compiler")
@pytest.mark.parametrize("name", CASES)
def test_c_has_the_bits_of_each_piece_in_its_place(name, tmp_path):
    of = source(name, "c")
    (tmp_path / "r.h").write_text(format_of("c").write(of, {}))
    calls = "".join(
        f"void value{s}(const {c} *x, {c} *y, long n) {{ for (long k = 0; k < n; k++) y[k] = {name}{s}(x[k]); }}\n"
        f"void slope{s}(const {c} *x, {c} *y, long n)"
        f" {{ for (long k = 0; k < n; k++) y[k] = {name}_derivative{s}(x[k]); }}\n"
        for c, s in (("float", "f"), ("double", ""))
    )
    (tmp_path / "r.c").write_text('#include "r.h"\n' + calls)
    flags = ["-std=c99", "-O2", "-Wall", "-Wextra", "-pedantic", "-Werror", "-ffp-contract=off", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "r.c", "-o", "r.so", "-lm"], cwd=tmp_path, check=True)
    import ctypes

    library = ctypes.CDLL(str(tmp_path / "r.so"))
    for dtype, suffix in (("float32", "f"), ("float64", "")):
        x, *expected = numbers(of, dtype)
        for call, wanted in zip(("value", "slope"), expected, strict=True):
            y = np.empty_like(x)
            pointers = (ctypes.c_void_p(array.ctypes.data) for array in (x, y))
            getattr(library, call + suffix)(*pointers, ctypes.c_long(len(x)))
            reference.assert_same_bits(y, wanted, x, name)


def check_close(y, expected, x, dtype, what):
    """Equal, or within 16 units at the ends of the programs, which frameworks part elsewhere."""
    with np.errstate(all="ignore"):
        close = np.abs(y - expected) <= 16 * np.finfo(dtype).eps * np.abs(expected) + np.finfo(dtype).tiny
    same = (y == expected) | (np.isnan(y) & np.isnan(expected)) | close
    assert same.all(), (what, x[~same][:5], y[~same][:5], expected[~same][:5])


@pytest.mark.filterwarnings("ignore:.torch.jit.script(_method)?. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", sorted(CASES.keys() - {"steep"}))
def test_torch_has_values_and_slopes_of_each_piece_and_no_nan_from_the_others(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    of = source(name, "torch")
    module = {"__name__": "pieces"}
    exec(format_of("torch").write(of, {}), module)
    layer = next(value for key, value in module.items() if key.startswith("Rational"))()
    for dtype in ("float32", "float64"):
        x, values, _ = numbers(of, dtype)
        given = torch.from_numpy(x).requires_grad_()
        y = layer(given)
        check_close(y.detach().numpy(), values, x, dtype, name)
        (slope,) = torch.autograd.grad(y.sum(), given)
        _, ahead = torch.func.jvp(layer, (torch.from_numpy(x),), (torch.ones_like(given),))
        safe = np.isfinite(x) & (np.abs(x) < 1e6)
        safe &= np.all([abs(x - pole.value.real) > 0.1 for pole in of.function.poles()] or [True], axis=0)
        derivative = of.function.derivative()
        expected = np.array([float(derivative(Fraction(float(v)))) for v in x[safe]])
        eps = 1e-3 if dtype == "float32" else 1e-11
        np.testing.assert_allclose(slope.numpy()[safe], expected, rtol=eps, atol=eps)
        np.testing.assert_allclose(ahead.detach().numpy()[safe], expected, rtol=eps, atol=eps)
        left, right = (tail.slope for tail in of.function.limits())
        for found in (slope, ahead):
            assert found[np.isneginf(x)].unique().tolist() == pytest.approx([float(left)])
            assert found[np.isposinf(x)].unique().tolist() == pytest.approx([float(right)])
    assert layer(torch.ones(3, dtype=torch.bfloat16)).dtype == torch.bfloat16


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"steep"}))
def test_jax_has_values_and_slopes_of_each_piece_and_no_nan_from_the_others(name):
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    of = source(name, "jax")
    module = {}
    exec(format_of("jax").write(of, {}), module)
    x, values, _ = numbers(of, "float32")
    usual = (np.abs(x) >= np.finfo(np.float32).tiny) | (x == 0) | np.isnan(x)  # JAX takes others for 0
    x, values = x[usual], values[usual]
    check_close(np.asarray(module[name](x)), values, x, "float32", name)
    safe = np.isfinite(x) & (np.abs(x) < 1e6)
    safe &= np.all([abs(x - p.value.real) > 0.1 for p in of.function.poles()] or [True], axis=0)
    slope = np.asarray(jax.vmap(jax.grad(module[name]))(x[safe]))
    expected = [float(of.function.derivative()(Fraction(float(v)))) for v in x[safe]]
    np.testing.assert_allclose(slope, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("function", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_onnx_has_the_values_of_each_piece_in_its_place(name, function):
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    for dtype in ("float32", "float64"):
        of = source(name, "onnx", dtype=dtype)
        session = runtime.InferenceSession(format_of("onnx").write(of, {"function": function, "rank": 1}))
        x, values, _ = numbers(of, dtype)
        (y,) = session.run(None, {"x": x})
        reference.assert_same_bits(y + 0, values + 0, x, name)  # Where loses the sign of 0


def test_a_form_is_exported_as_its_exact_function():
    module = {}
    exec(ratapprox.export(ALGEBRAIC, "numpy", name="alg"), module)
    x = np.linspace(-4, 4, 999)
    np.testing.assert_allclose(module["alg"](x), ALGEBRAIC(x), rtol=1e-14)
    text = ratapprox.export(ALGEBRAIC, "c")
    assert "r(x) in 3 pieces of type (1, 4), cut at -sqrt 2, sqrt 2" in text
    assert "no pole on the whole real line" in text
    one = PauA([0, 1], [0, 1])
    assert ratapprox.export(one, "numpy") == ratapprox.export(one.function(), "numpy")


@pytest.mark.parametrize("to", sorted(name for name, entry in FORMATS.items() if not entry.pieces and name != "json"))
def test_formats_of_one_rational_refuse_pieces_and_name_those_that_take_them(to):
    dtype = "q4.12" if to == "fixed" else None
    with pytest.raises(ValueError, match=r"has 3 pieces, and \w+ writes one p/q: export to numpy, c, cuda, "):
        ratapprox.export(ALGEBRAIC, to, dtype=dtype)


def test_what_cannot_be_written_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match=r"torch writes .* several pieces with fixed coefficients: leave out guard"):
        ratapprox.export(ALGEBRAIC, "torch", guard=True)
    with pytest.raises(ValueError, match="too narrow or too far out for float32"):
        ratapprox.export(Piecewise([Fraction(1, 10**50), Fraction(2, 10**50)], [Rational([k]) for k in range(3)]), "c")
    with pytest.raises(ValueError, match="piece 1 has a pole at 0"):
        ratapprox.export(CASES["steep"], "torch")
    with pytest.raises(ValueError, match="is no identifier"):
        ratapprox.export(ALGEBRAIC, "c", name="x); system(1")
