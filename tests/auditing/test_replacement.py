"""What an audit proposes instead: a best rational, without a real pole wherever one is found."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ratapprox
from ratapprox.auditing import Optima, audit
from ratapprox.auditing.document import audit_schema, document
from ratapprox.auditing.page import page
from ratapprox.auditing.replacement import types_within
from ratapprox.auditing.table import cells
from ratapprox.cli.audit_report import report
from ratapprox.formats.importers import read_coefficients
from ratapprox.rational import Rational

OPTIMA = Optima()
WITH_POLES = {"kat:gelu": (5, 4), "kat:geglu": (5, 4), "rational_activations:N:gelu": (5, 4)}


@pytest.mark.parametrize("name", WITH_POLES)
def test_no_replacement_of_a_peer_has_a_real_pole_though_the_best_of_its_type_has(name):
    for entry in read_coefficients(name):
        found = audit(entry, optima=OPTIMA)
        proposed = found.replacement
        assert proposed.best.type == WITH_POLES[name]
        assert not proposed.best.certificate.pole_free_on_reals
        assert [float(pole) for pole in proposed.best_poles] == [
            pytest.approx(root.value.real) for root in proposed.best.rational.poles() if root.real
        ]
        assert proposed.poles == ()
        assert proposed.fit.certificate.pole_free_on_reals
        assert not [root for root in proposed.fit.rational.poles() if root.real]
        assert proposed.fit.error < found.declared.error_upper
        assert sum(proposed.fit.type) <= sum(proposed.best.type)
        m, n = proposed.fit.type
        assert m - n <= 1


def test_what_is_given_up_against_the_optimum_is_said_everywhere():
    (gpu, _) = read_coefficients("kat:geglu")
    found = audit(gpu, optima=OPTIMA)
    assert found.replacement.cost == pytest.approx(0.00215911 / 0.000831039, rel=1e-5)
    says = (
        "no real pole: the best of type (5, 4), of error 0.000831039, has them at x = -4.00519, 14.9929,"
        " and the price is an error 2.6 times as large"
    )
    assert says in str(found.replacement)
    assert says in page([found])
    assert says in " ".join(report([found]).split())
    assert cells(found)[-1] == "0.00216 (4,4), tails"
    said = document([found])["entries"][0]["replacement"]
    assert (said["type"], said["real_poles"]) == ([4, 4], [])
    assert said["passed_over"]["type"] == [5, 4]
    assert [float(pole["decimal"]) for pole in said["passed_over"]["real_poles"]] == [
        pytest.approx(-4.00519, rel=1e-5),
        pytest.approx(14.9929, rel=1e-5),
    ]


def test_where_no_rational_without_a_pole_is_found_its_poles_are_named_everywhere():
    # no polynomial of degree 0 and no (0, 0) grows as slowly as a type (0, 1), so that nothing else may be proposed
    found = audit(Rational([0.5], [1.0, -0.4]), "1/(2-x)", (-1, 1), optima=OPTIMA)
    proposed = found.replacement
    assert proposed.fit is proposed.best
    assert [float(pole) for pole in proposed.poles] == [2]
    says = "it has real poles outside the interval, at x = 2: none without was found"
    assert says in str(proposed)
    assert says in page([found])
    assert says in " ".join(report([found]).split())
    assert cells(found)[-1] == "0, poles"
    said = document([found])
    jsonschema.validate(json.loads(json.dumps(said)), audit_schema())
    assert [float(pole["decimal"]) for pole in said["entries"][0]["replacement"]["real_poles"]] == [2]


def test_the_best_rational_itself_is_replaced_where_it_has_real_poles_outside():
    best = ratapprox.fit("gelu", type=(5, 4), on=(-3, 3))
    found = audit(best.rational, "gelu", (-3, 3), optima=OPTIMA)
    assert found.declared.ratio < 1.01
    assert found.replacement.fit.certificate.pole_free_on_reals
    assert found.replacement.fit.error < 10 * best.error


def test_a_pole_free_best_is_proposed_as_it_is_and_nothing_for_what_is_as_good():
    (entry,) = read_coefficients("rationalnets:relu(3,2)")
    found = audit(entry, on=(-3, 3), optima=OPTIMA)
    assert found.replacement.fit is found.replacement.best
    assert str(found.replacement).endswith(
        "no real pole; far out r − f grows like 0.5·x as x → −∞, r − f grows like −0.5·x as x → +∞"
    )
    assert audit(entry, optima=OPTIMA).replacement is None


def test_tails_that_leave_those_of_the_target_are_said_everywhere_and_equal_ones_nowhere():
    (entry,) = read_coefficients("rational_activations:N:gelu")
    found = audit(entry, optima=OPTIMA)
    assert found.replacement.fit.type == (3, 6)  # it tends to 0 on either side, as gelu does on the left alone
    assert found.replacement.departs == ("r − f grows like −x as x → +∞",)
    assert str(found.replacement).endswith("; far out r − f grows like −x as x → +∞")
    assert cells(found)[-1] == "0.000153 (3,6), tails"
    said = document([found])["entries"][0]["replacement"]
    assert said["error_tails"] == ["r − f → 0", "r − f grows like −x"]
    same = audit(Rational([0.4], [1.0, 0.0, 0.9]), "1/(1 + x^2)", (-1, 1), optima=OPTIMA)
    assert same.replacement.departs == ()
    assert "far out" not in str(same.replacement)
    assert "tails" not in cells(same)[-1]


@given(m=st.integers(0, 12), n=st.integers(0, 12))
def test_other_types_have_no_more_coefficients_grow_no_faster_and_are_few(m, n):
    others = list(types_within((m, n)))
    assert (m, n) not in others
    assert len(others) == len(set(others)) <= 16
    for p, q in others:
        assert p >= 0
        assert q % 2 == 0
        assert p + q <= m + n
        assert p - q <= m - n
