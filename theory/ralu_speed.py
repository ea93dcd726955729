"""The speed of RaLU: nanoseconds for an element beside ReLU, GELU, tanh and a (3, 2) rational, in one run.

The functions take turns in every round, and a round's ratio is of times next to each other: what else the machine does
falls on all of them. Times are those of the processor, one thread.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import thread_time
from typing import Any

import numpy as np

from ratapprox.claims import Evidence, claim, measured
from ratapprox.claims.value import Effort, Verdict
from ratapprox.networks.draws import Fixed
from ratapprox.networks.evaluate import forward
from ratapprox.networks.kernels import loops
from ratapprox.networks.statistics import PairedRatio, paired_ratio
from ratapprox.networks.units import unit

from ._paired import intervals, line, one_thread, side
from .ralu import SOURCE

FAST = "Therefore it is fast enough, although not as fast as ReLU."
ARITHMETIC = "It uses only basic arithmetic operations, no exponents or trigonometry."
FUNCTIONS = ("ralu", "relu", "gelu", "tanh", "rational")
ROUNDS: Mapping[Effort, int] = {"quick": 31, "full": 151}
PLANNED = "; ".join(f"{effort}: {rounds} rounds, which are paired" for effort, rounds in ROUNDS.items())
ELEMENTS: Mapping[str, int] = {"in the cache": 1 << 16, "in memory": 1 << 22}
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast")

P, Q = (0.0218, 0.5, 1.5957, 1.1915), 2.383  # as published: p₀ … p₃, and q = 1 + 2.383 x²
ALPHA = 4.0

# -- implementations: from arrays of inputs and results, a call for each function --------------------------------------

Calls = dict[str, Callable[[], Any]]


def written_in_numpy(x: np.ndarray, out: np.ndarray) -> Calls:
    """As one would write them, results into a given array, intermediate ones into fresh ones."""
    from scipy.special import erf

    one, half, alpha, root = (np.float32(v) for v in (1, 0.5, ALPHA, 0.5**0.5))
    a, b, c, d, q = (np.float32(v) for v in (*P, Q))

    def ralu() -> Any:
        u = x * x
        return np.divide(x * (u + alpha), u + one, out=out)

    return {
        "ralu": ralu,
        "relu": lambda: np.maximum(x, np.float32(0), out=out),
        "gelu": lambda: np.multiply(half * x, erf(x * root) + one, out=out),
        "tanh": lambda: np.tanh(x, out=out),
        "rational": lambda: np.divide(((d * x + c) * x + b) * x + a, q * x * x + one, out=out),
    }


def of_networks(x: np.ndarray, out: np.ndarray) -> Calls:
    """ratapprox.networks.evaluate: arithmetic is compiled by Numba, the others are NumPy's."""
    found: Calls = {}
    for name in FUNCTIONS:
        asked = unit(name)
        c = np.array([[draw.value for draw in asked.initial if isinstance(draw, Fixed)]], np.float32).reshape(1, -1)
        found[name] = partial(forward, asked, x.reshape(-1, 16), c, out=out.reshape(-1, 16))
    return found


@cache
def library() -> ctypes.CDLL:
    a, b, c, d = (f"{v}f" for v in P)
    bodies = {
        "ralu": "x[k] * (x[k] * x[k] + c) / (x[k] * x[k] + 1.0f)",
        "relu": "x[k] > 0 ? x[k] : 0",
        "gelu": f"0.5f * x[k] * (1.0f + erff({0.5**0.5:.9g}f * x[k]))",
        "tanh": "tanhf(x[k])",
        "rational": f"((({d} * x[k] + {c}) * x[k] + {b}) * x[k] + {a}) / ({Q}f * x[k] * x[k] + 1.0f)",
    }
    head = (
        "(const float *restrict x, float *restrict y, long n, float c)\n{ (void)c; for (long k = 0; k < n; ++k) y[k] = "
    )
    source = "#include <math.h>\n" + "".join(f"void run_{name}{head}{body}; }}\n" for name, body in bodies.items())
    with TemporaryDirectory() as folder:
        Path(folder, "go.c").write_text(source)
        words = ["gcc", *FLAGS, "-shared", "-fPIC", "go.c", "-o", "go.so", "-lm"]
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
        return ctypes.CDLL(str(Path(folder, "go.so")))


def in_c(x: np.ndarray, out: np.ndarray) -> Calls:
    """Loops of C, compiled by gcc for this processor; erff and tanhf are those of its library."""
    where = x.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p)
    arguments = (*where, ctypes.c_long(x.size), ctypes.c_float(ALPHA))
    return {name: partial(getattr(library(), f"run_{name}"), *arguments) for name in FUNCTIONS}


def implementations() -> dict[str, Callable[[np.ndarray, np.ndarray], Calls]]:
    found: dict[str, Callable[[np.ndarray, np.ndarray], Calls]] = {"NumPy": written_in_numpy}
    if loops.available():
        found["networks, Numba"] = of_networks
    if shutil.which("gcc"):
        found["C, gcc"] = in_c
    return found


# -- the run -----------------------------------------------------------------------------------------------------------


@cache
def times(effort: Effort) -> dict[str, dict[str, list[float]]]:
    """Nanoseconds for an element, a number for each round: by implementation and place, by function."""
    random, found = np.random.default_rng(0), {}
    with one_thread():
        for how, bound in implementations().items():
            for where, many in ELEMENTS.items():
                x = random.normal(size=many).astype(np.float32)
                out, calls = np.empty_like(x), max(1, (1 << 19) // many)
                functions = bound(x, out)
                rows: dict[str, list[float]] = {name: [] for name in FUNCTIONS}
                for k in range(-1, ROUNDS[effort]):  # the first round compiles and warms up
                    for name in FUNCTIONS:
                        began = thread_time()
                        for _ in range(calls):
                            functions[name]()
                        spent = (thread_time() - began) / (calls * many) * 1e9
                        if k >= 0:
                            rows[name].append(spent)
                found[f"{how}, {where}"] = rows
    return found


def told(effort: Effort, over: tuple[str, ...]) -> Evidence:
    """Whether the others take longer than RaLU (over), or RaLU longer than ReLU, everywhere."""
    every = times(effort)
    slower: dict[str, dict[str, PairedRatio]] = {
        where: {
            name: paired_ratio(rows[name], rows["ralu"], (name, "ralu"))
            if name != "relu"
            else paired_ratio(rows["ralu"], rows["relu"], ("ralu", "relu"))
            for name in over
        }
        for where, rows in every.items()
    }
    yes = [f"{r.over} over {r.under} in {where}" for where, of in slower.items() for r in of.values() if side(r) > 0]
    no = [f"{r.over} over {r.under} in {where}" for where, of in slower.items() for r in of.values() if side(r) <= 0]
    verdict: Verdict = "holds" if not no else "holds when" if yes else "fails"
    return measured(
        verdict,
        f"so in {len(yes)} of {len(yes) + len(no)} comparisons" + (f"; not so: {'; '.join(no)}" if no else ""),
        f"float32, normal inputs, {ROUNDS[effort]} rounds in turn, one thread, processor time; "
        f"{', '.join(f'{where} {many} elements' for where, many in ELEMENTS.items())}; the machine was shared",
        f"gcc {' '.join(FLAGS)}; Numba compiles RaLU, ReLU and the rational; tanh and GELU are NumPy's there",
        *(
            f"{where}, medians in ns: {', '.join(f'{name} {median(rows[name]):.3g}' for name in FUNCTIONS)}; "
            f"times as multiples: {line(slower[where])}"
            for where, rows in every.items()
        ),
        medians={where: {n: float(f"{median(v):.4g}") for n, v in rows.items()} for where, rows in every.items()},
        ratios={where: intervals(of) for where, of in slower.items()},
        rounds=ROUNDS[effort],
        elements=dict(ELEMENTS),
        flags=list(FLAGS),
    )


@claim(
    "ralu_speed.not_as_fast_as_relu",
    "RaLU takes longer than ReLU",
    source=SOURCE,
    kind="measured",
    rows=["C10"],
    quotes=[FAST],
    assumptions=[
        "refuted in an implementation where the interval of the ratio of times, RaLU to ReLU, reaches down to 1",
        PLANNED,
    ],
    expected="holds when",
)
def not_as_fast_as_relu(effort: Effort = "quick") -> Evidence:
    return told(effort, ("relu",))


@claim(
    "ralu_speed.fast_enough",
    "RaLU takes less time than GELU, tanh and a rational function of the same type (3, 2)",
    source=SOURCE,
    kind="measured",
    rows=["C10"],
    quotes=[FAST, ARITHMETIC],
    assumptions=[
        "refuted in an implementation where the interval of the ratio of times, another's to RaLU's, reaches 1",
        PLANNED,
    ],
    quick="holds when",
)
def fast_enough(effort: Effort = "quick") -> Evidence:
    return told(effort, ("gelu", "tanh", "rational"))
