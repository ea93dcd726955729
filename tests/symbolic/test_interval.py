"""Intervals with algebraic ends: reading, exact decisions at the end itself, rational intervals and sympy as judges."""

import json
from fractions import Fraction

import pytest
import sympy
from flint import fmpq, fmpq_poly
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ratapprox.algebraic import Algebraic
from ratapprox.expressions import ExpressionError
from ratapprox.rational import Rational
from ratapprox.symbolic import analyse, certified_ball, decide_at
from ratapprox.symbolic.antiderivative import inverse
from ratapprox.symbolic.closed_number import closed_number
from ratapprox.symbolic.decide import gap_samples, holds
from ratapprox.symbolic.dossier import dossier
from ratapprox.symbolic.family import describe
from ratapprox.symbolic.interval import inside, read_interval, sign_at
from ratapprox.symbolic.numberfield import decide_at as decide_in_field
from ratapprox.symbolic.properties import Property, conditions
from ratapprox.symbolic.reading import read

ROOT2 = Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
GOLDEN = closed_number("(1 + sqrt(5))/2")
X = fmpq_poly([0, 1])

# -- reading


@pytest.mark.parametrize(
    ("text", "polynomial", "value"),
    [
        ("sqrt(2)", (-2, 0, 1), 1.4142135623730951),
        ("-sqrt(2)", (-2, 0, 1), -1.4142135623730951),
        ("(1+sqrt(5))/2", (-1, -1, 1), 1.618033988749895),
        ("2^(1/3)", (-2, 0, 0, 1), 1.2599210498948732),
        ("cbrt(-2)", (2, 0, 0, 1), -1.2599210498948732),
        ("sqrt(2) + sqrt(3)", (1, 0, -10, 0, 1), 3.1462643699419726),
        ("sqrt(2)*sqrt(3)*sqrt(6)", (-6, 1), 6.0),
        ("sqrt(5 + 2*sqrt(6)) - sqrt(2) - sqrt(3)", (0, 1), 0.0),
        ("1/(2^(1/3) + 1)", (-1, 3, -3, 3), 1 / (1 + 1.2599210498948732)),
        ("sqrt(2 + sqrt(2))", (2, 0, -4, 0, 1), 1.8477590650225735),
        ("sqrt(7 - 4*sqrt(3))", (1, -4, 1), 0.2679491924311227),
        ("(1 + sqrt(2))^-2", (1, -6, 1), 0.1715728752538099),
        ("sin(pi/5)", (5, 0, -20, 0, 16), 0.5877852522924731),
    ],
)
def test_a_closed_expression_is_the_root_of_its_irreducible_polynomial(text, polynomial, value):
    found = closed_number(text)
    assert found.polynomial == polynomial
    assert float(found) == pytest.approx(value, rel=1e-12, abs=1e-300)


small = st.integers(-4, 4)
surds = st.builds("({} + {}*sqrt({}))/{}".format, small, small, st.sampled_from([2, 3, 5, 8]), st.integers(1, 4))


@given(surds, st.sampled_from(["+", "-", "*"]), st.one_of(surds, st.sampled_from(["2^(1/3)", "sqrt(1+sqrt(3))"])))
@settings(max_examples=40, deadline=None)
def test_sums_and_products_have_the_polynomial_that_sympy_finds(a, sign, b):
    text = f"({a}) {sign} ({b})"
    t = sympy.Symbol("t")
    found, expected = closed_number(text), sympy.minimal_polynomial(sympy.sympify(text.replace("^", "**")), t)
    assert tuple(map(int, reversed(sympy.Poly(expected, t).all_coeffs()))) == found.polynomial
    assert float(found) == pytest.approx(float(sympy.sympify(text.replace("^", "**"))), abs=1e-12)


@pytest.mark.parametrize(
    ("on", "error", "words"),
    [
        (("sqrt(2)", "2^(1/2)"), ValueError, "the interval is one point"),
        ((ROOT2, "sqrt(2)"), ValueError, "the interval is one point"),
        (("sqrt(2)", Fraction(7, 5)), ValueError, "the interval is empty"),
        (("sqrt(2)", "sqrt(3) - 1"), ValueError, "the interval is empty"),
        ((0, "pi"), ValueError, "give such a number near it, as 355/113"),
        ((0, "1 + exp(1)"), ValueError, "is not built from rational numbers by + - * / ^ and roots"),
        ((0, "sqrt(-1)"), ExpressionError, "not a real number"),
        ((0, "sqrt(1 - sqrt(2))"), ExpressionError, "is not real"),
        ((0, "2^(1/500)"), ValueError, "numbers of degree up to 32 are read"),
        ((0, "2^(1/5000)"), ExpressionError, "an exponent beyond 1000"),
        ((0, "(1 + sqrt(2))^900"), ValueError, "bits: at most 256 are read"),
        ((0, "a*sqrt(2)"), ValueError, "it has the name a"),
        ((0, "x"), ValueError, "it has the name x"),
        ((0, "__import__('os')"), ExpressionError, "an expression is made of"),
        ((0, "1/0"), ValueError, "division by 0"),
        ((0, ""), ValueError, "is no end of an interval"),
        ((0, True), TypeError, "True is no number"),
        ((0, [1]), TypeError, "is no number"),
        ((0, float("nan")), ValueError, "nan is no number"),
        ("0,1", TypeError, "an interval is two numbers"),
    ],
)
def test_what_is_no_interval_is_told_in_one_sentence(on, error, words):
    with pytest.raises(ValueError if issubclass(error, ValueError) else error) as raised:
        read_interval(on)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_rational_ends_stay_fractions_however_they_are_written():
    assert read_interval(("sqrt(4)", Algebraic.rational(3))) == (Fraction(2), Fraction(3))
    assert all(type(end) is Fraction for end in read_interval(("sqrt(4)", Algebraic.rational(3))))


def test_the_ends_are_given_in_intervals_that_meet_neither_each_other_nor_zero():
    low, high = read_interval((Algebraic((-2, 0, 1), Fraction(1), Fraction(2)), Fraction(1415, 1000)))
    assert 0 < low.lower < low.upper < high
    low, high = read_interval(("sqrt(2)", "sqrt(2) + 1/1000000"))
    assert low.upper < high.lower


# -- decisions at the end


@pytest.mark.parametrize(
    ("f", "relation", "on", "witness"),
    [
        (X**2 - 2, ">=", (ROOT2, None), None),
        (X**2 - 2, ">", (ROOT2, None), ROOT2),
        (X**2 - 2, "!=", (ROOT2, None), ROOT2),
        (X**2 - 2, "!=", (None, ROOT2), 0 - ROOT2),
        (2 - X**2, ">=", (Fraction(0), ROOT2), None),
        ((X**2 - 2) ** 2, ">", (Fraction(0), ROOT2), ROOT2),
        ((X**2 - 2) ** 2 * (X - 1), ">=", (ROOT2, None), None),
        ((X**2 - 2) * (X - 1), "!=", (Fraction(0), ROOT2), Fraction(1)),
        (X**2 - 2, ">=", (Fraction(1), GOLDEN), Fraction(4, 3)),
        (X**2 - X - 1, ">=", (ROOT2, GOLDEN), Fraction(3, 2)),
        (X**2 - X - 1, ">", (GOLDEN, None), GOLDEN),
        (X**2 - 2 - fmpq(1, 10**40), ">=", (ROOT2, None), "a number just above the end"),
        (fmpq_poly([]), ">=", (ROOT2, GOLDEN), None),
        (fmpq_poly([]), ">", (ROOT2, GOLDEN), Fraction(3, 2)),
        (fmpq_poly([-1]), ">=", (ROOT2, GOLDEN), Fraction(3, 2)),
    ],
)
def test_a_polynomial_is_judged_on_the_closed_interval(f, relation, on, witness):
    found = holds(f, relation, on)
    if isinstance(witness, str):
        assert found > ROOT2 and sign_at(f, found) < 0
    else:
        assert found == witness


def test_samples_part_an_algebraic_end_from_roots_however_near():
    near = X - fmpq(14142135623730951, 10**16)
    samples = gap_samples(near * (X - 2), (ROOT2, None))
    assert ROOT2 < samples[0] < Fraction(14142135623730951, 10**16) < samples[1] < 2 < samples[2]


def test_the_rational_interval_inside_leaves_no_root_out_but_the_end():
    f = (X**2 - 2) * (X - fmpq(14142135623730951, 10**16))
    low, high = inside((ROOT2, None), f)
    assert ROOT2 < low < Fraction(14142135623730951, 10**16)
    assert high is None


@pytest.mark.parametrize("relation", [">", "!="])
def test_a_root_at_the_end_is_recognised_over_a_number_field(relation):
    parameter = closed_number("sqrt(2) + 1")
    row = [fmpq_poly([-1, 1]), fmpq_poly([-1])]  # a - 1 - x, 0 at x = √2 for a = √2 + 1
    found = decide_in_field(row, parameter, relation, (Fraction(0), ROOT2))
    assert (found.holds, found.x) == (False, ROOT2)
    assert decide_in_field(row, parameter, ">=", (Fraction(0), ROOT2)).holds
    conjugate = [fmpq_poly([-1, 1]), fmpq_poly([1])]  # a - 1 + x, 0 at -√2 only
    assert decide_in_field(conjugate, parameter, relation, (Fraction(0), ROOT2)).holds


@pytest.mark.parametrize(
    ("family", "on", "written", "cancelled"),
    [
        ("(x**2 - 2)/(x - a)", (1, "sqrt(2)"), "a < 1 or a > √2", "a < 1 or a >= √2"),
        ("x*(x**2 - 2)/(x**2 - 2)", ("sqrt(2)", None), "refuted", "proved"),
    ],
)
def test_a_removable_pole_at_the_end_is_a_pole_until_it_is_cancelled(family, on, written, cancelled):
    for answer, cancel in ((written, False), (cancelled, True)):
        found = analyse(family, "pole-free", on=on, cancelled=cancel)
        assert answer in (str(found.region), found.verdict)


def test_a_pole_at_the_end_is_said_with_the_end():
    assert analyse("1/(x**2 - 2)", "pole-free", on=(0, "sqrt(2)")).witnesses[0].says == "q = 0 at x = √2, a pole"
    found = analyse("x**2 - 2", "positive", on=("sqrt(2)", 3)).witnesses[0]
    assert (found.x, found.value) == (ROOT2, 0)
    assert found.says == "f = 0 at x = √2, but must be greater than 0"


def test_a_symmetry_needs_an_interval_symmetric_about_its_centre():
    assert analyse("x**3", "odd", on=("-sqrt(2)", "sqrt(2)")).verdict == "proved"
    with pytest.raises(ValueError, match="not symmetric about 0"):
        analyse("x**3", "odd", on=("-sqrt(2)", "sqrt(3)"))
    with pytest.raises(ValueError, match="not symmetric about 0"):
        analyse("x**3", "odd", on=("-sqrt(2)", Fraction(141421356237, 10**11)))


# -- random ends

ends = st.builds(
    lambda a, b, d, c: closed_number(f"({a} + {b}*sqrt({d}))/{c}"),
    small, small.filter(bool), st.sampled_from([2, 3, 5]), st.integers(1, 3),
)  # fmt: skip
coefficient = st.tuples(st.integers(-2, 2), st.integers(-2, 2))
polynomial = st.lists(coefficient, min_size=1, max_size=3)
KINDS = ["increasing", "positive-slope", "pole-free", "positive", "convex", "lipschitz:1", "above:relu", "injective"]


def _text(f):
    return " + ".join(f"({c} + {d}*a)*x**{k}" for k, (c, d) in enumerate(f))


@given(polynomial, polynomial, st.sampled_from(KINDS), ends, ends)
@settings(max_examples=40, deadline=None)
@example([(0, 0), (0, 0), (0, 1)], [(1, 0)], "lipschitz:1", closed_number("0*sqrt(2)"), ROOT2)
def test_the_region_lies_between_those_of_a_larger_and_a_smaller_rational_interval(p, q, kind, low, high):
    low, high = sorted((low, high))
    assume(low < high and any(c or d for c, d in q))
    family = f"({_text(p)})/({_text(q)})"
    near, far = low.refine(80), high.refine(80)
    found, outer, inner = (
        analyse(family, kind, on=on).region
        for on in ((low, high), (near.lower - Fraction(1, 2**80), far.upper + Fraction(1, 2**80)),
                   (near.upper + Fraction(1, 2**80), far.lower - Fraction(1, 2**80)))
    )  # fmt: skip
    if found is None:
        return
    assert outer & found == outer
    assert found & inner == found


@given(polynomial, polynomial, st.sampled_from(["increasing", "positive-slope", "pole-free", "positive"]), ends, small)
@settings(max_examples=40, deadline=None)
@example([(0, 0), (0, 0), (0, 1)], [(1, 0)], "positive", ROOT2, 0)
@example([(0, 0), (0, 1)], [(-2, 0), (0, 0), (1, 0)], "pole-free", ROOT2, 1)
def test_the_truth_is_that_of_a_slightly_smaller_interval_and_of_the_end_by_sympy(p, q, kind, end, a):
    x = sympy.Symbol("x")
    P, Q = (sum((c + d * a) * x**k for k, (c, d) in enumerate(f)) for f in (p, q))
    assume(Q != 0)
    near = end.refine(200).upper
    on = (end, near + 2)
    found = analyse(f"({P})/({Q})", kind, on=on).verdict == "proved"
    smaller = analyse(f"({P})/({Q})", kind, on=(near, near + 2)).verdict == "proved"
    N = sympy.diff(P, x) * Q - P * sympy.diff(Q, x)
    number = sympy.sympify(end.exact)
    at = [sympy.sign(sympy.nsimplify(sympy.radsimp(sympy.expand(f.subs(x, number))))) for f in
          (sympy.sympify(N), sympy.sympify(Q), sympy.sympify(P * Q))]  # fmt: skip
    there = {"increasing": at[0] >= 0, "positive-slope": at[0] > 0, "pole-free": True, "positive": at[2] > 0}[kind]
    assert found == (smaller and at[1] != 0 and bool(there))


# -- every job that takes an interval


def test_the_documents_give_an_algebraic_end_by_its_polynomial_and_interval():
    document = analyse("x**2 - a", "positive", on=("-sqrt(2)", "1/3")).to_dict()
    json.dumps(document, allow_nan=False)
    assert document["on"] == ["-sqrt(2)", "1/3"]
    low, high = document["certificate"]["on"]
    assert high == "1/3"
    assert low["polynomial"] == ["-2", "0", "1"]
    assert Fraction(low["interval"][0]) ** 2 > 2 > Fraction(low["interval"][1]) ** 2


def test_relu_parts_an_algebraic_interval_at_zero():
    low, high = on = read_interval(("-sqrt(2)", "sqrt(3)"))
    pole, left, right = conditions(read("x - a"), Property("above", ("relu",)), on)
    assert (pole.on, left.on, right.on) == (on, (low, 0), (0, high))
    assert [c.on for c in conditions(read("x - a"), Property("above", ("relu",)), (high, None))] == [(high, None)] * 2


def test_a_vector_of_parameters_and_a_box_about_it_are_decided_on_an_algebraic_interval():
    assert decide_at("x**2 - a", "above:0", {"a": 2}, on=("sqrt(2)", None))
    assert not decide_at("x**2 - a", "positive", {"a": 2}, on=("sqrt(2)", None))
    box = certified_ball("x**2 - a", "above:0", {"a": 1}, on=("sqrt(2)", 3))
    assert Fraction(999, 1000) < box.radius <= 1 <= box.fails_within
    assert certified_ball("x**2 - a", "above:0", {"a": 2}, on=("sqrt(2)", 3)).radius == 0


@pytest.fixture(scope="module")
def region():
    return analyse("x*(x**2+a)/(x**2+b)", "increasing", on=("-sqrt(2)", "sqrt(2)")).region


@pytest.mark.parametrize("a", range(-3, 13, 2))
@pytest.mark.parametrize("b", [-3, -1, Fraction(1, 7), 1, 2])
def test_a_region_of_two_parameters_agrees_with_single_decisions(region, a, b):
    # t = x² in [0, 2]: t² + (3b - a)t + ab >= 0 and t + b != 0
    t = [Fraction(k, 64) for k in range(129)] + [m for m in [(a - 3 * b) / Fraction(2)] if 0 <= m <= 2]
    expected = all(s * s + (3 * b - a) * s + a * b >= 0 for s in t) and (b > 0 or b < -2)
    assert region.formula(Fraction(a), Fraction(b)) == region.contains(a, b) == expected


def test_the_dossier_of_a_function_ends_at_algebraic_places():
    d = dossier(Rational([0, 1], [1, 0, 1]), ("-sqrt(2)", "sqrt(3)"))  # x/(x² + 1): extrema at ±1
    assert [(s.kind, s.lower, s.upper) for s in d.monotone] == [
        ("decreasing", 0 - ROOT2, -1), ("increasing", -1, 1), ("decreasing", 1, closed_number("sqrt(3)")),
    ]  # fmt: skip
    assert d.inflections == (0,)
    assert d.to_dict()["on"] == ["-sqrt(2)", "sqrt(3)"]
    pole = dossier(Rational([1], [-2, 0, 1]), (0, "sqrt(2)"))
    assert pole.poles == (ROOT2,)
    steep = dossier(Rational([0, 0, 1]), (0, "sqrt(2)")).lipschitz
    assert steep.at == (ROOT2,)
    assert steep.constant.contains(closed_number("2*sqrt(2)").refine(10).lower) is False
    assert float(steep.constant) == pytest.approx(2 * 2**0.5)
    assert [f.x for f in dossier(Rational([0, 2], [1, 0, 1]), (-1, "sqrt(2)")).fixed_points] == [-1, 0, 1]
    assert float(inverse(Rational([0, 0, 1]), 2, on=(0, "sqrt(2)"))) == pytest.approx(2**0.5)


def test_the_dossier_of_a_family_has_the_slope_at_the_end_in_its_lipschitz_constant():
    assert describe("a*x**2", on=("-sqrt(2)", "sqrt(2)")).lipschitz.text in (
        "max(2*sqrt(2)*a, -2*sqrt(2)*a)", "max(-2*sqrt(2)*a, 2*sqrt(2)*a)",
    )  # fmt: skip
