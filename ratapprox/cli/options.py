"""What is read from the command line: intervals, types, files. Every slip is one sentence and exit code 2."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import NoReturn, TypeVar

import click

T = TypeVar("T")

_DECIMAL = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_RATIO = re.compile(r"([+-]?\d{1,400})/(\d{1,400})", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)


class Interval(click.ParamType):
    """`A,B`: the ends as exact fractions of the decimal text, so that 0.1 is one tenth; `1/3` is understood too."""

    name = "A,B"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Fraction, Fraction]:
        if not isinstance(value, str):
            return value  # type: ignore[return-value]  # a default, already converted
        parts = value.split(",")
        if len(parts) != 2:
            self.fail(f"{clip(value)} is not an interval: give its two ends, such as -1,1", param, ctx)
        a, b = (self._end(part.strip(), param, ctx) for part in parts)
        if not a < b:
            self.fail(f"[{parts[0].strip()}, {parts[1].strip()}]: the left end must be smaller than the right end", param, ctx)
        return a, b

    def _end(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        if _DECIMAL.fullmatch(text):
            return Fraction(text)
        if (ratio := _RATIO.fullmatch(text)) and int(ratio[2]) != 0:
            return Fraction(int(ratio[1]), int(ratio[2]))
        if text.lower().lstrip("+-") in {"inf", "infinity", "nan", "oo"}:
            self.fail(f"an end of the interval is {clip(text)}: both ends must be finite numbers", param, ctx)
        self.fail(f"{clip(text)} is not the end of an interval: give a number such as -1, 0.5 or 1/3", param, ctx)


class RationalType(click.ParamType):
    """`M,N`: the degrees of numerator and denominator."""

    name = "M,N"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if not isinstance(value, str):
            return value  # type: ignore[return-value]  # a default, already converted
        parts = [part.strip() for part in value.split(",")]
        if len(parts) != 2 or not all(_INTEGER.fullmatch(part) for part in parts):
            self.fail(f"{clip(value)} is not a type: give two integers, such as 3,2", param, ctx)
        m, n = (int(part) for part in parts)
        if m < 0 or n < 0:
            self.fail(f"({m}, {n}): the degrees of numerator and denominator cannot be negative", param, ctx)
        return m, n


class MissingPart(click.ClickException):
    """Something optional is not installed."""

    exit_code = 5


def clip(text: str, length: int = 60) -> str:
    """The text in quotes, shortened and with control characters made visible."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")


def nearest(word: str, words: Iterable[str]) -> str:
    """`; did you mean 'relu'?`, or nothing when no word is near."""
    found = difflib.get_close_matches(word[:80].lower(), list(words), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def caught(action: Callable[[], T]) -> T:
    """Run the action; a slip of the caller's (ValueError, TypeError) becomes a usage error of one sentence."""
    try:
        return action()
    except (TypeError, ValueError) as slip:
        refuse(slip)


def refuse(slip: Exception) -> NoReturn:
    raise click.UsageError(" ".join(str(slip).split())) from slip
