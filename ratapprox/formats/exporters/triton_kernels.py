"""Triton kernels for the function and its gradients, with the PyTorch function that launches them, as one file."""

from __future__ import annotations

from ratapprox.formats.exporters.learnable import check_learnable, docstring, largest_inputs, tail_kind
from ratapprox.formats.exporters.source import Source


def write(source: Source) -> str:
    """The text of a module: a forward and a backward kernel, and a function of (x, numerator, denominator).

    Gradients of the coefficients are summed in each block and then over the blocks, always in the same order: there is
    no atomic addition. float32 inside. Raises ValueError for a constant, a pole at 0, and where large |x| would need a
    second program.
    """
    check_learnable(source, "Triton")
    if source.form == "reciprocal":
        raise ValueError(
            "triton has one program, p(x)/q(x) and its asymptote beyond, which reaches the limits at ±inf as well, and"
            " not the form reciprocal: leave out the form, or export to torch or jax, which have both programs"
        )
    p, q = source.coefficients("float32")
    m, n = source.type
    kind = tail_kind(source)
    if kind == "two programs":
        raise ValueError(
            "the Triton kernels hold x at the end of the range of p(x)/q(x) in float32, and for this function that end"
            " is too near: export to torch, which has a second program for larger |x|, or to jax"
        )
    held = kind != "polynomial"
    text = KERNELS
    for slot, filled in {
        "@DOC@": docstring(source, MANNERS),
        "@NUMERATOR@": repr(p),
        "@DENOMINATOR@": repr(q),
        "@LARGEST@": f"LARGEST = tl.constexpr({largest_inputs(source)[0]!r})\n" if held else "",
        "@LOAD@": "\n".join(
            [f"    p{k} = tl.load(numerator + {k})" for k in range(m + 1)]
            + [f"    q{k} = tl.load(denominator + {k - 1})" for k in range(1, n + 1)]
        ),
        "@HOLD@": HOLD if held else "    y = x\n",
        "@EVALUATE@": _evaluate(m, n),
        "@VALUE@": _value(m, n, kind),
        "@SLOPE@": _slope(m, n, kind),
        "@SUMS@": _sums(m, n, kind),
        "@COUNT@": str(m + 1 + n),
        "@SPLIT@": str(m + 1),
        "FUNCTION": source.name,
    }.items():
        text = text.replace(slot, filled)
    return text


def _horner(name: str, degree: int) -> list[str]:
    """The value of p or q at y, in its name; q's first coefficient is 1."""
    first = "1.0" if name == "q" else "p0"
    steps = [f"    {name} = {name} * y + {f'{name}{k}' if k else first}" for k in range(degree - 1, -1, -1)]
    return [f"    {name} = {name}{degree}" + ("" if degree else " + 0.0 * y"), *steps]


def _evaluate(m: int, n: int) -> str:
    """p, q and r at y."""
    if n == 0:
        return "\n".join([*_horner("p", m), "    r = p"])
    return "\n".join([*_horner("p", m), *_horner("q", n), "    r = p / q"])


def _value(m: int, n: int, kind: str) -> str:
    """The value from r(y)."""
    if kind == "line":
        return f"    value = r + tl.where(x == y, 0.0, p{m} / q{n} * (x - y))\n"
    return f"    value = r{_power(m - n)}\n" if kind == "power" else "    value = r\n"


def _power(exponent: int) -> str:
    return "".join(" * beyond" if exponent > 0 else " / beyond" for _ in range(abs(exponent)))


def _slope(m: int, n: int, kind: str) -> str:
    """The derivative with respect to x, and the weight of what flows to r."""
    lines = [f"    u = {m} * p{m}" if m else "    u = 0.0 * y"]
    lines += [f"    u = u * y + {f'{k} * ' if k > 1 else ''}p{k}" for k in range(m - 1, 0, -1)]
    if n:
        lines += [f"    v = {n} * q{n}" + ("" if n > 1 else " + 0.0 * y")]
        lines += [f"    v = v * y + {f'{k} * ' if k > 1 else ''}q{k}" for k in range(n - 1, 0, -1)]
        lines += ["    u = (u - r * v) / q"]
    if kind == "line":
        lines += [f"    slope = tl.where(x == y, u, p{m} / q{n})"]
    elif kind == "constant":
        lines += ["    slope = tl.where(x == y, u, 0.0 * u)"]
    elif kind == "power":
        outer = f"{m - n} * r{_power(m - n - 1)} * sign / LARGEST"
        lines += [f"    slope = tl.where(x == y, u, {outer})"]
    else:
        lines += ["    slope = u"]
    return "\n".join(lines) + "\n"


def _sums(m: int, n: int, kind: str) -> str:
    """The sums over the block of the gradients of the coefficients."""
    inner = f"g{_power(m - n)}" if kind == "power" else "g"
    lines = [f"    w = {inner} / q" if n else f"    w = {inner}"]
    if kind == "line":
        lines += ["    tail = tl.sum(tl.where(x == y, 0.0, g * (x - y)), 0)"]
    lines += ["    out = partial + tl.program_id(0)"]
    if n:
        lines += ["    s = -w * r"]
    for k in range(m + 1):
        extra = f" + tail / q{n}" if kind == "line" and k == m else ""
        lines += [f"    tl.store(out + {k} * blocks, tl.sum(w, 0){extra})"] + (["    w = w * y"] if k < m else [])
    for k in range(1, n + 1):
        extra = f" - tail * p{m} / (q{n} * q{n})" if kind == "line" and k == n else ""
        lines += ["    s = s * y", f"    tl.store(out + {m + k} * blocks, tl.sum(s, 0){extra})"]
    return "\n".join(lines) + "\n"


MANNERS = (
    "float16 and bfloat16 are computed in float32 and rounded once. +-inf gives the limit, NaN stays NaN.",
    "The compiler may make one fma of a product and a sum: then the last bits differ.",
)
HOLD = """\
    y = tl.minimum(tl.maximum(x, -LARGEST), LARGEST)  # beyond, the value goes on along the asymptote
    y = tl.where(x == x, y, x)
    beyond = tl.maximum(tl.abs(x), LARGEST) / LARGEST
    sign = tl.where(x < 0, -1.0, 1.0)
"""

KERNELS = '''\
"""A rational activation function for PyTorch on a GPU, in Triton.

@DOC@

    y = FUNCTION(x)  # the exported function
    y = FUNCTION(x, numerator, denominator)  # tensors of 1, x, x^2, ..., the denominator's without its first, 1
"""

import torch
import triton
import triton.language as tl

# Coefficients of 1, x, x^2, ...
NUMERATOR = @NUMERATOR@
DENOMINATOR = @DENOMINATOR@
@LARGEST@BLOCK = 1024


@triton.jit
def _forward(given, numerator, denominator, result, count, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(given + at, mask=at < count, other=0.0).to(tl.float32)
@LOAD@
@HOLD@@EVALUATE@
@VALUE@    tl.store(result + at, value, mask=at < count)


@triton.jit
def _backward(given, upstream, numerator, denominator, gradient, partial, count, blocks, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(given + at, mask=at < count, other=0.0).to(tl.float32)
    g = tl.load(upstream + at, mask=at < count, other=0.0).to(tl.float32)
@LOAD@
@HOLD@@EVALUATE@
@SLOPE@    tl.store(gradient + at, g * slope, mask=at < count)
@SUMS@

class _Rational(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, numerator, denominator):
        x = x.contiguous()
        numerator, denominator = numerator.float().contiguous(), denominator.float().contiguous()
        ctx.save_for_backward(x, numerator, denominator)
        result = torch.empty_like(x)
        if x.numel():
            _forward[(triton.cdiv(x.numel(), BLOCK),)](x, numerator, denominator, result, x.numel(), BLOCK)
        return result

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, upstream):
        x, numerator, denominator = ctx.saved_tensors
        upstream, gradient = upstream.contiguous(), torch.empty_like(x)
        blocks = triton.cdiv(x.numel(), BLOCK)
        partial = torch.zeros(@COUNT@, blocks, dtype=torch.float32, device=x.device)
        if x.numel():
            _backward[(blocks,)](x, upstream, numerator, denominator, gradient, partial, x.numel(), blocks, BLOCK)
        sums = partial.double().sum(1).float()
        return gradient, sums[:@SPLIT@], sums[@SPLIT@:]


def FUNCTION(x, numerator=None, denominator=None):
    """p(x)/q(x) for every entry of a float32, float16 or bfloat16 tensor."""
    if x.dtype not in (torch.float32, torch.float16, torch.bfloat16):
        raise TypeError(f"x has dtype {x.dtype}: float32, float16 or bfloat16 is needed")
    if numerator is None:
        numerator = torch.tensor(NUMERATOR, device=x.device)
    if denominator is None:
        denominator = torch.tensor(DENOMINATOR[1:], device=x.device)
    return _Rational.apply(x, numerator, denominator)
'''
