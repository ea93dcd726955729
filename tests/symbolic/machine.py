"""A second machine, by other hands: forms evaluated at one input in fractions, every operation rounded as defined.

Of the package only the list of operations is used: what each of them gives is written out here.
"""

from fractions import Fraction

from ratapprox.symbolic.rounding.forms import Form

# digits, exponents of the smallest and of the largest power of two
FLOATS = {
    "float16": (11, -14, 15),
    "bfloat16": (8, -126, 127),
    "float32": (24, -126, 127),
    "float64": (53, -1022, 1023),
}

INFINITE = "inf"


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
    registers: list[Fraction | str | None] = [x, *constants]
    for operation, left, right in program.steps:
        registers.append(_apply(operation, registers[left], registers[right], dtype))
    value = registers[program.result]
    return value if isinstance(value, Fraction) else None


def _apply(operation, a, b, dtype):
    """None is NaN, INFINITE an infinity of either sign; fixed point has only NaN."""
    if a is None or b is None:
        return None
    if operation == "/" and b == INFINITE:
        return None if a == INFINITE else Fraction(0)
    if a == INFINITE or b == INFINITE:
        if operation == "*" and Fraction(0) in (a, b):
            return None
        return INFINITE if operation != "+" or a != b else None  # inf + inf of one sign is not finite either
    if operation == "/" and b == 0:
        return None if dtype[0] == "q" or a == 0 else INFINITE
    exact = {"+": lambda: a + b, "*": lambda: a * b, "/": lambda: a / b}[operation]()
    value = rounded(dtype, exact)
    return value if value is not None else (None if dtype[0] == "q" else INFINITE)
