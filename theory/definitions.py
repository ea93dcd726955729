"""What the three sources define, and their sentences that are about more than one thing.

Sentences without a claim stand here to be found: "Deep learning has become an important topic across many domains of
science due to its recent success in image recognition, speech recognition, and drug discovery." "In standard image
classification problems, the input of the network consists of images, while the outputs are the associated labels." "A
key question in designing deep learning architectures is the choice of the activation function."
"""

from __future__ import annotations

import numpy as np
import sympy

from ratapprox.claims import Evidence, claim, proved
from ratapprox.expressions import pretty, x
from ratapprox.networks.derivatives import forward, gradient
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.units import unit

from .ralu import RALU, alpha, equal

OXFORD = "Oxford Mathematics, Rational neural networks, 2021"
RAF = "Liang, Lyu, Wang, Yang, Reproducing activation function for deep learning, CMS 22 (2024)"
README = "RaLU, README, 2025"


@claim(
    "definitions.network",
    "A network takes x to W₂σ(W₁x + b₁) + b₂, and its gradient has an entry for each weight, bias and coefficient",
    source=OXFORD,
    quotes=[
        "Deep learning techniques are based on neural networks, which contain a certain number of layers to perform "
        "several mathematical transformations on the input.",
        r"A nonlinear transformation of the input determines the output of each layer in the neural network: "
        r"$x \mapsto \sigma(W x + b)$, where $W$ is a matrix called the weight matrix, $b$ is a bias vector, and "
        r"$\sigma$ is a nonlinear function called the activation function.",
        "Each of these variables contain several parameters, which are updated during the training procedure of the "
        "neural network to fit some data.",
        "In a recent work, Oxford Mathematicians Nicolas Boullé and Yuji Nakatsukasa, together with Alex Townsend from "
        "Cornell University, introduced a novel type of neural networks, based on rational functions, called rational "
        "neural networks [1].",
    ],
    assumptions=["the networks of this package, shown on one of them with integers, where float64 is exact"],
    mutants=[{"bias": 0}, {"power": 2}],
)
def network(bias: int = 1, power: int = 3) -> Evidence:
    """A network 2-2-1 of the unit c·x³ by hand, and its gradient by sympy."""
    net = Mlp((2, 2, 1), unit("c*x**3"))
    theta = sympy.symbols(f"t:{net.size}")
    w1, b1 = sympy.Matrix(2, 2, theta[:4]).T, bias * sympy.Matrix(theta[4:6])
    c, w2, b2 = theta[6], sympy.Matrix(1, 2, theta[7:9]), theta[9]
    point, numbers = sympy.Matrix([2, -1]), [1, -2, 3, 1, -1, 2, 3, 2, -1, 4]
    y = (w2 * (w1 * point + b1).applyfunc(lambda z: c * z**power))[0] + b2
    at = dict(zip(theta, numbers, strict=True))
    expected = [y.subs(at), *(sympy.diff(y, t).subs(at) for t in theta)]
    parameters = np.array(numbers, dtype=float)
    trace = forward(net, parameters, np.array([[2.0, -1.0]]), 0)
    slopes = gradient(net, parameters, trace, np.ones_like(trace.output))
    found = [trace.output.item(), *slopes.tolist()]
    same = found == [float(value) for value in expected]
    return proved(
        same,
        f"value and gradient {'are' if same else 'are not'} those of the formula",
        "y = W₂σ(W₁x + b₁) + b₂, σ(z) = cz³, x = (2, −1)",
        f"by the network: y = {found[0]:g}, ∇y = {', '.join(f'{v:g}' for v in found[1:])}",
        f"by the formula: y = {expected[0]}, ∇y = {', '.join(map(str, expected[1:]))}",
    )


@claim(
    "definitions.reproducing",
    "A reproducing activation function of neuron i is Σ a_ik γ_k(x): linear in coefficients that each neuron has for "
    "itself",
    source=RAF,
    quotes=[
        "We propose reproducing activation functions (RAFs) motivated by applied and computational harmonic analysis "
        "to improve deep learning accuracy for various applications ranging from computer vision to scientific "
        "computing.",
        "The idea is to employ several basic functions and their learnable linear combination to construct neuron-wise "
        "data-driven activation functions for each neuron.",
    ],
    assumptions=["the abstract's basis x, x², sin x and a Gaussian; whether accuracy improves is measured elsewhere"],
    mutants=[{"basis": "sin(a*x) + b*x"}, {"sharing": "layer"}],
)
def reproducing(basis: str = "a*x + b*x**2 + c*sin(x) + d*exp(-x**2)", sharing: str = "neuron") -> Evidence:
    raf = unit(basis)
    net = Mlp((1, 5, 1), raf, "neuron" if sharing == "neuron" else "layer")
    linear = all(sympy.diff(raf.expression, p, q) == 0 for p in raf.symbols for q in raf.symbols)
    (own,) = [slot.shape for slot in net.slots if slot.kind == "coefficients"]
    return proved(
        bool(linear and own == (5, len(raf.symbols))),
        f"{'linear' if linear else 'not linear'} in its coefficients, of which 5 neurons have {own[0] * own[1]}",
        f"σ(x) = {pretty(raf.expression)}",
        f"∂σ/∂a_k = {', '.join(pretty(sympy.diff(raf.expression, symbol)) for symbol in raf.symbols)}",
        f"a layer of 5 neurons has {own[0]} × {own[1]} coefficients",
    )


@claim(
    "definitions.rational_linear_unit",
    "RaLU has one parameter, takes one division, and its slope is nowhere 0 and at most max(α, (9 − α)/8)",
    source=README,
    rows=["C1", "C6"],
    quotes=[
        "**RaLU** (not ReLU!), stands for **Rational Linear Unit**, is a parametric, lightweight, and gradient-stable "
        "activation function designed for Deep Neural Network.",
        "In other words, it is unlikely to cause a vanishing/exploding gradient even when layered and is well suited "
        "for regression problems, CV (CNN), NLP (RNN, Transformer), etc.",
        "### Beneficial for training",
        "This property means that it can avoid gradient discontinuities and can lead to more stable training in "
        "gradient descent.",
    ],
    assumptions=[
        "gradient-stable is read as a slope that is bounded and nowhere 0, of one unit; gradients through layers are "
        "settled in the chapters on propagation and on layers, gradient descent, regression and pictures in that on "
        "what RaLU is suited for"
    ],
    expected="holds when",
    mutants=[{"turn": 3}, {"constant": 1}],
)
def rational_linear_unit(turn: int = 4, constant: int = 2) -> Evidence:
    """RaLU' = 1 + (1 − α)(u − 2u²), u = 1/(x² + 1) in (0, 1]: the parabola lies between −1, at 1, and 1/8, at 1/4."""
    u = sympy.Symbol("u", positive=True)
    curve = u - constant * u**2
    slope = 1 + (1 - alpha) * curve
    same = equal(sympy.diff(RALU, x), slope.subs(u, 1 / (x**2 + 1)))
    ends = slope.subs(u, 1), sympy.factor(slope.subs(u, sympy.Rational(1, turn)))
    turns = sympy.diff(curve, u).subs(u, sympy.Rational(1, turn)) == 0
    if not (same and turns):
        says = f"the slope {'is' if same else 'is not'} {pretty(slope)}, with its turn at 1/{turn}: {turns}"
        return proved(False, says)
    return proved(
        "holds when",
        "the slope lies between α and (9 − α)/8: bounded for every α, nowhere 0 exactly for 0 < α < 9",
        f"RaLU(x) = x + (α − 1)·x/(x² + 1): one parameter, one division; RaLU'(x) = {pretty(slope)}, u = 1/(x² + 1)",
        f"at u = 1 (x = 0) it is {pretty(ends[0])}, at u = 1/{turn} (x² = {turn - 1}) {pretty(ends[1])}, at u = 0 1",
        "u − 2u² has one turn in (0, 1], so all values lie between these; 1 lies between α and (9 − α)/8",
    )
