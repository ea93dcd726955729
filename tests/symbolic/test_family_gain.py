"""Gains of families: exact formulas in the parameter that agree with the balls of each member."""

from fractions import Fraction

import pytest
import sympy
from flint import arb, ctx, fmpq, fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox.activations import activation
from ratapprox.symbolic import gain_formula, moments
from ratapprox.symbolic.gaussian import expectation
from ratapprox.symbolic.stein_reduction import reduce_expectation
from tests.strategies import pole_free_rationals

alpha = sympy.Symbol("alpha", real=True)


def test_ralu_has_the_quadratic_of_its_closed_form():
    """RaLU is x + (α - 1) x/(1 + x²), whose square is integrated by hand; I₁ = E[1/(1 + Z²)]."""
    formula = gain_formula("ralu")
    (integral,) = formula.integrals
    i1 = integral.symbol
    by_hand = 1 + 2 * (alpha - 1) * (1 - i1) + (alpha - 1) ** 2 * (i1 - sympy.Rational(1, 2))
    assert sympy.expand(formula.second - by_hand) == 0
    assert sympy.expand(formula.forward * by_hand) == 1 or sympy.simplify(formula.forward * by_hand) == 1
    assert (
        sympy.simplify(integral.closed_form - sympy.sqrt(sympy.pi * sympy.E / 2) * sympy.erfc(1 / sympy.sqrt(2))) == 0
    )
    assert formula.expanded(formula.second).free_symbols == {alpha}


@pytest.mark.parametrize(
    "family",
    [
        "ralu",
        "x/(2*x**2+3)+a*x",
        "(a*x+1)/(x**4+x+1)",
        "x*(x**2+a)/((x**2+1)*(x**2+4))",
        "(x+a)**2/(x**2+2*x+5)**2",
        "a*x**3 + x",
        "(x**3+x)/(a*x**2+a)",
    ],
)
@pytest.mark.parametrize("variance", [1, "2/3"])
def test_the_formula_at_a_value_is_the_moment_of_the_member(family, variance):
    formula = gain_formula(family, variance)
    (name,) = formula.parameters
    for value in (Fraction(-3, 2), Fraction(2)):
        second, slope = formula.at(**{name: value})
        found = moments(activation(family).at(**{name: value}), variance)
        assert second.ball().overlaps(found.second.ball()) and slope.ball().overlaps(found.slope.ball())
        assert float(second.width) < 1e-15 * float(second)


def test_several_parameters_and_a_scale_in_the_denominator_are_kept():
    formula = gain_formula("(a*x**3+b*x)/(c*x**2+c)")
    assert formula.parameters == ("a", "b", "c")
    assert formula.at(a=3, b=3, c=3)[0].contains(1)
    with pytest.raises(ValueError, match="denominator 0 at"):
        formula.at(a=1, b=1, c=0)


def test_the_latex_defines_every_symbol_it_uses():
    text = gain_formula("ralu").latex()
    assert r"\mathbb{E}[\sigma(X)^2] = " in text and "I_{1} = " in text and r"\alpha" in text
    assert "erfc" in text


@given(pole_free_rationals(), st.integers(1, 3), st.sampled_from([Fraction(1), Fraction(5, 3)]))
@settings(max_examples=20)
def test_steins_reduction_is_an_identity(r, power, variance):
    p, q = r.polynomials()
    q = q**power
    with ctx.workprec(512):
        v = arb(variance.numerator) / variance.denominator
        total = arb(0)
        for (factor, j), c in reduce_expectation(p, q, variance).items():
            f = fmpq_poly([fmpq(a.numerator, a.denominator) for a in factor])
            one = expectation(fmpq_poly([0] * j + [1]), f, v) if factor else arb(1)
            total += one * c.numerator / c.denominator
        direct = expectation(p, q, v)
        assert total.overlaps(direct)
        assert total.rad() < arb(10) ** -20 * (1 + abs(direct))


@pytest.mark.parametrize(
    ("family", "says"),
    [
        ("x*(x**2+a)/(x**2+b)", "the poles of .* move with b"),
        ("a*x/(x**2-2)", "has a real pole at x = -1.41421356237, 1.41421356237"),
        ("a*tanh(x)", r"tanh\(x\) is not rational"),
        ("a-a", "zero: it has no gain"),
    ],
)
def test_families_without_such_a_formula_are_refused_in_one_sentence(family, says):
    with pytest.raises(ValueError, match=says) as caught:
        gain_formula(family)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("values", [{}, {"a": 1}, {"alpha": 1, "a": 2}, {"alpha": "much"}, {"alpha": float("nan")}])
def test_values_for_other_parameters_are_slips(values):
    with pytest.raises(ValueError, match=r"give each a value|a value is a finite number"):
        gain_formula("ralu").at(**values)
