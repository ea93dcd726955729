"""A property at one vector of parameters, and the box around it in which it is proved."""

import random
from fractions import Fraction
from itertools import product

import pytest
from flint import ctx, fmpz_mpoly_ctx

from ratapprox.symbolic.box import BoxPolynomial
from ratapprox.symbolic.local import certified_ball, decide_at

CUBIC = "(c*x**3 + a*x**2 + b*x)/(x**2 + 1)"


def test_one_vector_is_decided_exactly_also_on_the_boundary():
    assert decide_at(CUBIC, "increasing", {"a": 0, "b": 1, "c": "1/9"})
    assert not decide_at(CUBIC, "increasing", {"a": 0, "b": 1, "c": "0.1111111111"})
    assert decide_at(CUBIC, "lipschitz:L", {"a": 0, "b": 9, "c": 1, "L": 9})
    assert not decide_at(CUBIC, "injective", {"a": 5, "b": 0, "c": 1})
    assert decide_at("(a*x + b)/(c*x**2 + d)", "pole-free", {"a": 1, "b": 1, "c": 0, "d": 1})


@pytest.mark.parametrize(
    ("family", "asked", "values", "on", "distance"),
    [
        ("x*(x**2+a)/(x**2+1)", "increasing", {"a": 5}, (None, None), 4),
        ("x*(x**2+a)/(x**2+b)", "increasing", {"a": 2, "b": 2}, (None, None), 8 / 5),  # a <= 9b at (2 + r, 2 - r)
        ("(c*x**3+b*x)/(x**2+1)", "increasing", {"b": 1, "c": 1}, (None, None), 4 / 5),
        ("x*(x**2+a)/(x**2+1)", "lipschitz:L", {"a": 2, "L": 3}, (None, None), 1 / 2),
        ("1/(x**2+a*x+b)", "pole-free", {"a": 0, "b": 1}, (None, None), 2 * 2**0.5 - 2),
        ("1/(x-a)", "pole-free", {"a": 3}, (-1, 1), 2),
        ("a*x**2+b*x+c", "positive", {"a": 1, "b": 0, "c": 1}, (0, None), 2 / 3),
        ("(a*x**2+1)/(x**2+1)", "bounded", {"a": 1}, (None, None), 2**20),
        ("x**3+a*x", "injective", {"a": 2}, (None, None), 2),
        ("x**3+a*x", "convex", {"a": 2}, (0, None), 2**20),
    ],
)
def test_the_proved_radius_is_the_distance_to_the_boundary(family, asked, values, on, distance):
    box = certified_ball(family, asked, values, on)
    assert box.holds
    assert box.complete
    assert float(box.radius) == pytest.approx(distance, rel=1e-5)
    assert box.radius <= Fraction(distance) + Fraction(1, 10**9)
    if box.corner is not None:
        assert not decide_at(family, asked, dict(box.corner), on)
        assert float(box.fails_within) == pytest.approx(distance, rel=1e-4)


def test_on_the_boundary_the_radius_is_zero_and_outside_nothing_holds():
    assert certified_ball("ralu", "increasing", {"alpha": 9}).radius == 0
    outside = certified_ball("ralu", "increasing", {"alpha": 10})
    assert not outside.holds
    assert repr(outside) == "CertifiedBox: increasing does not hold at alpha = 10"
    assert certified_ball("a*x", "odd", {"a": 1}).radius > 0
    assert certified_ball("a*x + b", "odd", {"a": 1, "b": 0}).radius == 0  # odd needs b = 0


def test_no_vector_inside_a_proved_box_fails():
    values = {"a": Fraction(1, 2), "b": Fraction(2), "c": Fraction(1), "d": Fraction(1, 3)}
    family = "(c*x**3 + a*x**2 + b*x)/(x**2 + d*x + 1)"
    chosen = random.Random(1)
    for asked in ("increasing", "pole-free", "strictly-increasing", "lipschitz:9"):
        box = certified_ball(family, asked, values)
        assert box.radius > 0
        corners = list(product((-1, 1), repeat=4))
        inner = [[Fraction(chosen.randint(-100, 100), 100) for _ in values] for _ in range(60)]
        for signs in corners + inner:
            vector = {name: values[name] + s * box.radius for name, s in zip(values, signs, strict=True)}
            assert decide_at(family, asked, vector)


def test_many_parameters_and_a_time_limit():
    family = "(" + " + ".join(f"a{k}*x**{k}" for k in range(6)) + ")/(1 + b2*x**2 + b4*x**4)"
    values = {"a0": 0, "a1": 1, "a2": 0, "a3": 1, "a4": 0, "a5": 1, "b2": "1/2", "b4": "1/4"}
    box = certified_ball(family, "increasing", values, (-3, 3), time_limit=5)
    assert 0 < box.radius < 1
    hurried = certified_ball(family, "increasing", values, (-3, 3), time_limit=1e-9)
    assert not hurried.complete
    assert hurried.radius == 0


def test_slips_are_told():
    with pytest.raises(ValueError, match="without c: the parameters are a, b, c"):
        decide_at(CUBIC, "increasing", {"a": 0, "b": 1})
    with pytest.raises(ValueError, match="with d: the parameters"):
        certified_ball(CUBIC, "increasing", {"a": 0, "b": 1, "c": 1, "d": 1})
    with pytest.raises(ValueError, match="no property"):
        decide_at(CUBIC, "monotone", {"a": 0, "b": 1, "c": 1})


def test_signs_over_boxes_are_never_claimed_wrongly_and_the_precision_is_put_back():
    x, a, b = fmpz_mpoly_ctx.get(("x", "a", "b")).gens()
    chosen = random.Random(2)
    before = ctx.prec
    claimed = 0
    for _ in range(60):
        f = sum(
            chosen.randint(-3, 3) * x**i * a**j * b**k for i in range(5) for j in range(2) for k in range(2)
        ) + 9 * (x**4 + 1)
        centre = [Fraction(chosen.randint(-2, 2)), Fraction(chosen.randint(-2, 2), 2)]
        on = chosen.choice([(None, None), (Fraction(0), None), (Fraction(-1), Fraction(2)), (None, Fraction(-1, 2))])
        radius = Fraction(1, chosen.choice([2, 4, 16]))
        if not BoxPolynomial(f, centre, on).one_sign(radius, lambda: None):
            continue
        claimed += 1
        signs = set()
        for _ in range(80):
            low = -20 if on[0] is None else on[0]
            high = 20 if on[1] is None else on[1]
            point = Fraction(chosen.randint(0, 400), 400) * (high - low) + low
            u, v = (c + radius * Fraction(chosen.randint(-8, 8), 8) for c in centre)
            value = sum(int(c) * point ** int(e[0]) * u ** int(e[1]) * v ** int(e[2]) for e, c in f.to_dict().items())
            signs.add(value > 0)
            assert value != 0
        assert len(signs) == 1
    assert claimed > 10
    assert ctx.prec == before
