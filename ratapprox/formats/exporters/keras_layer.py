"""A Keras 3 layer and function of `keras.ops` alone, for every backend, as one file."""

from __future__ import annotations

import numpy as np

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


def write(source: Source, denominator: str = "safe") -> str:
    """The text of a module with a registered layer and a registered function.

    denominator: "safe" keeps q positive for all values of the trained parameters, "plain" trains q's coefficients.
    Raises ValueError for a constant, for a pole at 0, and for "safe" where q has a zero on the real line.
    """
    p, q = source.coefficients("float64")
    source.coefficients("float32")
    m, n = source.type
    safe = quadratics(source, denominator)
    large = largest_inputs(source)
    kind = tail_kind(source)
    text = LAYER
    for slot, filled in {
        "@DOC@": docstring(source, [*MANNERS, *([KEPT if safe else FREE] if n else [])]),
        "@NUMERATOR@": repr(p),
        "@DENOMINATOR@": repr(q),
        "@QUADRATICS@": quadratics_text(safe) if safe else "",
        "@LARGEST@": f'LARGEST = {{"float32": {large[0]!r}, "float64": {large[1]!r}}}\n' if n else "",
        "@HUGE@": _huge(source) if m > n and kind == "two programs" else "",
        "@BODY@": body(source),
        "@DIVIDE@": DIVIDE if n else "",
        "@WEIGHTS@": SAFE_WEIGHTS if safe else PLAIN_WEIGHTS if n else "",
        "@FACTORS@": SAFE_FACTORS if safe else PLAIN_FACTORS if n else POLYNOMIAL_FACTORS,
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
        return TWO_RISING_PROGRAMS.replace("@POWER@", f"**{m - n}" if m > n + 1 else "")
    return TWO_PROGRAMS.replace("@POWER@", f" * t**{n - m}" if m < n else "")


def _huge(source: Source) -> str:
    ends = (f"{float(np.finfo(dtype).max) ** gone_exponent(source):.3g}" for dtype in ("float32", "float64"))
    return 'HUGE = {{"float32": {}, "float64": {}}}  # beyond, 1/x adds nothing\n'.format(*ends)


MANNERS = (
    "float16 and bfloat16 are computed in float32 and rounded once; the coefficients stay in float32 under mixed",
    "precision. +-inf gives the limit, NaN stays NaN. No weight decay belongs on the coefficients: give their names to",
    "optimizer.exclude_from_weight_decay(var_names=['numerator', 'denominator', 'stretch', 'turn']).",
)
KEPT = "The denominator stays positive whatever is learned: q is a product of quadratics without real zeros."
FREE = "The trained denominator is free: nothing keeps it from a zero on the real line."

CLAMPED = """\
    y = ops.clip(z, -LARGEST[work], LARGEST[work])  # beyond, the value goes on along the asymptote
    p, q = _horner(numerator, y), _product(factors, y)
"""
LEADING = """\
    leading = ops.convert_to_tensor(_product([factor[-1:] for factor in factors], z), work)
    leading = _divide(numerator[-1], leading, work)
"""
TAILS = {
    "line": LEADING + "    return ops.cast(_divide(p, q, work) + leading * (z - y), dtype)\n",
    "constant": "    return ops.cast(_divide(p, q, work), dtype)\n",
    "power": """\
    beyond = ops.maximum(ops.absolute(z), LARGEST[work]) / LARGEST[work]  # 1 wherever |x| <= LARGEST
    return ops.cast(_divide(p, q, work) * beyond**EXPONENT, dtype)
""",
}
RISE = (
    """\
    inside = ops.absolute(z) <= LARGEST[work]  # at the end itself clip may halve the slope
    y = ops.where(inside, z, ops.zeros_like(z))
    near = _divide(_horner(numerator, y), _product(factors, y), work)
"""
    + LEADING
    + "    return ops.cast(ops.where(inside, near, leading * z**EXPONENT), dtype)  # the asymptote\n"
)
DIVIDE = """
def _divide(p, q, work):
    # Scaled by a power of 2, which changes no value: a backend may take the slope of p/q from 1/q^2, and that is 0 or
    # inf long before q is, or from p times the slope of q, which is inf where p is much larger than q.
    far, size, one = 2.0**64 if work == "float32" else 2.0**512, ops.absolute(q), ops.ones_like(q)
    scale = ops.where(size > far**0.5 / 4, one / far**0.5, ops.where(size < 4 / far, one * far, one))
    scale = ops.where(size > far / 4, one / far, scale)
    return (p * scale) / (q * scale)

"""
POLYNOMIAL = "    return ops.cast(_horner(numerator, z), dtype)\n"
TWO_PROGRAMS = """\
    inside = ops.absolute(z) <= LARGEST[work]
    y = ops.where(inside, z, ops.zeros_like(z))
    near = _divide(_horner(numerator, y), _product(factors, y), work)
    u = ops.where(inside, ops.ones_like(z), z)
    t = ops.where(inside, ops.zeros_like(z), 1 / u)
    far = _divide(_horner(numerator[::-1], t), _product([factor[::-1] for factor in factors], t), work)@POWER@
    return ops.cast(ops.where(inside, near, far), dtype)
"""
TWO_RISING_PROGRAMS = (
    """\
    inside = ops.absolute(z) <= LARGEST[work]
    y = ops.where(inside, z, ops.zeros_like(z))
    near = _divide(_horner(numerator, y), _product(factors, y), work)
    gone = ops.absolute(z) > HUGE[work]
    u = ops.where(inside | gone, ops.ones_like(z), z)
    t = ops.where(inside | gone, ops.zeros_like(z), 1 / u)
    far = _divide(_horner(numerator[::-1], t), _product([factor[::-1] for factor in factors], t), work) * u@POWER@
"""
    + LEADING
    + """\
    far = ops.where(gone, leading * z@POWER@, far)  # parted here, or a slope at infinity would be 0 times infinity
    return ops.cast(ops.where(inside, near, far), dtype)
"""
)
SAFE_WEIGHTS = """\
        zeros = {"shape": (*sets, len(QUADRATICS)), "initializer": "zeros", "dtype": kept, "autocast": False}
        self.stretch = self.add_weight(name="stretch", **zeros)
        self.turn = self.add_weight(name="turn", **zeros)
"""
PLAIN_WEIGHTS = """\
        self.denominator = self.add_weight(
            name="denominator",
            shape=(*sets, len(DENOMINATOR) - 1),
            initializer=lambda shape, dtype: ops.zeros(shape, dtype) + ops.convert_to_tensor(DENOMINATOR[1:], dtype),
            dtype=kept,
            autocast=False,
        )
"""
SAFE_FACTORS = """\
        stretch, turn = 1 + ops.convert_to_tensor(self.stretch), ops.convert_to_tensor(self.turn)
        turn = turn / ops.sqrt(1 + turn * turn)  # in (-1, 1)
        return numerator, [
            [ops.ones_like(s), s * (b + limit * t) / (1 + b / limit * t), s * s * a]
            for s, t, (a, b, limit) in zip(_columns(stretch), _columns(turn), QUADRATICS)
        ]
"""
PLAIN_FACTORS = """\
        return numerator, [[ops.ones_like(numerator[0]), *_columns(ops.convert_to_tensor(self.denominator))]]
"""
POLYNOMIAL_FACTORS = "        return numerator, [[ops.ones_like(numerator[0])]]\n"

LAYER = '''\
"""A rational activation function for Keras 3.

@DOC@

    keras.layers.Dense(64, activation=FUNCTION)  # the exported function
    CLASS()                                      # a layer whose coefficients are trained
    CLASS(num=64)                                # one set for each of 64 channels, or groups of neighbours
    CLASS(trainable=False)
"""

import keras
from keras import ops

# Coefficients of 1, x, x^2, ...
NUMERATOR = @NUMERATOR@
DENOMINATOR = @DENOMINATOR@
@QUADRATICS@@LARGEST@@HUGE@

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
def _columns(tensor):
    return [tensor[..., k] for k in range(tensor.shape[-1])]


@keras.saving.register_keras_serializable(package="ratapprox")
def FUNCTION(x, numerator=NUMERATOR, factors=(DENOMINATOR,)):
    """p(x)/q(x) for every entry of a floating-point tensor; q is the product of the factors.

    Coefficients are numbers, or tensors that are broadcast against x.
    """
    x = ops.convert_to_tensor(x)
    dtype = keras.backend.standardize_dtype(x.dtype)
    if "float" not in dtype:
        raise TypeError(f"x has dtype {dtype}: a floating-point tensor is needed")
    work = "float64" if dtype == "float64" else "float32"
    z = ops.cast(x, work)
@BODY@

@keras.saving.register_keras_serializable(package="ratapprox")
class CLASS(keras.layers.Layer):
    """x -> p(x)/q(x), entry by entry, with coefficients that can be trained.

    num: how many sets of coefficients share the axis, None for one set. A saved model keeps them as weights.
    """

    def __init__(self, num=None, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.num, self.axis = num, axis
        self.supports_masking = True

    def build(self, input_shape):
        sets = () if self.num is None else (self.num,)
        if sets and input_shape[self.axis] % self.num:
            raise ValueError(f"axis {self.axis} has {input_shape[self.axis]} entries: {self.num} sets do not fit")
        kept = "float64" if self.variable_dtype == "float64" else "float32"
        self.numerator = self.add_weight(
            name="numerator",
            shape=(*sets, len(NUMERATOR)),
            initializer=lambda shape, dtype: ops.zeros(shape, dtype) + ops.convert_to_tensor(NUMERATOR, dtype),
            dtype=kept,
            autocast=False,
        )
@WEIGHTS@
    def coefficients(self):
        """The numerator and the factors of the denominator, each a list of tensors: of 1, x, x^2, ..."""
        numerator = _columns(ops.convert_to_tensor(self.numerator))
@FACTORS@
    def call(self, x):
        numerator, factors = self.coefficients()
        rank = len(x.shape)

        def spread(c):
            c = ops.cast(c, "float64" if keras.backend.standardize_dtype(x.dtype) == "float64" else "float32")
            if self.num is None:
                return c
            c = ops.repeat(c, x.shape[self.axis] // self.num)
            return ops.reshape(c, (-1, *[1] * (rank - 1 - self.axis % rank)))

        return FUNCTION(x, [spread(c) for c in numerator], [[spread(c) for c in factor] for factor in factors])

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "num": self.num, "axis": self.axis}
'''
