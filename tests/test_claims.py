"""Books of claims: loaded by path, checked, stored; what is open or fails is never settled."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ratapprox.claims import Budget, Claim, Evidence, check_book, claim, load_book, measured, proved
from ratapprox.claims.junit import junit
from ratapprox.claims.page import page
from ratapprox.claims.stored import read_stored

CHAPTER = """
from ratapprox.claims import claim, certified, measured, proved

@claim("a.true", "2 is even", source="algebra", mutants=[{"n": 3}])
def true(n=2):
    return proved(n % 2 == 0, f"{n} is {n % 2} modulo 2")

@claim("a.refuted", "every number is even", source="somebody", expected="fails")
def refuted():
    return proved(False, "3 is odd")

@claim("a.sampled", "it is fast", source="somebody", kind="measured")
def sampled(effort="quick"):
    return measured(True, f"it was {effort}", seeds=8)
"""
WRONG = """
@claim("a.wrong", "3 is even", source="nobody")
def wrong():
    return proved(False, "3 is odd")
"""
BREAKS = """
@claim("a.breaks", "1/0 is a number", source="nobody")
def breaks():
    return proved(1 / 0 == 0, "")
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "a.py").write_text(CHAPTER)
    (folder / "_set_up.py").write_text("raise RuntimeError('not a chapter')")
    return folder


def findings(path, *args, **kwargs):
    loaded = load_book(path)
    return {found.claim.id: found for found in check_book(loaded, loaded.claims, *args, **kwargs)}


def test_what_is_proved_is_settled_and_so_is_what_is_refuted_as_the_book_says(book):
    found = findings(book)
    assert found["a.true"].settled
    assert found["a.refuted"].settled
    assert found["a.refuted"].evidence.verdict == "fails"
    assert not found["a.sampled"].settled
    assert not found["a.sampled"].broken
    assert "not measured" in found["a.sampled"].open


def test_a_check_that_ends_otherwise_than_the_book_says_is_broken(book):
    (book / "a.py").write_text(CHAPTER + WRONG + BREAKS)
    found = findings(book)
    assert found["a.wrong"].broken
    assert found["a.breaks"].broken
    assert "ZeroDivisionError" in found["a.breaks"].open
    assert found["a.true"].settled


def test_evidence_of_another_kind_than_is_owed_settles_nothing(book):
    (book / "a.py").write_text(CHAPTER.replace("return proved(n % 2 == 0", "return measured(n % 2 == 0"))
    assert findings(book)["a.true"].broken


@pytest.mark.parametrize(("verdict", "expected"), [("numpy.bool_(True)", "holds"), ("sympy.false", "fails")])
def test_truth_values_of_other_packages_are_verdicts(book, verdict, expected):
    (book / "b.py").write_text(
        f"import numpy, sympy\n{CHAPTER.splitlines()[1]}\n"
        f"@claim('b.truth', 'x', source='s')\ndef truth():\n    return proved({verdict}, 'so')\n"
    )
    assert findings(book)["b.truth"].evidence.verdict == expected


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ("True", "not a bool"),
        ("proved(True, 'x', table=numpy.ones(2))", "plain finite values"),
        ("proved(True, 'x', size=float('nan'))", "plain finite values"),
        ("proved('perhaps', 'x')", "'perhaps' is no verdict"),
        ("proved(sympy.Symbol('x') > 0, 'x')", "truth value"),
    ],
)
def test_what_is_no_evidence_breaks_the_check_off(book, returned, says):
    (book / "b.py").write_text(
        f"import numpy, sympy\n{CHAPTER.splitlines()[1]}\n"
        f"@claim('b.odd', 'x', source='s')\ndef odd():\n    return {returned}\n"
    )
    found = findings(book)["b.odd"]
    assert found.broken
    assert says in found.open


def test_what_is_measured_is_stored_and_answers_the_next_time(book):
    assert findings(book, Budget())["a.sampled"].settled
    again = findings(book)["a.sampled"]
    assert again.settled
    assert again.stored.effort == "quick"
    assert not again.stored.stale
    document = json.loads((book / "evidence" / "a.sampled.quick.json").read_text())
    assert document["evidence"]["data"] == {"seeds": 8}
    assert document["environment"]["python"]
    assert 0 <= again.stored.cpu_seconds == document["cpu_seconds"]
    full = findings(book, Budget("full"))["a.sampled"]  # a quick one is no answer
    assert full.evidence.says == "it was full"
    for budget in (None, Budget(), Budget("full")):
        assert findings(book, budget)["a.sampled"].stored.effort == "full"


def test_stored_evidence_of_a_changed_chapter_is_said_to_be_stale(book):
    findings(book, Budget())
    (book / "a.py").write_text(CHAPTER + "\n# changed\n")
    assert read_stored(load_book(book), "a.sampled").stale


def test_processor_seconds_are_stored_those_of_other_processes_too(book):
    (book / "a.py").write_text(
        CHAPTER.replace(
            'return measured(True, f"it was {effort}"',
            "import subprocess, sys, time\n"
            '    subprocess.run([sys.executable, "-c", "import time\\nwhile time.process_time() < 0.5: pass"])\n'
            "    time.sleep(1.5)\n"
            '    return measured(True, f"it was {effort}"',
        )
    )
    assert findings(book, Budget())["a.sampled"].settled
    kept = read_stored(load_book(book), "a.sampled")
    assert 0.5 <= kept.cpu_seconds < kept.seconds - 0.5


def test_evidence_without_processor_seconds_is_read(book):
    findings(book, Budget())
    file = book / "evidence" / "a.sampled.quick.json"
    document = json.loads(file.read_text())
    del document["cpu_seconds"]
    file.write_text(json.dumps(document))
    assert read_stored(load_book(book), "a.sampled").cpu_seconds is None


HELPED = (
    CHAPTER.replace("def sampled(effort", "def sampled_(effort").replace('"a.sampled"', '"a.alone"')
    + """
from ._far import FAR

@claim("a.sampled", "it is far", source="somebody", kind="measured")
def sampled(effort="quick"):
    from . import _near
    return measured(True, f"{FAR} and {_near.NEAR}")
"""
)


@pytest.mark.parametrize("changed", ["_far", "_farther", "_near"])
def test_stored_evidence_is_stale_when_what_the_chapter_imports_has_changed(book, changed):
    (book / "a.py").write_text(HELPED)
    (book / "_far.py").write_text("from ._farther import FAR")
    (book / "_farther.py").write_text("FAR = 1")
    (book / "_near.py").write_text("from . import _far\nNEAR = 1")  # in a circle
    (book / "_other.py").write_text("OTHER = 1")
    assert findings(book, Budget())["a.sampled"].evidence.says == "1 and 1"
    (book / "_other.py").write_text("OTHER = 2")
    assert not read_stored(load_book(book), "a.sampled").stale
    (book / f"{changed}.py").write_text((book / f"{changed}.py").read_text().replace("= 1", "= 22") + "\n# changed")
    assert read_stored(load_book(book), "a.sampled").stale
    says = {"_far": "1 and 1", "_farther": "22 and 1", "_near": "1 and 22"}[changed]
    assert findings(book, Budget(fresh=True))["a.sampled"].evidence.says == says
    assert not read_stored(load_book(book), "a.sampled").stale


@pytest.mark.parametrize(
    ("words", "stale"),
    [('expected="fails", ', False), ('quotes=["(a, \\"b"], rows=["A1"], ', False), ('assumptions=["a"], ', True)],
)
def test_what_decides_nothing_in_an_experiment_makes_no_evidence_stale(book, words, stale):
    findings(book, Budget())
    at = 'source="somebody", kind="measured"'
    assert CHAPTER.count(at) == 1
    (book / "a.py").write_text(CHAPTER.replace(at, f"{words}{at}"))
    assert read_stored(load_book(book), "a.sampled").stale is stale


def test_the_quick_experiment_may_end_otherwise_than_the_full_one_where_the_claim_says_so(book):
    at, asked = 'kind="measured"', "return measured(True, "
    assert CHAPTER.count(at) == CHAPTER.count(asked) == 1
    text = CHAPTER.replace(asked, 'return measured(effort == "full", ')
    (book / "a.py").write_text(text)
    assert findings(book, Budget())["a.sampled"].broken
    (book / "a.py").write_text(text.replace(at, f'{at}, quick="fails"'))
    assert findings(book, Budget(fresh=True))["a.sampled"].settled
    assert findings(book)["a.sampled"].settled
    assert findings(book, Budget("full"))["a.sampled"].settled
    (book / "a.py").write_text(text.replace(at, f'{at}, quick="maybe"'))
    with pytest.raises(ValueError, match="the verdicts are"):
        load_book(book)


def test_evidence_has_the_digest_of_the_text_that_was_run(book):
    """A chapter that is changed while it is measured makes what was measured stale."""
    (book / "a.py").write_text(
        CHAPTER.replace(
            'return measured(True, f"it was {effort}"',
            'from pathlib import Path; Path(__file__).write_text(Path(__file__).read_text() + "# changed");\n'
            '    return measured(True, f"it was {effort}"',
        )
    )
    assert findings(book, Budget())["a.sampled"].settled
    assert read_stored(load_book(book), "a.sampled").stale


def test_a_chapter_that_was_changed_is_run_again(book):
    assert "a.wrong" not in findings(book)
    (book / "a.py").write_text(CHAPTER + WRONG)
    assert findings(book)["a.wrong"].broken


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "ratapprox/evidence/1"}'])
def test_a_stored_file_that_is_none_is_named(book, text):
    findings(book, Budget())
    file = book / "evidence" / "a.sampled.quick.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"a\.sampled\.quick\.json is no stored evidence"):
        findings(book)


def test_nothing_is_begun_after_the_time_for_experiments(book):
    found = findings(book, Budget(seconds=-1.0))["a.sampled"]
    assert not found.settled
    assert "time" in found.open


def test_any_executor_of_futures_will_do(book):
    with ThreadPoolExecutor(2) as executor:
        assert findings(book, executor=executor)["a.true"].settled


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1", "holds no claims"),
        ("def", "line 1"),
        (CHAPTER + CHAPTER.replace("def true", "def true2"), "two claims a.true"),
    ],
)
def test_a_bad_book_is_answered_with_what_is_wrong(tmp_path, text, says):
    file = tmp_path / "bad.py"
    file.write_text(text)
    with pytest.raises(ValueError, match=says):
        load_book(file)


def test_a_path_without_a_book_is_answered(tmp_path):
    for path in (tmp_path / "none", tmp_path, tmp_path / "x.txt"):
        (tmp_path / "x.txt").write_text("no Python")
        with pytest.raises(ValueError, match="give a Python file with claims"):
            load_book(path)


@pytest.mark.parametrize("id", ["", "a", "A.b", "a b.c", "a..b", "a.b.", 'a".b'])
def test_an_id_that_is_none_is_refused(id):
    with pytest.raises(ValueError, match="no claim's id"):
        claim(id, "", source="")(lambda: proved(True, ""))


def test_a_mutant_of_an_argument_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no argument"):
        claim("a.b", "", source="", mutants=[{"n": 1}])(lambda: proved(True, ""))


def test_a_kind_or_verdict_that_is_none_is_refused():
    for wrong in ({"kind": "guessed"}, {"expected": "maybe"}):
        with pytest.raises(ValueError, match="the kinds are"):
            Claim("a.b", "", "", **({"kind": "proved"} | wrong), check=lambda: proved(True, ""))


def test_evidence_comes_back_from_its_document():
    found = measured("holds when", "for a > 0", "step", table=[[1, 2]])
    assert Evidence.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_the_junit_report_tells_failures_from_open_claims(book):
    (book / "a.py").write_text(CHAPTER + WRONG)
    suite = ElementTree.fromstring(junit("book", list(findings(book).values())))
    assert suite.attrib == {"name": "book", "tests": "4", "failures": "1", "skipped": "1"}
    (failed,) = suite.findall("testcase/failure/..")
    assert (failed.get("classname"), failed.get("name")) == ("a", "wrong")


def test_the_page_tells_what_is_open_stale_or_otherwise_than_the_book_says(book):
    (book / "a.py").write_text('"""Numbers * of all kinds."""\n' + CHAPTER + WRONG)
    loaded = load_book(book)
    text = page(loaded, list(check_book(loaded, loaded.claims)))
    assert "## Numbers \\* of all kinds\n" in text
    assert "**Open**: not measured yet" in text
    assert "**Fails, not as the book says**, proved: 3 is odd." in text
    findings(book, Budget())
    text = page(loaded, list(check_book(loaded, loaded.claims)))
    assert re.search(r"\*\*Holds\*\*, measured on \d{4}-\d\d-\d\d \(quick\): it was quick\.", text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a*b", "a\\*b"),
        ("σ_w² _x_", "σ_w² \\_x\\_"),
        ("0 < α <b>", "0 < α \\<b>"),
        ("E[σ²] on [a](b)", "E[σ²] on \\[a](b)"),
        ("|x| `y`", "|x| \\`y\\`"),
    ],
)
def test_sentences_on_the_page_are_read_as_they_are(tmp_path, text, written):
    file = tmp_path / "a.py"
    file.write_text(CHAPTER.replace("2 is even", text))
    loaded = load_book(file)
    lines = page(loaded, list(check_book(loaded, loaded.claims[:1]))).splitlines()
    assert written in lines
    assert f"| {written.replace('|', chr(92) + '|')} |" in lines[8]
