"""A stranger's check of the certificates of analyse(): sympy and the standard library only, nothing of ratapprox.

The family and the property are read again; the polynomials whose roots can change the truth are computed again and must
have all their real roots among the listed ones; every cell and every root is decided again; the region must be their
union.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from sympy import QQ, Poly
from sympy.polys.polyerrors import BasePolynomialError

from ratapprox.symbolic.checker_decisions import Place, count_at_root, roots_in, sign, trimmed, true_at, true_at_root
from ratapprox.symbolic.checker_statements import (
    MOST_DEGREE,
    A,
    RejectedError,
    Tree,
    X,
    at,
    bivariate,
    coefficients,
    compare,
    critical,
    ends,
    leaves,
    need,
    number,
    q_,
    quotient,
    reduced_at,
    statements,
)  # fmt: skip

__all__ = ["Verdict", "check"]

MOST_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """accepted: every statement of the certificate was found true again; otherwise reason says which was not."""

    accepted: bool
    reason: str


def check(document: Any, family: str | None = None) -> Verdict:
    """Check a certificate "ratapprox/proof/1", a JSON text or the object read from it; never raises for a bad one.

    family: the expression that p/q has to be, as it is written; without it the certificate is taken to be about its own
    p and q, which the reason of an accepted one repeats.
    """
    try:
        text = document if isinstance(document, str) else json.dumps(document)
        need(len(text) <= MOST_CHARACTERS, "the certificate is too long")
        data = json.loads(text)
        need(isinstance(data, dict) and data.get("schema") == "ratapprox/proof/1", "this is no ratapprox/proof/1")
        return Verdict(True, _checked(data, family))
    except RejectedError as rejected:
        return Verdict(False, str(rejected))
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError, SyntaxError) as error:
        return Verdict(False, f"the certificate is malformed: {type(error).__name__} {str(error)[:200]}")
    except (BasePolynomialError, MemoryError, NotImplementedError) as error:
        return Verdict(False, f"the certificate could not be checked: {type(error).__name__}")


def position(k: Any, of: Any) -> int:
    need(type(k) is int and 0 <= k < len(of), "a number of something is out of range")
    return int(k)


def witness(cell: Any, trees: list[Tree], value: Fraction | None, place: Place | None) -> bool:
    """Where the cell says that a condition fails, it fails; True when that refutes the property."""
    said, between, every = cell["witness"], cell.get("between"), leaves(trees)
    need((said is None and between is None) or cell["holds"] is False, "a witness where the property holds")
    if between is not None:
        low_high = ends(between)
        rows = (
            [[row.rem(place[0]) for row in coefficients(f[1])] for f in every if f[0] == "atom" and f[2] != ">="]
            if place
            else []
        )
        need(any(count_at_root(trimmed(row), place, low_high) > 0 for row in rows if place), "no root between")
    if said is None:
        return False
    leaf = every[position(said["atom"], every)]
    need(leaf[0] == "atom", "a witness of a condition without x")
    _, f, relation, (low, high) = leaf
    if isinstance(said["x"], str):
        x = number(said["x"])
        need((low is None or low <= x) and (high is None or x <= high), "a witness outside the interval")
        at_x = Poly(f.eval(X, q_(x)), A, domain=QQ)
        s = sign(at_x, place) if value is None and place is not None else at_x.eval(q_(value))
        need(bool(s < 0 if relation == ">=" else s <= 0 if relation == ">" else s == 0), "a witness does not fail")
        return any(leaf is tree for tree in trees)
    m, (left, right) = (
        Poly([q_(number(c)) for c in reversed(said["x"]["polynomial"])], X, domain=QQ),
        ends(said["x"]["interval"]),
    )
    need(value is not None and relation != ">=" and left is not None and right is not None, "an unexpected witness")
    common = m.gcd(at(f, value or Fraction(0)))
    inside = (left if low is None else max(left, low), right if high is None else min(right, high))
    need(roots_in(m, (left, right)) == 1 and roots_in(common, inside) == 1, "a witness is no root")
    return any(leaf is tree for tree in trees)


def changes(f: Poly, low: Fraction, high: Fraction) -> bool:
    """Whether f has a root that shows: at a point, or as a change of sign."""
    at_low, at_high = f.eval(q_(low)), f.eval(q_(high))
    return bool(low == high and at_low == 0) or bool(low < high and at_low * at_high < 0)


def below(root: tuple[Poly, Fraction, Fraction], sample: Fraction) -> bool:
    """Whether the root in an interval lies below a number that is no root."""
    f, low, high = root
    return sample >= high or (sample > low and changes(f, low, sample))


def _checked(data: dict[str, Any], family: str | None) -> str:
    p, q, on, asked = bivariate(data["p"]), bivariate(data["q"]), ends(data["on"]), data["property"]
    parameter, cancelled, cells = data["parameter"], data["cancelled"], data["cells"]
    need(not q.is_zero and isinstance(asked, str) and isinstance(cancelled, bool), "p, q or the property is malformed")
    need(
        parameter is None or (isinstance(parameter, str) and parameter.isidentifier() and parameter != "x"), "parameter"
    )
    need(parameter is not None or all(f.degree(A) < 1 for f in (p, q)), "there is a parameter without a name")
    need(not cancelled or p.is_zero or p.gcd(q).total_degree() < 1, "p and q have a common factor")
    if family is not None:
        u, v = quotient(family, parameter)
        common = u.gcd(v) if cancelled else v.one
        u, v = u.quo(common) * q.LC(), v.quo(common)
        need(v * q.LC() == q * v.LC() and u == p * v.LC(), "p and q are not those of the family")
    trees = statements(p, q, asked, on, parameter)
    need(len(trees) == len(data["atoms"]), "the conditions are not those of the property")
    for tree, claimed in zip(trees, data["atoms"], strict=True):
        compare(tree, claimed)
    listed: list[tuple[Poly, list[tuple[Fraction, Fraction]]]] = []
    for entry in data["critical"]:
        f = Poly([q_(number(c)) for c in reversed(entry["polynomial"])], A, domain=QQ)
        places = [(number(low), number(high)) for low, high in entry["roots"]]
        need(0 < f.degree() <= 4 * MOST_DEGREE and roots_in(f, (None, None)) == len(places), "a root is missing")
        need(all(changes(f, *place) for place in places), "an interval has no root")  # hence one each
        need(all(u[1] < v[0] for u, v in pairwise(places)), "the roots of a polynomial are not in order")
        need(bool(f.LC() > 0 and f.primitive()[0] == 1), "a critical polynomial is not primitive")
        need(not places or bool(f.is_irreducible), "a critical polynomial with roots is not irreducible")
        need(all(f != g for g, _ in listed), "a critical polynomial is listed twice")
        listed.append((f, places))
    roots = [(f, *place) for f, places in listed for place in places]
    kinds = [cell["kind"] for cell in cells]
    need(kinds == ["open", *["point", "open"] * len(roots)], "the cells are not those of the roots")
    special = [Poly(p.resultant(q).as_expr(), A, domain=QQ)] if cancelled and min(p.degree(X), q.degree(X)) > 0 else []
    for f in (*special, *(f for tree in trees for f in critical(tree))):
        for known, _ in listed if not f.is_zero else []:
            while f.rem(known).is_zero:
                f = f.quo(known)
        need(f.is_zero or roots_in(f, (None, None)) == 0, "the truth may change at a root that is not listed")
    samples = [Fraction(0) if parameter is None else number(cell["sample"]) for cell in cells[::2]]
    for k, sample in enumerate(samples):
        need(all(f.eval(q_(sample)) != 0 for f, places in listed if places), "a sample is no inner point of a cell")
        need(sum(below(root, sample) for root in roots) == k, "a sample is not in its cell")
        need(all(true_at(tree, sample) for tree in trees) is cells[2 * k]["holds"], f"the cell of {sample} is not so")
        witness(cells[2 * k], trees, samples[k], None)
    for k, cell in enumerate(cells[1::2]):
        f, places = listed[position(cell["critical"], listed)]
        low, high = places[position(cell["root"], places)]
        own = (f, low, high)
        need(not below(own, samples[k]) and below(own, samples[k + 1]), "a root is not between the samples beside it")
        place = (f, samples[k], samples[k + 1])
        root = Fraction(str(-f.eval(0) / f.LC())) if f.degree() == 1 else None
        judged = trees
        if special and sign(special[0], place) == 0:
            need(root is not None, "a common factor at an irrational value cannot be confirmed here")
            judged = reduced_at(p, q, root or Fraction(0), asked, parameter, on)
        need(cell["why"] in ("closed", "exact", "witness", "reduced"), "an unknown reason")
        if witness(cell, judged, root, place):
            continue  # seen to fail, as the cell says
        truth = all(true_at(t, root) if root is not None else true_at_root(t, place) for t in judged)
        need(truth is cell["holds"], f"the root {k + 1} from the left is not so")
    holds = ", ".join(f"{c.get('sample') if k % 2 == 0 else 'root'}: {c['holds']}" for k, c in enumerate(cells))
    return f"{asked} of ({p.as_expr()})/({q.as_expr()}), the parameter written a, on {data['on']}: {holds}"
