"""The literature's forms: the formula as it is written, the exact function, and the way back."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ratapprox.forms import (
    FORMS,
    Era,
    Form,
    Kat,
    KatCpu,
    KatFitted,
    KatGpu,
    PauA,
    PauB,
    PauC,
    PauD,
    PauN,
    TwoSlope,
    same_function,
    to_form,
)
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational

from .strategies import coefficients, exact_rationals, fractions, nonzero_fractions

positive = st.builds(Fraction, st.integers(1, 60), st.sampled_from([1, 2, 7, 10]))


def polynomial(c, x, first=0):
    return sum((number * x ** (first + k) for k, number in enumerate(c)), 0 * x)


# The formulas of the papers, written here a second time.
FORMULAS = {
    "pau-a": lambda p, b, x: polynomial(p, x) / (1 + sum(abs(c) * abs(x) ** k for k, c in enumerate(b, 1))),
    "pau-b": lambda p, b, x: polynomial(p, x) / (1 + abs(polynomial(b, x, 1))),
    "pau-c": lambda p, b, x: polynomial(p, x) / (Fraction(1, 10) + abs(polynomial(b, x))),
    "pau-d": lambda p, b, x: polynomial(p, x) / (1 + abs(polynomial(b, x, 1))),
    "pau-n": lambda p, b, x: polynomial(p, x) / (1 + polynomial(b, x, 1)),
    "kat-fitted": lambda p, b, x: polynomial(p, x) / (1 + abs(polynomial(b, x, 1))),
    "kat-gpu": lambda p, b, x: polynomial(p, x) / (1 + sum(abs(c) * abs(x) ** k for k, c in enumerate(b, 1))),
    "kat-cpu": lambda p, b, x: polynomial(p, x) / (1 + sum(abs(c) * x**k for k, c in enumerate(b, 1))),
}
QUOTIENTS = st.sampled_from([PauA, PauB, PauC, PauD, PauN, KatFitted, KatGpu, KatCpu])


@st.composite
def eras(draw, most=3):
    count = draw(st.integers(1, most))
    lists = [draw(st.lists(fractions, min_size=count, max_size=count)) for _ in range(3)]
    heights = draw(st.lists(nonzero_fractions, min_size=count, max_size=count))
    return Era(draw(fractions), draw(fractions), *lists, heights)


two_slopes = st.builds(TwoSlope, fractions, fractions, exact_rationals())


def or_none(f, x):
    try:
        return f(x)
    except ZeroDivisionError:
        return None


# -- the exact function is the formula


@given(QUOTIENTS, coefficients(), coefficients(), fractions)
def test_form_formula_and_function_have_the_same_exact_values(kind, p, b, x):
    form = kind(p, b)
    try:
        expected = FORMULAS[form.name](p, b, x)
    except ZeroDivisionError:
        return  # a pole as it is written, or 0/0
    assert form(x) == expected == form.function()(x)


@pytest.mark.parametrize(
    ("b", "cuts"),
    [
        ([0, 1], ()),  # x²
        ([0, 1, -2, 1], ()),  # x²(1 - x)²
        ([0, 0, 1], (0,)),  # x³
        ([0, -1, 2, -1], ()),  # -x²(1 - x)²
        ([0, -1, 1], (1,)),  # x²(x - 1)
    ],
)
def test_a_sum_that_only_touches_zero_makes_no_cut(b, cuts):
    function = PauB([1], b).function()
    assert (function.breakpoints if isinstance(function, Piecewise) else ()) == cuts
    for x in (Fraction(-1), Fraction(1, 2), Fraction(2)):
        assert function(x) == FORMULAS["pau-b"]([1], b, x)


@given(coefficients(), coefficients(), positive, fractions)
def test_version_c_takes_its_floor_from_epsilon(p, b, epsilon, x):
    expected = polynomial(p, x) / (epsilon + abs(polynomial(b, x)))
    form = PauC(p, b, epsilon)
    assert form(x) == expected == form.function()(x)


@given(eras(), fractions)
def test_era_is_its_sum_of_partial_fractions(era, x):
    terms = ((c * x + d) / ((x - e) ** 2 + f**2) for c, d, e, f in zip(era.c, era.d, era.e, era.f, strict=True))
    assert era(x) == era.a * x + era.b + sum(terms) == era.function()(x)


@given(two_slopes, fractions)
def test_two_slope_is_a_line_a_corner_and_a_rational(form, x):
    rest = or_none(form.r, x)
    assume(rest is not None)
    assert form(x) == form.a * x + form.b * abs(x) + rest == form.function()(x)


@given(QUOTIENTS, coefficients(), coefficients())
def test_safe_forms_have_no_pole_and_are_continuous(kind, p, b):
    if kind in (PauN, KatCpu):
        return
    function = kind(p, b).function()
    assert (
        function.exact().reduced().poles() == ()
        if isinstance(function, Piecewise)
        else not function.poles((-math.inf, math.inf))
    )
    assert isinstance(function, Rational) or function.continuous


# -- floats as the source's code has them


def ra_numpy(form, x):
    """The loop of the source's NumPy code, versions A, B, C and N, in its order of operations."""
    power, above = np.ones_like(x), np.ones_like(x) * form.p[0]
    for c in form.p[1:]:
        power = power * x
        above = above + c * power
    power = np.ones_like(x)
    below = np.ones_like(x) if form.name == "pau-a" else np.zeros_like(x)
    for c in form.b:
        power = power if form.name == "pau-c" else power * x
        below = below + (np.abs(c * power) if form.name == "pau-a" else c * power)
        power = power * x if form.name == "pau-c" else power
    below = {"pau-a": below, "pau-b": 1 + np.abs(below), "pau-c": 0.1 + np.abs(below), "pau-n": below + 1}[form.name]
    return above / below


@given(
    st.sampled_from([PauA, PauB, PauC, PauN]),
    st.lists(st.floats(-8, 8), min_size=2, max_size=6),
    st.lists(st.floats(-8, 8), min_size=1, max_size=5),
    st.lists(st.floats(-50, 50), min_size=1, max_size=5),
)
def test_floats_are_bit_for_bit_those_of_the_source(kind, p, b, points):
    x = np.array(points)
    form = kind(p, b)
    with np.errstate(all="ignore"):
        expected = ra_numpy(form, x)
    np.testing.assert_array_equal(form(x), expected)
    np.testing.assert_array_equal([form(point) for point in points], expected)


def test_floats_overflow_as_the_source_does_where_the_function_does_not():
    form = PauA([0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0])
    assert math.isnan(form(1e200))
    assert form.function()(1e200) == 1.0 and form.limits()[1].value == 1


@given(
    QUOTIENTS, st.lists(st.floats(-8, 8), min_size=1, max_size=5), st.lists(st.floats(-8, 8), min_size=1, max_size=4)
)
def test_the_function_of_a_float_form_is_exact(kind, p, b):
    function = kind(p, b).function()
    assert function.is_exact
    assert same_function(function, kind(p, b).exact().function())


# -- one set of numbers, three functions


def test_kat_reads_one_set_of_numbers_in_three_ways():
    kat = Kat([0, 1], [[-1, Fraction(1, 2)], [1, 1]])
    x = Fraction(-2)
    assert [f(x) for f in (kat.fitted[0], kat.gpu[0], kat.cpu[0])] == [
        Fraction(-2, 5),  # 1 + |2 + 2|
        Fraction(-2, 5),  # 1 + 2 + 2
        Fraction(-2),  # 1 - 2 + 2
    ]
    assert kat.cpu[1](x) == Fraction(-2, 3)
    assert (len(kat.fitted), repr(kat)) == (2, "Kat of 2 groups of type (1, 2)")


@given(coefficients(), coefficients())
def test_the_three_readings_agree_right_of_zero_when_no_number_is_negative(p, b):
    kat = Kat(p, [[abs(c) for c in b]])
    for x in (Fraction(0), Fraction(1, 3), Fraction(5)):
        assert kat.fitted[0](x) == kat.gpu[0](x) == kat.cpu[0](x)


# -- conversions


@given(QUOTIENTS, coefficients(), coefficients())
def test_every_form_is_found_again_in_its_function(kind, p, b):
    form = kind(p, b)
    function = form.function()
    found = to_form(function, form.name)
    assert type(found) is kind and same_function(found.function(), function)
    assert to_form(found, form.name) == found


@given(coefficients(), coefficients(), positive, positive)
def test_b_is_c_for_every_floor(p, b, floor, other):
    function = PauB(p, b).function()
    c = to_form(function, "pau-c", epsilon=floor)
    assert (isinstance(c, PauC) and c.epsilon == floor and c.b[0] == 0) or isinstance(function, Rational)
    for again in (c, to_form(c, "pau-c", epsilon=other)):
        assert same_function(again.function(), function)
    assert same_function(to_form(c, "pau-b").function(), function)


@given(coefficients(), st.lists(positive, min_size=1, max_size=3))
def test_nonnegative_even_denominators_are_plain_and_all_the_safe_forms(p, even):
    b = [number for c in even for number in (Fraction(0), c)]
    plain = PauN(p, b).function()
    for name in FORMS:
        if name in ("era", "two-slope"):
            continue
        found = to_form(plain, name)
        assert same_function(found if isinstance(found, Rational) else found.function(), plain)
    assert to_form(PauA(p, b), "plain") == plain


@given(eras())
def test_era_is_found_again_in_its_function(era):
    function = era.function()
    multiplicities = [pole.multiplicity for pole in function.poles()]
    if max(multiplicities, default=2) > 1:  # two pairs at one place, or none left after cancelling
        with pytest.raises(ValueError, match=r"a multiple pole|no pole"):
            to_form(function, "era")
        return
    found = to_form(function, "era")
    assert same_function(found.function(), function)
    assert to_form(found.function(), "era") == found


def test_era_nearest_rounds_irrational_poles_correctly():
    r = Rational([1, 0, 0, 2], [3, -2, 1])  # poles 1 ± √2 i
    era = Era.nearest(r)
    assert (era.e, era.f) == ((1.0,), (math.sqrt(2),))
    with pytest.raises(ValueError, match="poles of r are irrational"):
        Era.of(r)
    x = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(era(x), r(x), rtol=1e-14)


@given(two_slopes)
def test_two_slope_is_found_again_in_its_function(form):
    function = form.function()
    found = to_form(function, "two-slope")
    assert isinstance(found, TwoSlope) and found.b == form.b
    assert same_function(found.function(), function)
    assert to_form(found.function(), "two-slope") == found


@pytest.mark.parametrize(
    ("function", "name", "says"),
    [
        (Rational([1], [1, 1]), "pau-a", "a real pole at -1, and this form has none"),
        (Rational([1], [1, 1, 1]), "pau-a", "odd powers of x, which would be powers of"),
        (Rational([1], [1, 0, -1, 0, 1]), "pau-a", "a coefficient of the denominator is negative"),
        (Rational([1], [1, 1, 1]), "pau-b", "the denominator is below 1 somewhere"),
        (Rational([1], [0, 0, 1]), "pau-n", "not 1 at 0"),
        (Rational([1], [1, -1]), "kat-cpu", "a coefficient of the denominator is negative"),
        (PauA([1], [1]), "plain", "2 different pieces, cut at 0"),
        (PauA([1], [1]), "era", "2 different pieces, cut at 0"),
        (PauA([1], [1]), "pau-n", "2 different pieces, cut at 0"),
        (PauA([1], [1]), "two-slope", "must differ by a multiple of x"),
        (PauB([1], [0, -1, 0, 1]), "pau-a", "right of 0 a coefficient of the denominator is negative"),
        (Piecewise([0], [Rational([1], [1, 1, 1]), Rational([1], [1, 2])]), "pau-a", "the pieces are not those"),
        (PauB([1], [-1, 1]), "two-slope", "the only corner of this form is at 0"),
        (Piecewise([0], [Rational([0]), Rational([0, 1])]), "pau-a", "one piece is zero and another one is not"),
        (Piecewise([0], [Rational([1], [1, -1]), Rational([1], [1, 2])]), "pau-b", "the pieces are not those"),
        (Rational([1, 1]), "era", "r has no pole"),
        (Rational([0, 0, 0, 0, 1], [1, 0, 1]), "era", "grows faster than a straight line"),
        (Rational([1], [1, 0, 2, 0, 1]), "era", "a multiple pole"),
        (Rational([1], [-1, 0, 1]), "era", "a real pole"),
        (Rational([1], [2, 0, 1]), "era", "poles of r are irrational"),
    ],
)
def test_what_is_not_of_a_form_is_refused_with_the_reason(function, name, says):
    with pytest.raises(ValueError, match=says):
        to_form(function, name)


def test_a_and_b_are_refused_each_other_where_only_one_of_them_is_it():
    a = PauA([1], [1])
    assert same_function(to_form(a, "pau-b").function(), a.function())  # 1 + |x|
    with pytest.raises(ValueError, match="to pau-b"):
        to_form(PauA([1], [1, 1]), "pau-b")  # |x| + x² is no |polynomial|


def test_unknown_names_and_things_are_refused():
    with pytest.raises(ValueError, match=r"'pau' is no form; the forms are pau-a, pau-b"):
        to_form(Rational([1]), "pau")
    with pytest.raises(TypeError, match="a Rational, a Piecewise or a form is needed"):
        to_form(abs, "plain")


# -- slopes far out


@given(st.lists(fractions, min_size=4, max_size=4), st.lists(nonzero_fractions, min_size=2, max_size=2))
def test_a_rational_of_type_n_plus_1_n_has_one_slope_at_both_ends(p, b):
    left, right = PauN(p, b).limits()
    assert left.slope == right.slope


@given(
    st.sampled_from([PauA, PauB]),
    st.integers(1, 4),
    st.lists(fractions, min_size=4, max_size=4),
    st.lists(fractions, min_size=3, max_size=3),
    nonzero_fractions,
    nonzero_fractions,
)
def test_absolute_denominators_give_slopes_s_s_or_s_minus_s(kind, n, p, b, top, leading):
    form = kind([*p[:n], 0, top] if n < 4 else [*p, 0, top], [*b[: n - 1], leading])
    left, right = form.limits()
    m, degree = form.type
    assert m == degree + 1
    assert right.slope == top / abs(leading)
    assert left.slope == (right.slope if degree % 2 == 0 else -right.slope)


# -- values


@given(QUOTIENTS, coefficients(), coefficients())
def test_forms_are_values(kind, p, b):
    form = kind(p, b)
    assert form == kind(p, b) and hash(form) == hash(kind(p, b))
    form.limits()  # what is kept of the function does not travel
    assert pickle.loads(pickle.dumps(form)) == form
    assert form != kind([*p, 1], b)


def test_forms_with_one_formula_are_different_values():
    assert PauB([1], [1]) != KatFitted([1], [1])
    assert same_function(PauB([1], [1]).function(), KatFitted([1], [1]).function())


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (PauA([0, 1], [1, 2]), "PauA (pau-a) of type (1, 2): p = x"),
        (PauC([0, 1], [1, 2]), "PauC (pau-c) of type (1, 1): p = x"),
        (KatCpu([0.5], [1]), "KatCpu (kat-cpu) of type (0, 1): p = 0.5"),
        (Era(1, 0, [1, 2], [0, 0], [0, 1], [1, 1]), "Era (era) with 2 pairs of poles"),
        (TwoSlope(1, -1, Rational([1], [1, 1])), "TwoSlope (two-slope): x - |x| + a rational of type (0, 1)"),
    ],
)
def test_repr(form, text):
    assert repr(form) == text


def test_every_form_is_registered_under_its_name_with_a_sentence():
    for name, entry in FORMS.items():
        assert entry.name == name and entry.sentence.endswith(".") and entry.formula
        assert entry.kind is Rational or (issubclass(entry.kind, Form) and entry.kind.name == name)
    with pytest.raises(TypeError):
        FORMS["mine"] = FORMS["plain"]


# -- bad input


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: PauA([], [1]), ValueError, "p is empty"),
        (lambda: PauA([1], []), ValueError, "b is empty"),
        (lambda: PauB([1], [math.nan]), ValueError, r"b\[0\] is nan"),
        (lambda: PauB("12", [1]), TypeError, "p is '12'"),
        (lambda: PauC([1], [1], epsilon=0), ValueError, "epsilon is 0: a positive number is needed"),
        (lambda: PauC([1], [1], epsilon=-0.1), ValueError, "epsilon is -0.1"),
        (lambda: PauC([1], [1], epsilon=math.inf), ValueError, "epsilon is inf"),
        (lambda: Kat([1], []), ValueError, "a list of denominators is needed"),
        (lambda: Kat([1], [[1], [1, 2]]), ValueError, r"lengths \[1, 2\]: they must be equal"),
        (lambda: Kat([1], [1]), TypeError, r"b\[0\] is 1"),
        (lambda: Era(0, 0, [1], [1], [1], [0]), ValueError, r"f\[0\] is 0: .* real pole at e\[0\] = 1"),
        (lambda: Era(0, 0, [1], [1, 2], [1], [1]), ValueError, "lengths 1, 2, 1, 1"),
        (lambda: Era(0, math.nan, [1], [1], [1], [1]), ValueError, "b is nan"),
        (lambda: TwoSlope(0, 0, 1), TypeError, "the rational part is a Rational"),
        (lambda: TwoSlope("1", 0, Rational([1])), TypeError, "a is '1'"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(make, error, says):
    with pytest.raises(error, match=says):
        make()


def test_a_pole_of_an_unsafe_form_is_named():
    with pytest.raises(ZeroDivisionError, match="x is a pole"):
        PauN([1], [1])(-1)
    assert PauN([1, 1], [1])(-1) == 1  # 0/0 as it is written


@pytest.mark.parametrize("numbers", [Fraction, float])
def test_on_arrays_a_pole_gives_infinity_as_a_rational_does_whatever_its_parameters_are(numbers):
    x = np.array([[-1.0, 0.5], [-math.inf, math.nan]])
    for form in (PauN([numbers(2)], [numbers(1)]), KatCpu([numbers(2)], [numbers(-1)])):
        expected = Rational([2], [1, 1])(x[:, :1])
        np.testing.assert_array_equal(form(x[0]), [expected[0, 0], 2 / 1.5])
        assert form(-1.0) == math.inf and form(x).shape == (2, 2) and math.isnan(form(x)[1, 1])
    corner = TwoSlope(numbers(1), numbers(0), Rational([-1], [numbers(0), 1]))
    np.testing.assert_array_equal(corner(np.array([0.0, 1.0])), [-math.inf, 0.0])
    cut = Piecewise([1], [Rational([1], [1, numbers(1)]), Rational([0, 1])])
    np.testing.assert_array_equal(cut(np.array([-1.0, 3.0])), [math.inf, 3.0])


def test_on_arrays_fractions_are_the_nearest_floats():
    third = Fraction(1, 3)
    for exact, rounded in (
        (PauC([third], [third, 1]), PauC([1 / 3], [1 / 3, 1.0], epsilon=0.1)),
        (Era(third, 0, [third], [1], [third], [third]), Era(1 / 3, 0.0, [1 / 3], [1.0], [1 / 3], [1 / 3])),
    ):
        x = np.linspace(-3, 3, 101)
        np.testing.assert_array_equal(exact(x), rounded(x))
        assert exact(x).dtype == np.float64
