"""What an export says of its function is proved anew, and true."""

import ast
import json
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import ratapprox
from ratapprox import Rational
from ratapprox.exporting import notes, rounding_bound, source_of
from ratapprox.formats.card import card, parse_card
from ratapprox.formats.exporters import FORMATS, export
from tests.formats.exporters import reference

BINARY = ("onnx", "safetensors")
"""Formats without comments, written by the package of the same name."""


@pytest.fixture(scope="module")
def relu():
    return ratapprox.fit("relu", type=(3, 2))


@pytest.mark.parametrize("to", [to for to in FORMATS if to != "json"])
def test_every_format_carries_what_is_proved(relu, to):
    if to in BINARY:
        pytest.importorskip(to, reason=f"{to} is not installed")
    text = ratapprox.export(relu, to)
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    for words in ("approximates relu on [-1, 1], type (3, 2)", "proved: max of |f - r| on [-1, 1] <= 0.02185",
                  "no rational function of this type has an error below 0.02184", "not increasing", "|r'| <= 1.150",
                  "no pole on the whole real line", f"written by ratapprox {ratapprox.__version__}",
                  "weights of std 1.58066/sqrt(fan_in)"):  # fmt: skip
        assert words in text, (to, words)
    assert not re.search(r"\b20\d\d-\d\d", text)  # no date: the same card gives the same file


def test_a_claim_of_the_card_is_not_repeated_but_proved_anew(relu):
    text = card(relu).text
    forged = parse_card(re.sub(r'"error_upper(_decimal)?": ("?)[^,]+?("?),', r'"error_upper\1": \g<2>0.001\3,', text))
    assert '"error_upper": 0.001' in forged.text
    assert "<= 0.02185" in ratapprox.export(forged, "c")
    assert "0.001" not in "".join(source_of(forged, "c").notes)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_rounding_bound_holds_and_is_the_one_in_the_notes(relu, dtype):
    of = source_of(relu, "numpy", dtype="float32")
    of = type(of)(of.name, of.rational, of.target, of.on, of.form, (dtype,), (), of.card)
    bound = rounding_bound(of, dtype, of.on)
    [stated] = [re.match(rf"{dtype}: \|computed - r\| <= (\S+) on", note) for note in notes(of) if dtype in note]
    assert bound <= Decimal(stated[1]) <= bound * Decimal("1.001")
    [total] = [re.search(r"so \|f - computed\| <= (\S+)", note) for note in notes(of) if dtype in note]
    both = bound + relu.certificate.error_upper
    assert both <= Decimal(total[1]) <= both * Decimal("1.001")
    if dtype != "bfloat16":
        x = np.linspace(-1, 1, 501).astype(reference.TYPES[dtype])
        for at, y in zip(x.tolist(), reference.value(of, dtype, x).tolist(), strict=True):
            assert abs(Fraction(y) - of.rational(Fraction(at))) <= Fraction(bound)


def test_the_bound_covers_both_programs_where_the_interval_reaches_beyond_the_switch():
    r = Rational([0.0218445, 0.5, 1.5957, 1.1915], [1, 0, 2.383])
    of = ratapprox.exporting.source(r, dtypes=("float16",))
    on = (Fraction(-60), Fraction(50))
    bound = rounding_bound(of, "float16", on)
    assert of.switch() < 50
    x = np.unique(np.linspace(-60, 50, 20001).astype(np.float16))
    computed = reference.value(of, "float16", x)
    errors = [abs(Fraction(y) - r.exact()(Fraction(at))) for at, y in zip(x.tolist(), computed.tolist(), strict=True)]
    assert max(errors) <= Fraction(bound) <= max(errors) * 2
    assert bound.is_finite()


def test_a_python_function_and_a_bare_rational_are_not_called_certified():
    fit = ratapprox.fit(np.cos, type=(2, 2))
    assert "not certified: nothing can be proved of a Python function" in ratapprox.export(fit, "numpy")
    assert "not certified: nothing is proved" in ratapprox.export(Rational([1, 2]), "numpy")
    assert "proved:" not in ratapprox.export(fit, "numpy")


def test_a_target_that_cannot_be_certified_is_named_with_the_reason():
    found = parse_card(export(Rational([1], [2, 0, 1]), "json", target="relu").replace('"relu"', '"relo"'))
    text = ratapprox.export(found, "c")
    assert "not certified: there is no activation function relo" in text


@pytest.mark.parametrize(
    "target", ['*/ int broken;', '"""', "x\\n", "\\", "x\n#error\n", "%}", "*/\n", "x'''", "??/", "${x}", "\x00", "=#"]
)
@pytest.mark.parametrize("to", [to for to in FORMATS if to not in ("json", "fixed", *BINARY)])
def test_no_target_breaks_out_of_a_comment(target, to):
    document = json.loads(export(Rational([1], [2, 0, 1]), "json", target="relu"))
    document["target"] = target
    found = parse_card(json.dumps(document))
    text = ratapprox.export(found, to, name="plain_r")
    clean = ratapprox.export(parse_card(json.dumps(document | {"target": "relu"})), to, name="plain_r")
    if to == "numpy":
        namespace = {}
        exec(text, namespace)
        assert namespace["plain_r"](0.0) == 0.5
    assert code_of(text, to) == code_of(clean, to)


def code_of(text, to):
    """The text without its comments, read as simply as can be."""
    if to in ("numpy", "torch", "jax", "keras", "triton"):
        tree = ast.parse(text)
        return ast.dump(ast.Module(tree.body[1:], []))
    if to in ("c", "cuda"):
        return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    mark = {"matlab": "%", "julia": "#", "latex": "%"}[to]
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith(mark))


def test_weighted_errors_are_called_weighted():
    fit = ratapprox.fit("gelu", type=(3, 2), weight="exp(-x^2)")
    text = ratapprox.export(fit, "numpy", dtype="float32")
    assert "w |f - r|, w = exp(-x^2)" in text
    assert "|f - computed|" not in text


def test_at_a_high_degree_the_gain_is_left_out_with_a_word():
    text = ratapprox.export(Rational([1] * 62, [1] + [0] * 61 + [1]), "numpy")
    assert "gain: not computed for degrees above 60" in text


def test_poles_and_limits_are_stated():
    text = ratapprox.export(Rational([0, 0, 3], [-4, 0, 1]), "c")
    assert "poles on the real line: -2, 2" in text
    assert "x -> -inf: r(x) -> 3; x -> +inf: r(x) -> 3" in text
    assert "gain" not in text
