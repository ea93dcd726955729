"""A second machine, by other hands: forms evaluated at one input in fractions, every operation rounded as defined.

Of the package only the list of operations is used: what each of them gives is written out here.
"""

import math
from fractions import Fraction

from ratapprox.symbolic.rounding.forms import Form

# digits, exponents of the smallest and of the largest power of two
FLOATS = {
    "float16": (11, -14, 15),
    "bfloat16": (8, -126, 127),
    "float32": (24, -126, 127),
    "float64": (53, -1022, 1023),
}

def rounded(dtype: str, number: Fraction) -> Fraction | None:
    """The nearest value, ties to even; None beyond the format."""
    if dtype[0] == "q":
        m, n = map(int, dtype[1:].split("."))
        value = _even(number * 2**n) / Fraction(2**n)
        return value if -(2 ** (m - 1)) <= value < 2 ** (m - 1) else None
    digits, lowest, highest = FLOATS[dtype]
    exponent = number.numerator.bit_length() - number.denominator.bit_length() + 1
    while exponent > lowest and abs(number) < Fraction(2) ** exponent:
        exponent -= 1
    exponent = max(exponent, lowest)
    unit = Fraction(2) ** (exponent - digits + 1)
    value = _even(number / unit) * unit
    return value if abs(value) < Fraction(2) ** (highest + 1) else None


def _even(number: Fraction) -> Fraction:
    below = number.numerator // number.denominator
    twice = 2 * (number - below)
    return Fraction(below + (twice > 1 or (twice == 1 and below % 2 == 1)))


def evaluate(form: Form, dtype: str, x: Fraction) -> Fraction | None:
    """What the form gives at x with coefficients and operations rounded; None where it is not finite."""
    program = form.inside if form.outside is None or abs(x) <= 1 else form.outside
    constants = [rounded(dtype, c) for c in program.constants]
    if None in constants:
        return None
    registers: list[Fraction | float | None] = [x, *constants]
    for operation, left, right in program.steps:
        registers.append(_apply(operation, registers[left], registers[right], dtype))
    value = registers[program.result]
    return value if isinstance(value, Fraction) else None


def _apply(operation, a, b, dtype):
    """None is NaN, a float an infinity."""
    if a is None or b is None:
        return None
    if isinstance(a, float) or isinstance(b, float):
        return _with_infinity(operation, a, b)
    if operation == "/" and b == 0:
        return None if dtype[0] == "q" or a == 0 else math.copysign(math.inf, a)
    exact = {"+": lambda: a + b, "*": lambda: a * b, "/": lambda: a / b}[operation]()
    value = rounded(dtype, exact)
    return value if value is not None else (None if dtype[0] == "q" else math.copysign(math.inf, exact))


def _with_infinity(operation, a, b):
    """IEEE 754 where one of the two is infinite: of a finite one the sign matters alone."""
    if operation == "/" and isinstance(b, float):
        return None if isinstance(a, float) else Fraction(0)
    x, y = (v if isinstance(v, float) else float((v > 0) - (v < 0)) for v in (a, b))
    if operation == "/":
        return x if y >= 0 else -x
    value = x + y if operation == "+" else x * y
    return None if math.isnan(value) else value
