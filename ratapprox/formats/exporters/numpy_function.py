"""A Python function that needs NumPy alone."""

from __future__ import annotations

from ratapprox.formats.exporters.source import Source


def write(source: Source) -> str:
    """The text of a module with one function of x, a number or an array of any shape.

    The result has the dtype of x where that is a floating one, else float64; the work is done in the wider one of that
    and the source's, so that a float16 array is worked on in float32 when the source has float32.
    """
    p, q = source.coefficients()
    m, n = source.type
    switch = source.switch()
    lines = ["import numpy as np", "", "", f"def {source.name}(x):", *_docstring(source)]
    lines += [
        "    x = np.asarray(x)",
        "    kind = x.dtype if np.issubdtype(x.dtype, np.floating) else np.dtype(np.float64)",
        f"    x = x.astype(np.result_type(kind, np.{source.dtype}), copy=False)",
        "    c = x.dtype.type",
        '    with np.errstate(all="ignore"):',
    ]
    if m == n == 0:
        lines += [f"        value = np.where(np.isnan(x), x, c({p[0] / q[0]!r}))"]
    elif n == 0:
        lines += [f"        value = {_quotient(p, q, 'x')}"]
    else:
        power = " * x" * (m - n) + " * t" * (n - m)
        lines += [
            f"        inside = np.abs(x) <= c({switch!r})",
            "        t = c(1) / np.where(inside, c(1), x)",
            f"        outer = {_quotient(p[::-1], q[::-1], 't')}{power}",
            "        x = np.where(inside, x, c(0))",
            f"        value = np.where(inside, {_quotient(p, q, 'x')}, outer)",
        ]
    return "\n".join([*lines, "    return value.astype(kind, copy=False)[()]", ""])


def _quotient(p: tuple[float, ...], q: tuple[float, ...], x: str) -> str:
    above = _horner(p, x)
    return above if q == (1.0,) else f"({above}) / ({_horner(q, x)})"


def _horner(coefficients: tuple[float, ...], x: str) -> str:
    """((c_n * x + c_{n-1}) * x + ...) * x + c_0; factors of 1 and terms of 0 are left out."""
    text = f"c({coefficients[-1]!r})"
    for k, c in enumerate(coefficients[-2::-1]):
        text = x if k == 0 and coefficients[-1] == 1 else f"({text}) * {x}" if " + " in text else f"{text} * {x}"
        text += f" + c({c!r})" if c else ""
    return text


def _docstring(source: Source) -> list[str]:
    notes = [note.replace("\\", "\\\\").replace('"', '\\"') for note in source.notes]
    return [f'    """{notes[0]}', "", *(f"    {note}" for note in notes[1:]), '    """']
