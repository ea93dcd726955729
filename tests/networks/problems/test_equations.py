"""Differential equations: the residual of the solution is 0, and its derivatives are the derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.networks.problems import Collocation, Equation, Jet, Operator, problem, problems
from ratapprox.networks.problems.residual import no_reaction, unit_cube_factor
from ratapprox.networks.problems.singular import in_unit_ball

X = sympy.symbols("x:4", real=True)
RADIUS = sympy.sqrt(sum(x**2 for x in X[:3]))

# The solutions, written here a second time.
SOLUTIONS = {
    "poisson": sympy.sin(sympy.pi * X[0]),
    "poisson(dimension=3)": sympy.prod(sympy.sin(sympy.pi * x) for x in X[:3]),
    "polynomial": X[0] ** 2 * (1 - X[0]) * X[1] ** 2 * (1 - X[1]),
    "oscillating": sympy.sin(6 * sympy.pi * X[0]) * sympy.sin(6 * sympy.pi * X[1]),
    "oscillating(k=1)": sympy.sin(2 * sympy.pi * X[0]) * sympy.sin(2 * sympy.pi * X[1]),
    "singular(dimension=3)": sympy.sin(2 * sympy.pi * (1 - RADIUS)),
    "layer": (sympy.exp(20 * X[0]) - 1) / (sympy.exp(20) - 1),
    "layer(width=1.0)": (sympy.exp(X[0]) - 1) / (sympy.E - 1),
}
# The equations, written here a second time: what is 0 for the solution.
EQUATIONS = {
    "poisson": lambda u, lap: -lap - sympy.pi**2 * sympy.sin(sympy.pi * X[0]),
    "layer": lambda u, lap: -sympy.Rational(1, 20) * lap + u.diff(X[0]),
    "singular(dimension=3)": lambda u, lap: -sum((RADIUS * u.diff(x)).diff(x) for x in X[:3]),
}
BY_NAME = pytest.mark.parametrize("name", SOLUTIONS)


def jet(expression, x):
    """The values and derivatives of an expression at points, by sympy."""
    variables = X[: x.shape[1]]
    wanted = [
        expression,
        *(expression.diff(v) for v in variables),
        sum(expression.diff(v, 2) for v in variables),
    ]
    columns = [
        np.broadcast_to(f(*x.T), len(x)).astype(float) for f in (sympy.lambdify(variables, w, "numpy") for w in wanted)
    ]
    return Jet(columns[0], np.stack(columns[1:-1], axis=1), columns[-1])


@BY_NAME
def test_the_solution_is_the_one_that_is_stated(name):
    p = problem(name)
    x = p.data(0, samples=50).x_train
    np.testing.assert_allclose(p.exact(x)[:, 0], jet(SOLUTIONS[name], x).value, rtol=1e-11, atol=1e-14)


@BY_NAME
def test_the_residual_of_the_solution_is_zero(name):
    p = problem(name)
    x = p.data(1, samples=200).x_train
    u = jet(SOLUTIONS[name], x)
    operator = p.operator(x)
    r = operator.residual(*u)
    size = (
        1
        + np.abs(operator.laplacian * u.laplacian)
        + np.abs(operator.source)
        + np.abs(operator.gradient * u.gradient).sum(axis=1)
    )
    assert np.abs(r.value / size).max() < 1e-12


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_operator_is_that_of_the_formula(name):
    """Applied to a function that is not the solution, against the equation in sympy."""
    p = problem(name)
    x = p.data(2, samples=100).x_train
    variables = X[: x.shape[1]]
    u = sympy.cos(sum((k + 1) * v for k, v in enumerate(variables))) + variables[0] ** 3
    left = EQUATIONS[name](u, sum(u.diff(v, 2) for v in variables))
    expected = np.broadcast_to(sympy.lambdify(variables, left, "numpy")(*x.T), len(x))
    r = p.operator(x).residual(*jet(u, x)).value
    if name.startswith("singular"):  # there the formula is the left side alone
        r = r + p.operator(x).source
    np.testing.assert_allclose(r, expected, rtol=1e-11, atol=1e-11)


@BY_NAME
def test_boundary_values_are_built_in(name):
    """On the boundary u = g + D v is the solution, whatever the network says."""
    p = problem(name)
    generator = np.random.default_rng(0)
    if name.startswith("singular"):
        x = generator.standard_normal((200, 3))
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    else:
        x = generator.random((200, p.inputs))
        face = generator.integers(p.inputs, size=200)
        x[np.arange(200), face] = generator.integers(2, size=200)
    network = 100 * generator.standard_normal(200)
    np.testing.assert_allclose(p.at(x).solution(network), p.exact(x)[:, 0], atol=1e-12)


@BY_NAME
def test_the_factor_is_positive_inside(name):
    p = problem(name)
    x = p.data(0, samples=500).x_train
    assert (p.factor(x).value > 0).all()


@BY_NAME
def test_lift_and_factor_have_the_derivatives_that_they_say(name):
    """Differences of sixth order: their error is below the tolerance for these polynomials."""
    p = problem(name)
    x = 0.2 + 0.6 * p.data(0, samples=40).x_train
    h, first, second = 0.02, np.array([-1, 9, -45, 0, 45, -9, 1]) / 60, np.array([2, -27, 270, -490, 270, -27, 2]) / 180
    for function in (p.lift, p.factor):
        _, gradient, laplacian = function(x)
        total = 0
        for i in range(x.shape[1]):
            step = np.zeros(x.shape[1])
            step[i] = h
            around = np.stack([function(x + k * step).value for k in range(-3, 4)], axis=1)
            np.testing.assert_allclose(around @ first / h, gradient[:, i], atol=1e-11)
            total = total + around @ second / h**2
        np.testing.assert_allclose(total, laplacian, atol=1e-9)


def cubic_reaction(u):
    return u**3 - 2 * u, 3 * u**2 - 2


def made_up(x, generator, reaction):
    """A collocation with every coefficient at random."""
    N, d = x.shape
    random = generator.standard_normal
    lift = Jet(random(N), random((N, d)), random(N))
    factor = Jet(random(N), random((N, d)), random(N))
    return Collocation(x, Operator(random(N), random((N, d)), random(N), random(N), reaction), lift, factor)


@given(
    st.integers(1, 4),
    st.integers(1, 6),
    st.sampled_from([(), (3,), (2, 3)]),
    st.sampled_from([no_reaction, cubic_reaction]),
    st.integers(0, 10_000),
)
def test_the_derivatives_of_the_residual_are_its_derivatives(dimension, N, leading, reaction, seed):
    """By a complex step, which is exact to rounding, for ensembles of any shape."""
    generator = np.random.default_rng(seed)
    here = made_up(generator.standard_normal((N, dimension)), generator, reaction)
    v, dv, lv = (generator.standard_normal((*leading, *shape)) for shape in ((N,), (N, dimension), (N,)))
    r = here.residual(v, dv, lv)
    assert r.value.shape == (*leading, N)
    h = 1e-30
    by_value = here.residual(v + 1j * h, dv, lv).value.imag / h
    by_laplacian = here.residual(v, dv, lv + 1j * h).value.imag / h
    np.testing.assert_allclose(np.broadcast_to(r.by_value, v.shape), by_value, rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(np.broadcast_to(r.by_laplacian, v.shape), by_laplacian, rtol=1e-12, atol=1e-11)
    for i in range(dimension):
        step = np.zeros(dimension, complex)
        step[i] = 1j * h
        by_slope = here.residual(v, dv + step, lv).value.imag / h
        np.testing.assert_allclose(np.broadcast_to(r.by_gradient, dv.shape)[..., i], by_slope, rtol=1e-12, atol=1e-11)


@BY_NAME
def test_the_reaction_of_every_equation_has_the_slope_that_it_says(name):
    p = problem(name)
    x = p.data(4, samples=40).x_train
    u = np.random.default_rng(0).standard_normal(40)
    operator = p.operator(x)
    r = operator.residual(u, 0 * x, 0 * u)
    step = operator.residual(u + 1e-30j, 0 * x, 0 * u).value.imag / 1e-30
    np.testing.assert_allclose(np.broadcast_to(r.by_value, u.shape), step, rtol=1e-12, atol=1e-14)


@BY_NAME
def test_points_are_moved_with_all_their_arrays(name):
    p = problem(name)
    moved = p.at(p.data(0, samples=5).x_train).mapped(lambda a: a.astype(np.float32))
    v = np.ones(5, np.float32)
    r = moved.residual(v, np.ones((5, p.inputs), np.float32), v)
    assert {part.dtype for part in (*r, moved.solution(v), moved.x)} == {np.dtype(np.float32)}


@BY_NAME
def test_the_residual_of_a_network_is_that_of_the_function_it_stands_for(name):
    p = problem(name)
    x = p.data(3, samples=60).x_train
    variables = X[: x.shape[1]]
    v = sympy.sin(sum((k + 2) * s for k, s in enumerate(variables))) + 1
    factor = (
        1 - sum(s**2 for s in variables) if name.startswith("singular") else sympy.prod(s * (1 - s) for s in variables)
    )
    lift = X[0] if name.startswith("layer") else sympy.Integer(0)
    network = p.at(x).residual(*jet(v, x)).value
    direct = p.operator(x).residual(*jet(lift + factor * v, x)).value
    np.testing.assert_allclose(network, direct, rtol=1e-10, atol=1e-10 * (1 + np.abs(direct).max()))


def test_an_equation_keeps_its_right_hand_side_and_its_solution_in_the_data():
    p = problem("layer")
    d = p.data(0)
    np.testing.assert_array_equal(d.y_train, 0)
    np.testing.assert_array_equal(d.y_validation, p.exact(d.x_validation))
    q = problem("poisson")
    d = q.data(0)
    np.testing.assert_allclose(d.y_train, np.pi**2 * np.sin(np.pi * d.x_train))


def test_every_equation_has_a_residual_of_zero_by_differences():
    """For all that are listed, in their usual dimension: fourth-order differences of the exact solution."""
    for p in problems():
        if not isinstance(p, Equation):
            continue
        x = p.data(0, samples=30).x_train
        if p.name == "singular":
            x = 0.8 * x
        h = 1e-3
        u, gradient, laplacian = p.exact(x)[:, 0], np.zeros_like(x), np.zeros(len(x))
        for i in range(p.inputs):
            step = np.zeros(p.inputs)
            step[i] = h
            a, b, c, d = (p.exact(x + k * step)[:, 0] for k in (-2, -1, 1, 2))
            gradient[:, i] = (a - 8 * b + 8 * c - d) / (12 * h)
            laplacian += (-a + 16 * b - 30 * u + 16 * c - d) / (12 * h * h)
        operator = p.operator(x)
        r = operator.residual(u, gradient, laplacian).value
        scale = np.abs(operator.laplacian * laplacian).max() + np.abs(operator.source).max()
        assert np.abs(r).max() < 1e-6 * scale, p.name


def test_faces_are_no_exception_of_the_factor():
    corner = unit_cube_factor(np.array([[0.0, 1.0, 0.5], [0.0, 0.5, 0.5]]))
    np.testing.assert_array_equal(corner.value, 0)
    np.testing.assert_array_equal(corner.gradient, [[0, 0, 0], [1 / 16, 0, 0]])
    np.testing.assert_array_equal(corner.laplacian, [0, -1 / 8])


def test_the_centre_of_the_ball_has_a_finite_residual():
    p = problem("singular")
    at = p.at(np.zeros((1, 10))).residual(np.ones(1), np.ones((1, 10)), np.ones(1))
    assert all(np.isfinite(part).all() for part in at)


@pytest.mark.parametrize("dimension", [1, 2, 10])
def test_points_are_uniform_in_the_ball(dimension):
    n = 20_000
    x = in_unit_ball(np.random.default_rng(5), n, dimension)
    r = np.sort(np.linalg.norm(x, axis=1))
    assert r[-1] < 1
    # |x|^d is uniform: Kolmogorov's statistic √n·D is above 2 in one of 1,500 samples.
    assert np.sqrt(n) * np.abs(r**dimension - np.arange(n) / n).max() < 2
    # The covariance is 1/(d + 2) times the identity; 5 standard errors of a mean of bounded numbers.
    np.testing.assert_allclose(x.T @ x / n, np.eye(dimension) / (dimension + 2), atol=5 / np.sqrt(n) / 2)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=5 / np.sqrt(n * (dimension + 2)))
