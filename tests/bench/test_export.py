"""How long an exported activation takes in PyTorch, forward and backward, beside GELU and what else can be installed.

    OMP_NUM_THREADS=1 pytest tests/bench/test_export.py --benchmark-enable --benchmark-only

2^20 float32 entries on the CPU; backward computes the gradients of the input and of all coefficients.
`rational_activations` is the package of that name (version A, its default). Where it is not installed its documented
formula is measured in its place: P = sum a_i x^i, Q = 1 + sum |b_i x^i|, powers of x stacked and contracted by einsum.
"""

import math
import time
from importlib.util import find_spec

import pytest

from tests.formats.exporters.frameworks import load, text

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

pytestmark = [
    pytest.mark.filterwarnings("ignore:.torch.jit.script(_method)?. is deprecated:DeprecationWarning"),
    # torch.compile does so itself, for every autograd.Function
    pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning"),
]
SIZE = 2**20
MODELS = {
    "relu 3,2": ("relu", {}),
    "relu 3,2 plain": ("relu", {"denominator": "plain"}),
    "silu 5,4": ("silu", {}),
    "silu 5,4 plain": ("silu", {"denominator": "plain"}),
}


def step(call, parameters):
    """A function that runs forward and backward once."""
    x = torch.randn(SIZE, requires_grad=True, generator=torch.Generator().manual_seed(0))
    upstream = torch.ones(SIZE)

    def run():
        return torch.autograd.grad(call(x), [x, *parameters], upstream)

    return run


def exported(name):
    which, options = MODELS[name]
    module = load("timed_" + name.replace(" ", "_").replace(",", "_"), text(which, "torch", **options))
    return next(value for key, value in vars(module).items() if key.startswith("Rational"))()


def measured(benchmark, run, rounds=15):
    benchmark.group = "forward and backward, 2^20 float32"
    found = benchmark.pedantic(run, rounds=rounds, warmup_rounds=3)
    assert all(gradient.isfinite().all() for gradient in found)


def test_gelu(benchmark):
    measured(benchmark, step(torch.nn.functional.gelu, []), rounds=40)


@pytest.mark.parametrize("name", MODELS)
def test_compiled(benchmark, name):
    if not benchmark.enabled:
        pytest.skip("compiling takes seconds: it is measured with --benchmark-enable")
    torch.compiler.reset()
    layer = exported(name)
    measured(benchmark, step(torch.compile(layer, fullgraph=True), list(layer.parameters())), rounds=40)


def test_a_compiled_export_costs_at_most_one_and_a_half_times_gelu(benchmark):
    """In turns, in processor time: the ratio of the smallest does not depend on what else the machine does."""
    if not benchmark.enabled:
        pytest.skip("compiling takes seconds: it is measured with --benchmark-enable")
    torch.compiler.reset()
    calls = {"gelu": step(torch.nn.functional.gelu, [])}
    for name in MODELS:
        layer = exported(name)
        calls[name] = step(torch.compile(layer, fullgraph=True), list(layer.parameters()))
    smallest = dict.fromkeys(calls, math.inf)

    def in_turns():
        for name, call in calls.items():
            start = time.thread_time()
            call()
            smallest[name] = min(smallest[name], time.thread_time() - start)

    benchmark.pedantic(in_turns, rounds=150, warmup_rounds=3)
    ratios = {name: round(taken / smallest["gelu"], 2) for name, taken in smallest.items()}
    benchmark.extra_info["of GELU"] = ratios
    assert max(ratios.values()) <= 1.5, ratios


@pytest.mark.parametrize("name", MODELS)
def test_eager(benchmark, name):
    layer = exported(name)
    measured(benchmark, step(layer, list(layer.parameters())))


def stacked_powers(x, numerator, denominator):
    """The formula of `rational_activations`, version A, as its documentation states it."""
    powers = torch.stack([x**k for k in range(len(numerator))], 1)
    above = torch.einsum("nk,k->n", powers, numerator)
    terms = (powers[:, 1 : len(denominator) + 1] * denominator).abs()
    return above / (1 + torch.einsum("nk,k->n", terms, torch.ones(len(denominator))))


def test_stacked_powers(benchmark):
    numerator, denominator = torch.rand(6, requires_grad=True), torch.rand(4, requires_grad=True)
    call = step(lambda x: stacked_powers(x, numerator, denominator), [numerator, denominator])
    measured(benchmark, call, rounds=5)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(find_spec("rational") is None, reason="rational_activations is not installed")
def test_rational_activations(benchmark):
    from rational.torch import Rational

    layer = Rational("swish", (5, 4), cuda=False)
    measured(benchmark, step(layer, list(layer.parameters())), rounds=5)
