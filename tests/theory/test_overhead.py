"""The chapters on building blocks and overhead, beside other ways to the same numbers."""

from fractions import Fraction
from math import ceil, log2
from pathlib import Path

import mpmath
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox.claims import load_book

BOOK = load_book(Path(__file__).parents[2] / "theory")
OVERHEAD = BOOK.chapter("overhead.cubic")
RUN = BOOK.chapter("overhead_run.errors")


@given(st.integers(1, 10**9))
def test_doublings_are_the_rounded_up_logarithm(n):
    assert 2 ** OVERHEAD.doublings(n) >= n
    assert n == 1 or 2 ** (OVERHEAD.doublings(n) - 1) < n


@given(st.fractions(Fraction(1, 10**6), Fraction(1, 2)).filter(lambda gap: gap > 0))
def test_near_is_the_least_number_of_steps_that_the_claim_on_roots_asks_for(gap):
    b = OVERHEAD.near(gap)
    assert 8 ** (2**b) >= 4 / gap
    assert b == 0 or 8 ** (2 ** (b - 1)) < 4 / gap


@given(st.integers(1, 60), st.integers(1, 60), st.fractions(0, 1))
def test_roots_have_the_relative_error_that_the_claim_states(start, digits, share):
    steps = ceil(log2(start) if start > 1 else 0) + OVERHEAD.near(Fraction(1, 2**digits))
    with ctx.workprec(600):
        delta = arb(2) ** -start
        square = (delta + (1 - delta) * arb(share.numerator) / share.denominator) ** 2
        g = RUN.Machine().root(square, start, steps) / square.sqrt()
        assert g <= 1 + arb(2) ** -500
        assert g >= 1 - arb(2) ** -digits - arb(2) ** -500


@pytest.mark.parametrize("S", ["6", "7", "10", "31.4", "1000", "1e6"])
def test_the_mean_gives_the_logarithm_within_what_the_claim_states(S):
    with mpmath.workdps(60):
        s = mpmath.mpf(S)
        ratio = mpmath.pi / (2 * mpmath.agm(1, 4 / s)) / mpmath.log(s)
        assert 1 <= ratio <= 1 + 5 / s**2


def test_the_constant_of_the_logarithm_is_not_much_too_large():
    with mpmath.workdps(60):
        ratio = mpmath.pi / (2 * mpmath.agm(1, mpmath.mpf(4) / 10**6)) / mpmath.log(10**6)
        assert 3.5 < (ratio - 1) * 10**12 < 5


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 120), st.fractions(-6, 6))
def test_the_logarithm_is_within_its_error(e, power):
    with ctx.workprec(2 * e + 300):
        y = arb(2) ** (arb(power.numerator) / power.denominator)
        m = RUN.Machine()
        assert abs(m.log(y, e) - y.log()) < arb(2) ** -e
        assert m.units == OVERHEAD.Plan(e).units


@pytest.mark.parametrize("name", OVERHEAD.UNITS)
@settings(max_examples=10, deadline=None)
@given(e=st.integers(1, 90), at=st.fractions(-4, 4))
def test_every_construction_is_within_its_error_wherever_it_is_looked_at(name, e, at):
    with ctx.workprec(2 * e + 300):
        u = arb(at.numerator) / at.denominator
        value, units = RUN.simulated(name, e, u)
        assert abs(value - RUN.true(name, u)) < arb(2) ** -e
        assert units == OVERHEAD.UNITS[name](e) <= 12 * (6 + log2(e)) ** 3


def test_a_construction_with_too_few_means_is_found_out():
    with ctx.workprec(500):
        value, _ = RUN.simulated("softplus", 100, arb(1), less=4)
        assert not abs(value - RUN.true("softplus", arb(1))) < arb(2) ** -100
