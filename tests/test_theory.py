"""The book: every claim is settled, every changed one is noticed, and the page in docs is the book's."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from ratapprox.claims import Finding, check_book, load_book
from ratapprox.claims.figures import shown
from ratapprox.claims.page import page

ROOT = Path(__file__).parents[1]
BOOK = load_book(ROOT / "theory")
EXACT = [claim.id for claim in BOOK.claims if claim.kind != "measured"]
ROWS = {f"{letter}{k}" for letter, last in (("A", 10), ("B", 6), ("C", 10)) for k in range(1, last + 1)} | {"D"}
"""The numbered claims of the three source documents, and the newer results."""


@cache
def evidence(name):
    """What the check finds; the page is written from the same."""
    return BOOK[name]()


@pytest.mark.parametrize("name", EXACT)
def test_the_claim_is_settled_as_the_book_says(name):
    assert Finding(BOOK[name], evidence(name)).settled, evidence(name).says


@pytest.mark.parametrize(
    ("name", "changes"), [(name, changes) for name in EXACT for changes in BOOK[name].mutants], ids=str
)
def test_the_check_notices_a_changed_statement(name, changes):
    assert BOOK[name](**changes).verdict != BOOK[name].expected


@pytest.mark.parametrize("name", EXACT)
def test_there_is_a_changed_statement_to_notice(name):
    assert BOOK[name].mutants


@pytest.mark.parametrize("name", EXACT)
def test_evidence_has_a_derivation_and_a_sentence(name):
    found = evidence(name)
    assert found.says.strip()
    assert found.steps
    assert all(step == step.strip() and "\n" not in step for step in found.steps)


def test_ids_begin_with_the_name_of_their_chapter():
    for claim in BOOK.claims:
        assert claim.id.partition(".")[0] == Path(BOOK.chapter(claim.id).__file__).stem


def test_claims_name_only_rows_that_there_are():
    for claim in BOOK.claims:
        assert set(claim.rows) <= ROWS, claim.id


def test_every_chapter_can_be_read_alone():
    for file in (ROOT / "theory").glob("[!_]*.py"):
        alone = load_book(file)
        assert {claim.id for claim in alone.claims} == {
            claim.id for claim in BOOK.claims if BOOK.chapter(claim.id).__file__ == str(file)
        }


def test_the_page_in_docs_is_what_the_book_says_now():
    stored = {found.claim.id: found for found in check_book(BOOK, BOOK.select(kind="measured"))}
    findings = [stored.get(claim.id) or Finding(claim, evidence(claim.id)) for claim in BOOK.claims]
    file = ROOT / "docs" / "book.md"
    figures = shown(BOOK, ROOT / "docs" / "figures", file)
    again = "write it anew: ratapprox check theory --page docs/book.md --figures docs/figures"
    assert file.read_text(encoding="utf-8") == page(BOOK, findings, figures), again


def test_sentences_of_the_sources_are_found_by_searching_the_page():
    written = (ROOT / "docs" / "book.md").read_text(encoding="utf-8")
    for claim in BOOK.claims:
        assert all(quote in written for quote in claim.quotes), claim.id


def test_links_of_the_page_lead_to_its_headings():
    written = (ROOT / "docs" / "book.md").read_text(encoding="utf-8")
    anchors = {heading.replace(".", "") for heading in re.findall(r"^### (.*)$", written, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]*)\)", written)) == anchors
