"""Losses, gradients, residuals and Jacobians against differences, autograd and one another."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import classification, rayleigh, regression, residual, stack
from ratapprox.networks.propagation import predict
from ratapprox.networks.units import unit

SAMPLES = 7


def reaction(u):
    return u**3 - u, 3 * u * u - 1


def drawn_jet(random, samples, dimension):
    return SimpleNamespace(
        value=random.normal(size=samples),
        gradient=random.normal(size=(samples, dimension)),
        laplacian=random.normal(size=samples),
    )


def drawn_operator(random, samples, dimension, reaction=None):
    return SimpleNamespace(
        laplacian=random.normal(size=samples),
        gradient=random.normal(size=(samples, dimension)),
        value=random.normal(size=samples),
        source=random.normal(size=samples),
        reaction=reaction,
    )


def objective(kind, random, name="rational", sharing="layer", skip=False, trainable=True):
    outputs = {"regression": 2, "classification": 3}.get(kind, 1)
    net = Mlp((2, 6, 6, outputs), unit(name), sharing, skip, trainable)
    x = random.normal(size=(SAMPLES, 2))
    if kind == "regression":
        return regression(net, x, random.normal(size=(SAMPLES, 2)))
    if kind == "classification":
        return classification(net, x, random.integers(0, 3, SAMPLES))
    if kind == "rayleigh":
        weights, potential = random.uniform(1, 2, SAMPLES), random.uniform(0, 1, SAMPLES)
        return rayleigh(net, x, weights, potential, drawn_jet(random, SAMPLES, 2))
    lift, factor = drawn_jet(random, SAMPLES, 2), drawn_jet(random, SAMPLES, 2)
    operator = drawn_operator(random, SAMPLES, 2, reaction if kind == "nonlinear residual" else None)
    return residual(net, x, operator, lift, factor)


KINDS = ["regression", "classification", "residual", "nonlinear residual", "rayleigh"]
SQUARES = ["regression", "residual", "nonlinear residual"]


def drawn(net, random, *members):
    """Parameters at which nothing is steep: denominators without zeros, frequencies and widths near 1."""
    found = random.normal(size=(*members, net.size)) / 2
    for layer, u in zip(net.layers(found), net.units, strict=False):
        if u.symbols:
            near = [d.value for d in u.initial] if u.name == "rational" else np.ones(len(u.symbols))
            layer.coefficients[...] = near + layer.coefficients / 5
    return found


def differences(f, step=1e-4):
    """The slope at 0 by central differences of steps h and h/2, of which Richardson's combination leaves h^4."""
    coarse, fine = ((f(h) - f(-h)) / (2 * h) for h in (step, step / 2))
    return (4 * fine - coarse) / 3


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("sharing", ["layer", "neuron", 2])
@pytest.mark.parametrize("name", ["rational", "raf", "tanh"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_the_limit_of_differences(kind, name, sharing, skip):
    random = np.random.default_rng(3)
    loss = objective(kind, random, name, sharing, skip)
    parameters = drawn(loss.net, random, 3)
    direction = random.normal(size=parameters.shape)
    losses, gradient = loss.value_and_gradient(parameters)
    assert losses.shape == (3,) and gradient.shape == parameters.shape
    assert (losses == loss.loss(parameters)).all()
    found = (gradient * direction).sum(axis=1)
    wanted = differences(lambda h: loss.loss(parameters + h * direction))
    # each has its own scale; h^4 = 1e-16 of it remains, and the roundings of the losses over h
    assert (np.abs(found - wanted) < 1e-8 * np.abs(gradient * direction).sum(axis=1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_members_of_an_ensemble_are_what_they_are_alone(kind):
    random = np.random.default_rng(4)
    losses = [objective(kind, random) for _ in range(3)]
    parameters = drawn(losses[0].net, random, 3)
    if kind == "nonlinear residual":
        assert all(o.reaction is reaction for o in losses)
    together = stack(losses)
    values, gradients = together.value_and_gradient(parameters)
    for e, loss in enumerate(losses):
        value, gradient = loss.value_and_gradient(parameters[e])
        assert value == pytest.approx(values[e], rel=1e-13)
        np.testing.assert_allclose(gradient, gradients[e], rtol=1e-10, atol=1e-12 * np.abs(gradient).max())
        assert together.member(e).loss(parameters[e]) == value


@pytest.mark.parametrize("kind", SQUARES)
@pytest.mark.parametrize("sharing", ["layer", "neuron", 3])
def test_residuals_pullback_and_jacobian_say_what_the_gradient_says(kind, sharing):
    random = np.random.default_rng(5)
    loss = objective(kind, random, sharing=sharing, skip=True)
    parameters = drawn(loss.net, random)
    r, J = loss.residuals(parameters), loss.jacobian(parameters)
    value, gradient = loss.value_and_gradient(parameters)
    assert value == pytest.approx((r * r).mean(), rel=1e-14)
    np.testing.assert_allclose(2 * J.T @ r / len(r), gradient, rtol=1e-9, atol=1e-12 * np.abs(gradient).max())
    v = random.normal(size=len(r))
    pulled = loss.pullback(parameters, v)
    np.testing.assert_allclose(pulled, J.T @ v, rtol=1e-9, atol=1e-12 * np.abs(pulled).max())
    direction = random.normal(size=loss.net.size)
    wanted = differences(lambda h: loss.residuals(parameters + h * direction))
    assert (np.abs(J @ direction - wanted) < 1e-8 * np.abs(J * direction).sum(axis=1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_the_samples_sum_to_the_whole(kind):
    random = np.random.default_rng(6)
    loss = objective(kind, random)
    parameters = drawn(loss.net, random, 2)
    parts = [loss.part(slice(0, 3)), loss.part(slice(3, None))]
    sums = [sum(s) for s in zip(*(p.sums(p.propagated(parameters).output) for p in parts), strict=True)]
    np.testing.assert_allclose(loss.value(tuple(sums)), loss.loss(parameters), rtol=1e-13)


def test_a_batch_is_a_mean_of_its_own():
    random = np.random.default_rng(7)
    loss = objective("regression", random)
    parameters = drawn(loss.net, random)
    chosen = np.array([4, 1])
    alone = regression(loss.net, loss.x[chosen], loss.target[chosen])
    assert loss.batch(chosen).loss(parameters) == alone.loss(parameters)


def test_frozen_coefficients_have_no_gradient_and_all_else_keeps_its_own():
    for kind in KINDS:
        loose = objective(kind, np.random.default_rng(8), "raf", "neuron")
        frozen = objective(kind, np.random.default_rng(8), "raf", "neuron", trainable=False)
        parameters = drawn(loose.net, np.random.default_rng(9), 2)
        a, b = loose.value_and_gradient(parameters)[1], frozen.value_and_gradient(parameters)[1]
        for slot in loose.net.slots:
            part = slice(slot.start, slot.stop)
            if slot.kind == "coefficients":
                assert (a[:, part] != 0).all() and (b[:, part] == 0).all()
            else:
                assert (a[:, part] == b[:, part]).all()
        if kind in SQUARES:
            assert (frozen.jacobian(parameters[0])[:, loose.net.slots[2].start] == 0).all()


def test_a_perfect_eigenfunction_has_its_eigenvalue():
    # v = 1 and D = sin πx on [0, 1]: u = sin πx, -u'' = π² u
    nodes, weights = np.polynomial.legendre.leggauss(30)
    x = (nodes[:, None] + 1) / 2
    factor = SimpleNamespace(value=np.sin(np.pi * x[:, 0]), gradient=np.pi * np.cos(np.pi * x))
    loss = rayleigh(Mlp((1, 3, 1), unit("tanh")), x, weights / 2, 0 * weights, factor)
    parameters = np.zeros(loss.net.size)
    parameters[-1] = 1
    value, gradient = loss.value_and_gradient(parameters)
    assert value == pytest.approx(np.pi**2, rel=1e-14)
    assert np.abs(gradient).max() < 1e-13  # a minimum


def test_a_perfect_solution_has_no_residual():
    # -Δu = 2π² u for u = sin πx sin πy = D·1 on the square
    random = np.random.default_rng(10)
    x = random.uniform(size=(20, 2))
    s, c = np.sin(np.pi * x), np.cos(np.pi * x)
    u = s[:, 0] * s[:, 1]
    gradient = np.pi * np.stack([c[:, 0] * s[:, 1], s[:, 0] * c[:, 1]], axis=1)
    factor = SimpleNamespace(value=u, gradient=gradient, laplacian=-2 * np.pi**2 * u)
    zero = np.zeros(20)
    operator = SimpleNamespace(
        laplacian=zero - 1, gradient=np.zeros_like(x), value=zero, source=2 * np.pi**2 * u, reaction=None
    )
    loss = residual(Mlp((2, 3, 1), unit("rational")), x, operator, factor=factor)
    parameters = np.zeros(loss.net.size)
    parameters[-1] = 1
    assert loss.loss(parameters) < 1e-26


def test_the_residual_is_the_equation_of_lift_plus_factor_times_network():
    random = np.random.default_rng(12)
    net = Mlp((2, 6, 6, 1), unit("tanh"))
    parameters, x = drawn(net, random), random.uniform(0.2, 0.8, (9, 2))
    operator = drawn_operator(random, 9, 2, reaction)

    def solution(x):  # g = x² y, D = x y², v the network
        return x[:, 0] ** 2 * x[:, 1] + x[:, 0] * x[:, 1] ** 2 * predict(net, parameters, x)[:, 0]

    lift = SimpleNamespace(
        value=x[:, 0] ** 2 * x[:, 1],
        gradient=np.stack([2 * x[:, 0] * x[:, 1], x[:, 0] ** 2], axis=1),
        laplacian=2 * x[:, 1],
    )
    factor = SimpleNamespace(
        value=x[:, 0] * x[:, 1] ** 2,
        gradient=np.stack([x[:, 1] ** 2, 2 * x[:, 0] * x[:, 1]], axis=1),
        laplacian=2 * x[:, 0],
    )
    u, h = solution(x), 1e-3
    at = {(i, s): solution(x + s * h * np.eye(2)[i]) for i in (0, 1) for s in (-2, -1, 1, 2)}
    # five points: the errors are h^4 times a fifth and a sixth derivative
    first = [(8 * (at[i, 1] - at[i, -1]) - (at[i, 2] - at[i, -2])) / (12 * h) for i in (0, 1)]
    second = [(16 * (at[i, 1] + at[i, -1]) - (at[i, 2] + at[i, -2]) - 30 * u) / (12 * h * h) for i in (0, 1)]
    wanted = operator.laplacian * sum(second) + (operator.gradient * np.stack(first, axis=1)).sum(axis=1)
    wanted += operator.value * u + reaction(u)[0] - operator.source
    np.testing.assert_allclose(residual(net, x, operator, lift, factor).residuals(parameters), wanted, atol=1e-8)


def test_cross_entropy_survives_scores_beyond_the_range_of_the_exponential():
    net = Mlp((1, 2), unit("tanh"))
    loss = classification(net, np.array([[1.0]]), np.array([1]))
    value, gradient = loss.value_and_gradient(np.array([2000.0, 0.0, 0.0, 0.0]))
    assert value == 2000.0 and gradient.tolist() == [1.0, -1.0, 1.0, -1.0]


@pytest.mark.parametrize("kind", KINDS)
def test_losses_and_gradients_are_those_of_torch(kind):
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(11)
    loss = objective(kind, random)
    parameters = drawn(loss.net, random)
    value, gradient = loss.value_and_gradient(parameters)
    theta = torch.tensor(parameters, requires_grad=True)
    x = torch.tensor(loss.x, requires_grad=True)

    def network(x):
        h = x
        layers = loss.net.layers(theta)
        for layer in layers[:-1]:
            z = h @ layer.weights + layer.biases
            p0, p1, p2, p3, q1, q2 = layer.coefficients[0]
            h = (p0 + z * (p1 + z * (p2 + z * p3))) / (1 + z * (q1 + z * q2))
        return h @ layers[-1].weights + layers[-1].biases

    y = network(x)
    if kind == "regression":
        theirs = ((y - torch.tensor(loss.target)) ** 2).mean()
    elif kind == "classification":
        theirs = torch.nn.functional.cross_entropy(y, torch.tensor(loss.labels))
    else:
        (slopes,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        if kind == "rayleigh":
            w, V, D, dD = map(torch.tensor, (loss.weights, loss.potential, loss.factor, loss.slopes))
            u, du = D * y[:, 0], D[:, None] * slopes + y * dD
            theirs = (w * ((du**2).sum(1) + V * u * u)).sum() / (w * u * u).sum()
        else:
            second = sum(torch.autograd.grad(slopes[:, i].sum(), x, create_graph=True)[0][:, i] for i in range(2))
            a, b, c = map(torch.tensor, (loss.by_laplacian, loss.by_gradient, loss.by_value))
            r = a * second + (b * slopes).sum(1) + c * y[:, 0] - torch.tensor(loss.source)
            if loss.reaction is not None:
                r = r + reaction(torch.tensor(loss.lift) + torch.tensor(loss.factor) * y[:, 0])[0]
            theirs = (r * r).mean()
    theirs.backward()
    assert value == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, theta.grad.numpy(), rtol=1e-8, atol=1e-11 * np.abs(gradient).max())


def test_what_does_not_go_together_is_refused_with_what_was_found():
    net = Mlp((2, 4, 1), unit("tanh"))
    x, y = np.zeros((5, 2)), np.zeros((5, 1))
    loss = regression(net, x, y)
    with pytest.raises(ValueError, match=r"x has shape \(5, 3\), and the network takes \(N, 2\)"):
        regression(net, np.zeros((5, 3)), y)
    with pytest.raises(ValueError, match=r"targets have shape \(5,\), and not \(5, 1\)"):
        regression(net, x, y[:, 0])
    with pytest.raises(ValueError, match="no samples"):
        regression(net, x[:0], y[:0])
    with pytest.raises(TypeError, match="target is float32 and x is float64"):
        regression(net, x, y.astype(np.float32))
    with pytest.raises(TypeError, match="networks compute in float32 or float64"):
        regression(net, x.astype(int), y)
    with pytest.raises(TypeError, match=r"objective.astype\('float32'\)"):
        loss.loss(np.zeros(net.size, np.float32))
    with pytest.raises(ValueError, match=r"takes arrays \(..., 17\), not \(3, 16\)"):
        loss.loss(np.zeros((3, 16)))
    with pytest.raises(ValueError, match=r"parameters have shape \(1, 1, 17\), and not \(17\)"):
        loss.loss(np.zeros((1, 1, 17)))
    with pytest.raises(ValueError, match=r"objective\.member"):
        loss.jacobian(np.zeros((2, 17)))
    with pytest.raises(ValueError, match="labels are integers"):
        classification(net, x, y[:, 0])
    with pytest.raises(ValueError, match="labels go from 0 to 1, and the network has 1 outputs"):
        classification(net, x, np.array([0, 1, 0, 1, 0]))
    with pytest.raises(ValueError, match="1 output, not 2"):
        residual(Mlp((2, 4, 2), unit("tanh")), x, None)
    with pytest.raises(ValueError, match="1 output, not 2"):
        rayleigh(Mlp((2, 4, 2), unit("tanh")), x, np.ones(5), np.ones(5))
    with pytest.raises(ValueError, match="does not go into one ensemble"):
        stack([loss, regression(net, x[:4], y[:4])])
    several = stack([loss, loss])
    with pytest.raises(ValueError, match=r"parameters have shape \(17,\), and not \(2, 17\)"):
        several.loss(np.zeros(17))
