"""The JSON export is the card, or one that the reader and the schema take."""

import json
from fractions import Fraction

import jsonschema
import pytest
from hypothesis import given, settings

import ratapprox
from ratapprox import Rational
from ratapprox.formats.card import parse_card
from ratapprox.formats.exporters import export
from ratapprox.formats.schema import card_schema
from ratapprox.verdict import judge
from tests.formats.exporters.reference import RELU
from tests.strategies import pole_free_rationals


def test_a_card_comes_out_as_it_went_in(tmp_path):
    fit = ratapprox.fit("relu", type=(3, 2))
    card = ratapprox.write_card(fit, tmp_path / "card.json")
    assert export(card, "json") == (tmp_path / "card.json").read_text("utf-8")


@settings(max_examples=25)
@given(pole_free_rationals(4))
def test_a_bare_function_becomes_a_card_of_itself(r):
    text = export(r, "json")
    jsonschema.validate(json.loads(text), card_schema(), jsonschema.Draft202012Validator)
    found = parse_card(text)
    assert found.rational == r.exact()
    assert found.claim is None
    verdict = judge(found)
    assert verdict.proved
    assert verdict.certificate.error_upper == 0


def test_target_and_interval_may_be_given():
    found = parse_card(export(RELU, "json", target="relu", on="-2, 1/3"))
    assert found.target == "relu"
    assert found.on == (Fraction(-2), Fraction(1, 3))
    assert judge(found).certificate.error_upper > 0


@pytest.mark.parametrize("on", ["1", "1,1", "2,1", "0,1,2", "a,b", "0,inf", "nan,1", "0,1/0", "0,1e999999999", 3])
def test_what_is_no_interval_is_refused(on):
    with pytest.raises(ValueError, match="on="):
        export(RELU, "json", on=on)


def test_what_no_card_can_hold_is_refused():
    with pytest.raises(ValueError, match=r"has a pole in \[-1, 1\]: give another interval"):
        export(Rational([1], [0, 1]), "json")
    with pytest.raises(ValueError, match="has its target and interval already"):
        export(parse_card(export(RELU, "json")), "json", on="0,1")
    with pytest.raises(ValueError, match="there is no activation function relo"):
        export(RELU, "json", target="relo")
    with pytest.raises(ValueError, match="it is written in no dtype"):
        export(RELU, "json", dtype="float32")
    with pytest.raises(ValueError, match="too long to be its own target"):
        export(Rational([Fraction(1, 3**k) for k in range(200)]), "json")
