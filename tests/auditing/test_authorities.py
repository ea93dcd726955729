"""The audit reproduces what was measured of other people's coefficients, to the digits given."""

import tomllib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

import ratapprox
from ratapprox.auditing import Audit, Optima, audit
from ratapprox.formats.importers import read_coefficients
from ratapprox.forms import KatFitted

KNOWN = tomllib.loads((Path(__file__).parents[1] / "authorities" / "peer_coefficients.toml").read_text("utf-8"))
OPTIMA = Optima()


def agrees(value: object, printed: str) -> bool:
    """Whether a value rounds to the printed one."""
    unit = Fraction(10) ** int(Decimal(printed).as_tuple().exponent)
    return abs(Fraction(float(value)) - Fraction(printed)) <= unit / 2  # type: ignore[arg-type]


def found(name: str) -> Audit:
    (entry,) = read_coefficients(name)
    return audit(entry, optima=OPTIMA)


@pytest.mark.parametrize("case", KNOWN["case"], ids=lambda case: case["name"])
def test_an_audit_finds_what_was_measured(case):
    a = found(case["name"])
    d = a.declared
    assert d.error_lower <= d.error_upper <= d.error_lower * Decimal("1.000001")
    if "error" in case:
        assert agrees(d.error_upper, case["error"])
    if "best" in case:
        assert agrees(d.optimum.upper, case["best"])
        assert agrees(d.optimum.lower, case["best"])
    if "ratio" in case:
        assert agrees(d.ratio, case["ratio"])
    if "rms" in case:
        assert agrees(d.rms, case["rms"])
        assert d.l2.upper - d.l2.lower < d.l2.lower * Decimal("1e-11")
    if "increasing" in case:
        assert d.portrait.increasing is case["increasing"]
    if "far" in case:
        assert all(agrees(v, printed) for v, printed in zip(d.portrait.far, case["far"], strict=True))
    if "poles" in case:
        assert len(d.portrait.poles_on_reals) == len(case["poles"])
        assert all(map(agrees, d.portrait.poles_on_reals, case["poles"]))


@pytest.mark.parametrize("case", KNOWN["kat"], ids=lambda case: case["mode"])
def test_kat_is_judged_as_it_is_evaluated_beside_as_it_was_fitted(case):
    gpu, cpu = (found(f"kat:{case['mode']}:{program}") for program in ("gpu", "cpu"))
    assert agrees(gpu.declared.error_upper, case["gpu"])
    if "poles" in case:  # one of them is closer to the interval than the other; none is in it
        assert cpu.declared.poles == ()
        assert all(map(agrees, cpu.declared.portrait.poles_on_reals, case["poles"]))
    if "near_pole" in case:
        assert agrees(cpu.declared.portrait.poles_on_reals[-1], case["near_pole"])
    assert agrees(cpu.declared.error_upper, case["cpu"])
    assert agrees(gpu.declared.optimum.upper, case["best"])
    form = gpu.entry.form
    as_b = audit(KatFitted(form.p, form.b), gpu.target, gpu.entry.on, optima=OPTIMA)
    assert agrees(as_b.declared.error_upper, case["fitted"])


def test_the_shipped_gelu_of_kat_is_not_gelu():
    a = found("kat:gelu:gpu")
    assert [agrees(a.entry.function()(x), value) for x, value in ((Fraction(3), "1.531"), (Fraction(2), "1.574"))] == [
        True
    ] * 2
    assert a.problems[0].serious
    assert a.problems[0].text.startswith(
        "the evaluated form differs from the fitted form: error 1.46 instead of 0.00295"
    )


@pytest.mark.parametrize("name", KNOWN["gains"])
def test_gains_of_targets_are_those_of_quadrature(name):
    assert agrees(ratapprox.gain(name).forward, KNOWN["gains"][name])


@pytest.mark.parametrize("name", KNOWN["gains_of_entries"])
def test_gains_of_entries_are_those_of_what_is_evaluated(name):
    assert agrees(found(name).gain.forward, KNOWN["gains_of_entries"][name])


def test_hard_coded_gains_are_those_of_the_source_and_neither_is_true():
    assert [read_coefficients(f"kat:{mode}:gpu")[0].gain for mode in ("gelu", "swish")] == [
        2.3567850379928976,
        2.8178205270359653,
    ]
    assert any("2.35679 is hard-coded" in problem.text for problem in found("kat:gelu:gpu").problems)
    assert any("2.81782 is hard-coded" in problem.text for problem in found("kat:swish:gpu").problems)


def test_the_relu_of_rationalnets_dips_beside_zero_and_is_poor_on_a_wider_interval():
    (entry,) = read_coefficients("rationalnets:relu(3,2)")
    a = audit(entry, on=(-3, 3), optima=OPTIMA)
    (dip,) = a.declared.portrait.falling
    assert agrees(dip.lower, "-0.648")
    assert agrees(dip.upper, "-0.191")
    assert agrees(a.declared.portrait.slopes[0], "-0.1495")
    assert agrees(a.entry.function().derivative()(-0.374), "-0.1495")
    assert agrees(a.asked.error_upper, "0.859")
    assert agrees(a.asked.optimum.upper, "0.0655")
    assert agrees(a.asked.ratio, "13")
    assert a.serious
    assert len(ratapprox.certify(entry.form, "relu", (-1, 1)).alternation) == 7


def test_the_missing_constant_of_rationalnets_is_named():
    a = found("rationalnets:relu(4,3)")
    assert a.serious
    assert a.entry.function()(Fraction(0)) == Fraction(1, 2)
    assert "degree 4 needs five coefficients, four given" in " ".join(problem.text for problem in a.problems)


def test_the_units_of_rkan_start_as_the_constant_one():
    for entry in read_coefficients("rkan"):
        assert ratapprox.forms.same_function(entry.function(), ratapprox.Rational([1]))
