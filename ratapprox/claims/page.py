"""A book as a Markdown page: for each claim its sentence, its source's words, the derivation and the verdict."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence

from ratapprox.claims.book import Book
from ratapprox.claims.checking import Finding
from ratapprox.claims.figures import Shown

__all__ = ["page"]

_INTRODUCTION = """\
The literature as sentences with a check. *Proved* is exact algebra, *certified* is ball arithmetic, in which every
number is an enclosure, *measured* is an experiment. *Holds when* says that the sentence holds under the condition that
is named with it, and not without. Quotations are the sources' own words."""


def page(book: Book, findings: Sequence[Finding], figures: Mapping[str, Shown] | None = None) -> str:
    """The page of these findings: a table of all claims, then the chapters. figures: those that are there, by claim.

    It has no times, so that it stays as it is while the book and what is stored do.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from ratapprox.claims import check_book, load_book
    >>> text = '''
    ... "Numbers: what everybody knows."
    ... from ratapprox.claims import claim, proved
    ... @claim("numbers.sum", "1 + 1 = 2", source="folklore", quotes=["One and one is two."])
    ... def total():
    ...     return proved(1 + 1 == 2, "it is two", f"1 + 1 = {1 + 1}")
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "numbers.py")
    ...     _ = file.write_text(text)
    ...     book = load_book(file)
    ...     print(page(book, list(check_book(book, book.claims))).partition("## Numbers")[2])
    : what everybody knows
    <BLANKLINE>
    ### numbers.sum
    <BLANKLINE>
    1 + 1 = 2
    <BLANKLINE>
    > One and one is two.
    <BLANKLINE>
    Source: folklore.
    <BLANKLINE>
    ```text
    1 + 1 = 2
    ```
    <BLANKLINE>
    **Holds**, proved: it is two.
    <BLANKLINE>
    """
    return "\n".join(_lines(book, findings, figures or {})) + "\n"


def _lines(book: Book, findings: Sequence[Finding], figures: Mapping[str, Shown]) -> Iterator[str]:
    yield from (
        "# The book",
        "",
        *_INTRODUCTION.splitlines(),
        "",
        "| claim | evidence | verdict | |",
        "| --- | --- | --- | --- |",
    )
    for found in findings:
        name, sentence = found.claim.id, _escaped(found.claim.statement).replace("|", "\\|")
        yield f"| [{name}](#{name.replace('.', '')}) | {found.claim.kind} | {_verdict(found)} | {sentence} |"
    for chapter in book.chapters:
        of_chapter = [found for found in findings if book.chapter(found.claim.id) is chapter]
        if of_chapter:
            title, _, more = (inspect.getdoc(chapter) or chapter.__name__.rpartition(".")[2]).partition("\n")
            yield from ("", f"## {_escaped(title.rstrip('.'))}", *_paragraph(more))
            for found in of_chapter:
                yield from _claim(found)
                if found.claim.id in figures:
                    yield from _figure(figures[found.claim.id])


def _claim(found: Finding) -> Iterator[str]:
    claim, evidence = found.claim, found.evidence
    yield from ("", f"### {claim.id}", "", _escaped(claim.statement), "")
    for quote in claim.quotes:
        yield from (f"> {quote}", "")
    yield f"Source: {_sentence(claim.source)}"
    if claim.assumptions:
        yield from ("", f"Assumed: {_sentence('; '.join(claim.assumptions))}")
    if evidence is None:
        yield from ("", f"**Open**: {_sentence(found.open)}")
        return
    if evidence.steps:
        yield from ("", "```text", *evidence.steps, "```")
    when = "" if found.stored is None else f" on {found.stored.date} ({found.stored.effort})"
    yield from ("", f"**{_verdict(found).capitalize()}**, {evidence.kind}{when}: {_sentence(evidence.says)}")


def _figure(found: Shown) -> Iterator[str]:
    figure = found.figure
    command = f" `{figure.command}`" if figure.command else ""
    yield from ("", f"![The figure of {figure.claim}]({found.address})", "")
    yield f"*Figure*: {_sentence(figure.caption)}{command}"


def _verdict(found: Finding) -> str:
    if found.evidence is None:
        return "open"
    return found.evidence.verdict if found.settled else f"{found.evidence.verdict}, not as the book says"


def _paragraph(text: str) -> list[str]:
    lines = _escaped(text.strip()).splitlines()
    return ["", *lines] if lines else []


def _sentence(text: str) -> str:
    return _escaped(text).rstrip(".") + "."


def _escaped(text: str) -> str:
    """Text in which Markdown finds no emphasis, no code, no tag and no link."""
    return re.sub(r"[\\*`]|(?<!\w)_|_(?!\w)|<(?=[\w/!?])|\[(?=[^\]]*\]\()", r"\\\g<0>", text)
