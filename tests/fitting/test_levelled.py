"""The levelled rational and its pencil."""

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.fitting.float_form import float_form
from ratapprox.fitting.levelled import Levelled, level, settles
from ratapprox.fitting.pencil import pencil, spread
from ratapprox.fitting.starts import chebyshev
from tests.fitting.problems import plain, reduced

SMOOTH = ["gelu", "silu", "exp", "softplus", "tanh(x + 1/3)"]


def levelled(target, type, on=(-3, 3)):
    problem = plain(target, type, on)
    with ctx.workprec(200):
        return problem, level(problem, [arb(x) for x in chebyshev(problem)])


@given(st.sampled_from(SMOOTH), st.integers(0, 5), st.integers(0, 4))
def test_the_weighted_error_alternates_plus_and_minus_h_on_the_reference(target, m, n):
    problem, trial = levelled(target, (m, n))
    if trial is None:
        return
    with ctx.workprec(200):
        for k, x in enumerate(trial.x):
            t, f, w = problem.data(x)
            error = w * (f - trial.p(t) / trial.q(t))
            assert abs(error - (-1) ** k * trial.h) < 1e-30


@given(st.sampled_from(SMOOTH), st.integers(0, 5), st.integers(0, 4))
def test_the_trial_has_the_type_that_was_asked(target, m, n):
    _, trial = levelled(target, (m, n))
    if trial is not None:
        assert trial.p.degree() <= m
        assert trial.q.degree() <= n


@given(st.sampled_from(SMOOTH), st.integers(0, 4), st.integers(1, 4))
def test_at_most_one_eigenvector_of_the_pencil_keeps_one_sign(target, m, n):
    problem = plain(target, (m, n), (-3, 3))
    with ctx.workprec(200):
        rows = [problem.data(arb(x)) for x in chebyshev(problem)]
        t, f, w = ([row[i].mid() for row in rows] for i in range(3))
        system = pencil(t, f, w, n)
        a = np.array([[float(v) for v in row] for row in system.a.tolist()])
        b = np.array([[float(v) for v in row] for row in system.b.tolist()])
        basis = np.array([[float(v) for v in row] for row in system.basis.tolist()])
    assert np.allclose(b, b.T)
    assert np.all(np.linalg.eigvalsh(b) > 0)
    _, vectors = np.linalg.eig(np.linalg.solve(b, a))
    q = (vectors.real.T @ basis) * np.sqrt(np.abs(np.diag(b))[0])
    clear = np.abs(q) > 1e-9 * np.abs(q).max(axis=1, keepdims=True)
    one_sign = [
        bool(np.all(row[c] > 0) or np.all(row[c] < 0)) and bool(c.all()) for row, c in zip(q, clear, strict=True)
    ]
    assert sum(one_sign) <= 1


def test_a_previous_trial_leads_to_the_same_rational_as_the_full_eigenproblem():
    problem, first = levelled("gelu", (5, 4))
    assert first is not None
    with ctx.workprec(200):
        moved = [x + arb(0.001) * (1 - x * x / 9) for x in first.x]
        near, full = level(problem, moved, first), level(problem, moved)
        assert near is not None
        assert full is not None
        assert abs(near.h - full.h) < 1e-40


def test_too_little_precision_is_noticed_on_the_reference():
    problem = plain("exp(x)", (12, 12), (-1, 1))
    with ctx.workprec(60):
        trial = level(problem, [arb(x) for x in chebyshev(problem)])
        assert trial is None or not settles(problem, trial)
    with ctx.workprec(400):
        trial = level(problem, [arb(x) for x in chebyshev(problem)])
        assert trial is not None
        assert settles(problem, trial)


@pytest.mark.parametrize(
    ("target", "type", "on"), [("gelu", (3, 2), (-5, 5)), ("exp", (2, 5), (0, 1)), ("silu", (7, 2), (-1, 4))]
)
def test_the_float_form_is_the_trial_between_at_and_beside_its_nodes(target, type, on):
    problem, trial = levelled(target, type, on)
    assert isinstance(trial, Levelled)
    form = float_form(problem, trial)
    x = np.concatenate([np.linspace(*map(float, on), 101), form.nodes, np.nextafter(form.nodes, 10.0)])
    r, sign = form(x)
    with ctx.workprec(200):
        exact = [float((trial.p(problem.t(arb(v))) / trial.q(problem.t(arb(v)))).mid()) for v in x.tolist()]
        q = [float(trial.q(problem.t(arb(v))).mid()) for v in x.tolist()]
    assert np.max(np.abs(r - exact)) < 1e-13
    assert np.all(np.sign(q) * sign[0] == sign * np.sign(q[0]))


def test_the_float_form_of_a_squared_variable_keeps_clusters_at_the_centre_apart():
    problem = reduced("abs", (20, 20), (-1, 1))
    with ctx.workprec(300):
        trial = level(problem, [arb(x) for x in np.concatenate([[0], np.geomspace(1e-5, 1, problem.needed - 1)])])
    if trial is not None:
        r, _ = float_form(problem, trial)(np.array([1e-5, 1e-3]))
        with ctx.workprec(300):
            exact = [float((trial.p(problem.t(arb(v))) / trial.q(problem.t(arb(v)))).mid()) for v in (1e-5, 1e-3)]
        assert np.allclose(r, exact, rtol=1e-9)


@given(st.integers(1, 60), st.integers(0, 60))
def test_spread_indices_are_distinct_and_inside(count, more):
    indices = spread(count, count + more)
    assert len(set(indices)) == count
    assert min(indices) >= 0
    assert max(indices) < count + more
