"""A C header of ours: the assignments of the function in its widest type, followed line by line.

Only assignments of + − × ÷ to names are understood; nothing is compiled, and whatever else stands where an assignment
should is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ratapprox.formats.importers.arithmetic import Operations, X, as_published
from ratapprox.formats.importers.entry import CoefficientsError, Entry
from ratapprox.formats.importers.reading import finite, interval_text
from ratapprox.rational import Rational

__all__ = ["read", "recognised"]

_COMMENTS = ("/* r(x), double */\n", "/* r(x), float */\n")
"""What stands before the function, the widest type first."""

_SIGNATURE = re.compile(r"[^\n]{0,200} (\w{1,200})\((?:double|float) x\)\n\{\n", re.ASCII)
_IF = re.compile(r"^#if", re.MULTILINE)
_END = re.compile(r"^#endif", re.MULTILINE)
MOST_LINES = 5_000
_BRANCH = re.compile(r" *if \([^\n]*\) \{\n(.*?)\n *return y;", re.DOTALL)
_MACRO = re.compile(r"\w{1,220}_C\((-?0x[0-9a-f.]{1,20}p[+-]?\d{1,4})f?, [^()]{1,40}\)")
_TOKEN = re.compile(
    r"\s*(?:(0x[0-9a-f.]{1,20}p[+-]?\d{1,4}|\d[\d.]{0,40}(?:e[+-]?\d{1,4})?)f?|([a-z]\w{0,20})|([-+*/()]))"
)
_TARGET = re.compile(
    r"^ \* approximates (.{1,200}) on \[(\S{1,60}), (\S{1,60})\], type \((\d{1,4}), (\d{1,4})\)$", re.MULTILINE
)
_LINE = re.compile(r"(?:(?:double|float) )?([a-z]\w{0,20}) = ([^;=]{1,400});", re.ASCII)


def recognised(text: str) -> bool:
    """Whether a text has the comment that stands before the function."""
    return any(comment in text for comment in _COMMENTS)


def read(text: str, source: str) -> tuple[Entry, ...]:
    """The one entry, of the double function where there is one."""
    if len(_IF.findall(text)) != len(_END.findall(text)):
        raise CoefficientsError("a #if has no #endif: the file was cut off or changed; export it again")
    comment = next((comment for comment in _COMMENTS if comment in text), None)
    if comment is None:
        raise CoefficientsError("it has no function r(x) as the C export writes it")
    at = text.index(comment) + len(comment)
    if comment in text[at:]:
        raise CoefficientsError(f"it has two functions {comment.strip()}: leave one of them out")
    signature = _SIGNATURE.match(text, at)
    end = text.find("\n}\n", at)
    if signature is None or end < signature.end():
        raise CoefficientsError(
            f"the function behind {comment.strip()} is not whole: the file was cut off or changed; export it again"
        )
    name, body = signature[1], text[signature.end() : end]
    if body.count("\n") > MOST_LINES:
        raise CoefficientsError(f"its function has more than {MOST_LINES} lines, the most that are read")
    branch = _BRANCH.match(body)
    lines = (branch[1] if branch else body).split("\n")
    names: dict[str, Rational] = {"x": X}
    apply = Operations()
    for line in (line.strip() for line in lines):
        if line in ("return y;", "return isnan(x) ? x : y;"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise CoefficientsError(f"{line[:60]!r} is no assignment of sums, products and quotients")
        names[found[1]] = _expression(found[2], names, apply)
    if "y" not in names:
        raise CoefficientsError("its function assigns nothing to y")
    value = as_published(names["y"])
    target = _TARGET.search(text)
    if target is None:
        return (Entry(source, name, value, None, None, value.type),)
    on = interval_text(target[2], target[3])
    return (Entry(source, name, value, target[1], on, (int(target[4]), int(target[5]))),)


def _expression(text: str, names: Mapping[str, Rational], apply: Operations) -> Rational:
    """The rational function of an expression with the usual precedence."""
    tokens = _tokens(_MACRO.sub(r"(\1)", text))
    value, rest = _sum(tokens, names, apply)
    if rest:
        raise CoefficientsError(f"{text[:60]!r} is no expression of sums, products and quotients")
    return value


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise CoefficientsError(f"{text[at : at + 20]!r} is not understood")
        found.append(match[1] or match[2] or match[3])
        at = match.end()
    return found


def _sum(
    tokens: list[str], names: Mapping[str, Rational], apply: Operations, depth: int = 0
) -> tuple[Rational, list[str]]:
    value, tokens = _product(tokens, names, apply, depth)
    while tokens and tokens[0] in "+-":
        symbol = tokens[0]
        right, tokens = _product(tokens[1:], names, apply, depth)
        value = apply(symbol, value, right)
    return value, tokens


def _product(
    tokens: list[str], names: Mapping[str, Rational], apply: Operations, depth: int
) -> tuple[Rational, list[str]]:
    value, tokens = _atom(tokens, names, apply, depth)
    while tokens and tokens[0] in "*/":
        symbol = tokens[0]
        right, tokens = _atom(tokens[1:], names, apply, depth)
        value = apply(symbol, value, right)
    return value, tokens


def _atom(
    tokens: list[str], names: Mapping[str, Rational], apply: Operations, depth: int
) -> tuple[Rational, list[str]]:
    if not tokens or depth > 20:
        raise CoefficientsError("an expression ends too early, or is nested too deeply")
    first, rest = tokens[0], tokens[1:]
    if first == "-":
        value, rest = _atom(rest, names, apply, depth + 1)
        return apply("-", Rational([0]), value), rest
    if first == "(":
        value, rest = _sum(rest, names, apply, depth + 1)
        if not rest or rest[0] != ")":
            raise CoefficientsError("a bracket is not closed")
        return value, rest[1:]
    if first in names:
        return names[first], rest
    if first[0].isdigit():
        return Rational([float.fromhex(first) if first.startswith("0x") else finite(first)]).exact(), rest
    raise CoefficientsError(f"the name {first!r} has no value")
