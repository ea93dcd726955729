"""The MATLAB function runs in Octave: bits of the analysed programs, class and shape kept."""

import struct

import numpy as np
import pytest

from ratapprox.formats.exporters import export
from ratapprox.formats.exporters.source import source
from tests.formats.exporters import reference
from tests.formats.exporters.compilers import needs, succeeds
from tests.formats.exporters.reference import RELU, assert_same_bits, grid, sources

pytestmark = needs("octave")
BOTH = ("float32", "float64")
CLASS = {"float32": "single", "float64": "double"}


def octave(folder, commands):
    (folder / "commands.m").write_text(commands)
    return succeeds(["octave", "--no-gui", "--no-window-system", "--norc", "--quiet", "commands.m"], folder)


def test_value_and_slope_have_the_bits_of_the_analysed_programs(tmp_path):
    written = sources(*BOTH)
    commands = ""
    for of in written:
        (tmp_path / f"{of.name}.m").write_text(export(of, "matlab"))
        for dtype in BOTH:
            stem = f"{of.name}_{dtype}"
            grid(of, dtype).tofile(tmp_path / f"{stem}.x")
            commands += (
                f"f = fopen('{stem}.x'); x = fread(f, Inf, '{CLASS[dtype]}=>{CLASS[dtype]}'); fclose(f);"
                f" [y, s] = {of.name}(x); assert(isa(y, '{CLASS[dtype]}') && isa(s, '{CLASS[dtype]}'));"
                f" f = fopen('{stem}.y', 'w'); fwrite(f, [y; s], '{CLASS[dtype]}'); fclose(f);\n"
            )
    octave(tmp_path, commands)
    for of in written:
        for dtype in BOTH:
            x = grid(of, dtype)
            y, s = np.fromfile(tmp_path / f"{of.name}_{dtype}.y", reference.TYPES[dtype]).reshape(2, -1)
            assert_same_bits(y, reference.value(of, dtype, x), x, of.name)
            assert_same_bits(s, reference.slope(of, dtype, x), x, f"{of.name}'")


def test_shape_is_kept_and_integers_become_double(tmp_path):
    (tmp_path / "relu_r.m").write_text(export(RELU, "matlab", name="relu_r"))
    (tmp_path / "relu_s.m").write_text(export(RELU, "matlab", name="relu_s", dtype="float32"))
    printed = octave(
        tmp_path,
        "disp(size(relu_r(ones(2, 3, 4)))); disp(size(relu_r([]))); disp(class(relu_r(int8(1))));"
        " disp(class(relu_s(1))); printf('%s\\n', num2hex(relu_r(1)));",
    )
    lines = [line.split() for line in printed.splitlines() if line.strip()]
    assert lines == [["2", "3", "4"], ["0", "0"], ["double"], ["single"], [struct.pack(">d", RELU(1.0)).hex()]]


@pytest.mark.parametrize("note", ["{", "}", "%{", "%}", "end", "\nerror('out')", "...", "'"])
def test_no_note_leaves_the_comment(tmp_path, note):
    of = source(RELU, name="relu_r", dtypes=BOTH, notes=(note, note))
    (tmp_path / "relu_r.m").write_text(export(of, "matlab"))
    assert octave(tmp_path, "disp(relu_r(Inf))").split() == ["Inf"]
