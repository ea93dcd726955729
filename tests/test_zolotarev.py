"""Zolotarev's functions: best, in closed form, composed; and what |x| and ReLU gain by them."""

from fractions import Fraction
from itertools import pairwise
from math import exp, isnan, pi, sqrt

import flint
import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import ratapprox
from ratapprox import Rational, zolotarev_abs, zolotarev_relu, zolotarev_sign
from ratapprox.coefficients import to_fmpq
from ratapprox.sturm import count_real_roots

GAPS = st.fractions(Fraction(1, 10**6), Fraction(99, 100), max_denominator=10**7)
CASES = [(1, "1/3"), (2, "1/7"), (3, "1/10"), (4, "1/10"), (5, "1/100"), (8, "1e-4"), (9, "0.9")]


# -- the sign


@pytest.mark.parametrize(("n", "gap"), CASES)
def test_the_error_alternates_at_2n_plus_2_points_and_has_no_other_extremum(n, gap):
    z = zolotarev_sign(n, gap)
    points = z.points()
    assert len(points) == 2 * n + 2
    errors = [(1 if x > 0 else -1) - z(Fraction(x)) for x in points]
    assert all(a * b < 0 for a, b in pairwise(errors))
    assert all(abs(e) == pytest.approx(float(z.best), rel=1e-6) for e in map(float, errors))
    p, q = z.rational.polynomials()
    slope = p.derivative() * q - p * q.derivative()
    assert count_real_roots(slope, z.gap, Fraction(1), closed=False) == n - 1  # the ends are the other two
    assert z.rational.type == z.type == ((n, n - 1) if n % 2 else (n - 1, n))


@pytest.mark.parametrize(("n", "gap"), CASES[2:6])
def test_an_exchange_finds_the_same_error(n, gap):
    # |1 − x R(x²)| = √t |1/√t − R(t)| with t = x²: a weighted fit on [l², 1], which knows nothing of elliptic functions
    z = zolotarev_sign(n, gap)
    m = (n - 1) // 2
    fit = ratapprox.fit("1/sqrt(x)", type=(m, n // 2), on=(z.gap**2, 1), weight="sqrt(x)", digits=20)
    assert fit.outcome is ratapprox.Outcome.CERTIFIED
    assert fit.certificate.optimal_lower <= z.best.upper
    assert z.best.lower <= fit.certificate.error_upper
    assert fit.certificate.gap < 1e-15


@given(GAPS)
def test_the_smallest_degrees_have_elementary_errors(gap):
    with flint.ctx.workprec(200):
        half = arb(to_fmpq(gap))
        root = half.sqrt()
        for n, known in [(1, (1 - half) / (1 + half)), (2, ((1 - root) / (1 + root)) ** 2)]:
            best = zolotarev_sign(n, gap).best.ball()
            assert best.overlaps(known)
            assert abs(float(best / known) - 1) < 1e-15


@given(GAPS, st.integers(1, 12), st.floats(0, 1))
def test_no_value_leaves_the_error_and_the_squares_are_symmetric(gap, n, at):
    z = zolotarev_sign(n, gap)
    x = gap + (1 - gap) * Fraction(at)
    assert abs(1 - z(x)) <= Fraction(z.error.upper)
    assert z(-x) == -z(x)
    both = sorted([*z.factors.zeros, *z.factors.poles])
    for c, d in zip(both, reversed(both), strict=True):
        assert float(c * d / gap**2) == pytest.approx(1, abs=1e-14)
    assert z.best.lower <= z.error.upper


def test_a_larger_gap_or_degree_leaves_less_error():
    errors = [float(zolotarev_sign(n, "1/50").best) for n in range(1, 12)]
    assert errors == sorted(errors, reverse=True)
    errors = [float(zolotarev_sign(5, Fraction(k, 20)).best) for k in range(1, 20)]
    assert errors == sorted(errors, reverse=True)


def test_the_other_best_function_has_the_same_error_and_a_pole_in_the_gap():
    z = zolotarev_sign(4, "1/10")
    other = Rational([1 - Fraction(z.best.lower) ** 2]) / z.rational
    worst = max(abs((1 if x > 0 else -1) - other(Fraction(x))) for x in z.points())
    assert float(worst) == pytest.approx(float(z.best), rel=1e-12)
    assert other.poles(on=(-z.gap, z.gap))


# -- |x| and ReLU


@pytest.mark.parametrize(
    ("k", "error"), [(1, "1.63e-2"), (2, "7.73e-4"), (3, "4.65e-6"), (4, "7.82e-10"), (5, "2.69e-16")]
)
def test_composed_blocks_of_type_3_2_reach_relu_doubly_exponentially(k, error):
    r = zolotarev_relu((3,) * k)
    assert f"{float(r.error):.2e}" == f"{float(error):.2e}"
    assert r.error.upper / r.error.lower - 1 < 1e-18
    assert r.least.lower <= r.error.upper
    assert r.error.lower <= r.least.upper
    assert r.least.upper / r.least.lower - 1 < 1e-17
    assert float(r.error) < 2 * exp(-pi * sqrt(3**k / 2))
    assert (r.degree, r.parameters, len(r.blocks)) == (3**k, 3 * k, k)


@pytest.mark.parametrize(("one", "several"), [(9, (3, 3)), (8, (2, 2, 2)), (10, (2, 5)), (10, (5, 2)), (27, (3, 9))])
def test_a_composition_is_the_zolotarev_function_of_the_product_of_the_degrees(one, several):
    z, r = zolotarev_sign(one, "1/100"), zolotarev_abs(several, "1/100")
    for x in (Fraction(1, 1000), Fraction(1, 100), Fraction(1, 7), Fraction(1)):
        assert float(r(x) / (x * z(x))) == pytest.approx(1, abs=1e-15)
    assert r.rational.reduced().type == r.type == (zolotarev_abs(one, "1/100").type)
    assert r.rational(Fraction(1, 7)) == r(Fraction(1, 7))


@pytest.mark.parametrize("degrees", [2, 3, 5, (3, 3), (2, 3), (4, 2)])
def test_the_certified_error_is_that_which_the_proof_of_any_rational_finds(degrees):
    # certify isolates the roots of the error's derivative; here the error was enclosed by its two halves
    for made, target in [(zolotarev_abs(degrees), "abs"), (zolotarev_relu(degrees), "relu")]:
        proved = ratapprox.certify(made.rational, target, (-1, 1), tolerance=1e-18)
        assert proved.error_lower <= made.error.upper
        assert made.error.lower <= proved.error_upper
        assert proved.pole_free_on_reals
        best = ratapprox.fit(target, type=made.type, on=(-1, 1)).certificate
        assert best.error_upper < made.error.lower  # what is composed is not the best of its type


@given(st.sampled_from([2, 3, (3, 3), (2, 3, 2)]), GAPS, st.fractions(-1, 1, max_denominator=10**6))
def test_no_value_of_the_product_leaves_its_error_whatever_the_gap(degrees, gap, x):
    r = zolotarev_abs(degrees, gap)
    assert abs(abs(x) - r(x)) <= Fraction(r.error.upper)
    assert r(float(x)) == pytest.approx(float(r(x)), rel=1e-12, abs=1e-15)
    half = zolotarev_relu(degrees, gap)
    assert half.error.lower <= r.error.upper / 2
    assert r.error.lower <= 2 * half.error.upper
    assert r.error.upper >= zolotarev_abs(degrees).least.lower


@pytest.mark.parametrize("degrees", [2, 3, 7, (3, 3)])
def test_the_error_is_reached_at_one_and_in_the_gap_when_the_gap_is_the_best_one(degrees):
    r = zolotarev_abs(degrees)
    x = np.linspace(0, float(r.gap), 20001)
    inside = (x - r(x)).max()
    assert inside == pytest.approx(float(r.error), rel=1e-7)
    assert abs(1 - r(1.0)) == pytest.approx(float(r.error), rel=1e-12)


def test_an_error_far_below_the_doubles_is_enclosed_and_shown():
    r = zolotarev_relu((3,) * 10)
    assert str(r.error).startswith("2.9093216075")
    assert r(1.0) == 1.0
    assert r(-1e-20) == pytest.approx(0, abs=1e-300)
    with flint.ctx.workprec(4000):
        assert abs(r(arb(1)) - 1).overlaps(r.error.ball())
    far = zolotarev_abs((3,) * 12)
    with pytest.raises(ValueError, match="too close to 0 for doubles"):
        far(0.5)
    with pytest.raises(ValueError, match="millions of digits"):
        far(Fraction(1, 2))
    with flint.ctx.workprec(3000):
        assert abs(far(arb(1) / 2) - arb(1) / 2) < far.error.ball()


def test_values_come_in_the_arithmetic_of_the_argument():
    r = zolotarev_relu((3, 3))
    x = np.array([[0.5, -0.5], [0.0, 1.0]])
    assert r(x).shape == (2, 2)
    assert isinstance(r(0.5), float)
    assert isinstance(r(Fraction(1, 2)), Fraction)
    assert r(1) == r(Fraction(1))
    assert r(arb(0.5)).contains(to_fmpq(r(Fraction(1, 2))))
    assert isnan(r(float("nan")))


# -- bad input


@pytest.mark.parametrize("gap", [0, -0.1, 1, 1.0, 2, "0", "1", "-1/2"])
def test_a_gap_outside_0_1_is_refused(gap):
    for make in (lambda: zolotarev_sign(3, gap), lambda: zolotarev_abs(3, gap), lambda: zolotarev_relu((3, 3), gap)):
        with pytest.raises(ValueError, match="0 < l < 1 is needed"):
            make()


@pytest.mark.parametrize("gap", [float("nan"), float("inf"), "nan", "a tenth", "1/0"])
def test_what_is_no_number_is_refused_as_a_gap(gap):
    with pytest.raises(ValueError, match=r"the gap is .*number"):
        zolotarev_sign(3, gap)


@pytest.mark.parametrize("gap", [None, True, 1j, [0.1]])
def test_a_gap_of_another_type_is_refused(gap):
    with pytest.raises(TypeError, match="the gap is"):
        zolotarev_sign(3, gap)


@pytest.mark.parametrize("degree", [0, -3, 1001, 10**30])
def test_a_degree_out_of_range_is_refused(degree):
    with pytest.raises(ValueError, match=r"the degree is .* whole number from 1 to 1000"):
        zolotarev_sign(degree, 0.1)
    with pytest.raises(ValueError, match=r"degrees\[1\] is .* whole number from 2 to 1000"):
        zolotarev_relu((3, degree))


@pytest.mark.parametrize("degree", [3.0, "3", None, True])
def test_a_degree_that_is_no_whole_number_is_refused(degree):
    with pytest.raises(TypeError, match="whole number"):
        zolotarev_sign(degree, 0.1)
    with pytest.raises(TypeError, match="whole number"):
        zolotarev_relu(degree)


def test_no_degrees_or_too_many_are_refused_at_once():
    with pytest.raises(ValueError, match="degrees is empty"):
        zolotarev_relu(())
    with pytest.raises(ValueError, match="below 2\\^-4000"):
        zolotarev_relu((3,) * 40)
    with pytest.raises(ValueError, match="written up to degree 250"):
        _ = zolotarev_relu((3,) * 6).rational
