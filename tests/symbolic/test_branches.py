"""A Taylor model holds the error at every point of its box."""

import pytest
from flint import arb, arb_poly, ctx, fmpq, fmpq_poly
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.activations import activation
from ratapprox.symbolic.branches import Branch, branches, nearby, working

NAMES = ("exp(x)", "gelu", "tanh(5*x)", "x*sigmoid(x)", "log(1+exp(x))", "erf(x)", "1/(1+x**2)", "sin(3*x)")
units = st.integers(0, 64).map(lambda k: fmpq(k, 64))


def error(name: str, weight: str | None, p: list[int], q: list[int]) -> Branch:
    w = None if weight is None else activation(weight).pieces(-2, 2)
    return branches(activation(name).pieces(-2, 2), w, fmpq_poly(p) / 7, fmpq_poly(q) / 9)[0]


@given(
    st.sampled_from(NAMES),
    st.sampled_from([None, "exp(-x)", "1/(1+x**2)"]),
    st.lists(st.integers(-5, 5), min_size=1, max_size=5),
    st.lists(st.integers(0, 3), max_size=2),
    st.integers(-64, 64),
    st.integers(1, 32),
    units,
    units,
    st.sampled_from([3, 8, 11, 24, 40]),
)
def test_the_model_holds_the_error(name, weight, p, q, start, width, anchor, place, order):
    even = [9]
    for c in q:
        even += [0, c]
    branch = error(name, weight, p, even)
    lo, hi = fmpq(start, 64), fmpq(start + width, 64)
    m, x = lo + (hi - lo) * anchor, lo + (hi - lo) * place
    with working(100):
        model = branch.model(m, lo, hi, order)
        enclosing = model.c(arb(x - m))
    with working(300):
        assert enclosing.overlaps(branch.at(arb(x)))
        value = branch.at(arb(x))
        assert value.rad() < 1e-60
        assert enclosing.contains(value.mid()) or enclosing.overlaps(value)


def test_the_model_is_tight_where_the_error_is_smooth():
    branch = error("exp(x)", None, [7, 7], [9])
    with working(100):
        model = branch.model(fmpq(0), fmpq(-1, 8), fmpq(1, 8), 20)
        assert model.c[20].abs_upper() < 1e-18
        assert model.c.degree() == 20


def test_no_model_is_finite_where_f_has_no_derivative():
    (branch,) = branches(activation("sqrt(x)").pieces(0, 1), None, fmpq_poly([0, 1]), fmpq_poly([1]))
    with working(64):
        assert not branch.model(fmpq(0), fmpq(0), fmpq(1, 16), 8).c[3].is_finite()
        assert branch.at(arb(fmpq(1, 32), fmpq(1, 32))).is_finite()


def test_a_quotient_whose_denominator_may_vanish_is_not_finite():
    (branch,) = branches(activation("x").pieces(-1, 1), None, fmpq_poly([1]), fmpq_poly([0, 1]))
    with working(64):
        assert not branch.model(fmpq(0), fmpq(-1, 4), fmpq(1, 4), 8).c[0].is_finite()
        assert not branch.model(fmpq(1, 8), fmpq(-1, 4), fmpq(1, 4), 8).c[8].is_finite()


def test_branches_are_cut_at_the_kinks_of_f_and_of_w():
    found = branches(
        activation("relu").pieces(-1, 1), activation("1+abs(x-1/2)").pieces(-1, 1), fmpq_poly([1]), fmpq_poly([1])
    )
    assert [branch.inner for branch in found] == [(-1, 0), (0, fmpq(1, 2)), (fmpq(1, 2), 1)]
    A, B = found[2].exact()
    x = fmpq(3, 4)
    assert A(x) / B(x) == (1 + fmpq(1, 4)) * (x - 1)


def test_an_irrational_end_lies_between_two_rationals_that_are_close():
    import sympy

    below, above = nearby(sympy.log(2))
    assert 0 < above - below < fmpq(1, 2**600)
    with ctx.workprec(700):
        assert arb(below) <= arb(2).log()
        assert arb(2).log() <= arb(above)
    assert nearby(sympy.Rational(1, 3)) == (fmpq(1, 3), fmpq(1, 3))


@pytest.mark.parametrize("order", [1, 5, 30])
def test_jets_are_taylor_coefficients(order):
    branch = error("exp(x)", None, [0], [9])
    with working(100):
        c = branch.jet(arb(0), order)
        factorial = 1
        for k in range(order):
            factorial *= max(k, 1)
            assert c[k].overlaps(arb(fmpq(1, factorial)))
            assert c[k].rad() < 1e-28 / factorial
        assert isinstance(c, arb_poly)
        assert c.degree() == order - 1
