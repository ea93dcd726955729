"""The Julia file runs where Julia is; elsewhere its arithmetic is read as Python's."""

import re

import numpy as np
import pytest

from ratapprox.formats.exporters import export
from ratapprox.formats.exporters.source import source
from tests.formats.exporters import reference
from tests.formats.exporters.compilers import needs, succeeds
from tests.formats.exporters.reference import RELU, assert_same_bits, grid, sources

BOTH = ("float32", "float64")
KINDS = {"float32": "Float32", "float64": "Float64"}


@needs("julia")
def test_value_and_derivative_have_the_bits_of_the_analysed_programs(tmp_path):
    written = sources(*BOTH)
    program = ""
    for of in written:
        (tmp_path / f"{of.name}.jl").write_text(export(of, "julia"))
        program += f'include("{of.name}.jl")\n'
        for dtype in BOTH:
            stem = f"{of.name}_{dtype}"
            grid(of, dtype).tofile(tmp_path / f"{stem}.x")
            program += (
                f'x = collect(reinterpret({KINDS[dtype]}, read("{stem}.x")))\n'
                f'write("{stem}.y", vcat({of.name}.(x), {of.name}_derivative.(x)))\n'
            )
    (tmp_path / "program.jl").write_text(program)
    succeeds(["julia", "--startup-file=no", "program.jl"], tmp_path)
    for of in written:
        for dtype in BOTH:
            x = grid(of, dtype)
            y, s = np.fromfile(tmp_path / f"{of.name}_{dtype}.y", reference.TYPES[dtype]).reshape(2, -1)
            assert_same_bits(y, reference.value(of, dtype, x), x, of.name)
            assert_same_bits(s, reference.slope(of, dtype, x), x, f"{of.name}'")


def as_python(text, kind):
    """The methods for one type, in Python: the arithmetic is written alike, the blocks are not."""
    literal = "np.float32" if kind == "Float32" else "np.float64"
    code = ""
    for name, body in re.findall(rf"^function (\w+)\(x::{kind}\)\n(.*?)\nend$", text, re.DOTALL | re.MULTILINE):
        body = re.sub(r"isnan\(x\) \? x : y", "x if np.isnan(x) else y", body)
        body = re.sub(r"^( +)if (.*)$", r"\1if \2:", body, flags=re.MULTILINE)
        body = re.sub(r"^( +)else$", r"\1else:", body, flags=re.MULTILINE)
        body = re.sub(r"^ +end$", "", body, flags=re.MULTILINE)
        number = r"(?<![\w.])(\d+\.?\d*(?:e[+-]?\d+)?)" + (r"f(-?\d+)" if kind == "Float32" else "()")
        body = re.sub(number, lambda found: f'{literal}("{found[1]}e{found[2] or 0}")' if "e" not in found[1]
                      else f'{literal}("{found[1]}")', body)  # fmt: skip
        code += f"def {name}(x):\n{body}\n"
    return code


@pytest.mark.parametrize("dtype", BOTH)
def test_read_as_python_it_has_the_bits_of_the_analysed_programs(dtype):
    for of in sources(*BOTH):
        namespace = {"np": np}
        exec(as_python(export(of, "julia"), KINDS[dtype]), namespace)
        x = grid(of, dtype)[::97]
        for name, expected in ((of.name, reference.value), (f"{of.name}_derivative", reference.slope)):
            with np.errstate(all="ignore"):
                found = np.array([namespace[name](at) for at in x], x.dtype)
            assert_same_bits(found, expected(of, dtype, x), x, name)


def test_other_numbers_are_taken_to_the_widest_method():
    assert "relu_r(x::Real) = relu_r(Float64(x))" in export(RELU, "julia", name="relu_r")
    assert "relu_r(x::Real) = relu_r(Float32(x))" in export(RELU, "julia", name="relu_r", dtype="float32")


def test_every_line_that_is_no_code_is_a_comment():
    of = source(RELU, name="relu_r", notes=('"""', "$(run(`ls`))", "=#", "a\nfunction broken("))
    text = export(of, "julia")
    starts = ("#", "function relu_r", " ", "end", "relu_r(x::Real)", "relu_r_derivative(x::Real)")
    assert all(not line or line.startswith(starts) for line in text.splitlines())
