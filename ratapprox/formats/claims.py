"""What a card claims, as JSON: every bound is rounded outward to a double, with all its digits as text beside it."""

from __future__ import annotations

from decimal import Decimal
from math import inf, isfinite, nextafter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ratapprox.symbolic.behaviour import Behaviour
    from ratapprox.symbolic.certificate import Certificate
    from ratapprox.symbolic.rounding import Rounding


def claims(certificate: Certificate, behaviour: Behaviour | None = None) -> dict[str, Any]:
    """A certificate as JSON: bounds rounded outward to doubles, with all their digits as text beside them."""
    c = certificate
    return {
        "error_lower": below(c.error_lower),
        "error_lower_decimal": _text(c.error_lower),
        "error_upper": above(c.error_upper),
        "error_upper_decimal": _text(c.error_upper),
        "error_at": c.error_at,
        "optimal_lower": below(c.optimal_lower),
        "optimal_lower_decimal": _text(c.optimal_lower),
        "alternation": list(c.alternation),
        "alternation_needed": c.alternation_needed,
        "defect": c.defect,
        "pole_free": c.pole_free,
        "pole_free_on": "R" if c.pole_free_on_reals else "interval" if c.pole_free else None,
        "min_q": None if c.min_q is None else below(c.min_q),
        "poles": list(c.poles),
        "tails": [tail.to_dict() for tail in c.tails],
        "increasing": c.increasing,
        "lipschitz_lower": None if c.lipschitz_lower is None else below(c.lipschitz_lower),
        "lipschitz_upper": None if c.lipschitz_upper is None else above(c.lipschitz_upper),
        **({} if behaviour is None else {"rounding": dict(map(_rounding, behaviour.rounding))}),
        "method": c.method,
    }


def gain_claim(behaviour: Behaviour) -> dict[str, Any]:
    """The gains as the doubles in the middle, between their proved bounds; null, with the reason, where there are
    none."""
    found = behaviour.gain
    if isinstance(found, str):
        return {**{f"{side}{end}": None for side in SIDES for end in ("", "_lower", "_upper")}, "reason": found}
    claim: dict[str, Any] = {}
    for side in SIDES:
        enclosed = getattr(found, side)
        middle = float(enclosed)
        claim[side] = middle if isfinite(middle) else None
        claim |= {f"{side}_lower": str(enclosed.lower), f"{side}_upper": str(enclosed.upper)}
    return claim | {"reason": None}


SIDES = ("forward", "backward")


def _rounding(entry: tuple[str, Rounding | str]) -> tuple[str, dict[str, Any]]:
    dtype, found = entry
    if isinstance(found, str):
        return dtype, {"bound": None, "bound_decimal": None, "form": None, "reason": found}
    bound = {"bound": above(found.bound), "bound_decimal": _text(found.bound)}
    return dtype, {**bound, "form": found.form, "reason": found.reason}


def below(value: Decimal) -> float | None:
    """The largest double not above the value; None for an infinite one."""
    if not value.is_finite():
        return None
    found = float(value)
    return found if Decimal(found) <= value else nextafter(found, -inf)


def above(value: Decimal) -> float | None:
    """The smallest double not below the value; None for an infinite one."""
    if not value.is_finite():
        return None
    found = float(value)
    return found if Decimal(found) >= value else nextafter(found, inf)


def _text(value: Decimal) -> str | None:
    return str(value) if value.is_finite() else None
