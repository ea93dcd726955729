"""The regions of analyse() against QEPCAD, which eliminates the quantifier by other people's algebra.

What QEPCAD is asked comes from derivatives by sympy, see statements.py; its answer is read as signs of polynomials.
Source: C. W. Brown, "QEPCAD B: a program for computing with semi-algebraic sets using CADs", ACM SIGSAM Bulletin 37
(2003) 97-108.
"""

import subprocess
from fractions import Fraction

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ratapprox.algebraic import Algebraic
from ratapprox.symbolic import analyse
from tests.symbolic import qepcad
from tests.symbolic.statements import sentence
from tests.symbolic.test_analyse import IDS, RATIONAL, SUITE
from tests.symbolic.test_plane import MANY, pairs

installed = pytest.mark.skipif(qepcad.PROGRAM is None, reason="the program qepcad is not installed")

a, b = sympy.symbols("a b")

NEAR = [Fraction(side, 10**k) for k in (1, 3, 6, 12) for side in (-1, 1)]
WIDTH = Fraction(1, 2**200)


def exactly_at(**values):
    """The sign of a polynomial at rational values of the parameters."""
    point = {sympy.Symbol(name): sympy.Rational(v.numerator, v.denominator) for name, v in values.items()}
    return lambda f: int(sympy.sign(f.subs(point)))


def at_root(minimal, low, high):
    """The sign of a polynomial at the root of an irreducible one in [low, high].

    It is 0 where the irreducible one divides, else that of its value at a rational 2^-200 away, which must be clear.
    """
    minimal = sympy.Poly(list(reversed(minimal)), a)
    rising = minimal.eval(high) > minimal.eval(low)
    while high - low > WIDTH:
        middle = (low + high) / 2
        low, high = (low, middle) if (minimal.eval(_number(middle)) > 0) == rising else (middle, high)

    def sign(f):
        if sympy.rem(sympy.Poly(f, a), minimal).is_zero:
            return 0
        values = [f.subs(a, _number(end)) for end in (low, high)]
        assert min(map(abs, values)) > 2**50 * _number(high - low)
        return int(sympy.sign(values[0]))

    return sign


def _number(value):
    return sympy.Rational(value.numerator, value.denominator)


def samples(found):
    """A rational in every cell, every critical value, and rationals on both sides of it at four distances."""
    for cell in found.certificate["line"]["cells"]:
        if "sample" in cell:
            value = Fraction(cell["sample"])
            yield value, exactly_at(a=value)
            continue
        root = cell["root"]
        if isinstance(root, str):
            low = high = Fraction(root)
            yield Algebraic.rational(low), exactly_at(a=low)
        else:
            f, (low, high) = tuple(map(int, root["polynomial"])), map(Fraction, root["interval"])
            yield Algebraic(f, low, high), at_root(f, low, high)
        for distance in NEAR:
            value = (low + high) / 2 + distance
            yield value, exactly_at(a=value)


@installed
@pytest.mark.parametrize(
    ("p", "q", "name", "on", "expected"), [SUITE[k] for k in RATIONAL], ids=[IDS[k] for k in RATIONAL]
)
def test_qepcad_agrees_in_every_cell_around_every_end_and_at_every_end(p, q, name, on, expected):
    found = analyse(f"({p})/({q})", name, on=on)
    answer = qepcad.eliminate(sentence(p, q, name, on), ["a"])
    assert answer is not None
    tried = list(samples(found))
    assert set(found.region.ends()) <= {value for value, _ in tried}
    for value, sign in tried:
        assert found.region.contains(value) == answer(sign), (value, answer.text)


@installed
@pytest.mark.parametrize(("family", "name", "on"), MANY)
def test_qepcad_agrees_with_regions_of_two_parameters(family, name, on):
    names = [str(s) for s in sorted(sympy.sympify(family).free_symbols - {sympy.Symbol("x")}, key=str)]
    p, q = sympy.fraction(sympy.together(sympy.sympify(family)))
    other = "L" if name == "lipschitz:L" else names.pop()
    answer = qepcad.eliminate(sentence(p, q, name, on), [names[0], other])
    assert answer is not None
    region = analyse(family, name, on=on).region
    for first, second in pairs(region, 200, seed=7):
        expected = answer(exactly_at(**{names[0]: first, other: second}))
        assert region.contains(first, second) == expected, (first, second, answer.text)


# what makes a value of a special: roots alone on a line, twofold, irrational, none
COEFFICIENTS = [
    "a", "a - 1", "2*a - 1", "a**2 - 2", "(a - 1)**2", "(a**2 - 3)**2", "a**3 - a - 1", "a**2 + 1", "1", "-1", "2", "0"
]  # fmt: skip
POLYNOMIALS = st.lists(st.sampled_from(COEFFICIENTS), min_size=1, max_size=4).map(
    lambda found: " + ".join(f"({k})*x**{n}" for n, k in enumerate(found))
)
HARD = [
    "increasing", "strictly-decreasing", "positive-slope", "pole-free", "convex", "injective", "bounded", "positive",
    "lipschitz:a", "lipschitz:1", "range:-a,a", "above:a", "below:relu",
]  # fmt: skip
FACTORS = st.sampled_from(["1", "x - a", "x - 1", "x**2 + 1", "x**2 + a", "x**2 + a**2 - 2", "a*x**2 + 1"])


@installed
@settings(max_examples=15)
@given(
    POLYNOMIALS,
    st.tuples(FACTORS, FACTORS, FACTORS),
    st.sampled_from(HARD),
    st.sampled_from([(None, None), (0, None), (-1, 1)]),
)
def test_qepcad_agrees_on_families_that_are_made_to_be_hard(top, factors, name, on):
    """Moving poles, vanishing leading coefficients, isolated values, factors common to p and q at single values."""
    p, q = sympy.expand(f"({top})*({factors[0]})"), sympy.expand(f"({factors[1]})*({factors[2]})")
    assume((p + a * q).has(a) or "a" in name.partition(":")[2])
    found = analyse(f"({p})/({q})", name, on=on)
    assume(found.region is not None)
    try:
        answer = qepcad.eliminate(sentence(p, q, name, on), ["a"], seconds=10)
    except subprocess.TimeoutExpired:
        answer = None
    assume(answer is not None)
    for value, sign in samples(found):
        assert found.region.contains(value) == answer(sign), (p, q, name, on, value, answer.text)


@installed
@pytest.mark.parametrize("wrong", ["0 < a < 9", "0 <= a < 9", "0 <= a <= 10", "1 <= a <= 9"])
def test_a_wrong_region_is_noticed(wrong):
    answer = qepcad.eliminate(sentence("x**3 + a*x", "x**2 + 1", "increasing", (None, None)), ["a"])
    claimed = sympy.And(*(sympy.sympify(part) for part in _halves(wrong)))
    values = [value + distance for value in map(Fraction, (0, 1, 9, 10)) for distance in (Fraction(0), *NEAR)]
    assert any(answer(exactly_at(a=value)) != bool(claimed.subs(a, _number(value))) for value in values)


def _halves(text):
    low, first, name, second, high = text.split()
    return f"{low} {first} {name}", f"{name} {second} {high}"


def test_what_qepcad_prints_is_read_as_signs_of_polynomials():
    answer = qepcad.read(r"234 a^2 - 5 < 0 \/ [ a b^2 + 1 /= 0 /\ [ a - 2 b >= 0 \/ b = 0 ] ]")
    assert [f for f, _ in answer.atoms] == [234 * a**2 - 5, a * b**2 + 1, a - 2 * b, b]
    for first, second, expected in [(0, 5, True), (1, 5, False), (11, 5, True), (-1, 1, False), (-1, 0, True)]:
        assert answer(exactly_at(a=Fraction(first), b=Fraction(second))) is expected
    assert qepcad.read("TRUE")(None) is True
    assert qepcad.read("FALSE")(None) is False


def test_what_qepcad_reads_has_blanks_for_products_and_integers_alone():
    text = qepcad.question(sentence("x**3 + a*x", "x**2 + 1", "lipschitz:1/2", (0, None)), ["a"])
    assert "(A x)[ " in text
    assert "(-1) a + " in text or "(-2) a + " in text
    assert "*" not in text and "." not in text.replace("].", "")
