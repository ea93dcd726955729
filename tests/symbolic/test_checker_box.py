"""The checker confirms the boxes that certified_ball() proves, and refuses every one that was tampered with."""

import ast
import copy
import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox.symbolic import checker_box
from ratapprox.symbolic.checker_box import check_box
from ratapprox.symbolic.local import certified_ball, decide_at

CUBIC = "(c*x**3+a*x**2+b*x)/(x**2+1)"
TYPE_32 = "(p0+p1*x+p2*x**2+p3*x**3)/(1+q1*x+q2*x**2)"
NEAR_RELU = {"p0": "1/10", "p1": "1/2", "p2": "8/5", "p3": "6/5", "q1": 0, "q2": "12/5"}
ALL = (None, None)
QUESTIONS: list[tuple[str, str, dict[str, Any], tuple[Any, Any]]] = [
    (CUBIC, "increasing", {"a": 0, "b": 1, "c": 1}, ALL),
    (CUBIC, "increasing", {"a": 0, "b": 1, "c": 1}, (-3, "sqrt(2)")),
    (CUBIC, "increasing", {"a": 0, "b": 1, "c": 1}, ("-sqrt(3)", None)),
    (CUBIC, "increasing", {"a": 0, "b": 1, "c": 1}, (None, -5)),
    (CUBIC, "increasing", {"a": 0, "b": 1, "c": "1/9"}, ALL),
    (CUBIC, "increasing", {"a": 0, "b": 1, "c": "1/10"}, ALL),
    (CUBIC, "above:-x", {"a": 0, "b": 1, "c": 1}, (0, None)),
    ("x*(x**2+a)/(x**2+1)", "increasing", {"a": 4}, ALL),
    ("x*(x**2+a)/(x**2+b)", "injective", {"a": 4, "b": 1}, ALL),
    ("x*(x**2+a)/(x**2+b)", "lipschitz:L", {"a": 4, "b": 1, "L": 5}, ALL),
    ("x*(x**2+a)/(x**2+b)", "asymptotic:x", {"a": 4, "b": 1}, ALL),
    ("x*(x**2+a)/(x**2+b)", "odd", {"a": 4, "b": 1}, ALL),
    ("(x**2+a)/(x**4+b*x+c)", "bounded", {"a": 4, "b": 1, "c": 2}, ALL),
    ("(x**2+a)/(x**4+b*x+c)", "range:-1,7", {"a": 4, "b": 1, "c": 2}, ALL),
    (TYPE_32, "above:relu", NEAR_RELU, (-1, 1)),
    (TYPE_32, "pole-free", NEAR_RELU, ALL),
    (TYPE_32, "lipschitz:3", NEAR_RELU, (-1, 1)),
    ("(a*x+b)**2*(c+x**2)/(x**2+1)", "above:0", {"a": 1, "b": 1, "c": 1}, ALL),
    ("x/(x**2+1)", "bounded", {}, ALL),
]


@pytest.fixture(scope="module")
def certificates():
    return [certified_ball(*question).proof for question in QUESTIONS]


def refused(certificate: Any, family: str | None = None) -> bool:
    verdict = check_box(certificate, family)
    assert verdict.reason
    return not verdict.accepted


def test_every_box_that_is_proved_is_confirmed(certificates):
    for (family, *_), certificate in zip(QUESTIONS, certificates, strict=True):
        verdict = check_box(json.dumps(certificate), family)
        assert verdict.accepted, (family, verdict.reason)
        assert ("in the box" in verdict.reason) is (certificate["radius"] != "0")


def test_boxes_of_random_families_are_confirmed():
    random_numbers = random.Random(11)
    proved = 0
    for _ in range(12):
        p = "+".join(
            f"({random_numbers.randint(-3, 3)}+{n}*{random_numbers.randint(0, 2)})*x**{k}" for k, n in enumerate("abc")
        )
        family = f"({p})/(x**4+b*x+{random_numbers.randint(1, 4)})"
        asked = random_numbers.choice(["pole-free", "range:-9,9", "lipschitz:20", "bounded", "below:30"])
        on = random_numbers.choice([ALL, (-2, 3), (0, None), (None, "sqrt(5)")])
        values = {n: Fraction(random_numbers.randint(-4, 4), 4) for n in "abc" if n in family}
        box = certified_ball(family, asked, values, on)
        proved += box.radius > 0
        verdict = check_box(box.proof, family)
        assert verdict.accepted, (family, asked, values, on, verdict.reason)
    assert proved > 3


def test_the_checker_of_boxes_shares_no_code_with_the_prover():
    tree = ast.parse(Path(checker_box.__file__).read_text())
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in names if name and name.startswith("ratapprox")}
    assert ours == {"ratapprox.symbolic.checker", "ratapprox.symbolic.checker_reading"}
    assert "flint" not in {name and name.split(".")[0] for name in names}


def test_a_box_that_holds_a_failing_corner_is_refused(certificates):
    for certificate in certificates:
        if certificate["corner"] is not None and certificate["radius"] != "0":
            assert refused(certificate | {"radius": certificate["fails_within"]})
            assert refused(certificate | {"radius": str(2 * Fraction(certificate["fails_within"]))})


@pytest.mark.parametrize(
    ("family", "values", "on", "false"),
    [
        # no corner fails, a = 1/4 does
        ("(x**2+a**2-a/2+1/20)/(x**2+1)", {"a": 1}, ALL, "1"),
        ("(x**2+a**2-a/2+1/20+b**2)/(x**2+1)", {"a": 1, "b": 0}, ALL, "1"),
        # a factor to the third power changes its sign as one to the first does
        ("(x-a)**3/(x**2+1)", {"a": 0}, (1, 2), "5/4"),
        ("(x-a)**5*(x-b)**2/(x**2+1)", {"a": 0, "b": 0}, (1, 2), "5/4"),
    ],
)
def test_a_box_with_a_point_inside_that_fails_is_refused(family, values, on, false):
    proof = certified_ball(family, "above:0", values, on).proof
    assert check_box(proof, family).accepted
    assert 0 < Fraction(proof["radius"]) < Fraction(false)
    fine = [str(Fraction(k, 64)) for k in range(-128, 257)]
    assert refused(proof | {"radius": false, "cuts": fine, "corner": None, "fails_within": None}, family)


def test_a_cut_left_out_is_refused_or_was_not_needed(certificates):
    needed = 0
    for certificate in certificates[3:11]:
        for k in range(len(certificate["cuts"])):
            cuts = [cut for i, cut in enumerate(certificate["cuts"]) if i != k]
            needed += refused(certificate | {"cuts": cuts})
    assert needed > 10
    assert refused(certificates[0] | {"cuts": []})
    assert refused(certificates[0] | {"cuts": certificates[0]["cuts"][::-1]})


def test_a_box_around_values_at_which_the_property_fails_is_refused(certificates):
    fails = next(c for c in certificates if not c["holds"])
    assert refused(fails | {"holds": True})
    assert refused(fails | {"radius": "1/1000", "cuts": ["-1", "0", "1"]})
    for certificate in certificates:
        assert refused(certificate | {"holds": not certificate["holds"]})


def test_a_corner_that_is_elsewhere_or_does_not_fail_is_refused(certificates):
    certificate = certificates[0]
    assert refused(certificate | {"fails_within": "1"})
    assert refused(certificate | {"corner": certificate["values"], "fails_within": "0"})
    assert refused(certificate | {"corner": None})
    assert refused(certificate | {"fails_within": None})


def test_another_family_interval_or_property_is_refused(certificates):
    certificate = certificates[0]
    assert refused(certificate, "(c*x**3+a*x**2+b*x)/(x**2+2)")
    assert refused(certificate | {"property": "decreasing"})
    assert refused(certificate | {"property": "convex"})
    assert refused(certificate | {"property": "lipschitz:1"})
    assert refused(certificate | {"cancelled": True})
    assert refused(certificate | {"values": {"a": "0", "b": "1"}})
    half_line = certificates[3]  # increasing for x <= -5 in a larger box than on the whole line
    assert Fraction(half_line["radius"]) > Fraction(certificate["radius"])
    assert refused(half_line | {"on": [None, None]})
    assert refused(half_line | {"on": [None, "0"]})


def test_no_point_of_a_confirmed_box_fails(certificates):
    """The checker once more from outside: corners and random points of the boxes, decided exactly."""
    random_numbers = random.Random(3)
    for (family, asked, _, on), certificate in zip(QUESTIONS, certificates, strict=True):
        radius = Fraction(certificate["radius"])
        for _ in range(5 if radius else 0):
            shift = {
                n: Fraction(random_numbers.choice((-8, -8, 8, 8, random_numbers.randint(-8, 8))), 8)
                for n in certificate["values"]
            }
            values = {n: Fraction(v) + radius * shift[n] for n, v in certificate["values"].items()}
            assert decide_at(family, asked, values, on), (family, asked, values)


@pytest.mark.parametrize(
    "document", ["", "{", "[]", "null", "1", '{"schema": "ratapprox/box-proof/1"}', "[" * 5000, 7, None, [], {}]
)
def test_what_is_no_certificate_is_refused_without_an_exception(document):
    assert refused(document)


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.text(max_size=3), st.just(["1"]), st.just({})
)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), junk=JUNK)
def test_any_part_replaced_by_something_of_another_kind_is_refused(certificates, seed, junk):
    chosen = random.Random(seed)
    forged: Any = copy.deepcopy(chosen.choice([c for c in certificates if c["radius"] != "0" and c["values"]]))
    key = chosen.choice(list(forged))
    holder, at = forged, forged[key]
    if isinstance(at, dict | list) and at and chosen.random() < 0.7:
        holder, key = at, chosen.choice(list(at) if isinstance(at, dict) else range(len(at)))
        at = at[key]
    if type(junk) is type(at) or junk == at or (holder is forged["on"] and junk is None):  # another true question
        return
    holder[key] = junk
    assert refused(forged), (key, at, junk)
