"""A PyTorch module and function as one file that needs torch alone."""

from __future__ import annotations

import re

from ratapprox.formats.exporters.learnable import (
    Quadratic,
    class_name,
    docstring,
    flag,
    gone_exponent,
    largest_inputs,
    quadratics,
    quadratics_text,
    tail_kind,
)  # fmt: skip
from ratapprox.formats.exporters.source import Source
from ratapprox.formats.exporters.torch_guard import GUARD
from ratapprox.formats.exporters.torch_quotient import QUOTIENT

CLAMPED = """\
    y = z.clamp(-LARGEST[z.dtype], LARGEST[z.dtype])
    near = _quotient(numerator, factors, y)
"""
LEADING = """\
    leading = numerator[-1] / _product([factor[-1:] for factor in factors], z)
"""
TAILS = {
    "line": LEADING + "    return (near + leading * (z - y)).to(x.dtype)\n",
    "constant": "    return near.to(x.dtype)\n",
    "rise": LEADING + "    return torch.where(z == y, near, leading * z**POWER).to(x.dtype)\n",
    "fall": """\
    beyond = z.abs().clamp(min=LARGEST[z.dtype]) / LARGEST[z.dtype]  # 1 wherever |x| <= LARGEST
    return (near * beyond**POWER).to(x.dtype)
""",
}
TWO_PROGRAMS = """\
    inside = z.abs() <= LARGEST[z.dtype]
    near = _quotient(numerator, factors, torch.where(inside, z, 0))
    u = torch.where(inside, 1, z)
    t = torch.where(inside, 0, 1 / u)
    far = _quotient(numerator[::-1], [factor[::-1] for factor in factors], t)@POWER@
    return torch.where(inside, near, far).to(x.dtype)
"""
TWO_RISING_PROGRAMS = (
    """\
    inside = z.abs() <= LARGEST[z.dtype]
    near = _quotient(numerator, factors, torch.where(inside, z, 0))
    gone = z.abs() > torch.finfo(z.dtype).max ** @GONE@  # there 1/x adds nothing
    u = torch.where(inside | gone, 1, z)
    t = torch.where(inside | gone, 0, 1 / u)
    far = _quotient(numerator[::-1], [factor[::-1] for factor in factors], t) * u@POWER@
"""
    + LEADING
    + """\
    far = torch.where(gone, leading * z@POWER@, far)  # parted here, or a slope at infinity would be 0 times infinity
    return torch.where(inside, near, far).to(x.dtype)
"""
)
SAFE = """\
        if trainable:
            self.numerator = nn.Parameter(torch.empty(*shape, len(NUMERATOR), **where))
            self.stretch = nn.Parameter(torch.empty(*shape, len(QUADRATICS), **where))
            self.turn = nn.Parameter(torch.empty(*shape, len(QUADRATICS), **where))
"""
PLAIN = """\
        if trainable:
            self.numerator = nn.Parameter(torch.empty(*shape, len(NUMERATOR), **where))
            self.denominator = nn.Parameter(torch.empty(*shape, len(DENOMINATOR) - 1, **where))
"""
POLYNOMIAL = """\
        if trainable:
            self.numerator = nn.Parameter(torch.empty(*shape, len(NUMERATOR), **where))
            self.register_buffer("denominator", torch.empty(*shape, 0, **where))
"""


def write(source: Source, denominator: str = "safe", guard: object = False) -> str:
    """The text of a module: the function, the class, `parameter_groups`; with guard also swapping and watching.

    denominator: "safe" keeps q positive for all values of the trained parameters, "plain" trains q's coefficients.
    Raises ValueError for a constant, for a pole at 0, and for "safe" where q has a zero on the real line.
    """
    p, q = (list(part) for part in source.coefficients("float64"))
    source.coefficients("float32")
    n = source.type[1]
    safe = quadratics(source, denominator)
    largest = largest_inputs(source)
    lines, says = body(source)
    trained = POLYNOMIAL if n == 0 else SAFE if safe else PLAIN
    text = MODULE
    for slot, filled in {
        "@DOC@": docstring(source, _manners(source, safe)),
        "@NUMERATOR@": repr(tuple(p)),
        "@DENOMINATOR@": repr(tuple(q)),
        "@QUADRATICS@": quadratics_text(safe) if safe else "",
        "@LARGEST@": f"LARGEST = {{torch.float32: {largest[0]!r}, torch.float64: {largest[1]!r}}}\n" if n else "",
        "@SAYS@": says,
        "@BODY@": lines,
        "@QUOTIENT@": QUOTIENT if n else "",
        "@TRAINED@": trained,
        "@RESET@": SAFE_RESET if safe else "",
        "@FACTORS@": SAFE_FACTORS if safe else "",
        "@GUARD@": (GUARD.replace("@HOMOGENEOUS@", repr(_homogeneous(source))) if flag(guard, "guard") else ""),
        "@IMPORT@": "import warnings\n" if flag(guard, "guard") else "",
        "@INTERVAL@": repr(tuple(float(end) for end in source.on)) if source.on else "None",
        "FUNCTION": source.name,
        "CLASS": class_name(source.name),
    }.items():
        text = text.replace(slot, filled)
    return text


def body(source: Source) -> tuple[str, str]:
    """Lines that compute r from z and return it in the dtype of x, and what is to be said of large |x|."""
    m, n = source.type
    kind = tail_kind(source)
    if kind == "polynomial":
        return "    return _horner(numerator, z).to(x.dtype)\n", ""
    if kind != "two programs":
        says = "# For larger |x| the value goes on along the asymptote: less than a rounding from p/q.\n"
        kind = kind if kind != "power" else "rise" if m > n else "fall"
        return CLAMPED + TAILS[kind].replace("POWER", str(m - n)), says
    says = "# For larger |x| the function is computed from t = 1/x.\n"
    if m > n:
        lines = TWO_RISING_PROGRAMS.replace("@GONE@", repr(gone_exponent(source)))
        return lines.replace("@POWER@", f"**{m - n}" if m > n + 1 else ""), says
    return TWO_PROGRAMS.replace("@POWER@", f" * t**{n - m}" if m < n else ""), says


def _manners(source: Source, safe: tuple[Quadratic, ...]) -> list[str]:
    kept = (
        "The denominator stays positive whatever is learned: q is a product of quadratics without real zeros."
        if safe
        else "The trained denominator is free: nothing keeps it from a zero on the real line."
    )
    return [
        "float16 and bfloat16 are computed in float32 and rounded once; so is every input under autocast.",
        "+-inf gives the limit, NaN stays NaN. No weight decay belongs on the coefficients: see parameter_groups.",
        *([kept] if source.type[1] else []),
        "torch.compile makes one kernel of it; not compiled it is several times slower.",
    ]


def _homogeneous(source: Source) -> bool:
    """Whether the target is known to satisfy f(L x) = L f(x) for L > 0."""
    target = source.target or ""
    return re.fullmatch(r"relu|abs|identity|leaky_relu(\([0-9./eE+-]+\))?", target) is not None


MODULE = '''\
"""A rational activation function for PyTorch.

@DOC@

    from FUNCTION import CLASS, parameter_groups

    layer = CLASS()  # one set of coefficients, trained
    layer = CLASS(per="channel", num=64, dim=1)  # one for each of 64 channels
    layer = CLASS(per="group", num=8, dim=-1)  # one for each of 8 groups of neighbouring channels
    layer = CLASS(trainable=False)  # fixed
    layer.init_weights_(linear)  # so that linear, then layer, keeps the variance
    optimizer = torch.optim.AdamW(parameter_groups(model, weight_decay=0.01))
"""

import math
@IMPORT@
import torch
from torch import nn

# Coefficients of 1, x, x^2, ...
NUMERATOR = @NUMERATOR@
DENOMINATOR = @DENOMINATOR@
INTERVAL = @INTERVAL@
@QUADRATICS@@SAYS@@LARGEST@

def _horner(coefficients, x):
    value = coefficients[-1]
    for c in coefficients[-2::-1]:
        value = value * x + c
    return value


def _product(factors, x):
    value = _horner(factors[0], x)
    for factor in factors[1:]:
        value = value * _horner(factor, x)
    return value


@QUOTIENT@def FUNCTION(x, numerator=NUMERATOR, factors=(DENOMINATOR,)):
    """p(x)/q(x) for every entry of a floating-point tensor; q is the product of the factors.

    Coefficients are numbers, or tensors that are broadcast against x.
    """
    if not x.is_floating_point():
        raise TypeError(f"x has dtype {x.dtype}: a floating-point tensor is needed")
    z = x if x.dtype == torch.float64 else x.float()
@BODY@

class CLASS(nn.Module):
    """x -> p(x)/q(x), entry by entry, with coefficients that can be trained.

    per: "layer" has one set of coefficients; "channel" has num sets, one for each index of dimension dim of the input;
    "group" has num sets, each for as many neighbouring indices. trainable=False keeps the coefficients as buffers.
    """

    _version = "ratapprox/torch/1"  # saved beside the state: whose names these are, and that q starts with a 1 left out

    def __init__(self, per="layer", num=1, dim=1, trainable=True, device=None, dtype=None):
        super().__init__()
        if per not in ("layer", "channel", "group"):
            raise ValueError(f"per={per!r}: coefficients are shared per layer, channel or group")
        if per == "layer" and num != 1:
            raise ValueError(f"num={num}: a layer has one set of coefficients; take per='channel' or per='group'")
        self.per, self.num, self.dim, self.trainable = per, num, dim, trainable
        shape = () if per == "layer" else (num,)
        where = {"device": device, "dtype": dtype}
@TRAINED@        else:
            self.register_buffer("numerator", torch.empty(*shape, len(NUMERATOR), **where))
            self.register_buffer("denominator", torch.empty(*shape, len(DENOMINATOR) - 1, **where))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self):
        """The exported function again."""
        self.numerator.copy_(torch.tensor(NUMERATOR, dtype=torch.float64))
@RESET@        self.denominator.copy_(torch.tensor(DENOMINATOR[1:], dtype=torch.float64))

    def coefficients(self):
        """The numerator and the factors of the denominator, each a list of tensors: of 1, x, x^2, ..."""
        work = torch.float64 if self.numerator.dtype == torch.float64 else torch.float32
        numerator = list(self.numerator.to(work).unbind(-1))
@FACTORS@        free = self.denominator.to(work).unbind(-1)
        return numerator, [[torch.ones_like(numerator[0]), *free]]

    def forward(self, x):
        numerator, factors = self.coefficients()
        if self.per != "layer":
            numerator = [self._spread(c, x) for c in numerator]
            factors = [[self._spread(c, x) for c in factor] for factor in factors]
        if x.dtype != torch.float64:  # float64 coefficients do not widen the work
            numerator = [c.float() for c in numerator]
            factors = [[c.float() for c in factor] for factor in factors]
        factors = [[1.0, *factor[1:]] for factor in factors]  # a number, as it is not trained
        return FUNCTION(x, numerator, factors)

    def _spread(self, c, x):
        """One coefficient for each index of dimension dim of x."""
        size = x.shape[self.dim]
        if size % self.num or (self.per == "channel" and size != self.num):
            raise ValueError(
                f"dimension {self.dim} of the input has {size} entries, and there are {self.num} sets of coefficients,"
                f" one per {self.per}"
            )
        c = c.repeat_interleave(size // self.num) if size != self.num else c
        return c.view(-1, *[1] * (x.dim() - 1 - self.dim % x.dim()))

    @torch.no_grad()
    def gain(self):
        """1/E[r(X)^2] and 1/E[r'(X)^2] for X of N(0, 1), of the coefficients as they are: two tensors, one entry a set.

        By the trapezoidal rule, which for these integrands is exact to about 12 digits unless a pole is nearer than
        0.05 to the real line.
        """
        x = torch.linspace(-13, 13, 6657, dtype=torch.float64, device=self.numerator.device)
        weight = torch.exp(-x * x / 2) * (26 / 6656 / math.sqrt(2 * math.pi))
        numerator, factors = self.coefficients()
        numerator = [c.double().unsqueeze(-1) for c in numerator]
        factors = [[c.double().unsqueeze(-1) for c in factor] for factor in factors]
        far = torch.logspace(1.1, 6, 4001, dtype=torch.float64, device=x.device)  # a pole beyond 13 forbids it, too
        if not all(bool((_product(factors, at) > 0).all()) for at in (x, far, -far)):
            raise ValueError("the function has a pole on the real line: there is no gain")
        value = FUNCTION(x, numerator, factors)
        with torch.enable_grad():
            at = x.expand_as(value).clone().requires_grad_()
            (slope,) = torch.autograd.grad(FUNCTION(at, numerator, factors).sum(), at)
        return 1 / (weight * value**2).sum(-1), 1 / (weight * slope**2).sum(-1)

    @torch.no_grad()
    def init_weights_(self, layer, mode="forward"):
        """Draw the weights of the linear or convolution layer that comes after this activation; its bias becomes 0.

        Their standard deviation is sqrt(gain/fan), which keeps the mean square of the signal ("forward": fan_in) or of
        the gradient ("backward": fan_out) for inputs of N(0, 1); the gain is that of the coefficients as they are.
        """
        if mode not in ("forward", "backward"):
            raise ValueError(f"mode={mode!r}: 'forward' keeps the signal's mean square, 'backward' the gradient's")
        fans = nn.init._calculate_fan_in_and_fan_out(layer.weight)
        fans = fans[::-1] if getattr(layer, "transposed", False) else fans
        gain = 1 / (1 / self.gain()[mode == "backward"]).mean().item()  # the mean square over all sets
        nn.init.normal_(layer.weight, 0.0, math.sqrt(gain / fans[mode == "backward"]))
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
        return layer

    def extra_repr(self):
        shared = "" if self.per == "layer" else f", num={self.num}, dim={self.dim}"
        return f"per={self.per!r}{shared}, trainable={self.trainable}"


def parameter_groups(model, weight_decay):
    """Two groups for an optimizer: other parameters with that weight decay, the activations' coefficients with 0."""
    own = [p for module in model.modules() if isinstance(module, CLASS) for p in module.parameters()]
    kept = {id(p) for p in own}
    rest = [p for p in model.parameters() if id(p) not in kept]
    return [{"params": rest, "weight_decay": weight_decay}, {"params": own, "weight_decay": 0.0}]
@GUARD@'''

SAFE_RESET = """\
        if self.trainable:
            self.stretch.zero_()
            self.turn.zero_()
            return
"""
SAFE_FACTORS = """\
        if self.trainable:
            stretch, turn = (1 + self.stretch.to(work)).unbind(-1), self.turn.to(work)
            turn = (turn / (1 + turn * turn).sqrt()).unbind(-1)  # in (-1, 1)
            return numerator, [
                [torch.ones_like(s), s * (b + limit * t) / (1 + b / limit * t), s * s * a]
                for s, t, (a, b, limit) in zip(stretch, turn, QUADRATICS)
            ]
"""
