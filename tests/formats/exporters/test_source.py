"""The source: names, rounding, refusals, and programs that are right for coefficients of any size."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import ratapprox
from ratapprox import Rational
from ratapprox.formats.card import parse_card
from ratapprox.formats.exporters import FORMATS, export, format_of
from ratapprox.formats.exporters.naming import TAKEN, checked_name, name_of, plain
from ratapprox.formats.exporters.source import Source, source
from ratapprox.number_formats import FLOATS, number_format
from tests.formats.exporters import reference
from tests.formats.exporters.reference import RELU, wild
from tests.strategies import rationals

DTYPES = sorted(FLOATS)
INJECTIONS = ['x); system("rm', "a b", "", "3x", "a-b", "a__b", "_a", "a_", "x;y", "a\n", "é", "r.x", "f()", "x" * 61]


@pytest.mark.parametrize("name", [*INJECTIONS, *sorted(TAKEN), "sinf", "expf", "i", "er"])
@pytest.mark.parametrize("to", ["numpy", "c"])
def test_what_is_no_identifier_everywhere_is_refused(name, to):
    with pytest.raises(ValueError, match=r"is no identifier|means something else|characters: at most 60"):
        export(RELU, to, name=name)


@pytest.mark.parametrize("name", [3, b"relu", ["relu"]])
def test_a_name_is_text(name):
    with pytest.raises(TypeError, match="an identifier such as 'relu_3_2' is needed"):
        export(RELU, "c", name=name)


@given(st.text(max_size=60), st.integers(0, 200), st.integers(0, 200))
def test_any_target_gives_a_name(target, m, n):
    assert checked_name(name_of(target, (m, n)))


@pytest.mark.parametrize("target", sorted(ratapprox.ACTIVATION_NAMES))
def test_every_activation_gives_its_own_name(target):
    assert name_of(target, (3, 2)) == f"{target}_3_2"


@given(st.text(max_size=3000))
def test_plain_text_is_one_line_of_ascii(text):
    found = plain(text)
    assert all(" " <= c <= "~" for c in found)
    assert len(found) <= 400


@given(rationals(5), st.sampled_from(DTYPES))
def test_coefficients_are_the_nearest_values_of_the_dtype(r, dtype):
    found = source(r, dtypes=(dtype,)).coefficients()
    exact = r.exact()
    for rounded, right in zip((*found.p, *found.q), (*exact.p, *exact.q), strict=True):
        assert Fraction(rounded) == number_format(dtype).round(Fraction(right))


@settings(max_examples=300)
@given(wild(), st.sampled_from(["horner", "reciprocal"]), st.sampled_from(["float32", "float16", "float64"]))
def test_with_coefficients_of_any_size_limits_are_right_or_the_export_is_refused(r, form, dtype):
    of = source(r, form=form, dtypes=(dtype,))
    try:
        p, q = of.coefficients()
    except ValueError as refusal:
        assert str(refusal).endswith("choose another dtype")  # noqa: PT017
        return
    kind = reference.TYPES[dtype]
    used = Rational([Fraction(c) for c in p], [Fraction(c) for c in q])
    with np.errstate(all="ignore"):
        expected = np.array(source(used).limits()).astype(kind)
    ends = reference.value(of, dtype, np.array([-np.inf, np.inf], kind))
    np.testing.assert_allclose(ends, expected, rtol=4 * float(np.finfo(kind).eps), atol=float(np.finfo(kind).tiny))


@example(Rational([2.0**111, 1], [1, 0, 2.0**-36]), "reciprocal", 17, 2.0)
@settings(max_examples=300)
@given(wild(), st.sampled_from(["horner", "reciprocal"]), st.integers(-126, 126), st.floats(1, 2))
def test_with_coefficients_of_any_size_no_value_is_far_off(r, form, exponent, mantissa):
    # q without a zero, and p and q of one sign for positive x: nothing cancels, so every result has to be accurate
    positive = Rational([abs(c) for c in r.p], [abs(c) for c in r.q])
    of = source(positive, form=form, dtypes=("float32",))
    try:
        p, q = of.coefficients()
    except ValueError:
        assume(False)
    used = Rational([Fraction(c) for c in p], [Fraction(c) for c in q])
    x = np.float32(mantissa * 2.0**exponent)
    found = float(reference.value(of, "float32", np.array([x]))[0])
    right = used.exact()(Fraction(float(x)))
    assert not math.isnan(found)
    if math.isinf(found):
        assert right > Fraction(float(np.finfo(np.float32).max)) / 2
    else:
        assert abs(Fraction(found) - right) <= right / 10**5 + Fraction(1, 10**30) * max(1, right)


@pytest.mark.parametrize(
    ("r", "dtype", "says"),
    [
        (Rational([0, 70000]), "float16", r"the coefficient 70000 of x\^1 in p is beyond float16, which ends at 65504"),
        (Rational([1, Fraction(1, 10**9)]), "float16", r"the leading coefficient 1e-9 of p becomes 0 in float16"),
        (Rational([1], [1, 0, Fraction(1, 10**50)]), "float32", "of q becomes 0 in float32"),
        (Rational([50000], [1, 60000]), "float16", "so large that sums of them may overflow in float16"),
        (Rational([Fraction(3)], [1, Fraction(1, 10**7)]), "float16", r"quotient 2.517e\+7, which is out of the range"),
        (Rational([0, 0, Fraction(1, 10**7)], [1, 300]), "float16", "quotient 3.974e-10, which is out of the range"),
    ],
)
def test_what_the_dtype_cannot_hold_is_refused_in_a_sentence(r, dtype, says):
    with pytest.raises(ValueError, match=says) as refusal:
        source(r, dtypes=(dtype,)).coefficients()
    assert str(refusal.value).endswith("choose another dtype")


def test_a_pole_on_the_interval_is_refused_also_where_rounding_makes_it():
    card = parse_card(export(Rational([1], [1, 0, 1]), "json", target="relu"))
    with pytest.raises(ValueError, match=r"q has a zero in \[-1, 1\]"):
        Source("r", Rational([1], [1, 2]), "relu", card.on)
    nearly = Rational([1], [1, Fraction(-99999, 100000)])
    of = Source("r", nearly, "relu", card.on, dtypes=("float64", "bfloat16"))
    assert of.coefficients("float64").q == (1.0, -0.99999)
    with pytest.raises(ValueError, match=r"rounded to bfloat16, q has a zero in \[-1, 1\]: choose another dtype"):
        of.coefficients("bfloat16")


def test_horner_is_used_as_long_as_nothing_can_overflow():
    of = source(RELU, dtypes=("float16",))
    s = of.switch()
    assert s == 16
    assert 1.1915 * s**3 + 1.5957 * s**2 + 0.5 * s + 0.03 < 65504 / 4 < 1.1915 * (2 * s) ** 3
    assert source(RELU, form="reciprocal").switch() == 1
    assert source(Rational([1, 2, 3])).switch() == math.inf


@pytest.mark.parametrize("to", [*FORMATS, "latx", "", "C", 3, None])
def test_unknown_formats_and_options_are_answered_with_what_there_is(to):
    if to in FORMATS:
        with pytest.raises(ValueError, match=f"{to} has no option 'nonsense': its options are"):
            export(RELU, to, nonsense=1)
    else:
        with pytest.raises(ValueError, match=r"there is no export format .* Known are numpy, c, "):
            export(RELU, to)


@pytest.mark.parametrize("form", ["estrin", "split", "", 3])
def test_unknown_forms_are_refused(form):
    with pytest.raises((ValueError, TypeError), match="an export is written in one of horner, reciprocal"):
        source(RELU, form=form)


def test_what_is_neither_card_nor_rational_is_refused():
    with pytest.raises(TypeError, match="a Card or a Rational can be exported, not a str"):
        export("relu", "c")
    with pytest.raises(ValueError, match="are in the source already"):
        export(source(RELU), "c", name="other")


@pytest.mark.parametrize("to", FORMATS)
def test_the_same_source_gives_the_same_bytes(to):
    if to in ("onnx", "safetensors"):
        pytest.importorskip(to, reason=f"{to} is not installed")
    assert export(RELU, to) == export(RELU, to)


@pytest.mark.parametrize("to", FORMATS)
def test_every_format_has_its_module_with_write_and_a_sentence(to):
    entry = format_of(to)
    assert entry.suffix.startswith(".")
    assert entry.says
    assert not entry.says.endswith(".")
    assert set(entry.default) <= set(entry.dtypes) or entry.dtypes == ("q",)
    if to not in ("onnx", "safetensors"):  # written by a package that may not be installed
        assert export(RELU, to)


@pytest.mark.parametrize("to", ["latex", "json", "safetensors", "fixed"])
def test_a_form_that_would_change_nothing_is_refused_with_the_formats_that_have_it(to):
    with pytest.raises(ValueError, match=rf"^{to} has no form 'reciprocal': leave it out, or .* numpy, c, cuda, julia"):
        ratapprox.export(Rational([0, 1], [1, 0, 1]), to, form="reciprocal")


def test_an_option_of_another_format_is_refused_with_the_name_of_that_format():
    with pytest.raises(ValueError, match=r"c has no option 'rank': its options are none; rank is one of onnx$"):
        export(Rational([0, 1]), "c", rank=2)
