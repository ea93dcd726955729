"""What is trained when only a problem is named: small enough to be done in about a minute or two."""

from __future__ import annotations

from dataclasses import dataclass

from ratapprox.networks.problems import Problem

__all__ = ["ACTIVATIONS", "Usual", "usual"]

ACTIVATIONS = ("rational", "relu", "tanh", "sine")


@dataclass(frozen=True)
class Usual:
    """Hidden widths, training points (None: all that the problem has), optimiser, steps, seeds."""

    hidden: tuple[int, ...]
    samples: int | None
    optimiser: str
    steps: int
    seeds: int


_NAMED = {
    "kdv": Usual((24, 24, 24), 1000, "lbfgs", 200, 3),
    "two_soliton": Usual((24, 24, 24), 1000, "lbfgs", 200, 3),
    "image": Usual((32, 32), None, "adam", 200, 3),
    "image_inpainting": Usual((32, 32), None, "adam", 200, 3),
    "audio": Usual((32, 32), None, "adam", 200, 3),
    "video": Usual((32, 32), None, "adam", 200, 3),
    "singular": Usual((16, 16), 500, "lbfgs", 100, 3),
}
_KINDS = {
    "regression": Usual((16, 16), 256, "lbfgs", 300, 4),
    "residual": Usual((16, 16), 500, "lbfgs", 200, 3),
    "rayleigh": Usual((16, 16), 256, "lbfgs", 200, 4),
    "classification": Usual((32,), None, "adam", 200, 4),
}


def usual(asked: Problem) -> Usual:
    """The usual training of a problem. Raises ValueError for one that is not trained.

    >>> from ratapprox.networks.problems import problem
    >>> usual(problem("kdv"))
    Usual(hidden=(24, 24, 24), samples=1000, optimiser='lbfgs', steps=200, seeds=3)
    """
    if asked.kind not in _KINDS:
        raise ValueError(f"{asked.name} is not trained: it follows signals through layers that stay as drawn")
    return _NAMED.get(asked.name.partition("(")[0], _KINDS[asked.kind])
