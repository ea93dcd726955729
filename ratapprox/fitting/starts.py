"""Initial references, in the order in which they are tried.

* Clustered at kinks and singular ends: where f behaves like |x − κ|, alternation points approach κ exponentially with
  tapering density, x = κ ± L·exp(−S(1 − √(k/K))), S ≈ π√K ([Sta93] for the rate, [TNW21] for the taper).
* One end and Chebyshev extrema of the far part: for more poles than zeros.
* Chebyshev extrema: right for smooth functions (Bernstein: a small error curve looks like a Chebyshev polynomial).
* Continuation: the alternation points of a smaller type, stretched to the larger one as a distribution function.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ratapprox.fitting.problem import Floats, Problem


def chebyshev(problem: Problem) -> Floats:
    """The extrema of the Chebyshev polynomial of degree m + n + 1, in t, as points x (Remez 1934)."""
    count = problem.needed
    lower, upper = problem.float_ends()
    if not problem.squared:
        return lower + (upper - lower) * (0.5 - 0.5 * np.cos(np.pi * np.arange(count) / (count - 1)))
    if problem.odd:  # t = 0 carries no weight: the positive half of an even number of extrema
        return lower + (upper - lower) * np.sin(np.pi * (2 * np.arange(count) + 1) / (4 * count - 2))
    return lower + (upper - lower) * np.sin(0.5 * np.pi * np.arange(count) / (count - 1))


def one_sided(problem: Problem, share: float) -> Floats:
    """One end, and Chebyshev extrema of the `share` of the interval at the other end; a negative share means the left
    part.

    A rational with more poles than zeros is small on one side and busy on the other, and so is its alternation.
    """
    lower, upper = problem.float_ends()
    count = problem.needed - 1
    far = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / max(count - 1, 1))
    if share > 0:
        return np.concatenate([[lower], upper - share * (upper - lower) * (1 - far)])
    return np.concatenate([lower - share * (upper - lower) * far, [upper]])


def clustered(problem: Problem, anchors: Sequence[float], steepness: float = 1.0, *, at: bool = True) -> Floats | None:
    """Points that cluster exponentially at the anchors, both sides; None when the type is too small to serve them all.

    steepness multiplies S: 1 suits |x − κ|, 2 and more suit weaker singularities such as the root of x. at: whether
    the anchors themselves belong to the reference.
    """
    lower, upper = problem.float_ends()
    places = sorted(set(anchors))
    bounds = [lower, *places, upper]
    arms: list[tuple[float, float]] = []
    for i, place in enumerate(places):
        for side in (bounds[i], bounds[i + 2]):
            if side != place:
                shared = side in places
                arms.append((place, (side - place) * (0.5 if shared else 1.0)))
    keep = [place for place in places if at and not (problem.odd and place == float(problem.center))]
    count = problem.needed - len(keep)
    if count < len(arms):
        return None
    shares = np.full(len(arms), count // len(arms))
    widths = np.array([abs(length) for _, length in arms])
    shares[np.argsort(-widths, kind="stable")[: count - shares.sum()]] += 1
    points = list(keep)
    for (place, length), share in zip(arms, shares.tolist(), strict=True):
        depth = max(steepness * np.pi * np.sqrt(share) - 2.0, 0.5)
        inside = lower < place + length < upper
        k = np.arange(1, share + 1) / (share + (0.5 if inside else 0.0))
        points.extend((place + length * np.exp(-depth * (1 - np.sqrt(k)))).tolist())
    x = np.unique(np.clip(points, lower, upper))
    return x if len(x) == problem.needed else None


def stretched(problem: Problem, reference: Sequence[float]) -> Floats:
    """The reference of another type as a start for this one: its distribution function, linearly interpolated.

    Between two points of which one is much nearer to a cluster the interpolation is geometric, so that a cluster stays
    one.
    """
    old = np.asarray(reference, dtype=float)
    place = np.linspace(0, len(old) - 1, problem.needed)
    anchors = [*problem.float_ends(), *problem.float_kinks()]
    out = np.empty(problem.needed)
    for i, s in enumerate(place.tolist()):
        j = min(int(s), len(old) - 2)
        u, a, b = s - j, old[j], old[j + 1]
        anchor = min(anchors, key=lambda v: min(abs(v - a), abs(v - b)))
        da, db = a - anchor, b - anchor
        if da * db > 0 and max(da / db, db / da) > 3:
            out[i] = anchor + np.sign(da) * np.exp((1 - u) * np.log(abs(da)) + u * np.log(abs(db)))
        else:
            out[i] = a + u * (b - a)
    return out


def initial_references(problem: Problem) -> list[tuple[str, Floats]]:
    """The references that need no other fit, with their names, the likeliest first."""
    kinks = problem.float_kinks()
    candidates: list[tuple[str, Floats | None]] = []
    if kinks:
        at = ("clustered at the kinks", clustered(problem, kinks))
        beside = ("clustered beside the kinks", clustered(problem, kinks, at=False))
        even_shares = len(kinks) % 2 == problem.needed % 2
        candidates += [at, beside] if even_shares else [beside, at]
    ends, steepness = singular_ends(problem)
    if ends:
        candidates.append(("clustered at the singular ends", clustered(problem, ends, steepness)))
    candidates.append(("Chebyshev extrema", chebyshev(problem)))
    if kinks:
        candidates.append(("clustered gently beside the kinks", clustered(problem, kinks, 0.75, at=False)))
        candidates.append(("clustered gently at the kinks", clustered(problem, kinks, 0.6)))
    if problem.n > problem.m and problem.needed > 2:
        for share in (0.32, 0.15, -0.32, -0.15):
            candidates.append(("one end and the far part", one_sided(problem, share)))
    return [(name, x) for name, x in candidates if x is not None]


def singular_ends(problem: Problem) -> tuple[list[float], float]:
    """Ends where f behaves like a power α < 1 of the distance, and the steepness √(2/α) that suits the smallest α.

    Two difference quotients tell: f(a + δ) − f(a) ~ δ^α.
    """
    lower, upper = problem.float_ends()
    width = upper - lower
    ends, least = [], 1.0
    for end, inward in ((lower, width), (upper, -width)):
        if problem.squared and end == lower:
            continue
        f, _ = problem.floats(np.array([end, end + 1e-3 * inward, end + 1e-6 * inward]))
        far, near = abs(f[1] - f[0]), abs(f[2] - f[0])
        if near > 0 and far > 0:
            alpha = np.log(far / near) / np.log(1e3)
            if 0.02 < alpha < 0.92:
                ends.append(end)
                least = min(least, alpha)
    return ends, float(np.sqrt(2 / least))
