"""The group rational of Kolmogorov–Arnold transformers: what its published numbers are, read in three ways.

A layer has one numerator for all groups of channels, and a denominator for each: 1 + |Σ b_k x^k| where the numbers were
fitted, 1 + Σ |b_k||x|^k in the GPU kernels, 1 + Σ |b_k| x^k on the CPU path.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy

from ratapprox import Piecewise, Rational, certify, gain, read_coefficients
from ratapprox.algebraic import Algebraic
from ratapprox.claims import Evidence, certified, claim, proved
from ratapprox.expressions import pretty
from ratapprox.forms import Form
from ratapprox.sturm import count_real_roots

SOURCE = "Yang, Wang, Kolmogorov–Arnold Transformer, 2024, and its init.json (as FlashKAT has it)"
FITTED_OTHERWISE = ("gelu", "geglu", "swishglu", "erfc_Softplus_2")
MODES = ("leaky_relu", "tanh", "sigmoid", "relu", "gelu_old", "gelu", "swish", "geglu", "swishglu", "leaky_relu_0.1")
READINGS = ("as fitted", "on the GPU", "on the CPU")


def readings(mode: str) -> list[Rational | Piecewise]:
    """The exact functions of a mode: as fitted, on the GPU, on the CPU; of one piece or several."""
    gpu, cpu = read_coefficients(f"kat:{mode}")
    assert isinstance(gpu.fitted, Form)
    return [gpu.fitted.function(), gpu.function(), cpu.function()]


def errors(mode: str) -> list[tuple[Fraction, Fraction]]:
    """Their errors against the mode's target on its interval, enclosed."""
    entry = read_coefficients(f"kat:{mode}")[0]
    assert entry.target is not None
    assert entry.on is not None
    found = [certify(r, entry.target, entry.on, tolerance=1e-3) for r in readings(mode)]
    return [(Fraction(c.error_lower), Fraction(c.error_upper)) for c in found]


# -- the form ----------------------------------------------------------------------------------------------------------


@claim(
    "group_rational.identity",
    "The first rational of a block begins as the identity, exactly and however it is read",
    source=SOURCE,
    rows=["D"],
    mutants=[{"mode": "tanh"}, {"line": 2}],
)
def identity(mode: str = "identity", line: int = 1) -> Evidence:
    found = readings(mode)
    same = [r == Rational([0, line]) for r in found]
    return proved(
        all(same),
        "p = x, and b = 0 makes every denominator 1" if all(same) else "it is not the same function",
        *(f"{reading}: {r}" for reading, r in zip(READINGS, found, strict=True)),
    )


@claim(
    "group_rational.one_numerator",
    "With one numerator for all groups and positive denominators no two groups of a layer ever differ in sign, and all "
    "have the same zeros",
    source="derived here",
    rows=["D"],
    assumptions=["read as fitted or as on the GPU; on the CPU a denominator may be negative"],
    mutants=[{"floor": -1}],
)
def one_numerator(floor: int = 1) -> Evidence:
    p = sympy.Symbol("p", real=True)
    u, v = sympy.symbols("u v", nonnegative=True)
    product = sympy.factor(p / (floor + u) * (p / (floor + v)))
    positive = all(c > 0 for c in sympy.Poly(sympy.expand(sympy.denom(product)), u, v).coeffs())
    return proved(
        positive,
        "the product of two groups' values is p² over a positive number"
        if positive
        else "the denominators may be negative",
        f"u, v the sums of the two denominators: their product is {pretty(product)}",
        "so one group cannot rise where another falls through 0: groups differ by positive factors alone",
    )


@claim(
    "group_rational.tails",
    "A rational of type (5, 4) in the GPU's reading has one slope at −∞ and +∞: none of the published modes for ReLU, "
    "GELU and SiLU has the tails of its target",
    source="derived here",
    rows=["D"],
    mutants=[{"modes": ("identity",)}],
)
def tails(modes: Sequence[str] = ("relu", "gelu", "gelu_old", "swish")) -> Evidence:
    steps, wrong = [], []
    for mode in modes:
        left, right = (tail.slope for tail in readings(mode)[1].limits())
        steps.append(f"{mode}: slope {float(left):.6g} at −∞, {float(right):.6g} at +∞, its target 0 and 1")
        wrong += [] if left == right and left not in (0, 1) else [mode]
    return proved(
        not wrong,
        "the slopes are p₅/|b₄| at both ends" if not wrong else f"not so for {', '.join(wrong)}",
        *steps,
    )


# -- the numbers -------------------------------------------------------------------------------------------------------


@claim(
    "group_rational.gelu",
    "The published numbers for GELU, the usual mode, are within 0.003 of it on [−3, 3]",
    source=SOURCE,
    kind="certified",
    rows=["D"],
    assumptions=["the programs that evaluate them read another denominator than the one that they were fitted with"],
    expected="holds when",
    mutants=[{"within": "0.002"}, {"mode": "swish"}],
)
def gelu(within: str = "0.003", mode: str = "gelu") -> Evidence:
    found = errors(mode)
    near = [high <= Fraction(within) for _, high in found]
    far = [low > Fraction(within) for low, _ in found]
    told = [f"{where}: {float(high):.4g}" for where, (_, high) in zip(READINGS, found, strict=True)]
    if all(near) or not near[0] or not all(far[1:]):
        return certified(all(near), f"errors on [−3, 3]: {', '.join(told)}")
    return certified(
        "holds when",
        f"read as they were fitted; what the GPU kernels and the CPU path evaluate is "
        f"{float(min(low for low, _ in found[1:]) / found[0][1]):.0f} times as far away",
        *told,
    )


@claim(
    "group_rational.readings",
    "The GPU's reading of the published numbers has the error of the fitted one",
    source=SOURCE,
    kind="certified",
    rows=["D"],
    expected="holds when",
    mutants=[{"other": ("gelu",)}, {"factor": 400}],
)
def read_alike(other: Sequence[str] = FITTED_OTHERWISE, factor: int = 300) -> Evidence:
    steps, alike = [], []
    for mode in (*MODES, "erfc_Softplus_2"):
        (_, fitted), (gpu_low, gpu), (_, cpu) = errors(mode)
        same = gpu <= fitted * (1 + Fraction(1, 100)) and fitted <= gpu * (1 + Fraction(1, 100))
        apart = gpu_low > factor * fitted
        alike += [mode] if same else []
        steps.append(f"{mode}: {float(fitted):.4g} as fitted, {float(gpu):.4g} on the GPU, {float(cpu):.4g} on the CPU")
        if not same and not apart:
            return certified(False, f"{mode}: the errors are less than {factor} times apart", *steps)
    expected = [mode for mode in (*MODES, "erfc_Softplus_2") if mode not in other]
    return certified(
        "holds when" if alike == expected else False,
        f"not for {', '.join(other)}, fitted with |Σ b_k x^k|, where it is more than {factor} times as large",
        *steps,
    )


@claim(
    "group_rational.poles",
    "On the CPU path the published numbers have no pole",
    source=SOURCE,
    rows=["D"],
    expected="fails",
    mutants=[{"form": "kat-gpu"}],
)
def poles(form: str = "kat-cpu") -> Evidence:
    found = {}
    for mode in (*MODES, "erfc_Softplus_2"):
        (entry,) = (each for each in read_coefficients(f"kat:{mode}") if each.form_name == form)
        found[mode] = _real_poles(entry.function())
    having = {mode: count for mode, count in found.items() if count}
    return proved(
        not having,
        "real poles: " + (", ".join(f"{count} of {mode}" for mode, count in having.items()) or "none"),
        "1 + Σ |b_k| x^k, without | | about x, may vanish for x < 0",
        "counted by Sturm sequences, exactly, on the real line",
    )


def _real_poles(r: Rational | Piecewise) -> int:
    """Zeros of the denominators, each on the closed interval of its piece, whose ends are fractions."""
    count = 0
    for low, high, piece in ((None, None, r),) if isinstance(r, Rational) else r.intervals():
        assert not isinstance(low, Algebraic)
        assert not isinstance(high, Algebraic)
        q = piece.exact().polynomials()[1]
        count += count_real_roots(q, low, high) if q.degree() > 0 else 0
    return count


@claim(
    "group_rational.gains",
    "The gains in the program, 2.3567850379928976 for GELU and 2.8178205270359653 for SiLU, are those of what it "
    "evaluates",
    source=SOURCE,
    kind="certified",
    rows=["D"],
    expected="fails",
    mutants=[{"within": "1/2"}],
)
def gains(within: str = "1/10000") -> Evidence:
    steps, near = [], []
    for mode, target in (("gelu", "gelu"), ("swish", "silu")):
        written = read_coefficients(f"kat:{mode}")[0].gain
        assert written is not None
        stated = Fraction(written)
        exact, evaluated = (gain(f).forward for f in (target, readings(mode)[1]))
        ratios = [stated / Fraction(g.lower) - 1 for g in (exact, evaluated)]
        near += [abs(r) <= Fraction(within) for r in ratios]
        steps.append(
            f"{mode}: stated {float(stated):.10f}; exact for {target} {float(exact):.10f}, {float(ratios[0]):+.2%}; "
            f"for what the GPU evaluates {float(evaluated):.10f}, {float(ratios[1]):+.2%}"
        )
    return certified(
        all(near),
        f"they are {'within' if all(near) else 'farther than'} {within} of the exact gains 1/E[f(Z)²], relatively",
        *steps,
    )
