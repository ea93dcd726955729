"""How long a fit takes, beside what else can be installed, in the same run.

    pytest tests/bench --benchmark-enable --benchmark-only

baryrat.brasil and scipy's AAA are timed on what they can do: smooth targets, their own types; neither proves anything.
"""

import warnings

import numpy as np
import pytest
from scipy.interpolate import AAA
from scipy.special import erf

from ratapprox import fit
from ratapprox.fitting import best_approximation

FUNCTIONS = {
    "gelu": lambda x: 0.5 * x * (1 + erf(x / np.sqrt(2))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "exp": np.exp,
    "relu": lambda x: np.maximum(x, 0),
}
CASES = {
    f"{target} {type}": (target, type, on)
    for target, type, on in [
        ("gelu", (3, 2), (-5, 5)),
        ("gelu", (5, 4), (-5, 5)),
        ("gelu", (2, 6), (-5, 5)),
        ("silu", (5, 4), (-5, 5)),
        ("silu", (7, 6), (-5, 5)),
        ("tanh", (5, 4), (-5, 5)),
        ("softplus", (4, 4), (-5, 5)),
        ("exp", (3, 3), (-1, 1)),
        ("relu", (3, 2), (-1, 1)),
        ("relu", (5, 4), (-1, 1)),
    ]
}
cases = pytest.mark.parametrize("case", CASES)


@cases
def test_ratapprox_certified(benchmark, case):
    target, type, on = CASES[case]
    benchmark.group = case
    found = benchmark(fit, target, type, on)
    benchmark.extra_info["error"] = found.error
    assert found.certificate.gap < 1e-6


@cases
def test_ratapprox_uncertified(benchmark, case):
    target, type, on = CASES[case]
    benchmark.group = case
    found = benchmark(best_approximation, target, type, on)
    benchmark.extra_info["error"] = found.error


@cases
def test_baryrat_brasil(benchmark, case):
    brasil = pytest.importorskip("baryrat").brasil
    target, type, on = CASES[case]
    benchmark.group = case

    def run():
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return brasil(FUNCTIONS[target], on, type)

    r = benchmark(run)
    x = np.linspace(*on, 20001)
    benchmark.extra_info["error"] = float(np.max(np.abs(r(x) - FUNCTIONS[target](x))))


@cases
def test_scipy_aaa(benchmark, case):
    target, type, on = CASES[case]
    benchmark.group = case
    x = np.linspace(*on, 2001)

    def run():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return AAA(x, FUNCTIONS[target](x), max_terms=max(type) + 1)

    r = benchmark(run)
    benchmark.extra_info["error"] = float(np.max(np.abs(r(x) - FUNCTIONS[target](x))))


@pytest.mark.parametrize("n", [20, 40, 80])
def test_absolute_value(benchmark, n):
    found = benchmark.pedantic(fit, ("abs", (n, n), (-1, 1)), rounds=3)
    assert found.certificate.gap < 1e-6


@pytest.mark.parametrize("digits", [50, 200])
def test_digits(benchmark, digits):
    found = benchmark(fit, "relu", (6, 6), (-1, 1), digits=digits)
    assert found.certificate.gap < 1e-6
