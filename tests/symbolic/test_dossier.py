"""What a dossier says of a rational function is true: known values, laws, and random functions against their values."""

import json
import math
from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox import Barycentric, Rational
from ratapprox.algebraic import Algebraic
from ratapprox.expressions import x
from ratapprox.symbolic.antiderivative import antiderivative, inverse
from ratapprox.symbolic.dossier import dossier
from tests.strategies import exact_rationals, fractions, pole_free_rationals

# Type (5, 4) for GELU on [-5, 5], least squares with Lawson weights, rounded to float32.
GELU = Rational(
    [-0.002405168954282999, 0.4999998211860657, 0.41406384110450745, 0.11635458469390869, 0.012043407186865807,
     0.0002607440110296011],
    [1, -3.3429158065700904e-05, 0.23273608088493347, -7.1261320044868626e-06, 0.0005221062456257641],
)  # fmt: skip
RELU = Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383])  # printed by Boullé, Nakatsukasa, Townsend, NeurIPS 2020


def grid(on, points=60):
    low, high = (Fraction(side * 20) if end is None else end for side, end in zip((-1, 1), on, strict=True))
    return [low + (high - low) * Fraction(k, points) for k in range(points + 1)]


def test_the_lipschitz_constants_of_a_rational_gelu():
    d = dossier(GELU, (-5, 5))
    assert str(d.lipschitz_on_reals.constant).startswith("1.17171057091094749")
    assert [round(float(at), 2) for at in d.lipschitz_on_reals.at] == [11.85]
    assert str(d.lipschitz.constant).startswith("1.1214513915")
    assert [round(float(at), 2) for at in d.lipschitz.at] == [1.43]
    assert not d.increasing


def test_the_relu_of_the_literature_falls_on_an_interval():
    d = dossier(RELU)
    assert [s.kind for s in d.monotone] == ["increasing", "decreasing", "increasing"]
    assert [float(e.x) for e in d.extrema] == pytest.approx([-0.647818127624593, -0.191477087498486], abs=1e-15)
    assert dossier(RELU, (-0.19, 1)).increasing


def test_a_multiple_zero_of_the_slope_is_no_end():
    assert [str(s) for s in dossier(Rational([0, 0, 0, 1])).monotone] == ["(−∞, ∞)"]
    nine = dossier(Rational([0, 9, 0, 1], [1, 0, 1]))  # slope (x² - 3)²/(x² + 1)²
    assert nine.increasing
    assert len(nine.monotone) == 1


def test_poles_part_the_intervals_and_the_range():
    d = dossier(Rational([1], [0, 1]))
    assert [str(s) for s in d.monotone] == ["(−∞, 0)", "(0, ∞)"]
    assert [str(part) for part in d.range] == ["(−∞, 0)", "(0, ∞)"]
    assert d.lipschitz.constant is None
    assert not d.decreasing
    assert [str(part) for part in dossier(Rational([0, 0, 1], [-1, 0, 1])).range] == ["(−∞, 0]", "(1, ∞)"]


def test_a_removable_pole_is_cancelled():
    d = dossier(Rational([-1, 0, 1], [-1, 1]))
    assert d.poles == ()
    assert d.lipschitz.constant.contains(1)


def test_limits_count_for_the_lipschitz_constant_and_not_for_the_range():
    d = dossier(Rational([0, 0, 2], [1, 1, 1]))
    assert d.range[0].upper_at or not d.range[0].upper.contains(2)
    bounded = dossier(Rational([0, 0, 1], [1, 0, 1]))
    assert str(bounded.range[0]) == "[0, 1)"
    line = dossier(Rational([0, 0, 0, 2], [1, 0, 2]))  # slope 1 at infinity, more at x = sqrt(3/2)
    assert not line.lipschitz.at_infinity
    assert dossier(Rational([0, 0, 1], [1, 1]), (0, None)).lipschitz.at_infinity
    assert dossier(Rational([0, 0, 1])).lipschitz.constant is None


def test_fixed_points_and_their_stability():
    logistic = dossier(Rational([0, 1, -1]))
    assert [(float(f.x), f.stability) for f in logistic.fixed_points] == [(0, "neutral")]
    heron = dossier(Rational([2, 0, 1], [0, 2]))  # Heron's step towards √2
    assert [(str(f.x), f.stability) for f in heron.fixed_points] == [("-√2", "attracting"), ("√2", "attracting")]
    assert all(f.slope.contains(0) for f in heron.fixed_points)
    assert dossier(Rational([0, 1])).fixed_points is None
    nearly = Rational([0, 1 + Fraction(1, 10**60), 0, 1])  # float64 would call it neutral
    assert dossier(nearly).fixed_points[0].stability == "repelling"


def test_symmetry_about_any_centre():
    odd = Rational([0, 9, 0, 1], [1, 0, 1])
    assert dossier(odd).symmetry == ("odd", 0)
    assert dossier(odd.translate(Fraction(1, 3)) + 7).symmetry == ("odd", Fraction(1, 3))
    assert dossier(Rational([1], [1, 0, 1]).translate(-2)).symmetry == ("even", -2)
    assert dossier(RELU).symmetry is None


def test_the_nearest_pole():
    d = dossier(Rational([1], [Fraction(5, 4), 1, 1]))
    assert d.pole_distance.contains(1)
    assert d.nearest_pole.value.real == -0.5
    assert dossier(Rational([0, 1])).pole_distance is None


def test_plain_functions_and_other_forms():
    constant = dossier(Rational([3]))
    assert [s.kind for s in constant.monotone] == ["constant"]
    assert str(constant.range[0]) == "[3, 3]"
    assert constant.lipschitz.constant.contains(0)
    assert dossier(Rational([0])).zeros == ()
    form = Barycentric.from_rational(Rational([0, 1], [1, 0, 1]), (0, 1, 2))
    assert dossier(form, (0, 1)).increasing


def test_slips_are_told():
    with pytest.raises(TypeError, match=r"write Rational\(p, q\)"):
        dossier("relu")
    with pytest.raises(ValueError, match="the left end must be smaller"):
        dossier(RELU, (1, -1))
    with pytest.raises(TypeError, match="an interval is two numbers"):
        dossier(RELU, 3)
    with pytest.raises(ValueError, match="'a' is no end of an interval"):
        dossier(RELU, ("a", 1))


@given(exact_rationals(3), st.one_of(st.none(), st.tuples(fractions, fractions).filter(lambda e: e[0] < e[1])))
@settings(max_examples=60)
def test_what_is_said_is_true_at_many_points(r, on):
    d = dossier(r, on)
    reduced = r.reduced()
    slope, bend = reduced.derivative(), reduced.derivative().derivative()
    points = [t for t in grid(d.on) if Algebraic.rational(t) not in d.poles]
    for t in points:
        for stretches, form, up, down in (
            (d.monotone, slope, "increasing", "decreasing"),
            (d.curvature, bend, "convex", "concave"),
        ):
            there = [
                s.kind for s in stretches if (s.lower is None or s.lower <= t) and (s.upper is None or s.upper >= t)
            ]
            assert there
            assert form(t) <= 0 or set(there) == {up}
            assert form(t) >= 0 or set(there) == {down}
        if d.lipschitz.constant is not None:
            assert abs(slope(t)) <= Fraction(d.lipschitz.constant.upper)
        value = reduced(t)
        assert any(
            (part.lower is None or Fraction(part.lower.lower) <= value)
            and (part.upper is None or value <= Fraction(part.upper.upper))
            for part in d.range
        )
    assert json.loads(json.dumps(d.to_dict(), allow_nan=False))["schema"] == "ratapprox/dossier/1"
    assert str(d) and repr(d).startswith("Dossier of a rational")


@given(pole_free_rationals(3), fractions)
@settings(max_examples=40)
def test_an_inverse_goes_back(r, t):
    stretch = next(
        s
        for s in dossier(r).monotone
        if ((s.lower is None or s.lower.upper < t) and (s.upper is None or s.upper.lower > t))
        or s.lower == t
        or s.upper == t
    )
    on = (t - Fraction(1, 10**6) if stretch.lower != t else t, t + Fraction(1, 10**6) if stretch.upper != t else t)
    if stretch.kind == "constant" or on[0] == on[1] or len(dossier(r, on).monotone) > 1:
        return
    assert inverse(r, r.reduced()(t), on).contains(t)


def test_an_inverse_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not strictly monotone on the real line: increasing on"):
        inverse(RELU, 0.5)
    with pytest.raises(ValueError, match="does not take the value 3"):
        inverse(RELU, 3, (0, 1))
    with pytest.raises(ValueError, match="has a pole"):
        inverse(Rational([1], [0, 1]), 1)
    assert inverse(Rational([0, 0, 1]), 2, (0, None)).contains(Fraction(0)) is False
    assert float(inverse(Rational([0, 0, 1]), 2, (0, None))) == pytest.approx(math.sqrt(2), abs=1e-16)


@given(exact_rationals(3))
@settings(max_examples=25)
def test_the_antiderivative_differentiates_to_the_function(r):
    slope = sympy.diff(antiderivative(r), x).doit()
    reduced = r.reduced()
    for t in (Fraction(1, 3), Fraction(-7, 5)):
        if reduced.q and sympy.Poly(reduced.to_sympy(x).as_numer_denom()[1], x).eval(sympy.Rational(str(t))) != 0:
            found = complex(slope.subs(x, sympy.Rational(str(t))).evalf(30))
            assert found == pytest.approx(complex(reduced(t)), rel=1e-12, abs=1e-12)


def test_the_antiderivative_in_real_form():
    assert sympy.simplify(antiderivative(Rational([1], [1, 0, 1])) - sympy.atan(x)) == 0
    assert antiderivative(Rational([1], [0, 0, 1])) == -1 / x
    assert antiderivative(Rational([0])) == 0
    assert antiderivative(Rational([0, 0, 3])) == x**3
    assert antiderivative(GELU).has(sympy.RootSum)
