"""Files of strangers: what is refused, with which words, before anything is computed."""

import json
import struct
import sys
import warnings
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ratapprox
from ratapprox.formats.importers import CoefficientsError, peer_entries, peers, read_coefficients
from ratapprox.formats.importers.opening import LARGEST_TEXT
from ratapprox.forms import FORMS, PauA, PauB, PauC
from ratapprox.rational import Rational

PLAIN = {"p": [0.0218, 0.5, 1.5957, 1.1915], "q": [1, 0, 2.383]}
MODE = {"init_w_numerator": [0.0, 1.0, 0.5], "init_w_denominator": [-1.0, 0.25], "ub": 3, "lb": -3}


def written(folder: Path, content: object, name: str = "numbers.json") -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return str(path)


def refused(path: str, says: str, **said: str) -> None:
    with pytest.raises(CoefficientsError) as refusal:
        read_coefficients(path, **said)
    message = str(refusal.value)
    assert says in message
    assert "\n" not in message
    assert len(message) < 1500


# -- what must be said


def test_the_order_is_said_or_the_file_is_refused(tmp_path):
    path = written(tmp_path, PLAIN)
    refused(path, "which power comes first")
    (up,), (down,) = (read_coefficients(path, order=order) for order in ("ascending", "descending"))
    assert up.form.p == (0.0218, 0.5, 1.5957, 1.1915)
    assert down.form == Rational([Fraction(c) for c in reversed(PLAIN["p"])], [Fraction(c) for c in (2.383, 0, 1)])


def test_a_form_that_is_not_recognised_is_refused_with_the_choices(tmp_path):
    path = written(tmp_path, {"numerator": [0, 1], "denominator": [1, 2]})
    refused(path, "pau-a, p(x)/(1 + |b1||x| + |b2||x|^2 + ... + |bn||x|^n)")
    (a,), (b,), (c,) = (read_coefficients(path, form=form) for form in ("pau-a", "pau-b", "pau-c"))
    assert (a.form, b.form, c.form) == (
        PauA([0.0, 1.0], [1.0, 2.0]),
        PauB([0.0, 1.0], [1.0, 2.0]),
        PauC([0.0, 1.0], [1.0, 2.0]),
    )
    assert (a.type, c.type) == ((1, 2), (1, 1))


def test_what_the_file_says_is_not_overruled(tmp_path):
    refused(
        written(tmp_path, PLAIN | {"order": "descending"}), "descending, and ascending was asked", order="ascending"
    )
    refused(written(tmp_path, PLAIN | {"form": "plain"}), "plain, and pau-a was asked", form="pau-a")
    refused(written(tmp_path, {"gelu": MODE}), "says the order itself", order="ascending")
    refused("kat:gelu", "says its form and order itself", form="plain")


@pytest.mark.parametrize("name", [5, None, "", "x" * 201, "a\nb", "\x1b[31mred", "a\u202eb", ["a"]])
def test_a_name_in_a_file_is_a_short_text_that_can_be_printed(tmp_path, name):
    lists = {"initP": [1, 0], "initQ": [1, 0, 1], "name": name}
    era = {"a": 1, "b": 0, "c": [0], "d": [1], "e": [0], "f": [1], "name": name}
    documents = [lists, era, PLAIN | {"order": "ascending", "name": name}]
    if isinstance(name, str) and name:
        documents += [{name: MODE}, {"Rational_version_A2/2": {name: MODE}}]
        path = state(tmp_path, **{f"{name}.p": [1.0], f"{name}.q": [1.0, 2.0]})
        with pytest.raises(CoefficientsError, match="name of entry 0"):
            read_coefficients(path, order="ascending")
    for document in documents:
        with pytest.raises(CoefficientsError, match=r"name (of entry 0 )?(is not a text|has characters)"):
            read_coefficients(written(tmp_path, document))


def test_unknown_forms_orders_peers_and_entries_are_named():
    refused("kat:gelu", "no form 'pau-z'", form="pau-z")
    refused("kat:gelu", "the order is 'up'", order="up")
    refused("kat:gleu", "did you mean 'gelu:")
    with pytest.raises(CoefficientsError, match="there is no peer 'kit'"):
        peer_entries("kit:gelu")


# -- lengths


def test_four_coefficients_are_too_few_for_degree_four(tmp_path):
    four = {"initP": [5.2361, 8.4721, 3.8906, 0.5], "initQ": [0.0, 16.9443, 0.0, 1.0], "type": [4, 3]}
    refused(written(tmp_path, four), "degree 4 needs five coefficients, four given")
    plain = {"p": four["initP"], "q": four["initQ"], "type": [4, 3], "order": "descending"}
    refused(written(tmp_path, plain), "degree 4 needs five coefficients, four given")
    key = {"Rational_version_A4/2": {"relu": MODE}}
    refused(written(tmp_path, key), "degree 4 needs five coefficients, three given")
    key = {"Rational_version_C2/2": {"relu": MODE}}
    refused(written(tmp_path, key), "degree 2 needs three coefficients, two given")


def test_era_has_two_numerators_more_than_denominators(tmp_path):
    refused(written(tmp_path, {"numerator": [1, 0, 2], "denominator": [0, 1]}), "era needs an even number", form="era")
    era = {"a": 1, "b": 0, "c": [0, 1], "d": [1], "e": [0], "f": [1]}
    refused(written(tmp_path, era), "lengths 2, 1, 1, 1")
    refused(written(tmp_path, era | {"c": [0], "f": [0]}), "real pole")


# -- hostile texts


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"p": [1, NaN], "q": [1], "order": "ascending"}', "NaN"),
        ('{"p": [1, Infinity], "q": [1], "order": "ascending"}', "Infinity"),
        ('{"p": [1, 1e999], "q": [1], "order": "ascending"}', "1e999"),
        ('{"p": [1], "p": [2], "q": [1], "order": "ascending"}', "'p' is given twice"),
        ('{"p": [1], "q": [0, 0], "order": "ascending"}', "denominator is zero"),
        ('{"p": [], "q": [1], "order": "ascending"}', "p is []"),
        ('{"p": [1, "2"], "q": [1], "order": "ascending"}', "p[1] is '2', not a number"),
        ('{"p": [true], "q": [1], "order": "ascending"}', "p[0] is True"),
        ('{"p": [null], "q": [1], "order": "ascending"}', "p[0] is None"),
        ('{"p": [[1]], "q": [1], "order": "ascending"}', "p[0] is [1]"),
        ('{"p": [1], "q": [1], "order": "sideways"}', "the order is 'sideways'"),
        ('{"p": [1], "q": [1], "order": "ascending", "extra": 1}', "unknown field 'extra'"),
        ('{"p": [1], "q": [1], "order": "ascending", "interval": [1, -1]}', "left end must be smaller"),
        ('{"p": [1], "q": [1], "order": "ascending", "interval": [1]}', "two ends"),
        ('{"p": [1], "q": [1], "order": "ascending", "target": 3}', "target is not a text"),
        ('{"p": [1], "q": [1], "order": "ascending", "type": [0, true]}', "type is not"),
        ('{"p": [1], "q": [1', "not JSON"),
        ("", "it is empty"),
        ("[" * 100_000, "nested too deeply"),
        ('{"p": ' + "9" * 5000 + "}", "integer of 5000 digits"),
        ('{"p": [' + "9" * 400 + '], "q": [1], "order": "ascending"}', "beyond float64"),
        ('{"p": [' + "0," * 1000 + '1], "q": [1], "order": "ascending"}', "1001 numbers"),
        ('{"Rational_version_Z5/4": {}}', "version V out of A, B, C, D, N"),
        ('{"Rational_version_A5/4": []}', "no JSON object"),
        ('{"Rational_version_A5/4": {"gelu": {"init_w_numerator": [1]}}}', "no field 'init_w_denominator'"),
        ('{"schema": "ratapprox/card/1"}', '"target" is missing'),
        ('{"schema": "ratapprox/card/9"}', "ratapprox/card/1"),
        ("[1, 2]", "none of the known formats"),
        ("[[1], [2], [3]]", "two are needed"),
        ('{"weights": [1]}', "none of the known formats"),
    ],
)  # fmt: skip
def test_a_text_that_is_wrong_is_refused_with_the_reason(tmp_path, text, says):
    refused(written(tmp_path, text), says)


def test_a_file_with_a_hundred_million_numbers_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:  # sparse: nothing is written
        file.truncate(400_000_000)
    refused(str(path), f"more than {LARGEST_TEXT / 1e6:g} MB")
    path = tmp_path / "huge.json"
    path.write_text('{"p": [' + "1," * (LARGEST_TEXT // 2) + "1]}")
    refused(str(path), "no list of coefficients is that long")


def test_a_missing_file_a_folder_and_bytes_that_are_no_text_are_refused(tmp_path):
    refused(str(tmp_path / "none.json"), "no such file")
    refused(str(tmp_path), "is a directory")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    refused(str(tmp_path / "bytes.json"), "not text in UTF-8")


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_and_never_crash(tmp_path_factory, raw):
    folder = tmp_path_factory.mktemp("bytes")
    for name in ("a.json", "a.csv", "a.safetensors", "a.h"):
        (folder / name).write_bytes(raw)
        with pytest.raises(CoefficientsError):
            read_coefficients(folder / name, order="ascending", form="plain")


@given(st.data())
def test_a_truncated_configuration_is_refused(tmp_path_factory, data):
    text = json.dumps({"Rational_version_A2/2": {"relu": MODE}})
    cut = data.draw(st.integers(0, len(text) - 1))
    path = tmp_path_factory.mktemp("cut") / "config.json"
    path.write_text(text[:cut])
    with pytest.raises(CoefficientsError):
        read_coefficients(path)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("p,q\n1,1\n2,\n3,1\n", "'' is not a finite number"),
        ("p,q\n1,nan\n", "'nan' is not a finite number"),
        ("p,p\n1,1\n", "given twice"),
        ("power,p,q\n0,1,1\n0,1,1\n", "does not have each of"),
        ("p,q\n1\n", "different lengths"),
        ("1,2\n3,4\n", "its rows have no labels"),
        ("p,q\n" + "1,1\n" * 1000, "rows or columns"),
        ("\n", "nothing but white space"),
        ('p,q\n"1,1\n', "no CSV"),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_the_reason(tmp_path, table, says):
    refused(written(tmp_path, table, "table.csv"), says, order="ascending")


# -- binary formats


def tensors(header: object, numbers: bytes = b"", length: int | None = None) -> bytes:
    text = header.encode() if isinstance(header, str) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + numbers


def pair(**changes: object) -> dict[str, object]:
    p = {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]} | changes
    return {"p": p, "q": {"dtype": "F64", "shape": [1], "data_offsets": [16, 24]}}


GOOD = struct.pack("<3d", 0.0, 1.0, 1.0)


def test_safetensors_of_plain_coefficients_are_read(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(tensors(pair(), GOOD))
    (entry,) = read_coefficients(path, order="ascending")
    assert entry.form == Rational([0.0, 1.0], [1.0])


def state(folder: Path, **parts: list) -> str:
    """A safetensors file of these tensors, of float64."""
    header, data = {}, b""
    for name, values in parts.items():
        rows = values if isinstance(values[0], list) else None
        flat = [x for row in rows for x in row] if rows else values
        shape = [len(rows), len(rows[0])] if rows else [len(flat)]
        header[name] = {"dtype": "F64", "shape": shape, "data_offsets": [len(data), len(data) + 8 * len(flat)]}
        data += struct.pack(f"<{len(flat)}d", *flat)
    path = folder / "state.safetensors"
    path.write_bytes(tensors(header, data))
    return str(path)


def test_parameters_named_p_and_q_are_read_in_the_order_that_is_said(tmp_path):
    path = state(tmp_path, p=[1.0, 2.0], q=[1.0, 0.0, 3.0])
    refused(path, "give the order (--order), ascending or descending")
    assert read_coefficients(path, order="ascending")[0].form == Rational([1.0, 2.0], [1.0, 0.0, 3.0])
    assert read_coefficients(path, order="descending")[0].form == Rational([2, 1], [3, 0, 1])


def test_numerator_and_denominator_are_read_in_the_order_that_is_said(tmp_path):
    path = state(tmp_path, numerator=[1.0, 2.0], denominator=[1.0, 3.0])
    refused(path, "give the order", form="plain")
    assert read_coefficients(path, form="plain", order="descending")[0].form == Rational([2, 1], [3, 1])
    assert read_coefficients(path, form="pau-a")[0].form == PauA([1.0, 2.0], [1.0, 3.0])
    assert read_coefficients(path, form="pau-a", order="descending")[0].form == PauA([2.0, 1.0], [3.0, 1.0])


def test_a_form_or_an_order_that_contradicts_the_names_of_the_parameters_is_refused(tmp_path):
    path = state(tmp_path, coeffs=[[1.0, 2.0], [3.0, 1.0]])
    assert read_coefficients(path, form="plain", order="descending") == read_coefficients(path)
    refused(path, "the order of these parameters cannot be ascending: give one of: descending", order="ascending")
    refused(path, "the form of these parameters cannot be pau-a: give one of: plain, p(x)/q(x)", form="pau-a")
    path = state(tmp_path, weight_numerator=[0.0, 1.0], weight_denominator=[0.5])
    refused(path, "cannot be plain: give one of: kat-fitted, ", form="plain")
    refused(path, "cannot be descending: give one of: ascending", order="descending")
    assert len(read_coefficients(path, form="kat-gpu", order="ascending")) == 1
    path = state(tmp_path, w_numerator=[1.0, 0.0, 0.0, 1.0], w_denominator=[0.0, 1.0])
    refused(path, "cannot be plain: give one of: era, ", form="plain")
    refused(path, "cannot be ascending: leave it out", order="ascending")
    assert read_coefficients(path, form="era")[0].type == (3, 2)


@pytest.mark.parametrize("stranger", ["p", "b.p", "b.q"])
def test_a_stranger_called_p_is_passed_by_with_a_warning(tmp_path, stranger):
    path = state(tmp_path, **{"a.numerator": [0.0, 1.0], "a.denominator": [0.5], stranger: [[float("nan")] * 2] * 3})
    with pytest.warns(UserWarning, match=rf"'{stranger}' has no [pq] beside it: passed by"):
        (entry,) = read_coefficients(path, form="pau-a")
    assert entry.form == PauA([0.0, 1.0], [0.5])
    torch = pytest.importorskip("torch", reason="torch reads these files")
    layer = {"a.numerator": torch.tensor([0.0, 1.0]), "a.denominator": torch.tensor([0.5])}
    torch.save({**layer, stranger: torch.ones(3, 700, 700, dtype=torch.int64)}, tmp_path / "net.pt")
    with pytest.warns(UserWarning, match="passed by"):
        (entry,) = read_coefficients(tmp_path / "net.pt", form="pau-a")
    assert entry.form == PauA([0.0, 1.0], [0.5])


@pytest.mark.parametrize("name", ["numerator", "denominator", "weight_numerator", "w_denominator"])
def test_half_a_pair_is_refused_beside_whole_ones(tmp_path, name):
    path = state(tmp_path, **{"a.coeffs": [[1.0, 2.0], [3.0, 1.0]], f"b.{name}": [1.0]})
    refused(path, f"b: it has {name} and no ")


def test_what_a_refusal_repeats_of_a_file_cannot_steer_a_terminal(tmp_path):
    refused(state(tmp_path, **{"\x1b[31m.p": [1.0]}), "\\x1b[31m: it has p and no q")


def test_two_pairs_at_one_place_are_refused(tmp_path):
    path = state(tmp_path, p=[1.0], q=[1.0, 2.0], numerator=[2.0], denominator=[3.0])
    refused(path, "not clear which are its numbers: denominator, numerator, p, q", form="plain", order="ascending")
    refused(state(tmp_path, numerator=[1.0], q=[1.0, 2.0]), "not clear which are its numbers", order="ascending")


def test_the_parameters_of_our_safe_layer_are_refused_with_what_to_do(tmp_path):
    path = state(tmp_path, **{"act.numerator": [0.0, 1.0], "act.stretch": [1.0], "act.turn": [0.5]})
    refused(path, "act: numerator, stretch and turn are the trained parameters of a layer that ratapprox exported")
    both = {"a.coeffs": [[1.0, 2.0], [3.0, 1.0]], "b.stretch": [1.0]}
    assert len(read_coefficients(state(tmp_path, **both))) == 1


@pytest.mark.parametrize("kind", ["sparse", "float8", "meta", "nested", "int"])
def test_tensors_of_torch_that_hold_no_plain_floats_are_refused(tmp_path, kind):
    torch = pytest.importorskip("torch", reason="torch writes these files")
    p = torch.tensor([1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nested tensors are a prototype
        other = {
            "sparse": lambda: p.to_sparse(),
            "float8": lambda: p.to(torch.float8_e4m3fn),
            "meta": lambda: p.to("meta"),
            "nested": lambda: torch.nested.nested_tensor([p, p]),
            "int": lambda: p.to(torch.int64),
        }[kind]()
        torch.save({"p": other, "q": p}, tmp_path / "model.pt")
    refused(str(tmp_path / "model.pt"), "'p' is no dense tensor", order="ascending")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "it is empty"),
        (tensors(pair(), GOOD, length=2**62), "does not fit"),
        (tensors(pair(), GOOD)[:-1], "truncated"),
        (tensors(pair(), GOOD + b"\0"), "truncated"),
        (tensors(pair(data_offsets=[0, 8]), GOOD), "do not fit its shape"),
        (tensors(pair(shape=[2**40, 2**40]), GOOD), "do not fit its shape"),
        (tensors(pair(shape=[-2]), GOOD), "not lists of sizes"),
        (tensors(pair(dtype="F99"), GOOD), "unknown type"),
        (tensors(pair(dtype=["F32"]), GOOD), "unknown type"),
        (tensors(pair(dtype="I64"), GOOD), "coefficients are F64"),
        (tensors({"p": 3}), "has not just"),
        (tensors("[1]"), "no JSON object"),
        (tensors('{"p": 1, "p": 2}'), "given twice"),
        (tensors(pair(), struct.pack("<3d", float("nan"), 1, 1)), "NaN or infinity"),
        (tensors({"weight": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}}, b"\0" * 8), "no parameters named"),
        (tensors({"p": {"dtype": "F64", "shape": [1], "data_offsets": [8, 16]}}, b"\0" * 16), "starts at byte 8"),
    ],
)
def test_safetensors_that_are_wrong_are_refused_with_the_reason(tmp_path, raw, says):
    path = tmp_path / "model.safetensors"
    path.write_bytes(raw)
    refused(str(path), says)


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"schema": "ratapprox/safetensors/1"}, "holds numerator and denominator"),
        ({"schema": 1}, "not texts by names"),
        ([], "not texts by names"),
    ],
)
def test_metadata_that_contradict_the_tensors_are_refused(tmp_path, metadata, says):
    path = tmp_path / "model.safetensors"
    path.write_bytes(tensors({"__metadata__": metadata} | pair(), GOOD))
    refused(str(path), says)


def test_only_the_wanted_tensors_of_a_large_model_are_read(tmp_path):
    size = 8 * 10**9
    header = pair() | {"w": {"dtype": "F64", "shape": [size // 8], "data_offsets": [24, 24 + size]}}
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.write(tensors(header, GOOD))
        file.truncate(file.tell() + size)
    assert read_coefficients(path, order="ascending")[0].type == (1, 0)


def test_a_missing_torch_file_and_a_folder_are_refused(tmp_path):
    pytest.importorskip("torch", reason="torch reads these files")
    refused(str(tmp_path / "none.pt"), "cannot read")
    refused(str(tmp_path / "none.pt"), "no such file")
    (tmp_path / "folder.pt").mkdir()
    refused(str(tmp_path / "folder.pt"), "is a directory")


def test_a_pickle_cannot_run_code(tmp_path):
    pytest.importorskip("torch")
    import pickle

    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    path = tmp_path / "model.pt"
    path.write_bytes(pickle.dumps({"p": Evil()}))
    refused(str(path), "it holds other Python objects than tensors")
    assert not (tmp_path / "ran").exists()


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    for name, package in (("model.pt", "torch"), ("model.onnx", "onnx")):
        (tmp_path / name).write_bytes(b"")
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ModuleNotFoundError, match=package):
            read_coefficients(tmp_path / name)


def test_a_file_that_is_no_onnx_model_is_refused(tmp_path):
    pytest.importorskip("onnx")
    (tmp_path / "model.onnx").write_bytes(b"\xff\x00\x13 no model")
    refused(str(tmp_path / "model.onnx"), "no ONNX model")
    (tmp_path / "model.onnx").write_bytes(b"")
    refused(str(tmp_path / "model.onnx"), "it is empty")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("double y = p / q;", "double y = system(p);", "no value"),
        ("double y = p / q;", 'double y = "p";', "not understood"),
        ("double y = p / q;", "while (1) {}", "no assignment"),
        ("double y = p / q;", "double y = p / (q - q);", "divides by zero"),
        ("double y = p / q;", "double z = p / q;", "nothing to y"),
        ("double y = p / q;", "double y = (((p / q);", "not closed"),
    ],
)
def test_a_tampered_c_header_is_refused(tmp_path, old, new, says):
    import ratapprox

    text = ratapprox.export(Rational([0.0, 1.0], [1.0, 0.0, 0.5]), "c", name="f")
    assert old in text
    refused(written(tmp_path, text.replace(old, new), "f.h"), says)


# -- what is recognised


def test_a_stray_key_of_a_configuration_is_left_out_aloud(tmp_path):
    path = written(tmp_path, {"Rational_version_A2/2": {"relu": MODE}, "identity": MODE})
    with pytest.warns(UserWarning, match="'identity' names no version"):
        (entry,) = read_coefficients(path)
    assert entry.name == "A:relu:(2,2)"


def test_exchanged_bounds_are_remarked(tmp_path):
    (entry,) = read_coefficients(written(tmp_path, {"Rational_version_A2/2": {"relu": MODE | {"lb": 3, "ub": -3}}}))
    assert entry.on == (-3, 3)
    assert entry.remarks == ("the bounds are exchanged: lb = 3 and ub = -3",)


def test_kat_is_read_as_both_programs_evaluate_it_or_as_it_is_asked(tmp_path):
    path = written(tmp_path, {"gelu": MODE})
    assert [entry.form_name for entry in read_coefficients(path)] == ["kat-gpu", "kat-cpu"]
    assert [entry.form_name for entry in read_coefficients(path, form="kat-fitted")] == ["kat-fitted"]


def test_every_peer_is_read_and_has_a_source():
    for peer in peers().values():
        assert len(peer.commit) == 40
        assert peer.repository.startswith("github.com/")
        for entry in peer.entries:
            assert entry.form_name in FORMS
            assert entry.source == f"{peer.name}@{peer.commit[:7]}"
    assert len(peer_entries("rational_activations")) == 45
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(peer_entries("kat")) == 24


def test_all_relus_of_rationalnets_are_those_of_its_script():
    p = {entry.name: entry.form.p for entry in peer_entries("rationalnets") if entry.form.q[0] == 1}
    assert p["relu(3,2)"] == (0.0218, 0.5, 1.5957, 1.1915)
    assert p["relu(5,4)"] == (0.0043, 0.5, 8.3779, 40.9101, 69.9321, 37.5756)
    assert p["relu(2,2)"] == (0.0359, 0.4282, 0.5)
    assert p["relu(4,3)"] == (0.5, 3.8906, 8.4721, 5.2361)


@pytest.mark.parametrize("literal", ["1e-999", "-0.001e-400", "1e999", "-1e400"])
def test_a_literal_that_float64_cannot_hold_is_refused_and_not_made_zero(tmp_path, literal):
    for field in ("p", "gain"):
        value = f"[{literal}]" if field == "p" else literal
        first = "" if field == "p" else '"p": [1], '
        refused(written(tmp_path, f'{{{first}"{field}": {value}, "q": [1], "order": "ascending"}}'), "rescale it")
    refused(written(tmp_path, f"p,{literal},1\nq,1,2\n", "numbers.csv"), "rescale it", order="ascending")
    (zero,) = read_coefficients(written(tmp_path, '{"p": [0e-999, 0.0, 1], "q": [1]}'), order="ascending")
    assert zero.form.p == (0.0, 0.0, 1.0)


def test_line_ends_of_other_systems_are_read(tmp_path):
    header = ratapprox.export(ratapprox.fit("relu", type=(3, 2), on=(-1, 1)), "c")
    (tmp_path / "relu.h").write_bytes(header.replace("\n", "\r\n").encode())
    (tmp_path / "plain.h").write_bytes(header.encode())
    (other,), (plain,) = (read_coefficients(tmp_path / name) for name in ("relu.h", "plain.h"))
    assert (other.form, other.target, other.on) == (plain.form, plain.target, plain.on)
