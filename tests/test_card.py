"""The card: what is written is read again, and what contradicts itself is refused."""

import copy
import json
import os
import re
import stat
from decimal import Decimal
from fractions import Fraction
from math import inf, nextafter

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ratapprox
from ratapprox.formats.card import Card, exact_text, parse_card, read_card
from ratapprox.formats.checks import CardError
from ratapprox.formats.claims import above, below
from ratapprox.formats.files import check_writable, write_whole
from ratapprox.formats.schema import UNDERSTOOD, card_schema, violation
from ratapprox.published import card, write_card
from ratapprox.rational import Rational
from ratapprox.symbolic.behaviour import behaviour
from ratapprox.verdict import judge

SLOPES = {"increasing", "lipschitz_lower", "lipschitz_upper"}


@pytest.fixture(scope="module")
def relu32():
    return card(ratapprox.fit("relu", type=(3, 2), on=(-1, 1)))


@pytest.fixture(scope="module")
def exact():
    return card(ratapprox.fit("relu", type=(4, 4), on=(-1, 1), digits=30))


@pytest.mark.parametrize("which", ["relu32", "exact"])
def test_a_card_that_is_written_is_read_again(which, request, tmp_path):
    written = request.getfixturevalue(which)
    write_card(written, tmp_path / "card.json")
    assert read_card(tmp_path / "card.json") == written


def test_a_card_holds_the_question_and_the_function():
    fit = ratapprox.fit("relu", type=(3, 2), on=(Fraction(-1, 2), Fraction(1, 3)))
    found = card(fit)
    assert (found.target, found.on, found.type, found.rational) == ("relu", fit.on, (3, 2), fit.rational)
    assert found.document["interval_exact"] == ["-1/2", "1/3"]
    assert repr(found) == "Card: relu, type (3, 2) on [-0.5, 1/3]"


def test_coefficients_beyond_doubles_travel_as_fractions_and_decimals(exact):
    document = exact.document
    assert exact.rational.is_exact
    assert [float(Fraction(c)) for c in document["p_exact"]] == document["p"]
    assert all(
        len(c.lstrip("-0.").replace(".", "").split("e")[0]) >= 25 for c in document["q_decimal"][1:] if Fraction(c)
    )


def test_bounds_are_rounded_outward(relu32):
    claim = relu32.claim
    assert Fraction(claim["error_lower"]) <= Fraction(claim["error_lower_decimal"])
    assert Fraction(claim["error_upper"]) >= Fraction(claim["error_upper_decimal"])
    assert Fraction(claim["optimal_lower"]) <= Fraction(claim["optimal_lower_decimal"])


def test_a_double_that_stands_for_a_bound_is_on_its_safe_side():
    for text in ("0.1", "0.3", "0.5", "1e-400", "123456789.123456789123456789", "0"):
        bound = Decimal(text)
        assert Fraction(below(bound)) <= Fraction(bound) <= Fraction(above(bound))
        assert nextafter(below(bound), inf) >= above(bound)
    assert below(Decimal("Infinity")) is None
    assert above(Decimal("Infinity")) is None


def test_a_missing_field_is_named(relu32):
    for name in card_schema()["required"]:
        document = relu32.document
        del document[name]
        with pytest.raises(CardError, match=f'"{name}" is missing'):
            parse_card(json.dumps(document))


@pytest.mark.parametrize("which", ["relu32", "exact"])
def test_a_card_satisfies_its_json_schema(which, request):
    jsonschema.Draft202012Validator.check_schema(card_schema())
    jsonschema.validate(request.getfixturevalue(which).document, card_schema())


def test_the_schema_uses_only_keywords_that_are_checked():
    def keywords(schema):
        yield from schema
        for word, value in schema.items():
            if word in ("properties", "$defs"):
                for each in value.values():
                    yield from keywords(each)
            elif word == "anyOf":
                for each in value:
                    yield from keywords(each)
            elif word in ("items", "additionalProperties") and isinstance(value, dict):
                yield from keywords(value)

    assert set(keywords(card_schema())) <= UNDERSTOOD


def places(value, path=()):
    """Every place of a JSON document."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*path, key))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2000, 2000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["1/3", "-2", "0x1.8p+1", "plain", "R", "certified", "1e5", "1/0"]),
    st.just([]),
    st.just({}),
    st.lists(st.floats(-1, 1), max_size=3),
)


@given(data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_the_schema_is_checked_as_jsonschema_does_and_no_damage_is_a_crash(data, exact):
    document = copy.deepcopy(exact.document)
    path = data.draw(st.sampled_from(list(places(document))[1:]))
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    action = data.draw(st.sampled_from(["replace", "delete", "add"]))
    if action == "delete":
        del parent[path[-1]]
    elif action == "replace":
        parent[path[-1]] = data.draw(JUNK)
    elif isinstance(parent, dict):
        parent["unheard-of"] = data.draw(JUNK)
    else:
        parent.append(data.draw(JUNK))
    valid = jsonschema.Draft202012Validator(card_schema()).is_valid(document)
    assert (violation(document) is None) == valid
    try:
        parsed = parse_card(json.dumps(document))
    except CardError:
        return
    assert valid
    assert isinstance(parsed, Card)


def damaged(document, **changes):
    return json.dumps(document | changes)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"type": [2, 2]}, '"type" is \\[2, 2\\], but p and q have the degrees'),
        ({"q_hex": ["0x1.0000000000000p+0"]}, 'forms of "q" differ in length'),
        ({"interval_exact": ["-1", "2"]}, '"interval" and "interval_exact" differ'),
        ({"interval": [1, -1], "interval_exact": ["1", "-1"]}, "left end"),
        ({"reference": [0.5, 0.25]}, "must ascend"),
        ({"reference": [0.5, 7]}, "inside the interval"),
        ({"error": 0.5}, '"error" and "error_decimal" differ'),
        ({"interval_exact": ["-1/0", "1"]}, "denominator 0"),
        ({"q": [0, 0, 0], "q_hex": ["0x0.0p+0"] * 3}, "q"),
        ({"order": "descending"}, '"order" must be "ascending"'),
        ({"schema": "ratapprox/card/9"}, '"schema" must be "ratapprox/card/1"'),
        ({"surprise": 1}, '"surprise" is unknown'),
        ({"target": ""}, '"target" must be'),
        ({"p_exact": ["1", "1", "1", "1"]}, '"p_exact" is given without "q_exact"'),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(relu32, changes, complaint):
    with pytest.raises(CardError, match=complaint):
        parse_card(damaged(relu32.document, **changes))


def test_each_form_of_the_coefficients_must_agree(exact):
    for name in ("p", "p_hex", "p_exact", "p_decimal", "q", "q_hex", "q_exact", "q_decimal"):
        document = exact.document
        document[name][0], document[name][-1] = document[name][-1], document[name][0]
        with pytest.raises(CardError, match="differ"):
            parse_card(json.dumps(document))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "1",
        "null",
        "{",
        '{"schema": NaN}',
        '{"a": 1, "a": 2}',
        "[" * 100_000,
        "1" * 5000,
        '{"p": 1e999}',
        '{"schema": "\\ud800"}',
    ],
)
def test_a_text_that_is_no_card_is_refused_in_one_sentence(text):
    with pytest.raises(CardError) as refusal:
        parse_card(text)
    assert "\n" not in str(refusal.value)


def test_an_infinite_number_is_refused(relu32):
    with pytest.raises(CardError, match="1e999"):
        parse_card(relu32.text.replace(repr(relu32.document["error"]), "1e999"))


def test_files_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "noise").write_bytes(bytes(range(256)))
    with pytest.raises(CardError, match="not text in UTF-8"):
        read_card(tmp_path / "noise")
    with pytest.raises(CardError, match="no such file"):
        read_card(tmp_path / "absent")
    with pytest.raises(CardError, match="cannot read"):
        read_card(tmp_path)


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "card.json"
    write_whole(path, b"old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(ValueError, match="no space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_writing_follows_a_link_and_keeps_the_permissions(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(0o600)
    link.symlink_to(real)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_what_cannot_be_written_is_known_before(tmp_path):
    with pytest.raises(ValueError, match="it is a folder"):
        check_writable(tmp_path)
    with pytest.raises(ValueError, match="no such file or directory"):
        check_writable(tmp_path / "absent" / "card.json")
    with pytest.raises(ValueError, match="not an ordinary file"):
        check_writable(os.devnull)
    with pytest.raises(ValueError, match="too long"):
        check_writable(tmp_path / ("x" * 300))
    check_writable(tmp_path / "card.json")
    assert list(tmp_path.iterdir()) == []


def test_exact_coefficients_that_would_take_hours_are_refused(exact):
    document = exact.document
    for name in ("p", "q"):
        for form in (name, f"{name}_hex", f"{name}_decimal"):
            del document[form]
        values = [Fraction(1)] + [Fraction(1, 3**10000 + k) for k in range(4)]
        document[f"{name}_exact"] = [exact_text(c) for c in values]
    with pytest.raises(CardError, match="common denominator"):
        parse_card(json.dumps(document))


def test_an_older_card_without_slopes_is_read_and_wrong_slopes_are_refuted(relu32):
    document = relu32.document
    assert document["certificate"]["increasing"] is False
    older = {name: claim for name, claim in document["certificate"].items() if name not in SLOPES}
    assert judge(parse_card(json.dumps(document | {"certificate": older}))).proved
    for wrong in ({"increasing": True}, {"lipschitz_upper": 0.5}, {"lipschitz_lower": 9.0}):
        changed = document | {"certificate": document["certificate"] | wrong}
        assert not judge(parse_card(json.dumps(changed))).proved


def changed(document, path, value):
    """The card with another value at one place."""
    found = copy.deepcopy(document)
    place = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return found


def test_a_card_holds_the_gains_and_the_rounding_error_of_the_best_form(relu32):
    document = relu32.document
    gain, rounding = ratapprox.gain(relu32.rational), document["certificate"]["rounding"]
    for side in ("forward", "backward"):
        enclosed = getattr(gain, side)
        assert enclosed.contains(Fraction(document["gain"][f"{side}_lower"]))
        assert Fraction(document["gain"][f"{side}_lower"]) <= Fraction(document["gain"][f"{side}_upper"])
        assert document["gain"][side] == pytest.approx(float(enclosed), rel=1e-15)
    assert list(rounding) == ["float32", "bfloat16", "float16"]
    for dtype, claim in rounding.items():
        best = ratapprox.recommend(relu32.rational, relu32.on, dtype).best
        assert claim["form"] == best.form and Decimal(claim["bound_decimal"]) == best.bound
        assert Fraction(claim["bound"]) >= Fraction(claim["bound_decimal"])


def test_the_gain_in_a_card_is_the_integral_that_it_stands_for(relu32):
    p, q = ([float(c) for c in part] for part in (relu32.rational.p, relu32.rational.q))
    z = np.linspace(-12, 12, 4801)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    r = np.polyval(p[::-1], z) / np.polyval(q[::-1], z)
    slope = (np.polyval(np.polyder(p[::-1]), z) - r * np.polyval(np.polyder(q[::-1]), z)) / np.polyval(q[::-1], z)
    for side, values in (("forward", r), ("backward", slope)):
        assert relu32.document["gain"][side] == pytest.approx(1 / np.trapezoid(values**2 * density, z), rel=1e-10)


def test_where_a_real_pole_or_an_overflow_leaves_nothing_the_card_says_why():
    document = card(ratapprox.fit("gelu", type=(5, 4), on=(-4, 4))).document
    assert document["gain"]["forward"] is document["gain"]["backward_upper"] is None
    assert "has poles at x = -11.79318996, 11.79318996" in document["gain"]["reason"]
    document = card(ratapprox.fit("x^3", type=(3, 0), on=(-1000, 1000))).document
    float16 = document["certificate"]["rounding"]["float16"]
    assert float16["bound"] is None and "not finite at x = " in float16["reason"]
    assert judge(parse_card(json.dumps(document))).proved


FORGERIES = [
    (("gain", "forward"), 2.0, "forward gain lies between"),
    (("gain", "backward"), 3.0, "backward gain lies between"),
    (("certificate", "rounding", "float32", "bound"), 1e-9, "float32 split form errs by at most 1e-09"),
    (("certificate", "rounding", "float32", "bound"), 1.8e-7, "proved is 1.83572e-7"),
    (("certificate", "rounding", "float16", "bound"), 0.001, "but it errs by 0.00120867 at x = "),
    (("certificate", "rounding", "bfloat16", "form"), "horner", "bfloat16 horner form errs by at most"),
    (("certificate", "rounding", "bfloat16", "form"), "magic", "bfloat16 magic form errs by at most"),
]


@pytest.mark.parametrize(
    ("path", "value", "complaint"), FORGERIES, ids=[f"{p[-2]} {p[-1]} {v}" for p, v, _ in FORGERIES]
)
def test_a_forged_gain_or_rounding_bound_is_refuted(relu32, path, value, complaint):
    document = changed(relu32.document, path, value)
    for end in ("lower", "upper") if path[0] == "gain" else ():
        document = changed(document, (path[0], f"{path[1]}_{end}"), repr(value))
    if path[-1] == "bound":
        document = changed(document, (*path[:-1], "bound_decimal"), repr(value))
    verdict = judge(parse_card(json.dumps(document)))
    assert len(verdict.refuted) == 1
    assert complaint in verdict.refuted[0]


def test_a_gain_is_refuted_where_there_is_none():
    honest = card(ratapprox.fit("gelu", type=(5, 4), on=(-4, 4))).document
    claim = honest["gain"] | {"forward": 2.0, "forward_lower": "1.9999999999999", "forward_upper": "2"}
    (reason,) = judge(parse_card(json.dumps(honest | {"gain": claim}))).refuted
    assert reason.startswith("the card gives a forward gain, but none is proved: the rational function has poles at")


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("gain", "forward"), 2.0, '"gain.forward" and its bounds differ'),
        (("gain", "forward_lower"), None, 'one of the bounds of "gain.forward" is missing'),
        (("gain", "backward_lower"), "9", 'the bounds of "gain.backward" are not in order'),
        (("gain", "surprise"), 1, '"gain.surprise" is unknown'),
        (("certificate", "rounding", "float16", "bound"), None, '"certificate.rounding.float16.bound" and its decimal'),
        (
            ("certificate", "rounding", "float16", "form"),
            None,
            '"certificate.rounding.float16" has a bound, but no form',
        ),
        (("certificate", "rounding", "float8"), {}, "float8"),
    ],
)
def test_gains_and_rounding_errors_that_contradict_themselves_are_refused(relu32, path, value, complaint):
    with pytest.raises(CardError, match=re.escape(complaint)):
        parse_card(json.dumps(changed(relu32.document, path, value)))


def test_a_missing_gain_needs_a_reason(relu32):
    claim = dict.fromkeys(relu32.document["gain"])
    with pytest.raises(CardError, match='a "gain" is missing without a reason'):
        parse_card(json.dumps(relu32.document | {"gain": claim}))


def test_an_older_card_without_gains_and_rounding_errors_is_read_and_proved(relu32):
    document = {name: field for name, field in relu32.document.items() if name != "gain"}
    del document["certificate"]["rounding"]
    assert judge(parse_card(json.dumps(document))).proved
    assert judge(parse_card(json.dumps(document | {"gain": None}))).proved


def test_gains_and_rounding_errors_are_computed_for_the_card_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "ratapprox.published.behaviour", lambda *question: asked.append(question) or behaviour(*question)
    )
    found = ratapprox.fit("relu", type=(3, 2), on=(-1, 1))
    assert asked == []
    card(found)
    assert asked == [(found.rational, found.on)]


def test_what_would_take_minutes_is_left_out_with_a_reason():
    large = Rational([Fraction(1, k + 1) for k in range(81)], [1, *(Fraction(1, k + 2) for k in range(80))])
    long = Rational([Fraction(1, 3**3000), 1])
    for rational, words in ((large, "above degree 32"), (long, "more than 4096 bits")):
        found = behaviour(rational, (Fraction(-1), Fraction(1)))
        assert words in found.gain
        assert {words in reason for _, reason in found.rounding} == {True}
