"""The Korteweg–de Vries data: against invariants, itself, a closed form, and exact coefficients."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.networks.problems import problem
from ratapprox.networks.problems.etdrk4 import advance, coefficients
from ratapprox.networks.problems.kdv import grid, solve
from ratapprox.networks.problems.two_soliton import soliton_pair


def test_the_grid_is_the_published_one():
    t, x, u = grid()
    assert u.shape == (201, 512)
    assert (t[0], t[-1]) == (0, 40)
    assert (x[0], x[-1]) == (-20, 20 - 40 / 512)
    np.testing.assert_allclose(u[0], -np.sin(np.pi * x / 20), atol=1e-14)
    # Of the published file: standard deviation 0.7071, range [-1.00, 2.31].
    assert abs(u.std() - 0.7071) < 5e-5
    assert abs(u.min() + 1.00) < 5e-3
    assert abs(u.max() - 2.31) < 5e-3


def test_mass_and_energy_are_conserved():
    _, _, u = grid()
    assert np.abs(u.mean(axis=1)).max() < 1e-14
    # Mean of u² is ½ exactly; a fourth-order method keeps it to its error, 3e-10 in u, and in fact much better.
    assert np.abs((u**2).mean(axis=1) - 0.5).max() < 3e-10


def test_the_third_invariant_is_conserved():
    _, _, u = grid()
    k = 2 * np.pi / 40 * np.arange(257)
    k[-1] = 0
    slope = np.fft.irfft(1j * k * np.fft.rfft(u, axis=1), 512, axis=1)
    hamiltonian = (u**3 / 6 - slope**2 / 2).mean(axis=1)
    assert np.ptp(hamiltonian) < 1e-9


def test_the_grid_is_right_to_4e_10():
    t, x, u = grid()
    finer = solve(-np.sin(np.pi * x[::2] / 20), 40.0, t, 0.002)
    # With a step 2.25 times as small the error is 25 times as small: the difference is the error to 4 %.
    assert np.abs(finer - u[:, ::2]).max() < 4e-10


def test_the_places_between_the_computed_ones_are_as_right():
    t, x, u = grid()
    early = t <= 8.0
    direct = solve(-np.sin(np.pi * x / 20), 40.0, t[early], 0.005)
    assert np.abs(direct - u[early]).max() < 4e-10


def test_the_error_falls_like_the_fourth_power_of_the_step():
    x = -20 + 40 * np.arange(256) / 256
    u0, times = -np.sin(np.pi * x / 20), np.array([0.0, 10.0])
    best = solve(u0, 40.0, times, 0.0025)[1]
    errors = [np.abs(solve(u0, 40.0, times, h)[1] - best).max() for h in (0.04, 0.02, 0.01)]
    orders = np.log2(errors[:-1]) - np.log2(errors[1:])
    assert np.all(np.abs(orders - 4) < 0.3), orders


def test_the_solver_follows_two_solitons_through_their_collision():
    # Period 120: the tails of the slower one, 4.3 e^(-0.6 |x|), are 1e-14 at the ends.
    x, t = -60 + 120 * np.arange(512) / 512, np.linspace(-8.0, 8.0, 17)
    exact = soliton_pair(*np.meshgrid(t, x, indexing="ij"), k=(1.0, 0.6))
    assert np.abs(solve(exact[0], 120.0, t, 0.005) - exact).max() < 2e-9


def test_uneven_times_are_reached():
    x = -20 + 40 * np.arange(128) / 128
    u0 = -np.sin(np.pi * x / 20)
    even = solve(u0, 40.0, np.array([0.0, 1.0, 2.0]), 0.01)
    uneven = solve(u0, 40.0, np.array([0.0, 0.3721, 1.0, 1.0001, 2.0]), 0.01)
    np.testing.assert_allclose(uneven[[0, 2, 4]], even, atol=1e-8)
    np.testing.assert_allclose(uneven[1], solve(u0, 40.0, np.array([0.0, 0.3721]), 0.01)[1], atol=1e-12)


def test_the_highest_mode_is_left_out():
    sawtooth = np.tile([1.0, -1.0], 8)
    np.testing.assert_allclose(solve(sawtooth, 1.0, np.array([0.0, 1.0]), 0.1), 0, atol=1e-14)
    coarse = solve(np.random.default_rng(0).standard_normal(16), 20.0, np.linspace(0, 1, 5), 0.01)
    np.testing.assert_allclose(coarse @ sawtooth, 0, atol=1e-12)


@pytest.mark.parametrize(
    ("u0", "period", "times", "step", "says"),
    [
        (np.zeros(7), 1.0, [0.0, 1.0], 0.1, "even number"),
        (np.zeros(2), 1.0, [0.0, 1.0], 0.1, "even number"),
        (np.zeros(8), 0.0, [0.0, 1.0], 0.1, "positive"),
        (np.zeros(8), 1.0, [0.0, 1.0], -0.1, "positive"),
        (np.zeros(8), 1.0, [0.0, 1.0], float("nan"), "positive"),
        (np.zeros(8), 1.0, [1.0, 0.0], 0.1, "increase"),
        (np.zeros(8), 1.0, [0.0, np.inf], 0.1, "increase"),
        (np.zeros(8), 1.0, [], 0.1, "increase"),
        (np.full(8, np.nan), 1.0, [0.0, 1.0], 0.1, "finite"),
    ],
)
def test_what_cannot_be_solved_is_refused(u0, period, times, step, says):
    with pytest.raises(ValueError, match=says):
        solve(u0, period, np.array(times), step)


def test_a_lost_solution_is_no_answer():
    x = np.arange(256) / 256
    with pytest.raises(OverflowError, match="smaller"):
        solve(1e4 * np.sin(2 * np.pi * x), 1.0, np.array([0.0, 1.0]), 0.1)


def phi(n, z):
    """φₙ(z) = Σ zᵏ/(k + n)!"""
    return mpmath.nsum(lambda k: z**k / mpmath.factorial(k + n), [0, mpmath.inf]) if abs(z) < 1 else closed(n, z)


def closed(n, z):
    value = mpmath.exp(z)
    for k in range(n):
        value = (value - 1 / mpmath.factorial(k)) / z
    return value


@given(
    st.one_of(
        st.just(0j),
        st.builds(complex, st.just(0.0), st.floats(-1e3, 1e3)),
        st.builds(complex, st.floats(-30, 3), st.floats(-30, 30)),
        st.builds(lambda e, s: complex(0, s * 10.0**e), st.integers(-12, 0), st.sampled_from([-1, 1])),
    )
)
def test_the_coefficients_are_those_of_the_phi_functions(z):
    """f₁ = h(φ₁ - 3φ₂ + 4φ₃), f₂ = h(2φ₂ - 4φ₃), f₃ = h(4φ₃ - φ₂), Q = (h/2) φ₁(z/2)."""
    h = 0.25
    c = coefficients(np.array([z / h]), h)
    with mpmath.workdps(50):
        one, two, three = (phi(n, mpmath.mpc(z)) for n in (1, 2, 3))
        expected = {
            "E": mpmath.exp(mpmath.mpc(z)),
            "E2": mpmath.exp(mpmath.mpc(z) / 2),
            "Q": h / 2 * phi(1, mpmath.mpc(z) / 2),
            "f1": h * (one - 3 * two + 4 * three),
            "f2": h * (2 * two - 4 * three),
            "f3": h * (4 * three - two),
        }
        size = max(1.0, float(mpmath.exp(mpmath.mpf(z.real))))
        for name, value in expected.items():
            # e^(ix) itself loses x roundings; the mean over the circle has values up to e times as large.
            assert abs(complex(value) - getattr(c, name)[0]) < 1e-15 * size * (10 + abs(z)), name


@given(st.floats(-5, 0), st.floats(-50, 50), st.floats(-2, 2))
def test_a_constant_nonlinearity_is_integrated_exactly(real, imaginary, constant):
    L, h = np.array([complex(real, imaginary)]), 0.1
    reached = advance(np.array([1.0 + 0j]), coefficients(L, h), lambda v: np.full_like(v, constant), 10)
    z = L[0] * 1.0
    exact = np.exp(z) + constant * (np.expm1(z) / z if abs(z) > 1e-100 else 1.0)
    assert abs(reached[0] - exact) < 1e-12


def test_the_two_soliton_target_is_the_second_logarithmic_derivative():
    p = problem("two_soliton")
    points = p.data(0, samples=12).x_train

    k = (mpmath.mpf(1.2), mpmath.mpf(0.8))

    def log_f(t, x):
        a = ((k[0] - k[1]) / (k[0] + k[1])) ** 2
        first, second = (mpmath.exp(q * x - q**3 * t) / mpmath.sqrt(a) for q in k)
        return mpmath.log(1 + first + second + a * first * second)

    def u(t, x):
        return 12 * mpmath.diff(lambda y: log_f(t, y), x, 2)

    with mpmath.workdps(40):
        for point in points:
            t, x = (mpmath.mpf(float(c)) for c in point)
            value = float(u(t, x))
            assert abs(value - p.exact(point[None])[0, 0]) < 1e-13 * (1 + value)


def test_the_two_soliton_target_solves_the_equation():
    """By differences of eighth order of the closed form, whose error at this step is below 1e-8."""
    h, weights = 0.02, np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])
    third = np.array([-7 / 240, 3 / 10, -169 / 120, 61 / 30, 0, -61 / 30, 169 / 120, -3 / 10, 7 / 240])
    offsets = h * np.arange(-4, 5)
    points = problem("two_soliton").data(1, samples=500).x_train
    t, x = points[:, :1], points[:, 1:]
    k = (1.2, 0.8)
    u = soliton_pair(t, x, k)[:, 0]
    around = soliton_pair(t + 0 * offsets, x + offsets, k)
    u_t = soliton_pair(t + offsets, x + 0 * offsets, k) @ weights / h
    u_x, u_xxx = around @ weights / h, around @ third / h**3
    assert np.abs(u_xxx).max() > 1
    assert np.abs(u_t + u * u_x + u_xxx).max() < 1e-7


@given(st.floats(-30, 30), st.floats(-50, 50))
def test_the_two_solitons_look_the_same_with_time_and_place_reversed(t, x):
    k = (1.2, 0.8)
    there, back = soliton_pair(np.array([t]), np.array([x]), k), soliton_pair(np.array([-t]), np.array([-x]), k)
    np.testing.assert_allclose(there, back, rtol=1e-9, atol=1e-14)


def test_far_from_the_collision_there_are_two_solitons_of_their_own_height():
    x = np.linspace(-200, 200, 400_001)
    u = soliton_pair(np.full_like(x, 60.0), x, (1.2, 0.8))
    peaks = u[1:-1][(u[1:-1] > u[:-2]) & (u[1:-1] > u[2:])]
    np.testing.assert_allclose(np.sort(peaks), [3 * 0.8**2, 3 * 1.2**2], rtol=1e-6)
    assert soliton_pair(np.array([1e5]), np.array([1e6]), (1.2, 0.8)) == 0
