"""`ratapprox certify --check CERT.json`: an answer of `analyse` before the checker that shares no code with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratapprox.algebraic import Algebraic
from ratapprox.cli.report import row
from ratapprox.expressions.formulas import FORMULAS
from ratapprox.formats.card import json_text
from ratapprox.symbolic import analyse
from ratapprox.symbolic.checker import check
from ratapprox.symbolic.checker_box import check_box
from ratapprox.symbolic.interval import exact_text, simple
from ratapprox.symbolic.region import Region

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

LARGEST = 8_000_000
SCHEMAS = ("ratapprox/analysis/1", "ratapprox/box/1", "ratapprox/proof/2", "ratapprox/box-proof/1")


def read_certificate(path: str) -> dict[str, Any]:
    """The JSON object in a file, "-" for standard input. ValueError says what is wrong with it."""
    import json

    try:
        if path == "-":
            raw = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(path).open("rb") as file:
                raw = file.read(LARGEST + 1)
    except OSError as error:
        raise ValueError(f"cannot read {path!r}: {(error.strerror or str(error)).lower()}") from error
    if len(raw) > LARGEST:
        raise ValueError(f"{path!r} is no certificate: it is larger than {LARGEST // 1_000_000} MB")
    try:
        found = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path!r} is no certificate: it is not JSON") from error
    if not isinstance(found, dict) or found.get("schema") not in SCHEMAS:
        raise ValueError(
            f"{path!r} is no certificate: its schema must be {' or '.join(SCHEMAS)}, as analyse --json writes"
        )
    return found


def judged(document: dict[str, Any]) -> tuple[bool, str]:
    """Whether everything in the document was found true again, and what was found, or what is wrong."""
    if document["schema"] == "ratapprox/proof/2":
        verdict = check(document)
        return verdict.accepted, verdict.reason
    if document["schema"] == "ratapprox/box-proof/1":
        verdict = check_box(document)
        return verdict.accepted, verdict.reason
    proof, family = document.get("certificate"), document.get("family")
    if not isinstance(proof, dict) or not isinstance(family, str):
        return False, "the document holds no certificate: an answer `unknown` has none"
    formula = FORMULAS[family].text if family in FORMULAS else family
    if document["schema"] == "ratapprox/box/1":
        verdict, contradictions = check_box(proof, formula), _box_contradictions(document, proof)
    else:
        verdict, contradictions = check(proof, formula, _formula(document)), _contradictions(document, proof)
    if not verdict.accepted:
        return False, verdict.reason
    wrong = next(contradictions, None)
    return wrong is None, wrong or verdict.reason


def _formula(document: dict[str, Any]) -> str | None:
    """The inequalities that a region of two parameters is said to be; None where it is said in words."""
    region = document.get("region")
    if not isinstance(region, dict) or not region.get("clauses") or region.get("exceptions"):
        return None
    text = region.get("text")
    return text if isinstance(text, str) and not text.startswith(("every (", "no (")) else None


def _contradictions(document: dict[str, Any], proof: dict[str, Any]) -> Iterator[str]:
    """What the document says beside its certificate, which by now is known to be true."""
    on = [None if end is None else exact_text(simple(_point(end))) for end in proof["on"]]
    said = (("property", proof["property"]), ("on", on), ("parameters", proof["parameters"]))
    for name, value in said:
        if document.get(name) != value:
            yield f"the document gives {name} as {document.get(name)}, its certificate as {value}"
            return
    cells = proof["line"]["cells"]
    verdict = "region" if proof["parameters"] else "proved" if cells[0]["holds"] else "refuted"
    if document.get("verdict") != verdict:
        yield f"the verdict is {document.get('verdict')}, but the certificate says {verdict}"
    if len(proof["parameters"]) == 1:
        points = tuple(_point(cell["root"]) for cell in cells[1::2])
        region = Region.from_cells(proof["parameters"][0], points, tuple(cell["holds"] for cell in cells))
        if _plain(document.get("region")) != _plain(region.to_dict()):
            yield f"the document gives another region than its certificate, which proves {region}"
    if len(proof["parameters"]) == 2:
        truths = [cell["holds"] for column in cells if column["line"] for cell in column["line"]["cells"]]
        text = str((document.get("region") or {}).get("text"))
        if (text.startswith("every (") and not all(truths)) or (text.startswith("no (") and any(truths)):
            yield f"the document says {text}, and its certificate does not"
    # The cells are proved. Words, decimals and witnesses are compared with those that the prover finds for them again.
    again = analyse(document["family"], proof["property"], on=on, cancelled=proof["cancelled"]).to_dict()
    for name in ("region", "witnesses"):
        if document.get(name) != again[name]:
            yield f"the document gives another {name} than `analyse` does"
    if strange := sorted(set(document) - set(again)):
        yield f"the document has the field {strange[0]!r}, which an answer of `analyse` has not"


def _box_contradictions(document: dict[str, Any], proof: dict[str, Any]) -> Iterator[str]:
    """What the document says beside the certificate of its box."""
    shared = ("property", "on", "values", "holds", "radius", "fails_within", "corner")
    for name, value in (
        *((name, proof[name]) for name in shared),
        ("radius_decimal", float(Fraction(proof["radius"]))),
    ):
        if document.get(name) != value:
            yield f"the document gives {name} as {document.get(name)}, its certificate as {value}"
    known = {"schema", "family", "complete", "certificate", "radius_decimal", *shared}
    if strange := sorted(set(document) - known):
        yield f"the document has the field {strange[0]!r}, which the answer of `analyse --at` has not"


def _point(root: Any) -> Algebraic:
    if isinstance(root, str):
        return Algebraic.rational(Fraction(root))
    low, high = (Fraction(end) for end in root["interval"])
    return Algebraic(tuple(int(c) for c in root["polynomial"]), low, high)


def _plain(region: Any) -> Any:
    """Text, closed and exact ends: isolating intervals may differ."""
    try:
        ends = [
            (
                i["lower"] and i["lower"]["exact"],
                i["lower_closed"],
                i["upper"] and i["upper"]["exact"],
                i["upper_closed"],
            )
            for i in region["intervals"]
        ]
        return region["text"], ends
    except (KeyError, TypeError):
        return None


def within(seconds: float | None, document: dict[str, Any]) -> tuple[bool, str] | None:
    """What judged() says of a document, None when it did not in that time: algebra cannot be stopped from inside."""
    if seconds is None:
        return judged(document)
    processes = get_context("spawn")
    receiver, sender = processes.Pipe(duplex=False)
    worker = processes.Process(target=_send, args=(sender, document), daemon=True)
    worker.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(seconds) else None
    except EOFError:
        return False, "the checker ended without an answer: the certificate is too large for this machine"
    finally:
        worker.kill()
        worker.join()


def _send(sender: Connection, document: dict[str, Any]) -> None:
    sender.send(judged(document))


def check_report(path: str, document: dict[str, Any], seconds: float | None, as_json: bool) -> tuple[int, str]:
    """The exit code and what is printed."""
    found = within(seconds, document)
    if found is None:
        found, code, verdict = (False, f"the time limit of {seconds:g} s was over before the check"), 4, "unknown"
    else:
        code, verdict = (0, "proved") if found[0] else (3, "refuted")
    reason = found[1]
    if as_json:
        return code, json_text({"schema": "ratapprox/check/1", "verdict": verdict, "reason": reason})
    from ratapprox.cli.coefficients import folded

    if code:
        colour = "red" if code == 3 else "yellow"
        return code, "\n".join([click.style(path, bold=True), "", *row(verdict, *folded(reason), colour=colour)])
    title = " ".join(str(document[name]) for name in ("family", "property") if name in document) or path
    region = document.get("region")
    lines = [click.style(title, bold=True), ""]
    if region:
        lines += row("answer", *folded(f"exactly for {region['text']}"))
    elif document["schema"].startswith("ratapprox/box"):
        lines += row("answer", *folded(reason))
    says = "decided again by an independent checker, which shares no code with the prover"
    lines += row("proved", says, colour="green")
    if region and len(document["parameters"]) == 2 and _formula(document) is None and ";" in region["text"]:
        lines += row("but", *folded("each cell was; the words after the formula were compared with those found again"))
    return 0, "\n".join(lines)
