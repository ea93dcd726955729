"""Texts become exact expressions, or one sentence says at once why they do not."""

from __future__ import annotations

import math
import time
from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.expressions import ExpressionError, compiled, function_names, parse, pretty, x

AT_ONCE = 0.5  # seconds

HOSTILE = {
    "a hundred thousand brackets": "(" * 100_000 + "x" + ")" * 100_000,
    "four thousand brackets": "(" * 4_000 + "x" + ")" * 4_000,
    "sixty brackets": "(" * 60 + "x" + ")" * 60,
    "nine thousand signs": "-" * 9_000 + "x",
    "sixty signs": "-" * 60 + "x",
    "a tower of powers": "x" + "**x" * 3_000,
    "a tower of numbers": "9**9**9**9",
    "a power of powers": "((x**1000)**1000)**1000",
    "a large exponent": "x**(10**9)",
    "a large exponent of a product": "(2*x)**(10**9)",
    "powers of powers of a product": "(((2*x)**1000)**1000)**1000",
    "powers of powers of a sum": "(((2*x + 2)**1000)**1000)**1000",
    "roots of roots": "sqrt(" * 30 + "x" + ")" * 30,
    "three thousand terms": "x+" * 1500 + "x",
    "a long exponent": "x**" + "9" * 900,
    "a long number": "9" * 9_999,
    "many digits in a product": "*".join(["9" * 900] * 10) + "*x",
    "a decimal exponent": "1e999999999",
    "a large constant": "exp(exp(exp(exp(9))))",
    "a large constant under max": "max(exp(exp(exp(9))), x)",
    "a call by name": "__import__('os')",
    "an attribute": "x.__class__",
    "a method": "os.system(1)",
    "a subscript": "x[0]",
    "a lambda": "lambda x: x",
    "a comprehension": "[x for x in y]",
    "a formatted string": "f'{x}'",
    "an assignment": "x = 1",
    "a walrus": "(y := 1)",
    "two statements": "x; x",
    "a comparison": "x == 1",
    "a bare condition": "x < 1",
    "an unknown function": "foo(x)",
    "an underscore name": "__x",
    "a long name": "a" * 30,
    "nine parameters": "a + b + c + d + f + g + h + i + j",
    "a word of Python": "None",
    "an infinity": "oo",
    "the imaginary unit": "I*x",
    "a variable exponent": "x**x",
    "an irrational exponent": "x**pi",
    "division by zero": "1/0",
    "division by a hidden zero": "x/((1 + sqrt(2))**2 - 3 - 2*sqrt(2))",
    "the logarithm of zero": "log(0)",
    "a complex root": "sqrt(-1) + x",
    "a complex cube root": "(-8)**(1/3)",
    "an inverse sine of two": "asin(2)",
    "a missing product sign": "2x",
    "two names": "x x",
    "nothing": "",
    "blanks": "  \n",
    "an open bracket": "(x",
    "a trailing operator": "x +",
    "no arguments": "max()",
    "too many arguments": "sin(x, x)",
    "seventeen arguments": "max(" + ", ".join("x" * 17) + ")",
    "a function without a bracket": "sin",
    "a Piecewise without an end": "Piecewise((x, x > 0))",
    "a Piecewise with an equation": "Piecewise((x, x == 0), (1, True))",
    "a null byte": "\0",
    "a foreign letter": "é",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_text_that_is_no_expression_is_refused_at_once_in_one_short_sentence(text):
    start = time.perf_counter()
    with pytest.raises(ExpressionError) as refusal:
        parse(text)
    assert time.perf_counter() - start < AT_ONCE
    assert 10 < len(str(refusal.value)) < 520
    assert "\n" not in str(refusal.value)


LARGE = {
    "nested functions": "sin(" * 49 + "x" + ")" * 49,
    "nested kinks": "abs(" * 48 + "x - 1" + " - 1)" * 48,
    "a long sum": " + ".join(f"sin({k}*x)" for k in range(1, 250)),
    "a long product": "*".join(f"(x + {k})" for k in range(1, 240)),
    "a high power": "(x + 1)**1000",
    "high powers of high powers": "(((x + 1)**1000 + 1)**1000 + 1)**1000",
    "a tangle of roots": "((sqrt(2) + sqrt(3) + sqrt(5) + sqrt(7))**40)*x",
    "many cases": "Piecewise(" + "".join(f"(x, x < {k}), " for k in range(15)) + "(1, True))",
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_a_large_expression_is_read_in_no_time(text):
    parse("x")  # the first call of all imports and warms caches
    start = time.perf_counter()
    parse(text)
    assert time.perf_counter() - start < 4 * AT_ONCE


@given(st.text(max_size=60) | st.text("x()+-*/^,.<>0123456789eE abcsinmaxpowerlog_'[]", max_size=60))
def test_any_text_is_an_expression_or_an_expression_error(text):
    try:
        e = parse(text)
    except ExpressionError:
        return
    assert isinstance(e, sympy.Expr)


# An expression's text together with the function of fractions that it means.
_leaves = st.just(("x", lambda t: t)) | st.integers(0, 9).map(lambda n: (str(n), lambda t: Fraction(n)))


def _combined(children):
    def binary(op, a, b):
        apply = {"+": Fraction.__add__, "-": Fraction.__sub__, "*": Fraction.__mul__, "/": Fraction.__truediv__}[op]
        return f"({a[0]}) {op} ({b[0]})", lambda t: apply(a[1](t), b[1](t))

    return st.one_of(
        st.builds(lambda a: (f"-({a[0]})", lambda t: -a[1](t)), children),
        st.builds(lambda a: (f"abs({a[0]})", lambda t: abs(a[1](t))), children),
        st.builds(lambda a, n: (f"({a[0]})^{n}", lambda t: a[1](t) ** n), children, st.integers(0, 3)),
        st.builds(lambda a, b: (f"max({a[0]}, {b[0]})", lambda t: max(a[1](t), b[1](t))), children, children),
        st.builds(binary, st.sampled_from("+-*/"), children, children),
    )


@given(st.recursive(_leaves, _combined, max_leaves=12), st.fractions(-2, 2, max_denominator=16))
def test_an_expression_means_what_python_means_by_it(tree, t):
    text, meaning = tree
    try:
        expected = meaning(t)
        e = parse(text)
    except (ZeroDivisionError, ExpressionError):  # a constant part divides by zero
        return
    with flint.ctx.workprec(1024):
        found = compiled(e).arb(arb(fmpq(t.numerator, t.denominator)))
        assert found.overlaps(arb(fmpq(expected.numerator, expected.denominator)))
        assert found.rad() < 1e-200 * (1 + found.abs_upper())


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("-x**2", "-(x**2)"),
        ("2**-1*x", "x/2"),
        ("x - 1 - 2", "(x - 1) - 2"),
        ("x/2/3", "x/6"),
        ("2**3**2*x", "512*x"),
        ("x^3", "x**3"),
        ("x³·2", "2*x**3"),
        ("x²", "x*x"),
        ("−x × 2", "-2*x"),
        ("--x", "x"),
        ("+x", "x"),
        ("0.1*x", "x/10"),
        ("1e-3*x", "x/1000"),
        (".5*x", "x/2"),
        ("2.*x", "2*x"),
        ("e**x", "exp(x)"),
        ("2**x", "exp(x*log(2))"),
        ("ln(x)", "log(x)"),
        ("arctan(x)", "atan(x)"),
        ("sqrt(x)", "x**(1/2)"),
        ("Max(x, 0)", "max(0, x)"),
        ("silu(2*x)", "2*x*sigmoid(2*x)"),
        ("clip(x, -1, 1)", "min(max(x, -1), 1)"),
        ("clip(x)", "min(max(x, 0), 1)"),
        ("leaky_relu(x, 1/5)", "Piecewise((x, x >= 0), (x/5, True))"),
        ("Piecewise((1, 2 < 1), (x, True))", "x"),
        ("max(1, 2)*x", "2*x"),
        ("α*x", "alpha*x"),
        ("swish(x, alpha)", "x*sigmoid(alpha*x)"),
    ],
)
def test_two_ways_of_writing_are_one_expression(text, same):
    assert parse(text) == parse(same)


def test_decimals_are_exact():
    assert parse("0.1").p == 1
    assert parse("0.1").q == 10
    assert parse("1.6732632423543772848170429916717") == sympy.Rational("1.6732632423543772848170429916717")


def test_other_names_are_real_parameters():
    e = parse("x*(x**2 + a)/(x**2 + b_1)")
    assert e.free_symbols == {x, sympy.Symbol("a", real=True), sympy.Symbol("b_1", real=True)}


@pytest.mark.parametrize("name", [name for name in function_names() if name not in ("Piecewise", "clip", "ralu")])
def test_every_listed_function_can_be_called(name):
    assert parse(f"{name}(x)").has(x)


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("cbrt(x)", -8.0, -2.0),
        ("sign(x)", -3.0, -1.0),
        ("Heaviside(x)", 0.0, 0.5),
        ("erfc(x)", 1.0, math.erfc(1.0)),
        ("asinh(x) + acos(x)", 0.5, math.asinh(0.5) + math.acos(0.5)),
        ("sinh(x)*cosh(x)*tan(x)", 0.5, math.sinh(0.5) * math.cosh(0.5) * math.tan(0.5)),
        ("softplus(x, 2)", 1.0, math.log1p(math.exp(2.0)) / 2),
        ("pi*e*x", 1.0, math.pi * math.e),
        ("Piecewise((-1, x < -1), (x, x <= 1), (exp(x), True))", 1.0, 1.0),
        ("Piecewise((-1, x < -1), (x, x <= 1), (exp(x), True))", 1.5, math.exp(1.5)),
    ],
)
def test_functions_have_their_usual_values(text, at, value):
    assert compiled(parse(text)).numpy(np.array(at)) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(("text", "hint"), [("gleu(x)", "gelu"), ("sofplus(x)", "softplus"), ("Sin(x)", "sin")])
def test_a_misspelt_function_gets_a_suggestion(text, hint):
    with pytest.raises(ExpressionError, match=f"did you mean .*{hint}"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["x*(x**2 + alpha)/(x**2 + 1)", "x/(1 + exp(-x))", "max(x, 0) + sqrt(2)*x", "x*(1 + erf(x/sqrt(2)))/2"]
)
def test_what_is_printed_can_be_read_back(text):
    assert parse(pretty(parse(text)).replace("√2", "sqrt(2)")) == parse(text)


def test_a_text_is_wanted():
    with pytest.raises(TypeError, match="not int"):
        parse(3)


def test_numbers_keep_their_value_through_the_program():
    third = compiled(parse("1/3 + 0*x")).numpy(np.zeros(2))
    assert third.tolist() == [float(Fraction(1, 3))] * 2
