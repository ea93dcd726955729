"""Names that every language accepts, and text that cannot leave the comment it is written into."""

from __future__ import annotations

import builtins
import re

LONGEST_NAME = 60  # MATLAB stops at 63; a suffix such as "f" is added
LONGEST_TEXT = 400

WORDS = """
    False None True and as assert async await break class continue def del elif else except finally for from global if
    import in is lambda nonlocal not or pass raise return try while with yield match case type
    auto char const default do double enum extern float goto inline int long register restrict short signed sizeof
    static struct switch typedef union unsigned void volatile asm bool catch delete explicit export false friend mutable
    namespace new operator private protected public template this throw true typeid typename using virtual constexpr
    decltype noexcept nullptr alignas alignof concept requires main
    abstract baremodule begin const do end function let local macro module mutable primitive quote struct where
    classdef endfunction otherwise parfor persistent spmd unwind_protect until
    abs acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma
    fmax fmin fmod frexp gamma hypot ilogb j0 j1 jn ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround
    modf nan nearbyint nextafter nexttoward pow remainder remquo rint round scalbln scalbn signal sin sinh sqrt tan tanh
    tgamma trunc y0 y1 yn inf isinf isnan isfinite half
    drem significand exp10 pow10 sincos finite scalb roundeven fpclassify signbit isnormal isgreater isless isunordered
    erfinv erfcinv erfcx normcdf normcdfinv rsqrt rcbrt sinpi cospi sincospi rhypot norm norm3d rnorm min max clamp
    NAN INFINITY NULL EOF INT64_C int8_t int16_t int32_t int64_t Float16 Float32 Float64 Real single isa nargout parted
    numpy np torch jax jnp flax nnx eqx keras onnx triton tl nn math warnings
    printf puts putchar malloc calloc realloc free abort exit memcpy memset strlen
    x y z t p q self value slope near far inside beyond leading numerator denominator factors gain
    NUMERATOR DENOMINATOR LARGEST QUADRATICS INTERVAL HOMOGENEOUS POWER
    Guard PoleWarning observe replace_activations pole_distance parameter_groups plot_activations
    """.split()  # noqa: SIM905
TAKEN = frozenset(WORDS) | frozenset(dir(builtins))
"""Keywords of the languages that are written, and names that their mathematics or our own text uses."""


def checked_name(name: object) -> str:
    """The name, if it is an identifier in all the languages: a letter, then letters, digits and single underscores.

    >>> checked_name("relu_3_2")
    'relu_3_2'
    >>> checked_name("while")
    Traceback (most recent call last):
    ValueError: the name 'while' means something else in a language that is written: take another, such as 'while_r'
    """
    if not isinstance(name, str):
        raise TypeError(f"the name is a {type(name).__name__}: an identifier such as 'relu_3_2' is needed")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", name, re.ASCII):
        raise ValueError(
            f"the name {name[:40]!r} is no identifier: a letter, then letters, digits and single underscores between"
            " them, such as 'relu_3_2'"
        )
    if len(name) > LONGEST_NAME:
        raise ValueError(f"the name {name[:20]}… has {len(name)} characters: at most {LONGEST_NAME} are portable")
    if not TAKEN.isdisjoint((name, name.removesuffix("f"), f"{name}f")):  # in C the float version ends with f
        raise ValueError(
            f"the name {name!r} means something else in a language that is written: take another, such as '{name}_r'"
        )
    return name


def name_of(target: str | None, type: tuple[int, int]) -> str:
    """An identifier made of the target and the type.

    >>> name_of("relu", (3, 2)), name_of("x*sigmoid(1.7*x)", (5, 4)), name_of("3*x", (1, 0)), name_of(None, (1, 1))
    ('relu_3_2', 'x_sigmoid_1_7_x_5_4', 'r_3_x_1_0', 'r_1_1')
    """
    words = re.findall(r"[a-z0-9]+", (target or "r").lower())
    stem = "_".join(words)[:40].rstrip("_") or "r"
    return f"{stem if stem[0].isalpha() else 'r_' + stem}_{type[0]}_{type[1]}"


def plain(text: str) -> str:
    """The text on one line, in printable ASCII, shortened: what is left cannot end a line comment.

    >>> plain("a\\nb \\u2264 c")
    'a b <= c'
    """
    for sign, words in (("≤", "<="), ("≥", ">="), ("∞", "inf"), ("−", "-"), ("·", "*"), ("→", "->"), ("‖", "||")):
        text = text.replace(sign, words)
    text = " ".join(text[: 4 * LONGEST_TEXT].split())
    text = "".join(c if " " <= c <= "~" else f"<U+{ord(c):04X}>" for c in text)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."
