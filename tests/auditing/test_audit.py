"""The audit beyond the authorities: what it says of poles, forms, float16, gains, and as JSON."""

import json
import time
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import inf
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import ratapprox
from ratapprox.auditing import Optima, audit
from ratapprox.auditing.document import audit_schema, document, entry_document
from ratapprox.auditing.page import page
from ratapprox.formats.importers import Entry, read_coefficients
from ratapprox.forms import FORMS, Era, KatCpu, KatGpu, PauA, PauB, PauN, TwoSlope
from ratapprox.rational import Rational

OPTIMA = Optima()
RELU = Rational([0.0218, 0.5, 1.5957, 1.1915], [1, 0, 2.383])


def texts(found, *, serious: bool | None = None) -> list[str]:
    return [problem.text for problem in found.problems if serious in (None, problem.serious)]


def test_a_pole_in_range_is_serious_and_the_error_unbounded():
    found = audit(Rational([1.0], [1.0, 1.0]), "sigmoid", (-2, 2), optima=OPTIMA)
    assert found.declared.error_upper == Decimal("Infinity")
    assert found.declared.ratio == inf
    assert [float(pole) for pole in found.declared.poles] == [-1]
    assert texts(found, serious=True) == ["pole in range: at x = -1, in [-2, 2]"]
    assert found.gain is None
    assert entry_document(found)["max_error"] == {"lower": None, "upper": None, "at": None}


def test_a_pole_outside_is_named_and_matters_on_an_interval_that_reaches_it():
    (entry,) = read_coefficients("rational_activations:N:gelu:(5,4)")
    narrow = audit(entry, optima=OPTIMA)
    assert any(text.startswith("real pole outside [-3, 3]: at x = -14.5758, -3.0015") for text in texts(narrow))
    wide = audit(entry, on=(-4, 4), optima=OPTIMA)
    assert "pole in range: at x = -3.0015, in [-4, 4]" in texts(wide, serious=True)
    assert not any("in range" in text for text in texts(narrow))


def test_a_factor_in_common_is_named_where_it_vanishes():
    found = audit(Rational([0, 0.5, 0.5], [1, 1]), "relu", (-2, 2), optima=OPTIMA)
    assert "numerator and denominator vanish together at x = -1: as written it is 0/0 there" in " ".join(texts(found))
    assert found.declared.poles == ()


def test_ten_times_the_best_is_the_border_of_what_matters():
    best = ratapprox.fit("relu", type=(3, 2), on=(-1, 1))
    for shift, serious in ((0.0, False), (8.9, False), (9.1, True)):
        shifted = best.rational + Fraction(best.error) * Fraction(shift)
        found = audit(shifted.to_float(), "relu", (-1, 1), optima=OPTIMA)
        assert found.declared.ratio == pytest.approx(1 + shift, rel=1e-6)
        assert found.serious is serious


def test_an_error_below_the_rounding_of_float32_does_not_matter():
    found = audit(Rational([0.0, 1 + 1e-9]), "identity", (-1, 1), optima=OPTIMA)
    assert found.declared.ratio == inf
    assert not found.serious
    assert "below the rounding of float32" in texts(found)[0]
    assert audit(Rational([0.0, 1 + 1e-6]), "identity", (-1, 1), optima=OPTIMA).serious
    assert entry_document(found)["ratio"] is None


def test_a_perfect_function_has_ratio_one_and_no_problem():
    found = audit(PauA([0.0, 1.0], [0.0]), "identity", (-1, 1), optima=OPTIMA)
    assert (found.declared.ratio, found.replacement) == (1.0, None)
    assert found.problems == ()


def test_falling_where_the_target_rises_is_named_but_not_where_the_target_falls():
    assert any(
        "not monotone on [-1, 1]: it falls on (-0.6478, -0.1915)" in t for t in texts(audit(RELU, "relu", (-1, 1)))
    )
    best = ratapprox.fit("gelu", type=(5, 4), on=(-3, 3)).rational
    found = audit(best, "gelu", (-3, 3), optima=OPTIMA)
    assert found.declared.portrait.falling
    assert not any("not monotone" in text for text in texts(found))


def test_the_same_formula_fitted_and_evaluated_is_no_problem_and_another_is_judged_by_its_error():
    p, b = [0.0, 1.0], [-1.0]
    entry = Entry("here", "f", KatGpu(p, b), "softsign", (Fraction(-1), Fraction(1)), (1, 1), fitted=PauA(p, b))
    assert audit(entry, optima=OPTIMA).problems == ()
    other = replace(entry, form=KatCpu(p, b), fitted=PauA(p, b))
    found = audit(replace(other, on=(Fraction(-1, 2), Fraction(1))), optima=OPTIMA)
    assert found.problems[0].serious
    assert found.problems[0].text.startswith(
        "the evaluated form differs from the fitted form: error 0.667 instead of 0"
    )


def test_without_a_target_the_function_is_described_on_the_real_line():
    found = audit(PauB([0.0, 1.0], [0.0, 1.0]))
    assert found.declared.on == (None, None)
    assert (found.declared.error_upper, found.declared.l2, found.replacement) == (None, None, None)
    assert found.half.non_finite == 0
    assert repr(found) == "Audit of given:pau-b on the real line: no target; 0 problems"


def test_a_target_and_an_interval_of_the_callers_are_used():
    found = audit(RELU, "leaky_relu(0.1)", ("-1/2", "1/2"), optima=OPTIMA)
    assert found.declared.on == (Fraction(-1, 2), Fraction(1, 2))
    assert found.target == "leaky_relu(1/10)"
    (entry,) = read_coefficients("rationalnets:relu(3,2)")
    both = audit(entry, on=(-2, 2), optima=OPTIMA)
    assert (both.declared.on, both.asked.on) == ((-1, 1), (-2, 2))
    assert audit(entry, on=(-1, 1), optima=OPTIMA).asked is None


def test_slips_are_refused_with_a_sentence():
    with pytest.raises(TypeError, match="an entry of read_coefficients, a Rational or a form, not a str"):
        audit("kat:gelu")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="left end must be smaller"):
        audit(RELU, "relu", (1, -1))
    with pytest.raises(ValueError, match="no activation function relo"):
        audit(RELU, "relo", (-1, 1))
    with pytest.raises(ValueError, match="not defined"):
        audit(RELU, "log(x)", (-1, 1))


@pytest.mark.parametrize(
    "form",
    [PauA([0.5, 1.0, 0.25], [0.5, -0.25]), PauB([0.0, 1.0], [0.0, 1.0]), Era(0.0, 0.1, [1.0], [0.0], [0.0], [2.0])],
)
def test_float16_is_tried_with_every_input_one_operation_after_another(form):
    found = audit(form, "sigmoid", (-3, 3), optima=OPTIMA).half
    exact = form.function()
    worst, bad = 0.0, 0
    for bits in range(0, 1 << 16, 7):
        x = np.array(bits, dtype=np.uint16).view(np.float16)
        if np.isfinite(x):
            with np.errstate(all="ignore"):
                value = form._formula(x.reshape(1))[0]
            assert value.dtype == np.float16
            bad += not np.isfinite(value)
            if abs(x) <= 3:
                worst = max(worst, abs(float(value) - float(exact(Fraction(float(x))))))
    assert worst <= found.error <= 4 * worst
    assert found.program == "formula"
    assert (bad == 0) == (found.non_finite == 0)


def test_form_b_in_float16_leaves_the_format_where_its_fifth_power_does():
    (entry,) = read_coefficients("rational_activations:B:gelu:(5,4)")
    half = audit(entry, optima=OPTIMA).half
    assert half.nan > 0
    assert half.non_finite_from == pytest.approx(65520 ** (1 / 5), rel=1e-3)
    with np.errstate(all="ignore"):
        assert np.isnan(entry.form._formula(np.array([300.0], np.float16))[0])


def test_exact_parameters_are_tried_in_float16_as_floats_are():
    exact, floats = (PauA([kind(0), kind(1)], [kind(1), kind(3)]) for kind in (Fraction, float))
    assert (
        audit(exact, "softsign", (-1, 1), optima=OPTIMA).half == audit(floats, "softsign", (-1, 1), optima=OPTIMA).half
    )
    assert audit(TwoSlope(0.5, 0.5, Rational([0.1])), "relu", (-1, 1), optima=OPTIMA).half is None


def test_plain_coefficients_in_float16_are_those_of_the_analysis_of_rounding():
    found = audit(RELU, "relu", (-1, 1), optima=OPTIMA).half
    analysed = ratapprox.rounding(RELU, (-1, 1), "float16", "horner")
    assert (found.error, found.at, found.non_finite) == (float(analysed.bound), analysed.worst_x, analysed.non_finite)
    assert found.non_finite_from == pytest.approx(37.59, abs=0.01)


@pytest.fixture(scope="module")
def several():
    (kat, _), (nets,) = read_coefficients("kat:gelu"), read_coefficients("rationalnets:relu(3,2)")
    given_ = [PauN([1.0], [1.0]), TwoSlope(0.5, 0.5, Rational([0.1], [1.0, 0.0, 1.0])), Rational([1.0])]
    return [
        audit(kat, optima=OPTIMA),
        audit(nets, on=(-3, 3), optima=OPTIMA),
        audit(given_[0], "sigmoid", (-2, 2), optima=OPTIMA),
        *(audit(form, optima=OPTIMA) for form in given_[1:]),
    ]


def test_the_document_obeys_its_schema(several):
    schema = audit_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(json.dumps(document(several), allow_nan=False)), schema)
    jsonschema.validate(document([], complete=False), schema)
    assert set(schema["properties"]["entries"]["items"]["properties"]["form"]["enum"]) == set(FORMS)


def test_the_schema_is_strict(several):
    good = json.loads(json.dumps(document(several)))
    validator = jsonschema.Draft202012Validator(audit_schema())

    def damaged(change) -> bool:
        broken = json.loads(json.dumps(good))
        change(broken)
        return not validator.is_valid(broken)

    assert validator.is_valid(good)
    assert damaged(lambda d: d.update(extra=1))
    assert damaged(lambda d: d.update(schema="ratapprox/audit/2"))
    entry = good["entries"][0]
    for field in entry:
        assert damaged(lambda d, field=field: d["entries"][0].pop(field))
        assert damaged(
            lambda d, field=field: d["entries"][0].update({field: object.__name__ * 2 if field not in TEXTS else 7})
        )
    assert damaged(lambda d: d["entries"][0].update(extra=1))
    assert damaged(lambda d: d["entries"][0]["max_error"].update(upper="1"))


TEXTS = {"source", "name", "target"}


@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([1e300, 1e-300], [1, 1e300]),
        ([0, 1e-320], [1, 0, 1e-320]),
        ([1.0], [1, 1e-320]),
        ([Fraction(10) ** 400], [1]),
        ([1.0], [0, 1.0]),
    ],
)
def test_numbers_beyond_float64_are_null_or_infinite_and_never_a_crash(p, q):
    found = audit(Rational(p, q), "relu", (-1, 1), optima=OPTIMA)
    text = json.dumps(document([found]), allow_nan=False)
    jsonschema.validate(json.loads(text), audit_schema())
    assert "</html>" in page([found])


def test_bounds_in_the_document_are_rounded_outward(several):
    for found, entry in zip(several, document(several)["entries"], strict=True):
        if entry["max_error"] is not None and entry["max_error"]["upper"] is not None:
            assert Decimal(entry["max_error"]["lower"]) <= found.declared.error_lower
            assert Decimal(entry["max_error"]["upper"]) >= found.declared.error_upper


def test_the_page_stands_alone_and_nothing_in_it_is_code(several):
    evil = replace(
        several[0], entry=replace(several[0].entry, name="<script>alert(1)</script>", source='"><img src=x>')
    )
    text = page([*several, evil], complete=False)
    assert "<script" not in text
    assert "<img" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert "interrupted" in text
    assert text.count("<svg") == 4
    assert "3.31e+03" in text


def test_a_replacement_is_the_proved_best_on_the_asked_interval(several):
    assert several[0].replacement.fit.outcome.value == "certified"
    assert several[1].replacement.fit.on == (-3, 3)
    assert several[1].replacement.fit.error == pytest.approx(3 * 0.02184450635, rel=1e-8)


def test_a_large_type_and_a_short_time_leave_the_best_unknown_with_a_reason_and_the_rest_certified():
    p, q = ([1.0 / 2**k for k in range(n)] for n in (91, 41))
    large = Rational(p, [1.0, *(c if k % 2 else 0.0 for k, c in enumerate(q[1:]))])
    for optima, says in ((Optima(), "only within a time limit of 120 s or more"), (Optima(0.0001), "within 0.0001 s")):
        entry = large if optima.time_limit > 1 else Rational([0.0, 0.5, 0.4], [1.0, 0.0, 0.1])
        began = time.process_time()
        found = audit(entry, "gelu", (-1, 1), optima=optima)
        assert time.process_time() - began < 30
        assert (found.declared.ratio, found.replacement) == (None, None)
        assert found.declared.error_lower > 0
        assert found.declared.l2.lower > 0
        assert any("the best error of type" in text and says in text for text in texts(found))
    assert audit(Rational([0.0, 0.5, 0.4]), "gelu", (-1, 1), optima=OPTIMA).declared.ratio > 1


def test_every_optimum_is_computed_once(monkeypatch):
    import ratapprox.auditing.optima as home

    calls = []
    fit = home.fit
    monkeypatch.setattr(home, "fit", lambda *args, **kw: calls.append(args) or fit(*args, **kw))
    optima = Optima()
    for entry in read_coefficients("rational_activations:*:swish:(5,4)"):
        audit(entry, optima=optima)
    assert len(calls) == 1


def test_the_schemas_are_published_in_the_documents():
    root = Path(__file__).parents[2]
    for published, packaged in (
        ("card-1", "formats/card.schema.json"),
        ("audit-1", "auditing/audit.schema.json"),
        ("ntk-1", "networks/ntk/ntk.schema.json"),
    ):
        text = (root / "docs" / "schemas" / f"{published}.schema.json").read_text("utf-8")
        assert text == (root / "ratapprox" / packaged).read_text("utf-8")
        assert json.loads(text)["properties"]["schema"]["const"] == f"ratapprox/{published.replace('-', '/')}"
