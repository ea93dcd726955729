"""Measured evidence of the book: there, of the text as it is, as the book says, of enough seeds, and quick."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ratapprox.claims import load_book
from ratapprox.claims.stored import BEST_FIRST, read_stored

ROOT = Path(__file__).parents[1]
BOOK = load_book(ROOT / "theory")
MEASURED = [claim.id for claim in BOOK.select(kind="measured")]
STORED = {
    (name, effort): found
    for name in MEASURED
    for effort in BEST_FIRST
    if (found := read_stored(BOOK, name, (effort,))) is not None
}
NOTHING_IS_TRAINED = {
    "coefficients.computed",  # every error is below a bound, or not
    "exports.within_the_bound",  # as above
    "ralu_speed.fast_enough",  # rounds are paired
    "ralu_speed.not_as_fast_as_relu",
}
MINUTE = 60.0


def seeds(data: Any) -> Iterator[int]:
    """How many seeds each experiment names, wherever it stands in the data."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "seeds":
                yield value if isinstance(value, int) else len(set(value))
            else:
                yield from seeds(value)
    elif isinstance(data, list):
        for value in data:
            yield from seeds(value)


@pytest.mark.parametrize("name", MEASURED)
def test_there_is_a_quick_measurement(name):
    assert (name, "quick") in STORED


def test_every_file_is_evidence_of_a_claim():
    known = {f"{name}.{effort}.json" for name, effort in STORED}
    assert {file.name for file in (ROOT / "theory" / "evidence").iterdir()} == known


@pytest.mark.parametrize(("name", "effort"), STORED, ids=str)
def test_measured_evidence_is_of_the_text_as_it_is(name, effort):
    assert not STORED[name, effort].stale, f"ratapprox check theory --id {name} --budget {effort} --fresh"


@pytest.mark.parametrize(("name", "effort"), STORED, ids=str)
def test_measured_evidence_is_as_the_book_says(name, effort):
    found = STORED[name, effort].evidence
    assert (found.kind, found.verdict) == ("measured", BOOK[name].owed(effort)), found.says


@pytest.mark.parametrize(("name", "effort"), [key for key in STORED if key[0] not in NOTHING_IS_TRAINED], ids=str)
def test_what_is_drawn_is_drawn_for_eight_seeds_or_more(name, effort):
    counts = list(seeds(STORED[name, effort].evidence.data))
    assert counts
    assert min(counts) >= 8


@pytest.mark.parametrize("name", MEASURED)
def test_a_measured_claim_says_what_would_refute_it(name):
    assert any("refuted" in each for each in BOOK[name].assumptions)


def test_a_quick_measurement_takes_a_minute_at_most_and_all_of_them_a_quarter_of_an_hour():
    quick = {name: found.cpu_seconds for (name, effort), found in STORED.items() if effort == "quick"}
    known = {name: seconds for name, seconds in quick.items() if seconds is not None}
    assert known
    assert {name: seconds for name, seconds in known.items() if seconds > MINUTE} == {}
    assert sum(known.values()) <= 15 * MINUTE
