"""The card of several pieces: what is written is read again, damage is refused, and no claim is believed."""

import copy
import json
import re
from fractions import Fraction
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from flint import fmpz_poly
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ratapprox
from ratapprox import PauA, PauB, Piecewise, Rational
from ratapprox.algebraic import algebraic_roots
from ratapprox.formats.card import Card, parse, parse_card, read_card
from ratapprox.formats.checks import CardError
from ratapprox.formats.piece_card import PieceCard, one_root_is_plain
from ratapprox.formats.piece_document import piece_card
from ratapprox.formats.schema import UNDERSTOOD, card_schema, piece_card_schema, violation
from ratapprox.published import card_of_pieces, write_card
from ratapprox.verdict import judge
from tests.strategies import piecewises
from tests.test_card import JUNK, places

ON = (Fraction(-1), Fraction(1))
BENT = PauB([0, 1], [0, -2, 0, 1])  # cut at ±√2


@pytest.fixture(scope="module")
def bent():
    return card_of_pieces(BENT, "tanh", (-3, 3))


@given(function=piecewises(), rounded=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_function_of_several_pieces_comes_back_the_same(function, rounded):
    function = function.to_float() if rounded else function
    found = parse(piece_card(function, "relu", ON).text)
    assert isinstance(found, PieceCard)
    assert (found.function, found.target, found.on, found.weight) == (function, "relu", ON, None)
    assert found.function.is_exact == function.is_exact


def test_a_card_is_written_read_and_says_what_it_holds(bent, tmp_path):
    path = tmp_path / "bent.json"
    written = write_card(BENT, path, target="tanh", on=(-3, 3), weight="1 + x^2")
    found = read_card(path)
    assert found == written
    assert found.function == BENT.function() and found.weight == "1 + x^2"
    assert repr(bent) == "Card: tanh, 3 pieces, cut at -√2, √2, on [-3, 3]"
    assert bent.claim["pole_free_on"] == "R" and bent.claim["optimal_lower"] == 0
    assert float(bent.claim["error_upper"]) == pytest.approx(
        np.abs(np.tanh(x := np.linspace(-3, 3, 10001)) - BENT(x)).max(), rel=1e-6
    )


def test_a_question_is_given_once_and_for_several_pieces_only(bent, tmp_path):
    with pytest.raises(ValueError, match=r"says what it approximates and where: give target=… and on="):
        write_card(BENT, tmp_path / "bent.json", target="tanh")
    with pytest.raises(ValueError, match="leave out target, on and weight"):
        write_card(bent, tmp_path / "bent.json", on=(0, 1))
    with pytest.raises(ValueError, match="is one rational function"):
        card_of_pieces(PauA([0, 1], [0, 1]), "tanh", (-1, 1))
    assert list(tmp_path.iterdir()) == []


def test_readers_of_version_1_refuse_it_and_do_not_misread_it(bent):
    assert violation(bent.document) == '"schema" must be "ratapprox/card/1"'
    assert not jsonschema.Draft202012Validator(card_schema()).is_valid(bent.document)
    with pytest.raises(CardError, match="a function of 3 pieces: here one rational function p/q is needed"):
        parse_card(bent.text)


def test_the_schema_is_published_as_it_is_and_uses_only_keywords_that_are_checked(bent):
    published = Path(__file__).parents[1] / "docs" / "schemas" / "card-2.schema.json"
    assert json.loads(published.read_text()) == piece_card_schema()
    jsonschema.Draft202012Validator.check_schema(piece_card_schema())
    jsonschema.validate(bent.document, piece_card_schema())

    def keywords(schema):
        yield from schema
        for word, value in schema.items():
            inner = value.values() if word in ("properties", "$defs") else value if word == "anyOf" else ()
            inner = [value] if word in ("items", "additionalProperties") and isinstance(value, dict) else inner
            for each in inner:
                yield from keywords(each)

    assert set(keywords(piece_card_schema())) <= UNDERSTOOD


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_refused_as_jsonschema_does_and_is_no_crash(data, bent):
    document = copy.deepcopy(bent.document)
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
    valid = jsonschema.Draft202012Validator(piece_card_schema()).is_valid(document)
    assert (violation(document, piece_card_schema()) is None) == valid
    try:
        parsed = parse(json.dumps(document))
    except CardError:
        return
    assert valid
    assert isinstance(parsed, PieceCard)


ROOT = {"value": 2**0.5, "polynomial": ["-2", "0", "1"], "interval": ["1", "2"]}


@pytest.mark.parametrize(
    ("which", "change", "complaint"),
    [
        (("breakpoints", 0), {"polynomial": ["-2", "1", "1"]}, r'"breakpoints\[0\].polynomial" is reducible'),
        (("breakpoints", 0), {"polynomial": ["-4", "0", "2"]}, "must be primitive"),
        (("breakpoints", 0), {"polynomial": ["2", "0", "-1"]}, "its last coefficient positive"),
        (("breakpoints", 0), {"polynomial": ["2", "0", "0"]}, "its last coefficient positive"),
        (("breakpoints", 0), {"interval": ["-2", "2"]}, "must hold one root"),
        (("breakpoints", 0), {"interval": ["-1", "-2"]}, "must hold one root"),
        (("breakpoints", 0), {"interval": ["-1", "0"]}, "must hold one root"),
        (("breakpoints", 0), {"interval": ["-2/0", "-1"]}, "denominator 0"),
        (("breakpoints", 0), {"value": -1.4142135623730954}, r'"breakpoints\[0\].value" is not the nearest double'),
        (("breakpoints", 0), {"value": None}, "is not the nearest double"),
        (("breakpoints", 0), {"exact": "-3/2"}, 'needs either "exact" or "polynomial"'),
        (("breakpoints",), {0: {"value": -1.5}}, 'needs either "exact" or "polynomial"'),
        (("breakpoints",), {0: ROOT, 1: {"value": -1.5, "exact": "-3/2"}}, "must ascend"),
        (("breakpoints",), {0: ROOT}, "must ascend"),
        (("breakpoints",), {0: {"value": 1.4, "exact": "7/5"}}, "must ascend"),  # or the reader would have to refine
        (("breakpoints",), {0: {"value": 1, "exact": "1"}, 1: {"value": 1, "exact": "1"}}, "must ascend"),
        (("pieces", 1), {"type": [0, 4]}, r'"pieces\[1\].type" is \[0, 4\], but it is \[1, 4\]'),
        (("pieces", 1), {"p_exact": ["0", "2"]}, r'"p" and "p_exact" differ, in "pieces\[1\]"'),
        (("pieces", 1), {"q_exact": ["1", "0", "4", "0", "-2"]}, r'"q" and "q_exact" differ, in "pieces\[1\]"'),
        ((), {"pieces": 2}, '2 "breakpoints" and 2 "pieces": there is one piece more'),
        ((), {"interval": [3, -3], "interval_exact": ["3", "-3"]}, "left end"),
        ((), {"schema": "ratapprox/card/3"}, '"schema" must be "ratapprox/card/1"'),
        (("certificate",), {"error_upper": 0.5}, '"certificate.error_upper" and its decimal differ'),
        (("certificate",), {"pole_free": False}, '"certificate.pole_free" and'),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(bent, which, change, complaint):
    document = bent.document
    at = document
    for key in which:
        at = at[key]
    for key, value in change.items():
        at[key] = document["pieces"][:value] if key == "pieces" else value
    with pytest.raises(CardError, match=complaint):
        parse(json.dumps(document))


def test_partly_exact_pieces_are_refused(bent):
    document = bent.document
    for name in ("p_exact", "q_exact"):
        del document["pieces"][0][name]
    with pytest.raises(CardError, match='some of the "pieces" are exact and some are not'):
        parse(json.dumps(document))


def test_a_hostile_polynomial_is_judged_at_once(bent):
    document, big = bent.document, 10**300
    document["breakpoints"][1]["polynomial"] = [*map(str, [-2, 4 * big, -2 * big**2]), *["0"] * 37, "1"]
    with pytest.raises(CardError, match='must hold one root of its polynomial, and be so short'):
        parse(json.dumps(document))  # two roots 10^-6000 apart: isolating them takes minutes


@pytest.mark.parametrize(
    "coefficients", [[-2, 0, 0, 1], [1, -3, 0, 1], [-1, 0, 10, 0, -4, 0, 1], [7, -100, 1, 0, 0, 5]]
)
def test_signs_that_show_one_root_are_right_about_it(coefficients):
    f = fmpz_poly(coefficients)
    roots = [float(root) for root in algebraic_roots(f)]
    for low in range(-20, 20):
        for width in (1, 3, 8):
            a, b = Fraction(low, 4), Fraction(low + width, 4)
            if one_root_is_plain(f, a, b):
                assert sum(a < root < b for root in roots) == 1
    for root in algebraic_roots(f):
        narrow = root.refine(12)
        assert one_root_is_plain(f, narrow.lower, narrow.upper)


def test_what_would_take_a_reader_long_is_not_written_and_not_read(bent):
    steep = algebraic_roots(fmpz_poly([-2, *[0] * 40, 1]))
    with pytest.raises(CardError, match=r'"breakpoints\[0\].polynomial" must be a list of length at most 41'):
        piece_card(Piecewise(steep, [Rational([0]), Rational([1])]), "relu", ON)
    document = bent.document
    for polynomial in (["-2", "0", "1" + "0" * 700], ["-2", "0", "١"], ["-2", "0", "1e9"]):
        document["breakpoints"][0]["polynomial"] = polynomial
        with pytest.raises(CardError, match="must be a text"):
            parse(json.dumps(document))
    document = bent.document
    document["pieces"] *= 40
    with pytest.raises(CardError, match="a list of length at most 101"):
        parse(json.dumps(document))


def test_the_certificate_of_a_card_is_proved_anew(bent):
    verdict = judge(bent)
    assert verdict.proved and verdict.compared
    assert verdict.certificate == ratapprox.certify(BENT, "tanh", (-3, 3))
    other = judge(bent, target="x/(1 + x^2)")
    assert other.proved and not other.compared


def forged(document, name, value):
    claim = document["certificate"]
    claim[name] = value
    if f"{name}_decimal" in claim:
        claim[f"{name}_decimal"] = str(value)
    return parse(json.dumps(document))


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("error_upper", 0.001, "the card says that the error is at most 0.001, but it is at least"),
        ("error_lower", 7.0, "the card says that the error is at least 7"),
        ("optimal_lower", 0.125, "no rational of this type has an error below 0.125; proved is 0"),
        ("alternation", [0.25, 0.5], "the card says that the error alternates"),
        ("min_q", 3.5, r"the card says that \|q\| is at least 3.5; proved is"),
        ("poles", ["0.5"], "the card gives the real poles as"),
        ("increasing", True, "the card gives increasing as True, but it is False"),
        ("lipschitz_upper", 0.25, "the card says that the slope is at most 0.25"),
        ("alternation_needed", 7, "the card gives alternation_needed as 7, but it is 0"),
        ("tails", [{}, {}], "the card gives tails as"),
    ],
)
def test_a_forged_claim_is_refuted(bent, name, value, complaint):
    verdict = judge(forged(bent.document, name, value))
    assert not verdict.proved
    assert any(re.search(complaint, reason) for reason in verdict.refuted), verdict.refuted


def test_a_jump_has_no_finite_slope_whatever_the_card_says():
    step = card_of_pieces(Piecewise([0], [Rational([0]), Rational([1])]), "relu", (-1, 1))
    assert step.claim["lipschitz_upper"] is None and judge(step).proved
    verdict = judge(forged(step.document, "lipschitz_upper", 1e300))
    assert any("the slope is at most 1e+300, but it reaches Infinity" in reason for reason in verdict.refuted)


def test_a_pole_on_the_interval_refutes_a_card_and_one_outside_of_a_piece_does_not():
    hidden = Piecewise([0], [Rational([1], [-1, 1]), Rational([-1], [1, 1])])  # each pole lies in the other piece
    assert judge(piece_card(hidden, "relu", (Fraction(-2), Fraction(2)))).proved
    open_pole = Piecewise([0], [Rational([1], [1, 1]), Rational([1])])
    verdict = judge(piece_card(open_pole, "relu", (Fraction(-2), Fraction(2))))
    assert verdict.refuted == ("the denominator has a zero on the interval: -1",)


def test_changed_coefficients_refute_the_claims(bent):
    document = bent.document
    piece = document["pieces"][1]
    piece["p"], piece["p_exact"], piece["p_hex"] = [0, 2], ["0", "2"], ["0x0.0p+0", "0x1.0000000000000p+1"]
    assert not judge(parse(json.dumps(document))).proved


def test_a_card_is_exported_with_what_is_proved_of_it(bent, tmp_path):
    module = {}
    text = ratapprox.export(bent, "numpy", name="bent")
    exec(text, module)
    x = np.linspace(-4, 4, 999)
    np.testing.assert_allclose(module["bent"](x), BENT(x), rtol=1e-14)
    assert "approximates tanh on [-3, 3]\nproved: max of |f - r| on [-3, 3] <= " in text
    assert ratapprox.export(bent, "json") == bent.text + "\n"
    with pytest.raises(ValueError, match="leave out target and on"):
        ratapprox.export(bent, "json", target="relu")


def test_a_form_is_exported_as_a_card_without_claims():
    found = parse(ratapprox.export(BENT, "json", target="tanh", on="-3,3"))
    assert (found.function, found.target, found.on, found.claim) == (BENT.function(), "tanh", (-3, 3), None)
    one = parse(ratapprox.export(PauA([0, 1], [0, 1]), "json"))
    assert isinstance(one, Card)
    with pytest.raises(ValueError, match=r"is no target itself: give target=…"):
        ratapprox.export(BENT, "json")
    with pytest.raises(ValueError, match=r"has a pole in \[-2, 2\]"):
        ratapprox.export(Piecewise([0], [Rational([1], [1, 1]), Rational([1])]), "json", target="relu", on="-2,2")
