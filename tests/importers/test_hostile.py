"""What strangers may send to `ratapprox audit`: each is answered at once, in one short line that says what to do."""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import resource
import struct
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

import ratapprox
from ratapprox import published
from ratapprox.cli import main
from ratapprox.formats.importers import read_coefficients
from ratapprox.rational import Rational

SECONDS = 5.0
"""Of CPU, on a loaded machine; most take a hundredth."""

MEGABYTES = 300


@pytest.fixture
def refused(capsys, tmp_path, monkeypatch):
    """Audit a file that must be refused: exit code 2, nothing on stdout, one short line without a traceback."""
    monkeypatch.chdir(tmp_path)

    def audit(name: str, *words: str, code: int = 2) -> str:
        begun, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(SystemExit) as leaving:
            main(["audit", name, *words])
        out, err = capsys.readouterr()
        assert (leaving.value.code, out) == (code, "")
        assert err.startswith("ratapprox audit: ")
        assert err.count("\n") == 1
        assert err.isascii() or err.strip().isprintable()
        assert len(err) < 700
        assert "Traceback" not in err
        assert "Error(" not in err
        assert time.process_time() - begun < SECONDS
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < MEGABYTES * 1000
        return err

    return audit


# -- one good file of every format


def tensors(header: object, numbers: bytes = b"") -> bytes:
    text = header.encode() if isinstance(header, str) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + numbers


def state(**parts: list[float]) -> bytes:
    """A safetensors file of vectors of float64."""
    header, data = {}, b""
    for name, values in parts.items():
        header[name] = {
            "dtype": "F64",
            "shape": [len(values)],
            "data_offsets": [len(data), len(data) + 8 * len(values)],
        }
        data += struct.pack(f"<{len(values)}d", *values)
    return tensors(header, data)


def torch_file(content: object, **options: object) -> bytes:
    torch = pytest.importorskip("torch", reason="torch writes these files")
    if isinstance(content, dict):
        content = {name: torch.tensor(v) if isinstance(v, list) else v for name, v in content.items()}
    out = io.BytesIO()
    torch.save(content, out, **options)
    return out.getvalue()


def onnx_file(steps: list[tuple[str, list[str], str]], **constants: float) -> bytes:
    onnx = pytest.importorskip("onnx", reason="onnx writes these files")
    helper, kind = onnx.helper, onnx.TensorProto.DOUBLE
    graph = helper.make_graph(
        [helper.make_node(operation, inputs, [output]) for operation, inputs, output in steps],
        "graph",
        [helper.make_tensor_value_info("x", kind, [None])],
        [helper.make_tensor_value_info(steps[-1][2], kind, [None])] if steps else [],
        [helper.make_tensor(name, kind, [], [value]) for name, value in constants.items()],
    )
    return helper.make_model(graph).SerializeToString()


P, Q = [0.0218, 0.5, 1.5957, 1.1915], [1.0, 0.0, 2.383]
MODE = {"init_w_numerator": P, "init_w_denominator": Q, "ub": 3, "lb": -3}
ERA = {"a": 1.0, "b": 0.0, "c": [0.0], "d": [1.0], "e": [0.0], "f": [1.0]}
QUOTIENT = [("Mul", ["x", "x"], "s"), ("Add", ["s", "one"], "q"), ("Div", ["x", "q"], "y")]


@dataclass(frozen=True)
class Good:
    """A file that is read, and the words it needs."""

    name: str
    make: Callable[[], bytes]
    words: tuple[str, ...] = ()
    text: bool = True
    cuts: tuple[float, ...] = field(default=(0.02, 0.3, 0.6, 0.9, 0.99))


def as_json(content: object) -> Callable[[], bytes]:
    return lambda: json.dumps(content).encode()


def header() -> bytes:
    return ratapprox.export(Rational([0.0, 1.0], [1.0, 0.0, 0.5]), "c", name="f").encode()


@cache
def card() -> bytes:
    return published.card(ratapprox.fit("relu", type=(2, 2), on=(-1, 1))).text.encode()


UP = ("--order", "ascending")
FILES = {
    "rationalnets-layer": Good("a.json", as_json({"alpha_initializer": P, "beta_initializer": Q})),
    "rationalnets-script": Good("a.json", as_json({"initP": P, "initQ": Q, "type": [3, 2]})),
    "rationalnets-matrix": Good("a.json", as_json({"coeffs": [[1.0, 0.0], [2.0, 1.0]]})),
    **{
        f"rational_activations-{v}": Good(
            "a.json", as_json({f"Rational_version_{v}3/{2 if v == 'C' else 3}": {"relu": MODE}})
        )
        for v in "ABCDN"
    },
    "kat": Good("init.json", as_json({"gelu": MODE})),
    "kat-fitted": Good("init.json", as_json({"gelu": MODE}), ("--form", "kat-fitted")),
    "flashkat": Good("init.json", as_json({"gelu": MODE, "swish": MODE}), ("--form", "kat-gpu")),
    "era": Good("a.json", as_json(ERA)),
    "ascending": Good("a.json", as_json({"p": P, "q": Q}), UP),
    "descending": Good("a.json", as_json([P, Q]), ("--order", "descending")),
    "several": Good("a.json", as_json([{"p": P, "q": Q, "order": "ascending"}] * 2)),
    "csv-rows": Good("a.csv", lambda: b"p,0.5,1.25\nq,1,0.75\n", UP, cuts=(0.02, 0.3, 0.5, 0.6)),
    "csv-columns": Good("a.csv", lambda: b"power,p,q\n0,1.5,1\n1,2.5,0.25\n", cuts=(0.02, 0.3, 0.35, 0.5)),
    "card": Good("a.json", card),
    "c": Good("a.h", header, cuts=(0.02, 0.2, 0.4, 0.6, 0.8, 0.99)),
    "safetensors": Good("a.safetensors", lambda: state(**{"act.p": P, "act.q": Q}), UP, text=False),
    "torch": Good("a.pt", lambda: torch_file({"act.p": P, "act.q": Q}), UP, text=False),
    "torch-old": Good(
        "a.pth", lambda: torch_file({"act.p": P, "act.q": Q}, _use_new_zipfile_serialization=False), UP, text=False
    ),
    "onnx": Good("a.onnx", lambda: onnx_file(QUOTIENT, one=1.0), text=False),
}


@pytest.fixture(params=FILES)
def good(request):
    return FILES[request.param]


def test_the_file_that_is_spoilt_below_is_read_as_it_is(good, tmp_path):
    (tmp_path / good.name).write_bytes(good.make())
    said = dict(zip((word[2:] for word in good.words[::2]), good.words[1::2], strict=True))
    assert read_coefficients(tmp_path / good.name, **said)


# -- what may happen to any of them


def test_a_file_that_was_cut_off_is_refused(good, refused, tmp_path):
    whole = good.make()
    for cut in good.cuts:
        (tmp_path / good.name).write_bytes(whole[: max(1, int(cut * len(whole)))])
        refused(good.name, *good.words)


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
SPOILT = {
    "empty": (lambda whole: b"", "it is empty: write it again"),
    "white": (lambda whole: b" \n\t\r\n" * 20, "nothing but white space: write it again"),
    "gz": (gzip.compress, "packed with gzip: unpack it first (gunzip)"),
    "bz2": (bz2.compress, "packed with bzip2: unpack it first (bunzip2)"),
    "xz": (lzma.compress, "packed with xz: unpack it first (unxz)"),
    "html": (lambda whole: b"<!DOCTYPE html><html><body>404</body></html>", "an HTML page, not the file behind it"),
    "pointer": (lambda whole: LFS, "a pointer of Git LFS, not the file itself: fetch that first (git lfs pull)"),
    "zeros": (lambda whole: b"\0" * 400, None),
    "noise": (lambda whole: b"\xff\xfe\xfd" * 100, None),
    "zero in front": (lambda whole: b"\0" + whole, None),
}


@pytest.mark.parametrize(("spoil", "says"), SPOILT.values(), ids=SPOILT)
def test_a_file_of_other_bytes_is_refused(good, refused, tmp_path, spoil, says):
    (tmp_path / good.name).write_bytes(spoil(good.make()))
    message = refused(good.name, *good.words)
    assert message.count(";") + message.count(":") > 2  # what was found, and what to do
    if says is not None:
        assert says in message


TEXTS = {name: good for name, good in FILES.items() if good.text}


@pytest.mark.parametrize("good", TEXTS.values(), ids=TEXTS)
def test_a_text_in_another_encoding_is_refused_with_the_command_that_changes_it(good, refused, tmp_path):
    text = good.make().decode()
    for encoding in ("utf-16", "utf-32", "utf-16-le", "utf-16-be"):
        (tmp_path / good.name).write_bytes(text.encode(encoding))
        message = refused(good.name, *good.words)
        name = encoding.upper().replace("-LE", "LE").replace("-BE", "BE")
        assert f"it is text in {name}: save it as UTF-8 (iconv -f {name} -t UTF-8)" in message
    (tmp_path / good.name).write_bytes(text.encode().replace(b"0", b"0\0"))
    assert "NUL characters" in refused(good.name, *good.words)


@pytest.mark.parametrize("good", TEXTS.values(), ids=TEXTS)
def test_a_mark_of_utf_8_in_front_changes_nothing(good, tmp_path):
    said = dict(zip((word[2:] for word in good.words[::2]), good.words[1::2], strict=True))
    (tmp_path / good.name).write_bytes(good.make())
    bare = read_coefficients(tmp_path / good.name, **said)
    (tmp_path / good.name).write_bytes(b"\xef\xbb\xbf" + good.make())
    assert read_coefficients(tmp_path / good.name, **said) == bare


# -- what a name may stand for

NAMES = ["a.json", "a.csv", "a.h", "a", "a.pt", "a.bin", "a.safetensors", "a.onnx"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_ordinary_file_is_refused_before_anything_is_read(refused, tmp_path, name):
    place = tmp_path / name
    place.mkdir()
    assert "is a directory: name a file in it" in refused(name)
    place.rmdir()
    place.symlink_to(place)
    assert "the link leads back to itself; name the file" in refused(name)
    for device in ("/dev/zero", "/dev/null", "/dev/urandom"):
        place.unlink()
        place.symlink_to(device)
        assert "it is a device, not an ordinary file: copy what it gives into a file" in refused(name)
    place.unlink()
    os.mkfifo(place)  # nobody writes to it: opening it would wait for ever
    assert "it is a pipe, not an ordinary file: write what it gives into a file" in refused(name)
    place.unlink()
    assert "no such file or directory; `ratapprox list peers` shows what is known" in refused(name)
    place.write_text("")
    assert "not a directory: check the path" in refused(f"{name}/a.json")


@pytest.mark.parametrize("name", NAMES)
def test_a_sparse_file_of_three_gigabytes_is_refused_at_once(refused, tmp_path, name):
    with (tmp_path / name).open("wb") as file:
        file.truncate(3_000_000_000)
    message = refused(name)
    assert "does not fit a file of 3000000000" in message or " MB" in message


def test_a_pipe_of_the_shell_is_read(tmp_path):
    reading, writing = os.pipe()
    os.write(writing, json.dumps({"p": P, "q": Q}).encode())
    os.close(writing)
    (entry,) = read_coefficients(f"/dev/fd/{reading}", order="ascending")
    os.close(reading)
    assert entry.form.p == tuple(P)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a" * 5000 + ".json", "file name too long: check the name"),
        ("a\0b.json", "cannot have a NUL character"),
        ("\x1b[31mred.json", "\\x1b[31mred.json"),
        ("\udcff\udcfe.json", "\\udcff\\udcfe.json"),
        ("a\nb.json", "a\\nb.json"),
        ("\u202egpj.json", "\\u202egpj.json"),
        ("ünï.json", "'ünï.json'"),
        ("", "no such file"),
    ],
)
def test_a_name_is_repeated_short_and_without_what_steers_a_terminal(refused, name, says):
    assert says in refused(name)


@pytest.mark.parametrize("name", ["\x1b[31mred.json", "\udcff.json", "a\nb.json", "ünï.json"])
@pytest.mark.parametrize("json", [False, True])
def test_a_file_with_such_a_name_is_audited_all_the_same(capsys, monkeypatch, tmp_path, name, json):
    monkeypatch.chdir(tmp_path)
    Path(name).write_text('{"p": [0, 1], "q": [1, 0, 1], "order": "ascending"}')
    with pytest.raises(SystemExit) as leaving:
        main(["audit", name, *(["--json"] if json else [])])
    out, err = capsys.readouterr()
    assert (leaving.value.code, err) == (0, "")
    assert "\x1b" not in out
    assert out.encode()


# -- numbers, lists and fields

HUGE = "9" * 1500
NUMBERS = {
    "nan": ("NaN", "NaN"),
    "infinity": ("-Infinity", "-Infinity"),
    "large": ("1e400", "which is beyond float64 (1.8e308): rescale it"),
    "small": ("1e-400", "would be 0: rescale it"),
    "exponent": ("1e99999999999", "beyond float64 (1.8e308): rescale it"),
    "long": (HUGE, "beyond float64"),
    "longer": ("9" * 3_000_000, "integer of 3000000 digits"),
    "text": ('"1.5"', "is '1.5', not a number"),
    "true": ("true", "is True, not a number"),
    "null": ("null", "is None, not a number"),
    "list": ("[1]", ""),
    "object": ("{}", "is {}, not a number"),
    "deep": ("[" * 90_000 + "]" * 90_000, "nested too deeply"),
    "bare": ("nope", "correct it there"),
}
PLACES = {
    "rationalnets-layer": ('{"alpha_initializer": [1, @], "beta_initializer": [1, 2]}', ()),
    "rationalnets-script": ('{"initP": [1, 2], "initQ": [@, 2]}', ()),
    "rationalnets-matrix": ('{"coeffs": [[1, 2], [@, 2]]}', ()),
    **{
        f"rational_activations-{v}": (
            f'{{"Rational_version_{v}1/{n}": {{"r": {{"init_w_numerator": [1, @], "init_w_denominator": [2]}}}}}}', ()
        )
        for v, n in (("A", 1), ("B", 1), ("C", 0), ("D", 1), ("N", 1))
    },
    "kat": ('{"gelu": {"init_w_numerator": [1, 2], "init_w_denominator": [@]}}', ()),
    "era": ('{"a": 1, "b": 0, "c": [@], "d": [1], "e": [0], "f": [1]}', ()),
    "era, line": ('{"a": @, "b": 0, "c": [1], "d": [1], "e": [0], "f": [1]}', ()),
    "plain": ('{"p": [1, @], "q": [1, 2]}', UP),
    "lists": ('[[1, @], [1, 2]]', ("--order", "descending")),
    "gain": ('{"p": [1], "q": [1], "gain": @}', UP),
    "interval": ('{"p": [1], "q": [1], "interval": [@, 2]}', UP),
    "form": ('{"numerator": [1, @], "denominator": [1, 2]}', ("--form", "pau-b")),
}  # fmt: skip


@pytest.mark.parametrize(("number", "says"), NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize(("text", "words"), PLACES.values(), ids=PLACES)
def test_what_is_no_finite_number_is_refused_wherever_a_number_belongs(refused, tmp_path, text, words, number, says):
    if (number, "gain" in text) == ("null", True):
        return  # as if it were not there
    (tmp_path / "a.json").write_text(text.replace("@", number))
    assert says in refused("a.json", *words)


DOCUMENTS = {
    "degree four": ({"initP": [1, 2, 3, 4], "initQ": [1], "type": [4, 0]}, "p: degree 4 needs five coefficients, four"),
    "key": ({"Rational_version_A4/1": {"relu": MODE}}, "degree 4 needs five coefficients, four given"),
    "negative key": ({"Rational_version_A-3/1": {"relu": MODE}}, "is not Rational_version_VM/N"),
    "negative type": ({"p": [1], "q": [1], "order": "ascending", "type": [-1, 0]}, "type is not a list of two degrees"),
    "large type": ({"p": [1], "q": [1], "order": "ascending", "type": [9**99, 0]}, "type is not a list of two degrees"),
    "zero": ({"p": [1], "q": [0, 0.0], "order": "ascending"}, "the denominator is zero: q needs a coefficient"),
    "zero of RationalNets": ({"initP": [1], "initQ": [0]}, "the denominator is zero: q needs a coefficient"),
    "zero matrix": ({"coeffs": [[1, 0], [2, 0]]}, "the denominator is zero: q needs a coefficient"),
    "no lists": ({"alpha_initializer": 3, "beta_initializer": {}}, "alpha_initializer is 3, not a list of numbers"),
    "half": ({"initP": [1]}, "it has no field 'initQ'"),
    "three columns": ({"coeffs": [[1, 2, 3]]}, "coeffs is no matrix with two columns, p and q"),
    "no versions": ({"Rational_version_A1/1": {}}, "hold no entries: name a file that holds some"),
    "many modes": ({f"m{k}": {"init_w_numerator": [1]} for k in range(20_000)}, "all 20000 entries are refused"),
    "short kat": ({"gelu": {"init_w_numerator": [1], "init_w_denominator": [1]}}, "are the fewest"),
    "one bound": ({"gelu": MODE | {"lb": None}}, "gelu: lb is None, not a number"),
    "era lengths": (ERA | {"c": [0, 1]}, "lengths 2, 1, 1, 1"),
    "era pole": (ERA | {"f": [0]}, "real pole"),
    "many numbers": ({"p": [1] * 300_000, "q": [1], "order": "ascending"}, "300000 numbers; 400 are the most"),
    "many fields": ({"p": [1], "q": [1], **{f"k{k}": 0 for k in range(50_000)}}, "unknown field 'k0'"),
    "many entries": ([{}] * 300_000, "300000 entries; 10000 are the most"),
    "many lists": ([[]] * 300_000, "a list of 300000 lists: two are needed"),
    "empty": ({}, "none of the known formats"),
    "null": (None, "none of the known formats"),
    "long name": ({"p": [1], "q": [1], "order": "ascending", "name": "n" * 5000}, "a text of at most 200 characters"),
    "steering name": ({"p": [1], "q": [1], "order": "ascending", "name": "\u202ex"}, "cannot be printed"),
    "card": ({"schema": "ratapprox/card/1"}, "card"),
    "next card": ({"schema": "ratapprox/card/99"}, "card"),
    "long card": ({"schema": "ratapprox/card/1", "p": [1.5] * 900_000}, "card"),
}


@pytest.mark.parametrize(("document", "says"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_of_wrong_lists_or_fields_is_refused_with_the_reason(refused, tmp_path, document, says):
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert says in refused("a.json")


@pytest.mark.parametrize("fields", ["0", "280000"])
def test_a_field_given_twice_is_found_at_once_among_many(refused, tmp_path, fields):
    rest = "".join(f'"{k}":0,' for k in range(int(fields)))
    (tmp_path / "a.json").write_text(f'{{{rest}"p": [1], "q": [1], "p": [2]}}')
    assert "the field 'p' is given twice: leave one of them out" in refused("a.json", *UP)


def test_strange_keys_of_a_configuration_are_one_line(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    keys = {"Rational_version_A3/3": {"relu": MODE}, **{f"k{k}": 0 for k in range(1000)}}
    Path("a.json").write_text(json.dumps(keys))
    with pytest.warns(UserWarning, match="'k0' and 999 more name no version and are left out"):
        assert len(read_coefficients("a.json")) == 1


def function(body: str) -> str:
    return f"/* r(x), double */\ndouble f(double x)\n{{\n{body}\n}}\n"


HEADERS = {
    "squares": (function("double y = 3.0;" + "\ny = y * y;" * 100), "numbers of 25970 bits"),
    "degrees": (function("double y = x;" + "\ny = y * y;" * 100), "a degree above 400"),
    "long": (function("double y = x / 3.0;" + "\ny = y * 0.3 + 0.7;" * 4000), "give the coefficients alone"),
    "lines": (function("double y = x;" + "\ny = y + 1.0;" * 6000), "more than 5000 lines"),
    "twice": ("/* r(x), double */\n" * 200_000, "two functions /* r(x), double */"),
    "open": ("/* r(x), double */\n double f(double x)\n{\n" + " a" * 1_900_000, "is not whole: the file was cut off"),
    "brackets": (function("double y = " + "(" * 100 + "x" + ")" * 100 + ";"), "nested too deeply"),
    "guards": ("#if\n" * 900_000 + "/* r(x), double */\n", "a #if has no #endif: the file was cut off"),
    "call": (function("double y = system(x);"), "the name 'system' has no value"),
}


@pytest.mark.parametrize(("text", "says"), HEADERS.values(), ids=HEADERS)
def test_a_header_that_would_fill_the_memory_or_never_end_is_refused(refused, tmp_path, text, says):
    (tmp_path / "a.h").write_text(text)
    assert says in refused("a.h")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("p," + "1," * 1_900_000 + "1\nq,1\n", "more than 400 rows or columns"),
        ("p,q\n" + "1,1\n" * 900_000, "more than 400 rows or columns"),
        ('p,q\n"' + "1,1\n" * 900_000, "no CSV"),
        ("power,p,q\n-1,1,1\n", "does not have each of 0, 1, 2"),
        ("power,p,q\n" + "9" * 5000 + ",1,1\n", "does not have each of 0, 1, 2"),
        ("p,q\n１,1\n", "is not a finite number"),
        ("p,q\n1e99999,1\n", "is not a finite number"),
        ("p,q\n0,0\n0,0\n", "the denominator is zero"),
    ],
)
def test_a_table_that_is_too_large_or_wrong_is_refused(refused, tmp_path, table, says):
    (tmp_path / "a.csv").write_text(table)
    assert says in refused("a.csv", *UP)


# -- state dicts


class Bomb:
    """A pickle that would write a file."""

    def __reduce__(self):
        return Path.touch, (Path("ran"),)


def test_a_pickle_is_never_executed(refused, tmp_path):
    torch = pytest.importorskip("torch", reason="torch reads these files")
    for content in (pickle.dumps({"p": Bomb()}, 2), pickle.dumps(Bomb(), 4), b"cos\nsystem\n(S'touch ran'\ntR."):
        (tmp_path / "a.pt").write_bytes(content)
        refused("a.pt", *UP)
    torch.save({"p": Bomb(), "q": torch.ones(2)}, tmp_path / "a.pt")
    message = refused("a.pt", *UP)
    assert "it holds other Python objects than tensors, which could run code and are not read" in message
    assert "save the state dict alone, torch.save(model.state_dict(), …)" in message
    torch.save(torch.nn.Linear(2, 2), tmp_path / "a.pt")
    assert "save the state dict alone" in refused("a.pt", *UP)
    assert not (tmp_path / "ran").exists()


def test_a_packed_archive_of_zeros_is_refused_before_torch_unpacks_it(refused, tmp_path):
    pytest.importorskip("torch", reason="torch reads these files")
    with (
        zipfile.ZipFile(tmp_path / "a.pt", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("archive/data/0", "w", force_zip64=True) as zeros,
    ):
        for _ in range(33):
            zeros.write(bytes(16_000_000))
    assert "it has 528 MB, and torch would read all of it; 512 are the most" in refused("a.pt", *UP)


@pytest.mark.parametrize("kind", ["torch", "safetensors"])
def test_strangers_called_p_and_q_are_passed_by_and_the_rest_is_read(tmp_path, kind):
    torch = pytest.importorskip("torch", reason="torch writes these files")
    state = {"act.numerator": torch.tensor([0.0, 1.0]), "act.denominator": torch.tensor([0.5])}
    strangers = {
        "attention": (torch.ones(512, 512), torch.ones(512, 512), "has the shape [512, 512], and 400 coefficients"),
        "heads": (torch.ones(2, 3, 4), torch.ones(2, 3, 4), "has the shape [2, 3, 4], neither a list"),
        "scalars": (torch.tensor(1.0), torch.tensor(2.0), "has the shape [], neither a list"),
        "whole": (torch.arange(3), torch.arange(3), ""),
        "groups": (torch.ones(3, 4), torch.ones(5, 4), "have the shapes [3, 4] and [5, 4], which do not go together"),
        "none": (torch.ones(0), torch.ones(2), "has the shape [0], neither a list"),
    }
    for name, (p, q, says) in strangers.items():
        pair = {f"{name}.p": p, f"{name}.q": q}
        path = tmp_path / ("a.pt" if kind == "torch" else "a.safetensors")
        save = torch.save if kind == "torch" else pytest.importorskip("safetensors.torch").save_file
        save(state | pair, path)
        with pytest.warns(UserWarning, match=f"'{name}\\.[pq]' .*: passed by") as noted:
            (entry,) = read_coefficients(path, form="pau-a")
        assert says in str(noted[0].message)
        assert entry.name == "act"
        save(pair, path)
        with pytest.raises(ValueError, match="none of its tensors can be coefficients") as refusal:
            read_coefficients(path, order="ascending")
        assert says in str(refusal.value)


def test_a_layer_that_is_wrong_is_refused_beside_the_others(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("a.safetensors").write_bytes(state(**{"a.p": [1.0], "a.q": [1.0], "b.p": [float("nan")], "b.q": [1.0]}))
    with pytest.raises(SystemExit) as leaving:
        main(["audit", "a.safetensors", *UP, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert leaving.value.code == 2
    assert [entry["name"] for entry in found["entries"]] == ["a"]
    assert [each["name"] for each in found["refused"]] == ["b"]
    assert "'b.p' holds NaN or infinity" in found["refused"][0]["reason"]


def test_what_is_in_a_network_without_coefficients_is_said(refused, tmp_path):
    (tmp_path / "a.safetensors").write_bytes(state(**{"fc.weight": [1.0], "fc.bias": [1.0]}))
    assert "it has 2 tensors ('fc.weight', 'fc.bias'), and no parameters named numerator" in refused("a.safetensors")
    (tmp_path / "a.safetensors").write_bytes(tensors({}))
    assert "it has no tensors, and no parameters named numerator" in refused("a.safetensors")


GRAPHS = {
    "squares": ([("Mul", ["c", "c"], "v0"), *[("Mul", [f"v{k}", f"v{k}"], f"v{k + 1}") for k in range(60)]], "bits"),
    "degrees": ([("Mul", ["x", "x"], "v0"), *[("Mul", [f"v{k}", f"v{k}"], f"v{k + 1}") for k in range(60)]], "degree"),
    "a polynomial": ([("Mul", ["x", "x"], "y")], "no quotient of two polynomials"),
    "zero": ([("Sub", ["c", "c"], "z"), ("Div", ["x", "z"], "y")], "no quotient of two polynomials"),
    "nothing": ([], "no quotient of two polynomials"),
    "ring": ([("Add", ["y", "c"], "y")], "no quotient of two polynomials"),
}


@pytest.mark.parametrize(("steps", "says"), GRAPHS.values(), ids=GRAPHS)
def test_a_graph_that_is_no_quotient_or_too_large_is_refused(refused, tmp_path, steps, says):
    (tmp_path / "a.onnx").write_bytes(onnx_file(steps, c=3.0))
    assert says in refused("a.onnx")
