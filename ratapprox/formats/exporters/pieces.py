"""A function of several rational pieces as it is about to be written: a source for each piece, and the cuts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ratapprox.breakpoints import Breakpoint, text
from ratapprox.coefficients import to_fmpq
from ratapprox.formats.exporters.naming import checked_name, plain
from ratapprox.formats.exporters.source import Source
from ratapprox.formats.piece_card import PieceCard
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational

NOT_PROVED = "not certified: what is said of cuts, continuity and poles is decided exactly, and no error is proved"

_KINDS: dict[str, type[np.floating[Any]]] = {"float16": np.float16, "float32": np.float32, "float64": np.float64}


@dataclass(frozen=True)
class PieceSource:
    """r = pieces[k] for cuts[k-1] <= x < cuts[k], each piece by the two programs of its own `Source`.

    NaN is left of no cut, so the last piece has it, and it stays NaN.

    Raises ValueError for a name that is no identifier, and where a function without a pole has one once it is rounded.

    Example:
        >>> of = piece_source(Piecewise([0], [Rational([0]), Rational([0, 1])]), name="ramp")
        >>> of.cuts("float32"), [each.name for each in of.sources]
        ((0.0,), ['ramp_0', 'ramp_1'])
    """

    name: str
    function: Piecewise
    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()
    card: PieceCard | None = None

    def __post_init__(self) -> None:
        checked_name(self.name)
        if self.function.poles():
            return
        for dtype in self.dtypes:
            parts = [of.coefficients(dtype) for of in self.sources]
            rounded = [Rational([*map(Fraction, p)], [*map(Fraction, q)]) for p, q in parts]
            if poles := Piecewise(self.function.breakpoints, rounded).poles():
                raise ValueError(f"rounded to {dtype}, the function has a pole at {poles[0].value.real:.6g}: choose"
                                 " another dtype")  # fmt: skip

    @property
    def form(self) -> str:
        """Of all pieces."""
        return self.sources[0].form

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Of all pieces, the first is the main one."""
        return self.sources[0].dtypes

    @property
    def type(self) -> tuple[int, int]:
        """The largest degrees of p and of q."""
        m, n = zip(*(of.type for of in self.sources), strict=True)
        return max(m), max(n)

    def cuts(self, dtype: str | None = None) -> tuple[float, ...]:
        """The first value of the dtype that is not left of each breakpoint: comparing with it is exact.

        Raises ValueError where two of them are the same, or one is beyond the dtype.
        """
        kind = dtype or self.dtypes[0]
        found = tuple(_first(t, _KINDS[kind]) for t in self.function.breakpoints)
        if len(set(found)) < len(found) or not all(map(math.isfinite, found)):
            raise ValueError(
                f"the pieces are too narrow or too far out for {kind}: choose another dtype"
            )
        return found

    def within(self) -> tuple[float, ...]:
        """A float64 inside of each piece at which its q is not 0: it stands for inputs that other pieces take."""
        places = []
        for of, (low, high, _) in zip(self.sources, self.function.intervals(), strict=True):
            a = float(low) if low is not None else float(high or 0) - 1
            b = float(high) if high is not None else float(low or 0) + 1
            _, q = of.rational.polynomials()
            places.append(next(x for x in (a + (b - a) / k for k in range(2, 999)) if q(to_fmpq(Fraction(x))) != 0))
        return tuple(places)


def piece_source(
    what: Piecewise | PieceCard,
    *,
    name: str | None = None,
    dtypes: tuple[str, ...] = ("float32",),
    form: str = "horner",
    proved: tuple[str, ...] = (NOT_PROVED,),
) -> PieceSource:
    """The source of a function of several pieces; what its numbers say of it is decided exactly.

    proved: what else is known of it, one-line sentences.
    """
    function = function_of(what)
    exact = function.exact()
    m, n = (max(sizes) for sizes in zip(*exact.types, strict=True))
    kept = checked_name(name or f"r_{m}_{n}_pieces")
    sources = tuple(Source(f"{kept}_{k}", piece, None, None, form, dtypes) for k, piece in enumerate(exact.pieces))
    cuts = ", ".join(text(t).replace("√", "sqrt ").replace("≈", "about ") for t in exact.breakpoints)
    poles = ", ".join(f"{pole.value.real:.6g}" for pole in exact.poles())
    notes = (
        f"r(x) in {len(sources)} pieces of type ({m}, {n}), cut at {cuts}",
        "continuous" if exact.continuous else "not continuous",
        f"poles on the real line: {poles}" if poles else "no pole on the whole real line",
        *proved,
    )
    card = what if isinstance(what, PieceCard) else None
    return PieceSource(kept, function, sources, tuple(map(plain, notes)), card)


def function_of(what: Piecewise | PieceCard) -> Piecewise:
    """The function itself, or that of a card."""
    return what.function if isinstance(what, PieceCard) else what


def _first(t: Breakpoint, kind: type[np.floating[Any]]) -> float:
    with np.errstate(over="ignore"):
        x = kind(float(t))
        while t > Fraction(float(x)):
            x = np.nextafter(x, kind(np.inf))
        while np.isfinite(before := np.nextafter(x, kind(-np.inf))) and not t > Fraction(float(before)):
            x = before
    return float(x)
