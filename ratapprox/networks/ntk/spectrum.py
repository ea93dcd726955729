"""The spectrum of a tangent kernel as a value that says all on which it depends."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk.conditioning import (
    Condition,
    better,
    certified,
    certified_eigenvalues,
    condition,
    eigenvalues,
    host,
    judged,
    measured,
)
from ratapprox.networks.ntk.infinite import InfiniteKernel
from ratapprox.networks.ntk.signals import KINDS, checked, counted

__all__ = ["Spectrum", "infinite_spectrum", "spectrum", "spectrum_during_training"]


@dataclass(frozen=True, repr=False)
class Spectrum:
    """Eigenvalues of K at some samples, effective ranks, the condition number, and what they belong to.

    eigenvalues: descending, those that stand clear of the rounding. unresolved: how many do not, all below `floor`.
    proved: whether balls prove the eigenvalues to 9 digits. entropy_rank: exp(-Σ p log p), p = λ/Σλ.
    participation_rank: (Σλ)²/Σλ². domain: where the samples are. parametrisation: "standard", the derivatives are by
    weights and biases themselves, or "NTK", by w where W = w/√d. kinds: the parameters that count.
    """

    eigenvalues: tuple[float, ...]
    unresolved: int
    floor: float
    proved: bool
    entropy_rank: float
    participation_rank: float
    condition: Condition
    samples: int
    domain: str
    widths: tuple[int, ...]
    activation: str
    initialisation: str
    parametrisation: str
    kinds: tuple[str, ...]

    @property
    def depth(self) -> int:
        """The number of hidden layers."""
        return len(self.widths) - 2

    def __repr__(self) -> str:
        net = f"{self.activation}, {'-'.join(map(str, self.widths))}, {self.initialisation}"
        found = f"log10 κ {self.condition.text()} ({self.condition.status}), effective rank {self.entropy_rank:.2f}"
        return f"Spectrum of {net}, at {self.samples} samples of {self.domain}: {found}"


def spectrum(
    net: Mlp,
    parameters: Any,
    x: Any,
    *,
    kinds: Collection[str] = KINDS,
    domain: str | None = None,
    initialisation: str = "parameters as given",
    certify: bool = False,
    time_limit: float | None = 60.0,
) -> Spectrum:
    """The spectrum of the tangent kernel at x (N, d_in) for flat parameters (P,), standard parametrisation.

    certify: prove all eigenvalues too, and the condition number even where float64 shows it. time_limit: seconds for
    each of the proofs. domain and initialisation: words that the value keeps.

    Raises `ValueError` for wrong shapes, numbers that are not finite, and more memory than there is.

    >>> from ratapprox.networks.units import unit
    >>> net = Mlp((1, 16, 1), unit("tanh"))
    >>> spectrum(net, np.sin(np.arange(net.size)), np.linspace(-1, 1, 4)[:, None])
    Spectrum of tanh, 1-16-1, parameters as given, at 4 samples of [-1, 1]: log10 κ = 3.41 (exact), effective rank 1.99
    """
    kinds = counted(net, kinds)
    checked(net, parameters, x)
    values, noise, method = eigenvalues(net, parameters, x, kinds=kinds)
    power = 2 if method.startswith("singular values") else 1
    clear = values > max(1e3 * np.finfo(np.float64).eps * values[0], 2 * noise)
    squares = np.maximum(values, 0.0) ** power
    floor = float((2 * noise + values[~clear].max(initial=0.0)) ** power)
    found, proved = tuple(float(v) for v in squares[clear]), False
    if certify:
        floats = measured(net, parameters, x, kinds=kinds, known=(values, noise, method))
        known = better(floats, certified(net, parameters, x, kinds=kinds, time_limit=time_limit))
        exact = certified_eigenvalues(net, parameters, x, kinds=kinds, bits=known.bits, time_limit=time_limit)
        if known.status == "certified" and exact is not None:
            found, proved = exact, True
    else:
        known = condition(net, parameters, x, kinds=kinds, time_limit=time_limit, known=(values, noise, method))
    entropy, participation = _ranks(np.array(found if proved else squares))
    return Spectrum(
        found,
        len(values) - len(found),
        0.0 if len(found) == len(values) else floor,
        proved,
        entropy,
        participation,
        known,
        len(x),
        domain or _box(host(x)),
        tuple(net.widths),
        " then ".join(dict.fromkeys(unit.name for unit in net.units)) or "linear",
        initialisation,
        "standard",
        kinds,
    )


def spectrum_during_training(net: Mlp, snapshots: Iterable[Any], x: Any, **options: Any) -> tuple[Spectrum, ...]:
    """The spectrum at x for each of several flat parameters (P,); options as for `spectrum`.

    >>> from ratapprox.networks.units import unit
    >>> net = Mlp((1, 8, 1), unit("tanh"))
    >>> steps = [np.sin(np.arange(net.size) + t) for t in (0, 1)]
    >>> [s.samples for s in spectrum_during_training(net, steps, np.array([[0.0], [1.0]]))]
    [2, 2]
    """
    return tuple(spectrum(net, parameters, x, **options) for parameters in snapshots)


def infinite_spectrum(kernel: InfiniteKernel, x: Any, widths: tuple[int, ...], activation: str) -> Spectrum:
    """The spectrum of the tangent kernel of infinite width; widths are those of the network that it stands for."""
    values = np.linalg.eigvalsh(kernel.ntk)[::-1]
    # a symmetric error moves no eigenvalue further than its norm, by Weyl's inequality
    noise = max(
        float(np.linalg.norm(kernel.ntk_error)), len(values) * float(np.finfo(np.float64).eps) * float(values[0])
    )
    clear = values > max(1e3 * np.finfo(np.float64).eps * values[0], 2 * noise)
    entropy, participation = _ranks(np.maximum(values, 0.0))
    found = tuple(float(v) for v in values[clear])
    floor = 0.0 if clear.all() else float(2 * noise + max(values[~clear].max(), 0.0))
    known = judged(values, noise, "eigenvalues of the kernel")
    kept = (widths, activation, kernel.says, "NTK", ("weights", "biases"))
    return Spectrum(
        found, int((~clear).sum()), floor, False, entropy, participation, known, len(x), _box(np.asarray(x)), *kept
    )


def _ranks(values: Any) -> tuple[float, float]:
    total = float(values.sum())
    if not total > 0:
        return 0.0, 0.0
    p = values[values > 0] / total
    return math.exp(-float((p * np.log(p)).sum())), 1 / float((p * p).sum())


def _box(x: Any) -> str:
    """The smallest box around the samples."""
    sides = [f"[{low:g}, {high:g}]" for low, high in zip(x.min(axis=0), x.max(axis=0), strict=True)]
    return sides[0] if len(sides) == 1 else f"{sides[0]}^{len(sides)}" if len(set(sides)) == 1 else " × ".join(sides)
