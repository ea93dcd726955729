"""Functions of several pieces before the judge: certificates, portraits, Gaussian moments."""

from __future__ import annotations

import math
import tomllib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from flint import arb, ctx, fmpq_poly, fmpz_poly
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import ratapprox
from ratapprox.activations import activation
from ratapprox.algebraic import algebraic_roots
from ratapprox.forms import FORMS, PauA, PauB, PauC, PauN, TwoSlope
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational
from ratapprox.symbolic import certify, dual, edge_of_chaos, gain, hermite, moments
from ratapprox.symbolic.piece_gaussian import _expectation, _Part, _tail
from ratapprox.symbolic.piece_shape import never_falls, runs, slope_range, stretches
from ratapprox.symbolic.portrait import portrait

from ..strategies import coefficients, fractions, piecewises, pole_free_rationals

X, ZERO, ONE = Rational([0, 1]), Rational([0]), Rational([1])
ROOT2 = algebraic_roots(fmpz_poly([-2, 0, 1]))[1]
CUBE_ROOT = algebraic_roots(fmpz_poly([-1, -1, 0, 1]))[0]
RELU = Piecewise([0], [ZERO, X])
SHIPPED = tomllib.loads((Path(__file__).parents[1] / "authorities" / "shipped_forms.toml").read_text("utf-8"))["case"]


def shipped(case):
    kind = FORMS[case["form"]].kind
    return Rational(case["p"], [1, *case["b"]]) if kind is Rational else kind(case["p"], case["b"])


def near(number: float, text: str, units: int = 1) -> bool:
    """Whether a number is the printed one, to so many units of its last digit."""
    unit = Decimal(1).scaleb(Decimal(text).as_tuple().exponent)
    return abs(Decimal(number) - Decimal(text)) <= units * unit


# -- authorities: what others ship, and what was measured of it


@pytest.mark.parametrize("case", [c for c in SHIPPED if "error" in c], ids=lambda c: c["source"])
def test_the_proved_error_is_the_measured_one(case):
    certificate = certify(shipped(case), case["target"], case["on"])
    assert near(float(certificate.error_upper), case["error"])
    assert certificate.error_upper <= certificate.error_lower * (1 + Decimal("1e-8"))


@pytest.mark.parametrize("case", SHIPPED, ids=lambda c: c["source"])
def test_the_portrait_agrees_with_what_was_measured(case):
    found = portrait(shipped(case), case["on"])
    for value, text in zip(found.far, case.get("far", []), strict=False):
        assert near(float(value), text)
    if "slope" in case:
        assert near(float(found.slopes[0]), case["slope"])
        assert not found.increasing and found.falling
    if "poles" in case:
        assert len(found.poles_on_reals) == len(case["poles"])
        for pole, text in zip(found.poles_on_reals, case["poles"], strict=True):
            assert near(float(pole), text)
    if "gain" in case:
        assert near(float(gain(shipped(case)).forward), case["gain"])


def test_the_dip_of_the_four_digit_relu_is_where_it_was_measured():
    (dip,) = portrait(Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383]), (-1, 1)).falling
    assert near(float(dip.lower), "-0.648") and near(float(dip.upper), "-0.191")


# -- certificates


@settings(max_examples=15)
@given(pole_free_rationals(), fractions.filter(lambda t: abs(t) < 1))
def test_cutting_a_rational_in_two_equal_pieces_changes_no_certificate(r, t):
    plain = certify(r.reduced(), "relu", (-1, 1))
    cut = certify(Piecewise([t], [r, r * Rational([2]) / 2]), "relu", (-1, 1))
    assert cut == plain


def test_a_form_that_is_plain_has_the_certificate_of_the_plain_rational():
    form, r = PauA([0.0218, 0.5, 1.5957, 1.1915], [0, 2.383]), Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383])
    assert certify(form, "relu", (-1, 1)) == certify(r, "relu", (-1, 1))
    assert certify(form, "relu", (-1, 1)).optimal_lower > 0


def test_a_target_made_of_the_same_pieces_is_met_exactly():
    certificate = certify(RELU, "relu", (-1, 1))
    assert certificate.error_upper == 0 and certificate.increasing and certificate.lipschitz_upper == 1
    assert repr(certificate) == "Certificate: ‖f − r‖ = 0, f and r are equal; no pole in [-1, 1]"


def test_an_irrational_breakpoint_is_cut_rigorously():
    f = PauB([0, 0, 1], [0, -2, 0, 1])  # cut at ±√2
    certificate = certify(f, "x**2/(1+abs(x**4-2*x**2))", (-2, 2))
    assert certificate.error_upper == 0
    shifted = certify(f, "x**2/(1+abs(x**4-2*x**2)) + 1/8", (-2, 2))
    assert shifted.error_lower <= Decimal("0.125") <= shifted.error_upper
    assert shifted.error_upper - shifted.error_lower < Decimal("1e-9")


def test_a_breakpoint_without_closed_form_is_cut_rigorously():
    left, right = Rational([0, 1]), Rational([1, 2, 0, -1])  # 1 + x - x³ = 0 at the cut
    f = Piecewise([CUBE_ROOT], [left, right])
    assert f.continuous
    found = certify(f, "x", (1, Fraction(4, 3)))  # beyond the cut |1 + x - x³| grows up to 1/27
    assert Fraction(found.error_lower) <= Fraction(1, 27) <= Fraction(found.error_upper)


@settings(max_examples=10)
@given(coefficients(3), coefficients(3), st.sampled_from([PauA, PauB, PauC]))
def test_samples_never_exceed_the_enclosure(p, b, kind):
    form = kind(p, b)
    certificate = certify(form, "gelu", (-3, 3))
    x = np.linspace(-3, 3, 1001)
    measured = np.abs(activation("gelu").numpy(x) - form.function()(x)).max()
    assert measured <= float(certificate.error_upper) * (1 + 1e-9) + 1e-12
    assert float(certificate.error_lower) <= float(certificate.error_upper)
    # the grid is 0.006 wide, so that it misses the largest error by no more than slope times that
    slopes = 1.13 + float(certificate.lipschitz_upper)
    assert measured >= float(certificate.error_lower) - 0.003 * slopes


def test_several_pieces_bound_no_best_error():
    certificate = certify(PauA([0, 0, 1], [1]), "relu", (-1, 1))
    assert (certificate.optimal_lower, certificate.alternation, certificate.alternation_needed) == (0, (), 0)
    assert not certificate.optimal and "no bound of the best error" in certificate.method
    assert certificate.type == (2, 1)
    assert certify(PauA([0, 0, 1], [1]), "relu", (1, 2)).alternation_needed == 5  # one piece there


def test_a_function_of_several_pieces_may_beat_every_rational():
    best = ratapprox.fit("relu", (2, 2), (-1, 1)).certificate.optimal_lower
    corner = certify(TwoSlope(Fraction(1, 2), Fraction(1, 2), ZERO), "relu", (-1, 1))
    assert corner.error_upper == 0 < best


def test_a_pole_of_a_piece_counts_only_in_its_interval():
    f = Piecewise([0], [Rational([1], [-1, 1]), Rational([-1], [1, 1])])
    assert certify(f, "relu", (-2, 2)).pole_free_on_reals
    g = Piecewise([0], [ONE, Rational([1], [1, -1])])
    refuted = certify(g, "relu", (-2, 2))
    assert not refuted.pole_free and refuted.error_upper == Decimal("Infinity") and refuted.error_at == 1
    assert refuted.increasing is None and refuted.poles == ("1",)
    outside = certify(g, "relu", (-2, Fraction(1, 2)))
    assert outside.pole_free and not outside.pole_free_on_reals
    assert outside.poles == ("1 (outside the interval)",)


def test_outside_the_interval_poles_and_tails_are_those_of_all_pieces():
    g = Piecewise([0], [Rational([0, -1]), Rational([1], [1, -1])])
    one_piece = certify(g, "relu", (-2, -1))
    assert one_piece.alternation_needed == 3 and not one_piece.pole_free_on_reals
    assert "grows like" in str(one_piece.tails[0]) and one_piece.tails[1].kind == "linear"


def test_tails_come_from_the_outer_pieces():
    certificate = certify(TwoSlope(Fraction(1, 2), Fraction(1, 2), Rational([1], [1, 0, 1])), "gelu", (-1, 1))
    assert [str(tail) for tail in certificate.tails] == ["r − f → 0", "r − f → 0"]


def test_a_weight_counts_on_every_piece():
    f = Piecewise([0], [ZERO, Rational([0, 2])])
    assert float(certify(f, "relu", (-1, 1), weight="2").error_upper) == pytest.approx(2, rel=1e-8)
    with pytest.raises(ValueError, match="the weight x must be positive"):
        certify(f, "relu", (-1, 1), weight="x")


@pytest.mark.parametrize(("left", "right", "rises", "error"), [(ZERO, ONE, True, 1), (ONE, ZERO, False, 2)])
def test_a_jump_makes_the_lipschitz_constant_infinite_and_may_fall(left, right, rises, error):
    certificate = certify(Piecewise([0], [left, right]), "x", (-1, 1))
    assert certificate.lipschitz_upper == Decimal("Infinity") and certificate.increasing is rises
    assert certificate.error_lower <= error <= certificate.error_upper


@pytest.mark.parametrize(("slopes", "steepest"), [((-3, 1), 3), ((-1, 2), 2), ((0, 0), 0)])
def test_the_lipschitz_constant_is_the_largest_slope_of_either_sign(slopes, steepest):
    certificate = certify(Piecewise([0], [Rational([0, s]) for s in slopes]), "x", (-1, 1))
    assert certificate.lipschitz_lower == certificate.lipschitz_upper == steepest


def test_questions_without_an_answer_are_refused():
    jump = Piecewise([1], [ZERO, ONE])
    with pytest.raises(ValueError, match="jumps at this end"):
        certify(jump, "relu", (0, 1))
    with pytest.raises(ValueError, match="of no type"):
        certify(RELU, "gelu", (-1, 1), type=(2, 2))
    with pytest.raises(ValueError, match="left end must be smaller"):
        certify(RELU, "gelu", (1, -1))
    with pytest.raises(ValueError, match="tolerance"):
        certify(RELU, "gelu", (-1, 1), tolerance=0)
    with pytest.raises(TypeError, match=r"certify\(\) judges a Rational"):
        certify(abs, "gelu", (-1, 1))


def test_a_certificate_of_several_pieces_travels_as_json():
    certificate = certify(PauB([0, 1], [1, 1]), "tanh", (-2, 2))
    assert ratapprox.Certificate.from_dict(certificate.to_dict()) == certificate


# -- shape


lines = st.builds(lambda c, s: Rational([c, s]), fractions, st.sampled_from([0, 0, 1, Fraction(1, 3), 2, -1]))


@given(st.lists(fractions, min_size=1, max_size=3, unique=True).map(sorted), st.data())
def test_it_never_falls_exactly_when_no_slope_and_no_step_does(cuts, data):
    f = Piecewise(cuts, [data.draw(lines) for _ in range(len(cuts) + 1)])
    slopes = [piece.derivative()(0) for piece in f.pieces]
    steps = [right(t) - left(t) for t, left, right in zip(cuts, f.pieces[:-1], f.pieces[1:], strict=True)]
    assert never_falls(runs(f)) == (min(slopes) >= 0 and min(steps) >= 0)


@settings(max_examples=25)
@given(piecewises(2, 2), fractions)
def test_stretches_have_the_sign_of_the_slope(f, x):
    slope = f.reduced().derivative()
    assume(x not in f.breakpoints)
    try:
        value = slope(x)
    except ZeroDivisionError:
        return
    kinds = {
        s.kind for s in stretches(runs(f)) if (s.lower is None or s.lower < x) and (s.upper is None or s.upper > x)
    }
    for kind in kinds:
        assert kind == ("increasing" if value > 0 else "decreasing" if value < 0 else kind)


@settings(max_examples=25)
@given(
    st.sampled_from([Fraction(0), Fraction(-1, 2), ROOT2]), pole_free_rationals(3), pole_free_rationals(3), st.data()
)
def test_the_slope_range_holds_every_slope(t, left, right, data):
    f = Piecewise([t], [left, right])
    x = data.draw(st.fractions(-3, Fraction(5, 2), max_denominator=12))
    least, largest = slope_range(runs(f, (Fraction(-3), Fraction(5, 2))))
    assert Fraction(least.lower) <= f.reduced().derivative()(x) <= Fraction(largest.upper)


def test_stretches_join_over_a_breakpoint_that_is_no_turning_point():
    f = Piecewise([ROOT2], [Rational([0, -2]), Rational([0, -2]) * Rational([0, 1]) * Rational([0, 1]) / 2])
    assert f.continuous
    (stretch,) = portrait(f).falling
    assert (stretch.lower, stretch.upper) == (None, None)


def test_portrait_of_a_corner():
    found = portrait(TwoSlope(Fraction(-1, 2), Fraction(1, 2), ZERO), (-1, 1))
    assert repr(found) == "Portrait on [-1, 1]: falls on [-1, 0]; slopes from -1 to 0; no pole"
    assert [float(value) for value in found.far] == [10.0, 0.0] and found.continuous and not found.increasing


def test_portrait_with_poles_says_where_and_leaves_slopes_open():
    found = portrait(PauN([1], [0, -1]), (-3, 0))
    assert repr(found) == "Portrait on [-3, 0]: poles at -1"
    assert found.slopes == (None, None) and len(found.poles_on_reals) == 2 and not found.continuous
    assert portrait(Rational([1], [10, 1])).far[0] is None


def test_portrait_on_the_real_line_takes_slopes_in_the_limit():
    found = portrait(Piecewise([0], [Rational([0, -1], [1, -1]), Rational([0, 1, 1])]))
    assert found.slopes[1] is None and found.slopes[0].contains(-1)
    assert found.to_dict()["slopes"][1] is None


def test_portrait_refuses_what_it_cannot_describe():
    with pytest.raises(TypeError, match=r"portrait\(\) describes a Rational"):
        portrait("relu")
    with pytest.raises(ValueError, match="jumps at this end"):
        portrait(Piecewise([1], [ZERO, ONE]), (0, 1))


# -- Gaussian moments


@pytest.mark.parametrize("variance", [1, Fraction(1, 3), 4])
@pytest.mark.parametrize(
    ("f", "name"),
    [
        (RELU, "relu"),
        (Piecewise([-1, 1], [-ONE, X, ONE]), "hard_tanh"),
        (Piecewise([0], [X / (1 - X), X / (1 + X)]), "softsign"),
        (PauB([0, 0, 1], [0, -2, 0, 1]), "x**2/(1+abs(x**4-2*x**2))"),
    ],
)
def test_moments_agree_with_those_of_the_same_function_as_an_expression(f, name, variance):
    ours, theirs = moments(f, variance), moments(name, variance)
    for field in ("mean", "second", "slope_mean", "slope"):
        one, other = getattr(ours, field), getattr(theirs, field)
        assert one.lower <= other.upper and other.lower <= one.upper
        assert one.width <= Decimal("1e-18")


@settings(max_examples=5)
@given(pole_free_rationals(2), st.sampled_from([Fraction(0), Fraction(-1, 2), ROOT2, CUBE_ROOT]))
def test_moments_of_one_rational_cut_in_two_are_its_moments(r, t):
    # the parts are given by hand: as a Piecewise they would be joined again
    p, q = r.reduced().polynomials()
    with ctx.workprec(128):
        halves = [_Part(None, t, p, q, 2, q, 1), _Part(t, None, p, q, 2, q, 1)]
        cut = _expectation(halves, arb(1), arb(2) ** -80, lambda x: 1, hermite=False)
    second = moments(r).second
    assert cut.overlaps(second.ball()) and cut.rad() < 1e-20


@pytest.mark.parametrize("degree", [0, 5, 20, 40])
def test_tails_that_weigh_are_followed_far_enough(degree):
    half = Piecewise([0], [ZERO, Rational([0, *[0] * degree, 1])])
    exact = Fraction(math.prod(range(1, 2 * degree + 2, 2)), 2)  # E[Z^(2k)]/2 = (2k - 1)!!/2, k = degree + 1
    second = moments(half).second
    assert Fraction(second.lower) <= exact <= Fraction(second.upper)
    assert second.upper <= second.lower * (1 + Decimal("1e-18"))


def test_what_is_cut_off_is_in_the_ball():
    whole, exact = fmpq_poly([0] * 41 + [1]), math.prod(range(1, 83, 2))  # E[Z^82]
    part = _Part(None, None, whole, fmpq_poly([1]), 2, fmpq_poly([1]), 1)
    with ctx.workprec(128):
        found = _expectation([part], arb(1), arb(exact) / 100, lambda x: 1, hermite=False)
    assert found.contains(exact) and found.rad() < exact / 100
    assert found.rad() > exact / 10**6  # beyond 12 standard deviations lies more than the integration's error


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize(
    ("p", "q"), [([1, 2], [1]), ([1, 0, -3, 2], [5, 1, 1]), ([1], [3, 0, 1]), ([-1, 4], [1, -1, 0, 0, 2])]
)
def test_the_bound_of_a_tail_is_one_and_a_close_one_where_tails_are_cut(p, q, power):
    part = _Part(None, None, fmpq_poly(p), fmpq_poly(q), power, fmpq_poly(q), 1)
    for X in (3, 12):
        bound, wide = (float(_tail(part, arb(X), arb(1), hermite)) for hermite in (False, True))
        z = np.linspace(X, 40, 400_001)
        density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
        for sign in (-1, 1):
            sizes = density * np.abs(np.polyval(p[::-1], sign * z) / np.polyval(q[::-1], sign * z)) ** power
            assert np.trapezoid(sizes, z) * (1 - 1e-6) <= bound
            for he in ([0, 1], [-1, 0, 1], [0, -3, 0, 1], [3, 0, -6, 0, 1]):
                weighted = sizes * np.abs(np.polyval(he[::-1], z)) / math.sqrt(math.factorial(len(he) - 1))
                assert np.trapezoid(weighted, z) * (1 - 1e-6) <= wide
            assert X == 3 or bound < 10 * np.trapezoid(sizes, z)


def test_gain_of_a_breakpoint_without_closed_form():
    f = Piecewise([CUBE_ROOT], [X, Rational([1, 2, 0, -1])])
    z = np.linspace(-12, 12, 400_001)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    assert float(gain(f).forward) == pytest.approx(1 / (density @ f(z) ** 2), rel=1e-8)
    assert float(gain(f).backward) == pytest.approx(1 / (density @ f.derivative()(z) ** 2), rel=1e-4)


def test_mean_field_and_dual_activation_agree_with_relu():
    assert float(dual(RELU, 0.5)) == pytest.approx(float(dual("relu", 0.5)), rel=1e-15)
    assert float(dual(RELU, -1)) == 0.0
    for ours, theirs in zip(hermite(RELU, 4), hermite("relu", 4), strict=True):
        assert ours.lower <= theirs.upper and theirs.lower <= ours.upper
    assert float(edge_of_chaos(RELU, bias_variance=0).weight_variance) == 2


def test_moments_refuse_poles_and_jumps_with_their_place():
    with pytest.raises(ValueError, match="a pole at x = 2, so that no moment"):
        moments(Piecewise([0], [ZERO, Rational([0, 1], [2, -1])]))
    with pytest.raises(ValueError, match="jumps at x = √2, where its slope has no mean square"):
        moments(Piecewise([ROOT2], [ZERO, ONE]))
    with pytest.raises(ValueError, match="has no gain: σ is constant"):
        gain(Piecewise([0], [ONE, Rational([1, 0], [1])]))
