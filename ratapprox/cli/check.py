"""`ratapprox certify --check CERT.json`: an answer of `analyse` before the checker that shares no code with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from ratapprox.algebraic import Algebraic
from ratapprox.cli.report import row
from ratapprox.expressions.formulas import FORMULAS
from ratapprox.formats.card import json_text
from ratapprox.symbolic.checker import check
from ratapprox.symbolic.region import Region

LARGEST = 8_000_000


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
    known = ("ratapprox/analysis/1", "ratapprox/proof/1")
    if not isinstance(found, dict) or found.get("schema") not in known:
        raise ValueError(
            f"{path!r} is no certificate: its schema must be {' or '.join(known)}, as analyse --json writes"
        )
    return found


def judged(document: dict[str, Any]) -> tuple[bool, str]:
    """Whether everything in the document was found true again, and what was found, or what is wrong."""
    if document["schema"] == "ratapprox/proof/1":
        verdict = check(document)
        return verdict.accepted, verdict.reason
    proof, family = document.get("certificate"), document.get("family")
    if not isinstance(proof, dict) or not isinstance(family, str):
        return False, "the document holds no certificate: only regions of one parameter, proved and refuted have one"
    verdict = check(proof, FORMULAS[family].text if family in FORMULAS else family)
    if not verdict.accepted:
        return False, verdict.reason
    wrong = next(_contradictions(document, proof), None)
    return wrong is None, wrong or verdict.reason


def _contradictions(document: dict[str, Any], proof: dict[str, Any]) -> Iterator[str]:
    """What the document says beside its certificate, which by now is known to be true."""
    names = [] if proof["parameter"] is None else [proof["parameter"]]
    said = (("property", proof["property"]), ("on", proof["on"]), ("parameters", names))
    for name, value in said:
        if document.get(name) != value:
            yield f"the document gives {name} as {document.get(name)}, its certificate as {value}"
    truth = tuple(cell["holds"] for cell in proof["cells"])
    verdict = "region" if names else "proved" if truth[0] else "refuted"
    if document.get("verdict") != verdict:
        yield f"the verdict is {document.get('verdict')}, but the certificate says {verdict}"
    if names:
        points = tuple(_point(cell, proof) for cell in proof["cells"] if cell["kind"] == "point")
        region = Region.from_cells(names[0], points, truth)
        if _plain(document.get("region")) != _plain(region.to_dict()):
            yield f"the document gives another region than its certificate, which proves {region}"


def _point(cell: dict[str, Any], proof: dict[str, Any]) -> Algebraic:
    entry = proof["critical"][cell["critical"]]
    low, high = (Fraction(end) for end in entry["roots"][cell["root"]])
    return Algebraic(tuple(int(c) for c in entry["polynomial"]), low, high)


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


def check_report(path: str, document: dict[str, Any], as_json: bool) -> tuple[int, str]:
    """The exit code and what is printed."""
    accepted, reason = judged(document)
    if as_json:
        words = {"schema": "ratapprox/check/1", "verdict": "proved" if accepted else "refuted", "reason": reason}
        return (0 if accepted else 3), json_text(words)
    from ratapprox.cli.coefficients import folded

    if not accepted:
        return 3, "\n".join([click.style(path, bold=True), "", *row("refuted", *folded(reason), colour="red")])
    title = " ".join(str(document[name]) for name in ("family", "property") if name in document) or path
    answer = document["region"]["text"] if document.get("region") else str(document.get("verdict", ""))
    lines = [
        click.style(title, bold=True),
        "",
        *(row("answer", f"exactly for {answer}") if document.get("region") else []),
    ]
    says = "decided again by an independent checker, which shares no code with the prover"
    return 0, "\n".join([*lines, *row("proved", says, colour="green")])
