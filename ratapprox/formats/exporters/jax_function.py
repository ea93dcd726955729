"""JAX functions of x and of coefficients, and Flax nnx or Equinox modules that hold them, as one file."""

from __future__ import annotations

from ratapprox.formats.exporters.learnable import (
    class_name,
    docstring,
    gone_exponent,
    largest_inputs,
    quadratics,
    quadratics_text,
    tail_kind,
)  # fmt: skip
from ratapprox.formats.exporters.source import Source

FRAMEWORKS = ("plain", "flax", "equinox")


def write(source: Source, framework: str = "plain", denominator: str = "safe") -> str:
    """The text of a module: the function, and its coefficients as a dictionary, a Flax nnx or an Equinox module.

    denominator: "safe" keeps q positive for all values of the trained parameters, "plain" trains q's coefficients.
    Raises ValueError for a constant, for a pole at 0, and for "safe" where q has a zero on the real line.
    """
    if framework not in FRAMEWORKS:
        raise ValueError(f"framework={str(framework)[:40]!r}: it is one of {', '.join(FRAMEWORKS)}")
    p, q = source.coefficients("float64")
    source.coefficients("float32")
    n = source.type[1]
    safe = quadratics(source, denominator)
    large = largest_inputs(source)
    text = CORE + {"plain": "", "flax": FLAX, "equinox": EQUINOX}[framework]
    for slot, filled in {
        "@DOC@": docstring(source, [*MANNERS, *([KEPT if safe else FREE] if n else [])]),
        "@USE@": USE[framework],
        "@IMPORTS@": {"plain": "", "flax": "from flax import nnx\n", "equinox": "import equinox as eqx\n"}[framework],
        "@NUMERATOR@": repr(p),
        "@DENOMINATOR@": repr(q),
        "@QUADRATICS@": quadratics_text(safe) if safe else "",
        "@LARGEST@": f"LARGEST = {{'float32': {large[0]!r}, 'float64': {large[1]!r}}}\n".replace("'", '"') if n else "",
        "@BODY@": body(source),
        "@DIVIDE@": DIVIDE if n else "",
        "@PARAMETERS@": SAFE_PARAMETERS if safe else PLAIN_PARAMETERS if n else POLYNOMIAL_PARAMETERS,
        "@FACTORS@": SAFE_FACTORS if safe else PLAIN_FACTORS if n else POLYNOMIAL_FACTORS,
        "@FIELDS@": "".join(f"    {name}: jax.Array\n" for name in _names(source, bool(safe))),
        "FUNCTION": source.name,
        "CLASS": class_name(source.name),
    }.items():
        text = text.replace(slot, filled)
    return text


def body(source: Source) -> str:
    """Lines that compute r from z and return it in the dtype of x."""
    m, n = source.type
    kind = tail_kind(source)
    if kind == "polynomial":
        return POLYNOMIAL
    if kind != "two programs":
        tail = RISE if kind == "power" and m > n else CLAMPED + TAILS[kind]
        return tail.replace("EXPONENT", str(m - n))
    if m > n:
        lines = TWO_RISING_PROGRAMS.replace("@GONE@", repr(gone_exponent(source)))
        return lines.replace("@POWER@", f"**{m - n}" if m > n + 1 else "")
    return TWO_PROGRAMS.replace("@POWER@", f" * t**{n - m}" if m < n else "")


def _names(source: Source, safe: bool) -> tuple[str, ...]:
    if source.type[1] == 0:
        return ("numerator",)
    return ("numerator", "stretch", "turn") if safe else ("numerator", "denominator")


MANNERS = (
    "float16 and bfloat16 are computed in float32 and rounded once. +-inf gives the limit, NaN stays NaN.",
    "Inside jit a product and a sum may become one fma: then the last bits differ.",
)
KEPT = "The denominator stays positive whatever is learned: q is a product of quadratics without real zeros."
FREE = "The trained denominator is free: nothing keeps it from a zero on the real line."

CLAMPED = """\
    largest = LARGEST[z.dtype.name]
    y = jnp.clip(z, -largest, largest)  # beyond, the value goes on along the asymptote
    p, q = _horner(numerator, y), _product(factors, y)
"""
LEADING = """\
    leading = _divide(numerator[-1], _product([factor[-1:] for factor in factors], z))
"""
TAILS = {
    "line": LEADING + "    return (_divide(p, q) + leading * (z - y)).astype(x.dtype)\n",
    "constant": "    return _divide(p, q).astype(x.dtype)\n",
    "power": """\
    beyond = jnp.maximum(jnp.abs(z), largest) / largest  # 1 wherever |x| <= LARGEST
    return (_divide(p, q) * beyond**EXPONENT).astype(x.dtype)
""",
}
RISE = (
    """\
    inside = jnp.abs(z) <= LARGEST[z.dtype.name]  # at the end itself clip would halve the slope
    y = jnp.where(inside, z, 0)
    near = _divide(_horner(numerator, y), _product(factors, y))
"""
    + LEADING
    + "    return jnp.where(inside, near, leading * z**EXPONENT).astype(x.dtype)  # the asymptote\n"
)
DIVIDE = """
@jax.custom_jvp
def _divide(p, q):
    # With a derivative of its own: that of JAX goes through 1/q^2, which is 0 long before q overflows.
    return p / q


@_divide.defjvp
def _slope_of_divide(primals, tangents):
    (p, q), (dp, dq) = primals, tangents
    quotient, inverse = _divide(p, q), _divide(1.0, q)
    return quotient, (dp - quotient * dq) * inverse

"""
POLYNOMIAL = "    return _horner(numerator, z).astype(x.dtype)\n"
TWO_PROGRAMS = """\
    inside = jnp.abs(z) <= LARGEST[z.dtype.name]
    y = jnp.where(inside, z, 0)
    near = _divide(_horner(numerator, y), _product(factors, y))
    u = jnp.where(inside, 1, z)
    t = jnp.where(inside, 0, 1 / u)
    far = _divide(_horner(numerator[::-1], t), _product([factor[::-1] for factor in factors], t))@POWER@
    return jnp.where(inside, near, far).astype(x.dtype)
"""
TWO_RISING_PROGRAMS = (
    """\
    inside = jnp.abs(z) <= LARGEST[z.dtype.name]
    y = jnp.where(inside, z, 0)
    near = _divide(_horner(numerator, y), _product(factors, y))
    gone = jnp.abs(z) > float(jnp.finfo(z.dtype).max) ** @GONE@  # there 1/x adds nothing
    u = jnp.where(inside | gone, 1, z)
    t = jnp.where(inside | gone, 0, 1 / u)
    far = _divide(_horner(numerator[::-1], t), _product([factor[::-1] for factor in factors], t)) * u@POWER@
"""
    + LEADING
    + """\
    far = jnp.where(gone, leading * z@POWER@, far)  # parted here, or a slope at infinity would be 0 times infinity
    return jnp.where(inside, near, far).astype(x.dtype)
"""
)
SAFE_PARAMETERS = """\
    zeros = jnp.zeros((*shape, len(QUADRATICS)), dtype)
    return {"numerator": numerator, "stretch": zeros, "turn": zeros}
"""
PLAIN_PARAMETERS = """\
    denominator = jnp.broadcast_to(jnp.asarray(DENOMINATOR[1:], dtype), (*shape, len(DENOMINATOR) - 1))
    return {"numerator": numerator, "denominator": denominator}
"""
POLYNOMIAL_PARAMETERS = '    return {"numerator": numerator}\n'
SAFE_FACTORS = """\
    stretch, turn = 1 + parameters["stretch"], parameters["turn"]
    turn = turn / jnp.sqrt(1 + turn * turn)  # in (-1, 1)
    return numerator, [
        [jnp.ones_like(s), s * (b + limit * t) / (1 + b / limit * t), s * s * a]
        for s, t, (a, b, limit) in zip(_columns(stretch), _columns(turn), QUADRATICS)
    ]
"""
PLAIN_FACTORS = '    return numerator, [[jnp.ones_like(numerator[0]), *_columns(parameters["denominator"])]]\n'
POLYNOMIAL_FACTORS = "    return numerator, [[jnp.ones_like(numerator[0])]]\n"
USE = {
    "plain": """\
    y = FUNCTION(x)  # the exported function
    tree = parameters()  # one set of coefficients; parameters(64): one for each of 64 channels or groups
    y = apply(tree, x)  # of the last axis; axis=... takes another
""",
    "flax": """\
    layer = CLASS()  # one set of coefficients
    layer = CLASS(num=64)  # one for each of 64 channels, or groups of neighbouring channels, of the last axis
    layer = CLASS(trainable=False)  # nnx.Variable instead of nnx.Param
""",
    "equinox": """\
    layer = CLASS()  # one set of coefficients
    layer = CLASS(num=64)  # one for each of 64 channels, or groups of neighbouring channels, of the last axis
    layer = CLASS(trainable=False)  # no gradient reaches the coefficients
""",
}

CORE = '''\
"""A rational activation function for JAX.

@DOC@

@USE@
No weight decay belongs on the coefficients. kernel_init(gain(tree)[0]) initialises the layer that comes after.
"""

import math

@IMPORTS@import jax
import jax.numpy as jnp

# Coefficients of 1, x, x^2, ...
NUMERATOR = @NUMERATOR@
DENOMINATOR = @DENOMINATOR@
@QUADRATICS@@LARGEST@

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

@DIVIDE@
def _columns(array):
    return [array[..., k] for k in range(array.shape[-1])]


def FUNCTION(x, numerator=NUMERATOR, factors=(DENOMINATOR,)):
    """p(x)/q(x) for every entry of a floating-point array; q is the product of the factors.

    Coefficients are numbers, or arrays that are broadcast against x.
    """
    x = jnp.asarray(x)
    if not jnp.issubdtype(x.dtype, jnp.floating):
        raise TypeError(f"x has dtype {x.dtype}: a floating-point array is needed")
    z = x if x.dtype == jnp.float64 else x.astype(jnp.float32)
@BODY@

def parameters(num=None, dtype=jnp.float32):
    """The exported function's coefficients as a dictionary of arrays: one set, or num sets."""
    shape = () if num is None else (num,)
    numerator = jnp.broadcast_to(jnp.asarray(NUMERATOR, dtype), (*shape, len(NUMERATOR)))
@PARAMETERS@

def coefficients(parameters):
    """The numerator and the factors of the denominator, each a list of arrays: of 1, x, x^2, ..."""
    numerator = _columns(parameters["numerator"])
@FACTORS@

def apply(parameters, x, axis=-1):
    """The function with these parameters; several sets are dealt out along the axis, to as many neighbours each."""
    numerator, factors = coefficients(parameters)
    sets = parameters["numerator"].shape[:-1]

    def spread(c):
        if x.dtype != jnp.float64:  # float64 coefficients do not widen the work
            c = c.astype(jnp.float32)
        if not sets:
            return c
        size = x.shape[axis]
        if size % sets[0]:
            raise ValueError(f"axis {axis} of the input has {size} entries: {sets[0]} sets of coefficients do not fit")
        return jnp.repeat(c, size // sets[0]).reshape(-1, *[1] * (x.ndim - 1 - axis % x.ndim))

    return FUNCTION(x, [spread(c) for c in numerator], [[spread(c) for c in factor] for factor in factors])


def gain(parameters):
    """1/E[r(X)^2] and 1/E[r'(X)^2] for X of N(0, 1), for each set: to six digits, or twelve with 64-bit JAX."""
    x = jnp.linspace(-13, 13, 6657)
    weight = jnp.exp(-x * x / 2) * (26 / 6656 / math.sqrt(2 * math.pi))
    numerator, factors = coefficients(parameters)
    numerator, factors = [c[..., None] for c in numerator], [[c[..., None] for c in factor] for factor in factors]
    value, slope = jax.jvp(lambda x: FUNCTION(x, numerator, factors), (x,), (jnp.ones_like(x),))
    return 1 / (weight * value**2).sum(-1), 1 / (weight * slope**2).sum(-1)


def kernel_init(gain, mode="fan_in"):
    """An initializer of normal weights of standard deviation sqrt(gain/fan)."""
    return jax.nn.initializers.variance_scaling(float(jnp.mean(gain)), mode, "normal")
'''

FLAX = '''

class CLASS(nnx.Module):
    """x -> p(x)/q(x), entry by entry, with coefficients that can be trained.

    num: how many sets of coefficients share the axis, None for one set; trainable=False makes them nnx.Variable.
    """

    def __init__(self, num=None, axis=-1, trainable=True, param_dtype=jnp.float32):
        kind = nnx.Param if trainable else nnx.Variable
        self.axis = axis
        for name, value in parameters(num, param_dtype).items():
            setattr(self, name, kind(value))

    def parameters(self):
        return {name: getattr(self, name)[...] for name in parameters()}

    def __call__(self, x):
        return apply(self.parameters(), x, self.axis)
'''

EQUINOX = '''

class CLASS(eqx.Module):
    """x -> p(x)/q(x), entry by entry, with coefficients that can be trained.

    num: how many sets of coefficients share the axis, None for one set; trainable=False stops their gradients.
    """

@FIELDS@    axis: int = eqx.field(static=True)
    trainable: bool = eqx.field(static=True)

    def __init__(self, num=None, axis=-1, trainable=True, dtype=jnp.float32):
        self.axis, self.trainable = axis, trainable
        for name, value in parameters(num, dtype).items():
            setattr(self, name, value)

    def parameters(self):
        found = {name: getattr(self, name) for name in parameters()}
        return found if self.trainable else jax.lax.stop_gradient(found)

    def __call__(self, x, *, key=None):
        return apply(self.parameters(), x, self.axis)
'''
