"""Fixed point: every input of small formats is compared with exact arithmetic, and C with its golden vectors."""

import ctypes
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import ratapprox
from ratapprox import Rational
from ratapprox.exporting import export as export_proved
from ratapprox.formats.exporters import export
from ratapprox.formats.exporters.fixed_point import fixed_program
from ratapprox.formats.exporters.source import Source, source
from ratapprox.number_formats import number_format
from tests.formats.exporters.compilers import needs, succeeds
from tests.formats.exporters.reference import RELU
from tests.strategies import pole_free_rationals

GELU = Rational(
    [-0.0013563370040888, 0.5, 0.40842893087818, 0.10204044472565, 0.0047815838441, -0.00075953425788],
    [1, 0, 0.20408089, 0, -0.00151906852],
)
FORMATS = ["q4.12", "q4.4", "q8.8", "q3.13", "q2.6", "q6.10", "q16.0"]


def on(r, a, b, dtype, name="r_fixed"):
    return Source(name, r.exact(), None, (Fraction(a), Fraction(b)), "horner", (dtype,))


def nearest_away(x):
    """To nearest, ties away from zero."""
    return int(abs(x) + Fraction(1, 2)) * (1 if x >= 0 else -1)


def by_hand(program, X):
    """The program in fractions, as the docstring has it."""
    n, width = program.format.fraction_bits, program.format.width
    top = 2 ** (width - 1) - 1
    X = min(max(X, program.first), program.last)
    sums = []
    for coefficients in (program.p, program.q):
        value = coefficients[-1]
        for c in coefficients[-2::-1]:
            value = nearest_away(Fraction(value * X, 2**n)) + c
            assert abs(value) * max(abs(X), 2**n) < 2**62
        sums.append(value)
    if sums[1] == 0:
        return -top - 1 if sums[0] < 0 else top
    return min(max(nearest_away(Fraction(sums[0] * 2**n, sums[1])), -top - 1), top)


def compiled(folder, of, **options):
    (folder / "all.c").write_text(export(of, "fixed", **options) + f"""
    void apply(const long *x, long *y, long n)
    {{ for (long k = 0; k < n; ++k) y[k] = {of.name}(({kind(of)})x[k]); }}
    long times(long v, long x) {{ return {of.name}_times(v, x); }}
    """)
    flags = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-fsanitize=undefined",
             "-fno-sanitize-recover"]  # fmt: skip
    succeeds(["gcc", *flags, "-shared", "-fPIC", "all.c", "-o", "all.so"], folder)
    return ctypes.CDLL(str(folder / "all.so"))


def kind(of):
    width = number_format(of.dtype).width
    return f"int{8 if width <= 8 else 16 if width <= 16 else 32}_t"


def every_input(dtype):
    half = 2 ** (number_format(dtype).width - 1)
    return np.arange(-half, half, dtype=np.int64)


@needs("gcc")
@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize(("r", "ends"), [(RELU, (-1, 1)), (GELU, (-1, 1)), (Rational([1], [1, 0, 1]), (-1, 1))])
def test_c_gives_what_the_program_gives_for_every_input(tmp_path, dtype, r, ends):
    of = on(r, *ends, dtype)
    program, _, _ = fixed_program(of, number_format(dtype))
    x = every_input(dtype)
    y = np.empty_like(x)
    arrays = (array.ctypes.data_as(ctypes.c_void_p) for array in (x, y))
    compiled(tmp_path, of).apply(*arrays, ctypes.c_long(x.size))
    assert np.array_equal(y, program(x))


@needs("gcc")
def test_a_denominator_that_vanishes_in_integers_gives_the_end_of_the_format(tmp_path):
    tiny = Fraction(1, 2**54)  # q = (1 - x/4)² + tiny
    for sign, end in ((1, 32767), (-1, -32768)):
        r = Rational([sign], [1 + tiny, Fraction(-1, 2), Fraction(1, 16)])
        of = on(r, -1, 1, "q4.12", f"r_fixed{end % 7}")
        folder = tmp_path / str(end)
        folder.mkdir()
        x, y = np.array([4 * 4096]), np.array([0])
        compiled(folder, of).apply(*(a.ctypes.data_as(ctypes.c_void_p) for a in (x, y)), ctypes.c_long(1))
        assert y[0] == fixed_program(of, number_format("q4.12"))[0](x)[0] == end


@needs("gcc")
@pytest.mark.parametrize("dtype", FORMATS)
def test_products_are_rounded_to_nearest_ties_away_from_zero(tmp_path, dtype):
    times = compiled(tmp_path, on(Rational([1], [1, 0, 1]), -1, 1, dtype)).times
    times.argtypes, times.restype = (ctypes.c_long, ctypes.c_long), ctypes.c_long
    unit = 2 ** number_format(dtype).fraction_bits
    for v in (0, 1, -1, 3, -3, unit // 2, -(unit // 2), 12345678901, -12345678901, 2**45 + 1, -(2**45) - 1):
        for x in (0, 1, -1, 2, -2, 5, -7, unit // 2, unit, -unit):
            assert times(v, x) == nearest_away(Fraction(v * x, unit))


@settings(max_examples=60)
@given(pole_free_rationals(4), st.sampled_from(FORMATS), st.data())
def test_the_program_is_its_definition_and_the_stated_error_is_the_largest(r, dtype, data):
    target = number_format(dtype)
    of = on(r, -1, 1, dtype)
    half = 2 ** (target.width - 1)
    low, high = max(-(2**target.fraction_bits), -half), min(2**target.fraction_bits, half - 1)
    values = [r.exact()(Fraction(X, 2**target.fraction_bits)) for X in range(low, high + 1, max(1, (high - low) // 64))]
    if max(map(abs, values)) > target.largest - 2.0**-target.fraction_bits:  # or nearly so
        assume(max(map(abs, values)) > target.largest + 2.0**-target.fraction_bits)
        with pytest.raises(ValueError, match=r"is beyond q|with 64-bit accumulators the error"):
            export(of, "fixed")
        return
    try:
        program, error, at = fixed_program(of, target)
    except ValueError:
        with pytest.raises(ValueError, match="is beyond q"):  # between the values that were looked at
            export(of, "fixed")
        return
    inputs = [*data.draw(st.lists(st.integers(-half, half - 1), max_size=8)), -half, half - 1, 0, at]
    for X, Y in zip(inputs, program(np.array(inputs)).tolist(), strict=True):
        assert by_hand(program, X) == Y
        if low <= X <= high:
            assert abs(Y - r.exact()(Fraction(X, 2**target.fraction_bits)) * 2**target.fraction_bits) <= Fraction(error)
    attained = abs(by_hand(program, at) - r.exact()(Fraction(at, 2**target.fraction_bits)) * 2**target.fraction_bits)
    assert error - 2e-4 <= float(attained) <= error


def test_the_error_is_half_a_unit_and_hardly_more():
    text = export_proved(ratapprox.fit("relu", type=(3, 2)), "fixed", dtype="q4.12")
    stated = re.search(r"All 8193 inputs in \[-1, 1\] were tried: the error is at most (\S+) lsb", text)
    assert stated
    assert float(stated[1]) < 0.501


@needs("gcc")
def test_golden_vectors_are_in_the_file_and_right(tmp_path):
    text = export(on(RELU, -1, 1, "q4.12", "relu_q"), "fixed", vectors=100)
    pairs = [tuple(map(int, pair)) for pair in re.findall(r"\{(-?\d+), (-?\d+)\}", text)]
    assert len(pairs) == 100
    assert pairs[0][0] == -4096
    assert pairs[-1][0] == 4096
    for x, y in pairs:
        assert abs(Fraction(y, 4096) - RELU.exact()(Fraction(x, 4096))) <= Fraction(501, 1000 * 4096)
    (tmp_path / "all.c").write_text("#define RELU_Q_VECTORS\n" + text + """
    int main(void) {
        for (unsigned k = 0; k < sizeof relu_q_vectors / sizeof *relu_q_vectors; ++k)
            if (relu_q(relu_q_vectors[k][0]) != relu_q_vectors[k][1]) return 1;
        return 0;
    }""")
    succeeds(["gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "all.c", "-o", "all"], tmp_path)
    succeeds([tmp_path / "all"], tmp_path)
    for standard in ("c++11", "c++20"):
        succeeds(["g++", "-x", "c++", f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-c", "all.c"], tmp_path)


def test_where_the_whole_format_has_no_room_inputs_stop_at_the_interval():
    narrow, _, _ = fixed_program(on(Rational([0] * 9 + [1]), -1, 1, "q8.16"), number_format("q8.16"))
    assert (narrow.first, narrow.last) == (-65536, 65536)
    assert narrow(np.array([-(2**23), 2**23 - 1])).tolist() == [-65536, 65536]
    wide, _, _ = fixed_program(on(RELU, -1, 1, "q4.12"), number_format("q4.12"))
    assert (wide.first, wide.last) == (-32768, 32767)


def test_a_pole_outside_the_interval_is_never_met():
    program, _, _ = fixed_program(on(Rational([1], [1, 0, Fraction(-1, 4)]), -1, 1, "q4.12"), number_format("q4.12"))
    assert (program.first, program.last) == (-4096, 4096)


@pytest.mark.parametrize(
    ("r", "dtype", "says"),
    [
        (Rational([0, 20]), "q4.12", r"r\(-1\) = -20 is beyond q4.12, which ends at 7.99976: take a format with more"),
        (Rational([1], [1, 0, 10**14]), "q4.20", "with 64-bit accumulators the error in q4.20 would be"),
        (Rational([10**9]), "q8.16", "is beyond q8.16"),
    ],
)
def test_what_leaves_the_format_is_refused(r, dtype, says):
    with pytest.raises(ValueError, match=says):
        export(on(r, -1, 1, dtype), "fixed")


def test_an_interval_without_a_value_is_refused():
    with pytest.raises(ValueError, match=r"no value of q4.12 lies in \[20, 30\]"):
        export(on(RELU, 20, 30, "q4.12"), "fixed")


@pytest.mark.parametrize("dtype", ["float32", "float16", "q4.30", "q0.8", "int8"])
def test_only_fixed_point_formats_are_taken(dtype):
    with pytest.raises(ValueError, match=r"q4\.12|qM\.N"):
        export(RELU, "fixed", dtype=dtype)


@pytest.mark.parametrize("vectors", [-1, "many", 70000, 1.5, "3; x"])
def test_the_number_of_vectors_is_a_number(vectors):
    with pytest.raises(ValueError, match="a number from 0 to 65536"):
        export(source(RELU, dtypes=("q4.12",)), "fixed", vectors=vectors)
