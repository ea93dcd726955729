"""Check the claims of a book: algebra and balls anew each time, experiments from store unless they are asked anew."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from traceback import format_exception_only
from typing import Any

from ratapprox.claims.book import Book, load_book
from ratapprox.claims.stored import BEST_FIRST, Ran, Stored, read_stored, store
from ratapprox.claims.value import Claim, Effort, Evidence

__all__ = ["Budget", "Finding", "check_book"]


@dataclass(frozen=True)
class Budget:
    """What may be measured. effort: the experiment's size. seconds: begin no experiment after that time.

    fresh: measure even what is stored.
    """

    effort: Effort = "quick"
    seconds: float | None = None
    fresh: bool = False


@dataclass(frozen=True)
class Finding:
    """A claim and what is known of it now.

    evidence: None if it was not measured or its check broke off; open says why. stored: where measured evidence comes
    from a file. effort: of a measured one. seconds: this check took.
    """

    claim: Claim
    evidence: Evidence | None
    seconds: float = 0.0
    stored: Stored | None = None
    open: str = ""
    effort: Effort = "full"

    @property
    def settled(self) -> bool:
        """Whether there is evidence of the kind that is owed, with the verdict that the book asserts."""
        found = self.evidence
        return found is not None and (found.verdict, found.kind) == (self.claim.owed(self.effort), self.claim.kind)

    @property
    def broken(self) -> bool:
        """Whether a check ended otherwise than the book asserts: the claim is not merely open."""
        return (self.evidence is not None and not self.settled) or self.open.startswith("the check broke off")

    def to_dict(self) -> dict[str, Any]:
        """An entry of "ratapprox/book/1"."""
        claim = self.claim
        return {
            "id": claim.id,
            "statement": claim.statement,
            "source": claim.source,
            "kind": claim.kind,
            "rows": list(claim.rows),
            "assumptions": list(claim.assumptions),
            "quotes": list(claim.quotes),
            "expected": claim.owed(self.effort),
            "verdict": None if self.evidence is None else self.evidence.verdict,
            "settled": self.settled,
            "open": self.open,
            "seconds": round(self.seconds, 3),
            "measured": None
            if self.stored is None
            else {
                "date": self.stored.date,
                "effort": self.stored.effort,
                "seconds": self.stored.seconds,
                "cpu_seconds": self.stored.cpu_seconds,
                "stale": self.stored.stale,
            },
            "evidence": None if self.evidence is None else self.evidence.to_dict(),
        }


def check_book(
    book: Book, claims: Sequence[Claim], budget: Budget | None = None, executor: Executor | None = None
) -> Iterator[Finding]:
    """The findings, in the order of the claims, each as soon as it is there.

    budget: None to measure nothing: measured claims are then answered from store. What is measured is stored. executor:
    any of concurrent.futures; claims are sent by the path of the book and their ids. Processor seconds are those of a
    whole process, which they describe if it checks one claim at a time.
    """
    own = ThreadPoolExecutor(1) if executor is None else None
    started, waiting = monotonic(), []
    workers = executor or own
    assert workers is not None
    try:
        for claim in claims:
            waiting.append((claim, _begun(book, claim, budget, workers, started)))
        for claim, begun in waiting:
            yield _finding(book, claim, begun, budget)
    finally:
        for _, begun in waiting:
            if isinstance(begun, Future):
                begun.cancel()
        if own is not None:
            own.shutdown(wait=False, cancel_futures=True)


def _begun(
    book: Book, claim: Claim, budget: Budget | None, executor: Executor, started: float
) -> Stored | Future[Ran | None] | str:
    """Stored evidence, work that was begun, or why there is neither."""
    if claim.kind != "measured":
        return executor.submit(_run, str(book.path), claim.id, None, None)
    if budget is None or not budget.fresh:
        # the quick experiment is no answer to who asks for the full one
        kept = read_stored(book, claim.id, ("full",) if budget is not None and budget.effort == "full" else BEST_FIRST)
        if kept is not None:
            return kept
    if budget is None:
        return "not measured yet: add --budget 20m, or --budget full"
    deadline = None if budget.seconds is None else started + budget.seconds
    return executor.submit(_run, str(book.path), claim.id, budget.effort, deadline)


def _run(path: str, id: str, effort: Effort | None, deadline: float | None) -> Ran | None:
    """What was found, and the seconds that it took; None when the time for experiments was over before."""
    started, of_processors = monotonic(), _cpu()
    if deadline is not None and started > deadline:
        return None
    book = load_book(Path(path))
    evidence = book[id]() if effort is None else book[id](effort=effort)
    _read(evidence)
    return Ran(evidence, monotonic() - started, _cpu() - of_processors, book.text_hash(id))


def _cpu() -> float:
    """Seconds of this process, on all processors, and of those that it has started and awaited."""
    return sum(os.times()[:4])


def _read(evidence: Any) -> None:
    """TypeError or ValueError for what is no evidence, or does not fit into JSON."""
    if not isinstance(evidence, Evidence):
        kind = type(evidence).__name__
        raise TypeError(f"a check returns evidence, made by proved(), certified() or measured(), not a {kind}")
    try:
        json.dumps(evidence.to_dict(), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(f"evidence holds plain finite values, as JSON has them: {error}") from error


def _finding(book: Book, claim: Claim, begun: Any, budget: Budget | None) -> Finding:
    if isinstance(begun, str):
        return Finding(claim, None, open=begun)
    if isinstance(begun, Stored):
        return Finding(claim, begun.evidence, stored=begun, effort=begun.effort)
    error = begun.exception()
    if isinstance(error, CancelledError) or (error is not None and not isinstance(error, Exception)):
        raise error
    if error is not None:
        says = format_exception_only(error)[-1].strip()
        return Finding(claim, None, open=f"the check broke off: {says}")
    ran: Ran | None = begun.result()
    if ran is None:
        return Finding(claim, None, open="not measured: the time for experiments was over")
    if claim.kind == "measured" and budget is not None:
        store(book, claim.id, budget.effort, ran)
        return Finding(claim, ran.evidence, ran.seconds, effort=budget.effort)
    return Finding(claim, ran.evidence, ran.seconds)
