"""A sentence of the literature with its check, and what the check found."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

__all__ = ["Claim", "Effort", "Evidence", "Kind", "Verdict", "certified", "claim", "measured", "proved"]

Kind = Literal["proved", "certified", "measured"]
Verdict = Literal["holds", "fails", "holds when"]
Effort = Literal["quick", "full"]


@dataclass(frozen=True)
class Evidence:
    """What a check found.

    kind: exact algebra ("proved"), ball arithmetic ("certified") or an experiment ("measured"). verdict: of the
    claim's statement as it stands; "holds when" if it holds under the condition that `says` names, and not without it.
    says: one sentence. steps: the derivation or the experiment, a line each. data: fit for JSON: regions, certificates,
    tables, seeds.
    """

    kind: Kind
    verdict: Verdict
    says: str
    steps: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found = {"kind": self.kind, "verdict": self.verdict, "says": self.says}
        return {**found, "steps": list(self.steps), "data": dict(self.data)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Evidence:
        """The evidence that to_dict() wrote. ValueError for anything else."""
        try:
            found = cls(data["kind"], data["verdict"], data["says"], tuple(data["steps"]), dict(data["data"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no evidence: {error}") from error
        if (
            found.kind not in get_args(Kind)
            or found.verdict not in get_args(Verdict)
            or not isinstance(found.says, str)
        ):
            raise ValueError("this is no evidence: its kind, verdict or sentence is none")
        return found


def proved(verdict: bool | Verdict, says: str, *steps: str, **data: Any) -> Evidence:
    """Evidence by exact algebra; True and False stand for "holds" and "fails".

    >>> proved(1 + 1 == 2, "one and one is two")
    Evidence(kind='proved', verdict='holds', says='one and one is two', steps=(), data={})
    """
    return Evidence("proved", _verdict(verdict), says, steps, data)


def certified(verdict: bool | Verdict, says: str, *steps: str, **data: Any) -> Evidence:
    """Evidence by ball arithmetic: every number in it is an enclosure."""
    return Evidence("certified", _verdict(verdict), says, steps, data)


def measured(verdict: bool | Verdict, says: str, *steps: str, **data: Any) -> Evidence:
    """Evidence by an experiment: sizes, seeds and spread belong into the steps or the data."""
    return Evidence("measured", _verdict(verdict), says, steps, data)


def _verdict(verdict: bool | Verdict) -> Verdict:
    """True and False of any package are verdicts; a comparison that is not decided raises TypeError, as in an `if`."""
    if not isinstance(verdict, str):
        return "holds" if verdict else "fails"
    if verdict not in get_args(Verdict):
        raise ValueError(f"{verdict!r} is no verdict: say True, False, {', '.join(get_args(Verdict))}")
    return verdict


@dataclass(frozen=True, repr=False)
class Claim:
    """A sentence with a source and a check.

    id: chapter and name, such as "ralu.increasing". statement: the sentence, with its formula. source: where it stands.
    kind: which evidence is owed. expected: the verdict that the book asserts; a sentence of the literature that is not
    so is expected to fail. quick: the verdict of the quick experiment, where it is another than the full one's. rows:
    the numbers of the source's claims that it settles. quotes: the source's own words.
    assumptions: what the statement leaves unsaid. mutants: changes of the check's arguments that make the statement
    another, false one. check: computes the evidence; that of a measured claim takes `effort`.
    """

    id: str
    statement: str
    source: str
    kind: Kind
    check: Callable[..., Evidence]
    expected: Verdict = "holds"
    quick: Verdict | None = None
    rows: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    mutants: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", self.id):
            raise ValueError(f"{self.id!r} is no claim's id: write chapter.name in small letters, digits and _")
        if self.kind not in get_args(Kind) or not {self.expected, self.owed("quick")} <= set(get_args(Verdict)):
            kinds, verdicts = (", ".join(get_args(each)) for each in (Kind, Verdict))
            raise ValueError(f"{self.id}: the kinds are {kinds}, the verdicts are {verdicts}")

    def owed(self, effort: Effort) -> Verdict:
        """The verdict that the book asserts of an experiment."""
        return self.quick if effort == "quick" and self.quick is not None else self.expected

    def __call__(self, **changes: Any) -> Evidence:
        """The evidence, with other values for arguments of the check if any are given."""
        return self.check(**changes)

    def arguments(self) -> dict[str, Any]:
        """The constants of the statement: the check's keyword arguments with their values."""
        signature = inspect.signature(self.check)
        return {name: p.default for name, p in signature.parameters.items() if p.default is not p.empty}

    def __repr__(self) -> str:
        return f"Claim {self.id}: {self.statement}"


def claim(
    id: str,
    statement: str,
    *,
    source: str,
    kind: Kind = "proved",
    expected: Verdict = "holds",
    quick: Verdict | None = None,
    rows: Sequence[str] = (),
    quotes: Sequence[str] = (),
    assumptions: Sequence[str] = (),
    mutants: Sequence[Mapping[str, Any]] = (),
) -> Callable[[Callable[..., Evidence]], Claim]:
    """Make a claim of the function that checks it; its docstring may say how.

    >>> @claim("numbers.even", "2n is even for every integer n", source="folklore", mutants=[{"factor": 3}])
    ... def even(factor=2):
    ...     return proved(factor % 2 == 0, f"{factor}n is {factor % 2} modulo 2 for n = 1")
    >>> even
    Claim numbers.even: 2n is even for every integer n
    >>> even().verdict, even(factor=3).verdict
    ('holds', 'fails')
    """

    def made(check: Callable[..., Evidence]) -> Claim:
        found = Claim(
            id, statement, source, kind, check, expected, quick,
            tuple(rows), tuple(quotes), tuple(assumptions), tuple(mutants),
        )  # fmt: skip
        unknown = {name for changes in found.mutants for name in changes} - set(found.arguments())
        if unknown:
            raise ValueError(f"{id}: a mutant changes {', '.join(sorted(unknown))}, which is no argument of the check")
        return found

    return made
