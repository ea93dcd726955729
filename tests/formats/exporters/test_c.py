"""The C header compiles without a warning in every dialect and gives the bits of the analysed programs."""

import ctypes
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratapprox import Rational
from ratapprox.exporting import rounding_bound
from ratapprox.formats.exporters import export
from ratapprox.formats.exporters.c_header import TYPES
from ratapprox.formats.exporters.source import source
from tests.formats.exporters import reference
from tests.formats.exporters.compilers import applied, functions, library, needs, succeeds, wrapped
from tests.formats.exporters.reference import RELU, assert_same_bits, exportable, grid, sources

pytestmark = needs("gcc")
BOTH = ("float32", "float64")
STRICT = ("-std=c99", "-O2", "-ffp-contract=off")


def built(folder, written, *flags):
    headers = {of.name: export(of, "c") for of in written}
    return library(folder, headers, [name for of in written for name in functions(of)], *flags)


def assert_bits(found, written):
    for of in written:
        for name, dtype in functions(of):
            x = grid(of, dtype)
            expected = (reference.slope if "_derivative" in name else reference.value)(of, dtype, x)
            assert_same_bits(applied(found, name, x), expected, x, name)


def test_value_and_derivative_have_the_bits_of_the_analysed_programs(tmp_path):
    written = sources(*BOTH)
    assert_bits(built(tmp_path, written, *STRICT), written)


def test_decimal_literals_are_the_same_numbers(tmp_path):
    # a C++ compiler before 2017 reads the decimals; here they are chosen by hand
    written = sources(*BOTH)
    old = "#if defined(__cplusplus) && __cplusplus < 201703L"
    headers = {of.name: export(of, "c").replace(old, "#if 1") for of in written}
    names = [name for of in written for name in functions(of)]
    assert_bits(library(tmp_path, headers, names, *STRICT), written)


@settings(max_examples=5)
@given(st.lists(exportable(*BOTH), min_size=6, max_size=6))
def test_any_functions_have_the_bits_of_the_analysed_programs(several):
    written = [
        source(r, name=f"drawn{k}", form=("horner", "reciprocal")[k % 2], dtypes=BOTH) for k, r in enumerate(several)
    ]
    with TemporaryDirectory() as folder:
        assert_bits(built(Path(folder), written, *STRICT), written)


def test_with_contraction_the_proved_bound_holds(tmp_path):
    written = [of for of in sources(*BOTH) if not of.rational.poles(on=(-4, 4))]
    found = built(tmp_path, written, "-std=gnu11", "-O3", "-march=native")
    contracted = 0
    for of in written:
        for dtype in BOTH:
            bound = Fraction(rounding_bound(of, dtype, (Fraction(-4), Fraction(4))))
            x = np.linspace(-4, 4, 801).astype(reference.TYPES[dtype])
            computed = applied(found, of.name + TYPES[dtype].suffix, x)
            contracted += reference.different(computed, reference.value(of, dtype, x)).size
            for at, y in zip(x.tolist(), computed.tolist(), strict=True):
                assert abs(Fraction(y) - of.rational(Fraction(at))) <= bound, (of.name, dtype, at)
    if not contracted:
        pytest.skip("nothing is contracted to fma on this machine, so that the bound had nothing to bear")


@pytest.mark.parametrize(
    ("compiler", "standard"),
    [("gcc", "c99"), ("gcc", "c11"), ("gcc", "gnu17"), *(("g++", f"c++{year}") for year in (11, 14, 17, 20))],
)
def test_no_dialect_has_a_warning(tmp_path, compiler, standard):
    written = sources(*BOTH)
    for of in written:
        (tmp_path / f"{of.name}.h").write_text(export(of, "c"))
    text = "".join(f'#include "{of.name}.h"\n' for of in written) * 2
    (tmp_path / "all.c").write_text(text + "int main(void) { return 0; }\n")
    flags = [f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wcomment", "-Werror"]
    succeeds([compiler, *(["-x", "c++"] if compiler == "g++" else []), *flags, "-c", "all.c", "-o", "all.o"], tmp_path)


@pytest.mark.parametrize("standard", ["c++11", "c++17"])
@needs("g++")
def test_cpp_gives_the_same_bits(tmp_path, standard):
    of = source(RELU, name="relu_r", dtypes=BOTH)
    (tmp_path / "relu_r.h").write_text(export(of, "c"))
    body = wrapped(functions(of)).replace("void apply", 'extern "C" void apply')
    (tmp_path / "all.cpp").write_text('#include "relu_r.h"\n' + body)
    flags = [f"-std={standard}", "-O2", "-ffp-contract=off", "-shared", "-fPIC"]
    succeeds(["g++", *flags, "all.cpp", "-o", "all.so"], tmp_path)
    assert_bits(ctypes.CDLL(str(tmp_path / "all.so")), [of])


def test_numbers_are_hexadecimal_unless_a_short_decimal_is_the_number():
    text = export(RELU, "c", name="relu_r")
    assert "p = p * x + RELU_R_C(0x1.987fccp+0f, 1.5957f);" in text
    assert "p = p * x + RELU_R_C(0x1.987fcb923a29cp+0, 1.5957);" in text
    assert "p = p * x + 0.5f;" in text
    assert "p = p * x + 0.5;" in text


def test_one_dtype_may_be_asked_for():
    text = export(RELU, "c", dtype="float32", name="relu_r")
    assert "static inline float relu_rf(float x)" in text
    assert "double" not in text


@pytest.mark.parametrize(
    "note",
    ["ends */ int x;", "starts /* one", "end \\", "trigraph ??/", "*\\", "\n#error broken\n", "*/\\\n/", "é */ ≤"],
)
def test_no_note_and_no_target_leaves_the_comment(tmp_path, note):
    of = source(RELU, name="relu_r", dtypes=BOTH, notes=(note, note))
    (tmp_path / "all.c").write_text(export(of, "c") + "int main(void) { return 0; }\n")
    for standard in ("c99", "gnu17"):
        succeeds(["gcc", f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", "all.c"], tmp_path)


def test_coefficients_beyond_float_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"the coefficient 1e\+60 of x\^1 in p is beyond float32, which ends at 3.4"):
        export(Rational([0, 10**60], [1, 0, 10**60]), "c")
    assert "double" in export(Rational([0, 10**60], [1, 0, 10**60]), "c", dtype="float64")
