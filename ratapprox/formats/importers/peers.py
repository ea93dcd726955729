"""Rational activations that others publish, by name: their numbers as they are written in their sources."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from ratapprox.formats.importers import kat, rational_activations
from ratapprox.formats.importers.entry import CoefficientsError, Entry
from ratapprox.formats.importers.reading import built

__all__ = ["Peer", "is_peer", "peer_entries", "peers"]


@dataclass(frozen=True, slots=True)
class Peer:
    """A source of coefficients: its name, what it publishes, where (repository, commit, file), and its entries."""

    name: str
    says: str
    repository: str
    commit: str
    file: str
    entries: tuple[Entry, ...]


@cache
def peers() -> Mapping[str, Peer]:
    """Every peer by its name.

    >>> {name: len(peer.entries) for name, peer in peers().items()}
    {'kat': 24, 'flashkat': 12, 'rational_activations': 45, 'rationalnets': 4, 'rkan': 2}
    """
    document = json.loads(files("ratapprox.formats.importers").joinpath("peers.json").read_text("utf-8"))
    found = {}
    for value in document["peers"]:
        name = value["name"]
        source = f"{name}@{value['commit'][:7]}"
        entries = tuple(_READERS[value["kind"]](value, document["numbers"][value["numbers"]], source))
        found[name] = Peer(name, value["says"], value["repository"], value["commit"], value["file"], entries)
    return found


def is_peer(name: str) -> bool:
    """Whether the part before the first colon is the name of a peer.

    >>> is_peer("kat:gelu"), is_peer("kat.json")
    (True, False)
    """
    return name.partition(":")[0] in peers()


def peer_entries(name: str) -> tuple[Entry, ...]:
    """The entries of PEER or PEER:NAME, where NAME is the beginning of the entry's name, or has * in it.

    Raises CoefficientsError for a name that is unknown, with the nearest ones.

    >>> [entry.name for entry in peer_entries("kat:gelu")], len(peer_entries("rational_activations:A:*"))
    (['gelu:gpu', 'gelu:cpu'], 12)
    """
    peer, _, rest = name.partition(":")
    if peer not in peers():
        near = difflib.get_close_matches(peer[:80], list(peers()), n=1)
        raise CoefficientsError(f"there is no peer {peer[:40]!r}; known are {', '.join(peers())}" + _near(near))
    entries = peers()[peer].entries
    wanted = rest.replace(" ", "")
    found = tuple(e for e in entries if not wanted or e.name == wanted or e.name.startswith(f"{wanted}:"))
    if not found and "*" in wanted:
        found = tuple(e for e in entries if fnmatchcase(e.name, wanted.replace("[", "[[]")))
    if not found:
        names = [e.name for e in entries]
        near = difflib.get_close_matches(wanted[:80], names, n=3, cutoff=0.5)
        raise CoefficientsError(f"{peer} has no entry {rest[:60]!r}{_near(near)}; `ratapprox list peers` shows them")
    return found


def _near(names: list[str]) -> str:
    return f"; did you mean {' or '.join(map(repr, names))}?" if names else ""


def _kat(value: Mapping[str, Any], numbers: Mapping[str, Any], source: str) -> Iterator[Entry]:
    for entry in kat.read(numbers, source):
        if isinstance(entry, Entry) and entry.name.rpartition(":")[2] in value["programs"]:
            yield entry


def _rational_activations(value: Mapping[str, Any], numbers: Mapping[str, Any], source: str) -> Iterator[Entry]:
    yield from (entry for entry in rational_activations.read(numbers, source) if isinstance(entry, Entry))


def _lists(value: Mapping[str, Any], numbers: list[Mapping[str, Any]], source: str) -> Iterator[Entry]:
    """Plain numbers, highest power first, with the declared type, which the lists need not have."""
    for each in numbers:
        p, q = each["p"][::-1], each["q"][::-1]
        on = None if each["interval"] is None else tuple(map(Fraction, each["interval"]))
        form = built("plain", [float(c) for c in p], [float(c) for c in q])
        degrees = tuple(each["type"])
        remarks = tuple(each["remarks"])
        yield Entry(source, each["name"], form, each["target"], on, degrees, remarks=remarks)  # type: ignore[arg-type]


_READERS: Mapping[str, Callable[[Any, Any, str], Iterator[Entry]]] = {
    "kat": _kat,
    "rational_activations": _rational_activations,
    "lists": _lists,
}
