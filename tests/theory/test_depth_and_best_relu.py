"""The chapters on depth and on the best rationals against ReLU, beside other ways to the same answers."""

from cmath import exp
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import acos
from pathlib import Path

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

import ratapprox
from ratapprox.claims import load_book

BOOK = load_book(Path(__file__).parents[2] / "theory")
BEST = BOOK.chapter("best_relu.table")
DEPTH = BOOK.chapter("depth.zolotarev_errors")
SAFE = BOOK.chapter("safe_forms.pau_a_is_even")


@pytest.mark.parametrize(("name", "type"), [("1_1", (1, 1)), ("2_1", (2, 1)), ("2_2", (2, 2)), ("3_2", (3, 2))])
def test_the_closed_forms_are_what_the_exchange_finds(name, type):
    level = BEST.LEVELS[name]
    fit = ratapprox.fit("relu", type=type, on=(-1, 1), digits=20)
    for k in range(-4, 5):
        at = Fraction(k, 4)
        value = (level.p / level.q).subs(BEST.x, sympy.Rational(at)).subs(BEST.v, BEST.V).evalf(25)
        assert float(value) == pytest.approx(float(fit.rational(at)), abs=1e-14)


def test_a_factorisation_that_is_wrong_proves_nothing():
    level, error = BEST.LEVELS["2_2"], (2 - sympy.sqrt(3)) ** 2 / 2
    assert BEST._levelled(level, error, 6).verdict == "holds"
    wrong_root = replace(level, above=(level.above[0], (-1, {2 - sympy.sqrt(3): 2, 0: 1})))
    assert BEST._levelled(wrong_root, error, 6).verdict == "fails"
    with_a_pole = replace(level, q=level.q - 4 * BEST.x**2)
    assert "q has no zero" in BEST._levelled(with_a_pole, error, 6).says


def test_a_sign_that_changes_inside_is_no_bound():
    # E = 1/20 for r = x²/2 + x/2 + 1/16 is too small: the identities can be met, but not by squares
    x, level = BEST.x, BEST.LEVELS["2_1"]
    low = sympy.Rational(1, 20)
    root = sympy.sqrt(sympy.Rational(1, 4) - 2 * (sympy.Rational(1, 16) - low))
    tried = replace(level, below=((-BEST.half, {-BEST.half - root: 1, -BEST.half + root: 1}), level.below[1]))
    product = -BEST.half * (x + BEST.half + root) * (x + BEST.half - root)
    assert sympy.expand(low - level.p - product) == 0
    assert "≥ 0 on [-1, 0]" in BEST._levelled(tried, low, 5).says


def test_the_reference_errors_are_in_the_table():
    known = {
        (2, 2): "0.0358983848622",
        (4, 4): "0.00615621439631",
        (5, 4): "0.00425074235204",
        (6, 6): "0.00155281000757",
    }
    known |= {(9, 8): "0.000368281807015", (10, 10): "0.000171365870584"}
    for each, text in known.items():
        assert float(BEST.TABLE[each]) == pytest.approx(float(text), rel=3e-12)


def pieces(weights, biases):
    """The pieces on [−8, 8] of every output of a ReLU network of one input, counted exactly."""
    cuts, lines = (
        [Fraction(-8), Fraction(8)],
        [[(Fraction(1), Fraction(0))]],
    )  # per piece: (slope, constant) of each unit
    for W, b in zip(weights, biases, strict=True):
        new_cuts, new_lines = [cuts[0]], []
        for low, high, units in zip(cuts, cuts[1:], lines, strict=False):
            inputs = [
                (
                    sum(w * a for w, (a, _) in zip(row, units, strict=True)),
                    sum(w * c for w, (_, c) in zip(row, units, strict=True)) + shift,
                )
                for row, shift in zip(W, b, strict=True)
            ]
            zeros = {-c / a for a, c in inputs if a and low < -c / a < high}
            for end in [*sorted(zeros), high]:
                middle = (new_cuts[-1] + end) / 2
                new_lines.append([(a, c) if a * middle + c > 0 else (Fraction(0), Fraction(0)) for a, c in inputs])
                new_cuts.append(end)
        cuts, lines = new_cuts, new_lines
    return 1 + sum(a != b for a, b in pairwise(lines))


@given(st.data(), st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_no_network_has_more_pieces_than_the_product_of_its_widths_plus_one(data, widths):
    numbers = st.fractions(-3, 3, max_denominator=4)
    weights, biases, before = [], [], 1
    for width in widths:
        row = st.lists(numbers, min_size=before, max_size=before)
        weights.append(data.draw(st.lists(row, min_size=width, max_size=width)))
        biases.append(data.draw(st.lists(numbers, min_size=width, max_size=width)))
        before = width
    most = sympy.prod([width + 1 for width in widths])
    assert pieces(weights, biases) <= most <= 2 ** sum(widths)


def test_tents_composed_have_the_pieces_that_they_are_known_for():
    # g = 2 ReLU(x) − 4 ReLU(x − 1/2) on [0, 1], composed m times: at least 2^m pieces with 2m units
    tent = [[Fraction(2), Fraction(-4)]] * 2
    for m in range(1, 6):
        weights = [[[Fraction(1)]] * 2, *[tent] * (m - 1)]
        biases = [[Fraction(0), Fraction(-1, 2)]] * m
        assert 2**m <= pieces(weights, biases) <= 3**m


@given(st.integers(1, 40))
def test_a_chord_polygon_of_the_rational_keeps_the_bound_on_pieces(count):
    # N equal chords on [1/4, 3/4]: their error cannot be below what N pieces allow
    r = ratapprox.Rational([0, 1], [1, 0, 1])
    worst = Fraction(0)
    for k in range(count):
        a, b = (Fraction(1, 4) + Fraction(j, 2 * count) for j in (k, k + 1))
        worst = max(worst, abs(r((a + b) / 2) - (r(a) + r(b)) / 2))
    assert count**2 * worst >= Fraction(12, 100) ** 2


@given(st.lists(st.integers(0, 5), min_size=2, max_size=6), st.lists(st.integers(-4, 4), min_size=1, max_size=4))
def test_only_even_denominators_of_pau_a_are_one_rational(b, p):
    found = ratapprox.PauA(p, b).function()
    if any(p):
        assert isinstance(found, ratapprox.Rational) == (not any(b[::2]))


@given(st.lists(st.floats(0, 10), min_size=1, max_size=9), st.floats(0.01, 0.99))
def test_no_polynomial_with_coefficients_of_one_sign_vanishes_in_the_sector(g, radius):
    # degree at most 9 < π/φ = 9.89: away from the positive axis only the zero of t itself is real
    t = radius * exp(1j * acos(0.95))
    assert sum(c * t ** (k + 1) for k, c in enumerate(g)).imag >= 0
    assert not any(g) or abs(1 + sum(c * t ** (k + 1) for k, c in enumerate(g))) > 0


def test_a_denominator_with_real_zeros_has_no_safe_multiple():
    with pytest.raises(ValueError, match="has it a real zero"):
        SAFE._power_needed([1, 0, -3, 0, 1])


def test_a_tooth_is_a_tent():
    assert [DEPTH._sawtooth_square(Fraction(k, 4), 2, 4) for k in range(5)] == [Fraction(k * k, 16) for k in range(5)]
