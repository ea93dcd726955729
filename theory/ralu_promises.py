"""Why RaLU in deep networks: what its description promises of means, dead units, the learned α and the cost.

What becomes of signals and gradients from layer to layer stands in the chapter on propagation.
"""

from __future__ import annotations

from fractions import Fraction

import sympy

from ratapprox import Rational, activation, analyse, moments
from ratapprox.claims import Evidence, certified, claim, proved
from ratapprox.expressions import pretty, x

from .ralu import FAMILY, NUMERATOR, RALU, SOURCE, alpha, equal, even_part, s, zeros_of_slope

# -- zero mean ---------------------------------------------------------------------------------------------------------


@claim(
    "ralu_promises.zero_mean",
    "RaLU outputs have mean zero",
    source=SOURCE,
    rows=["C7"],
    quotes=[
        "Also, it outputs zero mean values because it is a zero-centred odd function.",
        "This prevents systematic bias in the activations.",
    ],
    assumptions=["the inputs have a mean, and so have the outputs, since |RaLU(x)| ≤ max(1, |α|)·|x|"],
    expected="holds when",
    mutants=[{"high": 1}, {"leading": "x**2"}],
)
def zero_mean(high: int = 2, leading: str = "x**3") -> Evidence:
    """The mean of odd functions for symmetric inputs, and of two points with mean 0 that are not symmetric."""
    f = sympy.sympify(f"({leading} + alpha*x)/(x**2 + 1)", locals={"x": x, "alpha": alpha})
    is_odd = equal(f, -f.subs(x, -x))
    low_share = sympy.Rational(high, high + 1)  # at −1; the rest at `high`: mean 0
    mean = sympy.factor(low_share * f.subs(x, -1) + (1 - low_share) * f.subs(x, high))
    if not is_odd:
        return proved(False, f"f(x) + f(−x) = {pretty(even_part(f))}")
    if mean == 0:
        return proved(True, "no counterexample: the inputs are symmetric about 0")
    return proved(
        "holds when",
        "exactly 0 for inputs symmetric about 0; not for others, even if their own mean is 0, unless α = 1",
        f"RaLU(x) + RaLU(−x) = {pretty(even_part(f))}",
        "X and −X alike in distribution: E[RaLU(X)] = E[RaLU(−X)] = −E[RaLU(X)], so it is 0",
        f"X = {high} with probability {1 - low_share}, X = −1 with probability {low_share}: E[X] = 0, "
        f"E[RaLU(X)] = {pretty(mean)}",
    )


@claim(
    "ralu_promises.mean_of_shifted",
    "For X ~ N(1, 1) the mean of RaLU(X) is 1 + c(α − 1), 0.28866 < c < 0.28867: no α from 0 to 9 takes the bias away",
    source=SOURCE,
    kind="certified",
    rows=["C7"],
    quotes=["This prevents systematic bias in the activations."],
    mutants=[{"shift": 0}, {"lower": "0.28867", "upper": "0.28868"}],
)
def mean_of_shifted(shift: int = 1, lower: str = "0.28866", upper: str = "0.28867") -> Evidence:
    c = moments(Rational([shift, 1], [shift**2 + 1, 2 * shift, 1])).mean
    split = equal(RALU, x + (alpha - 1) * x / (x**2 + 1))
    inside = Fraction(lower) < Fraction(c.lower) and Fraction(c.upper) < Fraction(upper)
    smallest = 1 - Fraction(c.upper)
    return certified(
        split and inside and smallest > 0,
        f"E[RaLU(X)] = {shift} + c·(α − 1), c = {float(c):.10f}: {shift - float(c):.4f} at α = 0, growing with α",
        "RaLU(x) = x + (α − 1)·x/(x² + 1)",
        f"c = E[X/(X² + 1)], X = Z + {shift}, enclosed by the poles of the quotient",
    )


# -- no dead units -----------------------------------------------------------------------------------------------------


@claim(
    "ralu_promises.flat_points",
    "The slope is 0 at 2 points for α < 0, at 1 for α = 0, at none for 0 < α < 9, at 2 for α = 9 and at 4 for α > 9: "
    "no unit has slope 0 on an interval",
    source=SOURCE,
    rows=["C8"],
    quotes=['### No "dead neuron problems"', 'This could avoid the "Dying ReLU Problem".'],
    mutants=[{"counts": (2, 1, 0, 0, 0, 2, 2)}, {"counts": (2, 1, 2, 0, 0, 2, 4)}],
)
def flat_points(counts: tuple[int, ...] = (2, 1, 0, 0, 0, 2, 4)) -> Evidence:
    """Between roots of the discriminant the number of real roots of a monic polynomial stays as it is."""
    critical = sympy.factor(sympy.discriminant(NUMERATOR, x))
    cuts = tuple(sorted(sympy.roots(critical, alpha)))
    places = [cuts[0] - 1]
    for k, cut in enumerate(cuts):
        places += [cut, (cut + cuts[k + 1]) / 2 if k + 1 < len(cuts) else cut + 1]
    numbers = tuple(len(zeros_of_slope(place)) for place in places)
    formula = sympy.solve(NUMERATOR.subs(x**4, s**2).subs(x**2, s), s)
    return proved(
        cuts == (0, 1, 9) and numbers == counts and sympy.Poly(NUMERATOR, x).LC() == 1,
        "the slope is 0 at four points at most, so on no interval, for any α",
        f"discriminant of x⁴ + (3 − α)x² + α in x: {pretty(critical)}, which is 0 at α = {', '.join(map(str, cuts))}",
        "real zeros of the slope: "
        + ", ".join(f"{n} for α = {place}" for place, n in zip(places, numbers, strict=True))
        + ", the others like the one between the same cuts",
        "they are the real x with x² = " + " or ".join(pretty(root) for root in formula),
    )


@claim(
    "ralu_promises.slope_bounded_below",
    "The slope of RaLU stays away from 0, whatever the input",
    source=SOURCE,
    rows=["C8"],
    quotes=['### No "dead neuron problems"'],
    expected="holds when",
    mutants=[{"cubic": 1}, {"inside": (0, 9)}],
)
def slope_bounded_below(cubic: int = 3, inside: tuple[int, int] = (1, 8)) -> Evidence:
    region = analyse(FAMILY, "positive-slope").region
    at_zero = sympy.factor(cubic * x**2 - sympy.diff(RALU, x).subs(alpha, 0))
    rest = sympy.cancel(at_zero / x**4)
    below = sympy.Poly(sympy.fraction(rest)[0], x)
    small = bool(all(c >= 0 for c in below.all_coeffs())) and sympy.fraction(rest)[1].is_positive
    if not small or not all(region.contains(end) for end in inside):
        return proved(False, f"positive everywhere for {region} only, {cubic}x² − RaLU'(x) = {pretty(at_zero)}")
    return proved(
        "holds when",
        f"for {region} it is at least min(α, (9 − α)/8) > 0; for α = 0 it is at most {cubic}x², next to nothing near 0",
        f"the slope is positive for every x exactly for {region}, and its least value is min(α, (9 − α)/8) there",
        f"for α = 0: {cubic}x² − RaLU'(x) = {pretty(at_zero)} ≥ 0",
    )


# -- α is learned; only arithmetic -------------------------------------------------------------------------------------


@claim(
    "ralu_promises.best_shape",
    "Learning α, RaLU can come as near as one likes to any activation function on an interval",
    source=SOURCE,
    rows=["C9"],
    quotes=[
        r"$`\alpha (\in \mathbb{R})`$ is a learnable parameter.",
        "It has a parameter so that it can form the best possible shape for each unit or layer.",
    ],
    assumptions=["the input and the output of the unit are not shifted"],
    expected="fails",
    mutants=[{"target": "tanh"}],
)
def best_shape(target: str = "relu") -> Evidence:
    """An odd function f misses f₀ by at least |f₀(1) + f₀(−1)|/2 at 1 or at −1."""
    values = [activation(target).expression.subs(x, end) for end in (1, -1)]
    least = sympy.Abs(sum(values)) / 2
    ours = sympy.cancel(RALU.subs(x, 1) + RALU.subs(x, -1))
    on_a_line = equal(RALU, x + (alpha - 1) * x / (x**2 + 1))
    if least == 0 or ours != 0 or not on_a_line:
        return proved("holds when", f"{target} is odd at ±1: this argument shows no distance")
    change = sympy.factor(sympy.diff(RALU, alpha))
    return proved(
        False,
        f"for every α the error against {target} on [−1, 1] is at least {least}: all shapes are odd",
        "RaLU(x) = x + (α − 1)·x/(x² + 1): the shapes are a line in the space of functions",
        f"RaLU(1) + RaLU(−1) = {ours} for every α",
        f"{target}(1) + {target}(−1) = {sum(values)}: the two errors add up to that, so one of them is {least} or more",
        f"∂RaLU/∂α = {pretty(change)}, at most 1/2 in size, and 0 at x = 0 alone: α learns from every other input",
    )


@claim(
    "ralu_promises.arithmetic",
    "RaLU is computed by additions, multiplications and one division, five operations in all",
    source=SOURCE,
    rows=["C10"],
    quotes=["It uses only basic arithmetic operations, no exponents or trigonometry."],
    mutants=[{"factor": "tanh(x)"}, {"operations": 4}],
)
def arithmetic(factor: str = "x", operations: int = 5) -> Evidence:
    function = activation(f"{factor}*(x**2 + alpha)/(x**2 + 1)").expression
    square = sympy.Symbol("u")  # x² is computed once
    count = 1 + int(sympy.count_ops(function.subs(x**2, square)))
    rational = function.is_rational_function(x, alpha)
    return proved(
        rational and count == operations,
        f"{count} operations: u = x², then {pretty(function.subs(x**2, square))}" if rational else "it is not rational",
        "the expression is a quotient of polynomials in x and α" if rational else "it is no quotient of polynomials",
    )
