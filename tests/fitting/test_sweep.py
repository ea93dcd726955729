"""Every named activation, every type up to (8, 8), on [-3, 3]: proved best.

pytest -m slow tests/fitting/test_sweep.py      runs all 1,944 of them (two to five minutes)
"""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from flint import arb, ctx

from ratapprox import Outcome, fit

ACTIVATIONS = [
    *["relu", "leaky_relu", "abs", "relu6", "hard_tanh", "hard_sigmoid", "hard_swish", "elu", "selu", "celu"],
    *["gelu", "gelu_tanh", "silu", "mish", "softplus", "softsign", "tanh", "sigmoid", "log_sigmoid", "erf"],
    *["sin", "gaussian", "exp", "tanhshrink"],
]
QUESTIONS = [(target, (m, n)) for target, m, n in product(ACTIVATIONS, range(9), range(9))]
SAMPLE = [QUESTIONS[i] for i in np.random.default_rng(20211).choice(len(QUESTIONS), 96, replace=False)]


def judge(target, type):
    """The outcome, after everything it claims was checked without the certificate."""
    found = fit(target, type, (-3, 3))
    x = np.linspace(-3, 3, 301)
    with ctx.workprec(300):  # powers of x may lose in doubles what their exact coefficients hold
        r = np.array([float(found.rational(arb(v)).mid()) for v in x.tolist()])
    rounding = 1e-14 * max(1.0, float(np.max(np.abs(r))))
    assert np.max(np.abs(found.target.numpy(x) - r)) <= found.error * (1 + 1e-9) + rounding
    if found.outcome is Outcome.CERTIFIED and found.error > 0:
        assert len(found.reference) >= sum(type) + 2 - found.defect
        assert found.certificate.gap <= 1e-6
    return found.outcome


@pytest.mark.parametrize(("target", "type"), SAMPLE, ids=str)
def test_a_sampled_activation_and_type_is_certified(target, type):
    assert judge(target, type) is Outcome.CERTIFIED


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_activation_and_type_is_certified():
    outcomes = {question: judge(*question) for question in QUESTIONS}
    assert Counter(outcomes.values()) == {Outcome.CERTIFIED: len(QUESTIONS)}, [
        question for question, outcome in outcomes.items() if outcome is not Outcome.CERTIFIED
    ]
