"""Condition numbers against known spectra, other arithmetic, and the traps of float64."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.networks.initialisation import Gains, He, initialise
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk import certified, condition, kernel, measured
from ratapprox.networks.ntk.balls import kernel_balls
from ratapprox.networks.ntk.conditioning import Condition, certified_eigenvalues, judged
from ratapprox.networks.ntk.definite import all_eigenvalues, congruence, extremes, pivots
from ratapprox.networks.units import unit

UNITS = ["rational", "raf", "ralu", "tanh", "relu", "gelu", "elu", "mish", "hard_tanh", "sqrt(1 + x**2)"]
LECUN = Gains(0.5, (1.0,) * 9)


def grid(samples):
    return np.linspace(-1, 1, samples)[:, None]


def published(name, samples):
    """The network 1-256-256-1 of the seed 0, drawn layer by layer, weights first; the grid of so many points."""
    net = Mlp((1, 256, 256, 1), unit(name))
    random, parameters = np.random.default_rng(0), np.empty(net.size)
    for slot in net.slots:
        m = net.widths[slot.layer]
        part = random.normal(size=slot.shape) / m**0.5 if slot.kind == "weights" else None
        part = random.uniform(-0.5, 0.5, slot.shape) if slot.kind == "biases" else part
        part = [draw.value for draw in net.units[0].initial] if slot.kind == "coefficients" else part
        parameters[slot.start : slot.stop] = np.ravel(part)
    return net, parameters, grid(samples)


def exact_matrix(eigenvalues, seed):
    """A rational symmetric matrix with these eigenvalues: Q D Qᵀ, Q by Cayley's transform of a skew matrix."""
    size = len(eigenvalues)
    random = np.random.default_rng(seed)
    skew = [[0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i):
            skew[i][j] = int(random.integers(-9, 10))
            skew[j][i] = -skew[i][j]
    a, one = fmpq_mat(skew), fmpq_mat([[int(i == j) for j in range(size)] for i in range(size)])
    q = (one - a) * (one + a).inv()
    d = fmpq_mat([[eigenvalues[i] if i == j else fmpq(0) for j in range(size)] for i in range(size)])
    return q * d * q.transpose()


# -- the enclosure of eigenvalues --------------------------------------------------------------------------------------


@given(st.lists(st.integers(-60, 60), min_size=1, max_size=7), st.integers(0, 10**6))
def test_the_ranges_hold_the_eigenvalues_that_a_matrix_was_built_with(powers, seed):
    eigenvalues = sorted(fmpq(10) ** p for p in powers)
    exact = exact_matrix(eigenvalues, seed)
    with ctx.workprec(900):
        matrix = arb_mat(exact)
        smallest, largest = extremes(matrix)
        assert smallest.lower <= arb(eigenvalues[0]) <= smallest.upper
        assert largest.lower <= arb(eigenvalues[-1]) <= largest.upper
        assert smallest.lower > smallest.upper * 0.9999
        assert largest.upper < largest.lower * 1.3
        for found, value in zip(all_eigenvalues(matrix), eigenvalues, strict=True):
            assert found.lower <= arb(value) <= found.upper


@given(st.integers(20, 400), st.integers(0, 10**6))
def test_too_few_bits_never_prove_what_is_not_so(bits, seed):
    """λ_min = 1e-60 of λ_max: below about 200 bits nothing can be known of it, and nothing wrong is said."""
    eigenvalues = [fmpq(10) ** p for p in (-60, -31, -8, 0)]
    exact = exact_matrix(eigenvalues, seed)
    with ctx.workprec(bits):
        smallest, largest = extremes(arb_mat(exact))
        assert smallest.lower <= arb(eigenvalues[0]) + arb(0)
        assert smallest.upper >= arb(eigenvalues[0]) - arb(0)
        assert smallest.lower == 0 or bits > 190
        assert largest.lower <= 1 <= largest.upper


def test_a_small_radius_is_no_proof_of_definiteness():
    """All radii are 1e-90, and the smallest eigenvalue of the midpoint is 5e-101: it may be negative."""
    with ctx.workprec(1000):
        entries = [arb(1), arb(1), arb(1), 1 + arb(10) ** -100]
        sharp = arb_mat(2, 2, entries)
        blurred = arb_mat(2, 2, [arb(value, arb(10) ** -90) for value in entries])
        assert extremes(sharp)[0].lower > 0
        smallest, _ = extremes(blurred)
        assert smallest.lower == 0
        assert smallest.upper < arb(10) ** -89


def test_an_indefinite_matrix_is_not_proved_definite():
    with ctx.workprec(200):
        matrix = arb_mat([[1, 2], [2, 1]])
        assert not pivots(matrix.tolist())[-1] > 0
        assert extremes(matrix)[0].lower == 0
        assert [round(float(found.lower)) for found in all_eigenvalues(matrix)] == [-1, 3]


def test_the_congruence_is_exact_and_unit_triangular():
    with ctx.workprec(120):
        x, _ = congruence(arb_mat(exact_matrix([fmpq(1), fmpq(2), fmpq(1, 10**9)], 4)))
        for i, row in enumerate(x.tolist()):
            assert all(value.is_exact() for value in row)
            assert row[i] == 1 and all(value == 0 for value in row[i + 1 :])


# -- kernels in balls --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("sharing", ["layer", "neuron", 2])
@pytest.mark.parametrize("name", UNITS)
def test_the_balls_hold_the_kernel_of_floats_nearly(name, sharing, residual):
    net = Mlp((2, 6, 6, 2), unit(name), sharing, residual)
    random = np.random.default_rng(6)
    parameters, x = random.normal(size=net.size) / 2, random.normal(size=(3, 2))
    floats = kernel(net, parameters, x)
    with ctx.workprec(200):
        balls = kernel_balls(net, parameters, x)
        assert balls.nrows() == 6
        assert max(ball.rad() for ball in balls.entries()) < arb(2) ** -150
        middle = np.array([float(ball) for ball in balls.entries()]).reshape(6, 6)
    # near a pole of the unit floats lose more
    assert np.abs(middle - floats).max() < 1e-13 * np.abs(floats).max()


@pytest.mark.parametrize("name", ["tanh", "rational"])
def test_the_balls_hold_the_kernel_that_sympy_derives(name):
    """A network 1-2-1, differentiated symbolically by each parameter and evaluated with 60 digits."""
    net = Mlp((1, 2, 1), unit(name))
    parameters = np.random.default_rng(2).normal(size=net.size)
    symbols = sympy.symbols(f"t:{net.size}", real=True)
    x = sympy.Symbol("x", real=True)
    layers = net.layers(np.array(symbols, dtype=object))
    own = dict(zip(unit(name).symbols, layers[0].coefficients.ravel(), strict=False))
    sigma = unit(name).expression.xreplace(own)
    hidden = [sigma.xreplace({x: x * layers[0].weights[0, i] + layers[0].biases[i]}) for i in range(2)]
    output = sum(hidden[i] * layers[1].weights[i, 0] for i in range(2)) + layers[1].biases[0]
    values = {s: sympy.Rational(*float(v).as_integer_ratio()) for s, v in zip(symbols, parameters, strict=True)}
    at = [sympy.Rational(1, 4), sympy.Rational(-3, 2), sympy.Rational(2)]
    rows = [[sympy.diff(output, s).subs({x: t}).xreplace(values).evalf(60) for s in symbols] for t in at]
    with ctx.workprec(300):
        balls = kernel_balls(net, parameters, np.array([[0.25], [-1.5], [2.0]]))
        for i in range(3):
            for j in range(3):
                expected = sum(a * b for a, b in zip(rows[i], rows[j], strict=True))
                assert abs(balls[i, j] - arb(str(expected))) < arb(10) ** -50


# -- condition numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["rational", "ralu", "tanh", "relu", "sine"])
def test_what_float64_calls_exact_holds_what_balls_prove(name, seed):
    net = Mlp((1, 32, 32, 1), unit(name))
    (parameters,) = initialise(net, LECUN, [seed])
    floats, balls = measured(net, parameters, grid(8)), certified(net, parameters, grid(8))
    assert (floats.status, balls.status) == ("exact", "certified")
    # the intervals meet; that of the balls is 1e-9 wide
    assert max(floats.log10[0], balls.log10[0]) <= min(floats.log10[1], balls.log10[1])
    assert balls.log10[1] - balls.log10[0] < 1e-6
    assert floats.log10[1] - floats.log10[0] < 0.2


@pytest.mark.parametrize(("name", "log10"), [("rational", 15.56), ("tanh", 25.12), ("sine", 37.33)])
def test_the_condition_numbers_measured_once_at_32_points_are_found_again(name, log10):
    """From weights and biases alone, python-flint at 2600 bits, power and inverse iteration."""
    net, parameters, x = published(name, 32)
    found = certified(net, parameters, x, kinds=("weights", "biases"))
    assert found.status == "certified"
    assert abs(found.value - log10) < 0.006


@pytest.mark.slow
@pytest.mark.parametrize(("name", "log10"), [("rational", 32.33), ("tanh", 52.21), ("sine", 84.64)])
def test_the_condition_numbers_measured_once_at_64_points_are_found_again(name, log10):
    net, parameters, x = published(name, 64)
    found = certified(net, parameters, x, kinds=("weights", "biases"))
    assert found.status == "certified"
    assert abs(found.value - log10) < 0.006


def test_the_smallest_eigenvalue_of_floats_is_noise_and_the_answer_says_so():
    net, parameters, x = published("sine", 32)
    k = kernel(net, parameters, x)
    assert np.linalg.eigvalsh(k)[0] < 0  # the trap: K is positive definite
    found = measured(net, parameters, x)
    assert found.status == "lower bound" and math.isinf(found.log10[1])
    assert 20 < found.log10[0] < 37.0
    assert "float64 saturates" in found.reason
    assert repr(found).startswith("Condition: log10 κ ≥ 2")


def test_the_condition_number_is_certified_where_floats_saturate_and_only_there():
    net = Mlp((1, 16, 1), unit("tanh"))
    (parameters,) = initialise(net, LECUN, [0])
    assert condition(net, parameters, grid(4)).status == "exact"
    assert condition(net, parameters, grid(20)).status == "certified"


def test_linear_regression_has_the_condition_number_of_its_moments():
    """K = x xᵀ + 1 at ±1: eigenvalues 2 and 2; at 1 and 2: 7/2 ± √(49/4 - 1)."""
    net = Mlp((1, 1), ())
    assert certified(net, np.zeros(2), np.array([[-1.0], [1.0]])).value == pytest.approx(0, abs=1e-6)
    root = math.sqrt(49 / 4 - 1)
    expected = math.log10((3.5 + root) / (3.5 - root))
    for method in (measured, certified):
        assert method(net, np.zeros(2), np.array([[1.0], [2.0]])).value == pytest.approx(expected, abs=1e-6)


def test_several_outputs_count_as_rows():
    net = Mlp((1, 16, 3), unit("tanh"))
    (parameters,) = initialise(net, LECUN, [1])
    found = certified(net, parameters, grid(4))
    values = np.linalg.eigvalsh(kernel(net, parameters, grid(4)))
    assert found.value == pytest.approx(math.log10(values[-1] / values[0]), abs=1e-6)


def test_all_eigenvalues_are_proved_and_are_those_of_mpmath():
    net = Mlp((1, 8, 1), unit("tanh"))
    (parameters,) = initialise(net, LECUN, [0])
    found = certified_eigenvalues(net, parameters, grid(8), bits=300)
    with ctx.workprec(400):
        entries = [str(ball.mid().str(100, radius=False)) for ball in kernel_balls(net, parameters, grid(8)).entries()]
    with mpmath.workdps(90):
        matrix = mpmath.matrix(8, 8)
        for place, entry in enumerate(entries):
            matrix[place // 8, place % 8] = mpmath.mpf(entry)
        values = sorted(mpmath.eigsy(matrix, eigvals_only=True), reverse=True)
    assert found == pytest.approx([float(value) for value in values], rel=1e-8)


# -- singular kernels and failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [measured, certified, condition])
def test_equal_samples_make_the_kernel_exactly_singular(method):
    net = Mlp((1, 16, 1), unit("tanh"))
    found = method(net, np.ones(net.size), np.array([[0.5], [0.0], [1.0], [-0.0]]))
    assert found.singular and found.status == "exact" and found.value == math.inf
    assert found.reason == "samples 1 and 3 are equal, so that the kernel is singular"
    assert repr(found) == f"Condition: log10 κ = ∞ (exact: {found.reason})"


@pytest.mark.parametrize("method", [measured, certified, condition])
def test_more_outputs_than_parameters_make_it_singular(method):
    net = Mlp((1, 1, 1), unit("tanh"))
    found = method(net, np.ones(4), grid(5))
    assert found.singular and "5 outputs and only 4 parameters" in found.reason


def test_three_samples_in_one_linear_piece_of_a_relu_network_are_never_called_regular():
    """There the rows of J are affine in x: the kernel is singular, and every precision says more than the last."""
    net = Mlp((1, 4, 1), unit("relu"))
    (parameters,) = initialise(net, He(0.5), [0])
    x = np.array([[10.0], [10.25], [10.5]])
    found = condition(net, parameters, x)
    assert found.status == "lower bound"
    assert found.log10[0] > 1000
    assert "not separated from singular at 6144 bits" in found.reason


def test_one_sample_has_the_condition_number_1():
    net = Mlp((1, 4, 1), unit("tanh"))
    assert measured(net, np.ones(net.size), np.zeros((1, 1))).log10 == (0.0, 0.0)
    assert certified(net, np.ones(net.size), np.zeros((1, 1))).value == pytest.approx(0, abs=1e-6)


def test_a_kernel_that_is_0_has_no_condition_number():
    net = Mlp((1, 2, 1), unit("relu"))
    parameters = np.zeros(net.size)
    with pytest.raises(ValueError, match="no output depends on the parameters"):
        measured(net, parameters, np.array([[0.0], [1.0]]), kinds=("weights",))


def test_when_the_time_is_over_a_lower_bound_is_left_with_the_reason():
    net, parameters, x = published("sine", 32)
    found = condition(net, parameters, x, time_limit=1e-3)
    assert found.status == "lower bound"
    assert found.log10[0] > 20
    assert "time limit of 0.001 s reached at 192 bits" in found.reason


def test_too_few_bits_leave_a_lower_bound():
    net, parameters, x = published("sine", 32)
    found = certified(net, parameters, x, most_bits=64)
    assert found.status == "lower bound" and "at 64 bits" in found.reason
    tried = certified(net, parameters, x, most_bits=200)
    assert tried.log10[0] < 37.4


@pytest.mark.parametrize("method", [measured, certified, condition])
def test_numbers_that_are_not_finite_are_refused(method):
    net = Mlp((1, 4, 1), unit("tanh"))
    with pytest.raises(ValueError, match="13 of 13 parameters are not finite"):
        method(net, np.full(13, np.nan), grid(3))
    with pytest.raises(ValueError, match="numbers of the samples are not finite"):
        method(net, np.ones(13), np.array([[0.0], [np.inf]]))


def test_an_overflowing_network_is_refused():
    net = Mlp((1, 4, 1), unit("exp"))
    with pytest.raises(ValueError, match="layer 1 of Mlp 1-4-1, exp: 13 parameters are not finite: the network"):
        measured(net, np.full(net.size, 1000.0), grid(3))


def test_the_precision_of_the_caller_is_left_as_it_was():
    before = ctx.prec
    net = Mlp((1, 4, 1), unit("tanh"))
    certified(net, np.ones(13) + np.arange(13), grid(3))
    certified(net, np.ones(13) + np.arange(13), grid(3), time_limit=1e-9)
    assert ctx.prec == before


@pytest.mark.parametrize(
    ("log10", "status", "text"),
    [
        ((7.195, 7.205), "exact", "= 7.20"),
        ((7.1, 7.3), "exact", "in [7.10, 7.30]"),
        ((31.26, math.inf), "lower bound", "≥ 31.2"),
        ((math.inf, math.inf), "exact", "= ∞"),
    ],
)
def test_a_number_is_printed_as_what_it_is(log10, status, text):
    assert Condition(log10, status, "", 53).text() == text


def test_eigenvalues_below_the_rounding_are_no_condition_number():
    assert judged(np.array([1.0, 1e-3]), 1e-15, "eigenvalues of the kernel").status == "exact"
    assert judged(np.array([1.0, 1e-14]), 1e-15, "eigenvalues of the kernel").status == "lower bound"
    assert judged(np.array([1.0, -1e-16]), 1e-15, "eigenvalues of the kernel").log10[0] == pytest.approx(15, abs=0.1)
