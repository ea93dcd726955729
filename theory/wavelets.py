"""Radial basis functions and wavelets as networks of reproducing activation functions: what is exact, what is not."""

from __future__ import annotations

import sympy

from ratapprox.claims import Evidence, claim, proved
from ratapprox.expressions import pretty

from .reproducing import REPRODUCE, SOURCE, TOOLS, Layer, inputs, network, x, y


@claim(
    "wavelets.radial",
    "A Gaussian radial basis function in the plane is a network of two Gaussian units and two square units behind them",
    source=SOURCE,
    rows=["B1"],
    quotes=[REPRODUCE, TOOLS],
    mutants=[{"scale": 2}, {"kind": "square"}],
)
def radial(scale: int = 4, kind: str = "gauss") -> Evidence:
    p, q = sympy.symbols("p q", real=True)
    width = sympy.Symbol("w", positive=True)
    U, V = sympy.symbols("u v")
    h0, h1 = inputs(2)
    layers: list[Layer] = [
        [(kind, (h0 - p) / width), (kind, (h1 - q) / width)],
        [("square", h0 + h1), ("square", h0 - h1)],
    ]
    found = network([x, y], layers, (h0 - h1) / scale)
    target = sympy.exp(-((x - p) ** 2 + (y - q) ** 2) / width**2)
    difference = sympy.simplify(sympy.expand(sympy.expand(found) - sympy.expand(target), power_exp=False))
    return proved(
        difference == 0,
        "the product of two Gaussians by squares" if difference == 0 else "it is another function",
        "first layer: u = exp(−((x − p)/w)²), v = exp(−((y − q)/w)²)",
        f"second layer: ((u + v)² − (u − v)²)/{scale} = {pretty(sympy.Rational(4, scale) * U * V)}",
        "uv = exp(−((x − p)² + (y − q)²)/w²); one more product for each further dimension",
    )


@claim(
    "wavelets.no_shallow_radial",
    "No network with one hidden layer, of any finite width and with any smooth activation functions, is a Gaussian "
    "radial basis function in the plane",
    source="derived here: what depth is needed for",
    rows=["B1"],
    assumptions=["each unit is a smooth function of one affine combination of x and y, the output is affine"],
    mutants=[{"target": "x*y"}, {"target": "exp(-x**2)"}],
)
def no_shallow_radial(target: str = "exp(-x**2 - y**2)") -> Evidence:
    """n + 1 derivatives in fitting directions kill n units and a constant, but no Gaussian."""
    f = sympy.sympify(target, locals={"x": x, "y": y})
    g, (a, b, u, v) = sympy.Function("g"), sympy.symbols("a b u v", real=True)
    ridge = g(a * x + b * y)
    killed = sympy.simplify(b * sympy.diff(ridge, x) - a * sympy.diff(ridge, y))
    P = sympy.Function("P")(x, y)
    applied = sympy.expand((u * sympy.diff(P * f, x) + v * sympy.diff(P * f, y)) / f)
    gained = sympy.cancel((u * sympy.diff(f, x) + v * sympy.diff(f, y)) / f)
    rest = sympy.simplify(applied - gained * P - u * sympy.diff(P, x) - v * sympy.diff(P, y))
    top = sympy.Poly(gained, x, y) if gained.is_polynomial(x, y) else None
    raises = top is not None and top.total_degree() == 1 and _never_zero(top, u, v)
    return proved(
        killed == 0 and rest == 0 and raises,
        "each derivative raises the degree of the polynomial before the Gaussian by 1, so none of them ends at 0"
        if raises
        else f"derivatives of {pretty(f)} may vanish: this argument shows nothing",
        f"(b·∂x − a·∂y) g(ax + by) = {killed}: as many derivatives as units, and one for the constant, give 0",
        f"(u·∂x + v·∂y)(P·f) = (u·Px + v·Py + ({pretty(gained)})·P)·f for f = {pretty(f)} and a polynomial P",
        "the top part of P is multiplied by a linear form that is not 0 unless u = v = 0",
    )


def _never_zero(linear: sympy.Poly, u: sympy.Symbol, v: sympy.Symbol) -> bool:
    """Whether the coefficients of x and y both vanish for u = v = 0 alone."""
    coefficients = [linear.coeff_monomial(m) for m in (x, y)]
    return bool(sympy.Matrix([[part.coeff(w) for w in (u, v)] for part in coefficients]).rank() == 2)


@claim(
    "wavelets.mexican_hat",
    "The wavelet (1 − x²)exp(−x²/2) is a network of two hidden layers with two units each",
    source=SOURCE,
    rows=["B1"],
    quotes=[REPRODUCE, TOOLS],
    mutants=[{"scale": 2}, {"width": 1}],
)
def mexican_hat(scale: int = 4, width: int = 2) -> Evidence:
    h0, h1 = inputs(2)
    layers: list[Layer] = [
        [("square", inputs(1)[0]), ("gauss", inputs(1)[0] / sympy.sqrt(width))],
        [("square", 1 - h0 + h1), ("square", 1 - h0 - h1)],
    ]
    found = network([x], layers, (h0 - h1) / scale)
    hat = (1 - x**2) * sympy.exp(-(x**2) / 2)
    difference = sympy.simplify(sympy.expand(found) - sympy.expand(hat))
    whole = sympy.integrate(hat, (x, -sympy.oo, sympy.oo))
    return proved(
        difference == 0 and whole == 0,
        "the product of 1 − x² and a Gaussian by squares"
        if difference == 0
        else f"they differ by {pretty(difference)}",
        f"first layer: u = x², g = exp(−x²/{width})",
        f"second layer: ((1 − u + g)² − (1 − u − g)²)/{scale} = {pretty(found)}",
        f"∫ (1 − x²)exp(−x²/2) dx = {whole}",
    )


@claim(
    "wavelets.no_shallow_hat",
    "No network of RAF units with one hidden layer is the wavelet (1 − x²)exp(−x²/2); differences of two "
    "Gaussian units tend to it at every x",
    source="derived here: what is not exactly reproduced",
    rows=["B1"],
    mutants=[{"hat": "exp(-x**2/2)"}, {"hat": "exp(-x**2/2)*x**2 + x"}],
)
def no_shallow_hat(hat: str = "(1 - x**2)*exp(-x**2/2)") -> Evidence:
    """Each kind of unit is a solution of a linear equation D u = 0; no product of such D takes the wavelet to 0."""
    f = sympy.sympify(hat, locals={"x": x})
    g = sympy.exp(-(x**2) / 2)
    P = sympy.cancel(sympy.expand(f / g))
    if not P.is_polynomial(x):
        return proved(False, f"{pretty(f)} is no polynomial times exp(−x²/2): this argument shows nothing")
    a, b, k, w, n, z = (sympy.Symbol(name, real=True) for name in "abkwnz")
    unit = sympy.exp(-(a * x**2) + b * x)
    kills = [
        sympy.simplify(sympy.diff(unit, x) + (2 * a * x - b) * unit),
        sympy.simplify(sympy.diff(sympy.sin(w * x + z), x, 2) + w**2 * sympy.sin(w * x + z)),
        sympy.diff(1 + x + x**2, x, 3),
    ]
    # what the operators do to xⁿ·g: the coefficients by powers relative to xⁿ
    other = _relative(sympy.diff(x**n * g, x) + (2 * a * x - b) * x**n * g, g, n)
    plain = _relative(sympy.diff(x**n * g, x), g, n)
    wave = _relative(sympy.diff(x**n * g, x, 2) + w**2 * x**n * g, g, n)
    own = sympy.expand(sympy.diff(P, x))  # the operator of exp(−x²/2) itself, a = 1/2 and b = 0, applied first
    keeps = (
        other.coeff_monomial(x**2) == 2 * a - 1
        and other.coeff_monomial(x).subs(a, sympy.Rational(1, 2)) == -b
        and plain.coeff_monomial(x**2) == -1
        and wave.coeff_monomial(x**4) == 1
    )
    h = sympy.Symbol("h", positive=True)
    scaled = sympy.sqrt(1 / k) * sympy.exp(-(x**2) / (2 * k))
    pair = (scaled.subs(k, 1 - h) - scaled.subs(k, 1 + h)) / h
    near = sympy.simplify(sympy.limit(pair, h, 0) - (1 - x**2) * g)
    return proved(
        kills == [0, 0, 0] and own != 0 and keeps and near == 0,
        "the operators that take a finite sum of units to 0 take the wavelet to a polynomial ≠ 0 times exp(−x²/2)"
        if own != 0
        else f"{pretty(f)} is a unit itself",
        "(d/dx + 2ax − b) exp(−ax² + bx) = 0, (d²/dx² + w²) sin(wx + z) = 0, (d/dx)³ (c₀ + c₁x + c₂x²) = 0",
        f"first the one of exp(−x²/2) itself, d/dx + x: ({pretty(P)})·g becomes ({pretty(own)})·g ≠ 0",
        f"then the others, often enough: (d/dx + 2ax − b)(xⁿg) = ({pretty(2 * a - 1)})·xⁿ⁺¹g − b·xⁿg + n·xⁿ⁻¹g, and "
        "a = 1/2 has b ≠ 0; d/dx multiplies the top by −x, d²/dx² + w² by x²: what stands before g never becomes 0",
        "lim (k^(−1/2)·exp(−x²/(2k)) at k = 1 − h minus that at k = 1 + h)/h = (1 − x²)·exp(−x²/2) as h → 0",
    )


def _relative(expression: sympy.Expr, g: sympy.Expr, n: sympy.Symbol) -> sympy.Poly:
    """The coefficients of an expression (…)·xⁿ⁻ᵏ·g, times xᵏ for the least k that makes a polynomial."""
    found = sympy.expand(sympy.powsimp(sympy.expand(expression / (x**n * g))))
    lowest = sympy.fraction(sympy.together(found))[1]
    return sympy.Poly(sympy.expand(found * lowest), x)


@claim(
    "wavelets.difference_wavelet",
    "Two Gaussian units in one hidden layer are a wavelet, exp(−x²) − exp(−x²/4)/2, whose integral is 0",
    source=SOURCE,
    rows=["B1"],
    quotes=[REPRODUCE, TOOLS],
    mutants=[{"weight": "1"}],
)
def difference_wavelet(weight: str = "1/2") -> Evidence:
    (h,) = inputs(1)
    h0, h1 = inputs(2)
    share = sympy.Rational(weight)
    found = network([x], [[("gauss", h), ("gauss", h / 2)]], h0 - share * h1)
    whole, first = (sympy.integrate(found * x**k, (x, -sympy.oo, sympy.oo)) for k in (0, 1))
    return proved(
        whole == 0 and first == 0,
        f"its integral is {pretty(whole)}",
        f"ψ(x) = {pretty(found)}",
        f"∫ ψ dx = {pretty(whole)}, ∫ x·ψ dx = {pretty(first)}",
    )
