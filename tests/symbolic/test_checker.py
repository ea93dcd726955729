"""The checker confirms the certificates of analyse() and refuses every one that was tampered with."""

import ast
import copy
import json
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox.symbolic import analyse, checker, checker_reading
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
    ("a/x", "increasing"),
    ("1/(1+a*x)", "pole-free"),
    ("(a+2-x**2)/(a+a**2*x+a**2*x**2)", "strictly-increasing"),
    ("(x-a)/(x**2-2)", "pole-free"),
]
PLANES = [
    ("x*(x**2+a)/(x**2+b)", "increasing", (None, None)),
    ("x*(x**2+a)/(x**2+1)", "lipschitz:L", (None, None)),
    ("(x**3+a*x**2+b*x)/(x**2+1)", "strictly-increasing", (None, None)),
    ("(x**2+a*x+b)/(x**2+1)", "range:0,2", (None, None)),
    ("1/(a*x**2+b)", "pole-free", (None, None)),
    ("a*x+b*x/(x**2+1)", "injective", (None, None)),
    ("(a*x**3+b*x)/(x**2+1)", "convex", (None, None)),
    ("(a*x**2+b)/(b*x**2+1)", "bounded", (None, None)),
    ("(x**2+a*x+b)/(x+2)", "increasing", (0, 1)),
    ("-(a*x+b)**2/(x**2+1)", "above:0", (None, None)),
    ("(a*x**3+b*x)/(a*x**3+b*x+x**2+1)", "pole-free", (0, 1)),
]
INTERVALS = [(None, None), (0, None), (-1, 1)]


@pytest.mark.parametrize(("family", "asked"), QUESTIONS)
def test_what_analyse_proves_is_confirmed(family, asked):
    for on in INTERVALS if asked not in ("odd", "asymptotic:x") else INTERVALS[:1]:
        for cancelled in (False, True):
            verdict = check(json.dumps(analyse(family, asked, on=on, cancelled=cancelled).certificate), family)
            assert verdict.accepted, (on, cancelled, verdict.reason)


@pytest.mark.parametrize(("family", "asked", "on"), PLANES)
def test_regions_of_two_parameters_and_their_formulas_are_confirmed(family, asked, on):
    for cancelled in (False, True):
        answer = analyse(family, asked, on=on, cancelled=cancelled)
        formula = None if answer.region.formula is None or answer.region.exceptions else answer.region.text
        assert check(json.dumps(answer.certificate), family, formula).accepted


@pytest.mark.parametrize(
    ("family", "asked", "on"),
    [
        ("x*(x**2+a)/(x**2+1)", "increasing", ("-sqrt(2)", "sqrt(2)")),
        ("x**3-a*x", "injective", (0, "sqrt(2)")),
        ("1/(x**2-a)", "pole-free", ("sqrt(2)", None)),
        ("1/(x**2-2-a**2)", "pole-free", ("-sqrt(2)", "sqrt(2)")),
        ("1/(x-a)", "pole-free", ("2^(1/3)", "(1+sqrt(5))/2")),
        ("(x-a)*(x**2-2)", "above:0", ("sqrt(2)", None)),
        ("(x**3+a)/(x**2+1)", "above:relu", ("-sqrt(2)", "sqrt(2)")),
        ("x*(x**2+a)/(x**2+b)", "increasing", (0, "sqrt(3)")),
    ],
)
def test_intervals_with_irrational_ends_are_confirmed(family, asked, on):
    certificate = analyse(family, asked, on=on).certificate
    assert check(json.dumps(certificate), family).accepted
    for wrong in (["0", "1"], ["-1", None], [None, None]):
        assert not check(certificate | {"on": wrong}, family).accepted


def test_texts_are_read_as_the_prover_reads_them():
    for family, asked in (("x¹²+a", "positive"), ("x²³+a*x", "increasing"), ("α*x+x^3", "increasing"), ("a·x", "odd")):
        assert check(analyse(family, asked).certificate, family).accepted, family
    proof = analyse("x", "increasing").certificate
    for family in ("x¹²", "x # - x**3", "x\\", "x;x", "x if 1 else x", "x²³"):
        assert not check(proof, family).accepted, family
    proof = analyse("a*x", "lipschitz:2").certificate
    assert not check(proof | {"property": "lipschitz:2¹⁰"}, "a*x").accepted


def test_another_formula_for_two_parameters_is_refused():
    family = "x*(x**2+a)/(x**2+b)"
    proof = analyse(family, "increasing").certificate
    assert check(proof, family, "0 <= a <= 9*b and b > 0").accepted
    for wrong in (
        "0 <= a <= 9*b", "0 <= a <= 9*b and b >= 0", "0 <= a < 9*b and b > 0", "0 <= a <= 8*b and b > 0", "b > 0",
        "0 <= a <= 9*b and b > 0 or a < -100", "0 <= a <= 9*b and b > 1/1000", "a", "a = 1", "f(a) > 0", "",
        "a > b > c",
    ):  # fmt: skip
        assert not check(proof, family, wrong).accepted, wrong


def test_the_checker_shares_no_code_with_the_prover():
    own = {"ratapprox.symbolic.checker_reading"}
    allowed = {"__future__", "ast", "json", "collections", "dataclasses", "fractions", "functools", "itertools"}
    allowed |= {"operator", "re", "typing", "unicodedata", "sympy"}
    for module in (checker, checker_reading):
        source = Path(module.__file__).read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            names = [n.name for n in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert all(name in own or name.partition(".")[0] in allowed for name in names), (module.__name__, names)


def test_high_degrees_are_confirmed_in_seconds():
    family = "(2*x^7 + a^2*x^6 + 5*x^3 + a^3*x^2 + 7*x + a)/(x^6 + 3*x^4 - a*x + 5*x^2 + 9)"
    assert check(analyse(family, "increasing").certificate, family).accepted  # an end of degree 43
    family = "(2*x+2+a**2*x**2)/((a**2+a*x+a*x**2)**2+1)"
    assert check(analyse(family, "injective").certificate, family).accepted  # two witnesses at each irrational root


@pytest.fixture(scope="module")
def certificates() -> list[dict[str, Any]]:
    picked: list[tuple[Any, ...]] = [QUESTIONS[k] for k in (0, 3, 10, 11, 13, 16, 18)]
    picked.append(("1/(1+a*x)", "pole-free"))
    picked += [PLANES[k] for k in (0, 4, 5)]
    found = [json.loads(json.dumps(analyse(family, asked).certificate)) for family, asked, *_ in picked]
    return [{**certificate, "family": family} for certificate, (family, *_) in zip(found, picked, strict=True)]


def refused(document: Any) -> bool:
    return not check(document).accepted


def lines(document: Any) -> list[Any]:
    """The lines of cells of a certificate, the ones over other cells last."""
    first = document["line"]
    return [first, *(cell["line"] for cell in first["cells"] if cell.get("line"))]


def forgeries(certificate: Any) -> Iterator[tuple[Any, Any]]:
    """A copy with each of its lines, to be changed."""
    for k in range(len(lines(certificate))):
        forged = copy.deepcopy(certificate)
        yield forged, lines(forged)[k]


def test_a_flipped_truth_is_refused(certificates):
    for certificate in certificates:
        for forged, line in forgeries(certificate):
            for cell in (cell for cell in line["cells"] if "holds" in cell):
                cell["holds"] = not cell["holds"]
                assert refused(forged)
                cell["holds"] = not cell["holds"]


def test_a_sample_in_another_cell_is_refused(certificates):
    for certificate in certificates[:8]:
        for forged, line in forgeries(certificate):
            samples = [cell["sample"] for cell in line["cells"][::2]]
            for k, own in enumerate(samples):
                for other in samples[:k] + samples[k + 1 :]:
                    line["cells"][2 * k]["sample"] = other
                    assert refused(forged)
                line["cells"][2 * k]["sample"] = own


def test_a_root_left_out_with_a_cell_beside_it_is_refused_where_it_matters(certificates):
    refusals = 0
    for certificate in certificates:
        for forged, line in forgeries(certificate):
            cells = line["cells"]
            for k in range(1, len(cells), 2):
                for left_out in (cells[k - 1 : k + 1], cells[k : k + 2]):
                    line["cells"] = [cell for cell in cells if all(cell is not other for other in left_out)]
                    verdict = check(forged)
                    refusals += "not listed" in verdict.reason
                    truths = {json.dumps(cell.get("holds")) for cell in cells[k - 1 : k + 2]}
                    assert not verdict.accepted or len(truths) == 1  # some roots are listed though nothing changes
    assert refusals > 50


def test_an_irrational_root_given_by_another_interval_or_polynomial_is_refused(certificates):
    tried = 0
    for certificate in certificates:
        for forged, line in forgeries(certificate):
            for cell in line["cells"][1::2]:
                root = cell["root"]
                if not isinstance(root, dict):
                    continue
                low, high = map(Fraction, root["interval"])
                for interval in ((high, high), (low, low), (high, low), (low - 1000, high + 1000), (high, high + 1)):
                    cell["root"] = root | {"interval": [str(end) for end in interval]}
                    assert refused(forged)
                for k in range(len(root["polynomial"])):
                    changed = list(root["polynomial"])
                    changed[k] = str(int(changed[k]) + 1)
                    cell["root"] = root | {"polynomial": changed}
                    assert refused(forged)
                f = [int(c) for c in root["polynomial"]]  # times x - 1000
                product = [low - 1000 * high for low, high in zip([0, *f], [*f, 0], strict=True)]
                cell["root"] = root | {"polynomial": [str(c) for c in product]}
                assert check(forged).reason == "an irrational number is malformed"
                tried += 1
                cell["root"] = root
    assert tried > 2


def test_a_line_over_an_irrational_place_is_refused():
    certificate = analyse("(x**3+a*x)/(x**2+b*x+1)", "increasing").certificate
    columns = certificate["line"]["cells"]
    irrational = [k for k, column in enumerate(columns) if isinstance(column.get("root"), dict)]
    assert irrational
    for k in irrational:
        forged = copy.deepcopy(certificate)
        forged["line"]["cells"][k]["line"] = columns[k - 1]["line"]
        assert "irrational" in check(forged).reason


def test_a_changed_function_is_refused(certificates):
    for certificate in certificates:
        for key in ("p", "q"):
            for change in ("+ 1", "+ x", "* 2", "* x", "/ 2", "* (x**2 + 1)", "+ y", "** 2 + 3"):
                forged = copy.deepcopy(certificate)
                forged[key] = f"({forged[key]}) {change}"
                assert not check(forged, certificate["family"]).accepted


def test_a_witness_where_the_property_holds_is_refused(certificates):
    for certificate in certificates:
        forged = copy.deepcopy(certificate)
        for cell in (cell for line in lines(forged)[:3] for cell in line["cells"] if cell.get("holds")):
            cell["witnesses"] = ["1/3"]
            assert refused(forged)
            cell["witnesses"] = []


def test_a_witness_that_does_not_fail_is_refused(certificates):
    forged = copy.deepcopy(certificates[0])  # RaLU, increasing: at a = -1 the slope is negative at 0 only about there
    assert forged["line"]["cells"][0]["sample"] == "-1"
    for x in ("5", "-5", "1000"):
        forged["line"]["cells"][0]["witnesses"] = ["0", x]
        assert check(forged).reason == "a witness does not fail"


def test_a_certificate_of_another_family_is_refused(certificates):
    assert check(certificates[0], "x*(x^2 + a)/(1 + x²)").accepted
    for family in ("x*(x**2+a)/(x**2+2)", "x*(x**2+2*a)/(x**2+1)", "x", "x/0", "exp(x)", "", "import os"):
        assert not check(certificates[0], family).accepted


def test_another_question_is_refused_unless_its_answer_is_the_same(certificates):
    refusals = 0
    for certificate in certificates:
        for key, value in (
            ("property", "decreasing"), ("property", "lipschitz:2"), ("property", "concave"), ("on", ["0", "1"]),
            ("on", ["-3", None]), ("cancelled", not certificate["cancelled"]),
        ):  # fmt: skip
            forged = certificate | {key: value}
            if refused(forged):
                refusals += 1
                continue
            question = {"on": forged["on"], "cancelled": forged["cancelled"]}
            answer = analyse(certificate["family"], forged["property"], **question)
            assert check(answer.certificate | {"line": certificate["line"]}).accepted
            if len(certificate["parameters"]) == 1:
                samples = [Fraction(cell["sample"]) for cell in certificate["line"]["cells"][::2]]
                truths = [cell["holds"] for cell in certificate["line"]["cells"][::2]]
                assert [answer.region.contains(a) for a in samples] == truths
    assert refusals > 35


def test_a_malformed_question_is_refused(certificates):
    for certificate in certificates:
        for key, value in (
            ("property", "nothing"), ("property", "increasing:1"), ("property", "range:1"), ("property", ""),
            ("on", ["1", "0"]), ("on", ["0", "0"]), ("on", ["0"]), ("parameters", []), ("parameters", ["x"]),
            ("parameters", ["c", "d"]), ("parameters", ["a", "a"]), ("parameters", ["a", "b", "c"]),
            ("schema", "ratapprox/proof/1"), ("cancelled", "no"), ("q", "0"), ("q", "1/(x**2+1)"),
        ):  # fmt: skip
            assert refused(certificate | {key: value}), (key, value)


@pytest.mark.parametrize(
    "document", ["", "{", "[]", "null", "1", '"x"', '{"schema": "ratapprox/proof/2"}', "[" * 5000, 7, None, [], {}]
)
def test_what_is_no_certificate_is_refused_without_an_exception(document):
    assert refused(document)


def test_a_truncated_text_is_refused(certificates):
    text = json.dumps(certificates[0])
    assert all(refused(text[:length]) for length in range(0, len(text), 7))


def test_enormous_numbers_are_refused(certificates):
    texts = ("9" * 5000, "1e999999999", "-" * 50, "1/0", "0x10", "٣", " 1", "1_000", "1/2/3", "")
    for number in (*texts, 10**400, 1.5, True):
        forged = copy.deepcopy(certificates[0])
        forged["line"]["cells"][0]["sample"] = number
        assert refused(forged)
    texts = ("9**9**9", "x**10**9", "1e400000", "(" * 3000, "__import__('os')", "lambda: 0", "[1]", "(x+a)**400**2")
    for text in texts:
        forged = copy.deepcopy(certificates[1])
        forged["property"] = f"lipschitz:{text}"
        assert refused(forged)
        forged = copy.deepcopy(certificates[0])
        forged["p"] = text
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


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 10**6), junk=JUNK)
def test_any_part_replaced_by_something_of_another_kind_is_refused(certificates, seed, junk):
    chosen = random.Random(seed)
    forged: Any = copy.deepcopy(chosen.choice(certificates))
    holder, key, at = {"": forged}, "", forged
    while isinstance(at, dict | list) and at and (at is forged or chosen.random() < 0.8):
        key = chosen.choice(list(at) if isinstance(at, dict) else range(len(at)))  # type: ignore[assignment]
        holder, at = at, at[key]
    if type(junk) is type(at) or junk == at or at == [] or key == "family":
        return
    holder[key] = junk
    assert refused(forged), (key, at, junk)
