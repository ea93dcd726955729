"""Plain coefficients in JSON or CSV: p and q, in an order that has to be said, or a form and its parameters.

JSON: {"p": […], "q": […], "order": "ascending"} or {"numerator": […], "denominator": […], "form": "pau-b"}, with
"name", "target", "interval", "type", "gain" where they are known; [[p], [q]]; or a list of such objects.
CSV: a row for each list, "p,1,0.5" and "q,1,0.25"; or a column for each, under the header "p,q" or "power,p,q".
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from ratapprox.formats.importers.entry import CoefficientsError, Entry, Refused
from ratapprox.formats.importers.reading import (
    LONGEST_NAME,
    MOST_COEFFICIENTS,
    MOST_ENTRIES,
    built,
    check_degree,
    check_fields,
    finite,
    interval,
    number,
    numbers,
    unclear,
)

__all__ = ["COMMENTS", "declared", "declared_type", "in_order", "read", "read_csv", "recognised"]

COMMENTS = ("order", "form", "name", "target", "interval", "type", "gain")
ORDERS = ("ascending", "descending")
_PAIRS = (("p", "q"), ("p", "b"), ("numerator", "denominator"), ("init_w_numerator", "init_w_denominator"))


def recognised(document: Any) -> bool:
    """Whether a JSON document is one of the shapes of plain coefficients."""
    if isinstance(document, list):
        return bool(document) and all(isinstance(each, list | dict) for each in document)
    return isinstance(document, dict) and any(set(pair) <= set(document) for pair in _PAIRS)


def read(document: Any, source: str, form: str | None = None, order: str | None = None) -> tuple[Entry | Refused, ...]:
    """The entries. Raises CoefficientsError where form or order are not said, or differ from what the file says; of
    several entries those are refused alone.

    >>> read({"p": [0, 1], "q": [1, 0, 1]}, "p.json", order="ascending")
    (Entry: rational of p.json, plain, type (1, 2),)
    >>> read({"p": [0, 1], "q": [1, 0, 1]}, "p.json")
    Traceback (most recent call last):
    ...
    ratapprox.formats.importers.entry.CoefficientsError: it does not say which power comes first: ...
    """
    if isinstance(document, list) and all(isinstance(each, dict) for each in document):
        if len(document) > MOST_ENTRIES:
            raise CoefficientsError(f"it has {len(document)} entries; {MOST_ENTRIES} are the most that are read")
        return tuple(_one_of(each, source, form, order, f"entry {index}") for index, each in enumerate(document))
    if isinstance(document, list):
        if len(document) != 2:
            raise CoefficientsError(f"it is a list of {len(document)} lists: two are needed, p and q")
        document = {"p": document[0], "q": document[1]}
    return (_entry(document, source, form, order, "rational"),)


def _one_of(found: Mapping[str, Any], source: str, form: str | None, order: str | None, name: str) -> Entry | Refused:
    try:
        return _entry(found, source, form, order, name)
    except CoefficientsError as error:
        return Refused(source, name, str(error))


def _entry(found: Mapping[str, Any], source: str, form: str | None, order: str | None, name: str) -> Entry:
    pair = next((pair for pair in _PAIRS if set(pair) <= set(found)), None)
    if pair is None:
        fields = ", ".join(repr(field[:40]) for field in list(found)[:6]) or "nothing"
        raise CoefficientsError(f"{name} has {fields}, and two lists are needed: p and q, or numerator and denominator")
    bounds = ("ub", "lb") if pair[0].startswith("init") else ()
    check_fields(found, pair, (*COMMENTS, *bounds), name)
    chosen = agreed(found.get("form"), form, "form") or ("plain" if pair == ("p", "q") else None)
    if chosen is None:
        raise unclear()
    first, second = (numbers(found[part], f"{name}: {part}") for part in pair)
    said = agreed(found.get("order"), order, "order")
    if chosen == "plain" or said is not None:
        first, second = in_order(first, said), in_order(second, said)
    value = built(chosen, first, second)
    degrees = declared_type(found, first, second, chosen)
    target, on, gain = declared(found)
    if bounds and on is None and "lb" in found:
        on = interval(found["lb"], found.get("ub"), name)
    return Entry(source, text(found.get("name", name), "name"), value, target, on, degrees, gain)


def agreed(in_file: Any, given: str | None, what: str) -> str | None:
    """What the file says or what the caller says; they must not differ."""
    if in_file is not None and not isinstance(in_file, str):
        raise CoefficientsError(f"{what} is {str(in_file)[:40]}, not a text")
    if in_file is not None and given is not None and in_file != given:
        raise CoefficientsError(f"it says that the {what} is {in_file[:40]}, and {given} was asked for")
    return in_file if in_file is not None else given


def in_order(values: Sequence[Any], order: str | None) -> list[Any]:
    """Ascending."""
    if order is None:
        raise CoefficientsError(
            "it does not say which power comes first: give the order (--order), ascending or descending"
        )
    if order not in ORDERS:
        raise CoefficientsError(f"the order is {order[:40]!r}; it is ascending or descending")
    return list(values) if order == "ascending" else list(values)[::-1]


def declared(found: Mapping[str, Any]) -> tuple[str | None, tuple[Fraction, Fraction] | None, float | None]:
    """Target, interval and gain, as far as they are given."""
    target, on, gain = (found.get(name) for name in ("target", "interval", "gain"))
    if target is not None:
        text(target, "target")
    if on is not None:
        if not isinstance(on, list) or len(on) != 2:
            raise CoefficientsError("interval is not a list of two ends")
        on = interval(on[0], on[1], "interval")
    return target, on, None if gain is None else float(number(gain, "gain"))


def declared_type(found: Mapping[str, Any], p: Sequence[Any], b: Sequence[Any], form: str = "plain") -> tuple[int, int]:
    """The declared type, which the lists must have; without one that of the lists."""
    constant = form in ("plain", "pau-c")
    if (degrees := found.get("type")) is None:
        if form == "era":
            return len(b) + 1, len(b)
        return len(p) - 1, len(b) - constant
    if not isinstance(degrees, list) or len(degrees) != 2 or not all(type(n) is int and 0 <= n < 1000 for n in degrees):
        raise CoefficientsError("type is not a list of two degrees")
    if form != "era":
        check_degree(p, degrees[0], "p")
        check_degree(b, degrees[1], "q" if form == "plain" else "b", constant=constant)
    elif degrees != [len(b) + 1, len(b)]:
        raise CoefficientsError(f"type is {degrees}, but these parameters of era have [{len(b) + 1}, {len(b)}]")
    return degrees[0], degrees[1]


def text(value: Any, of: str) -> str:
    """A short text."""
    if not isinstance(value, str) or not value or len(value) > LONGEST_NAME:
        raise CoefficientsError(f"{of} is not a text of at most {LONGEST_NAME} characters")
    return value


_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)


def read_csv(
    content: str, source: str, form: str | None = None, order: str | None = None
) -> tuple[Entry | Refused, ...]:
    """The one entry of a table.

    >>> read_csv("power,p,q\\n1,1,0\\n0,0,1\\n2,,1\\n", "table.csv")
    (Entry: rational of table.csv, plain, type (1, 2),)
    """
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(content), strict=True) if any(row)]
    except csv.Error as error:
        raise CoefficientsError(f"it is no CSV ({error})") from error
    if not rows:
        raise CoefficientsError("it is empty")
    if len(rows) > MOST_COEFFICIENTS + 1 or max(map(len, rows)) > MOST_COEFFICIENTS + 1:
        raise CoefficientsError(f"it has more than {MOST_COEFFICIENTS} rows or columns, the most that are read")
    labels = [row[0].lower() for row in rows]
    if any(_NUMBER.fullmatch(cell) for cell in rows[0]):
        if len(rows) == 2 and labels[0] in ("p", "numerator") and labels[1] in ("q", "b", "denominator"):
            document = {labels[0]: _cells(rows[0][1:]), labels[1]: _cells(rows[1][1:])}
            return read(document, source, form, order)
        raise CoefficientsError("its rows have no labels: two rows p,… and q,… or a header such as p,q or power,p,q")
    header = [cell.lower() for cell in rows[0]]
    if len(set(header)) != len(header):
        raise CoefficientsError("a column is given twice")
    body = rows[1:]
    if any(len(row) != len(header) for row in body):
        raise CoefficientsError("its rows have different lengths: end the short ones with empty cells")
    columns = {name: [row[k] for row in body] for k, name in enumerate(header)}
    if "power" in columns:
        powers = columns.pop("power")
        if sorted(powers) != sorted(map(str, range(len(powers)))):
            raise CoefficientsError("the column power does not have each of 0, 1, 2, … once")
        place = sorted(range(len(powers)), key=lambda k: int(powers[k]))
        columns = {name: [cells[k] for k in place] for name, cells in columns.items()}
        order = agreed("ascending", order, "order")
    return read({name: _cells(cells) for name, cells in columns.items()}, source, form, order)


def _filled(cells: Sequence[str]) -> list[str]:
    """Without the empty cells at the end, where the other list is longer."""
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _cells(cells: Sequence[str]) -> list[float]:
    found = []
    for cell in _filled(cells):
        if not _NUMBER.fullmatch(cell):
            raise CoefficientsError(f"{cell[:40]!r} is not a finite number")
        found.append(finite(cell))
    return found
