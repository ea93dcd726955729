"""Regions of two parameters against exact decisions of sample pairs, known answers, and z3."""

import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ratapprox.symbolic import analyse
from ratapprox.symbolic.formula import Formula, Literal, separate
from ratapprox.symbolic.writing import latex_of_region

KNOWN = [
    ("x*(x**2+a)/(x**2+b)", "increasing", "0 <= a <= 9*b and b > 0"),
    ("(a*x**3+b*x)/(x**2+1)", "increasing", "b >= 0 and a >= b/9"),
    ("x*(x**2+a)/(x**2+1)", "lipschitz:L", "9 - 8*L <= a <= L and a >= -L"),
    ("(x**3+a*x**2+b*x)/(x**2+1)", "increasing", "b <= 9 and b**3 - 27*a**2 - 18*b**2 + 81*b >= 0"),
    ("(x**3+a*x)/(x**2+b*x+1)", "increasing", "0 <= a <= 9 and a**2 - 27*b**2 - 18*a + 81 >= 0"),
    ("1/(x**2+a*x+b)", "pole-free", "a**2 - 4*b < 0"),
    ("1/(a*x**2+b)", "pole-free", None),
    ("a*x+b*x/(x**2+1)", "injective", None),
    ("a*x+b*x/(x**2+1)", "increasing", "a >= -b and a >= b/8"),
    ("(x**2+a*x+b)/(x**2+1)", "positive", "a**2 - 4*b < 0"),
    ("(x**2+a*x+b)/(x**2+1)", "range:0,2", "a**2 - 4*b <= 0 and a**2 + 4*b - 8 <= 0"),
    ("(a*x**3+b*x)/(x**2+1)", "convex", None),
    ("(a*x**2+b)/(x**2+1)", "bounded", "every (a, b)"),
    ("(x**3+a*x)/(x**2+b)", "positive-slope", None),
    ("(x**3+a*x**2+b*x)/(x**2+1)", "strictly-increasing", None),
    ("-(a*x+b)**2/(x**2+1)", "above:0", "no open set of (a, b); on a = 0 exactly for b = 0"),
]
MANY = [(family, asked, (None, None)) for family, asked, _ in KNOWN] + [
    ("(x**3+a*x)/(x**2+b)", "increasing", (0, None)),
    ("(x**2+a*x+b)/(x+2)", "increasing", (0, 1)),
    ("(a*x**2+x)/(b*x+1)", "convex", (0, 1)),
]


@pytest.mark.parametrize(("family", "asked", "text"), [known for known in KNOWN if known[2]])
def test_known_regions_have_their_short_formula(family, asked, text):
    answer = analyse(family, asked)
    assert answer.verdict == "region"
    assert answer.region.text == text


def pairs(region: Any, count: int, seed: int) -> list[tuple[Fraction, Fraction]]:
    """Simple rationals, which often lie on a boundary, and others all over the window of the region."""
    chosen = random.Random(seed)
    (left, right), (low, high) = region.window()
    simple = [Fraction(n, d) for d in (1, 2, 3) for n in range(-12 * d, 12 * d + 1)]
    found = [(chosen.choice(simple), chosen.choice(simple)) for _ in range(count // 2)]
    for _ in range(count - len(found)):
        a, b = chosen.uniform(left, right), chosen.uniform(low, high)
        found.append((Fraction(a).limit_denominator(50), Fraction(b).limit_denominator(50)))
    return found


def agrees(family: str, asked: str, on: tuple[Any, Any], count: int) -> None:
    region = analyse(family, asked, on=on).region
    for seed, (a, b) in enumerate(pairs(region, count, seed=len(family))):
        truth = region.contains(a, b)
        if region.formula is not None and region.formula(a, b) != truth:
            assert region.exceptions, (a, b)
            assert on_a_thin_piece(region, a, b), (a, b)
        if seed % 50 == 0:  # the line through the pair is decided as a question of one parameter
            for axis, value, other in ((1, a, b), (2, b, a)):
                assert region.question.fibre(axis, value).contains(other) == truth, (a, b)


def on_a_thin_piece(region: Any, a: Fraction, b: Fraction) -> bool:
    """Whether the pair lies on a curve of the projection, or on a rational line that is told apart."""
    curves = {str(curve): curve for column in region.columns for curve, _ in column.walls}
    values = [sum(int(c) * a ** int(e[1]) * b ** int(e[2]) for e, c in f.to_dict().items()) for f in curves.values()]
    lines = any(f"on {name} = {value} " in text for text in region.exceptions for name, value in (("a", a), ("b", b)))
    return 0 in values or lines


@pytest.mark.parametrize(("family", "asked", "on"), MANY)
def test_formulas_agree_with_exact_decisions(family, asked, on):
    agrees(family, asked, on, 150)


@pytest.mark.slow
@pytest.mark.parametrize(("family", "asked", "on"), MANY)
def test_formulas_agree_with_three_thousand_exact_decisions(family, asked, on):
    agrees(family, asked, on, 3000)


def test_thin_pieces_are_told():
    assert "b = a" in analyse("(x**3+a*x)/(x**2+b)", "convex").region.text  # there the function is x
    assert analyse("(x+a)/(x**2+b*x+1)", "odd").region.text == "no open set of (a, b); on a = 0 exactly for b = 0"
    line = analyse("(a*x**3+x)/(x**2+b)", "asymptotic:x").region
    assert line.contains(1, Fraction(22, 7))
    assert not line.contains(Fraction(99, 100), 0)
    assert "on a = 1 exactly for every b" in line.text


def test_both_readings_of_a_removable_pole_differ_on_a_curve():
    written = analyse("x*(x**2+a)/(x**2+b)", "increasing").region
    reduced = analyse("x*(x**2+a)/(x**2+b)", "increasing", cancelled=True).region
    assert not written.contains(-1, -1)
    assert reduced.contains(-1, -1)
    assert written.contains(1, 1)
    assert not written.contains(0, 0)
    assert reduced.contains(0, 0)


def test_without_a_formula_numbered_roots_say_the_region():
    answer = analyse("(x**5+a*x**3+b*x)/(x**4+x**2+1)", "increasing")
    region = answer.region
    assert region.formula is None
    assert any("root 1 of 117*a**4" in text for text in region.indexed)
    assert "√69" in answer.reason
    assert not region.is_complete
    assert region.contains(0, 1)
    assert not region.contains(13, 1)


def test_every_pixel_is_decided_exactly():
    region = analyse("x*(x**2+a)/(x**2+1)", "lipschitz:L").region
    assert region.parameters == ("a", "L")
    picture = region.picture((-2, 4), (0, 3), pixels=24)
    a, L = np.meshgrid(picture.a, picture.b)
    assert picture.truth.tolist() == (np.maximum(np.maximum(a, (9 - a) / 8), -a) <= L).tolist()
    assert region.truth([1.0], [1.0, 0.999]).tolist() == [[True], [False]]
    assert all(values.shape == picture.truth.shape for _, values in picture.curves)


def test_each_inequality_of_a_formula_has_a_witness():
    answer = analyse("x*(x**2+a)/(x**2+b)", "increasing")
    says = [witness.says for witness in answer.witnesses]
    assert says[0] == "at a = -1, b = 1: f' = -1 at x = 0, but must be at least 0"
    assert len(says) == 3
    for witness in answer.witnesses:
        assert not answer.region.contains(*(value for _, value in witness.parameter_values))


def test_the_json_of_a_plane_region_has_the_cells_and_the_formula():
    document = analyse("x*(x**2+a)/(x**2+b)", "increasing").to_dict()["region"]
    assert document["clauses"] == [["a >= 0", "a <= 9*b", "b > 0"]]
    assert {"values": ["1", "1/10"], "truth": False} in document["cells"]
    assert sum(cell["truth"] for cell in document["cells"]) == 2


def test_too_little_time_is_told_with_what_was_being_done():
    answer = analyse("(x**7+a*x**5+b*x**3+x)/(x**6+a*x**4+b*x**2+1)", "convex", time_limit=1e-4)
    assert answer.verdict == "unknown"
    assert "time limit" in answer.reason


def test_three_parameters_are_answered_by_name():
    with pytest.raises(ValueError, match=r"3 parameters .*decide_at\(\) and certified_ball\(\)"):
        analyse("(c*x**3+a*x**2+b*x)/(x**2+1)", "increasing")


def test_separation_fails_only_when_signs_agree():
    assert separate([[1, 1], [1, 1]], [True, False], [1, 1]) is None
    corners = separate([[1, -1], [-1, 1], [1, 1], [-1, -1]], [True, True, False, False], [1, 1])
    assert corners is not None
    assert set(corners) == {((0, 1), (1, -1)), ((0, -1), (1, 1))}
    assert separate([[1]], [True], [1]) == ((),)
    assert separate([[1]], [False], [1]) == ()


def test_formulas_are_written_in_the_fewest_signs():
    names = ("a", "b")
    square = Literal((((2, 0), -1), ((0, 1), 4)), True, names)
    line = Literal((((1, 0), 2), ((0, 1), -3), ((0, 0), 1)), False, names)
    assert repr(square) == "a**2 - 4*b < 0"
    assert repr(line) == "a >= 3*b/2 - 1/2"
    assert repr(Formula(((square, line), (line,)))) == "(a >= 3*b/2 - 1/2 and a**2 - 4*b < 0) or a >= 3*b/2 - 1/2"


@pytest.mark.parametrize(
    ("family", "asked", "region"),
    [
        ("x*(x**2+a)/(x**2+b)", "increasing", "0 <= a <= 9*b and b > 0"),
        ("(a*x**3+b*x)/(x**2+1)", "increasing", "b >= 0 and 9*a >= b"),
        ("(x**3+a*x**2+b*x)/(x**2+1)", "increasing", "b <= 9 and b**3 - 27*a**2 - 18*b**2 + 81*b >= 0"),
        ("1/(x**2+a*x+b)", "pole-free", "a**2 - 4*b < 0"),
        ("(x**2+a*x+b)/(x**2+1)", "range:0,2", "a**2 - 4*b <= 0 and a**2 + 4*b - 8 <= 0"),
    ],
)
def test_z3_finds_no_pair_that_the_region_gets_wrong(family, asked, region):
    z3 = pytest.importorskip("z3")
    from ratapprox.symbolic.properties import conditions, read_property
    from ratapprox.symbolic.reading import read

    a, b, x = z3.Reals("a b x")
    signs = {">=": lambda p: p >= 0, ">": lambda p: p > 0, "!=": lambda p: p != 0}
    statements = [
        signs[c.relation](eval(str(c.polynomial).replace("^", "**"), {"a": a, "b": b, "x": x}))
        for c in conditions(read(family), read_property(asked))
    ]
    plain = region.replace("0 <= a <= 9*b", "0 <= a and a <= 9*b")
    claimed = [eval(part, {"a": a, "b": b}) for part in plain.split(" and ")]
    solver = z3.Solver()
    solver.set("timeout", 20_000)
    solver.add(z3.Xor(z3.ForAll([x], z3.And(*statements)), z3.And(*claimed)))
    assert solver.check() == z3.unsat


def test_a_projection_that_no_time_limit_could_interrupt_is_not_begun():
    answer = analyse("(x+a+b)**30/(x**2+a**2+b**2+1)**10", "lipschitz:1", time_limit=2)
    assert answer.verdict == "unknown"
    assert "degree up to" in answer.reason


@pytest.mark.parametrize(
    ("family", "asked", "latex"),
    [
        ("x*(x**2+a)/(x**2+b)", "increasing", r"0 \le a \le 9 b \text{ and } b > 0"),
        ("x*(x**2+a)/(x**2+b)", "decreasing", r"\text{never}"),
        ("x*(x**2+a)/(x**2+b)", "odd", r"(a, b) \in \mathbb{R}^2"),
        ("x*(x**2+beta)/(x**2+E1)", "pole-free", r"E_{1} > 0"),
    ],
)
def test_a_region_of_two_parameters_is_written_in_latex(family, asked, latex):
    assert latex_of_region(analyse(family, asked).region) == latex
