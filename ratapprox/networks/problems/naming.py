"""How a problem is called: its name, and in brackets the parameters that are not the usual ones."""

from __future__ import annotations

from numbers import Real


def spelled(name: str, **parameters: tuple[float, float]) -> str:
    """The name of a problem from its (value, usual value) pairs.

    >>> spelled("audio", seconds=(0.5, 0.5), rate=(4000, 8000))
    'audio(rate=4000)'
    """
    unusual = [f"{key}={value!r}" for key, (value, usual) in parameters.items() if value != usual]
    return f"{name}({', '.join(unusual)})" if unusual else name


def within(what: str, value: float, lower: float, upper: float) -> float:
    """The value, a real number with lower ≤ value ≤ upper. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, Real) or not lower <= value <= upper:
        raise ValueError(f"{what} is a number between {lower:g} and {upper:g}, not {value!r}")
    return float(value)
