"""What is read from the command line: intervals, types, times. Every slip is one sentence and exit code 2."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TypeVar

import click

T = TypeVar("T")

_DECIMAL = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_RATIO = re.compile(r"([+-]?\d{1,400})/(\d{1,400})", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)


def interval(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[Fraction, Fraction] | None:
    """`A,B`: the ends as exact fractions of the decimal text, so that 0.1 is one tenth; `1/3` is understood too."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2:
        raise click.BadParameter(f"{clip(text)} is not an interval: give its two ends, such as -1,1", ctx, param)
    a, b = (_end(part, ctx, param) for part in parts)
    if not a < b:
        shown = f"[{parts[0]}, {parts[1]}]"
        raise click.BadParameter(f"{shown}: the left end must be smaller than the right end", ctx, param)
    return a, b


def rational_type(ctx: click.Context, param: click.Parameter, text: str) -> tuple[int, int]:
    """`M,N`: the degrees of numerator and denominator."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(_INTEGER.fullmatch(part) for part in parts):
        raise click.BadParameter(f"{clip(text)} is not a type: give two integers, such as 3,2", ctx, param)
    m, n = (int(part) for part in parts)
    if m < 0 or n < 0:
        message = f"({m}, {n}): the degrees of numerator and denominator cannot be negative"
        raise click.BadParameter(message, ctx, param)
    return m, n


def seconds(ctx: click.Context, param: click.Parameter, text: str | None) -> float | None:
    """A positive, finite number of seconds."""
    if text is None:
        return None
    if not _DECIMAL.fullmatch(text) or not 0 < float(text) < float("inf"):
        raise click.BadParameter(f"{clip(text)} is not a positive number of seconds", ctx, param)
    return float(text)


class MissingPart(click.ClickException):
    """Something optional is not installed."""

    exit_code = 5


def parted(text: str) -> list[str]:
    """The parts between the commas outside of brackets, without the blanks around them.

    >>> parted("-sqrt(2), max(1, 2)")
    ['-sqrt(2)', 'max(1, 2)']
    """
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def clip(text: str, length: int = 60) -> str:
    """The text in quotes, shortened and with control characters made visible."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")


def nearest(word: str, words: Iterable[str]) -> str:
    """`; did you mean 'relu'?`, or nothing when no word is near.

    >>> nearest("fti", ["fit", "certify"])
    "; did you mean 'fit'?"
    """
    found = difflib.get_close_matches(word[:80].lower(), list(words), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def caught(action: Callable[[], T], but: tuple[type[ValueError], ...] = ()) -> T:
    """Run the action; a slip of the caller's (ValueError, but for some kinds) becomes a usage error of one sentence."""
    try:
        return action()
    except but:
        raise
    except ValueError as slip:
        raise click.UsageError(" ".join(str(slip).split())) from slip


def _end(text: str, ctx: click.Context, param: click.Parameter) -> Fraction:
    if _DECIMAL.fullmatch(text):
        return Fraction(text)
    if (ratio := _RATIO.fullmatch(text)) and int(ratio[2]) != 0:
        return Fraction(int(ratio[1]), int(ratio[2]))
    if text.lower().lstrip("+-") in {"inf", "infinity", "nan", "oo"}:
        message = f"an end of the interval is {clip(text)}: both ends must be finite numbers"
    else:
        message = f"{clip(text)} is not the end of an interval: give a number such as -1, 0.5 or 1/3"
    raise click.BadParameter(message, ctx, param)
