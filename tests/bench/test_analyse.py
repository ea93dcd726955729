"""How long exact questions take, beside the programs that can answer them too, in the same run.

    pytest tests/bench/test_analyse.py --benchmark-enable --benchmark-only

A program is timed as it is used: the whole process, its start included. Ours is timed as it is used too: the whole call
in a process that has imported the package.
"""

import re
import shutil
import subprocess
from fractions import Fraction

import pytest

from ratapprox import Rational, analyse, certify
from tests.symbolic import qepcad
from tests.symbolic.statements import sentence
from tests.symbolic.test_analyse import IDS, RATIONAL, SUITE
from tests.symbolic.test_plane import MANY

SOLLYA = shutil.which("sollya")

# type (5, 4) for gelu on [-5, 5]: a weighted linear fit in float32, near the best
P = [
    -0.002405168954282999, 0.4999998211860657, 0.41406384110450745, 0.11635458469390869, 0.012043407186865807,
    0.0002607440110296011,
]  # fmt: skip
Q = [1, -3.3429158065700904e-05, 0.23273608088493347, -7.1261320044868626e-06, 0.0005221062456257641]

# its answer ends at roots of polynomials of high degree, where exact arithmetic over the number field explodes
TRAPS = {
    "degree 36": "(2*x^7 + a^2*x^6 + 5*x^3 + a^2*x^2 + 7*x + a)/(x^6 + 3*x^4 - a*x + 5*x^2 + 9)",
    "degree 43": "(2*x^7 + a^2*x^6 + 5*x^3 + a^3*x^2 + 7*x + a)/(x^6 + 3*x^4 - a*x + 5*x^2 + 9)",
}

few = pytest.mark.benchmark(max_time=0.3, min_rounds=3)


def test_ralu_increasing(benchmark):
    benchmark.group = "ralu"
    assert str(benchmark(analyse, "ralu", "increasing").region) == "0 <= alpha <= 9"


@few
@pytest.mark.parametrize("question", SUITE, ids=IDS)
def test_one_parameter(benchmark, question):
    p, q, name, on, expected = question
    benchmark.group = f"one parameter: {p} over {q} is {name} on {on}"
    assert str(benchmark(analyse, f"({p})/({q})", name, on=on).region) == expected


@few
@pytest.mark.skipif(qepcad.PROGRAM is None, reason="the program qepcad is not installed")
@pytest.mark.parametrize("question", [SUITE[n] for n in RATIONAL], ids=[IDS[n] for n in RATIONAL])
def test_one_parameter_by_qepcad(benchmark, question):
    p, q, name, on, _ = question
    benchmark.group = f"one parameter: {p} over {q} is {name} on {on}"
    asked = qepcad.question(sentence(p, q, name, on), ["a"])

    def run():
        return subprocess.run([qepcad.PROGRAM, "+N8000000"], input=asked, capture_output=True, text=True, check=True)

    assert "An equivalent quantifier-free formula:" in benchmark(run).stdout


@few
@pytest.mark.parametrize("trap", TRAPS)
def test_ends_of_high_degree(benchmark, trap):
    benchmark.group = trap
    (interval,) = benchmark(analyse, TRAPS[trap], "increasing").region.intervals
    assert f"degree {interval.lower.degree}" == trap


@few
@pytest.mark.skipif(qepcad.PROGRAM is None, reason="the program qepcad is not installed")
@pytest.mark.parametrize("trap", TRAPS)
def test_ends_of_high_degree_by_qepcad(benchmark, trap):
    benchmark.group = trap
    p, q = TRAPS[trap].replace("^", "**").split(")/(")
    asked = qepcad.question(sentence(p + ")", "(" + q, "increasing", (None, None)), ["a"])

    def run():
        return subprocess.run([qepcad.PROGRAM, "+N8000000"], input=asked, capture_output=True, text=True, check=True)

    benchmark.extra_info["answered"] = "An equivalent quantifier-free formula:" in benchmark(run).stdout


@few
@pytest.mark.parametrize(("family", "name", "on"), MANY)
def test_two_parameters(benchmark, family, name, on):
    benchmark.group = "two parameters"
    assert benchmark(analyse, family, name, on=on).verdict == "region"


def test_error_of_gelu_to_ten_digits(benchmark):
    benchmark.group = "sup |gelu - r|"
    found = benchmark(certify, Rational(P, Q), "gelu", (-5, 5), tolerance=1e-10)
    low, high = Fraction(found.error_lower), Fraction(found.error_upper)
    benchmark.extra_info["width"] = float(high / low - 1)
    assert high <= low * (1 + Fraction(1, 10**10))


@pytest.mark.skipif(SOLLYA is None, reason="the program sollya is not installed")
@pytest.mark.parametrize("diameter", ["1b-20", "1b-26"])
def test_error_of_gelu_by_sollya(benchmark, diameter):
    """infnorm() encloses the norm alone; certify() also counts poles, bounds E*, the slopes and |q|."""
    benchmark.group = "sup |gelu - r|"
    p, q = ("+".join(f"({Fraction(c)})*x^{k}" for k, c in enumerate(f)) for f in (P, Q))
    text = f"""prec = 165!; display = dyadic!; diam = {diameter}!;
        t = time(n = infnorm(({p})/({q}) - x/2*(1 + erf(x/sqrt(2))), [-5; 5]));
        n; display = decimal!; print("seconds", t); quit;"""

    def run():
        return subprocess.run([SOLLYA], input=text, capture_output=True, text=True, check=True).stdout

    said = benchmark(run)
    low, high = (Fraction(int(m)) * Fraction(2) ** int(e) for m, e in re.findall(r"(\d+)b(-?\d+)", said)[-2:])
    benchmark.extra_info |= {"width": float(high / low - 1), "seconds inside": said.split("seconds")[-1].split()[0]}
    ours = certify(Rational(P, Q), "gelu", (-5, 5), tolerance=1e-10)
    assert low <= Fraction(ours.error_upper) and Fraction(ours.error_lower) <= high
