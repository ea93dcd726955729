"""An audit as JSON: `ratapprox/audit/1`, described by `audit.schema.json` beside this module."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from math import isfinite, isinf
from typing import TYPE_CHECKING, Any

from ratapprox.auditing.value import Audit, Judgement, double
from ratapprox.coefficients import decimal
from ratapprox.formats.card import exact_text
from ratapprox.formats.claims import above, below
from ratapprox.rational import Rational

if TYPE_CHECKING:
    from decimal import Decimal

    from ratapprox.algebraic import Algebraic
    from ratapprox.formats.importers import Refused
    from ratapprox.symbolic.decimal_enclosure import Enclosure
    from ratapprox.symbolic.shape import Stretch

__all__ = ["SCHEMA", "audit_schema", "document", "entry_document"]

SCHEMA = "ratapprox/audit/1"


@cache
def audit_schema() -> Mapping[str, Any]:
    """The JSON Schema of the document."""
    found: Mapping[str, Any] = json.loads(files("ratapprox.auditing").joinpath("audit.schema.json").read_text("utf-8"))
    return found


def document(audits: Iterable[Audit], refused: Iterable[Refused] = (), *, complete: bool = True) -> dict[str, Any]:
    """The document of several audits and of what could not be read or judged; complete: False where interrupted."""
    return {
        "schema": SCHEMA,
        "complete": complete,
        "entries": [entry_document(each) for each in audits],
        "refused": [{"source": each.source, "name": each.name, "reason": each.reason} for each in refused],
    }


def entry_document(audit: Audit) -> dict[str, Any]:
    """One audit: bounds rounded outward to doubles, exact numbers as texts beside them; null is unbounded or absent."""
    entry, d = audit.entry, audit.declared
    gain, half, portrait = audit.gain, audit.half, d.portrait
    at_minus_10, at_plus_10 = (_number(value) for value in portrait.far)
    return {
        "source": entry.source,
        "name": entry.name,
        "form": entry.form_name,
        "target": audit.target,
        "type": list(entry.type),
        **_judgement(d),
        "real_poles": [_algebraic(pole) for pole in portrait.poles_on_reals],
        "tails": [repr(tail).removeprefix("Tail: ") for tail in portrait.tails],
        "at_minus_10": at_minus_10,
        "at_plus_10": at_plus_10,
        "gain": {
            "forward": None if gain is None else _number(gain.forward),
            "backward": None if gain is None else _number(gain.backward),
            "hard_coded": entry.gain,
            "target": _number(audit.target_gain),
        },
        "float16": None
        if half is None
        else {
            "program": half.program,
            "max_error": half.error,
            "at": half.at,
            "non_finite": half.non_finite,
            "nan": half.nan,
            "non_finite_from": half.non_finite_from,
        },
        "fitted": _fitted(audit),
        "elsewhere": None if audit.asked is None else _judgement(audit.asked),
        "replacement": _replacement(audit),
        "serious": [problem.text for problem in audit.problems if problem.serious],
        "problems": [problem.text for problem in audit.problems],
        "remarks": list(entry.remarks),
    }


def _judgement(j: Judgement) -> dict[str, Any]:
    a, b = j.on
    optimum = j.optimum
    slopes = j.portrait.slopes
    has_error = j.error_lower is not None and j.error_upper is not None
    return {
        "interval": None if a is None or b is None else [float(a), float(b)],
        "interval_exact": None if a is None or b is None else [exact_text(a), exact_text(b)],
        "max_error": {
            "lower": below(j.error_lower) if j.error_lower is not None else None,
            "upper": _upper(j.error_upper) if j.error_upper is not None else None,
            "at": j.error_at,
        }
        if has_error
        else None,
        "l2_error": None if j.l2 is None else _upper(j.l2.upper),
        "l2_enclosure": _l2(j) if has_error else None,
        "rms_error": None if j.rms is None or isinf(j.rms) else j.rms,
        "optimal_error": None if optimum is None or optimum.upper is None else _upper(optimum.upper),
        "optimal_lower": None if optimum is None or optimum.lower is None else below(optimum.lower),
        "ratio": None if j.ratio is None or isinf(j.ratio) else j.ratio,
        "poles": [_algebraic(pole) for pole in j.poles],
        "increasing": j.portrait.increasing,
        "falling": [_stretch(stretch) for stretch in j.portrait.falling],
        "slope_range": [_number(slope) for slope in slopes],
        "error_tails": None if j.tails is None else [str(tail) for tail in j.tails],
    }


def _l2(j: Judgement) -> dict[str, Any]:
    if j.l2 is not None:
        return {"lower": below(j.l2.lower), "upper": _upper(j.l2.upper), "reason": None}
    reason = "infinite: a pole is in the interval" if j.poles else "it varies too quickly to be enclosed"
    return {"lower": None, "upper": None, "reason": reason}


def _algebraic(place: Algebraic) -> dict[str, Any]:
    """Its own document, or without the nearest float64 where there is none."""
    try:
        return place.to_dict()
    except OverflowError:
        near = place.refine(60)
        return {"exact": place.exact, "decimal": str(decimal(near.lower, 17))}


def _stretch(stretch: Stretch) -> dict[str, Any]:
    ends = {"lower": stretch.lower, "upper": stretch.upper}
    return {
        "kind": stretch.kind,
        **{name: None if end is None else _algebraic(end) for name, end in ends.items()},
        "lower_closed": stretch.lower is not None and not stretch.lower_pole,
        "upper_closed": stretch.upper is not None and not stretch.upper_pole,
    }


def _upper(value: Decimal) -> float | None:
    """The smallest double not below the value; None beyond the doubles."""
    found = above(value)
    return found if found is not None and isfinite(found) else None


def _number(value: Enclosure | None) -> float | None:
    """The nearest double; None where there is none."""
    found = None if value is None else double(value)
    return found if found is not None and isfinite(found) else None


def _fitted(audit: Audit) -> dict[str, Any] | None:
    fitted, error = audit.entry.fitted, audit.declared.fitted_error
    if fitted is None:
        return None
    form = "plain" if isinstance(fitted, Rational) else fitted.name
    same = audit.declared.error_upper if error is None else error
    return {"form": form, "max_error": None if same is None or not same.is_finite() else _upper(same)}


def _replacement(audit: Audit) -> dict[str, Any] | None:
    found = audit.replacement
    if found is None or audit.target is None:
        return None
    passed_over = None
    if found.fit is not found.best:
        poles = [_algebraic(pole) for pole in found.best_poles]
        passed_over = {"type": list(found.best.type), "error": found.best.error, "real_poles": poles}
    return {
        "target": audit.target,
        "type": list(found.fit.type),
        "interval_exact": [exact_text(end) for end in found.fit.on],
        "error": found.fit.error,
        "real_poles": [_algebraic(pole) for pole in found.poles],
        "error_tails": None if found.tails is None else [str(tail) for tail in found.tails],
        "passed_over": passed_over,
    }
