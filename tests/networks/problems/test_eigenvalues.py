"""Rayleigh quotients: exact for the eigenfunction, too large for any other, and spectra against a matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import eigh_tridiagonal

from ratapprox.networks.experiment import Experiment, trained
from ratapprox.networks.problems import problem

NAMES = pytest.mark.parametrize("name", ["eigenvalue", "harmonic"])


@NAMES
def test_eigenvalues_are_those_of_a_difference_matrix(name):
    """Extrapolated from two meshes: the error of second differences is a series in h²."""
    p = problem(name)
    a, b = p.domain.lower[0], p.domain.upper[0]

    def lowest(n):
        h = (b - a) / n
        x = a + h * np.arange(1, n)
        V = p.potential(x[:, None])
        return eigh_tridiagonal(2 / h**2 + V, np.full(n - 2, -1 / h**2), select="i", select_range=(0, 4))[0]

    coarse, fine, finest = lowest(400), lowest(800), lowest(1600)
    once, twice = (4 * fine - coarse) / 3, (4 * finest - fine) / 3
    np.testing.assert_allclose((16 * twice - once) / 15, p.eigenvalues, rtol=1e-8)
    assert p.eigenvalue == p.eigenvalues[0]


@NAMES
def test_the_quotient_of_the_eigenfunction_is_the_eigenvalue(name):
    p = problem(name)
    rule = p.quadrature()
    x = rule.x[:, 0]
    if name == "eigenvalue":
        u, slope = np.sin(np.pi * x), np.pi * np.cos(np.pi * x)
    else:
        u, slope = np.exp(-(x**2) / 2), -x * np.exp(-(x**2) / 2)
    D, dD, _ = rule.factor
    v = u / D
    gradient = (slope - dD[:, 0] * v) / D
    assert abs(rule.quotient(v, gradient[:, None]).value / p.eigenvalue - 1) < 1e-12


@NAMES
def test_the_eigenfunction_has_norm_one_and_is_positive(name):
    p = problem(name)
    rule = p.quadrature()
    u = p.exact(rule.x)[:, 0]
    assert (u > 0).all()
    assert abs((u * u * rule.weights).sum() - 1) < 1e-12


@NAMES
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6).filter(lambda c: max(map(abs, c)) > 1e-3))
def test_no_function_has_a_smaller_quotient(name, c):
    """Of polynomials the rule is exact, so that the quotient is that of the function."""
    p = problem(name)
    rule = p.quadrature(64)
    z = p.domain.to_unit(rule.x)[:, 0]
    scale = 2 / (p.domain.upper[0] - p.domain.lower[0])
    v, slope = np.polynomial.Polynomial(c)(z), scale * np.polynomial.Polynomial(c).deriv()(z)
    assert rule.quotient(v, slope[:, None]).value >= p.eigenvalue * (1 - 1e-12)


@NAMES
def test_quotients_of_an_ensemble_come_one_for_each_network(name):
    rule = problem(name).quadrature(32)
    generator = np.random.default_rng(0)
    v, slope = generator.standard_normal((5, 32)), generator.standard_normal((5, 32, 1))
    together = rule.quotient(v, slope)
    assert [part.shape for part in together] == [(5,), (5, 32), (5, 32, 1)]
    for k in range(5):
        for one, all_of_them in zip(rule.quotient(v[k], slope[k]), together, strict=True):
            np.testing.assert_allclose(one, all_of_them[k], rtol=1e-13)


@NAMES
@given(st.integers(1, 12), st.integers(0, 10_000))
def test_the_derivatives_of_the_quotient_are_its_derivatives(name, N, seed):
    """By a complex step, which is exact to rounding."""
    rule = problem(name).quadrature(N)
    generator = np.random.default_rng(seed)
    v, slope = generator.standard_normal(N), generator.standard_normal((N, 1))
    q = rule.quotient(v, slope)
    size = 1 + np.abs(q.by_value).max() + np.abs(q.by_gradient).max()
    for i in range(N):
        step = np.zeros(N, complex)
        step[i] = 1e-30j
        assert abs(rule.quotient(v + step, slope).value.imag / 1e-30 - q.by_value[i]) < 1e-11 * size
        assert abs(rule.quotient(v, slope + step[:, None]).value.imag / 1e-30 - q.by_gradient[i, 0]) < 1e-11 * size


@NAMES
def test_a_rule_is_moved_with_all_its_arrays(name):
    moved = problem(name).quadrature(8).mapped(lambda a: a.astype(np.float32))
    q = moved.quotient(np.ones(8, np.float32), np.zeros((8, 1), np.float32))
    assert {part.dtype for part in q} == {np.dtype(np.float32)}


@NAMES
def test_weights_add_up_to_the_length_of_the_interval(name):
    p = problem(name)
    rule = p.quadrature(17)
    assert rule.x.shape == (17, 1)
    np.testing.assert_allclose(rule.weights.sum(), p.domain.upper[0] - p.domain.lower[0])


@NAMES
def test_the_factor_vanishes_at_the_ends(name):
    p = problem(name)
    ends = np.array([p.domain.lower, p.domain.upper])
    factor = p.factor(ends)
    np.testing.assert_allclose(factor.value, 0, atol=1e-15)
    inside = p.domain.from_unit(np.array([[-0.5], [0.1], [0.9]]))
    h = 1e-4
    slope = (p.factor(inside + h).value - p.factor(inside - h).value) / (2 * h)
    np.testing.assert_allclose(p.factor(inside).gradient[:, 0], slope, atol=1e-10)


RAF = "a*x + b*x**2 + c*sin(x) + d*exp(-x**2)"


def _relative_errors(name, activation, init):
    like = Experiment(name, activation, (0, 1, 2), (16, 16), "lbfgs", 60, samples=128, init=init)
    return trained(like.document())["error"]


@NAMES
@pytest.mark.parametrize("activation", ["tanh", "sine", RAF])
def test_networks_that_begin_as_the_problem_has_it_find_the_first_eigenvalue(name, activation):
    """Nearer to it than to the second, which is the bound of what was found."""
    first, second, *_ = problem(name).eigenvalues
    assert max(_relative_errors(name, activation, None)) < (second / first - 1) / 2


@pytest.mark.parametrize("activation", ["tanh", "sine"])
def test_odd_networks_without_biases_find_the_second_eigenvalue(activation):
    """Which is why the problem draws them; a start that is given is the one that is taken."""
    first, second, *_ = problem("harmonic").eigenvalues
    np.testing.assert_allclose(_relative_errors("harmonic", activation, "xavier"), second / first - 1, rtol=0.01)
