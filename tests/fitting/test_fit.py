"""fit(): reference values, laws that best approximations obey, and every outcome."""

import json
import math
import time
import tomllib
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ratapprox
from ratapprox import Outcome, fit
from ratapprox.fitting import best_approximation

AUTHORITIES = Path(__file__).parent.parent / "authorities"
CASES = tomllib.loads((AUTHORITIES / "minimax_errors.toml").read_text(encoding="utf-8"))["case"]
SQRT = math.sqrt


def name(case):
    return f"{case['target']}-{case['type']}-{case['interval']}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_the_error_is_the_reference_value_and_proved_best(case):
    found = fit(case["target"], case["type"], case["interval"])
    reference = Decimal(case["error"])
    assert found.outcome is Outcome.CERTIFIED
    assert abs(found.error_decimal / reference - 1) < Decimal("1e-9")
    assert found.error == pytest.approx(float(reference), rel=1e-9, abs=0)
    assert found.certificate.gap < 1e-8
    # the printed reference is rounded in its last digit
    assert found.certificate.optimal_lower <= reference * (1 + Decimal("1e-15"))
    assert found.certificate.error_upper >= reference * (1 - Decimal("1e-15"))


@pytest.mark.parametrize("case", CASES, ids=name)
def test_the_expression_of_a_named_function_has_the_same_best_error(case):
    text = case["expr"].replace("|x|", "abs(x)")
    found = fit(text, case["type"], case["interval"])
    assert found.outcome is Outcome.CERTIFIED
    assert found.error == pytest.approx(float(case["error"]), rel=1e-9, abs=0)


HARD = [
    # value computed here and independently by differential correction on a grid, to the digits shown
    ("relu", (2, 6), (-1, 1), 6.0004638606e-3),
    ("relu", (0, 4), (-1, 1), 4.878224583579e-2),
    ("relu", (4, 6), (-1, 1), 2.98422664564e-3),
    ("gelu", (2, 6), (-5, 5), 8.933896779047e-3),
    ("abs(x - 2**(-10))", (5, 5), (-1, 1), 8.49318654555e-3),
    ("clip(x, 0, 1)", (3, 4), (-1, 2), (2 - SQRT(3)) ** 2 / 2),
    ("clip(x, 0, 1)", (7, 6), (-1, 3), 4.75959843778e-3),
    ("tanh(50*(x - 1/8))", (6, 6), (-1, 1), 7.37048296193e-3),
    ("x**(1/4)", (10, 10), (0, 1), 1.61000182084827e-4),
    ("silu", (9, 8), (-5, 5), 2.12646843716e-13),
    ("exp", (8, 8), (-1, 1), 3.33336976623e-24),
    ("abs", (5, 5), (-1, 1), 8.5014847040738e-3),
]


@pytest.mark.parametrize(("target", "type", "on", "error"), HARD)
def test_hard_types_kinks_and_tiny_errors_are_certified(target, type, on, error):
    found = fit(target, type, on)
    assert found.outcome is Outcome.CERTIFIED
    assert found.error == pytest.approx(error, rel=2e-9, abs=0)


def test_the_error_of_x_of_type_80_80_is_right_to_eight_digits():
    began = time.perf_counter()
    found = fit("abs", (80, 80), (-1, 1))
    assert found.outcome is Outcome.CERTIFIED
    assert found.error == pytest.approx(4.39204841e-12, rel=1e-8, abs=0)
    assert len(found.reference) == 163
    assert time.perf_counter() - began < 60  # a hang, not a slow machine


def test_closed_forms_of_the_relu():
    assert fit("relu", (1, 1), (-1, 1)).error == pytest.approx((SQRT(5) - 2) / 2, rel=1e-12, abs=0)
    assert fit("relu", (2, 2), (-1, 1)).error == pytest.approx((2 - SQRT(3)) ** 2 / 2, rel=1e-12, abs=0)


@pytest.mark.parametrize(("m", "n"), [(1, 0), (3, 2), (4, 1), (5, 4), (7, 2), (8, 6)])
def test_the_relu_is_half_as_far_as_the_absolute_value_when_m_exceeds_n(m, n):
    assert fit("relu", (m, n), (-1, 1)).error == pytest.approx(fit("abs", (m, n), (-1, 1)).error / 2, rel=1e-11, abs=0)


@settings(max_examples=10)
@given(st.sampled_from(["relu", "leaky_relu", "abs"]), st.integers(1, 5), st.integers(0, 4), st.integers(1, 50))
def test_a_homogeneous_function_scales_error_and_reference_with_the_interval(target, m, n, length):
    one, scaled = fit(target, (m, n), (-1, 1)), fit(target, (m, n), (-length, length))
    assert scaled.error == pytest.approx(length * one.error, rel=1e-9, abs=0)
    assert np.allclose(
        scaled.rational(np.linspace(-length, length, 9)),
        length * one.rational(np.linspace(-1, 1, 9)),
        atol=1e-9 * length,
    )


@settings(max_examples=10)
@given(st.sampled_from(["gelu", "elu", "silu"]), st.integers(0, 4), st.integers(0, 4), st.integers(-6, 6))
def test_a_translated_function_on_the_translated_interval_has_the_same_error(target, m, n, shift):
    moved = fit(f"{target}(x - {shift})" if shift >= 0 else f"{target}(x + {-shift})", (m, n), (shift - 2, shift + 3))
    assert moved.error == pytest.approx(fit(target, (m, n), (-2, 3)).error, rel=1e-9, abs=0)


@settings(max_examples=15)
@given(st.sampled_from(["relu", "gelu", "tanh", "softplus", "hard_swish", "exp"]), st.integers(0, 4), st.integers(0, 4))
def test_a_larger_type_is_never_worse(target, m, n):
    error = fit(target, (m, n), (-4, 4)).error
    assert fit(target, (m + 1, n), (-4, 4)).error <= error * (1 + 1e-12)
    assert fit(target, (m, n + 1), (-4, 4)).error <= error * (1 + 1e-12)


@settings(max_examples=15)
@given(st.sampled_from(["relu", "gelu", "selu", "hard_sigmoid"]), st.integers(0, 5), st.integers(0, 5))
def test_no_sample_of_the_interval_exceeds_the_error(target, m, n):
    found = fit(target, (m, n), (-5, 4))
    x = np.linspace(-5, 4, 20001)
    sampled = np.max(np.abs(found.target.numpy(x) - found.rational(x)))
    rounding_of_horner_in_doubles = 1e-10
    assert sampled <= found.error + rounding_of_horner_in_doubles
    assert sampled >= found.error * (1 - 1e-3)


@pytest.mark.parametrize(
    ("target", "type", "on", "defect"),
    [
        ("abs", (5, 5), (-1, 1), 1),
        ("tanh", (4, 5), (-2, 2), 1),
        ("tanh", (0, 4), (-2, 2), 4),
        ("clip(x, 0, 1)", (3, 4), (-1, 2), 1),
        ("clip(x, 0, 1)", (4, 4), (-1, 2), 2),
        ("gelu", (5, 4), (-3, 3), 0),
    ],
)
def test_the_defect_is_stated_and_the_alternation_is_as_long_as_it_asks(target, type, on, defect):
    found = fit(target, type, on)
    assert found.defect == found.certificate.defect == defect
    assert len(found.reference) >= sum(type) + 2 - defect
    assert found.outcome is Outcome.CERTIFIED


def test_symmetry_is_exact_in_the_coefficients():
    relu = fit("relu", (3, 2), (-1, 1)).rational
    assert relu.p[1] == 0.5
    assert relu.q[1] == 0
    gelu = fit("gelu", (5, 4), (-4, 4)).rational
    assert gelu.p[3] == gelu.q[2] / 2
    assert fit("tanh", (5, 4), (-3, 3)).rational.p[::2] == (0, 0, 0)


@pytest.mark.parametrize(
    ("target", "type"),
    [
        ("x**3", (3, 2)),
        ("1/(1 + x**2)", (0, 2)),
        ("0*x", (2, 2)),
        ("relu", (1, 0)),
        ("(x**2 - 1)/(x - 3)", (2, 1)),
        ("2", (0, 0)),
    ],
)
def test_a_target_of_the_type_is_returned_itself_with_error_zero(target, type):
    found = fit(target, type, (1, 2))
    assert found.error == 0
    assert found.outcome is Outcome.CERTIFIED
    assert found.rational(1.5) == pytest.approx(float(ratapprox.activation(target)(1.5)), rel=1e-15, abs=0)


# ------------------------------------------------------------------------------------------------ precision


@pytest.mark.parametrize(
    ("target", "type", "on"), [("relu", (6, 6), (-1, 1)), ("gelu", (4, 4), (-3, 3)), ("elu", (3, 2), (-3, 3))]
)
def test_fifty_digits_agree_with_eighty(target, type, on):
    fifty, eighty = (fit(target, type, on, digits=digits) for digits in (50, 80))
    with localcontext() as context:
        context.prec = 100
        assert abs(fifty.error_decimal / eighty.error_decimal - 1) < Decimal("1e-50")
        assert fifty.certificate.error_upper / fifty.certificate.optimal_lower - 1 < Decimal("1e-49")
    assert fifty.outcome is eighty.outcome is Outcome.CERTIFIED
    for a, b in zip(fifty.rational.p, eighty.rational.p, strict=True):
        assert abs(a - b) <= Fraction(1, 10**40) * max(1, abs(b))


def test_doubles_that_would_have_a_pole_on_the_interval_have_an_infinite_error():
    assert fit("abs(x - 10)", (8, 8), (9, 11)).float64_error == math.inf


def test_the_bound_in_the_reason_is_proved():
    found = fit("relu", (3, 2), (-1, 1))
    assert Decimal(found.reason.rpartition(" ")[2]) <= found.certificate.optimal_lower


def test_coefficients_are_doubles_where_doubles_keep_the_error_and_exact_elsewhere():
    coarse, fine = fit("gelu", (5, 4), (-4, 4)), fit("exp", (5, 5), (-1, 1))
    assert not coarse.rational.is_exact
    assert coarse.float64_error == coarse.error
    assert fine.rational.is_exact
    assert fine.float64_error > fine.error
    assert fine.float64 == fine.rational.to_float()


# ------------------------------------------------------------------------------------------------ weights


def test_relative_error_is_the_weight_one_over_f():
    relative, by_hand = fit("exp", (3, 3), (-1, 1), weight="relative"), fit("exp", (3, 3), (-1, 1), weight="exp(-x)")
    assert relative.error == pytest.approx(by_hand.error, rel=1e-9, abs=0)
    assert relative.outcome is by_hand.outcome is Outcome.CERTIFIED
    x = np.linspace(-1, 1, 4001)
    assert np.max(np.abs(1 - relative.rational(x) / np.exp(x))) == pytest.approx(relative.error, rel=1e-5, abs=0)


def test_a_constant_weight_scales_the_error_and_nothing_else():
    plain, tripled = fit("gelu", (4, 4), (-3, 3)), fit("gelu", (4, 4), (-3, 3), weight=3)
    assert tripled.error == pytest.approx(3 * plain.error, rel=1e-10, abs=0)
    assert np.allclose(tripled.rational(np.linspace(-3, 3, 7)), plain.rational(np.linspace(-3, 3, 7)), atol=1e-12)


def test_the_weighted_error_alternates():
    found = fit("relu", (4, 4), (-1, 1), weight="1/(1 + 10*x**2)")
    assert found.outcome is Outcome.CERTIFIED
    x = np.array(found.reference)
    e = (np.maximum(x, 0) - found.rational(x)) / (1 + 10 * x**2)
    assert np.allclose(np.abs(e), found.error, rtol=1e-9)
    assert np.all(e[1:] * e[:-1] < 0)


# ------------------------------------------------------------------------------------------------ callables


def test_a_python_function_is_fitted_and_called_optimal_at_most():
    found = fit(np.cos, (4, 4), (-1, 1))
    assert found.outcome is Outcome.OPTIMAL
    assert found.certificate is None
    assert found.error == pytest.approx(fit("cos(x)", (4, 4), (-1, 1)).error, rel=1e-5, abs=0)
    assert "expression" in found.outcome.advice


def test_a_python_function_with_a_kink_comes_near_the_best_error():
    found = fit(lambda x: np.abs(x), (4, 4), (-1, 1))
    assert found.error == pytest.approx(8.5014847040738e-3, rel=1e-6, abs=0)


def test_a_python_function_of_one_number_is_called_point_by_point():
    assert fit(math.exp, (2, 2), (-1, 1)).error == pytest.approx(fit("exp", (2, 2), (-1, 1)).error, rel=1e-6, abs=0)


def test_an_error_below_the_rounding_of_a_python_function_is_precision_limited():
    found = fit(np.exp, (8, 8), (-1, 1))
    assert found.outcome is Outcome.PRECISION_LIMITED
    assert found.error < 1e-12


# ------------------------------------------------------------------------------------------------ limits


def test_a_time_limit_leaves_the_best_iterate_and_says_so():
    found = fit("relu", (60, 60), (-1, 1), time_limit=0.3)
    assert found.outcome is Outcome.FAILED
    assert "time limit" in found.reason
    assert found.certificate is not None
    assert found.error <= 0.5 * (1 + 1e-9)
    assert found.certificate.error_upper >= Decimal(found.error) * Decimal("0.999999")


def test_a_spent_time_limit_still_answers_with_the_constant():
    found = fit("gelu", (5, 4), (-4, 4), time_limit=0)
    assert found.outcome is Outcome.FAILED
    assert found.rational.type == (0, 0)


def test_an_interrupt_leaves_the_best_iterate():
    def stop(step):
        if step.exchange == 3:
            raise KeyboardInterrupt

    found = fit("relu", (8, 8), (-1, 1), progress=stop)
    assert found.outcome is Outcome.FAILED
    assert "interrupted" in found.reason
    assert np.isfinite(found.error)


def test_progress_sees_every_exchange_and_the_history_keeps_them():
    seen = []
    found = fit("gelu", (5, 4), (-4, 4), progress=seen.append)
    assert tuple(seen) == found.history
    assert all(step.levelled <= step.error * (1 + 1e-9) for step in seen)


def test_the_same_question_has_the_same_answer():
    one, two = fit("mish", (4, 3), (-4, 4)), fit("mish", (4, 3), (-4, 4))
    assert one.rational == two.rational
    assert one.reference == two.reference


# ------------------------------------------------------------------------------------------------ slips


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ((1, 1), "single point"),
        ((1, -1), "reversed"),
        ((-1, math.inf), "not finite"),
        ((math.nan, 1), "not finite"),
        (("a", 1), "not a finite number"),
        ((1,), "two ends"),
        ("-1,1", "two ends"),
        ((None, 1), "not a real number"),
        ((True, 2), "not a number"),
        ((0, 1e300), "rescale"),
    ],
)
def test_an_interval_that_is_none_is_refused_with_the_reason(on, says):
    with pytest.raises((ValueError, TypeError), match=says):
        fit("relu", (3, 2), on)


@pytest.mark.parametrize(
    ("type", "says"),
    [
        ((-1, 2), "negative"),
        ((2.5, 1), "integers"),
        ((3,), "two degrees"),
        ("3,2", "two degrees"),
        ((1000, 1000), "up to"),
        ((True, 1), "integers"),
        (5, "two degrees"),
    ],
)
def test_a_type_that_is_none_is_refused_with_the_reason(type, says):
    with pytest.raises((ValueError, TypeError), match=says):
        fit("relu", type, (-1, 1))


@pytest.mark.parametrize(
    ("target", "on", "says"),
    [
        ("log(x)", (-1, 1), "not defined"),
        ("1/x", (-1, 1), "0"),
        ("sign", (-1, 1), "jumps"),
        ("tan(x)", (0, 2), "not"),
        ("x**(10**9)", (-1, 1), "exponent"),
        ("__import__('os').system('true')", (-1, 1), "expression"),
        ("(" * 100_000 + "x" + ")" * 100_000, (-1, 1), "characters"),
        ("x + a", (-1, 1), "parameter"),
        ("gelo", (-1, 1), "gelu"),
        ("", (-1, 1), "needed"),
    ],
)
def test_a_target_that_has_no_values_is_refused_with_the_reason(target, on, says):
    with pytest.raises(ValueError, match=says) as slip:
        fit(target, (3, 2), on)
    assert len(str(slip.value)) < 400


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        ("x", "positive"),
        ("x**2", "positive"),
        ("sin(x)", "positive"),
        ("-1", "positive"),
        ("1/x**2", "positive"),
        (0, "positive"),
        ("(x - 1/3)**2", "positive"),
        ("nonsense(", "nonsense"),
    ],
)
def test_a_weight_that_is_not_positive_is_refused_with_the_reason(weight, says):
    with pytest.raises(ValueError, match=says):
        fit("gelu", (3, 2), (-1, 1), weight=weight)


def test_a_relative_error_where_the_target_vanishes_is_refused_with_the_place():
    with pytest.raises(ValueError, match="x = 0"):
        fit("tanh", (3, 2), (-1, 1), weight="relative")


@pytest.mark.parametrize("digits", [0, -3, 2.5, 100_000, True])
def test_an_impossible_number_of_digits_is_refused(digits):
    with pytest.raises(ValueError, match="digits"):
        fit("relu", (3, 2), (-1, 1), digits=digits)


def test_digits_of_a_python_function_are_refused_with_the_way_out():
    with pytest.raises(ValueError, match="expression"):
        fit(np.exp, (3, 2), (-1, 1), digits=30)


def test_a_python_function_with_a_nan_is_refused_with_the_place():
    with pytest.raises(ValueError, match="at x = -1"):
        fit(np.log, (3, 2), (-1, 1))


def test_a_target_of_no_known_kind_is_a_type_error():
    with pytest.raises(TypeError, match="expression"):
        fit(3.0, (3, 2), (-1, 1))


def test_repr_says_what_was_fitted_and_how_it_ended():
    assert repr(fit("relu", (3, 2), (-1, 1))) == (
        "Fit of relu, type (3, 2) on [-1, 1]: error 0.0218445, equioscillates on 7 points"
    )
    assert repr(fit("abs", (5, 5), (-1, 1))).endswith("defect 1")
    assert repr(fit("x", (1, 0), (-1, 1))).endswith("error 0, exact")


def test_every_outcome_tells_the_user_what_to_do():
    for outcome in Outcome:
        assert outcome.advice.endswith(".")
        assert len(outcome.advice.split()) > 8


def test_best_approximation_alone_never_claims_a_proof():
    assert best_approximation("relu", (3, 2), (-1, 1)).outcome is Outcome.OPTIMAL


def test_a_fit_is_a_value():
    found = fit("relu", (2, 2), (-1, 1))
    assert isinstance(hash(found.rational), int)
    assert json.dumps(found.reference)
    with pytest.raises(AttributeError):
        found.error = 1.0


# ------------------------------------------------------------------------------------------------ singularities


@pytest.mark.parametrize(
    ("target", "type", "on"),
    [
        ("(1 - x)**(1/3)*x**(1/2)", (6, 6), (0, 1)),
        ("(x - 1/3)**(1/3)", (5, 5), ("1/3", "1")),
        ("sqrt(abs(x - 1/3))", (6, 6), (-1, 1)),
        ("cbrt(x)", (7, 6), (-1, 1)),
        ("x*log(x)", (5, 5), (0, 1)),
        ("sqrt(1 - x**2)", (8, 8), (-1, 1)),
        ("x**(1/8)", (6, 6), (0, 1)),
        ("max(exp(x) - 2, 0)", (5, 4), (-1, 2)),
    ],
)
def test_singular_ends_and_irrational_kinks_are_certified(target, type, on):
    found = fit(target, type, on)
    assert found.outcome is Outcome.CERTIFIED
    assert found.certificate.gap < 1e-8


@pytest.mark.parametrize(
    ("target", "type"), [("elu", (0, 8)), ("selu", (0, 7)), ("relu", (0, 1)), ("gelu", (1, 8)), ("relu", (1, 7))]
)
def test_more_poles_than_zeros_are_certified(target, type):
    assert fit(target, type, (-3, 3)).outcome is Outcome.CERTIFIED


def test_an_exact_target_is_exact_under_any_weight():
    found = fit("1/(1 + 25*x**2)", (3, 4), (-1, 2), weight="exp(-x)")
    assert found.error == 0
    assert found.outcome is Outcome.CERTIFIED


def test_a_relative_error_that_cannot_be_is_refused_at_once():
    began = time.perf_counter()
    with pytest.raises(ValueError, match="relative"):
        fit("tanhshrink", (2, 9), (-20, 20), weight="relative")
    assert time.perf_counter() - began < 20
