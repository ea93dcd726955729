"""The exported Triton kernels are valid Python and, where Triton is installed, compute values and gradients."""

import ast
import importlib.util
import os
import subprocess
import sys

import pytest

from ratapprox import Rational
from ratapprox.formats.exporters import export
from tests.formats.exporters.frameworks import text

WHICH = ["relu", "silu", "tanh", "gelu22", "gelu40"]

SCRIPT = """
import sys
import torch
sys.path.insert(0, ".")
names = sys.argv[1:]
device = "cuda" if torch.cuda.is_available() else "cpu"
for name in names:
    kernels, plain = __import__(name + "_triton"), __import__(name + "_torch")
    function = next(value for key, value in vars(kernels).items() if key.endswith(("_2", "_4", "_0")))
    reference = vars(plain)[function.__name__]
    p = torch.tensor(kernels.NUMERATOR, device=device, requires_grad=True)
    q = torch.tensor(kernels.DENOMINATOR[1:], device=device, requires_grad=True)
    for size in (0, 1, 1024, 3000):
        torch.manual_seed(size)
        x = (2 * torch.randn(size, device=device)).requires_grad_()
        g = torch.randn(size, device=device)
        ours, theirs = function(x, p, q), reference(x, p.unbind(), ((torch.ones_like(p[0]), *q.unbind()),))
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
        wanted = [x, p, q] if len(q) else [x, p]
        for a, b in zip(torch.autograd.grad(ours, wanted, g), torch.autograd.grad(theirs, wanted, g)):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)
    ends = torch.tensor([-torch.inf, torch.inf, torch.nan, -3e38, 3e38, 0.0], device=device)
    torch.testing.assert_close(function(ends), reference(ends), equal_nan=True)
    ends = torch.tensor([1e30, -1e25, 2.0], device=device, requires_grad=True)
    a, b = (torch.autograd.grad(f(ends).sum(), ends)[0] for f in (function, reference))
    torch.testing.assert_close(a, b)
    for kind in (torch.float16, torch.bfloat16):
        x = torch.randn(3, 50, device=device).to(kind).t()
        torch.testing.assert_close(function(x), reference(x))
    first, second = (torch.autograd.grad(function(x.float(), p, q).sum(), p)[0] for _ in range(2))
    assert torch.equal(first, second)
print("done", device)
"""


@pytest.mark.parametrize("which", WHICH)
def test_the_text_is_python_with_two_kernels_and_no_atomic_addition(which):
    code = text(which, "triton")
    functions = {node.name for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)}
    assert {"_forward", "_backward"} < functions
    assert "atomic" not in code.replace("there is no atomic addition", "")
    imports = {line for line in code.splitlines() if line.startswith(("import", "from"))}
    assert imports == {"import torch", "import triton", "import triton.language as tl"}


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_kernels_compute_the_values_and_gradients_of_the_torch_export(tmp_path):
    for which in WHICH:
        (tmp_path / f"{which}_triton.py").write_text(text(which, "triton"))
        (tmp_path / f"{which}_torch.py").write_text(text(which, "torch"))
    (tmp_path / "script.py").write_text(SCRIPT)
    code = "import torch; print(torch.cuda.is_available())"
    gpu = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "True"
    environment = os.environ | ({} if gpu else {"TRITON_INTERPRET": "1"})
    done = subprocess.run(
        [sys.executable, "script.py", *WHICH], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stdout.startswith("done"), done.stderr[-3000:]


def test_what_cannot_be_written_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="export to torch, which has a second program"):
        text("gelu66", "triton")
    with pytest.raises(ValueError, match="not the form reciprocal: leave out the form, or export to torch or jax"):
        text("relu", "triton", "reciprocal")
    with pytest.raises(ValueError, match="constant"):
        export(Rational([3]), "triton")
    with pytest.raises(ValueError, match="triton is not written in float64: choose one of float32"):
        export(Rational([0, 1]), "triton", dtype="float64")
