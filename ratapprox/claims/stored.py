"""Measured evidence in files: a claim's id, effort, text and environment beside what was found."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ratapprox.claims.book import Book
from ratapprox.claims.value import Effort, Evidence

__all__ = ["BEST_FIRST", "Ran", "Stored", "read_stored", "store"]

SCHEMA = "ratapprox/evidence/1"
BEST_FIRST: tuple[Effort, ...] = ("full", "quick")


@dataclass(frozen=True)
class Ran:
    """What a check returned, its seconds by the clock and of all processors, the digest of the text that was run."""

    evidence: Evidence
    seconds: float
    cpu_seconds: float
    text: str


@dataclass(frozen=True)
class Stored:
    """Evidence that was measured before.

    seconds: by the clock. cpu_seconds: of all processors together, None where it was not recorded. stale: the chapter's
    text has changed since, or that of a file which the chapter imports.
    """

    evidence: Evidence
    effort: Effort
    date: str
    seconds: float
    cpu_seconds: float | None
    environment: dict[str, str]
    stale: bool


def evidence_file(book: Book, id: str, effort: Effort) -> Path:
    """book/evidence/chapter.name.quick.json; beside the file for a book of one file."""
    return book.folder / "evidence" / f"{id}.{effort}.json"


def store(book: Book, id: str, effort: Effort, ran: Ran) -> Path:
    """Write what was measured, whole or not at all; ValueError says why it cannot be written."""
    from ratapprox.formats.files import write_whole

    document = {
        "schema": SCHEMA,
        "claim": id,
        "statement": book[id].statement,
        "effort": effort,
        "text": ran.text,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "seconds": round(ran.seconds, 1),
        "cpu_seconds": round(ran.cpu_seconds, 1),
        "environment": environment(),
        "evidence": ran.evidence.to_dict(),
    }
    path = evidence_file(book, id, effort)
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, (text + "\n").encode())
    return path


def read_stored(book: Book, id: str, efforts: Sequence[Effort] = BEST_FIRST) -> Stored | None:
    """The evidence of a measured claim, the first of these efforts that there is; None where there is none.

    ValueError says which file is not what it should be.
    """
    for effort in efforts:
        path = evidence_file(book, id, effort)
        if path.is_file():
            return _read(path, book, id, effort)
    return None


def _read(path: Path, book: Book, id: str, effort: Effort) -> Stored:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if found["schema"] != SCHEMA or found["claim"] != id or found["effort"] != effort:
            raise ValueError("it is evidence of another claim or version")
        stale = found["text"] != book.text_hash(id) or found["statement"] != book[id].statement
        evidence = Evidence.from_dict(found["evidence"])
        cpu = found.get("cpu_seconds")  # the first files had none
        return Stored(evidence, effort, found["date"], found["seconds"], cpu, found["environment"], stale)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no stored evidence ({error}): measure anew with --fresh") from error


def environment() -> dict[str, str]:
    """What may change measured numbers: Python, the machine's kind, and the packages that compute."""
    found = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
    for name in ("ratapprox", "numpy", "scipy", "numba", "cupy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
