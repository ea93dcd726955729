"""`ratapprox export`: what it writes, what it refuses, with which exit code."""

import base64
import json
import os
import stat
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import ratapprox
from ratapprox.cli import main
from ratapprox.formats import exporters
from ratapprox.formats.exporters import FORMATS, Format


def needs_package(name):
    """Binary formats are written by a package of the format's name."""
    return pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed")


@pytest.fixture(scope="module")
def card_text():
    return ratapprox.formats.card.card(ratapprox.fit("relu", type=(3, 2))).text


@pytest.fixture
def run(capsysbinary, tmp_path, monkeypatch, card_text):
    """Run `ratapprox WORDS…` in a folder with relu.json; gives the exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    Path("relu.json").write_text(card_text)

    def run_it(*words):
        with pytest.raises(SystemExit) as leaving:
            main(words)
        out, err = capsysbinary.readouterr()
        return int(leaving.value.code or 0), out.decode(errors="surrogateescape"), err.decode()

    return run_it


def assert_slip(ran, complaint):
    code, out, err = ran
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("ratapprox export: ")
    assert complaint in err
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["relu.json"]


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode(errors="surrogateescape")


TEXTS = [name for name in FORMATS if name not in ("onnx", "safetensors")]
EVERY = [*TEXTS, *(pytest.param(name, marks=needs_package(name)) for name in ("onnx", "safetensors"))]


@pytest.mark.parametrize("to", EVERY)
def test_stdout_is_what_the_function_returns(run, to):
    card = ratapprox.read_card("relu.json")
    code, out, err = run("export", "relu.json", "--to", to)
    assert (code, as_bytes(out), err) == (0, as_bytes(ratapprox.export(card, to)), "")


@pytest.mark.parametrize("to", EVERY)
def test_a_file_is_written_whole_and_stdout_stays_empty(run, to):
    name = f"out{FORMATS[to].suffix}"
    code, out, err = run("export", "relu.json", "--to", to, "-o", name)
    assert (code, out) == (0, "")
    assert err == f"wrote {name}: {to}, relu_3_2\n"
    assert Path(name).read_bytes() == as_bytes(ratapprox.export(ratapprox.read_card("relu.json"), to))
    assert sorted(path.name for path in Path.cwd().iterdir()) == sorted(["relu.json", name])


def test_the_card_may_come_from_standard_input(run, monkeypatch, card_text):
    monkeypatch.setattr("sys.stdin", type("In", (), {"buffer": __import__("io").BytesIO(card_text.encode())}))
    code, out, _ = run("export", "-", "--to", "latex")
    assert code == 0
    assert out == ratapprox.export(ratapprox.read_card("relu.json"), "latex")


def test_name_dtype_form_and_options_are_handed_on(run):
    card = ratapprox.read_card("relu.json")
    words = ("--name", "mine", "--dtype", "float32", "--form", "reciprocal", "--option", "rounded")
    code, out, _ = run("export", "relu.json", "--to", "cuda", *words)
    assert code == 0
    assert out == ratapprox.export(card, "cuda", name="mine", dtype="float32", form="reciprocal", rounded=True)
    assert "minef(float x)" in out
    assert "fabsf(x) <= 1.0f" in out


def test_json_is_one_document_with_the_text(run):
    code, out, err = run("export", "relu.json", "--to", "latex", "--option", "digits=3", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["schema"] == "ratapprox/export/1"
    assert document["text"] == ratapprox.export(ratapprox.read_card("relu.json"), "latex", digits=3)
    assert document["options"] == {"digits": "3"}
    assert document["file"] is None
    assert document["notes"][0].startswith("r(x) = ")


def test_bytes_go_out_as_they_are_and_as_base64_in_json(run, monkeypatch):
    raw = bytes(range(256))
    entry = Format("raw", "c_header", "bytes", ".bin")
    monkeypatch.setattr(Format, "write", lambda self, what, options: raw)
    monkeypatch.setattr(exporters, "FORMATS", {"raw": entry})
    code, _, _ = run("export", "relu.json", "--to", "raw", "-o", "out.bin")
    assert code == 0
    assert Path("out.bin").read_bytes() == raw
    _, out, _ = run("export", "relu.json", "--to", "raw", "--json")
    assert base64.b64decode(json.loads(out)["base64"]) == raw


def test_a_missing_framework_is_exit_code_5(run, monkeypatch):
    def missing(self, what, options):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(Format, "write", missing)
    code, out, err = run("export", "relu.json", "--to", "c")
    assert (code, out) == (5, "")
    assert err == "ratapprox: --to c needs torch: pip install torch\n"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--to", "latx"), "there is no export format 'latx' (did you mean 'latex'?). Known are numpy, c"),
        (("--to", ""), "there is no export format ''"),
        (("--to", "c", "--name", 'x); system("rm'), "is no identifier"),
        (("--to", "c", "--name", "while"), "the name 'while' means something else in a language"),
        (("--to", "c", "--dtype", "float16"), "c is not written in float16: choose one of float32, float64"),
        (("--to", "c", "--dtype", "float33"), "dtype='float33': known are float16"),
        (("--to", "fixed", "--dtype", "float32"), "fixed is not written in float32: choose one of fixed point"),
        (("--to", "c", "--form", "estrin"), "an export is written in one of horner, reciprocal"),
        (("--to", "c", "--option", "digits=3"), "no option 'digits': its options are none; digits is one of latex"),
        (("--to", "latex", "--option", "digits=no"), "a number from 1 to 2000, or 'exact'"),
        (("--to", "latex", "--option", "digits"), "a number from 1 to 2000, or 'exact'"),
        (("--to", "latex", "--option", "=3"), "write NAME=VALUE"),
        (("--to", "latex", "--option", "digits=3", "--option", "digits=4"), "digits is given twice"),
        (("--to", "c", "-o", "missing/relu.h"), "cannot write 'missing/relu.h'"),
        (("--to", "c", "-o", "."), "it is a folder"),
        (("--to", "c", "-o", "./relu.json"), "is the card itself: give another name"),
        ((), "Missing option '--to'"),
    ],
)
def test_a_slip_is_one_sentence_and_writes_nothing(run, words, complaint):
    assert_slip(run("export", "relu.json", *words), complaint)


def test_a_card_that_is_none_is_refused(run, card_text):
    for text in ("", "{}", card_text[: len(card_text) // 2], card_text.replace('"p"', '"r"')):
        Path("relu.json").write_text(text)
        assert_slip(run("export", "relu.json", "--to", "c", "-o", "out.h"), "'relu.json' is no")
    assert_slip(run("export", "nothing.json", "--to", "c"), "cannot read 'nothing.json'")


def test_a_card_with_a_pole_or_coefficients_beyond_the_dtype_is_refused(run):
    base = {"schema": "ratapprox/card/1", "target": "relu", "interval": [-1, 1], "interval_exact": ["-1", "1"],
            "type": [1, 1], "form": "plain", "order": "ascending"}  # fmt: skip
    Path("relu.json").write_text(json.dumps(base | {"p_exact": ["0", "1"], "q_exact": ["1", "2"]}))
    assert_slip(run("export", "relu.json", "--to", "c", "-o", "out.h"), "q has a zero in [-1, 1]")
    Path("relu.json").write_text(json.dumps(base | {"p_exact": ["0", "1" + "0" * 40], "q_exact": ["1"]}))
    complaint = "the coefficient 1e+40 of x^1 in p is beyond float32"
    assert_slip(run("export", "relu.json", "--to", "c", "-o", "out.h"), complaint)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_file_stays_as_it_is(run):
    Path("out.h").write_text("before")
    Path("out.h").chmod(stat.S_IREAD)
    code, _, err = run("export", "relu.json", "--to", "c", "-o", "out.h")
    assert code == 2
    assert "read-only" in err
    assert Path("out.h").read_text() == "before"


def test_a_refusal_leaves_the_file_that_was_there(run):
    Path("out.h").write_text("before")
    code, _, _ = run("export", "relu.json", "--to", "c", "-o", "out.h", "--dtype", "q4.12")
    assert code == 2
    assert Path("out.h").read_text() == "before"


def test_formats_are_listed_with_their_options(run):
    code, out, _ = run("list", "formats")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if not line.startswith(" ")] == list(FORMATS)
    assert "--option digits: significant digits" in out
    _, out, _ = run("list", "formats", "--json")
    entries = json.loads(out)["formats"]
    assert [entry["name"] for entry in entries] == list(FORMATS)
    assert entries[1]["dtypes"] == ["float32", "float64"]


def test_what_audit_reads_is_exported_by_its_name(run):
    code, out, err = run("export", "rational_activations:A:gelu", "--to", "numpy", "--name", "bent")
    assert (code, err) == (0, "")
    module = {}
    exec(out, module)
    (entry,) = ratapprox.read_coefficients("rational_activations:A:gelu")
    x = np.linspace(-5, 5, 1001)
    np.testing.assert_allclose(module["bent"](x), entry.function()(x), rtol=1e-12, atol=1e-14)
    Path("net.json").write_text('{"p": [0, 1], "q": [1, 0, 2], "order": "ascending"}')
    (entry,) = ratapprox.read_coefficients("net.json")
    code, out, _ = run("export", "net.json", "--entry", entry.name, "--to", "c")
    assert code == 0 and "r(x) = x/(1 + 2x^2)" in out
    code, _, err = run("export", "net.json", "--entry", "other", "--to", "c")
    assert code == 2 and f"has no entry 'other': give one of them with --entry: {entry.name}" in err
    Path("net.json").unlink()  # for assert_slip, which looks at the folder
    assert_slip(run("export", "kat:gelu", "--to", "c"), "2 entries: give one of them with --entry: gelu:gpu, gelu:cpu")
    assert_slip(run("export", "rational_activations:A:gelu", "--to", "julia"), "2 pieces, and julia writes one p/q")


def test_a_card_of_several_pieces_is_written_certified_and_exported(run):
    code, out, err = run("export", "kat:gelu", "--entry", "gelu:gpu", "--to", "json", "-o", "kat.json")
    assert (code, out) == (0, "")
    assert err == "wrote kat.json: json, r_5_4_pieces\n"
    document = json.loads(Path("kat.json").read_text())
    (entry, _) = ratapprox.read_coefficients("kat:gelu")
    assert (document["schema"], document["target"], document["interval"]) == ("ratapprox/card/2", "gelu", [-3, 3])
    assert ratapprox.read_card("kat.json").function == entry.function()
    code, out, _ = run("certify", "kat.json")
    assert code == 0 and out.startswith("gelu, 2 pieces on [-3, 3]\n")
    code, out, _ = run("certify", "kat.json", "--json")
    found = json.loads(out)
    assert (found["verdict"], found["pieces"], "type" in found) == ("proved", 2, False)
    code, out, _ = run("export", "kat.json", "--to", "numpy")
    module = {}
    exec(out, module)
    assert "approximates gelu on [-3, 3]" in out and module["r_5_4_pieces"](1.0) == entry.function()(1.0)
    ratapprox.write_card(entry.function(), "kat.json", target="gelu", on=(-3, 3))
    forged = json.loads(Path("kat.json").read_text())
    forged["certificate"] |= {"error_upper": 0.5, "error_upper_decimal": "0.5"}
    Path("kat.json").write_text(json.dumps(forged))
    code, out, _ = run("certify", "kat.json")
    assert code == 3 and "the card says that the error is at most 0.5, but it is at least 1.46" in " ".join(out.split())
    for words in (("analyse", "kat.json", "--property", "increasing"), ("audit", "kat.json")):
        code, out, err = run(*words)
        assert (code, out) == (2, "") and "a function of 2 pieces: here one rational function p/q is needed" in err


def test_a_file_that_does_not_say_its_form_is_exported_with_as(run):
    Path("numbers.json").write_text('{"p": [0, 0.5, 0.25], "q": [1, -0.5]}')
    code, out, err = run("export", "numbers.json", "--to", "numpy")
    assert (code, out) == (2, "") and "'numbers.json' is no valid card" in err
    assert "what audit reads is read with --entry, --as or --order" in err
    code, out, _ = run("export", "numbers.json", "--as", "pau-b", "--to", "numpy", "--name", "b")
    assert code == 0
    module = {}
    exec(out, module)
    x = np.linspace(-5, 5, 101)
    np.testing.assert_allclose(module["b"](x), ratapprox.PauB([0, 0.5, 0.25], [1, -0.5])(x), rtol=1e-12)
    code, out, err = run("export", "numbers.json", "--as", "pau-e", "--to", "numpy")
    assert (code, out) == (2, "") and "there is no form 'pau-e'; the forms are pau-a, pau-b" in err
    code, out, err = run("export", "kat:gelu", "--as", "pau-b", "--to", "numpy")
    assert (code, out) == (2, "") and "says its form and order itself" in err
    code, out, err = run("export", "numbers.json", "--as", "pau-b", "--to", "json")
    assert (code, out) == (2, "") and "give target=…" in err


def test_the_option_that_a_file_needs_is_named_as_it_is_called_here(run):
    save = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed").save_file
    save({"act.numerator": np.array([0.0, 1.0]), "act.denominator": np.array([0.0, 1.0])}, "net.safetensors")
    code, out, err = run("export", "net.safetensors", "--entry", "act", "--to", "numpy")
    assert (code, out) == (2, "") and "say it with the form (--as)" in err and "--form" not in err
    code, out, _ = run("export", "net.safetensors", "--as", "pau-a", "--to", "numpy", "--name", "a")
    module = {}
    exec(out, module)
    assert code == 0 and module["a"](-3.0) == -0.3
