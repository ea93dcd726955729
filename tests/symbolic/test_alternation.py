"""The de la Vallée Poussin bound is the best that the points prove, and never exceeds the best error."""

import tomllib
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox import Rational
from ratapprox.symbolic import certify
from ratapprox.symbolic.alternation import levelled_lower
from ratapprox.symbolic.extrema import Extremum

CASES = tomllib.loads((Path(__file__).parent / "near_best.toml").read_text())["case"]
HALF_A_DIGIT = Fraction(1, 10**15)  # the shortest best errors are printed with 16 digits or more


def brute_force(values: list[int], needed: int) -> int:
    """The largest min |e| over all alternating choices of `needed` points."""
    return max(
        (
            min(abs(v) for v in choice)
            for choice in combinations(values, needed)
            if all(choice) and all(a * b < 0 for a, b in pairwise(choice))
        ),
        default=0,
    )


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9), st.integers(1, 6))
def test_the_bound_is_the_best_over_all_choices_of_points(values, needed):
    points = [Extremum(fmpq(k), arb(v), 0) for k, v in enumerate(values)]
    bound, chosen = levelled_lower(points, needed)
    assert bound == brute_force(values, needed)
    if bound > 0:
        assert len(chosen) == needed
        assert all(a.x < b.x and a.value * b.value < 0 for a, b in pairwise(chosen))


def test_points_of_uncertain_sign_prove_nothing():
    points = [Extremum(fmpq(0), arb(1), 0), Extremum(fmpq(1), arb(-1, 2), 0), Extremum(fmpq(2), arb(1), 0)]
    bound, chosen = levelled_lower(points, 2)
    assert bound == 0
    assert len(chosen) == 1


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['target']}{c['type']}{c['interval']}")
def test_near_best_rationals_enclose_the_best_error(case):
    best = Fraction(case["error"])
    c = certify(Rational(case["p"], case["q"]), case["target"], case["interval"], type=case["type"])
    assert c.pole_free
    assert Fraction(c.optimal_lower) <= best * (1 + HALF_A_DIGIT)
    assert best * (1 - HALF_A_DIGIT) <= Fraction(c.error_upper)
    assert c.gap < 1e-6
    assert c.error_lower <= c.error_upper <= c.error_lower * Decimal("1.000000001")
    assert len(c.alternation) == c.alternation_needed == sum(case["type"]) + 2 - c.defect


@settings(max_examples=60)
@given(st.sampled_from(CASES), st.integers(-13, -1), st.lists(st.integers(-8, 8), min_size=22, max_size=22))
def test_the_lower_bound_of_a_disturbed_rational_never_exceeds_the_best_error(case, exponent, noise):
    size = 10.0**exponent
    coefficients = case["p"] + case["q"][1:]
    disturbed = [c * (1 + size * k / 8) for c, k in zip(coefficients, noise, strict=False)]
    r = Rational(disturbed[: len(case["p"])], [1.0, *disturbed[len(case["p"]) :]])
    m, n = case["type"]
    c = certify(r, case["target"], case["interval"], type=(m, n))
    best = Fraction(case["error"])
    assert Fraction(c.optimal_lower) <= best * (1 + HALF_A_DIGIT)
    if c.pole_free:
        assert best * (1 - HALF_A_DIGIT) <= Fraction(c.error_upper)
        assert c.optimal_lower <= c.error_upper


@pytest.mark.parametrize(
    ("p", "q", "best"),
    [
        ([0.11803398874989485, 0.30901699437494745], [1.0, -0.6180339887498949], "(sqrt(5)-2)/2"),
        ([0.03589838486224541, 0.5, 1.3971143170299736], [1.0, 0.0, 2.7942286340599473], None),
    ],
)
def test_the_best_error_of_relu_is_bracketed_to_rounding(p, q, best):
    exact = Decimal(5).sqrt() / 2 - 1 if best else (2 - Decimal(3).sqrt()) ** 2 / 2
    c = certify(Rational(p, q), "relu", (-1, 1))
    assert c.optimal_lower <= exact <= c.error_upper
    if best:
        assert c.gap < 1e-14
        assert c.optimal


def test_the_defect_of_a_cancelling_form_lowers_the_number_of_points():
    r = Rational([Fraction(1, 10), 0, 1], [1])
    assert certify(r, "abs", (-1, 1), type=(2, 0)).alternation_needed == 4
    assert certify(r, "abs", (-1, 1), type=(3, 3)).defect == 1
    assert certify(r, "abs", (-1, 1), type=(3, 3)).alternation_needed == 7


def test_the_zero_function_needs_m_plus_2_points():
    c = certify(Rational([0]), "sin(20*x)", (-1, 1), type=(3, 5))
    assert c.defect == 5
    assert c.alternation_needed == 5
    assert 1 - c.optimal_lower < Decimal("1e-15")
    assert c.optimal
