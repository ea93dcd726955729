"""Bounds of rounding errors hold for everything a machine computes, and are tight; 16-bit formats are tried whole."""

import json
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ratapprox import Rational
from ratapprox.number_formats import number_format
from ratapprox.symbolic.rounding import FORMS, recommend, rounding
from ratapprox.symbolic.rounding.forms import form_of, forms_of
from ratapprox.symbolic.rounding.measured import census
from tests.strategies import pole_free_rationals, rationals
from tests.symbolic.machine import evaluate, rounded

# A weighted least-squares fit of GELU on [-5, 5], coefficients rounded to float32.
GELU = Rational(
    [
        *(-0.002405168954282999, 0.4999998211860657, 0.41406384110450745),
        *(0.11635458469390869, 0.012043407186865807, 0.0002607440110296011),
    ],
    [1, -3.3429158065700904e-05, 0.23273608088493347, -7.1261320044868626e-06, 0.0005221062456257641],
)
RELU = Rational([0.0218445, 0.5, 1.5957, 1.1915], [1, 0, 2.383])


def ralu(alpha: Fraction | int) -> Rational:
    return Rational([0, alpha, 0, 1], [1, 0, 1])


# -- known truths


@pytest.mark.parametrize(
    ("form", "non_finite", "violations"), [("factored", 16384, 1602), ("horner", 22000, 1550), ("split", 0, 592)]
)
def test_ralu_in_float16_blows_up_and_wiggles_as_counted(form, non_finite, violations):
    found = rounding(ralu(9), (-5, 5), "float16", form)
    assert found.non_finite == non_finite
    assert found.monotonicity_violations == violations


def test_ralu_split_is_accurate_to_two_units_at_9_and_cancels_near_0_at_0():
    x = number_format("float16").values().astype(np.float64)
    x = x[(np.abs(x) > 2.0**-6) & (np.abs(x) < 2.0**10)][::97]
    units = {}
    for alpha in (9, 0):
        form = form_of(ralu(alpha), "split")
        errors = [abs(evaluate(form, "float16", Fraction(t)) / ralu(alpha)(Fraction(t)) - 1) for t in x]
        units[alpha] = float(max(errors)) * 2**11
    assert 1.5 < units[9] <= 2.2
    assert units[0] > 500


def test_direct_relu_overflows_float16_from_37_7():
    found = rounding(RELU, (-50, 50), "float16", "horner")
    assert found.bound == Decimal("Infinity")
    assert found.non_finite_from == pytest.approx(37.7, abs=0.15)
    assert "not finite at x = " in found.reason
    assert rounding(RELU, (-50, 50), "float16", "reciprocal").non_finite == 0
    assert rounding(RELU, (-50, 50), "float32", "horner").non_finite_from == pytest.approx(6.6e12, rel=0.01)


def test_gelu_in_float32_is_bounded_better_than_by_256_equal_boxes():
    found = rounding(GELU, (0, 5), "float32", "horner")
    assert Decimal("1.27e-6") <= found.bound <= Decimal("3.68e-6")
    assert Decimal("1.1e-6") <= found.observed <= Decimal("1.3e-6")
    assert found.coefficients == 0


def test_gelu_in_float16_errs_as_an_enumeration_in_float64_says():
    found = rounding(GELU, (0, 5), "float16", "horner")
    x = number_format("float16").values()
    x = x[(x >= 0) & (x <= 5)].astype(np.float16)
    p, q = ([np.float16(float(c)) for c in coefficients] for coefficients in (GELU.p, GELU.q))

    def horner(coefficients, x):
        value = np.full_like(x, coefficients[-1])
        for c in coefficients[-2::-1]:
            value = value * x + c
        return value

    computed = (horner(p, x) / horner(q, x)).astype(np.float64)
    assert float(found.bound) == pytest.approx(np.abs(computed - GELU(x.astype(np.float64))).max(), rel=1e-9)
    used = Rational([float(c) for c in p], [float(c) for c in q])
    assert np.abs(computed - used(x.astype(np.float64))).max() == pytest.approx(0.0085, abs=5e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64", "q6.14"])
@pytest.mark.parametrize("r", [GELU, RELU, ralu(9), ralu(0)], ids=["gelu", "relu", "ralu 9", "ralu 0"])
def test_bounds_are_within_a_small_factor_of_what_is_seen(r, dtype):
    for form in forms_of(r):
        found = rounding(r, (-1, 3), dtype, form.name)
        if found.bound.is_finite():
            assert found.observed <= found.bound <= 6 * found.observed, form.name


def test_bounds_by_analysis_hold_where_the_truth_is_known(monkeypatch):
    for dtype in ("float16", "bfloat16", "q6.10"):
        for r in (GELU, RELU, ralu(9)):
            for form in forms_of(r):
                truth = rounding(r, (-2, 4), dtype, form.name)
                with monkeypatch.context() as patch:
                    patch.setattr("ratapprox.number_formats.NumberFormat.countable", False)
                    proved = rounding(r, (-2, 4), dtype, form.name)
                assert proved.exhaustive is False
                assert proved.observed <= truth.bound <= proved.bound
                assert not proved.bound.is_finite() or proved.bound <= 6 * truth.bound


# -- against an evaluation by other hands


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "q4.12"])
@pytest.mark.parametrize("r", [GELU, RELU, ralu(9)], ids=["gelu", "relu", "ralu"])
def test_no_input_of_a_16_bit_format_errs_by_more_than_the_bound(r, dtype):
    x = number_format(dtype).values()
    x = x[(x >= -3) & (x <= 5)].astype(np.float64)[::307]
    for form in forms_of(r):
        found = rounding(r, (-3, 5), dtype, form.name)
        assert found.exhaustive
        assert found.bound == found.observed
        values = {t: evaluate(form, dtype, Fraction(t)) for t in [*x, found.worst_x]}
        if not found.bound.is_finite():
            assert values[found.worst_x] is None or "coefficient" in found.reason
            continue
        errors = {t: abs(value - r.exact()(Fraction(t))) for t, value in values.items()}
        assert max(errors.values()) == errors[found.worst_x]
        assert 0 <= Fraction(found.bound) - errors[found.worst_x] <= errors[found.worst_x] / 10**19


@settings(max_examples=50)
@given(
    pole_free_rationals(),
    st.sampled_from([*FORMS, None]),
    st.sampled_from(["float16", "bfloat16", "float32", "float64", "q8.8", "q10.12"]),
    st.fractions(-20, 20),
    st.fractions(0, 8),
    st.lists(st.fractions(0, 1), min_size=6, max_size=6),
)
def test_the_bound_holds_for_random_functions_and_inputs(r, name, dtype, a, width, places):
    if name is not None and all(form.name != name for form in forms_of(r)):
        assume(FORMS[name][1](r.exact()) is not None)
    b = a + width
    inputs = [t for place in places if (t := rounded(dtype, a + place * width)) is not None and a <= t <= b]
    assume(inputs)
    found = rounding(r, (a, b), dtype, name)
    form = form_of(r, found.form)
    if not found.bound.is_finite():
        assert found.reason
        return
    assert found.observed <= found.bound
    for x in inputs:
        computed = evaluate(form, dtype, x)
        assert computed is not None
        assert abs(computed - r.exact()(x)) <= Fraction(found.bound)


@settings(max_examples=15)
@given(rationals(), st.sampled_from(["float16", "float32", "q4.12"]))
def test_poles_and_overflow_give_infinity_and_a_reason_never_an_error(r, dtype):
    for entry in recommend(r, (-3, 3), dtype).table:
        assert entry.reason
        assert entry.bound >= entry.observed or not entry.bound.is_finite()


# -- monotone truth


@pytest.mark.parametrize("r", [GELU, RELU, Rational([1], [0, 1])], ids=["gelu", "relu", "1/x"])
def test_violations_are_counted_where_the_function_rises_and_where_it_falls(r):
    x = number_format("bfloat16").values().astype(np.float64)
    x = x[(np.abs(x) > 0.5) & (np.abs(x) < 4)]
    form = form_of(r, "horner")
    computed = np.array([float(evaluate(form, "bfloat16", Fraction(t))) for t in x])
    exact = np.array([float(r.exact()(Fraction(t))) for t in x])
    falls, rises = np.diff(exact) < 0, np.diff(exact) > 0
    expected = np.sum((falls & (np.diff(computed) > 0)) | (rises & (np.diff(computed) < 0)))
    assert expected > 0 or r.type == (0, 1)
    counted = census(r, x, computed).violations
    assert expected - 2 <= counted <= expected  # a pair about a minimum is not counted


def test_a_reflected_function_has_as_many_violations():
    for form in ("horner", "split"):
        found, mirrored = (rounding(r, (1, 2), "float16", form) for r in (ralu(9), ralu(9).reflect()))
        assert found.monotonicity_violations == mirrored.monotonicity_violations


# -- overflow that heals


def test_a_denominator_that_overflows_to_infinity_does_no_harm_in_a_split():
    found = rounding(Rational([0, 1], [1, 0, 1]), (None, None), "float32", "horner")
    assert found.observed <= found.bound <= 4 * found.observed
    assert found.non_finite_from is None


def test_where_it_gives_0_the_whole_value_is_the_error():
    found = rounding(Rational([0, 1], [1, 0, 1]), (10**20, 10**30), "float32", "horner")
    assert found.observed == pytest.approx(Decimal("1e-20"), rel=Decimal("1e-6"))
    assert found.observed <= found.bound <= Decimal("1.5e-20")


def test_fixed_point_has_no_infinity_to_heal_with():
    found = rounding(Rational([0, 1], [1, 0, 1]), (-4, 4), "q4.12", "horner")
    assert found.bound == Decimal("Infinity")
    assert found.nan == found.non_finite > 0


# -- the best form


def test_the_split_of_ralu_is_recommended():
    for dtype in ("float16", "bfloat16", "float32"):
        assert recommend(ralu(9), (-4, 4), dtype).form == "split"
        assert rounding(ralu(9), (-4, 4), dtype).form == "split"


def test_every_form_is_in_the_table_once_and_the_best_is_first():
    found = recommend(GELU, (-5, 5), "float16")
    assert sorted(row.form for row in found.table) == ["estrin", "horner", "reciprocal", "split"]
    assert found.table[0] is found.best
    assert str(found).splitlines()[1].startswith(found.form)
    assert all(row.bound >= found.best.bound / Decimal("1.25") for row in found.table)


# -- what it says of itself


def test_it_can_be_written_as_json_without_infinity():
    for found in recommend(ralu(9), (None, None), "float16").table:
        document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        assert (document["bound"] is None) == (not found.bound.is_finite())
        assert document["on"] == ["-65504", "65504"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((GELU, (-1, 1), "float8"), "known are float16, bfloat16"),
        ((GELU, (-1, 1), "q20.12"), "at most 24"),
        ((GELU, (-1, 1), "float16", "pade"), "known forms are horner"),
        ((Rational([1], [1, 1]), (0, 1), "float16", "split"), "needs m >= n >= 1"),
        ((GELU, (1, -1), "float16"), "left end must not be larger"),
        ((GELU, (10**6, 10**7), "float16"), "no value of float16 lies in it"),
        ((GELU, (Fraction(1, 10**9), Fraction(2, 10**9)), "q4.12"), "no value of q4.12 lies in it"),
    ],
)
def test_slips_are_told_with_what_would_work(arguments, says):
    with pytest.raises(ValueError, match=says):
        rounding(*arguments)


def test_only_rationals_and_intervals_are_taken():
    with pytest.raises(TypeError, match="write Rational"):
        rounding("relu", (-1, 1))
    with pytest.raises(TypeError, match="two numbers"):
        rounding(GELU, 3)
    with pytest.raises(TypeError, match="finite number"):
        rounding(GELU, (float("-inf"), 1))


def test_an_end_between_two_values_is_not_rounded_outward():
    # 1/3 is rounded up in float32 and in bfloat16, so the largest value in the interval is the one before
    for dtype in ("float32", "bfloat16"):
        found = rounding(Rational([0, 3]), (Fraction(3, 10), Fraction(1, 3)), dtype, "horner")
        assert Fraction(found.worst_x) <= Fraction(1, 3)
    found = rounding(Rational([0, 0, 1]), (0, Fraction(1, 3)), "bfloat16", "horner")
    assert Fraction(found.worst_x) <= Fraction(1, 3)


def test_a_coefficient_beyond_the_format_is_named():
    found = rounding(Rational([0, 70000], [1]), (0, 1), "float16", "horner")
    assert found.reason == "the coefficient 70000 is beyond float16"
    assert repr(found) == ("Rounding of float16 horner on [0, 1]: no bound, the coefficient 70000 is beyond float16")


@pytest.mark.parametrize(("dtype", "milliseconds"), [("float16", 50), ("float32", 20)])
def test_one_form_takes_milliseconds(dtype, milliseconds):
    best = min(_seconds(lambda: rounding(GELU, (0, 5), dtype, "horner")) for _ in range(8))
    assert best < 4e-3 * milliseconds  # the machine may be shared


def _seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
