"""Units on arrays: against sympy's own derivatives, balls, differences; hostile numbers, shapes and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import sympy
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.activations import ZOO, activation
from ratapprox.expressions import x as x_symbol
from ratapprox.networks.draws import Fixed
from ratapprox.networks.evaluate import backward, features, forward, jet, jet_backward
from ratapprox.networks.kernels import blocked, loops
from ratapprox.networks.units import Unit, unit
from tests.networks import oracle

PAU = "(a0 + a1*x + a2*x**2)/(1 + abs(b1*x) + abs(b2*x**2))"
TRAINED = [
    "rational",
    "ralu",
    "raf",
    PAU,
    "(a0 + a1*x)/(1 + abs(b1*x + b2*x**2))",
    "x*sigmoid(b*x)",
    "max(a*x, b)",
    "between",
    "outside",
    "sqrt(1 + (a*x)**2)",
    "a + x",
]
_a, _b = sympy.symbols("a b", real=True)
_BRANCHES = (_a * x_symbol, _a * sympy.exp(_b * x_symbol))
OWN = {
    name: Unit(name, sympy.Piecewise((_BRANCHES[0], condition), (_BRANCHES[1], True)), (_a, _b), (Fixed(1), Fixed(1)))
    for name, condition in (
        ("between", sympy.And(x_symbol > 0, x_symbol <= 1, evaluate=False)),
        ("outside", sympy.Or(x_symbol < -1, x_symbol >= 1, evaluate=False)),
    )
}
LAYOUTS = [((), 1), ((), 2), ((3,), 1), ((3,), 6), ((2, 2), 3)]


def drawn(name, lead, groups, n=7, d=6, dtype=np.float64, seed=0):
    """A unit, x (*lead, n, d), coefficients away from 0, and a function that draws arrays like x."""
    random = np.random.default_rng(seed)
    found = OWN.get(name) or unit(name)
    c = 0.3 + np.abs(random.normal(size=(*lead, groups, len(found.symbols))))
    return (
        found,
        random.normal(size=(*lead, n, d)).astype(dtype),
        c.astype(dtype),
        lambda: random.normal(size=(*lead, n, d)).astype(dtype),
    )


def close(found, expected, tolerance=1e-12):
    assert found.shape == expected.shape
    assert np.abs(found - expected).max(initial=0) <= tolerance * (1 + np.abs(expected).max(initial=0))


# -- two ways ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lead", "groups"), LAYOUTS)
@pytest.mark.parametrize("name", TRAINED)
def test_values_slopes_features_and_gradients_are_those_that_sympy_derives(name, lead, groups):
    found, x, c, like_x = drawn(name, lead, groups)
    gs = [like_x() for _ in range(3)]
    for ours, theirs in zip(jet(found, x, c, 2), oracle.jet(found, x, c, 2), strict=True):
        close(ours, theirs)
    for ours, theirs in zip(jet_backward(found, x, c, gs), oracle.jet_backward(found, x, c, gs), strict=True):
        close(ours, theirs)
    for ours, theirs in zip(backward(found, x, c, gs[0]), oracle.backward(found, x, c, gs[0]), strict=True):
        close(ours, theirs)
    close(features(found, x, c), oracle.features(found, x, c))


def test_coefficients_shared_by_all_members_get_the_sum_of_their_gradients():
    found, x, c, like_x = drawn("raf", (3, 2), 2)
    g = like_x()
    for part, axes in ((c[0, 0], (0, 1)), (c[:1, :1], (0, 1)), (c[0], (0,)), (c[:1], (0,)), (c[:, :1], (1,))):
        whole = np.broadcast_to(part, c.shape)
        dx, dc = backward(found, x, part, g)
        expected_dx, expected = backward(found, x, np.ascontiguousarray(whole), g)
        close(forward(found, x, part), forward(found, x, np.ascontiguousarray(whole)), 0)
        close(dx, expected_dx, 0)
        close(dc, expected.sum(axis=axes, keepdims=part.ndim == 4 or part.ndim == 3).reshape(part.shape))


@pytest.mark.parametrize("name", TRAINED)
def test_gradients_are_the_limits_of_differences(name):
    found, x, c, like_x = drawn(name, (2,), 3, seed=4)
    g, move_x, move_c = like_x(), like_x(), np.random.default_rng(7).normal(size=c.shape)
    dx, dc = backward(found, x, c, g)

    def moved(h):
        return (forward(found, x + h * move_x, c + h * move_c) * g).sum()

    # Richardson: steps h and h/2 of the central difference leave h^4
    coarse, fine = ((moved(h) - moved(-h)) / (2 * h) for h in (2e-5, 1e-5))
    rate = (dx * move_x).sum() + (dc * move_c).sum()
    assert abs(rate - (4 * fine - coarse) / 3) < 1e-7 * (1 + np.abs(dx * move_x).sum() + np.abs(dc * move_c).sum())


def test_a_jet_of_order_two_is_the_limit_of_differences_of_slopes():
    found, x, c, _ = drawn("rational", (), 1)
    h = 1e-5
    _, _, second = jet(found, x, c, 2)
    close(second, (jet(found, x + h, c, 1)[1] - jet(found, x - h, c, 1)[1]) / (2 * h), 1e-7)


# -- the zoo against balls ---------------------------------------------------------------------------------------------

HOSTILE = np.array(
    [0, 1e-30, 1e-8, 1e-4, 0.3, 0.49, 0.51, 1, 2, 5, 9, 17, 20, 30, 60, 88, 89, 104, 350, 710, 746, 1000, 1e4]
)
POINTS = np.concatenate([HOSTILE, -HOSTILE, 3 * np.random.default_rng(0).normal(size=30)])
PLAIN = [name for name in ZOO if not activation(name).parameters]


def exact(f, x):
    with ctx.workprec(4000):
        return np.array([float(f.arb(arb(float(t))).mid()) for t in x])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", PLAIN)
def test_every_named_activation_and_its_slope_lie_within_roundings_of_the_exact_ones(name, dtype):
    x = POINTS.astype(dtype)
    value, slope = (a[:, 0] for a in jet(unit(name), x[:, None], np.zeros((1, 0), dtype), 1))
    f = activation(name)
    expected, slopes, bends = (exact(g, x) for g in (f, f.derivative(), f.derivative().derivative()))
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).smallest_normal
    fits = np.abs(expected) <= np.finfo(dtype).max  # beyond, exp is infinity
    assert (value[~fits] == np.inf).all() and (slope[~fits] == np.inf).all()
    value, slope, x, expected, slopes, bends = (a[fits] for a in (value, slope, x, expected, slopes, bends))
    # 8 roundings of the value, or what a rounding of x makes of it; a value below the normal numbers may be 0
    allowed = 8 * (eps * (np.abs(expected) + np.abs(x * slopes)) + tiny * (1 + np.abs(x)))
    assert (np.abs(value - expected) <= allowed).all()
    # slopes such as 1 - t^2 are accurate absolutely, and a product with x multiplies that
    allowed = 8 * eps * (1 + np.abs(x) + np.abs(slopes) + np.abs(x * bends))
    assert (np.abs(slope - slopes) <= allowed).all()


RISING, FLAT = (np.inf, -np.inf, 1, 1), (1, -1, 0, 0)
RAMP = (np.inf, 0, 1, 0)
SELU = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717  # scale and alpha, as published
LIMITS = {  # σ(∞), σ(-∞), σ'(∞), σ'(-∞)
    **dict.fromkeys(["relu", "gelu", "gelu_tanh", "silu", "swish", "mish", "hard_swish", "softplus"], RAMP),
    **dict.fromkeys(["tanh", "erf", "softsign", "sign", "hard_tanh"], FLAT),
    **dict.fromkeys(["sigmoid", "hard_sigmoid", "clip"], (1, 0, 0, 0)),
    **dict.fromkeys(["identity", "tanhshrink", "softshrink"], RISING),
    **dict.fromkeys(["elu", "celu"], (np.inf, -1, 1, 0)),
    "leaky_relu": (np.inf, -np.inf, 1, 0.01),
    "abs": (np.inf, np.inf, 1, -1),
    "relu6": (6, 0, 0, 0),
    "selu": (np.inf, -SELU[0] * SELU[1], SELU[0], 0),
    "log_sigmoid": (0, -np.inf, 0, 1),
    "sin": (np.nan, np.nan, np.nan, np.nan),
    "gaussian": (0, 0, 0, 0),
    "exp": (np.inf, 0, np.inf, 0),
    "arctan": (np.pi / 2, -np.pi / 2, 0, 0),
    "square": (np.inf, np.inf, np.inf, -np.inf),
}


@pytest.mark.parametrize("many", [1, 4000], ids=["few", "many"])  # many are left to Numba where it suits
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", PLAIN)
def test_every_named_activation_and_its_slope_are_their_limits_at_infinity_and_nan_at_nan(name, dtype, many):
    x, none = np.repeat(np.array([[np.inf, -np.inf, np.nan]], dtype), many, axis=0), np.zeros((1, 0), dtype)
    value, slope = jet(unit(name), x, none, 1)
    assert np.isnan(value[:, 2]).all()
    assert np.isnan(slope[:, 2]).all() or name in ("identity", "sign")  # whose slopes do not depend on x
    backwards = backward(unit(name), x, none, np.ones_like(x))[0]
    expected = np.array(LIMITS[name], dtype)
    for found, limits in ((value, expected[:2]), (slope, expected[2:]), (backwards, expected[2:])):
        assert np.allclose(found[:, :2], limits, 4 * np.finfo(dtype).eps, 0, equal_nan=True)
    assert np.array_equal(forward(unit(name), x, none), value, equal_nan=True)


BENT = {"sin": (np.nan, np.nan), "exp": (np.inf, 0), "square": (2, 2)}
"""σ''(∞) and σ''(-∞), where they are not both 0."""


@pytest.mark.parametrize("many", [1, 4000], ids=["few", "many"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", PLAIN)
def test_second_derivatives_of_every_named_activation_are_their_limits_at_infinity(name, dtype, many):
    x, none = np.repeat(np.array([[np.inf, -np.inf]], dtype), many, axis=0), np.zeros((1, 0), dtype)
    limits = np.broadcast_to(np.array(BENT.get(name, (0, 0))), x.shape)
    assert np.array_equal(jet(unit(name), x, none, 2)[2], limits, equal_nan=True)
    if np.isfinite(LIMITS[name][2:]).all():  # 0 times an infinite slope is no number
        found = jet_backward(unit(name), x, none, np.stack([np.zeros_like(x), np.ones_like(x)]))[0]
        assert np.array_equal(found, limits)


@pytest.mark.parametrize(("dtype", "far"), [(np.float32, 1e30), (np.float64, 1e30), (np.float64, 1e300)])
@pytest.mark.parametrize("name", [name for name in PLAIN if name != "sin"])
def test_every_named_activation_and_its_slope_are_exact_to_roundings_at_huge_numbers(name, dtype, far):
    x, f = np.array([far, -far], dtype), activation(name)
    value, slope = (a[:, 0] for a in jet(unit(name), x[:, None], np.zeros((1, 0), dtype), 1))
    for found, expected in ((value, exact(f, x)), (slope, exact(f.derivative(), x))):
        with np.errstate(over="ignore", under="ignore"):
            rounded = expected.astype(dtype)
        # 1 - (1 - 1/x) and the like are accurate absolutely
        assert np.allclose(found, rounded, 8 * np.finfo(dtype).eps, 8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", TRAINED)
def test_units_with_coefficients_give_at_infinity_a_limit_or_nan_and_nan_at_nan(name, dtype):
    found = OWN.get(name) or unit(name)
    c = np.ones((1, len(found.symbols)), dtype)
    assert np.isnan(forward(found, np.full((2, 3), np.nan, dtype), c)).all()
    for end in (np.inf, -np.inf):
        value = forward(found, np.array([[end]], dtype), c)[0, 0]
        near = forward(found, np.array([[np.sign(end) * 1e9]], dtype), c)[0, 0]
        same = value == near or (np.isinf(value) and np.sign(value) == np.sign(near)) or abs(value - near) < 1e-6
        assert np.isnan(value) or same


@pytest.mark.parametrize("many", [1, 3000])  # many are left to Numba
def test_a_rational_function_whose_powers_overflow_is_nan_or_infinite_or_zero_and_not_another_number(many):
    x = np.repeat(np.array([[1e13, -1e13, 1e25, np.inf]], np.float32), many, axis=0)
    value = forward(unit("rational"), x, np.ones((1, 6), np.float32))
    assert np.array_equal(value[:1], [[np.inf, -np.inf, np.nan, np.nan]], equal_nan=True)
    assert np.array_equal(value, np.repeat(value[:1], many, axis=0), equal_nan=True)
    low = unit("(a0 + a1*x)/(1 + b1*x + b2*x**2 + b3*x**3)")
    assert (forward(low, x[:, :2], np.ones((1, 5), np.float32)) == 0).all()


@pytest.mark.parametrize("many", [2, 3000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_passes_no_branch_though_every_comparison_with_it_is_false(dtype, many):
    x, none = np.full((many, 1), np.nan, dtype), np.zeros((1, 0), dtype)
    assert np.isnan(forward(unit("Piecewise((1, x > 0), (2, True))"), x, none)).all()
    assert np.isnan(forward(unit("min(max(x, 0), 1)"), x, none)).all()
    assert np.isnan(jet(unit("relu"), x, none, 1)[1]).all()
    assert np.isnan(backward(unit("abs"), x, none, np.ones_like(x))[0]).all()


def test_kinks_have_the_mean_of_both_slopes_and_branches_that_are_not_taken_do_not_matter():
    at = np.array([[0.0, 1000.0, -1000.0]])
    none = np.zeros((1, 0))
    assert jet(unit("relu"), at, none, 1)[1].tolist() == [[0.5, 1, 0]]
    assert jet(unit("abs"), at, none, 1)[1].tolist() == [[0, 1, -1]]
    # exp(1000) is infinite, and 0 times that no number
    assert backward(unit("elu"), at, none, np.ones_like(at))[0].tolist() == [[1, 1, 0]]
    dx, dc = backward(unit("Piecewise((x, x > 0), (exp(a*x) - 1, True))"), at, np.ones((1, 1)), np.ones_like(at))
    assert dx.tolist() == [[1, 1, 0]]
    assert dc.tolist() == [[0]]


# -- arrays ------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 2), st.integers(0, 3), st.sampled_from([1, 3]), st.sampled_from([np.float32, np.float64]))
def test_empty_arrays_have_empty_values_and_zero_gradients(members, n, groups, dtype):
    found, x, c, like_x = drawn("rational", (members,), groups, n=n, dtype=dtype)
    dx, dc = backward(found, x, c, like_x())
    assert forward(found, x, c).shape == dx.shape == x.shape
    assert dc.shape == c.shape and dc.dtype == dx.dtype == dtype
    assert features(found, x, c).shape == (*x.shape, 6)
    if n == 0:
        assert not dc.any()


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("name", ["rational", "raf", PAU, "gelu"])
def test_arrays_with_gaps_and_turned_ones_give_what_their_copies_give(name, groups):
    found, x, c, like_x = drawn(name, (3,), groups, n=50)
    g = like_x()
    expected = backward(found, x, c, g)
    gap = np.zeros((3, 100, 12))
    gap[:, ::2, ::2] = x
    turned = np.asfortranarray(g)
    for ours, theirs in zip(backward(found, gap[:, ::2, ::2], c, turned), expected, strict=True):
        assert np.array_equal(ours, theirs)
    out = np.full((3, 100, 12), 7.0)
    filled = forward(found, x, c, out=out[:, ::2, ::2])
    assert filled.base is out
    assert np.array_equal(out[:, ::2, ::2], forward(found, x, c))
    assert (out[:, 1::2] == 7).all()


@pytest.mark.parametrize("n", [3, 3000])
@pytest.mark.parametrize("name", ["rational", "raf"])
def test_an_output_may_be_the_input_or_the_flow(name, n):
    found, x, c, like_x = drawn(name, (), 1, n=n)
    g = like_x()
    dx, dc = backward(found, x, c, g)
    value = forward(found, x, c)
    over = g.copy()
    found_dx, found_dc = backward(found, x, c, over, out=over)
    assert found_dx is over
    assert np.array_equal(over, dx) and np.array_equal(found_dc, dc)
    assert np.array_equal(forward(found, (y := x.copy()), c, out=y), value)


@pytest.mark.parametrize("name", ["rational", "raf", "gelu"])
def test_equal_calls_give_equal_bits_whatever_ran_between_and_beside(name):
    found, x, c, like_x = drawn(name, (2,), 2, n=9000)
    g = like_x()
    first = backward(found, x, c, g)
    again: list[tuple[np.ndarray, np.ndarray]] = []

    def work():
        forward(unit("tanh"), x[:, :100], np.zeros((2, 1, 0)))
        again.append(backward(found, x, c, g))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(again) == 3
    for other in again:
        assert all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_sums_over_many_elements_lose_nothing_in_single_precision():
    found, n = unit("a + x"), 3_000_000
    x = np.zeros((n, 1), np.float32)
    _, dc = backward(found, x, np.zeros((1, 1), np.float32), np.full_like(x, 0.1))
    assert abs(dc[0, 0] / (n * float(np.float32(0.1))) - 1) < 1e-6


@pytest.fixture
def numpy_alone(monkeypatch):
    monkeypatch.setattr(loops, "available", lambda: False)


QUARTIC = "a0 + a1*x + a2*x**2 + a3*x**3 + a4*x**4"


@pytest.mark.parametrize("n", [5, 40_000, 41_003])  # one block; equal ones; the last one shorter
@pytest.mark.parametrize("name", ["rational", QUARTIC, PAU, "(a0 + a1*x)/(1 + b1*x**2 + b2*x**4)", "tanh"])
def test_blocks_of_numpy_give_what_sympy_derives(name, n, numpy_alone):
    found, x, c, like_x = drawn(name, (2,), 1, n=n, d=3)
    g = like_x()
    for ours, theirs in zip(backward(found, x, c, g), oracle.backward(found, x, c, g), strict=True):
        close(ours, theirs, 1e-11)
    close(forward(found, x, c), oracle.jet(found, x, c, 0)[0])


def test_sums_of_v_x_to_the_k_in_blocks_are_as_exact_as_single_precision_is(numpy_alone):
    found, x, c, _ = drawn("rational", (), 1, n=300_000, d=1, dtype=np.float32)
    x, g = np.abs(x), np.full_like(x, 0.1)  # nothing cancels, and errors of one sign add up
    dx, dc = backward(found, x, c, g)
    expected_dx, expected = backward(found, *(a.astype(float) for a in (x, c, g)))
    eps = np.finfo(np.float32).eps
    assert (np.abs(dc / expected - 1) <= 4 * eps).all()  # found: 0.5
    assert np.abs(dx - expected_dx).max() <= 16 * eps * np.abs(expected_dx).max()  # found: 4


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("name", ["a*sign(b + x)", "sign(b + x)"])
def test_a_coefficient_that_moves_a_jump_has_no_gradient_beside_one_that_has(name, groups, numpy_alone):
    found, x, c, like_x = drawn(name, (2,), groups)
    g = like_x()
    dx, dc = backward(found, x, c, g)
    close(dc, oracle.backward(found, x, c, g)[1])
    assert not dx.any() and not dc[..., -1].any() and dc[..., :-1].all()


def test_a_power_that_only_a_sum_needs_may_overflow_without_harm_to_what_flows_back(numpy_alone):
    x = np.full((1, 4), 1e10, np.float32)  # x³ is a number, x⁴ is not
    dx, dc = backward(unit(QUARTIC), x, np.ones((1, 5), np.float32), np.ones_like(x))
    assert np.allclose(dx, 4e30, rtol=1e-6)
    assert np.isfinite(dc[0, :4]).all() and dc[0, 4] == np.inf


def test_the_bits_of_sums_do_not_depend_on_the_threads_of_blas():
    code = f"""
import numpy as np
from ratapprox.networks.evaluate import backward
from ratapprox.networks.kernels import loops
from ratapprox.networks.units import unit
loops.available = lambda: False
for name in ("rational", "raf", {QUARTIC!r}):
    random, found = np.random.default_rng(0), unit(name)
    x, g = (random.normal(size=(60_000, 1)) for _ in range(2))
    dx, dc = backward(found, x, 0.5 + random.random((1, len(found.symbols))), g)
    print(dc.tobytes().hex(), dx.tobytes().hex())
"""
    found = set()
    for threads in ("1", "2", "4"):
        environment = os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        found.add(done.stdout)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("x", "c", "says"),
    [
        (np.zeros(3), np.zeros((1, 6)), r"x has the shape \(3,\), c \(1, 6\): x is \(..., samples, columns\)"),
        (np.zeros((2, 3)), np.zeros((1, 5)), r"Unit rational, 6 coefficients needs c \(..., groups, 6\)"),
        (np.zeros((2, 3)), np.zeros((2, 6)), "the 3 columns of x do not divide into 2 equal groups"),
        (np.zeros((2, 3)), np.zeros((0, 6)), "do not divide into 0 equal groups"),
        (np.zeros((4, 2, 3)), np.zeros((3, 1, 6)), r"the leading axes \(3,\) of c do not broadcast to \(4,\) of x"),
        (np.zeros((2, 3)), np.zeros((2, 1, 6)), r"the leading axes \(2,\) of c do not broadcast to \(\) of x"),
        (np.zeros((2, 3), int), np.zeros((1, 6)), "x is of type int64: the networks compute in float32 or float64"),
        (np.zeros((2, 3), np.float16), np.zeros((1, 6)), "float16"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_what_was_found(x, c, says):
    with pytest.raises(ValueError, match=says):
        forward(unit("rational"), x, c)


def test_flows_and_outputs_that_do_not_fit_are_refused():
    x, c = np.zeros((2, 3)), np.ones((1, 6))
    with pytest.raises(ValueError, match=r"g0 has the shape \(3, 2\) and x \(2, 3\)"):
        backward(unit("rational"), x, c, np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"out is float32 \(2, 3\), and has to be float64 \(2, 3\) as x is"):
        forward(unit("rational"), x, c, out=np.zeros((2, 3), np.float32))


def test_blocks_of_any_size_give_the_same_values(monkeypatch):
    found, x, c, like_x = drawn("raf", (2,), 3, n=300)
    g = like_x()
    whole = backward(found, x, c, g)
    monkeypatch.setattr(blocked, "BLOCK", 8 * 6 * 11)
    for ours, theirs in zip(backward(found, x, c, g), whole, strict=True):
        close(ours, theirs, 1e-13)
