"""What describe() says of a family agrees with the dossiers of its members."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox import Rational, describe, dossier
from ratapprox.symbolic.dossier import Dossier
from ratapprox.symbolic.lipschitz_formula import lipschitz_formula
from ratapprox.symbolic.projection import at_value, rows
from ratapprox.symbolic.reading import read

FAMILIES = {
    "x*(x**2+a)/(x**2+1)": "max(a, (9 - a)/8, -a)",
    "(a*x**3+x)/(x**2+1)": "max((9*a - 1)/8, 1, (1 - 9*a)/8)",
    "(x**3+a*x**2+x)/(x**2+1)": None,
    "x/(x**2+a)": "1/a",
    "a*x": "max(a, -a)",
    "x/(1+a**2*x**2)": "1",
}


def member(family, a):
    f = read(family)
    p, q = (at_value(rows(g), a) for g in (f.p, f.q))
    return Rational(*([Fraction(int(c.p), int(c.q)) for c in g.coeffs()] or [0] for g in (p, q)))


@pytest.mark.parametrize(("family", "text"), FAMILIES.items())
def test_the_lipschitz_constant_is_a_formula(family, text):
    formula = lipschitz_formula(family, "a")
    assert text is None or formula.text == text
    assert formula.maximum is not None


@given(st.sampled_from(sorted(FAMILIES)), st.fractions(-20, 20, max_denominator=12))
@settings(max_examples=40)
def test_the_formula_is_the_constant_of_every_member(family, a):
    found = dossier(member(family, a)).lipschitz.constant
    if found is None:
        return  # a pole
    at = {sympy.Symbol("a", real=True): sympy.Rational(a.numerator, a.denominator)}
    value = max(e.xreplace(at).evalf(40) for e in lipschitz_formula(family, "a").maximum)
    assert abs(Fraction(str(value)) - Fraction(found.lower)) <= Fraction(1, 10**18) * max(1, abs(int(value)))


@given(st.fractions(-20, 20, max_denominator=12))
@settings(max_examples=20)
def test_fixed_and_critical_points_of_a_member_are_those_of_its_phase(a):
    ralu, found = describe("x*(x**2+a)/(x**2+1)"), dossier(member("x*(x**2+a)/(x**2+1)", a))
    (fixed,) = (p.says for p in ralu.fixed_points if p.interval.contains(a))
    (critical,) = (p.says for p in ralu.critical_points if p.interval.contains(a))
    points = found.fixed_points
    assert fixed == ("every x is fixed" if points is None else ", ".join(f.stability for f in points))
    assert critical == (", ".join(e.kind for e in found.extrema) or "no extremum")
    assert ralu.region("increasing").contains(a) == found.increasing


def test_a_family_without_parameters_is_one_function():
    assert isinstance(describe("x**3/(1+x**2)"), Dossier)
    assert isinstance(describe(Rational([0, 1]), on=(0, 1)), Dossier)


def test_more_parameters_are_described_without_regions():
    d = describe("(x**3+a*x**2+b*x+c)/(x**2+1)")
    assert d.regions == ()
    assert str(d)
    with pytest.raises(ValueError, match="is not in this dossier"):
        d.region("increasing")
    assert repr(d)


def test_a_dossier_on_an_interval_that_is_not_symmetric_says_nothing_of_symmetry():
    found = describe("ralu", on=(0, 1))
    assert str(found.region("increasing")) == "alpha >= 0"
    with pytest.raises(ValueError, match="odd is not in this dossier"):
        found.region("odd")
    assert str(describe("ralu", on=(-1, 1)).region("odd")) == "every alpha"


HARD = "(2*x**7+a**2*x**6+5*x**3+a**3*x**2+7*x+a)/(x**6+3*x**4-a*x+5*x**2+9)"


def test_what_takes_too_long_is_said_to_be_unknown_and_the_rest_is_answered():
    found = describe(HARD, time_limit=1.5)
    assert [what for what, _ in found.unanswered] == ["Lipschitz"]
    assert "the time limit of 1.5 s was over" in str(found)
    assert found.lipschitz is None
    assert found.critical_points
    assert found.to_dict()["unanswered"].keys() == {"Lipschitz"}


def test_a_projection_that_is_too_large_does_not_take_the_dossier_with_it():
    found = describe("(x**15+a*x**6+a**3*x**2+7*x+a)/(x**14+3*x**4-a*x+5*x**2+9)", time_limit=0.5)
    assert {"critical", "Lipschitz"} <= {what for what, _ in found.unanswered}
    assert str(found.region("odd")) == "a = 0"


@pytest.mark.parametrize("limit", [0, -1, float("nan"), "1", True])
def test_a_time_limit_that_is_no_positive_number_is_refused(limit):
    with pytest.raises(ValueError, match="time_limit="):
        describe("ralu", time_limit=limit)
