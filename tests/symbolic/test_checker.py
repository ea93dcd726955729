"""The checker confirms the certificates of analyse() and refuses every one that was tampered with."""

import ast
import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox.symbolic import analyse, checker, checker_decisions, checker_statements
from ratapprox.symbolic.checker import check

QUESTIONS = [
    ("x*(x**2+a)/(x**2+1)", "increasing"),
    ("x*(x**2+a)/(x**2+1)", "strictly-increasing"),
    ("x*(x**2+a)/(x**2+1)", "positive-slope"),
    ("x*(x**2+a)/(x**2+1)", "lipschitz:1"),
    ("x*(x**2+a)/(x**2+1)", "lipschitz:a"),
    ("x*(x**2+a)/(x**2+1)", "convex"),
    ("x*(x**2+a)/(x**2+1)", "injective"),
    ("x*(x**2+a)/(x**2+1)", "odd"),
    ("x*(x**2+a)/(x**2+1)", "asymptotic:x"),
    ("x*(x**2+a)/(x**2+a)", "increasing"),
    ("1/((a**2-2)*x**3+x**2+1)", "pole-free"),
    ("1/(x**2+a**2-2)", "pole-free"),
    ("x/((x**2-a)**2+(a**2-2)**2)", "pole-free"),
    ("(a*x**3+1)/((a-1)*x**3+x**2+1)", "bounded"),
    ("(x**5+a*x**3+x)/(x**4+x**2+1)", "increasing"),
    ("(x**3+a*x**2+x)/(x**2+1)", "increasing"),
    ("(x**3+(a-1)*x)/(x**2+a**2-1)", "increasing"),
    ("(x**2+a)/(x**2+1)", "range:0,1"),
    ("(x**3+a)/(x**2+1)", "above:relu"),
    ("(x**3+a)/(x**2+1)", "below:x/a"),
    ("(x**2+a*x+1)/(x**2+1)", "positive"),
    ("x**3/(x**2+1)", "increasing"),
    ("x/(x**2+1)", "increasing"),
]
INTERVALS = [(None, None), (0, None), (-1, 1)]


@pytest.mark.parametrize(("family", "asked"), QUESTIONS)
def test_what_analyse_proves_is_confirmed(family, asked):
    for on in INTERVALS if asked not in ("odd", "asymptotic:x") else INTERVALS[:1]:
        for cancelled in (False, True):
            verdict = check(json.dumps(analyse(family, asked, on=on, cancelled=cancelled).certificate), family)
            assert verdict.accepted, (on, cancelled, verdict.reason)


def test_the_checker_shares_no_code_with_the_prover():
    own = {"ratapprox.symbolic.checker_statements", "ratapprox.symbolic.checker_decisions"}
    allowed = {"__future__", "ast", "json", "re", "collections", "dataclasses", "fractions"}
    allowed |= {"functools", "itertools", "typing", "sympy"}
    for module in (checker, checker_statements, checker_decisions):
        source = Path(module.__file__).read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            names = [n.name for n in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert all(name in own or name.partition(".")[0] in allowed for name in names), (module.__name__, names)


def test_high_degrees_are_confirmed_in_seconds():
    family = "(2*x^7 + a^2*x^6 + 5*x^3 + a^3*x^2 + 7*x + a)/(x^6 + 3*x^4 - a*x + 5*x^2 + 9)"
    assert check(analyse(family, "increasing").certificate, family).accepted  # an end of degree 43


@pytest.fixture(scope="module")
def certificates() -> list[dict[str, Any]]:
    picked = [QUESTIONS[k] for k in (0, 3, 10, 11, 13, 16, 18)]
    found = [json.loads(json.dumps(analyse(family, asked).certificate)) for family, asked in picked]
    return [{**certificate, "family": family} for certificate, (family, _) in zip(found, picked, strict=True)]


def refused(document: Any) -> bool:
    return not check(document).accepted


def test_a_flipped_truth_is_refused(certificates):
    for certificate in certificates:
        for k in range(len(certificate["cells"])):
            forged = copy.deepcopy(certificate)
            forged["cells"][k]["holds"] = not forged["cells"][k]["holds"]
            assert refused(forged)


def test_a_sample_in_another_cell_is_refused(certificates):
    for certificate in certificates:
        samples = [cell["sample"] for cell in certificate["cells"][::2]]
        for k in range(len(samples)):
            for other in samples[:k] + samples[k + 1 :]:
                forged = copy.deepcopy(certificate)
                forged["cells"][2 * k]["sample"] = other
                assert refused(forged)


def test_a_dropped_root_is_refused(certificates):
    for certificate in certificates:
        for k, critical in enumerate(certificate["critical"]):
            for root in range(len(critical["roots"])):
                forged = copy.deepcopy(certificate)
                del forged["critical"][k]["roots"][root]
                assert refused(forged)
            if critical["roots"]:
                forged = copy.deepcopy(certificate)
                del forged["critical"][k]
                assert refused(forged)


def test_two_cells_taken_out_together_with_their_root_are_refused(certificates):
    forged = copy.deepcopy(certificates[0])  # RaLU: the root 9, with the cells on both sides made one
    forged["critical"] = [c for c in forged["critical"] if c["polynomial"] != ["-9", "1"]]
    for cell in forged["cells"]:
        if cell["kind"] == "point":
            cell["critical"] -= 1
    del forged["cells"][5:7]
    assert refused(forged)
    assert "not listed" in check(forged).reason


def test_a_changed_coefficient_is_refused(certificates):
    for certificate in certificates:
        for key in ("p", "q"):
            for i, row in enumerate(certificate[key]):
                for j, c in enumerate(row):
                    forged = copy.deepcopy(certificate)
                    forged[key][i][j] = str(int(c) + 1)
                    assert not check(forged, certificate["family"]).accepted
        for k, critical in enumerate(certificate["critical"]):
            for j, c in enumerate(critical["polynomial"]):
                if critical["roots"]:
                    forged = copy.deepcopy(certificate)
                    forged["critical"][k]["polynomial"][j] = str(int(c) + 1)
                    assert refused(forged)


def test_a_changed_condition_is_refused(certificates):
    for certificate in certificates:
        for k, atom in enumerate(certificate["atoms"]):
            if "relation" not in atom:
                continue
            forged = copy.deepcopy(certificate)
            forged["atoms"][k]["relation"] = ">"
            assert refused(forged)
            forged = copy.deepcopy(certificate)
            forged["atoms"][k]["polynomial"][0][0] = str(int(atom["polynomial"][0][0]) + 1)
            assert refused(forged)


def test_a_wrong_witness_is_refused(certificates):
    for certificate in certificates:
        for k in range(len(certificate["cells"])):
            for x in ("1000000", "1/3"):  # no q of these families vanishes there
                forged = copy.deepcopy(certificate)
                forged["cells"][k]["witness"] = {"x": x, "atom": 0}
                assert refused(forged)


def test_a_certificate_of_another_family_is_refused(certificates):
    assert check(certificates[0], "x*(x^2 + a)/(1 + x²)").accepted
    for family in ("x*(x**2+a)/(x**2+2)", "x*(x**2+2*a)/(x**2+1)", "x", "x/0", "exp(x)", "", "import os"):
        assert not check(certificates[0], family).accepted


def test_another_property_interval_or_reading_is_refused(certificates):
    for certificate in certificates:
        for key, value in (
            ("property", "decreasing"), ("property", "lipschitz:2"), ("property", "nothing"), ("on", ["0", "1"]),
            ("on", ["1", "0"]), ("parameter", None), ("parameter", "x"), ("schema", "ratapprox/proof/2"),
            ("cancelled", "no"), ("q", [["0"]]),
        ):  # fmt: skip
            forged = copy.deepcopy(certificate)
            forged[key] = value
            assert refused(forged)


@pytest.mark.parametrize(
    "document", ["", "{", "[]", "null", "1", '"x"', '{"schema": "ratapprox/proof/1"}', "[" * 5000, 7, None, [], {}]
)
def test_what_is_no_certificate_is_refused_without_an_exception(document):
    assert refused(document)


def test_a_truncated_text_is_refused(certificates):
    text = json.dumps(certificates[0])
    assert all(refused(text[:length]) for length in range(0, len(text), 7))


def test_enormous_numbers_are_refused(certificates):
    for number in ("9" * 5000, "1e999999999", "-" * 50, "1/0", "0x10", "٣", " 1", "1_000", 10**400, 1.5, True):
        forged = copy.deepcopy(certificates[0])
        forged["cells"][0]["sample"] = number
        assert refused(forged)
        forged = copy.deepcopy(certificates[0])
        forged["p"][1][1] = number
        assert refused(forged)
    for argument in ("9**9**9", "x**10**9", "1e400000", "(" * 3000, "__import__('os')", "lambda: 0", "[1]"):
        forged = copy.deepcopy(certificates[1])
        forged["property"] = f"lipschitz:{argument}"
        assert refused(forged)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
    st.just(["1"]),
)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), junk=JUNK)
def test_any_part_replaced_by_something_of_another_kind_is_refused(certificates, seed, junk):
    chosen = random.Random(seed)
    forged: Any = copy.deepcopy(chosen.choice(certificates))
    holder, key, at = {"": forged}, "", forged
    while isinstance(at, dict | list) and at and (at is forged or chosen.random() < 0.8):
        key = chosen.choice(list(at) if isinstance(at, dict) else range(len(at)))  # type: ignore[assignment]
        holder, at = at, at[key]
    if (
        type(junk) is type(at)
        or junk == at
        or (key in ("witness", "why") and junk is None)
        or at == []
        or key == "family"
    ):
        return
    holder[key] = junk
    assert refused(forged), (key, at, junk)
