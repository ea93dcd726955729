"""Regions of one parameter: text, membership, algebra of sets, JSON."""

import json
from fractions import Fraction

import pytest
from flint import fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox import Rational, analyse, antiderivative, inverse
from ratapprox.algebraic import Algebraic, algebraic_roots
from ratapprox.symbolic.analysis import Analysis, AnalysisWitness
from ratapprox.symbolic.region import Interval, Region

POINTS = (Algebraic.rational(0), algebraic_roots(fmpz_poly([-2, 0, 1]))[1], Algebraic.rational(9))
NUMBERS = [Fraction(k, 4) for k in range(-8, 44)] + list(POINTS)
regions = st.lists(st.booleans(), min_size=7, max_size=7).map(lambda t: Region.from_cells("a", POINTS, tuple(t)))


@pytest.mark.parametrize(
    ("truth", "text"),
    [
        ("0001110", "√2 <= a <= 9"),
        ("0000100", "√2 < a < 9"),
        ("0101010", "a = 0 or a = √2 or a = 9"),
        ("1011111", "a < 0 or a > 0"),
        ("1110001", "a < √2 or a > 9"),
        ("1111111", "every a"),
        ("0000000", "no a"),
    ],
)
def test_cells_are_joined_and_written(truth, text):
    assert str(Region.from_cells("a", POINTS, tuple(c == "1" for c in truth))) == text


@settings(max_examples=25)
@given(regions, regions)
def test_union_intersection_and_complement_are_those_of_sets(a, b):
    for number in NUMBERS:
        assert (a | b).contains(number) == (a.contains(number) or b.contains(number))
        assert (a & b).contains(number) == (a.contains(number) and b.contains(number))
        assert a.complement().contains(number) != a.contains(number)


@given(regions)
def test_intervals_are_maximal_so_that_equal_sets_are_equal_values(a):
    assert a | a == a and a & a == a and a.complement().complement() == a


def test_regions_of_different_parameters_are_not_mixed():
    with pytest.raises(ValueError, match="regions of a and of b"):
        Region.everything("a").union(Region.nothing("b"))


def test_json_has_exact_and_decimal_ends_and_null_for_infinite_ones():
    document = Region(
        "a", (Interval(None, False, POINTS[1], True), Interval(POINTS[2], True, POINTS[2], True))
    ).to_dict()
    assert document["text"] == "a <= √2 or a = 9"
    first, point = document["intervals"]
    assert first["lower"] is None and first["upper"]["exact"] == "sqrt(2)" and first["upper_closed"]
    assert point["lower"] == point["upper"] == {"exact": "9", "decimal": "9.0"}
    json.dumps(document, allow_nan=False)


def test_an_analysis_says_itself_in_one_line():
    region = Region("a", (Interval(POINTS[0], True, POINTS[2], True),))
    witness = AnalysisWitness((("a", Fraction(-1)),), Fraction(0), Fraction(-1), "f' < 0")
    on = (Fraction(0), None)
    found = Analysis("f", "increasing", on, ("a",), "region", "", region, (witness,))
    assert repr(found) == "Analysis: f, increasing on [0, oo): exactly for 0 <= a <= 9"
    document = found.to_dict()
    assert document["schema"] == "ratapprox/analysis/1" and document["on"] == ["0", None]
    assert document["witnesses"] == [{"parameter_values": {"a": "-1"}, "x": "0", "value": "-1", "says": "f' < 0"}]
    assert repr(Analysis("f", "odd", (None, None), (), "refuted", "")) == "Analysis: f, odd: refuted"
    assert (
        repr(Analysis("f", "odd", (None, None), (), "unknown", "too large")) == "Analysis: f, odd: unknown, too large"
    )


def test_what_is_no_number_is_refused_by_name():
    region = analyse("x*(x**2+a)/(x**2+1)", "increasing").region
    assert region.contains(9.0)
    plane = analyse("x*(x**2+a)/(x**2+b)", "increasing").region
    relu = Rational([0, 9, 0, 1], [1, 0, 1])
    for wrong in (float("nan"), float("inf"), 1j, "x", None):
        for ask in (lambda w: region.contains(w), lambda w: plane.contains(1, w), lambda w: inverse(relu, w)):
            with pytest.raises(ValueError, match="a rational number is needed"):
                ask(wrong)
    with pytest.raises(TypeError, match="integrates a Rational"):
        antiderivative("x/(x+1)")
