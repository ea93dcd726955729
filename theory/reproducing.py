"""Reproducing activation functions: which tools of approximation small networks of them are, exactly.

A unit takes an affine combination t of its inputs and returns a·t + b·t² + c·sin(t) + d·exp(−t²): the basis
{x, x², sin(βx), exp(−(βx)²)}, the frequencies β being part of the affine combination's weights. A layer is a list of
units, and the output an affine combination of the last ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil, log2

import sympy

from ratapprox.claims import Evidence, claim, proved
from ratapprox.expressions import pretty

SOURCE = "Liang, Lyu, Wang, Yang, Reproducing activation function for deep learning, CMS 22 (2024)"
REPRODUCE = "Armed with RAFs, neural networks (NNs) can reproduce traditional approximation tools"
TOOLS = "polynomials, Fourier basis, wavelets, radial basis functions"
"""The paper's keywords."""
x, y = sympy.symbols("x y", real=True)

Unit = Callable[[sympy.Expr], sympy.Expr]
BASIS: Mapping[str, Unit] = {
    "linear": lambda t: t,
    "square": lambda t: t**2,
    "sine": sympy.sin,
    "gauss": lambda t: sympy.exp(-(t**2)),
}
Layer = Sequence[tuple[str, sympy.Expr]]
"""Each unit: its basic function, and the affine combination of the layer's inputs h0, h1, … that it is given."""


def inputs(count: int) -> tuple[sympy.Symbol, ...]:
    """The symbols h0, h1, … that stand for the outputs of the layer before."""
    found: tuple[sympy.Symbol, ...] = sympy.symbols(f"h:{count}", real=True)
    return found


def network(values: Sequence[sympy.Expr], layers: Iterable[Layer], output: sympy.Expr) -> sympy.Expr:
    """What the network computes of the values; ValueError for a combination that is not affine."""
    for layer in layers:
        names = inputs(len(values))
        for _, combination in layer:
            if sympy.Poly(combination, *names).total_degree() > 1:
                raise ValueError(f"{combination} is not affine in {', '.join(map(str, names))}")
        at = dict(zip(names, values, strict=True))
        values = [BASIS[kind](combination.xreplace(at)) for kind, combination in layer]
    names = inputs(len(values))
    if sympy.Poly(output, *names).total_degree() > 1:
        raise ValueError(f"the output {output} is not affine")
    return output.xreplace(dict(zip(names, values, strict=True)))


def product(left: sympy.Expr, right: sympy.Expr) -> tuple[list[tuple[str, sympy.Expr]], Callable[..., sympy.Expr]]:
    """Two units whose outputs give left·right: (l + r)² and (l − r)², and the combination of these."""
    return [("square", left + right), ("square", left - right)], lambda p, m: (p - m) / 4


@claim(
    "reproducing.product",
    "Two RAF units compute xy exactly, ((x + y)² − (x − y)²)/4, and no network with one hidden unit does, whatever its "
    "activation function",
    source=SOURCE,
    rows=["B1"],
    quotes=[REPRODUCE, TOOLS],
    mutants=[{"scale": 2}, {"kind": "gauss"}],
)
def computes_product(scale: int = 4, kind: str = "square") -> Evidence:
    h0, h1 = inputs(2)
    found = network([x, y], [[(kind, h0 + h1), (kind, h0 - h1)]], (h0 - h1) / scale)
    f, (a, b) = sympy.Function("f"), sympy.symbols("a b")
    ridge = f(a * x + b * y)
    rank_one = sympy.simplify(sympy.hessian(ridge, (x, y)).doit().det())
    rank_two = sympy.hessian(x * y, (x, y)).det()
    return proved(
        sympy.expand(found - x * y) == 0 and rank_one == 0 and rank_two != 0,
        f"the network computes {pretty(sympy.expand(found))}",
        f"two units, one output: {pretty(found)} = {pretty(sympy.expand(found))}",
        f"one unit f(ax + by) has a Hessian of determinant {rank_one}, that of xy has the determinant {rank_two}",
    )


@claim(
    "reproducing.polynomials",
    "Networks of linear and square units compute every polynomial of degree n exactly, with ⌈log₂ n⌉ hidden layers",
    source=SOURCE,
    rows=["B1"],
    quotes=[REPRODUCE, TOOLS],
    mutants=[{"scale": 2}, {"layers": 1}],
)
def polynomials(degrees: tuple[int, ...] = (2, 3, 5, 8), scale: int = 4, layers: int | None = None) -> Evidence:
    """Powers by doubling: from x, …, xᵐ a layer makes xᵐ⁺¹, …, x²ᵐ as products of two of them."""
    i, j = sympy.symbols("i j", positive=True, integer=True)
    X = sympy.Symbol("X", positive=True)
    step = sympy.simplify(sympy.expand(((X**i + X**j) ** 2 - (X**i - X**j) ** 2) / scale - X ** (i + j)))
    built = [power_network(degree, scale, ceil(log2(degree)) if layers is None else layers) for degree in degrees]
    return proved(
        step == 0 and all(difference == 0 for _, difference in built),
        "; ".join(
            f"degree {degree}: layers of {', '.join(map(str, widths))} units"
            + ("" if gap == 0 else ", terms are missing")
            for degree, (widths, gap) in zip(degrees, built, strict=True)
        ),
        f"((xⁱ + xʲ)² − (xⁱ − xʲ)²)/{scale} − xⁱ⁺ʲ = {pretty(step)}: each layer doubles the degree",
        *(
            f"degree {degree}: the network, multiplied out, minus c₀ + c₁x + … is {pretty(gap)}"
            for degree, (_, gap) in zip(degrees, built, strict=True)
        ),
    )


def power_network(degree: int, scale: int, depth: int) -> tuple[list[int], sympy.Expr]:
    """The widths of a network for c₀ + c₁x + … + cₙxⁿ, and what it computes minus that."""
    coefficients = sympy.symbols(f"c:{degree + 1}")
    target = sum(a * x**k for k, a in enumerate(coefficients))
    plan, widths, powers = [], [], [inputs(1)[0]]  # powers[k]: x^(k+1) as a combination of the layer before
    for _ in range(depth):
        layer: list[tuple[str, sympy.Expr]] = []
        combinations: list[sympy.Expr] = []
        reached = min(degree, 2 * len(powers))
        width = len(powers) + 2 * (reached - len(powers))
        names = inputs(width)
        for k in range(1, reached + 1):
            if k <= len(powers):
                combinations.append(names[len(layer)])
                layer.append(("linear", powers[k - 1]))
            else:
                units, _ = product(powers[k // 2 - 1], powers[k - k // 2 - 1])
                combinations.append((names[len(layer)] - names[len(layer) + 1]) / scale)
                layer += units
        plan.append(layer)
        widths.append(width)
        powers = combinations
    found = network([x], plan, coefficients[0] + sum(a * p for a, p in zip(coefficients[1:], powers, strict=False)))
    return widths, sympy.expand(found - target)


@claim(
    "reproducing.chebyshev",
    "The Chebyshev polynomial of degree 2ᵏ is a network of k layers with one square unit each",
    source="derived here; what a deep network of RAFs saves",
    rows=["B1", "B2"],
    quotes=["approximate target functions with a smaller number of parameters than traditional NNs"],
    mutants=[{"shift": 0}, {"layers": 3}],
)
def chebyshev(layers: int = 4, shift: int = -1) -> Evidence:
    h0 = inputs(1)[0]
    plan: list[Layer] = [[("square", h0)]] + [[("square", 2 * h0 + shift)] for _ in range(layers - 1)]
    found = sympy.expand(network([x], plan, 2 * h0 + shift))
    t, n = sympy.symbols("t n", real=True)
    doubling = sympy.simplify(2 * sympy.cos(n * t) ** 2 + shift - sympy.cos(2 * n * t))
    return proved(
        doubling == 0 and sympy.expand(found - sympy.chebyshevt(16, x)) == 0,
        f"{layers} units, {3 * layers - 1} numbers: degree {sympy.degree(found, x)}",
        f"T₂(x) = {pretty(sympy.chebyshevt(2, x))}, and 2·Tₙ² − 1 = T₂ₙ, since Tₙ(cos t) = cos(nt):",
        f"2·cos²(nt) − 1 − cos(2nt) = {doubling}",
        f"{layers} layers: {pretty(found)}",
    )


@claim(
    "reproducing.fourier",
    "One sine unit with a bias is any Fourier mode, A·sin(k·x + φ) = a·cos(k·x) + b·sin(k·x), in any dimension",
    source=SOURCE,
    rows=["B1"],
    quotes=[REPRODUCE, TOOLS],
    mutants=[{"kind": "square"}, {"turned": -1}],
)
def fourier(kind: str = "sine", turned: int = 1) -> Evidence:
    k, m, A, phase = sympy.symbols("k m A phi", real=True)
    h0, h1 = inputs(2)
    (out,) = inputs(1)
    found = network([x, y], [[(kind, k * h0 + m * h1 + turned * phase)]], A * out)
    a, b = A * sympy.sin(phase), A * sympy.cos(phase)
    wave = k * x + m * y
    difference = sympy.simplify(sympy.expand_trig(found - a * sympy.cos(wave) - b * sympy.sin(wave)))
    length = sympy.simplify(a**2 + b**2)
    return proved(
        difference == 0 and length == A**2,
        "with A = √(a² + b²) and φ the angle of (b, a)" if difference == 0 else f"they differ by {difference}",
        f"unit: {pretty(found)}",
        f"minus A·sin(φ)·cos(kx + my) + A·cos(φ)·sin(kx + my): {pretty(difference)}",
        f"(A·sin φ)² + (A·cos φ)² = {pretty(length)}",
    )
