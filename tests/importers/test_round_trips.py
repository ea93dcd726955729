"""What is written in any format is read back as the same numbers."""

import csv
import io
import json
import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

import ratapprox
import ratapprox.formats.exporters
from ratapprox.formats.card import parse_card
from ratapprox.formats.importers import CoefficientsError, read_coefficients
from ratapprox.forms import PauA, PauB, PauC, PauD, PauN, same_function
from ratapprox.rational import Rational
from tests.strategies import exact_rationals, float_rationals

normal = float_rationals().filter(lambda r: r.q[0] == 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("round")


def read_back(folder, name: str, content: str | bytes, **said: str) -> Rational:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (entry,) = read_coefficients(path, **said)
    return entry.form


@given(r=normal)
def test_json_in_either_order_is_read_back(folder, r):
    up, down = {"p": r.p, "q": r.q}, {"p": r.p[::-1], "q": r.q[::-1]}
    assert read_back(folder, "up.json", json.dumps(up), order="ascending") == r
    assert read_back(folder, "down.json", json.dumps(down), order="descending") == r
    assert read_back(folder, "said.json", json.dumps(down | {"order": "descending"})) == r
    assert read_back(folder, "lists.json", json.dumps([r.p, r.q]), order="ascending") == r


@given(r=float_rationals())
def test_a_denominator_that_does_not_start_with_one_is_divided_exactly(folder, r):
    p, q = [3 * c for c in r.p], [3 * c for c in r.q]
    found = read_back(folder, "scaled.json", json.dumps({"p": p, "q": q}), order="ascending")
    assert same_function(found, Rational([Fraction(c) for c in p], [Fraction(c) for c in q]))


@given(r=normal)
def test_tables_by_rows_by_columns_and_by_powers_are_read_back(folder, r):
    def table(rows) -> str:
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        return out.getvalue()

    most = max(len(r.p), len(r.q))
    columns = [list(map(repr, part)) + [""] * (most - len(part)) for part in (r.p, r.q)]
    powers = [(k, p, q) for k, (p, q) in enumerate(zip(*columns, strict=True))]
    assert read_back(folder, "rows.csv", table([("p", *r.p), ("q", *r.q)]), order="ascending") == r
    assert read_back(folder, "cols.csv", table([("p", "q"), *zip(*columns, strict=True)]), order="ascending") == r
    assert read_back(folder, "powers.csv", table([("power", "p", "q"), *powers[::-1]])) == r


@given(r=normal)
def test_lists_of_rationalnets_are_read_back(folder, r):
    p, q = r.p[::-1], r.q[::-1]
    most = max(len(p), len(q))
    rows = list(zip((0.0,) * (most - len(p)) + p, (0.0,) * (most - len(q)) + q, strict=True))
    assert read_back(folder, "layer.json", json.dumps({"alpha_initializer": p, "beta_initializer": q})) == r
    assert read_back(folder, "script.json", json.dumps({"initP": p, "initQ": q})) == r
    assert read_back(folder, "module.json", json.dumps({"coeffs": rows})) == r


@given(r=normal.filter(lambda r: len(r.q) > 1))
def test_versions_of_pade_units_are_read_back(folder, r):
    m, n = len(r.p) - 1, len(r.q) - 1
    for version, kind, b in zip(
        "ABCDN", (PauA, PauB, PauC, PauD, PauN), (r.q[1:], r.q[1:], r.q, r.q[1:], r.q[1:]), strict=True
    ):
        entry = {"init_w_numerator": r.p, "init_w_denominator": b, "ub": 3, "lb": -3}
        if m == 0:
            continue
        document = {f"Rational_version_{version}{m}/{n}": {"relu": entry}}
        assert read_back(folder, "config.json", json.dumps(document)) == kind(r.p, b)
        alone = {"numerator": r.p, "denominator": b}
        assert read_back(folder, "alone.json", json.dumps(alone), form=f"pau-{version.lower()}") == kind(r.p, b)


@given(r=normal)
def test_safetensors_in_double_precision_are_read_back(folder, r):
    header, data = {}, b""
    for name, part in (("layer.p", r.p), ("layer.q", r.q)):
        header[name] = {"dtype": "F64", "shape": [len(part)], "data_offsets": [len(data), len(data) + 8 * len(part)]}
        data += struct.pack(f"<{len(part)}d", *part)
    text = json.dumps(header).encode()
    content = struct.pack("<Q", len(text)) + text + data
    assert read_back(folder, "model.safetensors", content, order="ascending") == r


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_what_the_safetensors_package_and_torch_write_is_read_in_every_float(folder, dtype):
    torch = pytest.importorskip("torch", reason="torch writes these files")
    save = pytest.importorskip("safetensors.torch", reason="the safetensors package writes these files").save_file
    numbers = {"act.numerator": [0.5, 0.75, -2.0], "act.denominator": [0.25, 1.5]}
    state = {name: torch.tensor(values, dtype=getattr(torch, dtype)) for name, values in numbers.items()}
    save(state, folder / f"{dtype}.safetensors")
    torch.save(state, folder / f"{dtype}.pt")
    for suffix in ("safetensors", "pt"):
        (entry,) = read_coefficients(folder / f"{dtype}.{suffix}", form="pau-a")
        assert entry.form == PauA(*numbers.values())
        assert entry.name == "act"


def test_the_groups_of_kat_are_read_from_its_parameters(folder):
    torch = pytest.importorskip("torch", reason="torch writes these files")
    b = [[1.0, 2.0], [1.0, -3.0]]
    torch.save(
        {"mlp.act.weight_numerator": torch.tensor([[0.0, 1.0]]), "mlp.act.weight_denominator": torch.tensor(b)},
        folder / "kat.pt",
    )
    found = read_coefficients(folder / "kat.pt")
    assert [entry.name for entry in found] == ["mlp.act[0]:gpu", "mlp.act[0]:cpu", "mlp.act[1]:gpu", "mlp.act[1]:cpu"]
    assert found[2].form.b == (1.0, -3.0)


@settings(max_examples=40)
@given(r=normal)
def test_our_c_header_is_read_back(folder, r):
    p, q = (abs(c) for c in (r.p[-1], r.q[-1]))
    if p == 0 or q == 0:
        return
    found = read_back(folder, "r.h", ratapprox.export(r, "c", name="r", dtype="float64"))
    assert same_function(found, r.exact().reduced())


@given(r=exact_rationals().filter(lambda r: not r.poles(on=(-1, 1))))
def test_our_cards_are_read_back(folder, r):
    found = read_back(folder, "card.json", ratapprox.export(r, "json"))
    assert found == r


def test_a_card_keeps_its_question_on_every_way_back(folder):
    card = ratapprox.write_card(ratapprox.fit("gelu", type=(3, 2), on=(-2, 2)), folder / "gelu.json")
    exact = parse_card(card.text).rational
    for to, suffix in (("json", "json"), ("c", "h")):
        path = folder / f"back.{suffix}"
        path.write_text(ratapprox.export(card, to))
        (entry,) = read_coefficients(path)
        assert (entry.target, entry.on, entry.type) == ("gelu", (-2, 2), (3, 2))
        assert same_function(entry.form, exact.exact())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", [(5, 4), (3, 2), (2, 3)])
def test_what_the_exporters_write_for_frameworks_is_read_back(folder, dtype, kind):
    pytest.importorskip("onnx", reason="the onnx package writes these files")
    pytest.importorskip("safetensors", reason="the safetensors package writes these files")
    fit = ratapprox.fit("gelu", type=kind, on=(-3, 3))
    rounded = ratapprox.formats.exporters.source(fit.rational, dtypes=(dtype,)).coefficients()
    wanted = Rational(*rounded)
    for to, options in (("onnx", {}), ("onnx", {"function": True}), ("safetensors", {}), ("c", {})):
        suffix = {"c": "h"}.get(to, to)
        path = folder / f"back.{suffix}"
        content = ratapprox.export(fit, to, dtype=dtype, name="back", **options)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        (entry,) = read_coefficients(path)
        assert same_function(entry.form, wanted)
        if to != "onnx":
            assert (entry.target, entry.on, entry.type) == ("gelu", (-3, 3), kind)


def onnx_model(nodes, constants, dtype=1) -> bytes:
    onnx = pytest.importorskip("onnx", reason="the onnx package writes these files")
    helper = onnx.helper
    graph = helper.make_graph(
        [helper.make_node(op, inputs, [output]) for op, inputs, output in nodes],
        "f",
        [helper.make_tensor_value_info("x", dtype, ["n"])],
        [helper.make_tensor_value_info(nodes[-1][2], dtype, ["n"])],
        [helper.make_tensor(name, dtype, [], [value]) for name, value in constants.items()],
    )
    return helper.make_model(graph).SerializeToString()


def horner(name: str, coefficients) -> tuple[list, dict]:
    nodes, constants = [], {f"{name}{k}": c for k, c in enumerate(coefficients)}
    last = f"{name}{len(coefficients) - 1}"
    for k in range(len(coefficients) - 2, -1, -1):
        nodes += [("Mul", [last, "x"], f"{name}m{k}"), ("Add", [f"{name}m{k}", f"{name}{k}"], f"{name}a{k}")]
        last = f"{name}a{k}"
    return [*nodes, ("Identity", [last], name)], constants


@settings(max_examples=40)
@given(r=normal.filter(lambda r: r.exact().reduced().type[1] > 0))
def test_a_graph_in_horners_form_is_read_back(folder, r):
    (above, first), (below, second) = horner("p", r.p), horner("q", r.q)
    model = onnx_model([*above, *below, ("Div", ["p", "q"], "y")], first | second, dtype=11)
    assert same_function(read_back(folder, "horner.onnx", model), r.exact().reduced())


def test_a_graph_of_powers_behind_a_matrix_product_is_found(folder):
    nodes = [
        ("MatMul", ["x", "x"], "z"),
        ("Pow", ["z", "two"], "z2"),
        ("Mul", ["z2", "half"], "a"),
        ("Add", ["a", "one"], "q"),
        ("Div", ["z", "q"], "f"),
        ("Relu", ["f"], "y"),
    ]
    found = read_back(folder, "powers.onnx", onnx_model(nodes, {"two": 2.0, "half": 0.5, "one": 1.0}))
    assert found == Rational([0.0, 1.0], [1.0, 0.0, 0.5])


@pytest.mark.parametrize("to", [1, 10, 11, 16, 7, 9, 6])
def test_a_cast_is_followed_between_floats_alone(folder, to):
    onnx = pytest.importorskip("onnx", reason="the onnx package writes these files")
    nodes = [("Cast", ["x"], "z"), ("Mul", ["z", "z"], "s"), ("Add", ["s", "one"], "q"), ("Div", ["z", "q"], "y")]
    model = onnx.ModelProto.FromString(onnx_model(nodes, {"one": 1.0}))
    model.graph.node[0].attribute.append(onnx.helper.make_attribute("to", to))
    if to in (1, 10, 11, 16):
        assert read_back(folder, "cast.onnx", model.SerializeToString()) == Rational([0.0, 1.0], [1.0, 0.0, 1.0])
    else:
        with pytest.raises(ValueError, match="no quotient of two polynomials"):
            read_back(folder, "cast.onnx", model.SerializeToString())


def test_only_the_arithmetic_that_leads_to_a_quotient_matters(folder):
    onnx = pytest.importorskip("onnx", reason="the onnx package writes these files")
    nodes = [
        ("Shape", ["x"], "shape"),
        ("Cast", ["shape"], "wide"),
        ("Mul", ["wide", "wide"], "area"),
        ("Div", ["wide", "area"], "whole"),
        ("Mul", ["x", "x"], "s"),
        ("Add", ["s", "one"], "q"),
        ("Div", ["x", "q"], "r"),
        ("Gelu", ["r"], "y"),
    ]
    model = onnx.ModelProto.FromString(onnx_model(nodes, {"one": 1.0}))
    model.graph.node[1].attribute.append(onnx.helper.make_attribute("to", 7))
    model.graph.node[-1].domain = "com.microsoft"
    assert read_back(folder, "shapes.onnx", model.SerializeToString()) == Rational([0.0, 1.0], [1.0, 0.0, 1.0])


def test_what_a_foreign_domain_computes_is_a_new_variable_and_not_followed(folder):
    onnx = pytest.importorskip("onnx", reason="the onnx package writes these files")
    nodes = [("Mul", ["x", "x"], "s"), ("Add", ["s", "one"], "q"), ("Div", ["x", "q"], "y")]
    model = onnx.ModelProto.FromString(onnx_model(nodes, {"one": 1.0}))
    model.graph.node[0].domain = "com.example"
    with pytest.raises(ValueError, match="no quotient of two polynomials"):
        read_back(folder, "foreign.onnx", model.SerializeToString())


def test_a_quotient_of_two_different_tensors_is_no_rational_function(folder):
    nodes = [("Relu", ["x"], "z"), ("Add", ["z", "one"], "q"), ("Div", ["x", "q"], "y")]
    with pytest.raises(ValueError, match="no quotient of two polynomials in one variable"):
        read_back(folder, "two.onnx", onnx_model(nodes, {"one": 1.0}))


@pytest.mark.parametrize("case", ["relu", "silu", "gelu40"])
def test_the_saved_state_of_an_exported_torch_layer_says_itself_what_it_is(tmp_path, case):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from tests.formats.exporters.frameworks import fitted, load, text

    of = load(f"saved_{case}", text(case, "torch", denominator="plain"))
    layer = next(value for name, value in vars(of).items() if name.startswith("Rational"))
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), layer(), layer(per="channel", num=2), layer(trainable=False))
    with torch.no_grad():
        network[2].numerator[1, 0] += 1
    for saved in (network.state_dict(), {"epoch": 1, "state_dict": network.state_dict()}):
        torch.save(saved, tmp_path / "network.pt")
        entries = read_coefficients(tmp_path / "network.pt")
        assert [entry.name for entry in entries] == ["1", "2[0]", "2[1]", "3"]
        rounded = Rational(np.float32(of.NUMERATOR).tolist(), np.float32(of.DENOMINATOR).tolist())
        assert [entries[k].form for k in (0, 1, 3)] == [rounded] * 3
        assert entries[2].form != rounded
        assert entries[0].form.type == fitted(case).rational.type
    with pytest.raises(CoefficientsError, match="form of these parameters cannot be pau-a: give one of: plain"):
        read_coefficients(tmp_path / "network.pt", form="pau-a")
    torch.save({name: value for name, value in network.state_dict().items() if name.startswith("1")}, tmp_path / "x.pt")
    with pytest.raises(CoefficientsError, match="form"):
        read_coefficients(tmp_path / "x.pt")  # the names alone are those of other layers too
