"""The LaTeX formula, read back, is the function to the digits asked for; it typesets where TeX is."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratapprox import Rational
from ratapprox.formats.exporters import export
from ratapprox.formats.exporters.source import source
from tests.formats.exporters.compilers import needs, succeeds
from tests.formats.exporters.reference import CASES, RELU
from tests.strategies import exact_rationals


def read_back(text):
    """p and q from the formula."""
    formula = re.search(r"\\\[\s*r\(x\) = (.*?)\s*\\\]", text, re.DOTALL)[1]
    quotient = re.fullmatch(r"\\frac\{(.*)\}\s+\{(.*)\}", formula, re.DOTALL)
    return [polynomial(part) for part in (quotient.groups() if quotient else (formula, "1"))]


def polynomial(text):
    terms: dict[int, Fraction] = {}
    for sign, term in re.findall(r"(^-?|[+-]) ?([^ ]+(?: \\times 10\^\{-?\d+\}(?:\\,x\S*)?)?)", text):
        if term.startswith("x"):
            term = "1\\," + term
        size, _, variable = term.partition("\\,")
        power = re.fullmatch(r"x(?:\^\{(\d+)\})?", variable)
        degree = 0 if power is None else int(power[1] or 1)
        if fraction := re.fullmatch(r"\\tfrac\{(\d+)\}\{(\d+)\}", size):
            value = Fraction(int(fraction[1]), int(fraction[2]))
        else:
            mantissa, _, exponent = size.partition(" \\times 10^")
            value = Fraction(mantissa) * Fraction(10) ** int((exponent or "{0}").strip("{}"))
        terms[degree] = -value if sign == "-" else value
    return [terms.get(k, Fraction(0)) for k in range(max(terms) + 1)]


@given(exact_rationals(6))
def test_exact_coefficients_come_back(r):
    assert Rational(*read_back(export(r, "latex", digits="exact"))) == r


@given(exact_rationals(6), st.integers(1, 40), st.integers(-30, 30))
def test_decimals_are_correct_to_the_digits_asked_for(r, digits, power):
    scaled = Rational([c * Fraction(10) ** power for c in r.p], r.q)
    p, q = read_back(export(scaled, "latex", digits=digits))
    for found, exact in ((p, scaled.p), (q, scaled.q)):
        assert len(found) == len(exact)
        for c, right in zip(found, exact, strict=True):
            assert abs(c - right) <= abs(right) / 2 / Fraction(10) ** (digits - 1)


def test_it_is_written_as_a_person_would():
    assert export(RELU, "latex").splitlines()[2:] == [
        "\\[",
        "  r(x) = \\frac{0.0218445 + 0.5\\,x + 1.5957\\,x^{2} + 1.1915\\,x^{3}}",
        "       {1 + 2.383\\,x^{2}}",
        "\\]",
    ]
    assert "r(x) = -x + x^{2}\n" in export(Rational([0, -1, 1]), "latex")
    assert "3.2 \\times 10^{-9}\\,x" in export(Rational([1, Fraction(32, 10**10)]), "latex")


@pytest.mark.parametrize("digits", [0, -1, 2001, "many", "6; x", 1.5, None, "٣"])
def test_digits_is_a_number_or_exact(digits):
    with pytest.raises(ValueError, match="a number from 1 to 2000, or 'exact'"):
        export(RELU, "latex", digits=digits)


@pytest.mark.parametrize("note", ["\n\\input{secret}", "\\", "100 %", "\x85\\write18{ls}", "\u2028\\end"])
def test_a_note_stays_in_its_comment(note):
    text = export(source(RELU, notes=(note, note)), "latex")
    assert [line[:2] for line in text.splitlines()] == ["% ", "% ", "\\[", "  ", "  ", "\\]"]
    assert text.isascii()


@needs("pdflatex")
def test_it_typesets(tmp_path):
    body = "".join(export(r, "latex") for r in CASES.values())
    (tmp_path / "all.tex").write_text(f"\\documentclass{{article}}\\begin{{document}}{body}\\end{{document}}")
    succeeds(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"], tmp_path)
