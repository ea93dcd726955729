"""certify() finds the truth about known rationals, refutes poles, and tells the caller's slips."""

import time
from decimal import Decimal
from fractions import Fraction
from math import factorial

import flint
import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox import Barycentric, Rational, certify
from ratapprox.activations import activation
from ratapprox.symbolic import enclosure
from ratapprox.symbolic.branches import branches
from ratapprox.symbolic.enclosure import algebraic, branch_and_bound
from ratapprox.symbolic.extrema import scan

# Type (5, 4) for GELU on [-5, 5], least squares with Lawson weights, rounded to float32.
GELU_P = [
    -0.002405168954282999,
    0.4999998211860657,
    0.41406384110450745,
    0.11635458469390869,
    0.012043407186865807,
    0.0002607440110296011,
]
GELU_Q = [1, -3.3429158065700904e-05, 0.23273608088493347, -7.1261320044868626e-06, 0.0005221062456257641]
GELU = Rational(GELU_P, GELU_Q)
# N. Boullé, Y. Nakatsukasa, A. Townsend, "Rational neural networks", NeurIPS 2020: the printed digits of their start.
LITERATURE = Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383])
SAMPLED = {
    "exp(x)": mpmath.exp,
    "gelu": lambda t: t * (1 + mpmath.erf(t / mpmath.sqrt(2))) / 2,
    "tanh(50*(x-1/8))": lambda t: mpmath.tanh(50 * (t - mpmath.mpf(1) / 8)),
    "abs(x-log(2)/2)": lambda t: abs(t - mpmath.log(2) / 2),
    "relu": lambda t: max(t, mpmath.mpf(0)),
    "elu": lambda t: t if t > 0 else mpmath.expm1(t),
    "log(1+exp(x))": lambda t: mpmath.log1p(mpmath.exp(t)),
    "abs(x)**(1/4)": lambda t: abs(t) ** 0.25,
    "sqrt(1-x**2)": lambda t: mpmath.sqrt(1 - t * t),
    "sin(9*x)": lambda t: mpmath.sin(9 * t),
}


def pade(n: int) -> Rational:
    """The diagonal Padé approximant of exp, whose error at 1 is known to be the largest on [-1, 1]."""
    f = factorial
    p = [Fraction(f(2 * n - k) * f(n), f(2 * n) * f(k) * f(n - k)) for k in range(n + 1)]
    return Rational(p, [c * (-1) ** k for k, c in enumerate(p)])


# -- truths


def test_the_error_of_the_float32_gelu_is_known_to_14_digits():
    """Sollya 8.0: dirtyinfnorm 2.40522382327180e-3, and infnorm encloses it; E* is that of minimax_errors.toml."""
    c = certify(GELU, "gelu", (-5, 5))
    assert Decimal("0.0024052238232671") <= c.error_lower <= c.error_upper <= Decimal("0.0024052238233834")
    assert c.error_upper <= c.error_lower * Decimal("1.000000001")
    assert abs(c.error_at) == pytest.approx(0.88784, abs=1e-4)
    assert c.optimal_lower <= Decimal("0.00240506686130989") <= c.error_upper
    assert c.optimal_lower > Decimal("0.002404")
    assert c.alternation_needed == len(c.alternation) == 11
    assert c.pole_free
    assert c.pole_free_on_reals
    assert not c.optimal


def test_the_relu_of_the_literature_is_not_the_best():
    c = certify(LITERATURE, "relu", (-1, 1))
    assert round(c.error_lower, 6) == round(c.error_upper, 6) == Decimal("0.021887")
    assert c.optimal_lower <= Decimal("0.0218445063460381808") < c.error_lower
    assert not c.optimal
    assert len(c.alternation) == 7


def test_a_tolerance_of_1e_12_is_reached():
    for r, target, on in (
        (GELU, "gelu", (-5, 5)),
        (Rational([0.2, 1, 0.1]), "x**(1/4)", (0, 1)),
        (GELU, "silu", (-3, 4)),
    ):
        c = certify(r, target, on, tolerance=1e-12)
        assert 0 < c.error_lower <= c.error_upper <= c.error_lower * (1 + Decimal("1e-12"))


@pytest.mark.parametrize("n", [2, 6, 10, 16, 20])
def test_errors_far_below_rounding_are_enclosed(n):
    with mpmath.workdps(120):
        exact = mpmath.e - pade(n)(mpmath.mpf(1))
        true = Fraction(int(mpmath.nint(exact * mpmath.mpf(10) ** 110)), 10**110)
    c = certify(pade(n), "exp(x)", (-1, 1))
    slack = Fraction(1, 10**108)
    assert Fraction(c.error_lower) - slack <= true <= Fraction(c.error_upper) + slack
    assert c.error_upper <= c.error_lower * Decimal("1.000000001")
    assert c.error_at == 1.0


def test_fifty_digits_can_be_asked():
    c = certify(pade(8), "exp(x)", (-1, 1), tolerance=1e-50)
    assert 0 < c.error_upper - c.error_lower <= c.error_lower * Decimal("1e-50")


def test_equality_is_proved_for_rational_targets():
    c = certify(Rational([0, 0, 0, 1], [1, 0, 1]), "x**3/(1+x**2)", (-1, 1))
    assert c.error_upper == c.error_lower == 0
    assert c.optimal
    assert certify(Rational([0, 0, 1]), "abs(x)*abs(x)", (-2, 1)).error_upper == 0


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(SAMPLED)),
    st.lists(st.integers(-12, 12), min_size=1, max_size=4),
    st.lists(st.integers(0, 8), max_size=2),
    st.sampled_from([1e-3, 1e-9]),
)
def test_no_sample_exceeds_the_enclosure_and_it_is_tight(target, p, q, tolerance):
    below = [8]
    for c in q:
        below += [0, c]
    r = Rational([Fraction(c, 4) for c in p], below)
    c = certify(r, target, (-1, 1), tolerance=tolerance)
    assert c.error_lower <= c.error_upper <= c.error_lower * (1 + Decimal(tolerance))
    with mpmath.workdps(30):
        points = [mpmath.mpf(k) / 64 for k in range(-64, 65)] + [mpmath.mpf(c.error_at)]
        sampled = [abs(SAMPLED[target](t) - r(t)) for t in points]
        assert max(sampled) <= mpmath.mpf(str(c.error_upper)) * (1 + mpmath.mpf(10) ** -25)
        assert sampled[-1] >= mpmath.mpf(str(c.error_lower)) * (1 - mpmath.mpf(10) ** -6)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5), st.lists(st.integers(0, 5), max_size=2))
def test_algebra_and_taylor_models_agree(p, q):
    below = [7]
    for c in q:
        below += [0, c]
    r = Rational(p, below).exact()
    parts = branches(activation("abs(x-1/3)+x**2").pieces(-1, 1), None, *r.polynomials())
    exact = algebraic(parts, 1e-20)
    models = branch_and_bound(parts, scan(parts, 4), 1e-9)
    assert models.lower <= exact.upper
    assert exact.lower <= models.upper
    assert models.within(1e-9)
    assert exact.within(1e-20)


def test_a_budget_ends_the_search_with_an_honest_enclosure(monkeypatch):
    monkeypatch.setattr(enclosure, "BOXES", 12)
    monkeypatch.setattr(enclosure, "FEWEST_BOXES", 1)
    c = certify(Rational([0.1, 1]), "sin(40*x)", (-1, 1))
    assert "budget" in c.method
    monkeypatch.undo()
    tight = certify(Rational([0.1, 1]), "sin(40*x)", (-1, 1))
    assert "budget" not in tight.method
    assert c.error_lower <= tight.error_upper
    assert tight.error_lower <= c.error_upper


def test_a_barycentric_form_is_judged_as_its_quotient():
    r = LITERATURE.exact()
    b = Barycentric.from_rational(r, [-1, Fraction(-1, 2), Fraction(1, 3), 1])
    assert certify(b, "relu", (-1, 1)).error_upper == certify(r, "relu", (-1, 1)).error_upper


def test_an_absolute_value_of_type_80_80_is_certified_in_seconds():
    r = _zolotarev(20)
    start = time.perf_counter()
    c = certify(r, "abs", (-1, 1))
    assert time.perf_counter() - start < 20
    assert c.pole_free_on_reals
    assert c.error_upper <= c.error_lower * (1 + Decimal("1e-20"))
    assert len(c.alternation) == 81


def _zolotarev(k: int) -> Rational:
    """|x| ~ x times Zolotarev's best sign function of type (2k - 1, 2k) on [1e-6, 1]; exact dyadic coefficients."""
    with mpmath.workdps(80):
        d = mpmath.mpf(10) ** -6
        K = mpmath.ellipk(1 - d * d)
        c = [(d * mpmath.ellipfun("sc", i * K / (2 * k), m=1 - d * d)) ** 2 for i in range(1, 2 * k)]
        p, q = [mpmath.mpf(0), mpmath.mpf(0), mpmath.mpf(1)], [mpmath.mpf(1)]
        for a in c[1::2]:
            p = [a * v + (p[i - 2] if i > 1 else 0) for i, v in enumerate([*p, 0, 0])]
        for a in c[0::2]:
            q = [a * v + (q[i - 2] if i > 1 else 0) for i, v in enumerate([*q, 0, 0])]
        ratio = [
            mpmath.polyval(p[::-1], t) / mpmath.polyval(q[::-1], t) / t
            for t in (d ** (mpmath.mpf(i) / 99) for i in range(100))
        ]
        scale = 2 / (max(ratio) + min(ratio))
        exact = [Fraction(int(mpmath.nint(v * scale / q[0] * mpmath.mpf(2) ** 900)), 2**900) for v in p]
        return Rational(exact, [Fraction(int(mpmath.nint(v / q[0] * mpmath.mpf(2) ** 900)), 2**900) for v in q])


# -- poles


@pytest.mark.parametrize("on", [(-1, 2), (-2, -1), (-1, "-1/2"), (-1.0, 5)])
def test_a_pole_at_an_end_refutes(on):
    c = certify(Rational([1], [1, 1]), "relu", on)
    assert not c.pole_free
    assert not c.pole_free_on_reals
    assert c.error_upper == c.error_lower == Decimal("Infinity")
    assert c.error_at == -1
    assert c.poles == ("-1",)
    assert c.optimal_lower == 0
    assert c.min_q is None
    assert not c.optimal


def test_a_pole_a_hair_outside_does_not():
    c = certify(Rational([1], [1, 1]), "relu", (Fraction(-1) + Fraction(1, 10**40), 0))
    assert c.pole_free
    assert not c.pole_free_on_reals
    assert c.poles == ("-1 (outside the interval)",)
    assert Decimal("9.9e39") < c.error_upper < Decimal("1.1e40")
    assert Decimal("0.99999999999999999999e-40") <= c.min_q <= Decimal("1e-40")


def test_a_double_pole_without_a_change_of_sign_refutes():
    c = certify(Rational([1], [Fraction(1, 9), Fraction(-2, 3), 1]), "relu", (-1, 1))
    assert not c.pole_free
    assert c.error_at == pytest.approx(1 / 3)


def test_an_irrational_pole_is_printed_with_its_radius():
    (pole, other) = certify(Rational([1], [-2, 0, 1]), "relu", (0, 2)).poles
    assert pole.startswith("1.41421356237309")
    assert "±" in pole
    assert other.endswith("(outside the interval)")


def test_a_removable_pole_counts_as_written_and_the_certificate_says_so():
    r = Rational([0, 1, 1], [0, 1])
    c = certify(r, "1+x", (-1, 1))
    assert not c.pole_free
    assert c.error_upper == Decimal("Infinity")
    assert c.error_lower == 0
    assert c.poles == ("0 (removable: p vanishes there too)",)
    assert "reduced()" in c.method
    assert certify(r.reduced(), "1+x", (-1, 1)).error_upper == 0
    assert certify(r, "1+x", (1, 2)).error_upper == 0


def test_a_common_factor_of_smaller_order_leaves_a_pole():
    c = certify(Rational([0, 1], [0, 0, 1]), "x", (-1, 1))
    assert c.error_lower == Decimal("Infinity")
    assert c.poles == ("0",)


def test_the_least_denominator_is_bounded_from_below_and_tight():
    c = certify(Rational([1], [1, -1, Fraction(1, 2)]), "x", (-3, 3))
    assert Decimal("0.4999999999") < c.min_q <= Decimal("0.5")
    assert certify(Rational([1]), "x", (-3, 3)).min_q == 1


# -- tampering


@pytest.mark.parametrize("index", range(6))
def test_a_changed_coefficient_changes_the_certificate(index):
    honest = certify(GELU, "gelu", (-5, 5))
    p = list(GELU_P)
    p[index] *= 1 + 2e-4
    c = certify(Rational(p, GELU_Q), "gelu", (-5, 5))
    assert c.error_lower > honest.error_upper or c.optimal_lower < honest.optimal_lower
    assert not c.optimal


def test_a_denominator_that_vanishes_between_the_samples_is_found():
    q = [1 + Fraction(1, 2**60), 0, -2, 0, 1]
    assert certify(Rational([1], q), "relu", (-2, 2)).pole_free
    q[0] = 1 - Fraction(1, 2**60)
    assert not certify(Rational([1], q), "relu", (-2, 2)).pole_free


def test_a_spike_between_the_samples_is_found():
    width = Fraction(1, 10**9)
    r = Rational([width**2], [Fraction(1, 49) + width**2, Fraction(-2, 7), 1])
    c = certify(r, "exp(x)-exp(x)/(1+0*x)+x*exp(-x**2)*0+sin(x)/10**6", (-1, 1))
    assert c.error_upper > Decimal("0.99")
    assert c.error_lower > Decimal("0.99")


# -- weights


def test_a_weight_scales_the_error():
    r = Rational([1, 1, 0.5])
    plain, doubled = certify(r, "exp(x)", (-1, 1)), certify(r, "exp(x)", (-1, 1), weight="2")
    assert doubled.error_lower <= 2 * plain.error_upper
    assert 2 * plain.error_lower <= doubled.error_upper
    relative = certify(r, "exp(x)", (-1, 1), weight="exp(-x)")
    with mpmath.workdps(30):
        true = 1 - mpmath.mpf("0.5") * mpmath.e
        assert abs(float(relative.error_lower) - float(abs(true))) < 1e-9
    assert relative.error_at == -1


def test_a_kink_in_the_weight_is_a_cut():
    c = certify(Rational([0]), "1", (-1, 1), weight="2-abs(x-1/8)")
    assert c.error_lower == c.error_upper == 2
    assert c.error_at == 0.125


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        ("x", r"is -1 at x = -1"),
        ("abs(x)", r"zero at x = 0"),
        ("x**2", r"zero at x = 0"),
        ("exp(x)-1", r"positive on \[-1, 1\]"),
        ("1/x", r"finite and positive"),
        ("0", r"zero on a whole interval"),
        ("sin(x)**2", r"is 0 at x = 0"),
        ("(exp(x)-2)**2", r"near x = 0.693147.*zero there"),
    ],
)
def test_a_weight_that_is_not_positive_is_refused_and_told_where(weight, says):
    with pytest.raises(ValueError, match=says):
        certify(Rational([1]), "x", (-1, 1), weight=weight)


# -- slips


@pytest.mark.parametrize(
    ("on", "kind", "says"),
    [
        ((1, -1), ValueError, "left end must be smaller"),
        ((1, 1), ValueError, "one point"),
        ((0, float("inf")), ValueError, "finite interval"),
        ((float("nan"), 1), ValueError, "nan is no number"),
        ((0, 1, 2), TypeError, "two numbers"),
        (3, TypeError, "two numbers"),
        ((0, "one"), ValueError, "'one' is no end of an interval"),
        ((0, "sqrt(2)"), ValueError, "an interval with rational ends"),
        ((False, True), TypeError, "is no number"),
    ],
)
def test_an_interval_that_is_none_is_refused(on, kind, says):
    with pytest.raises(kind, match=says):
        certify(Rational([1]), "x", on)


def test_a_python_function_can_be_fitted_but_not_certified():
    with pytest.raises(TypeError, match="can be fitted but not certified: give an expression"):
        certify(Rational([1]), lambda x: x, (-1, 1))
    with pytest.raises(TypeError, match="can be fitted but not certified"):
        certify(Rational([1]), "x", (-1, 1), weight=abs)
    with pytest.raises(TypeError, match="target is a int"):
        certify(Rational([1]), 3, (-1, 1))


def test_a_function_is_no_rational():
    with pytest.raises(TypeError, match="not a tuple: write Rational"):
        certify(([1], [1]), "x", (-1, 1))


def test_a_type_that_does_not_hold_r_is_refused():
    with pytest.raises(ValueError, match=r"ask for \(2, 1\)"):
        certify(Rational([1, 2, 3]), "x", (-1, 1), type=(1, 1))
    with pytest.raises(TypeError, match="two integers"):
        certify(Rational([1, 2, 3]), "x", (-1, 1), type="32")
    with pytest.raises(ValueError, match="0 or more"):
        certify(Rational([1]), "x", (-1, 1), type=(1, -1))


def test_a_parameter_without_a_value_is_refused():
    with pytest.raises(ValueError, match=r"\.at\("):
        certify(Rational([1]), "ralu", (-1, 1))


@pytest.mark.parametrize("target", ["1/x", "sign(x)", "log(x)"])
def test_a_target_that_is_not_continuous_is_refused(target):
    with pytest.raises(ValueError, match="x"):
        certify(Rational([1]), target, (-1, 1))


@pytest.mark.parametrize("tolerance", [0.0, 1.0, -1e-9, float("nan"), 1])
def test_a_tolerance_is_between_0_and_1(tolerance):
    with pytest.raises(ValueError, match="between 0 and 1"):
        certify(Rational([1]), "x", (-1, 1), tolerance=tolerance)


def test_the_working_precision_of_the_caller_is_left_alone():
    with flint.ctx.workprec(77):
        flint.ctx.cap = 6
        certify(GELU, "gelu", (-5, 5), tolerance=1e-20)
        assert (flint.ctx.prec, flint.ctx.cap) == (77, 6)
        flint.ctx.cap = 10


def test_the_certificate_does_not_depend_on_the_working_precision_of_the_caller():
    with flint.ctx.workprec(20):
        low = certify(GELU, "gelu", (-5, 5))
    assert low == certify(GELU, "gelu", (-5, 5))
    with flint.ctx.workprec(20):
        low = certify(LITERATURE, "relu", (-1, 1))
    assert low == certify(LITERATURE, "relu", (-1, 1))


def test_equal_functions_that_algebra_cannot_tell_apart_end_in_a_small_honest_bound():
    start = time.process_time()
    c = certify(Rational([1]), "sin(x)**2+cos(x)**2", (-1, 1))
    assert time.process_time() - start < 20
    assert c.error_lower == 0
    assert c.error_upper < Decimal("1e-30")
    assert "budget" in c.method
    assert not c.optimal
    assert c.optimal_lower == 0
