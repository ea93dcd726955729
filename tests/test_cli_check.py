"""`ratapprox check` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ratapprox.cli import main
from tests.test_claims import BREAKS, CHAPTER, WRONG


@pytest.fixture
def run(capsys):
    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(list(words))
        printed = capsys.readouterr()
        return end.value.code, printed.out, printed.err

    return call


@pytest.fixture
def book(tmp_path: Path) -> Path:
    file = tmp_path / "book.py"
    file.write_text(CHAPTER)
    return file


def test_a_line_for_each_claim_and_exit_code_4_while_one_is_open(run, book):
    code, out, err = run("check", str(book))
    assert (code, err) == (4, "")
    lines = out.splitlines()
    assert lines[0].split() == ["a.true", "proved", "holds", "2", "is", "even"]
    assert "fails" in lines[1]
    assert "not measured" in out
    assert "2 of 3 claims settled, 1 of them not as the literature states them, 1 open" in out


def test_exit_code_0_when_all_is_settled(run, book):
    assert run("check", str(book), "--budget", "30s")[0] == 0
    code, out, _ = run("check", str(book))
    assert code == 0
    assert "3 of 3 claims settled" in out


def test_what_comes_from_store_is_said_with_the_time_that_it_took(run, book):
    run("check", str(book), "--budget", "30s")
    file = book.parent / "evidence" / "a.sampled.quick.json"
    document = json.loads(file.read_text())
    file.write_text(json.dumps(document | {"seconds": 900, "cpu_seconds": 300}))
    last = run("check", str(book))[1].splitlines()[-1]
    assert last == "1 measurements from store, 0 of them full, took 5 min of processor time"
    del document["cpu_seconds"]
    file.write_text(json.dumps(document | {"seconds": 42, "text": "another"}))
    last = run("check", str(book))[1].splitlines()[-1]
    assert last == (
        "1 measurements from store, 0 of them full, took 42 s by the clock; 1 are stale: --fresh measures anew"
    )


@pytest.mark.parametrize("more", [WRONG, BREAKS])
def test_exit_code_3_when_a_check_fails(run, book, more):
    book.write_text(CHAPTER + more)
    code, out, _ = run("check", str(book), "--kind", "proved")
    assert code == 3
    assert "1 checks failed" in out


def test_a_pattern_shows_the_derivation(run, book):
    code, out, _ = run("check", str(book), "--id", "a.t*")
    assert code == 0
    assert "source" in out
    assert "2 is 0 modulo 2" in out


def test_the_json_document_holds_everything(run, book):
    code, out, _ = run("check", str(book), "--kind", "proved", "--json", "--jobs", "2")
    document = json.loads(out)
    assert (code, document["schema"]) == (0, "ratapprox/book/1")
    assert [entry["verdict"] for entry in document["claims"]] == ["holds", "fails"]


def test_the_junit_report_is_written(run, book, tmp_path):
    run("check", str(book), "--junit", str(tmp_path / "report.xml"))
    assert 'tests="3"' in (tmp_path / "report.xml").read_text()


def test_the_page_of_the_chosen_claims_is_written(run, book, tmp_path):
    code, _, _ = run("check", str(book), "--kind", "proved", "--page", str(tmp_path / "book.md"))
    text = (tmp_path / "book.md").read_text(encoding="utf-8")
    assert code == 0
    assert "### a.true" in text
    assert "a.sampled" not in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--id", "z.*"), "its chapters are a"),
        (("--kind", "certified"), "no claim certified"),
        (("--budget", "soon"), "--budget"),
        (("--budget", "0m"), "--budget"),
        (("--budget", "٣m"), "--budget"),
        (("--jobs", "0"), "--jobs"),
        (("--junit", "/nowhere/report.xml"), "cannot write"),
        (("--page", "/nowhere/book.md"), "cannot write"),
    ],
)
def test_slips_are_answered_with_one_sentence(run, book, words, says):
    code, out, err = run("check", str(book), *words)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1


def test_a_path_without_a_book_is_answered(run, tmp_path):
    for path in (tmp_path / "none", tmp_path):
        code, _, err = run("check", str(path))
        assert code == 2
        assert "give a Python file" in err
